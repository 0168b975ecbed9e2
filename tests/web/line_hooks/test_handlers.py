"""What comes of a press, a text, a block: through the door, the worker and the rules, back to the phone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from helpers.line import new_member, officer_line_id
from helpers.line_case import Case
from helpers.people import actor_named, officer_named
from sqlalchemy import select

from domain import complaints
from domain.clock import FrozenClock
from domain.phones import readable_phone
from domain.settings import read_setting
from extensions import db, write_transaction
from line_sim.state import user_id_for
from line_sim.webhooks import redelivered
from models import (
    Complaint,
    ComplaintStatus,
    EventKind,
    LineAccount,
    Rating,
)

pytestmark = pytest.mark.usefixtures("frozen_noon")


def town_phone() -> str:
    return readable_phone(read_setting(db.session(), "contact_phone"))


# Acknowledging ----------------------------------------------------------------------------------------------


def test_an_officer_acknowledges_with_the_button_of_the_card_and_the_citizen_hears_of_it(case: Case):
    said = case.press(case.card_button())

    assert said == [f"บันทึกแล้วว่าท่านรับทราบเรื่อง {case.number} ขอบคุณ"]
    assert case.row.status is ComplaintStatus.ACKNOWLEDGED
    [event] = case.events(EventKind.ACKNOWLEDGE)
    assert event.via == "line"
    assert event.actor_name == officer_named(db.session(), "officer").full_name
    assert "เจ้าหน้าที่รับทราบเรื่องแล้ว" in case.town.texts(case.malee)[-1]


def test_a_second_press_says_who_did_it_when_and_changes_nothing(case: Case):
    button = case.card_button()
    case.press(button)
    seq = case.row.state_seq

    [said] = case.press(button)

    assert "ทำไปแล้ว" in said
    assert "อนุชิต" in said
    assert "20 พ.ย." in said
    assert case.row.state_seq == seq
    assert len(case.events(EventKind.ACKNOWLEDGE)) == 1


def test_a_webhook_delivered_ten_times_is_one_press_and_one_answer(case: Case):
    data = case.card_button()
    event = case.town.fake.hooks.postback("staff", case.officer, data)

    said = case.send("staff", case.officer, event, *[redelivered(event)] * 9)

    assert len(said) == 1
    assert len(case.events(EventKind.ACKNOWLEDGE)) == 1


def test_a_button_of_an_order_given_to_somebody_else_meanwhile_is_refused(case: Case):
    button = case.card_button()
    with write_transaction() as session:
        other = officer_named(session, "krit.r")
        complaint = session.get_one(Complaint, case.id)
        complaints.direct(
            session,
            actor_named(session, "head"),
            case.id,
            subcategory_id=complaint.subcategory_id,
            assignee_id=other.id,
        )

    [said] = case.press(button)

    assert "เฉพาะผู้รับผิดชอบ" in said or "ไม่มีสิทธิ์" in said
    assert case.row.status is ComplaintStatus.DIRECTED


def test_a_stale_button_of_the_same_officer_is_refused_with_the_reason(case: Case):
    button = case.card_button()
    with write_transaction() as session:
        session.get_one(Complaint, case.id).state_seq += 1

    [said] = case.press(button)

    assert said == "เรื่องนี้มีการเปลี่ยนแปลงหลังจากส่งปุ่มนี้ กรุณาเปิดดูเรื่องอีกครั้ง"
    assert case.row.status is ComplaintStatus.DIRECTED


def test_a_case_that_moved_on_says_so(case: Case):
    button = case.card_button()
    case.finish()

    [said] = case.press(button)

    assert "ดำเนินการแล้วเสร็จ" in said
    assert case.row.status is ComplaintStatus.RESOLVED


def test_another_officer_cannot_press_a_forwarded_button(case: Case):
    with write_transaction() as session:
        colleague = officer_line_id(session, case.town, "health")

    [said] = case.press(case.card_button(), who=colleague)

    assert said == "ไม่พบเรื่องนี้ กรุณาตรวจสอบเลขที่เรื่อง", "outside the scope it is not there"
    assert case.row.status is ComplaintStatus.DIRECTED


def test_an_officer_who_was_switched_off_can_do_nothing(case: Case):
    button = case.card_button()
    with write_transaction() as session:
        officer_named(session, "officer").is_active = False

    [said] = case.press(button)

    assert "ยังไม่ได้ผูกกับเจ้าหน้าที่" in said
    assert case.row.status is ComplaintStatus.DIRECTED


def test_a_stranger_on_the_staff_channel_can_do_nothing(case: Case):
    stranger = case.town.fake.state.add_user("stranger", "stranger", ["staff"]).user_id

    [said] = case.press(case.card_button(), who=stranger)

    assert "ยังไม่ได้ผูกกับเจ้าหน้าที่" in said


@pytest.mark.parametrize("spoil", ["cut", "code", "seq", "mac", "empty", "foreign"])
def test_a_forged_button_is_ignored_without_a_word(case: Case, spoil, caplog):
    good = case.card_button()
    forged = {
        "cut": good[:-1],
        "code": good.replace(case.code, "2026-999999"),
        "seq": good.replace("&s=", "&s=1"),
        "mac": good[:-3] + "AAA",
        "empty": "",
        "foreign": "richmenu=help",
    }[spoil]

    assert case.press(forged) == []

    assert case.row.status is ComplaintStatus.DIRECTED
    assert "not ours" in caplog.text
    assert case.officer not in caplog.text


def test_a_button_of_an_action_we_do_not_offer_says_so(case: Case):
    [said] = case.press(case.button("close", state_seq=case.row.state_seq))

    assert "ปุ่มนี้ใช้ไม่ได้แล้ว" in said
    assert case.row.status is ComplaintStatus.DIRECTED


def test_a_staff_button_pressed_on_the_citizens_channel_does_nothing(case: Case):
    [said] = case.press(case.card_button(), channel="citizen")

    assert "ปุ่มนี้ใช้ไม่ได้แล้ว" in said
    assert case.row.status is ComplaintStatus.DIRECTED


def test_a_button_without_a_turn_cannot_acknowledge(case: Case):
    [said] = case.press(case.button("acknowledge"))

    assert "ปุ่มนี้ใช้ไม่ได้แล้ว" in said


def test_in_a_group_nobody_acts(case: Case):
    group = {"type": "group", "groupId": "C" + "0" * 32, "userId": case.officer}

    [said] = case.press(case.card_button(), source=group)

    assert "แชตส่วนตัว" in said
    assert case.row.status is ComplaintStatus.DIRECTED


def test_while_another_module_holds_the_chat_we_act_but_do_not_speak(case: Case):
    assert case.press(case.card_button(), mode="standby") == []

    assert case.row.status is ComplaintStatus.ACKNOWLEDGED


def test_an_english_officer_is_answered_in_english(case: Case):
    with write_transaction() as session:
        account = session.scalars(select(LineAccount).where(LineAccount.line_user_id == case.officer)).one()
        account.language = "en"

    [said] = case.press(case.card_button())

    assert said == f"Noted: you have acknowledged complaint {case.number}. Thank you."


# Rating -----------------------------------------------------------------------------------------------------


def test_a_citizen_rates_with_one_press(case: Case):
    case.finish()

    [said] = case.press(case.button("rate", value=4), channel="citizen")

    assert said.startswith(f"ขอบคุณที่ให้ 4 คะแนน เรื่อง {case.number}")
    rating = db.session.scalars(select(Rating)).one()
    assert (rating.stars, rating.complaint_id) == (4, case.id)
    assert case.events(EventKind.RATE)[0].via == "line"


def test_another_score_replaces_the_first_and_keeps_the_comment(case: Case):
    case.finish()
    case.press(case.button("rate", value=2), channel="citizen")
    with write_transaction() as session:
        session.scalars(select(Rating)).one().comment = "ยังไม่เรียบร้อย"

    case.press(case.button("rate", value=5), channel="citizen")

    rating = db.session.scalars(select(Rating)).one()
    assert (rating.stars, rating.comment) == (5, "ยังไม่เรียบร้อย")


def test_the_same_score_again_changes_nothing(case: Case):
    case.finish()
    case.press(case.button("rate", value=5), channel="citizen")

    [said] = case.press(case.button("rate", value=5), channel="citizen")

    assert "ทำไปแล้ว" in said
    assert len(case.events(EventKind.RATE)) == 1


def test_after_a_week_a_score_stays(case: Case, frozen_noon: FrozenClock):
    case.finish()
    case.press(case.button("rate", value=2), channel="citizen")
    frozen_noon.advance(timedelta(days=8))

    [said] = case.press(case.button("rate", value=5), channel="citizen")

    assert "7 วัน" in said
    assert db.session.scalars(select(Rating.stars)).one() == 2


@pytest.mark.parametrize("value", [0, 6, 99])
def test_a_score_outside_one_to_five_is_refused(case: Case, value):
    case.finish()

    case.press(case.button("rate", value=value), channel="citizen")

    assert db.session.scalars(select(Rating)).all() == []


def test_nothing_can_be_rated_before_there_is_a_result(case: Case):
    [said] = case.press(case.button("rate", value=5), channel="citizen")

    assert "สั่งการแล้ว" in said or "ยังไม่มีผล" in said
    assert db.session.scalars(select(Rating)).all() == []


def test_nobody_rates_a_case_that_is_not_his(case: Case):
    case.finish()
    with write_transaction() as session:
        new_member(session, case.town, "somsri", "+66812345679")

    [said] = case.press(case.button("rate", value=1), channel="citizen", who=user_id_for("somsri"))

    assert said == "ไม่พบเรื่องนี้ กรุณาตรวจสอบเลขที่เรื่อง"
    assert db.session.scalars(select(Rating)).all() == []


def test_a_phone_that_belongs_to_nobody_is_told_where_to_turn(case: Case):
    case.finish()
    stranger = case.town.fake.state.add_user("stranger", "stranger", ["citizen"]).user_id

    [said] = case.press(case.button("rate", value=5), channel="citizen", who=stranger)

    assert town_phone() in said
    assert "http://localhost/track" in said
