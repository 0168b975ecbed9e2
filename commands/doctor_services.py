"""Do those answer whom we write to: LINE and the mail server. Nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flask import Flask

from commands.doctor_findings import BROKEN, LOOK, WELL, Finding
from config import Settings
from extensions import db
from line_hooks.client import LineError, LineGateway, LineUnauthorised
from mail_message import (
    MailError,
    MailInsecure,
    MailLater,
    MailSenderRefused,
    MailSettings,
    MailUnauthorised,
    MailUnreachable,
)
from mailer import probe
from worker.mail import read_mail_settings

LINE_TIMEOUT: Final = (4.0, 4.0)
MAIL_SECONDS: Final = 7.0
MAIL_SCREEN: Final = "หน้า ตั้งค่า › อีเมล"


def line_citizens(app: Flask) -> Iterator[Finding]:
    """Ask LINE about the citizens' account."""
    settings: Settings = app.extensions["settings"]
    if settings.is_demo:
        yield Finding(WELL, "LINE: ใช้ตัวจำลองของโหมดสาธิต")
        return
    yield _line("LINE ประชาชน", "LINE_CITIZEN", settings.line_citizen_token, settings.line_api_url)


def line_officers(app: Flask) -> Iterator[Finding]:
    """Ask LINE about the officers' account."""
    settings: Settings = app.extensions["settings"]
    if not settings.is_demo:
        yield _line("LINE เจ้าหน้าที่", "LINE_STAFF", settings.line_staff_token, settings.line_api_url)


def _line(name: str, variable: str, token: str | None, base_url: str | None) -> Finding:
    if token is None:
        mend = f"ตั้ง {variable}_TOKEN และ {variable}_SECRETS เมื่อพร้อมใช้ LINE"
        return Finding(LOOK, f"{name}: ยังไม่ได้เปิดใช้", mend)
    return _line_channel(name, variable, token, base_url)


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


def mail(app: Flask) -> Iterator[Finding]:
    """Connect to the mail server, encrypt and sign in; no letter is sent."""
    settings: Settings = app.extensions["settings"]
    if settings.is_demo:
        yield Finding(WELL, "อีเมล: ใช้กล่องจดหมายจำลองของโหมดสาธิต")
        return
    server = read_mail_settings(db.session(), app.extensions["vault"])
    db.session.rollback()
    if server is None:
        yield Finding(LOOK, "อีเมล: ยังไม่ได้เปิดใช้", MAIL_SCREEN)
        return
    try:
        probe(server, MAIL_SECONDS)
    except MailError as problem:
        yield Finding(BROKEN, f"อีเมล: {_what(problem, server)} ({problem.detail})", _mend(problem, server))
        return
    said = "ตอบและรับรหัสผ่าน" if server.user else "ตอบ"
    yield Finding(WELL, f"อีเมล: {server.host} พอร์ต {server.port} {said}")


_WHAT: Final[dict[type[MailError], str]] = {
    MailUnauthorised: "เครื่องส่งไม่รับรหัสผ่าน",
    MailInsecure: "เข้ารหัสกับเครื่องส่งไม่ได้",
    MailSenderRefused: "ยังไม่มีที่อยู่ผู้ส่ง",
    MailLater: "เครื่องส่งขอให้ลองใหม่ภายหลัง",
}


def _what(problem: MailError, server: MailSettings) -> str:
    return _WHAT.get(type(problem), f"ติดต่อ {server.host} พอร์ต {server.port} ไม่ได้")


def _mend(problem: MailError, server: MailSettings) -> str:
    if isinstance(problem, MailUnreachable):
        way = f"{server.host} {server.port}"
        return f"ตรวจชื่อเครื่องที่{MAIL_SCREEN} และไฟร์วอลล์ (nc -vz {way})"
    return MAIL_SCREEN
