"""Letters carried by SMTP: one connection for several, every failure with its kind.

Knows no database and no template: settings and letters come from the caller (``mail_message``).
"""

from __future__ import annotations

import smtplib
import socket
import ssl
import time
from collections.abc import Sequence
from ipaddress import ip_address
from types import TracebackType
from typing import Final

from mail_message import (
    Answer,
    MailAccepted,
    MailError,
    MailInsecure,
    MailLater,
    MailLetter,
    MailNotTried,
    MailRecipientRefused,
    MailRefused,
    MailSenderRefused,
    MailSettings,
    MailUnauthorised,
    MailUnreachable,
    compose,
    one_line,
    plain_address,
)

CONNECT_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 15.0
BUDGET_SECONDS: Final = 60.0
"""For all letters of one connection: less than the lease of their rows."""

_LONGEST_DETAIL: Final = 200
_AUTH_REQUIRED: Final = 530


class MailSession:
    """One connection to the server; use it in a ``with``. Opening it raises a MailError."""

    def __init__(self, settings: MailSettings, budget: float = BUDGET_SECONDS) -> None:
        """Keep the settings; ``budget`` is how many seconds everything may take."""
        self._settings = settings
        self._end = time.monotonic() + budget
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> MailSession:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        """Connect, encrypt, sign in.

        Raises:
            MailError: of the kind that fits.
        """
        require_encryption(self._settings)
        try:
            self._smtp = self._connect()
            self._encrypt(self._smtp)
            self._sign_in(self._smtp)
        except MailError:
            self.close()
            raise
        except Exception as fault:
            self.close()
            raise problem_of(fault) from fault

    def close(self) -> None:
        """Say goodbye; a server that does not listen any more is left alone."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(2.0)
            smtp.quit()
        except (OSError, smtplib.SMTPException, ValueError):
            smtp.close()

    def send(self, letter: MailLetter) -> MailAccepted:
        """Hand one letter over.

        Raises:
            MailError: of the kind that fits; after MailUnreachable the connection is gone.
        """
        message = compose(self._settings, letter)
        recipient, sender = plain_address(letter.recipient), plain_address(self._settings.sender)
        smtp = self._smtp
        if smtp is None:
            raise MailUnreachable(None, "not connected")
        try:
            return MailAccepted(self._hand_over(smtp, sender, recipient, message.as_bytes()))
        except MailUnreachable:
            self.close()
            raise
        except MailError:
            self._begin_anew(smtp)
            raise
        except Exception as fault:
            self.close()
            raise problem_of(fault) from fault

    @property
    def is_open(self) -> bool:
        """Tell whether another letter can be handed over."""
        return self._smtp is not None

    @property
    def seconds_left(self) -> float:
        """Return what is left of the budget."""
        return self._end - time.monotonic()

    def _connect(self) -> smtplib.SMTP:
        chosen = self._settings
        own_name = chosen.sender.rpartition("@")[2] or "localhost"  # getfqdn would ask the DNS, for long.
        own_name = own_name.encode("idna").decode("ascii")
        timeout = max(0.1, min(CONNECT_SECONDS, self.seconds_left))
        if chosen.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(
                chosen.host, chosen.port, local_hostname=own_name, timeout=timeout, context=context
            )
        return smtplib.SMTP(chosen.host, chosen.port, local_hostname=own_name, timeout=timeout)

    def _encrypt(self, smtp: smtplib.SMTP) -> None:
        self._hurry(smtp)
        smtp.ehlo_or_helo_if_needed()
        if self._settings.security != "starttls":
            return
        if not smtp.has_extn("starttls"):
            raise MailInsecure(None, "the server offers no STARTTLS")
        self._hurry(smtp)
        smtp.starttls(context=ssl.create_default_context())
        smtp.ehlo()

    def _sign_in(self, smtp: smtplib.SMTP) -> None:
        chosen = self._settings
        if not chosen.user:
            return
        if chosen.password is None:
            raise MailUnauthorised(None, "no password, or one that cannot be read any more")
        self._hurry(smtp)
        try:
            smtp.login(chosen.user, chosen.password)
        except smtplib.SMTPAuthenticationError as fault:
            raise _refusal_of_sign_in(fault) from None
        except smtplib.SMTPNotSupportedError:
            raise MailUnauthorised(None, "the server asks for no password") from None
        except UnicodeEncodeError:
            raise MailUnauthorised(None, "the password has letters SMTP cannot carry") from None

    def _hand_over(self, smtp: smtplib.SMTP, sender: str, recipient: str, body: bytes) -> str:
        """Return what the server said when it took the letter."""
        self._hurry(smtp)
        code, said = smtp.mail(sender)
        _require(code, said, MailUnauthorised if code == _AUTH_REQUIRED else MailSenderRefused)
        self._hurry(smtp)
        code, said = smtp.rcpt(recipient)
        _require(code, said, MailUnauthorised if code == _AUTH_REQUIRED else MailRecipientRefused)
        self._hurry(smtp)
        try:
            code, said = smtp.data(body)
        except smtplib.SMTPDataError as fault:  # The word DATA itself was refused.
            code, said = fault.smtp_code, _bytes(fault.smtp_error)
        _require(code, said, MailRefused)
        return _said(said)

    def _hurry(self, smtp: smtplib.SMTP) -> None:
        """Wait for the next answers no longer than the budget allows."""
        if smtp.sock is not None:
            smtp.sock.settimeout(max(0.1, min(ANSWER_SECONDS, self.seconds_left)))

    def _begin_anew(self, smtp: smtplib.SMTP) -> None:
        """Forget the refused letter, so that the next can go over the same connection."""
        try:
            smtp.rset()
        except (OSError, smtplib.SMTPException):
            self.close()


def carry(
    settings: MailSettings, letters: Sequence[MailLetter], budget: float = BUDGET_SECONDS
) -> list[Answer]:
    """Send letters over as few connections as the server allows; return an answer for each, in order.

    When the line breaks, one new connection is tried; when that fails, or the time is up, what is left gets
    the same answer, or ``MailNotTried``.
    """
    session = MailSession(settings, budget)
    answers: list[Answer] = []
    try:
        for letter in letters:
            if session.seconds_left <= 0:
                answers.append(MailNotTried(None, "no time left"))
                continue
            try:
                if not session.is_open:
                    session.open()
            except MailError as problem:
                answers += [problem] * (len(letters) - len(answers))
                break
            answers.append(_answer(session, letter))
    finally:
        session.close()
    return answers


def probe(settings: MailSettings, budget: float = CONNECT_SECONDS) -> None:
    """Connect, encrypt and sign in; no letter is sent.

    Raises:
        MailError: of the kind that fits.
    """
    if not settings.sender:
        raise MailSenderRefused(None, "mail_from is empty")
    with MailSession(settings, budget):
        return


def require_encryption(settings: MailSettings) -> None:
    """Refuse to talk in the clear beyond this machine.

    Raises:
        MailInsecure: the settings say ``none`` for another machine.
    """
    if settings.security == "none" and not is_this_machine(settings.host):
        raise MailInsecure(None, "unencrypted mail only goes to this very machine")


def is_this_machine(host: str) -> bool:
    """Tell whether a host can only mean the machine we run on."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def problem_of(fault: Exception) -> MailError:
    """Return the kind of a failure of the connection itself."""
    if isinstance(fault, ssl.SSLError) and not isinstance(fault, ssl.SSLZeroReturnError | ssl.SSLEOFError):
        return MailInsecure(None, getattr(fault, "verify_message", "") or fault.reason or "TLS failed")
    if isinstance(fault, smtplib.SMTPConnectError | smtplib.SMTPHeloError):
        return MailUnreachable(None, f"{fault.smtp_code} {_said(fault.smtp_error)}")
    if isinstance(fault, smtplib.SMTPResponseException):
        return MailUnreachable(None, f"{fault.smtp_code} {_said(fault.smtp_error)}")
    if isinstance(fault, socket.gaierror):
        return MailUnreachable(None, "the name of the server is not known")
    return MailUnreachable(None, type(fault).__name__)


def _answer(session: MailSession, letter: MailLetter) -> Answer:
    try:
        return session.send(letter)
    except MailError as problem:
        return problem


def _require(code: int, said: bytes, refusal: type[MailError]) -> None:
    if 200 <= code < 300:
        return
    if code == 421 or code < 0:  # The server closes the connection.
        raise MailUnreachable(None, f"{code} {_said(said)}")
    raise (MailLater if code < 500 else refusal)(code, _said(said))


def _refusal_of_sign_in(fault: smtplib.SMTPAuthenticationError) -> MailError:
    kind = MailUnreachable if 400 <= fault.smtp_code < 500 else MailUnauthorised
    return kind(None if kind is MailUnreachable else fault.smtp_code, _said(fault.smtp_error))


def _said(answer: bytes | str) -> str:
    return one_line(_bytes(answer).decode("utf-8", "replace"))[:_LONGEST_DETAIL]


def _bytes(answer: bytes | str) -> bytes:
    return answer.encode("utf-8", "replace") if isinstance(answer, str) else answer
