"""คำขอทาง LINE: phones that ask to be an officer's or a member's; the centre looks and decides (000-66)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import abort, current_app, flash, redirect, request, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from admin_views.base import SecureView, needs
from admin_views.complaint_forms import RowField, StepForm
from admin_views.database_errors import refusal_of
from admin_views.fields import LARGEST_INTEGER, CleanTextField
from admin_views.guard import language
from admin_views.identity import current_actor, current_lookups
from admin_views.menu import register_menu_item
from domain.actor import Actor
from domain.errors import DomainError, NotFound, NotPermitted
from domain.labels import word
from domain.line_decisions import (
    DEFAULT_ROLE,
    MAX_REASON,
    approve_member,
    approve_officer,
    refuse_request,
    roles_offered,
)
from domain.line_requests import member_asked_for, namesakes, request_of, requests_of
from domain.permissions import Permission
from domain.phones import format_phone, mask_phone
from extensions import db, write_transaction
from models import LineRequest, LineRequestKind, LineRequestState, LineState, Member, Scope, StaffUser

DECIDED = "decided"


class OfficerForm(StepForm):
    """What the new officer's account needs beside what he has said."""

    username = CleanTextField(
        _l("ชื่อผู้ใช้"),
        max_length=40,
        required=True,
        description=_l("a-z และตัวเลข 3 ถึง 40 ตัว ใช้เมื่อเข้าระบบทางเว็บ"),
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "class": "short"},
    )
    department_id = RowField(_l("หน่วยงาน"))
    role_id = RowField(_l("บทบาท"))


class RefusalForm(StepForm):
    """Why not, for whoever asked to read."""

    reason = CleanTextField(
        _l("เหตุผลที่ไม่อนุมัติ"),
        max_length=MAX_REASON,
        required=True,
        description=_l("ผู้ขอจะได้อ่านในแชต LINE"),
        render_kw={"autocomplete": "off"},
    )


@dataclass(frozen=True, slots=True)
class Looked:
    """What the page says beside a request.

    Attributes:
        request: The request.
        phone: In full for an officer, masked for a citizen.
        namesakes: Officers' accounts he may have already.
        member: Whose number a citizen's request names, as far as he is in use.
        birth: How the birth date he gave compares: ``same``, ``other``, ``unknown`` or ``not_given``.
        has_line: The member has a LINE that works already.
    """

    request: LineRequest
    phone: str
    namesakes: list[StaffUser]
    member: Member | None
    birth: str
    has_line: bool


class LineRequestView(SecureView):
    """Waiting requests, oldest first; one page for each."""

    def __init__(self) -> None:
        super().__init__(name=_l("คำขอทาง LINE"), endpoint="line_request", url="/admin/line/requests")

    @expose("/")
    @needs(Permission.LINE_DECIDE)
    def index(self) -> str:
        """List what waits, or what was decided."""
        waiting = request.args.get("shown") != DECIDED
        rows = requests_of(db.session(), current_actor(), waiting=waiting)
        return self.render("admin/line/requests.html", rows=rows, waiting=waiting, words=_words)

    @expose("/<int:request_id>")
    @needs(Permission.LINE_DECIDE)
    def look(self, request_id: int) -> Any:
        """Show one request, with what can be decided."""
        return self._page(request_id)

    @expose("/<int:request_id>/approve", methods=("POST",))
    @needs(Permission.LINE_DECIDE)
    def approve(self, request_id: int) -> Any:
        """Let the phone become what it asked for."""
        asked = _request(request_id)
        if asked.kind is LineRequestKind.MEMBER:
            return self._decide(
                request_id,
                lambda session, actor: approve_member(session, actor, asked.id),
                _said_yes_member(),
            )
        form = self._officer_form(asked)
        if not form.validate():
            return self._page(request_id, form=form, status=422)

        def approve(session: Session, actor: Actor) -> None:
            approve_officer(
                session,
                actor,
                asked.id,
                username=form.username.data or "",
                department_id=form.department_id.data,
                role_id=form.role_id.data or 0,
            )

        said = _("อนุมัติแล้ว %(name)s รับงานทาง LINE ได้ทันที", name=asked.full_name)
        return self._decide(request_id, approve, said, form=form)

    @expose("/<int:request_id>/refuse", methods=("POST",))
    @needs(Permission.LINE_DECIDE)
    def refuse(self, request_id: int) -> Any:
        """Refuse it, with a reason."""
        asked, form = _request(request_id), RefusalForm()
        if not form.validate():
            return self._page(request_id, refusal=form, status=422)
        reason = form.reason.data or ""
        said = _("ไม่อนุมัติแล้ว ระบบแจ้ง %(name)s ทาง LINE", name=asked.full_name)
        return self._decide(
            request_id,
            lambda session, actor: refuse_request(session, actor, asked.id, reason),
            said,
            refusal=form,
        )

    def _decide(
        self,
        request_id: int,
        act: Callable[[Session, Actor], object],
        said: str,
        form: OfficerForm | None = None,
        refusal: RefusalForm | None = None,
    ) -> Any:
        """Decide and lead back to the list; a refusal of the rules shows the page again."""
        actor = current_actor()
        try:
            with write_transaction() as session:
                act(session, actor)
        except (DomainError, SQLAlchemyError) as error:
            told = refusal_of(error, StaffUser.__table__)
            shown = form or refusal
            if shown is None:
                flash(told.message_in(language()), "error")
            else:
                shown.place_errors(told)
            return self._page(request_id, form=form, refusal=refusal, status=422)
        ring: Callable[[], None] | None = current_app.extensions.get("wake_worker")
        if ring is not None:
            ring()
        flash(said, "success")
        return redirect(url_for(".index"), 303)

    def _page(
        self,
        request_id: int,
        form: OfficerForm | None = None,
        refusal: RefusalForm | None = None,
        status: int = 200,
    ) -> Any:
        asked = _request(request_id)
        is_waiting = asked.state is LineRequestState.WAITING
        if is_waiting and asked.kind is LineRequestKind.OFFICER and form is None:
            form = self._officer_form(asked, fresh=True)
        page = self.render(
            "admin/line/request.html",
            asked=asked,
            looked=_looked(db.session(), asked),
            is_waiting=is_waiting,
            form=form if is_waiting else None,
            refusal=refusal or RefusalForm(formdata=None),
            words=_words,
        )
        return page, status

    def _officer_form(self, asked: LineRequest, *, fresh: bool = False) -> OfficerForm:
        """Return the form with its choices, filled with what was asked when it is fresh."""
        session, actor, lookups = db.session(), current_actor(), current_lookups()
        form = OfficerForm(formdata=None) if fresh else OfficerForm()
        roles = roles_offered(session, actor)
        reach = None if actor.scope_of(Permission.LINE_DECIDE) is Scope.ALL else actor.department_ids
        form.department_id.choices = [("", "–")] + [
            (str(row.id), row.word(language()))
            for row in lookups.departments.values()
            if row.is_active and (reach is None or row.id in reach)
        ]
        form.role_id.choices = [("", "–")] + [(str(role.id), _role_word(role)) for role in roles]
        if fresh:
            form.username.data = f"line{asked.id}"
            form.department_id.data = asked.department_id
            form.role_id.data = next((role.id for role in roles if role.code == DEFAULT_ROLE), None)
        return form


def _said_yes_member() -> str:
    return _("ผูก LINE กับสมาชิกแล้ว ระบบแจ้งผู้ขอทาง LINE")


def _role_word(role: Any) -> str:
    return str((role.name_en if language() == "en" else None) or role.name)


def _words(member: Any) -> str:
    """Return an enum's word in the reader's language."""
    return word(member, language())


def _request(request_id: int) -> LineRequest:
    try:
        return request_of(db.session(), current_actor(), min(request_id, LARGEST_INTEGER))
    except (NotFound, NotPermitted):
        abort(404)


def _looked(session: Session, asked: LineRequest) -> Looked:
    is_officer = asked.kind is LineRequestKind.OFFICER
    member = member_asked_for(session, asked)
    shown = format_phone if is_officer else mask_phone
    return Looked(
        request=asked,
        phone=shown(asked.phone) if asked.phone else "",
        namesakes=list(namesakes(session, asked)) if is_officer else [],
        member=member,
        birth=_birth(asked, member),
        has_line=member is not None
        and any(account.state is LineState.FRIEND for account in member.line_accounts),
    )


def _birth(asked: LineRequest, member: Member | None) -> str:
    if asked.birth_date is None:
        return "not_given"
    if member is None or member.birth_date is None:
        return "unknown"
    return "same" if member.birth_date == asked.birth_date else "other"


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(LineRequestView())


register_menu_item("work", "line_request.index", _l("คำขอทาง LINE"), "brand-line", Permission.LINE_DECIDE, 75)
