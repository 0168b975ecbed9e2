"""Routine messages wait for company, sleep at night, save the month's messages; nothing essential waits."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from helpers.line import STAFF, Town, new_member, registered
from sqlalchemy import select

from domain.clock import FrozenClock, bangkok, now
from domain.deliveries import DeliveryReason
from domain.settings import write_setting
from extensions import db, write_transaction
from line_hooks.client import LineGateway, Quota
from models import (
    Complaint,
    DeliveryState,
    LineAccount,
    LineChannel,
    LineUsage,
    MessagePriority,
    Notification,
    OutboxMessage,
    Urgency,
)
from worker.line_quota import keep_quota, read_quotas

ROUTINE = MessagePriority.ROUTINE
pytestmark = pytest.mark.usefixtures("frozen_noon")


@pytest.fixture
def malee(town: Town) -> str:
    return town.friend("malee")


@pytest.fixture
def case_id(town: Town) -> int:
    """A complaint to hang messages on; its own messages are put aside."""
    with write_transaction() as session:
        found = registered(town, session, new_member(session, town, seed="somsri")).id
        session.query(OutboxMessage).delete()
    return found


def row(message_id: int) -> OutboxMessage:
    db.session.rollback()
    return db.session.get_one(OutboxMessage, message_id)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The bodies LINE is asked to send, in their order."""
    bodies: list[dict[str, Any]] = []
    really = LineGateway._send

    def send(gateway: LineGateway, path: str, body: dict[str, Any], retry_key: str | None = None) -> Any:
        bodies.append(body)
        return really(gateway, path, body, retry_key)

    monkeypatch.setattr(LineGateway, "_send", send)
    return bodies


def choose(**settings: object) -> None:
    with write_transaction() as session:
        for key, value in settings.items():
            write_setting(session, key, value)


def pushes(town: Town) -> list[list[str]]:
    """Return what each request said, in the order LINE took them."""
    return [[message["text"] for message in one.messages] for one in town.fake.state.sendings]


def test_what_waits_for_company_goes_with_the_next_essential_message_in_one_request(town: Town, malee):
    later = timedelta(minutes=10)
    first = town.put(malee, "รับทราบ", priority=ROUTINE, hold=later, created_at=now() - later)
    essential = town.put(malee, "เสร็จแล้ว")

    town.drain()

    assert pushes(town) == [["รับทราบ", "เสร็จแล้ว"]]
    assert town.fake.state.channels["citizen"].used == 1
    assert (row(first).state, row(first).merged_into_id) == (DeliveryState.MERGED, essential)
    assert row(essential).state is DeliveryState.SENT


def test_what_undo_may_still_stop_never_goes_along(town: Town, malee):
    held = town.put(malee, "มอบหมายแล้ว", priority=ROUTINE, hold=timedelta(seconds=30))
    town.put(malee, "เสร็จแล้ว")

    town.drain()

    assert pushes(town) == [["เสร็จแล้ว"]]
    assert row(held).state is DeliveryState.READY


def test_several_routine_messages_due_together_count_once(town: Town, malee, case_id):
    for text, case in (("หนึ่ง", case_id), ("สอง", None), ("สาม", case_id)):
        town.put(malee, text, priority=ROUTINE, complaint_id=case)

    town.drain()

    assert pushes(town) == [["หนึ่ง", "สอง", "สาม"]]


def test_an_answer_in_the_chat_takes_along_what_waits_for_free(town: Town):
    malee = town.friend("malee")
    town.put(
        malee, "รับทราบ", priority=ROUTINE, hold=timedelta(minutes=5), created_at=now() - timedelta(hours=1)
    )
    town.fake.send_webhook("citizen", [town.fake.hooks.text("citizen", malee, "สวัสดี")])

    town.drain()

    [sent] = town.fake.state.sendings
    assert sent.via == "reply"
    assert sent.messages[0]["text"] == "รับทราบ"
    assert town.fake.state.channels["citizen"].used == 0


def test_usage_of_the_day_tells_pushes_answers_and_what_went_along(town: Town, malee):
    town.put(malee, "หนึ่ง", priority=ROUTINE)
    town.put(malee, "สอง", priority=ROUTINE)
    town.put(town.friend("somsri"), "สาม")
    town.fake.send_webhook("citizen", [town.fake.hooks.text("citizen", malee, "สวัสดี")])

    town.drain()
    town.drain()

    db.session.rollback()
    [day] = db.session.scalars(select(LineUsage))
    assert (day.channel, day.pushes, day.replies) == (LineChannel.CITIZEN, 1, 1)
    assert day.merged == 2
    assert day.day == date(2026, 11, 20)


# The night --------------------------------------------------------------------------------------------------


@pytest.fixture
def night(frozen_noon: FrozenClock) -> FrozenClock:
    choose(line_quiet_from="21:00", line_quiet_until="07:00")
    frozen_noon.advance(timedelta(hours=10))  # Ten in the evening.
    return frozen_noon


def test_routine_messages_wait_for_the_morning(town: Town, malee, night):
    message = town.put(malee, "กำลังแก้ไข", priority=ROUTINE)

    town.drain()

    waiting = row(message)
    assert (waiting.state, waiting.attempts) == (DeliveryState.READY, 0)
    assert waiting.last_error == DeliveryReason.QUIET_HOURS
    assert waiting.not_before == bangkok(2026, 11, 21, 7)

    night.advance(timedelta(hours=9))
    town.drain()
    assert town.texts(malee) == ["กำลังแก้ไข"]


def test_an_essential_message_at_night_comes_without_a_sound(town: Town, malee, night, case_id, asked):
    town.put(malee, "เสร็จแล้ว", complaint_id=case_id)

    town.drain()

    assert [body.get("notificationDisabled") for body in asked] == [True]


def test_an_urgent_complaint_rings_at_any_hour(town: Town, night, case_id, asked):
    with write_transaction() as session:
        session.get_one(Complaint, case_id).urgency = Urgency.URGENT
    town.put(town.friend("officer1", "staff"), "ต้นไม้ล้ม", channel=STAFF, complaint_id=case_id)

    town.drain()

    assert [body.get("notificationDisabled") for body in asked] == [None]


def test_what_was_silent_once_stays_silent_when_it_is_sent_again(town: Town, malee, night, case_id, asked):
    town.put(malee, "เสร็จแล้ว", complaint_id=case_id)
    town.fake.state.fail("500_after_accept")

    town.drain()
    night.advance(timedelta(hours=10))
    town.drain()

    assert len(asked) == 2
    assert asked[0] == asked[1]
    assert town.fake.state.misuse == []


def test_an_essential_message_at_night_wakes_what_waited_so_that_nothing_comes_out_of_order(
    town: Town, malee, night, case_id
):
    waiting = town.put(malee, "กำลังแก้ไข", priority=ROUTINE, complaint_id=case_id)
    town.drain()
    town.put(malee, "เสร็จแล้ว", complaint_id=case_id)

    town.drain()

    assert pushes(town) == [["กำลังแก้ไข", "เสร็จแล้ว"]]
    assert row(waiting).state is DeliveryState.MERGED


# Saving -----------------------------------------------------------------------------------------------------


def test_when_few_messages_are_left_only_essential_ones_are_pushed(town: Town, malee):
    keep_quota(LineChannel.CITIZEN, Quota(limit=100, used=95))
    routine = town.put(town.friend("somsri"), "กำลังแก้ไข", priority=ROUTINE)
    town.put(malee, "เสร็จแล้ว")

    town.drain()

    assert pushes(town) == [["เสร็จแล้ว"]]
    assert row(routine).last_error == DeliveryReason.SAVING


def test_what_nobody_went_with_for_two_days_is_old_news(town: Town, malee, frozen_noon):
    choose(line_saving="always")
    routine = town.put(malee, "กำลังแก้ไข", priority=ROUTINE)
    town.drain()
    frozen_noon.advance(timedelta(days=2, minutes=1))

    town.drain()

    assert (row(routine).state, row(routine).last_error) == (DeliveryState.CANCELLED, DeliveryReason.SAVED)
    assert pushes(town) == []


def test_the_quota_is_read_and_administrators_are_warned_once_a_month(town: Town, frozen_noon):
    town.fake.state.channels["citizen"].quota_limit = 200
    town.fake.state.channels["citizen"].used = 161

    assert read_quotas(town.app) == 2
    read_quotas(town.app)

    db.session.rollback()
    told = db.session.scalars(select(Notification).where(Notification.template_key == "line_quota_low")).all()
    assert [one.facts for one in told] == [{"channel": "citizen", "percent": 80}]
    frozen_noon.advance(timedelta(days=15))
    read_quotas(town.app)
    db.session.rollback()
    assert db.session.query(Notification).filter_by(template_key="line_quota_low").count() == 2


def test_a_line_that_does_not_tell_its_quota_is_asked_again_later(town: Town):
    town.fake.state.fail("500", 10)

    assert read_quotas(town.app) == 0


# Troubles of a pack -----------------------------------------------------------------------------------------


def test_one_bad_message_of_a_pack_does_not_take_the_others_with_it(town: Town, malee):
    bad = town.put(malee, "x", priority=ROUTINE, facts={})
    good = town.put(malee, "เสร็จแล้ว")
    town.drain()
    assert row(bad).state is DeliveryState.FAILED
    assert row(good).state is DeliveryState.SENT


def test_a_pack_line_refuses_is_taken_apart_and_each_message_has_its_own_end(
    town: Town, malee, monkeypatch: pytest.MonkeyPatch
):
    def forgive(*_args: object, **_more: object) -> None: ...

    monkeypatch.setattr("line_hooks.messages.check_messages", forgive)
    monkeypatch.setattr("line_hooks.messages.DASH", "")
    monkeypatch.setattr("line_hooks.words.DASH", "")
    bad = town.put(malee, "", priority=ROUTINE)  # LINE takes no empty text.
    good = town.put(malee, "เสร็จแล้ว")

    town.drain()

    assert row(good).state is DeliveryState.SENT
    assert row(bad).state is DeliveryState.FAILED
    assert row(bad).merged_into_id is None
    assert town.texts(malee) == ["เสร็จแล้ว"]


def test_a_pack_that_line_took_without_saying_so_is_never_sent_apart(town: Town, malee, frozen_noon):
    town.put(malee, "รับทราบ", priority=ROUTINE)
    town.put(malee, "เสร็จแล้ว")
    town.fake.state.fail("lost_response")

    town.drain()
    frozen_noon.advance(timedelta(seconds=15))
    town.put(malee, "อีกเรื่อง", priority=ROUTINE)
    town.drain()

    assert town.texts(malee) == ["รับทราบ", "เสร็จแล้ว", "อีกเรื่อง"]
    assert town.fake.state.misuse == []


def test_when_the_recipient_is_gone_the_company_goes_on_alone_to_the_same_end(town: Town):
    stranger = "U" + "9" * 32
    with write_transaction() as session:
        session.add(LineAccount(channel=LineChannel.CITIZEN, line_user_id=stranger, bound_at=now()))
    rider = town.put(stranger, "รับทราบ", priority=ROUTINE)
    host = town.put(stranger, "เสร็จแล้ว")

    town.drain()

    assert {row(host).state, row(rider).state} == {DeliveryState.FAILED}


# Reply first, then push -------------------------------------------------------------------------------------


def token(town: Town, user_id: str) -> str:
    return town.fake.state.issue_reply_token("citizen", user_id)


def put_with_token(town: Town, user_id: str, text: str, seconds: int = 45) -> int:
    return town.put(
        user_id, text, reply_token=token(town, user_id), reply_until=now() + timedelta(seconds=seconds)
    )


def test_a_message_to_whoever_has_just_written_goes_free(town: Town, malee):
    message = put_with_token(town, malee, "ได้รับเรื่องแล้ว")

    town.drain()

    assert [one.via for one in town.fake.state.sendings] == ["reply"]
    assert row(message).state is DeliveryState.SENT


def test_a_message_whose_token_is_too_old_is_pushed(town: Town, malee):
    message = put_with_token(town, malee, "ได้รับเรื่องแล้ว", seconds=-1)

    town.drain()

    assert [one.via for one in town.fake.state.sendings] == ["push"]
    assert row(message).reply_token is None


def test_a_message_whose_token_is_spent_is_pushed_and_arrives_once(town: Town, malee):
    message = put_with_token(town, malee, "ได้รับเรื่องแล้ว")
    town.fake.state.spend_reply_token("citizen", row(message).reply_token or "")

    town.drain()

    assert town.texts(malee) == ["ได้รับเรื่องแล้ว"]
    assert [one.via for one in town.fake.state.sendings] == ["push"]
    assert row(message).state is DeliveryState.SENT


def test_an_uncertain_reply_is_never_repeated_as_a_push(town: Town, malee, frozen_noon):
    message = put_with_token(town, malee, "ได้รับเรื่องแล้ว")
    town.fake.state.fail("lost_response")

    town.drain()
    frozen_noon.advance(timedelta(minutes=5))
    town.drain()

    assert row(message).state is DeliveryState.DEAD
    assert town.texts(malee) == ["ได้รับเรื่องแล้ว"]
