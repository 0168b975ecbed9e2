"""Reminders of a running promise: before its end, at its end, then up the departments; each exactly once.

``wake_step`` counts what is done (``domain.duty_clock``): 1 the officer was warned, 2 he and the head of his
department know that the day has passed, 3 and on it went one level further up. A step that comes late, as
after a worker was down, moves those behind it; so nobody hears of a case twice at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from domain.duty_clock import MOST_ESCALATIONS, OVERDUE, WARNED, plan_wake
from domain.moves import note_event
from domain.notifications import ALL_WAYS, department_and_above, holders, officers_of, tell_officer
from domain.permissions import Permission
from domain.settings import read_setting
from domain.telling_ways import Way
from domain.transition import Audience, Telling
from domain.wakes import keep_wake
from models import Complaint, EventKind, Scope, StaffUser

DUE_SOON: Final = "staff_due_soon"
PAST_DUE: Final = "staff_overdue"
UPWARDS: Final = "staff_escalated"
TELLINGS: Final = (
    Telling(Audience.ASSIGNEE, DUE_SOON),
    Telling(Audience.INTAKE, DUE_SOON),
    Telling(Audience.ASSIGNEE, PAST_DUE),
    Telling(Audience.INTAKE, PAST_DUE),
    Telling(Audience.HEADS, PAST_DUE),
    Telling(Audience.HEADS, UPWARDS),
)
"""Who is told what; the intake where nobody is responsible."""

MOST_AT_ONCE: Final = 5
"""So many reminders of one round reach an officer by every way; of more only the bell and the digest tell."""

CLOCK: Final = Actor.system("ระบบ")
Ladder = list[list[StaffUser]]


def remind(session: Session, complaint: Complaint, heard: Counter[int]) -> bool:
    """Do the step that has come due and plan the next; tell whether somebody was told.

    Args:
        session: Inside a write transaction.
        complaint: Locked, somebody works on it.
        heard: How many reminders of this round each officer has had; counted on.
    """
    done, reached = complaint.wake_step, _reached(session, complaint)
    with session.no_autoflush:
        ladder = _ladder(session, complaint) if reached >= OVERDUE else []
        complaint.wake_step = reached
        plan_wake(session, complaint)
    is_at_top = reached >= OVERDUE and reached - OVERDUE >= len(ladder) - 1
    keep_wake(session, complaint, None if is_at_top else complaint.wake_at, reached)
    told = _to_tell(session, complaint, ladder, reached) if reached > done else {}
    if not told:
        return False
    kind = EventKind.REMINDED if reached <= OVERDUE else EventKind.ESCALATED
    facts = {"step": reached, "level": _level(reached), "name": ", ".join(one.full_name for one in told)}
    event = note_event(session, CLOCK, complaint, kind, facts=facts)
    session.flush()  # The event's id goes into the messages' dedupe keys.
    for officer, template_key in told.items():
        heard[officer.id] += 1
        ways = ALL_WAYS if heard[officer.id] <= MOST_AT_ONCE else frozenset({Way.BELL})
        tell_officer(session, CLOCK, complaint, event, template_key, officer, ways)
    return True


def _reached(session: Session, complaint: Complaint) -> int:
    """Return the steps done once this round is over; as before where nothing is due after all."""
    done, moment = complaint.wake_step, now()
    if complaint.due_at is None:
        return done
    if done < OVERDUE and complaint.due_at <= moment:
        return OVERDUE  # A warning a worker missed is of no use on the day itself.
    if done < WARNED and complaint.warn_at is not None and complaint.warn_at <= moment:
        return WARNED
    goes_up = OVERDUE <= done < OVERDUE + MOST_ESCALATIONS and int(read_setting(session, "escalate_days"))
    return done + 1 if goes_up else done


def _to_tell(session: Session, complaint: Complaint, ladder: Ladder, reached: int) -> dict[StaffUser, str]:
    """Return who hears which message of a step."""
    if reached == WARNED:
        return dict.fromkeys(_in_charge(session, complaint), DUE_SOON)
    if reached == OVERDUE:
        return dict.fromkeys([*_in_charge(session, complaint), *ladder[0]], PAST_DUE)
    level = reached - OVERDUE
    return dict.fromkeys(ladder[level] if level < len(ladder) else [], UPWARDS)


def _in_charge(session: Session, complaint: Complaint) -> list[StaffUser]:
    """Return the responsible officer, or the intake where nobody is."""
    officer = officers_of(session, complaint, Audience.ASSIGNEE)
    return officer or officers_of(session, complaint, Audience.INTAKE)


def _ladder(session: Session, complaint: Complaint) -> Ladder:
    """Return the heads level by level: nearest to the case, then upwards, at last those who oversee all.

    A level without a head is passed over; only the first may be empty, where the whole line has none. Where
    nobody oversees all, the centre, which may take any case, stands at the top.
    """
    found = holders(session, Permission.COMPLAINT_OVERSEE)
    heads = [officer for officer, scope in found if scope is not Scope.ALL]
    levels = [
        [officer for officer in heads if officer.department_id == department]
        for department in department_and_above(session, complaint.department_id)
    ]
    line = [level for level in levels if level] or [[]]
    top = _over_all(found) or _over_all(holders(session, Permission.COMPLAINT_ACCEPT))
    return [*line, top] if top else line


def _over_all(found: Iterable[tuple[StaffUser, Scope]]) -> list[StaffUser]:
    return [officer for officer, scope in found if scope is Scope.ALL]


def _level(reached: int) -> str:
    return {WARNED: "due_soon", OVERDUE: "overdue"}.get(reached, "escalated")
