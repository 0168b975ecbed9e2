"""LINE away for a day, a token taken back, values pasted meanwhile: nothing is lost or done twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from helpers.line import Town
from helpers.people import actor_named
from sqlalchemy import select

from domain.clock import FrozenClock
from domain.deliveries import DeliveryReason, read_pauses
from domain.line_connections import forget_keys, keep_keys
from domain.resending import resend_message
from extensions import db, write_transaction
from models import DeliveryState, LineChannel, OutboxChannel, OutboxMessage


@pytest.fixture
def malee(town: Town) -> str:
    return town.friend("malee")


def row(message_id: int) -> OutboxMessage:
    db.session.rollback()
    return db.session.get_one(OutboxMessage, message_id)


def test_line_away_for_25_hours_leaves_a_message_for_a_person_to_decide(
    town: Town, malee, frozen_noon: FrozenClock
):
    message = town.put(malee, "เสร็จแล้ว")
    town.fake.state.fail("500", 1000)
    for _ in range(150):
        town.drain()
        frozen_noon.advance(timedelta(minutes=10))

    gone = row(message)
    assert (gone.state, gone.last_error and gone.last_error.split(":")[0]) == (
        DeliveryState.DEAD,
        DeliveryReason.UNCERTAIN,
    )
    assert gone.done_at is not None
    assert gone.first_attempt_at is not None
    assert gone.done_at - gone.first_attempt_at < timedelta(hours=24)
    assert town.texts(malee) == []

    town.fake.state.clear_faults()
    town.drain()
    assert town.texts(malee) == [], "nothing is sent blindly"

    with write_transaction() as session:
        stuck, admin = session.get_one(OutboxMessage, message), actor_named(session, "admin")
        again = resend_message(session, admin, stuck, reason="ยังไม่ได้รับ")
        assert again.retry_key != gone.retry_key
    town.drain()
    assert town.texts(malee) == ["เสร็จแล้ว"]


@pytest.fixture
def by_screen(town: Town) -> Iterator[Town]:
    """A server whose environment names no citizens' channel."""
    settings = town.app.extensions["settings"]
    town.app.extensions["settings"] = replace(settings, line_citizen_token=None, line_citizen_secrets=())
    yield town
    town.app.extensions.pop("line_keys", None)


def paste(town: Town, token: str) -> None:
    with write_transaction() as session:
        actor, vault = actor_named(session, "admin"), town.app.extensions["vault"]
        keep_keys(session, actor, vault, LineChannel.CITIZEN, token=token, secret="citizen-secret")
    town.app.extensions.pop("line_keys", None)  # As five seconds later.


def test_a_channel_begins_to_send_when_its_values_are_pasted(by_screen: Town, malee):
    message = by_screen.put(malee, "ยินดีต้อนรับ")
    by_screen.drain()
    assert row(message).state is DeliveryState.READY

    paste(by_screen, "citizen-token")
    by_screen.drain()

    assert by_screen.texts(malee) == ["ยินดีต้อนรับ"]


def test_a_new_token_lets_a_channel_go_on_that_stood_still_for_the_old_one(by_screen: Town, malee):
    paste(by_screen, "a-token-line-took-back")
    message = by_screen.put(malee, "ยินดีต้อนรับ")
    by_screen.drain()
    db.session.rollback()
    assert read_pauses(db.session())[OutboxChannel.LINE_CITIZEN].reason is DeliveryReason.UNAUTHORISED
    assert row(message).attempts == 0

    paste(by_screen, "citizen-token")
    by_screen.drain()

    assert by_screen.texts(malee) == ["ยินดีต้อนรับ"]


def test_a_disconnected_channel_sends_nothing_and_says_so_in_time(
    by_screen: Town, malee, frozen_noon: FrozenClock
):
    paste(by_screen, "citizen-token")
    with write_transaction() as session:
        forget_keys(session, actor_named(session, "admin"), LineChannel.CITIZEN)
    by_screen.app.extensions.pop("line_keys", None)
    message = by_screen.put(malee, "ยินดีต้อนรับ")

    frozen_noon.advance(timedelta(days=1, hours=2))
    by_screen.drain(periodic=True)

    assert row(message).state is DeliveryState.CANCELLED
    assert (row(message).last_error or "").startswith(DeliveryReason.CHANNEL_OFF)
    assert db.session.scalars(select(OutboxMessage.sent_body)).all() == [None]
