"""Run migrations on either database.

On SQLite they run on a connection of their own with foreign keys off before BEGIN: a batch ALTER drops
and renames tables, which with foreign keys on deletes or blanks child rows. Afterwards the keys are
checked and the search triggers, which the rename drops, are made again (decisions.md 5).
"""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import Connection, create_engine, event, text

from domain.case_counting import statements as counting_statements
from domain.search import POSTGRESQL_STATEMENTS, SQLITE_STATEMENTS
from models import Base

PATIENCE_SECONDS = 600  # Another server's migration of a large town.
SEARCH_OBJECTS = ("complaint_search", "ix_complaint_search")


def _is_ours(_object: object, name: str | None, kind: str, _reflected: bool, _to: object) -> bool:
    """Leave the search tables and index out of comparisons: plain SQL makes them."""
    return not (kind in {"table", "index"} and (name or "").startswith(SEARCH_OBJECTS))


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
        include_object=_is_ours,
        transaction_per_migration=False,
    )
    context.run_migrations()


def _rebuild(connection: Connection) -> None:
    """Make the search and the triggers anew, which a batch ALTER drops; revisions before them have none."""
    is_sqlite = connection.dialect.name == "sqlite"
    if connection.dialect.has_table(connection, "complaint"):
        for statement in SQLITE_STATEMENTS if is_sqlite else POSTGRESQL_STATEMENTS:
            connection.execute(text(statement))
    if connection.dialect.has_table(connection, "case_change"):
        for statement in counting_statements(connection.dialect.name):
            connection.exec_driver_sql(statement)


def _run_on_sqlite(url: str) -> None:
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def _connect(connection, _record):
        connection.isolation_level = None
        connection.execute(f"pragma busy_timeout={PATIENCE_SECONDS * 1000}")
        connection.execute("pragma foreign_keys=off")

    @event.listens_for(engine, "begin")
    def _begin(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            _run(connection)
            orphans = connection.exec_driver_sql("pragma foreign_key_check").fetchall()
            if orphans:
                raise RuntimeError(f"migration left {len(orphans)} rows without their parent: {orphans[:3]}")
            _rebuild(connection)
    finally:
        engine.dispose()


def _run_on_postgresql(url: str) -> None:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            # Several servers may start at once: only one migrates, the others wait and find it done.
            connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE_SECONDS}s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(7453210)"))
            # A table in use must not make everybody behind us wait for long.
            connection.execute(text("SET LOCAL lock_timeout = '15s'"))
            _run(connection)
            _rebuild(connection)
    finally:
        engine.dispose()


database_url = current_app.config["SQLALCHEMY_DATABASE_URI"]
if database_url.startswith("sqlite"):
    _run_on_sqlite(database_url)
else:
    _run_on_postgresql(database_url)
