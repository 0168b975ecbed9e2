"""From a stored webhook event to its effect and its answer; run by the worker, in its transaction.

Nothing is sent here: an answer is an outbox row with the event's reply token. A press counts only for who
the LINE account belongs to, in a chat between two, and the rules ask for right, state and assignment again
each time (line.md §9, rows 6 to 8 and 11). What we do not know is left alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.chat_unsending import take_back
from domain.clock import now
from domain.rich_menus import code_of, follow_rights
from line_hooks import beginnings, talks
from line_hooks.asking import Asking
from line_hooks.case_buttons import BUTTONS
from line_hooks.case_numbers import show_named
from line_hooks.citizen_buttons import CITIZEN_BUTTONS
from line_hooks.commands import command_of, menu_codes, perform
from line_hooks.incoming import ANSWER_KEY, REPLY_TOKEN_LIFE, Incoming, NotYet, Tools, account_of
from line_hooks.link_events import on_account_link
from line_hooks.member_codes import code_in, tie
from line_hooks.postback import decode
from line_hooks.talks import Said, said_in
from models import LineAccount, LineState, OutboxMessage, WebhookReceipt

__all__ = ["ANSWER_KEY", "REPLY_TOKEN_LIFE", "Incoming", "Tools", "handle"]

logger = logging.getLogger(__name__)

HELP_EVERY: Final = timedelta(minutes=10)
"""Somebody who writes ten lines in a row is told once where to turn."""

UNSEND_WAITS: Final = timedelta(minutes=10)
"""So long what was taken back may still arrive after the word that it was."""

UNSENT: Final = "unsent"
"""The type of a stored message whose sender took it back."""

_LONGEST_MESSAGE_ID: Final = 64

MENU_UNKNOWN: Final = ""
"""In ``LineAccount.menu_id``: what LINE shows there now nobody can say, so it is linked or parted anew."""

_ANSWERS_BY_TYPE: Final = {
    "sticker": "got_sticker",
    "video": "got_media",
    "audio": "got_media",
    "file": "got_media",
}


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


def _follow(session: Session, event: Incoming, tools: Tools) -> str:
    known = account_of(session, event)
    is_new = known is None or known.state_changed_at is None  # He may have registered on the web before.
    outcome = _befriend(session, event, LineState.FRIEND)
    if outcome == LineState.FRIEND.value:
        _welcome(Asking.of(session, event, tools), is_new=is_new)
    return outcome


def _welcome(ask: Asking, *, is_new: bool) -> None:
    """Say what this account does and how to begin."""
    for_guest = ask.account is None or ask.account.staff_user_id is None
    if ask.for_citizen:
        code = "citizen_welcome" if is_new else "welcome_back"
    else:
        code = "staff_welcome" if for_guest else "welcome_back"
    ask.say(code, *menu_codes(ask))


def _unfollow(session: Session, event: Incoming, _tools: Tools) -> str:
    return _befriend(session, event, LineState.BLOCKED)


def _befriend(session: Session, event: Incoming, state: LineState) -> str:
    """Note whether we reach the person; of several events the latest by LINE's clock counts."""
    if not event.is_private:
        return "ignored"
    account = account_of(session, event)
    if account is None:
        account = LineAccount(channel=event.channel, line_user_id=event.user_id, bound_at=now())
        session.add(account)
    elif account.state_changed_at is not None and account.state_changed_at >= event.at:
        return "outdated"
    account.state = state
    account.state_changed_at = event.at
    if state is LineState.FRIEND and account.menu_id is not None:
        account.menu_id = MENU_UNKNOWN
    session.flush()
    if state is LineState.FRIEND and account.staff_user_id is not None:
        follow_rights(session)
    return state.value


# Groups -----------------------------------------------------------------------------------------------------


def _join(session: Session, event: Incoming, tools: Tools) -> str:
    """Say once in a group that this account works in private chats."""
    key = f"join:{event.channel}:{event.place_id}"
    if not event.place_id or _was_said(session, key):
        return "ignored"
    return Asking.of(session, event, tools).say("group_note", dedupe_key=key)


# Buttons ----------------------------------------------------------------------------------------------------


def _postback(session: Session, event: Incoming, tools: Tools) -> str:
    data = event.part("postback").get("data")
    said = data if isinstance(data, str) else ""
    tile = code_of(said)
    press = decode(said, tools.button_key) if tile is None else None
    if tile is None and press is None:
        # Rich menus of the account's manager send postbacks of their own, so this is no alarm.
        logger.warning("a postback that is not ours was ignored", extra={"line_channel": event.channel.value})
        return "forged"
    ask = Asking.of(session, event, tools)
    if not event.is_private:
        return ask.say("private_chat")
    if press is None:
        return perform(ask, tile or "menu")
    if press.action.startswith(talks.PREFIX):
        return talks.press(ask, press)
    act = CITIZEN_BUTTONS.get(press.action) if ask.for_citizen else BUTTONS.get((event.channel, press.action))
    return act(ask, press) if act else ask.say("unknown_button")


# Messages ---------------------------------------------------------------------------------------------------


def _message(session: Session, event: Incoming, tools: Tools) -> str:
    """Let a message be a code, a command, a step of what somebody is telling, or the beginning of it."""
    message = event.part("message")
    if not event.is_private or message.get("type") == UNSENT:
        return "ignored"
    ask = Asking.of(session, event, tools)
    if message.get("type") == "image":
        return _photo(ask, str(message.get("id", "")))
    said = said_in(message)
    code = code_in(event.channel, said.words) if said.words else None
    if code is not None:
        return tie(ask, code)
    command = command_of(event.channel, said.words) if said.words else None
    if command is not None:
        return perform(ask, command)
    turn = talks.turn_of(ask)
    if turn is not None:
        return talks.hear(turn, said)
    return _begun(ask, said) or _told_where(ask, str(message.get("type")))


def _photo(ask: Asking, message_id: str) -> str:
    """Note a photo for what its sender is telling; without that it begins something."""
    turn = talks.turn_of(ask) or beginnings.of_photo(ask)
    if turn is None or not message_id:
        return _told_where(ask, "image")
    return talks.take_photo(turn, message_id[:_LONGEST_MESSAGE_ID])


def _begun(ask: Asking, said: Said) -> str:
    """Let a message name a case or begin something; empty where it does neither."""
    shown = show_named(ask, said.words) if said.words else ""
    if shown:
        return shown
    turn = beginnings.of_message(ask, said)
    return talks.hear(turn, said) if turn else ""


def _told_where(ask: Asking, kind: str) -> str:
    """Tell somebody once in a while where to turn, as nobody reads the chat yet."""
    event = ask.event
    bucket = int(event.received_at.timestamp() // HELP_EVERY.total_seconds())
    key = f"help:{event.channel}:{event.user_id}:{bucket}"
    if _was_said(ask.session, key):
        return "told_before"
    usual = "citizen_help" if ask.for_citizen else "staff_help"
    code = _ANSWERS_BY_TYPE.get(kind, usual)
    return ask.say(code, *menu_codes(ask), dedupe_key=key)


def _was_said(session: Session, key: str) -> bool:
    return session.scalar(select(OutboxMessage.id).where(OutboxMessage.dedupe_key == key)) is not None


def _unsend(session: Session, event: Incoming, _tools: Tools) -> str:
    """Forget what somebody took back, as LINE's rules ask: event, draft and photo lose it.

    A story that has become a case stays; a photo leaves its case (``domain.chat_unsending``).
    """
    message_id = event.part("unsend").get("messageId")
    if not isinstance(message_id, str) or not event.user_id:
        return "ignored"
    stored = session.scalars(
        select(WebhookReceipt).where(
            WebhookReceipt.channel == event.channel,
            WebhookReceipt.body["message"]["id"].as_string() == message_id,
        )
    ).all()
    if not stored and now() - event.received_at < UNSEND_WAITS:
        raise NotYet  # Events come in any order: what was taken back may still be under way.
    for receipt in stored:
        message = {"id": message_id, "type": UNSENT}
        receipt.body = {**receipt.body, "message": message}
    session.flush()  # Before the sender is locked, as every other event has its own row first.
    take_back(session, event.channel, event.user_id, message_id[:_LONGEST_MESSAGE_ID])
    return "unsent"


# Linking ----------------------------------------------------------------------------------------------------


def _account_link(session: Session, event: Incoming, tools: Tools) -> str:
    outcome = on_account_link(session, event, tools)
    if outcome == "linked":
        follow_rights(session)
    return outcome


_HANDLERS: Final[dict[str, Callable[[Session, Incoming, Tools], str]]] = {
    "follow": _follow,
    "unfollow": _unfollow,
    "join": _join,
    "postback": _postback,
    "message": _message,
    "unsend": _unsend,
    "accountLink": _account_link,
}
