"""แม่แบบเอกสาร: the town words its papers itself, with the page beside the words and every version kept."""

from __future__ import annotations

import logging
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from flask import abort, current_app, flash, make_response, redirect, request, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import SQLAlchemyError
from wtforms import FieldList, Form, FormField, HiddenField, StringField, TextAreaField

from admin_views.base import SecureView, needs
from admin_views.complaint_forms import EnumRadio, StepForm
from admin_views.database_errors import refusal_of
from admin_views.fields import LARGEST_INTEGER, CleanTextField
from admin_views.guard import language
from admin_views.identity import current_actor
from admin_views.menu import register_menu_item
from documents.paper_page import emblem_of, sample_paper
from documents.paper_templates import PAPER_KINDS, PaperKind, Signer, Template, template_of
from documents.template_keeping import (
    MAX_TITLE,
    MOST_SIGNERS,
    TemplateWish,
    as_typed,
    newest_versions,
    restore_template,
    save_template,
    versions_of,
)
from documents.template_preview import preview_of
from documents.template_rules import check_template, refused_template
from domain.errors import DomainError, FieldErrors, InvalidField, NotFound, add_message
from domain.labels import word
from domain.permissions import Permission
from extensions import db, write_transaction
from models import DocumentKind, DocumentTemplate, Emblem, Numerals
from sandbox import Refused, SandboxFailed

log = logging.getLogger(__name__)

add_message(
    "template_not_drawn",
    thai="วาดตัวอย่างไม่ได้ภายในเวลาที่กำหนด กรุณาดูคำสั่ง for หรือลองใหม่อีกครั้ง",
    english="The sample could not be drawn in time: look at the for commands, or try again",
)


class SignerForm(Form):
    """A box somebody signs."""

    title = StringField(_l("ชื่อช่อง"), render_kw={"maxlength": 120, "autocomplete": "off"})
    name = StringField(_l("ชื่อผู้ลงนาม"), render_kw={"maxlength": 120, "autocomplete": "off"})
    position = StringField(_l("ตำแหน่ง"), render_kw={"maxlength": 120, "autocomplete": "off"})


class TemplateForm(StepForm):
    """What a town may set about a paper."""

    seen = HiddenField()
    title = CleanTextField(_l("หัวเรื่อง"), max_length=MAX_TITLE, required=True)
    body = TextAreaField(_l("เนื้อหาแม่แบบ"), render_kw={"rows": 22, "spellcheck": "false", "class": "source"})
    numerals = EnumRadio(_l("ตัวเลข"), members=Numerals)
    emblem = EnumRadio(_l("ตราหัวกระดาษ"), members=Emblem)
    signers = FieldList(FormField(SignerForm), label=_l("ช่องลงนาม"), max_entries=MOST_SIGNERS)

    def fill(self, template: Template) -> None:
        """Show a template, with an empty box for one more to sign."""
        self.seen.data, self.title.data, self.body.data = (
            str(template.version),
            template.title,
            template.body,
        )
        self.numerals.data, self.emblem.data = template.numerals, template.emblem
        for signer in template.signatures:
            self.signers.append_entry(
                {"title": signer.title, "name": signer.name, "position": signer.position}
            )
        self.add_signer()

    def add_signer(self) -> None:
        """Show one more empty box to sign in, as long as there may be more."""
        if len(self.signers.entries) < MOST_SIGNERS:
            self.signers.append_entry()

    def wish(self) -> TemplateWish:
        """Return what was typed."""
        return TemplateWish(
            title=self.title.data or "",
            body=self.body.data or "",
            numerals=self.numerals.data or Numerals.ARABIC,
            emblem=self.emblem.data or Emblem.NONE,
            signers=[
                Signer(row.form.title.data or "", row.form.name.data or "", row.form.position.data or "")
                for row in self.signers
            ],
        )

    def place_errors(self, error: DomainError) -> None:
        """Put a rule's words beside their boxes, those of the signers above the form."""
        for part in error.errors if isinstance(error, FieldErrors) else (error,):
            super().place_errors(part)


@dataclass(frozen=True, slots=True)
class Look:
    """How a template looks, or why it cannot be drawn.

    Attributes:
        picture: The first page as an address of its own; "" when there is none.
        pages: How many pages there are.
        problems: (line, words); line 0 where no line is to blame.
    """

    picture: str = ""
    pages: int = 0
    problems: tuple[tuple[int, str], ...] = ()


class DocumentTemplateView(SecureView):
    """The papers of the town, each with an editor."""

    def __init__(self) -> None:
        super().__init__(
            name=_l("แม่แบบเอกสาร"), endpoint="document_template", url="/admin/document-templates"
        )

    @expose("/")
    @needs(Permission.DOCUMENT_TEMPLATE_READ)
    def index(self) -> str:
        """List every paper with who worded it last."""
        own = newest_versions(db.session())
        rows = [(paper, word(paper.kind, language()), own.get(paper.kind)) for paper in PAPER_KINDS.values()]
        return self.render("admin/document_templates/list.html", rows=rows)

    @expose("/<kind>", methods=("GET", "POST"))
    @needs(Permission.DOCUMENT_TEMPLATE_READ)
    def edit(self, kind: str) -> Any:
        """Show a template, or keep a new version of it."""
        paper, form = _paper(kind), TemplateForm()
        if request.method == "GET":
            form = TemplateForm(formdata=None)
            form.fill(template_of(db.session(), paper.kind))
            return self._page(paper, form)
        if "preview" in request.form:
            return self._page(paper, form, drawn=_look(paper.kind, form))
        if not current_actor().can(Permission.DOCUMENT_TEMPLATE_UPDATE):
            abort(403)
        if not form.validate():
            return self._page(paper, form, status=422)
        return self._save(paper, form)

    @expose("/<kind>/preview", methods=("POST",))
    @needs(Permission.DOCUMENT_TEMPLATE_READ)
    def preview(self, kind: str) -> str:
        """Draw what is typed, as a part of the page."""
        paper, form = _paper(kind), TemplateForm()
        return self.render("admin/document_templates/_look.html", drawn=_look(paper.kind, form))

    @expose("/<kind>/restore/<int:version>", methods=("POST",))
    @needs(Permission.DOCUMENT_TEMPLATE_UPDATE)
    def restore(self, kind: str, version: int) -> Any:
        """Take an earlier version up again; 0 is the product's own."""
        paper = _paper(kind)
        try:
            with write_transaction() as session:
                restore_template(session, current_actor(), paper.kind, min(version, LARGEST_INTEGER))
        except NotFound:
            abort(404)
        except (DomainError, SQLAlchemyError) as error:
            flash(refusal_of(error, DocumentTemplate.__table__).message_in(language()), "error")
        else:
            flash(_("ใช้แม่แบบที่เลือกแล้ว เอกสารที่ออกจากนี้ไปจะเป็นแบบนี้"), "success")
        return redirect(url_for(".edit", kind=kind), 303)

    def _save(self, paper: PaperKind, form: TemplateForm) -> Any:
        """Keep what was typed, if it can be drawn: some faults show only then, such as an endless loop."""
        drawn, seen = _look(paper.kind, form), form.seen.data or ""
        if drawn.problems:
            form.body.errors = [words for _line, words in drawn.problems]
            return self._page(paper, form, drawn, status=422)
        try:
            with write_transaction() as session:
                start = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else -1
                save_template(session, current_actor(), paper.kind, form.wish(), start)
        except (DomainError, SQLAlchemyError) as error:
            form.place_errors(refusal_of(error, DocumentTemplate.__table__))
            return self._page(paper, form, status=422)
        flash(_("บันทึกแม่แบบแล้ว เอกสารที่ออกจากนี้ไปจะเป็นแบบนี้"), "success")
        return redirect(url_for(".edit", kind=paper.kind.value), 303)

    def _page(
        self, paper: PaperKind, form: TemplateForm, drawn: Look | None = None, status: int = 200
    ) -> Any:
        if not form.signers.entries:
            form.add_signer()
        page = self.render(
            "admin/document_templates/edit.html",
            paper=paper,
            title=word(paper.kind, language()),
            form=form,
            drawn=drawn,
            versions=versions_of(db.session(), paper.kind),
            gaps=[(gap, gap.english if language() == "en" else gap.thai) for gap in paper.placeholders],
            may_save=current_actor().can(Permission.DOCUMENT_TEMPLATE_UPDATE),
        )
        return make_response(page, status)


def _paper(kind: str) -> PaperKind:
    found = next((paper for paper in PAPER_KINDS.values() if paper.kind.value == kind), None)
    if found is None:
        abort(404)
    return found


def _look(kind: DocumentKind, form: TemplateForm) -> Look:
    """Check what was typed and draw its first page with invented values."""
    wish = form.wish()
    template = as_typed(kind, wish)
    problems = check_template(kind, template.body)
    if problems:
        lang = language()
        return Look(problems=tuple((one.line, one.message_in(lang)) for one in problems))
    session, extensions = db.session(), current_app.extensions
    paper = sample_paper(template, emblem_of(session, template, extensions["files"]))
    session.rollback()  # Drawing takes a while: no transaction stays open meanwhile.
    try:
        drawn = preview_of(paper, extensions["sandbox"])
    except Refused as refusal:
        problem: DomainError = refused_template(refusal)
    except SandboxFailed:
        log.exception("a template could not be drawn", extra={"kind": kind.value})
        problem = InvalidField("template_not_drawn", field="body")
    else:
        return Look(f"data:image/png;base64,{b64encode(drawn.png).decode('ascii')}", drawn.pages)
    return Look(problems=((0, problem.message_in(language())),))


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(DocumentTemplateView())


register_menu_item(
    "settings",
    "document_template.index",
    _l("แม่แบบเอกสาร"),
    "file-text",
    Permission.DOCUMENT_TEMPLATE_READ,
    45,
)
