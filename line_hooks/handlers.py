"""From a stored webhook event to its effect and its answer; run by the worker, in its transaction.

Nothing is sent here: an answer is an outbox row with the event's reply token. A press counts only for who
the LINE account belongs to, in a chat between two, and the rules ask for right, state and assignment again
each time (line.md §9, rows 6 to 8 and 11). What we do not know is left alone.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import complaints
from domain.actor import Actor
from domain.clock import now
from domain.errors import DomainError, NotPermitted
from domain.phones import readable_phone
from domain.settings import read_setting
from domain.staff_actor import actor_of_staff
from line_hooks.answers import answer
from line_hooks.postback import Postback, decode
from models import (
    Complaint,
    LineAccount,
    LineChannel,
    LineState,
    OutboxChannel,
    OutboxMessage,
    Rating,
    WebhookReceipt,
)

logger = logging.getLogger(__name__)

ANSWER_KEY: Final = "answer"
"""The template key of answers: their text is a fact, not a row of MessageTemplate."""

REPLY_TOKEN_LIFE: Final = timedelta(seconds=45)
"""LINE promises a minute; the rest is for the way (decisions.md 6)."""

HELP_EVERY: Final = timedelta(minutes=10)
"""Somebody who writes ten lines in a row is told once where to turn."""

_LONGEST_TOKEN: Final = 120
_LONGEST_USER_ID: Final = 64


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


@dataclass(frozen=True, slots=True)
class Tools:
    """What the handlers need from outside.

    Attributes:
        button_key: Proves that a button is ours.
        track_url: Where anybody follows a complaint; empty where there is no such page.
    """

    button_key: bytes
    track_url: str


def handle(session: Session, event: Incoming, tools: Tools) -> str:
    """Let an event have its effect and return a word for the log; the caller commits.

    Args:
        session: Inside a write transaction.
        event: As it was stored.
        tools: What else is needed.
    """
    handler = _HANDLERS.get(str(event.body.get("type")))
    return handler(session, event, tools) if handler else "ignored"


# Friendship -------------------------------------------------------------------------------------------------


def _follow(session: Session, event: Incoming, _tools: Tools) -> str:
    return _befriend(session, event, LineState.FRIEND)


def _unfollow(session: Session, event: Incoming, _tools: Tools) -> str:
    return _befriend(session, event, LineState.BLOCKED)


def _befriend(session: Session, event: Incoming, state: LineState) -> str:
    """Note whether we reach the person; of several events the latest by LINE's clock counts."""
    account = _account(session, event)
    if account is None:
        return "stranger"
    if account.state_changed_at is not None and account.state_changed_at >= event.at:
        return "outdated"
    account.state = state
    account.state_changed_at = event.at
    return state.value


# Buttons ----------------------------------------------------------------------------------------------------


def _postback(session: Session, event: Incoming, tools: Tools) -> str:
    data = event.part("postback").get("data")
    press = decode(data if isinstance(data, str) else None, tools.button_key)
    if press is None:
        # Rich menus of the account's manager send postbacks of their own, so this is no alarm.
        logger.warning("a postback that is not ours was ignored", extra={"line_channel": event.channel.value})
        return "forged"
    if not event.is_private:
        return _say(session, event, "private_chat")
    act = _BUTTONS.get((event.channel, press.action))
    if act is None:
        return _say(session, event, "unknown_button")
    return act(session, event, press, tools)


def _acknowledge(session: Session, event: Incoming, press: Postback, _tools: Tools) -> str:
    account = _account(session, event)
    if account is None or account.staff_user_id is None:
        return _say(session, event, "officer_not_linked")
    try:
        actor = actor_of_staff(session, account.staff_user_id, "line")
    except NotPermitted:
        return _say(session, event, "officer_not_linked")
    if press.state_seq is None:
        return _say(session, event, "unknown_button")

    def act(complaint_id: int) -> str:
        done = complaints.acknowledge(session, actor, complaint_id, expected_seq=press.state_seq)
        return answer("acknowledged", account.language, number=str(done))

    return _carry_out(session, event, press, act)


def _rate(session: Session, event: Incoming, press: Postback, tools: Tools) -> str:
    account = _account(session, event)
    if account is None or account.member is None:
        return _say(session, event, "citizen_not_linked", tools)
    actor = Actor.member(account.member.id, account.member.full_name, via="line")
    stars = press.value
    if stars is None:
        return _say(session, event, "unknown_button")

    def act(complaint_id: int) -> str:
        kept = _comment_so_far(session, complaint_id)
        done = complaints.rate(session, actor, complaint_id, stars=stars, comment=kept)
        days = read_setting(session, "rating_change_days")
        return answer("rated", account.language, number=str(done), stars=stars, days=days)

    return _carry_out(session, event, press, act)


def _carry_out(session: Session, event: Incoming, press: Postback, act: Callable[[int], str]) -> str:
    """Do what the button says and answer; a refusal undoes whatever was begun and is the answer instead."""
    complaint_id = session.scalar(select(Complaint.id).where(Complaint.public_code == press.public_code))
    try:
        with session.begin_nested():
            # An unknown complaint and one outside the scope get the same answer from the rules.
            text = act(complaint_id or 0)
    except DomainError as refusal:
        _reply(session, event, refusal.message_in(_language(session, event)))
        return refusal.code
    _reply(session, event, text)
    return press.action


def _comment_so_far(session: Session, complaint_id: int) -> str:
    """Return the comment beside the latest rating: another score must not wipe it out."""
    rating = session.scalars(
        select(Rating).where(Rating.complaint_id == complaint_id).order_by(Rating.id.desc()).limit(1)
    ).one_or_none()
    return (rating.comment or "") if rating else ""


# Texts ------------------------------------------------------------------------------------------------------


def _message(session: Session, event: Incoming, tools: Tools) -> str:
    """Tell who writes where to turn: nobody reads the chat yet."""
    if not event.is_private:
        return "ignored"
    bucket = int(event.received_at.timestamp() // HELP_EVERY.total_seconds())
    key = f"help:{event.channel}:{event.user_id}:{bucket}"
    if session.scalar(select(OutboxMessage.id).where(OutboxMessage.dedupe_key == key)) is not None:
        return "told_before"
    code = "citizen_help" if event.channel is LineChannel.CITIZEN else "staff_help"
    return _say(session, event, code, tools, dedupe_key=key)


def _unsend(session: Session, event: Incoming, _tools: Tools) -> str:
    """Forget what somebody took back, as LINE's rules ask: the stored event loses its content."""
    message_id = event.part("unsend").get("messageId")
    if not isinstance(message_id, str) or not event.user_id:
        return "ignored"
    stored = session.scalars(
        select(WebhookReceipt).where(
            WebhookReceipt.channel == event.channel,
            WebhookReceipt.body["message"]["id"].as_string() == message_id,
        )
    ).all()
    for receipt in stored:
        message = {"id": message_id, "type": "unsent"}
        receipt.body = {**receipt.body, "message": message}
    return "unsent"


# Answering --------------------------------------------------------------------------------------------------


def _say(
    session: Session, event: Incoming, code: str, tools: Tools | None = None, dedupe_key: str | None = None
) -> str:
    language = _language(session, event)
    english = language == "en"
    text = answer(
        code,
        language,
        municipality=read_setting(session, "municipality_name_en" if english else "municipality_name"),
        phone=readable_phone(str(read_setting(session, "contact_phone"))),
        track_url=tools.track_url if tools else "",
        emergency=_emergency_phones(session, english=english),
    )
    _reply(session, event, text, dedupe_key)
    return code


def _emergency_phones(session: Session, *, english: bool) -> str:
    phones = read_setting(session, "emergency_phones")
    name = "name_en" if english else "name"
    return " · ".join(f"{one[name]} {readable_phone(one['phone'])}" for one in phones)


def _reply(session: Session, event: Incoming, text: str, dedupe_key: str | None = None) -> None:
    """Put an answer in the outbox; nothing where LINE lets us give none."""
    token = event.body.get("replyToken")
    may_speak = event.body.get("mode") != "standby"  # Another module holds the chat.
    if not may_speak or not isinstance(token, str) or not 0 < len(token) <= _LONGEST_TOKEN:
        return
    for_citizen = event.channel is LineChannel.CITIZEN
    session.add(
        OutboxMessage(
            channel=OutboxChannel.LINE_CITIZEN if for_citizen else OutboxChannel.LINE_STAFF,
            recipient=event.user_id,
            template_key=ANSWER_KEY,
            language=_language(session, event),
            facts={"text": text},
            reply_token=token,
            dedupe_key=dedupe_key or f"reply:{event.channel}:{event.event_id}",
            retry_key=str(uuid.uuid4()),  # Never sent: LINE takes no retry key with an answer.
            not_before=now(),
            expires_at=event.received_at + REPLY_TOKEN_LIFE,
            created_at=now(),
        )
    )


def _account(session: Session, event: Incoming) -> LineAccount | None:
    return session.scalars(
        select(LineAccount).where(
            LineAccount.channel == event.channel, LineAccount.line_user_id == event.user_id
        )
    ).one_or_none()


def _language(session: Session, event: Incoming) -> str:
    account = _account(session, event)
    return account.language if account else "th"


_HANDLERS: Final[dict[str, Callable[[Session, Incoming, Tools], str]]] = {
    "follow": _follow,
    "unfollow": _unfollow,
    "postback": _postback,
    "message": _message,
    "unsend": _unsend,
}
_BUTTONS: Final[dict[tuple[LineChannel, str], Callable[[Session, Incoming, Postback, Tools], str]]] = {
    (LineChannel.STAFF, "acknowledge"): _acknowledge,
    (LineChannel.CITIZEN, "rate"): _rate,
}
