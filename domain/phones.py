"""Thai phone numbers: stored as E.164, shown as Thais write them."""

from __future__ import annotations

import re
from typing import Final

from domain.errors import InvalidField, MissingField
from domain.thai_text import search_form, to_arabic_digits

_MOBILE: Final = re.compile(r"0[689]\d{8}", re.ASCII)
_LANDLINE: Final = re.compile(r"0[23457]\d{7}", re.ASCII)
_SHORT: Final = re.compile(r"1\d{2,3}", re.ASCII)  # 191, 199, 1132, 1669
_STORED: Final = re.compile(r"\+66(\d{8,9})", re.ASCII)

_ALLOWED: Final = re.compile(r"\(?\+?[\d ().\-]+", re.ASCII)
_EXTENSION: Final = re.compile(r"ต่อ|กด|ext|x|#")
_BETWEEN_NUMBERS: Final = re.compile(r"[,;/\n]|หรือ|และ")
_COUNTRY_CODE: Final = re.compile(r"(?:\+|00)660?|66(?=[2-9]\d{7,8}$)", re.ASCII)
_LONGEST: Final = 60
_WRITTEN: Final = re.compile(r"[+0-9][0-9 ().-]*", re.ASCII)
_RANGE_END: Final = re.compile(r"-[0-9]{1,2}$", re.ASCII)


def normalise_phone(text: str, *, field: str, allow_short: bool = False) -> str:
    """Turn a typed number into E.164: ``๐๙๓-๕๗๒-๗๙๐๓`` becomes ``+66935727903``.

    Takes mobiles (06, 08, 09 and 8 digits) and land lines (02, 03, 04, 05, 07 and 7 digits), with spaces,
    dashes, dots, brackets, +66, 0066 or Thai digits.

    Args:
        text: What the person typed.
        field: Name of the form field, for the error.
        allow_short: Take hotlines of 3 or 4 digits too (199, 1132); they stay as they are.

    Raises:
        MissingField: Nothing was typed.
        InvalidField: ``phone_unreadable``, ``phone_mobile_length``, ``phone_landline_length``,
            ``phone_unknown``, ``phone_not_thai``, ``phone_short``, ``phone_extension`` or ``phone_several``.
    """
    national = _national_digits(text, field)
    if _MOBILE.fullmatch(national) or _LANDLINE.fullmatch(national):
        return f"+66{national[1:]}"
    if _SHORT.fullmatch(national):
        if allow_short:
            return national
        raise InvalidField("phone_short", field=field)
    raise _wrong_length(national, field)


def normalise_phones(text: str, *, field: str) -> list[str]:
    """Turn several numbers typed into one box into E.164, each once, in the order typed.

    They may be parted by commas, semicolons, slashes, line ends, หรือ or และ.

    Raises:
        MissingField: Nothing was typed.
        InvalidField: One of them cannot be taken, as in ``normalise_phone``.
    """
    parts = [part for part in _BETWEEN_NUMBERS.split(text) if part.strip()]
    if not parts:
        raise MissingField(field=field)
    return list(dict.fromkeys(normalise_phone(part, field=field) for part in parts))


def format_phone(number: str) -> str:
    """Write a stored number as Thais do: ``093-572-7903``, land lines ``0 4327 1261``; the rest as it is."""
    digits = _local_digits(number)
    if len(digits) == 10:
        return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
    if len(digits) == 9:
        return f"{digits[0]} {digits[1:5]} {digits[5:]}"
    return number


def readable_phone(written: str) -> str:
    """Write a number that was typed freely, such as the town's own, as ``format_phone`` does.

    What is no plain number, ``043-000100 ต่อ 5``, was written for people and stays as it is.
    """
    try:
        return format_phone(normalise_phone(written, field="phone", allow_short=True))
    except InvalidField:
        return written


def dialled_phone(written: str) -> str:
    """Return what a ``tel:`` link dials: the first number of the text, E.164 where it is a Thai one.

    An extension or the end of a range (``0 4300 0000-7``) is left out. Empty where there is no number.
    """
    found = _WRITTEN.search(to_arabic_digits(written))
    number = re.sub(r"[^+0-9]", "", _RANGE_END.sub("", found[0].strip())) if found else ""
    try:
        return normalise_phone(number, field="phone", allow_short=True)
    except InvalidField:
        return number


def mask_phone(number: str) -> str:
    """Write a stored number with its middle hidden: ``093-xxx-7903``, land lines ``0 43xx 1261``.

    Hotlines belong to nobody and stay; of any other text only the last four letters show.
    """
    digits = _local_digits(number)
    if len(digits) == 10:
        return f"{digits[:3]}-xxx-{digits[6:]}"
    if len(digits) == 9:
        return f"{digits[0]} {digits[1:3]}xx {digits[5:]}"
    return number if _SHORT.fullmatch(number) else f"xxx{number[-4:] if len(number) > 4 else ''}"


def digits_for_search(text: str) -> str | None:
    """Return the E.164 form of a search term that is a whole phone number, else None."""
    try:
        return normalise_phone(text, field="search")
    except InvalidField:
        return None


def _national_digits(text: str, field: str) -> str:
    """Return the digits with the leading 0 of the trunk, however the number was typed."""
    plain = search_form(text[: 4 * _LONGEST])
    if not plain:
        raise MissingField(field=field)
    if not _ALLOWED.fullmatch(plain) or len(plain) > _LONGEST:
        raise _not_a_number(plain, field)
    digits = re.sub(r"[ ().\-]", "", plain)
    national = _COUNTRY_CODE.sub("0", digits, count=1) if _COUNTRY_CODE.match(digits) else digits
    if national.startswith(("+", "00")):
        raise InvalidField("phone_not_thai", field=field)
    return national


def _not_a_number(plain: str, field: str) -> InvalidField:
    if len(plain) <= _LONGEST and len(_BETWEEN_NUMBERS.split(plain)) > 1:
        return InvalidField("phone_several", field=field)
    if re.match(r"\+?[\d ().\-]{8,}", plain) and _EXTENSION.search(plain):
        return InvalidField("phone_extension", field=field)
    return InvalidField("phone_unreadable", field=field)


def _wrong_length(national: str, field: str) -> InvalidField:
    if len(national) >= 18 and national.startswith("0"):
        return InvalidField("phone_several", field=field)
    if re.match("0[689]", national):
        return InvalidField("phone_mobile_length", field=field, length=len(national))
    if re.match("0[23457]", national):
        return InvalidField("phone_landline_length", field=field, length=len(national))
    return InvalidField("phone_unknown", field=field)


def _local_digits(number: str) -> str:
    stored = _STORED.fullmatch(number)
    return f"0{stored.group(1)}" if stored else ""
