"""``/line/register``: a citizen registers on the web, as he can in the chat (000-27, 000-72).

Four screens: the page with the QR, the form, the look at what was typed, done. Who it is says LINE; nothing
a page sends is believed. Without LINE Login the page leads to the chat. Whether a number is known to us is
never said (``domain.self_registration``).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for

from citizen.line_identity import REGISTER, named_by_line
from domain.errors import DomainError, FieldChecks, FieldErrors, InvalidField, MissingField
from domain.member_line import citizens_account
from domain.phones import format_phone, normalise_phone
from domain.self_registration import (
    Registration,
    check_registration,
    has_registered,
    register_self,
)
from domain.settings import read_setting
from domain.thai_dates import parse_thai_date
from domain.thai_text import clean_text
from domain.throttle import Throttled
from domain.vault import Vault
from extensions import db, write_transaction
from models import LineState
from request_language import language

registering = Blueprint("registering", __name__, url_prefix="/line")

FIELDS: Final = ("title", "first_name", "last_name", "phone", "birth_date")
LONGEST: Final = {"title": 40, "first_name": 120, "last_name": 120, "phone": 40, "birth_date": 40}


@registering.after_request
def _keep_to_oneself(response: Response) -> Response:
    """Let nothing of a person stay in a shared browser, and tell no other site where one came from."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


@registering.get("/register")
def register() -> Any:
    """Show the form to whom LINE has named, after LINE was asked."""
    sub, way = named_by_line(REGISTER)
    if sub is None:
        return way or render_template("citizen/register_chat.html")
    if has_registered(db.session(), sub):
        return _done()
    return _form({}, {})


@registering.post("/register")
def check() -> Any:
    """Show what was typed once more; ``edit`` goes back to the form with it."""
    sub, way = named_by_line(REGISTER)
    if sub is None:
        return way or render_template("citizen/register_chat.html")
    typed = _typed()
    if "edit" in request.form:
        return _form(typed, {})
    try:
        wish = _wish(typed)
        check_registration(db.session(), _vault(), wish)
    except DomainError as error:
        return _form(typed, _told(error))
    return render_template(
        "citizen/register_check.html", typed=typed, wish=wish, phone=format_phone(wish.phone)
    )


@registering.post("/register/confirm")
def confirm() -> Any:
    """Register, and lead to the last page."""
    sub, way = named_by_line(REGISTER)
    if sub is None:
        return way or render_template("citizen/register_chat.html")
    typed = _typed()
    try:
        wish = _wish(typed)
        with write_transaction() as session:
            account = citizens_account(session, sub, LineState.UNKNOWN)
            register_self(session, _vault(), account, wish)
    except Throttled as error:
        page = _form(typed, _told(error), HTTPStatus.TOO_MANY_REQUESTS)
        return (*page, {"Retry-After": str(error.seconds)})
    except DomainError as error:
        if error.code == "registered_already":
            return _to_done()
        return _form(typed, _told(error))
    return _to_done()


@registering.get("/register/done")
def done() -> Any:
    """Say that it is done, and what can be done now."""
    sub, _way = named_by_line(REGISTER)
    if sub is None or not has_registered(db.session(), sub):
        return redirect(url_for(".register"), HTTPStatus.SEE_OTHER)
    return _done()


def _done() -> str:
    return render_template("citizen/register_done.html")


def _to_done() -> Any:
    return redirect(url_for(".done"), HTTPStatus.SEE_OTHER)


def _typed() -> dict[str, str]:
    """Return what the form's boxes hold, whole: what cannot be taken is shown again as it was typed."""
    return {name: request.form.get(name, "")[: 2 * LONGEST[name]] for name in FIELDS}


def _wish(typed: dict[str, str]) -> Registration:
    """Read the boxes.

    Raises:
        FieldErrors: everything that cannot be read, field by field.
    """
    checks = FieldChecks()
    read: dict[str, Any] = {"phone": "", "first_name": ""}
    for name in ("title", "first_name", "last_name"):
        with checks:
            text = clean_text(typed[name], max_length=LONGEST[name], field=name, multiline=False)
            if name == "first_name" and not text:
                raise MissingField(field=name)
            read[name] = text or None
    with checks:
        read["phone"] = normalise_phone(typed["phone"], field="phone")
    if typed["birth_date"].strip():
        with checks:
            read["birth_date"] = parse_thai_date(typed["birth_date"], field="birth_date", not_future=True)
    checks.done()
    return Registration(**read)


def _told(error: DomainError) -> dict[str, str]:
    """Return the words of an error by field; what belongs to none stands under the empty name."""
    parts: tuple[DomainError, ...] = tuple(error.errors) if isinstance(error, FieldErrors) else (error,)
    found: dict[str, str] = {}
    for part in parts:
        name = part.field if isinstance(part, InvalidField) and part.field in FIELDS else ""
        found.setdefault(name or "", part.message_in(language()))
    return found


def _form(
    typed: dict[str, str], errors: dict[str, str], status: HTTPStatus | None = None
) -> tuple[str, HTTPStatus]:
    refused = HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    page = render_template(
        "citizen/register_form.html",
        typed=typed,
        errors=errors,
        longest=LONGEST,
        municipality=str(read_setting(db.session(), "municipality_name")),
    )
    return page, status or refused


def _vault() -> Vault:
    vault: Vault = current_app.extensions["vault"]
    return vault
