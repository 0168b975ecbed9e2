"""Excel files: real dates shown in Buddhist years, frozen heading, filters, a sheet about the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
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

MEANINGS_HEAD: Final = ("คอลัมน์", "Column", "ความหมาย")

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a table with documented columns looks.

    Attributes:
        widths: Of the columns, in letters.
        number_formats: Excel's, of the columns; they tell for numbers only.
        meanings: (heading, English heading, what stands in it) of each column, for the second sheet.
        totals: Cells of a last row, below the filter; None without.
        title: Stands on top of each printed page.
    """

    widths: Sequence[int]
    number_formats: Sequence[str]
    meanings: Sequence[tuple[str, str, str]]
    totals: Sequence[Cell] | None = None
    title: str = ""


def write_table(
    target: str | IO[bytes],
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    about: Sequence[tuple[str, str]],
    *,
    sheet: str = "ข้อมูล",
    look: Look | None = None,
) -> int:
    """Write rows to a workbook as they come, in memory that does not grow with them; return their number.

    A moment becomes a real Excel date on the Bangkok wall clock, a text stays a text whatever it begins with.

    Args:
        target: A path, or a binary file open for writing.
        columns: The headings.
        rows: Cells in the order of the headings; a server-side cursor will do.
        about: Pairs of name and value for the second sheet: filters, who, when.
        sheet: Name of the first sheet.
        look: Of documented columns; without one the first rows tell the widths.

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
        stream, widths = (iter(rows), list(look.widths)) if look else _measured(columns, rows)
        for place, width in enumerate(widths):
            page.set_column(place, place, min(max(width, _NARROWEST), _WIDEST))
        numbers = [formats.numbers(code) for code in look.number_formats] if look else None
        count = _write_rows(page, stream, formats, numbers)
        if look is not None and look.totals is not None:
            _write_totals(page, count + 1, look.totals, [formats.sums(code) for code in look.number_formats])
        page.autofilter(0, 0, max(count, 1), len(columns) - 1)
        set_print(page, look.title if look else sheet)
        said = [*about, ("จำนวนแถว", f"{count:,}")]
        _write_about(book.add_worksheet(ABOUT_SHEET), said, look.meanings if look else (), formats)
    return count


def set_print(page: Any, title: str, head_row: int = 0) -> None:
    """Let a sheet print on A4 across, one page wide, its heading on each, with page numbers."""
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    page.repeat_rows(head_row)
    page.set_header(f"&L{title.replace('&', '&&')}")
    page.set_footer("&Rหน้า &P/&N")


class _Formats:
    """The cell formats of one workbook."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self.heading = book.add_format({"bold": True, "bottom": 1, "valign": "top", "text_wrap": True})
        self.text = book.add_format({"valign": "top", "text_wrap": True, "num_format": "@"})
        self.number = book.add_format({"valign": "top"})
        self.day = book.add_format({"valign": "top", "num_format": DATE_FORMAT})
        self.moment = book.add_format({"valign": "top", "num_format": MOMENT_FORMAT})

    def numbers(self, code: str) -> Any:
        """Return the format of a column's numbers."""
        return self._book.add_format({"valign": "top", "num_format": code})

    def sums(self, code: str) -> Any:
        """Return the format of a column's total."""
        return self._book.add_format({"bold": True, "top": 1, "num_format": code})


def _measured(
    columns: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> tuple[Iterator[Sequence[Cell]], list[int]]:
    """Return the rows again with the widths their first ones need."""
    stream = iter(rows)
    first = list(islice(stream, _MEASURED_ROWS))
    widths = [
        max([shown_width(heading) + 3, *(_width(cells[place]) for cells in first)])
        for place, heading in enumerate(columns)
    ]
    return chain(first, stream), widths


def _write_rows(
    page: Any, rows: Iterable[Sequence[Cell]], formats: _Formats, numbers: Sequence[Any] | None
) -> int:
    number = 0
    for number, cells in enumerate(rows, 1):
        if number >= SHEET_ROWS:
            raise TooManyRows
        for place, cell in enumerate(cells):
            if cell is None or cell == "":
                continue
            _write_cell(page, number, place, cell, formats, numbers[place] if numbers else formats.number)
    return number


def _write_cell(page: Any, row: int, place: int, cell: Cell, formats: _Formats, number: Any) -> None:
    if isinstance(cell, str):
        page.write_string(row, place, legal(cell), formats.text)
    elif isinstance(cell, datetime):
        page.write_datetime(row, place, excel_moment(cell), formats.moment)
    elif isinstance(cell, date):
        page.write_datetime(row, place, cell, formats.day)
    else:
        page.write_number(row, place, cell, number)


def _write_totals(page: Any, row: int, totals: Sequence[Cell], sums: Sequence[Any]) -> None:
    for place, (cell, look) in enumerate(zip(totals, sums, strict=True)):
        if isinstance(cell, int | float | Decimal):
            page.write_number(row, place, cell, look)
        else:
            page.write_string(row, place, legal(str(cell or "")), look)


def _width(cell: Cell) -> int:
    if isinstance(cell, datetime):
        return 18
    return 13 if isinstance(cell, date) else shown_width("" if cell is None else str(cell)) + 2


def _write_about(
    page: Any,
    about: Sequence[tuple[str, str]],
    meanings: Sequence[tuple[str, str, str]],
    formats: _Formats,
) -> None:
    page.set_column(0, 0, 24)
    page.set_column(1, 1, 80)
    page.set_column(2, 2, 26)
    for row, (name, value) in enumerate(about):
        page.write_string(row, 0, legal(name), formats.heading)
        page.write_string(row, 1, legal(value), formats.text)
    if not meanings:
        return
    for row, (heading, english, meaning) in enumerate([MEANINGS_HEAD, *meanings], len(about) + 1):
        page.write_string(row, 0, legal(heading), formats.heading)
        page.write_string(row, 1, legal(meaning), formats.text)
        page.write_string(row, 2, legal(english), formats.text)
