"""Excel files: real dates shown in Buddhist years, frozen heading, filters, a sheet about the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from typing import IO, Any, Final

from reports.cells import Cell, excel_moment, legal, shown_width

SHEET_ROWS: Final = 1_048_576
ABOUT_SHEET: Final = "เกี่ยวกับไฟล์นี้"
# 041E is Thai, 07 before it the Buddhist calendar, 1 before that Arabic digits.
DATE_FORMAT: Final = "[$-107041E]d mmm yyyy;@"
MOMENT_FORMAT: Final = "[$-107041E]d mmm yyyy h:mm;@"

_MEASURED_ROWS: Final = 200
_NARROWEST, _WIDEST = 8, 60
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


class TooManyRows(Exception):
    """There are more rows than one sheet of Excel can hold."""


def write_table(
    target: str | IO[bytes],
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    about: Sequence[tuple[str, str]],
    *,
    sheet: str = "ข้อมูล",
) -> int:
    """Write rows to a workbook as they come, in memory that does not grow with them; return their number.

    A moment becomes a real Excel date on the Bangkok wall clock, a text stays a text whatever it begins with.

    Args:
        target: A path, or a binary file open for writing.
        columns: The headings.
        rows: Cells in the order of the headings; a server-side cursor will do.
        about: Pairs of name and value for the second sheet: filters, who, when.
        sheet: Name of the first sheet.

    Raises:
        TooManyRows: More rows than a sheet holds.
    """
    import xlsxwriter

    with xlsxwriter.Workbook(target, _OPTIONS) as book:
        formats = _Formats(book)
        page = book.add_worksheet(sheet)
        page.freeze_panes(1, 0)
        for place, heading in enumerate(columns):
            page.write_string(0, place, legal(heading), formats.heading)
        count = _write_rows(page, columns, rows, formats)
        page.autofilter(0, 0, max(count, 1), len(columns) - 1)
        _write_about(book.add_worksheet(ABOUT_SHEET), [*about, ("จำนวนแถว", f"{count:,}")], formats)
    return count


class _Formats:
    """The cell formats of one workbook."""

    def __init__(self, book: Any) -> None:
        self.heading = book.add_format({"bold": True, "bottom": 1, "valign": "top", "text_wrap": True})
        self.text = book.add_format({"valign": "top", "text_wrap": True, "num_format": "@"})
        self.number = book.add_format({"valign": "top"})
        self.day = book.add_format({"valign": "top", "num_format": DATE_FORMAT})
        self.moment = book.add_format({"valign": "top", "num_format": MOMENT_FORMAT})


def _write_rows(page: Any, columns: Sequence[str], rows: Iterable[Sequence[Cell]], formats: _Formats) -> int:
    stream = iter(rows)
    first = list(islice(stream, _MEASURED_ROWS))
    for place, heading in enumerate(columns):
        widest = max([shown_width(heading) + 3, *(_width(cells[place]) for cells in first)])
        page.set_column(place, place, min(max(widest, _NARROWEST), _WIDEST))
    number = 0
    for number, cells in enumerate(chain(first, stream), 1):
        if number >= SHEET_ROWS:
            raise TooManyRows
        for place, cell in enumerate(cells):
            _write_cell(page, number, place, cell, formats)
    return number


def _write_cell(page: Any, row: int, place: int, cell: Cell, formats: _Formats) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, datetime):
        page.write_datetime(row, place, excel_moment(cell), formats.moment)
    elif isinstance(cell, date):
        page.write_datetime(row, place, cell, formats.day)
    elif isinstance(cell, int | float | Decimal):
        page.write_number(row, place, cell, formats.number)
    else:
        page.write_string(row, place, legal(cell), formats.text)


def _width(cell: Cell) -> int:
    if isinstance(cell, datetime):
        return 18
    return 13 if isinstance(cell, date) else shown_width("" if cell is None else str(cell)) + 2


def _write_about(page: Any, about: Sequence[tuple[str, str]], formats: _Formats) -> None:
    page.set_column(0, 0, 24)
    page.set_column(1, 1, 80)
    for row, (name, value) in enumerate(about):
        page.write_string(row, 0, legal(name), formats.heading)
        page.write_string(row, 1, legal(value), formats.text)
