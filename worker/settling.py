"""What became of letters, written down: rows, people LINE does not know, pauses, what the day has cost."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from domain.clock import now
from domain.deliveries import DeliveryReason, forget_pause, pause_channel, read_pauses
from domain.line_quota import line_day
from extensions import write_transaction
from models import DeliveryState, LineAccount, LineChannel, LineState, LineUsage, OutboxChannel, OutboxMessage
from worker.boarding import part_company
from worker.leases import Lease, error_text, finish, postpone
from worker.letters import LINE_CHANNELS, Letter
from worker.senders import Verdict

logger = logging.getLogger(__name__)

Outcome = tuple[Letter, Verdict]


def note_down(lease: Lease, outcomes: Sequence[Outcome]) -> None:
    """Write what became of the letters in one transaction, then what it means for their channels."""
    sent = [outcome for outcome in outcomes if outcome[1].state is DeliveryState.SENT]
    with write_transaction() as session:
        _note_sent(session, lease, sent)
        for letter, verdict in outcomes:
            if verdict.state is not DeliveryState.SENT:
                _settle(session, lease, letter, verdict)
        _forget_pauses(session, sent)
        count_usage(session, sent)
    for letter, verdict in outcomes:
        _tell_log(letter, verdict)
    for channel, verdict in _pauses(outcomes).items():
        _pause(channel, verdict)


def _note_sent(session: Session, lease: Lease, sent: Iterable[Outcome]) -> None:
    """Finish what was sent, all rows in one statement; a row another worker has taken over is its own."""
    rows: list[dict[str, Any]] = [
        {"row": letter.row_id, "status": verdict.status, "request": (verdict.request_id or None)}
        for letter, verdict in sent
    ]
    if not rows:
        return
    table = OutboxMessage.__table__
    session.connection().execute(
        update(table)  # type: ignore[arg-type]
        .where(
            table.c.id == bindparam("row"),
            table.c.lease_token == lease.token,
            table.c.state == DeliveryState.LEASED,
        )
        .values(
            state=DeliveryState.SENT,
            done_at=now(),
            last_status=bindparam("status"),
            last_error=None,
            provider_request_id=bindparam("request"),
            lease_token=None,
            leased_until=None,
        ),
        rows,
    )


def _settle(session: Session, lease: Lease, letter: Letter, verdict: Verdict) -> None:
    columns: dict[str, Any] = {
        "last_status": verdict.status,
        "last_error": error_text(verdict.reason, verdict.detail) if verdict.reason else None,
    }
    if verdict.request_id:
        columns["provider_request_id"] = verdict.request_id[:80]
    if verdict.drops_token:
        columns["reply_token"] = None
    if verdict.parts_company and letter.company:
        columns["sent_body"] = None  # Alone it says something else, under a key LINE has not taken.
        part_company(session, letter.row_id)
    if verdict.state is DeliveryState.READY:
        again_at = verdict.again_at or now()
        postpone(
            session, OutboxMessage, letter.row_id, lease.token, again_at, counts=verdict.counts, **columns
        )
    else:
        finish(session, OutboxMessage, letter.row_id, lease.token, verdict.state, **columns)
    if verdict.reason is DeliveryReason.RECIPIENT_INVALID:
        _mark_unknown(session, letter)


def count_usage(session: Session, sent: Iterable[Outcome]) -> None:
    """Add what LINE took to its day: pushes count against the month, answers do not. The caller commits."""
    counted: Counter[tuple[LineChannel, str]] = Counter()
    for letter, verdict in sent:
        if letter.channel in LINE_CHANNELS and verdict.status == 200:
            channel = LINE_CHANNELS[letter.channel]
            counted[channel, "replies" if letter.reply_token else "pushes"] += 1
            counted[channel, "merged"] += len(letter.company)
    for channel in {channel for channel, _ in counted}:
        add_usage(
            session, channel, {name: counted[channel, name] for name in ("pushes", "replies", "merged")}
        )


def add_usage(session: Session, channel: LineChannel, more: dict[str, int]) -> None:
    """Add to the counts of LINE's day; the caller commits."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    fresh = insert(LineUsage).values(channel=channel, day=line_day(), **more)
    session.execute(
        fresh.on_conflict_do_update(
            index_elements=["channel", "day"],
            set_={name: getattr(LineUsage, name) + fresh.excluded[name] for name in more},
        )
    )


def _mark_unknown(session: Session, letter: Letter) -> None:
    """Let officers see that LINE does not reach this person."""
    if letter.channel not in LINE_CHANNELS:
        return
    session.execute(
        update(LineAccount)
        .where(
            LineAccount.channel == LINE_CHANNELS[letter.channel],
            LineAccount.line_user_id == letter.recipient,
            LineAccount.state == LineState.FRIEND,
        )
        .values(state=LineState.UNKNOWN)
        .execution_options(synchronize_session=False)
    )


def _forget_pauses(session: Session, sent: Iterable[Outcome]) -> None:
    """Forget a pause that is over once a push of the channel got through."""
    through = {letter.channel for letter, _ in sent if letter.reply_token is None}
    for channel in through & read_pauses(session).keys() if through else ():
        forget_pause(session, channel)


def _pauses(outcomes: Iterable[Outcome]) -> dict[OutboxChannel, Verdict]:
    return {letter.channel: verdict for letter, verdict in outcomes if verdict.pauses is not None}


def _pause(channel: OutboxChannel, verdict: Verdict) -> None:
    """Stop the channel, in a transaction of its own: another worker may be stopping it too."""
    if verdict.pauses is None:
        return
    try:
        with write_transaction() as session:
            pause = pause_channel(session, channel, verdict.pauses, verdict.retry_after)
    except IntegrityError:
        return
    logger.error(
        "channel is paused",
        extra={
            "channel": channel.value,
            "reason": pause.reason.value,
            "until": pause.until.isoformat(),
            "said": verdict.detail,
        },
    )


def _tell_log(letter: Letter, verdict: Verdict) -> None:
    logger.info(
        "outbox message %s",
        verdict.state.value,
        extra={
            "outbox_id": letter.row_id,
            "channel": letter.channel.value,
            "status": verdict.status,
            "request_id": verdict.request_id,
            "reason": verdict.reason.value if verdict.reason else "",
            "company": len(letter.company),
        },
    )
