"""The clock of one case: promised, stopped and running on with its states; every result is stored on it.

The clock runs while a case is OPEN. It stops when the case begins to wait and runs on when it leaves that
state; what the pause took is added to the promise by the calendar of then. A later rule moves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clock import bangkok_date, now
from domain.office_hours import calendar_of
from domain.settings import read_setting
from domain.sla import Pause, after_pause, days_after, due_after_pauses, warn_after_pause, warn_at
from models import (
    ClockPause,
    Complaint,
    ComplaintEvent,
    ComplaintStatus,
    DurationUnit,
    PauseReason,
    PlanReason,
    StatusKind,
)

S = ComplaintStatus
WARNED: Final = 1
OVERDUE: Final = 2
MOST_ESCALATIONS: Final = 3
"""Steps of ``wake_step`` while the clock runs: warned, told at the promised day, then so often upwards."""
_BY_PLAN_REASON: Final = {
    PlanReason.MATERIAL: PauseReason.MATERIAL,
    PlanReason.EQUIPMENT: PauseReason.MATERIAL,
    PlanReason.BUDGET: PauseReason.PLAN,
}


def promise_time(
    session: Session, complaint: Complaint, start: datetime, amount: int, unit: DurationUnit
) -> None:
    """Promise a time from ``start``, moved on by what the case has waited since; the clock starts.

    Raises:
        ClockError: it cannot be counted.
    """
    waited = _waited_since(session, complaint, start)
    complaint.due_at = due_after_pauses(start, amount, unit, calendar_of(session), waited)
    complaint.clock_started_at = start
    complaint.promised_amount, complaint.promised_unit = amount, unit
    complaint.warn_at = _warning(session, complaint, complaint.due_at)
    if complaint.status is not None:  # A new case gets its state later (``follow_state``).
        _begin_reminders(session, complaint, now())


def give_days(session: Session, complaint: Complaint, days: int) -> datetime:
    """Move the promise on by working days, counted from it, or from now when it has passed; return it."""
    moment = now()
    due = days_after(max(complaint.due_at or moment, moment), days, calendar_of(session))
    complaint.due_at = due
    complaint.warn_at = _warning(session, complaint, due)
    _begin_reminders(session, complaint, moment)
    return due


def follow_state(session: Session, complaint: Complaint, before: ComplaintStatus | None) -> ClockPause | None:
    """Let the clock follow a change of state; return the pause that begins or ends with it.

    Args:
        session: Inside a write transaction.
        complaint: Locked, with its new state.
        before: The state it comes from; None for a new one.
    """
    moment, after = now(), complaint.status
    if before is after:
        return None
    pause = None
    if before is not None and before.kind is StatusKind.WAITING:
        pause = _run_on(session, complaint, moment)
    if after.kind is StatusKind.WAITING:
        complaint.clock_stopped_at = moment
        pause = ClockPause(complaint=complaint, reason=_reason(complaint), started_at=moment)
        session.add(pause)
    if before is None or before.kind is not after.kind or after in WINDOWS or before in WINDOWS:
        _begin_reminders(session, complaint, moment)
    return pause


def tie(pause: ClockPause | None, event: ComplaintEvent) -> None:
    """Note which act began or ended a pause, so that undoing the act undoes the pause."""
    if pause is None:
        return
    if pause.ended_at is None:
        pause.started_event_id = event.id
    else:
        pause.ended_event_id = event.id


def moved_due(pause: ClockPause | None, changes: Mapping[str, tuple[Any, Any]]) -> dict[str, str]:
    """Return the promised day before and after a pause that has just ended, for the event that ended it."""
    was, due = changes.get("due_at", (None, None))
    if pause is None or pause.ended_at is None or was is None or due is None:
        return {}
    return {"was_due": bangkok_date(was).isoformat(), "due": bangkok_date(due).isoformat()}


def undo_pause(session: Session, event: ComplaintEvent) -> None:
    """Take back the pause an act began, or its end; the complaint's own columns come from the event."""
    for pause in session.scalars(select(ClockPause).where(ClockPause.started_event_id == event.id)):
        session.delete(pause)
    for pause in session.scalars(select(ClockPause).where(ClockPause.ended_event_id == event.id)):
        pause.ended_at = pause.ended_event_id = None


def plan_wake(session: Session, complaint: Complaint) -> None:
    """Set when the scheduler must look at the case next, by its state and the steps it has done.

    OPEN: the warning, the promised day, then up the departments (``domain.reminders``). Waiting for the
    citizen and resolved: the reminder before the window closes, then its end (``domain.windows``). A step
    that comes late moves the one behind it: nobody is told twice at once, the citizen's last days are his.
    """
    step = complaint.wake_step or 0
    complaint.wake_at = None
    if complaint.status.kind is StatusKind.OPEN and complaint.due_at is not None:
        complaint.wake_at = _next_reminder(session, complaint, complaint.due_at, step)
    elif complaint.status in WINDOWS and step < 2 and not _is_anothers(complaint):
        complaint.wake_at = _window_step(session, complaint, step)


def _begin_reminders(session: Session, complaint: Complaint, moment: datetime) -> None:
    complaint.wake_step = _steps_behind(complaint, moment)
    plan_wake(session, complaint)


def _window_step(session: Session, complaint: Complaint, step: int) -> datetime | None:
    """Return when the window's reminder is due, or, once it was given, its end."""
    is_asked = complaint.status is S.AWAITING_CITIZEN
    begins = complaint.clock_stopped_at if is_asked else complaint.finished_at
    days, early = window_days(session, complaint.status)
    if begins is None or not days:
        return None
    ends = begins + timedelta(days=days)
    return ends - timedelta(days=early) if step == 0 else max(ends, now() + timedelta(days=early))


def _is_anothers(complaint: Complaint) -> bool:
    """Tell whether a case came from another system and nobody here took it on: that one ends it."""
    is_untaken = complaint.number is None and complaint.assignee_id is None
    return complaint.external_source is not None and is_untaken


def _next_reminder(session: Session, complaint: Complaint, due: datetime, step: int) -> datetime | None:
    if step == WARNED - 1:
        return complaint.warn_at or due
    if step == OVERDUE - 1:
        return due
    every = int(read_setting(session, "escalate_days"))
    if not every or step >= OVERDUE + MOST_ESCALATIONS:
        return None
    return days_after(max(due, now()), every, calendar_of(session))


def _steps_behind(complaint: Complaint, moment: datetime) -> int:
    """Return which reminders of a running promise lie behind it already, as when a pause ends late."""
    if complaint.status.kind is not StatusKind.OPEN or complaint.due_at is None:
        return 0
    if complaint.due_at <= moment:
        return OVERDUE
    return WARNED if complaint.warn_at is not None and complaint.warn_at <= moment else 0


WINDOWS: Final = {S.AWAITING_CITIZEN: "answer_days", S.RESOLVED: "close_days"}


def window_days(session: Session, status: ComplaintStatus) -> tuple[int, int]:
    """Return how many days a case stays in a state, and how many before their end somebody is reminded.

    Never in the first half of a short window: nobody is reminded of what he was asked a moment ago.
    """
    days = int(read_setting(session, WINDOWS[status]))
    return days, min(int(read_setting(session, "window_reminder_days")), max(1, days // 2))


def _run_on(session: Session, complaint: Complaint, moment: datetime) -> ClockPause | None:
    """End the pause and move the promise on by what it took.

    Where the machine's clock was set back meanwhile, the pause took nothing: that is no reason to hold an
    officer up.
    """
    pause = session.scalars(
        select(ClockPause)
        .where(ClockPause.complaint_id == complaint.id, ClockPause.ended_at.is_(None))
        .order_by(ClockPause.id.desc())
        .limit(1)
    ).first()
    stopped = complaint.clock_stopped_at
    complaint.clock_stopped_at = None
    if pause is not None:
        pause.ended_at = max(pause.started_at, moment)
    due, warn = complaint.due_at, complaint.warn_at
    if stopped is None or due is None:
        return pause
    unit, calendar = complaint.promised_unit or DurationUnit.WORKING_DAYS, calendar_of(session)
    resumed = max(stopped, moment)
    complaint.due_at = after_pause(due, stopped, resumed, unit, calendar)
    if warn is not None:
        complaint.warn_at = min(warn_after_pause(warn, stopped, resumed, unit, calendar), complaint.due_at)
    return pause


def _warning(session: Session, complaint: Complaint, due: datetime) -> datetime | None:
    start = complaint.clock_started_at
    if start is None:
        return None
    unit = complaint.promised_unit or DurationUnit.WORKING_DAYS
    percent = int(read_setting(session, "warn_percent"))
    waited = _waited_since(session, complaint, start)
    return warn_at(start, due, unit, calendar_of(session), percent, waited)


def _reason(complaint: Complaint) -> PauseReason:
    if complaint.status is S.AWAITING_CITIZEN:
        return PauseReason.CITIZEN
    if complaint.status is S.REFERRED_OUT:
        return PauseReason.OTHER_AGENCY
    return _BY_PLAN_REASON.get(complaint.plan_reason or PlanReason.BUDGET, PauseReason.PLAN)


def _waited_since(session: Session, complaint: Complaint, start: datetime) -> list[Pause]:
    """Return what lies behind a moment of the pauses that have ended, in their order."""
    if complaint.id is None:
        return []
    rows = select(ClockPause.started_at, ClockPause.ended_at).where(
        ClockPause.complaint_id == complaint.id, ClockPause.ended_at > start
    )
    found = session.execute(rows.order_by(ClockPause.started_at, ClockPause.id))
    return [(max(row.started_at, start), row.ended_at) for row in found]
