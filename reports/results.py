"""ผลการดำเนินงาน (000-03..05, 002-24): the seven figures and what stands beside them, of any complaints.

Counted by ``reports.figures``, defined for readers in ``reports.definitions``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from domain.complaint_filter import ComplaintFilter
from domain.permissions import Permission
from models import Figure
from reports.figures import FIGURES, By, Cell, count_cells

STARS: Final = range(1, 6)
MINUTES_A_DAY: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Results:
    """The figures of workflow.md over some complaints, in their state of now.

    Attributes:
        at: The moment of counting.
        by_figure: Complaints by figure, of the four that make up all.
        fixed: Finished ones whose latest result says fixed.
        stars: Complaints by their latest rating, 1 to 5.
        reopened: Opened again at least once.
        confirmed: Finished ones whose present result the complainant gave three stars or more.
        promised: Finished ones that had a promised time.
        in_time: Those of them finished within it.
        took_minutes: From receipt to the end, over all finished ones.
    """

    at: datetime
    by_figure: dict[Figure, int]
    fixed: int
    stars: dict[int, int]
    reopened: int
    confirmed: int
    promised: int
    in_time: int
    took_minutes: int

    @property
    def all(self) -> int:
        """Return examination + progress + finished + rejected."""
        return sum(self.by_figure.values())

    @property
    def finished(self) -> int:
        """Return the finished ones."""
        return self.by_figure[Figure.FINISHED]

    @property
    def progress(self) -> int:
        """Return those somebody works on."""
        return self.by_figure[Figure.PROGRESS]

    @property
    def examination(self) -> int:
        """Return those under examination."""
        return self.by_figure[Figure.EXAMINATION]

    @property
    def success(self) -> Decimal | None:
        """Return fixed ÷ all in per cent, one decimal; None without any case."""
        return percent(self.fixed, self.all)

    @property
    def rated(self) -> int:
        """Return the number of rated cases."""
        return sum(self.stars.values())

    @property
    def mean(self) -> Decimal | None:
        """Return the mean of the latest rating of each rated case, two decimals; None without any."""
        given = sum(stars * cases for stars, cases in self.stars.items())
        return rounded(Decimal(given) / self.rated, "0.01") if self.rated else None

    @property
    def kept(self) -> Decimal | None:
        """Return in time ÷ promised in per cent, one decimal; None where nothing finished had a promise."""
        return percent(self.in_time, self.promised)

    @property
    def mean_days(self) -> Decimal | None:
        """Return the mean calendar days from receipt to the end; None without a finished case."""
        return (
            rounded(Decimal(self.took_minutes) / MINUTES_A_DAY / self.finished, "0.1")
            if self.finished
            else None
        )


def results_of(session: Session, actor: Actor, chosen: ComplaintFilter) -> Results:
    """Count the figures of what the filter leaves within the actor's reports."""
    found = results_by(session, actor, chosen, ())
    return found.get((), empty_results())


def results_by(
    session: Session,
    actor: Actor,
    chosen: ComplaintFilter,
    by: Sequence[By],
    permission: Permission = Permission.REPORT_READ,
) -> dict[tuple[int, ...], Results]:
    """Count the figures group by group; keys as in ``reports.figures.Cell``, empty groups are absent."""
    at = now()
    groups: dict[tuple[int, ...], list[Cell]] = {}
    for cell in count_cells(session, actor, chosen, by, permission=permission):
        if cell.figure is not Figure.NONE:
            groups.setdefault(cell.key, []).append(cell)
    return {key: summed(cells, at) for key, cells in groups.items()}


def empty_results() -> Results:
    """Return the figures of no complaint at all."""
    return summed((), now())


def summed(cells: Iterable[Cell], at: datetime) -> Results:
    """Return the figures of some cells together; figure "none" is left out."""
    counted = [cell for cell in cells if cell.figure is not Figure.NONE]

    def total(measure: str) -> int:
        return sum(cell.sums[measure] for cell in counted)

    by_figure = dict.fromkeys(FIGURES, 0)
    for cell in counted:
        by_figure[cell.figure] += cell.sums["cases"]
    return Results(
        at=at,
        by_figure=by_figure,
        fixed=total("fixed"),
        stars={stars: total(f"stars_{stars}") for stars in STARS},
        reopened=total("reopened"),
        confirmed=total("confirmed"),
        promised=total("promised"),
        in_time=total("in_time"),
        took_minutes=total("took_minutes"),
    )


def percent(part: int, whole: int) -> Decimal | None:
    """Return part ÷ whole in per cent, one decimal, halves up; None where the whole is nothing."""
    return rounded(Decimal(part * 100) / whole, "0.1") if whole else None


def rounded(value: Decimal, places: str) -> Decimal:
    """Return a value rounded halves up, as people do by hand."""
    return value.quantize(Decimal(places), ROUND_HALF_UP)
