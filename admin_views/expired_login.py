"""Nobody passes below /admin without a session, and nobody loses what he typed when his has ended.

A form sent without a living session is answered with the sign-in page (401), which carries the typed text
sealed in a hidden field. The same text becomes a draft at once when the officer has signed in again in
another tab, so that only the form's CSRF token is from before. Text is kept only from forms this site gave
out: another site must not be able to put words into an officer's form.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, flash, jsonify, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from itsdangerous import BadData, URLSafeTimedSerializer

from admin_views.auth_forms import SignInForm
from admin_views.auth_pages import empty_form, expired_words, is_fetched, safe_next, sign_in_page, with_draft
from admin_views.guard import to_sign_in
from admin_views.identity import current_actor, owner_of_session
from domain.drafts import Typed, save_typed, seal_typed, typed_text
from domain.vault import Vault
from extensions import write_transaction

PUBLIC_ENDPOINTS = frozenset(
    {
        "auth.account_link",
        "auth.check_enrolment",
        "auth.check_second_factor",
        "auth.check_sign_in",
        "auth.second_factor",
        "auth.set_password",
        "auth.sign_in",
        "auth.sign_out",
    }
)
"""Everything below /admin that a stranger may call."""

OWN_ACCOUNT = frozenset({"auth.profile", "auth.change_password", "auth.change_language", "auth.sign_out"})
"""What is open to an officer who must change his password first."""

ENROLMENT = OWN_ACCOUNT | {"auth.begin_enrolment", "auth.confirm_enrolment"}
"""What is open to an officer whose role asks for a second factor he has not set up yet."""


def register_guard(app: Flask) -> None:
    """Close /admin, and keep the text of forms that come too late; other bad tokens are refused as before."""
    refuse = app.error_handler_spec[None].get(400, {}).get(CSRFError, lambda error: error)

    def csrf_failed(error: CSRFError) -> Any:
        return _rescue() or refuse(error)

    app.before_request(_guard)
    app.register_error_handler(CSRFError, csrf_failed)


def _guard() -> Response | None:
    if not _is_back_office() or request.endpoint in PUBLIC_ENDPOINTS:
        return None
    if not current_user.is_authenticated:
        return to_sign_in() if request.method in {"GET", "HEAD", "OPTIONS"} else _ask_to_sign_in()
    if current_user.must_change_password and request.endpoint not in OWN_ACCOUNT:
        flash(_("กรุณาตั้งรหัสผ่านใหม่ก่อนใช้งานต่อ"), "warning")
        return redirect(url_for("auth.profile"), 303)  # type: ignore[return-value]
    if current_user.must_enrol and request.endpoint not in ENROLMENT:
        flash(_("สิทธิ์ของท่านต้องยืนยันตัวตนขั้นที่สอง กรุณาตั้งด้วยโทรศัพท์ก่อนใช้งานต่อ"), "warning")
        return redirect(url_for("auth.profile"), 303)  # type: ignore[return-value]
    return None


def _rescue() -> Response | None:
    """Save what a form with a bad CSRF token brought, if this site gave it out in an earlier session."""
    if request.endpoint == "auth.check_sign_in":
        flash(_("หน้านี้เปิดค้างไว้นาน กรุณากรอกรหัสผ่านแล้วกดเข้าสู่ระบบอีกครั้ง"), "warning")
        return sign_in_page(SignInForm(), 400)
    if not _is_back_office() or request.endpoint in PUBLIC_ENDPOINTS:
        return None
    if not _is_same_origin(default=False) or not _has_own_token():
        return None
    if current_user.is_authenticated:
        return None if is_fetched() else _keep_as_draft()
    return _ask_to_sign_in()


def _ask_to_sign_in() -> Response:
    """Show the sign-in page with the typed text sealed in it; a script only hears that it must sign in."""
    if is_fetched():
        answer = jsonify(error="signed_out", message=expired_words(is_kept=False))
        answer.status_code = 401
        return answer
    typed = _typed() if request.endpoint and _is_same_origin(default=True) else None
    owner = owner_of_session(session.get("_user_id"))
    sealed = seal_typed(_vault(), owner, typed) if typed else ""
    flash(expired_words(is_kept=typed is not None), "warning")
    if typed is not None and typed.is_cut:
        flash(_("ข้อความยาวมาก เก็บไว้ได้เพียงบางส่วน กรุณาคัดลอกส่วนที่เหลือก่อนปิดหน้านี้"), "warning")
    page = sign_in_page(empty_form(SignInForm, next=_page_of_form(), typed=sealed), 401)
    if request.headers.get("HX-Request"):  # htmx would put the page into the corner that asked.
        page.headers["HX-Retarget"] = "body"
        page.headers["HX-Reswap"] = "innerHTML"
    return page


def _keep_as_draft() -> Response:
    """Keep the text of a form from before the officer signed in again, and show him the form with it."""
    actor, back, typed = current_actor(), _page_of_form(), _typed()
    flash(_("มีการเข้าสู่ระบบใหม่หลังจากเปิดหน้านี้ จึงยังไม่ได้บันทึก กรุณาตรวจดูแล้วกดบันทึกอีกครั้ง"), "warning")
    if typed is not None:
        with write_transaction() as writing:
            back = with_draft(back, save_typed(writing, actor, _vault(), typed))
    return redirect(back, 303)  # type: ignore[return-value]


def _typed() -> Typed | None:
    return typed_text(request.path, _page_of_form(), request.form.items(multi=True))


def _page_of_form() -> str:
    """Return the page to go on with: the form's own address if it can be opened, else where it was shown."""
    adapter = current_app.create_url_adapter(request)
    if adapter is not None and adapter.test(request.path, method="GET"):
        return safe_next(request.full_path.rstrip("?"))
    shown = urlsplit(request.referrer or "")
    if shown.netloc != request.host:
        return safe_next(None)
    return safe_next(f"{shown.path}?{shown.query}" if shown.query else shown.path)


def _is_back_office() -> bool:
    return request.path == "/admin" or request.path.startswith("/admin/")


def _is_same_origin(*, default: bool) -> bool:
    """Tell whether a page of this site sent the form, as the browser says; else the default."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return default if origin is None else origin == request.host_url.rstrip("/")


def _has_own_token() -> bool:
    """Tell whether the form carries a CSRF token this site has signed, in whatever session."""
    token = request.form.get("csrf_token") or request.headers.get("X-CSRFToken", "")
    try:
        URLSafeTimedSerializer(str(current_app.secret_key), salt="wtf-csrf-token").loads(token)
    except BadData:
        return False
    return True


def _vault() -> Vault:
    vault: Vault = current_app.extensions["vault"]
    return vault
