"""The response table: what each of LINE's answers means for a message, its channel and its person."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from helpers.backends import SqliteBackend
from helpers.line import CITIZEN, Town
from sqlalchemy import select

from domain.clock import FrozenClock, bangkok, now
from domain.deliveries import DeliveryReason, active_pauses, lift_pause, pause_channel, read_pauses
from extensions import db, write_transaction
from line_hooks.client import Accepted, LineRetryable
from models import DeliveryState, LineAccount, LineState, Notification, OutboxMessage, StaffUser
from worker.letters import Letter
from worker.senders import STOP_AFTER, judge, judge_before
from worker.upkeep import look_after_channels

pytestmark = pytest.mark.usefixtures("frozen_noon")
SENT, READY, FAILED, DEAD = DeliveryState.SENT, DeliveryState.READY, DeliveryState.FAILED, DeliveryState.DEAD


@pytest.fixture
def backend(sqlite_backend: SqliteBackend) -> SqliteBackend:
    """One database is enough here: what the worker asks of the other, the rest of this room tries there."""
    return sqlite_backend


@pytest.fixture
def malee(town: Town) -> str:
    return town.friend("malee")


def message(message_id: int) -> OutboxMessage:
    db.session.rollback()
    return db.session.get_one(OutboxMessage, message_id)


def keys(town: Town) -> list[str]:
    return [sending.retry_key for sending in town.fake.state.sendings]


# Accepted ---------------------------------------------------------------------------------------------------


def test_a_message_line_accepts_is_sent_with_what_was_said_and_line_s_id(town: Town, malee):
    row = message(town.put(malee, "ได้รับเรื่องของท่านแล้ว"))
    key, row_id = row.retry_key, row.id

    town.drain()

    sent = message(row_id)
    assert (sent.state, sent.last_status, sent.last_error, sent.attempts) == (SENT, 200, None, 1)
    assert sent.sent_body == [{"type": "text", "text": "ได้รับเรื่องของท่านแล้ว"}]
    assert sent.provider_request_id == town.fake.state.sendings[0].request_id
    assert sent.done_at == now()
    assert keys(town) == [key]


def test_a_message_line_had_already_is_sent_and_arrives_once(town: Town, malee, frozen_noon: FrozenClock):
    row_id = town.put(malee, "once")
    town.fake.state.fail("500_after_accept")
    town.drain()
    assert message(row_id).state is READY
    frozen_noon.advance(timedelta(seconds=13))

    town.drain()

    sent = message(row_id)
    assert (sent.state, sent.last_status) == (SENT, 409)
    assert town.texts(malee) == ["once"]
    assert town.fake.state.misuse == []


def test_a_lost_answer_is_asked_again_under_the_same_key(town: Town, malee, frozen_noon: FrozenClock):
    row_id = town.put(malee, "once")
    town.fake.state.fail("lost_response")
    town.drain()
    lost = message(row_id)
    assert (lost.state, lost.last_status, lost.last_error.split(":")[0]) == (READY, None, "unreachable")
    frozen_noon.advance(timedelta(seconds=13))

    town.drain()

    assert message(row_id).state is SENT
    assert town.texts(malee) == ["once"]


# LINE is ill ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", ["500", "refuse", "502_html", "200_html"])
def test_three_failures_and_then_success_make_one_message(
    town: Town, malee, frozen_noon: FrozenClock, trouble
):
    row_id = town.put(malee, "hello")
    town.fake.state.fail(trouble, 3)
    waits = []
    for _ in range(3):
        town.drain()
        row = message(row_id)
        assert row.state is READY
        assert row.last_error.startswith("unreachable")
        waits.append((row.not_before - now()).total_seconds())
        frozen_noon.move_to(row.not_before)

    town.drain()

    assert (message(row_id).state, message(row_id).attempts) == (SENT, 4)
    assert town.texts(malee) == ["hello"]
    assert 8 <= waits[0] <= 12
    assert 16 <= waits[1] <= 24
    assert 32 <= waits[2] <= 48


def test_a_line_that_never_answers_is_given_up_on_after_the_read_timeout(town: Town, malee):
    town.timeout = (2.0, 0.2)
    row_id = town.put(malee, "hello")
    town.fake.state.fail("hang")
    began = time.monotonic()

    town.drain()

    assert time.monotonic() - began < 10, "the fake would hang for 15 seconds"
    assert message(row_id).last_error == "unreachable: ReadTimeoutError"


def test_while_line_does_not_answer_the_rest_is_put_back_untouched(town: Town):
    people = [town.friend(f"citizen{n}") for n in range(20)]
    ids = [town.put(person, "hello") for person in people]
    town.fake.state.fail("refuse", 8)

    counts = town.drain()

    assert counts.postponed == 8
    assert sorted(message(row_id).attempts for row_id in ids) == [1] * 20, "the rest went at the next turn"
    assert counts.sent == 12


def test_after_23_hours_nobody_knows_and_nothing_is_sent_blindly(town: Town, malee, frozen_noon: FrozenClock):
    row_id = town.put(malee, "hello")
    began = now()
    town.fake.state.fail("500", 1000)
    while message(row_id).state is READY:
        frozen_noon.move_to(max(now(), message(row_id).not_before))
        town.drain()

    dead = message(row_id)
    assert (dead.state, dead.last_error.split(":")[0]) == (DEAD, "uncertain")
    assert timedelta(hours=21) < now() - began < timedelta(hours=23)
    town.fake.state.take_fault(None, "")
    frozen_noon.advance(timedelta(hours=2))
    assert town.drain().sent == 0


def test_a_message_found_again_after_a_long_outage_of_ours_is_not_sent(
    town: Town, malee, frozen_noon: FrozenClock
):
    row_id = town.put(malee, "hello")
    town.fake.state.fail("500")
    town.drain()
    frozen_noon.advance(timedelta(hours=23))

    town.drain()

    assert (message(row_id).state, message(row_id).last_error) == (DEAD, "uncertain")
    assert town.fake.state.sendings == []


# The channel stops ------------------------------------------------------------------------------------------


def test_too_many_requests_pause_the_channel_and_cost_no_attempt(town: Town, malee, frozen_noon: FrozenClock):
    row_id = town.put(malee, "hello")
    town.fake.state.fail("429_rate")

    town.drain()

    row = message(row_id)
    assert (row.state, row.attempts, row.first_attempt_at) == (READY, 0, None)
    assert row.last_error.startswith("rate_limited")
    assert active_pauses(db.session())[CITIZEN].until == now() + timedelta(seconds=60)
    assert town.drain().total == 0
    frozen_noon.advance(timedelta(seconds=60))
    assert town.drain().sent == 1
    assert read_pauses(db.session()) == {}, "the first success ends the story"


def test_the_pause_grows_up_to_a_quarter_of_an_hour(town: Town, malee, frozen_noon: FrozenClock):
    town.put(malee, "hello")
    town.fake.state.fail("429_rate", 7)
    minutes = []
    for _ in range(7):
        town.drain()
        until = active_pauses(db.session())[CITIZEN].until
        minutes.append((until - now()).total_seconds() / 60)
        db.session.rollback()
        frozen_noon.move_to(until)

    assert minutes == [1, 2, 4, 8, 15, 15, 15]


def test_line_s_own_wish_how_long_to_wait_is_kept(app, frozen_noon):
    with write_transaction() as session:
        pause = pause_channel(session, CITIZEN, DeliveryReason.RATE_LIMITED, retry_after=300)

    assert pause.until == now() + timedelta(minutes=5)


def test_used_up_messages_stop_the_channel_until_the_first_of_the_next_month(
    town: Town, malee, frozen_noon: FrozenClock
):
    town.fake.state.channels["citizen"].quota_limit = 0
    row_id = town.put(malee, "hello")

    town.drain()

    row = message(row_id)
    assert (row.state, row.attempts, row.last_error.split(":")[0]) == (READY, 0, "quota")
    assert active_pauses(db.session())[CITIZEN].until == bangkok(2026, 12, 1)
    db.session.rollback()
    frozen_noon.move_to(bangkok(2026, 12, 1))
    town.fake.state.channels["citizen"].quota_limit = 1000
    assert town.drain().sent == 1


def test_in_december_the_next_month_is_january(app, frozen_noon: FrozenClock):
    frozen_noon.move_to(datetime(2026, 12, 31, 17, 30, tzinfo=UTC))  # Already the new year in Bangkok.
    with write_transaction() as session:
        assert pause_channel(session, CITIZEN, DeliveryReason.QUOTA).until == bangkok(2027, 2, 1)
    frozen_noon.move_to(datetime(2026, 12, 31, 16, 30, tzinfo=UTC))
    with write_transaction() as session:
        assert pause_channel(session, CITIZEN, DeliveryReason.QUOTA).until == bangkok(2027, 1, 1)


def test_answers_still_go_when_the_month_s_messages_are_used_up(town: Town, malee):
    town.fake.state.channels["citizen"].quota_limit = 0
    town.put(malee, "news")
    town.drain()
    town.put(malee, "answer", reply_token=town.fake.state.issue_reply_token("citizen", malee))

    town.drain()

    assert town.texts(malee) == ["answer"]
    assert active_pauses(db.session())[CITIZEN].reason is DeliveryReason.QUOTA


def test_messages_bought_in_the_middle_of_the_month_are_noticed(town: Town, malee, app):
    town.fake.state.channels["citizen"].quota_limit = 0
    town.put(malee, "news")
    town.drain()
    assert look_after_channels(app) == 0
    town.fake.state.channels["citizen"].quota_limit = 500

    assert look_after_channels(app) == 1

    assert town.drain().sent == 1


@pytest.mark.parametrize("trouble", ["401", "403"])
def test_a_refused_token_stops_the_channel_and_keeps_the_messages(
    town: Town, malee, frozen_noon: FrozenClock, trouble
):
    row_id = town.put(malee, "hello")
    town.fake.state.fail(trouble)

    town.drain()

    row = message(row_id)
    assert (row.state, row.attempts, row.last_status) == (READY, 0, int(trouble))
    assert active_pauses(db.session())[CITIZEN].until == now() + timedelta(minutes=15)
    db.session.rollback()
    frozen_noon.advance(timedelta(minutes=15))
    assert town.drain().sent == 1


@pytest.mark.parametrize(
    ("trouble", "reason"), [("401", DeliveryReason.UNAUTHORISED), ("429_month", DeliveryReason.QUOTA)]
)
def test_the_administrators_hear_of_a_stopped_channel_once(
    town: Town, malee, frozen_noon: FrozenClock, trouble, reason
):
    town.put(malee, "hello")
    town.fake.state.fail(trouble, 3)
    for _ in range(2):
        town.drain()
        with write_transaction() as session:
            assert lift_pause(session, CITIZEN)
    town.drain()

    db.session.rollback()
    told = db.session.execute(
        select(StaffUser.username, Notification.facts)
        .join(StaffUser, StaffUser.id == Notification.staff_user_id)
        .where(Notification.template_key == "line_paused")
    ).all()
    assert [name for name, _ in told] == ["admin"]
    assert told[0].facts["reason"] == reason.value
    assert told[0].facts["channel"] == "line_citizen"


def test_one_refused_token_costs_one_request_for_a_hundred_messages(town: Town):
    ids = [town.put(town.friend(f"citizen{n}"), "hello") for n in range(30)]
    town.fake.state.fail("401", 1000)

    counts = town.drain()

    assert counts.postponed == 8, "one handful was under way"
    assert {message(row_id).attempts for row_id in ids} == {0}


def test_somebody_may_let_a_channel_go_on(town: Town, malee):
    account = town.fake.state.channels["citizen"]
    account.quota_limit = 0
    town.put(malee, "hello")
    town.drain()
    account.quota_limit = 100

    with write_transaction() as session:
        assert lift_pause(session, CITIZEN)
        assert not lift_pause(session, CITIZEN)

    assert town.drain().sent == 1


# The message or the person is wrong -------------------------------------------------------------------------


def test_a_person_line_does_not_know_fails_and_the_next_message_goes(town: Town, malee):
    with write_transaction() as session:
        stranger = "U" + "f" * 32
        session.add(LineAccount(channel="citizen", line_user_id=stranger, bound_at=now()))
    lost = town.put(stranger, "to nobody")
    town.put(malee, "to Malee")

    town.drain()

    row = message(lost)
    assert (row.state, row.last_status, row.attempts) == (FAILED, 400, 1)
    assert row.last_error == "recipient_invalid: Failed to send messages"
    account = db.session.scalars(select(LineAccount).where(LineAccount.line_user_id == stranger)).one()
    assert account.state is LineState.UNKNOWN
    assert town.texts(malee) == ["to Malee"]


def test_a_message_line_calls_wrong_fails_at_once_and_for_good(town: Town, malee):
    with_bad_body = town.put(malee, "x", sent_body=[{"type": "text", "text": ""}])

    town.drain()

    row = message(with_bad_body)
    assert (row.state, row.last_status, row.last_error.split(":")[0]) == (FAILED, 400, "refused")
    assert town.drain().total == 0


def test_a_message_that_came_too_late_is_not_sent(town: Town, malee, frozen_noon: FrozenClock):
    row_id = town.put(malee, "hello", expires_at=now() + timedelta(hours=1))
    frozen_noon.advance(timedelta(hours=1))

    town.drain()

    assert (message(row_id).state, message(row_id).last_error) == (DeliveryState.CANCELLED, "expired")
    assert town.fake.state.sendings == []


# Answers ----------------------------------------------------------------------------------------------------


def reply(town: Town, malee: str, token: str | None = None) -> int:
    token = token or town.fake.state.issue_reply_token("citizen", malee)
    return town.put(malee, "answer", reply_token=token, expires_at=now() + timedelta(seconds=45))


def test_an_answer_goes_by_its_token_and_costs_nothing(town: Town, malee):
    reply(town, malee)

    town.drain()

    assert [(sending.via, sending.retry_key) for sending in town.fake.state.sendings] == [("reply", "")]
    assert town.fake.state.channels["citizen"].used == 0


def test_an_answer_whose_token_is_spent_fails_and_is_not_pushed(town: Town, malee):
    row_id = reply(town, malee, token="0" * 32)

    town.drain()

    assert (message(row_id).state, message(row_id).last_error.split(":")[0]) == (FAILED, "reply_too_late")
    assert town.fake.state.sendings == []


@pytest.mark.parametrize("trouble", ["lost_response", "500_after_accept", "500"])
def test_an_answer_that_may_have_arrived_is_never_repeated(town: Town, malee, frozen_noon, trouble):
    row_id = reply(town, malee)
    town.fake.state.fail(trouble)
    town.drain()

    assert (message(row_id).state, message(row_id).last_error.split(":")[0]) == (DEAD, "uncertain")
    frozen_noon.advance(timedelta(seconds=10))
    assert town.drain().total == 0


def test_an_answer_that_surely_did_not_leave_is_tried_while_its_token_lives(town: Town, malee, frozen_noon):
    letter = Letter(
        row_id=1,
        channel=CITIZEN,
        recipient=malee,
        reply_token="token",
        retry_key="",
        attempts=0,
        first_attempt_at=None,
        expires_at=now() + timedelta(seconds=45),
        was_tried=False,
        written_at=now(),
    )
    refused = LineRetryable(None, "NewConnectionError")

    assert judge(letter, refused, now()).state is READY
    assert judge(letter, refused, now() + timedelta(seconds=44)).state is DeliveryState.CANCELLED


def test_an_answer_a_worker_died_over_is_not_sent_again(town: Town, malee):
    token = town.fake.state.issue_reply_token("citizen", malee)
    row_id = town.put(malee, "answer", reply_token=token, attempts=1, first_attempt_at=now())

    town.drain()

    assert (message(row_id).state, message(row_id).last_error) == (DEAD, "uncertain")
    assert town.fake.state.sendings == []


# The table by itself ----------------------------------------------------------------------------------------


def push(**columns) -> Letter:
    common = {"row_id": 1, "channel": CITIZEN, "recipient": "U", "reply_token": None, "retry_key": "k"}
    times = {
        "attempts": 0,
        "first_attempt_at": None,
        "expires_at": None,
        "was_tried": False,
        "written_at": now(),
    }
    return Letter(**{**common, **times, **columns})


def test_a_try_whose_next_turn_would_come_after_the_limit_is_the_last(frozen_noon):
    first = now() - STOP_AFTER + timedelta(seconds=5)

    verdict = judge(push(attempts=9, first_attempt_at=first), LineRetryable(500, "ill"), now())

    assert (verdict.state, verdict.reason) == (DEAD, DeliveryReason.UNCERTAIN)


def test_a_server_that_says_when_to_come_back_is_obeyed(frozen_noon):
    verdict = judge(push(), LineRetryable(503, "busy", retry_after=1200), now())

    assert verdict.again_at == now() + timedelta(seconds=1200)


def test_being_repeated_is_being_sent(frozen_noon):
    assert judge(push(), Accepted("id", repeated=True), now()).state is SENT
    assert judge_before(push(), now()) is None
