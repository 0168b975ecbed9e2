"""Linking in the chat: the way to our sign-in, LINE's answer, and the way out again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import pytest
from helpers.people import officer_named
from linebot.v3.messaging import ReplyMessageRequest
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import FrozenClock, now
from domain.line_linking import complete_link, is_nonce_good, linked_officer, offer_link
from line_hooks.client import LineGateway
from line_hooks.incoming import Incoming, Tools
from line_hooks.link_events import (
    CONFIRM_COMMANDS,
    DOOR,
    ask_unlinking,
    link_messages,
    on_account_link,
    start_linking,
    unlink_here,
)
from line_hooks.problems import LineRetryable
from models import LineAccount, LineChannel, OutboxMessage

ActAs = Callable[[str], Actor]
PHONE = f"U{51:032x}"
TOOLS = Tools(
    button_key=b"key", track_url="", link=lambda endpoint, **_more: f"https://town.example/{endpoint}"
)


def event(kind: str = "message", *, channel: LineChannel = LineChannel.STAFF, **more: Any) -> Incoming:
    source = {"type": "user", "userId": PHONE}
    body = {"type": kind, "mode": "active", "source": source, "replyToken": "r" * 32, **more}
    moment = now()
    return Incoming(channel, f"event-{moment.timestamp()}", moment, moment, body)


def linking(nonce: Any, result: str = "ok", **more: Any) -> Incoming:
    return event("accountLink", link={"result": result, "nonce": nonce}, **more)


def answers(session: Session) -> list[dict[str, Any]]:
    rows = select(OutboxMessage).where(OutboxMessage.recipient == PHONE).order_by(OutboxMessage.id)
    return [row.facts for row in session.scalars(rows)]


def said(session: Session) -> str:
    """The words of the newest answer."""
    return str(answers(session)[-1]["messages"][0]["text"])


@dataclass
class Row:
    facts: dict[str, Any]
    language: str = "th"


class Gateway:
    """Stands for the channel's line to LINE."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.asked = answer, []

    def ask(self, method: str, path: str) -> Any:
        self.asked.append((method, path))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def fetched(answer: Any, language: str = "th") -> tuple[list[dict[str, Any]], Gateway]:
    gateway = Gateway(answer)
    row = Row({"link_for": PHONE, "link_door": "https://town.example/admin/line-link/"}, language)
    return link_messages(cast("LineGateway", gateway), row), gateway


# The button -------------------------------------------------------------------------------------------------


def test_the_tile_answers_with_a_link_the_worker_still_has_to_fetch(session: Session) -> None:
    assert start_linking(session, event(), TOOLS) == "link_asked"

    (facts,) = answers(session)
    assert facts["link_for"] == PHONE
    assert facts["link_door"] == f"https://town.example/{DOOR}"
    assert "linkToken" not in str(facts)


@pytest.mark.parametrize("language", ["th", "en"])
def test_the_button_carries_lines_token_to_our_sign_in(language: str) -> None:
    messages, gateway = fetched({"linkToken": "a+b/c="}, language)

    assert gateway.asked == [("POST", f"/v2/bot/user/{PHONE}/linkToken")]
    assert "https://town.example/admin/line-link/?linkToken=a%2Bb%2Fc%3D" in str(messages)
    assert ("เลิกผูก" if language == "th" else "unlink") in str(messages)
    assert ReplyMessageRequest.from_dict({"replyToken": "r", "messages": messages})


@pytest.mark.parametrize(
    "answer", [LineRetryable(500, "ill"), {}, {"linkToken": ""}, {"linkToken": 7}], ids=str
)
def test_where_line_gives_no_token_words_say_what_to_do(answer: Any) -> None:
    messages, _gateway = fetched(answer)

    assert messages[0]["type"] == "text"
    assert "ผูกบัญชี" in messages[0]["text"]


def test_in_a_group_nothing_is_linked(session: Session) -> None:
    group = event(source={"type": "group", "groupId": "C1", "userId": PHONE})

    assert start_linking(session, group, TOOLS) == "private"
    assert "ในกลุ่ม" in said(session)


def test_who_is_linked_is_told_to_whom(session: Session, act_as: ActAs) -> None:
    complete_link(session, PHONE, offer_link(session, act_as("officer")), now())

    assert start_linking(session, event(), TOOLS) == "already"
    assert officer_named(session, "officer").full_name in said(session)


def test_an_old_event_and_a_silent_one_ask_line_nothing(session: Session, frozen_noon: FrozenClock) -> None:
    old = event()
    frozen_noon.advance(timedelta(minutes=2))

    assert start_linking(session, old, TOOLS) == "too_late"
    assert start_linking(session, event(mode="standby"), TOOLS) == "too_late"
    assert not answers(session)


def test_without_a_page_to_open_no_link_is_promised(session: Session) -> None:
    assert start_linking(session, event(), Tools(b"key", "")) == "later"


# LINE's answer ----------------------------------------------------------------------------------------------


def test_lines_yes_links_and_is_warmly_confirmed(session: Session, act_as: ActAs) -> None:
    nonce = offer_link(session, act_as("officer"))

    assert on_account_link(session, linking(nonce), TOOLS) == "linked"
    officer = officer_named(session, "officer")
    assert linked_officer(session, PHONE) is officer
    assert officer.full_name in said(session)
    assert "เลิกผูก" in said(session)


def test_the_same_event_twice_links_once(session: Session, act_as: ActAs) -> None:
    nonce = offer_link(session, act_as("officer"))
    on_account_link(session, linking(nonce), TOOLS)

    assert on_account_link(session, linking(nonce), TOOLS) == "line_link_invalid"
    assert linked_officer(session, PHONE) is officer_named(session, "officer")


def test_lines_no_burns_the_nonce_and_has_nobody_to_answer(session: Session, act_as: ActAs) -> None:
    nonce = offer_link(session, act_as("officer"))
    failed = linking(nonce, "failed", source=None, replyToken=None)

    assert on_account_link(session, failed, TOOLS) == "burnt"
    assert not is_nonce_good(session, nonce)
    assert not answers(session)
    assert on_account_link(session, linking(nonce), TOOLS) == "line_link_invalid"


def test_a_foreign_nonce_links_nobody_and_says_so(session: Session, act_as: ActAs) -> None:
    nonce = offer_link(session, act_as("officer"))

    assert on_account_link(session, linking(f"{nonce[:-1]}!"), TOOLS) == "line_link_invalid"
    assert "หมดเวลาหรือใช้ไปแล้ว" in said(session)
    assert linked_officer(session, PHONE) is None
    assert is_nonce_good(session, nonce)


@pytest.mark.parametrize("nonce", [None, 7, ["x"], "x" * 256], ids=["none", "number", "list", "long"])
def test_an_event_of_another_shape_is_left_alone(session: Session, nonce: Any) -> None:
    assert on_account_link(session, linking(nonce), TOOLS) == "ignored"


def test_the_citizens_channel_links_no_officer(session: Session, act_as: ActAs) -> None:
    nonce = offer_link(session, act_as("officer"))

    assert on_account_link(session, linking(nonce, channel=LineChannel.CITIZEN), TOOLS) == "ignored"
    assert is_nonce_good(session, nonce)


# The way out ------------------------------------------------------------------------------------------------


def test_parting_asks_first_and_then_does_it(session: Session, act_as: ActAs) -> None:
    complete_link(session, PHONE, offer_link(session, act_as("officer")), now())

    assert ask_unlinking(session, event(), TOOLS) == "asked"
    question = answers(session)[-1]["messages"]
    assert CONFIRM_COMMANDS[0] in str(question[0]["quickReply"])
    assert ReplyMessageRequest.from_dict({"replyToken": "r", "messages": question})
    assert linked_officer(session, PHONE) is not None

    assert unlink_here(session, event(), TOOLS) == "parted"
    assert linked_officer(session, PHONE) is None
    assert session.scalars(select(LineAccount).where(LineAccount.line_user_id == PHONE)).one()


@pytest.mark.parametrize("act", [ask_unlinking, unlink_here])
def test_a_phone_that_is_nobodys_is_told_so(session: Session, act: Callable[..., str]) -> None:
    assert act(session, event(), TOOLS) == "nobodys"
    assert act(session, event(source={"type": "group", "userId": PHONE}), TOOLS) == "private"
