"""Figures an officer asks for in the chat: few, scoped as everything else, cheap enough for an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from domain.actor import Actor
from domain.clock import now
from domain.permissions import Permission, scope_complaints
from models import Complaint, ComplaintStatus, StatusKind

MOST_CASES: Final = 5

S = ComplaintStatus
_OPEN: Final = tuple(status for status in S if status.kind is StatusKind.OPEN)
_NEW: Final = (S.SUBMITTED, S.ACCEPTED, S.DIRECTED)


@dataclass(frozen=True, slots=True)
class Cases:
    """How many there are, how many of them are the officer's own, and the first few."""

    count: int
    mine: int
    first: tuple[Complaint, ...]


def new_counts(session: Session, actor: Actor) -> dict[ComplaintStatus, int]:
    """Return how many cases wait for a beginning, by state, none of them 0."""
    counted = select(Complaint.status, func.count(Complaint.id).label("cases")).where(
        Complaint.status.in_(_NEW)
    )
    rows = session.execute(scope_complaints(counted.group_by(Complaint.status), actor))
    found = {row.status: int(row.cases) for row in rows}
    return {status: found[status] for status in _NEW if found.get(status)}


def own_unacknowledged(session: Session, actor: Actor) -> int:
    """Return how many orders wait for the officer's รับทราบ."""
    mine = (Complaint.assignee_id == actor.staff_user_id, Complaint.status == S.DIRECTED)
    return session.scalar(select(func.count(Complaint.id)).where(*mine)) or 0


def late_cases(session: Session, actor: Actor) -> Cases:
    """Return the open cases past their day, the longest overdue first."""
    return _cases(session, actor, [Complaint.status.in_(_OPEN), Complaint.due_at < now()])


def late_counts(
    session: Session, actor: Actor, column: InstrumentedAttribute[int | None]
) -> list[tuple[int | None, int]]:
    """Return how many open cases are past their day, by department or officer, the most first."""
    number = func.count(Complaint.id)
    late = (Complaint.status.in_(_OPEN), Complaint.due_at < now(), Complaint.finished_at.is_(None))
    counted = select(column, number).where(*late).group_by(column).order_by(number.desc(), column)
    rows = session.execute(scope_complaints(counted, actor, Permission.REPORT_READ))
    return [(key, int(count)) for key, count in rows]


def _cases(
    session: Session,
    actor: Actor,
    which: Sequence[ColumnElement[bool]],
    permission: Permission = Permission.COMPLAINT_READ,
) -> Cases:
    theirs = (*which, Complaint.finished_at.is_(None))
    own = func.count(Complaint.id).filter(Complaint.assignee_id == actor.staff_user_id)
    counted = scope_complaints(select(func.count(Complaint.id), own).where(*theirs), actor, permission)
    count, mine = session.execute(counted).one()
    first = scope_complaints(select(Complaint).where(*theirs), actor, permission)
    ordered = first.order_by(Complaint.due_at, Complaint.id).limit(MOST_CASES)
    return Cases(int(count), int(mine), tuple(session.scalars(ordered)))
