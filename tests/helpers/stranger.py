"""A person in front of the door: a browser of its own, pages with CSRF tokens, a phone with codes."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from helpers.people import officer_named
from werkzeug.test import TestResponse

from config import DEMO_PASSWORD
from domain.clock import now
from domain.second_factor import confirm_totp, enrol_totp
from domain.sign_in import actor_of
from extensions import write_transaction

SIGN_IN = "/admin/sign-in"
_FIELD = r'name="{}"[^>]*value="([^"]*)"'


class Stranger:
    """A person with a browser (helpers/visitor.py) who fills in forms."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()

    def get(self, url: str, **options: Any) -> TestResponse:
        return self.client.get(url, **options)

    def post(
        self, url: str, data: dict[str, Any] | None = None, *, page: str = SIGN_IN, **options: Any
    ) -> TestResponse:
        """Send a form with the CSRF token a page gives out."""
        return self.send(url, {**(data or {}), "csrf_token": self.token(page)}, **options)

    def send(self, url: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form as it is."""
        return self.client.post(url, data=data or {}, **options)

    def token(self, page: str = SIGN_IN) -> str:
        found = field_of(self.get(page), "csrf_token")
        assert found, f"{page} gives out no CSRF token"
        return found

    def sign_in(self, username: str, password: str = DEMO_PASSWORD, **more: str) -> TestResponse:
        return self.post(SIGN_IN, {"username": username, "password": password, **more})

    @property
    def is_in(self) -> bool:
        return self.get("/admin/account").status_code == 200

    @property
    def cookie(self) -> str:
        found = self.client.get_cookie("session")
        assert found, "the browser holds no session cookie"
        return found.value

    def copy(self) -> Stranger:
        """Return another browser that holds a copy of this one's session cookie."""
        other = Stranger(self.app)
        other.client.set_cookie("session", self.cookie)
        return other


class Phone:
    """An authenticator app; each code it gives is a new one."""

    def __init__(self, secret: str) -> None:
        self._totp = pyotp.TOTP(secret.replace(" ", ""))
        self._given: set[str] = set()

    def code(self) -> str:
        for seconds in (-30, 0, 30):
            code = self._totp.at(now() + timedelta(seconds=seconds))
            if code not in self._given:
                self._given.add(code)
                return code
        raise AssertionError("no code is left in this half minute")


def phone_of(app: Flask, username: str) -> tuple[Phone, list[str]]:
    """Enrol an officer and return his phone and his recovery codes."""
    with app.app_context(), write_transaction() as session:
        user = officer_named(session, username)
        enrolment = enrol_totp(app.extensions["vault"], user, "Town")
        phone = Phone(enrolment.secret)
        codes = confirm_totp(
            session, actor_of(user), app.extensions["vault"], user, enrolment.sealed, phone.code()
        )
    return phone, codes


def field_of(page: TestResponse, name: str) -> str:
    """Return the value of a field on a page, empty when it is not there."""
    found = re.search(_FIELD.format(name), text_of(page))
    return html.unescape(found.group(1)) if found else ""


def text_of(page: TestResponse) -> str:
    return page.get_data(as_text=True)


def secret_of(page: TestResponse) -> str:
    """Return the secret a page shows for typing into an authenticator app."""
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', text_of(page))
    assert found, "the page shows no secret"
    return found.group(1).replace(" ", "")
