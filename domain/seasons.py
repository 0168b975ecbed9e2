"""Subtypes of a season: while it lasts they are offered first; out of season they stay on offer."""

from __future__ import annotations

from domain.errors import InvalidField, MissingField, add_message
from models import Subcategory

MONTHS = range(1, 13)

add_message(
    "season_incomplete",
    thai="ฤดูกาลต้องมีทั้งเดือนเริ่มและเดือนสิ้นสุด หรือเว้นว่างทั้งสองช่อง",
    english="A season has a first and a last month, or neither",
)


def in_season(first: int | None, last: int | None, month: int) -> bool:
    """Tell whether a month lies in a season, which may run over the new year; False without a season."""
    if first is None or last is None:
        return False
    return first <= month <= last if first <= last else month >= first or month <= last


def check_season(subtype: Subcategory) -> None:
    """Check a subtype's months.

    Raises:
        MissingField: ``season_incomplete``.
        InvalidField: ``number_out_of_range``.
    """
    for name in ("season_from", "season_to"):
        month = getattr(subtype, name)
        if month is not None and month not in MONTHS:
            raise InvalidField("number_out_of_range", field=name, min=1, max=12)
    if (subtype.season_from is None) != (subtype.season_to is None):
        empty = "season_from" if subtype.season_from is None else "season_to"
        raise MissingField("season_incomplete", field=empty)
