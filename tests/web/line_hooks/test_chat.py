"""Who blocks us, who writes to us, and what LINE invents next: the worker takes it all calmly."""

from __future__ import annotations

from datetime import timedelta

import pytest
from helpers.line import Town
from helpers.line_case import Case
from sqlalchemy import select

from domain.clock import FrozenClock
from domain.phones import readable_phone
from domain.settings import read_setting, write_setting
from extensions import db, write_transaction
from models import (
    DeliveryState,
    LineAccount,
    LineState,
    OutboxMessage,
    WebhookReceipt,
)

pytestmark = pytest.mark.usefixtures("frozen_noon")


def town_phone() -> str:
    return readable_phone(read_setting(db.session(), "contact_phone"))


# Friendship -------------------------------------------------------------------------------------------------


def account_of(user_id: str) -> LineAccount:
    db.session.rollback()
    return db.session.scalars(select(LineAccount).where(LineAccount.line_user_id == user_id)).one()


def test_who_blocks_us_gets_no_more_messages_until_he_comes_back(case: Case, frozen_noon: FrozenClock):
    hooks = case.town.fake.hooks
    case.send("citizen", case.malee, hooks.unfollow("citizen", case.malee))
    assert account_of(case.malee).state is LineState.BLOCKED
    before = len(case.town.fake.state.sendings)
    case.finish()
    frozen_noon.advance(timedelta(seconds=31))
    case.town.drain()
    assert not [s for s in case.town.fake.state.sendings[before:] if s.to == case.malee]

    frozen_noon.advance(timedelta(seconds=1))
    event = {**hooks.follow("citizen", case.malee, is_unblocked=True)}
    event["timestamp"] += 5000
    case.send("citizen", case.malee, event)

    assert account_of(case.malee).state is LineState.FRIEND


def test_of_a_block_and_a_return_in_the_wrong_order_the_later_one_counts(case: Case):
    hooks = case.town.fake.hooks
    came = {**hooks.follow("citizen", case.malee), "timestamp": 1795150800000}
    left = {**hooks.unfollow("citizen", case.malee), "timestamp": 1795150900000}

    case.send("citizen", case.malee, left)
    case.send("citizen", case.malee, came)

    assert account_of(case.malee).state is LineState.BLOCKED


def test_events_of_one_batch_are_handled_in_the_order_they_happened(case: Case):
    hooks = case.town.fake.hooks
    came = {**hooks.follow("citizen", case.malee), "timestamp": 1795150900000}
    left = {**hooks.unfollow("citizen", case.malee), "timestamp": 1795150800000}

    case.send("citizen", case.malee, came, left)

    assert account_of(case.malee).state is LineState.FRIEND
    assert account_of(case.malee).state_changed_at.timestamp() == 1795150900


def test_a_stranger_who_adds_us_is_welcomed_and_remembered(case: Case):
    stranger = case.town.fake.state.add_user("stranger", "stranger").user_id

    [said] = case.send("citizen", stranger, case.town.fake.hooks.follow("citizen", stranger))

    assert said.startswith("ยินดีต้อนรับสู่")
    assert "เมนู" in said
    account = account_of(stranger)
    assert (account.state, account.member_id, account.staff_user_id) == (LineState.FRIEND, None, None)


def test_a_stranger_whose_block_comes_before_his_arrival_stays_blocked(case: Case):
    stranger = case.town.fake.state.add_user("stranger", "stranger").user_id
    hooks = case.town.fake.hooks
    came = {**hooks.follow("citizen", stranger), "timestamp": 1795150800000}
    left = {**hooks.unfollow("citizen", stranger), "timestamp": 1795150900000}

    said = case.send("citizen", stranger, left) + case.send("citizen", stranger, came)

    assert said == []
    assert account_of(stranger).state is LineState.BLOCKED


def test_an_officers_guest_is_told_how_to_begin_and_who_is_linked_is_greeted(case: Case):
    hooks = case.town.fake.hooks
    guest = case.town.fake.state.add_user("guest", "guest").user_id

    [to_guest] = case.send("staff", guest, hooks.follow("staff", guest))
    [to_officer] = case.send("staff", case.officer, hooks.follow("staff", case.officer))

    assert "ผูกบัญชี" in to_guest
    assert to_officer.startswith("ยินดีต้อนรับกลับมา")


def test_a_group_is_told_once_that_this_is_no_place_for_it(case: Case):
    group = {"type": "group", "groupId": "C" + "1" * 32}
    joins = [
        {**case.town.fake.hooks.follow("staff", case.officer), "type": "join", "source": group}
        for _ in range(2)
    ]

    said = case.send("staff", case.officer, *joins)

    assert len(said) == 1
    assert "แชตส่วนตัว" in said[0]


# Texts ------------------------------------------------------------------------------------------------------


def test_a_citizen_who_greets_us_is_told_plainly_where_to_turn(case: Case):
    [said] = case.send("citizen", case.malee, case.town.fake.hooks.text("citizen", case.malee, "สวัสดีค่ะ"))

    assert "ยังไม่มีเจ้าหน้าที่นั่งตอบ" in said
    assert town_phone() in said
    assert "http://localhost/track" in said
    assert "เจ็บป่วยฉุกเฉิน 1669" in said


def test_ten_lines_in_a_row_get_one_answer(case: Case, frozen_noon: FrozenClock):
    hooks = case.town.fake.hooks
    lines = [hooks.text("citizen", case.malee, f"สวัสดี {number}") for number in range(10)]

    assert len(case.send("citizen", case.malee, *lines)) == 1

    frozen_noon.advance(timedelta(minutes=11))
    assert len(case.send("citizen", case.malee, hooks.text("citizen", case.malee, "สวัสดี"))) == 1


@pytest.mark.parametrize(
    ("kind", "word"), [("sticker", "สติกเกอร์"), ("video", "วิดีโอ"), ("audio", "เสียง"), ("file", "ไฟล์")]
)
def test_what_the_chat_cannot_read_is_answered_in_a_friendly_way_once(case: Case, kind: str, word: str):
    hooks = case.town.fake.hooks
    events = [hooks.text("citizen", case.malee, "x") for _ in range(3)]
    for event in events:
        event["message"] = {"type": kind, "id": event["message"]["id"]}

    [said] = case.send("citizen", case.malee, *events)

    assert word in said


def test_an_officer_who_writes_is_told_what_the_chat_does(case: Case):
    [said] = case.send("staff", case.officer, case.town.fake.hooks.text("staff", case.officer, "ครับ"))

    assert "รายงานผล" in said


def test_a_town_without_a_phone_number_leaves_the_line_out(case: Case):
    with write_transaction() as session:
        write_setting(session, "contact_phone", "")
        write_setting(session, "emergency_phones", [])

    [said] = case.send("citizen", case.malee, case.town.fake.hooks.text("citizen", case.malee, "สวัสดี"))

    assert "โทร" not in said


def test_an_answer_that_comes_too_late_is_not_given(case: Case, frozen_noon: FrozenClock):
    event = case.town.fake.hooks.text("citizen", case.malee, "สวัสดี")
    case.town.fake.send_webhook("citizen", [event])
    frozen_noon.advance(timedelta(seconds=46))

    case.town.drain()

    assert case.replies("citizen", case.malee) == []
    answers = select(OutboxMessage.id).where(OutboxMessage.template_key == "answer")
    assert db.session.scalars(answers).all() == []


def test_what_somebody_takes_back_is_forgotten(case: Case):
    hooks = case.town.fake.hooks
    told = hooks.text("citizen", case.malee, "เบอร์ผม 0812345678")
    other = hooks.text("citizen", case.malee, "อีกข้อความ")
    case.send("citizen", case.malee, told, other)
    taken_back = {
        **hooks.unfollow("citizen", case.malee),
        "type": "unsend",
        "unsend": {"messageId": told["message"]["id"]},
    }

    case.send("citizen", case.malee, taken_back)

    bodies = str([receipt.body for receipt in db.session.scalars(select(WebhookReceipt))])
    assert "0812345678" not in bodies
    assert "อีกข้อความ" in bodies


def test_what_was_taken_back_before_it_came_is_forgotten_too(case: Case, frozen_noon: FrozenClock):
    hooks = case.town.fake.hooks
    told = hooks.text("citizen", case.malee, "เบอร์ผม 0812345678")
    taken_back = {
        **hooks.unfollow("citizen", case.malee),
        "type": "unsend",
        "unsend": {"messageId": told["message"]["id"]},
    }

    case.send("citizen", case.malee, taken_back)
    case.send("citizen", case.malee, told)
    frozen_noon.advance(timedelta(minutes=1, seconds=1))
    case.town.drain()

    receipts = list(db.session.scalars(select(WebhookReceipt)))
    assert "0812345678" not in str([receipt.body for receipt in receipts])
    assert {receipt.state for receipt in receipts} == {DeliveryState.SENT}


def test_what_was_taken_back_and_never_came_is_not_waited_for_for_ever(case: Case, frozen_noon: FrozenClock):
    hooks = case.town.fake.hooks
    taken_back = {**hooks.unfollow("citizen", case.malee), "type": "unsend", "unsend": {"messageId": "1"}}
    case.send("citizen", case.malee, taken_back)

    frozen_noon.advance(timedelta(minutes=11))
    case.town.drain()

    assert db.session.scalars(select(WebhookReceipt.state)).all() == [DeliveryState.SENT]


# What we do not know ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "beacon"},
        {"type": "membership", "membership": {}},
        {"type": "a_new_one", "source": None},
        {"type": None},
        {},
        {"type": "postback"},
        {"type": "postback", "postback": "data"},
        {"type": "postback", "postback": {"data": 7}},
        {"type": "message"},
        {"type": "message", "source": {"type": "user", "userId": 7}},
        {"type": "message", "source": {"type": "user", "userId": "U" * 500}},
        {"type": "follow", "source": ["user"]},
        {"type": "unsend"},
        {"type": "unsend", "unsend": {"messageId": {"a": 1}}},
        {"type": "message", "source": {"type": "user", "userId": "U1"}, "replyToken": "t" * 500},
        {"type": "message", "source": {"type": "user", "userId": "U1"}, "replyToken": 7},
    ],
    ids=lambda odd: str(odd)[:40],
)
def test_an_odd_event_is_taken_and_harms_nobody(town: Town, odd):
    town.fake.state.add_user("malee", "malee", ["citizen"])

    assert town.fake.send_webhook("citizen", [odd]) == 200
    town.drain()

    receipt = db.session.scalars(select(WebhookReceipt)).one()
    assert (receipt.state, receipt.last_error) == (DeliveryState.SENT, None)
    assert town.fake.state.sendings == []
