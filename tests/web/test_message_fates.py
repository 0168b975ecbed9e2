"""What became of a message, in words that promise nothing; and sending stuck ones again, one or many."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from helpers.casework import register_case
from helpers.people import actor_named
from helpers.visitor import Desk, text_of
from sqlalchemy import select

from domain.clock import FrozenClock, now
from domain.errors import MissingField, NotPermitted
from domain.resending import resend_many, resend_message
from extensions import db, write_transaction
from models import AuditAction, AuditEntry, ComplaintEvent, DeliveryState, OutboxChannel, OutboxMessage

LIST = "/admin/outbox-message/"
STUCK = f"{LIST}?flt_state__in=dead,failed"
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
SENT, DEAD, FAILED = DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.FAILED


@pytest.fixture
def desk(app: Flask, login_as: Callable[..., Any], frozen_noon: FrozenClock) -> Desk:
    return Desk(app, login_as, "admin")


def put(state: DeliveryState = DEAD, *, hours_ago: float | None = 1, **columns: Any) -> int:
    """Write a message whose first try was so long ago; None: it was never tried."""
    first = None if hours_ago is None else now() - timedelta(hours=hours_ago)
    usual = {
        "channel": OutboxChannel.LINE_CITIZEN,
        "last_error": "uncertain: ReadTimeoutError" if state in {DEAD, FAILED} else None,
        "dedupe_key": str(uuid.uuid4()),
        "retry_key": str(uuid.uuid4()),
    }
    with write_transaction() as session:
        message = OutboxMessage(
            recipient="U1",
            recipient_name="สมชาย ใจดี",
            template_key="citizen_registered",
            facts={},
            state=state,
            first_attempt_at=first,
            not_before=now(),
            created_at=now(),
            **{**usual, **columns},
        )
        session.add(message)
        session.flush()
        return message.id


def message(message_id: int) -> OutboxMessage:
    db.session.rollback()
    return db.session.get_one(OutboxMessage, message_id)


def again_of(message_id: int) -> OutboxMessage | None:
    db.session.rollback()
    wanted = select(OutboxMessage).where(OutboxMessage.dedupe_key.startswith(f"again:{message_id}:"))
    return db.session.scalar(wanted)


def details(desk: Desk, message_id: int) -> str:
    return text_of(desk.get(f"{LIST}details/?id={message_id}"))


# The words ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "said"),
    [(OutboxChannel.LINE_CITIZEN, "LINE รับแล้ว"), (OutboxChannel.EMAIL, "เครื่องส่งอีเมลรับแล้ว")],
)
def test_what_was_accepted_is_never_called_delivered(desk: Desk, channel: OutboxChannel, said: str) -> None:
    message_id = put(SENT, channel=channel)
    page = details(desk, message_id)

    assert f"<h1>ข้อความขาออก #{message_id}</h1>" in page
    assert said in page
    assert "ส่งถึงแล้ว" not in page


def test_what_went_with_another_leads_there(desk: Desk) -> None:
    host = put(SENT)
    rider = put(DeliveryState.MERGED, merged_into_id=host)

    for page in (details(desk, rider), text_of(desk.get(LIST))):
        assert f"ไปกับข้อความ #{host}" in page
        assert f'href="/admin/outbox-message/details/?id={host}"' in page
    assert "รวมกับข้อความอื่น" in details(desk, put(DeliveryState.MERGED))


def test_the_case_page_tells_the_fate_below_the_act(app: Flask, login_as: Callable[..., Any]) -> None:
    with write_transaction() as session:
        case = register_case(app, session)
        code, case_id = case.public_code, case.id
        event_id = session.scalars(
            select(ComplaintEvent.id).where(ComplaintEvent.complaint_id == case_id)
        ).first()
    host = put(SENT, complaint_id=case_id, event_id=event_id)
    put(DeliveryState.MERGED, merged_into_id=host, complaint_id=case_id, event_id=event_id)

    page = text_of(Desk(app, login_as, "central").get(f"/admin/complaint/{code}"))

    assert "LINE รับแล้ว" in page
    assert f"ไปกับข้อความ #{host}" in page


def test_the_exported_list_has_words_and_no_markup(desk: Desk) -> None:
    host = put(SENT)
    put(DeliveryState.MERGED, merged_into_id=host)

    answer = desk.post(f"{LIST}export/csv/", {"reason": "ตรวจ"})

    text = answer.get_data().decode("utf-8-sig")
    assert f"ไปกับข้อความ #{host}" in text
    assert "LINE รับแล้ว" in text
    assert "<" not in text


# Tabs and many at once ------------------------------------------------------------------------------------


def test_the_tab_of_stuck_ones_shows_only_those(desk: Desk) -> None:
    ids = {state: put(state) for state in (DEAD, FAILED, SENT, DeliveryState.READY)}

    page = text_of(desk.get(STUCK))

    shown = {state for state, one in ids.items() if f'value="{one}" form="bulk"' in page}
    assert shown == {DEAD, FAILED}
    assert 'aria-current="page">ค้างหรือไม่สำเร็จ' in page
    assert "สถานะ เป็นหนึ่งใน: ค้างหรือไม่สำเร็จ" in page
    assert 'id="bulk"' not in text_of(desk.get(LIST))


def test_chosen_ones_are_sent_again_and_others_told(desk: Desk) -> None:
    fresh, old, sent = put(), put(hours_ago=30), put(SENT)

    page = text_of(
        desk.post(f"{LIST}again-many/", {"rowid": [fresh, old, sent, "x", 10**12]}, follow_redirects=True)
    )

    assert "สั่งส่งซ้ำแล้ว 1 ข้อความ" in page
    assert "กรุณาบอกเหตุผลที่ต้องส่งซ้ำ" in page
    assert "ไม่ได้ค้างอยู่แล้ว" in page
    assert (message(fresh).state, message(old).state, message(sent).state) == (
        DeliveryState.CANCELLED,
        DEAD,
        SENT,
    )


def test_one_reason_serves_all_that_were_chosen(desk: Desk) -> None:
    ids = [put(hours_ago=30), put(hours_ago=40)]

    desk.post(f"{LIST}again-many/", {"rowid": ids, "reason": "ผู้ร้องแจ้งว่ายังไม่ได้รับ"})

    assert all(again_of(one) for one in ids)
    reasons = db.session.scalars(select(AuditEntry.reason).where(AuditEntry.action == AuditAction.RESEND))
    assert list(reasons) == ["ผู้ร้องแจ้งว่ายังไม่ได้รับ"] * 2


@on_sqlite
def test_nothing_chosen_is_told(desk: Desk) -> None:
    assert "ยังไม่ได้เลือกข้อความ" in text_of(desk.post(f"{LIST}again-many/", {}, follow_redirects=True))


@on_sqlite
def test_sending_many_again_needs_the_right_and_a_press(app: Flask, login_as: Callable[..., Any]) -> None:
    stuck = put()
    assert Desk(app, login_as, "executive").post(f"{LIST}again-many/", {"rowid": stuck}).status_code == 403
    assert Desk(app, login_as, "admin").get(f"{LIST}again-many/").status_code == 405
    assert message(stuck).state is DEAD


# The retry key --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours_ago", "channel", "is_same"),
    [
        (1, OutboxChannel.LINE_CITIZEN, True),
        (22.9, OutboxChannel.LINE_STAFF, True),
        (23, OutboxChannel.LINE_CITIZEN, False),
        (None, OutboxChannel.LINE_CITIZEN, False),
        (1, OutboxChannel.EMAIL, False),
    ],
)
def test_while_line_remembers_it_the_first_try_s_key_is_used_again(
    desk: Desk, hours_ago: float | None, channel: OutboxChannel, is_same: bool
) -> None:
    stuck = put(FAILED, hours_ago=hours_ago, channel=channel, last_error="refused: 400")

    desk.post(f"{LIST}again/?id={stuck}")

    again = again_of(stuck)
    assert again is not None
    assert (again.retry_key == message(stuck).retry_key) is is_same
    assert (again.first_attempt_at is not None) is is_same


def test_what_may_have_arrived_asks_for_a_reason_once_line_forgot_it(desk: Desk) -> None:
    stuck = put(hours_ago=25)
    assert "เหตุผลที่ต้องส่งซ้ำ" in details(desk, stuck)

    page = text_of(desk.post(f"{LIST}again/?id={stuck}", follow_redirects=True))

    assert "กรุณาบอกเหตุผล" in page
    assert again_of(stuck) is None
    desk.post(f"{LIST}again/?id={stuck}", {"reason": "โทรถามแล้วยังไม่ได้รับ"})
    assert again_of(stuck) is not None


def test_what_cannot_arrive_twice_asks_for_none(desk: Desk) -> None:
    for stuck in (put(hours_ago=1), put(FAILED, hours_ago=30, last_error="refused: 400")):
        assert "เหตุผลที่ต้องส่งซ้ำ" not in details(desk, stuck)
        desk.post(f"{LIST}again/?id={stuck}")
        assert again_of(stuck) is not None


def test_the_rule_asks_for_right_and_reason_whoever_calls_it(app: Flask, frozen_noon: FrozenClock) -> None:
    stuck = put(hours_ago=25)
    with write_transaction() as session:
        row = session.get_one(OutboxMessage, stuck)
        with pytest.raises(NotPermitted):
            resend_message(session, actor_named(session, "clerk"), row)
        with pytest.raises(NotPermitted):
            resend_many(session, actor_named(session, "executive"), [stuck])
        with pytest.raises(MissingField):
            resend_message(session, actor_named(session, "admin"), row, "  ")
