"""Doors for whoever comes from LINE: his case, or all of his cases, without code and password.

LINE says who it is by an ID token that it verifies for us (line.md §4.2); the browser tells us nothing we
believe. Where there is no LINE Login, or LINE does not answer, or the person turns back, the ordinary door
stands open. There is no LIFF page: an ordinary address opened in a chat comes in LINE's own browser, where
LINE Login signs in by itself.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from citizen.pages import asked_again
from citizen.visitors import (
    PendingLogin,
    begin_identity,
    begin_login,
    forget_identity,
    hold_by_line,
    holder,
    line_sub,
    stay,
    take_login,
)
from config import Settings
from domain.errors import DomainError
from domain.labels import use_state_words
from domain.line_identity import (
    LIMITS,
    PURPOSE,
    LoginChannel,
    Whose,
    cases_of,
    latest_cases,
    login_channel,
    reach_of,
    sub_of,
    whose_is,
)
from domain.line_ids import is_line_user_id
from domain.line_requests import waiting_request
from domain.settings import read_setting
from domain.throttle import Throttled, address_key, admit, withdraw
from domain.tracking import LONGEST_CODE, clean_code
from domain.vault import Vault
from extensions import db, write_transaction
from line_hooks.login_api import LoginGateway, authorize_address
from models import Complaint
from request_language import language

logger = logging.getLogger(__name__)

line_identity = Blueprint("line_identity", __name__, url_prefix="/line")

LONGEST_ANSWER: Final = 1000
REGISTER: Final = "register"
"""In the place of a case's code: back from LINE one goes on registering; codes begin with the year."""
CANCELLED: Final = frozenset({"access_denied", "ACCESS_DENIED"})


@line_identity.before_request
def _speak_as_the_town() -> None:
    use_state_words(read_setting(db.session(), "state_words"))


@line_identity.after_request
def _keep_the_address(response: Response) -> Response:
    """Tell no other site where one came from: the way back from LINE carries a code."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


@line_identity.get("/open/<code>")
def open_case(code: str) -> Any:
    """Open a case for whoever LINE says it is, else the door that asks for code and password."""
    return _enter(code[:LONGEST_CODE])


@line_identity.get("/mine")
def mine() -> Any:
    """List the person's own and followed cases."""
    return _enter("")


@line_identity.get("/login/callback")
def callback() -> Any:
    """Take the person back from LINE."""
    begun = take_login(request.args.get("state", "")[:LONGEST_ANSWER])
    if begun is None:  # Used before, too old, begun in another browser, or auto login that failed.
        flash(gettext("การเข้าด้วย LINE ครั้งนี้ใช้ไม่ได้แล้ว กรุณากดเข้าด้วย LINE อีกครั้ง หรือใส่รหัสติดตามกับรหัสผ่าน"), "info")
        return _door("", manual=True)
    if "error" in request.args:
        return _turned_back(begun, request.args["error"])
    code = request.args.get("code", "")
    if not code or len(code) > LONGEST_ANSWER:
        return _turned_back(begun, "no_code")
    try:
        sub = _identified(begun, code)
    except Throttled as error:
        waits = {"Retry-After": str(error.seconds)}
        code = "" if begun.code == REGISTER else begun.code
        return asked_again(code, error, HTTPStatus.TOO_MANY_REQUESTS, waits)
    except DomainError as error:
        flash(error.message_in(language()), "warning")
        return _door(begun.code, manual=True)
    begin_identity(sub)
    return _onward(begun.code)


@line_identity.post("/leave")
def leave() -> Any:
    """End the visit on this device."""
    forget_identity()
    return redirect(url_for("citizen.home"), HTTPStatus.SEE_OTHER)


def _enter(code: str) -> Any:
    """Lead on to a case, or to the list when the code is empty."""
    visitor = holder()
    if visitor and not visitor.by_line and code and _is_held(visitor.complaint_id, code):
        return _to_case()
    sub, way = named_by_line(code)
    if sub is not None:
        return _case(sub, code) if code else _list(sub)
    if way is None:
        flash(gettext("ใส่รหัสติดตามกับรหัสผ่านเพื่อดูเรื่องของท่าน"), "info")
        return _door(code)
    return way


def named_by_line(target: str) -> tuple[str | None, Any]:
    """Return whom LINE has named on this visit; else the way to LINE, which leads back to the target.

    Args:
        target: Code of a case, empty for the list, or ``REGISTER``.

    Returns:
        The LINE user id, or None and an answer that leads to LINE; that is None too without LINE Login.
    """
    sub, played = line_sub(), _played_by()
    if played and played != sub:  # Another phone of the simulator in the same browser.
        forget_identity()
        sub = None
    if sub is not None:
        stay()
        return sub, None
    channel = login_channel(db.session(), _vault())
    return None, _to_line(channel, target, played) if channel is not None else None


def _case(sub: str, code: str) -> Any:
    reach = reach_of(db.session(), sub, code)
    if reach is not None:
        hold_by_line(reach)
        return _to_case()
    if not _is_known(sub):
        flash(_unbound_words(), "info")
    else:
        flash(gettext("เรื่องนี้ไม่ได้ผูกกับบัญชี LINE ของท่าน ใส่รหัสผ่านเพื่อดู"), "info")
    return _door(code)


def _list(sub: str) -> Any:
    whose = whose_is(db.session(), sub)
    if whose is None or not _has_any(whose):
        flash(_unbound_words(), "info")
        return _door("")
    typed = request.args.get("page", "1")
    page = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= 4 else 1
    cases, has_more = cases_of(db.session(), whose, language(), page)
    return render_template("citizen/mine.html", cases=cases, page=max(page, 1), has_more=has_more)


def _is_known(sub: str) -> bool:
    whose = whose_is(db.session(), sub)
    return whose is not None and _has_any(whose)


def _has_any(whose: Whose) -> bool:
    """Tell whether there is a list to show: a member's may be empty, a mere account's says nothing then."""
    if whose.member_id is not None or bool(latest_cases(db.session(), whose, 1)):
        return True
    # Who has registered and waits for the centre sees what somebody new to us sees.
    return waiting_request(db.session(), whose.account_id) is not None


def _unbound_words() -> str:
    return gettext("บัญชี LINE นี้ยังไม่ได้ผูกกับข้อมูลผู้แจ้งเรื่อง ใส่รหัสติดตามกับรหัสผ่านเพื่อดูเรื่องได้เลย หรือโทรให้เจ้าหน้าที่ช่วยค้น")


def _to_line(channel: LoginChannel, code: str, played: str) -> Any:
    """Send the browser to LINE with a state, a nonce and a challenge of its own."""
    state, begun = begin_login(code)
    extra = {"disable_auto_login": "true"} if "manual" in request.args else {}
    if played:
        extra["sim_user"] = played
    address = authorize_address(
        _settings().line_pages_url or _settings().line_api_url,
        channel,
        redirect_uri=_redirect_uri(),
        state=state,
        nonce=begun.nonce,
        verifier=begun.verifier,
        language=language(),
        extra=extra,
    )
    return redirect(address, HTTPStatus.SEE_OTHER)


def _identified(begun: PendingLogin, code: str) -> str:
    """Return the LINE user id behind an authorization code; no transaction is open meanwhile."""
    channel = login_channel(db.session(), _vault())
    if channel is None:
        raise DomainError("line_login_unreachable")
    with write_transaction() as writing:
        attempts = admit(writing, PURPOSE, {"ip": address_key(request.remote_addr)}, LIMITS)
    gateway = LoginGateway(channel, _settings().line_api_url)
    claims = gateway.claims(
        code=code, verifier=begun.verifier, redirect_uri=_redirect_uri(), nonce=begun.nonce
    )
    sub = sub_of(claims, channel, begun.nonce)
    with write_transaction() as writing:
        withdraw(writing, attempts)
    return sub


def _turned_back(begun: PendingLogin, why: str) -> Any:
    if begun.code == REGISTER:
        flash(gettext("ไม่ได้เข้าด้วย LINE เพิ่มเพื่อนแล้วพิมพ์ ลงทะเบียน ในแชตแทนได้"), "info")
    elif why in CANCELLED:
        flash(gettext("ไม่ได้เข้าด้วย LINE ใส่รหัสติดตามกับรหัสผ่านแทนได้"), "info")
    else:
        logger.warning("LINE Login came back with an error", extra={"line_fault": why[:40]})
        flash(gettext("เข้าด้วย LINE ไม่สำเร็จ ใส่รหัสติดตามกับรหัสผ่านแทนได้"), "warning")
    return _door(begun.code, manual=True)


def _door(code: str, *, manual: bool = False) -> Any:
    """Lead to the ordinary door; after a failure its way through LINE asks instead of trying by itself."""
    if code == REGISTER:  # Registering has no other door on the web than LINE; the chat is one.
        return redirect(url_for("line_joining.join"), HTTPStatus.SEE_OTHER)
    arguments = {"code": code} if code else {}
    if manual:
        arguments["manual"] = "1"
    return redirect(url_for("citizen.track", **arguments), HTTPStatus.SEE_OTHER)


def _onward(code: str) -> Any:
    if code == REGISTER:
        return redirect(url_for("registering.register"), HTTPStatus.SEE_OTHER)
    address = url_for(".open_case", code=code) if code else url_for(".mine")
    return redirect(address, HTTPStatus.SEE_OTHER)


def _to_case() -> Any:
    return redirect(url_for("citizen.tracked"), HTTPStatus.SEE_OTHER)


def _is_held(complaint_id: int, code: str) -> bool:
    held = db.session.get(Complaint, complaint_id)
    return held is not None and held.public_code == clean_code(code)


def _redirect_uri() -> str:
    return f"{_settings().public_url}{url_for('line_identity.callback')}"


def _played_by() -> str:
    """Return whose phone of the simulator opened this; there is none where LINE itself is asked."""
    asked = request.args.get("sim_user", "")
    return asked if _settings().line_api_url is not None and is_line_user_id(asked) else ""


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def _vault() -> Vault:
    vault: Vault = current_app.extensions["vault"]
    return vault
