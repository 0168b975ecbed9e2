"""The small forms of the case page: one for each thing the officer may do now, with what it offers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from admin_views import complaint_choices as offered
from admin_views.complaint_forms import AcceptForm, ActionForm, DirectForm, RejectForm, ResultForm
from admin_views.identity import current_lookups
from admin_views.uploads import form_token
from domain.actor import Actor
from domain.clock import today
from domain.permissions import Permission
from domain.workflow import Action
from models import Complaint

ACTION_FORMS: dict[Action, type[ActionForm]] = {
    Action.ACCEPT: AcceptForm,
    Action.DIRECT: DirectForm,
    Action.REJECT: RejectForm,
    Action.ACKNOWLEDGE: ActionForm,
    Action.START: ActionForm,
    Action.CLOSE: ActionForm,
}
"""What each button asks for; the result has a page of its own."""

_TEXTS = ("note", "reason", "result_text")


def action_forms(
    session: Session,
    actor: Actor,
    complaint: Complaint,
    actions: Iterable[Action],
    typed: Mapping[Action, ActionForm],
) -> dict[Action, ActionForm]:
    """Return the forms of the offered actions, the ones just sent with what was typed.

    Every form carries the state of now: a person who sees the page again after a refusal has seen it.
    """
    forms: dict[Action, ActionForm] = {}
    for action in actions:
        if action not in ACTION_FORMS:
            continue
        form = typed.get(action) or ACTION_FORMS[action](formdata=None, data=_proposed(action, complaint))
        form.expected_seq.data = complaint.state_seq
        _offer(session, actor, complaint, form)
        forms[action] = form
    return forms


def result_form(complaint: Complaint) -> ResultForm:
    """Return an empty result, done today."""
    form = ResultForm(formdata=None)
    form.form_token.data = form_token(None)
    form.expected_seq.data = complaint.state_seq
    form.done_date.data = today()
    return form


def typed_texts(form: ActionForm) -> list[str]:
    """Return the longer texts a form carries, which must not be lost."""
    texts = [form[name].data for name in _TEXTS if name in form]
    return [text for text in texts if text]


def _proposed(action: Action, complaint: Complaint) -> dict[str, Any]:
    if action is Action.DIRECT:
        return {"subcategory_id": complaint.subcategory_id, "assignee_id": complaint.assignee_id}
    if action is Action.ACCEPT:
        return {"category_id": complaint.category_id, "subcategory_id": complaint.subcategory_id}
    return {}


def _offer(session: Session, actor: Actor, complaint: Complaint, form: ActionForm) -> None:
    lookups = current_lookups()
    if isinstance(form, AcceptForm):
        rows = offered.categories_within(lookups, actor, Permission.COMPLAINT_ACCEPT)
        form.category_id.choices = [
            offered.blank(_("– เลือกประเภทหลัก –")),
            *offered.category_choices(lookups, rows),
        ]
        form.subcategory_id.choices = [
            offered.blank(_("– เลือกประเภทย่อย –")),
            *offered.subcategory_choices(lookups, [row.id for row in rows]),
        ]
    if isinstance(form, DirectForm):
        kinds = [complaint.category_id] if complaint.category_id else list(lookups.categories)
        department_id = complaint.category.department_id if complaint.category else None
        officers = offered.officers_within(session, actor, Permission.COMPLAINT_DIRECT, department_id)
        form.subcategory_id.choices = [
            offered.blank(_("– เลือกประเภทย่อย –")),
            *offered.subcategory_choices(lookups, kinds),
        ]
        form.assignee_id.choices = [
            offered.blank(_("– เลือกผู้รับผิดชอบ –")),
            *offered.officer_choices(lookups, officers),
        ]
