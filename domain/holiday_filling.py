"""Filling the town's table with a year of official days off, each one ticked by a person."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.audit import record
from domain.clock import BUDDHIST_OFFSET
from domain.days_off import check_holiday
from domain.errors import InvalidField, add_message
from domain.holiday_years import official_days
from domain.permissions import Permission, require
from models import AuditAction, Holiday, HolidayKind

add_message(
    "holiday_other_year",
    thai="วันที่ {day} ไม่ใช่วันหยุดราชการของปี พ.ศ. {year} กรุณาเลือกปีให้ตรงแล้วลองใหม่",
    english="{day} is no official day off of {year} (Buddhist year): choose the right year and try again",
)


@dataclass(frozen=True, slots=True)
class ProposedDay:
    """An official day off; ``present`` is the name under which the town has the date already."""

    day: date
    name: str
    kind: HolidayKind
    present: str | None


def proposed_days(session: Session, year: int) -> list[ProposedDay]:
    """Return a year's official days off beside what the town has.

    Args:
        session: Only read.
        year: A Christian year.

    Raises:
        InvalidField: ``holiday_year_unknown``.
    """
    days = official_days(year)
    known = {row.holiday_date: row.name for row in session.scalars(_of_year(year))}
    return [ProposedDay(day, name, kind, known.get(day)) for day, name, kind in days]


def add_official_days(session: Session, actor: Actor, year: int, wanted: Collection[date]) -> int:
    """Add the wanted days the town does not have yet and return how many; the caller commits.

    Raises:
        NotPermitted: without ``holiday:update``.
        InvalidField: ``holiday_other_year`` for a date that is none of this year's, ``holiday_year_unknown``.
    """
    require(actor, Permission.HOLIDAY_UPDATE)
    proposed = {one.day: one for one in proposed_days(session, year)}
    for day in wanted:
        if day not in proposed:
            raise InvalidField("holiday_other_year", field="days", day=day, year=year + BUDDHIST_OFFSET)
    added = [proposed[day] for day in sorted(set(wanted)) if proposed[day].present is None]
    for one in added:
        row = Holiday(holiday_date=one.day, name=one.name[:160], kind=one.kind, is_active=True)
        check_holiday(session, actor, row)
        session.add(row)
        session.flush()
        record(session, actor, AuditAction.CREATE, row, changes={"name": [None, row.name]})
    return len(added)


def _of_year(year: int) -> Select[Holiday]:
    return select(Holiday).where(Holiday.holiday_date.between(date(year, 1, 1), date(year, 12, 31)))
