"""Bring the database to the newest revision; every server start does it too."""

from __future__ import annotations

import logging
import threading
from functools import cache
from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask.cli import with_appcontext

from extensions import db

MIGRATIONS = Path(__file__).parent.parent / "migrations"
_one_at_a_time = threading.Lock()


class DatabaseTooNew(click.ClickException):
    """The database was upgraded by a newer version of the program."""

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"ฐานข้อมูลเป็นรุ่น {revision} ซึ่งใหม่กว่าโปรแกรมนี้ กรุณาใช้โปรแกรมรุ่นล่าสุด หรือกู้ข้อมูลสำรองที่ทำไว้ก่อนปรับรุ่น"
        )


def upgrade_database() -> None:
    """Run all pending migrations; needs an application context. Does nothing when there are none.

    Raises:
        DatabaseTooNew: the database is of a revision this program does not know.
    """
    revision = current_revision()
    if revision == newest_revision():
        return
    if revision is not None and revision not in _known_revisions():
        raise DatabaseTooNew(revision)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with _one_at_a_time:  # Alembic keeps its context in a module; other processes wait in the database.
        command.upgrade(_config(), "head")


def current_revision() -> str | None:
    """Return the revision the database is at; None for an empty one."""
    revision = MigrationContext.configure(db.session.connection()).get_current_revision()
    db.session.rollback()  # A migration must not wait for our look.
    return revision


def newest_revision() -> str | None:
    """Return the revision this program needs."""
    return _revisions()[0]


def is_known_revision(revision: str | None) -> bool:
    """Tell whether this program knows a revision; an empty database counts as known."""
    return revision is None or revision in _known_revisions()


def _known_revisions() -> frozenset[str]:
    return _revisions()[1]


def _config() -> Config:
    config = Config(str(MIGRATIONS / "alembic.ini"))
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


@cache
def _revisions() -> tuple[str | None, frozenset[str]]:
    """Read the migrations once: they do not change while the program runs."""
    scripts = ScriptDirectory.from_config(_config())
    return scripts.get_current_head(), frozenset(script.revision for script in scripts.walk_revisions())


@click.command("upgrade")
@with_appcontext
def upgrade_command() -> None:
    """ปรับโครงสร้างฐานข้อมูลเป็นรุ่นล่าสุด."""
    upgrade_database()
    click.echo("ฐานข้อมูลเป็นรุ่นล่าสุดแล้ว")
