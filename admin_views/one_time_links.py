"""Doors that open once: the first administrator's set-up, and links that set a password."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask_babel import gettext as _

from admin_views.auth_forms import NewPasswordForm, SetupForm, place_error
from admin_views.auth_pages import empty_form, sign_in_url
from admin_views.guard import language
from domain.account_links import LinkInvalid, read_link
from domain.accounts import NewStaffUser, create_first_administrator, has_administrator
from domain.errors import DomainError
from domain.own_account import PASSWORD_LINKS, new_password_hash, set_password_by_link
from extensions import db, write_transaction
from models import LinkPurpose


def add_link_routes(blueprint: Blueprint) -> None:
    """Add the routes to the blueprint of the sign-in pages."""
    blueprint.add_url_rule("/setup", "setup", setup)
    blueprint.add_url_rule("/setup", "create_administrator", create_administrator, methods=["POST"])
    blueprint.add_url_rule("/admin/link/<token>", "account_link", account_link)
    blueprint.add_url_rule("/admin/link/<token>", "set_password", set_password, methods=["POST"])


def setup() -> Response:
    """Show the form for the first administrator to who holds the key."""
    key = request.args.get("key", "")
    try:
        _check_setup(key)
    except LinkInvalid as error:
        return _gone(error)
    return _page("admin/auth/setup.html", empty_form(SetupForm, key=key))


def create_administrator() -> Response:
    """Make the first administrator; the key is used up."""
    form = SetupForm()
    key = form.key.data or ""
    try:
        _check_setup(key)
        if not form.validate():
            return _page("admin/auth/setup.html", form, 422)
        names = (form.username.data, form.first_name.data, form.last_name.data)
        hashed = new_password_hash(db.session(), form.password.data, names=names)
        entry = NewStaffUser(username=names[0], first_name=names[1], last_name=names[2])
        with write_transaction() as session:
            create_first_administrator(session, key, entry, hashed)
    except LinkInvalid as error:
        return _gone(error)
    except DomainError as error:
        place_error(form, error)
        return _page("admin/auth/setup.html", form, 422)
    flash(_("สร้างบัญชีผู้ดูแลระบบแล้ว กรุณาเข้าสู่ระบบ"), "success")
    return redirect(sign_in_url(), 303)  # type: ignore[return-value]


def account_link(token: str) -> Response:
    """Show the form that sets a password to who holds the link."""
    try:
        link = read_link(db.session(), token, *PASSWORD_LINKS)
    except LinkInvalid as error:
        return _gone(error)
    return _page("admin/auth/link.html", empty_form(NewPasswordForm), link=link)


def set_password(token: str) -> Response:
    """Store the password; the link is used up, every session ends, and the person signs in."""
    form = NewPasswordForm()
    try:
        link = read_link(db.session(), token, *PASSWORD_LINKS)
        user = link.staff_user
        if not form.validate():
            return _page("admin/auth/link.html", form, 422, link=link)
        names = (user.username, user.first_name, user.last_name) if user else ()
        hashed = new_password_hash(db.session(), form.password.data, names=names)
        with write_transaction() as session:
            set_password_by_link(session, token, hashed)
    except LinkInvalid as error:
        return _gone(error)
    except DomainError as error:
        place_error(form, error)
        return _page("admin/auth/link.html", form, 422, link=link)
    flash(_("ตั้งรหัสผ่านแล้ว กรุณาเข้าสู่ระบบด้วยรหัสผ่านใหม่"), "success")
    return redirect(sign_in_url(), 303)  # type: ignore[return-value]


def _check_setup(key: str) -> None:
    """Raise unless the key is good and there is nobody yet who could do this."""
    session = db.session()
    if has_administrator(session):
        raise LinkInvalid("setup_closed")
    read_link(session, key, LinkPurpose.FIRST_ADMINISTRATOR)


def _gone(error: LinkInvalid) -> Response:
    """Say that the door is closed, and how to get another key."""
    is_setup = request.path == "/setup" and error.code != "setup_closed"
    words = error.message_in(language())
    return make_response(render_template("admin/auth/link_gone.html", words=words, is_setup=is_setup), 410)


def _page(template: str, form: NewPasswordForm, status: int = 200, **more: object) -> Response:
    return make_response(render_template(template, form=form, **more), status)
