"""The complaint list at 100,000 complaints against the same SQL through the bare driver.

The floor replays every statement the page sent, with its parameters, through sqlite3 and writes the rows into
a template of one line: what is left is Flask, the rules, and a page people can use.
"""

from __future__ import annotations

import contextvars
import sqlite3
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import Environment
from sqlalchemy import event

from bench.filling import fill
from bench.measuring import Report, timed
from bench.town import bench_town, signed_in
from extensions import db

ROWS = 100_000
MOST = 8.0
MOST_HTML = 45_000
MOST_STATEMENTS = 6  # Four for the list, two for the shell.

CASES = {
    "first page": "",
    "far page (page 1,000)": "page=1000",
    "state + date": "status=closed,resolved&received_from=01/01/2569&received_to=30/06/2569",
    "Thai search, common": "search=ถนน",
    "Thai search, rare": "search=สัญญาณไฟจราจรขัดข้อง",
    "Thai search, two letters": "search=ไฟ",
}
ROW_TEMPLATE = Environment(autoescape=True).from_string(
    "<table>{% for r in rows %}<tr>{% for c in r %}<td>{{ c }}</td>{% endfor %}</tr>{% endfor %}</table>"
)
Statement = tuple[str, Any]


def run(report: Report) -> None:
    """Fill a town and time each kind of page."""
    report.heading(f"รายการคำร้อง {ROWS:,} เรื่อง · complaint list")
    with bench_town() as app:
        fill(db.session(), rows=ROWS)
        db.session.commit()
        client = signed_in(app, "central")
        for name, query in CASES.items():
            _case(report, app, client, name, query)


def _case(report: Report, app: Flask, client: Any, name: str, query: str) -> None:
    address = f"/admin/complaint/?{query}"
    _get(client, address)
    answer, sent = _watched(client, address)
    if answer.status_code != 200:
        report.line(name, f"HTTP {answer.status_code}", met=False)
        return
    bare = _bare(app.extensions["settings"].data_dir / "app.db")
    floor = timed(lambda: [ROW_TEMPLATE.render(rows=bare.execute(*one).fetchall()) for one in sent])
    report.ratio(name, timed(lambda: _get(client, address)), floor, MOST)
    size, count = len(answer.data), len(sent)
    figure = f"{size / 1000:.1f} kB, {count} statements"
    report.line("  page", figure, "≤ 45 kB, ≤ 6", met=size <= MOST_HTML and count <= MOST_STATEMENTS)
    bare.close()


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
