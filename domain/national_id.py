"""The 13 digits of a Thai national ID: checked, written with its dashes, masked."""

from __future__ import annotations

import re
from operator import mul
from typing import Final

from domain.errors import InvalidField, MissingField
from domain.thai_text import search_form

LENGTH: Final = 13
_WEIGHTS: Final = range(13, 1, -1)
_SHAPE: Final = "{}-{}-{}-{}-{}"


def check_digit(first_twelve: str) -> int:
    """Return the thirteenth digit that belongs to the first twelve.

    Source:
        Weights 13 down to 2, eleven minus the remainder by eleven, last digit (Department of Provincial
        Administration); 110070000000 gives 1.
    """
    if len(first_twelve) != len(_WEIGHTS):
        raise ValueError("a check digit belongs to twelve digits")
    total: int = sum(map(mul, _WEIGHTS, map(int, first_twelve)))
    return (11 - total % 11) % 10


def normalise_national_id(text: str, *, field: str) -> str:
    """Return the 13 digits of a typed national ID; spaces, dashes and Thai digits are taken.

    The check digit finds most slips, but never one in the third digit, whose weight is eleven. Whether the
    number was ever given to somebody cannot be known from it.

    Raises:
        MissingField: Nothing was typed.
        InvalidField: ``national_id_unreadable``, ``national_id_length``, ``national_id_repeated`` or
            ``national_id_checksum``.
    """
    plain = search_form(text[:100])
    if not plain:
        raise MissingField(field=field)
    digits = re.sub("[ .-]", "", plain)
    if not re.fullmatch("[0-9]+", digits):
        raise InvalidField("national_id_unreadable", field=field)
    if len(digits) != LENGTH:
        raise InvalidField("national_id_length", field=field, length=len(digits))
    if len(set(digits)) == 1:
        raise InvalidField("national_id_repeated", field=field)
    if int(digits[-1]) != check_digit(digits[:-1]):
        raise InvalidField("national_id_checksum", field=field)
    return digits


def format_national_id(digits: str) -> str:
    """Write 13 digits as on the card: ``1-2345-67890-12-3`` (004-14)."""
    return _SHAPE.format(digits[:1], digits[1:5], digits[5:10], digits[10:12], digits[12:])


def mask_national_id(digits: str) -> str:
    """Write a national ID so that only its last three digits show: ``x-xxxx-xxxxx-12-3``.

    Args:
        digits: All 13 digits, or the last four that are stored in the clear.
    """
    return _SHAPE.format("x", "xxxx", "xxxxx", digits[-3:-1], digits[-1:])
