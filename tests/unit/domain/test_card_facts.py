"""What a message may say of a case: in the reader's language and words, and nothing he must not read."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from helpers.casework import (
    bring_to,
    member_of,
    press,
    register_case,
)
from helpers.hearing import CITIZEN, TOLD, last_message, name_of, ready_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from domain.complaints import rate
from domain.notifications import citizen_steps
from models import (
    Complaint,
    ComplaintStatus,
    Disclosure,
    OutboxChannel,
    OutboxMessage,
)

S = ComplaintStatus


def test_a_concealed_complainant_is_on_no_officers_card(app: Flask, session: Session) -> None:
    register_case(app, session, disclosure=Disclosure.CONCEALED)

    said = str(last_message(session, OutboxChannel.LINE_STAFF).facts)

    assert "สมชาย" not in said
    assert "812345678" not in said


def test_a_citizens_card_names_no_officer_and_tells_no_story(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.ACKNOWLEDGED)

    facts = last_message(session, OutboxChannel.LINE_CITIZEN).facts

    assert facts["officer_name"] == facts["story_short"] == facts["comment"] == ""
    assert case.story not in str(facts)
    assert name_of(session, "officer") not in str(facts)


def test_an_orders_words_go_to_the_officer_and_not_to_the_citizen(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.ACCEPTED)

    press(session, "clerk", case, "direct", note="ระวังสุนัขดุ")

    assert last_message(session, OutboxChannel.LINE_STAFF).facts["comment"] == "ระวังสุนัขดุ"
    assert "ระวังสุนัขดุ" not in str(last_message(session, OutboxChannel.LINE_CITIZEN).facts)


def test_facts_are_in_the_language_of_who_reads_them(app: Flask, session: Session) -> None:
    member_of(session).line_accounts[0].language = "en"
    case = register_case(app, session)

    message = last_message(session, OutboxChannel.LINE_CITIZEN)

    assert message.language == "en"
    assert message.facts["state_word"] == "Waiting to be worked on"
    assert message.facts["kind_word"] == "Complaint"
    assert case.promised_text is not None
    assert "วัน" in case.promised_text
    assert "day" in message.facts["promised_text"]
    assert message.facts["due_text"].endswith(str((case.due_at or now()).year))
    assert message.facts["subtype_name"] == case.subcategory.name_en if case.subcategory else False
    assert last_message(session, OutboxChannel.LINE_STAFF).facts["state_word"] == "สั่งการแล้ว"


def test_the_words_of_a_rating_stand_on_the_card_once(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.RESOLVED)

    rate(session, Actor.member(case.member_id or 0, CITIZEN), case.id, stars=4, comment="เร็วดี")

    facts = last_message(session, OutboxChannel.LINE_STAFF).facts
    assert (facts["comment"], facts["reason"]) == ("เร็วดี", "")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("state", [S.AWAITING_CITIZEN, S.AWAITING_PLAN, S.REFERRED_OUT, S.RESOLVED], ids=str)
def test_a_citizen_is_promised_no_day_while_nobody_works_on_it(
    app: Flask, session: Session, state: ComplaintStatus
) -> None:
    case = bring_to(app, session, state)

    assert case.due_at is not None
    assert last_message(session, OutboxChannel.LINE_CITIZEN).facts["due_text"] == ""


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("row", ["note", "hand_back", "take_off_plan", "withdraw", "forward"])
def test_what_colleagues_write_to_each_other_is_on_no_citizens_card(
    app: Flask, session: Session, row: str
) -> None:
    _state, who, _expected = TOLD[row]
    case = ready_for(app, session, row)

    press(session, who, case, row, **{"reason" if row in {"hand_back", "forward"} else "note": "ปากร้าย"})
    session.flush()

    citizens = select(OutboxMessage.facts).where(OutboxMessage.channel == OutboxChannel.LINE_CITIZEN)
    assert "ปากร้าย" not in str(session.scalars(citizens).all())


STEPS: dict[ComplaintStatus, list[tuple[str, str]]] = {
    S.SUBMITTED: [
        ("ได้รับเรื่องแล้ว", "now"),
        ("รอดำเนินการ", "todo"),
        ("กำลังดำเนินการ", "todo"),
        ("ดำเนินการเสร็จสิ้น", "todo"),
    ],
    S.AWAITING_PLAN: [
        ("ได้รับเรื่องแล้ว", "done"),
        ("รอดำเนินการ", "done"),
        ("รอเข้าแผน", "now"),
        ("ดำเนินการเสร็จสิ้น", "todo"),
    ],
    S.CLOSED: [
        ("ได้รับเรื่องแล้ว", "done"),
        ("รอดำเนินการ", "done"),
        ("กำลังดำเนินการ", "done"),
        ("ปิดเรื่อง", "done"),
    ],
    S.REJECTED: [("ได้รับเรื่องแล้ว", "done"), ("ไม่รับเรื่อง", "now")],
    S.DUPLICATE: [("ได้รับเรื่องแล้ว", "done"), ("รวมกับเรื่องเดิม", "now")],
}


@pytest.mark.parametrize("status", list(STEPS))
def test_the_way_is_told_in_citizens_words(status: ComplaintStatus) -> None:
    case: Any = Complaint(status=status)

    assert [tuple(step) for step in citizen_steps(case, "th")] == STEPS[status]


@pytest.mark.parametrize("status", list(ComplaintStatus))
def test_every_state_has_a_way_with_one_present_step(status: ComplaintStatus) -> None:
    case: Any = Complaint(status=status)

    marks = [mark for _word, mark in citizen_steps(case, "en")]

    assert marks.count("now") == (0 if status in {S.RESOLVED, S.CLOSED} else 1)
    assert marks[0] in {"now", "done"}
