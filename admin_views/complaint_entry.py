"""เพิ่มคำร้องทุกข์: a counter's form, two hundred times a day (000-11, 000-20…61).

Everything works by plain submits: each button sends the whole form and gets it back with everything in it.
Photos are decoded and stored before the one transaction that saves member, complaint, number and messages.
"""

from __future__ import annotations

import re
from typing import Any

from flask import abort, current_app, flash, jsonify, make_response, redirect, request, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from admin_views import complaint_choices as offered
from admin_views.base import SecureView, needs
from admin_views.complainant import (
    choose_member,
    choose_nobody,
    choose_shared,
    complainant_of,
    look_up,
    member_of,
    notice_version,
)
from admin_views.complaint_forms import GONE, EntryForm, Who, row_id
from admin_views.complaint_place import map_facts
from admin_views.database_errors import explain
from admin_views.entry_desk import (
    FORM_NAME,
    around_form,
    chosen_officer,
    entry_form,
    fresh_form,
    offer_choices,
    recent_drafts,
    save_words,
)
from admin_views.entry_nearness import Asked, asked_first, mark_seen, near_form
from admin_views.identity import current_actor, current_lookups
from admin_views.uploads import RefusedFile, form_token, take_photos
from domain.attachments import MAX_PHOTOS, held_photos
from domain.clock import now, to_bangkok
from domain.complaints import follow
from domain.drafts import delete_draft, save_draft
from domain.errors import AlreadyDone, Busy, DomainError, InvalidField, NotPermitted, StorageFull
from domain.members import create_member, record_notice
from domain.permissions import Permission, scope_complaints
from domain.phones import normalise_phone
from domain.registration import register as register_complaint
from domain.registration import registered_before
from domain.vault import Vault
from extensions import db, write_transaction
from models import AttachmentStage, Complaint, Member

STATUS = {Busy: 503, StorageFull: 503, NotPermitted: 403}
_ABOUT_CASE = re.compile(r"(follow|link)-([0-9]{1,10})", re.ASCII)


class EntryView(SecureView):
    """The form, its receipt, and the small questions its page asks meanwhile."""

    def __init__(self) -> None:
        self._default_view = "entry"
        super().__init__(name=_l("เพิ่มคำร้องทุกข์"), endpoint="complaint_entry", url="/admin/complaint")

    @expose("/new", methods=("GET", "POST"))
    @needs(Permission.COMPLAINT_CREATE)
    def entry(self) -> Any:
        """Show the form, or do what one of its buttons asks."""
        if request.method != "POST":
            return self._page(fresh_form())
        form = entry_form(_session(), request.form)
        form.form_token.data = form_token(form.form_token.data)
        earlier = registered_before(_session(), form.form_token.data)
        if earlier is not None:
            return self._seen_before(earlier)
        try:
            refused = take_photos(form.form_token.data, AttachmentStage.BEFORE)
        except DomainError as error:
            form.forget_errors()
            return self._refused(form, error)
        return self._answer(form, refused, request.form.get("act", "save"))

    @expose("/new/draft", methods=("POST",))
    @needs(Permission.COMPLAINT_CREATE)
    def draft(self) -> Any:
        """Keep what is typed; the page sends it every few seconds."""
        vault: Vault = current_app.extensions["vault"]
        try:
            with write_transaction() as session:
                token = request.form.get("form_token", "")
                fields = request.form.to_dict(flat=False)
                save_draft(session, current_actor(), FORM_NAME, token, fields, vault=vault)
        except InvalidField:
            abort(400)
        return jsonify(saved_at=f"{to_bangkok(now()):%H:%M}")

    @expose("/new/drop-draft", methods=("POST",))
    @needs(Permission.COMPLAINT_CREATE)
    def drop_draft(self) -> Any:
        """Throw a draft away."""
        with write_transaction() as session:
            delete_draft(session, current_actor(), request.form.get("draft", ""))
        return redirect(url_for(".entry"), 303)

    @expose("/new/near", methods=("POST",))
    @needs(Permission.COMPLAINT_CREATE)
    def near(self) -> str:
        """Show what may be the same trouble; the page asks while it is typed."""
        form = entry_form(_session(), request.form)
        member = member_of(_session(), current_actor(), form)
        near = near_form(_session(), current_actor(), form, member)
        return self.render("admin/complaint/_near.html", form=form, near=near)

    @expose("/new/questions", methods=("POST",))
    @needs(Permission.COMPLAINT_CREATE)
    def questions(self) -> str:
        """Show what the chosen subtype asks."""
        form = entry_form(_session(), request.form)
        form.forget_errors()
        return self.render("admin/complaint/_questions.html", form=form)

    # What the buttons do ---------------------------------------------------------------------------------

    def _answer(self, form: EntryForm, refused: list[RefusedFile], act: str) -> Any:
        """Do what the pressed button says."""
        about = _ABOUT_CASE.fullmatch(act)
        if about is not None:
            case_id = row_id(about[2]) or GONE
            if about[1] == "follow":
                return self._follow(form, refused, case_id)
            form.parent_id.data = case_id
            return self._save(form, refused)
        answer = {
            "save": self._save,
            "save_apart": self._save_apart,
            "save_with_number": self._save_with_number,
            "save_member": self._save_member,
        }.get(act, self._turn)
        return answer(form, refused)

    def _turn(self, form: EntryForm, refused: list[RefusedFile]) -> Any:
        """Do one of the small steps and show the form again, with everything typed so far."""
        act = request.form.get("act", "")
        form.forget_errors("phone")
        if act == "find":
            try:
                look_up(_session(), current_actor(), form)
            except DomainError as error:
                form.place_errors(error)
        elif act == "shared":
            choose_shared(form)
        elif act == "change":
            choose_nobody(form)
            form.phone.errors = []
        elif act == "move_number":
            form.move_number()
        elif act == "unlink":
            form.parent_id.data = None
        return self._page(form, refused=refused, focus=act)

    def _save(self, form: EntryForm, refused: list[RefusedFile], *, is_apart: bool = False) -> Any:
        actor = current_actor()
        who = member_of(_session(), actor, form)
        near = near_form(_session(), actor, form, who)
        if is_apart:
            mark_seen(form, near)
        if who is None and form.who_is is Who.NOBODY and form.phone.data:
            return self._turn_to_found(form, refused)
        if not form.validate() or refused:
            return self._page(form, 422, refused=refused)
        asked = asked_first(form, near)
        if asked is not None:
            return self._page(form, 409, asked=asked)
        entry = form.entry(who.id if who else None, notice_version())
        try:
            with write_transaction() as session:
                complaint = register_complaint(session, actor, current_app.extensions["vault"], entry)
                delete_draft(session, actor, entry.form_token)
                code = complaint.public_code
        except (DomainError, SQLAlchemyError) as error:
            return self._refused(form, error)
        return redirect(url_for("complaint_receipt.receipt", public_code=code), 303)

    def _save_apart(self, form: EntryForm, refused: list[RefusedFile]) -> Any:
        """Save after the officer said that nothing near is the same."""
        return self._save(form, refused, is_apart=True)

    def _save_with_number(self, form: EntryForm, refused: list[RefusedFile]) -> Any:
        """Save with the number in the story: it may be the shop's, or on a sign."""
        form.number_seen.data = "1"
        return self._save(form, refused)

    def _follow(self, form: EntryForm, refused: list[RefusedFile], case_id: int) -> Any:
        """Let the complainant follow the earlier case instead; nothing new gets a number."""
        actor = current_actor()
        who = member_of(_session(), actor, form)
        is_new = who is None and form.who_is is Who.NEWCOMER
        form.forget_errors(*(form.newcomer_names() if is_new else ()))
        for gap in form.newcomer_gaps() if is_new else ():
            form.place_errors(gap)
        if who is None and not is_new:
            form.place_errors(InvalidField("complainant_required", field="phone"))
        if any(field.errors for field in form):
            return self._page(form, 422, refused=refused)
        try:
            with write_transaction() as session:
                member_id = who.id if who else self._new_member(session, form).id
                complaint = follow(session, actor, case_id, member_id=member_id)
                delete_draft(session, actor, str(form.form_token.data))
                number, code = str(complaint), complaint.public_code
        except AlreadyDone:
            flash(_("ผู้ร้องติดตามเรื่องนี้อยู่แล้ว ไม่มีการออกเลขใหม่"), "info")
            return redirect(url_for(".entry"), 303)
        except (DomainError, SQLAlchemyError) as error:
            return self._refused(form, error)
        flash(_("ให้ผู้ร้องติดตามเรื่อง %(number)s แล้ว ไม่มีการออกเลขใหม่", number=number), "success")
        return redirect(url_for("complaint_case.case", public_code=code), 303)

    def _new_member(self, session: Session, form: EntryForm) -> Member:
        member = create_member(session, current_actor(), current_app.extensions["vault"], form.newcomer())
        if form.notice_given.data:
            record_notice(session, current_actor(), member, notice_version())
        return member

    def _turn_to_found(self, form: EntryForm, refused: list[RefusedFile]) -> Any:
        """Do the look-up that was forgotten, and let the officer see its result before anything is saved."""
        form.forget_errors()
        try:
            look_up(_session(), current_actor(), form)
        except DomainError as error:
            form.place_errors(error)
            return self._page(form, 422, refused=refused)
        flash(_("กรุณาตรวจชื่อผู้ร้อง แล้วกดบันทึกอีกครั้ง"), "warning")
        return self._page(form, 422, refused=refused, focus="find")

    def _save_member(self, form: EntryForm, refused: list[RefusedFile]) -> Any:
        """Register the new member alone; a second press finds the one the first made."""
        form.forget_errors(*form.newcomer_names(), "notice_given")
        for gap in form.newcomer_gaps():
            form.place_errors(gap)
        if any(field.errors for field in form):
            return self._page(form, 422, refused=refused)
        try:
            with write_transaction() as session:
                member_id = self._new_member(session, form).id
        except (DomainError, SQLAlchemyError) as error:
            return self._second_press(form) or self._refused(form, error)
        flash(_("บันทึกสมาชิกแล้ว"), "success")
        choose_member(form, member_id)
        return self._page(form, refused=refused, focus="find")

    def _second_press(self, form: EntryForm) -> Any:
        """Return the form with the member that has this phone and this name already; None if nobody has."""
        phone, name = form.phone.data, form.first_name.data
        if not phone or not name:
            return None
        wanted = select(Member.id).where(Member.phone == normalise_phone(phone, field="phone"))
        member_id = _session().scalar(wanted.where(Member.first_name == name, Member.is_active))
        if member_id is None:
            return None
        flash(_("สมาชิกนี้บันทึกไว้แล้ว"), "info")
        choose_member(form, member_id)
        return self._page(form, focus="find")

    def _seen_before(self, complaint: Complaint) -> Any:
        flash(_("เรื่องนี้บันทึกแล้ว ไม่มีการบันทึกซ้ำ"), "info")
        return redirect(url_for("complaint_receipt.receipt", public_code=complaint.public_code), 303)

    def _refused(self, form: EntryForm, error: DomainError | SQLAlchemyError) -> Any:
        """Show the form again with what the rules or the database said; a faster twin has saved it."""
        if isinstance(error, IntegrityError):
            twin = registered_before(_session(), str(form.form_token.data))
            if twin is not None:
                return self._seen_before(twin)
        known = error if isinstance(error, DomainError) else self._phone_taken(form, error)
        problem = known or explain(error, Complaint.__table__)
        form.place_errors(problem)
        status = next((code for kind, code in STATUS.items() if isinstance(problem, kind)), 422)
        return self._page(form, status)

    def _phone_taken(self, form: EntryForm, error: SQLAlchemyError) -> DomainError | None:
        """Return what to say when a colleague registered the same phone in the same moment."""
        if not isinstance(error, IntegrityError) or form.who_is is not Who.NEWCOMER:
            return None
        taken = select(Member.id).where(Member.phone == form.phone.data)
        is_taken = form.phone.data and _session().scalar(taken) is not None
        return InvalidField("phone_taken", field="phone") if is_taken else None

    # The page --------------------------------------------------------------------------------------------

    def _page(
        self,
        form: EntryForm,
        status: int = 200,
        *,
        refused: list[RefusedFile] | None = None,
        focus: str = "",
        asked: Asked | None = None,
    ) -> Any:
        session, actor, lookups = _session(), current_actor(), current_lookups()
        who = complainant_of(session, actor, form)
        is_new = request.method != "POST" and "draft" not in request.args
        officers = offered.officers_within(session, actor, Permission.COMPLAINT_CREATE)
        offer_choices(session, actor, lookups, form, officers)
        member = member_of(session, actor, form) if who else None
        near = [] if is_new else near_form(session, actor, form, member)
        is_step = "HX-Request" in request.headers
        page = self.render(
            "admin/complaint/step.html" if is_step else "admin/complaint/entry.html",
            form=form,
            is_step=is_step,
            who=who,
            refused=refused or [],
            held=held_photos(session, actor, str(form.form_token.data)),
            most_photos=MAX_PHOTOS,
            roads=offered.road_names(session),
            around=around_form(form),
            save_words=save_words(who, chosen_officer(officers, form.assignee_id.data)),
            focus=focus,
            drafts=recent_drafts(session, actor) if is_new else [],
            place_map=map_facts(),
            near=near,
            asked=asked,
            parent=self._parent(form),
        )
        response = make_response(page, status)
        if status == 503:
            response.headers["Retry-After"] = "5"
        return response

    def _parent(self, form: EntryForm) -> Complaint | None:
        """Return the earlier case the new one will be joined with, as far as the officer sees it."""
        if form.parent_id.data is None:
            return None
        wanted = select(Complaint).where(Complaint.id == form.parent_id.data)
        parent: Complaint | None = _session().scalar(scope_complaints(wanted, current_actor()))
        return parent


def _session() -> Session:
    return db.session()


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(EntryView())
