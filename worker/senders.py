"""Sending, and what each of LINE's answers means for the row (reliability.md §4.3, line.md §2.3).

``Postman`` carries letters and knows nothing of their rows; ``judge`` is the response table and never
touches anything.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from flask import Flask

from config import Settings
from domain.clock import now
from domain.deliveries import DeliveryReason
from domain.faults import fault_point
from line_hooks.client import (
    TIMEOUT_SECONDS,
    Accepted,
    LineError,
    LineGateway,
    LinePermanent,
    LineQuotaExhausted,
    LineRateLimited,
    LineRecipientInvalid,
    LineReplyTokenSpent,
    LineRetryable,
    LineUnauthorised,
)
from line_hooks.keys import keys_of
from line_hooks.limits import JsonDict
from line_hooks.link_events import LINK_FOR, link_messages
from models import DeliveryState, OutboxChannel
from worker.buckets import Bucket
from worker.drawn_figures import figure_messages
from worker.leases import wait_after
from worker.letters import LINE_CHANNELS, Letter

logger = logging.getLogger(__name__)

AT_ONCE: Final = 50  # Threads, and connections the gateway keeps.
MOST_A_SECOND: Final = (
    1600.0  # Eight tenths of what LINE takes from a channel: 2,000 a second (line.md §2.1).
)
STOP_AFTER: Final = timedelta(hours=23)  # LINE forgets a retry key after 24 h and would send a second time.
REPLY_RETRY: Final = timedelta(seconds=2)
TIME_TO_DRAW: Final = timedelta(seconds=15)
_NO_ANSWER: Final = frozenset({DeliveryReason.UNREACHABLE, DeliveryReason.MAIL_UNREACHABLE})

Answer = Accepted | LineError


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of a row.

    Attributes:
        state: Final, or ``ready`` to try again.
        reason: None when it was sent.
        detail: What LINE said; never a token or a message.
        status: HTTP status, None when no answer came.
        request_id: LINE's id of the request.
        again_at: When to try again; None for a final state, or to leave the row's turn as it was.
        counts: False when the try reached nobody and is nobody's fault.
        pauses: The whole channel stops for this reason.
        drops_token: The reply token is of no use any more: it is pushed next time.
        parts_company: What rode along goes on its own again.
        retry_after: Seconds LINE asked us to wait.
    """

    state: DeliveryState
    reason: DeliveryReason | None = None
    detail: str = ""
    status: int | None = None
    request_id: str = ""
    again_at: datetime | None = None
    counts: bool = True
    pauses: DeliveryReason | None = None
    retry_after: float | None = None
    drops_token: bool = False
    parts_company: bool = False

    @property
    def is_trouble(self) -> bool:
        """Tell whether what comes after had better not be sent right now."""
        return self.pauses is not None or (self.reason in _NO_ANSWER and self.status is None)


class Carrier(Protocol):
    """Carries the letters of some channels and knows what the answers mean.

    Attributes:
        is_well: The last letters were taken, so that many may be begun at once.
    """

    is_well: bool

    @property
    def channels(self) -> frozenset[OutboxChannel]:
        """Return the channels that are switched on."""

    @property
    def at_once(self) -> int:
        """Return how many letters may be under way side by side."""

    def look_around(self) -> None:
        """Notice what has changed since the last batch."""

    def carry(self, letters: Sequence[Letter]) -> list[Future[Any]]:
        """Send letters and return the answer to come for each, in their order."""

    def judge(self, letter: Letter, answer: Any, moment: datetime) -> Verdict:
        """Return what becomes of a letter after an answer."""


class Postman:
    """Carries letters to LINE, many at a time; one per worker."""

    def __init__(self, app: Flask, timeout: tuple[float, float] = TIMEOUT_SECONDS) -> None:
        """Open a gateway for each channel that has a usable token; nothing is sent."""
        self.is_well = False
        self._app = app
        self._timeout = timeout
        self._gateways: dict[OutboxChannel, LineGateway] = {}
        self._tokens: dict[OutboxChannel, str | None] = {}
        self._buckets = {channel: Bucket(MOST_A_SECOND) for channel in LINE_CHANNELS}
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="postman")
        with app.app_context():
            self.look_around()

    @property
    def channels(self) -> frozenset[OutboxChannel]:
        """Return the channels that are switched on."""
        return frozenset(self._gateways)

    @property
    def at_once(self) -> int:
        """Return how many letters may be under way side by side."""
        return AT_ONCE

    def look_around(self) -> None:
        """Follow the tokens: one may have been pasted, replaced or taken away on the screen."""
        for channel, line_channel in LINE_CHANNELS.items():
            token = keys_of(self._app, line_channel).token
            if channel not in self._tokens or token != self._tokens[channel]:
                self._tokens[channel] = token
                self._connect(channel, token)

    def judge(self, letter: Letter, answer: Answer, moment: datetime) -> Verdict:
        """Return what becomes of a letter after LINE's answer."""
        return judge(letter, answer, moment)

    def gateway(self, channel: OutboxChannel) -> LineGateway:
        """Return the channel's gateway.

        Raises:
            KeyError: the channel is off.
        """
        return self._gateways[channel]

    def close(self) -> None:
        """Wait for what is under way and close the connections."""
        self._pool.shutdown()
        for gateway in self._gateways.values():
            gateway.close()

    def carry(self, letters: Sequence[Letter]) -> list[Future[Any]]:
        """Send letters side by side and return the answer to come for each, in their order."""
        return [self._pool.submit(self._carry, letter) for letter in letters]

    def _connect(self, channel: OutboxChannel, token: str | None) -> None:
        old = self._gateways.pop(channel, None)
        if old is not None:
            old.close()
        if not token:
            return
        settings: Settings = self._app.extensions["settings"]
        try:
            self._gateways[channel] = LineGateway(
                channel.value, token, base_url=settings.line_api_url, timeout=self._timeout, at_once=AT_ONCE
            )
        except ValueError:
            logger.exception("LINE channel is off", extra={"line_channel": channel.value})

    def _carry(self, letter: Letter) -> Answer:
        fault_point("worker_before_send")
        try:
            self._buckets[letter.channel].take()
            answer = self._hand_over(letter)
        except LineError as problem:
            return problem
        except Exception as fault:  # Whatever broke on our side, the message may have gone out.
            logger.exception("sending broke", extra={"outbox_id": letter.row_id})
            return LineRetryable(None, type(fault).__name__, uncertain=True)
        fault_point("worker_after_send")
        return answer

    def _hand_over(self, letter: Letter) -> Accepted:
        gateway = self._gateways[letter.channel]
        body = self._completed(gateway, letter) if letter.facts else letter.body or []
        if letter.reply_token is not None:
            return gateway.reply(letter.reply_token, body)
        return gateway.push(letter.recipient, body, letter.retry_key, silent=letter.is_silent)

    def _completed(self, gateway: LineGateway, letter: Letter) -> list[JsonDict]:
        """Fetch or draw what an answer could not know when it was written."""
        if LINK_FOR in letter.facts:
            return link_messages(gateway, letter)
        if letter.expires_at is not None and letter.expires_at - now() < TIME_TO_DRAW:
            return letter.body or []  # The numbers without their picture, while the token lives.
        return figure_messages(self._app, letter.facts, letter.language)


def judge_before(letter: Letter, moment: datetime) -> Verdict | None:
    """Return what becomes of a letter that must not be sent now; None when it may go."""
    if letter.reply_token is not None and letter.attempts and not letter.was_tried:
        # A worker died over this answer; nobody knows whether it went out, and it has no retry key.
        return Verdict(state=DeliveryState.DEAD, reason=DeliveryReason.UNCERTAIN)
    if letter.first_attempt_at is not None and moment >= letter.first_attempt_at + STOP_AFTER:
        return Verdict(state=DeliveryState.DEAD, reason=DeliveryReason.UNCERTAIN)
    if letter.expires_at is not None and moment >= letter.expires_at:
        return Verdict(state=DeliveryState.CANCELLED, reason=DeliveryReason.EXPIRED)
    if letter.stopped is DeliveryReason.CANNOT_BUILD:
        return Verdict(state=DeliveryState.FAILED, reason=letter.stopped, detail=letter.detail)
    if letter.stopped is not None:
        return Verdict(state=DeliveryState.CANCELLED, reason=letter.stopped)
    return None


def judge(letter: Letter, answer: Answer, moment: datetime) -> Verdict:
    """Return what becomes of a letter after LINE's answer: the response table."""
    if isinstance(answer, Accepted):
        status = 409 if answer.repeated else 200
        return Verdict(state=DeliveryState.SENT, status=status, request_id=answer.request_id)
    if isinstance(answer, LineRetryable):
        return _after_reply(letter, answer, moment) if letter.reply_token else _again(letter, answer, moment)
    pause = _PAUSES.get(type(answer))
    if pause is not None:
        return Verdict(
            state=DeliveryState.READY,
            reason=pause,
            detail=answer.detail,
            status=answer.status,
            request_id=answer.request_id,
            counts=False,
            pauses=pause,
            retry_after=answer.retry_after,
        )
    return _refused(letter, answer, moment)


def _refused(letter: Letter, answer: LineError, moment: datetime) -> Verdict:
    reason = _REFUSALS.get(type(answer), DeliveryReason.REFUSED)
    if reason is DeliveryReason.REPLY_TOO_LATE and letter.may_push:
        return _pushed_next(answer, moment)
    if reason is DeliveryReason.REFUSED and letter.company:
        # One of several messages is not to LINE's liking; alone each has a verdict of its own.
        return Verdict(
            state=DeliveryState.READY,
            reason=reason,
            detail=answer.detail,
            status=answer.status,
            request_id=answer.request_id,
            again_at=moment,
            parts_company=True,
        )
    return _ended(DeliveryState.FAILED, reason, answer)


def _pushed_next(answer: LineError, moment: datetime) -> Verdict:
    return Verdict(
        state=DeliveryState.READY,
        reason=DeliveryReason.REPLY_TOO_LATE,
        detail=answer.detail,
        status=answer.status,
        request_id=answer.request_id,
        again_at=moment,
        counts=False,
        drops_token=True,
    )


_PAUSES: Final[dict[type[LineError], DeliveryReason]] = {
    LineRateLimited: DeliveryReason.RATE_LIMITED,
    LineQuotaExhausted: DeliveryReason.QUOTA,
    LineUnauthorised: DeliveryReason.UNAUTHORISED,
}
_REFUSALS: Final[dict[type[LineError], DeliveryReason]] = {
    LineRecipientInvalid: DeliveryReason.RECIPIENT_INVALID,
    LineReplyTokenSpent: DeliveryReason.REPLY_TOO_LATE,
    LinePermanent: DeliveryReason.REFUSED,
}


def _again(letter: Letter, answer: LineError, moment: datetime) -> Verdict:
    """Try a push again with its own retry key, while LINE still remembers the key."""
    asked = timedelta(seconds=min(answer.retry_after or 0, 3600))
    again_at = moment + max(wait_after(letter.attempts + 1), asked)
    first = letter.first_attempt_at or moment
    if again_at >= first + STOP_AFTER:
        return _ended(DeliveryState.DEAD, DeliveryReason.UNCERTAIN, answer)
    return Verdict(
        state=DeliveryState.READY,
        reason=DeliveryReason.UNREACHABLE,
        detail=answer.detail,
        status=answer.status,
        request_id=answer.request_id,
        again_at=again_at,
    )


def _after_reply(letter: Letter, answer: LineError, moment: datetime) -> Verdict:
    """An answer has no retry key: it is tried again only when LINE surely did not take it."""
    if answer.uncertain:
        return _ended(DeliveryState.DEAD, DeliveryReason.UNCERTAIN, answer)
    again_at = moment + REPLY_RETRY
    if not letter.may_push and letter.expires_at is not None and again_at >= letter.expires_at:
        return _ended(DeliveryState.CANCELLED, DeliveryReason.EXPIRED, answer)
    return Verdict(
        state=DeliveryState.READY,
        reason=DeliveryReason.UNREACHABLE,
        detail=answer.detail,
        status=answer.status,
        again_at=again_at,
    )


def _ended(state: DeliveryState, reason: DeliveryReason, answer: LineError) -> Verdict:
    return Verdict(
        state=state,
        reason=reason,
        detail=answer.detail,
        status=answer.status,
        request_id=answer.request_id,
        # What surely did not go out goes on without the message it rode with.
        parts_company=state is not DeliveryState.DEAD,
    )
