"""What every job that writes a file for an officer shares: progress, keeping the file, telling, forgetting.

The rows are read on a connection of their own, so that telling the progress does not end the reading.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import IO, Any, Final, TypeVar

from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.audit import record
from domain.clock import now
from domain.officer_files import announce, expired_keys, title_of
from extensions import write_transaction
from models import AuditAction, DeliveryState, Job
from storage import FileStore
from worker.jobs import LEASE, ClaimedJob, Store
from worker.schedule import register_task

Item = TypeVar("Item")

ITEMS_A_STEP: Final = 5_000
IN_MEMORY_BYTES: Final = 1024 * 1024


def watched(items: Iterable[Item], job_id: int, expected: int, a_step: int | None = None) -> Iterator[Item]:
    """Pass items on and write down now and then how far they are; the last per cent is the file itself.

    Args:
        items: Rows, cases, papers.
        job_id: Whose progress.
        expected: How many there will be.
        a_step: Write after so many.
    """
    step = a_step or ITEMS_A_STEP
    for number, item in enumerate(items, 1):
        if number % step == 0:
            tell_progress(job_id, min(99, number * 100 // max(expected, 1)))
        yield item


def tell_progress(job_id: int, percent: int) -> None:
    """Write down how far a job is; one that gets on keeps its lease, however long its file is."""
    is_ours = (Job.id == job_id, Job.state == DeliveryState.LEASED)
    with write_transaction() as session:
        session.execute(update(Job).where(*is_ours).values(progress=percent, leased_until=now() + LEASE))


def keep_file(app: Flask, file_type: str, write: Callable[[IO[bytes]], int]) -> tuple[str, int]:
    """Write a file beside memory, keep it, and return its key and what ``write`` counted.

    Raises:
        StorageFailed: the disk is full or refuses; the job is tried again later.
    """
    files: FileStore = app.extensions["files"]
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as file:
        count = write(file)
        file.seek(0)
        return files.put_stream(file, f".{file_type}"), count


def told(
    job: ClaimedJob, actor: Actor, key: str, *, object_type: str, facts: Mapping[str, Any], reason: str | None
) -> Store:
    """Return what ends a job of a file: an audit entry, the bell, and the file's key.

    Args:
        job: Which one.
        actor: Who asked.
        key: Of the kept file.
        object_type: For the audit log.
        facts: What was taken away; no personal data.
        reason: Why.
    """

    def store(session: Session) -> str | None:
        record(
            session,
            actor,
            AuditAction.EXPORT,
            object_type=object_type,
            changes={**facts, "job_id": job.id},
            reason=reason,
        )
        if actor.staff_user_id is not None:
            announce(session, actor.staff_user_id, job.id, title_of(job.kind, job.arguments))
        return key

    return store


def drop_expired(app: Flask) -> int:
    """Delete the files whose week is over; return how many."""
    with write_transaction() as session:
        keys = expired_keys(session)
    # After the commit: a file without a row is litter, a row without a file is a broken page.
    files: FileStore = app.extensions["files"]
    for key in keys:
        files.delete(key)
    return len(keys)


register_task("case_files", timedelta(days=1), drop_expired)
