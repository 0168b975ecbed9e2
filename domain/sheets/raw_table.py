"""What a file brings, and how its headings are compared; the child that opens the file imports it too."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from domain.thai_text import search_form

_LEFT_OUT: Final = re.compile(r"[\s*:：]|\(จำเป็น\)")


@dataclass(frozen=True)
class SheetTable:
    """The rows below the headings of one sheet.

    `headings` pairs the column, counted from 1, with its text. `rows` pairs the row number as Excel shows it
    with the values below the headings: text, int, float, bool, date, datetime or None. `formulas` and
    `merged` name cells, (row, column), whose value cannot be trusted.
    """

    sheet: str
    heading_row: int
    headings: list[tuple[int, str]]
    rows: list[tuple[int, list[Any]]]
    formulas: list[tuple[int, int]]
    merged: list[tuple[int, int]]


def fold_heading(text: str) -> str:
    """Return the form in which a heading meets the one we know: no spaces, stars, colons, capitals."""
    return _LEFT_OUT.sub("", search_form(text[:200]))


def letter_of(column: int) -> str:
    """Return the letters Excel gives a column, counted from 1: 3 is C, 28 is AB."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
