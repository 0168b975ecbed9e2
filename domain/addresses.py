"""Addresses in Thailand: subdistricts found by name or postal code, and the line an address is written in.

The list of subdistricts is the package ``geothai``; its data are read at first use (16 ms). Codes are the six
digits of the Department of Provincial Administration.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

import geothai

from domain.errors import InvalidField, MissingField, add_message
from domain.thai_text import search_form

BANGKOK_PROVINCE: Final = "10"
MAX_QUERY: Final = 120
SHOWN_CHOICES: Final = 4

_PREFIX: Final = re.compile(r"^(?:ตำบล|แขวง|อำเภอ|เขต|จังหวัด|ต\.|อ\.|จ\.|ข\.)")
_POSTAL: Final = re.compile(r"[1-9]\d{4}", re.ASCII)
_CODE: Final = re.compile(r"\d{6}", re.ASCII)

add_message(
    "subdistrict_unknown",
    thai="ไม่พบตำบลนี้ กรุณาพิมพ์ชื่อตำบล อำเภอ เช่น {example}",
    english="No such subdistrict; type its name and district, such as {example}",
)
add_message(
    "subdistrict_several",
    thai="มีหลายตำบลที่ตรง: {choices} กรุณาพิมพ์ชื่ออำเภอหรือจังหวัดต่อท้าย",
    english="Several subdistricts fit: {choices}; add the district or province",
)
add_message(
    "postal_code_of_other_place",
    thai="รหัสไปรษณีย์ของตำบลนี้คือ {codes}",
    english="The postal code of this subdistrict is {codes}",
)


class Subdistrict(NamedTuple):
    """A subdistrict with the names above it, Thai, without ตำบล อำเภอ จังหวัด."""

    code: str
    name: str
    district: str
    province: str
    postal_codes: tuple[str, ...]

    @property
    def label(self) -> str:
        """Return the names with their prefixes: ``ต.ในเมือง อ.เมืองขอนแก่น จ.ขอนแก่น``."""
        if self.code.startswith(BANGKOK_PROVINCE):
            return f"แขวง{self.name} {_with_khet(self.district)} {self.province}"
        return f"ต.{self.name} อ.{self.district} จ.{self.province}"


class AddressParts(NamedTuple):
    """The parts of an address as stored."""

    house_no: str | None = None
    village_no: str | None = None
    soi: str | None = None
    road: str | None = None
    subdistrict_code: str | None = None
    postal_code: str | None = None


def subdistrict(code: str | None) -> Subdistrict | None:
    """Return the subdistrict of a code, None for an empty or unknown one."""
    return _by_code().get(code) if code else None


def find_subdistricts(query: str, *, limit: int = 10, near: str | None = None) -> list[Subdistrict]:
    """Find subdistricts by name, by name with district or province, or by postal code.

    Exact names come before beginnings, those before names that hold the word; near places come first within
    each.

    Args:
        query: Such as ``ในเมือง``, ``ต.ในเมือง อ.เมืองขอนแก่น``, ``ในเมือง ขอนแก่น`` or ``40000``.
        limit: Most results.
        near: The town's own code (subdistrict, district or province): nearer places are likelier.
    """
    words = [_bare(word) for word in search_form(query[:MAX_QUERY]).split()]
    words = [word for word in words if word]
    if not words:
        return []
    found = [(rank, place) for place in _all() if (rank := _rank(place, words)) is not None]
    found.sort(key=lambda pair: (pair[0], -_nearness(pair[1], near), pair[1].code))
    return [place for _fit, place in found[:limit]]


def read_subdistrict(text: str, *, field: str, near: str | None = None) -> str:
    """Return the code of a subdistrict as an officer typed or chose it.

    Args:
        text: A six-digit code, a label, or a name that fits only one place.
        field: Name of the form field, for the error.
        near: The town's own code: of several places that fit, the nearest is meant.

    Raises:
        MissingField: Nothing was typed.
        InvalidField: ``subdistrict_unknown`` or ``subdistrict_several``.
    """
    plain = search_form(text[: 2 * MAX_QUERY])
    if not plain:
        raise MissingField(field=field)
    if _CODE.fullmatch(plain) and plain in _by_code():
        return plain
    best = _best(plain, near)
    if not best:
        raise InvalidField("subdistrict_unknown", field=field, example="ในเมือง เมืองขอนแก่น")
    if len(best) > 1:
        choices = ", ".join(place.label for place in best[:SHOWN_CHOICES])
        raise InvalidField("subdistrict_several", field=field, choices=choices)
    return best[0].code


def check_postal_code(code: str | None, place: Subdistrict | None, *, field: str) -> str | None:
    """Return the postal code of an address; the only one of its subdistrict when none was typed.

    Raises:
        InvalidField: ``postal_code_invalid``, or ``postal_code_of_other_place``.
    """
    typed = re.sub("[ -]", "", search_form((code or "")[:20]))
    if not typed:
        return place.postal_codes[0] if place is not None and len(place.postal_codes) == 1 else None
    if not _POSTAL.fullmatch(typed):
        raise InvalidField("postal_code_invalid", field=field)
    if place is not None and typed not in place.postal_codes:
        raise InvalidField("postal_code_of_other_place", field=field, codes=", ".join(place.postal_codes))
    return typed


def address_line(parts: AddressParts) -> str:
    """Write an address in one line: ``123/4 หมู่ 5 ซ.สุขใจ ถ.ศรีจันทร์ ต.ในเมือง อ.เมืองขอนแก่น จ.ขอนแก่น 40000``."""
    place = subdistrict(parts.subdistrict_code)
    words = [
        parts.house_no,
        f"หมู่ {parts.village_no}" if parts.village_no else None,
        _prefixed(parts.soi, "ซ.", ("ซ.", "ซอย")),
        _prefixed(parts.road, "ถ.", ("ถ.", "ถนน")),
        place.label if place else None,
        parts.postal_code,
    ]
    return " ".join(word for word in words if word)


@cache
def _all() -> tuple[Subdistrict, ...]:
    return tuple(
        Subdistrict(part.code, part.name_th, district.name_th, province.name_th, part.postal_codes)
        for province in geothai.provinces()
        for district in geothai.districts(province.code)
        for part in geothai.subdistricts(district.code)
    )


@cache
def _by_code() -> dict[str, Subdistrict]:
    return {place.code: place for place in _all()}


def _rank(place: Subdistrict, words: list[str]) -> int | None:
    """Return how well a place fits: 0 best, None not at all."""
    first, *others = words
    if _POSTAL.fullmatch(first):
        rank: int | None = 0 if first in place.postal_codes else None
    elif place.name == first:
        rank = 0
    elif place.name.startswith(first):
        rank = 1
    else:
        rank = 2 if first in place.name else None
    if rank is None or not all(_fits_above(place, word) for word in others):
        return None
    return rank


def _fits_above(place: Subdistrict, word: str) -> bool:
    return word in place.district or word in place.province or word in place.postal_codes


def _best(plain: str, near: str | None) -> list[Subdistrict]:
    """Return the places that fit best and are nearest."""
    words = [word for word in (_bare(part) for part in plain.split()) if word]
    ranked = [(rank, place) for place in _all() if words and (rank := _rank(place, words)) is not None]
    if not ranked:
        return []
    top = min(rank for rank, _place in ranked)
    best = [place for rank, place in ranked if rank == top]
    # A district may hold another's name (เมือง, เมืองขอนแก่น): a whole name beats a part of one.
    whole = [place for place in best if all(_is_whole(place, word) for word in words[1:])]
    best = whole or best
    nearest = max(_nearness(place, near) for place in best)
    return [place for place in best if _nearness(place, near) == nearest]


def _nearness(place: Subdistrict, near: str | None) -> int:
    """Return 3 for the same subdistrict, 2 for the district, 1 for the province, 0 for elsewhere."""
    return sum(1 for size in (2, 4, 6) if near and len(near) >= size and place.code[:size] == near[:size])


def _is_whole(place: Subdistrict, word: str) -> bool:
    return word in {place.district, place.district.removeprefix("เขต"), place.province, *place.postal_codes}


def _bare(word: str) -> str:
    return _PREFIX.sub("", word) or word


def _with_khet(district: str) -> str:
    return district if district.startswith("เขต") else f"เขต{district}"


def _prefixed(name: str | None, prefix: str, written: tuple[str, ...]) -> str | None:
    if not name:
        return None
    return name if name.startswith(written) else f"{prefix}{name}"
