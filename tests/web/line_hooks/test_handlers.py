"""What comes of a press, a text, a block: through the door, the worker and the rules, back to the phone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from helpers.line import Town, new_member, officer_line_id, postbacks_of, registered
from helpers.people import actor_named, officer_named
from sqlalchemy import select

from domain import complaints
from domain.clock import FrozenClock, today
from domain.complaints import record_result
from domain.settings import write_setting
from extensions import db, write_transaction
from line_hooks.postback import encode
from line_sim.state import user_id_for
from line_sim.webhooks import redelivered
from models import (
    Complaint,
    ComplaintEvent,
    ComplaintStatus,
    DeliveryState,
    EventKind,
    LineAccount,
    LineState,
    OutboxMessage,
    Outcome,
    Rating,
    WebhookReceipt,
)

pytestmark = pytest.mark.usefixtures("frozen_noon")


class Case:
    """A complaint of Malee's, in the hands of an officer who has its card on his phone."""

    def __init__(self, town: Town) -> None:
        self.town = town
        with write_transaction() as session:
            self.officer = officer_line_id(session, town, "officer")
            complaint = registered(town, session, new_member(session, town))
            self.id, self.code, self.number = complaint.id, complaint.public_code, str(complaint)
        self.malee = user_id_for("malee")
        town.drain()

    @property
    def row(self) -> Complaint:
        db.session.rollback()
        return db.session.get_one(Complaint, self.id)

    def button(self, action: str, **parts) -> str:
        return encode(action, self.code, self.town.app.extensions["vault"].button_key, **parts)

    def press(self, data: str, *, channel: str = "staff", who: str | None = None, **more) -> list[str]:
        """Press a button and return what the phone says back."""
        who = who or (self.officer if channel == "staff" else self.malee)
        event = {**self.town.fake.hooks.postback(channel, who, data), **more}
        return self.send(channel, who, event)

    def send(self, channel: str, who: str, *events) -> list[str]:
        before = len(self.replies(channel, who))
        assert self.town.fake.send_webhook(channel, events) == 200
        self.town.drain()
        return self.replies(channel, who)[before:]

    def replies(self, channel: str, who: str) -> list[str]:
        sent = [
            s for s in self.town.fake.state.sendings if (s.channel, s.to, s.via) == (channel, who, "reply")
        ]
        return [message["text"] for sending in sent for message in sending.messages]

    def events(self, kind: EventKind) -> list[ComplaintEvent]:
        db.session.rollback()
        mine = (ComplaintEvent.complaint_id == self.id, ComplaintEvent.kind == kind)
        return list(db.session.scalars(select(ComplaintEvent).where(*mine)))

    def finish(self) -> None:
        with write_transaction() as session:
            actor = actor_named(session, "officer")
            record_result(
                session,
                actor,
                self.id,
                done_date=today(),
                result_text="ซ่อมแล้ว",
                outcome=Outcome.FIXED,
                photo_token="none",
            )


@pytest.fixture
def case(town: Town) -> Case:
    return Case(town)


def card_button(town: Town, channel: str, who: str) -> str:
    return postbacks_of(town.fake.state.messages_of(channel, who)[-1])[0]


# Acknowledging ----------------------------------------------------------------------------------------------


def test_an_officer_acknowledges_with_the_button_of_the_card_and_the_citizen_hears_of_it(case: Case):
    said = case.press(card_button(case.town, "staff", case.officer))

    assert said == [f"บันทึกแล้วว่าท่านรับทราบเรื่อง {case.number} ขอบคุณ"]
    assert case.row.status is ComplaintStatus.ACKNOWLEDGED
    [event] = case.events(EventKind.ACKNOWLEDGE)
    assert event.via == "line"
    assert event.actor_name == officer_named(db.session(), "officer").full_name
    assert "เจ้าหน้าที่รับทราบเรื่องแล้ว" in case.town.texts(case.malee)[-1]


def test_a_second_press_says_who_did_it_when_and_changes_nothing(case: Case):
    button = card_button(case.town, "staff", case.officer)
    case.press(button)
    seq = case.row.state_seq

    [said] = case.press(button)

    assert "ทำไปแล้ว" in said
    assert "อนุชิต" in said
    assert "20 พ.ย." in said
    assert case.row.state_seq == seq
    assert len(case.events(EventKind.ACKNOWLEDGE)) == 1


def test_a_webhook_delivered_ten_times_is_one_press_and_one_answer(case: Case):
    data = card_button(case.town, "staff", case.officer)
    event = case.town.fake.hooks.postback("staff", case.officer, data)

    said = case.send("staff", case.officer, event, *[redelivered(event)] * 9)

    assert len(said) == 1
    assert len(case.events(EventKind.ACKNOWLEDGE)) == 1


def test_a_button_of_an_order_given_to_somebody_else_meanwhile_is_refused(case: Case):
    button = card_button(case.town, "staff", case.officer)
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

    assert "เฉพาะผู้รับผิดชอบ" in said or "ไม่พบเรื่องนี้" in said
    assert case.row.status is ComplaintStatus.DIRECTED


def test_a_stale_button_of_the_same_officer_is_refused_with_the_reason(case: Case):
    button = card_button(case.town, "staff", case.officer)
    with write_transaction() as session:
        session.get_one(Complaint, case.id).state_seq += 1

    [said] = case.press(button)

    assert said == "เรื่องนี้มีการเปลี่ยนแปลงหลังจากส่งปุ่มนี้ กรุณาเปิดดูเรื่องอีกครั้ง"
    assert case.row.status is ComplaintStatus.DIRECTED


def test_a_case_that_moved_on_says_so(case: Case):
    button = card_button(case.town, "staff", case.officer)
    case.finish()

    [said] = case.press(button)

    assert "ดำเนินการแล้วเสร็จ" in said
    assert case.row.status is ComplaintStatus.RESOLVED


def test_another_officer_cannot_press_a_forwarded_button(case: Case):
    with write_transaction() as session:
        colleague = officer_line_id(session, case.town, "health")

    [said] = case.press(card_button(case.town, "staff", case.officer), who=colleague)

    assert said == "ไม่พบเรื่องนี้ กรุณาตรวจสอบเลขที่เรื่อง", "outside the scope it is not there"
    assert case.row.status is ComplaintStatus.DIRECTED


def test_an_officer_who_was_switched_off_can_do_nothing(case: Case):
    button = card_button(case.town, "staff", case.officer)
    with write_transaction() as session:
        officer_named(session, "officer").is_active = False

    [said] = case.press(button)

    assert "ยังไม่ได้ผูกกับเจ้าหน้าที่" in said
    assert case.row.status is ComplaintStatus.DIRECTED


def test_a_stranger_on_the_staff_channel_can_do_nothing(case: Case):
    stranger = case.town.fake.state.add_user("stranger", "stranger", ["staff"]).user_id

    [said] = case.press(card_button(case.town, "staff", case.officer), who=stranger)

    assert "ยังไม่ได้ผูกกับเจ้าหน้าที่" in said


@pytest.mark.parametrize("spoil", ["cut", "code", "seq", "mac", "empty", "foreign"])
def test_a_forged_button_is_ignored_without_a_word(case: Case, spoil, caplog):
    good = card_button(case.town, "staff", case.officer)
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
    [said] = case.press(card_button(case.town, "staff", case.officer), channel="citizen")

    assert "ปุ่มนี้ใช้ไม่ได้แล้ว" in said
    assert case.row.status is ComplaintStatus.DIRECTED


def test_a_button_without_a_turn_cannot_acknowledge(case: Case):
    [said] = case.press(case.button("acknowledge"))

    assert "ปุ่มนี้ใช้ไม่ได้แล้ว" in said


def test_in_a_group_nobody_acts(case: Case):
    group = {"type": "group", "groupId": "C" + "0" * 32, "userId": case.officer}

    [said] = case.press(card_button(case.town, "staff", case.officer), source=group)

    assert "แชตส่วนตัว" in said
    assert case.row.status is ComplaintStatus.DIRECTED


def test_while_another_module_holds_the_chat_we_act_but_do_not_speak(case: Case):
    assert case.press(card_button(case.town, "staff", case.officer), mode="standby") == []

    assert case.row.status is ComplaintStatus.ACKNOWLEDGED


def test_an_english_officer_is_answered_in_english(case: Case):
    with write_transaction() as session:
        account = session.scalars(select(LineAccount).where(LineAccount.line_user_id == case.officer)).one()
        account.language = "en"

    [said] = case.press(card_button(case.town, "staff", case.officer))

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

    assert "0 4300 0100" in said
    assert "http://localhost/track" in said


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


def test_a_stranger_who_adds_or_blocks_us_leaves_no_trace(case: Case):
    stranger = case.town.fake.state.add_user("stranger", "stranger").user_id
    hooks = case.town.fake.hooks

    said = case.send("citizen", stranger, hooks.follow("citizen", stranger))
    said += case.send("citizen", stranger, hooks.unfollow("citizen", stranger))

    assert said == []
    found = db.session.scalars(select(LineAccount).where(LineAccount.line_user_id == stranger))
    assert found.all() == []


# Texts ------------------------------------------------------------------------------------------------------


def test_a_citizen_who_writes_is_told_plainly_where_to_turn(case: Case):
    [said] = case.send("citizen", case.malee, case.town.fake.hooks.text("citizen", case.malee, "ไฟดับ"))

    assert "ยังไม่มีเจ้าหน้าที่อ่าน" in said
    assert "0 4300 0100" in said
    assert "http://localhost/track" in said
    assert "เจ็บป่วยฉุกเฉิน 1669" in said


def test_ten_lines_in_a_row_get_one_answer(case: Case, frozen_noon: FrozenClock):
    hooks = case.town.fake.hooks
    lines = [hooks.text("citizen", case.malee, f"บรรทัด {number}") for number in range(9)]
    photo = hooks.image("citizen", case.malee, b"jpeg")

    assert len(case.send("citizen", case.malee, *lines, photo)) == 1

    frozen_noon.advance(timedelta(minutes=11))
    assert len(case.send("citizen", case.malee, hooks.text("citizen", case.malee, "อีกครั้ง"))) == 1


def test_an_officer_who_writes_is_sent_to_the_back_office(case: Case):
    [said] = case.send("staff", case.officer, case.town.fake.hooks.text("staff", case.officer, "ครับ"))

    assert "หลังบ้าน" in said


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
    answers = db.session.execute(
        select(OutboxMessage.state, OutboxMessage.last_error).where(OutboxMessage.template_key == "answer")
    )
    assert answers.all() == [(DeliveryState.CANCELLED, "expired")]


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
