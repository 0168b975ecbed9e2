"""รายงานสรุป (000-17): complaints of fiscal years by type, zone and figure; SQL counts, pandas shapes.

The page and the Excel file show the same frames. Counted are cases received in the years, in their state of
now; cases without a date and those of figure "none" (withdrawn, duplicates) stand beside the tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from domain.complaint_filter import NONE_WORD, ROW_KEYS, ComplaintFilter, conditions, year_spans
from domain.labels import word
from domain.lookups import Lookups, Row
from domain.permissions import Permission, scope_complaints
from models import Complaint, Figure

if TYPE_CHECKING:
    import pandas as pd

FIGURES: Final = (Figure.EXAMINATION, Figure.PROGRESS, Figure.FINISHED, Figure.REJECTED)
COUNTED: Final = ",".join(figure.value for figure in FIGURES)
TOTAL: Final = "total"
COLUMNS: Final = (*(figure.value for figure in FIGURES), TOTAL)
NOT_GIVEN: Final = ("ไม่ระบุ", "Not given")
MOST_YEARS: Final = 5


class Group(NamedTuple):
    """How many cases share year, type, zone and figure."""

    year: int
    category: int | None
    subcategory: int | None
    zone: int | None
    figure: Figure
    cases: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What SQL counted, and when.

    Attributes:
        years: Fiscal years, oldest first.
        at: The moment of counting.
        groups: Cases inside the tables.
        uncounted: Cases of the years whose figure is "none".
        undated: Cases whose date nobody knows.
    """

    years: tuple[int, ...]
    at: datetime
    groups: list[Group]
    uncounted: int
    undated: int


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One line of a table; ``code`` stands in the address of the list behind its numbers."""

    code: str
    label: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SummaryTable:
    """One table: ``key`` is the filter's key of its rows, the counts stand in the order of ``COLUMNS``."""

    key: str
    rows: list[SummaryRow]
    totals: tuple[int, ...]


def count_cases(session: Session, actor: Actor, chosen: ComplaintFilter) -> Counted:
    """Count the cases of the filter's fiscal years: one statement a year, and one for what has no date.

    Args:
        session: For reading.
        actor: Whose reports.
        chosen: With at least one year.
    """
    groups, uncounted = group_cases(session, actor, chosen)
    wanted, _match = conditions(replace(chosen, year=frozenset()), session)
    undated = scope_complaints(
        select(func.count()).select_from(Complaint).where(Complaint.received_at.is_(None), *wanted),
        actor,
        Permission.REPORT_READ,
    )
    years = tuple(sorted(chosen.year))
    return Counted(years, now(), groups, uncounted, session.scalar(undated) or 0)


def group_cases(session: Session, actor: Actor, chosen: ComplaintFilter) -> tuple[list[Group], int]:
    """Return the groups inside the tables, and how many cases of the years count nowhere.

    One statement a year.
    """
    wanted, _match = conditions(replace(chosen, year=frozenset()), session)
    groups: list[Group] = []
    uncounted = 0
    for year in sorted(chosen.year):
        for row in session.execute(_year_statement(actor, wanted, year)):
            if row.figure is Figure.NONE:
                uncounted += row.cases
            else:
                groups.append(Group(year, *row))
    return groups, uncounted


def _year_statement(actor: Actor, wanted: Sequence[ColumnElement[bool]], year: int) -> Any:
    [(start, end)] = year_spans([year])
    keys = (Complaint.category_id, Complaint.subcategory_id, Complaint.zone_id, Complaint.figure)
    return scope_complaints(
        select(*keys, func.count().label("cases"))
        .where(Complaint.received_at >= start, Complaint.received_at < end, *wanted)
        .group_by(*keys),
        actor,
        Permission.REPORT_READ,
    )


def received_in(years: Sequence[int]) -> ColumnElement[bool]:
    """Return the condition that a case was received in one of the fiscal years."""
    spans = year_spans(years)
    return or_(*((Complaint.received_at >= start) & (Complaint.received_at < end) for start, end in spans))


# Shaping ----------------------------------------------------------------------------------------------------


def frames_of(counted: Counted) -> dict[str, pd.DataFrame]:
    """Shape the counts: a frame by ``category``, ``subcategory``, ``zone`` and, of several years, ``year``.

    Each has the row's id (0 where it is not given) or year as index and ``COLUMNS`` as columns, all whole
    numbers.
    """
    import pandas as pd

    cells = pd.DataFrame(counted.groups, columns=list(Group._fields))
    cells["figure"] = [figure.value for figure in cells["figure"]]
    keys = ["category", "subcategory", "zone", *(["year"] if len(counted.years) > 1 else [])]
    for key in keys:
        cells[key] = cells[key].fillna(0).astype("int64")
    return {key: _pivot(cells, key) for key in keys}


def _pivot(cells: pd.DataFrame, key: str) -> pd.DataFrame:
    figures = list(COLUMNS[:-1])
    shaped = cells.pivot_table(index=key, columns="figure", values="cases", aggfunc="sum", fill_value=0)
    frame = shaped.reindex(columns=figures, fill_value=0).astype("int64")
    frame[TOTAL] = frame.sum(axis=1)
    return frame


def tables_of(
    frames: Mapping[str, pd.DataFrame], lookups: Lookups, language: str = "th"
) -> list[SummaryTable]:
    """Return the frames with names for ids, in the order of the small tables; "not given" comes last."""
    return [_table(key, frame, lookups, language) for key, frame in frames.items()]


def _table(key: str, frame: pd.DataFrame, lookups: Lookups, language: str) -> SummaryTable:
    by_id = {
        int(row_id): tuple(int(cell) for cell in cells)
        for row_id, cells in zip(frame.index, frame.to_numpy(), strict=True)
    }
    if key == "year":
        rows = [SummaryRow(str(year), str(year), counts) for year, counts in sorted(by_id.items())]
    else:
        rows = [
            SummaryRow(row.code, _label(key, row, language), by_id[row.id])
            for row in _in_order(key, lookups)
            if row.id in by_id
        ]
        if 0 in by_id:
            rows.append(SummaryRow(NONE_WORD, NOT_GIVEN[1 if language == "en" else 0], by_id[0]))
    return SummaryTable(key, rows, tuple(int(cell) for cell in frame.sum().to_numpy()))


def _in_order(key: str, lookups: Lookups) -> list[Row]:
    """Return the rows of a small table in its order; subtypes stand under their main types."""
    rows: list[Row] = list(getattr(lookups, ROW_KEYS[key]).values())
    if key == "subcategory":
        order = list(lookups.categories)
        rows.sort(key=lambda row: order.index(row.parent_id) if row.parent_id in order else len(order))
    return rows


def _label(key: str, row: Any, language: str) -> str:
    name = str(row.word(language))
    return name if key == "zone" else f"{row.code} {name}"


def figure_words(language: str = "th") -> list[str]:
    """Return the headings of the counts."""
    return [*(word(figure, language) for figure in FIGURES), "Total" if language == "en" else "รวม"]
