"""รายงานสรุป (000-17): complaints of fiscal years by type, place, department, channel and month.

SQL counts, pandas shapes; the page and the file show the same frames. Counted are cases received in the
years, in their state of now; cases without a date and those of figure "none" (withdrawn, duplicates) stand
beside the tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import buddhist_year, now
from domain.complaint_filter import NONE_WORD, ROW_KEYS, ComplaintFilter
from domain.labels import word
from domain.lookups import Lookups, Row
from domain.permissions import Permission
from domain.thai_calendar import thai_month
from domain.thai_dates import thai_datetime
from models import Figure
from reports.definitions import NOT_GIVEN
from reports.figures import FIGURES, By, Cell, count_cells, fiscal_year_of_month
from reports.groups import lone_root, picked

if TYPE_CHECKING:
    import pandas as pd

TOTAL: Final = "total"
COLUMNS: Final = (*(figure.value for figure in FIGURES), TOTAL)
MOST_YEARS: Final = 5
TABLES: Final = ("category", "subcategory", "zone", "community", "department", "channel", "month")
YEAR: Final = "year"
CASES: Final = ("cases",)
NONE_ONLY: Final = frozenset({Figure.NONE})


@dataclass(frozen=True, slots=True)
class Counted:
    """What SQL counted, and when.

    Attributes:
        chosen: What was counted.
        years: Fiscal years, oldest first.
        at: The moment of counting.
        cells: By table: cells keyed by the row's id, or by fiscal year.
        uncounted: Cases of the years whose figure is "none".
        undated: Cases whose date nobody knows.
    """

    chosen: ComplaintFilter
    years: tuple[int, ...]
    at: datetime
    cells: dict[str, list[Cell]]
    uncounted: int
    undated: int


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One line of a table.

    Attributes:
        code: Names the row in files.
        label: What it is called.
        arguments: What the address of the list behind its numbers says besides.
        counts: In the order of ``COLUMNS``.
    """

    code: str
    label: str
    arguments: Mapping[str, str]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SummaryTable:
    """One table; ``key`` is what its rows are, the totals stand in the order of ``COLUMNS``."""

    key: str
    rows: list[SummaryRow]
    totals: tuple[int, ...]


def count_cases(
    session: Session,
    actor: Actor,
    chosen: ComplaintFilter,
    permission: Permission = Permission.REPORT_READ,
) -> Counted:
    """Count the cases of the filter's fiscal years: one statement a table, two for what stands beside.

    Args:
        session: For reading.
        actor: Whose reports.
        chosen: With at least one year.
        permission: Whose reach decides.
    """
    cells = {
        key: count_cells(session, actor, chosen, (By(key),), permission=permission, measures=CASES)
        for key in TABLES
    }
    if len(chosen.year) > 1:
        cells[YEAR] = [replace(cell, key=(fiscal_year_of_month(cell.key[0]),)) for cell in cells["month"]]
    others = (
        replace(chosen, figure=chosen.figure & {Figure.NONE} or NONE_ONLY),
        replace(chosen, year=frozenset(), date="unknown"),
    )
    beside, undated = (
        count_cells(session, actor, one, permission=permission, measures=CASES) for one in others
    )
    return Counted(
        chosen,
        tuple(sorted(chosen.year)),
        now(),
        cells,
        sum(cell.sums["cases"] for cell in beside),
        sum(cell.sums["cases"] for cell in undated),
    )


# Shaping ----------------------------------------------------------------------------------------------------


def frames_of(counted: Counted, lookups: Lookups) -> dict[str, pd.DataFrame]:
    """Shape the counts: a frame a table, its rows' ids (0 where it is not given), months or years as index.

    The columns are ``COLUMNS``, all whole numbers. Parts of a department are counted with it.
    """
    heads = _heads(counted.chosen, lookups)
    return {
        key: _pivot(key, cells, heads if key == "department" else {}) for key, cells in counted.cells.items()
    }


def _heads(chosen: ComplaintFilter, lookups: Lookups) -> dict[int, int]:
    """Return the department each is counted with: the highest one above it that the filter leaves."""
    left = chosen.department or lookups.departments.keys() - {lone_root(lookups.departments)}
    return {
        below: row.id
        for row in lookups.departments.values()
        if row.id in left and row.parent_id not in left
        for below in lookups.department_and_below(row.id)
    }


def _pivot(key: str, cells: Sequence[Cell], heads: Mapping[int, int]) -> pd.DataFrame:
    import pandas as pd

    rows = [
        (heads.get(cell.key[0], cell.key[0]), cell.figure.value, cell.sums["cases"])
        for cell in cells
        if cell.figure is not Figure.NONE
    ]
    flat = pd.DataFrame(rows, columns=[key, "figure", "cases"]).astype({key: "int64", "cases": "int64"})
    shaped = flat.pivot_table(index=key, columns="figure", values="cases", aggfunc="sum", fill_value=0)
    frame = shaped.reindex(columns=list(COLUMNS[:-1]), fill_value=0).astype("int64")
    frame[TOTAL] = frame.sum(axis=1)
    return frame


def tables_of(
    frames: Mapping[str, pd.DataFrame], lookups: Lookups, language: str = "th"
) -> list[SummaryTable]:
    """Return the frames with names for ids, in the order of the small tables; "not given" comes last."""
    return [
        SummaryTable(
            key,
            (_time_rows if key in {"month", YEAR} else _named_rows)(key, _counts(frame), lookups, language),
            tuple(int(cell) for cell in frame.sum().to_numpy()),
        )
        for key, frame in frames.items()
    ]


def _counts(frame: pd.DataFrame) -> dict[int, tuple[int, ...]]:
    return {
        int(row_id): tuple(int(cell) for cell in cells)
        for row_id, cells in zip(frame.index, frame.to_numpy(), strict=True)
    }


def _named_rows(
    key: str, by_id: Mapping[int, tuple[int, ...]], lookups: Lookups, language: str
) -> list[SummaryRow]:
    rows = [
        SummaryRow(row.code, _label(key, row, language), {key: row.code}, by_id[row.id])
        for row in _in_order(key, lookups)
        if row.id in by_id
    ]
    if 0 in by_id:
        label = picked(NOT_GIVEN, language)
        rows.append(SummaryRow(NONE_WORD, label, {key: NONE_WORD}, by_id[0]))
    return rows


def _time_rows(
    key: str, by_time: Mapping[int, tuple[int, ...]], _lookups: Lookups, language: str
) -> list[SummaryRow]:
    if key == YEAR:
        return [
            SummaryRow(str(year), str(year), {YEAR: str(year)}, by_time[year]) for year in sorted(by_time)
        ]
    rows = []
    for month in sorted(by_time):
        first = date(month // 100, month % 100, 1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        days = {"received_from": first.isoformat(), "received_to": last.isoformat()}
        code = f"{buddhist_year(first)}-{first.month:02}"
        rows.append(SummaryRow(code, _month_label(first, language), days, by_time[month]))
    return rows


def _month_label(first: date, language: str) -> str:
    year = first.year if language == "en" else buddhist_year(first)
    return f"{thai_month(first.month, style='short', lang=language)} {year}"


def _in_order(key: str, lookups: Lookups) -> list[Row]:
    """Return the rows of a small table in its order; subtypes stand under their main types."""
    rows: list[Row] = list(getattr(lookups, ROW_KEYS[key]).values())
    if key == "subcategory":
        order = list(lookups.categories)
        rows.sort(key=lambda row: order.index(row.parent_id) if row.parent_id in order else len(order))
    return rows


def _label(key: str, row: Any, language: str) -> str:
    name = str(row.word(language))
    return f"{row.code} {name}" if key in {"category", "subcategory"} else name


def figure_words(language: str = "th") -> list[str]:
    """Return the headings of the counts."""
    return [*(word(figure, language) for figure in FIGURES), "Total" if language == "en" else "รวม"]


def notes_of(counted: Counted, language: str = "th") -> list[str]:
    """Return what the numbers mean and when they were counted; page and file say the same."""
    english = language == "en"
    words, at = figure_words(language), thai_datetime(counted.at, lang=language)
    notes = [
        f"{words[-1]} = {' + '.join(words[:-1])}",
        f"Received in the fiscal year, as they stood on {at}"
        if english
        else f"นับเรื่องที่รับในปีงบประมาณ ตามสถานะ ณ {at}",
    ]
    beside = (
        (
            counted.uncounted,
            "ไม่นับเรื่องที่ถอนและเรื่องซ้ำ {} เรื่อง",
            "{} withdrawn and duplicate complaints left out",
        ),
        (counted.undated, "ไม่รวมเรื่องที่ไม่ทราบวันที่รับ {} เรื่อง", "{} complaints without a known date left out"),
    )
    for cases, thai, other in beside:
        if cases:
            notes.append((other if english else thai).format(f"{cases:,}"))
    return notes
