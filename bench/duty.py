"""The duty clock against the least any program must do that walks day by day."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from bench.measuring import Report, timed
from domain.clock import BANGKOK, to_bangkok
from domain.office_calendar import USUAL_WEEK, OfficeCalendar
from domain.sla import after_pause, due_at
from models import DurationUnit

CASES: Final = 100_000
LEAST: Final = 0.2
ROWS: Final = 20  # Bare loops are timed a few times, whole.
ONE_DAY: Final = timedelta(days=1)
UNIT: Final = DurationUnit
# What towns promise, by the seed's subtypes and 003-05: mostly days of work, the longest thirty.
PROMISES: Final = (
    (3, UNIT.WORKING_DAYS, 30),
    (7, UNIT.WORKING_DAYS, 20),
    (15, UNIT.WORKING_DAYS, 15),
    (30, UNIT.WORKING_DAYS, 15),
    (7, UNIT.DAYS, 5),
    (24, UNIT.HOURS, 5),
    (30, UNIT.MINUTES, 2),
    (30, UNIT.OFFICE_MINUTES, 3),
    (8, UNIT.OFFICE_HOURS, 5),
)
SEEDED: Final = Path(__file__).resolve().parents[1] / "seed" / "holidays.csv"

Case = tuple[datetime, int, DurationUnit]


def run(report: Report) -> None:
    """Count the same due dates by the clock, by walking days and by one addition each; compare."""
    report.heading(f"กำหนดแล้วเสร็จ {CASES:,} เรื่อง · due dates over the seeded calendar")
    calendar, cases = _calendar(), _cases()
    dues = [due_at(*case, calendar) for case in cases]
    walks = [
        (to_bangkok(case[0]).date(), (to_bangkok(due).date() - to_bangkok(case[0]).date()).days)
        for case, due in zip(cases, dues, strict=True)
    ]
    starts = [start for start, _amount, _unit in cases]
    ours = _best(lambda: _count(cases, calendar))
    walked, added = _best(lambda: _walk(walks)), _best(lambda: _add(starts))
    paused = _best(lambda: _pause(cases, dues, calendar))
    days = sum(length for _start, length in walks) / CASES
    report.line(
        "speed against walking the days, none looked up",
        f"{walked / ours:.2f}×  ({ours:.0f} / {walked:.0f} ms, {days:.1f} days a case)",
        f"≥ {LEAST}×",
        met=walked / ours >= LEAST,
    )
    report.line("the same against one addition a case", f"{added / ours:.2f}×  ({ours:.0f} / {added:.0f} ms)")
    report.line("a pause of five days a case, against walking", f"{walked / paused:.2f}×  ({paused:.0f} ms)")
    fresh = _best(lambda: due_at(cases[0][0], 3, UNIT.WORKING_DAYS, _calendar()))
    report.line("a calendar read and counted anew", f"{fresh:.1f} ms, once a change of the table")


def _best(call: Callable[[], object]) -> float:
    return timed(call, seconds=2, most=ROWS).best


def _calendar() -> OfficeCalendar:
    with SEEDED.open(encoding="utf-8", newline="") as stream:
        days = {date.fromisoformat(row["date"]): () for row in csv.DictReader(stream)}
    return OfficeCalendar(USUAL_WEEK, days)


def _cases() -> list[Case]:
    """Return cases that come as people report: all days, mostly by day, some at night."""
    chance = random.Random(4)  # noqa: S311 - a bench that is the same each time
    weights = [weight for _amount, _unit, weight in PROMISES]
    first = datetime(2025, 10, 1, tzinfo=BANGKOK)
    cases = []
    for amount, unit, _weight in chance.choices(PROMISES, weights, k=CASES):
        minute = min(max(int(chance.gauss(13 * 60, 4 * 60)), 0), 1439)
        start = first + timedelta(days=chance.randrange(730), minutes=minute, seconds=chance.randrange(60))
        cases.append((start.astimezone(UTC), amount, unit))  # As the database gives them.
    return cases


def _count(cases: list[Case], calendar: OfficeCalendar) -> None:
    for start, amount, unit in cases:
        due_at(start, amount, unit, calendar)


def _walk(walks: list[tuple[date, int]]) -> None:
    for day, length in walks:
        for _step in range(length):
            day += ONE_DAY


def _add(starts: list[datetime]) -> None:
    for start in starts:
        start + ONE_DAY


def _pause(cases: list[Case], dues: list[datetime], calendar: OfficeCalendar) -> None:
    five = timedelta(days=5)
    for (start, _amount, unit), due in zip(cases, dues, strict=True):
        after_pause(due, start, start + five, unit, calendar)
