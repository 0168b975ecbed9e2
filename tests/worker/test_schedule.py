"""Periodic work: each task once at its time, whoever runs it, and what the tasks leave behind."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from helpers.line import STAFF, Town
from sqlalchemy import func, select

from domain.attachments import StoredFile, hold_photo
from domain.audit import broken_seals, record
from domain.clock import FrozenClock, now
from domain.deliveries import DeliveryReason, active_pauses, pause_channel
from domain.settings import write_setting
from extensions import db, write_transaction
from models import (
    Attachment,
    AttachmentStage,
    AuditAction,
    AuditEntry,
    AuthAttempt,
    DeliveryState,
    Draft,
    LineChannel,
    OutboxChannel,
    OutboxMessage,
    Schedule,
    WebhookReceipt,
)
from worker import upkeep
from worker.schedule import TASKS, Task, plan_tasks, register_task, run_tasks

pytestmark = pytest.mark.usefixtures("frozen_noon")
HOUR = timedelta(hours=1)


def never() -> bool:
    return False


class Counter:
    """A task that counts its runs, and fails when told to."""

    def __init__(self) -> None:
        self.runs = 0
        self.fails = False

    def __call__(self, _app: Flask) -> int:
        self.runs += 1
        if self.fails:
            raise LookupError("secret words")
        return self.runs


@pytest.fixture
def counter(app) -> Counter:
    counting = Counter()
    plan_tasks({"count": Task(HOUR, counting)})
    return counting


def run(app: Flask, task) -> int:
    ran = run_tasks(app, never, {"count": Task(HOUR, task)})
    db.session.rollback()
    return ran


def test_a_new_task_runs_at_once_and_then_every_hour(app, counter, frozen_noon: FrozenClock):
    assert run(app, counter) == 1
    frozen_noon.advance(timedelta(minutes=59))
    assert run(app, counter) == 0
    frozen_noon.advance(timedelta(minutes=1))
    assert run(app, counter) == 1

    assert counter.runs == 2
    assert db.session.get(Schedule, "count").last_run_at == now()


def test_after_a_long_outage_a_task_runs_once_not_once_for_every_hour_missed(app, counter, frozen_noon):
    run(app, counter)
    frozen_noon.advance(timedelta(days=3))

    assert run(app, counter) == 1
    assert run(app, counter) == 0


def test_several_workers_run_a_task_once(app: Flask, counter):
    together = threading.Barrier(4)
    ran: list[int] = []

    def worker():
        with app.app_context():
            together.wait()
            ran.append(run_tasks(app, never, {"count": Task(HOUR, counter)}))
            db.session.remove()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ran) == [0, 0, 0, 1]
    assert counter.runs == 1


def test_a_task_that_fails_says_so_and_comes_round_again(app, counter, frozen_noon: FrozenClock):
    counter.fails = True
    run(app, counter)
    assert db.session.get(Schedule, "count").last_error == "handler_failed: LookupError"
    counter.fails = False
    frozen_noon.advance(HOUR)

    run(app, counter)

    assert db.session.get(Schedule, "count").last_error is None
    assert counter.runs == 2


def test_a_worker_that_is_to_stop_begins_no_task(app, counter):
    assert run_tasks(app, lambda: True, {"count": Task(HOUR, counter)}) == 0


def test_a_task_of_an_older_version_is_left_alone(app, counter):
    assert run_tasks(app, never, {}) == 0


def test_a_changed_interval_reaches_the_row(app, counter):
    plan_tasks({"count": Task(timedelta(hours=2), counter)})

    db.session.rollback()
    assert db.session.get(Schedule, "count").every_seconds == 7200


def test_a_room_may_add_a_task_but_not_take_another_one_s_name():
    mine = Counter()
    register_task("test_task", HOUR, mine)
    try:
        register_task("test_task", HOUR, mine)
        with pytest.raises(ValueError, match="test_task"):
            register_task("test_task", HOUR, Counter())
    finally:
        TASKS.pop("test_task")


def test_all_the_house_s_tasks_run_on_both_databases(app):
    plan_tasks()

    assert run_tasks(app, never) == len(TASKS)

    db.session.rollback()
    assert set(db.session.scalars(select(Schedule.last_error))) == {None}


# What the tasks do ------------------------------------------------------------------------------------------


def test_the_audit_log_is_sealed_and_a_change_would_show(app, act_as):
    with write_transaction() as session:
        record(session, act_as("admin"), AuditAction.UPDATE, object_type="setting", object_id="x")

    assert upkeep.seal_audit(app)
    assert not upkeep.seal_audit(app), "nothing new to seal"

    assert broken_seals(db.session()) == []
    with write_transaction() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == AuditAction.UPDATE)).first()
        entry.reason = "forged"
    assert len(broken_seals(db.session())) == 1


def test_old_attempts_are_forgotten_and_fresh_ones_kept(app):
    with write_transaction() as session:
        session.add(AuthAttempt(purpose="sign_in", key="ip:1", at=now() - timedelta(days=2)))
        session.add(AuthAttempt(purpose="sign_in", key="ip:2", at=now()))

    assert upkeep.sweep_attempts(app) == 1

    assert db.session.scalars(select(AuthAttempt.key)).all() == ["ip:2"]


def test_photos_of_a_form_nobody_saved_go_with_their_files_after_a_month(app, act_as, frozen_noon):
    files = app.extensions["files"]
    actor = act_as("clerk")
    kept = {}
    for token in ("old", "new"):
        keys = [files.put(b"jpeg", ".jpg") for _ in range(2)]
        kept[token] = set(keys)
        stored = StoredFile(
            storage_key=keys[0], preview_key=keys[1], media_type="image/jpeg", byte_size=4, sha256="0" * 64
        )
        with write_transaction() as session:
            hold_photo(session, actor, token, AttachmentStage.BEFORE, stored)
            common = {"staff_user_id": actor.staff_user_id, "form_name": "complaint", "token": token}
            session.add(Draft(**common, fields={}, updated_at=now()))
        frozen_noon.advance(timedelta(days=16))

    assert upkeep.drop_drafts(app) == 2

    assert files.keys() == kept["new"]
    assert db.session.scalars(select(Attachment.draft_token)).all() == ["new"]
    assert db.session.scalars(select(Draft.token)).all() == ["new"]


def test_files_nobody_names_go_after_a_day(app, frozen_noon):
    files = app.extensions["files"]
    orphan, fresh, held = (files.put(b"x", ".jpg") for _ in range(3))
    half = files.path(orphan).with_suffix(".part")
    half.write_bytes(b"half")
    with write_transaction() as session:
        session.add(
            Attachment(
                public_id="held",
                draft_token="form",
                stage=AttachmentStage.BEFORE,
                display_name="",
                media_type="",
                byte_size=1,
                sha256="",
                storage_key=held,
                uploaded_at=now(),
            )
        )
    noon = frozen_noon().timestamp()
    for path, age in ((files.path(orphan), 2), (half, 2), (files.path(held), 2), (files.path(fresh), 0.5)):
        os.utime(path, (noon - age * 86_400, noon - age * 86_400))

    assert upkeep.drop_litter(app) == 2
    assert upkeep.drop_litter(app) == 0

    assert files.keys() == {fresh, held}
    assert not half.exists()


def test_a_message_a_month_old_keeps_what_the_timeline_shows_and_loses_the_rest(town: Town, frozen_noon):
    malee = town.friend("malee")
    old = town.put(malee, "hello", recipient_name="นางมาลี ใจดี")
    town.drain()
    frozen_noon.advance(timedelta(days=20))
    fresh = town.put(malee, "again")
    town.drain()
    failed = town.put(malee, "x", template_key="nothing")
    town.drain()
    frozen_noon.advance(timedelta(days=11))

    assert upkeep.trim_outbox(town.app) == 1
    assert upkeep.trim_outbox(town.app) == 0

    trimmed = db.session.get_one(OutboxMessage, old)
    assert (trimmed.recipient, trimmed.facts, trimmed.sent_body, trimmed.reply_token) == ("", {}, None, None)
    assert (trimmed.state, trimmed.recipient_name) == (DeliveryState.SENT, "นางมาลี ใจดี")
    assert trimmed.done_at is not None
    assert db.session.get_one(OutboxMessage, fresh).sent_body
    assert db.session.get_one(OutboxMessage, failed).facts


@pytest.mark.parametrize(("kept", "gone"), [(30, 1), (7, 2)])
def test_webhook_events_go_when_the_town_says(app, frozen_noon: FrozenClock, kept: int, gone: int):
    with write_transaction() as session:
        write_setting(session, "keep_receipts_days", kept)
        for name, days in (("old", 31), ("week", 8), ("new", 0), ("undone", None)):
            done = None if days is None else now() - timedelta(days=days)
            state = DeliveryState.SENT if done else DeliveryState.READY
            receipt = {"channel": LineChannel.CITIZEN, "webhook_event_id": name, "body": {}}
            session.add(
                WebhookReceipt(**receipt, state=state, done_at=done, not_before=now(), created_at=now())
            )

    assert upkeep.drop_receipts(app) == gone

    assert {"new", "undone"} <= set(db.session.scalars(select(WebhookReceipt.webhook_event_id)))


def test_a_town_without_line_gathers_no_messages_for_ever(town: Town, frozen_noon: FrozenClock):
    settings = town.app.extensions["settings"]
    town.app.extensions["settings"] = replace(settings, line_staff_token=None)
    officer = town.friend("officer2", "staff")
    first = town.put(officer, "an order", channel=STAFF)
    town.drain(periodic=True)
    waiting = db.session.get_one(OutboxMessage, first)
    assert (waiting.state, waiting.last_error) == (DeliveryState.READY, "channel_off")
    frozen_noon.advance(timedelta(hours=23))
    second = town.put(officer, "another", channel=STAFF)
    frozen_noon.advance(HOUR)

    town.drain(periodic=True)

    states = [db.session.get_one(OutboxMessage, one).state for one in (first, second)]
    assert states == [DeliveryState.CANCELLED, DeliveryState.READY]
    assert db.session.get_one(OutboxMessage, first).last_error == "channel_off"


def test_a_token_that_was_missing_for_an_hour_costs_no_message(town: Town, frozen_noon: FrozenClock):
    settings = town.app.extensions["settings"]
    officer = town.friend("officer2", "staff")
    town.app.extensions["settings"] = replace(settings, line_staff_token=None)
    town.put(officer, "an order", channel=STAFF)
    town.drain(periodic=True)
    frozen_noon.advance(HOUR)
    town.app.extensions["settings"] = settings

    assert town.drain(periodic=True).sent == 1


def test_a_token_with_a_line_break_in_it_is_a_channel_that_is_off(town: Town):
    settings = town.app.extensions["settings"]
    town.app.extensions["settings"] = replace(settings, line_staff_token="two\nlines")
    town.put(town.friend("officer2", "staff"), "an order", channel=STAFF)
    town.put(town.friend("malee"), "hello")

    counts = town.drain()

    assert counts.sent == 1


def test_a_quota_line_does_not_tell_changes_nothing(town: Town):
    with write_transaction() as session:
        pause_channel(session, OutboxChannel.LINE_CITIZEN, DeliveryReason.QUOTA)
    town.fake.state.fail("500", path="/quota")

    assert upkeep.look_after_channels(town.app) == 0

    assert OutboxChannel.LINE_CITIZEN in active_pauses(db.session())


def test_many_old_rows_go_in_portions(app, monkeypatch, frozen_noon):
    monkeypatch.setattr(upkeep, "_ROWS_AT_A_TIME", 3)
    with write_transaction() as session:
        for number in range(7):
            receipt = {"channel": LineChannel.STAFF, "webhook_event_id": str(number), "body": {}}
            times = {"not_before": now(), "created_at": now(), "done_at": now() - timedelta(days=40)}
            session.add(WebhookReceipt(**receipt, **times, state=DeliveryState.SENT))

    assert upkeep.drop_receipts(app) == 7

    assert db.session.scalar(select(func.count()).select_from(WebhookReceipt)) == 0
