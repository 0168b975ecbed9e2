"""Files the worker writes for an officer: asked for, found again by who asked, gone after a week.

One mechanism for every kind: lists of cases, reports, batches of papers, the evidence pack. What a page shows
of a file stands in the arguments of its job: ``title``, ``file_type``, ``filters`` and ``reason``.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from domain.errors import NotFound
from domain.labels import word
from domain.permissions import Permission, require
from models import DeliveryState, Job, JobKind, Notification

KEPT: Final = timedelta(days=7)
READY_KEY: Final = "file_ready"
UNDONE: Final = (DeliveryState.READY, DeliveryState.LEASED)
MOST_SHOWN: Final = 50
NEEDED: Final = {
    JobKind.CASE_EXPORT: Permission.COMPLAINT_EXPORT,
    JobKind.REPORT_FILE: Permission.REPORT_EXPORT,
    JobKind.DOCUMENT_BATCH: Permission.DOCUMENT_ISSUE,
    JobKind.EVIDENCE_PACK: Permission.REPORT_EXPORT,
}
"""Kinds of jobs that write a file, and what the officer must hold to ask for it and to take it away."""


def request_file(session: Session, actor: Actor, kind: JobKind, wanted: Mapping[str, Any]) -> Job:
    """Ask the worker for a file; the same one asked for again while it is being written is not written twice.

    Args:
        session: Inside a write transaction; the caller commits.
        actor: Who asks, and whose rights decide again when the file is written.
        kind: One of ``NEEDED``.
        wanted: Arguments of the job; plain values, with ``title`` and ``file_type``.

    Raises:
        NotPermitted: he may not have such files.
    """
    require(actor, NEEDED[kind])
    arguments = dict(wanted)
    under_way = session.scalars(_own(actor).where(Job.kind == kind, Job.state.in_(UNDONE)))
    same = next((job for job in under_way if job.arguments == arguments), None)
    return same or add_file_job(session, kind, arguments, actor.staff_user_id)


def add_file_job(
    session: Session, kind: JobKind, arguments: dict[str, Any], staff_user_id: int | None
) -> Job:
    """Write the job of a file for an officer; the caller commits."""
    job = Job(
        kind=kind,
        arguments=arguments,
        dedupe_key=f"{kind.value}:{uuid.uuid4()}",
        requested_by_id=staff_user_id,
        not_before=now(),
        created_at=now(),
        max_attempts=3,
    )
    session.add(job)
    session.flush()
    return job


def own_files(session: Session, actor: Actor) -> list[Job]:
    """Return the files the actor asked for, or was sent, in the last seven days, newest first."""
    recent = _own(actor).where(Job.created_at > now() - KEPT)
    return list(session.scalars(recent.order_by(Job.id.desc()).limit(MOST_SHOWN)))


def finished_file(session: Session, actor: Actor, job_id: int) -> Job:
    """Return a finished file of the actor that is still kept.

    Raises:
        NotFound: it is not his, not finished, or its week is over.
        NotPermitted: he may have no such files any more.
    """
    job = session.scalars(_own(actor).where(Job.id == job_id)).one_or_none()
    if job is None or job.result_key is None or job.done_at is None or job.done_at <= now() - KEPT:
        raise NotFound("document_not_found")
    require(actor, NEEDED[job.kind])
    return job


def _own(actor: Actor) -> Select[Job]:
    return select(Job).where(Job.kind.in_(list(NEEDED)), Job.requested_by_id == actor.staff_user_id)


def title_of(kind: JobKind, arguments: Mapping[str, Any]) -> str:
    """Return what a file is called; those asked for before titles were kept bear the name of their kind."""
    return str(arguments.get("title") or word(kind))


def announce(session: Session, staff_user_id: int, job_id: int, title: str) -> None:
    """Ring the bell of who asked: the file is there; the caller commits."""
    session.add(
        Notification(
            staff_user_id=staff_user_id,
            template_key=READY_KEY,
            facts={"job_id": job_id, "title": title},
            created_at=now(),
        )
    )


def expired_keys(session: Session) -> list[str]:
    """Forget the files whose week is over and return their keys, to be deleted once the caller committed."""
    over = session.scalars(
        select(Job).where(
            Job.kind.in_(list(NEEDED)), Job.result_key.is_not(None), Job.done_at <= now() - KEPT
        )
    ).all()
    keys = [job.result_key for job in over if job.result_key is not None]
    for job in over:
        job.result_key = None
    return keys
