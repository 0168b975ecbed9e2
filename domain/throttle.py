"""Slowing down guesses: attempts are counted per key in a sliding window, and each further one waits longer.

Nobody is ever locked out: after the free attempts the next one must wait, each time twice as long up to a
limit, and old attempts fall out of the window. A door asks ``admit`` before it looks at the secret, in a
transaction of its own that is committed first: so guesses made side by side all count. After a right
answer it gives its attempts back with ``withdraw``.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from domain.clock import now
from domain.errors import DomainError
from models import AuthAttempt

KEEP: Final = timedelta(days=1)
_LONGEST_KEY: Final = 100


@dataclass(frozen=True, slots=True)
class Limit:
    """How many attempts are free within a window, and how the waiting grows after them.

    Attributes:
        free: Attempts within the window that need not wait.
        window: How long an attempt counts; at most a day.
        first_wait: Before the first attempt beyond the free ones; doubles with each further one.
        longest_wait: The waiting never grows beyond this.
    """

    free: int
    window: timedelta
    first_wait: timedelta = timedelta(seconds=10)
    longest_wait: timedelta = timedelta(minutes=5)

    def wait_after(self, attempts: int) -> timedelta:
        """Return how long after the latest of so many attempts the next one is taken."""
        if attempts < self.free:
            return timedelta(0)
        doublings = min(attempts - self.free, 16)
        return min(self.first_wait * (1 << doublings), self.longest_wait)


class Throttled(DomainError):
    """Too many attempts; ``seconds`` tells how long to wait."""

    default_code = "attempts_exceeded"

    @property
    def seconds(self) -> int:
        """Return the seconds to wait, for a Retry-After header."""
        return int(str(self.params["seconds"]))


def check(session: Session, purpose: str, keys: Mapping[str, str], limits: Mapping[str, Limit]) -> None:
    """Raise when one of the keys must wait; write nothing.

    Args:
        session: Any session.
        purpose: Name of the door, such as ``sign_in`` or ``tracking``.
        keys: Kind of key to its value, such as ``{"ip": "203.0.113.9", "complaint": "2026-56"}``.
        limits: Kind of key to its limit; every kind in ``keys`` has one.

    Raises:
        Throttled: with the longest wait over all keys.
    """
    moment = now()
    wait = max(
        (_wait(session, purpose, _stored(kind, value), limits[kind], moment) for kind, value in keys.items()),
        default=timedelta(0),
    )
    if wait > timedelta(0):
        seconds = math.ceil(wait.total_seconds())
        raise Throttled(seconds=seconds, minutes=math.ceil(seconds / 60))


def note(session: Session, purpose: str, keys: Mapping[str, str]) -> list[int]:
    """Count an attempt under each key and return the rows' ids, for ``withdraw``; the caller commits."""
    rows = [AuthAttempt(purpose=purpose, key=_stored(kind, value), at=now()) for kind, value in keys.items()]
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def admit(session: Session, purpose: str, keys: Mapping[str, str], limits: Mapping[str, Limit]) -> list[int]:
    """Check, then count, so that no two attempts pass on the same free place.

    The caller commits before it looks at the secret. An attempt that is refused is not counted: whoever
    waits as told is let in.

    Returns:
        Ids of the counted rows, for ``withdraw``.

    Raises:
        Throttled: one of the keys must wait.
    """
    _queue(session, purpose, keys)
    check(session, purpose, keys, limits)
    return note(session, purpose, keys)


def withdraw(session: Session, attempt_ids: Iterable[int]) -> None:
    """Take back attempts that turned out right; the caller commits."""
    session.execute(delete(AuthAttempt).where(AuthAttempt.id.in_(list(attempt_ids))))


def sweep(session: Session) -> int:
    """Delete attempts no window reaches any more and return how many; the caller commits."""
    gone = session.execute(delete(AuthAttempt).where(AuthAttempt.at < now() - KEEP))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def address_key(ip_address: str | None) -> str:
    """Return the key of an address; an IPv6 subscriber's whole /64 is one, as he may use all of it."""
    try:
        address = ipaddress.ip_address((ip_address or "").split("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def name_key(name: str) -> str:
    """Return the key of what was typed as a name; hashed, as people type passwords into that field."""
    return hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:32]


def _wait(session: Session, purpose: str, key: str, limit: Limit, moment: datetime) -> timedelta:
    attempts, latest = session.execute(
        select(func.count(), func.max(AuthAttempt.at)).where(
            AuthAttempt.purpose == purpose, AuthAttempt.key == key, AuthAttempt.at > moment - limit.window
        )
    ).one()
    if not attempts:
        return timedelta(0)
    left: timedelta = latest + limit.wait_after(attempts) - moment
    return left


def _queue(session: Session, purpose: str, keys: Mapping[str, str]) -> None:
    """Let attempts on the same keys pass one after the other; on SQLite writers queue up anyway."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for key in sorted(_stored(kind, value) for kind, value in keys.items()):
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{purpose}:{key}", 0))))


def _stored(kind: str, value: str) -> str:
    if len(value) > _LONGEST_KEY or not value.isprintable():
        value = name_key(value)
    return f"{kind}:{value}"
