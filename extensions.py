"""Objects the edges and the worker share: the database, its transactions, languages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from flask_babel import Babel
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from domain.errors import Busy
from domain.faults import fault_point
from models import Base
from writers_queue import QueueTooLong, queue_of_writers

db = SQLAlchemy(model_class=Base, disable_autonaming=True)
babel = Babel()
csrf = CSRFProtect()

BUSY_SECONDS = 15
_WRITING = "write_transaction"


def connect_options(database_url: str) -> dict[str, Any]:
    """Return engine options for SQLite or PostgreSQL."""
    if database_url.startswith("sqlite"):
        return {
            "connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False},
            "pool_size": 20,
            "max_overflow": 10,
        }
    return {
        "connect_args": {"application_name": "u-phee", "options": f"-c lock_timeout={BUSY_SECONDS}s"},
        "pool_pre_ping": True,
        "pool_size": 10,
        "max_overflow": 10,
    }


def prepare_engine(engine: Engine) -> None:
    """Give SQLite its pragmas, and BEGIN IMMEDIATE where a transaction says that it writes."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=wal",
            "synchronous=full",
            f"busy_timeout={BUSY_SECONDS * 1000}",
            "foreign_keys=on",
            "cache_size=-65536",
            "mmap_size=268435456",
            "temp_store=memory",
        ):
            connection.execute(f"pragma {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        writes = connection.get_execution_options().get("sqlite_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def write_transaction() -> Iterator[Session]:
    """Open the one transaction of an act, commit at the end, roll back on any error.

    On SQLite it takes the write lock at once (BEGIN IMMEDIATE), so that reading first and writing later
    cannot fail half-way (decisions.md 5). Nothing slow belongs inside: no HTTP, image or PDF work.

    Raises:
        Busy: other writers of this process held the database for too long; nothing was begun.
        RuntimeError: this thread is inside such a block already, whose work this one would roll back.
    """
    session = db.session()
    if session.info.get(_WRITING):
        raise RuntimeError("a write transaction inside another one")
    session.rollback()  # Ends whatever read transaction the request began; nothing is pending here.
    with _queue_of_writers(db.engine):
        session.info[_WRITING] = True
        try:
            if db.engine.dialect.name == "sqlite":
                session.connection(execution_options={"sqlite_write": True})
            yield session
            fault_point("before_commit")
            session.commit()
            fault_point("after_commit")
        except BaseException:
            session.rollback()
            raise
        finally:
            del session.info[_WRITING]


@contextmanager
def _queue_of_writers(engine: Engine) -> Iterator[None]:
    if engine.dialect.name != "sqlite":
        yield
        return
    try:
        with queue_of_writers(engine.url.database, BUSY_SECONDS):
            yield
    except QueueTooLong:
        raise Busy from None


def init_database(app: Flask) -> None:
    """Bind the database to the app and prepare its engine."""
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
