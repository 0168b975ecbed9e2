"""When offices are open: a week of hours, days off, half days; counted by year, no day is walked twice.

Everything is wall-clock time of Bangkok. Times of day are whole minutes since midnight.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from typing import Final

from domain.clock import BANGKOK
from domain.errors import DomainError, add_message

Hours = tuple[tuple[int, int], ...]
"""Open stretches of one day as (from, until) in minutes since midnight, in order; empty is closed."""

DAY_MINUTES: Final = 24 * 60
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2400
"""A year past this one is a Buddhist year that was taken for a Christian one."""
LONGEST_YEARS: Final = 5
USUAL_DAY: Final[Hours] = ((8 * 60 + 30, 16 * 60 + 30),)
USUAL_WEEK: Final[tuple[Hours, ...]] = (*((USUAL_DAY,) * 5), (), ())
"""Government offices: Monday to Friday 08:30-16:30 (the rule of 1948 on office hours and days off)."""

_MICRO: Final = 60_000_000  # Microseconds in a minute: stretches of office time are exact integers of them.


class ClockError(DomainError):
    """The clock cannot count this."""

    default_code = "clock_never_ends"


add_message(
    "clock_never_ends",
    thai="นับกำหนดเวลาไม่สิ้นสุดภายใน 5 ปี กรุณาตรวจเวลาทำการและวันหยุดในหน้าตั้งค่า",
    english="The time does not end within five years: check office hours and holidays in the settings",
)
add_message(
    "clock_before_epoch",
    thai="วันเวลา {day} เก่าเกินไป ระบบนับเวลาตั้งแต่ พ.ศ. 2513 กรุณาตรวจปีที่พิมพ์",
    english="{day} is too long ago: time is counted from 1970 on; check the year",
)
add_message(
    "clock_beyond",
    thai="วันเวลา {day} ไกลเกินไป ปีนั้นดูเหมือน พ.ศ. ที่พิมพ์เป็น ค.ศ. กรุณาตรวจปีที่พิมพ์",
    english="{day} is too far away: that looks like a Buddhist year typed as a Christian one; check the year",
)
add_message(
    "office_days_wrong",
    thai="เวลาทำการใช้ไม่ได้ ต้องเปิดก่อนปิด ไม่ซ้อนกัน และเปิดอย่างน้อยหนึ่งวัน กรุณาแก้ในหน้าตั้งค่า",
    english="Office hours open before they close, never overlap, one day is open: mend them in the settings",
)


@dataclass(frozen=True, eq=False)
class OfficeCalendar:
    """The office hours of every day: those of its weekday, unless the date is an exception.

    Attributes:
        week: Seven days, Monday first.
        exceptions: Dates with other hours than their weekday; ``()`` is closed all day.

    Raises:
        ClockError: ``office_days_wrong``.
    """

    week: tuple[Hours, ...] = USUAL_WEEK
    exceptions: Mapping[date, Hours] = field(default_factory=dict)
    _years: dict[int, _Year] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        days = [*self.week, *self.exceptions.values()]
        if len(self.week) != 7 or not any(self.week) or not all(map(_in_order, days)):
            raise ClockError("office_days_wrong")

    def hours_of(self, day: date) -> Hours:
        """Return the open stretches of a day."""
        found = self.exceptions.get(day)
        return self.week[day.weekday()] if found is None else found

    def is_working_day(self, day: date) -> bool:
        """Tell whether offices open at all; half a day counts as one."""
        return bool(self.hours_of(day))

    def closing(self, day: date) -> datetime:
        """Return when offices close on a day, in UTC; on a day off, when they would ordinarily.

        Where they never close it is 23:59, which everybody reads as that day and not as the next.
        """
        year = self._year(day.year)
        return year.closings[day.toordinal() - year.first]

    def day_of_receipt(self, moment: datetime) -> date:
        """Return the Bangkok day on which offices receive it: the next working one, when they are closed.

        Raises:
            ClockError: there is none within five years, or the moment lies before 1970.
        """
        local = _local(moment)
        day, year = local.date(), self._year(local.year)
        index = day.toordinal() - year.first
        if year.is_open[index] and moment <= year.closings[index]:
            return day
        return self.nth_working_day(day, 1)

    def nth_working_day(self, day: date, count: int) -> date:
        """Return the ``count``-th working day after a day; 0 is the day itself.

        Raises:
            ClockError: it does not come within five years.
            ValueError: ``count`` is negative.
        """
        if count < 0:
            raise ValueError("working days are counted forwards")
        if count == 0:
            return day
        year = self._year(day.year)
        index = year.upto[day.toordinal() - year.first] + count - 1
        if index < len(year.days):
            return year.days[index]
        for number in range(day.year, day.year + LONGEST_YEARS + 1):
            days = self._year(number).days
            if index < len(days):
                return days[index]
            index -= len(days)
        raise ClockError

    def working_days_between(self, first: date, last: date) -> int:
        """Return how many working days lie after ``first``, up to and with ``last``."""
        if last <= first:
            return 0
        whole = sum(len(self._year(number).days) for number in range(first.year, last.year))
        return whole + self._upto(last) - self._upto(first)

    def office_time(self, start: datetime, end: datetime) -> timedelta:
        """Return how long offices are open between two moments; 0 when the second is not later."""
        if end <= start:
            return timedelta(0)
        first, last = _local(start), _local(end)
        whole = sum(self._year(number).total for number in range(first.year, last.year))
        spent = whole + self._spent(last) - self._spent(first)
        return timedelta(microseconds=spent)

    def advance(self, start: datetime, stretch: timedelta) -> datetime:
        """Return the moment after which offices were open for a stretch of time since ``start``.

        What ends exactly at closing time ends then, not at the next opening.

        Raises:
            ClockError: it does not end within five years.
        """
        local = _local(start)
        if stretch <= timedelta(0):
            return local.astimezone(UTC)
        left = self._spent(local) + stretch // timedelta(microseconds=1)
        for number in range(local.year, local.year + LONGEST_YEARS + 1):
            year = self._year(number)
            if left <= year.total:
                return self._moment(year, left)
            left -= year.total
        raise ClockError

    def next_opening(self, moment: datetime) -> datetime:
        """Return the moment itself while offices are open, else the next opening.

        Raises:
            ClockError: they do not open within five years.
        """
        local = _local(moment)
        minute = _minute(local)
        for begins, ends in self.hours_of(local.date()):
            if minute < ends * _MICRO:
                later = max(minute, begins * _MICRO)
                return (_midnight(local.date()) + timedelta(microseconds=later)).astimezone(UTC)
        day = self.nth_working_day(local.date(), 1)
        return (_midnight(day) + timedelta(minutes=self.hours_of(day)[0][0])).astimezone(UTC)

    def _spent(self, local: datetime) -> int:
        """Return the office time of a year that has gone by, in microseconds."""
        day, year = local.date(), self._year(local.year)
        index = day.toordinal() - year.first
        if not year.is_open[index]:
            return year.starts[year.upto[index]]
        minute, spent = _minute(local), year.starts[year.upto[index] - 1]
        for begins, ends in self.hours_of(day):
            if minute > begins * _MICRO:
                spent += min(minute, ends * _MICRO) - begins * _MICRO
        return spent

    def _upto(self, day: date) -> int:
        year = self._year(day.year)
        return year.upto[day.toordinal() - year.first]

    def _moment(self, year: _Year, spent: int) -> datetime:
        """Return when a year's office time reaches an amount: its first moment, so closing, not opening."""
        index = bisect_left(year.starts, spent) - 1
        day, left = year.days[index], spent - year.starts[index]
        for begins, ends in self.hours_of(day):
            length = (ends - begins) * _MICRO
            if left <= length:
                return (_midnight(day) + timedelta(microseconds=begins * _MICRO + left)).astimezone(UTC)
            left -= length
        raise AssertionError("a year's sums do not fit its days")

    def _year(self, number: int) -> _Year:
        found = self._years.get(number)
        if found is None:
            found = self._years[number] = self._counted(number)
        return found

    def _counted(self, number: int) -> _Year:
        if number < FIRST_YEAR:
            raise ClockError("clock_before_epoch", day=date(number, 1, 1))
        if number > LAST_YEAR + LONGEST_YEARS:
            raise ClockError("clock_beyond", day=date(number, 1, 1))
        year = _Year(date(number, 1, 1).toordinal())
        for ordinal in range(year.first, date(number + 1, 1, 1).toordinal()):
            day = date.fromordinal(ordinal)
            hours = self.hours_of(day)
            if hours:
                year.days.append(day)
                year.starts.append(year.total)
                year.total += sum(ends - begins for begins, ends in hours) * _MICRO
            year.is_open.append(bool(hours))
            year.upto.append(len(year.days))
            closes = timedelta(minutes=self._closing_minute(day))
            year.closings.append((_midnight(day) + closes).astimezone(UTC))
        year.starts.append(year.total)
        return year

    def _closing_minute(self, day: date) -> int:
        usual = self.week[day.weekday()] or next(filter(None, self.week))
        return min((self.hours_of(day) or usual)[-1][1], DAY_MINUTES - 1)


@dataclass(slots=True)
class _Year:
    """A year counted once.

    Attributes:
        first: Ordinal of 1 January: the lists of days begin with it.
        is_open: Of each day, whether offices open at all.
        upto: Of each day, how many working days the year has up to it, itself included.
        closings: Of each day, when offices close or would, in UTC.
        days: The working days.
        starts: The office time gone by when each begins, in microseconds; the year's sum behind them.
        total: The year's office time.
    """

    first: int
    is_open: list[bool] = field(default_factory=list)
    upto: list[int] = field(default_factory=list)
    closings: list[datetime] = field(default_factory=list)
    days: list[date] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    total: int = 0


def bangkok_day(moment: datetime) -> date:
    """Return the Bangkok day a moment falls on.

    Raises:
        ClockError: it lies before 1970, or centuries away.
        ValueError: the moment has no time zone.
    """
    return _local(moment).date()


def _in_order(hours: Hours) -> bool:
    times = [minute for stretch in hours for minute in stretch]
    within = all(0 <= minute <= DAY_MINUTES for minute in times)
    return within and times == sorted(times) and all(begins < ends for begins, ends in hours)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, BANGKOK)


def _minute(local: datetime) -> int:
    """Return the time of day in microseconds."""
    return (local.hour * 60 + local.minute) * _MICRO + local.second * 1_000_000 + local.microsecond


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone is not a moment")
    local = moment.astimezone(BANGKOK) if MINYEAR < moment.year < MAXYEAR else moment
    if FIRST_YEAR <= local.year <= LAST_YEAR:
        return local
    raise ClockError("clock_before_epoch" if local.year < FIRST_YEAR else "clock_beyond", day=local.date())
