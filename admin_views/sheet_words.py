"""How a row of an Excel file reads in its preview: who it is, what would change, what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Enum, inspect

from admin_views.formatters import yes_no
from admin_views.guard import language
from admin_views.identity import current_lookups
from domain.addresses import subdistrict
from domain.audit import MASK
from domain.labels import word
from domain.phones import mask_phone
from domain.sheets.books import Book, Verdict
from domain.sheets.checking import PlanRow
from domain.sheets.columns import Column
from domain.sheets.kinds import BOOKS
from domain.thai_dates import thai_date
from models import SheetKind

NAMES = ("title", "first_name", "last_name", "name")
LONGEST_SHOWN = 160
TITLES = (
    _l("โทรศัพท์"),
    _l("คำนำหน้า"),
    _l("ชื่อ"),
    _l("นามสกุล"),
    _l("วันเกิด"),
    _l("เลขประจำตัวประชาชน"),
    _l("อีเมล"),
    _l("Line ID"),
    _l("บ้านเลขที่"),
    _l("หมู่ที่"),
    _l("ซอย"),
    _l("ถนน"),
    _l("ตำบล"),
    _l("รหัสไปรษณีย์"),
    _l("ใช้งาน"),
    _l("ชื่อผู้ใช้"),
    _l("ตำแหน่ง"),
    _l("หน่วยงาน"),
    _l("บทบาท"),
    _l("ตัวย่อ"),
    _l("ชื่อประเภทหลัก"),
    _l("ชื่ออังกฤษ"),
    _l("ลำดับ"),
    _l("รหัส"),
    _l("ชื่อประเภทย่อย"),
    _l("ระยะเวลาอย่างเร็ว"),
    _l("ระยะเวลาอย่างช้า"),
    _l("หน่วยเวลา"),
    _l("ต้องมีภาพหลังดำเนินการ"),
    _l("รัศมีเรื่องใกล้เคียง (เมตร)"),
    _l("ฤดูกาลตั้งแต่เดือน"),
    _l("ฤดูกาลถึงเดือน"),
    _l("ชื่อชุมชน"),
    _l("เขต"),
    _l("ละติจูด"),
    _l("ลองจิจูด"),
    _l("วันที่"),
    _l("ชื่อวันหยุด"),
    _l("ชนิดวันหยุด"),
    _l("เปิดตั้งแต่"),
    _l("เปิดถึง"),
    _l("ชื่อถนน/ซอย"),
)
"""The headings of all kinds, named here so that each has its English."""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One row of the preview."""

    number: int
    verdict: Verdict
    key: str
    name: str
    errors: list[tuple[str, str]]
    cells: list[tuple[str, str, str]]


def row_shown(kind: SheetKind, row: PlanRow) -> ShownRow:
    """Return a row as the page shows it; personal data are masked, an old value and a new one alike."""
    book = BOOKS[kind]
    key = row.values.get(book.key, "")
    name = " ".join(str(row.values[part]) for part in NAMES if row.values.get(part) and part != book.key)
    return ShownRow(
        number=row.number,
        verdict=row.verdict,
        key=_key(book, str(key)),
        name=name[:LONGEST_SHOWN],
        errors=[(_place(error), error[language()]) for error in row.errors],
        cells=_changed(book, row) if row.verdict is Verdict.CHANGED else _added(book, row),
    )


def _place(error: dict[str, str]) -> str:
    """Return where an error is: the cell as Excel names it, and its heading."""
    return f"{error['cell']} {_(error['title']) if error['title'] else ''}".strip()


def _key(book: type[Book], text: str) -> str:
    if book.key == "phone":
        return mask_phone(text)
    if book.key == "holiday_date" and text:
        return thai_date(date.fromisoformat(text), "short", lang=language())
    return text[:LONGEST_SHOWN]


def _changed(book: type[Book], row: PlanRow) -> list[tuple[str, str, str]]:
    columns = {column.field or column.key: column for column in book.columns}
    cells = []
    for name, (old, new) in row.told.items():
        column = columns.get(name) or columns.get(name.removesuffix("_hmac"))
        thai = column.title if column else inspect(book.table).columns[name].info["label"]
        cells.append((_(thai), _shown(book, name, old), _shown(book, name, new)))
    return cells


def _added(book: type[Book], row: PlanRow) -> list[tuple[str, str, str]]:
    if row.verdict is not Verdict.ADDED:
        return []
    return [
        (_(column.title), "", _given(book, column, row.values[column.key]))
        for column in book.columns
        if column.key in row.values and column.key not in {book.key, *NAMES}
    ]


def _given(book: type[Book], column: Column, value: Any) -> str:
    if column.personal:
        return MASK if value else "–"
    return _shown(book, column.key, value)


def _shown(book: type[Book], name: str, value: Any) -> str:
    """Return a plain value in words: names for ids and codes, Buddhist dates, yes and no."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return str(yes_no(value))
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    column = inspect(book.table).columns.get(name)
    if column is not None and isinstance(column.type, Enum) and column.type.enum_class:
        return word(column.type.enum_class(value), language())
    return _named(name, value) or str(value)[:LONGEST_SHOWN]


def _named(name: str, value: Any) -> str | None:
    """Return the name of a row that is given by its id, of a place by its code."""
    if name == "subdistrict_code":
        place = subdistrict(str(value))
        return place.label if place else None
    lookups = current_lookups()
    rows = {
        "department_id": lookups.departments,
        "category_id": lookups.categories,
        "zone_id": lookups.zones,
    }.get(name)
    row = rows.get(value) if rows and isinstance(value, int) else None
    return row.word(language()) if row else None
