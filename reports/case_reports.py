"""Reports with a row a case: รายงานทั้งหมด (000-18), รายงานรอเข้าแผน (000-19), ทะเบียนคุม, ระยะเวลารายเรื่อง."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, extract, func, select

from domain.clock import bangkok_date, fiscal_year_of
from domain.complaint_filter import conditions
from domain.labels import word
from domain.permissions import Permission, scope_complaints
from domain.thai_text import grapheme_truncate
from models import (
    ActionResult,
    ClockPause,
    Complaint,
    ComplaintEvent,
    ComplaintFollower,
    ComplaintStatus,
    EventKind,
    Figure,
    Member,
    StatusKind,
)
from reports.case_rows import person_cells
from reports.cells import Cell
from reports.recurrence import times_by_case
from reports.report import Column, Kind, Made, Source, plain_decimal

STREAM_ROWS: Final = 1_000
STORY_LETTERS: Final = 200
A_DAY: Final = timedelta(days=1)
MARKED: Final = frozenset({Figure.EXAMINATION, Figure.PROGRESS, Figure.FINISHED})
"""Cases a promise is measured on: declined ones have none to keep."""
PERSON: Final = (Member.title, Member.first_name, Member.last_name, Member.address_text)

YEAR = Column(
    "fiscal_year", "ปีงบประมาณ", "Fiscal year", "ปีงบประมาณของวันที่รับเรื่อง (1 ต.ค.–30 ก.ย.)", Kind.TEXT, 12
)
NUMBER = Column("number", "เลขที่", "Number", "เลขที่คำร้องที่ออกเมื่อรับเรื่อง", width=16)
CODE = Column("public_code", "รหัสติดตาม", "Tracking code", "รหัสที่ผู้ร้องใช้ติดตาม", width=16)
STATUS = Column("status", "สถานะ", "State", "สถานะปัจจุบัน", width=20)
RECEIVED = Column("received_at", "วันที่รับเรื่อง", "Received", "วันเวลาที่รับเรื่อง", Kind.MOMENT, 18)
CHANNEL = Column("channel", "ช่องทาง", "Channel", "ช่องทางที่แจ้ง", width=18)
NAME = Column(
    "complainant", "ผู้ร้อง", "Complainant", "ชื่อผู้ร้อง ปกปิดเว้นแต่ผู้มีสิทธิ์แจ้งเหตุผล", width=24, is_personal=True
)
PHONE = Column("phone", "โทรศัพท์", "Phone", "เบอร์ติดต่อกลับหรือเบอร์ผู้ร้อง ปกปิดเช่นเดียวกัน", width=16, is_personal=True)
ADDRESS = Column("address", "ที่อยู่", "Address", "ที่อยู่ผู้ร้อง ปกปิดเช่นเดียวกัน", width=30, is_personal=True)
CATEGORY = Column("category", "ตัวย่อ", "Main type", "ประเภทหลัก", width=22)
SUBTYPE = Column("subcategory", "ตัวย่อย่อย", "Subtype", "ประเภทย่อย", width=28)
STORY = Column("story", "รายละเอียด", "Story", "ข้อความของผู้ร้อง", width=50)
ZONE = Column("zone", "เขต", "Zone", "เขตที่เกิดเหตุ", width=10)
COMMUNITY = Column("community", "ชุมชน", "Community", "ชุมชนที่เกิดเหตุ", width=22)
PLACE = Column("place", "สถานที่/จุดสังเกต", "Place", "สถานที่ตามที่ผู้ร้องบอก", width=30)
LATITUDE = Column("latitude", "ละติจูด", "Latitude", "หมุดบนแผนที่ (WGS84)", Kind.DEGREES, 12)
LONGITUDE = Column("longitude", "ลองจิจูด", "Longitude", "หมุดบนแผนที่ (WGS84)", Kind.DEGREES, 12)
DEPARTMENT = Column("department", "หน่วยงานรับผิดชอบ", "Department", "หน่วยงานที่รับผิดชอบในขณะนี้", width=26)
OFFICER = Column("officer", "ผู้รับผิดชอบ", "Officer", "เจ้าหน้าที่ที่รับผิดชอบในขณะนี้", width=22)
DUE = Column("due_at", "กำหนดแล้วเสร็จ", "Due", "กำหนดที่สัญญาไว้ เลื่อนตามเวลาที่หยุดนับและที่ขยาย", Kind.MOMENT, 18)
FINISHED = Column("finished_at", "สิ้นสุดเมื่อ", "Ended", "วันเวลาที่เรื่องสิ้นสุด", Kind.MOMENT, 18)
OUTCOME = Column("outcome", "ผลลัพธ์", "Outcome", "ผลลัพธ์ล่าสุดที่บันทึก", width=16)
RESULT = Column("result", "ผลการดำเนินงาน", "Result", "ข้อความผลการดำเนินงานล่าสุด", width=40)
STARS = Column("stars", "คะแนน", "Stars", "คะแนนล่าสุดที่ผู้ร้องให้ (1–5)", Kind.NUMBER, 8)

ALL_COLUMNS: Final = (
    *(YEAR, DEPARTMENT, NUMBER, CODE, STATUS),
    Column("figure", "กลุ่มตัวเลข", "Figure", "กลุ่มที่เรื่องนี้นับอยู่ในตัวเลขสรุป ณ วันที่จัดทำ", width=16),
    Column("urgency", "ความเร่งด่วน", "Urgency", "ความเร่งด่วน", width=12),
    *(RECEIVED, CHANNEL, NAME, ADDRESS, PHONE),
    Column("disclosure", "การเปิดเผยตัวตน", "Disclosure", "ผู้ร้องยินยอมให้เปิดเผยตัวตนหรือไม่", width=14),
    *(CATEGORY, SUBTYPE, STORY, ZONE, COMMUNITY, PLACE, LATITUDE, LONGITUDE, OFFICER, DUE, FINISHED),
    *(OUTCOME, RESULT, STARS),
    Column("reopened", "เปิดใหม่ (ครั้ง)", "Reopened", "จำนวนครั้งที่เปิดเรื่องอีก", Kind.NUMBER, 10),
)
REGISTER_COLUMNS: Final = (
    Column("running", "ลำดับที่", "No.", "ลำดับตามวันที่รับเรื่องในปีที่เลือก", Kind.NUMBER, 8),
    *(NUMBER, RECEIVED, CHANNEL, NAME, PHONE, SUBTYPE),
    Column("story", "เรื่อง", "Story", "ข้อความของผู้ร้องโดยย่อ", width=50),
    *(PLACE, ZONE, COMMUNITY, DEPARTMENT, OFFICER, DUE, STATUS, FINISHED, OUTCOME, RESULT, STARS),
)
PLAN_COLUMNS: Final = (
    *(NUMBER, CODE, RECEIVED),
    Column("since", "รอเข้าแผนตั้งแต่", "Waiting since", "วันที่บันทึกว่ารอเข้าแผน", Kind.MOMENT, 18),
    Column("days", "รอมาแล้ว (วัน)", "Days waited", "วันปฏิทินนับถึงวันที่จัดทำ", Kind.NUMBER, 10),
    Column("reason", "เหตุที่รอ", "Reason", "สิ่งที่ต้องรอ: วัสดุ เครื่องมือ หรืองบประมาณ", width=16),
    Column("note", "บันทึกประกอบ", "Note", "ข้อความของเจ้าหน้าที่เมื่อบันทึกว่ารอเข้าแผน", width=34),
    *(CATEGORY, SUBTYPE, STORY, ZONE, COMMUNITY, PLACE, LATITUDE, LONGITUDE, DEPARTMENT, OFFICER),
    Column("followers", "ผู้ติดตาม (คน)", "Followers", "ผู้ที่แจ้งเรื่องเดียวกันและติดตามเรื่องนี้", Kind.NUMBER, 10),
    Column("times", "เกิดขึ้น (ครั้ง)", "Times", "จำนวนครั้งที่เกิดที่จุดนี้ ตามนิยามเรื่องซ้ำซาก", Kind.NUMBER, 10),
)
DURATION_COLUMNS: Final = (
    *(NUMBER, CODE, RECEIVED, CATEGORY, SUBTYPE, DEPARTMENT, OFFICER, STATUS),
    Column("promise", "ระยะเวลาที่สัญญา", "Promised", "ระยะเวลาที่แจ้งผู้ร้องไว้", width=18),
    *(DUE, FINISHED),
    Column("days", "ใช้เวลา (วัน)", "Days taken", "วันปฏิทินตั้งแต่รับเรื่องถึงสิ้นสุดหรือถึงวันที่จัดทำ", Kind.PERCENT, 10),
    Column("pauses", "หยุดนับ (ครั้ง)", "Pauses", "จำนวนครั้งที่หยุดนับเวลาเพราะต้องรอ", Kind.NUMBER, 10),
    Column("paused_days", "หยุดนับ (วัน)", "Days paused", "วันปฏิทินที่ไม่นับเวลาเพราะต้องรอ", Kind.PERCENT, 10),
    Column("kept", "ผลเทียบกำหนด", "Kept", "ทันกำหนด เกินกำหนด หรือยังไม่ถึงกำหนด", width=22),
    Column("late_days", "เกินกำหนด (วัน)", "Days late", "วันปฏิทินที่เกินกำหนด", Kind.PERCENT, 10),
)
CASE_VALUES: Final = (
    *(Complaint.id, Complaint.number, Complaint.public_code, Complaint.status, Complaint.received_at),
    *(Complaint.channel_id, Complaint.category_id, Complaint.subcategory_id, Complaint.zone_id),
    *(Complaint.community_id, Complaint.place_text, Complaint.latitude, Complaint.longitude),
    *(Complaint.department_id, Complaint.assignee_id, Complaint.due_at, Complaint.finished_at),
    *(Complaint.outcome, Complaint.story, Complaint.rated_stars),
)
PEOPLE_VALUES: Final = (
    *(Complaint.disclosure, Complaint.callback_phone, *PERSON, Member.is_shared, Member.phone),
)


def all_cases(source: Source) -> Made:
    """Return every case by responsible department, oldest first within it."""
    values = (*CASE_VALUES, *PEOPLE_VALUES, Complaint.figure, Complaint.urgency, Complaint.reopen_count)
    order = (Complaint.department_id, Complaint.listed_at, Complaint.id)
    rows = _rows(source, Permission.COMPLAINT_EXPORT, (*values, _result_text()), order)
    return Made(_all_cells(source, row) for row in rows)


def _all_cells(source: Source, row: Any) -> list[Cell]:
    name, address, phone = person_cells(row, source.reveals)
    return [
        str(fiscal_year_of(bangkok_date(row.received_at))) if row.received_at else None,
        source.name("departments", row.department_id),
        row.number,
        row.public_code,
        word(row.status),
        word(row.figure),
        word(row.urgency),
        row.received_at,
        source.name("channels", row.channel_id),
        name,
        address,
        phone,
        word(row.disclosure),
        *_what_and_where(source, row),
        source.name("staff", row.assignee_id),
        row.due_at,
        row.finished_at,
        word(row.outcome) if row.outcome else None,
        row.result_text,
        row.rated_stars,
        row.reopen_count,
    ]


def _what_and_where(source: Source, row: Any) -> list[Cell]:
    return [
        source.name("categories", row.category_id),
        source.name("subcategories", row.subcategory_id),
        row.story,
        source.name("zones", row.zone_id),
        source.name("communities", row.community_id),
        row.place_text,
        plain_decimal(row.latitude),
        plain_decimal(row.longitude),
    ]


def register(source: Source) -> Made:
    """Return the register: a running number in the order of receipt."""
    values = (*CASE_VALUES, *PEOPLE_VALUES, _result_text())
    rows = _rows(source, Permission.COMPLAINT_EXPORT, values, (Complaint.listed_at, Complaint.id))
    return Made([running, *_register_cells(source, row)] for running, row in enumerate(rows, 1))


def _register_cells(source: Source, row: Any) -> list[Cell]:
    name, _address, phone = person_cells(row, source.reveals)
    return [
        row.number,
        row.received_at,
        source.name("channels", row.channel_id),
        name,
        phone,
        source.name("subcategories", row.subcategory_id),
        grapheme_truncate(row.story, STORY_LETTERS),
        row.place_text,
        source.name("zones", row.zone_id),
        source.name("communities", row.community_id),
        source.name("departments", row.department_id),
        source.name("staff", row.assignee_id),
        row.due_at,
        word(row.status),
        row.finished_at,
        word(row.outcome) if row.outcome else None,
        row.result_text,
        row.rated_stars,
    ]


def awaiting_plan(source: Source) -> Made:
    """Return the cases that wait for the town's plan, the longest waiting first."""
    followers = select(func.count()).where(ComplaintFollower.complaint_id == Complaint.id)
    note = (
        select(ComplaintEvent.note)
        .where(ComplaintEvent.complaint_id == Complaint.id, ComplaintEvent.kind == EventKind.PUT_ON_PLAN)
        .order_by(ComplaintEvent.id.desc())
        .limit(1)
    )
    values = (
        *CASE_VALUES,
        Complaint.plan_reason,
        Complaint.clock_stopped_at,
        followers.scalar_subquery().label("followers"),
        note.scalar_subquery().label("plan_note"),
    )
    order = (Complaint.clock_stopped_at.asc().nulls_last(), Complaint.listed_at, Complaint.id)
    rows = list(_rows(source, Permission.REPORT_EXPORT, values, order))
    times = times_by_case(source, {row.subcategory_id for row in rows})
    return Made(_plan_cells(source, row, times) for row in rows)


def _plan_cells(source: Source, row: Any, times: dict[int, int]) -> list[Cell]:
    since = row.clock_stopped_at
    return [
        row.number,
        row.public_code,
        row.received_at,
        since,
        (bangkok_date(source.at) - bangkok_date(since)).days if since else None,
        word(row.plan_reason) if row.plan_reason else None,
        row.plan_note,
        *_what_and_where(source, row),
        source.name("departments", row.department_id),
        source.name("staff", row.assignee_id),
        row.followers,
        times.get(row.id, 1),
    ]


def durations(source: Source) -> Made:
    """Return every case with a promised time: taken, paused, kept or broken."""
    chosen = source.chosen
    paused = select(
        func.sum(
            extract("epoch", func.coalesce(ClockPause.ended_at, source.at))
            - extract("epoch", ClockPause.started_at)
        )
    ).where(ClockPause.complaint_id == Complaint.id)
    pauses = select(func.count()).where(ClockPause.complaint_id == Complaint.id)
    values = (
        *CASE_VALUES,
        Complaint.promised_text,
        pauses.scalar_subquery().label("pauses"),
        paused.scalar_subquery().label("paused_seconds"),
    )
    marked = chosen.figure & MARKED if chosen.figure else MARKED
    also = (Complaint.due_at.is_not(None), Complaint.figure.in_(sorted(marked)))
    order = (Complaint.listed_at, Complaint.id)
    rows = _rows(source, Permission.REPORT_EXPORT, values, order, *also)
    return Made(_duration_cells(source, row) for row in rows)


def _duration_cells(source: Source, row: Any) -> list[Cell]:
    until = row.finished_at or source.at
    paused = float(row.paused_seconds or 0) / A_DAY.total_seconds()
    is_late = row.status.kind is not StatusKind.WAITING and until > row.due_at
    return [
        row.number,
        row.public_code,
        row.received_at,
        source.name("categories", row.category_id),
        source.name("subcategories", row.subcategory_id),
        source.name("departments", row.department_id),
        source.name("staff", row.assignee_id),
        word(row.status),
        row.promised_text,
        row.due_at,
        row.finished_at,
        _days(row.received_at, until),
        row.pauses,
        round(paused, 1) if row.pauses else None,
        kept_words(row.status, until, row.due_at, is_finished=row.finished_at is not None),
        _days(row.due_at, until) if is_late else None,
    ]


def kept_words(status: ComplaintStatus, until: datetime, due: datetime, *, is_finished: bool) -> str:
    """Say how a case stands against its promise; the clock of a waiting one stands still."""
    if status.kind is StatusKind.WAITING:
        return "หยุดนับเวลา"
    if is_finished:
        return "ทันกำหนด" if until <= due else "เกินกำหนด"
    return "ยังอยู่ในกำหนด" if until <= due else "เกินกำหนด ยังไม่เสร็จ"


def _days(begins: datetime | None, ends: datetime) -> float | None:
    return None if begins is None else round(max((ends - begins) / A_DAY, 0.0), 1)


# Reading ----------------------------------------------------------------------------------------------------


def _rows(
    source: Source,
    permission: Permission,
    values: Sequence[Any],
    order: Sequence[Any],
    *also: ColumnElement[bool],
) -> Iterator[Any]:
    """Yield the rows of the actor's cases from a server-side cursor, a chunk at a time."""
    statement = select(*values).outerjoin(Member, Member.id == Complaint.member_id)
    wanted, _match = conditions(source.chosen, source.session)
    scoped = scope_complaints(statement.where(*wanted, *also), source.actor, permission).order_by(*order)
    yield from source.session.execute(scoped.execution_options(yield_per=STREAM_ROWS))


def _result_text() -> Any:
    latest = (
        select(ActionResult.result_text)
        .where(ActionResult.complaint_id == Complaint.id)
        .order_by(ActionResult.id.desc())
        .limit(1)
    )
    return latest.scalar_subquery().label("result_text")
