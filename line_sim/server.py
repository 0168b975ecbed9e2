"""The fake LINE over HTTP: as a blueprint, as an app of its own, or on a loopback port."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from wsgiref.types import WSGIApplication, WSGIEnvironment

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from line_sim import api_channel, api_menus, api_messages
from line_sim.answers import Call, Route, error
from line_sim.api_login import login_blueprint
from line_sim.records import JsonDict, SimChannel
from line_sim.spoiling import ANSWERS, refuse_production, spoil_after, spoil_before
from line_sim.state import LineState
from line_sim.webhooks import Webhooks

ROUTES = [*api_messages.ROUTES, *api_menus.ROUTES, *api_channel.ROUTES]


def line_api_blueprint(state: LineState, hooks: Webhooks | None = None) -> Blueprint:
    """Return the Messaging API as a blueprint. Faults that end a connection need werkzeug's own server."""
    api = Blueprint("line_sim_api", __name__)
    api.record_once(refuse_production)
    api.after_request(_stamp)
    api.register_error_handler(HTTPException, lambda fault: error(fault.code or 500, fault.name))
    known = hooks or Webhooks(state)
    for route in ROUTES:
        name = f"{route.method}-{route.path}".replace(".", "-")
        api.add_url_rule(route.path, name, _bound(state, known, route), methods=[route.method])
    return api


def _bound(state: LineState, hooks: Webhooks, route: Route) -> Callable[..., Response]:
    def view(**parts: str) -> Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        channel = state.channel_of_token(token) if scheme == "Bearer" else None
        fault = state.take(channel.key if channel else None, request.path)
        refusal = spoil_before(state, fault)
        if refusal is not None:
            return refusal
        if channel is None:
            return error(*ANSWERS["401"])
        refusal = _refusal_of(state, channel, route)
        return refusal or spoil_after(state, fault, route.answer(Call(state, hooks, channel), **parts))

    return view


def _refusal_of(state: LineState, channel: SimChannel, route: Route) -> Response | None:
    if "X-Line-Retry-Key" in request.headers and not route.takes_key:
        return error(400, "The header 'X-Line-Retry-Key' cannot be used with this API")
    return None if state.may_pass(channel.key, route.bucket) else error(*ANSWERS["429_rate"])


def _stamp(response: Response) -> Response:
    response.headers.setdefault("x-line-request-id", str(uuid.uuid4()))
    return response


@dataclass
class FakeLine:
    """The fake LINE: its memory, its webhooks and its API as a WSGI app."""

    state: LineState
    hooks: Webhooks
    wsgi_app: WSGIApplication

    def send_webhook(self, channel: str, events: Sequence[JsonDict]) -> int | None:
        """Post signed events to the app; its HTTP status, None when it did not answer."""
        return self.hooks.send(channel, events)


def make_fake_line(
    channels: Iterable[SimChannel] | None = None,
    *,
    journal: Path | None = None,
    clock: Callable[[], float] = time.time,
    allow_http: bool = False,
    strict: bool = True,
) -> FakeLine:
    """Build a fake LINE; nothing listens yet.

    Args:
        channels: The accounts; by default a citizen and a staff one with tokens ``sim-citizen-token``,
            ``sim-staff-token`` and secrets ``sim-citizen-secret``, ``sim-staff-secret``.
        journal: File to keep every accepted sending in; what it holds already is taken up.
        clock: Seconds since the epoch.
        allow_http: Take pictures over http, for a demo on one's own machine.
        strict: Check every body with the SDK's models; off for a bench.
    """
    accounts = channels or [
        SimChannel(key, f"sim-{key}-token", f"sim-{key}-secret") for key in ("citizen", "staff")
    ]
    state = LineState(
        {account.key: account for account in accounts},
        journal=journal,
        clock=clock,
        allow_http=allow_http,
        strict=strict,
    )
    hooks = Webhooks(state)
    app = Flask("line_sim", static_folder=None)
    # LINE asks for the exact path: one slash too many is not found.
    app.url_map.merge_slashes = False
    # A connection that is to break must reach the server as an exception, not as a page.
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.register_blueprint(line_api_blueprint(state, hooks))
    app.register_blueprint(login_blueprint(state, hooks))
    app.register_error_handler(HTTPException, lambda fault: error(fault.code or 500, fault.name))
    return FakeLine(state, hooks, app)


class _Handler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep request lines out of test output; what goes wrong is still told."""

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:
        """End the connection; werkzeug alone would keep it open for a next request."""
        self.close_connection = True


class FakeServer:
    """A fake LINE that listens on a loopback port; use it in a ``with`` or stop it."""

    def __init__(self, fake: FakeLine, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 is any free one."""
        self._fake = fake
        self._server: BaseWSGIServer = make_server(
            "127.0.0.1", port, fake.wsgi_app, threaded=True, request_handler=_Handler
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="fake-line", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Let go of what hangs, stop listening; from now on connections are refused."""
        self._fake.state.release()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> FakeServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve_in_thread(fake: FakeLine, port: int = 0) -> FakeServer:
    """Start the API in a thread; its address is ``.url``, the value for ``LINE_API_URL``."""
    return FakeServer(fake, port)
