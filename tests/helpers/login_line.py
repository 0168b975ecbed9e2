"""A LINE Login that says what a test tells it to, true or forged, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from helpers.casework import member_of
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from domain.clock import now
from domain.settings import write_setting
from models import LineAccount

CHANNEL_ID = "1650000000"
SECRET = "sim-login-secret"
ID_TOKEN = "header.payload-of-a-token.signature"
CODE = "the-code-of-LINE"


@dataclass
class LoginLine:
    """What LINE answers.

    Attributes:
        url: Where it listens.
        sub: Who signs in.
        changes: Claims that are not as they should be.
        statuses: By the last word of the path, another status than 200.
        asked: Path and fields of every request, in order.
    """

    url: str = ""
    sub: str = f"U{1:032x}"
    changes: dict[str, Any] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def answer(self, path: str, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Answer as LINE Login does."""
        self.asked.append((path, fields))
        what = path.rpartition("/")[2]
        status = self.statuses.get(what, 200)
        if status != 200:
            return status, {"error": "invalid_request", "error_description": "Invalid IdToken."}
        if what == "token":
            return 200, {"id_token": ID_TOKEN, "access_token": "an-access-token", "token_type": "Bearer"}
        claims = {
            "iss": "https://access.line.me",
            "sub": self.sub,
            "aud": fields["client_id"],
            "exp": int(now().timestamp()) + 3600,
            "iat": int(now().timestamp()),
            "nonce": fields["nonce"],
            "amr": ["linesso"],
        }
        return 200, {name: value for name, value in {**claims, **self.changes}.items() if value is not None}


@contextmanager
def login_line(app: Flask, session: Session) -> Iterator[LoginLine]:
    """Set LINE Login up in the town and let it listen on loopback."""
    line = LoginLine()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, data = line.answer(self.path, {name: one[0] for name, one in parse_qs(raw).items()})
            body = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    line.url = f"http://127.0.0.1:{server.server_address[1]}"
    settings = app.extensions["settings"]
    app.extensions["settings"] = replace(settings, line_api_url=line.url)
    set_up_login(app, session)
    try:
        yield line
    finally:
        app.extensions["settings"] = settings
        server.shutdown()
        thread.join()
        server.server_close()


def set_up_login(app: Flask, session: Session) -> None:
    """Give the town a LINE Login channel."""
    write_setting(session, "line_login_channel_id", CHANNEL_ID)
    write_setting(session, "line_login_secret", app.extensions["vault"].encrypt(SECRET))
    session.commit()


def asked_of_line(reply: TestResponse) -> dict[str, str]:
    """Return the arguments with which a browser was sent to LINE."""
    address = urlsplit(reply.location)
    assert address.path == "/oauth2/v2.1/authorize", reply.location
    return {name: one[0] for name, one in parse_qs(address.query).items()}


def come_back(client: FlaskClient, asked: dict[str, str], **changes: str) -> TestResponse:
    """Return from LINE with a code, as the browser does after signing in."""
    arguments = {"code": CODE, "state": asked["state"], **changes}
    return client.get("/line/login/callback", query_string=arguments)


def sign_in_with_line(client: FlaskClient, address: str = "/line/mine") -> TestResponse:
    """Open an address from a chat and come back from LINE; return the answer to that."""
    return come_back(client, asked_of_line(client.get(address)))


def line_id(session: Session, phone: str = "+66812345678") -> str:
    """Return the LINE user id of a citizen, made where there is none."""
    member = member_of(session, phone)
    account = session.scalars(select(LineAccount).where(LineAccount.member_id == member.id)).one()
    return account.line_user_id


def page(client: FlaskClient, address: str) -> str:
    """Return where an address leads in the end."""
    reply = client.get(address, follow_redirects=True)
    assert reply.status_code == 200
    return reply.get_data(as_text=True)


def is_ordinary_door(reply: TestResponse) -> bool:
    """Tell whether one is led to where code and password are asked."""
    return reply.status_code == 303 and reply.location.partition("?")[0] == "/track"
