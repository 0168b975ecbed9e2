"""Sign-in sessions: one row each; ending the row ends the session, whatever cookie was copied before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from domain.clock import now
from domain.thai_text import clean_text
from domain.vault import new_token, token_hash
from models import StaffUser, UserSession

# Traffic data are kept 90 days (Computer Crime Act §26), then go.
KEEP: Final = timedelta(days=90)
_LONGEST_AGENT: Final = 300


@dataclass(frozen=True, slots=True)
class SessionGrant:
    """A session that has begun; ``token`` exists only here and in the cookie."""

    token: str
    session_id: int
    staff_user_id: int


@dataclass(frozen=True, slots=True)
class Windows:
    """How long a session lives: without a sign of life, and altogether."""

    idle: timedelta
    longest: timedelta

    @property
    def touch_every(self) -> timedelta:
        """Return how seldom a sign of life is written: every 5 minutes, oftener for a short idle window."""
        return min(timedelta(minutes=5), self.idle / 6)


def windows(idle_minutes: object, longest_hours: object) -> Windows:
    """Return the windows of two settings; values no session could live with fall back to 30 min and 12 h.

    Args:
        idle_minutes: A number from 5 to 720.
        longest_hours: A number from 1 to 24.
    """
    return Windows(
        timedelta(minutes=_within(idle_minutes, 5, 720, 30)),
        timedelta(hours=_within(longest_hours, 1, 24, 12)),
    )


def start_session(
    session: Session, user: StaffUser, *, ip_address: str | None = None, user_agent: str | None = None
) -> SessionGrant:
    """Begin a session for an officer; the caller commits."""
    token, moment = new_token(), now()
    row = UserSession(
        token_hash=token_hash(token),
        staff_user_id=user.id,
        created_at=moment,
        seen_at=moment,
        ip_address=(ip_address or "")[:45] or None,
        user_agent=_plain_agent(user_agent),
    )
    session.add(row)
    session.flush()
    return SessionGrant(token, row.id, user.id)


def end_session(session: Session, session_id: int, *, staff_user_id: int | None = None) -> bool:
    """End one session and tell whether it was open; with an officer given, only if it is his own."""
    statement = update(UserSession).where(UserSession.id == session_id, UserSession.ended_at.is_(None))
    if staff_user_id is not None:
        statement = statement.where(UserSession.staff_user_id == staff_user_id)
    return bool(session.execute(statement.values(ended_at=now())).rowcount)  # type: ignore[attr-defined]


def end_sessions_of(session: Session, staff_user_id: int, *, keep_session_id: int | None = None) -> int:
    """End every session of an officer but the one to keep, and return how many ended."""
    statement = update(UserSession).where(
        UserSession.staff_user_id == staff_user_id, UserSession.ended_at.is_(None)
    )
    if keep_session_id is not None:
        statement = statement.where(UserSession.id != keep_session_id)
    return int(session.execute(statement.values(ended_at=now())).rowcount)  # type: ignore[attr-defined]


def open_sessions(session: Session, staff_user_id: int, lives: Windows) -> list[UserSession]:
    """Return the officer's living sessions, the latest used first."""
    statement = select(UserSession).where(
        UserSession.staff_user_id == staff_user_id,
        UserSession.ended_at.is_(None),
        UserSession.seen_at > now() - lives.idle,
        UserSession.created_at > now() - lives.longest,
    )
    return list(session.scalars(statement.order_by(UserSession.seen_at.desc(), UserSession.id.desc())))


def touch(session: Session, session_id: int, lives: Windows) -> None:
    """Note a sign of life, unless another request has just done so; the caller commits."""
    session.execute(
        update(UserSession)
        .where(
            UserSession.id == session_id,
            UserSession.ended_at.is_(None),
            UserSession.seen_at <= now() - lives.touch_every,
        )
        .values(seen_at=now())
    )


def sweep(session: Session) -> int:
    """Delete sessions that are over for 90 days and return how many; the caller commits."""
    edge = now() - KEEP
    old = or_(UserSession.ended_at < edge, UserSession.seen_at < edge)
    return int(session.execute(delete(UserSession).where(old)).rowcount)  # type: ignore[attr-defined]


def _plain_agent(user_agent: str | None) -> str | None:
    cleaned = clean_text(
        (user_agent or "")[:_LONGEST_AGENT], max_length=10 * _LONGEST_AGENT, field="", multiline=False
    )
    return cleaned[:_LONGEST_AGENT] or None


def _within(value: object, least: float, most: float, fallback: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        return fallback
    return value
