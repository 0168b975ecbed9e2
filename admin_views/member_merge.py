"""The same person registered twice: found by phone, compared, joined with a reason and a last press."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from wtforms import HiddenField

from admin_views.base import SecureView, needs
from admin_views.complaint_forms import StepForm, row_id
from admin_views.database_errors import refusal_of
from admin_views.fields import CleanTextField, PhoneField
from admin_views.identity import current_actor
from admin_views.members import masked_facts
from domain.actor import Actor
from domain.errors import DomainError, InvalidField
from domain.member_merging import merge_members
from domain.members import MAX_REASON, find_member_by_phone, scope_members
from domain.permissions import Permission
from extensions import db, write_transaction
from models import Complaint, Member


class MergeForm(StepForm):
    """Who stays, and why they are one person."""

    keep_id = HiddenField(filters=[row_id])
    phone = PhoneField(_l("เบอร์โทรศัพท์ของสมาชิกที่จะเก็บไว้"))
    reason = CleanTextField(
        _l("เหตุผลที่เป็นคนเดียวกัน"),
        max_length=MAX_REASON,
        description=_l("ระบบบันทึกชื่อคุณและเหตุผลไว้ตรวจสอบ"),
        render_kw={"autocomplete": "off"},
    )


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two, masked, with how much hangs on him."""

    member: Member
    facts: dict[str, str]
    complaints: int
    accounts: int


class MemberMergeView(SecureView):
    """รวมสมาชิกซ้ำ, in two steps: find and compare, then confirm."""

    def __init__(self) -> None:
        self._default_view = "merge"
        super().__init__(name=_l("รวมสมาชิกซ้ำ"), endpoint="member_merge", url="/admin/member")

    @expose("/<int:member_id>/merge", methods=("GET", "POST"))
    @needs(Permission.MEMBER_UPDATE)
    def merge(self, member_id: int) -> Any:
        """Show the form, compare with the found member, or merge."""
        gone = self._member(member_id)
        if request.method != "POST":
            return self._page(gone, MergeForm(formdata=None))
        form = MergeForm()
        if request.form.get("act") == "merge":
            return self._merge(gone, form)
        return self._page(gone, form, self._found(form))

    def _found(self, form: MergeForm) -> Member | None:
        """Return the member whose number was typed."""
        form.reason.errors = []
        form.keep_id.data = None
        found = None
        try:
            found = find_member_by_phone(db.session(), current_actor(), form.phone.typed or "")
            if found is None:
                raise InvalidField("member_not_found", field="phone")
        except DomainError as error:
            form.phone.errors = []
            form.place_errors(error)
        else:
            form.keep_id.data = found.id
        return found

    def _merge(self, gone: Member, form: MergeForm) -> Any:
        form.phone.errors = []
        try:
            with write_transaction() as session:
                moved = merge_members(
                    session,
                    current_actor(),
                    keep_id=form.keep_id.data,
                    gone_id=gone.id,
                    reason=form.reason.data or "",
                )
        except (DomainError, SQLAlchemyError) as error:
            form.place_errors(refusal_of(error, Member.__table__))
            return self._page(self._member(gone.id), form, self._kept(form), 422)
        flash(_("รวมสมาชิกแล้ว ย้ายเรื่อง %(count)s เรื่อง", count=moved.complaints), "success")
        return redirect(url_for("member.details_view", id=form.keep_id.data), 303)

    def _kept(self, form: MergeForm) -> Member | None:
        if form.keep_id.data is None:
            return None
        wanted = select(Member).where(Member.id == form.keep_id.data)
        kept: Member | None = db.session().scalar(scope_members(wanted, current_actor()))
        return kept

    def _member(self, member_id: int) -> Member:
        wanted = select(Member).where(Member.id == min(member_id, 2**31 - 1))
        found: Member | None = db.session().scalar(scope_members(wanted, current_actor()))
        if found is None:
            abort(404)
        return found

    def _page(self, gone: Member, form: MergeForm, keep: Member | None = None, status: int = 200) -> Any:
        session, actor = db.session(), current_actor()
        sides = [_side(session, actor, member) for member in (gone, keep) if member is not None]
        refused = 422 if status == 200 and any(field.errors for field in form) else status
        return self.render("admin/member/merge.html", form=form, gone=gone, keep=keep, sides=sides), refused


def _side(session: Session, actor: Actor, member: Member) -> Side:
    count = select(func.count(Complaint.id)).where(Complaint.member_id == member.id)
    return Side(member, masked_facts(member), session.scalar(count) or 0, len(member.line_accounts))


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(MemberMergeView())
