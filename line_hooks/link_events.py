"""Linking an officer's LINE account in the chat: the way to our sign-in, LINE's answer, the way out again.

Inside the handler's transaction nothing is asked of LINE: the answer is an outbox row whose link the worker
fetches just before it sends it (``link_messages``). The link names nobody and opens nothing by itself: it
leads to our own sign-in, and LINE looks whose phone it is (line.md §4.3).
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from typing import Any, Final, Protocol
from urllib.parse import quote, urlencode

from sqlalchemy.orm import Session

from domain.clock import now
from domain.errors import DomainError, Words
from domain.line_linking import burn, complete_link, linked_officer, unlink_by_chat
from line_hooks import flex
from line_hooks.client import LineGateway
from line_hooks.incoming import ANSWER_KEY, Incoming, Tools, language_of, reply
from line_hooks.limits import JsonDict
from line_hooks.problems import LineError
from models import LineChannel, OutboxChannel, OutboxMessage

logger = logging.getLogger(__name__)

DOOR: Final = "line_link.index"
"""Endpoint of the page where the officer signs in and links."""

LINK_FOR: Final = "link_for"
"""Fact of an answer whose link is fetched before it is sent: for whom."""
LINK_DOOR: Final = "link_door"
"""The same: address of the page."""

LINK_COMMANDS: Final = ("ผูกบัญชี", "link")
UNLINK_COMMANDS: Final = ("เลิกผูก", "unlink")
"""Ask first (``ask_unlinking``)."""
CONFIRM_COMMANDS: Final = ("ยืนยันเลิกผูก", "confirm unlink")
"""What is written, or pressed, to part the account (``unlink_here``)."""

_LONGEST_NONCE: Final = 255

_WORDS: Final[dict[str, Words]] = {
    "title": Words(th="ผูกบัญชีเจ้าหน้าที่", en="Link your officer's account"),
    "how": Words(
        th="กดปุ่มแล้วเข้าสู่ระบบด้วยชื่อผู้ใช้และรหัสผ่านของท่าน จากนั้นงานใหม่ เตือนใกล้ครบกำหนด และปุ่มรับทราบจะมาที่แชตนี้",
        en="Press the button and sign in with your user name and password. New work, reminders and buttons "
        "to acknowledge then come to this chat.",
    ),
    "free": Words(
        th="ปุ่มใช้ได้ครั้งเดียวใน 10 นาที อย่าส่งต่อ และเลิกผูกได้ทุกเมื่อโดยพิมพ์ เลิกผูก",
        en="It works once within 10 minutes; do not forward it. Type unlink at any time to part again.",
    ),
    "button": Words(th="เข้าสู่ระบบและผูกบัญชี", en="Sign in and link"),
    "alt": Words(th="กดเพื่อผูกบัญชีเจ้าหน้าที่", en="Press to link your officer's account"),
    "later": Words(
        th="ขอลิงก์ผูกบัญชีจาก LINE ไม่ได้ในขณะนี้ กรุณาพิมพ์ ผูกบัญชี อีกครั้งในอีกสักครู่",
        en="LINE gave no link just now. Please type link again in a moment.",
    ),
    "private": Words(
        th="กรุณาผูกบัญชีในแชตส่วนตัวกับบัญชีนี้ ไม่ใช่ในกลุ่ม",
        en="Please link in your own chat with this account, not in a group.",
    ),
    "already": Words(
        th="LINE นี้ผูกกับบัญชีของ {name} อยู่แล้ว\nพิมพ์ เลิกผูก ก่อน หากต้องการผูกกับบัญชีอื่น",
        en="This LINE account is linked with {name} already.\nType unlink first to link it with another.",
    ),
    "linked": Words(
        th="ผูกบัญชีกับ {name} เรียบร้อยแล้ว ยินดีที่ได้ทำงานด้วยกัน\n"
        "งานใหม่และเตือนใกล้ครบกำหนดจะมาที่แชตนี้ กดรับทราบได้จากการ์ด เมนูด้านล่างดูงานของท่านและเปิดระบบได้\n"
        "ไม่ใช่ท่าน หรือไม่ต้องการแล้ว พิมพ์ เลิกผูก ได้ทุกเมื่อ",
        en="Linked with {name}. Good to have you here.\n"
        "New work and reminders come to this chat; acknowledge on the card. The menu below shows your work "
        "and opens the system.\nNot you, or no longer wanted? Type unlink at any time.",
    ),
    "ask": Words(
        th="เลิกผูก LINE นี้กับบัญชีของ {name} หรือไม่\nงานใหม่จะไม่มาที่แชตนี้อีก ยังเข้าระบบด้วยรหัสผ่านได้ตามเดิม\n"
        f"พิมพ์ {CONFIRM_COMMANDS[0]} เพื่อยืนยัน",
        en="Part this LINE account from {name}?\nNew work will no longer come here; you can still sign in.\n"
        f"Type {CONFIRM_COMMANDS[1]} to confirm.",
    ),
    "confirm": Words(*CONFIRM_COMMANDS),
    "parted": Words(
        th="เลิกผูกกับบัญชีของ {name} แล้ว ผูกใหม่ได้ทุกเมื่อโดยพิมพ์ ผูกบัญชี",
        en="Parted from {name}. Type link at any time to link again.",
    ),
    "nobodys": Words(
        th="LINE นี้ไม่ได้ผูกกับบัญชีเจ้าหน้าที่อยู่แล้ว",
        en="This LINE account is not linked with an officer.",
    ),
}


class HasFacts(Protocol):
    """An outbox row, or what stands for it outside a transaction."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return the facts stored with the row."""

    @property
    def language(self) -> str:
        """Return the language of the message."""


# Linking ----------------------------------------------------------------------------------------------------


def start_linking(session: Session, event: Incoming, tools: Tools) -> str:
    """Answer with the way to link; for the tile and the words ``ผูกบัญชี``. The caller commits."""
    if not event.is_private:
        return _say(session, event, "private")
    officer = linked_officer(session, event.user_id)
    if officer is not None and officer.is_active:
        return _say(session, event, "already", name=officer.full_name)
    door = tools.link(DOOR)
    if not door:
        return _say(session, event, "later")
    return _ask_for_link(session, event, door)


def link_messages(gateway: LineGateway, row: HasFacts) -> list[JsonDict]:
    """Fetch a link token and return the messages with the button; a plain text when LINE gives none.

    Call it outside any transaction, just before sending: the token lives ten minutes and is good once.

    Args:
        gateway: Of the officers' channel.
        row: An answer with the facts ``link_for`` and ``link_door``.
    """
    user_id, door = str(row.facts[LINK_FOR]), str(row.facts[LINK_DOOR])
    try:
        told = gateway.ask("POST", f"/v2/bot/user/{quote(user_id, safe='')}/linkToken")
    except LineError as problem:
        logger.warning("LINE gave no link token", extra={"line_status": problem.status})
        return [_text(_words("later", row.language))]
    token = told.get("linkToken")
    if not isinstance(token, str) or not token:
        return [_text(_words("later", row.language))]
    return [_card(f"{door}?{urlencode({'linkToken': token})}", row.language)]


def on_account_link(session: Session, event: Incoming, _tools: Tools) -> str:
    """Handle LINE's ``accountLink``: link the account, or burn the nonce. The caller commits."""
    link = event.part("link")
    nonce = link.get("nonce")
    if event.channel is not LineChannel.STAFF or not isinstance(nonce, str) or len(nonce) > _LONGEST_NONCE:
        return "ignored"
    if link.get("result") != "ok" or not event.user_id:
        return "burnt" if burn(session, nonce) else "ignored"
    try:
        with session.begin_nested():
            officer = complete_link(session, event.user_id, nonce, event.at)
    except DomainError as refusal:
        _reply_text(session, event, refusal.message_in(language_of(session, event)))
        return refusal.code
    return _say(session, event, "linked", name=officer.full_name)


# Parting ----------------------------------------------------------------------------------------------------


def ask_unlinking(session: Session, event: Incoming, _tools: Tools) -> str:
    """Answer ``เลิกผูก`` with a question; nothing changes yet. The caller commits."""
    officer = linked_officer(session, event.user_id) if event.is_private else None
    if officer is None:
        return _say(session, event, "nobodys" if event.is_private else "private")
    language = language_of(session, event)
    confirm = _words("confirm", language)
    button = {"type": "message", "label": confirm, "text": confirm}
    quick = {"quickReply": {"items": [{"type": "action", "action": button}]}}
    reply(session, event, [{**_text(_words("ask", language, name=officer.full_name)), **quick}])
    return "asked"


def unlink_here(session: Session, event: Incoming, _tools: Tools) -> str:
    """Part the LINE account that writes ``ยืนยันเลิกผูก`` from its officer. The caller commits."""
    if not event.is_private:
        return _say(session, event, "private")
    officer = unlink_by_chat(session, event.user_id)
    if officer is None:
        return _say(session, event, "nobodys")
    return _say(session, event, "parted", name=officer.full_name)


# Words and rows ---------------------------------------------------------------------------------------------


def _ask_for_link(session: Session, event: Incoming, door: str) -> str:
    """Put the answer into the outbox; the worker completes it."""
    if not event.reply_token or event.answer_until <= now():
        return "too_late"
    language = language_of(session, event)
    session.add(
        OutboxMessage(
            channel=OutboxChannel.LINE_STAFF,
            recipient=event.user_id,
            template_key=ANSWER_KEY,
            language=language,
            facts={LINK_FOR: event.user_id, LINK_DOOR: door, "text": _words("later", language)},
            reply_token=event.reply_token,
            dedupe_key=f"reply:{event.channel}:{event.event_id}",
            retry_key=str(uuid.uuid4()),  # Never sent: LINE takes no retry key with an answer.
            not_before=now(),
            expires_at=event.answer_until,
            created_at=now(),
        )
    )
    return "link_asked"


def _card(address: str, language: str) -> JsonDict:
    button = flex.button(flex.uri_action(_words("button", language), address), primary=True)
    body = [
        flex.text(_words("title", language), size="lg", weight="bold"),
        flex.text(_words("how", language), units=400),
        flex.text(_words("free", language), units=300, size="sm", color=flex.MUTED),
    ]
    contents = {"type": "bubble", "body": flex.column(body, spacing="md"), "footer": flex.column([button])}
    return {"type": "flex", "altText": _words("alt", language), "contents": contents}


def _say(session: Session, event: Incoming, code: str, **facts: str) -> str:
    _reply_text(session, event, _words(code, language_of(session, event), **facts))
    return code


def _reply_text(session: Session, event: Incoming, text: str) -> None:
    reply(session, event, [_text(text)])


def _text(words: str) -> JsonDict:
    return {"type": "text", "text": words}


def _words(code: str, language: str, **facts: str) -> str:
    words = _WORDS[code]
    return (words.en if language == "en" else words.th).format(**facts)
