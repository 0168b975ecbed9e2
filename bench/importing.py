"""The import against a bare executemany of the same rows, and its memory."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.bare_inserts import bare_inserts
from bench.measuring import Report
from bench.town import bench_settings
from demo.stories import STORIES

ROWS = 10_000
LEAST = 0.1
MOST_MEGABYTES = 250
# What makes the tables, indexes and search triggers, but not the search table's own shadow tables.
SCHEMA = """
    SELECT sql FROM sqlite_master WHERE sql IS NOT NULL
    AND (name NOT LIKE 'complaint_search_%' OR type = 'trigger')
"""
HEADING = ("ticket_id", "comment", "category", "categories", "lat", "lon", "state", "timestamp")


def run(report: Report) -> None:
    """Write an invented file, import it in a fresh process, insert the same rows bare, compare."""
    report.heading(f"นำเข้า {ROWS:,} แถว · import-complaints")
    with tempfile.TemporaryDirectory(prefix="u-phee-bench-", ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "complaints.csv"
        _write_rows(file)
        seconds, megabytes = _import(file, Path(folder) / "data")
        bare = bare_inserts(
            Path(folder) / "data" / "app.db",
            Path(folder) / "bare.db",
            ("complaint", "complaint_event"),
            SCHEMA,
        )
    share = bare / seconds
    figure = f"{share:.2f}×  ({ROWS / seconds:,.0f}/s against {ROWS / bare:,.0f}/s)"
    report.line("speed against executemany", figure, f"≥ {LEAST}×", met=share >= LEAST)
    report.line(
        "memory", f"{megabytes:.0f} MB at most", f"≤ {MOST_MEGABYTES} MB", met=megabytes <= MOST_MEGABYTES
    )


def _write_rows(file: Path) -> None:
    stories = [story for told in STORIES.values() for story in told]
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADING)
        for index in range(ROWS):
            story = stories[index % len(stories)]
            latitude, longitude = 16.40 + index % 80 / 1000, 102.80 + index % 70 / 1000
            writer.writerow(
                (
                    f"B-{index}",
                    f"{story.story} ({index})",
                    "ถนน",
                    "ถนน",
                    latitude,
                    longitude,
                    "เสร็จสิ้น",
                    "2024-02-03 09:00:00",
                )
            )


def _import(file: Path, data: Path) -> tuple[float, float]:
    code = (
        "import resource, sys, time; from pathlib import Path; from app import create_app;"
        "from bench.importing import import_here; import_here(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    done = subprocess.run(  # noqa: S603 - our own code in a fresh interpreter
        [sys.executable, "-c", code, str(file), str(data)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    seconds, megabytes = done.stdout.split()[-2:]
    return float(seconds), float(megabytes)


def import_here(file: Path, data: Path) -> None:
    """Import in this process and print seconds and peak megabytes; called in a fresh interpreter."""
    import resource  # noqa: PLC0415 - not there on Windows

    from app import create_app  # noqa: PLC0415
    from commands.database import upgrade_database  # noqa: PLC0415
    from commands.import_complaints import import_file  # noqa: PLC0415
    from commands.planting import plant  # noqa: PLC0415
    from extensions import write_transaction  # noqa: PLC0415

    data.mkdir()
    with create_app(bench_settings(data)).app_context():
        upgrade_database()
        with write_transaction() as session:
            plant(session, "khon_kaen")
        start = time.perf_counter()
        import_file(file, file.with_suffix(".rejects.csv"))
        seconds = time.perf_counter() - start
    sys.stdout.write(f"{seconds} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}\n")
