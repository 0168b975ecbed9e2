"""A report told in the chat: in any order, asked only for what is missing, sent once, told to the intake."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from helpers.chatter import MARKET, SEA, Chatter, citizen, stranger
from helpers.line import Town, new_member
from sqlalchemy import func, select

from extensions import db, write_transaction
from line_sim.webhooks import redelivered
from models import (
    Channel,
    ChannelGroup,
    Complaint,
    ComplaintStatus,
    DeliveryState,
    Disclosure,
    OutboxMessage,
    WebhookReceipt,
)

HOLE = "ถนนหน้าตลาดเป็นหลุมใหญ่ รถล้มบ่อย"
ASKS_WHERE = "อยู่ตรงไหน"
ASKS_WHAT = "เกิดอะไรขึ้น"
SHOWS_ALL = "ตรวจแล้วกดส่ง"
RECEIVED = "ได้รับเรื่องของท่านแล้ว"
SEND = "ส่งเรื่อง"


def cases() -> Sequence[Complaint]:
    db.session.rollback()
    return db.session.scalars(select(Complaint).order_by(Complaint.id)).all()


def told_to_officers() -> list[str]:
    """Return the templates of what officers were told, oldest first."""
    db.session.rollback()
    rows = select(OutboxMessage.template_key).where(OutboxMessage.channel == "line_staff")
    return list(db.session.scalars(rows.order_by(OutboxMessage.id)))


def shown_card(me: Chatter) -> Chatter:
    """Bring somebody to the card that shows the whole report."""
    me.says(HOLE)
    assert SHOWS_ALL in me.pins()
    return me


@pytest.fixture(autouse=True)
def _nothing_fails(town: Town) -> None:
    """Every event of a story is handled; none is tried again."""
    yield
    db.session.rollback()
    failed = select(WebhookReceipt.last_error).where(WebhookReceipt.state != DeliveryState.SENT)
    assert db.session.scalars(failed).all() == []
    assert town.fake.state.misuse == []


def test_a_stranger_adds_us_and_reports_with_three_messages(town: Town):
    me = stranger(town)
    assert "ยินดีต้อนรับ" in me.adds_us()

    assert ASKS_WHERE in me.says(HOLE)
    card = me.pins(MARKET, "ตลาดบางลำภู")
    assert SHOWS_ALL in card
    assert HOLE in card
    assert "ตลาดบางลำภู" in card
    answer = me.taps(SEND)

    [case] = cases()
    assert RECEIVED in answer
    assert case.public_code in answer
    assert case.status is ComplaintStatus.SUBMITTED
    assert (case.story, case.place_text) == (HOLE, "ตลาดบางลำภู")
    assert (float(case.latitude), float(case.longitude)) == MARKET
    assert case.zone is not None
    assert case.disclosure is Disclosure.CONCEALED
    assert db.session.get_one(Channel, case.channel_id).channel_group is ChannelGroup.LINE
    assert case.reporter_account.line_user_id == me.user_id
    assert case.member is None
    assert told_to_officers() == ["staff_new_complaint"]
    assert set(me.ways) == {"reply"}, "reporting costs the town no message"
    assert me.drafts == []


def test_a_member_reports_under_the_name_we_know(town: Town):
    with write_transaction() as session:
        member_id = new_member(session, town).id
    me = Chatter(town, next(iter(town.fake.state.users)))
    shown_card(me)
    me.taps("เปิดเผยชื่อ")
    me.taps(SEND)

    [case] = cases()
    assert case.member_id == member_id
    assert case.disclosure is Disclosure.DISCLOSED


def test_words_place_and_more_words_come_in_any_order(town: Town):
    orders = {
        "place first": (lambda me: me.pins(), lambda me: me.says(HOLE)),
        "told piece by piece": (
            lambda me: me.says(HOLE),
            lambda me: me.says("หน้าตลาดบางลำภู"),
            lambda me: me.says("เป็นมาสองเดือนแล้ว"),
        ),
        "the tile first, the place left out": (
            lambda me: me.says("แจ้งเรื่อง"),
            lambda me: me.says(HOLE),
            lambda me: me.says("ข้าม"),
        ),
        "the pin once more": (lambda me: me.says(HOLE), lambda me: me.pins(SEA), lambda me: me.pins()),
    }
    for name, steps in orders.items():
        me = citizen(town, name)
        answers = [step(me) for step in steps]
        assert SHOWS_ALL in answers[-1], name
        me.says("ส่ง")  # As on LINE for PC, which shows no buttons below the chat.

    first, second, third, fourth = cases()
    assert (first.story, float(first.latitude)) == (HOLE, MARKET[0])
    assert second.story == f"{HOLE}\nเป็นมาสองเดือนแล้ว"
    assert (second.place_text, second.latitude) == ("หน้าตลาดบางลำภู", None)
    assert (third.place_text, third.latitude) == (None, None)
    assert float(fourth.latitude) == MARKET[0]


def test_only_what_is_missing_is_asked_for(town: Town):
    me = citizen(town)
    assert ASKS_WHAT in me.says("แจ้งเรื่อง")
    assert ASKS_WHAT in me.pins(), "a place alone says nothing"
    assert ASKS_WHAT in me.says("ข้าม"), "the story cannot be left out"
    assert SHOWS_ALL in me.says(HOLE)
    assert cases() == [], "nothing is sent before somebody says so"


def test_what_the_card_shows_can_be_changed_before_it_is_sent(town: Town):
    me = shown_card(citizen(town))
    assert "เปิดเผยชื่อได้" in me.taps("เปิดเผยชื่อ")
    assert "ปกปิดชื่อกับผู้อื่น" in me.taps("ปกปิดชื่อ")
    me.taps("เบอร์โทรกลับ")
    assert "เบอร์" in me.says("12"), "a number that is none is asked for again"
    assert "093-572-7903" in me.says("093-572-7903")
    me.taps("แก้ที่ตั้ง")
    assert "ซอย 5" in me.says("ซอย 5")
    assert ASKS_WHAT in me.taps("พิมพ์เรื่องใหม่")
    assert "ไฟทางดับทั้งซอย" in me.says("ไฟทางดับทั้งซอย")
    me.taps(SEND)

    [case] = cases()
    assert (case.story, case.place_text) == ("ไฟทางดับทั้งซอย", "ซอย 5")
    assert case.callback_phone == "+66935727903"


def test_a_chosen_type_brings_its_department_and_its_questions(town: Town):
    me = shown_card(citizen(town))
    me.taps("เลือกประเภท")
    me.taps("งานไฟฟ้าสาธารณะ")
    subtype = me.messages[-1]["contents"]["body"]["contents"][0]["action"]["label"]
    answer = me.taps(subtype)
    assert subtype in answer or me.drafts[0].asked.startswith("question:")
    for _ in range(6):
        if SHOWS_ALL in answer:
            break
        answer = me.says(me.chips[0])
    me.taps(SEND)

    [case] = cases()
    assert case.subcategory.name == subtype
    assert case.department is not None


def test_a_cancelled_report_leaves_nothing(town: Town):
    me = shown_card(citizen(town))
    old = me.button(SEND)
    assert "ไม่ได้ส่งอะไร" in me.says("ยกเลิก")
    assert "ไม่มีอะไรค้าง" in me.says("ยกเลิก")
    assert "ไม่มีอะไรค้าง" in me.says("ส่ง")
    assert "ปุ่มจึงใช้ไม่ได้" in me.press(old)
    assert (cases(), me.drafts, told_to_officers()) == ([], [], [])


def test_pressing_twice_sends_once(town: Town):
    me = shown_card(citizen(town))
    data = me.button(SEND)["data"]
    pressed = me.event("postback", data)
    answer = me.hear(pressed, me.event("postback", data), redelivered(pressed))

    [case] = cases()
    assert answer.count(RECEIVED) == 1
    assert case.public_code in answer
    assert me.hear(redelivered(pressed)) == "", "what LINE delivers again is no second press"
    assert "ปุ่มจึงใช้ไม่ได้" in me.press({"type": "postback", "data": data})
    assert len(cases()) == 1
    assert told_to_officers() == ["staff_new_complaint"]


def test_the_button_of_an_older_card_shows_what_has_changed_since(town: Town):
    me = shown_card(citizen(town))
    old = me.button(SEND)
    me.taps("เปิดเผยชื่อ")

    answer = me.press(old)
    assert "เปลี่ยนไป" in answer
    assert "เปิดเผยชื่อได้" in answer
    assert cases() == []
    me.taps(SEND)
    assert cases()[0].disclosure is Disclosure.DISCLOSED


def test_nobody_sends_what_another_wrote(town: Town):
    me, other = shown_card(citizen(town)), citizen(town, "somsri")
    assert "ปุ่มจึงใช้ไม่ได้" in other.press(me.button(SEND))
    assert cases() == []
    assert len(me.drafts) == 1


def test_who_blocks_us_and_returns_finds_the_draft_again(town: Town):
    me = citizen(town)
    me.says(HOLE)
    assert me.blocks_us() == ""
    me.returns()
    assert ASKS_WHERE in me.says("ทำต่อ")
    me.pins()
    me.taps(SEND)
    assert [case.story for case in cases()] == [HOLE]


def test_a_report_after_the_last_one_begins_anew(town: Town):
    me = shown_card(citizen(town))
    me.taps(SEND)
    assert ASKS_WHERE in me.says("ไฟทางดับทั้งซอยมาสองคืนแล้ว")
    me.says("ซอยบ้านเป็ด 7")
    me.says("ส่งเรื่อง")
    assert [case.place_text for case in cases()] == [None, "ซอยบ้านเป็ด 7"]
    db.session.rollback()
    kept = select(func.count()).select_from(WebhookReceipt).where(WebhookReceipt.state == DeliveryState.DEAD)
    assert db.session.scalar(kept) == 0
