"""Is the machine well: folder, disk, clock of the disk, address, fonts, PDF."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import fontpkg_sarabun
from flask import Flask

from commands.doctor_findings import BROKEN, LOOK, WELL, Finding
from config import PERSONAL_KEY_FILE, SECRET_KEY_FILE, Settings
from documents.pdf import FACES, render
from domain.clock import now
from sandbox import SandboxFailed

GIGABYTE: Final = 1 << 30
LITTLE_ROOM: Final = 5 * GIGABYTE
NO_ROOM: Final = GIGABYTE
FEW_NAMES: Final = 0.02
CLOCK_SLACK: Final = timedelta(minutes=5)
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def folder(app: Flask) -> Iterator[Finding]:
    """Look whether the data folder can be written, and by us alone."""
    place: Path = app.extensions["settings"].data_dir
    if not os.access(place, os.W_OK | os.X_OK):
        yield Finding(BROKEN, f"เขียนโฟลเดอร์ข้อมูล {place} ไม่ได้", f"chown -R $(whoami) {place}")
        return
    yield Finding(WELL, f"โฟลเดอร์ข้อมูล {place} เขียนได้")
    if os.name != "posix":
        return
    for path in (place, place / SECRET_KEY_FILE, place / PERSONAL_KEY_FILE, place / "app.db"):
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & OTHERS and _is_shared(path, place):
            mode = 700 if path.is_dir() else 600
            yield Finding(LOOK, f"ผู้ใช้อื่นของเครื่องเปิด {path} ได้", f"chmod {mode} {path}")


def _is_shared(path: Path, place: Path) -> bool:
    """Tell whether others reach a file: not through a folder that is closed to them, save the keys."""
    is_closed = not stat.S_IMODE(place.stat().st_mode) & OTHERS
    return not is_closed or path.suffix == ".key"


def disk(app: Flask) -> Iterator[Finding]:
    """Look how much room there is, for bytes and for names."""
    place: Path = app.extensions["settings"].data_dir
    free = shutil.disk_usage(place).free
    words = f"พื้นที่ว่าง {free / GIGABYTE:,.1f} GB"
    if free < NO_ROOM:
        yield Finding(BROKEN, words, f"ย้ายไฟล์อื่นออกจากดิสก์ของ {place} หรือเพิ่มพื้นที่ (du -xh {place} | sort -h)")
    elif free < LITTLE_ROOM:
        yield Finding(LOOK, words, "เตรียมเพิ่มพื้นที่ดิสก์")
    else:
        yield Finding(WELL, words)
    names = os.statvfs(place) if hasattr(os, "statvfs") else None
    if names is not None and names.f_files and names.f_favail / names.f_files < FEW_NAMES:
        yield Finding(LOOK, "ดิสก์เก็บไฟล์เพิ่มได้อีกไม่กี่ไฟล์ (inode ใกล้หมด)", f"ลบไฟล์เล็กที่ไม่ใช้ ดูด้วย df -i {place}")


def disk_clock(app: Flask) -> Iterator[Finding]:
    """Compare the clock of the disk with ours: a network disk has its own, and ages are read from it."""
    place: Path = app.extensions["settings"].data_dir
    try:
        with tempfile.NamedTemporaryFile(prefix=".doctor-", dir=place) as probe:
            written = datetime.fromtimestamp(os.fstat(probe.fileno()).st_mtime, UTC)
    except OSError as problem:
        mend = f"ตรวจสิทธิ์และพื้นที่ของ {place}"
        yield Finding(BROKEN, f"เขียนไฟล์ลง {place} ไม่ได้ ({problem.strerror})", mend)
        return
    if abs(written - now()) > CLOCK_SLACK:
        yield Finding(
            BROKEN, "นาฬิกาของดิสก์ไม่ตรงกับนาฬิกาเครื่อง", "timedatectl set-ntp true ทั้งเครื่องนี้และเครื่องเก็บไฟล์"
        )


def address(app: Flask) -> Iterator[Finding]:
    """Look whether people reach us encrypted."""
    settings: Settings = app.extensions["settings"]
    if settings.mode != "production" or settings.serves_https:
        yield Finding(WELL, f"ที่อยู่ระบบ {settings.public_url}")
        return
    mend = "ตั้ง proxy ที่มี TLS ไว้หน้าระบบ แล้วตั้ง PUBLIC_URL=https://… และ BEHIND_PROXY=1"
    yield Finding(LOOK, f"ที่อยู่ระบบ {settings.public_url} ไม่เข้ารหัส", mend)


def fonts(_app: Flask) -> Iterator[Finding]:
    """Look for the faces of the printed forms."""
    files = Path(fontpkg_sarabun.ROOT) / "files"
    missing = [face for face in FACES.values() if not (files / f"{face}.ttf").is_file()]
    if missing:
        mend = "python3 -m pip install --force-reinstall fontpkg-sarabun (ใน .venv)"
        yield Finding(BROKEN, f"ไม่พบแบบอักษร {', '.join(missing)}", mend)
    else:
        yield Finding(WELL, "แบบอักษรสารบรรณครบ")


def pdf(app: Flask) -> Iterator[Finding]:
    """Make a page of Thai."""
    mend = "ตรวจหน่วยความจำที่ว่าง แล้วลบ .venv และสั่งใหม่เพื่อติดตั้งแพ็กเกจอีกครั้ง"
    try:
        made = render("<p>ทดสอบภาษาไทย น้ำ ที่ ปั๊ม</p>", {}, (), app.extensions["sandbox"])
    except SandboxFailed as problem:
        yield Finding(BROKEN, f"ทำ PDF ไม่ได้ ({problem})", mend)
        return
    is_pdf = made.startswith(b"%PDF-") and b"Sarabun" in made
    yield Finding(WELL, "ทำ PDF ภาษาไทยได้") if is_pdf else Finding(BROKEN, "PDF ที่ได้ไม่มีอักษรไทย", mend)
