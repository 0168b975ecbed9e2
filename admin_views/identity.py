"""Who is signed in: the session row behind the cookie, the Actor made from it, the cached look-ups."""

from __future__ import annotations

import ipaddress
import logging
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, Response, current_app, g, request
from flask_login import LoginManager, UserMixin, current_user
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from config import Settings
from domain.actor import Actor
from domain.clock import now
from domain.labels import use_state_words
from domain.lookups import Lookups, load_lookups
from domain.second_factor import grants_ask_for_it
from domain.sign_in import Visit
from domain.user_sessions import Windows, touch, windows
from domain.vault import token_hash
from extensions import db, write_transaction
from models import LookupStamp, StaffUser, UserSession
from tables.staff import staff_role

login_manager = LoginManager()
login_manager.login_view = "auth.sign_in"
login_manager.session_protection = None  # The server-side row decides; the User-Agent proves nothing.

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SignedIn(UserMixin):
    """The signed-in officer as Flask-Login knows him: plain values, no mapped object."""

    token: str
    session_id: int
    actor: Actor
    must_change_password: bool
    must_enrol: bool
    seen_at: datetime

    def get_id(self) -> str:
        """Return the session's secret; the cookie holds it, the database only its hash."""
        return self.token


def register_identity(app: Flask) -> None:
    """Let the application know its officers, and note their signs of life."""
    login_manager.init_app(app)
    app.after_request(_touch_afterwards)


@login_manager.user_loader
def load_signed_in(token: str) -> SignedIn | None:
    """Return the officer behind a session token, or None when the session has ended (one statement).

    An officer who must change his password or set up a second factor first has no right to anything else.
    """
    rows = db.session.execute(
        select(
            UserSession.id,
            UserSession.created_at,
            UserSession.seen_at,
            StaffUser.id.label("staff_user_id"),
            StaffUser.title,
            StaffUser.first_name,
            StaffUser.last_name,
            StaffUser.department_id,
            StaffUser.language,
            StaffUser.must_change_password,
            StaffUser.totp_secret_encrypted.is_not(None).label("is_enrolled"),
            staff_role.c.role_id,
            select(LookupStamp.version).where(LookupStamp.id == 1).scalar_subquery().label("stamp"),
        )
        .join(StaffUser, StaffUser.id == UserSession.staff_user_id)
        .outerjoin(staff_role, staff_role.c.staff_user_id == StaffUser.id)
        .where(
            UserSession.token_hash == token_hash(str(token)),
            UserSession.ended_at.is_(None),
            StaffUser.is_active,
        )
    ).all()
    if not rows:
        return None
    first = rows[0]
    lookups = fresh_lookups(first.stamp or 0)
    lives = windows_of(lookups)
    if first.seen_at <= now() - lives.idle or first.created_at <= now() - lives.longest:
        return None
    grants = lookups.grants_of(row.role_id for row in rows if row.role_id is not None)
    must_enrol = not first.is_enrolled and _asks_second_factor() and grants_ask_for_it(grants)
    actor = Actor(
        kind="staff",
        name=f"{first.title or ''}{first.first_name} {first.last_name or ''}".strip(),
        staff_user_id=first.staff_user_id,
        department_id=first.department_id,
        department_ids=lookups.department_and_below(first.department_id),
        grants={} if first.must_change_password or must_enrol else grants,
        via="web",
        ip_address=client_address(),
        language=first.language,
    )
    return SignedIn(str(token), first.id, actor, first.must_change_password, must_enrol, first.seen_at)


def _asks_second_factor() -> bool:
    """Tell whether a role may stop a session under way; tests and bench make theirs without a door."""
    settings: Settings = current_app.extensions["settings"]
    return settings.mode == "production"


def current_actor() -> Actor:
    """Return the Actor of this request; one without any right when nobody is signed in."""
    if current_user.is_authenticated:
        actor: Actor = current_user.actor
        return actor
    return Actor(kind="anonymous", name="", ip_address=client_address())


def current_visit() -> Visit:
    """Return where this request comes from."""
    return Visit(client_address(), request.headers.get("User-Agent"))


def client_address() -> str | None:
    """Return the address of the other side; None where a proxy hands on something that is none."""
    try:
        return str(ipaddress.ip_address(request.remote_addr or ""))[:45]
    except ValueError:
        return None


def windows_of(lookups: Lookups) -> Windows:
    """Return how long sessions live in this municipality."""
    return windows(lookups.setting("session_idle_minutes"), lookups.setting("session_longest_hours"))


def owner_of_session(token: object) -> int | None:
    """Return whose session a token was, ended or not; None for one that never was."""
    if not isinstance(token, str):
        return None
    return db.session.scalar(
        select(UserSession.staff_user_id).where(UserSession.token_hash == token_hash(token))
    )


def fresh_lookups(version: int) -> Lookups:
    """Return the cached snapshot if it is of this version, else read it again."""
    cached: Lookups | None = current_app.extensions.get("lookups")
    if cached is None or cached.version != version:
        cached = load_lookups(db.session)  # type: ignore[arg-type]
        current_app.extensions["lookups"] = cached
    use_state_words(cached.setting("state_words"))
    return cached


def current_lookups() -> Lookups:
    """Return the snapshot for this request; after signing in it costs no further statement."""
    if current_user.is_authenticated:
        return current_app.extensions["lookups"]  # type: ignore[no-any-return]
    if "lookups" not in g:
        version = db.session.scalar(select(LookupStamp.version).where(LookupStamp.id == 1))
        g.lookups = fresh_lookups(version or 0)
    found: Lookups = g.lookups
    return found


def _touch_afterwards(response: Response) -> Response:
    """Note that the officer is still there, when it is due: only after the answer has gone out."""
    officer = g.get("_login_user")  # Not current_user: a style sheet must not cost a query.
    if isinstance(officer, SignedIn):
        lives = windows_of(current_app.extensions["lookups"])
        if now() - officer.seen_at >= lives.touch_every:
            app = current_app._get_current_object()  # type: ignore[attr-defined]
            response.call_on_close(lambda: _touch(app, officer.session_id, lives))
    return response


def _touch(app: Flask, session_id: int, lives: Windows) -> None:
    with app.app_context():
        try:
            with write_transaction() as session:
                touch(session, session_id, lives)
        except SQLAlchemyError:  # The answer is out; the next request tries again.
            logger.warning("a session's sign of life was not written", exc_info=True)
