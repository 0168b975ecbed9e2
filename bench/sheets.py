"""Members from an Excel file, checked and taken in, against a bare executemany of the same rows."""

from __future__ import annotations

import io
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.bare_inserts import bare_inserts
from bench.measuring import Report
from bench.town import bench_settings
from domain.national_id import check_digit

ROWS = 10_000
LARGEST = 20_000
LEAST = 0.1
MOST_SECONDS = 10.0
TABLES = ("member", "audit_entry", "sheet_import")
SCHEMA = """
    SELECT sql FROM sqlite_master WHERE sql IS NOT NULL
    AND tbl_name IN ('member', 'audit_entry', 'sheet_import')
"""
HEADINGS = (
    *("โทรศัพท์", "คำนำหน้า", "ชื่อ", "นามสกุล", "วันเกิด", "เลขประจำตัวประชาชน", "บ้านเลขที่", "หมู่ที่"),
    *("ถนน", "ตำบล", "รหัสไปรษณีย์"),
)
NAMES = ("สมชาย", "สมศรี", "ประเสริฐ", "กัญญา", "ธนพล", "อรทัย", "วีระ", "พิมพ์ใจ")
FAMILIES = ("ใจดี", "ศรีสุข", "แก้วมณี", "ทองคำ", "บุญมา", "พรหมวงศ์")


def run(report: Report) -> None:
    """Take a file in, in a fresh process; insert the very same rows bare; compare."""
    report.heading(f"นำเข้าสมาชิกจาก Excel {ROWS:,} แถว · sheets")
    with tempfile.TemporaryDirectory(prefix="u-phee-bench-", ignore_cleanup_errors=True) as folder:
        read, check, apply, undo, megabytes = _import(ROWS, Path(folder) / "data")
        bare = bare_inserts(Path(folder) / "data" / "taken_in.db", Path(folder) / "bare.db", TABLES, SCHEMA)
        waited, *_rest = _import(LARGEST, Path(folder) / "large")
        waited += _rest[0]
    share = bare / (check + apply)
    figure = f"{share:.2f}×  ({check:.2f} + {apply:.2f} s against {bare:.2f} s)"
    report.line("check and take in, against executemany", figure, f"≥ {LEAST}×", met=share >= LEAST)
    report.line("opening the file in its child", f"{read:.2f} s")
    report.line("taking it back", f"{undo:.2f} s")
    report.line("memory of the server", f"{megabytes:.0f} MB at most")
    report.line(
        f"preview of {LARGEST:,} rows", f"{waited:.1f} s", f"≤ {MOST_SECONDS:g} s", met=waited <= MOST_SECONDS
    )


def sheet_of_members(rows: int) -> bytes:
    """Return a file of invented members."""
    import xlsxwriter  # noqa: PLC0415 - heavy, and only here

    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"constant_memory": True}) as book:
        page = book.add_worksheet("สมาชิก")
        for place, heading in enumerate(HEADINGS):
            page.write_string(0, place, heading)
        for number in range(1, rows + 1):
            for place, cell in enumerate(_cells(number)):
                page.write_string(number, place, cell)
    return target.getvalue()


def _cells(number: int) -> tuple[str, ...]:
    twelve = f"1{number:011d}"
    return (
        f"08{number:08d}",
        ("นาย", "นาง", "นางสาว")[number % 3],
        NAMES[number % len(NAMES)],
        FAMILIES[number % len(FAMILIES)],
        f"{number % 28 + 1:02}/{number % 12 + 1:02}/{2480 + number % 60}",
        f"{twelve}{check_digit(twelve)}",
        f"{number}/{number % 9 + 1}",
        str(number % 15 + 1),
        "ศรีจันทร์",
        "ในเมือง เมืองขอนแก่น",
        "40000",
    )


def _import(rows: int, data: Path) -> tuple[float, ...]:
    code = (
        "import sys; from pathlib import Path; from bench.sheets import import_here;"
        "import_here(int(sys.argv[1]), Path(sys.argv[2]))"
    )
    done = subprocess.run(  # noqa: S603 - our own code in a fresh interpreter
        [sys.executable, "-c", code, str(rows), str(data)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    return tuple(float(part) for part in done.stdout.split()[-5:])


def import_here(rows: int, data: Path) -> None:
    """Read, check, take in and take back in this process; print the seconds of each and peak megabytes."""
    import resource  # noqa: PLC0415 - not there on Windows

    from app import create_app  # noqa: PLC0415
    from commands.database import upgrade_database  # noqa: PLC0415
    from commands.planting import plant  # noqa: PLC0415
    from demo.accounts import plant_accounts  # noqa: PLC0415
    from extensions import write_transaction  # noqa: PLC0415

    file = sheet_of_members(rows)
    data.mkdir()
    app = create_app(bench_settings(data))
    with app.app_context():
        upgrade_database()
        with write_transaction() as session:
            plant(session, "khon_kaen")
            plant_accounts(session)
        spent = _steps(app, file, keeps=rows == ROWS, data=data)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(" ".join(f"{seconds}" for seconds in spent) + f" {peak}\n")


def _steps(app: Any, file: bytes, *, keeps: bool, data: Path) -> list[float]:
    from sqlalchemy import select  # noqa: PLC0415

    from domain.addresses import read_subdistrict  # noqa: PLC0415
    from domain.sheets.applying import apply_sheet  # noqa: PLC0415
    from domain.sheets.checking import headings_of, plan_sheet, store_plan  # noqa: PLC0415
    from domain.sheets.undoing import undo_sheet  # noqa: PLC0415
    from domain.staff_actor import actor_of_staff  # noqa: PLC0415
    from extensions import db, write_transaction  # noqa: PLC0415
    from models import SheetKind, StaffUser  # noqa: PLC0415
    from spreadsheets import new_reader, read_sheet  # noqa: PLC0415

    vault, session = app.extensions["vault"], db.session()
    officer = session.scalars(select(StaffUser).where(StaffUser.username == "central")).one()
    actor = actor_of_staff(session, officer.id, via="web")
    read_subdistrict("ในเมือง เมืองขอนแก่น", field="")  # The country's places are read once in a server's life.
    marks = [time.perf_counter()]
    table = read_sheet(file, headings_of(SheetKind.MEMBERS), new_reader())
    marks.append(time.perf_counter())
    plan = plan_sheet(session, actor, vault, SheetKind.MEMBERS, table)
    session.rollback()
    with write_transaction() as session:
        kept = store_plan(session, actor, vault, plan, "members.xlsx").id
    marks.append(time.perf_counter())
    with write_transaction() as session:
        apply_sheet(session, actor, vault, kept)
    marks.append(time.perf_counter())
    if keeps:
        _copy(data)
    back = time.perf_counter()
    with write_transaction() as session:
        undo_sheet(session, actor, vault, kept)
    spent = [later - earlier for earlier, later in pairwise(marks)]
    return [*spent, time.perf_counter() - back]


def _copy(data: Path) -> None:
    """Keep the database as it was taken in, for the floor."""
    source, target = sqlite3.connect(data / "app.db"), sqlite3.connect(data / "taken_in.db")
    source.backup(target)
    source.close()
    target.close()
