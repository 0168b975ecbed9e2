"""Checks of complaints: places, dates, photos, clocks and numbers that cannot be right."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from domain.clock import bangkok_date, fiscal_year_bounds, fiscal_year_of, now, today
from domain.data_doctor_parts import Check, Example, Found, case_select, cases, example, listed
from domain.errors import Words
from domain.numbering import PUBLIC_SERIES, RUNNING_ON
from domain.office_calendar import ClockError
from domain.office_hours import calendar_of
from domain.settings import read_setting
from domain.thai_calendar import thai_date
from models import (
    ActionResult,
    Attachment,
    AttachmentStage,
    ClockPause,
    Complaint,
    ComplaintStatus,
    DurationUnit,
    NumberSeries,
    Outcome,
    StatusKind,
    Subcategory,
    Zone,
)

FIRST_SENSIBLE: Final = datetime(1990, 1, 1, tzinfo=UTC)
LAST_SENSIBLE: Final = datetime(2400, 1, 1, tzinfo=UTC)
"""From this year on a date is a Buddhist year that was taken for a Christian one."""
SLACK: Final = timedelta(minutes=10)
CAMERA_SLACK: Final = timedelta(days=1)
DONE_WORK: Final = (Outcome.FIXED, Outcome.PARTLY_FIXED)
OFFICE_UNITS: Final = (DurationUnit.WORKING_DAYS, DurationUnit.OFFICE_HOURS, DurationUnit.OFFICE_MINUTES)
_COUNTED: Final = [
    state for state in ComplaintStatus if state.kind in {StatusKind.OPEN, StatusKind.WAITING, StatusKind.DONE}
]
_UNFINISHED: Final = [
    state for state in ComplaintStatus if state.kind in {StatusKind.OPEN, StatusKind.WAITING}
]
_DONE: Final = [state for state in ComplaintStatus if state.kind is StatusKind.DONE]


def without_zone(session: Session) -> Found:
    """Complaints of this fiscal year that count in no zone."""
    begins, _ends = fiscal_year_bounds(fiscal_year_of(today()))
    unknown = select(Zone.id).where(Zone.is_unknown)
    lost = or_(
        Complaint.zone_id.is_(None), and_(Complaint.zone_id.in_(unknown), Complaint.latitude.is_not(None))
    )
    return cases(
        session,
        case_select().where(lost, Complaint.received_at >= begins, Complaint.status.in_(_COUNTED)),
    )


def done_before_receipt(session: Session) -> Found:
    """Results of a day before the complaint came in."""
    too_early = bangkok_day_of(session, Complaint.received_at) > ActionResult.done_date
    return cases(
        session,
        case_select(ActionResult.done_date)
        .join(ActionResult, ActionResult.complaint_id == Complaint.id)
        .where(too_early, Complaint.received_at.is_not(None)),
        lambda row: thai_date(row.done_date),
    )


def received_in_future(session: Session) -> Found:
    """Complaints that come in later than now."""
    return cases(session, case_select().where(Complaint.received_at > now() + SLACK))


def photo_from_future(session: Session) -> Found:
    """Photos that were taken after they were attached: the camera's clock is wrong."""
    after = Attachment.taken_at > Attachment.uploaded_at
    rows = session.execute(
        case_select(Attachment.taken_at, Attachment.uploaded_at)
        .join(Attachment, Attachment.complaint_id == Complaint.id)
        .where(after, Attachment.taken_at.is_not(None), Attachment.removed_at.is_(None))
        .order_by(Complaint.id.desc())
    )
    late = {
        row.public_code: example("complaint", row.public_code, row.number or row.public_code)
        for row in rows
        if row.taken_at > row.uploaded_at + CAMERA_SLACK
    }
    return listed(list(late.values()))


def years_mixed(session: Session) -> Found:
    """Dates whose year is a Buddhist one taken for a Christian one, or the other way round."""
    columns = (Complaint.received_at, Complaint.due_at, Complaint.accepted_at, Complaint.finished_at)
    wrong = or_(*(or_(column < FIRST_SENSIBLE, column >= LAST_SENSIBLE) for column in columns))
    result = exists().where(
        ActionResult.complaint_id == Complaint.id,
        or_(
            ActionResult.done_date < FIRST_SENSIBLE.date(),
            ActionResult.done_date >= LAST_SENSIBLE.date(),
        ),
    )
    return cases(session, case_select().where(or_(wrong, result)))


def without_photo(session: Session) -> Found:
    """Work finished this fiscal year without the photo the subtype, or the town's rule, asks for."""
    rule = str(read_setting(session, "photo_rule"))
    if rule == "never":
        return Found()
    shown = exists().where(
        Attachment.complaint_id == Complaint.id,
        Attachment.stage == AttachmentStage.AFTER,
        Attachment.removed_at.is_(None),
    )
    wanted = case_select().where(
        Complaint.status.in_(_DONE),
        Complaint.finished_at >= fiscal_year_bounds(fiscal_year_of(today()))[0],
        Complaint.outcome.in_(DONE_WORK),
        Complaint.external_source.is_(None),
        ~shown,
    )
    if rule != "always":
        asking = select(Subcategory.id).where(Subcategory.needs_photo)
        wanted = wanted.where(Complaint.subcategory_id.in_(asking))
    return cases(session, wanted)


def clock_without_pause(session: Session) -> Found:
    """Clocks that stand still without a pause, or run although a pause was never ended."""
    paused = exists().where(ClockPause.complaint_id == Complaint.id, ClockPause.ended_at.is_(None))
    stands = Complaint.clock_stopped_at.is_not(None)
    return cases(
        session,
        case_select().where(
            or_(and_(stands, ~paused), and_(~stands, paused)), Complaint.external_source.is_(None)
        ),
    )


def due_on_day_off(session: Session) -> Found:
    """Days promised in office time on which no office opens."""
    rows = session.execute(
        case_select(Complaint.due_at)
        .where(
            Complaint.status.in_(_UNFINISHED),
            Complaint.due_at > now(),
            Complaint.promised_unit.in_(OFFICE_UNITS),
        )
        .order_by(Complaint.id.desc())
    )
    try:
        calendar = calendar_of(session)
    except ClockError as error:
        return listed([example("settings", "clock", str(error))])
    is_off: dict[Any, bool] = {}
    found: list[Example] = []
    for row in rows:
        day = bangkok_date(row.due_at)
        if day not in is_off:
            is_off[day] = not calendar.is_working_day(day)
        if is_off[day]:
            said = f"{row.number or row.public_code} · {thai_date(day)}"
            found.append(example("complaint", row.public_code, said))
    return listed(found)


Series = dict[tuple[str, int], list[int]]
"""Running numbers on complaints, by code and year."""


def gaps_in_numbers(session: Session) -> Found:
    """Number series with a number left out, or one that does not stand where its numbers end."""
    return listed([example("complaints", code, said) for code, said in wrong_series(session)])


def wrong_series(session: Session) -> list[tuple[str, str]]:
    """Return code and description of each series whose numbers do not follow one another.

    Where the rule of the reset was changed on the way (``numbering.carry_on``), a series leaves out what the
    code's other series gave out, and stands at their highest until it gives out one of its own.
    """
    issued: Series = defaultdict(list)
    for code, year, running in session.execute(
        select(Complaint.number_code, Complaint.number_year, Complaint.number_running).where(
            Complaint.number_running.is_not(None), Complaint.number_code.is_not(None)
        )
    ):
        issued[str(code), int(year or 0)].append(int(running or 0))
    stored = {
        (row.code, row.year): row.last_number
        for row in session.scalars(select(NumberSeries).where(NumberSeries.code != PUBLIC_SERIES))
    }
    return [
        (code, f"{code} {year or ''}: {min(own)}–{max(own)} = {len(own)}, {stored.get((code, year), 0)}")
        for (code, year), own in sorted(issued.items())
        if not _follows(code, year, issued, stored)
    ]


def _follows(code: str, year: int, issued: Series, stored: dict[tuple[str, int], int]) -> bool:
    """Tell whether a series has every number once, up to where it stands."""
    numbers = issued[code, year]
    tops, elsewhere = {max(numbers)}, set[int]()
    if (code, RUNNING_ON) in stored:
        tops |= {last for (owner, _year), last in stored.items() if owner == code}
        elsewhere |= {
            one for key, found in issued.items() if key[0] == code and key[1] != year for one in found
        }
    every = set(numbers)
    missing = set(range(1, max(numbers) + 1)) - every - elsewhere
    return not missing and len(every) == len(numbers) and stored.get((code, year)) in tops


def bangkok_day_of(session: Session, column: Any) -> ColumnElement[Any]:
    """Return the Bangkok date of a moment as each database reckons it."""
    if session.get_bind().dialect.name == "sqlite":
        return func.date(column, "+7 hours")
    return func.date(func.timezone("Asia/Bangkok", column))


CASE_CHECKS: Final = (
    Check(
        code="no_zone",
        words=Words("เรื่องของปีนี้ที่ไม่มีเขต", "Cases of this year without a zone"),
        means=Words(
            "เรื่องเหล่านี้ไม่อยู่ในรายงานแยกเขต เปิดเรื่องแล้วปักหมุดหรือเลือกเขต",
            "They are missing from the figures by zone. Open each, set the pin or choose the zone",
        ),
        look=without_zone,
    ),
    Check(
        code="done_before_receipt",
        words=Words("วันแล้วเสร็จก่อนวันรับเรื่อง", "Done before it came in"),
        means=Words(
            "วันที่แล้วเสร็จอาจพิมพ์ผิด เปิดเรื่องแล้วแก้ไขผลการดำเนินงาน",
            "The day of the result was probably mistyped. Open each and correct the result",
        ),
        look=done_before_receipt,
    ),
    Check(
        code="received_in_future",
        words=Words("วันรับเรื่องอยู่ในอนาคต", "Came in later than now"),
        means=Words(
            "นาฬิกาเครื่องเคยเดินผิด หรือข้อมูลนำเข้าผิดปี เปิดเรื่องแล้วตรวจวันที่",
            "A clock was wrong, or an import mistook the year. Open each and check the date",
        ),
        look=received_in_future,
    ),
    Check(
        code="years_mixed",
        words=Words("ปี พ.ศ. กับ ค.ศ. ปนกัน", "Buddhist and Christian years mixed up"),
        means=Words(
            "มีวันที่ก่อน พ.ศ. 2533 หรือหลัง พ.ศ. 2943 มักเกิดจากการนำเข้า เปิดเรื่องแล้วแก้วันที่",
            "A date lies before 1990 or after 2400, mostly from an import. Open each and correct it",
        ),
        look=years_mixed,
    ),
    Check(
        code="photo_from_future",
        words=Words("ภาพถ่ายหลังเวลาที่แนบ", "Photos taken after they were attached"),
        means=Words(
            "นาฬิกาของกล้องผิด วันเวลาบนภาพใช้อ้างอิงไม่ได้ บอกผู้ถ่ายให้ตั้งเวลาโทรศัพท์",
            "The camera's clock is wrong: its time proves nothing. Ask the officer to set the phone's clock",
        ),
        look=photo_from_future,
    ),
    Check(
        code="closed_without_photo",
        words=Words("เสร็จในปีนี้แต่ไม่มีภาพหลังดำเนินการ", "Done this year without a photo of it"),
        means=Words(
            "ประเภทย่อยหรือระเบียบของเทศบาลกำหนดให้มีภาพ เปิดเรื่องแล้วแก้ไขผลเพื่อเพิ่มภาพ",
            "The subtype or the town's rule asks for one. Open each and add it to the result",
        ),
        look=without_photo,
    ),
    Check(
        code="clock_without_pause",
        words=Words("นาฬิกากำหนดเวลาไม่ตรงกับการหยุดนับ", "Clock and pauses disagree"),
        means=Words(
            "นาฬิกาหยุดโดยไม่มีช่วงหยุด หรือเดินทั้งที่ยังไม่จบช่วงหยุด กำหนดเสร็จจึงเชื่อไม่ได้ เปลี่ยนสถานะของเรื่องให้ตรงกับความจริง",
            "It stands still without a pause, or runs during one, so the due day cannot be trusted."
            " Bring the case into its true state",
        ),
        look=clock_without_pause,
    ),
    Check(
        code="due_on_day_off",
        words=Words("ครบกำหนดในวันหยุด", "Due on a day off"),
        means=Words(
            "มักเพราะเพิ่มวันหยุดหลังรับปากไว้แล้ว กำหนดเดิมไม่เปลี่ยนเอง ขยายเวลาให้ถ้าเห็นควร",
            "Mostly a day off that was added later. What was promised stays: give more time where it is due",
        ),
        look=due_on_day_off,
    ),
    Check(
        code="number_gaps",
        words=Words("เลขที่คำร้องไม่ต่อเนื่อง", "Numbers that do not follow one another"),
        means=Words(
            "แต่ละบรรทัดคือ ชุดเลข เลขแรก–เลขสุดท้าย จำนวนเรื่อง และเลขล่าสุดของชุด มักเกิดจากกู้ข้อมูลเพียงบางส่วน"
            " ตรวจด้วย python3 manage.py doctor",
            "Each line: series, first–last number, how many cases, where the series stands."
            " Mostly from a restore of a part only: look with python3 manage.py doctor",
        ),
        look=gaps_in_numbers,
    ),
)
