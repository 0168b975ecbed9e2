"""The form of the act an officer opened on the case page: what it proposes, offers and hands to its verb."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from admin_views import complaint_choices as offered
from admin_views.action_forms import (
    ACTION_FORMS,
    AcceptForm,
    ActionForm,
    DirectForm,
    ForwardForm,
    PhotoActionForm,
    ReassignForm,
    ReferForm,
    TimeForm,
    WithdrawForm,
)
from admin_views.identity import current_lookups
from admin_views.photo_intake import form_token
from domain.actor import Actor
from domain.clock import today
from domain.errors import NotFound
from domain.more_time import extensions_given
from domain.permissions import Permission, scope_complaints
from domain.thai_text import to_arabic_digits
from domain.workflow import UNFINISHED, Action
from models import Complaint, ComplaintStatus

MOST_ORIGINALS = 20
_TEXTS = ("note", "reason", "result_text", "question", "text", "referred_to")


def fresh_form(action: Action, complaint: Complaint, token: str | None = None) -> ActionForm:
    """Return the empty form of an act, with what the case proposes; ``token`` brings back held photos."""
    form = ACTION_FORMS[action](formdata=None, data=_proposed(action, complaint))
    form.expected_seq.data = complaint.state_seq
    if isinstance(form, PhotoActionForm):
        form.form_token.data = form_token(token)
    return form


def _proposed(action: Action, complaint: Complaint) -> dict[str, Any]:
    if action is Action.RECORD_RESULT:
        return {"done_date": today()}
    if action is Action.CORRECT_RESULT and complaint.results:
        last = complaint.results[-1]
        return {"done_date": last.done_date, "result_text": last.result_text, "outcome": last.outcome}
    return {
        "category_id": complaint.category_id,
        "subcategory_id": complaint.subcategory_id,
        "assignee_id": complaint.assignee_id,
    }


def typed_texts(form: ActionForm) -> list[str]:
    """Return the longer texts a form carries, which must not be lost."""
    texts = [form[name].data for name in _TEXTS if name in form]
    return [text for text in texts if text]


def verb_facts(session: Session, actor: Actor, action: Action, form: ActionForm) -> dict[str, Any]:
    """Return what the act's verb takes from its form.

    Raises:
        NotFound: the original named in a merge is not within reach.
    """
    facts = form.payload()
    if action is Action.MERGE:
        facts["original_id"] = _original_id(session, actor, facts.pop("original"))
    return facts


def _original_id(session: Session, actor: Actor, typed: str) -> int:
    """Read "อส. 56/2569", "อส.56/2569" or a tracking code as the case it names."""
    wanted = to_arabic_digits(typed).strip()
    spaced = wanted.replace(".", ". ").replace("  ", " ")
    found = session.scalar(
        scope_complaints(
            select(Complaint.id).where(
                or_(Complaint.number.in_({wanted, spaced}), Complaint.public_code == wanted)
            ),
            actor,
        )
    )
    if found is None:
        raise NotFound("original_out_of_reach", field="original")
    return found


def originals(session: Session, actor: Actor, complaint: Complaint) -> list[Complaint]:
    """Return open cases of the same type the officer may mean as the original, newest first."""
    wanted = select(Complaint).where(Complaint.id != complaint.id, Complaint.status.in_(UNFINISHED))
    if complaint.subcategory_id is not None:
        wanted = wanted.where(Complaint.subcategory_id == complaint.subcategory_id)
    elif complaint.category_id is not None:
        wanted = wanted.where(Complaint.category_id == complaint.category_id)
    newest = wanted.order_by(Complaint.listed_at.desc(), Complaint.id.desc()).limit(MOST_ORIGINALS)
    return list(session.scalars(scope_complaints(newest, actor)))


def offer(session: Session, actor: Actor, complaint: Complaint, form: ActionForm) -> None:
    """Fill the drop-downs of a form."""
    if isinstance(form, AcceptForm):
        _offer_types(actor, form)
    if isinstance(form, ReferForm):
        if complaint.status is ComplaintStatus.SUBMITTED:
            _offer_categories(actor, form)
        else:
            del form.category_id
    if isinstance(form, DirectForm):
        _offer_subtypes(complaint, form)
    if isinstance(form, DirectForm | ReassignForm):
        _offer_officers(session, actor, complaint, form)
    if isinstance(form, TimeForm):
        _say_how_often(session, complaint, form)
    _offer_ways_out(session, complaint, form)


def _say_how_often(session: Session, complaint: Complaint, form: TimeForm) -> None:
    given, most = extensions_given(session, complaint), current_lookups().setting("most_extensions")
    form.days.description = _("ขยายแล้ว %(given)s จากที่ขยายได้ %(most)s ครั้ง", given=given, most=most)


def _offer_ways_out(session: Session, complaint: Complaint, form: ActionForm) -> None:
    if isinstance(form, ForwardForm):
        form.department_id.choices = [
            offered.blank(_("– เลือกหน่วยงาน –")),
            *offered.department_choices(current_lookups(), without=complaint.department_id),
        ]
    if isinstance(form, WithdrawForm):
        form.channel_id.choices = [
            offered.blank(_("– เลือกช่องทาง –")),
            *offered.channel_choices(session),
        ]


def _offer_categories(actor: Actor, form: AcceptForm | ReferForm) -> list[Any]:
    lookups = current_lookups()
    rows = offered.categories_within(lookups, actor, Permission.COMPLAINT_ACCEPT)
    form.category_id.choices = [
        offered.blank(_("– เลือกประเภทหลัก –")),
        *offered.category_choices(lookups, rows),
    ]
    return rows


def _offer_types(actor: Actor, form: AcceptForm) -> None:
    rows = _offer_categories(actor, form)
    form.subcategory_id.choices = [
        offered.blank(_("– เลือกประเภทย่อย –")),
        *offered.subcategory_choices(current_lookups(), [row.id for row in rows]),
    ]


def _offer_subtypes(complaint: Complaint, form: DirectForm) -> None:
    """Offer the subtypes of the case's main type; without one, those of its department's types."""
    lookups = current_lookups()
    kinds = [complaint.category_id] if complaint.category_id else []
    if not kinds and complaint.department_id is not None:
        kinds = [row.id for row in lookups.categories.values() if row.parent_id == complaint.department_id]
    form.subcategory_id.choices = [
        offered.blank(_("– เลือกประเภทย่อย –")),
        *offered.subcategory_choices(lookups, kinds or list(lookups.categories)),
    ]


def _offer_officers(
    session: Session, actor: Actor, complaint: Complaint, form: DirectForm | ReassignForm
) -> None:
    lookups = current_lookups()
    department_id = complaint.category.department_id if complaint.category else complaint.department_id
    officers = offered.officers_within(session, actor, Permission.COMPLAINT_DIRECT, department_id)
    form.assignee_id.choices = [
        offered.blank(_("– เลือกผู้รับผิดชอบ –")),
        *offered.officer_choices(lookups, officers),
    ]
