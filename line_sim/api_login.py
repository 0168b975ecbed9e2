"""LINE's own pages and tokens: sign-in, account link, ID tokens, stateless tokens; no token opens them.

Real LINE asks people who they are; here they say so by a press: a list of the demo's people, plainly marked
จำลอง. ``sim_user`` in the address, or the cookie ``line_sim_user`` of a phone, answers before the question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from line_sim.answers import error, ok
from line_sim.login import LoginProblem
from line_sim.login_pages import COOKIE, choice, notice, uncached, who
from line_sim.records import STATELESS_TOKEN_SECONDS, JsonDict
from line_sim.spoiling import refuse_production, spoil_after, spoil_before
from line_sim.state import LineState
from line_sim.webhooks import Webhooks

__all__ = ["COOKIE", "login_blueprint"]


def login_blueprint(state: LineState, hooks: Webhooks) -> Blueprint:
    """Return what stands on ``access.line.me`` and the token addresses of ``api.line.me``."""
    pages = Blueprint("line_sim_login", __name__)
    pages.record_once(refuse_production)
    routes: list[tuple[str, str, Callable[[], Response]]] = [
        ("GET", "/oauth2/v2.1/authorize", lambda: authorize(state)),
        ("GET", "/dialog/bot/accountLink", lambda: account_link(state, hooks)),
        ("POST", "/oauth2/v2.1/token", lambda: token(state, request.form)),
        ("POST", "/oauth2/v2.1/verify", lambda: verify(state, request.form)),
        ("GET", "/oauth2/v2.1/verify", lambda: access_info(state)),
        ("GET", "/oauth2/v2.1/certs", lambda: ok(state.certs())),
        ("GET", "/v2/profile", lambda: own_profile(state)),
        ("POST", "/oauth2/v3/token", lambda: stateless_token(state, request.form)),
    ]
    for method, path, answer in routes:
        name = f"{method}-{path}".replace(".", "-")
        pages.add_url_rule(path, name, _bound(state, answer), methods=[method])
    return pages


def _bound(state: LineState, answer: Callable[[], Response]) -> Callable[[], Response]:
    def view() -> Response:
        fault = state.take(None, request.path)
        return spoil_before(state, fault) or spoil_after(state, fault, answer())

    return view


# Sign-in


def authorize(state: LineState) -> Response:
    """Ask who signs in, and send them back with a code."""
    asked = request.args
    problem = _problem_of(state, asked)
    if problem:
        return notice("no_sign_in", problem, 400)
    if asked.get("sim_deny"):
        back = {"error": "access_denied", "error_description": "The resource owner denied the request."}
        return _back(asked["redirect_uri"], back)
    user = who(state.users)
    if user is None:
        return choice("sign_in", list(state.users.values()), may_refuse=True)
    code = state.issue_login_code(
        user.user_id,
        asked["client_id"],
        asked["redirect_uri"],
        scope=asked["scope"],
        nonce=asked.get("nonce", ""),
        challenge=asked.get("code_challenge", ""),
    )
    return _back(asked["redirect_uri"], {"code": code})


def _problem_of(state: LineState, asked: Mapping[str, str]) -> str:
    """Return what LINE would say of a request to sign in; empty when it is in order."""
    if asked.get("response_type") != "code":
        return "response_type must be code"
    if asked.get("client_id") not in state.login_channels:
        return "invalid client_id"
    if urlsplit(asked.get("redirect_uri", "")).scheme not in {"https", "http"}:
        return "invalid redirect_uri"
    if not asked.get("state") or not asked.get("scope"):
        return "state and scope are required"
    if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
        return "code_challenge_method must be S256"
    return ""


def _back(redirect_uri: str, answer: Mapping[str, str]) -> Response:
    joint = "&" if urlsplit(redirect_uri).query else "?"
    query = urlencode({**answer, "state": request.args["state"]})
    return uncached(Response("", 302, {"Location": f"{redirect_uri}{joint}{query}"}))


def token(state: LineState, form: MultiDict[str, str]) -> Response:
    """Exchange a code for tokens."""
    if form.get("grant_type") != "authorization_code":
        return _refused(LoginProblem("unsupported_grant_type", "unsupported grant_type"))
    names = ("code", "client_id", "client_secret", "redirect_uri", "code_verifier")
    try:
        return uncached(ok(state.exchange_login_code(*(form.get(name, "") for name in names))))
    except LoginProblem as problem:
        return _refused(problem)


def verify(state: LineState, form: MultiDict[str, str]) -> Response:
    """Tell what an ID token says, when it is genuine."""
    if not form.get("id_token") or not form.get("client_id"):
        return _refused(LoginProblem("invalid_request", "id_token and client_id are required"))
    names = ("id_token", "client_id", "nonce", "user_id")
    try:
        return ok(state.verify_id_token(*(form.get(name, "") for name in names)))
    except LoginProblem as problem:
        return _refused(problem)


def access_info(state: LineState) -> Response:
    """Tell whose channel an access token is of, and how long it is good for."""
    known = state.access_of(request.args.get("access_token", ""))
    if known is None:
        return _refused(LoginProblem("invalid_request", "access token expired"))
    return ok({name: known[name] for name in ("scope", "client_id", "expires_in")})


def own_profile(state: LineState) -> Response:
    """Tell the profile of whoever an access token belongs to."""
    known = state.access_of(request.headers.get("Authorization", "").removeprefix("Bearer "))
    user = state.users.get(known["user_id"]) if known else None
    if user is None:
        return error(401, "The access token expired")
    return ok({"userId": user.user_id, "displayName": user.display_name})


def stateless_token(state: LineState, form: MultiDict[str, str]) -> Response:
    """Issue an access token of a Messaging API channel for a quarter of an hour."""
    if form.get("grant_type") != "client_credentials":
        return _refused(LoginProblem("unsupported_grant_type", "unsupported grant_type"))
    for channel in state.channels.values():
        if (channel.channel_id, channel.secret) == (form.get("client_id"), form.get("client_secret")):
            issued: JsonDict = {"access_token": state.issue_stateless_token(channel.key)}
            return uncached(ok({"token_type": "Bearer", **issued, "expires_in": STATELESS_TOKEN_SECONDS}))
    return _refused(LoginProblem("invalid_client", "invalid client_id or client_secret"))


# Account link


def account_link(state: LineState, hooks: Webhooks) -> Response:
    """Bind a LINE account to one of ours: an event tells the app; an old token brings a page and no event."""
    nonce = request.args.get("nonce", "")
    if not 10 <= len(nonce) <= 255:
        return notice("not_linked", "nonce", 400)
    user = who(state.users)
    if user is None:
        return choice("link", list(state.users.values()))
    known = state.spend_link_token(request.args.get("linkToken", ""))
    if known is None:
        return notice("not_linked", "old", 400)
    is_owner = known.user_id == user.user_id
    event = hooks.account_link(known.channel, known.user_id, nonce, "ok" if is_owner else "failed")
    hooks.send(known.channel, [event])
    if not is_owner:
        return notice("not_linked", "not_yours", 400)
    return notice("linked", "go_back")


def _refused(problem: LoginProblem) -> Response:
    return uncached(ok({"error": problem.error, "error_description": str(problem)}, 400))
