"""Who is at this browser: the holder of one complaint's code and password, or somebody LINE has named.

Both are short: half an hour since the last look, as many share a phone or sit in an internet shop. What LINE
said is looked up again at each request, so a LINE account taken away from a member opens nothing more.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Final

from cryptography.fernet import InvalidToken
from flask import current_app, g, session
from flask_babel import gettext

from domain.actor import Actor
from domain.clock import now
from domain.line_identity import Reach, reach_of
from domain.vault import Vault
from extensions import db

HELD: Final = "tracked"
IDENTITY: Final = "line_identity"
PENDING: Final = "line_logins"
OFFICER: Final = "_user_id"
"""Where Flask-Login keeps an officer's session, which shares the cookie."""

HELD_SECONDS: Final = 30 * 60
IDENTITY_LONGEST: Final = 12 * 3600
PENDING_SECONDS: Final = 10 * 60
PENDING_AT_ONCE: Final = 3
"""Cards opened side by side, each with a sign-in of its own; the oldest gives way."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whoever may see the held complaint.

    Attributes:
        actor: Reaches just that complaint.
        complaint_id: Which one.
        by_line: LINE has named him; else he gave code and password.
        may_act: False for a follower, who only looks.
    """

    actor: Actor
    complaint_id: int
    by_line: bool
    may_act: bool


@dataclass(frozen=True, slots=True)
class PendingLogin:
    """A sign-in with LINE this browser has begun."""

    nonce: str
    verifier: str
    code: str


# The complaint on the screen --------------------------------------------------------------------------------


def hold(complaint_id: int) -> None:
    """Remember that this browser proved to hold a complaint by its code and password."""
    session[HELD] = {"id": complaint_id, "at": _moment()}


def hold_by_line(reach: Reach) -> None:
    """Remember which of his cases somebody LINE has named looks at."""
    session[HELD] = {"id": reach.complaint_id, "at": _moment(), "line": reach.public_code}


def holder() -> Holder | None:
    """Return who may see the held complaint; None when nobody does, or does no more."""
    held = session.get(HELD)
    if not isinstance(held, dict) or _moment() - float(held.get("at", 0)) > HELD_SECONDS:
        return None
    if held.get("line"):
        return _holder_by_line(int(held["id"]), str(held["line"]))
    complaint_id = int(held["id"])
    return Holder(Actor.holder(complaint_id, gettext("ผู้ร้องทุกข์")), complaint_id, by_line=False, may_act=True)


def stay() -> None:
    """Let the half hour begin anew: the person has just looked."""
    for key in (HELD, IDENTITY):
        if isinstance(session.get(key), dict):
            session[key] = {**session[key], "at": _moment()}


def let_go() -> dict[str, Any]:
    """Forget the complaint and return what was known of it; empty when there was none."""
    held = session.pop(HELD, None)
    return held if isinstance(held, dict) else {}


def _holder_by_line(complaint_id: int, public_code: str) -> Holder | None:
    sub = line_sub()
    reach = reach_of(db.session(), sub, public_code) if sub else None
    if reach is None or reach.complaint_id != complaint_id:
        return None
    actor = Actor(
        kind="member", name=gettext("ผู้ร้องทุกข์"), member_id=reach.member_id, complaint_id=complaint_id
    )
    return Holder(actor, complaint_id, by_line=True, may_act=reach.is_own)


# Whom LINE has named ----------------------------------------------------------------------------------------


def begin_identity(sub: str) -> None:
    """Begin a new visit of somebody LINE has just named; nothing of the visit before lives on in it."""
    for key in (HELD, IDENTITY, PENDING):
        session.pop(key, None)
    if OFFICER not in session:  # An officer's open forms keep their token.
        session.clear()
        g.pop("csrf_token", None)
    sealed = _vault().encrypt(sub)
    session[IDENTITY] = {"sub": sealed, "at": _moment(), "since": _moment()}


def line_sub() -> str | None:
    """Return the LINE user id of this visit; None when there is none, or it has ended."""
    kept = session.get(IDENTITY)
    if not isinstance(kept, dict):
        return None
    is_idle = _moment() - float(kept.get("at", 0)) > HELD_SECONDS
    if is_idle or _moment() - float(kept.get("since", 0)) > IDENTITY_LONGEST:
        return None
    try:
        return _vault().decrypt(str(kept.get("sub", "")))
    except InvalidToken:
        return None


def forget_identity() -> None:
    """End the visit."""
    session.pop(IDENTITY, None)


# Signing in with LINE ---------------------------------------------------------------------------------------


def begin_login(code: str) -> tuple[str, PendingLogin]:
    """Make state, nonce and verifier of one sign-in and keep them in this browser's session.

    Args:
        code: Of the complaint to open afterwards; empty for the list of all.
    """
    state = secrets.token_urlsafe(24)
    begun = PendingLogin(secrets.token_urlsafe(24), secrets.token_urlsafe(48), code)
    kept = {"nonce": begun.nonce, "verifier": begun.verifier, "code": code, "at": _moment()}
    session[PENDING] = dict([*_pending().items(), (state, kept)][-PENDING_AT_ONCE:])
    return state, begun


def take_login(state: str) -> PendingLogin | None:
    """Take the sign-in of a state, which is then used up; None for one this browser did not begin."""
    pending = _pending()
    kept = pending.pop(state, None)
    session[PENDING] = pending
    if not isinstance(kept, dict):
        return None
    return PendingLogin(str(kept["nonce"]), str(kept["verifier"]), str(kept["code"]))


def _pending() -> dict[str, Any]:
    """Return the sign-ins that are under way, oldest first."""
    found = session.get(PENDING)
    alive = {
        state: one
        for state, one in (found if isinstance(found, dict) else {}).items()
        if _moment() - float(one.get("at", 0)) <= PENDING_SECONDS
    }
    return dict(sorted(alive.items(), key=lambda pair: pair[1]["at"]))


def _moment() -> float:
    return now().timestamp()


def _vault() -> Vault:
    vault: Vault = current_app.extensions["vault"]
    return vault
