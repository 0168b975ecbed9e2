"""One page of the list, its count and the stream behind an export: order, scope, cost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from helpers.cases import made, new_case
from helpers.statements import full_scans, plan_of
from sqlalchemy.orm import Session

from bench.filling import fill
from domain import search
from domain.actor import Actor
from domain.clock import now, today
from domain.complaint_filter import ComplaintFilter, read_filter
from domain.lookups import load_lookups
from extensions import write_transaction
from models import ComplaintStatus, Scope
from reports import complaint_list
from reports.complaint_list import Total, count_of, id_statement, page_of, page_statement, stream

S = ComplaintStatus
Act = Callable[[str], Actor]


def asked(session: Session, actor: Actor, **args: str) -> ComplaintFilter:
    chosen, unread = read_filter({key: [text] for key, text in args.items()}, load_lookups(session), actor)
    assert unread == []
    return chosen


def codes(rows: Any) -> list[str]:
    return [row.public_code for row in rows]


def test_the_newest_come_first(session: Session, act_as: Act) -> None:
    first, second, third = made("หนึ่ง", "สอง", "สาม")
    page = page_of(session, act_as("central"), ComplaintFilter())
    assert codes(page.rows) == [third, second, first]


def test_the_order_can_be_turned(session: Session, act_as: Act) -> None:
    expected = made("หนึ่ง", "สอง", "สาม")
    assert codes(page_of(session, act_as("central"), ComplaintFilter(), descending=False).rows) == expected


@pytest.mark.parametrize("descending", [False, True])
def test_by_due_day_a_case_without_one_counts_as_the_latest(
    session: Session, act_as: Act, descending: bool
) -> None:
    with write_transaction() as writing:
        order = [
            new_case(writing, due_at=now() + timedelta(days=1)).public_code,
            new_case(writing, due_at=now() + timedelta(days=9)).public_code,
            new_case(writing, due_at=None).public_code,
        ]
    page = page_of(session, act_as("central"), ComplaintFilter(), sort="due", descending=descending)
    assert codes(page.rows) == (order[::-1] if descending else order)


def test_pages_hold_every_case_once(session: Session, act_as: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(complaint_list, "PAGE_SIZE", 2)
    made(*"กขคงจ")
    pages = [page_of(session, act_as("central"), ComplaintFilter(), number=number) for number in range(3)]
    seen = [code for page in pages for code in codes(page.rows)]
    assert len(set(seen)) == len(seen) == 5
    assert [page.has_next for page in pages] == [True, True, False]
    assert {page.total for page in pages} == {Total(5, is_capped=False)}


@pytest.mark.parametrize("number", [3, 7, 99_999, 10**30])
def test_a_page_behind_the_end_is_the_last_one(
    session: Session, act_as: Act, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(complaint_list, "PAGE_SIZE", 2)
    oldest, *_others = made(*"กขคงจ")
    page = page_of(session, act_as("central"), ComplaintFilter(), number=number)
    assert (page.number, codes(page.rows)) == (2, [oldest])


def test_a_page_before_the_first_is_the_first(session: Session, act_as: Act) -> None:
    [code] = made("หนึ่ง")
    page = page_of(session, act_as("central"), ComplaintFilter(), number=-5)
    assert (page.number, codes(page.rows)) == (0, [code])


def test_an_empty_list_is_one_empty_page(session: Session, act_as: Act) -> None:
    page = page_of(session, act_as("central"), ComplaintFilter(), number=3)
    assert (page.rows, page.number, page.total.rows) == ([], 0, 0)


def test_counting_ends_one_past_the_cap(
    session: Session, act_as: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(complaint_list, "COUNT_CAP", 3)
    monkeypatch.setattr(complaint_list, "PAGE_SIZE", 2)
    made(*"กขคงจ")
    assert page_of(session, act_as("central"), ComplaintFilter()).total == Total(3, is_capped=True)


def test_a_common_word_is_counted_as_so_many_and_more(
    session: Session, act_as: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "COMMON", 2)
    monkeypatch.setattr(complaint_list, "COUNT_SCAN", 4)
    monkeypatch.setattr(complaint_list, "PAGE_SIZE", 2)
    made(*(f"ขยะกองที่ {number}" for number in range(6)))
    actor = act_as("clerk")
    page = page_of(session, actor, asked(session, actor, search="ขยะกอง"))
    assert page.total.rows in {4, 6}
    assert page.total.is_capped is (page.total.rows == 4)


def test_conditions_of_different_keys_narrow_one_another(session: Session, act_as: Act) -> None:
    with write_transaction() as writing:
        right = new_case(writing, zone="1", status=S.DIRECTED).public_code
        new_case(writing, zone="2", status=S.DIRECTED)
        new_case(writing, zone="1", status=S.CLOSED)
    actor = act_as("central")
    assert codes(page_of(session, actor, asked(session, actor, zone="1", status="directed")).rows) == [right]
    assert codes(
        page_of(session, actor, asked(session, actor, state="open", status="directed,closed", zone="1")).rows
    ) == [right]
    assert page_of(session, actor, asked(session, actor, state="open", status="closed")).rows == []


def test_none_finds_the_cases_whose_field_is_empty(session: Session, act_as: Act) -> None:
    with write_transaction() as writing:
        nowhere = new_case(writing, zone=None).public_code
        somewhere = new_case(writing, zone="1").public_code
        new_case(writing, zone="2")
    actor = act_as("central")
    assert codes(page_of(session, actor, asked(session, actor, zone="none")).rows) == [nowhere]
    both = page_of(session, actor, asked(session, actor, zone="none,1")).rows
    assert set(codes(both)) == {nowhere, somewhere}


def test_only_cases_somebody_works_on_run_late(session: Session, act_as: Act) -> None:
    yesterday = now() - timedelta(days=1)
    with write_transaction() as writing:
        late = new_case(writing, status=S.IN_PROGRESS, due_at=yesterday).public_code
        new_case(writing, status=S.AWAITING_PLAN, due_at=yesterday)
        new_case(writing, status=S.CLOSED, due_at=yesterday)
        soon = new_case(writing, status=S.DIRECTED, due_at=now() + timedelta(days=1)).public_code
        new_case(writing, status=S.DIRECTED, due_at=now() + timedelta(days=5))
    actor = act_as("central")
    assert codes(page_of(session, actor, asked(session, actor, due="overdue")).rows) == [late]
    assert codes(page_of(session, actor, asked(session, actor, due="soon")).rows) == [soon]


def test_a_case_without_a_date_is_in_no_span_of_time_but_can_be_asked_for(
    session: Session, act_as: Act
) -> None:
    with write_transaction() as writing:
        undated = new_case(writing, is_dated=False).public_code
        dated = new_case(writing).public_code
    actor = act_as("central")
    assert codes(page_of(session, actor, asked(session, actor, received_to=today().isoformat())).rows) == [
        dated
    ]
    assert codes(page_of(session, actor, asked(session, actor, date="unknown")).rows) == [undated]


@pytest.mark.parametrize("username", ["clerk", "officer", "head"])
def test_another_departments_cases_are_in_no_page_no_count_and_no_search(
    session: Session, act_as: Act, username: str
) -> None:
    [own] = made("ไฟดับทั้งซอย")
    [foreign] = made("ไฟดับทั้งซอย", department="health", officer="health")
    actor = act_as(username)
    for chosen in (
        ComplaintFilter(),
        asked(session, actor, search="ไฟดับ"),
        asked(session, actor, search=foreign),
    ):
        page = page_of(session, actor, chosen)
        assert foreign not in codes(page.rows)
        assert page.total.rows <= 1
        assert count_of(session, actor, chosen).rows <= 1
    assert codes(page_of(session, actor, ComplaintFilter()).rows) == [own]


def test_asking_for_another_department_shows_nothing_of_it(session: Session, act_as: Act) -> None:
    made("น้ำเสีย", department="health", officer="health")
    actor = act_as("clerk")
    assert page_of(session, actor, asked(session, actor, department="health")).rows == []


def test_who_may_take_nothing_away_gets_an_empty_stream(session: Session, act_as: Act) -> None:
    made("ไฟดับ")
    assert list(stream(session, act_as("officer"), ComplaintFilter())) == []


def test_the_stream_is_exactly_what_the_list_shows(session: Session, act_as: Act) -> None:
    made("ไฟดับ", "ถนนพัง", "ไฟดับอีก")
    actor = act_as("clerk")
    chosen = asked(session, actor, search="ไฟดับ")
    assert codes(stream(session, actor, chosen)) == codes(page_of(session, actor, chosen).rows)


def test_a_right_to_take_away_reaches_no_further_than_it_was_given(session: Session) -> None:
    [_code] = made("ไฟดับ")
    grants = {"complaint:read": Scope.ALL, "complaint:export": Scope.OWN}
    stranger = Actor(kind="staff", name="ผู้อื่น", staff_user_id=10**6, grants=grants)
    assert count_of(session, stranger, ComplaintFilter()).rows == 1
    assert list(stream(session, stranger, ComplaintFilter())) == []


def test_a_page_costs_two_statements_and_a_searched_one_three(
    session: Session, act_as: Act, sql_count: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    with write_transaction() as writing:
        fill(writing, 300)
    actor = act_as("central")
    wanted = {"": 2, "search=ถนน": 3, "search=ไฟ": 3, "state=open": 2, "year=2569": 2}
    cost = {}
    for text in wanted:
        chosen = asked(session, actor, **dict(part.split("=") for part in text.split("&") if part))
        with sql_count() as sent:
            page_of(session, actor, chosen)
        cost[text] = len(sent)
    assert all(cost[text] <= most for text, most in wanted.items()), cost


def test_no_page_reads_the_whole_table(session: Session, act_as: Act) -> None:
    with write_transaction() as writing:
        fill(writing, 6_000)
    day = today()
    month = {"received_from": (day - timedelta(days=60)).isoformat(), "received_to": day.isoformat()}
    wanted: dict[str, tuple[str, dict[str, str], int, str]] = {
        "first page": ("central", {}, 0, "received"),
        "far page": ("central", {}, 40, "received"),
        "state and days": ("central", {"status": "closed", **month}, 0, "received"),
        "not finished": ("central", {"state": "open"}, 0, "received"),
        "by due day": ("central", {}, 0, "due"),
        "officer": ("central", {"officer": "krit.r", "state": "open"}, 0, "due"),
        "search": ("central", {"search": "โรงกลึงไม้"}, 0, "received"),
        "search of a clerk": ("clerk", {"search": "ไม่มีคำนี้แน่นอน"}, 0, "received"),
        "phone": ("central", {"search": "0610000001"}, 0, "received"),
        "work of a clerk": ("clerk", {"state": "open"}, 0, "received"),
        "late work of a clerk": ("clerk", {"due": "overdue"}, 0, "received"),
    }
    read_whole = {}
    for name, (username, args, number, sort) in wanted.items():
        actor = act_as(username)
        ids = id_statement(session, actor, asked(session, actor, **args), sort, sort == "received")
        page = page_statement(ids.limit(51).offset(number * 50), sort, sort == "received")
        scans = full_scans(plan_of(session, page), "complaint")
        if scans:
            read_whole[name] = scans
    assert read_whole == {}
