"""Issuing official papers: the form of each, its preview, the archive; and papers of many cases at once."""

from __future__ import annotations

import logging
from datetime import date
from io import BytesIO
from typing import Any, Final

from flask import Response, abort, current_app, flash, make_response, redirect, request, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from admin_views.base import SecureView, needs
from admin_views.case_copies import send_document, send_pdf
from admin_views.case_page import find_case
from admin_views.complaint_filters import asked_filter
from admin_views.complaint_forms import StepForm
from admin_views.database_errors import explain
from admin_views.export import asked_reason
from admin_views.fields import CleanTextArea, CleanTextField, ThaiDateField
from admin_views.guard import language
from admin_views.identity import current_actor, current_lookups
from documents import address_sheets, register_sheet  # noqa: F401 - their batches register themselves
from documents.batches import BATCHES, MOST_CASES, BatchKind
from documents.case_papers import case_paper
from documents.complaint_sheet import Sheet, sheet_of
from documents.paper_files import BrokenCopy, checked_pdf, file_case_paper
from documents.template_rules import refused_template
from domain.attachments import file_stem
from domain.errors import Busy, DomainError, FieldErrors, InvalidField, NotPermitted, add_message
from domain.labels import word
from domain.officer_files import request_file
from domain.paper_issuing import (
    FIELDS,
    ISSUED,
    Asked,
    PaperField,
    first_facts,
    issue_paper,
    may_open,
    read_facts,
    require_issue,
    shows_person,
)
from domain.permissions import Permission, scope_complaints
from extensions import db, write_transaction
from models import Complaint, Document, DocumentKind, JobKind
from reports.complaint_list import count_of
from sandbox import Refused, SandboxFailed
from storage import StorageFailed

log = logging.getLogger(__name__)

add_message(
    "paper_batch_size",
    thai="พิมพ์เป็นชุดได้ครั้งละ 1 ถึง {most} เรื่อง กรุณากรองรายการใหม่",
    english="Between 1 and {most} cases can be printed at once; please change the filter",
)

KINDS: Final = ",".join(kind.value for kind in ISSUED)
LABELS: Final = {
    "letter_number": _l("ที่ (เลขที่หนังสือ)"),
    "letter_day": _l("วันที่ในเอกสาร"),
    "office": _l("ส่วนราชการ"),
    "subject": _l("เรื่อง"),
    "addressee": _l("เรียน"),
    "reference": _l("อ้างถึง"),
    "enclosures": _l("สิ่งที่ส่งมาด้วย"),
    "text": _l("ข้อความ"),
    "signer_name": _l("ผู้ลงนาม"),
    "signer_position": _l("ตำแหน่งผู้ลงนาม"),
    "owner": _l("หน่วยงานเจ้าของเรื่อง"),
    "owner_phone": _l("โทรศัพท์เจ้าของเรื่อง"),
    "order": _l("คำสั่ง"),
    "appointment_day": _l("วันนัด"),
    "appointment_time": _l("เวลานัด"),
    "appointment_place": _l("สถานที่นัด"),
    "bring": _l("สิ่งที่ต้องนำมา"),
    "officer": _l("เจ้าหน้าที่ที่นัด"),
}
HINTS: Final = {
    "letter_number": _l("เว้นไว้ได้ จะพิมพ์เป็นเส้นประให้เขียนเอง"),
    "letter_day": _l("เช่น 16/02/2569"),
    "text": _l("ขึ้นบรรทัดใหม่คือย่อหน้าใหม่"),
    "signer_position": _l("ขึ้นบรรทัดใหม่ได้"),
    "appointment_time": _l("เช่น 09:30"),
}


class PaperView(SecureView):
    """One address for the form of each paper, one for the archive, one for many cases."""

    def __init__(self) -> None:
        self._default_view = "issue"
        super().__init__(name=_l("เอกสาร"), endpoint="paper", url="/admin/paper")

    @expose(f"/<public_code>/<any({KINDS}):kind>", methods=("GET", "POST"))
    @needs(Permission.DOCUMENT_ISSUE)
    def issue(self, public_code: str, kind: str) -> Any:
        """Ask for what only a person knows; show the paper; archive it."""
        wanted = DocumentKind(kind)
        complaint = find_case(db.session(), current_actor(), public_code)
        if complaint is None:
            abort(404)
        try:
            require_issue(current_actor(), complaint, wanted)
        except NotPermitted:
            abort(403)
        except DomainError as error:
            flash(error.message_in(language()), "warning")
            return _to_case(public_code)
        form = _form(wanted, complaint)
        if request.method != "POST":
            return self._page(complaint, wanted, form)
        try:
            facts = read_facts(wanted, _typed(wanted))
            if "preview" in request.form:
                return _preview(complaint, wanted, facts)
            return _issue(complaint, wanted, facts)
        except (InvalidField, FieldErrors) as error:
            form.place_errors(error)
            return self._page(complaint, wanted, form, 422)
        except DomainError as error:
            flash(error.message_in(language()), "warning")
            return self._page(complaint, wanted, form, 503 if isinstance(error, Busy) else 409)

    def _page(self, complaint: Complaint, kind: DocumentKind, form: StepForm, status: int = 200) -> Response:
        page = self.render("admin/papers/issue.html", complaint=complaint, kind=kind, form=form)
        return make_response(page, status)

    @expose("/file/<public_id>")
    @needs(Permission.COMPLAINT_PRINT)
    def show(self, public_id: str) -> Response:
        """Send an archived paper of a case; it must still be what was archived."""
        paper = db.session().scalar(
            select(Document).where(Document.public_id == public_id[:32], Document.complaint_id.is_not(None))
        )
        if paper is None:
            abort(404)
        seen = scope_complaints(select(Complaint).where(Complaint.id == paper.complaint_id), current_actor())
        complaint = db.session().scalar(seen)
        if complaint is None or not may_open(current_actor(), complaint, paper.kind):
            abort(404)
        return send_document(paper)

    @expose("/batch/<kind>", methods=("POST",))
    @needs(Permission.DOCUMENT_ISSUE)
    def batch(self, kind: str) -> Any:
        """Ask the worker for the papers of every case the list's filter finds."""
        batch = next((one for one in BATCHES.values() if one.kind.value == kind), None)
        if batch is None or not current_actor().can(batch.permission):
            abort(404)
        asked = asked_filter(current_actor(), current_lookups())
        here = url_for("complaint.index_view", **asked.url_args(), panel="print")
        if asked.problems:
            flash(_("ยังไม่ได้พิมพ์ เพราะมีเงื่อนไขที่อ่านไม่ได้ กรุณาแก้ก่อน"), "error")
            return redirect(here, 303)
        try:
            _request_batch(batch, asked)
        except DomainError as error:
            flash(error.message_in(language()), "error")
            return redirect(here, 303)
        flash(_("กำลังทำเอกสารเป็นชุด จะแจ้งที่กระดิ่งเมื่อเสร็จ"), "success")
        return redirect(url_for("case_file.index_view"), 303)


def _request_batch(batch: BatchKind, asked: Any) -> None:
    """Write the job.

    Raises:
        DomainError: too many cases, none at all, or no reason where one is needed.
    """
    actor = current_actor()
    total = count_of(db.session(), actor, asked.chosen, permission=batch.permission, cap=MOST_CASES)
    if total.is_capped or not total.rows:
        raise InvalidField("paper_batch_size", most=MOST_CASES)
    reason = asked_reason() if batch.needs_reason else ""
    arguments = {
        "kind": batch.kind.value,
        "title": word(batch.kind),
        "file_type": "pdf",
        "args": asked.url_args(),
        "filters": [list(pair) for pair in asked.pairs],
        "reason": reason,
    }
    with write_transaction() as session:
        request_file(session, actor, JobKind.DOCUMENT_BATCH, arguments)


# One paper --------------------------------------------------------------------------------------------------


def _form(kind: DocumentKind, complaint: Complaint) -> StepForm:
    """Return the form of a paper, filled from the case until somebody typed."""
    fields = {field.name: _box(field) for field in FIELDS[kind]}
    shape: type[StepForm] = type("PaperForm", (StepForm,), fields)
    if request.method == "POST":
        return shape()
    facts = first_facts(db.session(), current_actor(), complaint, kind)
    days = {field.name for field in FIELDS[kind] if field.asked is Asked.DAY}
    dates = {name: date.fromisoformat(facts[name]) for name in days if facts.get(name)}
    texts = {name: text for name, text in facts.items() if name not in days}
    return shape(data=texts | dates)


def _box(field: PaperField) -> Any:
    more: dict[str, Any] = {"required": field.required, "description": HINTS.get(field.name, "")}
    if field.asked is Asked.DAY:
        return ThaiDateField(LABELS[field.name], **more)
    if field.asked is Asked.TEXT:
        rows = 8 if field.name == "text" else 3
        return CleanTextArea(LABELS[field.name], max_length=field.most, render_kw={"rows": rows}, **more)
    return CleanTextField(
        LABELS[field.name], max_length=field.most, render_kw={"autocomplete": "off"}, **more
    )


def _typed(kind: DocumentKind) -> dict[str, str]:
    return {field.name: request.form.get(field.name, "") for field in FIELDS[kind]}


def _sheet(complaint: Complaint, kind: DocumentKind) -> Sheet:
    """Read the case for a paper and let go of the transaction: rendering takes a while."""
    session, url = db.session(), current_app.extensions["settings"].public_url
    sheet = sheet_of(session, complaint.id, url, kind=kind, with_identity=shows_person(complaint, kind))
    session.rollback()
    return sheet


def _preview(complaint: Complaint, kind: DocumentKind, facts: dict[str, str]) -> Response:
    """Show the paper as it would be; nothing is kept.

    Raises:
        Busy, TemplateFault: it cannot be made.
    """
    extensions, name = current_app.extensions, f"{file_stem(complaint)}-{word(kind)}-ตัวอย่าง.pdf"
    sheet = _sheet(complaint, kind)
    try:
        paper = case_paper(sheet, extensions["files"], extensions["sandbox"], facts)
        return send_pdf(BytesIO(checked_pdf(paper, extensions["sandbox"])), name)
    except Refused as refusal:
        raise refused_template(refusal) from refusal
    except (SandboxFailed, BrokenCopy) as error:
        log.exception("a preview could not be made", extra={"kind": kind.value})
        raise Busy from error


def _issue(complaint: Complaint, kind: DocumentKind, facts: dict[str, str]) -> Any:
    """Render, archive and say so; what was rendered in vain is deleted.

    Raises:
        Busy, TemplateFault, DomainError: it was not issued.
    """
    extensions, complaint_id, code = current_app.extensions, complaint.id, complaint.public_code
    sheet = _sheet(complaint, kind)
    try:
        stored = file_case_paper(sheet, extensions["files"], extensions["sandbox"], facts)
    except Refused as refusal:
        raise refused_template(refusal) from refusal
    except (SandboxFailed, BrokenCopy, StorageFailed) as error:
        log.exception("a paper could not be made", extra={"kind": kind.value})
        raise Busy from error
    kept = ""
    try:
        with write_transaction() as session:
            paper = issue_paper(session, current_actor(), complaint_id, kind, stored)
            kept, version = paper.storage_key, paper.version
    except SQLAlchemyError as error:
        raise explain(error, Document.__table__) from error
    finally:
        if kept != stored.storage_key:
            extensions["files"].delete(stored.storage_key)
    flash(_("ออก%(paper)sฉบับที่ %(version)s แล้ว", paper=word(kind, language()), version=version), "success")
    return _to_case(code)


def _to_case(public_code: str) -> Any:
    return redirect(url_for("complaint_case.case", public_code=public_code) + "#papers", 303)


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(PaperView())
