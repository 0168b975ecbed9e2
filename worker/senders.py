"""Sending, and what each of LINE's answers means for the row (reliability.md §4.3, line.md §2.3).

``Postman`` carries letters and never touches the database; ``judge`` is the response table and never
touches anything.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from config import Settings
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
from models import DeliveryState, OutboxChannel
from worker.leases import wait_after
from worker.letters import Letter

logger = logging.getLogger(__name__)

AT_ONCE: Final = 8  # The gateway keeps as many connections.
STOP_AFTER: Final = timedelta(hours=23)  # LINE forgets a retry key after 24 h and would send a second time.
REPLY_RETRY: Final = timedelta(seconds=2)
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

    @property
    def is_trouble(self) -> bool:
        """Tell whether what comes after had better not be sent right now."""
        return self.pauses is not None or (self.reason in _NO_ANSWER and self.status is None)


class Carrier(Protocol):
    """Carries the letters of some channels and knows what the answers mean."""

    @property
    def channels(self) -> frozenset[OutboxChannel]:
        """Return the channels that are switched on."""

    def look_around(self) -> None:
        """Notice what has changed since the last batch."""

    def carry(self, letters: Sequence[Letter]) -> list[Any]:
        """Send a few letters and return an answer for each, in their order."""

    def judge(self, letter: Letter, answer: Any, moment: datetime) -> Verdict:
        """Return what becomes of a letter after an answer."""


class Postman:
    """Carries letters to LINE, several at a time; one per worker."""

    def __init__(self, settings: Settings, timeout: tuple[float, float] = TIMEOUT_SECONDS) -> None:
        """Open a gateway for each channel that has a usable token; nothing is sent."""
        tokens = {
            OutboxChannel.LINE_CITIZEN: settings.line_citizen_token,
            OutboxChannel.LINE_STAFF: settings.line_staff_token,
        }
        self._gateways: dict[OutboxChannel, LineGateway] = {}
        for channel, token in tokens.items():
            if not token:
                continue
            try:
                gateway = LineGateway(channel.value, token, base_url=settings.line_api_url, timeout=timeout)
            except ValueError:
                logger.exception("LINE channel is off", extra={"line_channel": channel.value})
                continue
            self._gateways[channel] = gateway
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="postman")

    @property
    def channels(self) -> frozenset[OutboxChannel]:
        """Return the channels that are switched on."""
        return frozenset(self._gateways)

    def look_around(self) -> None:
        """Do nothing: tokens come from the environment and do not change."""

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

    def carry(self, letters: Sequence[Letter]) -> list[Answer]:
        """Send up to ``AT_ONCE`` letters side by side and return an answer for each, in their order."""
        if len(letters) == 1:
            return [self._carry(letters[0])]
        return list(self._pool.map(self._carry, letters))

    def _carry(self, letter: Letter) -> Answer:
        fault_point("worker_before_send")
        try:
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
        body = letter.body or []
        if letter.reply_token is not None:
            return gateway.reply(letter.reply_token, body)
        return gateway.push(letter.recipient, body, letter.retry_key)


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
    reason = _REFUSALS.get(type(answer), DeliveryReason.REFUSED)
    return _ended(DeliveryState.FAILED, reason, answer)


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
    if letter.expires_at is not None and again_at >= letter.expires_at:
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
    )
