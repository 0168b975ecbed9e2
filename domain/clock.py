"""The one place that reads the time, and the calendar of the house: Bangkok days, Buddhist and fiscal years.

Moments are aware and in UTC; days are plain dates of the Bangkok calendar. Everything else takes its time
from ``now()``, so that a test or the demo can set the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

NowProvider = Callable[[], datetime]

# Thailand has kept UTC+7 without summer time since 1920, before any moment stored here. A fixed offset needs
# no time-zone files, which Windows does not have.
BANGKOK: Final = timezone(timedelta(hours=7), "Asia/Bangkok")

BUDDHIST_OFFSET: Final = 543
FISCAL_YEAR_FIRST_MONTH: Final = 10


def system_now() -> datetime:
    """Return the machine's time as an aware UTC moment."""
    return datetime.now(UTC)


_provider: NowProvider = system_now


def now() -> datetime:
    """Return the current moment, aware and in UTC, from whatever clock is set."""
    return _utc(_provider())


def set_now(provider: NowProvider | None) -> None:
    """Replace the clock of the whole process, all threads included; None gives the machine's clock back.

    Args:
        provider: Returns an aware moment of any zone.
    """
    global _provider
    _provider = provider or system_now


class FrozenClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self._at = _utc(at)

    def __call__(self) -> datetime:
        """Return the moment the clock stands at."""
        return self._at

    def move_to(self, at: datetime) -> None:
        """Set the clock to another moment, earlier or later."""
        self._at = _utc(at)

    def advance(self, step: timedelta) -> None:
        """Move the clock on by a stretch of time."""
        self._at += step


@contextmanager
def frozen(at: datetime) -> Iterator[FrozenClock]:
    """Let the whole process live at one moment; the clock before it comes back at the end.

    Args:
        at: An aware moment of any zone.

    Yields:
        The clock, which can be moved inside the block.
    """
    before = _provider
    clock = FrozenClock(at)
    set_now(clock)
    try:
        yield clock
    finally:
        set_now(before)


def bangkok(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """Return the UTC moment of a Bangkok wall-clock time; the year is a Christian one."""
    return datetime(year, month, day, hour, minute, second, tzinfo=BANGKOK).astimezone(UTC)


def to_bangkok(moment: datetime) -> datetime:
    """Return the same moment on the Bangkok wall clock.

    Raises:
        ValueError: The moment has no time zone.
    """
    return _utc(moment).astimezone(BANGKOK)


def bangkok_date(moment: datetime) -> date:
    """Return the Bangkok calendar day a moment falls on."""
    return to_bangkok(moment).date()


def today() -> date:
    """Return the current Bangkok calendar day."""
    return bangkok_date(now())


def bangkok_day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return the first UTC moment of a Bangkok day and the first moment after it (half-open)."""
    start = datetime.combine(day, time.min, tzinfo=BANGKOK).astimezone(UTC)
    return start, start + timedelta(days=1)


def buddhist_year(day: date) -> int:
    """Return the Buddhist calendar year of a day; a moment counts by its Bangkok day."""
    return _day(day).year + BUDDHIST_OFFSET


def fiscal_year_of(day: date) -> int:
    """Return the Thai fiscal year as a Buddhist year; a moment counts by its Bangkok day.

    Source:
        The fiscal year runs from 1 October to 30 September and bears the year it ends in:
        1 Oct 2568-30 Sep 2569 is 2569.
    """
    local = _day(day)
    return local.year + BUDDHIST_OFFSET + (1 if local.month >= FISCAL_YEAR_FIRST_MONTH else 0)


def fiscal_year_bounds(fiscal_year: int) -> tuple[datetime, datetime]:
    """Return the first UTC moment of a Buddhist fiscal year and the first moment after it (half-open)."""
    ends_in = fiscal_year - BUDDHIST_OFFSET
    start, _ = bangkok_day_bounds(date(ends_in - 1, FISCAL_YEAR_FIRST_MONTH, 1))
    end, _ = bangkok_day_bounds(date(ends_in, FISCAL_YEAR_FIRST_MONTH, 1))
    return start, end


def _day(day: date) -> date:
    return bangkok_date(day) if isinstance(day, datetime) else day


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("a moment without a time zone is not a moment")
    return moment.astimezone(UTC)
