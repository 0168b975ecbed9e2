"""What an administrator does to an account: hand over a link, close, open, end sessions, reset the phone.

``/admin/staff-account/<id>`` is one page with every button; the list of officers links to it.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, abort, current_app, flash, redirect, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from admin_views.account import agent_words
from admin_views.guard import SecureView, language, needs
from admin_views.identity import current_actor, current_lookups, windows_of
from domain.account_links import IssuedLink
from domain.accounts import (
    disable_staff_user,
    enable_staff_user,
    end_all_sessions,
    invite,
    manageable_user,
    reset_totp,
)
from domain.actor import Actor
from domain.errors import DomainError, NotFound, NotPermitted
from domain.line_linking import linked_accounts, unlink
from domain.permissions import Permission
from domain.second_factor import wants_second_factor
from domain.user_sessions import open_sessions
from extensions import db, write_transaction
from models import StaffUser


def register(admin: Admin) -> None:
    """Add this room to the back office."""
    admin.add_view(StaffAccountView())


class StaffAccountView(SecureView):
    """บัญชีเจ้าหน้าที่ — the administrator's page of one account."""

    def __init__(self) -> None:
        super().__init__(name=_l("บัญชีเจ้าหน้าที่"), endpoint="staff_account", url="/admin/staff-account")

    def is_visible(self) -> bool:
        """Stay out of the menu: one comes here from the list of officers."""
        return False

    @expose("/")
    @needs(Permission.STAFF_MANAGE)
    def index(self) -> Response:
        """Lead to the list of officers."""
        listed = "staff_user.index_view"
        return _go(url_for(listed) if listed in current_app.view_functions else "/admin/")

    @expose("/<int:user_id>")
    @needs(Permission.STAFF_MANAGE)
    def account(self, user_id: int) -> str:
        """Show the account and what can be done."""
        return self._page(_manageable(user_id))

    @expose("/<int:user_id>/link", methods=("POST",))
    @needs(Permission.STAFF_MANAGE)
    def issue_link(self, user_id: int) -> Response | str:
        """Issue the one-time link and show it, this once, to be handed over."""
        link, actor = None, current_actor()
        try:
            with write_transaction() as session:
                link = invite(session, actor, manageable_user(session, actor, user_id))
        except DomainError as error:
            return _refused(error, user_id)
        return self._page(_manageable(user_id), link)

    @expose("/<int:user_id>/disable", methods=("POST",))
    @needs(Permission.STAFF_MANAGE)
    def disable(self, user_id: int) -> Response:
        """Close the account; its sessions end at once."""
        return _act(user_id, disable_staff_user, _("ปิดบัญชีแล้ว ออกจากระบบทุกอุปกรณ์และเลิกผูก LINE ทันที"))

    @expose("/<int:user_id>/enable", methods=("POST",))
    @needs(Permission.STAFF_MANAGE)
    def enable(self, user_id: int) -> Response:
        """Open the account again."""
        return _act(user_id, enable_staff_user, _("เปิดบัญชีแล้ว"))

    @expose("/<int:user_id>/end-sessions", methods=("POST",))
    @needs(Permission.STAFF_MANAGE)
    def end_sessions(self, user_id: int) -> Response:
        """End every session of the officer."""
        return _act(user_id, end_all_sessions, _("ออกจากระบบทุกอุปกรณ์แล้ว"))

    @expose("/<int:user_id>/reset-second-factor", methods=("POST",))
    @needs(Permission.STAFF_MANAGE)
    def reset_second_factor(self, user_id: int) -> Response:
        """Take a lost phone away; the officer enrols again at the next sign-in."""
        return _act(user_id, reset_totp, _("ล้างการยืนยันสองชั้นแล้ว เจ้าหน้าที่จะตั้งใหม่เมื่อเข้าสู่ระบบครั้งต่อไป"))

    @expose("/<int:user_id>/unlink-line/<int:account_id>", methods=("POST",))
    @needs(Permission.STAFF_MANAGE)
    def unlink_line(self, user_id: int, account_id: int) -> Response:
        """Part a LINE account from the officer, as when his phone is lost."""

        def part(session: Session, actor: Actor, user: StaffUser) -> None:
            unlink(session, actor, user.id, account_id)

        return _act(user_id, part, _("เลิกผูก LINE แล้ว งานใหม่จะไม่ไปที่แชตนั้นอีก"))

    def _page(self, user: StaffUser, link: IssuedLink | None = None) -> str:
        settings, session = current_app.extensions["settings"], db.session()
        address = url_for("auth.account_link", token=link.token) if link else None
        return self.render(
            "admin/auth/staff_account.html",
            user=user,
            link=link,
            link_url=f"{settings.public_url}{address}" if address else None,
            line_accounts=linked_accounts(session, user.id),
            wants_second_factor=wants_second_factor(session, user.id),
            sessions=open_sessions(session, user.id, windows_of(current_lookups())),
            agent_words=agent_words,
        )


def _manageable(user_id: int) -> StaffUser:
    try:
        return manageable_user(db.session(), current_actor(), user_id)
    except NotPermitted:
        abort(403)
    except NotFound:
        abort(404)


def _act(user_id: int, verb: Callable[[Session, Actor, StaffUser], None], done: str) -> Response:
    """Do one thing to an account in one transaction, and show the account again."""
    actor = current_actor()
    try:
        with write_transaction() as session:
            verb(session, actor, manageable_user(session, actor, user_id))
    except DomainError as error:
        return _refused(error, user_id)
    flash(done, "success")
    return _go(url_for("staff_account.account", user_id=user_id))


def _refused(error: DomainError, user_id: int) -> Response:
    if isinstance(error, NotPermitted):
        abort(403)
    if isinstance(error, NotFound):
        abort(404)
    flash(error.message_in(language()), "danger")
    return _go(url_for("staff_account.account", user_id=user_id))


def _go(path: str) -> Response:
    return redirect(path, 303)  # type: ignore[return-value]
