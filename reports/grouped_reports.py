"""Reports with a row a group: ภาระงานเจ้าหน้าที่ and the kept promises by subtype; counted by reports.figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import case, func, select

from domain.case_counting import MEASURES
from domain.complaint_filter import conditions, open_statuses
from domain.labels import duration_text
from domain.lookups import StaffRow
from domain.permissions import Permission, scope_complaints
from models import Complaint, Figure, StatusKind
from reports.cells import Cell
from reports.definitions import NOT_GIVEN
from reports.figures import By, live_statement
from reports.figures import Cell as Counted
from reports.report import Column, Kind, Made, Source
from reports.results import Results, results_by, summed

NOBODY: Final = "ยังไม่มีผู้รับผิดชอบ"
TOTAL: Final = "รวม"
WORKLOAD_COLUMNS: Final = (
    Column("officer", "เจ้าหน้าที่", "Officer", "ผู้รับผิดชอบเรื่องในขณะนี้", width=26),
    Column("position", "ตำแหน่ง", "Position", "ตำแหน่งของเจ้าหน้าที่", width=26),
    Column("department", "หน่วยงาน", "Department", "หน่วยงานของเจ้าหน้าที่", width=26),
    Column("open", "กำลังทำ", "Open now", "เรื่องในมือขณะนี้ที่ต้องทำ ทุกปี", Kind.NUMBER, 10),
    Column("waiting", "กำลังรอ", "Waiting now", "เรื่องในมือขณะนี้ที่หยุดนับเวลา ทุกปี", Kind.NUMBER, 10),
    Column("overdue", "เกินกำหนด", "Overdue now", "เรื่องที่ต้องทำและเลยกำหนดแล้วขณะนี้ ทุกปี", Kind.NUMBER, 10),
    Column("all", "รับผิดชอบในปี", "Cases", "เรื่องที่รับในปีที่เลือกและอยู่ในความรับผิดชอบ", Kind.NUMBER, 12),
    Column("finished", "เสร็จสิ้น", "Finished", "ในจำนวนนั้นที่เสร็จสิ้น", Kind.NUMBER, 10),
    Column("kept", "ทันกำหนด (%)", "In time (%)", "เสร็จภายในกำหนด ÷ เสร็จที่มีกำหนด", Kind.PERCENT, 10),
    Column("mean_days", "เวลาเฉลี่ย (วัน)", "Mean days", "วันปฏิทินจากวันรับถึงวันเสร็จสิ้น", Kind.PERCENT, 10),
    Column("mean", "คะแนนเฉลี่ย", "Mean rating", "เฉลี่ยคะแนนล่าสุดของเรื่องที่มีผู้ให้คะแนน", Kind.STARS, 10),
    Column("rated", "เรื่องที่ได้คะแนน", "Rated", "จำนวนเรื่องที่ผู้ร้องให้คะแนน", Kind.NUMBER, 10),
    Column("reopened", "เปิดใหม่", "Reopened", "เรื่องที่เปิดอีกอย่างน้อยหนึ่งครั้ง", Kind.NUMBER, 10),
)
DURATION_COLUMNS: Final = (
    Column("category", "ตัวย่อ", "Main type", "ประเภทหลัก", width=24),
    Column("code", "รหัส", "Code", "รหัสตัวย่อย่อย", width=10),
    Column("subcategory", "ตัวย่อย่อย", "Subtype", "ประเภทย่อย", width=34),
    Column("promise", "ระยะเวลาที่กำหนด", "Promise", "ระยะเวลาที่ประกาศไว้ในขณะนี้", width=18),
    Column("all", "เรื่องทั้งหมด", "Cases", "เรื่องที่รับในปีที่เลือก", Kind.NUMBER, 10),
    Column("finished", "เสร็จสิ้น", "Finished", "เรื่องที่เสร็จสิ้น", Kind.NUMBER, 10),
    Column("promised", "เสร็จที่มีกำหนด", "Promised", "เรื่องเสร็จสิ้นที่มีกำหนด", Kind.NUMBER, 10),
    Column("in_time", "รักษาได้", "Kept", "เสร็จภายในกำหนด เวลาที่หยุดนับไม่คิด", Kind.NUMBER, 10),
    Column("late", "รักษาไม่ได้", "Broken", "เสร็จหลังกำหนด", Kind.NUMBER, 10),
    Column("kept", "รักษาได้ (%)", "Kept (%)", "รักษาได้ ÷ เสร็จที่มีกำหนด", Kind.PERCENT, 10),
    Column("mean_days", "เวลาเฉลี่ย (วัน)", "Mean days", "วันปฏิทินจากวันรับถึงวันเสร็จสิ้น", Kind.PERCENT, 10),
)


def workload(source: Source) -> Made:
    """Return what each officer has in hand now, and what became of the years' cases, most in hand first."""
    in_hand, counted = _in_hand(source), _counted(source)
    officers = sorted(
        in_hand.keys() | counted.keys(),
        key=lambda officer: (officer == 0, -sum(in_hand.get(officer, (0,))), officer),
    )
    nothing = (0, 0, 0)
    rows = [
        [*_who(source, officer), *in_hand.get(officer, nothing), *_shares(summed(found, source.at))]
        for officer in officers
        for found in [counted.get(officer, [])]
    ]
    everything = [cell for cells in counted.values() for cell in cells]
    sums = [sum(numbers[place] for numbers in in_hand.values()) for place in range(3)]
    return Made(rows, [TOTAL, None, None, *sums, *_shares(summed(everything, source.at))])


def _who(source: Source, officer: int) -> list[Cell]:
    row: StaffRow | None = source.lookups.staff.get(officer)
    if row is None:
        return [NOBODY, None, None]
    return [row.name, row.position, source.name("departments", row.parent_id)]


def _shares(found: Results) -> list[Cell]:
    return [found.all, found.finished, found.kept, found.mean_days, found.mean, found.rated, found.reopened]


def _in_hand(source: Source) -> dict[int, tuple[int, int, int]]:
    """Return (open, waiting, overdue) now by officer, of every year; 0 is nobody."""
    now_open = replace(source.chosen, year=frozenset(), state=open_statuses())
    is_open = Complaint.status.in_([one for one in open_statuses() if one.kind is StatusKind.OPEN])
    officer = func.coalesce(Complaint.assignee_id, 0)
    parts = (
        (is_open, 1),
        (~is_open, 1),
        (is_open & (Complaint.due_at < source.at), 1),
    )
    wanted, _match = conditions(now_open, source.session)
    statement: Any = select(officer, *(func.sum(case(part, else_=0)) for part in parts)).where(*wanted)
    scoped = scope_complaints(statement, source.actor, Permission.REPORT_EXPORT).group_by(officer)
    return {row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in source.session.execute(scoped)}


def _counted(source: Source) -> dict[int, list[Counted]]:
    """Return the counted cells of the years by officer: the one query of figures, grouped once more."""
    officer = func.coalesce(Complaint.assignee_id, 0)
    counting = live_statement(
        source.session, source.actor, source.chosen, permission=Permission.REPORT_EXPORT
    )
    found: dict[int, list[Counted]] = {}
    for row in source.session.execute(counting.add_columns(officer.label("officer")).group_by(officer)):
        sums = {name: int(getattr(row, name)) for name in MEASURES}
        found.setdefault(row.officer, []).append(Counted((row.officer,), Figure(row.figure), sums))
    return found


def promises(source: Source) -> Made:
    """Return how the promised times were kept, subtype by subtype, in the order of the types."""
    found = {
        key: results
        for (key,), results in results_by(
            source.session, source.actor, source.chosen, (By.SUBCATEGORY,), Permission.REPORT_EXPORT
        ).items()
    }
    rows = [[*_subtype(source, key), *_promised(found[key])] for key in _in_order(source, found)]
    whole = results_by(source.session, source.actor, source.chosen, (), Permission.REPORT_EXPORT)
    total = whole.get((), summed((), source.at))
    return Made(rows, [TOTAL, None, None, None, *_promised(total)])


def _in_order(source: Source, found: Iterable[int]) -> list[int]:
    """Return the ids as the types stand: subtypes under their main types, "not given" last."""
    mains = list(source.lookups.categories)
    places = {
        row.id: (mains.index(row.parent_id) if row.parent_id in mains else len(mains), place)
        for place, row in enumerate(source.lookups.subcategories.values())
    }
    return sorted(found, key=lambda row_id: places.get(row_id, (len(mains), len(places))))


def _subtype(source: Source, row_id: int) -> list[Cell]:
    row = source.lookups.subcategories.get(row_id)
    if row is None:
        return [None, None, NOT_GIVEN.th, None]
    promise = duration_text(row.duration_min, row.duration_max, row.duration_unit)
    return [source.name("categories", row.parent_id), row.code, row.name, promise]


def _promised(found: Results) -> list[Cell]:
    late = found.promised - found.in_time
    return [found.all, found.finished, found.promised, found.in_time, late, found.kept, found.mean_days]
