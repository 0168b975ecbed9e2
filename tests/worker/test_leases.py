"""A row is taken by one worker at a time, on both databases, whatever becomes of the worker."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest
from flask import Flask
from helpers.line import new_message
from helpers.statements import full_scans, plan_of

from domain.clock import FrozenClock, now
from extensions import db, write_transaction
from models import DeliveryState, Job, JobKind, LineChannel, OutboxChannel, OutboxMessage, WebhookReceipt
from worker.leases import begin, claim, finish, give_back, has_work, postpone, wait_after, waiting
from worker.outbox import sendable

KINDS = [OutboxMessage, Job, WebhookReceipt]
SENT, READY = DeliveryState.SENT, DeliveryState.READY


def fresh_row(kind, **columns):
    common = {"not_before": now(), "created_at": now()}
    if kind is OutboxMessage:
        return new_message("U1", "hello", **columns)
    if kind is Job:
        own = {"kind": JobKind.COMPLAINT_COPY, "dedupe_key": str(uuid.uuid4())}
    else:
        own = {"channel": LineChannel.STAFF, "webhook_event_id": str(uuid.uuid4()), "body": {}}
    return kind(**{**common, **own, **columns})


@pytest.fixture
def put(app):
    """put(kind, …) stores a row and returns its id."""

    def store(kind, **columns):
        with write_transaction() as session:
            row = fresh_row(kind, **columns)
            session.add(row)
            session.flush()
            return row.id

    return store


def take(kind, limit=10, **more):
    with write_transaction() as session:
        return claim(session, kind, limit=limit, **more)


def row(kind, row_id):
    db.session.rollback()
    return db.session.get(kind, row_id)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__tablename__)
def test_a_worker_takes_what_is_due_oldest_first_and_nobody_else_gets_it(put, kind, frozen_noon):
    first, second, third = put(kind), put(kind), put(kind)
    put(kind, not_before=now() + timedelta(seconds=1))

    mine = take(kind, limit=2)

    assert mine.ids == (first, second)
    assert take(kind).ids == (third,)
    assert take(kind) is None


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__tablename__)
def test_when_a_worker_dies_another_takes_over_after_the_lease(put, kind, frozen_noon: FrozenClock):
    row_id = put(kind)
    take(kind)
    frozen_noon.advance(timedelta(seconds=89))
    assert take(kind) is None

    frozen_noon.advance(timedelta(seconds=1))

    assert take(kind).ids == (row_id,)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__tablename__)
def test_the_late_word_of_a_slow_worker_changes_nothing(put, kind, frozen_noon: FrozenClock):
    row_id = put(kind)
    slow = take(kind)
    frozen_noon.advance(timedelta(minutes=2))
    quick = take(kind)

    with write_transaction() as session:
        assert begin(session, kind, slow, [row_id]) == frozenset()
        assert not finish(session, kind, row_id, slow.token, DeliveryState.FAILED)
        assert not postpone(session, kind, row_id, slow.token, now())
        assert give_back(session, kind, slow, [row_id]) == 0
        assert finish(session, kind, row_id, quick.token, SENT)

    assert row(kind, row_id).state is SENT


def test_a_finished_row_remembers_when_and_holds_no_key(put, frozen_noon):
    row_id = put(Job)
    lease = take(Job)

    with write_transaction() as session:
        finish(session, Job, row_id, lease.token, SENT)

    done = row(Job, row_id)
    assert (done.done_at, done.lease_token, done.leased_until) == (now(), None, None)
    assert take(Job) is None


def test_an_attempt_is_counted_when_it_begins_not_when_the_row_is_claimed(put, frozen_noon: FrozenClock):
    row_id = put(OutboxMessage)
    lease = take(OutboxMessage)
    assert row(OutboxMessage, row_id).attempts == 0
    frozen_noon.advance(timedelta(seconds=60))

    with write_transaction() as session:
        assert begin(session, OutboxMessage, lease, [row_id]) == {row_id}

    begun = row(OutboxMessage, row_id)
    assert (begun.attempts, begun.first_attempt_at) == (1, now())
    assert begun.leased_until == now() + timedelta(seconds=90), "beginning renews the lease"


def test_rows_given_back_are_as_if_nobody_had_touched_them(put, frozen_noon):
    row_id = put(OutboxMessage)
    lease = take(OutboxMessage)

    with write_transaction() as session:
        assert give_back(session, OutboxMessage, lease, [row_id]) == 1

    untouched = row(OutboxMessage, row_id)
    assert (untouched.state, untouched.attempts, untouched.first_attempt_at) == (READY, 0, None)
    assert take(OutboxMessage).ids == (row_id,)


def test_a_try_that_reached_nobody_is_taken_back(put, frozen_noon: FrozenClock):
    row_id = put(Job)
    lease = take(Job, counted=True)
    later = now() + timedelta(minutes=1)

    with write_transaction() as session:
        postpone(session, Job, row_id, lease.token, later, counts=False, last_error="rate_limited")

    waits = row(Job, row_id)
    assert (waits.attempts, waits.first_attempt_at, waits.not_before) == (0, None, later)
    assert waits.last_error == "rate_limited"


def test_a_try_that_failed_keeps_the_moment_of_the_first(put, frozen_noon: FrozenClock):
    row_id = put(Job)
    began = now()
    for _ in range(2):
        lease = take(Job, counted=True)
        with write_transaction() as session:
            postpone(session, Job, row_id, lease.token, now() + timedelta(minutes=1))
        frozen_noon.advance(timedelta(minutes=1))

    waits = row(Job, row_id)
    assert (waits.attempts, waits.first_attempt_at) == (2, began)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__tablename__)
def test_a_row_that_kills_its_workers_ends_at_last(put, kind, frozen_noon: FrozenClock):
    row_id = put(kind, max_attempts=3)
    for _ in range(3):
        assert take(kind, counted=True).ids == (row_id,)
        frozen_noon.advance(timedelta(seconds=91))

    assert take(kind) is None

    buried = row(kind, row_id)
    assert (buried.state, buried.last_error) == (DeliveryState.DEAD, "crashed")


def test_no_claim_is_larger_than_a_hundred(app, frozen_noon):
    with write_transaction() as session:
        session.add_all(fresh_row(Job) for _ in range(101))

    assert len(take(Job, limit=5000).ids) == 100


def test_looking_whether_there_is_work_takes_nothing(put, sql_count):
    row_id = put(Job)

    with sql_count() as statements:
        assert has_work(db.session(), Job)

    assert not [one for one in statements if one.lstrip().upper().startswith(("UPDATE", "WITH"))]
    assert row(Job, row_id).state is READY


def test_two_workers_claiming_at_the_same_moment_share_no_row(app: Flask):
    with write_transaction() as session:
        session.add_all(fresh_row(OutboxMessage) for _ in range(40))
    taken: list[int] = []
    together = threading.Barrier(4)

    def worker():
        with app.app_context():
            together.wait()
            while (lease := take(OutboxMessage, limit=3)) is not None:
                taken.extend(lease.ids)
            db.session.remove()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == 40
    assert len(set(taken)) == 40


def test_a_worker_does_not_wait_for_the_rows_another_is_just_taking(app: Flask, backend):
    if not str(db.engine.url).startswith("postgresql"):
        pytest.skip("on SQLite writers queue up; the claim is short")
    with write_transaction() as session:
        session.add_all(fresh_row(Job) for _ in range(4))
    with write_transaction() as session:
        first = claim(session, Job, limit=2)
        with app.app_context():
            second = take(Job)
            db.session.remove()
    assert len(first.ids) == len(second.ids) == 2
    assert not set(first.ids) & set(second.ids)


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 10), (2, 20), (3, 40), (9, 2560), (10, 3600), (25, 3600), (10_000, 3600)]
)
def test_the_wait_doubles_up_to_an_hour_spread_by_a_fifth(attempts, seconds):
    waits = [wait_after(attempts).total_seconds() for _ in range(200)]

    assert all(seconds * 0.8 <= wait <= seconds * 1.2 for wait in waits)
    assert max(waits) - min(waits) > seconds * 0.1


def test_the_claim_reads_the_open_rows_only_however_many_are_done(app):
    with write_transaction() as session:
        done = [new_message(f"U{n % 500}", "old", state=SENT, done_at=now()) for n in range(6000)]
        session.add_all(done)
        session.add_all(new_message(f"U{n}", "new") for n in range(20))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    only = sendable(now(), [OutboxChannel.LINE_CITIZEN], {})

    plan = plan_of(db.session(), waiting(OutboxMessage, now(), only).limit(1))

    assert full_scans(plan, "outbox_message") == []
    assert "ix_outbox_message_due" in plan
    assert "ix_outbox_message_order" in plan
