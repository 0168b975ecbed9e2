"""The fake LINE's Messaging API over HTTP: as a blueprint, as an app of its own, or on a loopback port."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from wsgiref.types import WSGIApplication, WSGIEnvironment

from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from line_sim.checks import Finding, check_body
from line_sim.state import FaultKind, LineState, Sending, SimChannel, digest_of
from line_sim.webhooks import Webhooks

JsonDict = dict[str, Any]

MAX_BODY_BYTES = 2 * 1024 * 1024
_ANSWERS: dict[str, tuple[int, str]] = {
    "401": (401, "Authentication failed due to the following reason: invalid token."),
    "403": (403, "Access to this API is not available for your account"),
    "429_rate": (429, "The API rate limit has been exceeded. Try again later."),
    "429_month": (429, "You have reached your monthly limit."),
    "500": (500, "Internal error occurred"),
    "500_after_accept": (500, "Internal error occurred"),
}
_PROXY_PAGE = "<html><body><h1>Bad Gateway</h1></body></html>"


def line_api_blueprint(state: LineState) -> Blueprint:
    """Return the API as a blueprint. Faults that end a connection need werkzeug's own server."""
    api = Blueprint("line_sim_api", __name__)
    api.before_request(lambda: _before(state))
    api.after_request(_stamp)
    api.register_error_handler(HTTPException, lambda fault: _error(fault.code or 500, fault.name))
    base = "/v2/bot"
    routes: list[tuple[str, str, Callable[..., Response]]] = [
        ("POST", "/message/push", _push),
        ("POST", "/message/reply", _reply),
        ("GET", "/message/quota", _quota),
        ("GET", "/message/quota/consumption", _consumption),
        ("GET", "/message/<message_id>/content", _content),
        ("GET", "/info", _bot_info),
        ("GET", "/profile/<user_id>", _profile),
    ]
    for method, path, answer in routes:
        api.add_url_rule(base + path, answer.__name__, _bound(state, answer), methods=[method])
    return api


def _bound(state: LineState, answer: Callable[..., Response]) -> Callable[..., Response]:
    def view(**parts: str) -> Response:
        response = answer(state, g.line_channel, **parts)
        return _spoil(state, g.line_fault, response)

    return view


def _before(state: LineState) -> Response | None:
    """Find the channel of the token, and let a scripted failure happen that comes before any work."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    channel = state.channel_of_token(token) if scheme == "Bearer" else None
    fault = state.take_fault(channel.key if channel else None, request.path)
    g.line_channel, g.line_fault = channel, fault
    if fault == "refuse":
        raise ConnectionResetError("the fake LINE ends the connection")
    if fault == "hang":
        state.hold()
        raise ConnectionResetError("the fake LINE never answers")
    if fault in {"502_html", "200_html"}:
        return Response(_PROXY_PAGE, int(fault[:3]), mimetype="text/html")
    if fault in _ANSWERS and fault != "500_after_accept":
        return _error(*_ANSWERS[fault])
    return None if channel else _error(*_ANSWERS["401"])


def _spoil(state: LineState, fault: FaultKind | None, response: Response) -> Response:
    """Let a scripted failure happen that comes after the work is done."""
    if fault == "timeout_after_accept":
        state.hold()
    if fault == "lost_response":
        raise ConnectionResetError("the fake LINE loses its answer")
    return _error(*_ANSWERS["500_after_accept"]) if fault == "500_after_accept" else response


def _stamp(response: Response) -> Response:
    response.headers.setdefault("x-line-request-id", str(uuid.uuid4()))
    return response


def _push(state: LineState, channel: SimChannel) -> Response:
    retry_key = request.headers.get("X-Line-Retry-Key", "")
    if retry_key and not _is_uuid(retry_key):
        return _error(400, "The value for the 'X-Line-Retry-Key' header is invalid")
    body = _body()
    if isinstance(body, Response):
        return body
    with state.lock:
        before = state.accepted_before(channel.key, retry_key) if retry_key else None
        if before is not None:
            return _repeated(state, before, body)
        return _refusal_of_push(state, channel, body) or _sent(
            state.accept(channel, body["to"], body["messages"], "push", retry_key)
        )


def _refusal_of_push(state: LineState, channel: SimChannel, body: JsonDict) -> Response | None:
    findings = check_body("push", body, allow_http=state.allow_http)
    if findings:
        return _bad_body(findings)
    if not _is_recipient(body["to"]):
        return _error(400, "The property, 'to', in the request body is invalid (line: -, column: -)")
    if body["to"] not in state.users:
        return _error(400, "Failed to send messages")
    return _error(*_ANSWERS["429_month"]) if state.is_exhausted(channel) else None


def _repeated(state: LineState, before: Sending, body: JsonDict) -> Response:
    if digest_of(body.get("to", ""), body.get("messages", [])) != before.digest:
        state.misuse.append(f"retry key {before.retry_key} came back with another body")
    answer = {"message": "The retry key is already accepted", "sentMessages": _sent_list(before)}
    return _json(409, answer, {"x-line-accepted-request-id": before.request_id})


def _reply(state: LineState, channel: SimChannel) -> Response:
    if "X-Line-Retry-Key" in request.headers:
        return _error(400, "The header 'X-Line-Retry-Key' cannot be used with this API")
    body = _body()
    if isinstance(body, Response):
        return body
    findings = check_body("reply", body, allow_http=state.allow_http)
    if findings:
        return _bad_body(findings)
    user_id = state.spend_reply_token(channel.key, body["replyToken"])
    if user_id is None:
        return _error(400, "Invalid reply token")
    return _sent(state.accept(channel, user_id, body["messages"], "reply"))


def _quota(state: LineState, channel: SimChannel) -> Response:
    if channel.quota_limit is None:
        return _json(200, {"type": "none"})
    return _json(200, {"type": "limited", "value": channel.quota_limit})


def _consumption(state: LineState, channel: SimChannel) -> Response:
    return _json(200, {"totalUsage": channel.used})


def _content(state: LineState, channel: SimChannel, message_id: str) -> Response:
    content = state.contents.get(message_id)
    if content is None or content.status != 200:
        return _error(content.status if content else 404, "Not found")
    return Response(content.body, 200, content_type=content.content_type)


def _bot_info(state: LineState, channel: SimChannel) -> Response:
    return _json(
        200,
        {
            "userId": channel.bot_user_id,
            "basicId": f"@sim-{channel.key}",
            "displayName": channel.display_name or channel.key,
            "chatMode": "bot",
            "markAsReadMode": "auto",
        },
    )


def _profile(state: LineState, channel: SimChannel, user_id: str) -> Response:
    user = state.users.get(user_id)
    if user is None or not state.is_friend(channel.key, user_id):
        return _error(404, "Not found")
    return _json(200, {"userId": user_id, "displayName": user.display_name, "language": "th"})


def _body() -> JsonDict | Response:
    if (request.content_length or 0) > MAX_BODY_BYTES:
        return _error(413, "Request exceeds the max size of 2MB. Make the request smaller than 2MB.")
    if request.mimetype != "application/json":
        return _error(415, "Unsupported media type")
    try:
        body = json.loads(request.get_data())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return _error(400, "The request body could not be parsed as JSON")
    return body


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _is_recipient(to: object) -> bool:
    return isinstance(to, str) and len(to) == 33 and to[0] == "U" and set(to[1:]) <= set("0123456789abcdef")


def _sent(sending: Sending) -> Response:
    return _json(200, {"sentMessages": _sent_list(sending)}, {"x-line-request-id": sending.request_id})


def _sent_list(sending: Sending) -> list[JsonDict]:
    return [{"id": one, "quoteToken": f"q{one}"} for one in sending.sent_ids]


def _bad_body(findings: Sequence[Finding]) -> Response:
    details = [{"message": message, "property": place} for place, message in findings]
    return _json(400, {"message": f"The request body has {len(details)} error(s)", "details": details})


def _error(status: int, message: str) -> Response:
    return _json(status, {"message": message})


def _json(status: int, body: JsonDict, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, headers, mimetype="application/json")


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
) -> FakeLine:
    """Build a fake LINE; nothing listens yet.

    Args:
        channels: The accounts; by default a citizen and a staff one with tokens ``sim-citizen-token``,
            ``sim-staff-token`` and secrets ``sim-citizen-secret``, ``sim-staff-secret``.
        journal: File to keep every accepted sending in; what it holds already is taken up.
        clock: Seconds since the epoch.
        allow_http: Take pictures over http, for a demo on one's own machine.
    """
    accounts = channels or [
        SimChannel(key, f"sim-{key}-token", f"sim-{key}-secret") for key in ("citizen", "staff")
    ]
    state = LineState(
        {account.key: account for account in accounts}, journal=journal, clock=clock, allow_http=allow_http
    )
    app = Flask("line_sim", static_folder=None)
    # LINE asks for the exact path: one slash too many is not found.
    app.url_map.merge_slashes = False
    # A connection that is to break must reach the server as an exception, not as a page.
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.register_blueprint(line_api_blueprint(state))
    app.register_error_handler(HTTPException, lambda fault: _error(fault.code or 500, fault.name))
    return FakeLine(state, Webhooks(state), app)


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
