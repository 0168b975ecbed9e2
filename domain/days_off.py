"""What must hold for a day off before it is saved: its times, its kind, its year."""

from __future__ import annotations

from typing import Final

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import BUDDHIST_OFFSET, today
from domain.errors import FieldChecks, InvalidField, MissingField, add_message
from domain.office_hours import minutes_of
from domain.thai_text import to_arabic_digits
from models import Holiday, HolidayKind

YEARS: Final = 5
"""How many years back and ahead a day off may lie: what lies beyond is a slip of the hand."""

add_message(
    "holiday_time_unreadable",
    thai="เวลาต้องเป็นแบบ 08:30 ระหว่าง 00:00 ถึง 24:00",
    english="A time is written as 08:30, from 00:00 to 24:00",
)
add_message(
    "holiday_times_pair",
    thai="ใส่เวลาเปิดและเวลาปิดให้ครบทั้งสองช่อง หรือเว้นว่างทั้งสองช่องถ้าปิดทั้งวัน",
    english="Give both times, or neither when closed all day",
)
add_message(
    "holiday_times_reversed",
    thai="เวลาเปิด ({opens}) ต้องมาก่อนเวลาปิด ({closes})",
    english="Offices open ({opens}) before they close ({closes})",
)
add_message(
    "workday_without_times",
    thai="วันที่เปิดทำงานแทนวันหยุดต้องบอกเวลาเปิดและเวลาปิด",
    english="A day worked needs the times at which offices open and close",
)
add_message(
    "holiday_year_far",
    thai="ปี {year} อยู่ไกลเกินไป วันหยุดใส่ได้ตั้งแต่ พ.ศ. {first} ถึง {last}",
    english="{year} is too far away: days off lie between {first} and {last} (Buddhist years)",
)
add_message(
    "holiday_year_buddhist",
    thai="ปี {year} ดูเหมือนพิมพ์ พ.ศ. เป็น ค.ศ. ที่ถูกน่าจะเป็น พ.ศ. {meant}",
    english="{year} looks like a Buddhist year typed as a Christian one; probably {meant} was meant",
)
add_message(
    "holiday_year_christian",
    thai="ปี {year} ดูเหมือนพิมพ์ ค.ศ. เป็น พ.ศ. ที่ถูกน่าจะเป็น พ.ศ. {meant}",
    english="{year} looks like a Christian year typed as a Buddhist one; probably {meant} was meant",
)


def check_holiday(session: Session, actor: Actor, holiday: Holiday) -> None:
    """Check a day off; write its times as ``08:30``. Promises already made keep their day.

    Both times make it a day on which offices are open between them: half a day off, or a day worked.

    Raises:
        FieldErrors: a year far away, one time without the other, closing before opening, a workday that
            names no times.
    """
    check = FieldChecks()
    with check:
        _check_year(holiday)
    times: dict[str, int | None] = {}
    for field in ("opens_at", "closes_at"):
        with check:
            times[field] = _time(holiday, field)
    if len(times) == 2:
        with check:
            _check_times(holiday, times["opens_at"], times["closes_at"])
    check.done()


def _check_year(holiday: Holiday) -> None:
    """Refuse a year nobody means; a row that is there already may be switched off for ever."""
    if holiday.holiday_date is None:
        raise MissingField(field="holiday_date")
    if holiday.id is not None and not inspect(holiday).attrs.holiday_date.history.has_changes():
        return
    year, present = holiday.holiday_date.year, today().year
    first, last = present - YEARS, present + YEARS
    if first <= year <= last:
        return
    shown = year + BUDDHIST_OFFSET
    if first <= year - BUDDHIST_OFFSET <= last:
        raise InvalidField("holiday_year_buddhist", field="holiday_date", year=shown, meant=year)
    if first <= year + BUDDHIST_OFFSET <= last:
        meant = shown + BUDDHIST_OFFSET
        raise InvalidField("holiday_year_christian", field="holiday_date", year=shown, meant=meant)
    limits = {"first": first + BUDDHIST_OFFSET, "last": last + BUDDHIST_OFFSET}
    raise InvalidField("holiday_year_far", field="holiday_date", year=shown, **limits)


def _time(holiday: Holiday, field: str) -> int | None:
    """Read a time as people type it, ๐๘.๓๐ too, and write it back as it is kept."""
    text = (
        to_arabic_digits(getattr(holiday, field) or "").strip().removesuffix("น.").strip().replace(".", ":")
    )
    if not text:
        setattr(holiday, field, None)
        return None
    try:
        minutes = minutes_of(text)
    except ValueError as error:
        raise InvalidField("holiday_time_unreadable", field=field) from error
    setattr(holiday, field, f"{minutes // 60:02}:{minutes % 60:02}")
    return minutes


def _check_times(holiday: Holiday, opens: int | None, closes: int | None) -> None:
    if opens is None and closes is None:
        if holiday.kind is HolidayKind.WORKDAY:
            raise MissingField("workday_without_times", field="opens_at")
        return
    if opens is None or closes is None:
        raise MissingField("holiday_times_pair", field="opens_at" if opens is None else "closes_at")
    if opens >= closes:
        given = {"opens": holiday.opens_at, "closes": holiday.closes_at}
        raise InvalidField("holiday_times_reversed", field="closes_at", **given)
