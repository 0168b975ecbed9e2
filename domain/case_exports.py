"""Files of many complaints, written by the worker: asked for, found again by who asked, gone after a week."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from domain.errors import NotFound
from domain.permissions import Permission, require
from models import DeliveryState, Job, JobKind, Notification, Scope

KEPT: Final = timedelta(days=7)
READY_KEY: Final = "case_export_ready"
REACH: Final = {None: -1, Scope.OWN: 0, Scope.DEPARTMENT: 1, Scope.ALL: 2}
UNDONE: Final = (DeliveryState.READY, DeliveryState.LEASED)
MOST_SHOWN: Final = 50


def may_reveal_all(actor: Actor) -> bool:
    """Tell whether the actor may reveal the complainant of every complaint he may take away."""
    reveals = actor.scope_of(Permission.MEMBER_REVEAL)
    return reveals is not None and REACH[reveals] >= REACH[actor.scope_of(Permission.COMPLAINT_EXPORT)]


def request_case_export(
    session: Session,
    actor: Actor,
    *,
    args: Mapping[str, str],
    filters: Sequence[tuple[str, str]],
    file_type: str,
    reason: str,
    reveals: bool,
) -> Job:
    """Ask the worker for a file; the same one asked for again while it is being written is not written twice.

    Args:
        session: Inside a write transaction; the caller commits.
        actor: Who asks, and whose rights decide when the file is written.
        args: The filter as arguments of an address.
        filters: The same in words, for the file and the audit log.
        file_type: ``xlsx`` or ``csv``.
        reason: Why it is taken away.
        reveals: Show personal data in full.

    Raises:
        NotPermitted: he may take nothing away.
    """
    require(actor, Permission.COMPLAINT_EXPORT)
    wanted: dict[str, Any] = {
        "args": dict(args),
        "filters": [list(pair) for pair in filters],
        "file_type": file_type,
        "reason": reason,
        "reveals": reveals and may_reveal_all(actor),
    }
    under_way = session.scalars(_own(actor).where(Job.state.in_(UNDONE)))
    same = next((job for job in under_way if job.arguments == wanted), None)
    if same is not None:
        return same
    job = Job(
        kind=JobKind.CASE_EXPORT,
        arguments=wanted,
        dedupe_key=f"case_export:{uuid.uuid4()}",
        requested_by_id=actor.staff_user_id,
        not_before=now(),
        created_at=now(),
        max_attempts=3,
    )
    session.add(job)
    session.flush()
    return job


def own_exports(session: Session, actor: Actor) -> list[Job]:
    """Return the files the actor asked for in the last seven days, newest first."""
    recent = _own(actor).where(Job.created_at > now() - KEPT)
    return list(session.scalars(recent.order_by(Job.id.desc()).limit(MOST_SHOWN)))


def finished_export(session: Session, actor: Actor, job_id: int) -> Job:
    """Return a finished file of the actor that is still kept.

    Raises:
        NotFound: it is not his, not finished, or its week is over.
    """
    job = session.scalars(_own(actor).where(Job.id == job_id)).one_or_none()
    if job is None or job.result_key is None or job.done_at is None or job.done_at <= now() - KEPT:
        raise NotFound("document_not_found")
    return job


def _own(actor: Actor) -> Select[Job]:
    return select(Job).where(Job.kind == JobKind.CASE_EXPORT, Job.requested_by_id == actor.staff_user_id)


def announce(session: Session, staff_user_id: int, job_id: int, rows: int) -> None:
    """Ring the bell of who asked: the file is there; the caller commits."""
    session.add(
        Notification(
            staff_user_id=staff_user_id,
            template_key=READY_KEY,
            facts={"job_id": job_id, "rows": rows},
            created_at=now(),
        )
    )


def expired_keys(session: Session) -> list[str]:
    """Forget the files whose week is over and return their keys, to be deleted once the caller committed."""
    over = session.scalars(
        select(Job).where(
            Job.kind == JobKind.CASE_EXPORT, Job.result_key.is_not(None), Job.done_at <= now() - KEPT
        )
    ).all()
    keys = [job.result_key for job in over if job.result_key is not None]
    for job in over:
        job.result_key = None
    return keys
