"""What the entry page proposes and says: the likely values, what lies around the pin, what saving will do."""

from __future__ import annotations

from flask import current_app, flash, request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from admin_views import complaint_choices as offered
from admin_views.complainant import Complainant
from admin_views.complaint_forms import EntryForm, row_id
from admin_views.complaint_place import around_pin, said_of
from admin_views.edit_form import EditForm
from admin_views.entry_fields import answer_fields
from admin_views.fields import with_fields
from admin_views.identity import current_actor, current_lookups
from admin_views.uploads import form_token
from domain.actor import Actor
from domain.choices import OfficerChoice
from domain.clock import now
from domain.coordinates import parse_coordinates
from domain.drafts import take_draft
from domain.errors import InvalidField
from domain.lookups import Lookups
from domain.permissions import Permission
from domain.questions import questions_of
from extensions import db
from models import Draft

FORM_NAME = "/admin/complaint/new"


def fresh_form() -> EntryForm:
    """Return an empty form with what is most likely, or the draft the address names."""
    actor, lookups, session = current_actor(), current_lookups(), db.session()
    token = request.args.get("draft", "")
    typed = take_draft(session, actor, token, vault=current_app.extensions["vault"]) if token else {}
    if typed:
        form = entry_form(session, MultiDict(typed))
        # Its own token, not the draft's: the photos wait under it, and saving twice stays harmless.
        form.form_token.data = form_token(form.form_token.data or token)
        form.forget_errors()
        return form
    if token:
        flash(_("ไม่พบร่างนี้ อาจบันทึกเป็นเรื่องไปแล้ว"), "warning")
    form = EntryForm(formdata=None)
    form.form_token.data = form_token(None)
    form.received_at.data = now()
    rows = offered.categories_within(lookups, actor, Permission.COMPLAINT_CREATE)
    form.category_id.data = offered.own_category(lookups, actor, rows)
    form.channel_id.data = offered.last_channel(session, actor)
    return form


def save_words(who: Complainant | None, officer: OfficerChoice | None) -> str:
    """Return what the save button will do, counting the people LINE reaches."""
    reached = int(bool(who and who.has_line)) + int(bool(officer and officer.has_line))
    words = [_("บันทึกเรื่อง"), _("ออกเลข")]
    if officer is None:
        words.append(_("รอสั่งการ"))
    if reached:
        words.append(_("ส่ง LINE %(count)s คน", count=reached))
    return " · ".join(words)


def entry_form(session: Session, typed: MultiDict[str, str]) -> EntryForm:
    """Return the form with what was typed, and with the questions of the chosen subtype."""
    chosen = row_id(typed.get("subcategory_id"))
    questions = questions_of(session, chosen)
    form: EntryForm = with_fields(EntryForm, **answer_fields(questions))(formdata=typed)
    form.questions = questions
    return form


def offer_choices(
    session: Session, actor: Actor, lookups: Lookups, form: EntryForm, officers: list[OfficerChoice]
) -> None:
    """Fill the form's drop-downs with what this officer may choose."""
    rows = offered.categories_within(lookups, actor, Permission.COMPLAINT_CREATE)
    must_have_line = bool(lookups.setting("officer_must_have_line"))
    choices = {
        form.category_id: (_("– เลือกประเภทหลัก –"), offered.category_choices(lookups, rows)),
        form.subcategory_id: (
            _("– เลือกประเภทย่อย –"),
            offered.subcategory_choices(lookups, [row.id for row in rows]),
        ),
        form.assignee_id: (
            _("– ยังไม่มอบหมาย –"),
            offered.officer_choices(lookups, officers, must_have_line=must_have_line),
        ),
        form.channel_id: (_("– เลือกช่องทาง –"), offered.channel_choices(session)),
        form.zone_id: (_("– ดูจากหมุด –"), offered.zone_choices(lookups.zones)),
        form.community_id: (_("– ยังไม่เลือก –"), offered.community_choices(lookups)),
    }
    for field, (nothing, rest) in choices.items():
        field.choices = [offered.blank(nothing), *rest]


def around_form(form: EntryForm | EditForm) -> str:
    """Return what lies around the form's pin in a sentence, as far as its degrees can be read."""
    try:
        around = around_pin(parse_coordinates(form.latitude.data, form.longitude.data))
    except InvalidField:
        return ""
    return said_of(around) if around else ""


def chosen_officer(officers: list[OfficerChoice], officer_id: int | None) -> OfficerChoice | None:
    """Return the officer the form names, of those it offers."""
    return next((officer for officer in officers if officer.id == officer_id), None)


def recent_drafts(session: Session, actor: Actor) -> list[Draft]:
    """Return the officer's newest unsaved entries."""
    return list(
        session.scalars(
            select(Draft)
            .where(Draft.staff_user_id == actor.staff_user_id, Draft.form_name == FORM_NAME)
            .order_by(Draft.updated_at.desc())
            .limit(3)
        )
    )
