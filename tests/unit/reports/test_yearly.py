"""The results of a year: fair to last year, grouped as lists show them, the worst by an honest rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from helpers.cases import new_case, row_of
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import bangkok
from domain.lookups import load_lookups
from extensions import write_transaction
from models import Community, ComplaintStatus, Department, Outcome
from reports.figures import By
from reports.result_tables import tables_of, tiles_of
from reports.results_paper import change_words, goal_words, notes_of
from reports.yearly import LEAST_PROMISED, Yearly, year_earlier, yearly_of

S = ComplaintStatus
Act = Callable[[str], Actor]
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
pytestmark = pytest.mark.usefixtures("frozen_noon")  # Friday 20 November 2569: fiscal year 2570 has begun.


def counted(session: Session, actor: Actor, year: int = 2570) -> Yearly:
    return yearly_of(session, actor, year, load_lookups(session))


def test_a_year_that_runs_is_compared_with_the_same_days_of_the_last(session: Session, act_as: Act) -> None:
    with write_transaction() as writing:
        for received in (
            bangkok(2026, 10, 5, 9),
            bangkok(2025, 10, 31, 23, 59),
            bangkok(2025, 11, 20, 23, 59),
            bangkok(2025, 11, 21, 0, 0),
            bangkok(2026, 3, 1, 9),
        ):
            new_case(writing, received_at=received)
    yearly = counted(session, act_as("central"))
    assert (yearly.found.all, yearly.before.all) == (1, 2)
    assert "1 ต.ค. 2568 ถึง 20 พ.ย. 2568" in notes_of(yearly, "th")[1]
    whole = counted(session, act_as("central"), 2569)
    assert (whole.found.all, whole.before.all, whole.is_running) == (4, 0, False)


def test_months_to_come_have_no_number(session: Session, act_as: Act) -> None:
    with write_transaction() as writing:
        new_case(writing, received_at=bangkok(2026, 11, 3, 9))
        new_case(writing, received_at=bangkok(2025, 12, 3, 9))
    months = counted(session, act_as("central")).months
    assert [month.results.all if month.results else None for month in months] == [0, 1] + [None] * 10
    assert [month.before.all for month in months[:4]] == [0, 0, 1, 0]
    assert (months[4].first, months[4].last) == (date(2027, 2, 1), date(2027, 2, 28))


def test_departments_are_shown_with_all_below_them(session: Session, act_as: Act) -> None:
    with write_transaction() as writing:
        below = Department(
            code="pipes", name="ฝ่ายท่อ", parent_id=row_of(writing, Department, "engineering").id
        )
        writing.add(below)
        writing.flush()
        new_case(writing)
        new_case(writing, department="pipes")
        new_case(writing, department="health", officer="health", subcategory="อส.(1)")
    groups = counted(session, act_as("central")).groups[By.DEPARTMENT]
    assert [(group.arguments, group.results.all) for group in groups] == [
        ({"department": "engineering"}, 2),
        ({"department": "health"}, 1),
    ]


def finished(session: Session, community: str | None, *, late: int, in_time: int) -> None:
    """Add finished cases of a community, some of them late."""
    row = row_of(session, Community, community) if community else None
    for is_late in [True] * late + [False] * in_time:
        received = bangkok(2026, 10, 5, 9)
        case = new_case(session, status=S.CLOSED, received_at=received, outcome=Outcome.FIXED)
        case.community_id = row.id if row else None
        case.due_at = received + timedelta(days=3)
        case.finished_at = received + timedelta(days=5 if is_late else 2)


def test_the_worst_broke_the_largest_share_of_enough_promises(session: Session, act_as: Act) -> None:
    with write_transaction() as writing:
        first, second, third = [row.code for row in writing.query(Community).order_by(Community.id).limit(3)]
        finished(writing, first, late=2, in_time=3)
        finished(writing, second, late=3, in_time=2)
        finished(writing, third, late=LEAST_PROMISED - 1, in_time=0)
        finished(writing, None, late=6, in_time=0)
    table = tables_of(counted(session, act_as("central")), "th")["worst_community"]
    assert [[value.number for value in row.values] for row in table.rows] == [
        [Decimal("60.0"), 3, 5],
        [Decimal("40.0"), 2, 5],
    ]
    assert table.rows[0].values[1].arguments == {"year": "2570", "community": second, "promise": "broken"}


@on_sqlite
def test_goals_and_changes_are_said_in_words(session: Session, act_as: Act) -> None:
    with write_transaction() as writing:
        new_case(writing, status=S.CLOSED, received_at=bangkok(2026, 10, 5, 9), outcome=Outcome.FIXED)
        for outcome in (Outcome.FIXED, Outcome.NOT_FOUND):
            new_case(writing, status=S.CLOSED, received_at=bangkok(2025, 10, 5, 9), outcome=outcome)
    lookups = load_lookups(session)
    tiles = {tile.key: tile for tile in tiles_of(counted(session, act_as("central")), lookups, "th")}
    success, mean = tiles["success"], tiles["mean"]
    assert (success.value.shown, success.before.shown) == ("100.0%", "50.0%")
    assert change_words(success, "th") == "+50.0 จุด จากปีก่อน (50.0%)"
    assert change_words(tiles["all"], "en") == "−1 from last year (2)"
    assert goal_words(success, "th") == "ถึงเป้าหมาย 80%"
    assert (mean.value.shown, mean.value.arguments, mean.reached) == ("–", None, None)
    assert goal_words(mean, "en") == "Goal 4"


@on_sqlite
def test_an_empty_town_has_tables_without_rows(session: Session, act_as: Act) -> None:
    yearly = counted(session, act_as("central"), 2550)
    tables = tables_of(yearly, "en")
    assert [tables[key].rows for key in ("zone", "worst_subcategory")] == [(), ()]
    assert {value.shown for row in tables["month"].rows for value in row.values} == {"0", "–"}


def test_a_year_before_a_leap_day_there_was_none() -> None:
    assert year_earlier(date(2028, 2, 29)) == date(2027, 2, 28)
