"""A LINE that answers about set-up as a test tells it to, and an app whose keys come from the screen."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Flask
from helpers.people import actor_named
from sqlalchemy import select
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from config import Settings
from domain.line_connections import keep_keys
from domain.line_setup import ask_for_test, last_test
from extensions import db, write_transaction
from line_hooks import keys as line_keys
from models import Job, JobKind, LineChannel
from worker import line_tests  # noqa: F401 - it registers the job
from worker.jobs import run_due

PUBLIC = "https://complaints.khonkaen.example"
CITIZEN, STAFF = LineChannel.CITIZEN, LineChannel.STAFF
TOKENS = {CITIZEN: "sim-citizen-token", STAFF: "sim-staff-token"}
SECRETS = {CITIZEN: "sim-citizen-secret", STAFF: "sim-staff-secret"}
ENDPOINT, TRIAL = "/v2/bot/channel/webhook/endpoint", "/v2/bot/channel/webhook/test"
MENU, INFO = "/v2/bot/user/all/richmenu", "/v2/bot/info"


@dataclass
class SetupLine:
    """What LINE says, by token; ``says`` overrides an answer as (status, body)."""

    url: str = ""
    endpoints: dict[str, str] = field(default_factory=dict)
    active: bool = True
    says: dict[tuple[str, str], tuple[int, dict[str, Any]]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.asked.append((request.method, request.path))
        if token not in TOKENS.values():
            return _said(401, {"message": "Authentication failed due to …"})
        told = self.says.get((request.method, request.path))
        return _said(*told) if told else _said(*self._usual(token, request))

    def _usual(self, token: str, request: Request) -> tuple[int, dict[str, Any]]:
        if request.path == ENDPOINT and request.method == "PUT":
            self.endpoints[token] = json.loads(request.get_data())["endpoint"]
            return 200, {}
        if request.path == ENDPOINT:
            if token not in self.endpoints:
                return 404, {"message": "Not found"}
            return 200, {"endpoint": self.endpoints[token], "active": self.active}
        who = "citizen" if token == TOKENS[CITIZEN] else "staff"
        usual: dict[str, tuple[int, dict[str, Any]]] = {
            INFO: (200, {"userId": f"U-{who}", "basicId": f"@{who}", "displayName": who, "chatMode": "bot"}),
            "/v2/bot/message/quota": (200, {"type": "limited", "value": 1000}),
            "/v2/bot/message/quota/consumption": (200, {"totalUsage": 120}),
            MENU: (404, {"message": "no default rich menu"}),
            TRIAL: (200, {"success": True, "statusCode": 200, "reason": "OK", "detail": "200"}),
        }
        return usual.get(request.path, (404, {"message": "Not found"}))


def _said(status: int, body: dict[str, Any]) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")


@contextmanager
def setup_line(app: Flask, public_url: str = PUBLIC) -> Iterator[SetupLine]:
    """Serve such a LINE; the environment names no keys, so that those of the screen count."""
    line = SetupLine()

    def wsgi(environ: Any, start: Any) -> Any:
        return line.answer(Request(environ))(environ, start)

    server = make_server("127.0.0.1", 0, wsgi, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    line.url = f"http://127.0.0.1:{server.server_port}"
    try:
        with screen_keys(app, line.url, public_url):
            yield line
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def screen_keys(app: Flask, url: str | None, public_url: str = PUBLIC) -> Iterator[None]:
    """Let the keys of the screen count, and LINE be at an address."""
    settings: Settings = app.extensions["settings"]
    without = {f"line_{one.value}_token": None for one in LineChannel}
    without |= {f"line_{one.value}_secrets": () for one in LineChannel}
    changed: dict[str, Any] = {**without, "line_api_url": url, "public_url": public_url}
    app.extensions["settings"] = replace(settings, **changed)
    app.extensions.pop(line_keys._EXTENSION, None)
    try:
        yield
    finally:
        app.extensions["settings"] = settings
        app.extensions.pop(line_keys._EXTENSION, None)


def paste(app: Flask, channel: LineChannel, token: str = "", secret: str = "") -> None:
    """Keep a channel's values, as the screen does."""
    with write_transaction() as session:
        keep_keys(
            session,
            actor_named(session, "admin"),
            app.extensions["vault"],
            channel,
            token=token or TOKENS[channel],
            secret=secret or SECRETS[channel],
        )


def try_out(
    app: Flask, channel: LineChannel = CITIZEN, *, set_webhook: bool = False
) -> dict[str, dict[str, Any]]:
    """Ask for a test, let the worker do it, and return the findings by code."""
    with write_transaction() as session:
        ask_for_test(session, actor_named(session, "admin"), channel, set_webhook=set_webhook)
    assert run_due(app) == 1
    db.session.rollback()
    state = last_test(db.session(), channel)
    assert not state.is_under_way
    assert state.tested_at is not None
    return {one["code"]: one for one in state.findings}


def line_jobs() -> list[Job]:
    db.session.rollback()
    return list(db.session.scalars(select(Job).where(Job.kind == JobKind.LINE_TEST).order_by(Job.id)))
