"""The officer's own account: password, second factor, sessions, language; and the drafts of his forms.

Open to whoever is signed in, for himself only: no address here carries an officer's id.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_login import current_user

from admin_views.auth_forms import ChangePasswordForm, ConfirmForm, EnrolForm, LanguageForm, place_error
from admin_views.auth_pages import empty_form, enrolment_words, issuer
from admin_views.guard import language
from admin_views.identity import current_actor, current_lookups, windows_of
from domain import throttle
from domain.errors import DomainError, InvalidField
from domain.line_linking import linked_accounts
from domain.own_account import (
    change_password,
    end_other_sessions,
    new_password_hash,
    set_language,
    verify_own_password,
)
from domain.second_factor import Enrolment, confirm_totp, enrol_totp, renew_recovery_codes, reopen_enrolment
from domain.sign_in import LIMITS, SECOND_STEP, PasswordProof
from domain.user_sessions import end_session, open_sessions
from domain.vault import Vault
from extensions import db, write_transaction
from models import StaffUser

OWN_PASSWORD = "own_password"  # noqa: S105 - the name of a throttled door

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def add_account_routes(blueprint: Blueprint) -> None:
    """Add the routes to the blueprint of the sign-in pages; the guard lets only officers through."""
    routes: tuple[tuple[str, str, Callable[..., Response]], ...] = (
        ("/admin/account/password", "change_password", set_own_password),
        ("/admin/account/language", "change_language", set_own_language),
        ("/admin/account/sessions/<int:session_id>/end", "end_session", end_own_session),
        ("/admin/account/sessions/end-others", "end_other_sessions", end_own_other_sessions),
        ("/admin/account/second-factor", "begin_enrolment", begin_enrolment),
        ("/admin/account/second-factor/confirm", "confirm_enrolment", confirm_enrolment),
        ("/admin/account/recovery-codes", "renew_recovery_codes", new_recovery_codes),
    )
    blueprint.add_url_rule("/admin/account", "profile", profile)
    for path, endpoint, view in routes:
        blueprint.add_url_rule(path, endpoint, view, methods=["POST"])


def profile() -> Response:
    """Show the account."""
    return _account_page()


def set_own_password() -> Response:
    """Change the password; every other session of the officer ends."""
    form, actor = ChangePasswordForm(), current_actor()
    if not form.validate():
        return _account_page(422, password_form=form)
    try:
        proof = _prove_password(form.current.data)
        user = _own_user()
        names = (user.username, user.first_name, user.last_name)
        hashed = new_password_hash(db.session(), form.password.data, names=names)
        with write_transaction() as session:
            change_password(session, actor, proof, hashed, keep_session_id=current_user.session_id)
    except DomainError as error:
        place_error(form, error)
        return _account_page(_status(error), password_form=form)
    return _done(_("เปลี่ยนรหัสผ่านแล้ว อุปกรณ์อื่นที่เข้าใช้งานอยู่ถูกออกจากระบบทั้งหมด"))


def set_own_language() -> Response:
    """Keep the language; ``lang`` in the address keeps it for the sign-in page of this browser too."""
    chosen = request.form.get("language", "")
    try:
        with write_transaction() as session:
            set_language(session, current_actor(), chosen)
    except InvalidField as error:
        flash(error.message_in(language()), "danger")
        return _to_account()
    return redirect(url_for("auth.profile", lang=chosen), 303)  # type: ignore[return-value]


def end_own_session(session_id: int) -> Response:
    """End one of the officer's sessions; another officer's cannot be reached."""
    with write_transaction() as session:
        ended = end_session(session, session_id, staff_user_id=current_actor().staff_user_id or 0)
    return _done(_("ออกจากระบบบนอุปกรณ์นั้นแล้ว") if ended else _("อุปกรณ์นั้นออกจากระบบไปแล้ว"))


def end_own_other_sessions() -> Response:
    """End every session but this one."""
    with write_transaction() as session:
        count = end_other_sessions(session, current_actor(), current_user.session_id)
    return _done(_("ออกจากระบบบนอุปกรณ์อื่น %(count)s เครื่องแล้ว", count=count))


def begin_enrolment() -> Response:
    """Show the QR code of a new second factor, after the password."""
    form = ConfirmForm()
    try:
        _prove_password(form.current.data or "")
    except DomainError as error:
        place_error(form, error)
        return _account_page(_status(error), factor_form=form)
    return _enrol_page(empty_form(EnrolForm), enrol_totp(_vault(), _own_user(), issuer()))


def confirm_enrolment() -> Response:
    """Store the new second factor after its first right code; the seal proves that the password was given."""
    form, actor = EnrolForm(), current_actor()
    try:
        user = _own_user()
        enrolment = reopen_enrolment(_vault(), user, issuer(), form.sealed.data or "")
    except InvalidField as error:
        flash(error.message_in(language()), "danger")
        return _to_account()
    try:
        attempts = _admit(SECOND_STEP)
        with write_transaction() as session:
            codes = confirm_totp(
                session, actor, _vault(), _own_user(), enrolment.sealed, form.code.data or ""
            )
            throttle.withdraw(session, attempts)
    except DomainError as error:
        place_error(form, error)
        return _enrol_page(form, enrolment, _status(error))
    return _codes_page(codes)


def new_recovery_codes() -> Response:
    """Show ten new recovery codes, after the password; the old ones are worthless."""
    form, actor = ConfirmForm(), current_actor()
    try:
        _prove_password(form.current.data or "")
        with write_transaction() as session:
            codes = renew_recovery_codes(session, actor, _vault(), _own_user())
    except DomainError as error:
        place_error(form, error)
        return _account_page(_status(error), factor_form=form)
    return _codes_page(codes)


def agent_words(user_agent: str | None) -> str:
    """Return browser and system in two words people know, such as ``Chrome · Windows``."""
    found = [
        next((words for mark, words in table if mark in (user_agent or "")), None)
        for table in (_BROWSERS, _SYSTEMS)
    ]
    named = [words for words in found if words]
    return " · ".join(named) or re.sub(r"[/(].*", "", user_agent or "").strip()[:40] or _("ไม่ทราบอุปกรณ์")


def _account_page(
    status: int = 200,
    *,
    password_form: ChangePasswordForm | None = None,
    factor_form: ConfirmForm | None = None,
) -> Response:
    user = _own_user()
    lives = windows_of(current_lookups())
    page = render_template(
        "admin/auth/account.html",
        user=user,
        roles=[role.name_en if language() == "en" and role.name_en else role.name for role in user.roles],
        must_change=current_user.must_change_password,
        password_form=password_form or empty_form(ChangePasswordForm),
        factor_form=factor_form or empty_form(ConfirmForm),
        language_form=empty_form(LanguageForm, language=user.language),
        line_accounts=linked_accounts(db.session(), user.id),
        sessions=open_sessions(db.session(), user.id, lives),
        this_session_id=current_user.session_id,
        idle_minutes=int(lives.idle.total_seconds() // 60),
        agent_words=agent_words,
    )
    return make_response(page, status)


def _enrol_page(form: EnrolForm, enrolment: Enrolment, status: int = 200) -> Response:
    form.sealed.data = enrolment.sealed
    words = enrolment_words(enrolment)
    return make_response(render_template("admin/auth/second_factor.html", form=form, **words), status)


def _codes_page(codes: list[str]) -> Response:
    return make_response(render_template("admin/auth/new_codes.html", codes=codes))


def _prove_password(typed: str) -> PasswordProof:
    """Check the present password, slowed down like any other guess."""
    attempts = _admit(OWN_PASSWORD)
    proof = verify_own_password(db.session(), current_actor(), typed, field="current")
    with write_transaction() as session:
        throttle.withdraw(session, attempts)
    return proof


def _admit(purpose: str) -> list[int]:
    key = {"account": str(current_actor().staff_user_id)}
    with write_transaction() as session:
        return throttle.admit(session, purpose, key, LIMITS)


def _own_user() -> StaffUser:
    return db.session.get_one(StaffUser, current_actor().staff_user_id)


def _status(error: DomainError) -> int:
    return 429 if isinstance(error, throttle.Throttled) else 422


def _done(words: str) -> Response:
    flash(words, "success")
    return _to_account()


def _to_account() -> Response:
    return redirect(url_for("auth.profile"), 303)  # type: ignore[return-value]


def _vault() -> Vault:
    vault: Vault = current_app.extensions["vault"]
    return vault
