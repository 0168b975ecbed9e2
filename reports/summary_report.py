"""รายงานสรุป as a report of the register: a workbook with a sheet and a chart a table, or one long table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Final

from domain.permissions import Permission
from domain.settings import DEFAULTS
from reports.case_summary import COLUMNS as COUNTS
from reports.case_summary import (
    Counted,
    SummaryTable,
    count_cases,
    figure_words,
    frames_of,
    notes_of,
    tables_of,
)
from reports.definitions import NOT_GIVEN
from reports.report import Column, Kind, Made, Report, Source
from reports.summary_workbook import SHEETS, write_summary

MEANINGS: Final = (
    "เรื่องใหม่ รับเรื่องแล้ว หรือสั่งการแล้วแต่ยังไม่มีผู้รับทราบ",
    "ผู้รับผิดชอบรับทราบแล้ว รวมเรื่องที่รอ",
    "ดำเนินการแล้วเสร็จหรือปิดเรื่องแล้ว",
    "ไม่รับเรื่อง",
    "ผลรวมของสี่คอลัมน์",
)
COLUMNS: Final = (
    Column("part", "แยกตาม", "By", "ตารางที่แถวนี้อยู่", width=18),
    Column("code", "รหัส", "Code", f"รหัสของรายการ ว่างเมื่อ{NOT_GIVEN.th}", width=14),
    Column("label", "รายการ", "Item", "ชื่อรายการ", width=40),
    *(
        Column(key, thai, english, meaning, Kind.NUMBER, 14)
        for key, thai, english, meaning in zip(
            COUNTS, figure_words(), figure_words("en"), MEANINGS, strict=True
        )
    ),
)


def _counted(source: Source) -> tuple[Counted, list[SummaryTable]]:
    counted = count_cases(source.session, source.actor, source.chosen, Permission.REPORT_EXPORT)
    return counted, tables_of(frames_of(counted, source.lookups), source.lookups)


def summary(source: Source) -> Made:
    """Return every table below one another; their sums are the same, so there is no total of all."""
    _how, tables = _counted(source)
    return Made(
        [SHEETS[table.key][1], row.code, row.label, *row.counts] for table in tables for row in table.rows
    )


def write_book(target: IO[bytes], report: Report, source: Source, about: Sequence[tuple[str, str]]) -> int:
    """Write the workbook and return the number of rows in all tables."""
    counted, tables = _counted(source)
    town = source.lookups.setting("municipality_name", DEFAULTS["municipality_name"])
    years = source.years
    span = f"{years[0]}" if len(years) == 1 else f"{years[0]}–{years[-1]}"
    title = f"{report.title.th} ปีงบประมาณ {span} {town}"
    write_summary(target, tables, title=title, notes=notes_of(counted), about=about)
    return sum(len(table.rows) for table in tables)
