"""The published table of time per subtype (000-73): what is promised, and how the last full year went."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Select, func, literal_column, select
from sqlalchemy.orm import Session

from domain.case_counting import measure_sql
from domain.clock import fiscal_year_bounds, fiscal_year_of, today
from domain.complaint_filter import ComplaintFilter
from domain.errors import Words
from domain.labels import duration_text
from domain.lookups import Lookups, Row, SubcategoryRow
from domain.permissions import Permission, scope_complaints
from models import Complaint, Figure
from reports.figures import By, years_of
from reports.open_data import EVERYBODY
from reports.results import MINUTES_A_DAY, Results, empty_results, results_by, rounded

ENOUGH: Final = 5
"""Finished cases a subtype must have before its own time is published."""
UNPROMISED: Final = Words("ตามสภาพเรื่อง", "As the case requires")


@dataclass(frozen=True, slots=True)
class DurationRow:
    """A subtype: its promise, and what was measured where there were enough cases.

    Attributes:
        cases: Finished ones of the year.
        median_days: Calendar days from receipt to the end, of the one in the middle.
        kept: Share finished within the promise.
    """

    code: str
    name: Words
    promised: Words
    cases: int
    median_days: Decimal | None
    kept: Decimal | None


@dataclass(frozen=True, slots=True)
class DurationGroup:
    """A main type with its subtypes."""

    name: Words
    department: Words
    rows: tuple[DurationRow, ...]


@dataclass(frozen=True, slots=True)
class Durations:
    """The table.

    Attributes:
        year: The fiscal year that was measured: the last full one.
        total: All its cases.
    """

    year: int
    total: Results
    groups: tuple[DurationGroup, ...]


def durations_of(session: Session, lookups: Lookups) -> Durations:
    """Return the active main types and subtypes in their order, with what was measured."""
    year = fiscal_year_of(today()) - 1
    chosen = years_of(ComplaintFilter(), [year])
    counted = {key: one for (key,), one in results_by(session, EVERYBODY, chosen, (By.SUBCATEGORY,)).items()}
    medians = {
        key: Decimal(str(minutes)) for key, minutes in session.execute(median_statement(session, year))
    }
    groups = []
    for category in lookups.categories.values():
        subtypes = [
            one for one in lookups.subcategories.values() if one.parent_id == category.id and one.is_active
        ]
        if category.is_active and subtypes:
            rows = tuple(_row(one, counted.get(one.id), medians.get(one.id)) for one in subtypes)
            department = lookups.departments.get(category.parent_id or 0)
            groups.append(DurationGroup(_words(category), _words(department), rows))
    total = results_by(session, EVERYBODY, chosen, ()).get((), empty_results())
    return Durations(year, total, tuple(groups))


def median_statement(session: Session, year: int) -> Select[Any]:
    """Return the middle number of minutes from receipt to the end, by subtype, of a year's finished cases."""
    start, end = fiscal_year_bounds(year)
    minutes: Any = literal_column(measure_sql("took_minutes", session.get_bind().dialect.name))
    finished = select(
        Complaint.subcategory_id.label("subcategory"),
        minutes.label("minutes"),
        func.row_number().over(partition_by=Complaint.subcategory_id, order_by=minutes).label("place"),
        func.count().over(partition_by=Complaint.subcategory_id).label("size"),
    ).where(
        Complaint.figure == Figure.FINISHED,
        Complaint.received_at >= start,
        Complaint.received_at < end,
        Complaint.finished_at.is_not(None),
        Complaint.subcategory_id.is_not(None),
    )
    ranked = scope_complaints(finished, EVERYBODY, Permission.REPORT_READ).subquery()
    middle = (ranked.c.place * 2).between(ranked.c.size, ranked.c.size + 2)
    return (
        select(ranked.c.subcategory, func.avg(ranked.c.minutes)).where(middle).group_by(ranked.c.subcategory)
    )


def paper_groups(durations: Durations, language: str) -> list[tuple[str, list[tuple[str, ...]]]]:
    """Return the table as texts: name of each main type, its rows of subtype, promise, days and share."""
    place = 1 if language == "en" else 0
    return [(group.name[place], [_texts(row, place) for row in group.rows]) for group in durations.groups]


def _texts(row: DurationRow, place: int) -> tuple[str, ...]:
    days = "–" if row.median_days is None else str(row.median_days)
    kept = "–" if row.kept is None else f"{row.kept}%"
    return f"{row.code} {row.name[place]}", row.promised[place], days, kept


def _row(subtype: SubcategoryRow, found: Results | None, minutes: Decimal | None) -> DurationRow:
    is_enough = found is not None and found.finished >= ENOUGH
    has_promises = found is not None and found.promised >= ENOUGH
    days = rounded(minutes / MINUTES_A_DAY, "0.1") if minutes is not None and is_enough else None
    return DurationRow(
        code=subtype.code,
        name=_words(subtype),
        promised=_promised(subtype),
        cases=found.finished if found else 0,
        median_days=days,
        kept=found.kept if found and has_promises else None,
    )


def _promised(subtype: SubcategoryRow) -> Words:
    low, high, unit = subtype.duration_min, subtype.duration_max, subtype.duration_unit
    thai, english = (duration_text(low, high, unit, language) for language in ("th", "en"))
    return Words(thai, english) if thai and english else UNPROMISED


def _words(row: Row | None) -> Words:
    return Words(row.word("th"), row.word("en")) if row else Words("", "")
