"""Reports as files: rows to Excel against XML zipped by hand, and the summary against its SQL GROUP BY."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, Final
from xml.sax.saxutils import escape

from bench.filling import fill
from bench.measuring import Report, timed
from bench.town import bench_town
from domain.actor import Actor
from domain.clock import fiscal_year_of, today
from domain.complaint_filter import ComplaintFilter
from domain.lookups import load_lookups
from extensions import db, write_transaction
from reports.case_summary import TABLES, count_cases, frames_of, tables_of
from reports.figures import By, live_statement

ROWS: Final = 100_000
COLUMNS: Final = 25
LARGE: Final = 2  # Times as many rows, to see that memory does not grow with them.
CASES: Final = 100_000
MOST_TIMES: Final = 6.0
MOST_MEGABYTES: Final = 100.0
MOST_REPORT: Final = 1.2
CHUNK: Final = 500
WORDS: Final = (
    *("ถนน", "ไฟฟ้า", "ขยะ", "น้ำท่วม", "ท่อระบายน้ำ", "เสียงดัง", "ซอย", "ชุมชน", "หน้าตลาด", "เทศบาล"),
    *("เขต", "ซ่อมแซม", "ต้นไม้", "หลุมลึก", "มืดมาก", "เมื่อคืน", "สายไฟ", "ทางเท้า", "อันตราย", "กรุณา"),
)


def run(report: Report) -> None:
    """Write the same rows both ways, each in a fresh process; then count and shape a summary."""
    report.heading(f"Excel {ROWS:,} แถว {COLUMNS} คอลัมน์ · reports")
    floor, _grown = _alone("hand_zipped", ROWS)
    mine, _grown = _alone("written", ROWS)
    _seconds, grown = _alone("written", ROWS * LARGE)
    times = mine / floor
    figure = f"{times:4.1f}× floor  ({mine:.1f} / {floor:.1f} s)"
    report.line("XlsxWriter, constant memory", figure, f"≤ {MOST_TIMES:g}×", met=times <= MOST_TIMES)
    figure = f"{grown:.0f} MB over {ROWS * LARGE:,} rows"
    report.line("memory added", figure, f"≤ {MOST_MEGABYTES:g} MB", met=grown <= MOST_MEGABYTES)
    _summary(report)


def _summary(report: Report) -> None:
    report.heading(f"รายงานสรุป {CASES:,} เรื่อง · reports")
    with bench_town():
        with write_transaction() as session:
            fill(session, CASES)
        session, everybody = db.session(), Actor.system("bench")
        lookups, year = load_lookups(session), fiscal_year_of(today())
        years = ComplaintFilter(year=frozenset({year - 1, year}))

        def grouped() -> None:
            for key in TABLES:
                session.execute(
                    live_statement(session, everybody, years, (By(key),), measures=("cases",))
                ).all()

        def shaped() -> None:
            tables_of(frames_of(count_cases(session, everybody, years), lookups), lookups)

        report.ratio("counted and shaped, against GROUP BY", timed(shaped), timed(grouped), MOST_REPORT)
        session.rollback()


def _alone(way: str, rows: int) -> tuple[float, float]:
    """Return the seconds and the megabytes a way of writing takes in a process of its own."""
    code = "import sys; from bench.reports import write_here; write_here(sys.argv[1], int(sys.argv[2]))"
    done = subprocess.run(  # noqa: S603 - our own code in a fresh interpreter
        [sys.executable, "-c", code, way, str(rows)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    seconds, megabytes = done.stdout.split()[-2:]
    return float(seconds), float(megabytes)


def write_here(way: str, rows: int) -> None:
    """Write rows one way in this process; print the seconds it took and the megabytes it added."""
    ways: dict[str, Callable[[Path, int], None]] = {"hand_zipped": _hand_zipped, "written": _written}
    with tempfile.TemporaryDirectory(prefix="u-phee-bench-") as folder:
        ways[way](Path(folder) / "warm.xlsx", 10)
        before = _peak()
        begun = time.perf_counter()
        ways[way](Path(folder) / "file.xlsx", rows)
        seconds = time.perf_counter() - begun
        grown = _peak() - before
    sys.stdout.write(f"{seconds} {grown}\n")


def _peak() -> float:
    """Return the most memory this program ever held, in megabytes; 0 where the system does not say.

    What ``getrusage`` calls the maximum counts in the process this one was forked from.
    """
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def _rows(count: int) -> Iterator[list[Any]]:
    """Yield rows of Thai words, made beforehand: that must weigh on neither way."""
    chance = Random(7)  # noqa: S311 - invented rows, no secrets
    texts = ["".join(chance.choices(WORDS, k=4)) for _ in range(5_000)]
    made = [chance.choices(texts, k=COLUMNS) for _ in range(2_000)]
    for number in range(count):
        yield made[number % len(made)]


def _written(path: Path, rows: int) -> None:
    from reports.workbook import write_table  # noqa: PLC0415 - as in service: when the first file is made

    with path.open("wb") as file:
        write_table(file, [f"คอลัมน์ {place}" for place in range(COLUMNS)], _rows(rows), [])


def _hand_zipped(path: Path, rows: int) -> None:
    letters = [chr(65 + place) for place in range(COLUMNS)]
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as book,
        book.open("xl/worksheets/sheet1.xml", "w") as sheet,
    ):
        lines: list[str] = []
        for number, cells in enumerate(_rows(rows), 1):
            inner = [
                f'<c r="{letter}{number}" s="1" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
                for letter, cell in zip(letters, cells, strict=True)
            ]
            lines.append(f'<row r="{number}">{"".join(inner)}</row>')
            if number % CHUNK == 0:
                sheet.write("".join(lines).encode())
                lines.clear()
        sheet.write("".join(lines).encode())
