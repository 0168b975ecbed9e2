"""What must hold for types, channels, departments, places and days off before they are saved.

Each ``check_…`` looks at a filled row that is not flushed yet, sets what follows from its columns, and raises
when it cannot be kept. Rows are switched off, never deleted: complaints keep pointing at them.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from sqlalchemy import func, inspect, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from domain.actor import Actor
from domain.coordinates import THAILAND, bounds, parse_coordinates
from domain.errors import FieldChecks, InvalidField, MissingField, Words, add_message
from domain.seasons import check_season
from domain.thai_text import sort_key
from models import (
    Base,
    Category,
    Channel,
    Community,
    Complaint,
    ComplaintStatus,
    Department,
    ImportMapping,
    NumberSeries,
    Road,
    StaffUser,
    StatusKind,
    Subcategory,
    Zone,
)

MOST_DURATION: Final = 999
NEARBY_METRES: Final = (0, 5_000)
"""0 asks about nothing near: for a type without a place, such as conduct of officers."""
MAX_BOUNDARY_LETTERS: Final = 400_000
MAX_DEPTH: Final = 10

_CODE: Final = re.compile(r"[^\s/](?:[^/]*[^\s/])?")
_ENDS_IN_DIGIT: Final = re.compile(r"[0-9๐-๙]$")
UNFINISHED: Final = [s for s in ComplaintStatus if s.kind in {StatusKind.OPEN, StatusKind.WAITING}]

add_message(
    "category_code_shape",
    thai="ตัวย่อต้องไม่มี / และไม่ลงท้ายด้วยตัวเลข เพราะเลขที่คำร้องต่อท้ายตัวย่อ เช่น อส. 56/2569",
    english="No slash and no digit at the end: the running number follows it, as in 56/2569",
)
add_message(
    "category_code_numbered",
    thai="ตัวย่อนี้ออกเลขที่ไปแล้ว จึงเปลี่ยนไม่ได้ กรุณาเพิ่มตัวย่อใหม่แล้วปิดใช้งานตัวเดิม",
    english="Numbers were issued under this code; add a new one and switch this one off",
)
add_message(
    "duration_reversed",
    thai="ระยะเวลาอย่างเร็วต้องไม่เกินอย่างช้า ({max})",
    english="The shortest time must not exceed the longest ({max})",
)
add_message(
    "department_loop",
    thai="หน่วยงานจะสังกัดตัวเองหรือหน่วยงานย่อยของตัวเองไม่ได้",
    english="A department cannot stand below itself",
)
add_message(
    "department_busy",
    thai="ปิดใช้งานไม่ได้ ยังมี{what}อยู่ {count} รายการ กรุณาย้ายไปหน่วยงานอื่นก่อน",
    english="It cannot be switched off: it still has {count} {what}; move them first",
)
add_message(
    "intake_centre_needed",
    thai="ต้องมีหน่วยรับเรื่องกลางที่ใช้งานอยู่อย่างน้อยหนึ่งหน่วย",
    english="At least one active department must be the intake centre",
)
add_message(
    "unknown_place_fixed",
    thai="แถว “ไม่ทราบ” ต้องใช้งานอยู่เสมอ เพราะเจ้าหน้าที่ต้องเลือกได้",
    english="The row for “unknown” must stay in use",
)
add_message(
    "channel_needed",
    thai="ต้องมีช่องทางที่ใช้งานอยู่อย่างน้อยหนึ่งช่องทาง",
    english="At least one channel must stay in use",
)
add_message(
    "boundary_unreadable",
    thai="อ่านขอบเขตไม่ได้ ต้องเป็น GeoJSON ชนิด Polygon หรือ MultiPolygon พิกัด WGS84 ในประเทศไทย",
    english="A boundary is a GeoJSON Polygon or MultiPolygon in WGS84 inside Thailand",
)
add_message(
    "mapping_target_unknown",
    thai="ไม่มีรหัส “{code}” ในระบบนี้ ช่อง category ใช้รหัสประเภทย่อย ช่อง state ใช้รหัสสถานะ",
    english="There is no code “{code}” here: category takes a subtype's code, state a state's",
)
add_message(
    "mapping_field_unknown",
    thai="ช่องข้อมูลต้องเป็น category หรือ state",
    english="The field is category or state",
)


def check_category(session: Session, actor: Actor, category: Category) -> None:
    """Check a main type; its code heads complaint numbers (decisions.md 13).

    Raises:
        FieldErrors: A bad code, a code numbers were issued under, a department not in use.
    """
    check = FieldChecks()
    with check:
        code = category.code or ""
        if not _CODE.fullmatch(code) or _ENDS_IN_DIGIT.search(code):
            raise InvalidField("category_code_shape", field="code")
        _refuse_renumbering(session, category)
    with check:
        _require_in_use(session, Department, category.department_id, "department_id")
    check.done()


def check_subcategory(session: Session, actor: Actor, subtype: Subcategory) -> None:
    """Check a subtype and its promised range (000-56).

    Raises:
        FieldErrors: A reversed range, a number out of range, a main type not in use.
    """
    low, high = subtype.duration_min, subtype.duration_max
    check = FieldChecks()
    for name, value, bounds_ in (
        ("duration_min", low, (1, MOST_DURATION)),
        ("duration_max", high, (1, MOST_DURATION)),
        ("nearby_radius_m", subtype.nearby_radius_m, NEARBY_METRES),
    ):
        with check:
            _require_between(value, bounds_, name)
    with check:
        if low is not None and high is None:
            raise MissingField(field="duration_max")
        if low is not None and high is not None and low > high:
            raise InvalidField("duration_reversed", field="duration_min", max=high)
    with check:
        check_season(subtype)
    with check:
        _require_in_use(session, Category, subtype.category_id, "category_id")
    check.done()


def check_department(session: Session, actor: Actor, department: Department) -> None:
    """Check a department: no loops, no work left behind, an intake centre always there.

    Raises:
        InvalidField: ``department_loop``, ``department_busy`` or ``intake_centre_needed``.
    """
    _refuse_loop(session, department)
    if _switched_off(department):
        _refuse_busy(session, department)
    if _lost(department, "is_intake_centre") or (department.is_intake_centre and _switched_off(department)):
        others = select(func.count(Department.id)).where(
            Department.is_intake_centre, Department.is_active, Department.id != department.id
        )
        if not session.scalar(others):
            raise InvalidField("intake_centre_needed", field="is_intake_centre")


def check_zone(session: Session, actor: Actor, zone: Zone) -> None:
    """Check a zone.

    Raises:
        InvalidField: ``unknown_place_fixed``.
    """
    _keep_unknown(zone)


def check_community(session: Session, actor: Actor, community: Community) -> None:
    """Check a community, its pair of degrees and its zone; set its sort key.

    Raises:
        FieldErrors: Everything that cannot be taken.
    """
    check = FieldChecks()
    with check:
        _keep_unknown(community)
    with check:
        place = parse_coordinates(community.latitude, community.longitude, field="latitude")
        community.latitude, community.longitude = place or (None, None)
    with check:
        _require_in_use(session, Zone, community.zone_id, "zone_id")
    check.done()
    community.name_key = sort_key(community.name)


def check_road(session: Session, actor: Actor, road: Road) -> None:
    """Set a road's sort key."""
    road.name_key = sort_key(road.name)


def check_channel(session: Session, actor: Actor, channel: Channel) -> None:
    """Check a channel; at least one of all stays in use, since every complaint came in by one.

    Raises:
        InvalidField: ``channel_needed``.
    """
    others = select(func.count(Channel.id)).where(Channel.is_active, Channel.id != channel.id)
    if _switched_off(channel) and not session.scalar(others):
        raise InvalidField("channel_needed", field="is_active")


def check_import_mapping(session: Session, actor: Actor, mapping: ImportMapping) -> None:
    """Check that the word of another system leads to a code there is; an empty target skips the row.

    Raises:
        InvalidField: ``mapping_field_unknown`` or ``mapping_target_unknown``.
    """
    if mapping.field not in {"category", "state"}:
        raise InvalidField("mapping_field_unknown", field="field")
    code = mapping.target_code
    if not code:
        return
    if mapping.field == "state":
        known = code in set(ComplaintStatus)
    else:
        known = session.scalar(select(Subcategory.id).where(Subcategory.code == code)) is not None
    if not known:
        raise InvalidField("mapping_target_unknown", field="target_code", code=code)


def read_boundary(text: str, *, field: str) -> dict[str, Any]:
    """Return the geometry of a GeoJSON text: a Polygon, a MultiPolygon, or a Feature holding one.

    Raises:
        InvalidField: ``boundary_unreadable`` or ``text_too_long``.
    """
    if len(text) > MAX_BOUNDARY_LETTERS:
        raise InvalidField("text_too_long", field=field, max=MAX_BOUNDARY_LETTERS, length=len(text))
    try:
        shape = json.loads(text)
        geometry = shape["geometry"] if shape.get("type") == "Feature" else shape
        box = bounds(geometry)
        inside = THAILAND.holds(box.south, box.west) and THAILAND.holds(box.north, box.east)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise InvalidField("boundary_unreadable", field=field) from error
    if not inside:
        raise InvalidField("boundary_unreadable", field=field)
    return {"type": geometry["type"], "coordinates": geometry["coordinates"]}


def unfinished_complaints(session: Session, column: InstrumentedAttribute[Any], row_id: int) -> int:
    """Return how many complaints that are not finished point at a row, by the given column."""
    statement = select(func.count(Complaint.id)).where(column == row_id, Complaint.status.in_(UNFINISHED))
    return session.scalar(statement) or 0


def _refuse_renumbering(session: Session, category: Category) -> None:
    before = inspect(category).attrs.code.history.deleted
    if not before or before[0] == category.code:
        return
    issued = select(NumberSeries.id).where(NumberSeries.code == before[0], NumberSeries.last_number > 0)
    if session.scalar(issued) is not None:
        raise InvalidField("category_code_numbered", field="code")


def _require_between(value: int | None, limits: tuple[int, int], field: str) -> None:
    low, high = limits
    if value is not None and not low <= value <= high:
        raise InvalidField("number_out_of_range", field=field, min=low, max=high)


def _require_in_use(session: Session, kind: type[Base], row_id: int | None, field: str) -> None:
    if row_id is None:
        raise MissingField("choice_required", field=field)
    if session.get(kind, row_id) is None:
        raise InvalidField("choice_unknown", field=field)


def _refuse_loop(session: Session, department: Department) -> None:
    above, seen = department.parent_id, {department.id} - {None}
    for _step in range(MAX_DEPTH):
        if above is None:
            return
        if above in seen:
            break
        seen.add(above)
        parent = session.get(Department, above)
        above = parent.parent_id if parent else None
    raise InvalidField("department_loop", field="parent_id")


def _refuse_busy(session: Session, department: Department) -> None:
    """Name the first kind of thing that still hangs on a department."""
    hanging: tuple[tuple[Words, Any], ...] = (
        (Words("หน่วยงานย่อย", "departments below it"), Department.parent_id),
        (Words("เจ้าหน้าที่", "officers"), StaffUser.department_id),
        (Words("ตัวย่อ", "main types"), Category.department_id),
    )
    for what, column in hanging:
        kind = column.class_
        count = session.scalar(select(func.count(kind.id)).where(column == department.id, kind.is_active))
        if count:
            raise InvalidField("department_busy", field="is_active", what=what, count=count)
    count = unfinished_complaints(session, Complaint.department_id, department.id)
    if count:
        what = Words("เรื่องที่ยังไม่เสร็จ", "complaints not finished")
        raise InvalidField("department_busy", field="is_active", what=what, count=count)


def _keep_unknown(place: Zone | Community) -> None:
    if place.is_unknown and place.is_active is False:
        raise InvalidField("unknown_place_fixed", field="is_active")


def _switched_off(row: Any) -> bool:
    return _lost(row, "is_active")


def _lost(row: Any, name: str) -> bool:
    """Tell whether a yes of the row is becoming a no."""
    history = inspect(row).attrs[name].history
    return row.id is not None and list(history.deleted or ()) == [True] and getattr(row, name) is False
