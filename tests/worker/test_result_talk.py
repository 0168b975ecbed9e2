"""A result told in the officers' chat: case or photos first, one card, sent once, gone to the citizen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from helpers.chatter import Chatter, steps_counted
from helpers.line import Town, registered
from helpers.line_case import Case
from helpers.people import actor_named, officer_named
from sqlalchemy import select

from domain import complaints
from domain.clock import today
from domain.settings import write_setting
from extensions import db, write_transaction
from line_sim.webhooks import redelivered
from models import (
    ActionResult,
    Attachment,
    AttachmentStage,
    Complaint,
    ComplaintStatus,
    DeliveryState,
    LineAccount,
    Outcome,
    WebhookReceipt,
)
from worker import chat_bursts

DONE = "เทยางมะตอยกลบหลุมแล้ว"
ASKS = "ส่งภาพหลังทำเสร็จ"
SHOWS = "ตรวจแล้วกดส่งผล"
SENT = "ส่งผลเรื่อง"
SEND = "ส่งผล"
REPORT = "รายงานผล"
FRAME = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "SET ")
"""What holds a transaction together asks nothing of the database."""


@pytest.fixture
def case(town: Town) -> Case:
    return Case(town)


@pytest.fixture
def me(case: Case) -> Chatter:
    """The officer, with the order's card on his phone."""
    return Chatter(case.town, case.officer, "staff")


@pytest.fixture(autouse=True)
def _nothing_fails(town: Town, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Bursts of photos end at once; every event is handled, and LINE took every answer."""
    monkeypatch.setattr(chat_bursts, "QUIET", timedelta(0))
    yield
    db.session.rollback()
    failed = select(WebhookReceipt.last_error).where(WebhookReceipt.state != DeliveryState.SENT)
    assert db.session.scalars(failed).all() == []
    assert town.fake.state.misuse == []


def results() -> list[ActionResult]:
    db.session.rollback()
    return list(db.session.scalars(select(ActionResult).order_by(ActionResult.id)))


def photos_of(result: ActionResult) -> list[AttachmentStage]:
    rows = select(Attachment.stage).where(Attachment.result_id == result.id)
    return list(db.session.scalars(rows))


def picks(me: Chatter, day: str) -> str:
    """Choose a day in LINE's calendar."""
    data = me.button("เปลี่ยนวันที่เสร็จ")["data"]
    return me.hear(me.event("postback", data, params={"date": day}))


def another_order(case: Case) -> str:
    """Hand the same officer a second case and return its number."""
    with write_transaction() as session:
        member = session.get_one(Complaint, case.id).member
        assert member is not None
        number = str(registered(case.town, session, member))
    case.town.drain()
    return number


def finish_elsewhere(case: Case) -> None:
    """Let the intake finish the case on the web."""
    with write_transaction() as session:
        complaints.record_result(
            session,
            actor_named(session, "central"),
            case.id,
            done_date=today(),
            result_text="เสร็จแล้ว",
            outcome=Outcome.FIXED,
            photo_token="",
        )


def told(case: Case, me: Chatter) -> None:
    """Bring the officer to the card that shows the whole result."""
    me.taps(REPORT)
    assert SHOWS in me.says(DONE)


def test_from_the_card_to_the_citizen_with_photos_and_one_sentence(case: Case, me: Chatter):
    assert ASKS in me.taps(REPORT)
    assert "ได้รับ 3 ภาพแล้ว" in me.hear(*me.album(3))
    card = me.says(DONE)
    assert SHOWS in card
    assert DONE in card
    assert "แก้ไขแล้ว" in card
    assert "วันนี้" in card
    answer = me.taps(SEND)

    [result] = results()
    assert SENT in answer
    assert case.number in answer
    assert (result.result_text, result.outcome, result.done_date) == (DONE, Outcome.FIXED, today())
    assert photos_of(result) == [AttachmentStage.AFTER] * 3
    assert result.recorded_by_id == officer_named(db.session(), "officer").id
    assert case.row.status is ComplaintStatus.RESOLVED
    assert DONE in case.town.texts(case.malee)[-1]
    assert me.drafts == []
    assert set(me.ways[1:]) == {"reply"}, "after the order's card nothing costs a message"


def test_photos_out_of_the_blue_belong_to_the_only_case_there_is(case: Case, me: Chatter):
    said = me.hear(*me.album(2))
    assert "ได้รับ 2 ภาพแล้ว" in said
    assert case.number in said
    ready = me.button("แก้ไขเรียบร้อยแล้ว")
    me.press(ready)
    me.press(ready)
    me.taps(SEND)

    [result] = results()
    assert result.result_text == "แก้ไขเรียบร้อยแล้ว"
    assert len(photos_of(result)) == 2


def test_with_several_cases_the_officer_says_which_and_may_think_again(case: Case, me: Chatter):
    other = another_order(case)
    assert "เป็นผลของเรื่องไหน" in me.hear(*me.album(1))
    assert "เป็นผลของเรื่องไหน" in me.says(DONE), "words may come before the choice"
    assert SHOWS in me.taps(other)
    assert "เป็นผลของเรื่องไหน" in me.taps("เปลี่ยนเรื่อง")
    assert SHOWS in me.taps(case.number)
    me.taps(SEND)

    [result] = results()
    assert result.complaint_id == case.id
    assert len(photos_of(result)) == 1


def test_day_outcome_and_words_may_be_changed_before_it_goes(case: Case, me: Chatter):
    me.taps(REPORT)
    me.says("ไปดูแล้ว")
    assert "ไปดูแล้ว\nยังแก้ไม่ได้" in me.says("ยังแก้ไม่ได้")
    me.taps("เปลี่ยนผลลัพธ์")
    assert SHOWS in me.taps("แก้ไขได้บางส่วน")
    assert ASKS in me.taps("พิมพ์ใหม่")
    me.says(DONE)
    assert "3542" in picks(me, "2999-01-01"), "no day to come"
    assert "รับเรื่อง" in picks(me, "2001-01-01"), "nor one before it was received"
    assert me.drafts[0].said.get("done_date") is None
    assert SHOWS in picks(me, "soon")
    assert SHOWS in picks(me, today().isoformat())
    me.taps(SEND)

    [result] = results()
    assert (result.outcome, result.result_text) == (Outcome.PARTLY_FIXED, DONE)
    assert result.done_date == today()


def test_where_the_town_wants_a_photo_it_is_asked_for(case: Case, me: Chatter):
    with write_transaction() as session:
        write_setting(session, "photo_rule", "always")
    me.taps(REPORT)
    assert "ต้องมีภาพ" in me.says(DONE)
    assert "ข้ามไม่ได้" in me.says("ข้าม")
    assert "ต้องมีภาพ" in me.says("ส่ง")
    assert results() == []
    assert SHOWS in me.hear(*me.album(1))
    assert SENT in me.says("ส่ง")

    [result] = results()
    assert len(photos_of(result)) == 1


def test_what_is_no_word_and_no_photo_is_answered_and_loses_nothing(case: Case, me: Chatter):
    me.taps(REPORT)
    sent = {"sticker": ("446", "1988"), "location": (16.4, 102.8), "video": (b"x", "video/mp4")}
    for kind, parts in sent.items():
        assert ASKS in me.hear(me.event(kind, *parts))
    assert SHOWS in me.says("ก" * 5_000)
    assert "เกินที่รับได้ 10,000" in me.says("ข" * 5_000)
    assert [len(one["text"]) for one in me.drafts[0].said["texts"]] == [5_000]


def test_sent_twice_is_sent_once_and_an_old_card_shows_the_new_words(case: Case, me: Chatter):
    told(case, me)
    old = me.button(SEND)
    me.says("เก็บงานแล้ว")
    assert "ข้อมูลเปลี่ยนไป" in me.press(old)
    send = me.event("postback", me.button(SEND)["data"])
    again = me.event("postback", me.button(SEND)["data"])
    said = me.hear(send, redelivered(send), again)

    assert said.count(SENT) == 1
    assert "ปุ่มจึงใช้ไม่ได้" in said
    [result] = results()
    assert result.result_text == f"{DONE}\nเก็บงานแล้ว"


def test_of_two_who_finish_a_case_at_once_the_second_is_told_and_let_go(case: Case, me: Chatter):
    told(case, me)
    finish_elsewhere(case)
    said = me.taps(SEND)

    assert "ทำไปแล้ว" in said
    assert "ดูเรื่อง" in me.chips
    assert len(results()) == 1
    assert me.drafts == []


def test_a_case_that_moved_meanwhile_is_looked_over_once_more(case: Case, me: Chatter):
    acknowledges = me.button("รับทราบ")
    told(case, me)
    me.press(acknowledges)
    said = me.says("ส่ง")

    assert "มีการเปลี่ยนแปลง" in said
    assert SHOWS in said
    assert results() == []
    assert SENT in me.says("ส่ง")
    assert len(results()) == 1


def test_a_case_given_to_somebody_else_takes_no_result_any_more(case: Case, me: Chatter):
    told(case, me)
    with write_transaction() as session:
        complaints.direct(
            session,
            actor_named(session, "head"),
            case.id,
            subcategory_id=session.get_one(Complaint, case.id).subcategory_id,
            assignee_id=officer_named(session, "krit.r").id,
        )
    me.taps(SEND)

    assert results() == []
    assert me.drafts == []


@pytest.mark.parametrize("how", ["switched off", "unlinked"])
def test_whoever_left_reports_nothing_and_begins_nothing(case: Case, me: Chatter, how: str):
    opens = me.button(REPORT)
    told(case, me)
    with write_transaction() as session:
        if how == "switched off":
            officer_named(session, "officer").is_active = False
        else:
            account = select(LineAccount).where(LineAccount.line_user_id == me.user_id)
            session.scalars(account).one().staff_user_id = None

    assert "ไม่ได้ผูก" in me.taps(SEND)
    assert "ยังไม่ได้ผูก" in me.press(opens)
    me.hear(*me.album(2))
    assert results() == []
    assert me.drafts == []


def test_a_photo_with_no_case_to_hang_it_on_is_told_so(case: Case, me: Chatter):
    finish_elsewhere(case)

    assert "ไม่มีเรื่องในมือท่าน" in me.hear(*me.album(1))
    assert me.drafts == []


def test_a_result_left_for_another_case_waits_for_its_return(case: Case, me: Chatter):
    told(case, me)
    other = another_order(case)
    me.taps(REPORT)
    assert other in me.says("อีกเรื่อง")
    me.taps(SEND)
    assert "ผลที่ค้างไว้" in me.chips
    assert DONE in me.says("ทำต่อ")
    assert SENT in me.taps(SEND)
    assert [one.result_text for one in results()] == ["อีกเรื่อง", DONE]


def test_an_english_officer_is_led_in_english(case: Case, me: Chatter):
    with write_transaction() as session:
        account = select(LineAccount).where(LineAccount.line_user_id == me.user_id)
        session.scalars(account).one().language = "en"
    assert "Send photos of the finished work" in me.taps(REPORT)
    assert "Look it over" in me.says("Filled the hole.")
    assert "is sent" in me.taps("Send the result")


def test_a_step_costs_at_most_six_statements(case: Case, me: Chatter, monkeypatch: pytest.MonkeyPatch):
    me.taps(REPORT)
    with steps_counted(monkeypatch) as steps:
        me.says(DONE)
        me.taps("เปลี่ยนผลลัพธ์")
        me.taps("แก้ไขแล้ว")
        me.hear(me.event("sticker", "446", "1988"))
        me.hear(*me.album(1))

    asked = [[one for one in step if not one.startswith(FRAME)] for step in steps]
    assert [step for step in asked if len(step) > 6] == []
