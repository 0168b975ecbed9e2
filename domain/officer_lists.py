"""Cases an officer opens in the chat: the first few of a kind, scoped as everything else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from domain.actor import Actor
from domain.permissions import Permission, scope_complaints
from models import Complaint, ComplaintStatus

MOST_CASES: Final = 9
"""As many as a card shows with a line to spare."""

TO_FINISH: Final = (ComplaintStatus.DIRECTED, ComplaintStatus.ACKNOWLEDGED, ComplaintStatus.IN_PROGRESS)
"""States in which the responsible officer may record a result; acknowledging first is not needed."""


def first_cases(
    session: Session,
    actor: Actor,
    statuses: Iterable[ComplaintStatus],
    *,
    permission: Permission = Permission.COMPLAINT_READ,
    only_own: bool = False,
    limit: int = MOST_CASES,
) -> Sequence[Complaint]:
    """Return cases in these states, the most urgent first and then the longest waiting.

    Args:
        session: Any session.
        actor: Who asks.
        statuses: Which states.
        permission: What he wants to do with them; his reach is that right's.
        only_own: Only those he is responsible for.
        limit: At most so many.
    """
    wanted = first_cases_statement(actor, statuses, permission=permission, only_own=only_own)
    found: Sequence[Complaint] = session.scalars(wanted.limit(limit)).all()
    return found


def first_cases_statement(
    actor: Actor, statuses: Iterable[ComplaintStatus], *, permission: Permission, only_own: bool
) -> Select[Any]:
    """Return the query of ``first_cases`` without its limit."""
    wanted = select(Complaint).where(Complaint.status.in_(tuple(statuses)), Complaint.finished_at.is_(None))
    if only_own:
        wanted = wanted.where(Complaint.assignee_id == actor.staff_user_id)
    return scope_complaints(wanted, actor, permission).order_by(Complaint.due_at.nulls_last(), Complaint.id)


def case_by_code(session: Session, actor: Actor, public_code: str) -> Complaint | None:
    """Return a case within the officer's reach by its code."""
    wanted = select(Complaint).where(Complaint.public_code == public_code)
    wanted = wanted.options(joinedload(Complaint.member))  # Whether a question can reach anybody.
    return session.scalars(scope_complaints(wanted, actor)).one_or_none()
