"""The bell: what an officer was told inside the back office, in words, and that he has read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from models import Complaint, Notification

SHOWN: Final = 50
# By template key: what the bell says, Thai and English; {…} are the notification's facts.
SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "staff_new_complaint": ("มีเรื่องใหม่รอสั่งการ", "A new complaint awaits its order"),
    "staff_directed": ("มอบหมายเรื่องให้คุณ", "A complaint was assigned to you"),
    "staff_result": ("บันทึกผลการดำเนินงานแล้ว", "A result was recorded"),
    "staff_rated": ("ผู้ร้องให้คะแนนแล้ว", "The complainant has rated"),
    "staff_forwarded": ("มีเรื่องส่งต่อมาให้หน่วยงานคุณ", "A complaint was forwarded to your department"),
    "staff_reassigned": ("เรื่องนี้เปลี่ยนผู้รับผิดชอบแล้ว", "This complaint has another officer now"),
    "staff_taken_over": ("มอบหมายเรื่องที่รออยู่ให้คุณ", "A waiting complaint was assigned to you"),
    "staff_handed_back": ("ผู้รับผิดชอบส่งเรื่องคืน", "The officer has handed a complaint back"),
    "staff_answered": ("ผู้ร้องตอบคำถามแล้ว", "The complainant has answered"),
    "staff_resumed": ("เรื่องกลับมาดำเนินการต่อได้", "Work on a complaint can go on"),
    "staff_more_time": ("มีคำขอขยายเวลารอพิจารณา", "A request for more time awaits your decision"),
    "staff_extended": ("ได้ขยายเวลาแล้ว", "More time was given"),
    "staff_time_refused": ("ไม่ได้ขยายเวลา", "More time was refused"),
    "staff_reopened": ("เปิดเรื่องอีกครั้ง", "A complaint was opened again"),
    "staff_withdrawn": ("ผู้ร้องถอนเรื่อง", "A complaint was withdrawn"),
    "staff_evidence": ("มีภาพหรือข้อมูลเพิ่ม", "There is a new photo or detail"),
    "staff_due_soon": ("เรื่องใกล้ครบกำหนด", "A complaint is due soon"),
    "staff_overdue": ("เรื่องเกินกำหนดแล้ว", "A complaint is past its day"),
    "staff_escalated": ("เรื่องเกินกำหนดและยังไม่เสร็จ", "A complaint is late and still not done"),
    "staff_digest": (
        "สรุปงานของวันนี้: เกินกำหนด {late} เรื่อง ครบกำหนดวันนี้ {today} เรื่อง",
        "Today's work: {late} late, {today} due today",
    ),
    "case_export_ready": ("ไฟล์รายการคำร้องพร้อมแล้ว", "The file of complaints is ready"),
    "file_ready": ("ไฟล์พร้อมแล้ว: {title}", "Your file is ready: {title}"),
    "report_schedule_stopped": (
        "รายงานประจำ “{title}” หยุดแล้ว เพราะสิทธิ์ของท่านเปลี่ยนไป",
        "The report “{title}” has stopped: your rights have changed",
    ),
    "line_paused": ("การส่ง LINE หยุดชั่วคราว กรุณาตรวจสอบ", "Sending by LINE has paused: please look"),
    "line_quota_low": (
        "ข้อความ LINE ของเดือนนี้ใช้ไปร้อยละ {percent} กรุณาดูหน้าโควตา LINE",
        "{percent} percent of this month's LINE messages are used: please look at the quota page",
    ),
    "line_request_officer": (
        "มีคนขอลงทะเบียนเป็นเจ้าหน้าที่ทาง LINE รอตัดสิน",
        "Somebody asks by LINE to be an officer: please decide",
    ),
    "line_request_member": (
        "มีประชาชนขอผูก LINE กับข้อมูลสมาชิก รอตัดสิน",
        "A citizen asks to tie LINE to a member: please decide",
    ),
    "mail_paused": ("การส่งอีเมลหยุดชั่วคราว กรุณาตรวจสอบ", "Sending by e-mail has paused: please look"),
}


@dataclass(frozen=True, slots=True)
class BellRow:
    """One line of the bell; ``public_code`` is None when it is about no complaint."""

    sentence: str
    number: str
    public_code: str | None
    template_key: str
    at: datetime
    is_new: bool


def bell_rows(session: Session, actor: Actor, language: str) -> list[BellRow]:
    """Return the officer's latest notifications, newest first."""
    column = 1 if language == "en" else 0
    rows = session.execute(
        select(Notification, Complaint.public_code, Complaint.number)
        .outerjoin(Complaint, Complaint.id == Notification.complaint_id)
        .where(Notification.staff_user_id == actor.staff_user_id)
        .order_by(Notification.id.desc())
        .limit(SHOWN)
    )
    return [
        BellRow(
            sentence=SENTENCES[row.template_key][column].format_map(row.facts),
            number=number or public_code or "",
            public_code=public_code,
            template_key=row.template_key,
            at=row.created_at,
            is_new=row.read_at is None,
        )
        for row, public_code, number in rows
    ]


def mark_read(session: Session, actor: Actor) -> None:
    """Note that the officer has read his notifications; the caller commits."""
    unread = update(Notification).where(
        Notification.staff_user_id == actor.staff_user_id, Notification.read_at.is_(None)
    )
    session.execute(unread.values(read_at=now()))
