"""The back office: Flask-Admin's engine behind our own face, one room per noun.

``register_admin`` lists the rooms. A room is a module with ``register(admin)`` that adds its views; its menu
items are lines beside them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask, g, redirect, url_for
from flask_admin import Admin, AdminIndexView, expose
from flask_admin.theme import Theme
from flask_babel import lazy_gettext as _l

from admin_views import (
    case_files,
    catalogue,
    complaint_case,
    complaint_edit,
    complaint_entry,
    complaint_place,
    complaint_receipt,
    complaints,
    configuration,
    data_doctor,
    delivery,
    document_templates,
    emblem,
    evidence,
    line_link,
    line_menus,
    line_quota,
    line_requests,
    line_setup,
    mail_test,
    member_line,
    member_merge,
    members,
    notifications,
    papers,
    places,
    receipt_books,
    receipts,
    report_files,
    report_schedules,
    reports,
    settings,
    sheets,
    staff,
    uploads,
)
from admin_views import map as town_map
from admin_views.auth import register_auth
from admin_views.guard import Guard, needs_sign_in
from admin_views.identity import current_actor
from admin_views.menu import shell
from domain.rich_menus import staff_menu_kind
from models import RichMenuKind

ROOMS = (
    complaints,
    complaint_entry,
    complaint_receipt,
    complaint_case,
    papers,
    complaint_edit,
    complaint_place,
    uploads,
    case_files,
    town_map,
    reports,
    report_files,
    report_schedules,
    receipts,
    receipt_books,
    evidence,
    members,
    member_line,
    member_merge,
    catalogue,
    places,
    settings,
    configuration,
    emblem,
    document_templates,
    sheets,
    staff,
    delivery,
    notifications,
    mail_test,
    line_setup,
    line_quota,
    line_link,
    line_menus,
    line_requests,
    data_doctor,
)
"""Every room of the back office; a new one is a line here."""

TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"


class HomeView(Guard, AdminIndexView):
    """The first page; without Flask-Admin's own files, which our face does not use."""

    def __init__(self) -> None:
        super().__init__(name=_l("หน้าแรก"))
        self.static_folder = None

    @expose("/")
    @needs_sign_in
    def index(self) -> Any:
        """Lead to the first room with something to do, an executive to the results; say so where none is."""
        sections = shell().sections
        if not sections:
            return self.render("admin/index.html")
        if staff_menu_kind(current_actor()) is RichMenuKind.EXECUTIVE:
            return redirect(url_for("report.results"))
        doors = sections[0][3]
        return redirect(next((door for door in doors if door.count), doors[0]).url)


def register_admin(app: Flask) -> None:
    """Add the whole back office to the application."""
    register_auth(app)
    admin = Admin(
        app,
        name="U-PHEE",
        index_view=HomeView(),
        theme=Theme(folder="none", base_template="admin/base.html"),
        translations_path=str(TRANSLATIONS),
        csp_nonce_generator=lambda: g.csp_nonce,
    )
    for room in ROOMS:
        room.register(admin)
