"""What SQL was sent, and how the database would carry it out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session
from sqlalchemy.sql import ClauseElement


@contextmanager
def count_statements(engine: Engine) -> Iterator[list[str]]:
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def plan_of(session: Session, statement: ClauseElement) -> str:
    """Return the plan; fill and ANALYZE the tables first (at least 5,000 rows), or it means nothing."""
    compiled = statement.compile(session.get_bind(), compile_kwargs={"render_postcompile": True})
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    prefix = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
    rows = session.connection().exec_driver_sql(prefix + str(compiled), _parameters(compiled)).fetchall()
    return "\n".join(str(row[-1]) for row in rows)


def _parameters(compiled: Any) -> Any:
    if compiled.positional:
        return tuple(compiled.params[name] for name in compiled.positiontup)
    return compiled.params


def full_scans(plan: str, table: str) -> list[str]:
    """Return the lines of a plan that read a whole table without any index."""
    found = []
    for line in plan.splitlines():
        sqlite_scan = line.strip().startswith(f"SCAN {table}") and "INDEX" not in line
        if sqlite_scan or f"Seq Scan on {table}" in line:
            found.append(line.strip())
    return found


def analyse(session: Session) -> None:
    session.execute(text("ANALYZE"))
