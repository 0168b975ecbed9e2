"""A stored webhook event as its handlers see it, what they need from outside, and how they answer it.

An answer is an outbox row with the event's reply token; it is a reply or nothing, and costs no message.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clock import now
from line_hooks.limits import JsonDict, check_messages
from models import LineAccount, LineChannel, OutboxChannel, OutboxMessage

ANSWER_KEY: Final = "answer"
"""The template key of answers: what they say is a fact, not a row of MessageTemplate."""

REPLY_TOKEN_LIFE: Final = timedelta(seconds=45)
"""LINE promises a minute; the rest is for the way (decisions.md 6)."""

_LONGEST_TOKEN: Final = 120
_LONGEST_USER_ID: Final = 64


class NotYet(Exception):
    """The event speaks of another that has not come yet: it is to be handled again a little later."""


def no_link(_endpoint: str, **_arguments: Any) -> str:
    """Return no address: for who handles events without pages."""
    return ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A webhook event as it was stored.

    Attributes:
        channel: Whose webhook.
        event_id: LINE's id of the event, the same when it is delivered again.
        at: When it happened, by LINE's clock.
        received_at: When it reached us.
        body: The event itself, of any shape.
    """

    channel: LineChannel
    event_id: str
    at: datetime
    received_at: datetime
    body: Mapping[str, Any]

    def part(self, name: str) -> Mapping[str, Any]:
        """Return an object inside the event; an empty one where it is missing or something else."""
        found = self.body.get(name)
        return found if isinstance(found, Mapping) else {}

    @property
    def user_id(self) -> str:
        """Return who did it; empty where LINE does not say."""
        found = self.part("source").get("userId")
        return found if isinstance(found, str) and len(found) <= _LONGEST_USER_ID else ""

    @property
    def is_private(self) -> bool:
        """Tell whether it happened in a chat between the person and us."""
        return self.part("source").get("type") == "user" and self.user_id != ""

    @property
    def place_id(self) -> str:
        """Return the group or room it happened in; empty in a chat between two."""
        source = self.part("source")
        found = source.get("groupId") or source.get("roomId")
        return found if isinstance(found, str) and len(found) <= _LONGEST_USER_ID else ""

    @property
    def reply_token(self) -> str:
        """Return the right to answer; empty where LINE gives none, or where we may not speak."""
        token = self.body.get("replyToken")
        may_speak = self.body.get("mode") != "standby"  # Another module holds the chat.
        fits = isinstance(token, str) and 0 < len(token) <= _LONGEST_TOKEN
        return str(token) if may_speak and fits else ""

    @property
    def answer_until(self) -> datetime:
        """Return until when an answer may still go out."""
        return self.received_at + REPLY_TOKEN_LIFE


@dataclass(frozen=True, slots=True)
class Tools:
    """What the handlers need from outside.

    Attributes:
        button_key: Proves that a button is ours.
        track_url: Where anybody follows a complaint; empty where there is no such page.
        link: Makes the address of one of our pages of endpoint and arguments; empty where there is none.
        allows_http: Addresses may be plain http, on one's own machine.
    """

    button_key: bytes
    track_url: str
    link: Callable[..., str] = no_link
    allows_http: bool = False


def account_of(session: Session, event: Incoming) -> LineAccount | None:
    """Return the LINE account that did it, as far as we know it."""
    return session.scalars(
        select(LineAccount).where(
            LineAccount.channel == event.channel, LineAccount.line_user_id == event.user_id
        )
    ).one_or_none()


def language_of(session: Session, event: Incoming) -> str:
    """Return the language of whoever did it."""
    account = account_of(session, event)
    return account.language if account else "th"


def reply(
    session: Session, event: Incoming, messages: Sequence[JsonDict], dedupe_key: str | None = None
) -> bool:
    """Put an answer in the outbox and tell whether there was a way to give one.

    Args:
        session: Inside the handler's transaction.
        event: What is answered; once its reply token is too old nothing is written.
        messages: One to five message objects of LINE.
        dedupe_key: Another reason than the event to say it only once.

    Raises:
        LimitProblem: LINE would not take the messages.
    """
    if not event.reply_token or event.answer_until <= now():
        return False
    check_messages(messages, allow_http=True)  # Who made an address has asked whether http will do.
    for_citizen = event.channel is LineChannel.CITIZEN
    session.add(
        OutboxMessage(
            channel=OutboxChannel.LINE_CITIZEN if for_citizen else OutboxChannel.LINE_STAFF,
            recipient=event.user_id or event.place_id,
            template_key=ANSWER_KEY,
            language=language_of(session, event),
            facts={"messages": list(messages)},
            reply_token=event.reply_token,
            dedupe_key=dedupe_key or f"reply:{event.channel}:{event.event_id}",
            retry_key=str(uuid.uuid4()),  # Never sent: LINE takes no retry key with an answer.
            not_before=now(),
            expires_at=event.answer_until,
            created_at=now(),
        )
    )
    return True
