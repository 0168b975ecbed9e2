"""Every figure has one definition and one query: this one. Pages, Excel, PDF and LINE all count here.

Counted are complaints by the fiscal year they were received in, in their state of now; figure "none"
(withdrawn, duplicates, date unknown) stands beside. Kept counts (``domain/case_counting.py``) answer what
they can; a filter they do not know is counted over the complaints by the same measures. Both are scoped as
``scope_complaints`` scopes, and a property test holds them equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, CompoundSelect, Select, func, literal_column, or_, select, union_all
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.case_counting import MEASURES, measure_sql, month_sql
from domain.clock import BUDDHIST_OFFSET, FISCAL_YEAR_FIRST_MONTH
from domain.complaint_filter import ComplaintFilter, conditions
from domain.permissions import (
    CountReach,
    Permission,
    beyond_counts,
    reach_of_counts,
    scope_complaints,
)
from models import CaseChange, CaseCount, CasePartCount, Complaint, CountedPart, Figure, Scope

FIGURES: Final = (Figure.EXAMINATION, Figure.PROGRESS, Figure.FINISHED, Figure.REJECTED)
"""The four columns that make up "all"."""
COUNTED: Final = ",".join(figure.value for figure in FIGURES)
"""The same as the filter's key ``figure`` takes it."""


class By(StrEnum):
    """What complaints may be grouped by; the values are keys of the filter and of pages."""

    MONTH = "month"
    DEPARTMENT = "department"
    CATEGORY = "category"
    SUBCATEGORY = "subcategory"
    ZONE = "zone"
    COMMUNITY = "community"
    CHANNEL = "channel"


_MAIN: Final = frozenset({By.MONTH, By.DEPARTMENT, By.CATEGORY, By.ZONE})
_PARTS: Final = {By(part.value): part for part in CountedPart}
_IN_EVERY: Final = frozenset({By.MONTH, By.DEPARTMENT})
_ROW_FIELDS: Final = {by.value: by for by in By if by is not By.MONTH}
_HANDLED: Final = frozenset({*_ROW_FIELDS, "year", "figure", "date", "sees_people"})


@dataclass(frozen=True, slots=True)
class Cell:
    """Sums over the complaints of one group and figure.

    Attributes:
        key: Ids in the order asked for, 0 for an empty field; a month as 202610 by the Christian year.
        figure: Which column.
        sums: By name of the measure (``domain.case_counting.MEASURES``).
    """

    key: tuple[int, ...]
    figure: Figure
    sums: dict[str, int]


def count_cells(
    session: Session,
    actor: Actor,
    chosen: ComplaintFilter,
    by: Sequence[By] = (),
    *,
    measures: Sequence[str] = tuple(MEASURES),
    permission: Permission = Permission.REPORT_READ,
) -> list[Cell]:
    """Count what the filter leaves of the actor's complaints, by group and figure.

    Args:
        session: For reading; one statement, one more where own cases lie in other departments.
        actor: Whose reach.
        chosen: Years are fiscal; without any, all time and the undated.
        by: What to group by; () counts all together.
        measures: What to sum up, "cases" among it; fewer are quicker where there are many groups.
        permission: Whose reach decides.
    """
    kept = kept_statement(actor, chosen, by, measures, permission)
    if kept is None:
        return live_cells(session, actor, chosen, by, measures=measures, permission=permission)
    rows = list(session.execute(kept))
    if actor.scope_of(permission) is Scope.DEPARTMENT:
        elsewhere = live_statement(
            session, actor, chosen, by, beyond_counts(actor), measures=measures, permission=permission
        )
        rows += session.execute(elsewhere).all()
    return _merged(rows, measures)


def months_of(years: Iterable[int]) -> list[tuple[int, int]]:
    """Return the first and last month of fiscal years, as 202510; years in a row make one span."""
    spans: list[tuple[int, int]] = []
    for year in sorted(set(years)):
        end = year - BUDDHIST_OFFSET
        begins, ends = (end - 1) * 100 + FISCAL_YEAR_FIRST_MONTH, end * 100 + FISCAL_YEAR_FIRST_MONTH - 1
        is_next = bool(spans) and spans[-1][1] + 1 == begins
        spans = [*spans[:-1], (spans[-1][0], ends)] if is_next else [*spans, (begins, ends)]
    return spans


def fiscal_year_of_month(month: int) -> int:
    """Return the Buddhist fiscal year a month such as 202610 lies in."""
    year, of_year = divmod(month, 100)
    return year + BUDDHIST_OFFSET + (1 if of_year >= FISCAL_YEAR_FIRST_MONTH else 0)


# Kept counts ------------------------------------------------------------------------------------------------


def kept_statement(
    actor: Actor,
    chosen: ComplaintFilter,
    by: Sequence[By] = (),
    measures: Sequence[str] = tuple(MEASURES),
    permission: Permission = Permission.REPORT_READ,
) -> CompoundSelect[Any] | None:
    """Return the statement over the kept counts, None where they do not know the answer."""
    reach = reach_of_counts(actor, permission)
    tables = _kept_tables(chosen, by) if reach.is_all or reach.department_ids else ()
    if not tables:
        return None
    return union_all(*(_sums_of(table, chosen, by, measures, reach) for table in tables))


def _kept_tables(chosen: ComplaintFilter, by: Sequence[By]) -> tuple[Any, ...]:
    """Return the tables whose sum knows everything asked for: counts, and changes not folded yet; or none."""
    if _asks_beyond(chosen):
        return ()
    asked = {*by, *(one for name, one in _ROW_FIELDS.items() if getattr(chosen, name))}
    parts = asked - _MAIN
    if not parts:
        return CaseCount, CaseChange
    if len(parts) == 1 and asked - parts <= _IN_EVERY:
        return CasePartCount, CaseChange
    return ()


def _asks_beyond(chosen: ComplaintFilter) -> bool:
    """Tell whether the filter narrows by anything no count is kept of."""
    empty = ComplaintFilter()
    others = (field.name for field in fields(chosen) if field.name not in _HANDLED)
    return any(getattr(chosen, name) != getattr(empty, name) for name in others)


def _sums_of(
    table: Any, chosen: ComplaintFilter, by: Sequence[By], measures: Sequence[str], reach: CountReach
) -> Select[Any]:
    """Return the sums of one table; what is in neither yet is in the other."""
    groups = [_column(table, one).label(one.value) for one in by]
    sums = [func.sum(getattr(table, name)).label(name) for name in measures]
    wanted = [
        _column(table, one).in_(sorted(ids))
        for name, one in _ROW_FIELDS.items()
        if (ids := getattr(chosen, name))
    ]
    if chosen.figure:
        wanted.append(table.figure.in_(sorted(chosen.figure)))
    if chosen.date:
        wanted.append(table.month == 0)
    if chosen.year:
        wanted.append(or_(*(table.month.between(first, last) for first, last in months_of(chosen.year))))
    if not reach.is_all:
        wanted.append(table.department_id.in_(sorted(reach.department_ids)))
    if table is CasePartCount:
        [part] = {*by, *(one for name, one in _ROW_FIELDS.items() if getattr(chosen, name))} - _IN_EVERY
        wanted.append(CasePartCount.part == _PARTS[part])
    return select(*groups, table.figure, *sums).where(*wanted).group_by(*groups, table.figure)


def _column(table: Any, one: By) -> Any:
    if one is By.MONTH:
        return table.month
    is_part = table is CasePartCount and one is not By.DEPARTMENT
    return table.part_id if is_part else getattr(table, f"{one.value}_id")


# Counting the complaints themselves -------------------------------------------------------------------------


def live_cells(
    session: Session,
    actor: Actor,
    chosen: ComplaintFilter,
    by: Sequence[By] = (),
    *,
    measures: Sequence[str] = tuple(MEASURES),
    permission: Permission = Permission.REPORT_READ,
) -> list[Cell]:
    """Count as ``count_cells`` does, over the complaints themselves."""
    live = live_statement(session, actor, chosen, by, measures=measures, permission=permission)
    return _merged(session.execute(live), measures)


def live_statement(
    session: Session,
    actor: Actor,
    chosen: ComplaintFilter,
    by: Sequence[By] = (),
    *also: ColumnElement[bool],
    measures: Sequence[str] = tuple(MEASURES),
    permission: Permission = Permission.REPORT_READ,
) -> Select[Any]:
    """Return the same count over the complaints, for what no count is kept of and as a proof."""
    dialect = session.get_bind().dialect.name
    wanted, _match = conditions(chosen, session)
    groups = [
        literal_column(month_sql(dialect)).label(one.value)
        if one is By.MONTH
        else func.coalesce(getattr(Complaint, f"{one.value}_id"), 0).label(one.value)
        for one in by
    ]
    sums: list[Any] = [func.sum(literal_column(measure_sql(name, dialect))).label(name) for name in measures]
    statement: Select[Any] = select(*groups, Complaint.figure, *sums).where(*wanted, *also)
    return scope_complaints(statement, actor, permission).group_by(*groups, Complaint.figure)


def _merged(rows: Iterable[Any], measures: Sequence[str]) -> list[Cell]:
    """Add up what several sources found of one group; groups that came to nothing are left out."""
    found: dict[tuple[Any, ...], tuple[int, ...]] = {}
    size = len(measures)
    for row in rows:
        key, sums = row[:-size], row[-size:]
        known = found.get(key)
        found[key] = tuple(a + b for a, b in zip(known, sums, strict=True)) if known else sums
    at = list(measures).index("cases")
    return [
        Cell(tuple(key[:-1]), Figure(key[-1]), dict(zip(measures, map(int, sums), strict=True)))
        for key, sums in sorted(found.items())
        if sums[at]
    ]


def years_of(chosen: ComplaintFilter, years: Iterable[int]) -> ComplaintFilter:
    """Return the filter for other fiscal years."""
    return replace(chosen, year=frozenset(years))
