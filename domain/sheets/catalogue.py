"""Types, communities, roads and days off from a file: known by code, name or day, checked as by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import Date, String, inspect, select
from sqlalchemy.orm import Session

from domain.catalogue import check_category, check_community, check_road, check_subcategory
from domain.days_off import check_holiday
from domain.errors import FieldChecks, InvalidField, Words
from domain.labels import WORDS
from domain.permissions import Permission
from domain.sheets.books import Book, Judged, missing, portions
from domain.sheets.columns import Choices, Column, Shape
from domain.sheets.staff import departments
from domain.thai_calendar import ENGLISH_MONTHS, THAI_MONTHS
from domain.thai_text import clean_text
from models import (
    Category,
    Community,
    Department,
    DurationUnit,
    Holiday,
    HolidayKind,
    Road,
    SheetKind,
    Subcategory,
    Zone,
)

CODE_HELP = "รหัสที่มีแล้วคือแก้ไขรายการเดิม"


def _words(kind: type[StrEnum]) -> Callable[[Session], Choices]:
    return lambda _session: [(member.value, Words(*WORDS[kind][member])) for member in kind]


def _months(_session: Session) -> Choices:
    pairs = zip(THAI_MONTHS, ENGLISH_MONTHS, strict=True)
    return [(number, Words(thai, english)) for number, (thai, english) in enumerate(pairs, 1)]


def _categories(session: Session) -> Choices:
    wanted = select(Category).order_by(Category.sort_order, Category.id)
    return [(row.code, Words(row.name, row.name_en or row.name)) for row in session.scalars(wanted)]


def _zones(session: Session) -> Choices:
    wanted = select(Zone).order_by(Zone.sort_order, Zone.id)
    return [(row.code, Words(row.name, row.name_en or row.name)) for row in session.scalars(wanted)]


def _text(key: str, title: str, text: str, **more: Any) -> Column:
    return Column(key=key, title=title, help=text, **more)


ACTIVE = _text("is_active", "ใช้งาน", "ใส่ ไม่ใช่ เพื่อปิดใช้งาน", shape=Shape.FLAG, example="ใช่")
ORDER = _text("sort_order", "ลำดับ", "เลขน้อยแสดงก่อน", shape=Shape.WHOLE, example="10")
NAME_EN = _text("name_en", "ชื่ออังกฤษ", "เว้นว่างได้")


class CatalogueBook(Book):
    """Rows of a table whose check is one function of the catalogue."""

    rule: ClassVar[Any]  # Takes (session, actor, row), as the rules of the screens do.
    parents: ClassVar[Mapping[str, tuple[str, type[Any]]]] = {}
    """Column that names another row by its code: the attribute that holds its id, and its table."""
    silent = frozenset({"name_key"})

    def open(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Read the rows of these keys, and the ids of what they name."""
        mapper = inspect(self.table)
        self._types = {prop.key: prop.columns[0].type for prop in mapper.column_attrs}
        self._needed = {prop.key for prop in mapper.column_attrs if not prop.columns[0].nullable}
        self._defaults = {
            prop.key: column.default.arg
            for prop in mapper.column_attrs
            for column in prop.columns
            if column.default is not None and column.default.is_scalar
        }
        attribute = getattr(self.table, self.key)
        self._known: dict[Any, Any] = {}
        keys = {key for values in rows if (key := self._key(values)) is not None}
        for some in portions(sorted(keys)):
            wanted = select(self.table).where(attribute.in_(some))
            found = self.session.scalars(wanted.with_for_update() if self.writes else wanted)
            self._known.update((getattr(row, self.key), row) for row in found)
        self._ids = {
            name: {row.code: row.id for row in self.session.execute(select(table.code, table.id))}
            for name, (_attribute, table) in self.parents.items()
        }

    def judge(self, values: Mapping[str, Any]) -> Judged:
        """Fill in one row and ask the rule of its screen."""
        check = FieldChecks()
        row = None
        with check:
            row = self._known.get(self._typed(self.key, values.get(self.key) or ""))
        before = None if row is None else self.snapshot(row)
        if row is None:
            for error in missing(self.columns, values):
                check.add(error)
            check.done()
            row = self.table(**self._defaults)
        for name, value in values.items():
            with check:
                self._set(row, name, value)
        check.done()
        type(self).rule(self.session, self.actor, row)
        return self.finish(row, before)

    def put_back(self, row: Any, before: Mapping[str, Any], changes: Mapping[str, list[Any]]) -> None:
        """Put the columns back and ask the rule of today."""
        super().put_back(row, before, changes)
        type(self).rule(self.session, self.actor, row)

    def _key(self, values: Mapping[str, Any]) -> Any:
        try:
            return self._typed(self.key, values[self.key])
        except InvalidField:  # It is refused when the row is judged.
            return None

    def _set(self, row: Any, name: str, value: Any) -> None:
        if name in self.parents:
            setattr(row, self.parents[name][0], self._ids[name][value] if value else None)
        else:
            setattr(row, name, self._typed(name, value))

    def _typed(self, name: str, value: Any) -> Any:
        """Return a value as the column holds it; an empty text goes where nothing may stand."""
        kind = self._types[name]
        if isinstance(kind, Date):
            return date.fromisoformat(value) if value else None
        if isinstance(value, str) and hasattr(kind, "enum_class") and kind.enum_class:
            return kind.enum_class(value) if value else self._defaults.get(name)
        if isinstance(kind, String) and isinstance(value, str):
            text = clean_text(value, max_length=kind.length or 400, field=name, multiline=False)
            return text or ("" if name in self._needed else None)
        if value == "":
            return self._defaults.get(name)
        return value


class CategoryBook(CatalogueBook):
    """ตัวย่อ (ประเภทหลัก)."""

    kind, table, key = SheetKind.CATEGORIES, Category, "code"
    rights = (Permission.CATEGORY_UPDATE,)
    rule = staticmethod(check_category)
    parents = {"department": ("department_id", Department)}
    columns = (
        _text(
            "code",
            "ตัวย่อ",
            "ขึ้นต้นเลขที่คำร้อง เช่น อส. ตัวย่อที่มีแล้วคือแก้ไขรายการเดิม",
            required=True,
            example="สธ.",
            aliases=("รหัส",),
        ),
        _text("name", "ชื่อประเภทหลัก", "ชื่อเต็ม", required=True, example="สาธารณสุข", aliases=("ชื่อ",)),
        NAME_EN,
        _text(
            "department",
            "หน่วยงาน",
            "ชื่อหรือรหัสหน่วยงานที่รับผิดชอบ",
            shape=Shape.CHOICE,
            choices=departments,
            required=True,
            field="department_id",
        ),
        ORDER,
        ACTIVE,
    )


class SubcategoryBook(CatalogueBook):
    """ตัวย่อย่อย, with its promised time."""

    kind, table, key = SheetKind.SUBCATEGORIES, Subcategory, "code"
    rights = (Permission.SUBCATEGORY_UPDATE,)
    rule = staticmethod(check_subcategory)
    parents = {"category": ("category_id", Category)}
    columns = (
        _text("code", "รหัส", CODE_HELP, required=True, example="สธ.(1)", aliases=("ตัวย่อย่อย",)),
        _text("name", "ชื่อประเภทย่อย", "ชื่อเรื่อง", required=True, example="เหตุรำคาญ", aliases=("ชื่อ",)),
        NAME_EN,
        _text(
            "category",
            "ตัวย่อ",
            "ตัวย่อ (ประเภทหลัก) ที่อยู่ใต้",
            shape=Shape.CHOICE,
            choices=_categories,
            required=True,
            field="category_id",
            aliases=("ประเภทหลัก",),
        ),
        _text("duration_min", "ระยะเวลาอย่างเร็ว", "เว้นว่างได้", shape=Shape.WHOLE, example="1"),
        _text("duration_max", "ระยะเวลาอย่างช้า", "เว้นว่างคือไม่กำหนดเวลา", shape=Shape.WHOLE, example="3"),
        _text(
            "duration_unit",
            "หน่วยเวลา",
            "หน่วยของระยะเวลา ไม่ใส่คือวันทำการ",
            shape=Shape.CHOICE,
            choices=_words(DurationUnit),
            example="วันทำการ",
        ),
        _text("needs_photo", "ต้องมีภาพหลังดำเนินการ", "บังคับแนบภาพ", shape=Shape.FLAG, example="ไม่ใช่"),
        _text("nearby_radius_m", "รัศมีเรื่องใกล้เคียง (เมตร)", "เว้นว่างใช้ค่ากลาง", shape=Shape.WHOLE),
        _text("season_from", "ฤดูกาลตั้งแต่เดือน", "ชื่อเดือนหรือเลขเดือน", shape=Shape.CHOICE, choices=_months),
        _text("season_to", "ฤดูกาลถึงเดือน", "ชื่อเดือนหรือเลขเดือน", shape=Shape.CHOICE, choices=_months),
        ORDER,
        ACTIVE,
    )


class CommunityBook(CatalogueBook):
    """ชุมชน."""

    kind, table, key = SheetKind.COMMUNITIES, Community, "code"
    rights = (Permission.COMMUNITY_UPDATE,)
    rule = staticmethod(check_community)
    parents = {"zone": ("zone_id", Zone)}
    silent = frozenset({"name_key", "is_unknown"})
    columns = (
        _text("code", "รหัส", CODE_HELP, required=True, example="C001", aliases=("รหัสชุมชน",)),
        _text("name", "ชื่อชุมชน", "ชื่อ", required=True, example="ชุมชนตัวอย่าง", aliases=("ชื่อ", "ชุมชน")),
        _text(
            "zone",
            "เขต",
            "ชื่อหรือรหัสเขต",
            shape=Shape.CHOICE,
            choices=_zones,
            required=True,
            field="zone_id",
            aliases=("เขตการปกครอง",),
        ),
        _text("latitude", "ละติจูด", "เว้นว่างได้", shape=Shape.DEGREES, example="16.432100", aliases=("lat",)),
        _text(
            "longitude",
            "ลองจิจูด",
            "เว้นว่างได้",
            shape=Shape.DEGREES,
            example="102.823600",
            aliases=("lon", "lng"),
        ),
        ACTIVE,
    )


class HolidayBook(CatalogueBook):
    """วันหยุด."""

    kind, table, key = SheetKind.HOLIDAYS, Holiday, "holiday_date"
    rights = (Permission.HOLIDAY_UPDATE,)
    rule = staticmethod(check_holiday)
    columns = (
        _text(
            "holiday_date",
            "วันที่",
            "วันที่ที่มีแล้วคือแก้ไขรายการเดิม",
            shape=Shape.DATE,
            required=True,
            example="13/04/2570",
            aliases=("วันหยุด",),
        ),
        _text("name", "ชื่อวันหยุด", "ชื่อ", required=True, example="วันสงกรานต์", aliases=("ชื่อ",)),
        _text(
            "kind",
            "ชนิดวันหยุด",
            "ไม่ใส่คือวันหยุดราชการประจำปี",
            shape=Shape.CHOICE,
            choices=_words(HolidayKind),
        ),
        _text("opens_at", "เปิดตั้งแต่", "ใส่เฉพาะวันที่เปิดครึ่งวัน", shape=Shape.CLOCK_TIME),
        _text("closes_at", "เปิดถึง", "ใส่คู่กับ เปิดตั้งแต่", shape=Shape.CLOCK_TIME),
        ACTIVE,
    )


class RoadBook(CatalogueBook):
    """ถนน/ซอย."""

    kind, table, key = SheetKind.ROADS, Road, "name"
    rights = (Permission.ROAD_UPDATE,)
    rule = staticmethod(check_road)
    columns = (
        _text(
            "name",
            "ชื่อถนน/ซอย",
            "ชื่อที่มีแล้วคือแก้ไขรายการเดิม",
            required=True,
            example="ถนนศรีจันทร์",
            aliases=("ชื่อ", "ถนน", "ชื่อถนน", "ถนน/ซอย"),
        ),
        ACTIVE,
    )
