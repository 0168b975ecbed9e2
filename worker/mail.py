"""Letters by e-mail: the settings of the town's mail server, and what its answers mean for a row.

The settings are rows and may change while a worker runs: they are read anew for each batch. What is
uncertain is tried again under the same Message-ID, by which mail systems recognise a second copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.fernet import InvalidToken
from flask import Flask
from sqlalchemy.orm import Session

from domain.deliveries import DeliveryReason, lift_pause, mail_may_go_on
from domain.faults import fault_point
from domain.settings import read_setting
from domain.vault import Vault
from extensions import db, write_transaction
from mail_message import (
    Answer,
    MailAccepted,
    MailError,
    MailInsecure,
    MailLetter,
    MailNotTried,
    MailRecipientRefused,
    MailRefused,
    MailSenderRefused,
    MailSettings,
    MailUnauthorised,
    MailUnreachable,
)
from mailer import carry
from models import DeliveryState, OutboxChannel, Setting
from worker.leases import wait_after
from worker.letters import Letter
from worker.senders import STOP_AFTER, Verdict

_PAUSES: Final[dict[type[MailError], DeliveryReason]] = {
    MailUnauthorised: DeliveryReason.MAIL_UNAUTHORISED,
    MailInsecure: DeliveryReason.MAIL_INSECURE,
    MailSenderRefused: DeliveryReason.MAIL_SENDER,
}
_REFUSALS: Final[dict[type[MailError], DeliveryReason]] = {
    MailRecipientRefused: DeliveryReason.MAIL_RECIPIENT,
    MailRefused: DeliveryReason.MAIL_REFUSED,
}
_REASONS: Final[dict[type[MailError], DeliveryReason]] = {
    MailUnreachable: DeliveryReason.MAIL_UNREACHABLE,
    **_PAUSES,
    **_REFUSALS,
}
_ON: Final = frozenset({OutboxChannel.EMAIL})
A_HANDFUL: Final = 8
_NOT_TRIED_WAIT: Final = timedelta(seconds=1)


def read_mail_settings(session: Session, vault: Vault) -> MailSettings | None:
    """Return the mail server of the town; None when it has none: then no letters are sent."""
    host = str(read_setting(session, "mail_host")).strip()
    if not host:
        return None
    user = str(read_setting(session, "mail_user"))
    return MailSettings(
        host=host,
        port=int(read_setting(session, "mail_port")),
        security=str(read_setting(session, "mail_security")),
        user=user,
        password=_password(session, vault),
        sender=str(read_setting(session, "mail_from")) or (user if "@" in user else ""),
        sender_name=str(read_setting(session, "municipality_name")),
    )


def _password(session: Session, vault: Vault) -> str | None:
    """Return the password; None when there is none, or the key it was kept under is gone."""
    row = session.get(Setting, "mail_password")
    if row is None or not row.value:
        return None
    try:
        return vault.decrypt(str(row.value))
    except InvalidToken:
        return None


class MailCarrier:
    """Carries letters to the mail server, over one connection a handful; one per worker."""

    def __init__(self, app: Flask) -> None:
        """Read nothing yet; ``look_around`` does."""
        self.is_well = False
        self._vault: Vault = app.extensions["vault"]
        self._settings: MailSettings | None = None

    @property
    def channels(self) -> frozenset[OutboxChannel]:
        """Return the channel when the town has a mail server."""
        return _ON if self._settings is not None else frozenset()

    def look_around(self) -> None:
        """Read the settings; a channel that was paused goes on when they have changed since."""
        session = db.session()
        session.rollback()
        self._settings = read_mail_settings(session, self._vault)
        is_mended = mail_may_go_on(session)
        session.rollback()
        if is_mended:
            with write_transaction() as writing:
                lift_pause(writing, OutboxChannel.EMAIL)

    @property
    def at_once(self) -> int:
        """Return how many letters one connection takes."""
        return A_HANDFUL

    def carry(self, letters: Sequence[Letter]) -> list[Future[Any]]:
        """Send a handful of letters one after the other and return an answer for each, in their order."""
        return [_known(answer) for answer in self._carry(letters)]

    def _carry(self, letters: Sequence[Letter]) -> list[Answer]:
        if self._settings is None:
            return [MailNotTried(None, "switched off meanwhile")] * len(letters)
        fault_point("worker_before_send")
        answers = carry(self._settings, [_mail(letter) for letter in letters])
        fault_point("worker_after_send")
        return answers

    def judge(self, letter: Letter, answer: Answer, moment: datetime) -> Verdict:
        """Return what becomes of a letter after the server's answer."""
        return judge_mail(letter, answer, moment)


def _known(answer: Answer) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(answer)
    return future


def _mail(letter: Letter) -> MailLetter:
    [body] = letter.body or [{}]
    return MailLetter(
        recipient=letter.recipient,
        recipient_name=letter.recipient_name,
        subject=str(body.get("subject", "")),
        text=str(body.get("text", "")),
        html=str(body.get("html", "")),
        key=letter.retry_key,
        moment=datetime.fromisoformat(str(body["date"])),
    )


def judge_mail(letter: Letter, answer: Answer, moment: datetime) -> Verdict:
    """Return what becomes of a letter: the response table.

    Taken: sent. 4xx, no answer, a broken line: again, later each time. 5xx for the recipient or the letter:
    failed. Password, certificate or sender refused: every letter would meet the same, so the channel stops.
    An administrator's own test is tried once.
    """
    if isinstance(answer, MailAccepted):
        return Verdict(state=DeliveryState.SENT, status=250, request_id=answer.said)
    pause = _PAUSES.get(type(answer))
    if letter.is_test and not isinstance(answer, MailNotTried):
        return _ended(DeliveryState.FAILED, _reason(answer), answer, pauses=pause)
    if isinstance(answer, MailNotTried):
        again_at = moment + _NOT_TRIED_WAIT
        return Verdict(state=DeliveryState.READY, counts=False, again_at=again_at)
    if pause is not None:
        return _ended(DeliveryState.READY, pause, answer, pauses=pause, counts=False)
    if type(answer) in _REFUSALS:
        return _ended(DeliveryState.FAILED, _reason(answer), answer)
    return _again(letter, answer, moment)


def _reason(answer: MailError) -> DeliveryReason:
    return _REASONS.get(type(answer), DeliveryReason.MAIL_LATER)


def _again(letter: Letter, answer: MailError, moment: datetime) -> Verdict:
    """Try a letter again under its Message-ID, for a day like any message."""
    again_at = moment + wait_after(letter.attempts + 1)
    if again_at >= (letter.first_attempt_at or moment) + STOP_AFTER:
        return _ended(DeliveryState.DEAD, DeliveryReason.UNCERTAIN, answer)
    return _ended(DeliveryState.READY, _reason(answer), answer, again_at=again_at)


def _ended(state: DeliveryState, reason: DeliveryReason, answer: MailError, **more: Any) -> Verdict:
    return Verdict(state=state, reason=reason, detail=answer.detail, status=answer.reply, **more)
