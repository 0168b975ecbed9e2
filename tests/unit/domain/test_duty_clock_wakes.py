"""When the scheduler looks at a case next; and office hours that no clock can count by.

Everything begins on Friday 20 November 2569 at noon, three working days are promised: Mon 23, Tue 24, Wed 25.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from helpers.casework import bring_to, category, plain_subtype, press, register_case, submitted_case
from helpers.people import officer_named
from sqlalchemy import delete
from sqlalchemy.orm import Session

from domain.clock import FrozenClock, bangkok
from domain.duty_clock import MOST_ESCALATIONS, OVERDUE, WARNED, plan_wake
from domain.office_calendar import ClockError
from domain.settings import write_setting
from domain.workflow import TRANSITIONS
from models import ComplaintStatus, DurationUnit, Holiday, StatusKind

S = ComplaintStatus
sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
NOON, DUE = bangkok(2026, 11, 20, 12), bangkok(2026, 11, 25, 16, 30)
OPEN = [["08:30", "16:30"]]


@pytest.fixture(autouse=True)
def _three_days(session: Session, frozen_noon: FrozenClock) -> None:
    kind = plain_subtype(session)
    kind.duration_min, kind.duration_max, kind.duration_unit = 1, 3, DurationUnit.WORKING_DAYS
    session.flush()


# When the scheduler looks -----------------------------------------------------------------------------------

WARN = bangkok(2026, 11, 25, 10, 48)  # 4.5 + 24 h; 80 % is 22.8 h: Wed 08:30 and 2.3 h.
ELEVEN = NOON + timedelta(days=11)  # Three days before the fourteen are over.
WAKES = {state: WARN for state in S if state.kind is StatusKind.OPEN} | {
    S.SUBMITTED: None,  # Nothing is promised yet.
    S.ACCEPTED: None,
    S.AWAITING_CITIZEN: ELEVEN,
    S.RESOLVED: ELEVEN,
}


@pytest.mark.parametrize("state", list(S), ids=str)
def test_each_state_says_when_to_look_next(app: Flask, session: Session, state: ComplaintStatus) -> None:
    case = bring_to(app, session, state)

    assert (case.wake_at, case.wake_step) == (WAKES.get(state), 0)


@sqlite
def test_a_running_promise_is_looked_at_step_by_step_and_then_no_more(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)
    looks = []
    for step in range(WARNED, OVERDUE + MOST_ESCALATIONS + 1):
        assert case.wake_at is not None
        frozen_noon.move_to(case.wake_at)
        case.wake_step = step
        plan_wake(session, case)
        looks.append(case.wake_at)

    # Every three working days: Thu, Fri, Mon 30; 1-3 Dec; Fri 4, Tue 8, Wed 9 (Mon 7 is off).
    days = [(11, 30), (12, 3), (12, 9)]
    assert looks == [DUE, *(bangkok(2026, month, day, 16, 30) for month, day in days), None]


@sqlite
def test_who_slept_does_not_tell_everything_at_once(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    running, asked = bring_to(app, session, S.IN_PROGRESS), bring_to(app, session, S.AWAITING_CITIZEN)
    frozen_noon.move_to(bangkok(2027, 1, 4, 9))  # The worker stood still for weeks.
    running.wake_step, asked.wake_step = OVERDUE, 1

    plan_wake(session, running)
    plan_wake(session, asked)

    assert running.wake_at == bangkok(2027, 1, 7, 16, 30)
    assert asked.wake_at == bangkok(2027, 1, 7, 9)  # Three days after the reminder, not at once.


@sqlite
def test_what_is_switched_off_wakes_nobody(app: Flask, session: Session) -> None:
    for key in ("answer_days", "close_days", "escalate_days"):
        write_setting(session, key, 0)
    cases = [bring_to(app, session, state) for state in (S.AWAITING_CITIZEN, S.RESOLVED, S.IN_PROGRESS)]
    cases[2].wake_step = OVERDUE
    plan_wake(session, cases[2])

    assert [case.wake_at for case in cases] == [None, None, None]


# Bad settings -----------------------------------------------------------------------------------------------


@sqlite
@pytest.mark.parametrize(
    ("week", "code"),
    [
        ([[]] * 7, "office_days_wrong"),
        ([OPEN] * 5, "office_days_wrong"),
        ([[["16:30", "08:30"]], *[OPEN] * 6], "office_days_wrong"),
        ([[["08:30", "12:30"], ["12:00", "16:30"]], *[OPEN] * 6], "office_days_wrong"),
        ([[["half past eight", "16:30"]], *[OPEN] * 6], "office_days_wrong"),
        ("rubbish", "office_days_wrong"),
    ],
    ids=["never open", "five days", "reversed", "overlapping", "no times", "no week"],
)
def test_office_hours_that_cannot_be_are_refused_in_words(
    app: Flask, session: Session, week: Any, code: str
) -> None:
    write_setting(session, "office_hours", week)
    session.flush()

    with pytest.raises(ClockError) as caught:
        register_case(app, session)

    assert caught.value.code == code
    assert "หน้าตั้งค่า" in caught.value.message


@sqlite
def test_a_calendar_of_days_off_only_ends_in_words_and_not_in_a_loop(app: Flask, session: Session) -> None:
    session.execute(delete(Holiday))
    days = (date(2026, 1, 1) + timedelta(days=number) for number in range(366 * 8))
    session.add_all(Holiday(holiday_date=day, name="หยุด") for day in days)
    session.flush()

    with pytest.raises(ClockError, match="clock_never_ends"):
        register_case(app, session)


@sqlite
def test_a_case_received_before_the_calendar_begins_is_refused_in_words(app: Flask, session: Session) -> None:
    case = submitted_case(app, session)
    case.received_at = bangkok(1969, 1, 1, 9)  # 1 January 2512.
    press(session, "clerk", case, "accept", category_id=category(session, "ฟ.").id)

    with pytest.raises(ClockError) as caught:
        press(session, "clerk", case, "direct", assignee_id=officer_named(session, "officer").id)

    assert "1 ม.ค. 2512" in caught.value.message


def test_no_act_leads_from_one_wait_straight_into_another() -> None:
    """One act begins a pause or ends one (``duty_clock.tie``)."""
    waiting = {state for state in S if state.kind is StatusKind.WAITING}

    assert not [row for row in TRANSITIONS if row.sources & waiting and row.target in waiting]
