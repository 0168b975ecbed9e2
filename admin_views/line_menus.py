"""เมนูท้ายแชต: the menus as people see them, the button that lays them, and how the last laying went."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, abort, current_app, flash, redirect, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin_views.base import SecureView, needs
from admin_views.guard import language
from admin_views.identity import current_actor
from domain.deliveries import reason_words
from domain.labels import word
from domain.permissions import Permission
from domain.rich_menus import ask_for_menus, laid_menus, latest_laying
from extensions import db, write_transaction
from models import DeliveryState, Job, RichMenu, RichMenuKind
from storage import FileStore

UNDER_WAY = frozenset({DeliveryState.READY, DeliveryState.LEASED})
_JPEG = b"\xff\xd8"


class LineMenusView(SecureView):
    """Asks for the menus; the worker draws and lays them."""

    def __init__(self) -> None:
        super().__init__(name=_l("เมนูท้ายแชต LINE"), endpoint="line_menus", url="/admin/line/menus")

    def is_visible(self) -> bool:
        """Stay out of the menu: the way here is the page that connects LINE."""
        return False

    @expose("/")
    @needs(Permission.LINE_MANAGE)
    def index(self) -> str:
        """Show each menu that stands at LINE, and what the last laying said."""
        session = db.session()
        laid, job = laid_menus(session), latest_laying(session)
        return self.render(
            "admin/line/menus.html",
            menus=[(word(kind, language()), laid.get(kind)) for kind in RichMenuKind],
            is_under_way=job is not None and job.state in UNDER_WAY and not job.last_error,
            trouble=_trouble(job),
            may_set=current_actor().can(Permission.SETTING_UPDATE),
        )

    @expose("/", methods=("POST",))
    @needs(Permission.LINE_MANAGE)
    def lay(self) -> Any:
        """Ask the worker to lay them."""
        with write_transaction() as session:
            ask_for_menus(session, current_actor())
        ring: Callable[[], None] | None = current_app.extensions.get("wake_worker")
        if ring is not None:
            ring()
        flash(_("สั่งแล้ว ระบบกำลังวาดและวางเมนู"), "success")
        return redirect(url_for(".index"), 303)

    @expose("/<int:menu_id>/picture")
    @needs(Permission.LINE_MANAGE)
    def picture(self, menu_id: int) -> Response:
        """Send the picture of a menu as it was laid."""
        menu = db.session.get(RichMenu, min(menu_id, 2**31 - 1))
        files: FileStore = current_app.extensions["files"]
        try:
            data = files.get(menu.picture_key) if menu and menu.picture_key else None
        except FileNotFoundError:
            data = None
        if data is None:
            abort(404)
        response = Response(data, mimetype="image/jpeg" if data.startswith(_JPEG) else "image/png")
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return response


def _trouble(job: Job | None) -> str:
    """Return why the last laying is not done, in the worker's own words where it has some."""
    if job is None or not job.last_error:
        return ""
    code, _colon, said = job.last_error.partition(": ")
    return said or reason_words(code, language())


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(LineMenusView())
