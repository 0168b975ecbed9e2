"""The government's days off of a year, from the package ``holidays``: what a town starts its own table with.

The package knows what the cabinet has announced and reckons the rest (the Buddhist days by the moon). So a
year that is not announced yet may lack special days and the ploughing ceremony: the town adds them.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from domain.clock import BUDDHIST_OFFSET
from domain.errors import InvalidField, add_message
from models import HolidayKind

FIRST: Final = 1990
LAST: Final = 2100
"""The package's tables of the moon end there; before 1990 its days off were named otherwise."""

# Days off of schools, banks and workers on which government offices are open.
NOT_OF_OFFICES: Final = ("วันเด็กแห่งชาติ", "วันแรงงานแห่งชาติ")
SUBSTITUTE: Final = "ชดเชย"
SPECIAL: Final = "วันหยุดพิเศษ"

add_message(
    "holiday_year_unknown",
    thai="ไม่มีวันหยุดของปี พ.ศ. {year} ระบบรู้จักตั้งแต่ พ.ศ. {first} ถึง {last} กรุณาตรวจปีที่พิมพ์",
    english="No days off are known of the Buddhist year {year}, only from {first} to {last}: check the year",
)


def official_days(year: int) -> list[tuple[date, str, HolidayKind]]:
    """Return the days on which government offices are closed in a year, in order, with their Thai names.

    Args:
        year: A Christian year.

    Raises:
        InvalidField: ``holiday_year_unknown``, its field is ``year``.
    """
    if not FIRST <= year <= LAST:
        known = {"first": FIRST + BUDDHIST_OFFSET, "last": LAST + BUDDHIST_OFFSET}
        raise InvalidField("holiday_year_unknown", field="year", year=year + BUDDHIST_OFFSET, **known)
    # Heavy, and asked for once a year: never loaded by a server that only serves pages (ADR 2).
    from holidays import country_holidays  # noqa: PLC0415

    found = country_holidays("TH", years=year, language="th", categories=("public", "government"))
    named = ((day, _government_names(text)) for day, text in sorted(found.items()))
    return [(day, name, kind_of(name)) for day, name in named if name]


def _government_names(text: str) -> str:
    """Return the names of one date that are government days, joined as the seed has them."""
    names = [name.strip() for name in text.split(";")]
    return " / ".join(name for name in names if name.removeprefix(SUBSTITUTE) not in NOT_OF_OFFICES)


def kind_of(name: str) -> HolidayKind:
    """Return where a day off comes from, as its official name tells."""
    if name.startswith(SUBSTITUTE):
        return HolidayKind.SUBSTITUTE
    return HolidayKind.CABINET if name.startswith(SPECIAL) else HolidayKind.NATIONAL
