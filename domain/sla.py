"""The duty clock: when a promise ends, when to warn, what a pause moves; pure, its results are stored.

Whole days are counted after the day of receipt and end at closing time; a half day counts as a day. Hours
and minutes run through nights and days off, their office kinds only while offices are open. A pause moves a
promise on by what was lost: of whole days, the day it begins on was still worked and the day it ends on is
lost, and what begins or ends after closing time does so on the next day. So a promise kept until the pause is
never broken by the act that ends it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.clock import to_bangkok
from domain.errors import add_message
from domain.office_calendar import LONGEST_YEARS, ClockError, OfficeCalendar, bangkok_day
from models import DurationUnit

DAY_UNITS: Final = frozenset({DurationUnit.DAYS, DurationUnit.WORKING_DAYS})
OFFICE_UNITS: Final = frozenset(
    {DurationUnit.WORKING_DAYS, DurationUnit.OFFICE_HOURS, DurationUnit.OFFICE_MINUTES}
)
LONGEST_DAYS: Final = 366 * LONGEST_YEARS
LONGEST_MINUTES: Final = LONGEST_DAYS * 24 * 60
_SHORT_MINUTES: Final = {
    DurationUnit.MINUTES: 1,
    DurationUnit.HOURS: 60,
    DurationUnit.OFFICE_MINUTES: 1,
    DurationUnit.OFFICE_HOURS: 60,
}
Pause = tuple[datetime, datetime]
"""When a clock was stopped and when it ran on."""

add_message(
    "duration_not_positive",
    thai="ระยะเวลาต้องเป็นจำนวนเต็มตั้งแต่ 1 ขึ้นไป",
    english="A duration is a whole number from 1 on",
)
add_message(
    "clock_not_started",
    thai="เวลาที่หยุดนับ ({stopped}) อยู่ก่อนเวลาที่เริ่มนับ ({start}) กรุณาตรวจนาฬิกาของเครื่อง",
    english="The clock would stop ({stopped}) before it started ({start}): check the machine's clock",
)
add_message(
    "clock_backwards",
    thai="เวลาที่เริ่มนับต่อ ({resumed}) อยู่ก่อนเวลาที่หยุดนับ ({stopped}) กรุณาตรวจนาฬิกาของเครื่อง",
    english="The clock would run on ({resumed}) before it stopped ({stopped}): check the machine's clock",
)


class Light(StrEnum):
    """How a promise stands: three colours, and grey while the clock stands still."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    STOPPED = "stopped"
    NONE = "none"


def due_at(start: datetime, amount: int, unit: DurationUnit, calendar: OfficeCalendar) -> datetime:
    """Return the moment by which a complaint must be answered.

    Calendar days may end on a day off. For working days, what is received on a day off or after closing time
    counts as received when offices open next (architecture.md §9); office hours begin with that opening.

    Args:
        start: Aware moment of receipt; counted on the Bangkok calendar.
        amount: Upper end of the promised range, 1 or more.
        unit: What ``amount`` counts.
        calendar: Office hours and days off.

    Returns:
        Aware UTC moment.

    Raises:
        ClockError: ``amount`` is not positive, the count does not end within five years, or the start lies
            before 1970 or centuries away.
    """
    if amount < 1:
        raise ClockError("duration_not_positive")
    if unit is DurationUnit.WORKING_DAYS:
        return calendar.closing(calendar.nth_working_day(calendar.day_of_receipt(start), amount))
    if unit is DurationUnit.DAYS:
        return calendar.closing(_days_on(bangkok_day(start), amount))
    if amount * _SHORT_MINUTES[unit] > LONGEST_MINUTES:
        raise ClockError
    bangkok_day(start)  # Refuses what no calendar of ours reaches.
    stretch = timedelta(minutes=amount * _SHORT_MINUTES[unit])
    return calendar.advance(start, stretch) if unit in OFFICE_UNITS else start.astimezone(UTC) + stretch


def days_after(moment: datetime, days: int, calendar: OfficeCalendar) -> datetime:
    """Return closing time of the n-th working day after a moment's day, whatever the hour and the day.

    Raises:
        ClockError: ``days`` is not positive, or it does not come within five years.
    """
    if days < 1:
        raise ClockError("duration_not_positive")
    return calendar.closing(calendar.nth_working_day(bangkok_day(moment), days))


def warn_at(
    start: datetime,
    due: datetime,
    unit: DurationUnit,
    calendar: OfficeCalendar,
    percent: int,
    pauses: Iterable[Pause] = (),
) -> datetime:
    """Return when ``percent`` of the promised time has gone by, pauses not counted; never after ``due``.

    Units of office time are measured in office time, the others by the wall clock.

    Args:
        start: When the clock started.
        due: When the promise ends, pauses included.
        unit: How it was promised.
        calendar: Office hours and days off.
        percent: 0 to 100.
        pauses: Those between start and due, in their order.
    """
    if due <= start:
        return due.astimezone(UTC)
    held = tuple(pauses)
    lost = sum((_passed(stopped, resumed, unit, calendar) for stopped, resumed in held), timedelta(0))
    left = max(timedelta(0), _passed(start, due, unit, calendar) - lost) * percent // 100
    warn = _on(start, left, unit, calendar)
    for stopped, resumed in held:
        if warn > stopped:
            warn = _on(warn, _passed(stopped, resumed, unit, calendar), unit, calendar)
    return min(warn, due.astimezone(UTC))


def after_pause(
    moment: datetime, stopped: datetime, resumed: datetime, unit: DurationUnit, calendar: OfficeCalendar
) -> datetime:
    """Return where a pause moves the end of a promise.

    What had passed when the clock stopped stays where it was: a broken promise stays broken. What had not is
    not broken by running on, even where the calendar has changed since the promise was made.

    Raises:
        ClockError: ``clock_backwards``, or the new end does not come within five years.
    """
    _refuse_backwards(stopped, resumed)
    is_day = unit in DAY_UNITS
    if moment < stopped or (moment == stopped and not is_day):  # Its last minute belongs to a day.
        return moment.astimezone(UTC)
    if is_day:
        lost = days_lost(stopped, resumed, unit, calendar)
        later = calendar.closing(_shifted(moment, lost, unit, calendar)) if lost else moment
    else:
        later = _on(moment, _passed(stopped, resumed, unit, calendar), unit, calendar)
    if later < resumed:
        later = calendar.closing(_duty_day(resumed, unit, calendar)) if is_day else resumed
    return later.astimezone(UTC)


def warn_after_pause(
    warn: datetime, stopped: datetime, resumed: datetime, unit: DurationUnit, calendar: OfficeCalendar
) -> datetime:
    """Return where a pause moves the moment to warn: as the promise, but it keeps its time of day.

    Raises:
        ClockError: as ``after_pause``.
    """
    _refuse_backwards(stopped, resumed)
    if warn <= stopped:
        return warn.astimezone(UTC)
    if unit not in DAY_UNITS:
        return after_pause(warn, stopped, resumed, unit, calendar)
    lost = days_lost(stopped, resumed, unit, calendar)
    return warn.astimezone(UTC) + (_shifted(warn, lost, unit, calendar) - bangkok_day(warn))


def days_lost(stopped: datetime, resumed: datetime, unit: DurationUnit, calendar: OfficeCalendar) -> int:
    """Return how many days a pause took from a promise counted in days; never negative."""
    first, last = _duty_day(stopped, unit, calendar), _duty_day(resumed, unit, calendar)
    if unit is DurationUnit.WORKING_DAYS:
        return calendar.working_days_between(first, last)
    return max(0, (last - first).days)


def due_after_pauses(
    start: datetime,
    amount: int,
    unit: DurationUnit,
    calendar: OfficeCalendar,
    pauses: Iterable[Pause],
) -> datetime:
    """Return the end of a promise that is made after the case has already waited, each pause in its order.

    Raises:
        ClockError: ``clock_not_started`` for a pause before the start; what the two it is made of raise.
    """
    due = due_at(start, amount, unit, calendar)
    for stopped, resumed in pauses:
        if stopped < start:
            raise ClockError("clock_not_started", stopped=stopped, start=start)
        due = after_pause(due, stopped, resumed, unit, calendar)
    return due


def light(
    moment: datetime, warn: datetime | None, due: datetime | None, *, stopped: datetime | None = None
) -> Light:
    """Return how a promise stands at a moment.

    Args:
        moment: Now.
        warn: When to warn.
        due: When the promise ends, as it is stored.
        stopped: Since when the clock stands still: what ends after that is not late, however long it stands.
    """
    if due is None:
        return Light.NONE
    if (moment if stopped is None else stopped) > due:
        return Light.RED
    if stopped is not None:
        return Light.STOPPED
    return Light.AMBER if warn is not None and moment >= warn else Light.GREEN


def days_left(due: datetime, moment: datetime) -> int:
    """Return whole Bangkok calendar days until the due day; negative when it has passed.

    On the due day it is 0 until midnight, though closing time may be past: compare the moments for lateness.
    """
    return (to_bangkok(due).date() - to_bangkok(moment).date()).days


def _refuse_backwards(stopped: datetime, resumed: datetime) -> None:
    if resumed < stopped:
        raise ClockError("clock_backwards", stopped=stopped, resumed=resumed)


def _passed(begins: datetime, ends: datetime, unit: DurationUnit, calendar: OfficeCalendar) -> timedelta:
    """Return how much of a unit's time lies between two moments."""
    return calendar.office_time(begins, ends) if unit in OFFICE_UNITS else ends - begins


def _on(moment: datetime, stretch: timedelta, unit: DurationUnit, calendar: OfficeCalendar) -> datetime:
    """Return a moment moved on by a stretch of a unit's time."""
    return calendar.advance(moment, stretch) if unit in OFFICE_UNITS else moment.astimezone(UTC) + stretch


def _duty_day(moment: datetime, unit: DurationUnit, calendar: OfficeCalendar) -> date:
    """Return the day on which a pause begins or ends: after closing time it is the next one."""
    if unit is DurationUnit.WORKING_DAYS:
        return calendar.day_of_receipt(moment)
    day = bangkok_day(moment)
    return day if moment <= calendar.closing(day) else day + timedelta(days=1)


def _shifted(moment: datetime, days: int, unit: DurationUnit, calendar: OfficeCalendar) -> date:
    day = bangkok_day(moment)
    if unit is DurationUnit.WORKING_DAYS:
        return calendar.nth_working_day(day, days)
    return _days_on(day, days)


def _days_on(day: date, days: int) -> date:
    if days > LONGEST_DAYS:
        raise ClockError
    return day + timedelta(days=days)
