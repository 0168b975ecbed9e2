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
from domain.lookups import Lookups, load_lookups
from domain.vault import Vault
from line_hooks.limits import JsonDict, check_messages
from models import DeliveryState, LineAccount, LineChannel, OutboxChannel, OutboxMessage

ANSWER_KEY: Final = "answer"
"""The template key of answers: what they say is a fact, not a row of MessageTemplate."""

REPLY_TOKEN_LIFE: Final = timedelta(seconds=45)
"""LINE promises a minute; the rest is for the way (decisions.md 6)."""

_LONGEST_TOKEN: Final = 120
_LONGEST_USER_ID: Final = 64


class NotYet(Exception):
    """The event speaks of something that has not come yet: it is to be handled again after ``wait``."""

    def __init__(self, wait: timedelta = timedelta(minutes=1)) -> None:
        super().__init__(wait)
        self.wait = wait


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
        receipt_id: Of the row it is stored in; None for one that is not stored.
    """

    channel: LineChannel
    event_id: str
    at: datetime
    received_at: datetime
    body: Mapping[str, Any]
    receipt_id: int | None = None

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
        vault: Makes tracking passwords; None for who handles events without acts.
        lookups: Gives a snapshot of the small tables, fresh for the session.
    """

    button_key: bytes
    track_url: str
    link: Callable[..., str] = no_link
    allows_http: bool = False
    vault: Vault | None = None
    lookups: Callable[[Session], Lookups] = load_lookups


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
    session: Session,
    event: Incoming,
    messages: Sequence[JsonDict],
    dedupe_key: str | None = None,
    language: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> bool:
    """Put an answer in the outbox and tell whether there was a way to give one.

    Args:
        session: Inside the handler's transaction.
        event: What is answered; once its reply token is too old nothing is written.
        messages: One to five message objects of LINE.
        dedupe_key: Another reason than the event to say it only once.
        language: Of the messages, where the caller knows it.
        more: Facts by which the worker completes the messages just before they go.

    Raises:
        LimitProblem: LINE would not take the messages.
    """
    if not event.reply_token or event.answer_until <= now():
        return False
    check_messages(messages, allow_http=True)  # Who made an address has asked whether http will do.
    session.add(
        OutboxMessage(
            channel=_way_out(event),
            recipient=event.user_id or event.place_id,
            template_key=ANSWER_KEY,
            language=language or language_of(session, event),
            facts={"messages": list(messages), **(more or {})},
            reply_token=event.reply_token,
            dedupe_key=dedupe_key or _answer_key(event),
            retry_key=str(uuid.uuid4()),  # Never sent: LINE takes no retry key with an answer.
            not_before=now(),
            expires_at=event.answer_until,
            created_at=now(),
        )
    )
    return True


def was_answered(session: Session, event: Incoming) -> bool:
    """Tell whether an event has been answered already."""
    known = select(OutboxMessage.id).where(OutboxMessage.dedupe_key == _answer_key(event))
    return session.scalar(known) is not None


def _answer_key(event: Incoming) -> str:
    return f"reply:{event.channel}:{event.event_id}"


def answer_by_card(session: Session, event: Incoming, complaint_id: int) -> bool:
    """Let a card an act has just written for whoever pressed be the answer, and tell whether there is one.

    It goes by the reply token for nothing; once the token is too old it is pushed, as it would have been.
    """
    if not event.reply_token or event.answer_until <= now():
        return False
    row = session.scalars(
        select(OutboxMessage)
        .where(
            OutboxMessage.recipient == event.user_id,
            OutboxMessage.complaint_id == complaint_id,
            OutboxMessage.channel == _way_out(event),
            OutboxMessage.state == DeliveryState.READY,
            OutboxMessage.reply_token.is_(None),
            OutboxMessage.attempts == 0,
            OutboxMessage.created_at >= event.received_at,
        )
        .order_by(OutboxMessage.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return False
    row.reply_token, row.reply_until, row.not_before = event.reply_token, event.answer_until, now()
    return True


def _way_out(event: Incoming) -> OutboxChannel:
    return OutboxChannel.LINE_CITIZEN if event.channel is LineChannel.CITIZEN else OutboxChannel.LINE_STAFF
