"""How dates and times are written: Buddhist years and Thai words, or Christian years and English words."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Final, Literal

from domain.clock import bangkok_date, buddhist_year, to_bangkok

DateStyle = Literal["short", "long", "digits"]

THAI_MONTHS: Final = (
    "มกราคม",
    "กุมภาพันธ์",
    "มีนาคม",
    "เมษายน",
    "พฤษภาคม",
    "มิถุนายน",
    "กรกฎาคม",
    "สิงหาคม",
    "กันยายน",
    "ตุลาคม",
    "พฤศจิกายน",
    "ธันวาคม",
)
THAI_MONTHS_SHORT: Final = (
    "ม.ค.",
    "ก.พ.",
    "มี.ค.",
    "เม.ย.",
    "พ.ค.",
    "มิ.ย.",
    "ก.ค.",
    "ส.ค.",
    "ก.ย.",
    "ต.ค.",
    "พ.ย.",
    "ธ.ค.",
)
ENGLISH_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

TO_THAI_DIGITS: Final = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")


def thai_month(month: int, *, style: Literal["short", "long"] = "long", lang: str = "th") -> str:
    """Return the name of a month.

    Args:
        month: 1 for January to 12.
        style: Short is มี.ค. or Mar, long is มีนาคม or March.
        lang: ``en`` for English, anything else is Thai.
    """
    if lang == "en":
        name = ENGLISH_MONTHS[month - 1]
        return name[:3] if style == "short" else name
    return (THAI_MONTHS_SHORT if style == "short" else THAI_MONTHS)[month - 1]


def thai_date(day: date, style: DateStyle = "short", *, thai_digits: bool = False, lang: str = "th") -> str:
    """Write a day as officers read it; a moment is written as its Bangkok day.

    Short is ``12 ก.พ. 2569``, long ``12 กุมภาพันธ์ 2569``, digits ``12/02/2569``. English uses the Christian
    year, and for digits the only form a Christian year may be typed in: ``2026-02-12``.

    Args:
        day: A Bangkok calendar day, or an aware moment.
        style: One of the three above.
        thai_digits: Thai digits, for official letters; only for Thai.
        lang: ``en`` for English, anything else is Thai.
    """
    local = bangkok_date(day) if isinstance(day, datetime) else day
    if lang == "en":
        return _english_date(local, style)
    year = buddhist_year(local)
    if style == "digits":
        text = f"{local.day:02}/{local.month:02}/{year}"
    else:
        text = f"{local.day} {thai_month(local.month, style=style)} {year}"
    return text.translate(TO_THAI_DIGITS) if thai_digits else text


def _english_date(day: date, style: DateStyle) -> str:
    if style == "digits":
        return day.isoformat()
    return f"{day.day} {thai_month(day.month, style=style, lang='en')} {day.year}"


def thai_datetime(
    moment: datetime, style: DateStyle = "short", *, thai_digits: bool = False, lang: str = "th"
) -> str:
    """Write a moment on the Bangkok clock: ``12 ก.พ. 2569 14:32 น.``, in English ``12 Feb 2026 14:32``."""
    clock_time = f"{to_bangkok(moment):%H:%M}"
    day = thai_date(moment, style, thai_digits=thai_digits, lang=lang)
    if lang == "en":
        return f"{day} {clock_time}"
    return f"{day} {clock_time.translate(TO_THAI_DIGITS) if thai_digits else clock_time} น."


def official_time(moment: datetime | time) -> str:
    """Write a time as official papers do: ``๐๘.๓๐ น.`` (003-32).

    Args:
        moment: An aware moment, written on the Bangkok clock, or a wall-clock time as it is.
    """
    local = to_bangkok(moment) if isinstance(moment, datetime) else moment
    return f"{local:%H.%M}".translate(TO_THAI_DIGITS) + " น."
