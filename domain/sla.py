"""When an answer is promised: pure counting over working days; the result is stored, never recomputed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta

from domain.clock import BANGKOK, to_bangkok
from models import DurationUnit

CLOSING_TIME = time(16, 30)  # Government offices close at 16:30.
LONGEST_SPAN_DAYS = 366 * 5


def is_working_day(day: date, holidays: Collection[date]) -> bool:
    """Tell whether offices are open: not Saturday, Sunday or a holiday."""
    return day.weekday() < 5 and day not in holidays


def due_at(received_at: datetime, amount: int, unit: DurationUnit, holidays: Collection[date]) -> datetime:
    """Return the moment by which a complaint must be answered.

    Hours run from receipt, through nights and days off. Days and working days are counted from the day after
    receipt and end at closing time of the last one; calendar days may end on a day off. For working days,
    what is received on a day off or after closing time counts as received when offices open next
    (architecture.md §9).

    Args:
        received_at: Aware moment; counted on the Bangkok calendar.
        amount: Upper end of the promised range, 1 or more.
        unit: What ``amount`` counts.
        holidays: Bangkok dates that are not working days, besides Saturday and Sunday.

    Returns:
        Aware UTC moment.

    Raises:
        ValueError: ``amount`` is not positive, or the count does not end within five years.
    """
    if amount < 1:
        raise ValueError("a promise needs at least one unit of time")
    if unit is DurationUnit.HOURS:
        return received_at.astimezone(UTC) + timedelta(hours=amount)
    day = to_bangkok(received_at).date()
    if unit is DurationUnit.WORKING_DAYS:
        day = day_of_receipt(received_at, holidays)
    left = amount
    for _ in range(LONGEST_SPAN_DAYS):
        day += timedelta(days=1)
        if unit is DurationUnit.DAYS or is_working_day(day, holidays):
            left -= 1
        if left == 0:
            return datetime.combine(day, CLOSING_TIME, tzinfo=BANGKOK).astimezone(UTC)
    raise ValueError("the promised time does not end within five years")


def day_of_receipt(received_at: datetime, holidays: Collection[date]) -> date:
    """Return the Bangkok day on which offices receive it: the next working one, when they are closed.

    Raises:
        ValueError: there is no working day within five years.
    """
    local = to_bangkok(received_at)
    day = local.date()
    if is_working_day(day, holidays) and local.time() <= CLOSING_TIME:
        return day
    for _ in range(LONGEST_SPAN_DAYS):
        day += timedelta(days=1)
        if is_working_day(day, holidays):
            return day
    raise ValueError("no working day within five years")


def days_left(due: datetime, moment: datetime) -> int:
    """Return whole Bangkok calendar days until the due day; negative when it has passed.

    On the due day it is 0 until midnight, though closing time may be past: compare the moments for lateness.
    """
    return (to_bangkok(due).date() - to_bangkok(moment).date()).days
