"""The browser of the tests: each of its requests stands on its own, as on a real server.

The ``app`` fixture keeps an application context open for the test. A request made inside it would share
Flask's ``g`` with the test and with the request before it: who is signed in, the CSRF token, the database
session. So every request runs in an empty context, and its answer is read to the end there. What the test has
written is committed before: the request could not see it otherwise, and on SQLite it would wait for the lock.
"""

from __future__ import annotations

import contextvars
from typing import Any

from flask import current_app
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from extensions import db


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
