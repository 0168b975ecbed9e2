"""Reports as files outside any request: the job that writes one, and the schedules that ask for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from domain.case_exports import may_reveal_all
from domain.clock import now
from domain.complaint_filter import read_filter
from domain.errors import NotPermitted
from domain.lookups import load_lookups
from domain.permissions import Permission, require
from domain.report_schedules import write_due
from domain.staff_actor import actor_of_staff
from extensions import db, write_transaction
from models import JobKind
from reports.complaint_list import count_of
from reports.registry import REPORTS
from reports.report import Report, Source, about_report, worded_filter
from reports.report_files import write_report
from reports.workbook import SHEET_ROWS, TooManyRows
from worker.jobs import ClaimedJob, Store, register_job
from worker.officer_files import keep_file, told, watched
from worker.schedule import register_task


def write_report_file(app: Flask, job: ClaimedJob) -> Store:
    """Write the file and return what announces it; the rights are those the officer has now.

    Raises:
        NotPermitted: the officer is gone or may have no such file any more.
        InvalidField: a condition means nothing any more; the file is not made wider instead.
        TooManyRows: more than a sheet of Excel holds.
        StorageFailed: the disk is full or refuses; the job is tried again later.
    """
    wanted = job.arguments
    report, file_type = REPORTS[wanted["report"]], str(wanted["file_type"])
    with Session(db.engine) as reading:
        source = _source(reading, report, job)
        expected = _expected(report, source)
        if file_type == "xlsx" and expected >= SHEET_ROWS:
            raise TooManyRows
        filters = [(name, words) for name, words in wanted["filters"]]
        about = about_report(report, source, filters, wanted["reason"])
        watch = partial(watched, job_id=job.id, expected=expected)
        key, count = keep_file(
            app, file_type, lambda file: write_report(file, report, source, file_type, about, watch)
        )
    facts: dict[str, Any] = {"format": file_type, "rows": count, "filters": wanted["filters"]}
    facts |= {"personal_data": report.is_personal and source.reveals, "years": source.years}
    return told(
        job,
        source.actor,
        key,
        object_type=f"report:{report.key}",
        facts=facts,
        reason=wanted["reason"] or None,
    )


def _source(reading: Session, report: Report, job: ClaimedJob) -> Source:
    if job.requested_by_id is None:
        raise NotPermitted
    lookups = load_lookups(reading)
    actor = actor_of_staff(reading, job.requested_by_id, "worker", lookups=lookups)
    require(actor, report.permission)
    args = {key: [text] for key, text in job.arguments["args"].items()}
    chosen, unread = read_filter(args, lookups, actor)
    if unread:
        raise unread[0].error
    reveals = bool(job.arguments["reveals"]) and may_reveal_all(actor)
    source = Source(reading, actor, lookups, chosen, now(), reveals)
    return replace(source, chosen=report.narrowed(chosen))


def _expected(report: Report, source: Source) -> int:
    if not report.has_cases:
        return 1
    permission = report.permission
    return count_of(source.session, source.actor, source.chosen, permission=permission, cap=SHEET_ROWS).rows


def run_schedules(app: Flask) -> int:
    """Ask for the files of the schedules whose turn has come; return how many."""
    with write_transaction() as session:
        lookups = load_lookups(session)
        return write_due(session, lookups, _permission_of, partial(worded_filter, lookups=lookups))


def _permission_of(key: str) -> Permission | None:
    report = REPORTS.get(key)
    return report.permission if report else None


register_job(JobKind.REPORT_FILE, write_report_file)
register_task("report_schedules", timedelta(minutes=5), run_schedules)
