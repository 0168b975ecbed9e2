"""What signing in looks like: the pages, and where a person is led afterwards."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import segno
from flask import Response, current_app, make_response, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from wtforms import Form

from admin_views.auth_forms import CodeForm, EnrolForm, SignInForm
from admin_views.guard import language
from admin_views.identity import current_lookups
from config import DEMO_PASSWORD
from domain.errors import DomainError
from domain.second_factor import Enrolment
from domain.settings import DEFAULTS
from domain.throttle import Throttled
from extensions import db
from models import StaffUser

HOME = "/admin/"
DEMO_ACCOUNTS = 8
_LONGEST_PATH = 500
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")


def safe_next(wanted: str | None) -> str:
    """Return a path of this site to go on to; the front page for anything else."""
    path = wanted or ""
    if not path.startswith("/") or path.startswith("//") or len(path) > _LONGEST_PATH or _UNSAFE.search(path):
        return HOME
    parts = urlsplit(path)
    return HOME if parts.scheme or parts.netloc else path


def with_draft(path: str, token: str) -> str:
    """Return the path with ``draft=<token>`` among its arguments, in place of any older one."""
    parts = urlsplit(path)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "draft"]
    return f"{parts.path}?{urlencode([*kept, ('draft', token)])}"


def sign_in_page(form: SignInForm, status: int = 200, error: DomainError | None = None) -> Response:
    """Show the sign-in page; a person who must wait is told how long."""
    is_demo = current_app.extensions["settings"].is_demo
    page = make_response(
        render_template(
            "admin/auth/sign_in.html",
            form=form,
            error=error.message_in(language()) if error else None,
            accounts=_demo_accounts() if is_demo else (),
            demo_password=DEMO_PASSWORD if is_demo else None,
        ),
        status,
    )
    return _with_wait(page, error)


def code_page(form: CodeForm, status: int = 200, error: DomainError | None = None) -> Response:
    """Ask for the second factor."""
    text = error.message_in(language()) if error else None
    return _with_wait(
        make_response(render_template("admin/auth/totp.html", form=form, error=text), status), error
    )


def enrol_page(
    form: EnrolForm, enrolment: Enrolment, status: int = 200, error: DomainError | None = None
) -> Response:
    """Show the QR code of a new second factor and ask for its first code."""
    form.sealed.data = enrolment.sealed
    page = render_template(
        "admin/auth/enrol.html",
        form=form,
        error=error.message_in(language()) if error else None,
        **enrolment_words(enrolment),
    )
    return _with_wait(make_response(page, status), error)


def recovery_page(codes: list[str], onward: str) -> Response:
    """Show the recovery codes, this once."""
    return make_response(render_template("admin/auth/recovery_codes.html", codes=codes, onward=onward))


def enrolment_words(enrolment: Enrolment) -> dict[str, Any]:
    """Return what a page needs to show a new secret: the picture, and the letters in groups of four."""
    code = segno.make(enrolment.address, error="m")
    return {
        "qr": code.svg_data_uri(scale=5, border=3, dark="#000", light="#fff", omitsize=True),
        "secret": " ".join(re.findall(".{1,4}", enrolment.secret)),
    }


def issuer() -> str:
    """Return the name an authenticator app shows: the municipality's, in Latin letters where it has them."""
    lookups = current_lookups()
    name = lookups.setting("municipality_name_en") or lookups.setting("municipality_name")
    return str(name or DEFAULTS["municipality_name"]).replace(":", " ")


def empty_form(kind: type[Form], **data: Any) -> Any:
    """Return a form that holds these values, whatever the request carries."""
    return kind(formdata=None, data=data)


def is_fetched() -> bool:
    """Tell whether a script fetched this, so that a whole page would be shown to nobody."""
    if request.headers.get("HX-Request"):
        return False
    asks_json = request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
    return request.is_json or asks_json or request.headers.get("Sec-Fetch-Dest") == "empty"


def sign_in_url(next_path: str | None = None) -> str:
    """Return the address of the sign-in page."""
    return url_for("auth.sign_in", next=next_path)


def expired_words(is_kept: bool) -> str:
    """Return what a person is told whose session ended while he was typing."""
    if is_kept:
        return _("หมดเวลาการเข้าใช้งานแล้ว ข้อความที่พิมพ์ยังอยู่ เข้าสู่ระบบแล้วทำต่อได้เลย")
    return _("หมดเวลาการเข้าใช้งานแล้ว กรุณาเข้าสู่ระบบอีกครั้ง")


def _demo_accounts() -> Sequence[StaffUser]:
    able = StaffUser.is_active & StaffUser.password_hash.is_not(None)
    return db.session.scalars(select(StaffUser).where(able).order_by(StaffUser.id).limit(DEMO_ACCOUNTS)).all()


def _with_wait(page: Response, error: DomainError | None) -> Response:
    if isinstance(error, Throttled):
        page.headers["Retry-After"] = str(error.seconds)
    return page
