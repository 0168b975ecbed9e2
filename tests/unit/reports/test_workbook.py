"""Files that Excel opens as they are meant: real dates, texts that stay texts, nothing that runs."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import load_workbook

from reports.cells import LONGEST_CELL, inert, legal
from reports.csv_table import write_csv
from reports.workbook import ABOUT_SHEET, Look, write_table

ABOUT = [("รายการ", "ทะเบียน"), ("จัดทำโดย", "สมชาย ใจดี")]
FORMULAS = [
    "=1+1",
    '=HYPERLINK("http://evil.example","x")',
    "+66812345678",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\x00=1",
    "  =1+1",
    "\u200b=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
]


def book_of(columns: list[str], rows: Any, about: list[tuple[str, str]] = ABOUT) -> Any:
    stream = io.BytesIO()
    count = write_table(stream, columns, rows, about)
    stream.seek(0)
    return load_workbook(stream), count


def csv_of(rows: Any) -> tuple[bytes, list[list[str]]]:
    stream = io.BytesIO()
    write_csv(stream, ["ก"], rows)
    raw = stream.getvalue()
    return raw, list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))


def test_rows_come_out_as_they_went_in_whatever_their_number() -> None:
    book, count = book_of(["เลขที่", "เรื่อง"], ((n, f"เรื่องที่ {n}") for n in range(500)))
    sheet = book.worksheets[0]
    assert count == 500
    assert sheet.max_row == 501
    assert [cell.value for cell in sheet[1]] == ["เลขที่", "เรื่อง"]
    assert [cell.value for cell in sheet[500]] == [498, "เรื่องที่ 498"]


def test_a_moment_is_a_real_date_on_the_bangkok_wall_clock_shown_in_buddhist_years() -> None:
    at = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)
    book, _ = book_of(["เมื่อ", "วันที่"], [[at, date(1957, 3, 3)]])
    moment, day = book.worksheets[0][2]
    assert moment.value == datetime(2026, 11, 22, 1, 30)  # noqa: DTZ001 - Excel knows no zone
    assert day.value == datetime(1957, 3, 3)  # noqa: DTZ001
    assert moment.is_date
    assert moment.number_format.startswith("[$-107041E]")
    assert day.number_format.startswith("[$-107041E]")


def test_the_heading_stays_in_view_and_filters() -> None:
    sheet = book_of(["ก", "ข"], [["1", "2"]])[0].worksheets[0]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:B2"


def test_columns_are_as_wide_as_their_thai_letters_need() -> None:
    sheet = book_of(["ก"], [["ที่นี่มีน้ำท่วม" * 2]])[0].worksheets[0]
    assert 15 < sheet.column_dimensions["A"].width < 30


def test_a_second_sheet_says_what_the_file_is() -> None:
    about = book_of(["ก"], [["1"], ["2"]])[0][ABOUT_SHEET]
    told = {row[0].value: row[1].value for row in about.iter_rows()}
    assert told == {"รายการ": "ทะเบียน", "จัดทำโดย": "สมชาย ใจดี", "จำนวนแถว": "2"}


@pytest.mark.parametrize("text", FORMULAS)
def test_nothing_typed_becomes_a_formula_or_link_in_excel(text: str) -> None:
    stream = io.BytesIO()
    write_table(stream, ["ก"], [[text]], [("ตัวกรอง", text)])
    with zipfile.ZipFile(stream) as parts:
        sheets = "".join(parts.read(name).decode() for name in parts.namelist() if "worksheets/" in name)
    assert "<f>" not in sheets
    assert "hyperlink" not in sheets
    stream.seek(0)
    cell = load_workbook(stream).worksheets[0]["A2"]
    assert cell.data_type in {"s", "inlineStr"}


@pytest.mark.parametrize("text", FORMULAS)
def test_nothing_typed_becomes_a_formula_in_csv(text: str) -> None:
    _raw, rows = csv_of([[text]])
    assert rows[1][0].startswith("'")


@pytest.mark.parametrize("text", ["ถนนมิตรภาพ", "อส. 56/2569", "ก=ข", "3-5 วัน", "", "a@b.example"])
def test_an_innocent_text_keeps_its_form(text: str) -> None:
    assert inert(text) == text


def test_real_numbers_keep_their_sign_in_csv() -> None:
    _raw, rows = csv_of([[-5], [Decimal("-1.50")], [None], [True]])
    assert [row[0] if row else "" for row in rows[1:]] == ["-5", "-1.50", "", "True"]


def test_csv_opens_in_thai_with_a_double_click() -> None:
    raw, rows = csv_of([["ก\nข"], [date(2026, 11, 21)], [datetime(2026, 11, 21, 7, 32, tzinfo=UTC)]])
    assert raw.startswith(b"\xef\xbb\xbf")
    assert [row[0] for row in rows] == ["ก", "ก\nข", "21/11/2569", "21/11/2569 14:32"]


def test_what_no_file_can_hold_is_left_out_and_a_long_text_is_cut() -> None:
    assert legal("ก\x00ข\x0b\ud800ค\uffff") == "กขค"
    assert len(legal("ก" * 50_000)) == LONGEST_CELL
    book, _ = book_of(["ก"], [["ก\x00\x07" + "ย" * 50_000]])
    assert len(book.worksheets[0]["A2"].value) == LONGEST_CELL


def test_an_empty_list_still_is_a_good_file() -> None:
    book, count = book_of(["ก"], [])
    assert count == 0
    assert book.worksheets[0].max_row == 1


def test_the_writer_is_not_loaded_before_the_first_file() -> None:
    code = "import sys, reports.workbook; sys.exit('xlsxwriter' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_documented_columns_are_explained_and_their_totals_stand_below_the_filter() -> None:
    stream = io.BytesIO()
    look = Look(
        widths=[20, 10],
        number_formats=["General", "0.0"],
        meanings=[("ชื่อ", "Name", "ใคร"), ("ร้อยละ", "Per cent", "=1+1")],
        totals=["รวม", Decimal("87.5")],
        title="ภาระงาน A&B",
    )
    rows = [["ก", Decimal("75")], ["ข", Decimal("100")]]
    assert write_table(stream, ["ชื่อ", "ร้อยละ"], rows, ABOUT, look=look) == 2
    book = load_workbook(stream)
    sheet = book.worksheets[0]
    assert sheet.auto_filter.ref == "A1:B3"
    assert [cell.value for cell in sheet[4]] == ["รวม", 87.5]
    assert sheet["B2"].number_format == "0.0"
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.oddHeader.left.text == "ภาระงาน A&&B"
    explained = list(book[ABOUT_SHEET].iter_rows(min_row=5, values_only=True))
    assert explained == [
        ("คอลัมน์", "ความหมาย", "Column"),
        ("ชื่อ", "ใคร", "Name"),
        ("ร้อยละ", "=1+1", "Per cent"),
    ]
