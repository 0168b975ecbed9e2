"""The complaint list at 100,000 complaints against the same SQL through the bare driver.

The floor replays every statement the page sent, with its parameters, through sqlite3 and writes the rows into
a template of one line: what is left is Flask, the rules, and a page people can use.
"""

from __future__ import annotations

from typing import Any

from flask import Flask

from bench.filling import fill
from bench.measuring import Report
from bench.replay import page_against_sql
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
    found = page_against_sql(report, app, client, name, f"/admin/complaint/?{query}", MOST)
    if found is None:
        return
    size, count = found
    figure = f"{size / 1000:.1f} kB, {count} statements"
    report.line("  page", figure, "≤ 45 kB, ≤ 6", met=size <= MOST_HTML and count <= MOST_STATEMENTS)
