"""The PDF copy on screen: archived, or made at the first request; without identity for who may not see it."""

from __future__ import annotations

import logging
from io import BytesIO
from typing import Any

from flask import Response, abort, current_app, request, send_file
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from documents.case_papers import case_paper
from documents.complaint_sheet import hides_identity, sheet_of
from documents.paper_files import PDF_TYPE, BrokenCopy, checked_pdf, file_case_paper
from domain.actor import Actor
from domain.attachments import file_stem
from domain.errors import Busy, add_message
from domain.papers import add_copy, copy_is_due, latest_copy
from domain.sight import sees_person
from extensions import db, write_transaction
from models import Complaint, Document
from sandbox import Refused, SandboxFailed
from storage import StorageFailed

log = logging.getLogger(__name__)

# Written by ourselves from escaped text; the browser's viewer needs its own styles and an object.
PDF_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'",
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
}
BROKEN = (Refused, SandboxFailed, BrokenCopy, StorageFailed, SQLAlchemyError)


def open_copy(actor: Actor, complaint: Complaint) -> Response:
    """Send the copy of a case as it stands now.

    Raises:
        Busy: it cannot be made at this moment, and there is no earlier one.
    """
    name = f"{file_stem(complaint)}-สำเนาคำร้อง.pdf"
    if hides_identity(complaint) and not sees_person(actor, complaint):
        return send_pdf(BytesIO(_without_identity(complaint.id)), name)
    complaint_id = complaint.id
    if copy_is_due(_session(), complaint_id):
        _make(complaint_id)
    copy = latest_copy(_session(), complaint_id)
    if copy is None:
        raise Busy("copy_not_ready")
    return send_document(copy)


def _make(complaint_id: int) -> None:
    """Render and archive the copy; when that fails an earlier one still serves."""
    session, extensions = _session(), current_app.extensions
    sheet = sheet_of(session, complaint_id, extensions["settings"].public_url)
    session.rollback()  # Rendering takes a while: no transaction stays open meanwhile.
    try:
        stored = file_case_paper(sheet, extensions["files"], extensions["sandbox"])
    except BROKEN:
        log.exception("a copy could not be made", extra={"complaint_id": complaint_id})
        return
    try:
        with write_transaction() as writing:
            add_copy(writing, complaint_id, stored)
    except SQLAlchemyError:
        extensions["files"].delete(stored.storage_key)
        log.exception("a copy could not be archived", extra={"complaint_id": complaint_id})


def _without_identity(complaint_id: int) -> bytes:
    session, extensions = _session(), current_app.extensions
    sheet = sheet_of(session, complaint_id, extensions["settings"].public_url, with_identity=False)
    session.rollback()
    try:
        paper = case_paper(sheet, extensions["files"], extensions["sandbox"])
        return checked_pdf(paper, extensions["sandbox"])
    except BROKEN as error:
        log.exception("a copy could not be made", extra={"complaint_id": complaint_id})
        raise Busy("copy_not_ready") from error


def send_document(copy: Document) -> Response:
    """Send an archived paper."""
    try:
        return send_pdf(current_app.extensions["files"].path(copy.storage_key), copy.display_name)
    except FileNotFoundError:
        abort(404)


def send_pdf(content: Any, name: str) -> Response:
    """Send a PDF under a name, to be shown, or kept with ``?download``."""
    response = send_file(
        content,
        mimetype=PDF_TYPE,
        download_name=name,
        as_attachment="download" in request.args,
        etag=False,
    )
    response.headers.update(PDF_HEADERS)
    return response


def _session() -> Session:
    return db.session()


add_message(
    "copy_not_ready",
    thai="ยังทำสำเนาไม่ได้ในตอนนี้ กรุณารอสักครู่แล้วลองใหม่",
    english="The copy cannot be made right now. Please wait a moment and try again",
)
