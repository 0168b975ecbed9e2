"""The kept counts over a large town: reading the figures, and what keeping them costs a change."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from typing import Final

from sqlalchemy import text, update

from bench.filling import fill
from bench.measuring import Report, Timing, timed
from bench.registering import postgresql
from bench.town import bench_town
from domain.actor import Actor
from domain.case_counting import MEASURES, fold
from domain.clock import fiscal_year_of, today
from domain.complaint_filter import ComplaintFilter
from extensions import db, write_transaction
from models import Complaint
from reports.figures import By, count_cells, kept_statement, live_statement
from reports.results import results_of

ROWS: Final = 1_000_000
MOST_MS: Final = 25.0
CHANGES: Final = 200


def run(report: Report) -> None:
    """Fill a town (``BENCH_ROWS`` complaints, a million by default) and read its figures, kept and live."""
    rows = int(os.environ.get("BENCH_ROWS", ROWS))
    for name, url in _databases():
        report.heading(f"ตัวเลข {rows:,} เรื่อง · figures, {name}")
        with bench_town(url):
            with write_transaction() as session:
                fill(session, rows)
            gc.collect()
            gc.freeze()  # What filling left in memory would be looked through again and again.
            _read(report, name)
            _change(report, name)


def _read(report: Report, name: str) -> None:
    session, everybody = db.session(), Actor.system("bench")
    year = fiscal_year_of(today())
    years = ComplaintFilter(year=frozenset(range(year - 4, year + 1)))
    wanted: tuple[tuple[str, tuple[By, ...], tuple[str, ...]], ...] = (
        ("the seven figures, all years", (), tuple(MEASURES)),
        ("month × type × zone, five years", (By.MONTH, By.CATEGORY, By.ZONE), ("cases",)),
    )
    for title, by, sums in wanted:
        kept = timed(lambda by=by, sums=sums: count_cells(session, everybody, years, by, measures=sums))
        sql = _by_driver(everybody, years, by, sums)
        counted = live_statement(session, everybody, years, by, measures=sums)
        live = timed(lambda counted=counted: session.execute(counted).all(), seconds=3)
        figure = f"SQL p50 {sql.p50:.1f} ms, live {live.p50:.0f}, as cells {kept.p50:.1f}"
        report.line(f"{title} ({name})", figure, f"≤ {MOST_MS:g} ms", met=sql.p50 <= MOST_MS)
    session.rollback()
    found = results_of(session, everybody, years)
    report.line("the same to the last digit", f"{found.all:,} cases")
    session.rollback()


def _by_driver(actor: Actor, chosen: ComplaintFilter, by: tuple[By, ...], sums: tuple[str, ...]) -> Timing:
    """Time the statement of the kept counts through the bare driver, to the last row."""
    statement = kept_statement(actor, chosen, by, sums)
    if statement is None:
        raise ValueError("no counts are kept of this")
    sql = str(statement.compile(db.engine, compile_kwargs={"literal_binds": True}))
    cursor = db.session.connection().connection.cursor()
    return timed(lambda: (cursor.execute(sql), cursor.fetchall()))


def _change(report: Report, name: str) -> None:
    """Time a change that moves the figures, with the triggers and without: undone each time."""
    ids = db.session.scalars(
        text("SELECT id FROM complaint ORDER BY id LIMIT :most"), {"most": CHANGES}
    ).all()
    db.session.rollback()

    def changed() -> None:
        session = db.session()
        for number, case in enumerate(ids):
            session.execute(update(Complaint).where(Complaint.id == case).values(reopen_count=number % 3 + 1))
        session.rollback()

    kept = timed(changed, seconds=2)
    with write_transaction() as session:
        fold(session)
        table = " ON complaint" if name == "PostgreSQL" else ""
        session.execute(text(f"DROP TRIGGER complaint_count_update{table}"))
    bare = timed(changed, seconds=2)
    extra = (kept.p50 - bare.p50) / CHANGES * 1000
    report.line(f"a change with its counts ({name})", f"{kept.p50 / bare.p50:.2f}× bare, +{extra:.0f} µs")


def _databases() -> Iterator[tuple[str, str]]:
    yield "SQLite", ""
    with postgresql() as url:
        if url:
            yield "PostgreSQL", url
