"""The outbox: claim, write, send, note down; a transaction is never held while a server is asked.

Order holds per recipient and complaint, among messages whose hold has ended; answers to what a person just
wrote or pressed have no order and go first, as their tokens live for a minute only.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from flask import Flask
from sqlalchemy import ColumnElement, and_, case, exists, or_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from domain.clock import now
from domain.deliveries import (
    MAIL_TEST,
    DeliveryReason,
    Pause,
    active_pauses,
    forget_pause,
    pause_channel,
    read_pauses,
)
from domain.faults import fault_point
from extensions import db, write_transaction
from models import DeliveryState, LineAccount, LineState, OutboxChannel, OutboxMessage
from worker.leases import (
    MAX_CLAIM,
    Lease,
    begin,
    claim,
    error_text,
    finish,
    give_back,
    has_work,
    postpone,
    undone,
)
from worker.letters import LINE_CHANNELS, Letter, write_letters
from worker.senders import AT_ONCE, Carrier, Verdict, judge_before

logger = logging.getLogger(__name__)

Outcome = tuple[Letter, Verdict]

_REPLIES_FIRST: Final = (
    case((OutboxMessage.reply_token.is_not(None), 0), (OutboxMessage.template_key == MAIL_TEST, 0), else_=1),
    OutboxMessage.not_before,
    OutboxMessage.id,
)


def send_due(app: Flask, postman: Carrier, stopping: Callable[[], bool]) -> list[Verdict]:
    """Send what is due, up to 100 messages, and return what became of each; needs an application context.

    Stops early, putting back what it has not begun, when nobody answers, when a channel was paused,
    or when ``stopping`` says so. LINE and e-mail have a carrier each, so neither waits for the other.
    """
    lease = _claim(postman)
    if lease is None:
        return []
    fault_point("worker_claimed")
    letters = write_letters(db.session(), app, lease.ids)
    moment = now()
    early = [(letter, judge_before(letter, moment)) for letter in letters]
    done: list[Outcome] = [(letter, verdict) for letter, verdict in early if verdict is not None]
    if done:
        _note_down(lease, done)
    to_send = [letter for letter, verdict in early if verdict is None]
    for chunk in _chunks(to_send):
        if stopping() or any(verdict.is_trouble for _, verdict in done):
            _put_back(lease, to_send, done)
            break
        done += _send_chunk(lease, postman, chunk)
    return [verdict for _, verdict in done]


def _claim(postman: Carrier) -> Lease | None:
    """Take what is due, on channels that work."""
    postman.look_around()
    if not postman.channels:
        return None
    db.session().rollback()
    only = sendable(now(), postman.channels, active_pauses(db.session()))
    if not has_work(db.session(), OutboxMessage, only):
        return None
    with write_transaction() as session:
        return claim(session, OutboxMessage, limit=MAX_CLAIM, only=only, order=_REPLIES_FIRST)


def sendable(
    moment: datetime, channels: Iterable[OutboxChannel], pauses: dict[OutboxChannel, Pause]
) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions a due message must also meet: its channel works and its turn has come."""
    running = [channel for channel in channels if channel not in pauses]
    answering = [one for one in channels if one in pauses and pauses[one].lets_replies_through]
    is_answer = OutboxMessage.reply_token.is_not(None)
    works = or_(OutboxMessage.channel.in_(running), and_(OutboxMessage.channel.in_(answering), is_answer))
    is_test = OutboxMessage.template_key == MAIL_TEST
    return works, or_(is_answer, is_test, ~_has_predecessor(moment))


def _has_predecessor(moment: datetime) -> ColumnElement[bool]:
    """Tell whether an earlier message on the same case to the same person must go first.

    One that is still held back for undo lets others pass. One that was due once does not: it has been
    begun, or carries the reason why it was put off.
    """
    earlier = aliased(OutboxMessage)
    had_its_turn = or_(
        earlier.not_before <= moment, earlier.first_attempt_at.is_not(None), earlier.last_error.is_not(None)
    )
    return exists().where(
        earlier.recipient == OutboxMessage.recipient,
        earlier.complaint_id.is_not_distinct_from(OutboxMessage.complaint_id),
        earlier.channel == OutboxMessage.channel,
        earlier.id < OutboxMessage.id,
        earlier.reply_token.is_(None),
        undone(earlier),
        had_its_turn,
    )


def _send_chunk(lease: Lease, postman: Carrier, chunk: Sequence[Letter]) -> list[Outcome]:
    """Begin, send and note down a few letters; those another worker has taken over are left alone."""
    with write_transaction() as session:
        ours = begin(session, OutboxMessage, lease, [letter.row_id for letter in chunk])
        _keep_bodies(session, [letter for letter in chunk if letter.row_id in ours and letter.is_new])
    letters = [letter for letter in chunk if letter.row_id in ours]
    if not letters:
        return []
    answers = postman.carry(letters)
    fault_point("worker_before_finish")
    moment = now()
    outcomes = [
        (letter, postman.judge(letter, answer, moment))
        for letter, answer in zip(letters, answers, strict=True)
    ]
    _note_down(lease, outcomes)
    return outcomes


def _keep_bodies(session: Session, letters: Iterable[Letter]) -> None:
    """Store what is about to be sent, so that a second try says the same."""
    for letter in letters:
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id == letter.row_id)
            .values(sent_body=letter.body)
            .execution_options(synchronize_session=False)
        )


def _note_down(lease: Lease, outcomes: Sequence[Outcome]) -> None:
    """Write what became of the letters in one transaction, then what it means for their channels."""
    with write_transaction() as session:
        for letter, verdict in outcomes:
            _settle(session, lease, letter, verdict)
        _forget_pauses(session, outcomes)
    for channel, verdict in _pauses(outcomes).items():
        _pause(channel, verdict)


def _settle(session: Session, lease: Lease, letter: Letter, verdict: Verdict) -> None:
    columns: dict[str, Any] = {
        "last_status": verdict.status,
        "last_error": error_text(verdict.reason, verdict.detail) if verdict.reason else None,
    }
    if verdict.request_id:
        columns["provider_request_id"] = verdict.request_id[:80]
    if verdict.state is DeliveryState.READY:
        again_at = verdict.again_at or now()
        ours = postpone(
            session, OutboxMessage, letter.row_id, lease.token, again_at, counts=verdict.counts, **columns
        )
    else:
        ours = finish(session, OutboxMessage, letter.row_id, lease.token, verdict.state, **columns)
    if verdict.reason is DeliveryReason.RECIPIENT_INVALID:
        _mark_unknown(session, letter)
    logger.info(
        "outbox message %s",
        verdict.state.value,
        extra={
            "outbox_id": letter.row_id,
            "channel": letter.channel.value,
            "status": verdict.status,
            "request_id": verdict.request_id,
            "reason": verdict.reason.value if verdict.reason else "",
            "ours": ours,
        },
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


def _forget_pauses(session: Session, outcomes: Sequence[Outcome]) -> None:
    """Forget a pause that is over once a push of the channel got through."""
    through = {
        letter.channel
        for letter, verdict in outcomes
        if verdict.state is DeliveryState.SENT and letter.reply_token is None
    }
    for channel in through & read_pauses(session).keys() if through else ():
        forget_pause(session, channel)


def _pauses(outcomes: Sequence[Outcome]) -> dict[OutboxChannel, Verdict]:
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


def _put_back(lease: Lease, letters: Sequence[Letter], done: Sequence[Outcome]) -> None:
    finished = {letter.row_id for letter, _ in done}
    left = [letter.row_id for letter in letters if letter.row_id not in finished]
    with write_transaction() as session:
        give_back(session, OutboxMessage, lease, left)


def _chunks(letters: Sequence[Letter]) -> Iterator[Sequence[Letter]]:
    for start in range(0, len(letters), AT_ONCE):
        yield letters[start : start + AT_ONCE]
