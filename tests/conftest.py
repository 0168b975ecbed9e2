"""Shared helpers: a fresh database per test on both back ends, signing in, acting, counting, breaking.

A test that means one database only says so:
``@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)``.
"""

from __future__ import annotations

import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.backends import Backend, PostgresBackend, SqliteBackend, let_go, postgres_server, scratch_folder
from helpers.breaking import raising_hook
from helpers.fake_line import line_of
from helpers.people import actor_named, sign_in_client
from helpers.statements import count_statements
from sqlalchemy.orm import Session

from domain import clock, faults
from domain.actor import Actor
from domain.labels import use_state_words
from extensions import db
from line_sim.server import FakeLine

pytest_plugins = ["helpers.browser", "helpers.parts"]

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)  # Friday 20 November 2569, 12:00 in Bangkok.
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def pytest_configure() -> None:
    """Let a run that is told to end stop its PostgreSQL and remove its folders, as Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def sqlite_backend() -> Iterator[SqliteBackend]:
    with scratch_folder("sqlite") as folder:
        yield SqliteBackend(folder)


@pytest.fixture(scope="session")
def postgres_backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresBackend]:
    with postgres_server() as uri:
        backend = PostgresBackend(tmp_path_factory.mktemp("postgres"), uri)
        yield backend
        backend.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def backend(request: pytest.FixtureRequest) -> Backend:
    """The test runs once on each database."""
    name = "sqlite_backend" if request.param == "sqlite" else "postgres_backend"
    chosen: Backend = request.getfixturevalue(name)
    return chosen


@pytest.fixture
def app(backend: Backend) -> Iterator[Flask]:
    """The application over a fresh copy of the planted town (seed/ and the demo officers)."""
    application = backend.fresh()
    for kept in ("lookups", "worker_lookups"):  # Every copy has the same version: a kept snapshot would lie.
        application.extensions.pop(kept, None)
    use_state_words({})  # Those of the town before are still this thread's.
    with application.app_context():
        yield application
        let_go()
    shutil.rmtree(backend.data_dir / "uploads", ignore_errors=True)


@pytest.fixture
def session(app: Flask) -> Session:
    return db.session()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A stranger's browser; each of its requests stands on its own (helpers/visitor.py)."""
    return app.test_client()


@pytest.fixture
def login_as(app: Flask) -> Callable[[FlaskClient, str], FlaskClient]:
    """login_as(client, "clerk") signs a demo officer in without spending time on a password hash."""
    return lambda client, username: sign_in_client(app, client, username)


@pytest.fixture
def act_as(app: Flask) -> Callable[[str], Actor]:
    """act_as("head") is the Actor of a demo officer."""
    return lambda username: actor_named(db.session(), username)


@pytest.fixture
def sql_count(app: Flask) -> Callable[[], AbstractContextManager[list[str]]]:
    """With sql_count() as statements: … collects the SQL that was sent."""
    return lambda: count_statements(db.engine)


@pytest.fixture
def fake_line(app: Flask) -> Iterator[FakeLine]:
    """A LINE of our own on a loopback port, which the worker sends to and whose webhooks reach the app."""
    with line_of(app) as fake:
        yield fake


@pytest.fixture
def frozen_noon() -> Iterator[clock.FrozenClock]:
    with clock.frozen(NOON) as stopped:
        yield stopped


@pytest.fixture
def fault_at() -> Iterator[Callable[..., AbstractContextManager[None]]]:
    """With fault_at("before_commit", 1): … the n-th pass of the point raises InjectedFault."""

    @contextmanager
    def break_at(point: str, count: int = 1) -> Iterator[None]:
        faults.install(raising_hook(point, count))
        try:
            yield
        finally:
            faults.install(None)

    yield break_at
    faults.install(None)


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may leave this machine."""
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))


def _guarded(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, address: object) -> Any:
        host = address[0] if isinstance(address, tuple) else None
        if host is not None and host not in LOOPBACK:
            raise AssertionError(f"a test tried to reach {host}")
        return connect(self, address)

    return guarded


@pytest.fixture
def upload_dir(backend: Backend) -> Path:
    return backend.data_dir / "uploads"
