"""The outbox: claim, write, send, note down; a transaction is never held while a server is asked.

Order holds per recipient and complaint, among messages whose hold has ended; a routine message that waits
goes along with what comes after it. Answers to what a person just wrote or pressed have no order and go
first, as their tokens live for a minute only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from datetime import datetime
from typing import Any, Final

from flask import Flask
from sqlalchemy import ColumnElement, and_, case, or_

from domain.clock import now
from domain.deliveries import MAIL_TEST, Pause, active_pauses
from domain.faults import fault_point
from domain.message_priority import quiet_until
from extensions import db, write_transaction
from models import DeliveryState, OutboxChannel, OutboxMessage
from worker.boarding import board, put_off, waiting_company
from worker.leases import MAX_CLAIM, Lease, begin, claim, give_back, has_work
from worker.letters import Letter, write_letters
from worker.order import has_predecessor
from worker.packing import Pack, pack, pack_alone
from worker.patience import judge_patience
from worker.senders import Carrier, Verdict, judge_before
from worker.settling import Outcome, note_down

MOST_ROUNDS: Final = 10
"""Claims in a row before the lane looks at webhooks again."""
AHEAD: Final = 2
"""Widths begun ahead, so that the line is never idle while the next messages are claimed and written."""
PROBE: Final = 8
"""How many go first, before anything was taken."""
_LANDING_SECONDS: Final = 0.02
"""How long answers are gathered before they are noted down together."""

_REPLIES_FIRST: Final = (
    case((OutboxMessage.reply_token.is_not(None), 0), (OutboxMessage.template_key == MAIL_TEST, 0), else_=1),
    OutboxMessage.not_before,
    OutboxMessage.id,
)


def send_due(app: Flask, carrier: Carrier, stopping: Callable[[], bool]) -> list[Verdict]:
    """Send what is due and return what became of each message; needs an application context.

    Stops early, putting back what it has not begun, when nobody answers, when a channel was paused,
    or when ``stopping`` says so. LINE and e-mail have a carrier each, so neither waits for the other.
    """
    errand = _Errand(app, carrier, stopping)
    for _ in range(MOST_ROUNDS):
        if not errand.go_round():
            break
    errand.finish()
    return [verdict for _, verdict in errand.done]


class _Errand:
    """One call of ``send_due``: what is under way, and what has become of the rest."""

    def __init__(self, app: Flask, carrier: Carrier, stopping: Callable[[], bool]) -> None:
        self._app = app
        self._carrier = carrier
        self._stopping = stopping
        self._under_way: dict[Future[Any], tuple[Lease, Letter]] = {}
        self._proven = carrier.is_well
        self._is_ill = False
        self._is_quiet = False
        self.done: list[Outcome] = []

    def go_round(self) -> bool:
        """Take what is due and send it; False when there is nothing, or it had better wait."""
        lease = _claim(self._carrier)
        if lease is None:
            return False
        fault_point("worker_claimed")
        packs = self._packs(lease)
        left = list(packs)
        while left and not self._must_stop():
            handful, left = left[: self._width()], left[self._width() :]
            self._send(lease, handful)
            self._land(room=self._room())
        if self._must_stop():
            self._put_back(lease, packs)
            return False
        return len(lease.ids) == MAX_CLAIM

    def _width(self) -> int:
        """Return how many to begin together: a few first, to see whether anybody takes them."""
        return self._carrier.at_once if self._proven else min(PROBE, self._carrier.at_once)

    def _room(self) -> int:
        """Return how many may stay under way, or in line for it, while more are claimed and written."""
        return AHEAD * self._carrier.at_once if self._proven else 0

    def finish(self) -> None:
        """Wait for every answer and note it down."""
        self._land(room=0)

    def _packs(self, lease: Lease) -> list[Pack]:
        """Settle what cannot go now and return the rest as requests to be."""
        session, moment = db.session(), now()
        letters = write_letters(session, self._app, lease.ids)
        early = [(letter, judge_before(letter, moment)) for letter in letters]
        ended = [(letter, verdict) for letter, verdict in early if verdict is not None]
        fit = [letter for letter, verdict in early if verdict is None]
        company = waiting_company(session, self._app, fit, set(lease.ids))
        packed = pack(fit, company)
        morning = quiet_until(session, moment)
        self._is_quiet = morning is not None
        kept = judge_patience(session, packed.alone, moment, morning)
        ended += kept
        waits = {letter.row_id for letter, _ in kept}
        alone = [letter for letter in packed.alone if letter.row_id not in waits]
        together = pack_alone(alone, _of_the_same_people(company, alone))
        if ended:
            self._note_down(lease, ended)
        self._give_back(lease, [*packed.left, *together.left])
        return [*packed.packs, *together.packs]

    def _send(self, lease: Lease, handful: Sequence[Pack]) -> None:
        """Begin and send a handful; what another worker has taken over, or must go first, is left alone."""
        with write_transaction() as session:
            ours = begin(session, OutboxMessage, lease, [one.host.row_id for one in handful])
            letters = board(session, lease, handful, ours, is_quiet=self._is_quiet)
        if letters:
            answers = self._carrier.carry(letters)
            self._under_way |= {
                answer: (lease, letter) for answer, letter in zip(answers, letters, strict=True)
            }

    def _land(self, *, room: int) -> None:
        """Note down the answers that have come, until no more than ``room`` are under way."""
        while len(self._under_way) > room:
            wait(self._under_way, timeout=_LANDING_SECONDS)
            come, _rest = wait(self._under_way, return_when=FIRST_COMPLETED)
            self._arrived(come)
            if self._must_stop():
                self._call_back()

    def _arrived(self, come: Iterable[Future[Any]]) -> None:
        fault_point("worker_before_finish")
        moment = now()
        by_lease: dict[Lease, list[Outcome]] = {}
        for future in come:
            lease, letter = self._under_way.pop(future)
            verdict = self._carrier.judge(letter, future.result(), moment)
            by_lease.setdefault(lease, []).append((letter, verdict))
        for lease, outcomes in by_lease.items():
            self._note_down(lease, outcomes)

    def _call_back(self) -> None:
        """Take back what was begun but has not left: a server that does not answer gets no more of it."""
        held = [future for future in self._under_way if future.cancel()]
        for future in held:
            lease, letter = self._under_way.pop(future)
            with write_transaction() as session:
                put_off(session, lease, letter)

    def _note_down(self, lease: Lease, outcomes: Sequence[Outcome]) -> None:
        note_down(lease, outcomes)
        self.done += outcomes
        self._proven = self._proven or any(one.state is DeliveryState.SENT for _, one in outcomes)
        self._is_ill = self._is_ill or any(one.is_trouble for _, one in outcomes)
        self._carrier.is_well = self._proven and not self._is_ill

    def _must_stop(self) -> bool:
        return self._is_ill or self._stopping()

    def _put_back(self, lease: Lease, packs: Iterable[Pack]) -> None:
        """Give back what was not begun; what was is under way, or has its end."""
        begun = {letter.row_id for _, letter in self._under_way.values()}
        begun |= {letter.row_id for letter, _ in self.done}
        self._give_back(
            lease, [one for pack_ in packs if pack_.host.row_id not in begun for one in pack_.all]
        )

    def _give_back(self, lease: Lease, letters: Sequence[Letter]) -> None:
        if letters:
            with write_transaction() as session:
                give_back(session, OutboxMessage, lease, [letter.row_id for letter in letters])


def _of_the_same_people(letters: Iterable[Letter], hosts: Iterable[Letter]) -> list[Letter]:
    people = {(host.channel, host.recipient) for host in hosts}
    return [letter for letter in letters if (letter.channel, letter.recipient) in people]


def _claim(carrier: Carrier) -> Lease | None:
    """Take what is due, on channels that work."""
    carrier.look_around()
    if not carrier.channels:
        return None
    db.session().rollback()
    only = sendable(now(), carrier.channels, active_pauses(db.session()))
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
    return works, or_(is_answer, is_test, ~has_predecessor(moment))
