"""The one transaction of an act: whole or not at all, one writer after the other."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

import extensions
from domain.errors import Busy
from domain.settings import read_setting, write_setting
from extensions import connect_options, db, write_transaction
from faults import InjectedFault
from models import Setting

ONLY_SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def kept(key: str) -> bool:
    db.session.rollback()
    return db.session.scalar(select(Setting.key).where(Setting.key == key)) is not None


def test_what_was_written_is_kept(app: Flask) -> None:
    with write_transaction() as session:
        write_setting(session, "new", 1)

    assert kept("new")


def test_an_error_undoes_everything_and_comes_through(app: Flask) -> None:
    def write_and_fail() -> None:
        with write_transaction() as session:
            write_setting(session, "new", 1)
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()

    assert not kept("new")


@pytest.mark.parametrize(("point", "is_kept"), [("before_commit", False), ("after_commit", True)])
def test_a_fault_around_the_commit_leaves_all_or_nothing(
    app: Flask, fault_at: Callable[..., AbstractContextManager[None]], point: str, is_kept: bool
) -> None:
    with fault_at(point), suppress(InjectedFault), write_transaction() as session:
        write_setting(session, "new", 1)

    assert kept("new") is is_kept
    with write_transaction() as session:
        write_setting(session, "next", 1)
    assert kept("next")


def test_one_act_is_one_transaction(app: Flask) -> None:
    """A block inside another would roll back what the outer one has done so far."""

    def nest() -> None:
        with write_transaction() as session:
            write_setting(session, "outer", 1)
            with write_transaction():
                pass

    with pytest.raises(RuntimeError, match="inside another"):
        nest()

    assert not kept("outer")
    with write_transaction() as session:
        write_setting(session, "next", 1)
    assert kept("next")


def test_what_a_request_had_read_before_is_read_afresh(app: Flask, session: Session) -> None:
    before = read_setting(session, "reopen_days")

    def another() -> None:
        with app.app_context(), write_transaction() as writing:
            write_setting(writing, "reopen_days", before + 1)

    thread = threading.Thread(target=another)
    thread.start()
    thread.join()

    with write_transaction() as writing:
        assert read_setting(writing, "reopen_days") == before + 1


@ONLY_SQLITE
def test_a_queue_that_does_not_move_ends_in_busy(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extensions, "BUSY_SECONDS", 0.05)
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with app.app_context(), write_transaction():
            entered.set()
            leave.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    entered.wait(10)
    try:
        with pytest.raises(Busy), write_transaction():
            pass
    finally:
        leave.set()
        holder.join()

    with write_transaction() as session:
        write_setting(session, "next", 1)
    assert kept("next")


@ONLY_SQLITE
def test_another_process_that_holds_the_file_makes_writers_wait_and_then_fail_whole(
    app: Flask, session: Session
) -> None:
    session.execute(text("PRAGMA busy_timeout=50"))
    path = Path(str(db.engine.url.database))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(OperationalError, match="locked"), write_transaction():
            pass
    finally:
        other.execute("ROLLBACK")
        other.close()

    with write_transaction() as writing:
        write_setting(writing, "next", 1)
    assert kept("next")


@ONLY_SQLITE
def test_sqlite_is_set_up_to_survive_a_power_cut(session: Session) -> None:
    def pragma(name: str) -> object:
        return session.scalar(text(f"PRAGMA {name}"))

    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 2
    assert pragma("foreign_keys") == 1
    assert pragma("busy_timeout") == 15_000


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_postgresql_waits_for_a_lock_no_longer_than_sqlite(session: Session) -> None:
    assert session.scalar(text("SHOW lock_timeout")) == "15s"


def test_each_database_gets_its_own_options() -> None:
    assert "pool_pre_ping" not in connect_options("sqlite:///x")
    assert connect_options("postgresql+psycopg://x")["pool_pre_ping"]
