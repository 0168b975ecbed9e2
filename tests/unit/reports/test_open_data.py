"""What everybody may see: the same figures as everywhere, shares only of enough cases, times as measured."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from helpers.cases import new_case, row_of
from sqlalchemy.orm import Session

from domain.clock import bangkok
from domain.complaint_filter import ComplaintFilter
from domain.lookups import load_lookups
from extensions import write_transaction
from models import Complaint, ComplaintStatus, Outcome, Subcategory
from reports.open_data import COLUMNS, EVERYBODY, as_numbers, open_records, open_year
from reports.open_durations import Durations, durations_of
from reports.results import results_of

RECEIVED = bangkok(2026, 3, 2, 10)
YEAR = 2569
S = ComplaintStatus

pytestmark = pytest.mark.usefixtures("frozen_noon")


def finished(session: Session, days: float, *, is_kept: bool = True, **more: object) -> Complaint:
    case = new_case(session, status=S.RESOLVED, received_at=RECEIVED, **more)
    case.finished_at = RECEIVED + timedelta(days=days)
    case.due_at = RECEIVED + timedelta(days=days if is_kept else days - 1)
    case.outcome = Outcome.FIXED
    session.flush()
    return case


def test_the_public_reads_the_same_figures_as_the_town(session: Session) -> None:
    with write_transaction() as writing:
        for zone in ("1", "1", "2", None):
            finished(writing, 2, zone=zone)
        new_case(writing, status=S.REJECTED, received_at=RECEIVED, subcategory=None)
        new_case(writing, status=S.WITHDRAWN, received_at=RECEIVED)
        new_case(writing, is_dated=False)
        new_case(writing, received_at=bangkok(2024, 12, 1))
    view = open_year(session, load_lookups(session), YEAR)
    own = results_of(session, EVERYBODY, ComplaintFilter(year=frozenset({YEAR})))

    assert view.years == (2569, 2568)
    assert (view.total.found.by_figure, view.total.found.fixed) == (own.by_figure, own.fixed)
    for table in view.tables:
        assert sum(row.found.all for row in table.rows) == own.all
    zones = {row.name.th: row.found.all for row in view.tables[1].rows}
    assert zones == {"เขต 1": 3, "เขต 2": 1, "ไม่ระบุ": 1}
    assert [row.name for row in view.tables[2].rows] == [("มีนาคม 2569", "March 2026")]


def test_a_share_of_few_cases_is_not_shown_but_their_count_is(session: Session) -> None:
    with write_transaction() as writing:
        for zone, stars in (("1", 5), ("1", 4), ("1", 3), ("2", 5), ("2", 1)):
            finished(writing, 2, zone=zone).rated_stars = stars
    first, second = open_year(session, load_lookups(session), YEAR).tables[1].rows

    assert (first.found.all, first.kept, first.mean) == (3, Decimal("100.0"), Decimal("4.00"))
    assert (second.found.all, second.success, second.kept, second.mean) == (2, None, None, None)


def test_the_records_are_plain_and_complete(session: Session) -> None:
    with write_transaction() as writing:
        for _ in range(3):
            finished(writing, 2, story="นางสาวสมศรี โทร 0812345678")
    records = as_numbers(open_records(open_year(session, load_lookups(session), YEAR)))

    assert [list(record) for record in records] == [list(COLUMNS)] * 4
    assert records[0] | {"group": "", "name": ""} == {
        "fiscal_year": 2569,
        "group": "",
        "code": "",
        "name": "",
        "all": 3,
        "finished": 3,
        "progress": 0,
        "examination": 0,
        "rejected": 0,
        "success_percent": 100.0,
        "kept_percent": 100.0,
        "rated": 0,
        "mean_rating": None,
    }
    assert "สมศรี" not in str(records)


def row(durations: Durations, code: str) -> tuple[object, ...]:
    found = next(one for group in durations.groups for one in group.rows if one.code == code)
    return found.promised, found.cases, found.median_days, found.kept


def test_times_are_the_middle_case_of_the_last_full_year_from_five_on(session: Session) -> None:
    with write_transaction() as writing:
        for days in (1, 2, 3.5, 90, 30):
            finished(writing, days, is_kept=days < 30, subcategory="ช.(1)")
        for days in (1, 2, 4, 5, 6, 7):
            finished(writing, days, subcategory="ช.(2)")
        for days in (1, 2, 3, 4):
            finished(writing, days, subcategory="ช.(3)")
        new_case(writing, received_at=RECEIVED, subcategory="ช.(1)")
        row_of(writing, Subcategory, "ช.(4)").duration_max = None
        row_of(writing, Subcategory, "ช.(5)").is_active = False
    durations = durations_of(session, load_lookups(session))

    assert durations.year == YEAR
    assert row(durations, "ช.(1)")[1:] == (5, Decimal("3.5"), Decimal("60.0"))
    assert row(durations, "ช.(2)")[1:] == (6, Decimal("4.5"), Decimal("100.0"))
    assert row(durations, "ช.(3)")[1:] == (4, None, None)
    assert row(durations, "ช.(4)")[0] == ("ตามสภาพเรื่อง", "As the case requires")
    assert "ช.(5)" not in {one.code for group in durations.groups for one in group.rows}
