"""เพิ่มคำร้องทุกข์: a counter's form, two hundred times a day (000-11, 000-20…61).

Everything works by plain submits: each button sends the whole form and gets it back with everything in it.
Photos are decoded and stored before the one transaction that saves member, complaint, number and messages.
"""

from __future__ import annotations

from base64 import b64encode
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
)
from admin_views.complaint_forms import EntryForm, Who
from admin_views.complaint_place import map_facts
from admin_views.database_errors import explain
from admin_views.entry_desk import (
    FORM_NAME,
    around_form,
    chosen_officer,
    fresh_form,
    notice_version,
    recent_drafts,
    save_words,
    warn_of_number,
)
from admin_views.identity import current_actor, current_lookups
from admin_views.uploads import RefusedFile, form_token, take_photos
from documents.drawings import qr_png
from domain.attachments import MAX_PHOTOS, held_photos
from domain.clock import now, to_bangkok
from domain.drafts import delete_draft, save_draft
from domain.errors import Busy, DomainError, InvalidField, NotPermitted, StorageFull
from domain.members import create_member, record_notice
from domain.permissions import Permission, scope_complaints
from domain.phones import normalise_phone
from domain.registration import register as register_complaint
from domain.registration import registered_before
from domain.vault import Vault
from extensions import db, write_transaction
from models import AttachmentStage, Complaint, Member

STATUS = {Busy: 503, StorageFull: 503, NotPermitted: 403}


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
        form = EntryForm()
        form.form_token.data = form_token(form.form_token.data)
        earlier = registered_before(_session(), form.form_token.data)
        if earlier is not None:
            return self._seen_before(earlier)
        try:
            refused = take_photos(form.form_token.data, AttachmentStage.BEFORE)
        except DomainError as error:
            form.forget_errors()
            return self._refused(form, error)
        act = request.form.get("act", "save")
        answer = {"save": self._save, "save_member": self._save_member}.get(act, self._turn)
        return answer(form, refused)

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

    @expose("/<public_code>/receipt")
    @needs(Permission.COMPLAINT_CREATE)
    def receipt(self, public_code: str) -> str:
        """Show number, tracking code and password of a saved complaint, to be told or printed."""
        complaint = _session().scalar(
            scope_complaints(select(Complaint).where(Complaint.public_code == public_code), current_actor())
        )
        if complaint is None:
            abort(404)
        vault: Vault = current_app.extensions["vault"]
        track_url = f"{current_app.extensions['settings'].public_url}/track?code={complaint.public_code}"
        picture = b64encode(qr_png(track_url, module_pixels=5)).decode()
        return self.render(
            "admin/complaint/receipt.html",
            complaint=complaint,
            password=vault.tracking_password(complaint.public_code, complaint.tracking_generation),
            track_url=track_url,
            qr=f"data:image/png;base64,{picture}",
        )

    # What the buttons do ---------------------------------------------------------------------------------

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
        return self._page(form, refused=refused, focus=act)

    def _save(self, form: EntryForm, refused: list[RefusedFile]) -> Any:
        actor = current_actor()
        who = member_of(_session(), actor, form)
        if who is None and form.who_is is Who.NOBODY and form.phone.data:
            return self._turn_to_found(form, refused)
        if not form.validate() or refused:
            return self._page(form, 422, refused=refused)
        entry = form.entry(who.id if who else None, notice_version())
        try:
            with write_transaction() as session:
                complaint = register_complaint(session, actor, current_app.extensions["vault"], entry)
                delete_draft(session, actor, entry.form_token)
                code = complaint.public_code
        except (DomainError, SQLAlchemyError) as error:
            return self._refused(form, error)
        warn_of_number(form)
        return redirect(url_for(".receipt", public_code=code), 303)

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
        actor, vault = current_actor(), current_app.extensions["vault"]
        try:
            with write_transaction() as session:
                member = create_member(session, actor, vault, form.newcomer())
                if form.notice_given.data:
                    record_notice(session, actor, member, notice_version())
                member_id = member.id
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
        return redirect(url_for(".receipt", public_code=complaint.public_code), 303)

    def _refused(self, form: EntryForm, error: DomainError | SQLAlchemyError) -> Any:
        """Show the form again with what the rules or the database said; a faster twin has saved it."""
        if isinstance(error, IntegrityError):
            twin = registered_before(_session(), str(form.form_token.data))
            if twin is not None:
                return self._seen_before(twin)
        problem = error if isinstance(error, DomainError) else explain(error, Complaint.__table__)
        form.place_errors(problem)
        status = next((code for kind, code in STATUS.items() if isinstance(problem, kind)), 422)
        return self._page(form, status)

    # The page --------------------------------------------------------------------------------------------

    def _page(
        self,
        form: EntryForm,
        status: int = 200,
        *,
        refused: list[RefusedFile] | None = None,
        focus: str = "",
    ) -> Any:
        session, actor, lookups = _session(), current_actor(), current_lookups()
        who = complainant_of(session, actor, form)
        is_new = request.method != "POST" and "draft" not in request.args
        officers = offered.officers_within(session, actor, Permission.COMPLAINT_CREATE)
        rows = offered.categories_within(lookups, actor, Permission.COMPLAINT_CREATE)
        form.category_id.choices = [
            offered.blank(_("– เลือกประเภทหลัก –")),
            *offered.category_choices(lookups, rows),
        ]
        form.subcategory_id.choices = [
            offered.blank(_("– เลือกประเภทย่อย –")),
            *offered.subcategory_choices(lookups, [row.id for row in rows]),
        ]
        form.assignee_id.choices = [
            offered.blank(_("– ยังไม่มอบหมาย –")),
            *offered.officer_choices(lookups, officers),
        ]
        form.channel_id.choices = [
            offered.blank(_("– เลือกช่องทาง –")),
            *offered.channel_choices(session),
        ]
        form.zone_id.choices = [
            offered.blank(_("– ดูจากหมุด –")),
            *offered.zone_choices(lookups.zones),
        ]
        form.community_id.choices = [
            offered.blank(_("– ยังไม่เลือก –")),
            *offered.community_choices(lookups),
        ]
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
        )
        response = make_response(page, status)
        if status == 503:
            response.headers["Retry-After"] = "5"
        return response


def _session() -> Session:
    return db.session()


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(EntryView())
