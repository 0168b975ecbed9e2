"""The scheduler's round in a test's own session, and what came of it."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.duty_rounds import attend, due_cases
from models import Complaint, ComplaintEvent, EventKind, Notification, OutboxMessage, StaffUser

CLOCK_KINDS = (EventKind.REMINDED, EventKind.ESCALATED)


def go_round(session: Session, heard: Counter[int] | None = None) -> int:
    """Let the scheduler look at every case whose moment has come; return for how many it did something."""
    session.flush()
    counts = Counter() if heard is None else heard
    done = sum(attend(session, complaint_id, counts) for complaint_id in due_cases(session, 1000))
    session.flush()
    session.expire_all()
    return done


def clock_events(session: Session, case: Complaint) -> list[ComplaintEvent]:
    """Return what the clock wrote into a case's timeline, oldest first."""
    session.flush()
    mine = (ComplaintEvent.complaint_id == case.id, ComplaintEvent.kind.in_(CLOCK_KINDS))
    return list(session.scalars(select(ComplaintEvent).where(*mine).order_by(ComplaintEvent.id)))


def letters_of(session: Session, event: ComplaintEvent) -> set[tuple[str, str, str]]:
    """Return (way, recipient's name, template) of each outgoing message of an event."""
    rows = session.scalars(select(OutboxMessage).where(OutboxMessage.event_id == event.id))
    return {(row.channel.value, row.recipient_name, row.template_key) for row in rows}


def rung(session: Session, event: ComplaintEvent) -> set[tuple[str, str]]:
    """Return (user name, template) of each bell of an event."""
    rows = session.execute(
        select(StaffUser.username, Notification.template_key, Notification.facts).join(
            StaffUser, StaffUser.id == Notification.staff_user_id
        )
    )
    return {(username, key) for username, key, facts in rows if facts.get("event_id") == event.id}
