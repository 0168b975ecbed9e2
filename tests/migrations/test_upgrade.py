"""From nothing to the newest revision, over data that are there, and back out of a failure whole."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from helpers.backends import Backend, let_go, plant_template, test_app
from helpers.casework import S, bring_to, hold, token
from helpers.people import actor_named
from sqlalchemy import func, inspect, select, text
from sqlalchemy.orm import Session

from commands import database
from commands.database import (
    DatabaseTooNew,
    current_revision,
    newest_revision,
    upgrade_command,
    upgrade_database,
)
from domain.complaint_filter import ComplaintFilter
from domain.search import matching
from extensions import db
from models import AttachmentStage, Base, CaseChange, CaseCount, CasePartCount, Complaint
from reports.figures import count_cells

ROOT = Path(__file__).resolve().parents[2]
NEXT = '''"""Throw-away: alters the table everything hangs on."""

import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = {head!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("complaint") as table:
        table.add_column(sa.Column("mood", sa.String(20), server_default="calm", nullable=False))
        table.alter_column("place_text", existing_type=sa.String(400), type_=sa.String(500))
        table.create_check_constraint("mood_known", "mood IN ('calm', 'angry')")
    {then}
'''


@pytest.fixture
def empty_app(backend: Backend) -> Iterator[Flask]:
    """An application over a database with nothing in it."""
    app = test_app(backend.data_dir, backend.empty_url("empty_town"))
    with app.app_context():
        yield app
        let_go()


@pytest.fixture
def next_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """next_revision(then="…") lets the program come with one more migration."""

    def add(then: str = "pass") -> None:
        folder = tmp_path / "migrations"
        shutil.copytree(database.MIGRATIONS, folder)
        head = newest_revision()
        (folder / "versions" / "9001_throw_away.py").write_text(NEXT.format(head=head, then=then))
        monkeypatch.setattr(database, "MIGRATIONS", folder)
        database._revisions.cache_clear()

    yield add
    database._revisions.cache_clear()


def counts(session: Session) -> dict[str, int]:
    """Return the rows of every table; of the kept counts, which migrations make anew, what they count."""
    kept = [CaseCount.__table__, CasePartCount.__table__, CaseChange.__table__]
    tables = [table for table in Base.metadata.tables.values() if table not in kept]
    rows = {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
    cells = count_cells(session, actor_named(session, "central"), ComplaintFilter())
    return rows | {cell.figure.value: cell.sums["cases"] for cell in cells}


def found(session: Session, term: str) -> list[str]:
    match = matching(session, term)
    assert match is not None
    return list(session.scalars(select(Complaint.public_code).where(match.condition)))


def fill(app: Flask) -> Complaint:
    """Bring complaints into every state the verbs reach, with photos, results and a duplicate."""
    session = db.session()
    for state in (S.SUBMITTED, S.ACCEPTED, S.DIRECTED, S.IN_PROGRESS, S.CLOSED, S.REJECTED, S.DUPLICATE):
        case = bring_to(app, session, state)
    form = token()
    hold(session, actor_named(session, "officer"), form, AttachmentStage.BEFORE)
    session.commit()
    return case


def test_an_empty_database_becomes_what_the_models_say(empty_app: Flask) -> None:
    upgrade_database()

    context = MigrationContext.configure(
        db.session.connection(), opts={"compare_type": True, "include_object": _is_ours}
    )
    assert compare_metadata(context, Base.metadata) == []
    assert current_revision() == newest_revision()


def _is_ours(_object: object, name: str | None, kind: str, _reflected: bool, _to: object) -> bool:
    return not (
        kind in {"table", "index"} and (name or "").startswith(("complaint_search", "ix_complaint_search"))
    )


def test_every_constraint_has_a_name(empty_app: Flask) -> None:
    """A batch ALTER on SQLite can only change what it can name."""
    upgrade_database()
    let_go()  # A connection from before the upgrade still knows the empty schema.
    inspector = inspect(db.engine)

    nameless = [
        (table, constraint)
        for table in Base.metadata.tables
        for constraint in (*inspector.get_foreign_keys(table), *inspector.get_unique_constraints(table))
        if not constraint["name"]
    ]
    assert nameless == []


def test_an_upgraded_database_can_be_planted_and_searched(empty_app: Flask) -> None:
    plant_template(empty_app)
    case = fill(empty_app)

    assert case.public_code in found(db.session(), "โรงเรียน")


def test_upgrading_again_does_nothing(
    app: Flask, sql_count: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    with sql_count() as statements:
        upgrade_database()

    assert len(statements) < 10
    assert not any("DROP" in statement or "rebuild" in statement for statement in statements)


def test_altering_the_complaint_keeps_its_children_and_its_search(
    app: Flask, session: Session, next_revision: Callable[..., None]
) -> None:
    case = fill(app)
    before, code = counts(session), case.public_code
    children = {
        name: total
        for name, total in before.items()
        if name in {"complaint_event", "assignment", "action_result", "outbox_message", "job", "attachment"}
    }
    assert min(children.values()) > 0
    session.rollback()

    next_revision()
    upgrade_database()

    session.rollback()
    assert counts(session) == before
    assert current_revision() == "9001"
    assert set(session.scalars(text("SELECT mood FROM complaint"))) == {"calm"}
    assert code in found(session, "โรงเรียน")
    assert _orphans(session) == 0


def _orphans(session: Session) -> int:
    """Children whose complaint a table copy with foreign keys on would have blanked or deleted."""
    total = 0
    for table in ("complaint_event", "assignment", "action_result", "outbox_message", "job"):
        statement = f"SELECT count(*) FROM {table} WHERE complaint_id IS NULL"  # noqa: S608 - our own names
        total += session.scalar(text(statement)) or 0
    return total


def test_after_an_alter_new_and_changed_complaints_are_found(
    app: Flask, session: Session, next_revision: Callable[..., None]
) -> None:
    case = fill(app)
    session.rollback()
    next_revision()
    upgrade_database()

    session.rollback()
    fresh = bring_to(app, session, S.DIRECTED)
    session.commit()
    case = session.get_one(Complaint, case.id)
    case.search_text = "ต้นไม้ล้มทับรถ"
    session.commit()

    assert fresh.public_code in found(session, "โรงเรียน")
    assert found(session, "ต้นไม้ล้ม") == [case.public_code]
    assert case.public_code not in found(session, "โรงเรียน")


def test_a_migration_that_breaks_leaves_the_old_schema_and_all_rows(
    app: Flask, session: Session, next_revision: Callable[..., None]
) -> None:
    case = fill(app)
    before, code, revision = counts(session), case.public_code, current_revision()
    session.rollback()

    next_revision(then="raise RuntimeError('half-way')")
    with pytest.raises(RuntimeError, match="half-way"):
        upgrade_database()

    session.rollback()
    assert current_revision() == revision
    assert counts(session) == before
    assert code in found(session, "โรงเรียน")
    assert "mood" not in {column["name"] for column in inspect(session.connection()).get_columns("complaint")}


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_migration_that_leaves_orphans_is_undone(
    app: Flask, session: Session, next_revision: Callable[..., None]
) -> None:
    fill(app)
    before = counts(session)
    session.rollback()

    next_revision(then="op.execute('DELETE FROM category')")
    with pytest.raises(RuntimeError, match="without their parent"):
        upgrade_database()

    session.rollback()
    assert counts(session) == before


def test_servers_that_start_at_once_migrate_once(backend: Backend, empty_app: Flask, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "APP_MODE": "test",
        "APP_DATA": str(tmp_path),
        "DATABASE_URL": empty_app.config["SQLALCHEMY_DATABASE_URI"],
        "PYTHONUTF8": "1",
    }
    let_go()
    command = [sys.executable, "-m", "cli", "upgrade"]
    servers = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _seat in range(3)
    ]
    said = [server.communicate(timeout=120)[0].decode() for server in servers]

    assert [server.returncode for server in servers] == [0, 0, 0], said
    assert current_revision() == newest_revision()
    assert db.session.scalar(text("SELECT count(*) FROM alembic_version")) == 1


def test_threads_that_start_at_once_migrate_once(empty_app: Flask) -> None:
    problems: list[BaseException] = []

    def start() -> None:
        with empty_app.app_context():
            try:
                upgrade_database()
            except BaseException as problem:
                problems.append(problem)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=start) for _seat in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert problems == []
    assert current_revision() == newest_revision()


def test_a_database_of_a_newer_program_is_left_alone(app: Flask, session: Session) -> None:
    session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    session.commit()

    with pytest.raises(DatabaseTooNew) as refused:
        upgrade_database()

    assert "9999" in refused.value.message
    result = app.test_cli_runner().invoke(upgrade_command)
    assert result.exit_code == 1
    assert "ใหม่กว่าโปรแกรม" in result.output


def test_the_command_upgrades(empty_app: Flask) -> None:
    result = empty_app.test_cli_runner().invoke(upgrade_command)

    assert result.exit_code == 0, result.output
    assert current_revision() == newest_revision()
