"""A citizen's own cases in the chat: seen, added to, answered, rated, opened again, withdrawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from helpers.chatter import Chatter, citizen
from helpers.line import Town, new_member, officer_line_id, registered, words_of
from helpers.people import actor_named
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from domain import complaints
from domain.actor import Actor
from domain.clock import now, today
from domain.merging import follow
from domain.thai_text import to_thai_digits
from extensions import db, write_transaction
from models import Complaint, ComplaintEvent, ComplaintStatus, EventKind, Outcome, Rating

S = ComplaintStatus


@pytest.fixture
def malee(town: Town) -> Chatter:
    """A member with one case in the officer's hands."""
    with write_transaction() as session:
        member = new_member(session, town)
        registered(town, session, member)
        user_id = member.line_accounts[0].line_user_id
    town.drain()
    return Chatter(town, user_id)


def the_case() -> Complaint:
    db.session.rollback()
    return db.session.scalars(select(Complaint)).one()


def finished(outcome: Outcome = Outcome.FIXED) -> None:
    """Let the officer do the work and say so."""
    case_id = the_case().id
    with write_transaction() as session:
        officer = by_line(session, "officer")
        complaints.acknowledge(session, officer, case_id)
        complaints.record_result(
            session,
            officer,
            case_id,
            done_date=today(),
            result_text="กลบหลุมแล้ว",
            outcome=outcome,
            photo_token="",
        )


def by_line(session: Session, username: str) -> Actor:
    """Return an officer who acts in the chat: what he does is told at once."""
    return replace(actor_named(session, username), via="line")


def told(kind: EventKind) -> list[str | None]:
    db.session.rollback()
    return list(db.session.scalars(select(ComplaintEvent.note).where(ComplaintEvent.kind == kind)))


def test_the_list_shows_each_case_with_what_can_be_done(malee: Chatter):
    card = malee.says("ติดตาม")

    assert str(the_case()) in card
    assert "จะเสร็จภายใน" in card
    assert {"เพิ่มภาพหรือข้อมูล", "ถอนเรื่อง"} <= set(card.split("\n"))
    assert "ยังไม่เรียบร้อย" not in card


def test_words_are_shown_and_sent_once(malee: Chatter):
    malee.says("ติดตาม")
    malee.taps("เพิ่มภาพหรือข้อมูล")
    assert "หลุมกว้างขึ้นอีก" in malee.says("หลุมกว้างขึ้นอีก")
    assert told(EventKind.ADD_EVIDENCE) == [], "a photo may still follow"
    assert "เรียบร้อย" in malee.taps("ส่ง")

    assert told(EventKind.ADD_EVIDENCE) == ["หลุมกว้างขึ้นอีก"]
    assert malee.drafts == []


def test_a_case_is_withdrawn_without_a_reason(malee: Chatter):
    malee.says("ติดตาม")
    malee.taps("ถอนเรื่อง")
    assert the_case().status is S.DIRECTED, "nothing is withdrawn before it is said"

    assert "ถอนเรื่อง" in malee.says("ข้าม")
    assert the_case().status is S.WITHDRAWN


def test_a_score_a_comment_and_not_solved(malee: Chatter):
    finished()
    malee.says("ติดตาม")
    assert "ขอบคุณ" in malee.taps("2/5")
    malee.taps("เขียนความเห็น")
    malee.says("ยังเป็นหลุมอยู่")
    rating = db.session.scalars(select(Rating)).one()
    assert (rating.stars, rating.comment) == (2, "ยังเป็นหลุมอยู่")

    malee.says("ติดตาม")
    malee.taps("ยังไม่เรียบร้อย")
    ways = len(malee.ways)
    answer = malee.says("หลุมเดิมยังอยู่")

    assert the_case().status is S.IN_PROGRESS
    assert told(EventKind.REOPEN) == ["หลุมเดิมยังอยู่"]
    assert str(the_case()) in answer
    assert malee.ways[ways:] == ["reply"], "the card of the reopened case is the answer, for nothing"


def test_a_question_is_answered(malee: Chatter):
    with write_transaction() as session:
        officer = actor_named(session, "officer")
        complaints.ask_citizen(session, officer, the_case().id, question="หลุมอยู่ฝั่งไหน")
    malee.says("ติดตาม")
    malee.taps("ตอบคำถาม")
    malee.says("ฝั่งตลาด")
    malee.taps("ส่ง")

    assert told(EventKind.ANSWER) == ["ฝั่งตลาด"]
    assert the_case().status is S.DIRECTED


def test_a_button_of_an_earlier_state_does_nothing(malee: Chatter):
    malee.says("ติดตาม")
    old = malee.button("ถอนเรื่อง")
    finished()
    assert "ตอนนี้" in malee.press(old)
    assert the_case().status is S.RESOLVED
    assert malee.drafts == []


def test_after_the_days_for_it_nothing_is_opened_again(malee: Chatter):
    finished()
    with write_transaction() as session:
        session.execute(update(Complaint).values(finished_at=now() - timedelta(days=40)))
    malee.town.drain()
    assert "ยังไม่เรียบร้อย" not in malee.says("ติดตาม")


def test_nobody_elses_case_can_be_reached(malee: Chatter):
    malee.says("ติดตาม")
    button = malee.button("ถอนเรื่อง")
    other = citizen(malee.town, "somchai")

    assert "ยังไม่ได้ผูก" in other.press(button)
    assert "ยังไม่ได้ผูก" in other.says("ติดตาม")
    assert the_case().status is S.DIRECTED


def test_a_follower_sees_the_case_and_may_do_nothing(malee: Chatter):
    malee.says("ติดตาม")
    button = malee.button("ถอนเรื่อง")
    with write_transaction() as session:
        member = new_member(session, malee.town, "somsri", "+66812345679")
        _follow(session, member.id)
        user_id = member.line_accounts[0].line_user_id
    follower = Chatter(malee.town, user_id)
    card = follower.says("ติดตาม")

    assert str(the_case()) in card
    assert "ถอนเรื่อง" not in card
    assert "ไม่พบ" in follower.press(button)


def _follow(session: Session, member_id: int) -> None:
    case = session.scalars(select(Complaint)).one()
    follow(session, actor_named(session, "central"), case.id, member_id=member_id)


def test_who_reported_without_registering_has_the_same_buttons(town: Town):
    me = citizen(town, "guest")
    me.says("ไฟถนนหน้าบ้านดับมาสามวันแล้ว")
    me.says("ข้าม")
    me.taps("ส่งเรื่อง")
    me.says("ติดตาม")
    me.taps("เพิ่มภาพหรือข้อมูล")
    me.says("ดับสองดวง")
    me.taps("ส่ง")
    assert told(EventKind.ADD_EVIDENCE) == ["ดับสองดวง"]
    assert the_case().member is None

    me.says("ติดตาม")
    me.taps("ถอนเรื่อง")
    me.says("ไฟติดแล้ว")
    assert the_case().status is S.WITHDRAWN


def test_who_reported_without_registering_is_asked_and_told(town: Town):
    me = citizen(town, "guest")
    me.says("ไฟถนนหน้าบ้านดับมาสามวันแล้ว")
    me.says("ข้าม")
    me.taps("ส่งเรื่อง")
    with write_transaction() as session:
        complaints.ask_citizen(session, by_line(session, "central"), the_case().id, question="เสาต้นไหน")
    before = len(me.messages)
    me.town.drain()

    assert "เสาต้นไหน" in words_of(me.messages[-1])
    assert len(me.messages) == before + 1


def test_a_typed_number_or_code_opens_the_case_to_whom_it_belongs(malee: Chatter):
    number, code = str(the_case()), the_case().public_code
    other = citizen(malee.town, "somchai")

    for typed in (number, number.replace(" ", ""), to_thai_digits(code)):
        assert number in malee.says(typed), typed
    assert "ยังไม่ได้ผูก" in other.says(number)
    assert malee.drafts == []


def test_an_officer_opens_a_case_by_its_number(malee: Chatter):
    with write_transaction() as session:
        officer = Chatter(malee.town, officer_line_id(session, malee.town, "officer"), "staff")
        stranger = Chatter(malee.town, officer_line_id(session, malee.town, "health"), "staff")
    number = str(the_case())

    assert "รับทราบ" in officer.says(number)
    assert "ไม่พบ" in stranger.says(number)
