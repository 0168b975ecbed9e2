"""Excel files from strangers' hands: read as they were meant, or refused in words that help."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, time
from typing import Any

import pytest
import xlsxwriter
from helpers.sheets import workbook

from domain.sheets.raw_table import SheetTable, letter_of
from sandbox import Refused, Sandbox, SandboxFailed
from sheets_child import read_sheet
from spreadsheets import MOST_ROWS, new_reader
from spreadsheets import read_sheet as read_in_child

KNOWN = frozenset({"โทรศัพท์", "ชื่อ", "วันที่"})
HEADINGS = ("โทรศัพท์", "ชื่อ")


def refusal(data: bytes) -> str:
    with pytest.raises(Refused) as caught:
        read_sheet(data, KNOWN)
    return caught.value.code


def repacked(data: bytes, change: Callable[[str, bytes], bytes | None], **added: bytes) -> bytes:
    """Return a package whose parts were changed; None drops one."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = change(part.filename, old.read(part))
            if content is not None:
                new.writestr(part.filename, content)
        for name, content in added.items():
            new.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return target.getvalue()


def read(headings: Any = HEADINGS, rows: Any = (("0812345678", "ก"),), **more: Any) -> SheetTable:
    return read_sheet(workbook(headings, rows, **more), KNOWN)


def test_values_come_as_excel_keeps_them() -> None:
    table = read(
        (*HEADINGS, "วันที่", "เวลา"),
        [(812345678, " ก\u00a0", date(2000, 3, 3), time(8, 30)), ("x", True, date(2569, 3, 3), 1.5)],
    )
    assert table.heading_row == 1
    assert table.rows == [
        (2, [812345678, " ก\u00a0", date(2000, 3, 3), "08:30"]),
        (3, ["x", True, date(2569, 3, 3), 1.5]),
    ]


def test_headings_may_stand_lower_and_rows_may_be_empty() -> None:
    table = read(("เทศบาลตัวอย่าง",), [(), HEADINGS, ("081", "ก"), (None, "\u00a0 "), (), ("082", "ข")])
    assert table.heading_row == 3
    assert [number for number, _cells in table.rows] == [4, 7]


def test_formulas_and_merged_cells_are_named() -> None:
    table = read(rows=[("=1+1", "ก"), ("081", "=NOW()"), ("082", None), ("083", None)], merged=("B4:B5",))
    assert table.formulas == [(2, 1), (3, 2)]
    assert table.merged == [(4, 2), (5, 2)]


def test_a_merged_title_above_the_headings_does_not_matter() -> None:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        page = book.add_worksheet()
        page.merge_range("A1:B1", "รายชื่อ")
        page.write_row(1, 0, HEADINGS)
        page.write_row(2, 0, ("081", "ก"))
    assert read_sheet(target.getvalue(), KNOWN).merged == []


def test_the_first_visible_sheet_with_headings_is_read_and_hidden_rows_too() -> None:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        first, hidden, wanted = (book.add_worksheet(name) for name in ("คำแนะนำ", "ลับ", "สมาชิก"))
        first.write(0, 0, "โปรดอ่าน")
        hidden.hide()
        for page in (hidden, wanted):
            page.write_row(0, 0, HEADINGS)
            page.write_row(1, 0, (page.get_name(), "ก"))
        wanted.set_row(1, None, None, {"hidden": True})
    table = read_sheet(target.getvalue(), KNOWN)
    assert (table.sheet, table.rows) == ("สมาชิก", [(2, ["สมาชิก", "ก"])])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"", "sheet_empty_file", id="empty"),
        pytest.param(b"x" * (10 * 1024 * 1024 + 1), "sheet_file_too_large", id="too large"),
        pytest.param("โทรศัพท์,ชื่อ\n081,ก".encode(), "sheet_not_excel", id="csv"),
        pytest.param(b"%PDF-1.7", "sheet_not_excel", id="pdf"),
        pytest.param(b"PK\x03\x04 cut off", "sheet_broken", id="no package"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "sheet_old_excel", id="xls"),
        pytest.param(
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "sheet_encrypted",
            id="locked",
        ),
    ],
)
def test_what_is_no_xlsx_is_refused(data: bytes, code: str) -> None:
    assert refusal(data) == code


def test_other_packages_and_macros_are_refused() -> None:
    good = workbook(HEADINGS, [("081", "ก")])
    assert refusal(repacked(good, lambda _name, data: data, xl__vbaProject_dot_bin=b"x")) == (
        "sheet_with_macros"
    )
    ods = io.BytesIO()
    with zipfile.ZipFile(ods, "w") as package:
        package.writestr("content.xml", "<x/>")
    assert refusal(ods.getvalue()) == "sheet_not_xlsx"
    word = io.BytesIO()
    with zipfile.ZipFile(word, "w") as package:
        package.writestr("word/document.xml", "<x/>")
    assert refusal(word.getvalue()) == "sheet_not_excel"


def test_a_zip_bomb_is_refused_before_it_is_opened() -> None:
    bomb = io.BytesIO()
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package,
        package.open("xl/workbook.xml", "w") as part,
    ):
        for _megabyte in range(201):
            part.write(bytes(1024 * 1024))
    assert len(bomb.getvalue()) < 10 * 1024 * 1024
    assert refusal(bomb.getvalue()) == "sheet_too_heavy"


@pytest.mark.parametrize("declared", [b"<!DOCTYPE lolz [<!ENTITY lol 'lol'>]>", b"<!ENTITY x 'y'>"])
def test_xml_that_declares_things_of_its_own_is_refused(declared: bytes) -> None:
    good = workbook(HEADINGS, [("081", "ก")])

    def poison(name: str, data: bytes) -> bytes:
        return data.replace(b"<worksheet", declared + b"<worksheet", 1) if "sheet1" in name else data

    assert refusal(repacked(good, poison)) == "sheet_broken"


def test_a_declaration_across_two_portions_is_found() -> None:
    good = workbook(HEADINGS, [("081", "ก")])

    def poison(name: str, data: bytes) -> bytes:
        pad = b"<!--" + b"x" * (1024 * 1024 - 11 - len(b"<?xml?>")) + b"-->"
        return b"<?xml?>" + pad + b"<!DOCTYPE a>" + data if "sheet1" in name else data

    assert refusal(repacked(good, poison)) == "sheet_broken"


def test_a_part_of_another_size_than_it_says_is_refused() -> None:
    data = bytearray(workbook(HEADINGS, [("081", "ก")]))
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (5).to_bytes(4, "little")
    assert refusal(bytes(data)) == "sheet_broken"


def test_too_many_rows_and_columns_are_named() -> None:
    far = io.BytesIO()
    with xlsxwriter.Workbook(far) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEADINGS)
        page.write(MOST_ROWS + 1, 0, "081")
    with pytest.raises(Refused) as caught:
        read_sheet(far.getvalue(), KNOWN)
    assert (caught.value.code, caught.value.params["row"]) == ("sheet_too_many_rows", MOST_ROWS + 2)
    with pytest.raises(Refused) as caught:
        read(rows=[("081", "ก", *[None] * 60, "ไกล")])
    assert (caught.value.code, caught.value.params["cell"]) == ("sheet_too_many_columns", "BK2")


@pytest.mark.parametrize(
    ("headings", "rows", "code"),
    [
        (("อะไร", "ก็ไม่รู้"), [("1", "2")], "sheet_without_headings"),
        (HEADINGS, [], "sheet_no_rows"),
        (HEADINGS, [(None, "  ")], "sheet_no_rows"),
    ],
)
def test_nothing_to_read_is_said(headings: Any, rows: Any, code: str) -> None:
    assert refusal(workbook(headings, rows)) == code


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_broken_innards_are_refused_not_raised(part: str) -> None:
    good = workbook(HEADINGS, [("081", "ก")])
    cut = repacked(good, lambda name, data: data[: len(data) // 2] if name == part else data)
    assert refusal(cut) == "sheet_broken"
    gone = repacked(good, lambda name, data: None if name == part else data)
    assert refusal(gone) in {"sheet_broken", "sheet_not_excel", "sheet_without_headings"}


@pytest.mark.parametrize(("column", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (52, "AZ"), (703, "AAA")])
def test_columns_are_named_as_excel_names_them(column: int, letters: str) -> None:
    assert letter_of(column) == letters


@pytest.fixture(scope="module")
def child() -> Iterator[Sandbox]:
    with new_reader() as sandbox:
        yield sandbox


def test_the_same_comes_through_the_child(child: Sandbox) -> None:
    data = workbook((*HEADINGS, "วันที่"), [("081", "ก", date(2000, 3, 3))])
    assert read_in_child(data, KNOWN, child) == read_sheet(data, KNOWN)
    with pytest.raises(Refused) as caught:
        read_in_child(b"no file", KNOWN, child)
    assert caught.value.code == "sheet_not_excel"


class Failing:
    """A sandbox whose child died."""

    def __init__(self, kind: str, detail: str = "") -> None:
        self.failure = SandboxFailed(kind, detail)

    def run(self, *_args: object) -> object:
        raise self.failure


@pytest.mark.parametrize("failure", [("memory", ""), ("timeout", "wall clock"), ("crash", "exit status -6")])
def test_a_child_that_died_over_a_file_means_that_the_file_is_too_heavy(failure: Any) -> None:
    with pytest.raises(Refused) as caught:
        read_in_child(b"PK", KNOWN, Failing(*failure))
    assert caught.value.code == "sheet_too_heavy"


def test_a_child_that_failed_otherwise_is_our_fault_and_said_so() -> None:
    with pytest.raises(SandboxFailed):
        read_in_child(b"PK", KNOWN, Failing("error", "KeyError at sheets_child.py:1"))
