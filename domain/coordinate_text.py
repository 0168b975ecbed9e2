"""Coordinates as people have them: typed, in degrees and minutes, from a phone, inside a map's link."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final, NamedTuple
from urllib.parse import unquote

from domain.errors import InvalidField, add_message

MAX_TEXT: Final = 2_000  # A link of Google Maps is some 300 letters long.

_SIDES: Final = {
    **dict.fromkeys(("n", "เหนือ"), (1, "latitude")),
    **dict.fromkeys(("s", "ใต้"), (-1, "latitude")),
    **dict.fromkeys(("e", "ตะวันออก"), (1, "longitude")),
    **dict.fromkeys(("w", "ตะวันตก"), (-1, "longitude")),
}
_SIDE: Final = "|".join(_SIDES)
_NUMBER: Final = r"\d{1,3}(?:\.\d{0,20})?"
_ANGLE_TEXT: Final = (
    rf"(?:{_SIDE})?\s*[+-]?{_NUMBER}(?:\s*(?:[°º˚]|องศา))?"
    rf"(?:\s*{_NUMBER}\s*(?:['′’´]|ลิปดา|นาที)(?:\s*{_NUMBER}\s*(?:[\"″”]|''|′′|พิลิปดา|ฟิลิปดา|วินาที))?)?"
    rf"\s*(?:{_SIDE})?"
)
_ANGLE: Final = re.compile(
    rf"(?P<before>{_SIDE})?\s*(?P<sign>[+-])?(?P<degrees>{_NUMBER})(?P<mark>\s*(?:[°º˚]|องศา))?"
    rf"(?:\s*(?P<minutes>{_NUMBER})\s*(?:['′’´]|ลิปดา|นาที)"
    rf"(?:\s*(?P<seconds>{_NUMBER})\s*(?:[\"″”]|''|′′|พิลิปดา|ฟิลิปดา|วินาที))?)?"
    rf"\s*(?P<after>{_SIDE})?",
    re.ASCII,
)
_PAIR: Final = re.compile(rf"\(?\s*({_ANGLE_TEXT})(?:\s*[,;]\s*|\s+)({_ANGLE_TEXT})\s*\)?", re.ASCII)

_SHORT_LINK: Final = re.compile(r"(?:maps\.app\.goo\.gl|goo\.gl|g\.co)/")
_LINK: Final = re.compile(r"(?:https?://|www\.|geo:|maps?\.|google\.)")
_SIGNED: Final = rf"([+-]?{_NUMBER})"
# Where a map's link keeps the place itself, the surest first; "@" is only the middle of the picture.
_IN_LINKS: Final = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"!3d{_SIGNED}!4d{_SIGNED}(?!.*!3d)",
        rf"[?&#]mlat={_SIGNED}&mlon={_SIGNED}",
        rf"[?&](?:q|query|ll|viewpoint|cbll|destination|daddr|center)=(?:loc:)?\s*{_SIGNED}\s*,\s*{_SIGNED}",
        rf"^geo:{_SIGNED},{_SIGNED}",
        rf"/(?:search|place|dir/[^/]*)/\s*{_SIGNED}\s*,\s*{_SIGNED}",
        rf"/@{_SIGNED},{_SIGNED}",
        rf"#map=\d+(?:\.\d+)?/{_SIGNED}/{_SIGNED}",
    )
)
_ANGLES_IN_LINK: Final = re.compile(
    rf"/(?:place|search)/({_ANGLE_TEXT})[\s,]+({_ANGLE_TEXT})(?:/|$)", re.ASCII
)

add_message(
    "coordinates_short_link",
    thai="ลิงก์ย่อไม่มีพิกัดอยู่ในตัว กรุณาเปิดลิงก์ แล้วคัดลอกตัวเลขพิกัดหรือที่อยู่เต็มจากเบราว์เซอร์มาวาง",
    english="A short link holds no coordinates. Open it, then copy the numbers or the full address here.",
)
add_message(
    "coordinates_not_in_link",
    thai="ไม่พบพิกัดในลิงก์นี้ กรุณาคัดลอกตัวเลขพิกัดมาวาง เช่น 16.432100, 102.823600",
    english="This link holds no coordinates. Please paste the numbers, such as 16.432100, 102.823600.",
)


class Angle(NamedTuple):
    """Decimal degrees as text, and the axis a letter beside them names ("" without one)."""

    degrees: str
    axis: str


def read_angle(text: str) -> Angle | None:
    """Read one angle in search form: ``16.43``, ``16°25'55.6"n``, ``n 16.43``; None for anything else."""
    found = _ANGLE.fullmatch(text.strip())
    if found is None or (found["minutes"] and not found["mark"]):
        return None
    if found["before"] and found["after"]:
        return None
    minutes, seconds = Decimal(found["minutes"] or 0), Decimal(found["seconds"] or 0)
    if minutes >= 60 or seconds >= 60:
        return None
    turn, axis = _SIDES.get(found["before"] or found["after"] or "", (1, ""))
    size = Decimal(found["degrees"]) + minutes / 60 + seconds / 3600
    return Angle(f"{-size if (found['sign'] == '-') != (turn < 0) else size:.10f}", axis)


def read_pair(text: str, *, field: str) -> tuple[str, str] | None:
    """Read latitude and longitude out of one text in search form; None when it is no pair.

    Raises:
        InvalidField: ``coordinates_short_link`` or ``coordinates_not_in_link``.
    """
    if _SHORT_LINK.search(text):
        raise InvalidField("coordinates_short_link", field=field)
    if _LINK.match(text):
        return _pair_in_link(text, field)
    found = _PAIR.fullmatch(text.strip())
    return ordered(read_angle(found[1]), read_angle(found[2])) if found else None


def ordered(one: Angle | None, other: Angle | None) -> tuple[str, str] | None:
    """Return latitude and longitude; letters decide the order where there are some."""
    if one is None or other is None or (one.axis and one.axis == other.axis):
        return None
    if one.axis == "longitude" or other.axis == "latitude":
        one, other = other, one
    return one.degrees, other.degrees


def is_like_coordinates(text: str) -> bool:
    """Tell whether somebody who typed this in search form means a point, not a name."""
    return bool(_LINK.match(text) or _SHORT_LINK.search(text) or _PAIR.fullmatch(text.strip()))


def _pair_in_link(text: str, field: str) -> tuple[str, str]:
    plain = unquote(text).replace("+", " ")
    for pattern in _IN_LINKS:
        found = pattern.search(plain)
        if found:
            return found[1], found[2]
    found = _ANGLES_IN_LINK.search(plain)
    pair = ordered(read_angle(found[1]), read_angle(found[2])) if found else None
    if pair is None:
        raise InvalidField("coordinates_not_in_link", field=field)
    return pair
