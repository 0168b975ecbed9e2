"""What stands in a configuration file: its sections, each with its table, the cells of a row and its rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.catalogue import (
    check_category,
    check_channel,
    check_community,
    check_department,
    check_import_mapping,
    check_road,
    check_subcategory,
    check_zone,
)
from domain.clock import today
from domain.days_off import check_holiday
from domain.errors import FieldErrors, Words
from domain.permissions import Permission
from domain.roles import check_role
from models import (
    Category,
    Channel,
    Community,
    Department,
    Holiday,
    HolidayKind,
    ImportMapping,
    MessageTemplate,
    Road,
    Role,
    Subcategory,
    Zone,
)

SETTINGS: Final = "settings"
SETTINGS_WORDS: Final = Words("ค่าตั้งต้น", "Settings")
MOST_ROWS: Final = 5_000
MOST_ROWS_TOGETHER: Final = 10_000  # All are written in one transaction, which others wait for.
PARTS: Final = {"grants": "สิทธิ์", "questions": "คำถาม"}
"""Cells whose content lies in rows of their own, with their labels."""

Rule = Callable[[Session, Actor, Any], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One list of the file.

    Attributes:
        name: Its key in the document.
        words: What it is called.
        table: Where its rows are kept.
        key: The cells that name a row.
        cells: The cells of a row in their order; a cell is called as its column.
        references: Cells that hold another row's code: the column that holds its id, and its section.
        permission: What changing a row by hand asks for.
        rule: What a filled row must pass.
        off: What is written to a row the file no longer names; None leaves such rows alone.
        spares: Tells of a row that it stays on although a file does not name it.
        fixed: Cells that stay as they are once a row exists.
        may_be_empty: Texts that may be "", as they stand for "no word at all".
        grows: Whether a file may add rows.
        order: Columns the rows are sorted by.
    """

    name: str
    words: Words
    table: type[Any]
    key: tuple[str, ...] = ("code",)
    cells: tuple[str, ...]
    references: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    permission: Permission
    rule: Rule | None = None
    off: tuple[str, Any] | None = ("is_active", False)
    spares: Callable[[Any], bool] = lambda _row: False
    fixed: frozenset[str] = frozenset()
    may_be_empty: frozenset[str] = frozenset()
    grows: bool = True
    order: tuple[str, ...]


def check_day_off(session: Session, actor: Actor, holiday: Holiday) -> None:
    """Check a day off as its screen does, but let days long past in: a town brings its history along.

    Raises:
        FieldErrors: As of ``check_holiday``.
    """
    try:
        check_holiday(session, actor, holiday)
    except FieldErrors as refusal:
        is_past = holiday.holiday_date is not None and holiday.holiday_date < today()
        left = [one for one in refusal.errors if not (is_past and one.code == "holiday_year_far")]
        if left:
            raise FieldErrors(left) from refusal


SECTIONS: Final = (
    Section(
        name="departments",
        words=Words("หน่วยงาน", "Departments"),
        table=Department,
        cells=(
            *("code", "name", "name_en", "short_name", "kind", "parent_code", "phone"),
            *("is_intake_centre", "is_active", "sort_order"),
        ),
        references={"parent_code": ("parent_id", "departments")},
        permission=Permission.DEPARTMENT_UPDATE,
        rule=check_department,
        order=("sort_order", "code"),
    ),
    Section(
        name="roles",
        words=Words("บทบาทและสิทธิ์", "Roles"),
        table=Role,
        cells=("code", "name", "name_en", "description", "is_active", "grants"),
        permission=Permission.ROLE_MANAGE,
        rule=check_role,
        order=("code",),
    ),
    Section(
        name="categories",
        words=Words("ตัวย่อ", "Main types"),
        table=Category,
        cells=("code", "name", "name_en", "department_code", "is_active", "sort_order"),
        references={"department_code": ("department_id", "departments")},
        permission=Permission.CATEGORY_UPDATE,
        rule=check_category,
        order=("sort_order", "code"),
    ),
    Section(
        name="subcategories",
        words=Words("ตัวย่อย่อย", "Subtypes"),
        table=Subcategory,
        cells=(
            *("code", "name", "name_en", "category_code", "duration_min", "duration_max", "duration_unit"),
            *("needs_photo", "nearby_radius_m", "season_from", "season_to", "is_active", "sort_order"),
            "questions",
        ),
        references={"category_code": ("category_id", "categories")},
        permission=Permission.SUBCATEGORY_UPDATE,
        rule=check_subcategory,
        order=("sort_order", "code"),
    ),
    Section(
        name="channels",
        words=Words("ช่องทางการแจ้ง", "Channels"),
        table=Channel,
        cells=("code", "name", "name_en", "channel_group", "is_active", "sort_order"),
        permission=Permission.CHANNEL_UPDATE,
        rule=check_channel,
        order=("sort_order", "code"),
    ),
    Section(
        name="zones",
        words=Words("เขต", "Zones"),
        table=Zone,
        cells=("code", "name", "name_en", "is_unknown", "is_active", "sort_order", "boundary"),
        permission=Permission.ZONE_UPDATE,
        rule=check_zone,
        spares=lambda row: bool(row.is_unknown),
        fixed=frozenset({"is_unknown"}),
        order=("sort_order", "code"),
    ),
    Section(
        name="communities",
        words=Words("ชุมชน", "Communities"),
        table=Community,
        cells=("code", "name", "zone_code", "is_unknown", "latitude", "longitude", "is_active"),
        references={"zone_code": ("zone_id", "zones")},
        permission=Permission.COMMUNITY_UPDATE,
        rule=check_community,
        spares=lambda row: bool(row.is_unknown),
        fixed=frozenset({"is_unknown"}),
        order=("code",),
    ),
    Section(
        name="roads",
        words=Words("ถนน/ซอย", "Roads"),
        table=Road,
        key=("name",),
        cells=("name", "is_active"),
        permission=Permission.ROAD_UPDATE,
        rule=check_road,
        order=("name_key", "name"),
    ),
    Section(
        name="holidays",
        words=Words("วันหยุดราชการ", "Holidays"),
        table=Holiday,
        key=("holiday_date",),
        cells=("holiday_date", "name", "kind", "opens_at", "closes_at", "is_active"),
        permission=Permission.HOLIDAY_UPDATE,
        rule=check_day_off,
        spares=lambda row: row.kind is not HolidayKind.TOWN,  # The others come with the product.
        order=("holiday_date",),
    ),
    Section(
        name="message_templates",
        words=Words("ข้อความแจ้งเตือน", "Message texts"),
        table=MessageTemplate,
        key=("key", "language"),
        cells=("key", "language", "is_active", "words"),
        permission=Permission.MESSAGE_TEMPLATE_UPDATE,
        off=None,  # A file of an older version must not silence what the product says since.
        grows=False,
        order=("key", "language"),
    ),
    Section(
        name="import_map",
        words=Words("ตารางแปลงคำนำเข้า", "Import map"),
        table=ImportMapping,
        key=("source", "field", "external_label"),
        cells=("source", "field", "external_label", "target_code"),
        permission=Permission.IMPORT_MAP_UPDATE,
        rule=check_import_mapping,
        off=("target_code", None),
        may_be_empty=frozenset({"external_label"}),
        order=("source", "field", "external_label"),
    ),
)
"""In the order of their references: what a row names stands in a section before it."""

BY_NAME: Final = {section.name: section for section in SECTIONS}


def words_of(name: str) -> Words:
    """Return what a section is called."""
    return BY_NAME[name].words if name in BY_NAME else SETTINGS_WORDS


def column_of(section: Section, cell: str) -> Any:
    """Return the column behind a cell; None for what a row holds in rows of its own."""
    name = section.references[cell][0] if cell in section.references else cell
    return section.table.__table__.columns.get(name)


def label_of(section: Section, cell: str) -> str:
    """Return the Thai label of a cell, which the edges translate."""
    column = column_of(section, cell)
    if column is not None:
        return str(column.info["label"])
    return PARTS[cell]
