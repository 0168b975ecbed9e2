"""Everything ผลการดำเนินงาน says of one fiscal year (000-03..05, 002-24): counted once, shown everywhere.

The page, its PDF and its Excel file are made from one ``Yearly``. Scoped by the officer's reports.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import BUDDHIST_OFFSET, FISCAL_YEAR_FIRST_MONTH, fiscal_year_of, now, today
from domain.complaint_filter import ComplaintFilter
from domain.lookups import Lookups
from reports.figures import By, Cell, count_cells, fiscal_year_of_month
from reports.groups import Group, bureau_of, groups_of, lone_root
from reports.results import Results, percent, results_by, summed

GROUPED: Final = (By.CATEGORY, By.SUBCATEGORY, By.ZONE, By.COMMUNITY)
LEAST_PROMISED: Final = 5
"""A group is ranked among the worst only with so many finished cases that had a promise."""
MOST_WORST: Final = 5
MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the fiscal year, and the same month a year before; None for one that is to come."""

    first: date
    results: Results | None
    before: Results

    @property
    def last(self) -> date:
        """Return the month's last day."""
        return (self.first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Yearly:
    """The figures of a fiscal year.

    Attributes:
        year: Fiscal, Buddhist.
        found: Of the year.
        before: Of the same days a year before; of that whole year where this one is over.
        until: The last day compared.
        is_running: Whether the year goes on.
        months: From October to September.
        groups: By type, subtype, zone, community and department, the most cases first.
    """

    year: int
    found: Results
    before: Results
    until: date
    is_running: bool
    months: tuple[Month, ...]
    groups: Mapping[By, list[Group]]

    @property
    def until_before(self) -> date:
        """Return the last day compared of the year before."""
        return year_earlier(self.until)


def yearly_of(session: Session, actor: Actor, year: int, lookups: Lookups, language: str = "th") -> Yearly:
    """Count a fiscal year within the actor's reports: a statement a table, all of kept counts.

    For a year that runs one more counts the days of last year's month one by one.

    Args:
        session: For reading.
        actor: Whose reports.
        year: Fiscal, Buddhist.
        lookups: Names of the groups.
        language: Of the names.
    """
    day = today()
    chosen = ComplaintFilter(year=frozenset({year}))
    cells = count_cells(session, actor, ComplaintFilter(year=frozenset({year, year - 1})), (By.MONTH,))
    this_year = [cell for cell in cells if fiscal_year_of_month(cell.key[0]) == year]
    last_year = [cell for cell in cells if fiscal_year_of_month(cell.key[0]) == year - 1]
    is_running = fiscal_year_of(day) == year
    at = now()
    compared = _same_days(session, actor, last_year, day) if is_running else last_year
    groups = {
        by: groups_of(results_by(session, actor, chosen, (by,)), by, lookups, language) for by in GROUPED
    }
    groups[By.DEPARTMENT] = _bureaus(session, actor, chosen, lookups, language)
    return Yearly(
        year=year,
        found=summed(this_year, at),
        before=summed(compared, at),
        until=day if is_running else last_day(year),
        is_running=is_running,
        months=_months(year, this_year, last_year, day),
        groups=groups,
    )


def first_day(year: int) -> date:
    """Return the first day of a fiscal year."""
    return date(year - BUDDHIST_OFFSET - 1, FISCAL_YEAR_FIRST_MONTH, 1)


def last_day(year: int) -> date:
    """Return the last day of a fiscal year."""
    return first_day(year + 1) - timedelta(days=1)


def year_earlier(day: date) -> date:
    """Return the same day a year before; 28 February for the 29th."""
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _same_days(session: Session, actor: Actor, last_year: list[Cell], day: date) -> list[Cell]:
    """Return the cells of last year up to this day: its months before, and the days of this month.

    A year that has begun is not held against a whole one.
    """
    until = year_earlier(day)
    month = until.year * 100 + until.month
    days = ComplaintFilter(received_from=until.replace(day=1), received_to=until)
    whole_months = [cell for cell in last_year if cell.key[0] < month]
    return [*whole_months, *count_cells(session, actor, days)]


def _months(year: int, this_year: list[Cell], last_year: list[Cell], day: date) -> tuple[Month, ...]:
    months = []
    first = first_day(year)
    for _ in range(MONTHS):
        before = _of_month(last_year, year_earlier(first))
        results = _of_month(this_year, first) if first <= day else None
        months.append(Month(first, results, before))
        first = (first + timedelta(days=31)).replace(day=1)
    return tuple(months)


def _of_month(cells: list[Cell], first: date) -> Results:
    month = first.year * 100 + first.month
    return summed((cell for cell in cells if cell.key[0] == month), now())


def _bureaus(
    session: Session, actor: Actor, chosen: ComplaintFilter, lookups: Lookups, language: str
) -> list[Group]:
    """Return the parts of the town below its head, each with all below it, as its list shows it."""
    cells: dict[tuple[int, ...], list[Cell]] = {}
    for cell in count_cells(session, actor, chosen, (By.DEPARTMENT,)):
        cells.setdefault((bureau_of(cell.key[0], lookups.departments) or 0,), []).append(cell)
    found = {key: summed(some, now()) for key, some in cells.items()}
    head = lone_root(lookups.departments)
    groups = groups_of({key: one for key, one in found.items() if one.all}, By.DEPARTMENT, lookups, language)
    return [replace(group, arguments=None) if group.row_id == head else group for group in groups]


# The worst --------------------------------------------------------------------------------------------------


def broken_of(results: Results) -> int:
    """Return how many finished cases with a promise were finished late."""
    return results.promised - results.in_time


def broken_share(results: Results) -> Decimal | None:
    """Return late ÷ finished with a promise in per cent, one decimal."""
    return percent(broken_of(results), results.promised)


def worst_of(groups: list[Group]) -> list[Group]:
    """Return the groups that broke the largest share of their promises, at most five.

    Only those with ``LEAST_PROMISED`` such cases or more: of two cases one late is no finding.
    """
    ranked = [
        group
        for group in groups
        if group.results.promised >= LEAST_PROMISED and broken_of(group.results) and group.row_id
    ]
    ranked.sort(
        key=lambda group: (-broken_of(group.results) / group.results.promised, -broken_of(group.results))
    )
    return ranked[:MOST_WORST]
