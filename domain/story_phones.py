"""Telephone numbers inside a story, which everybody who sees the case would read (000-39)."""

from __future__ import annotations

import re
from typing import Final

from domain.errors import InvalidField
from domain.phones import normalise_phone
from domain.thai_text import to_arabic_digits

PLACE_OF_NUMBER: Final = "(เบอร์เก็บไว้ในช่องติดต่อกลับ)"
# A Thai number with its 0, or with +66; not a part of a longer row of digits, such as a national ID.
_NUMBER: Final = re.compile(
    r"(?<![\d-])(?:\+66|0)[ .-]?(?:[689](?:[ .-]?\d){8}|[23457](?:[ .-]?\d){7})(?!\d)",
    re.ASCII,
)


def phones_in(story: str) -> list[str]:
    """Return the numbers that stand in a story as E.164, each once."""
    found = (_readable(match[0]) for match in _NUMBER.finditer(to_arabic_digits(story)))
    return list(dict.fromkeys(number for number in found if number))


def take_phone_out(story: str) -> tuple[str, str | None]:
    """Return the story with words in place of its first number, and the number as E.164; None without one."""
    # Thai digits are one letter each: places in the plain text are places in the story.
    for match in _NUMBER.finditer(to_arabic_digits(story)):
        number = _readable(match[0])
        if number is not None:
            return story[: match.start()] + PLACE_OF_NUMBER + story[match.end() :], number
    return story, None


def _readable(text: str) -> str | None:
    try:
        return normalise_phone(text, field="story")
    except InvalidField:
        return None
