"""Jobs: documents and files made outside any request. Rooms register a handler for their kind of job.

A handler gets the app and the job, does the slow part outside any transaction, and returns what is left to
write::

    def make_copy(app: Flask, job: ClaimedJob) -> Store:
        stored = ...  # render, put the file
        def store(session: Session) -> str | None:
            add_copy(session, job.complaint_id, stored)
            return stored.storage_key  # becomes result_key
        return store

    register_job(JobKind.COMPLAINT_COPY, make_copy)

What it returns runs in the transaction that marks the job done: a worker that dies, or that another one
overtook, leaves no second result. The slow part may run twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from flask import Flask
from sqlalchemy.orm import Session

from domain.clock import now
from domain.deliveries import DeliveryReason
from domain.faults import fault_point
from extensions import db, write_transaction
from models import DeliveryState, Job, JobKind
from worker.leases import Lease, claim, error_text, finish, has_work, postpone, wait_after

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job as its handler sees it: plain values, no mapped object."""

    id: int
    kind: JobKind
    arguments: Mapping[str, Any]
    complaint_id: int | None
    requested_by_id: int | None


class JobTrouble(Exception):
    """A job that cannot be done now, in words for the administrator.

    Attributes:
        reason: What kind of trouble.
        again_in: Try no sooner; None leaves it to the growing waits.
    """

    def __init__(self, reason: DeliveryReason, words: str, again_in: timedelta | None = None) -> None:
        super().__init__(words)
        self.reason = reason
        self.again_in = again_in


Store = Callable[[Session], str | None]
"""Writes the result in the given transaction and returns the ``result_key``, if there is one."""

Handler = Callable[[Flask, ClaimedJob], Store]

HANDLERS: dict[JobKind, Handler] = {}
"""By kind; a job whose kind nobody registered waits for a worker that knows it."""


def register_job(kind: JobKind, handler: Handler) -> None:
    """Let a handler do jobs of a kind; call it at import.

    Raises:
        ValueError: another handler does them already.
    """
    if HANDLERS.setdefault(kind, handler) is not handler:
        raise ValueError(f"jobs of kind {kind} have a handler already")


def run_due(app: Flask) -> int:
    """Do the job that has waited longest and return 1, or 0 when none waits; needs an application context."""
    only = (Job.kind.in_(list(HANDLERS)),)
    if not HANDLERS or not has_work(db.session(), Job, only):
        return 0
    with write_transaction() as session:
        lease = claim(session, Job, limit=1, lease=LEASE, only=only, counted=True)
        if lease is None:
            return 0
        job = _claimed(session.get_one(Job, lease.ids[0]))
    fault_point("worker_claimed")
    try:
        store = HANDLERS[job.kind](app, job)
        fault_point("worker_before_finish")
        _finish(lease, job, store)
    except JobTrouble as trouble:
        logger.warning("job waits: %s", trouble, extra={"job_id": job.id, "kind": job.kind.value})
        _put_off(lease, job, error_text(trouble.reason, str(trouble)), trouble.again_in)
    except Exception as fault:
        logger.exception("job failed", extra={"job_id": job.id, "kind": job.kind.value})
        _put_off(lease, job, error_text(DeliveryReason.HANDLER_FAILED, type(fault).__name__))
    return 1


def _claimed(row: Job) -> ClaimedJob:
    return ClaimedJob(row.id, row.kind, dict(row.arguments), row.complaint_id, row.requested_by_id)


def _finish(lease: Lease, job: ClaimedJob, store: Store) -> None:
    with write_transaction() as session:
        # Finished first: if another worker has taken the job over, its result counts and ours is dropped.
        if finish(session, Job, job.id, lease.token, DeliveryState.SENT, last_error=None, progress=100):
            session.get_one(Job, job.id).result_key = store(session)
            logger.info("job done", extra={"job_id": job.id, "kind": job.kind.value})


def _put_off(lease: Lease, job: ClaimedJob, error: str, again_in: timedelta | None = None) -> None:
    """Try again later; give up after as many attempts as the row allows."""
    with write_transaction() as session:
        row = session.get(Job, job.id)
        if row is None:
            return
        if row.attempts >= row.max_attempts:
            finish(session, Job, job.id, lease.token, DeliveryState.DEAD, last_error=error)
        else:
            again_at = now() + max(wait_after(row.attempts), again_in or timedelta(0))
            postpone(session, Job, job.id, lease.token, again_at, last_error=error)
