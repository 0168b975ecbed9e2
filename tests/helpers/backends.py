"""One application per database; every test gets a fresh copy of a migrated, planted template.

Rolling back after each test does not work with Flask-SQLAlchemy's binds (decisions.md 5), so the SQLite
file is copied and the PostgreSQL database is made from a template: both in memory where the machine has room
there, as a busy disk made each test wait (measured: 6 ms an fsync, 0.5 s a copy).
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pytest
from flask import Flask
from helpers.visitor import Visitor
from sqlalchemy.orm import Session

from app import create_app
from commands.database import upgrade_database
from commands.planting import plant
from config import Settings
from demo.accounts import plant_accounts
from domain.settings import write_setting
from extensions import db, write_transaction

TOWN = "khon_kaen"
# A test database may be lost at any moment, so nothing is worth waiting for the disk.
RECKLESS = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off")
START_TRIES = 2  # pgserver gives the server ten seconds, which a busy machine may need.
MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - only a place for throw-away databases, in folders of their own
ROOM_NEEDED = 1 << 30


class Backend(Protocol):
    """A database kind that can give a test a fresh planted copy."""

    name: str
    data_dir: Path

    def fresh(self) -> Flask: ...

    def empty_url(self, name: str) -> str: ...


def settings_for(data_dir: Path, database_url: str, **changes: Any) -> Settings:
    """The settings of a test server; LINE has tokens but no address, so nothing can be sent by mistake."""
    return Settings(
        **{
            "mode": "test",
            "data_dir": data_dir,
            "database_url": database_url,
            "public_url": "http://localhost",
            "line_citizen_token": "citizen-token",
            "line_citizen_secrets": ("citizen-secret",),
            "line_staff_token": "staff-token",
            "line_staff_secrets": ("staff-secret",),
            "embedded_worker": False,
            "secret_key": "test-" * 8,
            "personal_data_key": b"k" * 32,
            **changes,
        }
    )


def test_app(data_dir: Path, database_url: str, **changes: Any) -> Flask:
    app = create_app(settings_for(data_dir, database_url, **changes))
    app.test_client_class = Visitor
    return app


test_app.__test__ = False  # type: ignore[attr-defined]  # A helper, whatever its name says.


def plant_template(app: Flask) -> None:
    with app.app_context():
        upgrade_database()
        with write_transaction() as session:
            plant(session, TOWN)
            plant_accounts(session)
            speak_at_once(session)
        let_go()


def speak_at_once(session: Session) -> None:
    """Let routine messages go like the others, at any hour: what waits has stories of its own."""
    write_setting(session, "line_merge_minutes", 0)
    write_setting(session, "line_quiet_from", "00:00")
    write_setting(session, "line_quiet_until", "00:00")


@contextmanager
def scratch_folder(prefix: str) -> Iterator[Path]:
    """A folder for throw-away databases, in memory where there is room; sockets need its short path."""
    in_memory = os.access(MEMORY_DISK, os.W_OK) and shutil.disk_usage(MEMORY_DISK).free > ROOM_NEEDED
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=MEMORY_DISK if in_memory else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def let_go() -> None:
    """Close every connection of the current application, so that its database can be copied or dropped."""
    db.session.remove()
    db.engine.dispose()


@contextmanager
def demo_server(backend: Backend) -> Iterator[Flask]:
    """Yield a demo server over a fresh test town: its LINE and its phones are in the same house."""
    settings = backend.fresh().extensions["settings"]
    demo = test_app(backend.data_dir, settings.database_url, mode="demo", embedded_worker=False)
    with demo.app_context():
        yield demo
        let_go()
    demo.extensions["sandbox"].close()
    (backend.data_dir / "line-sim.jsonl").unlink(missing_ok=True)


class SqliteBackend:
    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.data_dir = folder
        self._file = folder / "app.db"
        self._template = folder / "template.db"
        self._app = test_app(folder, f"sqlite:///{self._file}")
        plant_template(self._app)
        self._file.rename(self._template)

    def fresh(self) -> Flask:
        for leftover in (self._file, Path(f"{self._file}-wal"), Path(f"{self._file}-shm")):
            leftover.unlink(missing_ok=True)
        shutil.copyfile(self._template, self._file)
        return self._app

    def empty_url(self, name: str) -> str:
        """The URL of a database with nothing in it."""
        path = self.data_dir / f"{name}.db"
        for leftover in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
            leftover.unlink(missing_ok=True)
        return f"sqlite:///{path}"


class PostgresBackend:
    name = "postgresql"

    def __init__(self, folder: Path, uri: str) -> None:
        self.data_dir = folder / "data"
        self.data_dir.mkdir()
        self._url = uri.replace("postgresql://", "postgresql+psycopg://")
        self._admin = psycopg.connect(uri, autocommit=True)
        for setting in RECKLESS:
            self._admin.execute(f"ALTER SYSTEM SET {setting}")
        self._admin.execute("SELECT pg_reload_conf()")
        self._admin.execute("CREATE DATABASE template_town")
        plant_template(test_app(self.data_dir, _with_database(self._url, "template_town")))
        self._app = test_app(self.data_dir, _with_database(self._url, "town"))

    def fresh(self) -> Flask:
        self._admin.execute("DROP DATABASE IF EXISTS town WITH (FORCE)")
        self._admin.execute("CREATE DATABASE town TEMPLATE template_town STRATEGY file_copy")
        return self._app

    def empty_url(self, name: str) -> str:
        """The URL of a database with nothing in it."""
        self._admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template0 ENCODING utf8')
        return _with_database(self._url, name)

    def close(self) -> None:
        self._admin.close()


def _with_database(url: str, name: str) -> str:
    head, _, query = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run the embedded PostgreSQL in a temporary folder with a short path, as its socket needs.

    When it cannot start, every test that needs it says why in one line instead of pages of a library's trace.
    """
    with scratch_folder("pg") as folder:
        server = _started(folder)
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
            atexit.unregister(server._cleanup)  # It would look for its folder again when all is over.


def _started(folder: Path) -> Any:
    # The library looks for a run-time folder when it is imported, and warns where it has none of its own.
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    try:
        import pgserver  # noqa: PLC0415 - see above
    except ImportError as problem:
        pytest.fail(_advice(f"pgserver cannot be imported: {problem}"), pytrace=False)
    problem = ""
    for attempt in range(START_TRIES):
        data = folder / str(attempt)
        try:
            return pgserver.get_server(data)
        except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
            problem = f"{type(error).__name__}: {error}\n{_last_lines(data / 'log')}"
    pytest.fail(_advice(problem), pytrace=False)


def _advice(problem: str) -> str:
    return (
        "the embedded PostgreSQL did not start, and half of the tests need it.\n"
        f"{problem}\n"
        "Try: .venv/bin/pip install -r requirements-dev.txt -c constraints.txt; free space in the temporary "
        f"folder ({tempfile.gettempdir()}); as root the system user 'pgserver' must be creatable (useradd)."
    )


def _last_lines(log: Path, lines: int = 15) -> str:
    if not log.exists():
        return "(it left no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
