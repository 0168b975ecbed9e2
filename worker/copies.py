"""The job that makes the PDF copy of a complaint after each act (000-59, 000-65).

Reading, rendering and storing happen outside any transaction; only the row of the finished copy is written
inside the one that marks the job done (decisions.md 8).
"""

from __future__ import annotations

from flask import Flask
from sqlalchemy.orm import Session

from config import Settings
from documents.complaint_sheet import sheet_of
from documents.paper_files import file_case_paper
from domain.errors import NotFound
from domain.papers import add_copy
from extensions import db
from models import Job, JobKind
from worker.jobs import ClaimedJob, Store, register_job


def make_copy(app: Flask, job: ClaimedJob) -> Store:
    """Render the copy a job asks for and return what archives it.

    A copy somebody asked for on screen meanwhile shows the same and counts: no second one is made.

    Raises:
        NotFound: the complaint is gone.
        Refused, SandboxFailed, BrokenCopy, StorageFailed: the job is tried again later.
    """
    session = db.session()
    made = _result_key(session, job.id)
    if made is not None:
        return lambda _session: made
    if job.complaint_id is None:
        raise NotFound("complaint_not_found")
    complaint_id = job.complaint_id
    settings: Settings = app.extensions["settings"]
    sheet = sheet_of(session, complaint_id, settings.public_url)
    session.rollback()  # Rendering takes a while: no transaction stays open meanwhile.
    files = app.extensions["files"]
    stored = file_case_paper(sheet, files, app.extensions["sandbox"])

    def store(session: Session) -> str | None:
        meanwhile = _result_key(session, job.id)
        if meanwhile is not None:
            files.delete(stored.storage_key)
            return meanwhile
        add_copy(session, complaint_id, stored)
        return stored.storage_key

    return store


def _result_key(session: Session, job_id: int) -> str | None:
    row = session.get(Job, job_id, populate_existing=True)
    return row.result_key if row else None


register_job(JobKind.COMPLAINT_COPY, make_copy)
