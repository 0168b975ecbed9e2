"""A case in the officers' chat: what may be done, a question, time, a hand-over; the head's word."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from helpers.chatter import Chatter, steps_counted
from helpers.line import Town, officer_line_id
from helpers.line_case import Case
from helpers.people import actor_named, officer_named
from sqlalchemy import select

from domain import complaints
from extensions import db, write_transaction
from models import ComplaintStatus, DeliveryState, EventKind, LineAccount, MessageTemplate, WebhookReceipt

S = ComplaintStatus
WHY = "รออะไหล่จากผู้ขาย"


@pytest.fixture
def case(town: Town) -> Case:
    return Case(town)


@pytest.fixture
def me(case: Case) -> Chatter:
    """The officer, with the order's card on his phone."""
    return Chatter(case.town, case.officer, "staff")


@pytest.fixture
def head(case: Case) -> Chatter:
    """The head of his department."""
    with write_transaction() as session:
        return Chatter(case.town, officer_line_id(session, case.town, "head"), "staff")


@pytest.fixture(autouse=True)
def _nothing_fails(town: Town) -> Iterator[None]:
    """Every event is handled, and LINE took every answer."""
    yield
    db.session.rollback()
    failed = select(WebhookReceipt.last_error).where(WebhookReceipt.state != DeliveryState.SENT)
    assert db.session.scalars(failed).all() == []
    assert town.fake.state.misuse == []


def sees(case: Case, who: Chatter) -> list[str]:
    """Open the case in the chat and return the buttons of its card."""
    who.press({"type": "postback", "data": case.button("case")})
    shown = who.messages[-1]["contents"]
    labels = [part["action"]["label"] for part in shown["footer"]["contents"]]
    return labels + [part["text"] for part in shown["body"]["contents"] if "action" in part]


def asks_for_time(case: Case, me: Chatter, days: str = "5 วันทำการ") -> str:
    me.taps("รับทราบ")
    me.press({"type": "postback", "data": case.button("ask_more_time", state_seq=case.row.state_seq)})
    me.says(days)
    return me.says(WHY)


# The card ---------------------------------------------------------------------------------------------------


def test_the_card_offers_what_the_rules_allow_and_no_more(case: Case, me: Chatter, head: Chatter):
    assert sees(case, me) == ["รับทราบ", "รายงานผล", "เริ่มดำเนินการ", "เปิดในระบบ", "ถามผู้ร้อง", "ส่งคืน"]
    said = me.messages[-1]
    assert case.row.story in str(said)
    me.taps("รับทราบ")
    assert sees(case, me) == [
        *("รายงานผล", "เริ่มดำเนินการ", "ถามผู้ร้อง", "เปิดในระบบ"),
        *("ขอขยายเวลา", "ส่งคืน"),
    ]
    assert "รับทราบ" not in sees(case, head)
    assert "ขยายเวลา" in sees(case, head)
    assert "ไม่ขยายเวลา" not in sees(case, head), "nobody has asked for time"


def test_nobody_sees_a_case_beyond_his_reach(case: Case):
    with write_transaction() as session:
        health = Chatter(case.town, officer_line_id(session, case.town, "health"), "staff")
    opens = {"type": "postback", "data": case.button("case")}

    assert "ไม่พบเรื่องนี้" in health.press(opens)
    stranger = Chatter(case.town, case.town.fake.state.add_user("stranger", "stranger", ["staff"]).user_id)
    stranger.channel = "staff"
    assert "ยังไม่ได้ผูก" in stranger.press(opens)


def test_acknowledging_leads_on_and_starting_is_one_tap_more(case: Case, me: Chatter):
    assert "รับทราบเรื่อง" in me.taps("รับทราบ")
    assert me.chips[:2] == ["รายงานผล", "เริ่มดำเนินการ"]
    starts = me.button("เริ่มดำเนินการ")
    assert "เริ่มดำเนินการเรื่อง" in me.press(starts)
    assert case.row.status is S.IN_PROGRESS
    assert "ทำไปแล้ว" in me.press(starts)
    assert len(case.events(EventKind.START)) == 1
    assert "กำลังดำเนินการ" in me.taps("ดูเรื่อง")


def test_an_older_card_still_works_and_a_template_without_the_new_words_too(case: Case, me: Chatter):
    with write_transaction() as session:
        for row in session.scalars(
            select(MessageTemplate).where(MessageTemplate.layout == "staff_note_card")
        ):
            row.words = {key: text for key, text in row.words.items() if not key.startswith("button_case")}
    me.press({"type": "postback", "data": case.button("acknowledge", state_seq=case.row.state_seq)})
    me.press({"type": "postback", "data": case.button("ask_citizen", state_seq=case.row.state_seq)})
    me.says("บ้านเลขที่เท่าไร")
    me.taps("ส่ง")
    with write_transaction() as session:
        complaints.answer(session, actor_named(session, "central", "line"), case.id, text="เลขที่ 9")
    case.town.drain()

    assert "เลขที่ 9" in str(me.messages[-1])
    assert case.row.status is S.IN_PROGRESS


# What officers write ----------------------------------------------------------------------------------------


def test_a_question_is_shown_before_it_goes_to_the_citizen(case: Case, me: Chatter):
    sees(case, me)
    assert "คำถามสั้น ๆ" in me.taps("ถามผู้ร้อง")
    card = me.says("เสาไฟเลขที่เท่าไร")
    assert "เสาไฟเลขที่เท่าไร" in card
    assert case.row.status is S.DIRECTED
    assert "ส่งคำถามถึงผู้ร้องแล้ว" in me.taps("ส่ง")

    assert case.row.status is S.AWAITING_CITIZEN
    assert "เสาไฟเลขที่เท่าไร" in case.town.texts(case.malee)[-1]
    assert me.drafts == []


def test_the_answer_comes_as_a_card_that_opens_the_case_in_the_chat(case: Case, me: Chatter):
    sees(case, me)
    me.taps("ถามผู้ร้อง")
    me.says("เสาไฟเลขที่เท่าไร")
    me.taps("ส่ง")
    with write_transaction() as session:
        complaints.answer(session, actor_named(session, "central", "line"), case.id, text="เสาที่ 12")
    case.town.drain()

    said = me.taps("ดูเรื่อง")
    assert "ผู้ร้องตอบ\nเสาที่ 12" in said


def test_time_is_asked_for_in_days_and_a_reason(case: Case, me: Chatter):
    me.taps("รับทราบ")
    sees(case, me)
    assert "กี่วันทำการ" in me.taps("ขอขยายเวลา")
    assert "5 วันทำการ" in me.chips
    assert "จำนวนวันทำการ" in me.says("หลายวัน")
    assert "ตั้งแต่ 1 ถึง" in me.says("๙๙๙")
    assert "7 วันทำการ" in me.taps("7 วันทำการ")
    assert "5 วันทำการ" in me.says("5 วันทำการ"), "a second number is no reason"
    assert "ถึงหัวหน้าแล้ว" in me.says(WHY)

    [asked] = case.events(EventKind.ASK_MORE_TIME)
    assert (asked.facts["days"], asked.note, asked.via) == (5, WHY, "line")
    assert "ขอขยายเวลา" not in sees(case, me)
    again = case.button("ask_more_time", state_seq=case.row.state_seq)
    assert "ทำไปแล้ว" in me.press({"type": "postback", "data": again})


def test_an_order_is_handed_back_with_its_reason(case: Case, me: Chatter):
    sees(case, me)
    me.taps("ส่งคืน")
    assert "ส่งคืนเรื่อง" in me.says("ไม่ใช่งานของกองช่าง")

    assert case.row.status is S.ACCEPTED
    assert case.row.assignee is None
    [event] = case.events(EventKind.HAND_BACK)
    assert event.note == "ไม่ใช่งานของกองช่าง"


def test_who_may_not_do_it_is_told_before_he_types(case: Case, head: Chatter):
    presses = case.button("ask_more_time", state_seq=case.row.state_seq)

    assert head.press({"type": "postback", "data": presses})
    assert head.drafts == []


def test_a_word_for_a_case_that_moved_on_changes_nothing(case: Case, me: Chatter):
    sees(case, me)
    me.taps("ส่งคืน")
    with write_transaction() as session:
        complaints.start(session, actor_named(session, "officer"), case.id)
    said = me.says("ไม่ใช่งานของกองช่าง")

    assert "มีการเปลี่ยนแปลง" in said
    assert case.row.status is S.IN_PROGRESS
    assert me.drafts == [], "it would swallow what is written next"


@pytest.mark.parametrize("act", ["ask_citizen", "hand_back", "start", "result"])
def test_whoever_left_can_do_nothing(case: Case, me: Chatter, act: str):
    with write_transaction() as session:
        officer_named(session, "officer").is_active = False
    presses = case.button(act, state_seq=case.row.state_seq)

    assert "ยังไม่ได้ผูก" in me.press({"type": "postback", "data": presses})
    assert me.drafts == []
    assert case.row.status is S.DIRECTED


def test_who_leaves_in_the_middle_of_a_word_sends_nothing(case: Case, me: Chatter):
    sees(case, me)
    me.taps("ส่งคืน")
    with write_transaction() as session:
        officer_named(session, "officer").is_active = False

    assert "ไม่ได้ผูก" in me.says("ไม่ใช่งานของกองช่าง")
    assert case.row.status is S.DIRECTED


# The head's word --------------------------------------------------------------------------------------------


def test_the_head_gives_what_was_asked_for_in_the_chat(case: Case, me: Chatter, head: Chatter):
    asks_for_time(case, me)
    was = case.row.due_at
    card = head.messages[-1]
    assert WHY in str(card)
    question = head.taps("ให้ตามที่ขอ")
    assert f"5 วันทำการ – {WHY}" in question
    assert "ผู้ร้องจะได้อ่าน" in question
    gives = head.button("ให้ตามที่ขอ")
    assert "กำหนดใหม่" in head.taps("ใช้เหตุผลของผู้ขอ")

    assert case.row.due_at > was
    [event] = case.events(EventKind.EXTEND)
    assert (event.facts["days"], event.note) == (5, WHY)
    assert WHY in case.town.texts(case.malee)[-1]
    assert "ได้เวลาเพิ่ม" in me.messages[-1]["altText"]
    assert "ไม่มีคำขอ" in head.press(gives)
    assert len(case.events(EventKind.EXTEND)) == 1


def test_of_two_heads_at_once_the_time_is_given_once(case: Case, me: Chatter, head: Chatter):
    asks_for_time(case, me)
    head.taps("ให้ตามที่ขอ")
    with write_transaction() as session:
        boss = actor_named(session, "central")
        complaints.extend(session, boss, case.id, days=5, reason="ให้แล้ว")

    assert "ทำไปแล้ว" in head.says("เห็นควร")
    assert len(case.events(EventKind.EXTEND)) == 1


def test_a_wish_that_changed_meanwhile_is_not_given_unseen(case: Case, me: Chatter, head: Chatter):
    asks_for_time(case, me)
    head.taps("ให้ตามที่ขอ")
    with write_transaction() as session:
        boss, officer = actor_named(session, "central"), actor_named(session, "officer")
        complaints.refuse_more_time(session, boss, case.id, reason="น้อยกว่านี้ได้")
        complaints.ask_more_time(session, officer, case.id, days=9, reason="งั้นเก้าวัน")

    assert "มีการเปลี่ยนแปลง" in head.says("เห็นควร")
    assert case.events(EventKind.EXTEND) == []


def test_the_head_refuses_with_a_reason_the_officer_reads(case: Case, me: Chatter, head: Chatter):
    asks_for_time(case, me)
    head.taps("ไม่ให้")
    assert "ไม่ขยายเวลาเรื่อง" in head.says("ยืมอะไหล่จากกองประปาได้")

    assert case.events(EventKind.EXTEND) == []
    assert "ยืมอะไหล่" in str(me.messages[-1])
    assert "ไม่ขยายเวลาเพราะ" in me.taps("ดูเรื่อง")


def test_the_head_gives_time_nobody_asked_for(case: Case, me: Chatter, head: Chatter):
    me.taps("รับทราบ")
    was = case.row.due_at
    sees(case, head)
    head.taps("ขยายเวลา")
    head.says("3")
    assert "กำหนดใหม่" in head.says("ฝนตกหนักทั้งสัปดาห์")

    assert case.row.due_at > was


def test_an_english_officer_reads_english(case: Case, me: Chatter):
    with write_transaction() as session:
        account = select(LineAccount).where(LineAccount.line_user_id == me.user_id)
        session.scalars(account).one().language = "en"
    assert "Acknowledge" in sees(case, me)
    assert "short question" in me.taps("Ask the citizen")
    me.says("Which lamp post?")
    assert "gone to the citizen" in me.taps("Send")


def test_looking_at_a_case_costs_a_handful_of_statements(
    case: Case, me: Chatter, monkeypatch: pytest.MonkeyPatch
):
    sees(case, me)
    with steps_counted(monkeypatch) as steps:
        sees(case, me)

    asked = [one for one in steps[0] if not one.startswith(("BEGIN", "SAVEPOINT", "RELEASE"))]
    assert len(asked) <= 8, asked
