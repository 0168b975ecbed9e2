"""Trying a LINE channel: an administrator asks, the worker looks, the findings stay with the connection."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from domain.line_connections import connection_of
from domain.permissions import Permission, require
from models import DeliveryState, Job, JobKind, LineChannel, LineConnection

PATIENCE: Final = timedelta(seconds=30)
"""A test ends within it; what takes longer has no worker."""
GIVEN_UP: Final = timedelta(minutes=5)
"""A test that has not ended by then never will."""
_MOST_ATTEMPTS: Final = 2
_UNDONE: Final = (DeliveryState.READY, DeliveryState.LEASED)

Finding = dict[str, Any]
"""``{"code": …, "verdict": "well", "look" or "broken", "facts": {…}}``; its words: ``line_findings``."""


@dataclass(frozen=True, slots=True)
class LastTest:
    """How the last test of a channel stands.

    Attributes:
        is_under_way: It was asked for and has not ended.
        is_slow: It should have ended long ago: perhaps no worker runs.
        asked_at: When it was asked for.
        tested_at: When it ended; None while under way, or before any test of the present values.
        findings: What is known so far.
    """

    is_under_way: bool
    is_slow: bool
    asked_at: datetime | None
    tested_at: datetime | None
    findings: list[Finding]


def ask_for_test(session: Session, actor: Actor, channel: LineChannel, *, set_webhook: bool = False) -> Job:
    """Let the worker try a channel; asked twice it is tried once. The caller commits.

    Args:
        session: Inside a write transaction.
        actor: Who asks.
        channel: Which one.
        set_webhook: Tell LINE our address first.

    Raises:
        NotPermitted: without ``line:manage``.
    """
    require(actor, Permission.LINE_MANAGE)
    row = connection_of(session, channel)
    session.flush()
    session.refresh(row, with_for_update=True)  # Two presses at once must not make two jobs.
    waiting = _waiting(session, row, set_webhook=set_webhook)
    if waiting is not None:
        return waiting
    row.test_asked_at = now()
    row.findings = []
    job = Job(
        kind=JobKind.LINE_TEST,
        arguments={"channel": channel.value, "set_webhook": set_webhook},
        dedupe_key=f"line_test:{uuid.uuid4()}",
        requested_by_id=actor.staff_user_id,
        max_attempts=_MOST_ATTEMPTS,
        not_before=now(),
        created_at=now(),
    )
    session.add(job)
    session.flush()
    return job


def _waiting(session: Session, row: LineConnection, *, set_webhook: bool) -> Job | None:
    """Return the job that will answer already: not begun, or begun with the values there are now."""
    jobs = session.scalars(select(Job).where(Job.kind == JobKind.LINE_TEST, Job.state.in_(_UNDONE)))
    for job in jobs:
        if job.arguments.get("channel") != row.channel.value:
            continue
        does_it = bool(job.arguments.get("set_webhook")) or not set_webhook
        knows_values = job.state is DeliveryState.READY or job.created_at >= row.updated_at
        if does_it and knows_values and job.created_at > now() - GIVEN_UP:
            return job
    return None


def last_test(session: Session, channel: LineChannel) -> LastTest:
    """Return how the last test of a channel stands; only reads."""
    row = session.get(LineConnection, channel)
    if row is None:
        return LastTest(False, False, None, None, [])
    asked, tested = row.test_asked_at, row.tested_at
    waits = asked is not None and (tested is None or tested < asked) and now() - asked < GIVEN_UP
    is_slow = waits and asked is not None and now() - asked > PATIENCE
    return LastTest(waits, is_slow, asked, None if waits else tested, list(row.findings or []))


def keep_findings(
    session: Session, channel: LineChannel, seen: datetime, findings: list[Finding], *, is_over: bool
) -> bool:
    """Keep what a test has found so far and return whether it was of use; the caller commits.

    Args:
        session: Inside a write transaction.
        channel: Which one.
        seen: ``updated_at`` when the test began: findings about values that have changed are dropped.
        findings: All of them so far.
        is_over: Whether the test has ended.
    """
    row = session.get(LineConnection, channel, populate_existing=True)
    if row is None or row.updated_at != seen:
        return False
    row.findings = list(findings)
    if is_over:
        row.tested_at = now()
    return True


def keep_bot(session: Session, channel: LineChannel, seen: datetime, bot: dict[str, str]) -> None:
    """Keep who LINE says the channel is; the caller commits.

    Args:
        session: Inside a write transaction.
        channel: Which one.
        seen: As for ``keep_findings``.
        bot: ``userId``, ``basicId`` and ``displayName``.
    """
    row = session.get(LineConnection, channel, populate_existing=True)
    if row is None or row.updated_at != seen:
        return
    row.bot_user_id = bot.get("userId", "")[:64] or None
    row.basic_id = bot.get("basicId", "")[:64] or None
    row.display_name = bot.get("displayName", "")[:120] or None
