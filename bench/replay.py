"""A page against a replay of its own SQL through sqlite3, written into a template of one line."""

from __future__ import annotations

import contextvars
import sqlite3
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import Environment
from sqlalchemy import event

from bench.measuring import Report, timed
from extensions import db

ROW_TEMPLATE = Environment(autoescape=True).from_string(
    "<table>{% for r in rows %}<tr>{% for c in r %}<td>{{ c }}</td>{% endfor %}</tr>{% endfor %}</table>"
)
Statement = tuple[str, Any]


def page_against_sql(
    report: Report, app: Flask, client: Any, name: str, address: str, most: float
) -> tuple[int, int] | None:
    """Time a page and its floor; return its size in bytes and its statements, None when it did not answer."""
    _get(client, address)
    answer, sent = _watched(client, address)
    if answer.status_code != 200:
        report.line(name, f"HTTP {answer.status_code}", met=False)
        return None
    bare = _bare(app.extensions["settings"].data_dir / "app.db")
    floor = timed(lambda: [ROW_TEMPLATE.render(rows=bare.execute(*one).fetchall()) for one in sent])
    report.ratio(name, timed(lambda: _get(client, address)), floor, most)
    bare.close()
    return len(answer.data), len(sent)


def _get(client: Any, address: str) -> Any:
    """Get a page in a context of its own: the bench's open one would keep who is signed in."""
    return contextvars.Context().run(client.get, address, buffered=True)


def _watched(client: Any, address: str) -> tuple[Any, list[Statement]]:
    """Get a page and return it with every statement it sent."""
    sent: list[Statement] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        sent.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        answer = _get(client, address)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return answer, [one for one in sent if not one[0].startswith(("BEGIN", "COMMIT"))]


def _bare(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file)
    for pragma in ("cache_size=-65536", "mmap_size=268435456", "temp_store=memory"):
        connection.execute(f"pragma {pragma}")
    return connection
