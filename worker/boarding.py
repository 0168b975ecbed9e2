"""Packs as the database sees them: who waits to go along, who came aboard, what is sent word for word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from flask import Flask
from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from domain.clock import now
from domain.deliveries import DeliveryReason
from domain.settings import read_setting
from models import Complaint, DeliveryState, MessagePriority, OutboxMessage, Urgency
from worker.leases import Lease, error_text, give_back, postpone, undone
from worker.letters import LINE_CHANNELS, Letter, write_letters
from worker.order import has_predecessor, would_overtake
from worker.packing import Pack, may_host
from worker.senders import judge_before

_MOST_COMPANY: Final = 200


def waiting_company(session: Session, app: Flask, hosts: Iterable[Letter], claimed: set[int]) -> list[Letter]:
    """Return the routine letters that wait for the same people and may go along: fit to be sent, unclaimed.

    What an act's undo may still stop is left out, and what would overtake another message on its complaint.
    """
    people = {host.recipient for host in hosts if may_host(host)}
    if not people:
        return []
    moment = now()
    held = timedelta(seconds=int(read_setting(session, "undo_hold_seconds")))
    ids = session.scalars(
        select(OutboxMessage.id)
        .where(
            undone(OutboxMessage),
            OutboxMessage.recipient.in_(sorted(people)),
            OutboxMessage.channel.in_(LINE_CHANNELS),
            OutboxMessage.state == DeliveryState.READY,
            OutboxMessage.priority == MessagePriority.ROUTINE,
            OutboxMessage.attempts == 0,
            OutboxMessage.first_attempt_at.is_(None),
            OutboxMessage.reply_token.is_(None),
            or_(
                OutboxMessage.created_at <= moment - held,
                OutboxMessage.not_before <= moment,
                OutboxMessage.last_error.is_not(None),
            ),
            ~has_predecessor(moment, besides=claimed),
        )
        .order_by(OutboxMessage.id)
        .limit(_MOST_COMPANY)
    ).all()
    letters = write_letters(session, app, [row_id for row_id in ids if row_id not in claimed])
    return [letter for letter in letters if judge_before(letter, moment) is None]


def board(
    session: Session, lease: Lease, packs: Sequence[Pack], begun: frozenset[int], *, is_quiet: bool = False
) -> list[Letter]:
    """Take the riders of each begun pack aboard and return the letters as they are to be sent.

    Runs in the write transaction that has begun the hosts. A pack whose host was taken over by another
    worker, or must let an earlier message go first, lets its riders go.
    """
    ours = [one for one in packs if one.host.row_id in begun]
    left = [rider.row_id for one in packs if one not in ours for rider in (*one.riders, *one.superseded)]
    if left:
        give_back(session, OutboxMessage, lease, left)
    aboard = {one.host.row_id: _aboard(session, lease, one) for one in ours}
    blocked = _blocked(session, ours)
    for one in ours:
        if one.host.row_id in blocked:
            postpone(session, OutboxMessage, one.host.row_id, lease.token, now(), counts=False)
            part_company(session, one.host.row_id, (DeliveryState.MERGED, DeliveryState.CANCELLED))
    going = [one for one in ours if one.host.row_id not in blocked]
    letters = [one.letter(aboard[one.host.row_id]) for one in going]
    if is_quiet:
        letters = _hushed(session, letters)
    _keep_bodies(session, letters)
    return letters


def part_company(
    session: Session, host_id: int, states: Sequence[DeliveryState] = (DeliveryState.MERGED,)
) -> None:
    """Let the messages that were to ride with a row go on their own."""
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.merged_into_id == host_id, OutboxMessage.state.in_(states))
        .values(
            state=DeliveryState.READY, merged_into_id=None, done_at=None, last_error=None, not_before=now()
        )
        .execution_options(synchronize_session=False)
    )


def put_off(session: Session, lease: Lease, letter: Letter) -> None:
    """Undo the beginning of a letter that has not left; its company waits with it."""
    postpone(session, OutboxMessage, letter.row_id, lease.token, now(), counts=False)


def _blocked(session: Session, packs: Sequence[Pack]) -> frozenset[int]:
    """Return the hosts that would overtake what another worker has taken, or tried in vain, meanwhile."""
    pushes = [one.host.row_id for one in packs if one.host.reply_token is None]
    if not pushes:
        return frozenset()
    found = session.scalars(
        select(OutboxMessage.id).where(OutboxMessage.id.in_(pushes), would_overtake(now()))
    )
    return frozenset(found)


def _aboard(session: Session, lease: Lease, one: Pack) -> frozenset[int]:
    """Settle the riders and return those that go: another worker may have taken one meanwhile."""
    if one.superseded:
        _settle(session, lease, one, one.superseded, DeliveryState.CANCELLED, DeliveryReason.SUPERSEDED)
    if not one.riders:
        return frozenset()
    return _settle(session, lease, one, one.riders, DeliveryState.MERGED, None)


def _settle(
    session: Session,
    lease: Lease,
    one: Pack,
    letters: Sequence[Letter],
    state: DeliveryState,
    reason: DeliveryReason | None,
) -> frozenset[int]:
    untried = (OutboxMessage.state == DeliveryState.READY) & (OutboxMessage.attempts == 0)
    free = untried | (OutboxMessage.lease_token == lease.token)
    taken = session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id.in_([letter.row_id for letter in letters]), undone(OutboxMessage), free)
        .values(
            state=state,
            merged_into_id=one.host.row_id,
            last_error=error_text(reason) if reason else None,
            lease_token=None,
            leased_until=None,
            done_at=now(),
        )
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    ).scalars()
    return frozenset(taken)


def _hushed(session: Session, letters: list[Letter]) -> list[Letter]:
    """Let phones stay silent in the quiet hours, except for urgent complaints and answers."""
    ids = {letter.complaint_id for letter in letters if letter.complaint_id is not None}
    urgent = set(
        session.scalars(
            select(Complaint.id).where(Complaint.id.in_(sorted(ids)), Complaint.urgency != Urgency.NORMAL)
        )
    )
    return [
        replace(letter, is_silent=letter.reply_token is None and letter.complaint_id not in urgent)
        if letter.is_new
        else letter
        for letter in letters
    ]


def _keep_bodies(session: Session, letters: Iterable[Letter]) -> None:
    """Store what is about to be sent, so that a second try says the same."""
    rows: list[dict[str, Any]] = [
        {
            "row": letter.row_id,
            "body": letter.body,
            "token": letter.reply_token,
            "silent": letter.is_silent,
        }
        for letter in letters
        if letter.is_new
    ]
    if not rows:
        return
    columns = OutboxMessage.__table__.c
    session.connection().execute(
        update(OutboxMessage.__table__)  # type: ignore[arg-type]
        .where(columns.id == bindparam("row"))
        .values(sent_body=bindparam("body"), reply_token=bindparam("token"), is_silent=bindparam("silent")),
        rows,
    )
