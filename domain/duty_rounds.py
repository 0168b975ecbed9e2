"""The scheduler's round: cases whose moment has come, one by one, each looked at again under its lock.

Nothing is told while offices are closed: such a case waits for their opening, and is looked at anew then. So
nobody is woken at night, and a case that was finished meanwhile is not spoken of.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clock import now
from domain.duty_clock import WINDOWS, plan_wake
from domain.faults import fault_point
from domain.office_calendar import ClockError
from domain.office_hours import calendar_of
from domain.reminders import remind
from domain.settings import read_setting, write_setting
from domain.wakes import keep_wake, put_wake
from domain.windows import begin_window, watch_window
from models import Complaint, Setting, StatusKind

DAYS: Final = (*WINDOWS.values(), "window_reminder_days")
PLANNED_DAYS: Final = "duty_windows_planned"
"""Key of the row of ``Setting`` that holds the days the open windows were last planned with."""

PUT_OFF: Final = timedelta(hours=1)
"""A case over which the round stumbles is looked at again after this time, not at once."""


def due_cases(session: Session, limit: int) -> list[int]:
    """Return the cases whose moment has come, the oldest first."""
    found = (
        select(Complaint.id)
        .where(Complaint.wake_at <= now())
        .order_by(Complaint.wake_at, Complaint.due_at, Complaint.id)
        .limit(limit)
    )
    return list(session.scalars(found))


def attend(session: Session, complaint_id: int, heard: Counter[int]) -> bool:
    """Do for one case what its moment asks for, and plan the next; tell whether something was done.

    Args:
        session: Inside a write transaction of its own.
        complaint_id: Which case; one that another worker holds, or has just seen to, is left alone.
        heard: How many reminders of this round each officer has had.
    """
    complaint = session.scalars(
        select(Complaint)
        .where(Complaint.id == complaint_id, Complaint.wake_at <= now())
        .with_for_update(of=Complaint, skip_locked=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if complaint is None:
        return False
    opening = _opening(session)
    if opening > now():
        keep_wake(session, complaint, opening, complaint.wake_step)
        return False
    done = _see_to(session, complaint, heard)
    fault_point("duty_attended")
    return done


def follow_settings(session: Session) -> bool:
    """Plan the open windows anew where the town has changed their days since the last round.

    The promised days of staff are no window: a later rule moves nothing there (``domain.duty_clock``).

    Returns:
        Whether there was a change; then it is done.
    """
    days = [int(read_setting(session, key)) for key in DAYS]
    planned = session.get(Setting, PLANNED_DAYS, with_for_update=True)
    if planned is not None and planned.value == days:
        return False
    write_setting(session, PLANNED_DAYS, days)
    if planned is None:  # The first round: every window was planned with these days.
        return False
    found = select(Complaint).where(Complaint.status.in_(WINDOWS), Complaint.wake_step == 0)
    for complaint in session.scalars(found.with_for_update(of=Complaint)).all():
        keep_wake(session, complaint, *begin_window(session, complaint))
    return True


def has_changed_days(session: Session) -> bool:
    """Tell whether ``follow_settings`` has something to do, without a lock."""
    planned = session.scalar(select(Setting.value).where(Setting.key == PLANNED_DAYS))
    return bool(planned != [int(read_setting(session, key)) for key in DAYS])


def put_off(session: Session, complaint_id: int) -> None:
    """Look at a case later, as the round stumbled over it."""
    put_wake(session, complaint_id, now() + PUT_OFF)


def _see_to(session: Session, complaint: Complaint, heard: Counter[int]) -> bool:
    if complaint.status in WINDOWS:
        return watch_window(session, complaint)
    if complaint.status.kind is StatusKind.OPEN:
        return remind(session, complaint, heard)
    with session.no_autoflush:  # Nothing is done by itself in any other state.
        plan_wake(session, complaint)
    keep_wake(session, complaint, complaint.wake_at, complaint.wake_step)
    return False


def _opening(session: Session) -> datetime:
    """Return when offices open next, now while they are; a town that never opens is told at any hour."""
    try:
        return calendar_of(session).next_opening(now())
    except ClockError:
        return now()
