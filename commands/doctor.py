"""``manage.py doctor``: is this installation well; each line says what is, and what mends it.

It changes nothing. ✓ is well, ! works but wants a look, ✗ is broken; the exit code is 1 when anything is ✗.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import click
import fontpkg_sarabun
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from commands.database import current_revision, newest_revision
from config import PERSONAL_KEY_FILE, SECRET_KEY_FILE, Settings
from documents.pdf import FACES, render
from domain.accounts import has_administrator
from domain.audit import broken_seals
from domain.clock import bangkok_date, now
from domain.workflow import TRANSITIONS
from extensions import db
from line_hooks.client import LineError, LineGateway, LineUnauthorised
from models import (
    AuditEntry,
    Category,
    Complaint,
    DeliveryState,
    Holiday,
    Job,
    MessageTemplate,
    NumberSeries,
    OutboxMessage,
    Role,
    Schedule,
    WebhookReceipt,
)
from sandbox import SandboxFailed

WELL, LOOK, BROKEN = "✓", "!", "✗"
GIGABYTE: Final = 1 << 30
LITTLE_ROOM: Final = 5 * GIGABYTE
NO_ROOM: Final = GIGABYTE
WAITED_LONG: Final = timedelta(minutes=10)
TASKS_LATE: Final = timedelta(hours=3)  # Every installation has tasks that come round each hour.
CLOCK_SLACK: Final = timedelta(minutes=5)
HOLIDAYS_AHEAD: Final = timedelta(days=60)
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
LINE_TIMEOUT: Final = (5.0, 5.0)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: how it is, about what, and the command or screen that mends it."""

    mark: str
    words: str
    mend: str = ""


Check = Callable[[Flask], Iterator[Finding]]


@click.command("doctor")
@with_appcontext
def doctor_command() -> None:
    """ตรวจว่าระบบพร้อมใช้งาน และบอกวิธีแก้ทีละข้อ."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    findings = list(examine(app))
    for finding in findings:
        click.echo(f"  {finding.mark} {finding.words}")
        if finding.mend:
            click.echo(f"      แก้: {finding.mend}")
    broken = sum(finding.mark == BROKEN for finding in findings)
    click.echo(f"\n  ต้องแก้ {broken} ข้อ" if broken else "\n  ไม่พบสิ่งที่ต้องแก้")
    app.extensions["sandbox"].close()
    if broken:
        sys.exit(1)


def examine(app: Flask) -> Iterator[Finding]:
    """Yield every finding; a check that breaks down is itself a finding. Needs an application context."""
    for check in CHECKS:
        yield from _findings_of(check, app)
    if not _is_usable():
        yield Finding(LOOK, "ข้ามการตรวจข้อมูล เพราะฐานข้อมูลยังใช้ไม่ได้")
        return
    for check in DATA_CHECKS:
        yield from _findings_of(check, app)


def _findings_of(check: Check, app: Flask) -> list[Finding]:
    try:
        return list(check(app))
    except Exception as problem:
        return [Finding(BROKEN, f"ตรวจ {check.__name__.removeprefix('_')} ไม่สำเร็จ: {type(problem).__name__}")]
    finally:
        db.session.rollback()


# The machine ------------------------------------------------------------------------------------------------


def _folder(app: Flask) -> Iterator[Finding]:
    folder: Path = app.extensions["settings"].data_dir
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Finding(BROKEN, f"เขียนโฟลเดอร์ข้อมูล {folder} ไม่ได้", f"chown -R $(whoami) {folder}")
        return
    yield Finding(WELL, f"โฟลเดอร์ข้อมูล {folder} เขียนได้")
    if os.name != "posix":
        return
    for path in (folder, folder / SECRET_KEY_FILE, folder / PERSONAL_KEY_FILE, folder / "app.db"):
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & OTHERS and _is_shared(path, folder):
            mode = 700 if path.is_dir() else 600
            yield Finding(LOOK, f"ผู้ใช้อื่นของเครื่องเปิด {path} ได้", f"chmod {mode} {path}")


def _is_shared(path: Path, folder: Path) -> bool:
    """Tell whether others reach a file: not through a folder that is closed to them, save the keys."""
    is_closed = not stat.S_IMODE(folder.stat().st_mode) & OTHERS
    return not is_closed or path.suffix == ".key"


def _disk(app: Flask) -> Iterator[Finding]:
    folder: Path = app.extensions["settings"].data_dir
    free = shutil.disk_usage(folder).free
    words = f"พื้นที่ว่าง {free / GIGABYTE:,.1f} GB"
    if free < NO_ROOM:
        yield Finding(BROKEN, words, f"ย้ายไฟล์อื่นออกจากดิสก์ของ {folder} หรือเพิ่มพื้นที่")
    elif free < LITTLE_ROOM:
        yield Finding(LOOK, words, "เตรียมเพิ่มพื้นที่ดิสก์")
    else:
        yield Finding(WELL, words)


def _address(app: Flask) -> Iterator[Finding]:
    settings: Settings = app.extensions["settings"]
    if settings.mode != "production" or settings.serves_https:
        yield Finding(WELL, f"ที่อยู่ระบบ {settings.public_url}")
        return
    mend = "ตั้ง proxy ที่มี TLS ไว้หน้าระบบ แล้วตั้ง PUBLIC_URL=https://… และ BEHIND_PROXY=1"
    yield Finding(LOOK, f"ที่อยู่ระบบ {settings.public_url} ไม่เข้ารหัส", mend)


def _fonts(_app: Flask) -> Iterator[Finding]:
    folder = Path(fontpkg_sarabun.ROOT) / "files"
    missing = [face for face in FACES.values() if not (folder / f"{face}.ttf").is_file()]
    if missing:
        mend = "python3 -m pip install --force-reinstall fontpkg-sarabun (ใน .venv)"
        yield Finding(BROKEN, f"ไม่พบแบบอักษร {', '.join(missing)}", mend)
    else:
        yield Finding(WELL, "แบบอักษรสารบรรณครบ")


def _pdf(app: Flask) -> Iterator[Finding]:
    mend = "ตรวจหน่วยความจำที่ว่าง แล้วลบ .venv และสั่งใหม่เพื่อติดตั้งแพ็กเกจอีกครั้ง"
    try:
        made = render("<p>ทดสอบภาษาไทย น้ำ ที่ ปั๊ม</p>", {}, (), app.extensions["sandbox"])
    except SandboxFailed as problem:
        yield Finding(BROKEN, f"ทำ PDF ไม่ได้ ({problem})", mend)
        return
    is_pdf = made.startswith(b"%PDF-") and b"Sarabun" in made
    yield Finding(WELL, "ทำ PDF ภาษาไทยได้") if is_pdf else Finding(BROKEN, "PDF ที่ได้ไม่มีอักษรไทย", mend)


def _line(app: Flask) -> Iterator[Finding]:
    settings: Settings = app.extensions["settings"]
    if settings.is_demo:
        yield Finding(WELL, "LINE: ใช้ตัวจำลองของโหมดสาธิต")
        return
    channels = {
        "LINE ประชาชน": ("LINE_CITIZEN", settings.line_citizen_token),
        "LINE เจ้าหน้าที่": ("LINE_STAFF", settings.line_staff_token),
    }
    for name, (variable, token) in channels.items():
        if token is None:
            mend = f"ตั้ง {variable}_TOKEN และ {variable}_SECRETS เมื่อพร้อมใช้ LINE"
            yield Finding(LOOK, f"{name}: ยังไม่ได้เปิดใช้", mend)
        else:
            yield _line_channel(name, variable, token, settings.line_api_url)


def _line_channel(name: str, variable: str, token: str, base_url: str | None) -> Finding:
    try:
        gateway = LineGateway(name, token, base_url=base_url, timeout=LINE_TIMEOUT)
    except ValueError:
        return Finding(BROKEN, f"{name}: โทเคนมีอักขระที่ใช้ไม่ได้", f"คัดลอก {variable}_TOKEN ใหม่")
    try:
        bot = gateway.bot_info()
    except LineUnauthorised:
        return Finding(BROKEN, f"{name}: LINE ไม่ยอมรับโทเคน", f"ออกโทเคนใหม่แล้วตั้ง {variable}_TOKEN")
    except LineError as problem:
        words = f"{name}: ติดต่อ LINE ไม่ได้ ({type(problem).__name__})"
        return Finding(BROKEN, words, "ตรวจอินเทอร์เน็ตและไฟร์วอลล์ไปยัง api.line.me:443")
    finally:
        gateway.close()
    return Finding(WELL, f"{name}: {bot.get('displayName', '')} {bot.get('basicId', '')}".strip())


# The database -----------------------------------------------------------------------------------------------


def _database(app: Flask) -> Iterator[Finding]:
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
    restore = f"หยุดระบบ แล้วกู้ข้อมูลสำรองลง {settings.data_dir}"
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


def _revision(_app: Flask) -> Iterator[Finding]:
    revision = current_revision()
    if revision == newest_revision():
        yield Finding(WELL, f"โครงสร้างฐานข้อมูลเป็นรุ่นล่าสุด ({revision})")
    else:
        words = f"โครงสร้างฐานข้อมูลเป็นรุ่น {revision or 'ว่าง'} โปรแกรมต้องการ {newest_revision()}"
        yield Finding(BROKEN, words, "สำรองข้อมูล แล้ว python3 manage.py upgrade")


def _is_usable() -> bool:
    try:
        return current_revision() == newest_revision()
    except SQLAlchemyError:
        return False


def _planted(_app: Flask) -> Iterator[Finding]:
    counts = {kind: db.session.scalar(select(func.count()).select_from(kind)) for kind in (Role, Category)}
    wanted = {telling.template_key for row in TRANSITIONS for telling in row.tells}
    missing = wanted - set(db.session.scalars(select(MessageTemplate.key)))
    if not all(counts.values()) or missing:
        yield Finding(BROKEN, "ข้อมูลตั้งต้นยังไม่ครบ", "python3 manage.py run (เติมให้ตอนเริ่ม)")
    else:
        yield Finding(WELL, f"ข้อมูลตั้งต้นครบ: {counts[Role]} บทบาท {counts[Category]} ประเภทหลัก")
    if not has_administrator(db.session()):
        yield Finding(LOOK, "ยังไม่มีผู้ดูแลระบบ", "python3 manage.py user setup-link")


def _holidays(_app: Flask) -> Iterator[Finding]:
    last = db.session.scalar(select(func.max(Holiday.holiday_date)).where(Holiday.is_active))
    if last is None or last < bangkok_date(now()) + HOLIDAYS_AHEAD:
        words = "ยังไม่มีวันหยุดของช่วงถัดไป กำหนดแล้วเสร็จจะนับคลาดเคลื่อน"
        yield Finding(LOOK, words, "หน้า ตั้งค่า › วันหยุดราชการ")
    else:
        yield Finding(WELL, f"วันหยุดราชการถึง {last.day}/{last.month}/{last.year + 543}")


def _clock(_app: Flask) -> Iterator[Finding]:
    moments = (AuditEntry.at, Complaint.created_at)
    written = [db.session.scalar(select(func.max(moment))) for moment in moments]
    newest = max(filter(None, written), default=None)
    if newest is not None and newest > now() + CLOCK_SLACK:
        yield Finding(BROKEN, "นาฬิกาเครื่องช้ากว่าข้อมูลที่บันทึกไว้", "timedatectl set-ntp true")
    else:
        yield Finding(WELL, "นาฬิกาเครื่องสอดคล้องกับข้อมูล")


def _numbers(_app: Flask) -> Iterator[Finding]:
    """Compare each series with the highest number on a complaint: a restored backup may have parted them."""
    issued = {
        (code, year): (highest, count)
        for code, year, highest, count in db.session.execute(
            select(
                Complaint.number_code,
                Complaint.number_year,
                func.max(Complaint.number_running),
                func.count(),
            )
            .where(Complaint.number.is_not(None))
            .group_by(Complaint.number_code, Complaint.number_year)
        )
    }
    series = {(row.code, row.year): row.last_number for row in db.session.scalars(select(NumberSeries))}
    wrong = [
        f"{code} {year}"
        for (code, year), (highest, count) in issued.items()
        if series.get((code, year)) != highest or count != highest
    ]
    if wrong:
        words = f"เลขที่คำร้องไม่ต่อเนื่องกับชุดเลข: {', '.join(wrong[:5])}"
        yield Finding(BROKEN, words, "กู้ข้อมูลสำรองที่ครบทั้งฐานข้อมูล หรือแจ้งผู้พัฒนา")
    else:
        yield Finding(WELL, f"เลขที่คำร้องต่อเนื่องทั้ง {len(issued)} ชุด")


def _seals(_app: Flask) -> Iterator[Finding]:
    broken = broken_seals(db.session())
    if broken:
        words = f"บันทึกการใช้งานถูกแก้หรือลบ (ตราประทับที่ {', '.join(map(str, broken[:5]))})"
        yield Finding(BROKEN, words, "เทียบกับข้อมูลสำรอง และแจ้งผู้รับผิดชอบความปลอดภัย")
    else:
        yield Finding(WELL, "บันทึกการใช้งานไม่ถูกแก้ย้อนหลัง")


# The worker -------------------------------------------------------------------------------------------------


def _worker(_app: Flask) -> Iterator[Finding]:
    mend = "python3 manage.py run (EMBEDDED_WORKER=1) หรือ python3 manage.py worker"
    moment = now()
    due = [
        db.session.scalar(
            select(func.min(kind.not_before)).where(
                kind.state == DeliveryState.READY, kind.not_before <= moment
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
    dead = sum(
        db.session.scalar(select(func.count()).select_from(kind).where(kind.state == DeliveryState.DEAD)) or 0
        for kind in (OutboxMessage, Job)
    )
    if dead:
        yield Finding(LOOK, f"ข้อความหรือเอกสารติดค้าง {dead:,} รายการ", "หน้า ข้อความขาออก › ส่งซ้ำ")


CHECKS: Final[tuple[Check, ...]] = (_folder, _disk, _address, _fonts, _pdf, _line, _database, _revision)
DATA_CHECKS: Final[tuple[Check, ...]] = (_planted, _holidays, _clock, _numbers, _seals, _worker)
