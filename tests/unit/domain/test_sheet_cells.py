"""One cell: what people type, what Excel makes of it, and what is told when it cannot be read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from domain.errors import DomainError, Words
from domain.sheets.cells import CellReader
from domain.sheets.columns import Column, Shape, match
from domain.sheets.raw_table import fold_heading

CHOICES = (("north", Words("เขต 1", "Zone 1")), ("south", Words("เขต 2", "Zone 2")))


def column(shape: Shape, **more: Any) -> Column:
    return Column(key="it", title="ช่อง", help="–", shape=shape, **more)


def read(shape: Shape, cell: Any, **more: Any) -> Any:
    values, errors = CellReader([column(shape, **more)], {"it": CHOICES}).read({"it": cell})
    return errors[0].code if errors else values.get("it")


@pytest.mark.parametrize(
    ("shape", "cell", "value"),
    [
        (Shape.TEXT, " ก\u00a0ข ", " ก\u00a0ข "),
        (Shape.TEXT, 12, "12"),
        (Shape.TEXT, 1.5, "1.5"),
        (Shape.TEXT, "\u200b\u00a0", None),
        (Shape.TEXT, None, None),
        (Shape.TEXT, "-", ""),
        (Shape.PHONE, 812345678, "+66812345678"),
        (Shape.PHONE, 43271261, "+6643271261"),
        (Shape.PHONE, "๐๘๑-๒๓๔-๕๖๗๘", "+66812345678"),
        (Shape.NATIONAL_ID, 1100700000001, "1100700000001"),
        (Shape.NATIONAL_ID, "๑-๑๐๐๗-๐๐๐๐๐-๐๐-๑", "1100700000001"),
        (Shape.DATE, "๓ มีนาคม พ.ศ. ๒๕๐๐", "1957-03-03"),
        (Shape.DATE, "03/03/2500", "1957-03-03"),
        (Shape.DATE, date(1957, 3, 3), "1957-03-03"),
        (Shape.DATE, date(2500, 3, 3), "1957-03-03"),
        (Shape.DATE, datetime(2500, 3, 3, 8, 0), "1957-03-03"),  # noqa: DTZ001 - Excel knows no zone
        (Shape.FLAG, "ใช่", True),
        (Shape.FLAG, "ไม่ใช่", False),
        (Shape.FLAG, False, False),
        (Shape.FLAG, 1, True),
        (Shape.WHOLE, "๑,๒๐๐", 1200),
        (Shape.WHOLE, 5, 5),
        (Shape.CHOICE, "เขต ๑", "north"),
        (Shape.CHOICE, "zone 2", "south"),
        (Shape.CHOICE, "SOUTH", "south"),
        (Shape.CHOICES, "เขต 1, zone 2", ["north", "south"]),
        (Shape.CLOCK_TIME, "๘.๓๐ น.", "08:30"),
        (Shape.CLOCK_TIME, "16:30", "16:30"),
        (Shape.DEGREES, 16.4321, "16.4321"),
    ],
)
def test_a_cell_is_read_as_it_was_meant(shape: Shape, cell: Any, value: Any) -> None:
    assert read(shape, cell) == value


@pytest.mark.parametrize(
    ("shape", "cell", "code"),
    [
        (Shape.TEXT, date(2026, 3, 12), "sheet_cell_turned_date"),
        (Shape.TEXT, 1.2345e19, "sheet_cell_number_lost"),
        (Shape.PHONE, "0812", "phone_mobile_length"),
        (Shape.PHONE, "812345678", "phone_unknown"),
        (Shape.NATIONAL_ID, "1100700000002", "national_id_checksum"),
        (Shape.DATE, "3/3/1985", "date_ambiguous"),
        (Shape.DATE, "31/2/2510", "date_impossible"),
        (Shape.DATE, date(2568, 2, 29), "sheet_cell_year"),
        (Shape.DATE, 36526, "date_unreadable"),
        (Shape.FLAG, "อาจจะ", "sheet_cell_flag"),
        (Shape.WHOLE, "หนึ่ง", "number_unreadable"),
        (Shape.WHOLE, 1.5, "number_unreadable"),
        (Shape.CHOICE, "เขต 9", "sheet_cell_choice"),
        (Shape.CLOCK_TIME, "25:00", "sheet_cell_clock"),
        (Shape.FLAG, "-", "sheet_cell_fixed"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_reason(shape: Shape, cell: Any, code: str) -> None:
    assert read(shape, cell) == code


def test_an_unknown_choice_lists_those_there_are() -> None:
    _values, errors = CellReader([column(Shape.CHOICE)], {"it": CHOICES}).read({"it": "เขต 9"})
    assert "เขต 1, เขต 2" in errors[0].message


def test_a_required_cell_cannot_be_removed() -> None:
    assert read(Shape.TEXT, "-", required=True) == "sheet_cell_fixed"


def test_of_two_choices_with_one_name_only_the_code_is_taken() -> None:
    twins = (("a", Words("กองช่าง", "Works")), ("b", Words("กองช่าง", "Works")))
    reader = CellReader([column(Shape.CHOICE)], {"it": twins})
    assert reader.read({"it": "กองช่าง"})[1][0].code == "sheet_cell_choice"
    assert reader.read({"it": "b"})[0] == {"it": "b"}


COLUMNS = (
    Column(key="a", title="ชื่อ", help="–", required=True, aliases=("ชื่อตัว",)),
    Column(key="b", title="เบอร์", help="–", required=True),
)


@pytest.mark.parametrize("text", ["ชื่อ *", " ชื่อ : ", "ช ื่ อ".replace(" ", "\u00a0"), "ชื่อตัว", "A"])
def test_headings_meet_whatever_stands_around_them(text: str) -> None:
    assert match(COLUMNS, [(2, text), (1, "เบอร์")], 1).letters == {"a": "B", "b": "A"}


def test_missing_headings_are_named_and_double_ones_too() -> None:
    with pytest.raises(DomainError) as missing:
        match(COLUMNS, [(1, "ชื่อ"), (2, "สี")], 3)
    assert "“เบอร์”" in missing.value.message
    with pytest.raises(DomainError) as double:
        match(COLUMNS, [(1, "ชื่อ"), (3, "ชื่อตัว")], 1)
    assert "A และ C" in double.value.message


def test_unknown_headings_are_named_and_our_own_are_not() -> None:
    headings = [(1, "ชื่อ"), (2, "เบอร์"), (3, "สี ที่ชอบ"), (4, "หมายเหตุ"), (5, "ข้อผิดพลาด")]
    assert match(COLUMNS, headings, 1).ignored == ("สี ที่ชอบ",)


def test_folding_is_the_same_for_both_sides() -> None:
    assert fold_heading("โทรศัพท์ (จำเป็น)") == fold_heading(" โทรศัพท์*")
