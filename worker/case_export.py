"""The job that writes a long list of complaints to a file: more rows than a request should wait for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO, Any

from flask import Flask
from sqlalchemy.orm import Session

from domain.case_exports import may_reveal_all
from domain.clock import now
from domain.complaint_filter import read_filter
from domain.errors import NotPermitted
from domain.lookups import load_lookups
from domain.permissions import Permission, require
from domain.staff_actor import actor_of_staff
from extensions import db
from models import JobKind
from reports.case_rows import HEADINGS, about_file, file_rows
from reports.cells import Cell
from reports.complaint_list import count_of, stream
from reports.csv_table import write_csv
from reports.workbook import SHEET_ROWS, TooManyRows, write_table
from worker.jobs import ClaimedJob, Store, register_job
from worker.officer_files import keep_file, told, watched


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
        told_rows = watched(rows, job.id, expected)
        key, count = keep_file(app, wanted["file_type"], lambda file: _write(file, wanted, told_rows, about))
    facts: dict[str, Any] = {"format": wanted["file_type"], "rows": count, "filters": wanted["filters"]}
    facts |= {"personal_data": reveals}
    return told(job, actor, key, object_type="complaint", facts=facts, reason=wanted["reason"])


def _write(
    file: IO[bytes], wanted: Any, rows: Iterable[Sequence[Cell]], about: Sequence[tuple[str, str]]
) -> int:
    if wanted["file_type"] == "csv":
        return write_csv(file, HEADINGS, rows)
    return write_table(file, HEADINGS, rows, about)


register_job(JobKind.CASE_EXPORT, write_cases)
