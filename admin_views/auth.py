"""The way in and out of the back office: user name and password, second factor, sign-out."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, flash, g, redirect, request, session
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user
from sqlalchemy.orm import Session

from admin_views.account import add_account_routes
from admin_views.auth_forms import CodeForm, EnrolForm, SignInForm
from admin_views.auth_pages import (
    code_page,
    empty_form,
    enrol_page,
    issuer,
    recovery_page,
    safe_next,
    sign_in_page,
    sign_in_url,
    with_draft,
)
from admin_views.expired_login import register_guard
from admin_views.identity import current_actor, current_visit, load_signed_in, register_identity
from admin_views.known_device import known_device, remember_device
from admin_views.one_time_links import add_link_routes
from domain import audit
from domain.drafts import open_typed, save_typed
from domain.errors import DomainError, InvalidField
from domain.second_factor import Enrolment, enrol_totp, reopen_enrolment
from domain.sign_in import (
    NeedsTotp,
    PasswordProof,
    PendingLost,
    WrongCredentials,
    admit_second_step,
    admit_sign_in,
    check_password,
    enrol_and_sign_in,
    note_refusal,
    open_pending,
)
from domain.sign_in import sign_in as begin_session
from domain.throttle import Throttled, withdraw
from domain.user_sessions import SessionGrant, end_session
from domain.vault import Vault
from extensions import db, write_transaction
from models import AuditAction, StaffUser

PENDING = "pending"

blueprint = Blueprint("auth", __name__)
add_link_routes(blueprint)
add_account_routes(blueprint)


def register_auth(app: Flask) -> None:
    """Add the doors, and close everything else below /admin to strangers."""
    register_identity(app)
    app.register_blueprint(blueprint)
    register_guard(app)


@blueprint.get("/admin/sign-in")
def sign_in() -> Response:
    """Show the sign-in page, or lead on who is signed in already."""
    onward = safe_next(request.args.get("next"))
    if current_user.is_authenticated:
        return _go(onward)
    username = request.args.get("username", "")[:40]
    return sign_in_page(empty_form(SignInForm, username=username, next=onward))


@blueprint.post("/admin/sign-in")
def check_sign_in() -> Response:
    """Take user name and password."""
    form, visit = SignInForm(), current_visit()
    if not form.validate():
        return sign_in_page(form, 422)
    username = form.username.data
    try:
        with write_transaction() as writing:
            attempts = admit_sign_in(writing, username, visit, known_device(username))
    except Throttled as error:
        return sign_in_page(form, 429, error)
    try:
        proof = check_password(db.session(), username, form.password.data)
        with write_transaction() as writing:
            _end_previous(writing)
            outcome = begin_session(writing, _vault(), proof, None, visit, is_demo=_is_demo())
            withdraw(writing, attempts)
    except WrongCredentials as error:
        with write_transaction() as writing:
            note_refusal(writing, error, visit)
        return sign_in_page(form, 401, error)
    if isinstance(outcome, NeedsTotp):
        return _ask_second_factor(outcome, form)
    return _welcome(_go(_enter(outcome, form)), username)


@blueprint.get("/admin/sign-in/code")
def second_factor() -> Response:
    """Show the second step again, or the first when there was none."""
    try:
        _proof, user = _pending_officer()
    except PendingLost:
        return _go(sign_in_url())
    if user.totp_secret_encrypted is None:
        return enrol_page(empty_form(EnrolForm), enrol_totp(_vault(), user, issuer()))
    return code_page(empty_form(CodeForm))


@blueprint.post("/admin/sign-in/code")
def check_second_factor() -> Response:
    """Take the second factor."""
    form, visit = CodeForm(), current_visit()
    try:
        proof, user = _pending_officer()
    except PendingLost as error:
        return _begin_again(form, error)
    if not form.validate():
        return code_page(form, 422)
    user_id, username = user.id, user.username  # The transaction below lets the object go.
    try:
        with write_transaction() as writing:
            attempts = admit_second_step(writing, user_id)
    except Throttled as error:
        return code_page(form, 429, error)
    try:
        with write_transaction() as writing:
            outcome = begin_session(writing, _vault(), proof, form.code.data, visit, is_demo=_is_demo())
            withdraw(writing, attempts)
    except (InvalidField, WrongCredentials) as error:
        with write_transaction() as writing:
            note_refusal(writing, error, visit, user_id)
        return code_page(form, 401, error)
    if isinstance(outcome, NeedsTotp):
        return _begin_again(form, PendingLost())
    return _welcome(_go(_enter(outcome, form)), username)


@blueprint.post("/admin/sign-in/enrol")
def check_enrolment() -> Response:
    """Take the first code of a new second factor; only who has none yet comes through here."""
    form, visit = EnrolForm(), current_visit()
    try:
        proof, user = _pending_officer()
        user_id, username = user.id, user.username
        enrolment = _enrolment_of(user, form)
        with write_transaction() as writing:
            attempts = admit_second_step(writing, user_id)
    except PendingLost as error:
        return _begin_again(form, error)
    except Throttled as error:
        return enrol_page(form, enrolment, 429, error)
    try:
        with write_transaction() as writing:
            grant, codes = enrol_and_sign_in(
                writing, _vault(), proof, enrolment.sealed, form.code.data or "", visit
            )
            withdraw(writing, attempts)
    except (PendingLost, WrongCredentials) as error:
        return _begin_again(form, error)
    except InvalidField as error:
        return enrol_page(form, enrolment, 401, error)
    return _welcome(recovery_page(codes, _enter(grant, form)), username)


@blueprint.post("/admin/sign-out")
def sign_out() -> Response:
    """End the session for good: a copy of its cookie is worth nothing afterwards."""
    if current_user.is_authenticated:
        actor, session_id = current_actor(), current_user.session_id
        with write_transaction() as writing:
            end_session(writing, session_id)
            audit.record(
                writing, actor, AuditAction.SIGN_OUT, object_type="user_session", object_id=session_id
            )
    _forget_cookie()
    flash(_("ออกจากระบบแล้ว"), "success")
    return _go(sign_in_url())


def _ask_second_factor(outcome: NeedsTotp, form: SignInForm) -> Response:
    """Keep the proof of the first step in the cookie and ask for the second."""
    carried = {"next": form.next.data, "typed": form.typed.data}
    _forget_cookie()
    session[PENDING] = outcome.pending
    if outcome.is_enrolled:
        return code_page(empty_form(CodeForm, **carried))
    user = db.session.get_one(StaffUser, outcome.staff_user_id)
    return enrol_page(empty_form(EnrolForm, **carried), enrol_totp(_vault(), user, issuer()))


def _pending_officer() -> tuple[PasswordProof, StaffUser]:
    return open_pending(db.session(), _vault(), session.get(PENDING) or "")


def _enrolment_of(user: StaffUser, form: EnrolForm) -> Enrolment:
    """Return the secret the officer has scanned, or a fresh one when the page is too old."""
    try:
        return reopen_enrolment(_vault(), user, issuer(), form.sealed.data or "")
    except InvalidField:
        return enrol_totp(_vault(), user, issuer())


def _begin_again(form: CodeForm, error: DomainError) -> Response:
    """Show the first step again, with what is carried along."""
    session.pop(PENDING, None)
    return sign_in_page(empty_form(SignInForm, next=form.next.data, typed=form.typed.data), 401, error)


def _enter(grant: SessionGrant, form: SignInForm | CodeForm) -> str:
    """Put the new session into a fresh cookie, store what was typed, and return where to go on."""
    onward, sealed = safe_next(form.next.data), form.typed.data
    _forget_cookie()
    officer = load_signed_in(grant.token)
    if officer is None:  # Closed between two statements.
        return sign_in_url()
    login_user(officer)
    if not sealed:
        return onward
    typed = open_typed(_vault(), sealed, grant.staff_user_id)
    if typed is None:
        flash(_("ข้อความที่พิมพ์ค้างไว้เป็นของบัญชีอื่นหรือเก่าเกินไป จึงไม่ได้นำมา"), "warning")
        return onward
    with write_transaction() as writing:
        token = save_typed(writing, officer.actor, _vault(), typed)
    flash(_("นำข้อความที่พิมพ์ค้างไว้กลับมาแล้ว กรุณาตรวจดูแล้วกดบันทึกอีกครั้ง"), "success")
    return with_draft(safe_next(typed.back), token)


def _welcome(response: Response, username: str) -> Response:
    remember_device(response, username)
    return response


def _end_previous(writing: Session) -> None:
    """End the session this browser had until now."""
    if current_user.is_authenticated:
        end_session(writing, current_user.session_id)


def _forget_cookie() -> None:
    """Begin a new cookie: nothing from before, the CSRF token included, lives on in it."""
    logout_user()
    session.clear()
    g.pop("csrf_token", None)


def _go(path: str) -> Response:
    return redirect(path, 303)  # type: ignore[return-value]


def _vault() -> Vault:
    vault: Vault = current_app.extensions["vault"]
    return vault


def _is_demo() -> bool:
    return bool(current_app.extensions["settings"].is_demo)
