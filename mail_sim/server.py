"""A mail server on a loopback port that keeps the last letters in memory and passes none on."""

from __future__ import annotations

import itertools
import ssl
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Any, Final, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOST: Final = "127.0.0.1"
KEPT: Final = 200
LARGEST_LETTER: Final = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class CaughtLetter:
    """One letter as it arrived."""

    number: int
    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def subject(self) -> str:
        """Return the subject, decoded."""
        return self.header("Subject")

    def header(self, name: str) -> str:
        """Return a header, decoded; empty when there is none.

        By the older decoder: the newer one puts spaces between the encoded words of a name (bpo-35547).
        """
        return str(make_header(decode_header(dict(self.message.raw_items()).get(name, ""))))

    def part(self, kind: str) -> str:
        """Return the text of the part ``plain`` or ``html``; empty when there is none."""
        found = self.message.get_body((kind,))
        return str(found.get_content()).replace("\r\n", "\n") if found is not None else ""


@dataclass
class MailBox:
    """What was caught, newest last; several threads may look at it.

    Attributes:
        answer: Asked for every recipient; an SMTP answer other than None refuses him.
        judge: Asked for every letter; an SMTP answer other than None refuses it.
        accounts: User names with passwords; empty lets everybody in.
    """

    answer: Callable[[str], str | None] = lambda _address: None
    judge: Callable[[CaughtLetter], str | None] = lambda _letter: None
    accounts: dict[str, str] = field(default_factory=dict)
    _letters: deque[CaughtLetter] = field(default_factory=lambda: deque(maxlen=KEPT))
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def letters(self) -> list[CaughtLetter]:
        """Return the letters, oldest first."""
        with self._lock:
            return list(self._letters)

    def letter(self, number: int) -> CaughtLetter | None:
        """Return one letter; None when it is not kept any more."""
        return next((one for one in self.letters if one.number == number), None)

    def to(self, address: str) -> list[CaughtLetter]:
        """Return the letters to one address, oldest first."""
        return [one for one in self.letters if address in one.recipients]

    def clear(self) -> None:
        """Forget all letters."""
        with self._lock:
            self._letters.clear()

    # What aiosmtpd asks ------------------------------------------------------------------------------------

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient, or refuse him."""
        refusal = self.answer(address)
        if refusal is None:
            envelope.rcpt_tos.append(address)
        return refusal or "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a letter, or refuse it."""
        message = cast("EmailMessage", message_from_bytes(envelope.original_content or b"", policy=default))
        with self._lock:
            number = next(self._numbers)
            letter = CaughtLetter(
                number,
                datetime.now(UTC),
                envelope.mail_from or "",
                tuple(envelope.rcpt_tos),
                message,
            )
            refusal = self.judge(letter)
            if refusal is None:
                self._letters.append(letter)
        return refusal or f"250 OK letter {number}"

    def check_password(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any
    ) -> AuthResult:
        """Tell whether user name and password fit."""
        fits = (
            isinstance(given, LoginPassword)
            and self.accounts.get(given.login.decode()) == given.password.decode()
        )
        return AuthResult(success=fits, handled=False)


class _Controller(Controller):
    """Listens on any free port and tells which: the library itself only knows ports that were named."""

    def _trigger_server(self) -> None:
        if self.server is not None and self.port == 0:
            self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class MailServer:
    """A catcher that listens; use it in a ``with`` or stop it."""

    def __init__(
        self, box: MailBox, port: int = 0, tls: ssl.SSLContext | None = None, **options: Any
    ) -> None:
        """Listen on 127.0.0.1.

        Args:
            box: Where letters go.
            port: 0 is any free one.
            tls: Offers STARTTLS with this certificate.
            options: More for ``aiosmtpd.smtp.SMTP``.
        """
        if box.accounts:
            options |= {"authenticator": box.check_password, "auth_required": True}
            options.setdefault("auth_require_tls", tls is not None)
        self._controller = _Controller(
            box,
            hostname=HOST,
            port=port,
            tls_context=tls,
            data_size_limit=LARGEST_LETTER,
            ident="u-phee mail-sim",
            server_hostname="mail-sim",  # Else it asks the DNS what this machine is called.
            **options,
        )
        self._controller.start()
        self.host = HOST
        self.port: int = self._controller.port

    def stop(self) -> None:
        """Stop listening; from now on connections are refused."""
        self._controller.stop()

    def __enter__(self) -> MailServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
