"""A citizen's windows: he is reminded before his days end; then the case lapses or is closed.

Waiting for an answer (``answer_days``) and resolved (``close_days``). The reminder names the last day, and
that whole day is his, whatever the settings say by then.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import bangkok_date, bangkok_day_bounds, now
from domain.duty_clock import plan_wake, window_days
from domain.endings import close
from domain.moves import last_event, note_event
from domain.notifications import citizens_reached, tell
from domain.transition import Audience, Telling
from domain.waiting import lapse
from domain.wakes import keep_wake
from models import Complaint, ComplaintEvent, ComplaintStatus, EventKind

S = ComplaintStatus
ANSWER_REMINDER: Final = "citizen_answer_reminder"
CLOSING_SOON: Final = "citizen_closing_soon"
TELLINGS: Final = (
    Telling(Audience.COMPLAINANT, ANSWER_REMINDER),
    Telling(Audience.COMPLAINANT, CLOSING_SOON),
)
CLOCK: Final = Actor.system("ระบบ")
_REMINDER: Final = {
    S.AWAITING_CITIZEN: TELLINGS[0],
    S.RESOLVED: TELLINGS[1],
}


def watch_window(session: Session, complaint: Complaint) -> bool:
    """Remind the citizen, or end the case, if the time for it has come; tell whether something was done.

    Args:
        session: Inside a write transaction.
        complaint: Locked, waiting for its citizen or resolved.
    """
    at = _planned(session, complaint) if complaint.wake_step == 0 else _end(session, complaint)
    if at is None or at > now():
        keep_wake(session, complaint, at, complaint.wake_step)  # As the settings want it now.
        return False
    if complaint.wake_step == 0:
        _remind(session, complaint)
    else:
        end = lapse if complaint.status is S.AWAITING_CITIZEN else close
        end(session, CLOCK, complaint.id, expected_seq=complaint.state_seq)
    return True


def begin_window(session: Session, complaint: Complaint) -> tuple[datetime | None, int]:
    """Return when to look at a case again, and the steps done, after its days were changed.

    A result nobody disputed in all its days is closed without a word: its citizen has had them.
    """
    at = _planned(session, complaint)
    is_over = at is not None and _begun(complaint) + _days(session, complaint) <= now()
    return (now(), 1) if is_over and complaint.status is S.RESOLVED else (at, 0)


def _days(session: Session, complaint: Complaint) -> timedelta:
    return timedelta(days=window_days(session, complaint.status)[0])


def _remind(session: Session, complaint: Complaint) -> None:
    """Name the last day to whoever can be told; where nobody can, the window just goes on to its end."""
    complaint.wake_step = 1
    ends, telling = _planned(session, complaint), _REMINDER[complaint.status]
    if ends is None or not citizens_reached(session, complaint, telling.template_key):
        keep_wake(session, complaint, ends, 1)
        return
    until = bangkok_date(ends)
    keep_wake(session, complaint, _after(until), 1)
    event = note_event(
        session,
        CLOCK,
        complaint,
        EventKind.REMINDED,
        note=_question(session, complaint),
        facts={"level": complaint.status.value, "until": until.isoformat()},
    )
    session.flush()  # The event's id goes into the messages' dedupe keys.
    tell(session, CLOCK, complaint, event, (telling,))


def _planned(session: Session, complaint: Complaint) -> datetime | None:
    with session.no_autoflush:
        plan_wake(session, complaint)
    return complaint.wake_at


def _end(session: Session, complaint: Complaint) -> datetime | None:
    """Return when a window ends after its reminder: by the settings of now, never before the named day."""
    days = _days(session, complaint)
    return max(_begun(complaint) + days, _promised_end(session, complaint)) if days else None


def _promised_end(session: Session, complaint: Complaint) -> datetime:
    """Return when the day is over that this window's reminder named; the window's begin without one."""
    last = last_event(session, complaint, EventKind.REMINDED)
    if last is None or last.at < _begun(complaint) or "until" not in last.facts:
        return _begun(complaint)
    return _after(date.fromisoformat(last.facts["until"]))


def _begun(complaint: Complaint) -> datetime:
    is_waiting = complaint.status is S.AWAITING_CITIZEN
    return (complaint.clock_stopped_at if is_waiting else complaint.finished_at) or now()


def _after(day: date) -> datetime:
    return bangkok_day_bounds(day)[1]


def _question(session: Session, complaint: Complaint) -> str | None:
    if complaint.status is not S.AWAITING_CITIZEN:
        return None
    asked: ComplaintEvent | None = last_event(session, complaint, EventKind.ASK_CITIZEN)
    return asked.note if asked else None
