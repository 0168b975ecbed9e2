"""The paper of a receipt: made when first opened, made anew once it is cancelled, every version kept."""

from __future__ import annotations

import logging

from flask import Response, current_app, request, send_file
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from admin_views.case_copies import PDF_HEADERS
from admin_views.identity import current_actor
from documents.paper_files import PDF_TYPE, BrokenCopy, file_paper
from documents.receipt_paper import receipt_paper
from domain.errors import Busy, add_message
from domain.papers import archive_paper, latest_paper
from extensions import db, write_transaction
from models import Document, DocumentKind, Receipt
from sandbox import Refused, SandboxFailed
from storage import FileStore, StorageFailed

log = logging.getLogger(__name__)

CANCELLED = "cancelled"
"""Noted with a paper that says so."""
BROKEN = (SandboxFailed, Refused, BrokenCopy, StorageFailed, SQLAlchemyError)

add_message(
    "receipt_paper_not_ready",
    thai="ยังทำไฟล์ใบเสร็จไม่ได้ในตอนนี้ ใบเสร็จบันทึกไว้แล้ว กรุณาลองใหม่ หรือตรวจแม่แบบใบเสร็จ",
    english="The paper cannot be made now; the receipt itself is kept. Try again or look at its template",
)


def open_receipt_paper(receipt: Receipt) -> Response:
    """Send the paper of a receipt as it stands now; the caller has checked the scope.

    Raises:
        Busy: it cannot be made at this moment.
    """
    receipt_id, session = receipt.id, db.session()
    if paper_is_due(session, receipt):
        _make(session, receipt)
    paper = latest_paper(session, DocumentKind.RECEIPT, receipt_id=receipt_id)
    if paper is None:
        raise Busy("receipt_paper_not_ready")
    return _send(paper)


def paper_is_due(session: Session, receipt: Receipt) -> bool:
    """Tell whether there is no paper yet, or only one that does not say that the receipt is cancelled."""
    paper = latest_paper(session, DocumentKind.RECEIPT, receipt_id=receipt.id)
    return paper is None or (receipt.cancelled_at is not None and not paper.facts.get(CANCELLED))


def _make(session: Session, receipt: Receipt) -> None:
    """Render and archive the paper.

    Raises:
        Busy: what is in the way is in the log.
    """
    extensions, receipt_id = current_app.extensions, receipt.id
    facts = {CANCELLED: True} if receipt.cancelled_at is not None else {}
    files: FileStore = extensions["files"]
    paper = receipt_paper(session, receipt, files, extensions["settings"].public_url)
    session.rollback()  # Rendering takes a while: no transaction stays open meanwhile.
    try:
        stored = file_paper(paper, files, extensions["sandbox"], facts=facts)
        with write_transaction() as writing:
            locked = select(Receipt).where(Receipt.id == receipt_id).with_for_update()
            row = writing.scalars(locked).one()
            who = current_actor().staff_user_id
            archive_paper(writing, DocumentKind.RECEIPT, stored, receipt=row, made_by_id=who)
    except BROKEN as error:
        log.exception("a receipt's paper could not be made", extra={"receipt_id": receipt_id})
        raise Busy("receipt_paper_not_ready") from error


def _send(paper: Document) -> Response:
    files: FileStore = current_app.extensions["files"]
    path = files.path(paper.storage_key)
    if not path.is_file():
        raise Busy("receipt_paper_not_ready")
    response = send_file(
        path,
        mimetype=PDF_TYPE,
        download_name=paper.display_name,
        as_attachment="download" in request.args,
        etag=False,
    )
    response.headers.update(PDF_HEADERS)
    return response
