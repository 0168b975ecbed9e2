"""The loop itself: it starts, wakes, survives what breaks inside, does its jobs and stops when told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from flask import Flask
from helpers.line import CITIZEN, Town
from sqlalchemy import select

from commands.worker import worker_command
from domain.clock import now
from domain.deliveries import DeliveryReason, active_pauses, pause_channel
from extensions import db, write_transaction
from models import DeliveryState, Job, JobKind, OutboxMessage, Setting, WebhookReceipt
from worker import jobs, loop
from worker.embedded import start_embedded_worker
from worker.jobs import HANDLERS, register_job
from worker.loop import drain_once, run_worker, wake_worker

ROOT = Path(__file__).parents[2]
KIND = JobKind.CASE_EXPORT


@pytest.fixture
def only_my_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs of this test are done by this test."""
    monkeypatch.setattr(jobs, "HANDLERS", {})


def put_job(**columns) -> int:
    with write_transaction() as session:
        job = Job(
            kind=KIND,
            arguments={"year": 2569},
            dedupe_key=f"job:{columns.get('dedupe', 1)}",
            not_before=now(),
            created_at=now(),
            max_attempts=3,
        )
        session.add(job)
        session.flush()
        return job.id


def job_row(job_id: int) -> Job:
    db.session.rollback()
    return db.session.get_one(Job, job_id)


# Running ----------------------------------------------------------------------------------------------------


def test_a_worker_beside_the_server_sends_as_soon_as_it_is_woken(town: Town, monkeypatch):
    monkeypatch.setattr(loop, "BUSY_SECONDS", 60.0)
    monkeypatch.setattr(loop, "IDLE_SECONDS", 60.0)
    malee = town.friend("malee")
    town.put(malee, "first")
    worker = start_embedded_worker(town.app)
    try:
        assert town.fake.state.wait_for_sendings(1)
        town.put(malee, "second")
        wake_until(town, 2)
    finally:
        worker.stop()

    assert town.texts(malee) == ["first", "second"]
    assert not worker.is_running
    assert "wake_worker" not in town.app.extensions


def wake_until(town: Town, count: int) -> None:
    """Ring until it is heard: the first ring may come while the worker is still busy noting the last one."""
    for _ in range(100):
        wake_worker(town.app)
        if len(town.fake.state.wait_for_sendings(count, 0.1)) >= count:
            return
    raise AssertionError("the worker slept on")


def test_a_webhook_wakes_the_worker(town: Town, monkeypatch):
    monkeypatch.setattr(loop, "BUSY_SECONDS", 60.0)
    monkeypatch.setattr(loop, "IDLE_SECONDS", 60.0)
    malee = town.friend("malee")
    worker = start_embedded_worker(town.app)
    try:
        while "wake_worker" not in town.app.extensions:
            time.sleep(0.01)
        event = town.fake.hooks.text("citizen", malee, "สวัสดี")
        assert town.fake.send_webhook("citizen", [event]) == 200
        wake_until(town, 1)
    finally:
        worker.stop()

    assert "พิมพ์เล่าหรือส่งภาพมาได้เลย" in town.texts(malee)[0]


def test_nobody_to_wake_is_no_error(app):
    wake_worker(app)


def test_a_lane_that_breaks_is_logged_and_goes_on(town: Town, monkeypatch, caplog):
    monkeypatch.setattr(loop, "BUSY_SECONDS", 0.01)
    monkeypatch.setattr(loop, "IDLE_SECONDS", 0.01)
    broken = threading.Event()
    whole = loop.outbox.send_due

    def breaks_once(*args):
        if not broken.is_set():
            broken.set()
            raise ConnectionError("the database went away")
        return whole(*args)

    monkeypatch.setattr(loop.outbox, "send_due", breaks_once)
    town.put(town.friend("malee"), "hello")
    worker = start_embedded_worker(town.app)
    try:
        assert len(town.fake.state.wait_for_sendings(1)) == 1
    finally:
        worker.stop()

    assert broken.is_set()
    assert "worker lane failed" in caplog.text


def test_a_slow_job_keeps_no_message_waiting(town: Town, only_my_handler, monkeypatch):
    monkeypatch.setattr(loop, "IDLE_SECONDS", 0.05)
    running, may_end = threading.Event(), threading.Event()

    def slow(_app, _job):
        running.set()
        may_end.wait(10)
        return lambda session: None

    register_job(KIND, slow)
    job_id = put_job()
    worker = start_embedded_worker(town.app)
    try:
        assert running.wait(10)
        town.put(town.friend("malee"), "hello")
        wake_until(town, 1)
        assert job_row(job_id).state is DeliveryState.LEASED
    finally:
        may_end.set()
        worker.stop()

    assert job_row(job_id).state is DeliveryState.SENT


def test_told_to_stop_it_finishes_what_is_under_way_and_puts_back_the_rest(town: Town):
    people = [town.friend(f"citizen{number}") for number in range(20)]
    ids = [town.put(person, "hello") for person in people]
    town.fake.state.fail("timeout_after_accept", 1)
    stop = threading.Event()
    worker = threading.Thread(target=run_worker, args=(town.app, stop))
    worker.start()
    assert len(town.fake.state.wait_for_sendings(8)) >= 8
    stop.set()
    town.fake.state.release()
    worker.join(20)

    db.session.rollback()
    rows = [db.session.get_one(OutboxMessage, row_id) for row_id in ids]
    assert not worker.is_alive()
    assert [row.state for row in rows].count(DeliveryState.SENT) == len(town.fake.state.sendings) == 8
    assert {(row.state, row.attempts) for row in rows[8:]} == {(DeliveryState.READY, 0)}


def test_a_restart_tries_a_refused_token_again(town: Town):
    with write_transaction() as session:
        pause_channel(session, CITIZEN, DeliveryReason.UNAUTHORISED)
    stop = threading.Event()
    stop.set()

    run_worker(town.app, stop)

    assert active_pauses(db.session()) == {}
    assert db.session.scalar(select(Setting.key).where(Setting.key.startswith("sending_pause"))) is not None


def test_the_command_sends_and_ends_on_sigterm(town: Town, backend, tmp_path: Path):
    malee = town.friend("malee")
    town.put(malee, "hello")
    settings = town.app.extensions["settings"]
    environment = {
        **os.environ,
        "APP_MODE": "test",
        "APP_DATA": str(tmp_path),
        "DATABASE_URL": settings.database_url,
        "LINE_API_URL": town.url,
        "LINE_CITIZEN_TOKEN": "citizen-token",
        "LINE_CITIZEN_SECRETS": "citizen-secret",
    }
    program = (
        "from flask.cli import ScriptInfo; from app import create_app;"
        "from commands.worker import worker_command;"
        "worker_command.main([], obj=ScriptInfo(create_app=create_app))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, stdout=subprocess.PIPE
    )
    try:
        assert len(town.fake.state.wait_for_sendings(1, 30)) == 1
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()

    assert process.returncode == 0
    assert "หยุดทำงานเบื้องหลังแล้ว" in said.decode()
    assert town.texts(malee) == ["hello"]


def test_once_does_what_is_due_and_says_how_much(town: Town):
    town.put(town.friend("malee"), "hello")

    said = town.app.test_cli_runner().invoke(worker_command, ["--once"])

    assert said.exit_code == 0
    assert "ส่งแล้ว 1 ข้อความ" in said.output


# Draining ---------------------------------------------------------------------------------------------------


def test_a_drain_does_everything_in_its_order_and_then_nothing(town: Town, only_my_handler):
    register_job(KIND, lambda app, job: lambda session: None)
    put_job()
    malee = town.friend("malee")
    event = town.fake.hooks.text("citizen", malee, "สวัสดี")
    town.fake.send_webhook("citizen", [event])
    town.put(malee, "news")

    counts = town.drain(periodic=True)

    assert (counts.receipts, counts.sent, counts.jobs) == (1, 2, 1)
    assert counts.tasks >= 7
    assert town.drain(periodic=True).total == 0


def test_a_drain_without_line_needs_no_postman(app: Flask):
    assert drain_once(app).sent == 0


# Jobs -------------------------------------------------------------------------------------------------------


def test_a_job_is_done_with_its_arguments_and_keeps_its_result(app, only_my_handler):
    seen = []

    def handler(_app, job):
        seen.append((job.kind, job.arguments, job.complaint_id))
        return lambda session: "ab/result.xlsx"

    register_job(KIND, handler)
    job_id = put_job()

    assert drain_once(app).jobs == 1

    done = job_row(job_id)
    assert (done.state, done.result_key, done.progress) == (DeliveryState.SENT, "ab/result.xlsx", 100)
    assert seen == [(KIND, {"year": 2569}, None)]


def test_what_a_job_writes_and_that_it_is_done_are_one_thing(app, only_my_handler, fault_at):
    register_job(KIND, lambda _app, _job: lambda session: session.add(marker()) or "key")
    job_id = put_job()

    with fault_at("before_commit", 2), pytest.raises(AssertionError):  # The first is the claim.
        raise AssertionError(jobs.run_due(app))

    db.session.rollback()
    assert db.session.get(Setting, "marker") is None
    assert job_row(job_id).state is DeliveryState.READY
    assert job_row(job_id).last_error == "handler_failed: InjectedFault"


def marker() -> Setting:
    return Setting(key="marker", value=1)


def test_a_job_another_worker_took_over_leaves_no_second_result(app, only_my_handler, frozen_noon):
    def overtaken(_app, job):
        with write_transaction() as session:
            session.get_one(Job, job.id).lease_token = "another worker"
        return lambda session: session.add(marker())

    register_job(KIND, overtaken)
    job_id = put_job()

    jobs.run_due(app)

    assert db.session.get(Setting, "marker") is None
    assert job_row(job_id).state is DeliveryState.LEASED


def test_a_job_that_fails_is_tried_again_and_given_up_on_at_last(app, only_my_handler, frozen_noon):
    def fails(_app, _job):
        raise MemoryError

    register_job(KIND, fails)
    job_id = put_job()
    states = []
    for _ in range(3):
        jobs.run_due(app)
        states.append(job_row(job_id).state)
        frozen_noon.move_to(max(now(), job_row(job_id).not_before))

    assert states == [DeliveryState.READY, DeliveryState.READY, DeliveryState.DEAD]
    assert job_row(job_id).last_error == "handler_failed: MemoryError"
    assert jobs.run_due(app) == 0


def test_a_job_nobody_can_do_waits(app, only_my_handler):
    job_id = put_job()

    assert drain_once(app).jobs == 0
    assert job_row(job_id).attempts == 0


def test_two_handlers_for_one_kind_are_refused(only_my_handler):
    register_job(KIND, lambda _app, _job: lambda session: None)
    with pytest.raises(ValueError, match="case_export"):
        register_job(KIND, lambda _app, _job: lambda session: None)


def test_the_registry_is_the_one_rooms_write_to():
    assert jobs.HANDLERS is HANDLERS


# Webhook events ---------------------------------------------------------------------------------------------


def test_an_event_whose_handler_breaks_is_tried_again_and_then_given_up(town: Town, monkeypatch, frozen_noon):
    def breaks(*_args):
        raise ZeroDivisionError

    monkeypatch.setattr("worker.receipts.handle", breaks)
    town.fake.send_webhook("citizen", [town.fake.hooks.text("citizen", town.friend("malee"), "x")])
    with write_transaction() as session:
        session.scalars(select(WebhookReceipt)).one().max_attempts = 2
    errors = []
    for _ in range(2):
        town.drain()
        receipt = db.session.scalars(select(WebhookReceipt)).one()
        errors.append((receipt.state, receipt.last_error))
        frozen_noon.move_to(max(now(), receipt.not_before))

    failed = "handler_failed: ZeroDivisionError"
    assert errors == [(DeliveryState.READY, failed), (DeliveryState.DEAD, failed)]
    assert town.drain().receipts == 0
