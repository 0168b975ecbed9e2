"""Registering from eight processes at once on both databases: no error, no gap, no duplicate."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from bench.measuring import Report
from bench.town import bench_town
from extensions import db
from models import Complaint

PROCESSES = 8
EACH = 500
DIED = '{"errors": ["died"], "spent": []}'


def run(report: Report) -> None:
    """Let eight clerks register five hundred complaints each and look at the numbers, per database."""
    report.heading(f"บันทึกเรื่องพร้อมกัน {PROCESSES} โปรเซส โปรเซสละ {EACH} เรื่อง · registering")
    on_both(report, _on)


def on_both(report: Report, measure: Callable[[Report, str, str], None]) -> None:
    """Measure on SQLite as in service and, where the tools of the tests are there, on PostgreSQL."""
    measure(report, "SQLite, synchronous=FULL", "")
    with postgresql() as url:
        if url:
            measure(report, "PostgreSQL", url)
        else:
            report.line("PostgreSQL", "requirements-dev.txt is not installed: not measured")


def _on(report: Report, name: str, url: str) -> None:
    with bench_town(url) as app:
        settings = app.extensions["settings"]
        start = time.perf_counter()
        clerks = [_clerk(settings.data_dir, settings.database_url, number) for number in range(PROCESSES)]
        answers = [
            json.loads(clerk.communicate()[0] or '{"errors": ["died"], "spent": []}') for clerk in clerks
        ]
        seconds = time.perf_counter() - start
        numbers = sorted(db.session.scalars(select(Complaint.number_running)))
        wanted = PROCESSES * EACH
        errors = [error for answer in answers for error in answer["errors"]]
        report.line(f"{name}: errors", f"{len(errors)} {errors[:1] or ''}", "0", met=not errors)
        report.line(
            f"{name}: numbers 1…n without a gap",
            str(len(numbers)),
            str(wanted),
            met=numbers == [*range(1, wanted + 1)],
        )
        spent = sorted(one for answer in answers for one in answer["spent"])
        p50, p99 = statistics.median(spent), spent[int(len(spent) * 0.99) - 1]
        report.line(f"{name}: rate", f"{wanted / seconds:.0f}/s, p50 {p50:.0f} ms, p99 {p99:.0f} ms")


def _clerk(folder: Path, url: str, number: int) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own program in a fresh interpreter
        [sys.executable, "-m", "bench.clerk", str(folder), url, str(number), str(EACH)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )


@contextmanager
def postgresql() -> Iterator[str]:
    """Yield the address of an embedded server with an empty database, "" where none is installed."""
    try:
        import pgserver  # noqa: PLC0415 - a tool of the tests, there only where they are
    except ImportError:
        yield ""
        return
    with tempfile.TemporaryDirectory(prefix="u-phee-pg-", ignore_cleanup_errors=True) as folder:
        server = pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
        server.psql(
            "CREATE DATABASE bench TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
        )
        try:
            yield server.get_uri("bench").replace("postgresql://", "postgresql+psycopg://")
        finally:
            server.cleanup()
