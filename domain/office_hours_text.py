"""Office hours of a day as people type and read them: ``08:30-12:00, 13:00-16:30``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from domain.thai_text import to_arabic_digits

_STRETCH: Final = re.compile(r"(\d{1,2})[:.](\d{2})(?:-(\d{1,2})[:.](\d{2}))?", re.ASCII)
_DASHES: Final = str.maketrans({"–": "-", "—": "-"})


def read_hours(text: str) -> list[list[str]]:
    """Return the stretches of a day; empty for an empty text.

    Thai digits, dots for colons, long dashes, ถึง for the dash and น. after a time are all taken.

    Raises:
        ValueError: it cannot be read.
    """
    plain = to_arabic_digits(text).replace("ถึง", "-").replace("น.", "").translate(_DASHES)
    parts = [part for part in re.split(r"[,;\n]|และ", re.sub(r"\s+", "", plain)) if part]
    found = []
    for part in parts:
        stretch = _STRETCH.fullmatch(part)
        if stretch is None or stretch[3] is None:
            raise ValueError("not office hours")
        found.append([f"{int(stretch[1]):02}:{stretch[2]}", f"{int(stretch[3]):02}:{stretch[4]}"])
    return found


def read_time(text: str) -> str:
    """Return one time of day as ``08:30``.

    Raises:
        ValueError: it cannot be read.
    """
    plain = re.sub(r"\s+", "", to_arabic_digits(text).replace("น.", ""))
    found = _STRETCH.fullmatch(plain)
    if found is None or found[3] is not None:
        raise ValueError("not a time of day")
    return f"{int(found[1]):02}:{found[2]}"


def hours_text(stretches: Sequence[Sequence[str]]) -> str:
    """Return the stretches as they are typed."""
    return ", ".join(f"{begins}-{ends}" for begins, ends in stretches)
