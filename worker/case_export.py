"""The job that writes a long list of complaints to a file: more rows than a request should wait for.

The rows are read on a connection of their own, so that telling the progress does not end the reading.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from domain.audit import record
from domain.case_exports import announce, expired_keys, may_reveal_all
from domain.clock import now
from domain.complaint_filter import read_filter
from domain.errors import NotPermitted
from domain.lookups import load_lookups
from domain.permissions import Permission, require
from domain.staff_actor import actor_of_staff
from extensions import db, write_transaction
from models import AuditAction, Job, JobKind
from reports.case_rows import HEADINGS, about_file, file_rows
from reports.cells import Cell
from reports.complaint_list import count_of, stream
from reports.csv_table import write_csv
from reports.workbook import SHEET_ROWS, TooManyRows, write_table
from storage import FileStore
from worker.jobs import ClaimedJob, Store, register_job
from worker.schedule import register_task

ROWS_A_STEP: Final = 5_000
IN_MEMORY_BYTES: Final = 1024 * 1024


def write_cases(app: Flask, job: ClaimedJob) -> Store:
    """Write the file and return what announces it; the rights are those the officer has now.

    Raises:
        NotPermitted: the officer is gone or may take nothing away any more.
        TooManyRows: more than a sheet of Excel holds.
        StorageFailed: the disk is full or refuses; the job is tried again later.
    """
    wanted = job.arguments
    if job.requested_by_id is None:
        raise NotPermitted
    with Session(db.engine) as reading:
        lookups = load_lookups(reading)
        actor = actor_of_staff(reading, job.requested_by_id, "worker", lookups=lookups)
        require(actor, Permission.COMPLAINT_EXPORT)
        chosen, _unread = read_filter({key: [text] for key, text in wanted["args"].items()}, lookups, actor)
        expected = count_of(
            reading, actor, chosen, permission=Permission.COMPLAINT_EXPORT, cap=SHEET_ROWS
        ).rows
        if wanted["file_type"] == "xlsx" and expected >= SHEET_ROWS:
            raise TooManyRows
        reveals = bool(wanted["reveals"]) and may_reveal_all(actor)
        rows = file_rows(stream(reading, actor, chosen), lookups, reveals=reveals)
        filters = [(name, words) for name, words in wanted["filters"]]
        about = about_file(filters, actor.name, now(), reveals=reveals, reason=wanted["reason"])
        data, count = _file(wanted["file_type"], _watched(rows, job.id, expected), about)
    files: FileStore = app.extensions["files"]
    key = files.put(data, f".{wanted['file_type']}")

    def store(session: Session) -> str | None:
        facts: dict[str, Any] = {"format": wanted["file_type"], "rows": count, "filters": wanted["filters"]}
        record(
            session,
            actor,
            AuditAction.EXPORT,
            object_type="complaint",
            changes=facts | {"personal_data": reveals, "job_id": job.id},
            reason=wanted["reason"],
        )
        if actor.staff_user_id is not None:
            announce(session, actor.staff_user_id, job.id, count)
        return key

    return store


def _file(
    file_type: str, rows: Iterable[Sequence[Cell]], about: Sequence[tuple[str, str]]
) -> tuple[bytes, int]:
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as file:
        if file_type == "csv":
            count = write_csv(file, HEADINGS, rows)
        else:
            count = write_table(file, HEADINGS, rows, about)
        file.seek(0)
        return file.read(), count


def _watched(rows: Iterable[Sequence[Cell]], job_id: int, expected: int) -> Iterator[Sequence[Cell]]:
    """Pass the rows on and write down now and then how far they are; the last per cent is the file itself."""
    for number, cells in enumerate(rows, 1):
        if number % ROWS_A_STEP == 0:
            done = min(99, number * 100 // max(expected, 1))
            with write_transaction() as session:
                session.execute(update(Job).where(Job.id == job_id).values(progress=done))
        yield cells


def drop_expired(app: Flask) -> int:
    """Delete the files whose week is over; return how many."""
    with write_transaction() as session:
        keys = expired_keys(session)
    # After the commit: a file without a row is litter, a row without a file is a broken page.
    files: FileStore = app.extensions["files"]
    for key in keys:
        files.delete(key)
    return len(keys)


register_job(JobKind.CASE_EXPORT, write_cases)
register_task("case_files", timedelta(days=1), drop_expired)
