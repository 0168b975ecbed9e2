"""Excel files that officers fill in: the template of a kind, and a file given back with its errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, Final

from domain.errors import Words
from domain.sheets.columns import ERRORS, EXAMPLE, NOTE, SHAPE_WORDS, Column, Shape
from reports.cells import legal, shown_width
from reports.workbook import DATE_FORMAT

HELP_SHEET: Final = "คำอธิบาย"
CHOICES_SHEET: Final = "ตัวเลือก"
EXAMPLE_NOTE: Final = f"{EXAMPLE} ลบแถวนี้ได้"
ROWS_WITH_CHOICES: Final = 20_000
HELP_HEADINGS: Final = ("คอลัมน์", "จำเป็น", "ใส่อะไร", "รูปแบบ", "ตัวอย่าง")
GENERAL: Final = (
    "ช่องที่เว้นว่างคือคงค่าเดิม ใส่ - เพื่อลบค่าเดิม",
    "เรียงคอลัมน์อย่างไรก็ได้ คอลัมน์ที่ระบบไม่รู้จักจะไม่อ่าน ห้ามใช้สูตรและห้ามผสานเซลล์",
    "ไฟล์ .xlsx ไม่เกิน 20,000 แถว 60 คอลัมน์ 10 MB",
)
_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_NARROWEST, _WIDEST, _LONGEST_ROW = 10, 60, 48

Choices = Mapping[str, Sequence[tuple[Any, Words]]]


def write_template(target: IO[bytes], title: str, columns: Sequence[Column], choices: Choices) -> None:
    """Write the empty file of a kind: headings, an example, lists to choose from, one line on each column.

    Cells are texts, so that Excel takes no 0 from a phone and makes no date of a house number.
    """
    import xlsxwriter

    with xlsxwriter.Workbook(target, _OPTIONS) as book:
        formats = _formats(book)
        page = book.add_worksheet(legal(title).replace("/", "-")[:31])
        page.freeze_panes(1, 1)
        for place, column in enumerate(columns):
            _write_column(page, place, column, formats)
        note = len(columns)
        page.set_column(note, note, 24, formats["text"])
        page.write_string(0, note, NOTE, formats["heading"])
        page.write_string(1, note, EXAMPLE_NOTE, formats["example"])
        _write_help(book.add_worksheet(HELP_SHEET), columns, formats)
        _write_choices(book.add_worksheet(CHOICES_SHEET), page, columns, choices, formats)


def write_errors(
    target: IO[bytes], headings: Sequence[str], rows: Sequence[tuple[int, Sequence[Any], Sequence[str]]]
) -> None:
    """Write a file's own rows with a last column that says what is wrong.

    Args:
        target: A binary file open for writing.
        headings: The file's own.
        rows: Row number in the file, its cells, and the errors.
    """
    import xlsxwriter

    kept = [place for place, heading in enumerate(headings) if heading != ERRORS]
    with xlsxwriter.Workbook(target, _OPTIONS) as book:
        formats = _formats(book)
        page = book.add_worksheet("แก้ไข")
        page.freeze_panes(1, 0)
        for column, place in enumerate(kept):
            page.set_column(column, column, 18)
            page.write_string(0, column, legal(headings[place]), formats["heading"])
        last = len(kept)
        page.set_column(last, last, _WIDEST)
        page.write_string(0, last, ERRORS, formats["heading"])
        for line, (_number, cells, errors) in enumerate(rows, 1):
            for column, place in enumerate(kept):
                _write_cell(page, line, column, cells[place] if place < len(cells) else None, formats)
            if errors:
                page.write_string(line, last, legal("\n".join(errors)), formats["wrong"])


def _formats(book: Any) -> dict[str, Any]:
    base = {"valign": "top", "text_wrap": True}
    return {
        "heading": book.add_format({**base, "bold": True, "bottom": 1, "bg_color": "#E8EEF4"}),
        "needed": book.add_format({**base, "bold": True, "bottom": 1, "bg_color": "#CFE0F1"}),
        "text": book.add_format({"valign": "top", "num_format": "@"}),
        "example": book.add_format(
            {"valign": "top", "num_format": "@", "italic": True, "font_color": "#5A6673"}
        ),
        "wrong": book.add_format({**base, "font_color": "#9C1C1C", "num_format": "@"}),
        "wrap": book.add_format(base),
        "day": book.add_format({"valign": "top", "num_format": DATE_FORMAT}),
    }


def _write_column(page: Any, place: int, column: Column, formats: Mapping[str, Any]) -> None:
    heading = f"{column.title} *" if column.required else column.title
    width = max(shown_width(heading), shown_width(column.example)) + 3
    page.set_column(place, place, min(max(width, _NARROWEST), _WIDEST), formats["text"])
    page.write_string(0, place, heading, formats["needed" if column.required else "heading"])
    if column.example:
        page.write_string(1, place, column.example, formats["example"])


def _write_help(page: Any, columns: Sequence[Column], formats: Mapping[str, Any]) -> None:
    for place, (heading, width) in enumerate(zip(HELP_HEADINGS, (26, 10, 60, 46, 28), strict=True)):
        page.set_column(place, place, width)
        page.write_string(0, place, heading, formats["heading"])
    page.freeze_panes(1, 0)
    for line, column in enumerate(columns, 1):
        cells = (
            *(column.title, "จำเป็น" if column.required else "", column.help),
            *(SHAPE_WORDS[column.shape], column.example),
        )
        for place, text in enumerate(cells):
            page.write_string(line, place, legal(text), formats["wrap"])
    for line, text in enumerate(GENERAL, len(columns) + 2):
        page.write_string(line, 0, text)


def _write_choices(
    sheet: Any, page: Any, columns: Sequence[Column], choices: Choices, formats: Mapping[str, Any]
) -> None:
    """Write each list to choose from into a column, and point the cells of its column at it."""
    place = 0
    for index, column in enumerate(columns):
        words = _words(column, choices)
        if not words:
            continue
        sheet.set_column(place, place, 34, formats["text"])
        sheet.write_string(0, place, column.title, formats["heading"])
        for line, text in enumerate(words, 1):
            sheet.write_string(line, place, legal(text), formats["text"])
        if column.shape is not Shape.CHOICES:  # Excel's lists take one word only.
            letter = _letter(place)
            source = f"='{CHOICES_SHEET}'!${letter}$2:${letter}${len(words) + 1}"
            page.data_validation(
                *(1, index, ROWS_WITH_CHOICES, index),
                {
                    "validate": "list",
                    "source": source,
                    "error_title": legal(column.title)[:32],
                    "error_message": "กรุณาเลือกจากรายการ หรือพิมพ์รหัส",
                    "error_type": "warning",
                },
            )
        place += 1
    if not place:
        sheet.write_string(0, 0, "ไม่มีคอลัมน์ที่ต้องเลือกจากรายการ")


def _words(column: Column, choices: Choices) -> list[str]:
    if column.shape is Shape.FLAG:
        return ["ใช่", "ไม่ใช่"]
    return [words.th for _code, words in choices.get(column.key, ())]


def _letter(place: int) -> str:
    return chr(ord("A") + place)


def _write_cell(page: Any, line: int, place: int, cell: Any, formats: Mapping[str, Any]) -> None:
    if cell is None:
        return
    if isinstance(cell, bool):
        page.write_boolean(line, place, cell)
    elif isinstance(cell, datetime | date):
        page.write_datetime(line, place, cell, formats["day"])
    elif isinstance(cell, int | float | Decimal):
        page.write_number(line, place, cell)
    else:
        page.write_string(line, place, legal(str(cell)), formats["text"])
