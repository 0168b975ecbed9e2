"""Dates as Thais type them, and the words dates are written in (from ``thai_calendar``)."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from typing import Final, NamedTuple

from domain.clock import BUDDHIST_OFFSET
from domain.clock import today as clock_today
from domain.errors import InvalidField, MissingField, Words
from domain.thai_calendar import (
    ENGLISH_MONTHS,
    THAI_MONTHS,
    THAI_MONTHS_SHORT,
    official_time,
    thai_date,
    thai_datetime,
    thai_month,
)
from domain.thai_text import search_form

__all__ = ["official_time", "parse_thai_date", "thai_date", "thai_datetime", "thai_month"]

FIRST_BUDDHIST_YEAR: Final = 2400  # a year from here on is Buddhist (decisions.md 12)
LAST_BUDDHIST_YEAR: Final = 2699

_CHRISTIAN_ISO: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_YEAR_FIRST: Final = re.compile(r"(\d{4}) ?[-/. ] ?(\d{1,2}) ?[-/. ] ?(\d{1,2})", re.ASCII)
_DAY_FIRST: Final = re.compile(r"(\d{1,2}) ?[-/. ] ?(\d{1,2}) ?[-/. ] ?(\d{2}|\d{4})", re.ASCII)
_MONTH_WORD: Final = re.compile(r"(\d{1,2})[-/,. ]*([ก-๎a-z][ก-๎a-z. ]*?)[-/,. ]*(\d{2}|\d{4})", re.ASCII)
_BUDDHIST_MARK: Final = re.compile(r"พ\. ?ศ\. ?|พศ ?")
_LONGEST: Final = 40


class _Parts(NamedTuple):
    """A date as typed: the year is of an unknown era, all numbers unchecked."""

    day: int
    month: int
    year: int
    digits_of_year: int
    is_iso: bool


def _month_words() -> dict[str, int]:
    words: dict[str, int] = {"sept": 9}
    for number, (thai, short, english) in enumerate(
        zip(THAI_MONTHS, THAI_MONTHS_SHORT, ENGLISH_MONTHS, strict=True), 1
    ):
        spoken = re.sub("(คม|ยน|พันธ์)$", "", thai)
        for word in (thai, spoken, short.replace(".", ""), english.lower(), english[:3].lower()):
            words[word] = number
    return words


_MONTHS: Final = _month_words()


def parse_thai_date(
    text: str,
    *,
    field: str,
    not_future: bool = False,
    not_before: date | None = None,
    today: date | None = None,
) -> date:
    """Read a date as it was typed: ``3/3/2500``, ``3 มี.ค. 2500``, ``๓ มีนาคม พ.ศ. ๒๕๐๐``, ``2563-02-25``.

    A year from 2400 on is Buddhist; a Christian year is taken only as YYYY-MM-DD. Any other year is refused
    with both readings, never guessed.

    Args:
        text: What the person typed, Thai or Arabic digits.
        field: Name of the form field, for the error.
        not_future: Refuse days after today.
        not_before: Refuse days before this one.
        today: The Bangkok day of now; None asks the clock.

    Raises:
        MissingField: Nothing was typed.
        InvalidField: ``date_unreadable``, ``date_ambiguous`` (with both readings), ``date_impossible`` (with
            the reason), ``date_year_out_of_range``, ``date_in_future`` or ``date_too_early``.

    Source:
        decisions.md 12; forms of 000-24 (03/03/2500) and 004-10 (10/04/2557, 2563-02-25).
    """
    present = today or clock_today()
    parts = _read(text, field, present)
    if parts.is_iso and parts.year < FIRST_BUDDHIST_YEAR:
        parsed = _real_day(parts, parts.year, field)
    elif parts.year >= FIRST_BUDDHIST_YEAR:
        parsed = _real_day(parts, parts.year - BUDDHIST_OFFSET, field)
    else:
        raise _ambiguous(parts, field, present)
    if not_future and parsed > present:
        raise InvalidField("date_in_future", field=field, date=parsed, today=present)
    if not_before is not None and parsed < not_before:
        raise InvalidField("date_too_early", field=field, date=parsed, earliest=not_before)
    return parsed


def _read(text: str, field: str, present: date) -> _Parts:
    plain = search_form(text[: 10 * _LONGEST])
    if not plain:
        raise MissingField(field=field)
    dated = _BUDDHIST_MARK.sub("", plain).removeprefix("วันที่").strip()
    parts = _parts(dated) if len(plain) <= _LONGEST else None
    if parts is None:
        raise InvalidField("date_unreadable", field=field, example=thai_date(present, "digits"))
    return parts


def _parts(plain: str) -> _Parts | None:
    if found := _YEAR_FIRST.fullmatch(plain):
        year, month, day = found.groups()
    elif found := _DAY_FIRST.fullmatch(plain):
        day, month, year = found.groups()
    elif found := _MONTH_WORD.fullmatch(plain):
        day, word, year = found.groups()
        month = str(_MONTHS.get(re.sub("[. ]", "", word).replace("ฏ", "ฎ"), ""))  # กรกฏาคม is a common slip
    else:
        return None
    if not month or (len(year) == 4 and year < "1000"):
        return None
    return _Parts(int(day), int(month), int(year), len(year), _CHRISTIAN_ISO.fullmatch(plain) is not None)


def _real_day(parts: _Parts, christian_year: int, field: str) -> date:
    reason = _why_impossible(parts, christian_year)
    if reason:
        raise InvalidField("date_impossible", field=field, reason=reason)
    year = christian_year + BUDDHIST_OFFSET
    if not FIRST_BUDDHIST_YEAR <= year <= LAST_BUDDHIST_YEAR:
        raise InvalidField(
            "date_year_out_of_range", field=field, year=year, min=FIRST_BUDDHIST_YEAR, max=LAST_BUDDHIST_YEAR
        )
    return date(christian_year, parts.month, parts.day)


def _why_impossible(parts: _Parts, christian_year: int) -> Words | None:
    if not 1 <= parts.month <= 12:
        return Words("ปีหนึ่งมี 12 เดือน กรุณาพิมพ์วันก่อนเดือน", "a year has 12 months; type the day before the month")
    last = monthrange(christian_year, parts.month)[1]
    if 1 <= parts.day <= last:
        return None
    thai, english = THAI_MONTHS[parts.month - 1], ENGLISH_MONTHS[parts.month - 1]
    if parts.month == 2:
        return Words(
            f"เดือน{thai} {christian_year + BUDDHIST_OFFSET} มี {last} วัน",
            f"{english} {christian_year} has {last} days",
        )
    return Words(f"เดือน{thai}มี {last} วัน", f"{english} has {last} days")


def _ambiguous(parts: _Parts, field: str, present: date) -> InvalidField:
    """Build the error that shows both readings and how to type the likelier one."""
    if parts.digits_of_year == 2:
        buddhist, christian = 2500 + parts.year, _christian_century(parts.year, present)
        likelier, other = buddhist - BUDDHIST_OFFSET, christian
    else:
        buddhist, christian = parts.year, parts.year
        likelier, other = christian, buddhist - BUDDHIST_OFFSET
    reason = _why_impossible(parts, likelier)
    if reason and _why_impossible(parts, other):
        return InvalidField("date_impossible", field=field, reason=reason)
    example_year = (other if reason else likelier) + BUDDHIST_OFFSET
    return InvalidField(
        "date_ambiguous",
        field=field,
        year=f"{parts.year:0{parts.digits_of_year}}",
        reading_be=_reading(parts, buddhist - BUDDHIST_OFFSET, era="พ.ศ."),
        reading_ce=_reading(parts, christian, era="ค.ศ."),
        example=f"{parts.day:02}/{parts.month:02}/{example_year}",
    )


def _christian_century(two_digits: int, present: date) -> int:
    return 2000 + two_digits if 2000 + two_digits <= present.year else 1900 + two_digits


def _reading(parts: _Parts, christian_year: int, *, era: str) -> Words:
    buddhist_year = christian_year + BUDDHIST_OFFSET
    thai = f"{parts.day} {THAI_MONTHS[parts.month - 1]} พ.ศ. {buddhist_year}"
    english = f"{parts.day} {ENGLISH_MONTHS[parts.month - 1]}"
    if era == "พ.ศ.":
        return Words(thai, f"{english} B.E. {buddhist_year} ({christian_year})")
    return Words(f"{thai} (ค.ศ. {christian_year})", f"{english} {christian_year} (B.E. {buddhist_year})")
