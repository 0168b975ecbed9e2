"""Open an Excel file and return its rows. Imported by sandbox children only: see spreadsheets.py.

openpyxl looks through the sheet first: calamine, which reads the values, drops formulas without a word and
takes the room of every cell between the first and the last.
"""

import zipfile
import zlib
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

import openpyxl
from openpyxl.worksheet._reader import WorkSheetParser
from openpyxl.worksheet.cell_range import CellRange
from python_calamine import CalamineWorkbook

from domain.sheets.raw_table import SheetTable, fold_heading, letter_of
from sandbox import Refused
from spreadsheets import MAX_UNZIPPED_BYTES, MOST_COLUMNS, MOST_ROWS, check_sheet_size

OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
WORKBOOK = "xl/workbook.xml"
BOM = b"\xef\xbb\xbf"
CHUNK = 1024 * 1024
MOST_PARTS = 2_000
HEADINGS_WITHIN = 20  # Filled rows from the top; a town's name and a date may stand above.
MOST_FLAGS = 20_000
LONGEST_CELL = 5_000
EXACT_BELOW = 10**15  # Excel keeps fifteen digits.


def read_sheet(data: bytes, known_headings: frozenset[str]) -> SheetTable:
    """Return the rows of the first visible sheet with a known heading; see spreadsheets.read_sheet."""
    check_sheet_size(data)
    check_package(data)
    layout = look_through(data, known_headings)
    return table_of(layout, values_of(data, layout.sheet))


# The package ------------------------------------------------------------------------------------------


def check_package(data: bytes) -> None:
    """Refuse what is no plain .xlsx, or would grow beyond all bounds."""
    if data.startswith(OLD_OFFICE):
        raise Refused("sheet_encrypted" if ENCRYPTED in data else "sheet_old_excel")
    if not data.startswith(b"PK"):
        raise Refused("sheet_not_excel")
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            check_names([part.filename for part in package.infolist()])
            check_sizes(package)
            for part in package.infolist():
                check_part(package, part)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError):
        raise Refused("sheet_broken") from None
    except RuntimeError:  # zipfile's word for a locked part
        raise Refused("sheet_encrypted") from None


def check_names(names: list[str]) -> None:
    """Refuse other kinds of file that are packages too, and macros."""
    known = set(names)
    if WORKBOOK not in known:
        raise Refused("sheet_not_xlsx" if known & {"xl/workbook.bin", "content.xml"} else "sheet_not_excel")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Refused("sheet_with_macros")
    if len(known) != len(names):  # Two programs would read two different files.
        raise Refused("sheet_broken")


def check_sizes(package: zipfile.ZipFile) -> None:
    """Refuse a package that says itself that it is too large."""
    parts = package.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MAX_UNZIPPED_BYTES:
        raise Refused("sheet_too_heavy")


def check_part(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Read a part to its end, which proves its size, and refuse XML that declares things of its own."""
    is_xml = part.filename.lower().endswith((".xml", ".rels", ".vml"))
    with package.open(part) as stream:
        tail = stream.read(CHUNK)
        if is_xml and not tail.removeprefix(BOM).lstrip().startswith(b"<"):
            raise Refused("sheet_broken")
        if is_xml and b"\0" in tail:
            raise Refused("sheet_broken")
        while tail:
            if is_xml and (b"<!DOCTYPE" in tail or b"<!ENTITY" in tail):
                raise Refused("sheet_broken")
            more = stream.read(CHUNK)
            tail = tail[-9:] + more if more else b""


# What stands where ------------------------------------------------------------------------------------


@dataclass
class Layout:
    """What a sheet holds, without the values."""

    sheet: str
    heading_row: int = 0
    headings: list[tuple[int, str]] = field(default_factory=list)
    filled: list[int] = field(default_factory=list)
    formulas: list[tuple[int, int]] = field(default_factory=list)
    merged: list[tuple[int, int]] = field(default_factory=list)


def look_through(data: bytes, known: frozenset[str]) -> Layout:
    """Return the layout of the first visible sheet with a known heading."""
    try:
        book = openpyxl.load_workbook(BytesIO(data), read_only=True, keep_links=False)
    except Refused:
        raise
    except MemoryError:
        raise
    except Exception:  # Whatever openpyxl stumbles over: nobody can mend it here.
        raise Refused("sheet_broken") from None
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        layout = layout_of(sheet, known)
        if layout is not None:
            return layout
    raise Refused("sheet_without_headings")


def layout_of(sheet: Any, known: frozenset[str]) -> Layout | None:
    """Return the layout of a sheet, None if it has no known heading."""
    layout = Layout(sheet.title)
    try:
        with sheet._get_source() as source:
            parser = WorkSheetParser(source, sheet._shared_strings, data_only=False)
            seen = 0
            for number, cells in parser.parse():
                filled = [cell for cell in cells if is_filled(cell["value"])]
                if not filled:
                    continue
                seen += 1
                if layout.heading_row:
                    note_row(layout, number, filled)
                elif not find_headings(layout, number, filled, known) and seen >= HEADINGS_WITHIN:
                    return None
            merged = parser.merged_cells
    except (Refused, MemoryError):
        raise
    except Exception:
        raise Refused("sheet_broken") from None
    if not layout.heading_row:
        return None
    note_merged(layout, [] if merged is None else [cell.ref for cell in merged.mergeCell])
    return layout


def is_filled(value: Any) -> bool:
    """Tell whether a cell holds more than spaces."""
    return value is not None and (not isinstance(value, str) or bool(value.strip()))


def find_headings(layout: Layout, number: int, cells: list[dict[str, Any]], known: frozenset[str]) -> bool:
    """Take a row for the headings if at least half of what we know in it, or two cells, are headings."""
    texts = [(cell["column"], str(cell["value"])) for cell in cells]
    hits = sum(fold_heading(text) in known for _column, text in texts)
    if hits < 2 and not (hits and len(texts) <= 2):
        return False
    layout.heading_row, layout.headings = number, texts
    check_width(texts[-1][0], number)
    return True


def note_row(layout: Layout, number: int, cells: list[dict[str, Any]]) -> None:
    """Note a row that holds something, and its formulas."""
    if number > layout.heading_row + MOST_ROWS:
        raise Refused("sheet_too_many_rows", rows=MOST_ROWS, row=number)
    check_width(cells[-1]["column"], number)
    layout.filled.append(number)
    if len(layout.formulas) < MOST_FLAGS:
        layout.formulas += [(number, cell["column"]) for cell in cells if cell["data_type"] == "f"]


def check_width(column: int, row: int) -> None:
    """Refuse a cell too far to the right."""
    if column > MOST_COLUMNS:
        raise Refused("sheet_too_many_columns", columns=MOST_COLUMNS, cell=f"{letter_of(column)}{row}")


def note_merged(layout: Layout, ranges: list[str]) -> None:
    """Note the merged cells below the headings, in rows that hold something."""
    columns = {column for column, _text in layout.headings}
    for text in ranges:
        box = CellRange(text)
        inside = sorted(columns.intersection(range(box.min_col, box.max_col + 1)))
        first, last = bisect_left(layout.filled, box.min_row), bisect_right(layout.filled, box.max_row)
        for row in layout.filled[first:last] if inside else ():
            if len(layout.merged) >= MOST_FLAGS:
                return
            layout.merged += [(row, column) for column in inside]


# The values -------------------------------------------------------------------------------------------


def values_of(data: bytes, sheet: str) -> list[list[Any]]:
    """Return all values of a sheet from its first cell on."""
    try:
        with CalamineWorkbook.from_filelike(BytesIO(data)) as book:
            rows: list[list[Any]] = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except MemoryError:
        raise
    except Exception:
        raise Refused("sheet_broken") from None
    return rows


def table_of(layout: Layout, values: list[list[Any]]) -> SheetTable:
    """Return the rows below the headings that hold something below one of them."""
    columns = [column for column, _text in layout.headings]
    flagged = {row for row, _column in (*layout.formulas, *layout.merged)}
    rows = []
    for number in layout.filled:
        line = values[number - 1] if number <= len(values) else []
        cells = [plain(line[column - 1]) if column <= len(line) else None for column in columns]
        if number in flagged or any(cell is not None for cell in cells):
            rows.append((number, cells))
    if not rows:
        raise Refused("sheet_no_rows", row=layout.heading_row)
    known = set(columns)
    formulas = [place for place in layout.formulas if place[1] in known]
    return SheetTable(
        sheet=layout.sheet[:100],
        heading_row=layout.heading_row,
        headings=[(column, text[:200]) for column, text in layout.headings],
        rows=rows,
        formulas=formulas,
        merged=layout.merged,
    )


def plain(value: Any) -> Any:
    """Return a value as a pipe and JSON can carry it."""
    if isinstance(value, str):
        return value[:LONGEST_CELL] if value.strip() else None
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < EXACT_BELOW else value
    if isinstance(value, datetime):
        return value if value.time() != time() else value.date()
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, timedelta):
        return str(value)
    return value if isinstance(value, bool | int | date) else None
