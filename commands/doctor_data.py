"""Is what is kept well: database, migrations, starting data, numbers, log, worker, backups."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from commands.backup import newest_backup
from commands.database import current_revision, is_known_revision, newest_revision
from commands.doctor_findings import BROKEN, LOOK, WELL, Finding
from commands.doctor_machine import CLOCK_SLACK
from config import Settings
from domain.accounts import has_administrator
from domain.audit import broken_seals
from domain.clock import bangkok_date, now
from domain.data_doctor_cases import wrong_series
from domain.deliveries import LOCKED_OUT, DeliveryReason, active_pauses, reason_words
from domain.labels import word
from domain.numbering import PUBLIC_SERIES
from domain.workflow import TRANSITIONS
from extensions import db
from models import (
    AuditEntry,
    Category,
    Complaint,
    DataFinding,
    DeliveryState,
    Holiday,
    Job,
    MessageTemplate,
    NumberSeries,
    OutboxChannel,
    OutboxMessage,
    Role,
    Schedule,
    WebhookReceipt,
)

WAITED_LONG: Final = timedelta(minutes=10)
TASKS_LATE: Final = timedelta(hours=3)  # Every installation has tasks that come round each hour.
HOLIDAYS_AHEAD: Final = timedelta(days=60)
BACKUP_OLD: Final = timedelta(days=2)


def database(app: Flask) -> Iterator[Finding]:
    """Look whether the database answers and is whole."""
    settings: Settings = app.extensions["settings"]
    if not settings.uses_sqlite:
        try:
            version = db.session.scalar(text("SHOW server_version"))
        except SQLAlchemyError as problem:
            mend = "ตรวจ DATABASE_URL และเครื่องฐานข้อมูล"
            yield Finding(BROKEN, f"PostgreSQL ไม่ตอบ ({type(problem).__name__})", mend)
            return
        yield Finding(WELL, f"PostgreSQL {version} ตอบ")
        return
    restore = "หยุดระบบ แล้ว python3 manage.py restore ไฟล์สำรอง โฟลเดอร์ว่าง"
    try:
        said = db.session.scalar(text("PRAGMA quick_check(1)"))
        orphans = db.session.execute(text("PRAGMA foreign_key_check")).first()
    except SQLAlchemyError as problem:
        yield Finding(BROKEN, f"อ่านฐานข้อมูลไม่ได้ ({type(problem).__name__})", restore)
        return
    if said != "ok" or orphans is not None:
        yield Finding(BROKEN, "ฐานข้อมูล SQLite เสียหาย", restore)
    else:
        yield Finding(WELL, "ฐานข้อมูล SQLite ไม่เสียหาย")


def revision(_app: Flask) -> Iterator[Finding]:
    """Look whether database and program are of one version."""
    found = current_revision()
    if found == newest_revision():
        yield Finding(WELL, f"โครงสร้างฐานข้อมูลเป็นรุ่นล่าสุด ({found})")
        return
    words = f"โครงสร้างฐานข้อมูลเป็นรุ่น {found or 'ว่าง'} โปรแกรมต้องการ {newest_revision()}"
    if is_known_revision(found):
        yield Finding(BROKEN, words, "python3 manage.py backup แล้ว python3 manage.py upgrade")
    else:
        yield Finding(BROKEN, words, "ฐานข้อมูลใหม่กว่าโปรแกรม: git pull แล้ว python3 manage.py run")


def planted(_app: Flask) -> Iterator[Finding]:
    """Look for the starting data and somebody who may manage."""
    counts = {kind: db.session.scalar(select(func.count()).select_from(kind)) for kind in (Role, Category)}
    wanted = {telling.template_key for row in TRANSITIONS for telling in row.tells}
    missing = wanted - set(db.session.scalars(select(MessageTemplate.key)))
    if not all(counts.values()) or missing:
        yield Finding(BROKEN, "ข้อมูลตั้งต้นยังไม่ครบ", "python3 manage.py run (เติมให้ตอนเริ่ม)")
    else:
        yield Finding(WELL, f"ข้อมูลตั้งต้นครบ: {counts[Role]} บทบาท {counts[Category]} ประเภทหลัก")
    if not has_administrator(db.session()):
        yield Finding(LOOK, "ยังไม่มีผู้ดูแลระบบ", "python3 manage.py user setup-link")


def holidays(_app: Flask) -> Iterator[Finding]:
    """Look whether the days off ahead are known."""
    last = db.session.scalar(select(func.max(Holiday.holiday_date)).where(Holiday.is_active))
    if last is None or last < bangkok_date(now()) + HOLIDAYS_AHEAD:
        words = "ยังไม่มีวันหยุดของช่วงถัดไป กำหนดแล้วเสร็จจะนับคลาดเคลื่อน"
        yield Finding(LOOK, words, "หน้า ตั้งค่า › วันหยุดราชการ")
    else:
        yield Finding(WELL, f"วันหยุดราชการถึง {last.day}/{last.month}/{last.year + 543}")


def clock(app: Flask) -> Iterator[Finding]:
    """Compare our clock with what was written and, where it has its own, with the database's."""
    mend = "timedatectl set-ntp true"
    moments = (AuditEntry.at, Complaint.created_at)
    written = [db.session.scalar(select(func.max(moment))) for moment in moments]
    newest = max(filter(None, written), default=None)
    if newest is not None and newest > now() + CLOCK_SLACK:
        yield Finding(BROKEN, "นาฬิกาเครื่องช้ากว่าข้อมูลที่บันทึกไว้", mend)
        return
    if not app.extensions["settings"].uses_sqlite:
        theirs: datetime | None = db.session.scalar(text("SELECT clock_timestamp()"))
        if theirs is not None and abs(theirs - now()) > CLOCK_SLACK:
            words = "นาฬิกาของเครื่องฐานข้อมูลไม่ตรงกับนาฬิกาเครื่องนี้"
            yield Finding(BROKEN, words, f"{mend} ทั้งสองเครื่อง")
            return
    yield Finding(WELL, "นาฬิกาเครื่องสอดคล้องกับข้อมูล")


def numbers(_app: Flask) -> Iterator[Finding]:
    """Compare each series with the numbers on complaints: a restored backup may have parted them."""
    wrong = wrong_series(db.session())
    if wrong:
        words = f"เลขที่คำร้องไม่ต่อเนื่องกับชุดเลข: {', '.join(said for _code, said in wrong[:5])}"
        yield Finding(BROKEN, words, "กู้ข้อมูลสำรองที่ครบทั้งฐานข้อมูล หรือแจ้งผู้พัฒนา")
        return
    count = db.session.scalar(
        select(func.count()).select_from(NumberSeries).where(NumberSeries.code != PUBLIC_SERIES)
    )
    yield Finding(WELL, f"เลขที่คำร้องต่อเนื่องทั้ง {count} ชุด")


def seals(_app: Flask) -> Iterator[Finding]:
    """Look whether the audit log is as it was sealed."""
    broken = broken_seals(db.session())
    if broken:
        words = f"บันทึกการใช้งานถูกแก้หรือลบ (ตราประทับที่ {', '.join(map(str, broken[:5]))})"
        yield Finding(BROKEN, words, "เทียบกับข้อมูลสำรอง และแจ้งผู้รับผิดชอบความปลอดภัย")
    else:
        yield Finding(WELL, "บันทึกการใช้งานไม่ถูกแก้ย้อนหลัง")


# The worker -------------------------------------------------------------------------------------------------


def worker(_app: Flask) -> Iterator[Finding]:
    """Look whether somebody does the work behind the pages."""
    mend = "python3 manage.py run (EMBEDDED_WORKER=1) หรือ python3 manage.py worker"
    moment = now()
    paused = active_pauses(db.session())
    # What stands still for a known reason says nothing about the worker.
    moving = (
        OutboxMessage.channel.not_in(paused),
        func.coalesce(OutboxMessage.last_error, "").not_like(f"{DeliveryReason.CHANNEL_OFF.value}%"),
    )
    due = [
        db.session.scalar(
            select(func.min(kind.not_before)).where(
                kind.state == DeliveryState.READY,
                kind.not_before <= moment,
                *(moving if kind is OutboxMessage else ()),
            )
        )
        for kind in (OutboxMessage, Job, WebhookReceipt)
    ]
    oldest = min(filter(None, due), default=None)
    next_task = db.session.scalar(select(func.min(Schedule.next_run_at)))
    if oldest is not None and moment - oldest > WAITED_LONG:
        minutes = int((moment - oldest).total_seconds() // 60)
        yield Finding(BROKEN, f"งานเบื้องหลังค้างมา {minutes:,} นาที", mend)
    elif next_task is not None and moment - next_task > TASKS_LATE:
        yield Finding(BROKEN, "งานประจำชั่วโมงไม่ได้ทำ แสดงว่างานเบื้องหลังไม่ทำงาน", mend)
    else:
        yield Finding(WELL, "ไม่มีงานเบื้องหลังค้าง")
    for channel, pause in paused.items():
        words = f"การส่ง{word(channel)} หยุดอยู่: {reason_words(pause.reason.value)}"
        screen = "หน้า ตั้งค่า › อีเมล" if channel is OutboxChannel.EMAIL else "ตรวจโทเคนและโควตาของ LINE"
        yield Finding(BROKEN if pause.reason in LOCKED_OUT else LOOK, words, screen)
    dead = sum(
        db.session.scalar(select(func.count()).select_from(kind).where(kind.state == DeliveryState.DEAD)) or 0
        for kind in (OutboxMessage, Job)
    )
    if dead:
        yield Finding(LOOK, f"ข้อความหรือเอกสารติดค้าง {dead:,} รายการ", "หน้า ข้อความขาออก › ส่งซ้ำ")


def backup(app: Flask) -> Iterator[Finding]:
    """Tell how old the newest backup is."""
    settings: Settings = app.extensions["settings"]
    mend = "python3 manage.py backup (ตั้งเวลาให้ทำทุกคืนด้วย cron)"
    newest = newest_backup(settings.data_dir)
    if newest is None:
        yield Finding(LOOK, "ยังไม่มีข้อมูลสำรองใน backups/", mend)
        return
    path, made_at = newest
    age = now() - made_at
    words = f"ข้อมูลสำรองล่าสุด {path.name} อายุ {_age(age)}"
    yield Finding(LOOK, words, mend) if age > BACKUP_OLD else Finding(WELL, words)


def _age(age: timedelta) -> str:
    hours = max(0, int(age.total_seconds() // 3600))
    return f"{hours} ชั่วโมง" if hours < 48 else f"{hours // 24} วัน"


def data_findings(_app: Flask) -> Iterator[Finding]:
    """Tell what the nightly look at the data found."""
    row = db.session.execute(
        select(func.count(), func.sum(DataFinding.count)).where(DataFinding.count > 0)
    ).one()
    if row[0]:
        words = f"ข้อมูลที่ควรตรวจ {row[0]} เรื่อง รวม {row[1]:,} รายการ"
        yield Finding(LOOK, words, "หน้า ระบบ › ตรวจสุขภาพข้อมูล")
