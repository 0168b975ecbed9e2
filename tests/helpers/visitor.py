"""The browser of the tests, and an officer at his desk with one: each request stands on its own.

The ``app`` fixture keeps an application context open for the test. A request made inside it would share
Flask's ``g`` with the test and with the request before it: who is signed in, the CSRF token, the database
session. So every request runs in an empty context, and its answer is read to the end there. What the test has
written is committed before: the request could not see it otherwise, and on SQLite it would wait for the lock.
"""

from __future__ import annotations

import contextvars
import html
import re
from collections.abc import Callable
from typing import Any

from flask import Flask, current_app
from flask.testing import FlaskClient
from helpers.papers import raw_text
from werkzeug.test import TestResponse

from extensions import db

_TOKEN = re.compile(r'name="csrf[_-]token"[^>]*(?:value|content)="([^"]+)"')


class Visitor(FlaskClient):
    """A browser with cookies whose requests know nothing of the test around them."""

    def open(self, *args: Any, **options: Any) -> TestResponse:
        """Send one request, redirects included where they are followed."""
        _settle_test_session()
        send = super().open
        return contextvars.Context().run(lambda: send(*args, **{**options, "buffered": True}))


def _settle_test_session() -> None:
    if not current_app or "sqlalchemy" not in current_app.extensions:
        return
    session = db.session()
    if session.is_active:
        session.commit()
    else:
        session.rollback()


class Desk:
    """A browser, signed in or not, that sends each form with the CSRF token of its session."""

    def __init__(
        self, app: Flask, sign_in: Callable[[FlaskClient, str], FlaskClient], who: str | None
    ) -> None:
        self.client = app.test_client()
        if who is not None:
            sign_in(self.client, who)
        self._token: str | None = None

    def get(self, url: str, **options: Any) -> TestResponse:
        return self.client.get(url, **options)

    def post(
        self, url: str, data: dict[str, Any] | None = None, *, token: bool = True, **options: Any
    ) -> TestResponse:
        fields = dict(data or {})
        if token:
            fields["csrf_token"] = self.token()
        return self.client.post(url, data=fields, **options)

    def token(self) -> str:
        """Return the CSRF token of this session, as the pages give it out."""
        if self._token is None:
            page = text_of(self.get("/admin/account"))
            found = _TOKEN.search(page)
            assert found, "the account page gives out no CSRF token"
            self._token = html.unescape(found.group(1))
        return self._token

    def form(self, url: str) -> dict[str, Any]:
        """Return the fields of the page's main form as a browser would send them back."""
        return fields_of(text_of(self.get(url)))


def text_of(response: TestResponse) -> str:
    """What a person reads of an answer, a paper too."""
    if response.mimetype == "application/pdf":
        return raw_text(response.data)
    return response.get_data(as_text=True)


def fields_of(page: str) -> dict[str, Any]:
    """Return names and values of the last big form on a page: boxes, ticked boxes, chosen options."""
    forms = re.findall(r"<form\b[^>]*class=\"form-page\".*?</form>", page, flags=re.DOTALL)
    assert forms, "no form on this page"
    return {**_inputs(forms[-1]), **_areas(forms[-1]), **_selects(forms[-1])}


def _inputs(form: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        name, kind = _attribute(tag, "name"), _attribute(tag, "type") or "text"
        ticked = kind not in {"checkbox", "radio"} or re.search(r"\bchecked\b", tag)
        if name and name != "csrf_token" and ticked and kind not in {"submit", "file"}:
            found[name] = _attribute(tag, "value") or ("y" if kind == "checkbox" else "")
    return found


def _areas(form: str) -> dict[str, Any]:
    areas = re.findall(r"<textarea\b([^>]*)>(.*?)</textarea>", form, flags=re.DOTALL)
    return {_attribute(tag, "name"): html.unescape(text).lstrip("\r\n") for tag, text in areas}


def _selects(form: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for tag, inside in re.findall(r"<select\b([^>]*)>(.*?)</select>", form, flags=re.DOTALL):
        options = re.findall(r"<option\b([^>]*)>", inside)
        chosen = [_attribute(option, "value") for option in options if re.search(r"\bselected\b", option)]
        if "multiple" in tag:
            found[_attribute(tag, "name")] = chosen
        elif options:
            found[_attribute(tag, "name")] = chosen[0] if chosen else _attribute(options[0], "value")
    return found


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return html.unescape(found.group(1)) if found else ""
