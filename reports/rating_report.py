"""ความพึงพอใจ (000-70): every rating with its comment; the centre sees all, a department its own."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from domain.complaint_filter import conditions
from domain.labels import word
from domain.permissions import Permission, scope_complaints
from models import ActionResult, Complaint, Rating
from reports.case_reports import CODE, DEPARTMENT, NUMBER, OFFICER, RECEIVED, STREAM_ROWS, SUBTYPE, ZONE
from reports.cells import Cell
from reports.report import Column, Kind, Made, Source

COLUMNS: Final = (
    Column("rated_at", "ให้คะแนนเมื่อ", "Rated", "วันเวลาที่ผู้ร้องให้คะแนน", Kind.MOMENT, 18),
    Column("stars", "คะแนน", "Stars", "1 (น้อยที่สุด) ถึง 5 (มากที่สุด)", Kind.NUMBER, 8),
    Column("comment", "ความเห็น", "Comment", "ข้อความของผู้ร้อง", width=50),
    Column("is_latest", "นับในคะแนนเฉลี่ย", "Counts", "เฉพาะคะแนนล่าสุดของแต่ละเรื่องที่นับในค่าเฉลี่ย", width=12),
    *(NUMBER, CODE, SUBTYPE, DEPARTMENT, OFFICER, ZONE, RECEIVED),
    Column("done_on", "วันที่ดำเนินการเสร็จ", "Done", "วันที่ดำเนินการตามผลที่ผู้ร้องให้คะแนน", Kind.DAY, 14),
    Column("outcome", "ผลลัพธ์", "Outcome", "ผลลัพธ์ที่ผู้ร้องให้คะแนน", width=16),
    Column("result", "ผลการดำเนินงาน", "Result", "ข้อความผลที่ผู้ร้องให้คะแนน", width=40),
)


def ratings(source: Source) -> Made:
    """Return the ratings of the cases within the actor's reports, newest first."""
    later = aliased(Rating)
    latest = select(func.max(later.id)).where(later.complaint_id == Complaint.id).scalar_subquery()
    wanted, _match = conditions(source.chosen, source.session)
    statement = (
        select(
            *(Rating.rated_at, Rating.stars, Rating.comment, (Rating.id == latest).label("is_latest")),
            *(Complaint.number, Complaint.public_code, Complaint.subcategory_id, Complaint.department_id),
            *(Complaint.assignee_id, Complaint.zone_id, Complaint.received_at),
            *(ActionResult.done_date, ActionResult.outcome, ActionResult.result_text),
        )
        .join(Complaint, Complaint.id == Rating.complaint_id)
        .join(ActionResult, ActionResult.id == Rating.result_id)
        .where(*wanted)
    )
    scoped = scope_complaints(statement, source.actor, Permission.REPORT_EXPORT)
    ordered = scoped.order_by(Rating.rated_at.desc(), Rating.id.desc())
    rows = source.session.execute(ordered.execution_options(yield_per=STREAM_ROWS))
    return Made(_cells(source, row) for row in rows)


def _cells(source: Source, row: Any) -> list[Cell]:
    return [
        row.rated_at,
        row.stars,
        row.comment,
        "ใช่" if row.is_latest else "ไม่ใช่",
        row.number,
        row.public_code,
        source.name("subcategories", row.subcategory_id),
        source.name("departments", row.department_id),
        source.name("staff", row.assignee_id),
        source.name("zones", row.zone_id),
        row.received_at,
        row.done_date,
        word(row.outcome),
        row.result_text,
    ]
