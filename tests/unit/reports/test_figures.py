"""One truth: kept counts equal a fresh count after anything that happens, for everybody and every filter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import combinations
from random import Random
from typing import Any

import pytest
from helpers.cases import new_case, row_of
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.case_counting import fold, rebuild
from domain.clock import bangkok, fiscal_year_of, today
from domain.complaint_filter import DATE_UNKNOWN, NONE, ComplaintFilter
from extensions import write_transaction
from models import (
    CaseChange,
    CaseCount,
    Channel,
    Community,
    Complaint,
    ComplaintStatus,
    Department,
    Figure,
    Outcome,
    Zone,
)
from reports import figures
from reports.figures import By, count_cells, fiscal_year_of_month, live_cells
from reports.results import results_of

S = ComplaintStatus
Act = Callable[[str], Actor]
PEOPLE = ("central", "clerk", "officer", "head", "health")
GROUPS = [(), *((one,) for one in By), *combinations((By.MONTH, By.DEPARTMENT, By.CATEGORY, By.ZONE), 2)]
GROUPS += [(By.MONTH, By.CATEGORY, By.ZONE), (By.CATEGORY, By.CHANNEL), (By.MONTH, By.SUBCATEGORY)]


def some_filters(session: Session) -> list[ComplaintFilter]:
    year, one = fiscal_year_of(today()), frozenset
    zone, department = row_of(session, Zone, "1").id, row_of(session, Department, "engineering").id
    channel = session.scalars(select(Channel.id)).first() or 0
    return [
        ComplaintFilter(),
        ComplaintFilter(year=one({year})),
        ComplaintFilter(year=one({year, year - 1}), zone=one({zone, NONE})),
        ComplaintFilter(department=one({department}), figure=one({Figure.FINISHED, Figure.NONE})),
        ComplaintFilter(channel=one({channel, NONE}), year=one({year})),
        ComplaintFilter(channel=one({channel}), zone=one({zone})),
        ComplaintFilter(date="unknown"),
        ComplaintFilter(status=one({S.RESOLVED}), year=one({year})),
    ]


def one_change(session: Session, chance: Random, ids: dict[type, list[int | None]]) -> None:
    """Do anything that could happen to a complaint, by the rules or not."""
    cases = session.scalars(select(Complaint.id)).all()
    case = chance.choice(cases) if cases else 0
    moment = datetime(2024, 9, 28, 16, 59, 58, tzinfo=UTC) + timedelta(
        days=chance.choice((0, 1, 2, 3, 33, 366, 700)), microseconds=chance.choice((0, 1, 999_999, 1_999_700))
    )
    values: dict[str, Any] = chance.choice(
        [
            {"zone_id": chance.choice(ids[Zone])},
            {"department_id": chance.choice(ids[Department])},
            {"community_id": chance.choice(ids[Community]), "channel_id": chance.choice(ids[Channel])},
            {"category_id": None, "subcategory_id": None},
            {"received_at": moment, "listed_at": moment},
            {"received_at": None, "listed_at": DATE_UNKNOWN, "figure": Figure.NONE},
            {"figure": chance.choice(list(Figure))},
            {"outcome": chance.choice(list(Outcome)), "rated_stars": chance.choice((None, 1, 2, 3, 4, 5))},
            {"finished_at": moment, "due_at": moment + timedelta(microseconds=chance.choice((-1, 0, 1)))},
            {"reopen_count": Complaint.reopen_count + 1, "confirmed_at": chance.choice((None, moment))},
            {"story": "ไม่เกี่ยวกับตัวเลข"},
        ]
    )
    step = chance.random()
    if step < 0.25 or not cases:
        made = new_case(session, status=chance.choice(list(S)[:-1]), received_at=moment)
        made.rated_stars = chance.choice((None, 2, 5))
    elif step < 0.32:
        session.execute(delete(Complaint).where(Complaint.id == case))
    elif step < 0.40:
        fold(session)
    elif step < 0.5:
        session.execute(update(Complaint).where(Complaint.id.in_(cases[:3])).values(**values))
    else:
        session.execute(update(Complaint).where(Complaint.id == case).values(**values))


@pytest.mark.parametrize("seed", range(2))
def test_kept_counts_equal_a_fresh_count_whatever_happens(session: Session, act_as: Act, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - a story, no secret
    ids = {
        kind: [None, *session.scalars(select(kind.id))][:4] for kind in (Zone, Department, Community, Channel)
    }
    for _round in range(6):
        with write_transaction() as writing:
            for _step in range(12):
                one_change(writing, chance, ids)
        session.expire_all()
        chosen = chance.choice(some_filters(session))
        for name in PEOPLE:
            actor = act_as(name)
            for by in GROUPS:
                counted = count_cells(session, actor, chosen, by)
                assert counted == live_cells(session, actor, chosen, by), (name, by, chosen)
        session.rollback()


def test_folding_and_counting_anew_change_nothing(session: Session, act_as: Act) -> None:
    with write_transaction() as writing:
        for status in list(S)[:-1]:
            new_case(writing, status=status)
    actor, before = act_as("central"), None
    for step in (lambda one: 0, fold, fold, rebuild):
        with write_transaction() as writing:
            step(writing)
        now_kept = [count_cells(session, actor, ComplaintFilter(), by) for by in GROUPS]
        assert before in (None, now_kept)
        before = now_kept
        session.rollback()
    assert session.scalar(select(func.count()).select_from(CaseChange)) == 0
    assert session.scalar(select(func.count()).select_from(CaseCount).where(CaseCount.cases == 0)) == 0


def test_what_is_rolled_back_was_never_counted(session: Session, act_as: Act) -> None:
    new_case(session)
    session.flush()
    assert results_of(session, act_as("central"), ComplaintFilter()).all == 1
    session.rollback()
    assert count_cells(session, act_as("central"), ComplaintFilter()) == []


def test_a_month_ends_at_midnight_in_bangkok(session: Session, act_as: Act) -> None:
    with write_transaction() as writing:
        new_case(writing, received_at=bangkok(2025, 10, 1) - timedelta(microseconds=1))
        new_case(writing, received_at=bangkok(2025, 10, 1))
    months = [cell.key[0] for cell in count_cells(session, act_as("central"), ComplaintFilter(), (By.MONTH,))]
    assert months == [202509, 202510]
    assert [fiscal_year_of_month(month) for month in months] == [2568, 2569]
    for year in (2568, 2569):
        chosen = ComplaintFilter(year=frozenset({year}))
        assert results_of(session, act_as("central"), chosen).all == 1


def test_the_kept_counts_are_asked_where_they_know_the_answer(
    session: Session, act_as: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of figures over a million complaints must not read the complaints."""

    def refuse(*_args: Any, **_more: Any) -> None:
        raise AssertionError("counted over the complaints")

    monkeypatch.setattr(figures, "live_cells", refuse)
    year, one = frozenset({fiscal_year_of(today())}), frozenset({1})
    for by in GROUPS:
        if by != (By.CATEGORY, By.CHANNEL):
            count_cells(session, act_as("central"), ComplaintFilter(year=year, department=one), by)
    with pytest.raises(AssertionError):
        count_cells(session, act_as("central"), ComplaintFilter(year=year, search="ไฟดับ"), ())


def test_an_officer_counts_his_own_cases_and_nobody_else(session: Session, act_as: Act) -> None:
    """A department's figures hold what it has, and what its people have elsewhere; nothing twice."""
    with write_transaction() as writing:
        new_case(writing, department="engineering", officer="officer")
        new_case(writing, department="health", officer="head")
        new_case(writing, department="health", officer=None)
    assert results_of(session, act_as("head"), ComplaintFilter()).all == 2
    assert results_of(session, act_as("health"), ComplaintFilter()).all == 2
    assert results_of(session, act_as("central"), ComplaintFilter()).all == 3
    assert results_of(session, act_as("officer"), ComplaintFilter()).all == 0


def test_a_hand_in_the_database_is_counted_too(session: Session, act_as: Act) -> None:
    with write_transaction() as writing:
        new_case(writing)
        writing.flush()
        writing.execute(text("UPDATE complaint SET figure = 'finished', outcome = 'fixed'"))
    assert results_of(session, act_as("central"), ComplaintFilter()).fixed == 1
