"""The complaint list at 100,000 complaints against the same SQL through the bare driver."""

from __future__ import annotations

import sqlite3
from typing import Any

from flask import Flask
from jinja2 import Environment
from sqlalchemy.dialects import sqlite

from bench.filling import fill
from bench.measuring import Report, timed
from bench.town import bench_town, signed_in
from domain.complaint_filter import ComplaintFilter, read_filter
from domain.lookups import load_lookups
from domain.staff_actor import actor_of_staff
from extensions import db
from models import StaffUser
from reports.complaint_list import PAGE_SIZE, id_statement, page_statement

ROWS = 100_000
MOST = 8.0
MOST_HTML = 45_000
MOST_STATEMENTS = 6  # Four for the list, two for the shell.

CASES = {
    "first page": "",
    "far page (page 1,000)": "page=999",
    "state + date": "status=closed,resolved&received_from=01/01/2569&received_to=30/06/2569",
    "Thai search, common": "search=ถนน",
    "Thai search, rare": "search=สัญญาณไฟจราจรขัดข้อง",
    "Thai search, two letters": "search=ไฟ",
}
ROW_TEMPLATE = Environment(autoescape=True).from_string(
    "<table>{% for r in rows %}<tr>{% for c in r %}<td>{{ c }}</td>{% endfor %}</tr>{% endfor %}</table>"
)


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
    answer = client.get(address)
    if answer.status_code != 200:
        report.line(name, f"HTTP {answer.status_code}", met=False)
        return
    raw = sqlite3.connect(app.extensions["settings"].data_dir / "app.db")
    raw.execute("pragma mmap_size=268435456")
    sql = _page_sql(query)
    floor = timed(lambda: ROW_TEMPLATE.render(rows=raw.execute(sql).fetchall()))
    report.ratio(name, timed(lambda: client.get(address)), floor, MOST)
    size = len(answer.data)
    report.line("  HTML", f"{size / 1000:.1f} kB", "≤ 45 kB", met=size <= MOST_HTML)


def _page_sql(query: str) -> str:
    """Return the very SQL of the page with its values in place."""
    session = db.session()
    args: dict[str, list[str]] = {}
    for pair in filter(None, query.split("&")):
        key, _, value = pair.partition("=")
        args[key] = [value]
    officer = session.query(StaffUser).filter_by(username="central").one()
    actor = actor_of_staff(session, officer.id, via="web")
    page = int(args.pop("page", ["0"])[0])
    chosen, _unread = read_filter(args, load_lookups(session), actor)
    ids = id_statement(session, actor, chosen or ComplaintFilter()).limit(PAGE_SIZE + 1)
    statement = page_statement(ids.offset(page * PAGE_SIZE))
    return str(statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
