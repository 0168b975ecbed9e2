"""กระดิ่ง: what the system told this officer, newest first."""

from __future__ import annotations

from typing import Any

from flask import redirect, url_for
from flask_admin import Admin, expose
from flask_babel import lazy_gettext as _l

from admin_views.base import SecureView
from admin_views.guard import language, needs_sign_in
from admin_views.identity import current_actor
from domain.bell import bell_rows, mark_read
from extensions import db, write_transaction


class NotificationView(SecureView):
    """An officer's own notifications; nobody sees another's."""

    def __init__(self) -> None:
        super().__init__(name=_l("การแจ้งเตือน"), endpoint="notification", url="/admin/notification")

    @expose("/")
    @needs_sign_in
    def index_view(self) -> str:
        """Show the latest notifications."""
        rows = bell_rows(db.session(), current_actor(), language())
        return self.render("admin/notification/list.html", rows=rows)

    @expose("/read", methods=("POST",))
    @needs_sign_in
    def read(self) -> Any:
        """Note that all were read."""
        with write_transaction() as session:
            mark_read(session, current_actor())
        return redirect(url_for(".index_view"), 303)


def register(admin: Admin) -> None:
    """Add the bell to the back office."""
    admin.add_view(NotificationView())
