"""Do those answer whom we write to: LINE and the mail server. Nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flask import Flask

from commands.doctor_findings import BROKEN, LOOK, WELL, Finding
from config import Settings
from domain.line_connections import ChannelKeys
from domain.line_findings import Verdict, said
from domain.line_setup import last_test
from extensions import db
from line_hooks.client import LineError, LineGateway, LineUnauthorised
from line_hooks.keys import environment_keys, keys_of
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
from models import LineChannel, LineConnection
from worker.mail import read_mail_settings

LINE_TIMEOUT: Final = (4.0, 4.0)
LINE_SCREEN: Final = "หน้า ตั้งค่า › เชื่อมต่อ LINE"
BROKEN_TEST: Final = Verdict.BROKEN.value
TOKEN_FINDINGS: Final = frozenset({"token_refused", "token_malformed", "token_forbidden", "unreachable"})
"""What the doctor finds out by itself, now."""
MAIL_SECONDS: Final = 7.0
MAIL_SCREEN: Final = "หน้า ตั้งค่า › อีเมล"


def line_citizens(app: Flask) -> Iterator[Finding]:
    """Ask LINE about the citizens' account."""
    settings: Settings = app.extensions["settings"]
    if settings.is_demo:
        yield Finding(WELL, "LINE: ใช้ตัวจำลองของโหมดสาธิต")
        return
    yield from _line(app, "LINE ประชาชน", LineChannel.CITIZEN)


def line_officers(app: Flask) -> Iterator[Finding]:
    """Ask LINE about the officers' account."""
    settings: Settings = app.extensions["settings"]
    if not settings.is_demo:
        yield from _line(app, "LINE เจ้าหน้าที่", LineChannel.STAFF)


def _line(app: Flask, name: str, channel: LineChannel) -> Iterator[Finding]:
    """Look at one channel: the values in force, who LINE says it is, how its last test went."""
    settings: Settings = app.extensions["settings"]
    keys = keys_of(app, channel, fresh=True)
    if keys.token is None or not keys.secrets:
        yield Finding(LOOK, f"{name}: {_missing(channel, keys)}", _mend_values(channel))
        return
    is_fixed = environment_keys(settings, channel) is not None
    where = f"ตัวแปร {_variable(channel)}_TOKEN ในเครื่องแม่ข่าย" if is_fixed else LINE_SCREEN
    yield _line_channel(name, where, keys.token, settings.line_api_url)
    if not settings.public_url.startswith("https://") and settings.line_api_url is None:
        yield Finding(
            BROKEN, f"{name}: PUBLIC_URL ไม่ใช่ https LINE ส่งข้อความมาไม่ได้", "ตั้ง PUBLIC_URL เป็นที่อยู่ https"
        )
    yield from _last_test(name, channel)


def _missing(channel: LineChannel, keys: ChannelKeys) -> str:
    """Return what a channel lacks; values that the vault cannot open any more are told as such."""
    row = db.session().get(LineConnection, channel)
    is_kept = row is not None and bool(row.token and row.secret)
    db.session().rollback()
    if is_kept:
        return "มีค่าเก็บไว้แต่เปิดอ่านไม่ได้ เพราะ personal-data.key ไม่ใช่ดอกเดิม"
    if keys.secrets or keys.token:
        return f"ขาด channel {'access token' if keys.secrets else 'secret'}"
    return "ยังไม่ได้เปิดใช้"


def _mend_values(channel: LineChannel) -> str:
    variable = _variable(channel)
    return f"วางค่าที่{LINE_SCREEN} หรือตั้ง {variable}_TOKEN และ {variable}_SECRETS"


def _variable(channel: LineChannel) -> str:
    return "LINE_CITIZEN" if channel is LineChannel.CITIZEN else "LINE_STAFF"


def _last_test(name: str, channel: LineChannel) -> Iterator[Finding]:
    """Repeat what the last test on the screen found broken, in its own words."""
    found = last_test(db.session(), channel).findings
    db.session().rollback()
    for one in found:
        if one.get("verdict") == BROKEN_TEST and one.get("code") not in TOKEN_FINDINGS:
            sentence, mend = said(one, "th")
            yield Finding(LOOK, f"{name}: ทดสอบครั้งล่าสุด {sentence}", f"{mend} ({LINE_SCREEN})")


def _line_channel(name: str, where: str, token: str, base_url: str | None) -> Finding:
    try:
        gateway = LineGateway(name, token, base_url=base_url, timeout=LINE_TIMEOUT)
    except ValueError:
        return Finding(BROKEN, f"{name}: โทเคนมีอักขระที่ใช้ไม่ได้", f"คัดลอกโทเคนใหม่: {where}")
    try:
        bot = gateway.bot_info()
    except LineUnauthorised:
        return Finding(BROKEN, f"{name}: LINE ไม่ยอมรับโทเคน", f"ออกโทเคนใหม่แล้วใส่ที่ {where}")
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
