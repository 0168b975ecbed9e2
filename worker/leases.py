"""Taking rows of work so that each is done once: a lease with a fencing token (reliability.md §4.3).

One implementation for outbox messages, jobs, webhook receipts and photos to fetch, right on SQLite and
PostgreSQL. A worker claims rows for a while, commits, works outside any transaction, and finishes them under
its token. When it dies, the lease runs out and another worker takes the row over; when it was only slow, its
token no longer fits and its late word changes nothing. All functions run in the caller's write transaction.

Times come from each worker's own clock: clocks of several machines may differ by less than the lease.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Select, and_, case, literal_column, or_, select, update
from sqlalchemy.orm import Session

from domain.clock import now
from domain.deliveries import DeliveryReason
from models import ChatPhoto, DeliveryState, Job, OutboxMessage, WebhookReceipt

Leased = TypeVar("Leased", OutboxMessage, Job, WebhookReceipt, ChatPhoto)

LEASE: Final = timedelta(seconds=90)
MAX_CLAIM: Final = 100
MAX_ERROR: Final = 400
_FIRST_WAIT: Final = 5
_LONGEST_WAIT: Final = 3600
_SPREAD: Final = 0.2


@dataclass(frozen=True, slots=True)
class Lease:
    """Rows that are ours for a while.

    Attributes:
        token: Proves it to the database; a row taken over by another worker has another one.
        ids: In the order they are to be worked on.
    """

    token: str
    ids: tuple[int, ...]


def waiting(kind: type[Leased], moment: datetime, only: Iterable[ColumnElement[bool]] = ()) -> Select[Any]:
    """Return a select of the ids that may be claimed: due, or abandoned by a worker whose lease ran out."""
    due = and_(kind.state == DeliveryState.READY, kind.not_before <= moment)
    abandoned = and_(kind.state == DeliveryState.LEASED, kind.leased_until <= moment)
    return select(kind.id).where(undone(kind), or_(due, abandoned), *only)


def has_work(session: Session, kind: type[Leased], only: Iterable[ColumnElement[bool]] = ()) -> bool:
    """Tell whether a claim would find something; as it mostly does not, SQLite's write lock is not taken."""
    session.rollback()  # A look at the database as it is now, not as an earlier question saw it.
    found = session.scalars(waiting(kind, now(), only).limit(1)).first() is not None
    session.rollback()
    return found


def undone(kind: Any) -> ColumnElement[bool]:
    """Return the condition of the partial indexes, in their own words, or they would not be used."""
    condition: ColumnElement[bool] = kind.state.in_([literal_column("'ready'"), literal_column("'leased'")])
    return condition


def claim(
    session: Session,
    kind: type[Leased],
    *,
    limit: int,
    lease: timedelta = LEASE,
    only: Sequence[ColumnElement[bool]] = (),
    order: Sequence[Any] = (),
    counted: bool = False,
) -> Lease | None:
    """Take up to ``limit`` rows and return the lease; None when there is nothing to do.

    Args:
        session: Inside a write transaction; the caller commits before working on the rows.
        kind: Which table.
        limit: At most 100.
        lease: How long nobody else may take them.
        only: Further conditions.
        order: What comes first; by default what has been due longest.
        counted: Count this as an attempt at once; otherwise ``begin`` does it.
    """
    moment = now()
    _bury(session, kind, moment)
    token = str(uuid.uuid4())
    ordering = order or (kind.not_before, kind.id)
    # Materialised, as the limit must not be evaluated again while rows change. SQLite knows no FOR UPDATE:
    # there the write transaction itself keeps the others out.
    chosen = (
        waiting(kind, moment, only)
        .order_by(*ordering)
        .limit(min(limit, MAX_CLAIM))
        .with_for_update(of=kind, skip_locked=True)
        .cte("chosen")
        .prefix_with("MATERIALIZED")
    )
    values: dict[str, Any] = {
        "state": DeliveryState.LEASED,
        "lease_token": token,
        "leased_until": moment + lease,
    }
    if counted:
        values |= _one_more_attempt(kind, moment)
    taken = session.execute(
        update(kind)
        .where(kind.id.in_(select(chosen.c.id)))
        .values(values)
        .returning(kind.id)
        .execution_options(synchronize_session=False)
    ).scalars()
    ids = list(taken)
    if not ids:
        return None
    return Lease(token, tuple(session.scalars(select(kind.id).where(kind.id.in_(ids)).order_by(*ordering))))


def begin(
    session: Session, kind: type[Leased], lease: Lease, ids: Iterable[int], duration: timedelta = LEASE
) -> frozenset[int]:
    """Count an attempt for each row that is still ours, renew its lease, and return the ids.

    Whatever is missing from the answer was taken over in the meantime and must be left alone.
    """
    moment = now()
    still_ours = session.execute(
        update(kind)
        .where(kind.id.in_(list(ids)), *_held(kind, lease.token))
        .values(leased_until=moment + duration, **_one_more_attempt(kind, moment))
        .returning(kind.id)
        .execution_options(synchronize_session=False)
    ).scalars()
    return frozenset(still_ours)


def finish(
    session: Session, kind: type[Leased], row_id: int, token: str, state: DeliveryState, **columns: Any
) -> bool:
    """Give a row its final state and return whether it was still ours to finish.

    Args:
        session: Inside a write transaction.
        kind: Which table.
        row_id: Which row.
        token: Of the lease; a row under another token is not touched.
        state: One of the final states.
        columns: What else is written with it.
    """
    return _let_go(session, kind, [row_id], token, state=state, done_at=now(), **columns) == 1


def finished_row(
    session: Session, kind: type[Leased], row_id: int, token: str, state: DeliveryState
) -> Leased | None:
    """Give a row its final state and return it, in one statement; None when it was not ours any more."""
    changed = (
        update(kind)
        .where(kind.id == row_id, *_held(kind, token))
        .values(state=state, done_at=now(), last_error=None, lease_token=None, leased_until=None)
        .returning(kind)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return session.scalars(changed).one_or_none()


def postpone(
    session: Session,
    kind: type[Leased],
    row_id: int,
    token: str,
    not_before: datetime,
    *,
    counts: bool = True,
    **columns: Any,
) -> bool:
    """Put a row back, not to be taken before a moment; return whether it was still ours.

    With ``counts`` false the attempt is taken back: it was nobody's fault and reached nobody.
    """
    if not counts:
        columns |= {
            "attempts": kind.attempts - 1,
            # A row that was born with one has brought an older key along: its age must not be forgotten.
            "first_attempt_at": case(
                (and_(kind.attempts <= 1, kind.first_attempt_at >= kind.created_at), None),
                else_=kind.first_attempt_at,
            ),
        }
    columns |= {"state": DeliveryState.READY, "not_before": not_before}
    return _let_go(session, kind, [row_id], token, **columns) == 1


def give_back(session: Session, kind: type[Leased], lease: Lease, ids: Iterable[int]) -> int:
    """Put back rows that were claimed but not begun, as if they had never been taken; return how many."""
    return _let_go(session, kind, list(ids), lease.token, state=DeliveryState.READY)


def wait_after(attempts: int) -> timedelta:
    """Return how long to wait after so many failed attempts: 10 s, 20 s … 1 hour, spread by a fifth."""
    seconds = min(_FIRST_WAIT * (1 << min(attempts, 20)), _LONGEST_WAIT)
    spread = random.uniform(1 - _SPREAD, 1 + _SPREAD)  # noqa: S311 - keeps workers apart, hides nothing
    return timedelta(seconds=seconds * spread)


def error_text(reason: DeliveryReason, detail: str = "") -> str:
    """Return what ``last_error`` holds: the code of the reason, and what is known beyond it."""
    return (f"{reason.value}: {detail}" if detail else reason.value)[:MAX_ERROR]


def _bury(session: Session, kind: type[Leased], moment: datetime) -> None:
    """End rows whose workers died on them again and again: no row may take the worker down for ever."""
    # Rows another worker is just burying are passed over: two of them must not wait for each other.
    doomed = (
        select(kind.id)
        .where(
            undone(kind),
            kind.state == DeliveryState.LEASED,
            kind.leased_until <= moment,
            kind.attempts >= kind.max_attempts,
        )
        .with_for_update(skip_locked=True)
    )
    session.execute(
        update(kind)
        .where(kind.id.in_(doomed))
        .values(
            state=DeliveryState.DEAD,
            done_at=moment,
            lease_token=None,
            leased_until=None,
            last_error=error_text(DeliveryReason.CRASHED),
        )
        .execution_options(synchronize_session=False)
    )


def _one_more_attempt(kind: type[Leased], moment: datetime) -> dict[str, Any]:
    return {
        "attempts": kind.attempts + 1,
        "first_attempt_at": case((kind.first_attempt_at.is_(None), moment), else_=kind.first_attempt_at),
    }


def _held(kind: type[Leased], token: str) -> tuple[ColumnElement[bool], ...]:
    return (kind.lease_token == token, kind.state == DeliveryState.LEASED)


def _let_go(session: Session, kind: type[Leased], ids: list[int], token: str, **columns: Any) -> int:
    changed = session.execute(
        update(kind)
        .where(kind.id.in_(ids), *_held(kind, token))
        .values(lease_token=None, leased_until=None, **columns)
        .execution_options(synchronize_session=False)
    )
    return int(changed.rowcount)  # type: ignore[attr-defined]
