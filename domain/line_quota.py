"""The month's messages of a LINE channel: what is left, until when it lasts, when it must be saved.

LINE counts days and months at UTC+9, two hours before Bangkok (line.md §2.7).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clock import now
from domain.settings import read_setting
from models import LineChannel, LineConnection, LineUsage

WARNS_AT: Final = 80
"""Percent of the month's messages at which administrators are warned."""
RECENT_DAYS: Final = 7
_LINE_TIME: Final = timezone(timedelta(hours=9))
_RECENT_WEIGHT: Final = 0.7  # What happened last week says more about next week than the month so far.


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the rest of LINE's month will bring if things go on as they do.

    Attributes:
        limit: Messages of the month; None means that LINE sets none.
        used: Of them.
        percent: Used of the limit, 0 to whatever was used; None without a limit.
        a_day: Messages a day, as lately.
        month_end: Used by the end of the month at this rate.
        runs_out: The day the last message goes; None when it is not in this month.
    """

    limit: int | None
    used: int
    percent: int | None
    a_day: float
    month_end: int
    runs_out: date | None

    @property
    def left(self) -> int | None:
        """Return what is left, never below nothing; None without a limit."""
        return None if self.limit is None else max(0, self.limit - self.used)

    @property
    def level(self) -> str:
        """Return ``well``, ``low`` from 80 percent on, or ``out``."""
        if self.percent is None or self.percent < WARNS_AT:
            return "well"
        return "out" if self.percent >= 100 else "low"


@dataclass(frozen=True, slots=True)
class Reading:
    """What LINE said last of the month's messages."""

    limit: int | None
    used: int
    read_at: datetime | None
    is_of_this_month: bool


def line_day(moment: datetime | None = None) -> date:
    """Return the day LINE counts a moment to; by default this moment."""
    return (moment or now()).astimezone(_LINE_TIME).date()


def percent_used(used: int, limit: int | None) -> int | None:
    """Return how much of the limit is used, rounded down: 100 only when nothing is left."""
    if limit is None:
        return None
    return used * 100 // limit if limit > 0 else 100


def forecast(used: int, limit: int | None, days: Sequence[tuple[date, int]], today: date) -> Forecast:
    """Return what the month will bring.

    Args:
        used: So far this month, as LINE counts; also what was sent by hand in LINE's own manager.
        limit: Messages of the month; None without one.
        days: What we sent on each day, in any order; days without a line count as nothing sent.
        today: LINE's day.
    """
    a_day = _rate(used, days, today)
    days_after_today = monthrange(today.year, today.month)[1] - today.day
    return Forecast(
        limit=limit,
        used=used,
        percent=percent_used(used, limit),
        a_day=a_day,
        month_end=round(used + a_day * days_after_today),
        runs_out=_runs_out(used, limit, a_day, today),
    )


def _rate(used: int, days: Sequence[tuple[date, int]], today: date) -> float:
    so_far = used / today.day
    before = [day for day, _count in days if day < today]
    if not before:
        return so_far
    first = max(min(before), today - timedelta(days=RECENT_DAYS))
    recent = sum(count for day, count in days if first <= day < today) / (today - first).days
    return _RECENT_WEIGHT * recent + (1 - _RECENT_WEIGHT) * so_far


def _runs_out(used: int, limit: int | None, a_day: float, today: date) -> date | None:
    if limit is None:
        return None
    if used >= limit:
        return today
    days_after_today = monthrange(today.year, today.month)[1] - today.day
    if a_day <= 0 or (limit - used) / a_day > days_after_today:
        return None
    return today + timedelta(days=int((limit - used) / a_day))


def reading_of(session: Session, channel: LineChannel) -> Reading:
    """Return the last reading of a channel; one of an earlier month counts as nothing used."""
    row = session.get(LineConnection, channel)
    if row is None or row.quota_read_at is None:
        return Reading(None, 0, None, is_of_this_month=False)
    read_on, today = line_day(row.quota_read_at), line_day()
    is_fresh = (read_on.year, read_on.month) == (today.year, today.month)
    return Reading(row.quota_limit, (row.quota_used or 0) if is_fresh else 0, row.quota_read_at, is_fresh)


def usage_of(session: Session, channel: LineChannel, since: date) -> Sequence[LineUsage]:
    """Return what we sent day by day from a day on, the oldest first."""
    wanted = select(LineUsage).where(LineUsage.channel == channel, LineUsage.day >= since)
    return session.scalars(wanted.order_by(LineUsage.day)).all()


def channel_forecast(session: Session, channel: LineChannel) -> Forecast:
    """Return the forecast of a channel from its last reading and our own counts."""
    today, reading = line_day(), reading_of(session, channel)
    days = [(row.day, row.pushes) for row in usage_of(session, channel, today - timedelta(days=RECENT_DAYS))]
    return forecast(reading.used, reading.limit, days, today)


def is_saving(session: Session, channel: LineChannel) -> bool:
    """Tell whether only essential messages go out now, by the town's settings and the last reading."""
    choice = str(read_setting(session, "line_saving"))
    if choice != "auto":
        return choice == "always"
    reading = reading_of(session, channel)
    percent = percent_used(reading.used, reading.limit) if reading.is_of_this_month else None
    return percent is not None and percent >= int(read_setting(session, "line_saving_percent"))
