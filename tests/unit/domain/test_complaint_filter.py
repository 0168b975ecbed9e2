"""The filter behind lists, exports, the map and reports: what an address means, and what it does not."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType
from typing import Any

import pytest

from domain.actor import Actor
from domain.clock import bangkok
from domain.complaint_filter import NONE, ComplaintFilter, open_statuses, read_filter, year_spans
from domain.lookups import Lookups, Row, StaffRow, ZoneRow
from models import ComplaintStatus, Figure, Outcome, Scope, StatusKind, Urgency

S = ComplaintStatus
EMPTY: Any = MappingProxyType({})
OFFICER = Actor(kind="staff", name="ช่าง", staff_user_id=7)


@pytest.fixture(scope="module")
def lookups() -> Lookups:
    """A town of two zones, two categories and a bureau with a section."""
    return Lookups(
        version=1,
        settings=EMPTY,
        departments={1: Row(1, "engineering", "สำนักช่าง"), 2: Row(2, "roads", "ฝ่ายถนน", parent_id=1)},
        categories={1: Row(1, "ช.", "งานถนน"), 2: Row(2, "ฟ.", "งานไฟฟ้า")},
        subcategories=EMPTY,
        channels=EMPTY,
        zones={1: ZoneRow(1, "1", "เขต 1"), 3: ZoneRow(3, "3", "เขต 3")},
        communities=EMPTY,
        staff={7: StaffRow(7, "krit.r", "กฤษดา"), 8: StaffRow(8, "surin.r", "สุรินทร์")},
        role_grants=EMPTY,
        intake_centre_ids=frozenset(),
    )


def read(lookups: Lookups, actor: Actor = OFFICER, **args: str | list[str]) -> ComplaintFilter:
    chosen, unread = read_filter(_lists(args), lookups, actor)
    assert unread == []
    return chosen


def unread(lookups: Lookups, actor: Actor = OFFICER, **args: str | list[str]) -> list[tuple[str, str]]:
    return [(one.key, one.value) for one in read_filter(_lists(args), lookups, actor)[1]]


def _lists(args: dict[str, str | list[str]]) -> dict[str, list[str]]:
    return {key: [value] if isinstance(value, str) else value for key, value in args.items()}


def test_nothing_in_the_address_narrows_nothing(lookups: Lookups) -> None:
    assert read(lookups).is_empty


def test_commas_and_repeated_keys_mean_the_same(lookups: Lookups) -> None:
    assert read(lookups, zone="1,3") == read(lookups, zone=["1", "3"]) == read(lookups, zone=" 3 ,1,,1")


def test_codes_become_rows(lookups: Lookups) -> None:
    chosen = read(lookups, zone="3", category="ฟ.", officer="surin.r")
    assert (chosen.zone, chosen.category, chosen.officer) == ({3}, {2}, {8})


def test_a_department_brings_everything_below_it(lookups: Lookups) -> None:
    assert read(lookups, department="engineering").department == {1, 2}
    assert read(lookups, department="roads").department == {2}


def test_me_is_the_officer_who_looks(lookups: Lookups) -> None:
    assert read(lookups, officer="me").officer == {7}


def test_me_means_nobody_where_no_officer_looks(lookups: Lookups) -> None:
    assert unread(lookups, Actor.system("sla"), officer="me") == [("officer", "me")]


def test_none_asks_for_an_empty_field(lookups: Lookups) -> None:
    assert read(lookups, zone="none,1").zone == {NONE, 1}


def test_state_open_is_all_that_somebody_still_has_to_work_on_or_wait_for(lookups: Lookups) -> None:
    assert read(lookups, state="open").state == open_statuses()
    assert {status.kind for status in open_statuses()} == {StatusKind.OPEN, StatusKind.WAITING}


def test_other_states_are_the_kinds_of_the_work_flow(lookups: Lookups) -> None:
    assert read(lookups, state="done").state == {S.RESOLVED, S.CLOSED}
    assert read(lookups, state="rejected,withdrawn").state == {S.REJECTED, S.WITHDRAWN}


def test_codes_of_states_figures_and_urgencies_are_read(lookups: Lookups) -> None:
    chosen = read(lookups, status="directed,closed", figure="progress", urgency="emergency")
    assert chosen.status == {S.DIRECTED, S.CLOSED}
    assert (chosen.figure, chosen.urgency) == ({Figure.PROGRESS}, {Urgency.EMERGENCY})


def test_what_became_of_a_case_is_read(lookups: Lookups) -> None:
    chosen = read(lookups, outcome="fixed,not_found", stars="1,5", promise="broken", history="reopened")
    assert (chosen.outcome, chosen.stars) == ({Outcome.FIXED, Outcome.NOT_FOUND}, {1, 5})
    assert (chosen.promise, chosen.history) == ("broken", "reopened")


@pytest.mark.parametrize(
    "typed", ["1/10/2568", "๑/๑๐/๒๕๖๘", "1 ต.ค. 2568", "2025-10-01"], ids=["be", "thai digits", "word", "iso"]
)
def test_days_may_be_typed_as_anywhere_else(lookups: Lookups, typed: str) -> None:
    assert read(lookups, received_from=typed).received_from == date(2025, 10, 1)


def test_a_day_of_an_unclear_year_is_named_with_both_readings(lookups: Lookups) -> None:
    chosen, missed = read_filter({"received_to": ["3/3/68"]}, lookups, OFFICER)
    assert chosen.received_to is None
    assert "2568" in missed[0].error.message
    assert "1968" in missed[0].error.message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("zone", "99"),
        ("zone", "เขต 1"),
        ("department", "1"),
        ("status", "DIRECTED"),
        ("state", "nothing"),
        ("figure", "all"),
        ("urgency", "very"),
        ("year", "2026"),
        ("year", "๒๕๖๙"),
        ("year", "25690"),
        ("due", "tomorrow"),
        ("place", "inside"),
        ("date", "known"),
        ("outcome", "done"),
        ("stars", "6"),
        ("stars", "๕"),
        ("promise", "late"),
        ("history", "merged"),
        ("received_from", "วันไหนสักวัน"),
        ("officer", "'; drop table complaint; --"),
    ],
)
def test_what_means_nothing_is_named_and_narrows_nothing(lookups: Lookups, key: str, value: str) -> None:
    chosen, missed = read_filter({key: [value]}, lookups, OFFICER)
    assert [(one.key, one.value) for one in missed] == [(key, value)]
    assert chosen.is_empty


def test_a_bad_value_does_not_take_the_good_ones_with_it(lookups: Lookups) -> None:
    chosen, missed = read_filter({"zone": ["1,99"], "year": ["2569"]}, lookups, OFFICER)
    assert (chosen.zone, chosen.year) == ({1}, {2569})
    assert [one.value for one in missed] == ["99"]


def test_a_comma_in_a_search_term_is_part_of_the_term(lookups: Lookups) -> None:
    assert read(lookups, search="ถนน, ไฟ").search == "ถนน, ไฟ"


def test_an_endless_address_is_cut(lookups: Lookups) -> None:
    assert len(unread(lookups, zone=",".join(f"x{number}" for number in range(5_000)))) == 200
    assert len(read(lookups, search="ก" * 100_000).search) == 200


def test_fiscal_years_in_a_row_make_one_span() -> None:
    assert year_spans([2569, 2568]) == [(bangkok(2024, 10, 1), bangkok(2026, 10, 1))]
    assert len(year_spans([2565, 2567, 2568])) == 2


@pytest.mark.parametrize(
    ("scope", "sees"), [(None, False), (Scope.OWN, False), (Scope.DEPARTMENT, True), (Scope.ALL, True)]
)
def test_a_right_over_ones_own_cases_finds_nobody_by_phone(
    lookups: Lookups, scope: Scope | None, sees: bool
) -> None:
    grants = {"member:read": scope} if scope else {}
    actor = Actor(kind="staff", name="ช่าง", staff_user_id=7, grants=grants)
    assert read(lookups, actor).sees_people is sees
