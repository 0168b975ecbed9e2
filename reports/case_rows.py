"""Complaints as rows of a file: the columns of the manual's list (000-13) and what an office asks besides.

Personal data stand masked unless the officer may reveal all of them and said why; a concealed complainant
has no name in a masked file at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from domain.labels import word
from domain.lookups import Lookups, Row
from domain.phones import format_phone, mask_phone
from domain.thai_dates import thai_datetime
from domain.thai_text import mask_name
from models import Disclosure
from reports.cells import Cell

HEADINGS: Final = (
    "เลขที่",
    "รหัสติดตาม",
    "สถานะ",
    "ความเร่งด่วน",
    "วันที่รับเรื่อง",
    "ช่องทาง",
    "ชื่อ-นามสกุล",
    "ที่อยู่",
    "โทรศัพท์",
    "การเปิดเผยตัวตน",
    "ตัวย่อ",
    "ชื่อเรื่อง (ตัวย่อย่อย)",
    "รายละเอียด",
    "เขต",
    "ชุมชน",
    "สถานที่/จุดสังเกต",
    "ละติจูด",
    "ลองจิจูด",
    "หน่วยงานรับผิดชอบ",
    "ผู้รับผิดชอบ",
    "กำหนดแล้วเสร็จ",
    "สิ้นสุดเมื่อ",
    "ผลลัพธ์",
)
TITLE: Final = "เรื่องร้องทุกข์"
NOBODY: Final = ""
CONCEALED: Final = "ปกปิดข้อมูล"


def file_rows(rows: Iterable[Any], lookups: Lookups, *, reveals: bool) -> Iterator[list[Cell]]:
    """Yield the cells of each row, in Thai, in the order of ``HEADINGS``.

    Args:
        rows: As ``reports.complaint_list.stream`` yields them.
        lookups: Names of the small tables.
        reveals: Show personal data in full.
    """
    for row in rows:
        name, address, phone = person_cells(row, reveals)
        yield [
            row.number,
            row.public_code,
            word(row.status),
            word(row.urgency),
            row.received_at,
            _name(lookups.channels, row.channel_id),
            name,
            address,
            phone,
            word(row.disclosure),
            _name(lookups.categories, row.category_id),
            _name(lookups.subcategories, row.subcategory_id),
            row.story,
            _name(lookups.zones, row.zone_id),
            _name(lookups.communities, row.community_id),
            row.place_text,
            row.latitude,
            row.longitude,
            _name(lookups.departments, row.department_id),
            _name(lookups.staff, row.assignee_id),
            row.due_at,
            row.finished_at,
            word(row.outcome) if row.outcome else None,
        ]


def _name(rows: Mapping[int, Row], row_id: int | None) -> str | None:
    row = rows.get(row_id) if row_id is not None else None
    return row.name if row else None


def person_cells(row: Any, reveals: bool) -> tuple[str, str, str]:
    """Return name, address and phone as the file may hold them; a number to call back counts first."""
    if row.first_name is None:
        return NOBODY, NOBODY, _phone(row.callback_phone, reveals)
    if row.is_shared:
        return row.first_name, NOBODY, _phone(row.callback_phone, reveals)
    name = f"{row.title or ''}{row.first_name} {row.last_name or ''}".strip()
    number = row.callback_phone or row.phone
    if reveals:
        return name, row.address_text or NOBODY, _phone(number, reveals)
    if row.disclosure == Disclosure.CONCEALED:
        return CONCEALED, CONCEALED, CONCEALED
    masked = mask_name(f"{row.first_name} {row.last_name or ''}".strip())
    return f"{row.title or ''}{masked}", CONCEALED, _phone(number, reveals)


def _phone(number: str | None, reveals: bool) -> str:
    if not number:
        return NOBODY
    return format_phone(number) if reveals else mask_phone(number)


def about_file(
    filters: Iterable[tuple[str, str]], who: str, at: datetime, *, reveals: bool, reason: str
) -> list[tuple[str, str]]:
    """Return what the second sheet says about a file of complaints.

    Args:
        filters: (name, words) of each condition.
        who: Name of the officer.
        at: When the rows were read.
        reveals: Whether personal data stand in full.
        reason: Why they were taken away.
    """
    conditions = [(f"ตัวกรอง: {name}", words) for name, words in filters] or [("ตัวกรอง", "ไม่ได้กรอง")]
    return [
        ("รายการ", TITLE),
        *conditions,
        ("จัดทำโดย", who),
        ("จัดทำเมื่อ", thai_datetime(at, "long")),
        ("ข้อมูลส่วนบุคคล", "แสดงเต็ม" if reveals else "ปกปิด"),
        ("เหตุผล", reason),
    ]
