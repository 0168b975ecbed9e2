"""แก้ไขข้อมูล (000-10): a case's form again, and both versions where two people had it open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import abort, flash, make_response, redirect, request, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from wtforms.fields.choices import SelectChoice

from admin_views import complaint_choices as offered
from admin_views.base import SecureView, needs
from admin_views.case_page import find_case
from admin_views.complaint_place import map_facts
from admin_views.database_errors import explain
from admin_views.edit_form import EditForm
from admin_views.entry_desk import around_form
from admin_views.guard import language
from admin_views.identity import current_actor, current_lookups
from domain.complaints import edit
from domain.errors import Busy, DomainError, NotFound, StaleRow, StorageFull
from domain.labels import word
from domain.permissions import Permission, may
from domain.phones import mask_phone
from domain.workflow import Action
from extensions import db, write_transaction
from models import Complaint


@dataclass(frozen=True, slots=True)
class Difference:
    """A field two people wrote differently: what is stored now, and what was typed here."""

    label: str
    stored: str
    typed: str


class EditView(SecureView):
    """The page that corrects a case."""

    def __init__(self) -> None:
        self._default_view = "edit"
        super().__init__(name=_l("แก้ไขข้อมูล"), endpoint="complaint_edit", url="/admin/complaint")

    @expose("/<public_code>/edit", methods=("GET", "POST"))
    @needs(Permission.COMPLAINT_UPDATE)
    def edit(self, public_code: str) -> Any:
        """Show the form of a case, or save what was corrected."""
        complaint = find_case(_session(), current_actor(), public_code)
        if complaint is None or not may(current_actor(), Permission.COMPLAINT_UPDATE, complaint):
            abort(404)
        if request.method != "POST":
            return self._page(complaint, EditForm.of(complaint))
        form = EditForm()
        if not form.validate():
            return self._page(complaint, form, 422)
        entry, complaint_id = form.entry(complaint), complaint.id
        try:
            with write_transaction() as session:
                edit(
                    session,
                    current_actor(),
                    complaint_id,
                    entry=entry,
                    version=form.version.data or 0,
                    reason=form.reason.data or "",
                )
        except NotFound:
            abort(404)
        except StaleRow as error:
            return self._both_versions(public_code, form, error)
        except (DomainError, SQLAlchemyError) as error:
            problem = error if isinstance(error, DomainError) else explain(error, Complaint.__table__)
            form.place_errors(problem)
            status = 503 if isinstance(problem, Busy | StorageFull) else 422
            return self._page(self._again(public_code), form, status)
        flash(_("%(action)sแล้ว", action=word(Action.EDIT, language())), "success")
        return redirect(url_for("complaint_case.case", public_code=public_code), 303)

    def _again(self, public_code: str) -> Complaint:
        complaint = find_case(_session(), current_actor(), public_code)
        if complaint is None:
            abort(404)
        return complaint

    def _both_versions(self, public_code: str, form: EditForm, error: StaleRow) -> Any:
        """Show what the other person saved beside what was typed here; saving again decides."""
        complaint = self._again(public_code)
        differences = self._differences(EditForm.of(complaint), form, complaint)
        form.version.data = complaint.version
        form.form_errors.append(error.message_in(language()))
        return self._page(complaint, form, 409, differences=differences)

    def _differences(self, stored: EditForm, typed: EditForm, complaint: Complaint) -> list[Difference]:
        self._offer(stored, complaint)
        self._offer(typed, complaint)
        return [
            Difference(mine.label.text, _words(theirs), _words(mine))
            for theirs, mine in zip(stored, typed, strict=True)
            if mine.name not in {"version", "reason"} and _words(theirs) != _words(mine)
        ]

    def _offer(self, form: EditForm, complaint: Complaint) -> None:
        """Fill the drop-downs; what the case has stays to be chosen even where it is not offered any more."""
        session, actor, lookups = _session(), current_actor(), current_lookups()
        rows = offered.categories_within(lookups, actor, Permission.COMPLAINT_UPDATE)
        none = offered.blank(_("– ไม่ระบุ –"))
        form.channel_id.choices = [none, *offered.channel_choices(session)]
        form.zone_id.choices = [none, *offered.zone_choices(lookups.zones)]
        form.community_id.choices = [none, *offered.community_choices(lookups)]
        form.category_id.choices = [none, *offered.category_choices(lookups, rows)]
        form.subcategory_id.choices = [
            none,
            *offered.subcategory_choices(lookups, [row.id for row in rows]),
        ]
        for name in ("channel", "zone", "community", "category", "subcategory"):
            _keep(form[f"{name}_id"], getattr(complaint, name))

    def _page(
        self,
        complaint: Complaint,
        form: EditForm,
        status: int = 200,
        differences: list[Difference] | None = None,
    ) -> Any:
        self._offer(form, complaint)
        response = make_response(
            self.render(
                "admin/complaint/edit.html",
                complaint=complaint,
                form=form,
                differences=differences or [],
                kept_number=mask_phone(complaint.callback_phone) if complaint.callback_phone else "",
                roads=offered.road_names(_session()),
                around=around_form(form),
                place_map=map_facts(),
            ),
            status,
        )
        if status == 503:
            response.headers["Retry-After"] = "5"
        return response


def _keep(field: Any, row: Any) -> None:
    """Offer what the case has, too, where the list leaves it out: else saving would take it away unseen."""
    if row is not None and all(choice.value != str(row.id) for choice in field.choices):
        field.choices = [*field.choices, SelectChoice(str(row.id), str(row))]


def _words(field: Any) -> str:
    """Return a field's value as it is read: the words of a choice, the text of anything else."""
    chosen = "" if field.data is None else str(getattr(field.data, "value", field.data))
    for choice in getattr(field, "choices", None) or []:
        value, label = (choice[0], choice[1]) if isinstance(choice, tuple) else (choice.value, choice.label)
        if chosen and str(value) == chosen:
            return str(label)
    return chosen if not hasattr(field, "_value") else str(field._value() or "")


def _session() -> Session:
    return db.session()


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(EditView())
