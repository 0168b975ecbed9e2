"""ผลการดำเนินงาน as an Excel file: exactly the page's numbers, each sheet with its definitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import IO, Any, Final

from reports.cells import legal, shown_width
from reports.result_tables import NOTHING, Kind, ResultTable, Tile, Value
from reports.workbook import ABOUT_SHEET

FIRST_SHEET: Final = "ตัวเลขหลัก"
SHEETS: Final = {
    "status": "ตามสถานะ",
    "month": "รายเดือน",
    "category": "ตามประเภท",
    "zone": "ตามเขต",
    "community": "ตามชุมชน",
    "department": "ตามหน่วยงาน",
    "worst_subcategory": "ประเภทย่อยผิดกำหนด",
    "worst_community": "ชุมชนผิดกำหนด",
    "stars": "ความพึงพอใจ",
}
TILE_COLUMNS: Final = ("ตัวเลข", "ปีนี้", "ปีก่อน", "เปลี่ยนแปลง", "เป้าหมาย", "หน่วย", "ความหมาย")
HEAD_ROW: Final = 3
NUMBER_FORMATS: Final = {
    Kind.COUNT: "#,##0",
    Kind.PERCENT: '0.0"%"',
    Kind.STARS: "0.00",
    Kind.DAYS: "#,##0.0",
}
CHARTED: Final = {"status": "bar", "month": "column", "category": "bar", "zone": "bar", "stars": "bar"}
COLOURS: Final = ("#0F5E73", "#7C8F99")  # Primary and control of look.md.
_OPTIONS: Final = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_NARROW, _WIDEST = 16, 60


def write_results(
    target: str | IO[bytes],
    tiles: Sequence[Tile],
    tables: Mapping[str, ResultTable],
    *,
    title: str,
    notes: Sequence[str],
    about: Sequence[tuple[str, str]],
) -> None:
    """Write the tiles and the tables of a year.

    Args:
        target: A path, or a binary file open for writing.
        tiles: Of the page, in Thai.
        tables: Of the page, in Thai.
        title: Stands at the head of every sheet.
        notes: Sentences for the second line of every sheet.
        about: Pairs of name and value for the last sheet.
    """
    import xlsxwriter

    with xlsxwriter.Workbook(target, _OPTIONS) as book:
        formats = _formats(book)
        head = (title, " ".join(notes))
        _write_tiles(_sheet(book, FIRST_SHEET, head, formats), tiles, formats)
        for key, name in SHEETS.items():
            page = _sheet(book, name, head, formats)
            _write_table(page, tables[key], formats)
            _draw(book, page, name, tables[key])
        _write_about(book.add_worksheet(ABOUT_SHEET), [*about, *_meanings(tiles)], formats)


def _formats(book: Any) -> Mapping[str, Any]:
    named = {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "note": book.add_format({"font_color": "#51636D"}),
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        "text": book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"}),
        "label": book.add_format({"num_format": "@", "valign": "top"}),
        "sum_label": book.add_format({"num_format": "@", "bold": True, "top": 1}),
    }
    for kind, form in NUMBER_FORMATS.items():
        named[kind.value] = book.add_format({"num_format": form, "align": "right", "valign": "top"})
        named[f"sum_{kind.value}"] = book.add_format(
            {"num_format": form, "align": "right", "bold": True, "top": 1}
        )
    return named


def _sheet(book: Any, name: str, head: tuple[str, str], formats: Mapping[str, Any]) -> Any:
    page = book.add_worksheet(name)
    page.write_string(0, 0, legal(head[0]), formats["title"])
    page.write_string(1, 0, legal(head[1]), formats["note"])
    page.freeze_panes(HEAD_ROW + 1, 1)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    return page


def _write_tiles(page: Any, tiles: Sequence[Tile], formats: Mapping[str, Any]) -> None:
    for place, (heading, width) in enumerate(zip(TILE_COLUMNS, (28, 14, 14, 14, 14, 12, 80), strict=True)):
        page.set_column(place, place, width)
        page.write_string(HEAD_ROW, place, heading, formats["head"])
    for row, tile in enumerate(tiles, HEAD_ROW + 1):
        kind = tile.value.kind
        page.write_string(row, 0, legal(tile.title), formats["label"])
        goal = Value(tile.goal, kind) if tile.goal is not None else None
        for place, value in enumerate((tile.value, tile.before, Value(tile.change, kind), goal), 1):
            if value is not None:
                _write_value(page, row, place, value, formats[kind.value])
        page.write_string(row, 5, legal(tile.unit), formats["label"])
        page.write_string(row, 6, legal(tile.meaning), formats["text"])


def _write_table(page: Any, table: ResultTable, formats: Mapping[str, Any]) -> None:
    widest = max([shown_width(row.label) for row in table.rows], default=0)
    page.set_column(0, 0, min(max(widest + 2, _NARROW), _WIDEST))
    page.set_column(1, len(table.columns), _NARROW)
    for place, heading in enumerate((table.heading, *table.columns)):
        page.write_string(HEAD_ROW, place, legal(heading), formats["head"])
    lines = [(row, "") for row in table.rows] + ([(table.total, "sum_")] if table.total else [])
    for at, (row, prefix) in enumerate(lines, HEAD_ROW + 1):
        page.write_string(at, 0, legal(row.label), formats[f"{prefix}label"])
        for place, value in enumerate(row.values, 1):
            _write_value(page, at, place, value, formats[f"{prefix}{value.kind.value}"])
    page.autofilter(HEAD_ROW, 0, HEAD_ROW + max(len(table.rows), 1), len(table.columns))
    if table.note:
        page.write_string(HEAD_ROW - 1, 0, legal(table.note), formats["note"])


def _write_value(page: Any, row: int, place: int, value: Value, form: Any) -> None:
    if value.number is None:
        page.write_string(row, place, NOTHING, form)
    else:
        page.write_number(row, place, Decimal(value.number), form)


def _draw(book: Any, page: Any, name: str, table: ResultTable) -> None:
    """Put a chart of the first column beside the table; months get the year before as a line."""
    if table.key not in CHARTED or not table.rows:
        return
    chart = book.add_chart({"type": CHARTED[table.key]})
    chart.add_series(_series(name, 1, len(table.rows)) | {"fill": {"color": COLOURS[0]}})
    if table.key == "month":
        line = book.add_chart({"type": "line"})
        line.add_series(
            _series(name, 2, len(table.rows)) | {"line": {"color": COLOURS[1], "dash_type": "dash"}}
        )
        chart.combine(line)
    else:
        chart.set_y_axis({"reverse": True})
        chart.set_legend({"none": True})
    chart.set_title({"name": legal(table.title), "name_font": {"size": 12}})
    chart.set_size({"width": 720, "height": 160 + 24 * min(len(table.rows), 40)})
    page.insert_chart(HEAD_ROW, len(table.columns) + 2, chart)


def _series(name: str, place: int, rows: int) -> dict[str, Any]:
    first, last = HEAD_ROW + 1, HEAD_ROW + rows
    return {
        "name": [name, HEAD_ROW, place],
        "categories": [name, first, 0, last, 0],
        "values": [name, first, place, last, place],
    }


def _meanings(tiles: Sequence[Tile]) -> list[tuple[str, str]]:
    return [(tile.title, tile.meaning) for tile in tiles]


def _write_about(page: Any, about: Sequence[tuple[str, str]], formats: Mapping[str, Any]) -> None:
    page.set_column(0, 0, 28)
    page.set_column(1, 1, 100)
    for row, (name, value) in enumerate(about):
        page.write_string(row, 0, legal(name), formats["head"])
        page.write_string(row, 1, legal(value), formats["text"])
