"""The summary report as an Excel file: one sheet a table with its bar chart, values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, Final

from reports.case_summary import SummaryTable, figure_words
from reports.cells import legal, shown_width
from reports.workbook import ABOUT_SHEET, set_print

if TYPE_CHECKING:
    import pandas as pd

SHEETS: Final = {
    "category": ("ตามตัวย่อ", "ตัวย่อ"),
    "subcategory": ("ตามตัวย่อย่อย", "ตัวย่อย่อย"),
    "zone": ("ตามเขต", "เขต"),
    "community": ("ตามชุมชน", "ชุมชน"),
    "department": ("ตามหน่วยงาน", "หน่วยงาน"),
    "channel": ("ตามช่องทาง", "ช่องทาง"),
    "month": ("ตามเดือน", "เดือนที่รับเรื่อง"),
    "year": ("ตามปีงบประมาณ", "ปีงบประมาณ"),
}
HEAD_ROW: Final = 3
COLOURS: Final = ("#0B57A4", "#0F5E73", "#1E6B3A", "#51636D")  # new, primary, done, muted of look.md
TALLEST: Final = 40
_OPTIONS: Final = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write_summary(
    target: str | IO[bytes],
    tables: Sequence[SummaryTable],
    *,
    title: str,
    notes: Sequence[str],
    about: Sequence[tuple[str, str]],
) -> None:
    """Write the tables to a workbook through pandas and XlsxWriter.

    Args:
        target: A path, or a binary file open for writing.
        tables: As the page shows them, with Thai names.
        title: Stands at the head of every sheet.
        notes: Sentences for the second line of every sheet.
        about: Pairs of name and value for the last sheet.
    """
    import pandas as pd

    with pd.ExcelWriter(target, engine="xlsxwriter", engine_kwargs={"options": _OPTIONS}) as writer:
        formats = _formats(writer.book)
        for table in tables:
            sheet, heading = SHEETS[table.key]
            frame = pd.DataFrame(
                [[legal(row.label), *row.counts] for row in table.rows], columns=[heading, *figure_words()]
            )
            frame.to_excel(writer, sheet_name=sheet, startrow=HEAD_ROW + 1, header=False, index=False)
            page = writer.sheets[sheet]
            _dress(page, frame, table, formats, title)
            page.write_string(0, 0, legal(title), formats["title"])
            page.write_string(1, 0, legal(" ".join(notes)), formats["note"])
            _draw(writer.book, page, sheet, len(table.rows))
        page = writer.book.add_worksheet(ABOUT_SHEET)
        page.set_column(0, 0, 24)
        page.set_column(1, 1, 100)
        for row, (name, value) in enumerate(about):
            page.write_string(row, 0, legal(name), formats["head"])
            page.write_string(row, 1, legal(value), formats["text"])


def _formats(book: Any) -> Mapping[str, Any]:
    return {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "note": book.add_format({"font_color": "#51636D"}),
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        "text": book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"}),
        "number": book.add_format({"num_format": "#,##0"}),
        "total": book.add_format({"bold": True, "top": 1, "num_format": "#,##0"}),
    }


def _dress(
    page: Any, frame: pd.DataFrame, table: SummaryTable, formats: Mapping[str, Any], title: str
) -> None:
    """Give a sheet its headings, widths, totals and filter."""
    widest = max([shown_width(row.label) for row in table.rows], default=0)
    page.set_column(0, 0, min(max(widest + 2, 16), 60))
    page.set_column(1, len(frame.columns) - 1, 16, formats["number"])
    for place, heading in enumerate(frame.columns):
        page.write_string(HEAD_ROW, place, legal(str(heading)), formats["head"])
    last = HEAD_ROW + len(table.rows)
    page.write_string(last + 1, 0, "รวม", formats["total"])
    for place, value in enumerate(table.totals, 1):
        page.write_number(last + 1, place, value, formats["total"])
    page.autofilter(HEAD_ROW, 0, max(last, HEAD_ROW + 1), len(frame.columns) - 1)
    page.freeze_panes(HEAD_ROW + 1, 1)
    set_print(page, title, HEAD_ROW)


def _draw(book: Any, page: Any, sheet: str, rows: int) -> None:
    """Put a stacked bar chart of the figures beside the table; months stand side by side."""
    if not rows:
        return
    is_time = sheet in {SHEETS["month"][0], SHEETS["year"][0]}
    chart = book.add_chart({"type": "column" if is_time else "bar", "subtype": "stacked"})
    first, last = HEAD_ROW + 1, HEAD_ROW + rows
    for place, colour in enumerate(COLOURS, 1):
        chart.add_series(
            {
                "name": [sheet, HEAD_ROW, place],
                "categories": [sheet, first, 0, last, 0],
                "values": [sheet, first, place, last, place],
                "fill": {"color": colour},
            }
        )
    if not is_time:
        chart.set_y_axis({"reverse": True})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 720, "height": 400 if is_time else 120 + 24 * min(rows, TALLEST)})
    page.insert_chart(HEAD_ROW, 7, chart)
