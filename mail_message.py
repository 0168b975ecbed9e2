"""One letter as it goes out: who, what, and its MIME form; and every way it can fail to go.

Knows no server, no database and no template.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

_LONGEST_SUBJECT: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """The server that takes our letters.

    Attributes:
        host: Name or address.
        port: Mostly 587 (starttls) or 465 (tls).
        security: ``starttls``, ``tls`` or ``none``; the last only to this very machine.
        user: Empty when the server does not ask.
        password: None when there is none, or none that can be read.
        sender: The address letters come from.
        sender_name: What stands before it.
    """

    host: str
    port: int
    security: str
    user: str = ""
    password: str | None = field(default=None, repr=False)
    sender: str = ""
    sender_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailLetter:
    """One letter to one person, as it goes out; ``key`` makes its Message-ID, ``moment`` its Date."""

    recipient: str
    subject: str
    text: str
    html: str
    key: str
    moment: datetime
    recipient_name: str = ""


class MailError(Exception):
    """A letter did not go out.

    Attributes:
        reply: The code the server answered; None when no answer came to this letter.
        detail: What it said, or what broke; never a password.
    """

    def __init__(self, reply: int | None, detail: str) -> None:
        super().__init__(f"{reply or '-'} {detail}")
        self.reply = reply
        self.detail = detail


class MailUnreachable(MailError):
    """No connection, no answer, or the line broke: the letter may be tried again under its Message-ID."""


class MailLater(MailError):
    """The server asks to come back later (4xx)."""


class MailUnauthorised(MailError):
    """User name or password are not accepted, or the server wants some and has none of ours."""


class MailInsecure(MailError):
    """The connection cannot be encrypted as the settings demand: no STARTTLS, or a wrong certificate."""


class MailSenderRefused(MailError):
    """The server does not let us write from this address."""


class MailRecipientRefused(MailError):
    """The server says that this recipient cannot be reached (5xx), or it is no address at all."""


class MailRefused(MailError):
    """The server does not take this letter (5xx)."""


class MailNotTried(MailError):
    """The time for this connection was used up before this letter's turn."""


@dataclass(frozen=True, slots=True)
class MailAccepted:
    """The server has taken the letter; ``said`` is its answer, mostly with its own queue number."""

    said: str


Answer = MailAccepted | MailError


def compose(settings: MailSettings, letter: MailLetter) -> EmailMessage:
    """Return the letter as a MIME message: UTF-8, plain text with an HTML alternative.

    What a person typed cannot add a header: control characters become spaces.

    Raises:
        MailRecipientRefused: the recipient is no address.
        MailSenderRefused: the sender is none.
    """
    message = EmailMessage(policy=SMTP)
    try:
        message["To"] = Address(one_line(letter.recipient_name), addr_spec=plain_address(letter.recipient))
    except (ValueError, MessageError, UnicodeError, IndexError) as fault:
        raise MailRecipientRefused(None, "not an address") from fault
    try:
        sender = plain_address(settings.sender)
        message["From"] = Address(one_line(settings.sender_name), addr_spec=sender)
    except (ValueError, MessageError, UnicodeError, IndexError) as fault:
        raise MailSenderRefused(None, "mail_from is not an address") from fault
    message["Subject"] = one_line(letter.subject)[:_LONGEST_SUBJECT]
    message["Date"] = letter.moment
    message["Message-ID"] = f"<{letter.key}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # No out-of-office note comes back.
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(letter.text, charset="utf-8", cte="base64")
    message.add_alternative(letter.html, subtype="html", charset="utf-8", cte="base64")
    return message


def one_line(text: str) -> str:
    """Return the text fit for a header: one line, nothing unseen."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def plain_address(address: str) -> str:
    """Return an address with its domain as DNS knows it.

    Raises:
        ValueError: it has no local part, no domain, or letters no mail server must take.
    """
    local, at, domain = address.strip().rpartition("@")
    if not (at and local and domain and local.isascii() and local.isprintable() and " " not in local):
        raise ValueError("not an address")
    return f"{local}@{domain.encode('idna').decode('ascii')}"
