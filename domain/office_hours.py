"""The town's own office calendar: its hours from the settings, its days off from the table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import event, select
from sqlalchemy.orm import Session, SessionTransaction

from domain.office_calendar import ClockError, Hours, OfficeCalendar
from domain.settings import read_setting
from models import Holiday, HolidayKind, Setting

_HELD: Final = "office_calendar"


def calendar_of(session: Session) -> OfficeCalendar:
    """Return the office calendar as it stands now, read once a transaction; equal rows share one.

    Raises:
        ClockError: ``office_days_wrong``: settings or days off that no calendar can be made of.
    """
    held: OfficeCalendar | None = session.info.get(_HELD)
    if held is None:
        held = session.info[_HELD] = _read(session)
    return held


def _read(session: Session) -> OfficeCalendar:
    rows = session.execute(
        select(Holiday.holiday_date, Holiday.kind, Holiday.opens_at, Holiday.closes_at)
        .where(Holiday.is_active)
        .order_by(Holiday.holiday_date)
    ).all()
    try:
        week = tuple(_hours(day) for day in read_setting(session, "office_hours"))
        days = tuple(_exception(week, *row) for row in rows)
    except (TypeError, ValueError) as error:
        raise ClockError("office_days_wrong") from error
    return _calendar(week, days)


@lru_cache(maxsize=8)
def _calendar(week: tuple[Hours, ...], days: tuple[tuple[date, Hours], ...]) -> OfficeCalendar:
    return OfficeCalendar(week, dict(days))


def _exception(
    week: tuple[Hours, ...], day: date, kind: HolidayKind, opens: str | None, closes: str | None
) -> tuple[date, Hours]:
    if opens and closes:
        return day, ((minutes_of(opens), minutes_of(closes)),)
    if kind is HolidayKind.WORKDAY:  # A day off on which offices open, nobody said when: as usually.
        return day, next(filter(None, week), ())
    return day, ()


def _hours(stretches: Sequence[Sequence[Any]]) -> Hours:
    return tuple((minutes_of(begins), minutes_of(ends)) for begins, ends in stretches)


def minutes_of(text: str) -> int:
    """Return ``"08:30"`` as minutes since midnight; ``"24:00"`` is the day's end.

    Raises:
        ValueError: it is no time of day.
    """
    hour, colon, minute = text.partition(":")
    if not (colon and hour.isdecimal() and minute.isdecimal() and len(minute) == 2):
        raise ValueError("not a time of day")
    found = int(hour) * 60 + int(minute)
    if int(minute) > 59 or found > 24 * 60:
        raise ValueError("not a time of day")
    return found


@event.listens_for(Session, "after_flush")
def _forget_changed(session: Session, _context: object) -> None:
    if any(isinstance(row, Holiday | Setting) for row in (*session.new, *session.dirty, *session.deleted)):
        session.info.pop(_HELD, None)


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None or transaction.nested:  # A flush ends one of its own inside.
        session.info.pop(_HELD, None)
