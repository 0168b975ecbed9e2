"""ผลการดำเนินงาน (000-03..05, 002-24): the seven figures of some fiscal years and how citizens rated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from domain.permissions import Permission, scope_complaints
from models import Complaint, Figure, Outcome, Rating
from reports.case_summary import FIGURES, received_in


@dataclass(frozen=True, slots=True)
class Results:
    """The seven figures (workflow.md): over cases received in the years, in their state of now.

    Attributes:
        years: Fiscal years.
        at: The moment of counting.
        by_figure: Cases by figure.
        fixed: Finished cases whose latest result says fixed.
        stars: Cases by their latest rating, 1 to 5.
    """

    years: tuple[int, ...]
    at: datetime
    by_figure: dict[Figure, int]
    fixed: int
    stars: dict[int, int]

    @property
    def all(self) -> int:
        """Return examination + progress + finished + rejected."""
        return sum(self.by_figure.values())

    @property
    def success(self) -> Decimal | None:
        """Return fixed ÷ all in per cent, one decimal; None without any case."""
        return _rounded(Decimal(self.fixed * 100) / self.all, "0.1") if self.all else None

    @property
    def rated(self) -> int:
        """Return the number of rated cases."""
        return sum(self.stars.values())

    @property
    def mean(self) -> Decimal | None:
        """Return the mean of the latest rating of each rated case, two decimals; None without any."""
        given = sum(stars * cases for stars, cases in self.stars.items())
        return _rounded(Decimal(given) / self.rated, "0.01") if self.rated else None


def results_of(
    session: Session, actor: Actor, years: Sequence[int], wanted: Sequence[ColumnElement[bool]] = ()
) -> Results:
    """Count the seven figures of the cases that meet further conditions, too; two statements."""
    fixed = func.sum(case((Complaint.outcome == Outcome.FIXED, 1), else_=0))
    counted = scope_complaints(
        select(Complaint.figure, func.count().label("cases"), fixed.label("fixed"))
        .where(received_in(years), Complaint.figure != Figure.NONE, *wanted)
        .group_by(Complaint.figure),
        actor,
        Permission.REPORT_READ,
    )
    by_figure, done = dict.fromkeys(FIGURES, 0), 0
    for row in session.execute(counted):
        by_figure[row.figure] = row.cases
        done += int(row.fixed) if row.figure is Figure.FINISHED else 0
    latest = select(func.max(Rating.id)).group_by(Rating.complaint_id)
    rated = scope_complaints(
        select(Rating.stars, func.count().label("cases"))
        .select_from(Complaint)
        .join(Rating, Rating.complaint_id == Complaint.id)
        .where(Rating.id.in_(latest), received_in(years), Complaint.figure != Figure.NONE, *wanted)
        .group_by(Rating.stars),
        actor,
        Permission.REPORT_READ,
    )
    stars = dict.fromkeys(range(1, 6), 0) | {row.stars: row.cases for row in session.execute(rated)}
    return Results(tuple(sorted(years)), now(), by_figure, done, stars)


def _rounded(value: Decimal, places: str) -> Decimal:
    return value.quantize(Decimal(places), ROUND_HALF_UP)
