"""A town of the second version comes up to date: its cases get the clocks they would have had.

The town lives through its acts by the verbs of now, goes back to revision 0002, and comes up again on Friday
20 November 2569 at noon.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from alembic import command
from flask import Flask
from helpers.backends import Backend, let_go, plant_template, test_app
from helpers.casework import S, bring_to, plain_subtype, press, who_may
from helpers.people import actor_named
from sqlalchemy import delete, inspect, select, text
from sqlalchemy.orm import Session

from commands import database
from commands.database import upgrade_database
from domain.clock import bangkok, frozen
from domain.complaints import undo
from domain.search import matching
from extensions import db
from models import (
    ClockPause,
    Complaint,
    ComplaintEvent,
    ComplaintStatus,
    DurationUnit,
    Holiday,
    HolidayKind,
    PauseReason,
    Role,
    RoleGrant,
)

NOON = bangkok(2026, 11, 20, 12)
OCTOBER, TENTH = bangkok(2026, 10, 1, 9), bangkok(2026, 11, 10, 9)
FOURTEEN, EARLY = timedelta(days=14), timedelta(days=3)

# name: (state, when everything was done) on the way to a town of the second version.
CASES: dict[str, tuple[ComplaintStatus, datetime]] = {
    "untaken": (S.SUBMITTED, TENTH),
    "fresh": (S.DIRECTED, bangkok(2026, 11, 20, 9)),
    "nearly": (S.ACKNOWLEDGED, bangkok(2026, 11, 17, 9)),  # Due Fri 20 at 16:30.
    "late": (S.IN_PROGRESS, TENTH),
    "asked": (S.AWAITING_CITIZEN, TENTH),
    "asked long ago": (S.AWAITING_CITIZEN, OCTOBER),
    "on the plan": (S.AWAITING_PLAN, TENTH),
    "outside": (S.REFERRED_OUT, TENTH),
    "resolved": (S.RESOLVED, bangkok(2026, 11, 18, 9)),
    "resolved long ago": (S.RESOLVED, OCTOBER),
    "closed": (S.CLOSED, TENTH),
    "withdrawn": (S.WITHDRAWN, TENTH),
    "imported, waiting": (S.AWAITING_CITIZEN, TENTH),
    "imported, resolved": (S.RESOLVED, bangkok(2026, 11, 18, 9)),
    "imported, ours": (S.AWAITING_PLAN, TENTH),
    "reopened": (S.CLOSED, OCTOBER),
    "wait taken back": (S.IN_PROGRESS, bangkok(2026, 11, 20, 9)),
    "return taken back": (S.AWAITING_PLAN, TENTH),
}


@dataclass(frozen=True)
class SecondTown:
    """A town that has come up to date, and what it was like before."""

    app: Flask
    tables: set[str]
    columns: dict[str, set[str]]
    promised: int


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def second_town(request: pytest.FixtureRequest) -> SecondTown:
    """A town with cases in every state, taken back to revision 0002 and brought up again; made once."""
    name = "sqlite_backend" if request.param == "sqlite" else "postgres_backend"
    backend: Backend = request.getfixturevalue(name)
    app = test_app(backend.data_dir, backend.empty_url("second_town"))
    plant_template(app)
    with app.app_context():
        fill(app, db.session())
        command.downgrade(database._config(), "0002")
        seen = inspect(db.engine)
        before = SecondTown(
            app,
            set(seen.get_table_names()),
            {
                table: {column["name"] for column in seen.get_columns(table)}
                for table in ("complaint", "holiday")
            },
            db.session.scalar(text("SELECT count(*) FROM complaint WHERE due_at IS NOT NULL")) or 0,
        )
        let_go()
        with time_machine.travel(NOON, tick=False):
            upgrade_database()
        let_go()
    return before


@pytest.fixture
def town(second_town: SecondTown) -> Iterator[dict[str, Complaint]]:
    """The cases after the upgrade, by name."""
    with second_town.app.app_context():
        yield {case.place_text or "": case for case in db.session.scalars(select(Complaint))}
        db.session.rollback()
        let_go()


def fill(app: Flask, session: Session) -> None:
    kind = plain_subtype(session)
    kind.duration_min, kind.duration_max, kind.duration_unit = 1, 3, DurationUnit.WORKING_DAYS
    for name, (state, moment) in CASES.items():
        with frozen(moment):
            live(app, session, name, state)
    session.commit()
    let_go()


def live(app: Flask, session: Session, name: str, state: ComplaintStatus) -> None:
    case = bring_to(app, session, state)
    case.place_text = name
    if name.startswith("imported"):
        case.external_source, case.external_id = "traffy_fondue", name
        case.number = case.number_code = case.number_year = case.number_running = None
        if name != "imported, ours":
            case.assignee = None
    if name == "reopened":
        with frozen(bangkok(2026, 11, 18, 9)):
            press(session, "clerk", case, "reopen")
    for stopped, action in (("wait taken back", "put_on_plan"), ("return taken back", "take_off_plan")):
        if name == stopped:
            act_and_take_back(session, case, action)
    session.flush()


def act_and_take_back(session: Session, case: Complaint, action: str) -> None:
    with frozen(CASES[case.place_text or ""][1] + timedelta(hours=1)) as clock:
        press(session, who_may(action), case, action)
        clock.advance(timedelta(seconds=9))
        session.flush()
        undo(session, actor_named(session, who_may(action)), case.id, event_id=case.events[-1].id)


def test_the_way_back_takes_everything_of_the_clock_away_and_nothing_else(second_town: SecondTown) -> None:
    assert not second_town.tables & {"clock_pause", "sheet_import", "data_finding"}
    assert not second_town.columns["complaint"] & {"clock_started_at", "wake_at", "warn_at", "promised_unit"}
    assert not second_town.columns["holiday"] & {"kind", "opens_at"}
    assert second_town.promised == len(CASES) - 1  # All but the one nobody took on.


def look(case: Complaint) -> tuple[Any, ...]:
    return case.wake_at, case.wake_step


def test_what_runs_is_looked_at_when_it_should_be_warned_of_or_is_due(town: dict[str, Complaint]) -> None:
    fresh, nearly = town["fresh"], town["nearly"]

    assert (fresh.promised_amount, fresh.promised_unit) == (3, DurationUnit.WORKING_DAYS)
    assert (fresh.clock_started_at, fresh.due_at) == (bangkok(2026, 11, 20, 9), bangkok(2026, 11, 25, 16, 30))
    assert fresh.warn_at == bangkok(2026, 11, 20, 9) + timedelta(hours=127.5 * 0.8)
    assert look(fresh) == (fresh.warn_at, 0)
    assert look(nearly) == (bangkok(2026, 11, 20, 16, 30), 1)


def test_nobody_is_reminded_of_what_was_late_before(town: dict[str, Complaint]) -> None:
    assert town["late"].due_at == bangkok(2026, 11, 13, 16, 30)
    assert look(town["late"]) == (None, 2)
    assert look(town["untaken"]) == (None, 0)
    assert town["untaken"].clock_started_at is None


def test_what_waits_stands_still_since_it_waits(town: dict[str, Complaint]) -> None:
    pauses = {pause.complaint_id: pause for pause in db.session.scalars(select(ClockPause))}
    waiting = {
        "asked": PauseReason.CITIZEN,
        "asked long ago": PauseReason.CITIZEN,
        "on the plan": PauseReason.MATERIAL,
        "outside": PauseReason.OTHER_AGENCY,
        "imported, ours": PauseReason.MATERIAL,
        "return taken back": PauseReason.MATERIAL,
    }

    assert {town[name].id: reason for name, reason in waiting.items()} == {
        key: pause.reason for key, pause in pauses.items()
    }
    for name in waiting:
        pause, moment = pauses[town[name].id], CASES[name][1]
        assert (town[name].clock_stopped_at, pause.started_at, pause.ended_at) == (moment, moment, None), name
    for name in ("on the plan", "outside", "imported, ours"):
        assert look(town[name]) == (None, 0), name


def test_windows_close_after_their_days_and_a_citizen_is_reminded_first(town: dict[str, Complaint]) -> None:
    assert look(town["asked"]) == (TENTH + FOURTEEN - EARLY, 0)
    assert look(town["asked long ago"]) == (NOON, 0)  # Reminded now, three days before it lapses.
    assert look(town["resolved"]) == (bangkok(2026, 11, 18, 9) + FOURTEEN - EARLY, 0)
    assert look(town["resolved long ago"]) == (OCTOBER + FOURTEEN, 1)
    for name in ("closed", "withdrawn", "imported, waiting", "imported, resolved"):
        assert look(town[name]) == (None, 0), name
        assert town[name].clock_stopped_at is None


def test_a_case_opened_again_counts_from_then(town: dict[str, Complaint]) -> None:
    reopened = town["reopened"]

    assert reopened.clock_started_at == bangkok(2026, 11, 18, 9)
    assert reopened.due_at == bangkok(2026, 11, 23, 16, 30)
    assert look(reopened) == (reopened.warn_at, 0)
    assert town["wait taken back"].clock_stopped_at is None


def test_the_clocks_go_on_by_the_verbs(town: dict[str, Complaint]) -> None:
    session, case = db.session(), town["on the plan"]
    with frozen(bangkok(2026, 11, 23, 9)):
        press(session, "head", case, "take_off_plan")
    session.flush()

    # Promised from Tue 10 to Fri 13; Wed 11 to Mon 23 are nine working days: Thu 26.
    assert case.due_at == bangkok(2026, 11, 26, 16, 30)
    pause = session.scalars(select(ClockPause).where(ClockPause.complaint_id == case.id)).one()
    assert (pause.started_event_id, pause.ended_event_id) == (None, case.events[-1].id)


def test_days_off_roles_search_and_foreign_keys_are_whole(town: dict[str, Complaint]) -> None:
    session = db.session()
    kinds = {row.holiday_date: row.kind for row in session.scalars(select(Holiday))}
    assert kinds[date(2026, 12, 7)] is HolidayKind.SUBSTITUTE
    assert kinds[date(2026, 1, 2)] is HolidayKind.CABINET
    assert kinds[date(2026, 4, 13)] is HolidayKind.NATIONAL
    may_import = select(Role.code).join(RoleGrant).where(RoleGrant.permission == "sheet:import")
    assert set(session.scalars(may_import)) == {"system_admin", "central_unit"}

    match = matching(session, "โรงเรียน")
    assert match is not None
    assert len(session.scalars(select(Complaint.id).where(match.condition)).all()) == len(CASES)
    town["fresh"].search_text = "ต้นไม้ล้มทับรถ"
    session.flush()
    match = matching(session, "ล้มทับ")
    assert match is not None
    assert session.scalars(select(Complaint.id).where(match.condition)).all() == [town["fresh"].id]

    late = town["asked"].id
    session.execute(delete(Complaint).where(Complaint.id == late))
    left = select(ClockPause.id).where(ClockPause.complaint_id == late)
    assert session.scalars(left).all() == []
    assert session.scalars(select(ComplaintEvent.id).where(ComplaintEvent.complaint_id == late)).all() == []
