"""ตรวจสุขภาพข้อมูล: what the nightly look found, and where each thing is mended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import current_app, flash, redirect, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin_views.base import SecureView, needs
from admin_views.guard import language
from admin_views.identity import current_actor
from admin_views.menu import register_menu_item
from domain.data_doctor import ask_for_look, report
from domain.data_doctor_parts import Example
from domain.errors import Words
from domain.permissions import Permission
from extensions import db, write_transaction

DOORS: dict[str, tuple[str, str, Permission]] = {
    "complaint": ("complaint_case.case", "public_code", Permission.COMPLAINT_READ),
    "complaints": ("complaint.index_view", "", Permission.COMPLAINT_READ),
    "settings": ("setting.section", "section", Permission.SETTING_READ),
    "staff_user": ("staff_user.edit_view", "id", Permission.STAFF_MANAGE),
    "subcategory": ("subcategory.edit_view", "id", Permission.SUBCATEGORY_UPDATE),
    "category": ("category.edit_view", "id", Permission.CATEGORY_UPDATE),
    "department": ("department.edit_view", "id", Permission.DEPARTMENT_UPDATE),
    "holiday": ("holiday.index_view", "", Permission.HOLIDAY_READ),
    "message_template": ("message_template.edit_view", "id", Permission.MESSAGE_TEMPLATE_UPDATE),
    "message_templates": ("message_template.index_view", "", Permission.MESSAGE_TEMPLATE_READ),
}
"""By kind of example: the page that mends it, what its address calls the row, who may enter."""


class DataDoctorView(SecureView):
    """Shows the findings; looking is the worker's."""

    def __init__(self) -> None:
        super().__init__(name=_l("ตรวจสุขภาพข้อมูล"), endpoint="data_doctor", url="/admin/data-doctor")

    @expose("/")
    @needs(Permission.SYSTEM_MANAGE)
    def index(self) -> str:
        """Show what was found, each with its examples and their links."""
        found = report(db.session(), current_actor())
        return self.render("admin/data_doctor/index.html", report=found, said=_said, link=_link)

    @expose("/look", methods=("POST",))
    @needs(Permission.SYSTEM_MANAGE)
    def look(self) -> Any:
        """Ask the worker to look now."""
        with write_transaction() as session:
            ask_for_look(session, current_actor())
        ring: Callable[[], None] | None = current_app.extensions.get("wake_worker")
        if ring is not None:
            ring()
        flash(_("สั่งตรวจแล้ว ผลจะขึ้นในหน้านี้ภายในไม่กี่วินาที"), "success")
        return redirect(url_for(".index"), 303)


def _said(words: Words) -> str:
    return words.en if language() == "en" else words.th


def _link(example: Example) -> str | None:
    """Return the address of the page that mends an example; None where the officer may not enter."""
    endpoint, argument, permission = DOORS[example["kind"]]
    if endpoint not in current_app.view_functions or not current_actor().can(permission):
        return None
    return url_for(endpoint, **({argument: example["key"]} if argument else {}))


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(DataDoctorView())


register_menu_item(
    "system", "data_doctor.index", _l("ตรวจสุขภาพข้อมูล"), "checklist", Permission.SYSTEM_MANAGE, 15
)
