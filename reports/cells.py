"""What one cell of a file may hold: plain values, no control characters, no live formulas."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal

from domain.clock import to_bangkok
from domain.thai_dates import thai_date

Cell = str | int | float | Decimal | date | datetime | bool | None

LONGEST_CELL = 32_767  # Excel's limit; XlsxWriter would drop a longer text without a word.

# Not allowed in XML 1.0, or a lone half of a surrogate pair: Excel would call the file damaged.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# What a spreadsheet may take for a formula (ASVS 1.2.10), behind spaces and letters nobody sees too.
_FORMULA = re.compile("(?:[\t\r]|[\\s\u200b-\u200f\u2060\ufeff]*[=+\\-@＝＋－＠])")


def legal(text: str) -> str:
    """Return a text without what no spreadsheet can hold, cut to the longest a cell can."""
    return _ILLEGAL.sub("", text)[:LONGEST_CELL]


def inert(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula when it reads a CSV file."""
    plain = legal(text)
    return f"'{plain}" if _FORMULA.match(plain) or text.startswith("\x00") else plain


def csv_text(cell: Cell) -> str:
    """Return a cell as CSV holds it: Buddhist dates as text, numbers plain, texts inert."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return f"{thai_date(cell, 'digits')} {to_bangkok(cell):%H:%M}"
    if isinstance(cell, date):
        return thai_date(cell, "digits")
    return str(cell) if isinstance(cell, int | float | Decimal) else inert(cell)


def excel_moment(moment: datetime) -> datetime:
    """Return a moment on the Bangkok wall clock, without a zone: Excel knows none."""
    return to_bangkok(moment).replace(tzinfo=None)


def shown_width(text: str) -> int:
    """Return how many letters wide the widest line is; Thai marks stand above or below and take no room."""
    return max(sum(1 for letter in line if unicodedata.category(letter) != "Mn") for line in text.split("\n"))
