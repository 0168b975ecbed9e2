"""A round of the duty clock killed without warning at each of its steps: each case is done whole or not.

Real processes and real SIGKILLs on both databases. The next round takes up what is left: then everybody has
been told once, and each case that had to end has ended once, whatever the moment of the kill.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from helpers.casework import bring_to
from helpers.duty_nursery import duty_nursery
from helpers.nursery import KILLED, Nursery
from helpers.people import officer_named
from sqlalchemy import func, select, update

from domain.clock import bangkok, bangkok_date, frozen
from domain.digests import DIGEST, read_sent_day
from domain.office_hours import calendar_of
from extensions import db, write_transaction
from models import (
    AuditEntry,
    Complaint,
    ComplaintEvent,
    ComplaintStatus,
    Job,
    Notification,
    OutboxMessage,
    StaffUser,
)
from worker import duties

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")

S = ComplaintStatus
MOMENT = bangkok(2026, 11, 30, 10)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOST_PASSES = 60
# Officers told, a citizen told, and both ends: the steps done before, and what makes the moment come.
KINDS: dict[str, tuple[ComplaintStatus, dict[str, Any]]] = {
    "overdue": (S.DIRECTED, {"wake_step": 1, "warn_at": MOMENT - DAY, "due_at": MOMENT - HOUR}),
    "asked again": (S.AWAITING_CITIZEN, {"wake_step": 0, "clock_stopped_at": MOMENT - 12 * DAY}),
    "lapsed": (S.AWAITING_CITIZEN, {"wake_step": 1, "clock_stopped_at": MOMENT - 15 * DAY}),
    "closed": (S.RESOLVED, {"wake_step": 1, "finished_at": MOMENT - 15 * DAY}),
}


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with duty_nursery() as made:
        yield made


class Rounds:
    """Rounds in other processes, over the test's database."""

    def __init__(self, app: Flask, nursery: Nursery, data_dir: Path) -> None:
        self._nursery = nursery
        self._environment = {
            "APP_MODE": "test",
            "APP_DATA": str(data_dir),
            "DATABASE_URL": app.extensions["settings"].database_url,
            "EMBEDDED_WORKER": "0",
        }

    def start(self, task: str, moment: datetime, fault: str = "") -> int:
        more = {"TASK": task, "MOMENT": moment.isoformat(), "FAULT": fault}
        return self._nursery.start({**self._environment, **more})

    def go(self, task: str, moment: datetime, fault: str = "") -> int:
        """Go one round and return how its process ended."""
        return self._nursery.wait(self.start(task, moment, fault))

    def wait(self, number: int) -> int:
        return self._nursery.wait(number)


@pytest.fixture
def rounds(app: Flask, nursery: Nursery, tmp_path: Path) -> Rounds:
    return Rounds(app, nursery, tmp_path)


def cases_of_each_kind(app: Flask) -> dict[str, int]:
    """Make a case for everything the clock does, all of them due at once."""
    with frozen(MOMENT - 20 * DAY), write_transaction() as session:
        cases = {kind: bring_to(app, session, state) for kind, (state, _columns) in KINDS.items()}
        session.flush()
        for place, (kind, case) in enumerate(cases.items()):
            due = {"wake_at": MOMENT - timedelta(minutes=30 - place), **KINDS[kind][1]}
            session.execute(update(Complaint).where(Complaint.id == case.id).values(due))
        return {kind: case.id for kind, case in cases.items()}


def traces(complaint_id: int) -> Counter[str]:
    """Count what there is of a case."""
    session = db.session()
    session.rollback()
    about: list[tuple[Any, Any]] = [
        (ComplaintEvent, ComplaintEvent.complaint_id == complaint_id),
        (OutboxMessage, OutboxMessage.complaint_id == complaint_id),
        (Notification, Notification.complaint_id == complaint_id),
        (Job, Job.complaint_id == complaint_id),
        (AuditEntry, (AuditEntry.object_id == str(complaint_id)) & (AuditEntry.object_type == "complaint")),
    ]
    counts = [select(func.count()).select_from(kind).where(one).scalar_subquery() for kind, one in about]
    numbers = session.execute(select(*counts)).one()
    found = {kind.__name__: number for (kind, _one), number in zip(about, numbers, strict=True)}
    case = session.get_one(Complaint, complaint_id)
    return Counter({**found, "steps": case.wake_step, case.status.value: 1})


def the_next_round(app: Flask, task: Callable[[Flask], int], moment: datetime) -> None:
    """Let a worker that lives take up what is left."""
    with frozen(moment):
        task(app)
    db.session.remove()


def difference(after: Counter[str], before: Counter[str]) -> dict[str, int]:
    return {key: after[key] - before[key] for key in {*after, *before} if after[key] != before[key]}


def test_a_round_killed_at_any_step_does_each_case_whole_or_not_at_all(app: Flask, rounds: Rounds) -> None:
    cases = cases_of_each_kind(app)
    before = {kind: traces(one) for kind, one in cases.items()}
    db.session.remove()
    assert rounds.go("sweep", MOMENT) == 0
    whole = {kind: difference(traces(one), before[kind]) for kind, one in cases.items()}
    assert all(change["ComplaintEvent"] == 1 for change in whole.values())
    assert [whole["lapsed"]["closed"], whole["closed"]["closed"]] == [1, 1]
    db.session.remove()

    kills = 0
    happened: set[str] = set()
    while kills < MOST_PASSES:
        cases = cases_of_each_kind(app)
        db.session.remove()
        code = rounds.go("sweep", MOMENT, f"*:{kills + 1}:kill")
        done = {kind: difference(traces(one), before[kind]) for kind, one in cases.items()}
        for kind, change in done.items():
            assert change in ({}, whole[kind]), f"{kind} after kill {kills + 1}"
        the_next_round(app, duties.sweep, MOMENT)
        assert {kind: difference(traces(one), before[kind]) for kind, one in cases.items()} == whole
        db.session.remove()
        if code != KILLED:
            break
        happened |= {kind for kind, change in done.items() if change}
        kills += 1

    # Three points a case at least: seen to, before and after its commit; the ends have their acts' besides.
    assert kills >= 3 * len(KINDS) + 6
    assert happened == set(KINDS)


def test_two_rounds_at_once_in_two_processes_do_everything_once(app: Flask, rounds: Rounds) -> None:
    several = [cases_of_each_kind(app) for _ in range(4)]
    before = [{kind: traces(one) for kind, one in cases.items()} for cases in several]
    db.session.remove()

    pair = [rounds.start("sweep", MOMENT) for _ in range(2)]
    assert [rounds.wait(number) for number in pair] == [0, 0]
    the_next_round(app, duties.sweep, MOMENT)

    for cases, first in zip(several, before, strict=True):
        for kind, one in cases.items():
            assert difference(traces(one), first[kind])["ComplaintEvent"] == 1, kind


def leave_three_officers() -> list[int]:
    """Let the town have an officer, his head and a colleague with nothing to do; return their ids."""
    with write_transaction() as session:
        kept = [officer_named(session, name).id for name in ("officer", "head", "nirut.b")]
        session.execute(update(StaffUser).where(StaffUser.id.not_in(kept)).values(is_active=False))
        return kept


def test_digests_killed_at_any_step_are_written_once(app: Flask, rounds: Rounds) -> None:
    cases_of_each_kind(app)
    officer, head, _idle = leave_three_officers()
    calendar = calendar_of(db.session())
    db.session.remove()
    kills = 0
    while kills < MOST_PASSES:
        date = calendar.nth_working_day(bangkok_date(MOMENT), kills + 1)
        day = bangkok(date.year, date.month, date.day, 10)
        code = rounds.go("daily_digest", day, f"*:{kills + 1}:kill")
        the_next_round(app, duties.daily_digest, day)
        assert digests(day) == (Counter({officer: 1, head: 1}), 2)
        assert read_sent_day(db.session()) == date.isoformat()
        db.session.remove()
        if code != KILLED:
            break
        kills += 1

    # Written, before and after the commit of three officers, and the commit that ends the day.
    assert kills >= 3 * 3 + 2


def digests(day: datetime) -> tuple[Counter[int], int]:
    """Return the bells of a day's digest by officer, and how many LINE messages there are."""
    session = db.session()
    session.rollback()
    bells = select(Notification.staff_user_id).where(
        Notification.template_key == DIGEST, Notification.created_at == day
    )
    lines = select(OutboxMessage.id).where(
        OutboxMessage.template_key == DIGEST, OutboxMessage.created_at == day
    )
    return Counter(session.scalars(bells)), len(session.scalars(lines).all())
