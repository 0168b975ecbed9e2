"""Where an officer who comes from LINE's chat links it with his account, and where he parts them again.

The link token in the address is LINE's; it is only passed on, and proves nothing to us. The sign-in in front
is the ordinary one, and the way on leads to LINE alone: nothing in the address says where.
"""

from __future__ import annotations

import re
from typing import Any, Final

from flask import Response, current_app, flash, make_response, redirect, request, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin_views.guard import SecureView, language, needs_sign_in
from admin_views.identity import current_actor
from config import Settings
from domain.errors import DomainError
from domain.line_linking import linked_accounts, offer_link, unlink_own
from extensions import db, write_transaction
from line_hooks.login_api import account_link_address
from models import StaffUser

_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/=-]{1,300}", re.ASCII)


def register(admin: Admin) -> None:
    """Add this room to the back office."""
    admin.add_view(LineLinkView())


class LineLinkView(SecureView):
    """ผูกบัญชี LINE — one page, one button, for the officer himself only."""

    def __init__(self) -> None:
        super().__init__(name=_l("ผูกบัญชี LINE"), endpoint="line_link", url="/admin/line-link")

    def is_visible(self) -> bool:
        """Stay out of the menu: one comes here from the chat."""
        return False

    @expose("/")
    @needs_sign_in
    def index(self) -> Response:
        """Say whose account it is and what linking means."""
        return self._page(request.args.get("linkToken", ""))

    @expose("/", methods=("POST",))
    @needs_sign_in
    def link(self) -> Response:
        """Send the officer on to LINE with a nonce of one use."""
        token = request.form.get("linkToken", "")
        if not _TOKEN.fullmatch(token):
            return self._page(token)
        with write_transaction() as session:
            nonce = offer_link(session, current_actor())
        address = account_link_address(_settings().line_pages_url or _settings().line_api_url, token, nonce)
        response = make_response(self.render("admin/auth/line_onward.html", address=address))
        # Not a redirect: form-action holds for all that follow a form, and LINE's own are not ours to list.
        response.headers["Refresh"] = f"0; url={address}"
        return _closed(response)

    @expose("/<int:account_id>/unlink", methods=("POST",))
    @needs_sign_in
    def unlink(self, account_id: int) -> Any:
        """Part one of the officer's own LINE accounts; another officer's cannot be reached."""
        try:
            with write_transaction() as session:
                unlink_own(session, current_actor(), account_id)
        except DomainError as error:
            flash(error.message_in(language()), "danger")
        else:
            flash(_("เลิกผูก LINE แล้ว งานใหม่จะไม่ไปที่แชตนั้นอีก"), "success")
        return redirect(url_for("auth.profile"), 303)

    def _page(self, token: str) -> Response:
        officer = db.session.get_one(StaffUser, current_actor().staff_user_id)
        good = _TOKEN.fullmatch(token) is not None
        page = self.render(
            "admin/auth/line_link.html",
            officer=officer,
            link_token=token if good else "",
            accounts=linked_accounts(db.session(), officer.id),
        )
        return _closed(make_response(page, 200 if good else 400))


def _closed(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
