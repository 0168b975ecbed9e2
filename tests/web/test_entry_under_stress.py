"""Saving a complaint while things go wrong: two presses at one moment, a held database, a full disk."""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.counter import (
    ENTRY,
    assert_each_form_became_one_complaint,
    citizen_with_line,
    entry_fields,
    tokens_of,
)
from helpers.people import sign_in_client
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from domain.registration import MAX_STORY
from extensions import db, write_transaction
from models import Complaint, FormToken, Job, NumberSeries, OutboxMessage
from storage import FileStore

SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
POSTGRES = pytest.mark.parametrize(
    "backend", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
HELD_FOR = 2.0
TWINS = 4


class Clerk:
    """A clerk with the entry page open and everything filled in."""

    def __init__(self, app: Flask, client: FlaskClient, fields: dict[str, Any]) -> None:
        self.client = sign_in_client(app, client, "clerk")
        self._fields = {**fields, **tokens_of(self.client.get(ENTRY).get_data(as_text=True))}

    @property
    def token(self) -> str:
        return str(self._fields["form_token"])

    def save(self, **changes: str) -> TestResponse:
        return self.client.post(ENTRY, data={**self._fields, **changes})


@pytest.fixture
def fields(app: Flask) -> dict[str, Any]:
    with write_transaction() as session:
        return entry_fields(session, citizen_with_line(session))


@pytest.fixture
def clerk(app: Flask, client: FlaskClient, fields: dict[str, Any]) -> Clerk:
    return Clerk(app, client, fields)


@pytest.fixture
def store(app: Flask) -> FileStore:
    files: FileStore = app.extensions["files"]
    return files


def assert_nothing_was_written(session: Session) -> None:
    session.rollback()
    for table in (Complaint, FormToken, NumberSeries, OutboxMessage, Job):
        assert session.scalar(select(func.count()).select_from(table)) == 0


def test_presses_at_the_same_moment_make_one_complaint(
    app: Flask, fields: dict[str, Any], session: Session, store: FileStore
) -> None:
    clerks = [Clerk(app, app.test_client(), fields) for _ in range(TWINS)]
    gate = threading.Barrier(TWINS)

    def press(clerk: Clerk) -> TestResponse:
        gate.wait()
        return clerk.save(form_token=clerks[0].token)

    with ThreadPoolExecutor(TWINS) as pool:
        answers = list(pool.map(press, clerks))

    assert [answer.status_code for answer in answers] == [303] * TWINS
    assert len({answer.location for answer in answers}) == 1
    assert_each_form_became_one_complaint(session, [clerks[0].token], store)


def test_clerks_saving_side_by_side_get_numbers_without_a_gap(
    app: Flask, fields: dict[str, Any], session: Session, store: FileStore
) -> None:
    clerks = [Clerk(app, app.test_client(), fields) for _ in range(TWINS)]
    tokens = [uuid.uuid4().hex for _ in range(3 * TWINS)]

    def press(number: int) -> int:
        return clerks[number % TWINS].save(form_token=tokens[number]).status_code

    with ThreadPoolExecutor(TWINS) as pool:
        answers = list(pool.map(press, range(len(tokens))))

    assert set(answers) == {303}
    assert_each_form_became_one_complaint(session, tokens, store)


def test_going_back_and_sending_again_shows_the_same_receipt(
    clerk: Clerk, session: Session, store: FileStore
) -> None:
    first = clerk.save()
    again = clerk.save(story="แก้ข้อความหลังกดย้อนกลับ")

    assert (first.status_code, again.status_code) == (303, 303)
    assert first.location == again.location
    assert "ไม่มีการบันทึกซ้ำ" in clerk.client.get(again.location).get_data(as_text=True)
    assert_each_form_became_one_complaint(session, [clerk.token], store)


@contextmanager
def held(take: Callable[[], Callable[[], None]], seconds: float = HELD_FOR) -> Iterator[threading.Event]:
    """Let another program hold the database for a while; the event tells that it lets go."""
    release, is_over = take(), threading.Event()

    def let_go() -> None:
        is_over.set()
        release()

    waiting = threading.Timer(seconds, let_go)
    waiting.start()
    try:
        yield is_over
    finally:
        waiting.join()


def hold_sqlite() -> Callable[[], None]:
    other = sqlite3.connect(str(db.engine.url.database), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")

    def release() -> None:
        other.execute("ROLLBACK")
        other.close()

    return release


def hold_postgres() -> Callable[[], None]:
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    other = psycopg.connect(url)
    other.execute("LOCK TABLE number_series IN EXCLUSIVE MODE")

    def release() -> None:
        other.rollback()
        other.close()

    return release


@SQLITE
def test_a_database_held_by_another_program_is_waited_for(
    clerk: Clerk, session: Session, store: FileStore
) -> None:
    with held(hold_sqlite) as is_over:
        answer = clerk.save()
        assert is_over.is_set()

    assert answer.status_code == 303
    assert_each_form_became_one_complaint(session, [clerk.token], store)


@POSTGRES
def test_a_number_series_held_by_another_program_is_waited_for(
    clerk: Clerk, session: Session, store: FileStore
) -> None:
    with held(hold_postgres) as is_over:
        answer = clerk.save()
        assert is_over.is_set()

    assert answer.status_code == 303
    assert_each_form_became_one_complaint(session, [clerk.token], store)


@contextmanager
def every_connection(pragma: str) -> Iterator[None]:
    """Give each connection of the app another pragma for a while."""

    def change(connection: Any, *_: Any) -> None:
        connection.execute(f"pragma {pragma}")

    db.engine.dispose()
    event.listen(db.engine, "checkout", change)
    try:
        yield
    finally:
        event.remove(db.engine, "checkout", change)
        db.session.rollback()
        db.engine.dispose()


def assert_told_politely(answer: TestResponse, story: str) -> None:
    page = answer.get_data(as_text=True)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert 'lang="th"' in page
    assert "กรุณา" in page
    assert story in page


@SQLITE
def test_a_database_held_too_long_is_told_and_nothing_typed_is_lost(
    clerk: Clerk, session: Session, store: FileStore
) -> None:
    story = "น้ำท่วมขังหน้าบ้าน ขอเครื่องสูบน้ำ"
    release = hold_sqlite()
    with every_connection("busy_timeout=50"):
        answer = clerk.save(story=story)
    release()

    assert_told_politely(answer, story)
    assert_nothing_was_written(session)
    assert clerk.save(story=story).status_code == 303
    assert_each_form_became_one_complaint(session, [clerk.token], store)


@SQLITE
def test_a_full_disk_is_told_and_nothing_half_written_remains(
    clerk: Clerk, session: Session, store: FileStore
) -> None:
    story = "ขอให้ตัดต้นไม้ที่ล้มขวางทาง " * (MAX_STORY // 40)
    session.rollback()
    pages = session.connection().exec_driver_sql("pragma page_count").scalar_one()
    with every_connection(f"max_page_count={pages}"):
        answer = clerk.save(story=story)

    assert_told_politely(answer, story[:100])
    assert_nothing_was_written(session)
    assert clerk.save(story=story).status_code == 303
    assert_each_form_became_one_complaint(session, [clerk.token], store)
