"""Messages about one case reach one person in the order things happened; nobody else waits for them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from helpers.line import STAFF, Town, new_member, registered

from domain.clock import now
from domain.deliveries import DeliveryReason, pause_channel
from extensions import db, write_transaction
from models import DeliveryState, OutboxChannel, OutboxMessage

pytestmark = pytest.mark.usefixtures("frozen_noon")


@pytest.fixture
def cases(town: Town) -> list[int]:
    """Two complaints to hang messages on; their own messages are put aside."""
    with write_transaction() as session:
        member = new_member(session, town)
        ids = [registered(town, session, member).id for _ in range(2)]
        session.query(OutboxMessage).delete()
    return ids


def state_of(message_id: int) -> DeliveryState:
    db.session.rollback()
    return db.session.get_one(OutboxMessage, message_id).state


def test_messages_of_one_case_arrive_in_the_order_they_were_written(town: Town, cases):
    malee = town.friend("malee2")
    for text in ("รับเรื่อง", "รับทราบ", "เสร็จแล้ว"):
        town.put(malee, text, complaint_id=cases[0])

    assert town.drain().sent == 3

    assert town.texts(malee) == ["รับเรื่อง", "รับทราบ", "เสร็จแล้ว"]


def test_a_message_that_must_wait_holds_back_its_own_case_only(town: Town, cases, frozen_noon):
    malee, somsri = town.friend("malee2"), town.friend("somsri")
    town.fake.state.fail("500")
    town.put(malee, "case 1, first", complaint_id=cases[0])
    town.drain()
    town.put(malee, "case 1, second", complaint_id=cases[0])
    town.put(malee, "case 2", complaint_id=cases[1])
    town.put(malee, "no case", complaint_id=None)
    town.put(somsri, "case 1, another person", complaint_id=cases[0])

    town.drain()

    assert sorted(town.texts(malee)) == ["case 2", "no case"]
    assert town.texts(somsri) == ["case 1, another person"]

    frozen_noon.advance(timedelta(seconds=13))
    town.drain()

    assert town.texts(malee)[2:] == ["case 1, first", "case 1, second"]


def test_messages_without_a_case_keep_their_order_too(town: Town, cases):
    malee = town.friend("malee2")
    town.fake.state.fail("500")
    town.put(malee, "first")
    town.drain()
    town.put(malee, "second")

    assert town.drain().total == 0


def test_a_message_held_back_for_undo_lets_a_later_one_pass(town: Town, cases, frozen_noon):
    malee = town.friend("malee2")
    town.put(malee, "an officer's act", complaint_id=cases[0], hold=timedelta(seconds=30))
    town.put(malee, "the citizen's own act", complaint_id=cases[0])

    town.drain()
    assert town.texts(malee) == ["the citizen's own act"]

    frozen_noon.advance(timedelta(seconds=30))
    town.drain()
    assert town.texts(malee)[1:] == ["an officer's act"]


def test_a_message_put_off_after_its_turn_had_come_is_not_overtaken(town: Town, cases):
    malee = town.friend("malee2")
    put_off = {"hold": timedelta(hours=8), "last_error": "quiet_hours"}
    town.put(malee, "night", complaint_id=cases[0], **put_off)
    town.put(malee, "later", complaint_id=cases[0])
    town.put(malee, "another case", complaint_id=cases[1])

    town.drain()

    assert town.texts(malee) == ["another case"]


def test_a_message_that_is_over_lets_the_next_one_go(town: Town, cases):
    malee = town.friend("malee2")
    dead = town.put(malee, "refused", complaint_id=cases[0], template_key="no_such_template")
    town.put(malee, "next", complaint_id=cases[0])

    town.drain()

    assert state_of(dead) is DeliveryState.FAILED
    assert town.texts(malee) == ["next"]


def test_an_answer_waits_for_nobody(town: Town, cases):
    malee = town.friend("malee2")
    town.fake.state.fail("500")
    town.put(malee, "stuck")
    town.drain()
    token = town.fake.state.issue_reply_token("citizen", malee)
    town.put(malee, "answer", reply_token=token)

    town.drain()

    assert town.texts(malee) == ["answer"]


def test_answers_go_before_everything_else(town: Town, cases):
    people = [town.friend(f"citizen{n}") for n in range(12)]
    for person in people[:-1]:
        town.put(person, "news")
    token = town.fake.state.issue_reply_token("citizen", people[-1])
    town.put(people[-1], "answer", reply_token=token)

    town.drain()

    first_eight = {sending.via for sending in town.fake.state.sendings[:8]}
    assert "reply" in first_eight
    assert len(town.fake.state.sendings) == 12


def test_a_channel_that_stands_still_does_not_stop_the_other(town: Town, cases):
    malee, officer = town.friend("malee2"), town.friend("officer2", "staff")
    with write_transaction() as session:
        pause_channel(session, OutboxChannel.LINE_CITIZEN, DeliveryReason.RATE_LIMITED)
    waits = town.put(malee, "to a citizen")
    town.put(officer, "to an officer", channel=STAFF)

    town.drain()

    assert town.texts(officer, "staff") == ["to an officer"]
    assert state_of(waits) is DeliveryState.READY
    assert db.session.get_one(OutboxMessage, waits).attempts == 0


def test_one_person_on_both_channels_has_two_queues(town: Town, cases):
    both = town.friend("malee2")
    with write_transaction() as session:
        session.add(
            OutboxMessage(
                channel=STAFF,
                recipient=both,
                template_key="staff_directed",
                dedupe_key="held",
                retry_key="held",
                last_error="quota",
                not_before=now() + timedelta(days=3),
                created_at=now(),
            )
        )
    town.put(both, "as a citizen")

    town.drain()

    assert town.texts(both) == ["as a citizen"]
