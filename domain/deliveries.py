"""Why a message did not go out, and channels that stand still: codes and words for worker and screens.

``last_error`` of an outbox message, job or receipt begins with the code of a ``DeliveryReason``; what LINE
said stands behind a colon. A pause is a row of ``Setting``, so that every worker sees it and it outlives a
restart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.clock import bangkok, now, to_bangkok
from domain.permissions import Permission
from domain.settings import write_setting
from models import Notification, OutboxChannel, Role, RoleGrant, Setting, StaffUser
from tables.staff import staff_role

PAUSE_NOTICE: Final = "line_paused"
"""Template key of the bell row administrators get when a LINE channel stops."""
QUOTA_NOTICE: Final = "line_quota_low"
"""The same when most of a channel's messages of the month are used."""
MAIL_PAUSE_NOTICE: Final = "mail_paused"
"""The same when letters stop."""
MAIL_SETTINGS: Final = (
    *("mail_host", "mail_port", "mail_security", "mail_user", "mail_password", "mail_from"),
)
MAIL_TEST: Final = "mail_test"
"""Template key of the letter an administrator sends himself; its words are fixed, it jumps the queue."""

_KEY: Final = "sending_pause:"
_FIRST_RATE_PAUSE: Final = timedelta(seconds=60)
_LONGEST_RATE_PAUSE: Final = timedelta(minutes=15)
_TOKEN_PAUSE: Final = timedelta(minutes=15)


class DeliveryReason(StrEnum):
    """Why something was not delivered or not done."""

    UNREACHABLE = "unreachable"
    RATE_LIMITED = "rate_limited"
    QUOTA = "quota"
    UNAUTHORISED = "unauthorised"
    REFUSED = "refused"
    RECIPIENT_INVALID = "recipient_invalid"
    REPLY_TOO_LATE = "reply_too_late"
    UNCERTAIN = "uncertain"
    BLOCKED = "blocked"
    UNLINKED = "unlinked"
    EXPIRED = "expired"
    CHANNEL_OFF = "channel_off"
    TEMPLATE_OFF = "template_off"
    CANNOT_BUILD = "cannot_build"
    QUIET_HOURS = "quiet_hours"
    SAVING = "saving"
    SAVED = "saved"
    SUPERSEDED = "superseded"
    CRASHED = "crashed"
    HANDLER_FAILED = "handler_failed"
    MAIL_UNREACHABLE = "mail_unreachable"
    MAIL_LATER = "mail_later"
    MAIL_UNAUTHORISED = "mail_unauthorised"
    MAIL_INSECURE = "mail_insecure"
    MAIL_SENDER = "mail_sender"
    MAIL_RECIPIENT = "mail_recipient"
    MAIL_REFUSED = "mail_refused"
    MAIL_GONE = "mail_gone"


_R = DeliveryReason
REASON_WORDS: Final[Mapping[DeliveryReason, tuple[str, str]]] = {
    _R.UNREACHABLE: ("ติดต่อ LINE ไม่ได้ จะลองใหม่เอง", "LINE did not answer; it will be tried again"),
    _R.RATE_LIMITED: ("LINE ให้ส่งช้าลง จะส่งต่อเอง", "LINE asked us to slow down; it will go on by itself"),
    _R.QUOTA: ("ข้อความของเดือนนี้หมดแล้ว", "This month's messages are used up"),
    _R.UNAUTHORISED: ("LINE ไม่ยอมรับกุญแจของช่องทางนี้", "LINE does not accept this channel's token"),
    _R.REFUSED: ("LINE ไม่รับข้อความนี้", "LINE refused this message"),
    _R.RECIPIENT_INVALID: ("LINE ไม่รู้จักผู้รับ", "LINE does not know the recipient"),
    _R.REPLY_TOO_LATE: ("ตอบไม่ทันเวลาที่ LINE ให้", "The answer came too late for LINE"),
    _R.UNCERTAIN: (
        "ไม่แน่ใจว่าถึงผู้รับหรือไม่ โปรดตรวจก่อนส่งซ้ำ",
        "It may have arrived or not; please check before sending again",
    ),
    _R.BLOCKED: ("ผู้รับบล็อกบัญชี LINE ของเรา", "The recipient blocks our LINE account"),
    _R.UNLINKED: ("ผู้รับเลิกผูกบัญชี LINE แล้ว", "The recipient's LINE account is no longer linked"),
    _R.EXPIRED: ("เลยเวลาที่ข้อความนี้มีประโยชน์", "The message came too late to be of use"),
    _R.CHANNEL_OFF: ("ยังไม่ได้เปิดใช้ช่องทางนี้", "This channel is switched off"),
    _R.TEMPLATE_OFF: ("เทศบาลปิดใช้ข้อความนี้", "The municipality has switched this message off"),
    _R.CANNOT_BUILD: ("ถ้อยคำของข้อความนี้ใช้ไม่ได้ โปรดแก้ข้อความ", "The words of this message do not work"),
    _R.QUIET_HOURS: ("รอถึงเช้า เพราะอยู่ในเวลางดส่ง", "Waits for the morning: these are quiet hours"),
    _R.SAVING: (
        "รอไปพร้อมข้อความถัดไป เพื่อประหยัดโควตา",
        "Waits to go with the next message: the month's messages are few",
    ),
    _R.SAVED: ("ไม่ได้ส่งทาง LINE เพื่อประหยัดโควตา", "Not sent by LINE: the month's messages are few"),
    _R.SUPERSEDED: ("มีข้อความใหม่กว่าของเรื่องเดียวกันแทนแล้ว", "A newer message on the same complaint replaced it"),
    _R.CRASHED: ("ระบบหยุดกลางคันหลายครั้ง", "The worker stopped half-way several times"),
    _R.HANDLER_FAILED: ("ทำไม่สำเร็จ", "It could not be done"),
    _R.MAIL_UNREACHABLE: (
        "ติดต่อเครื่องส่งอีเมลไม่ได้ จะลองใหม่เอง",
        "The mail server did not answer; it will be tried again",
    ),
    _R.MAIL_LATER: (
        "เครื่องส่งอีเมลขอให้ส่งใหม่ภายหลัง จะลองใหม่เอง",
        "The mail server asked to come back later; it will be tried again",
    ),
    _R.MAIL_UNAUTHORISED: (
        "เครื่องส่งอีเมลไม่รับรหัสผ่าน: ตรวจชื่อผู้ใช้และรหัสผ่าน",
        "The mail server does not accept the password: check user and password",
    ),
    _R.MAIL_INSECURE: (
        "เข้ารหัสกับเครื่องส่งอีเมลไม่ได้: ตรวจการเข้ารหัสและใบรับรอง",
        "No safe connection to the mail server: check encryption and certificate",
    ),
    _R.MAIL_SENDER: (
        "เครื่องส่งอีเมลไม่ให้ส่งจากที่อยู่นี้: ตรวจช่อง “ส่งจากอีเมล”",
        "The mail server does not let us write from this address: check the sender",
    ),
    _R.MAIL_RECIPIENT: ("ส่งถึงที่อยู่อีเมลนี้ไม่ได้", "This e-mail address cannot be reached"),
    _R.MAIL_REFUSED: ("เครื่องส่งอีเมลไม่รับจดหมายฉบับนี้", "The mail server refused this letter"),
    _R.MAIL_GONE: (
        "เจ้าหน้าที่ไม่ได้ใช้อีเมลนี้แล้ว หรือบัญชีถูกปิด",
        "No active officer has this e-mail address any more",
    ),
}


LOCKED_OUT: Final = frozenset({_R.UNAUTHORISED, _R.MAIL_UNAUTHORISED, _R.MAIL_INSECURE, _R.MAIL_SENDER})
"""Reasons a person must mend; the channel is tried again every quarter of an hour, and after a restart."""


def reason_words(last_error: str | None, language: str = "th") -> str:
    """Return what ``last_error`` means, for a person; empty when there is none."""
    code = (last_error or "").partition(":")[0]
    if code not in set(DeliveryReason):
        return last_error or ""
    return REASON_WORDS[DeliveryReason(code)][1 if language == "en" else 0]


@dataclass(frozen=True, slots=True)
class Pause:
    """A channel that sends nothing for a while.

    Attributes:
        reason: ``rate_limited``, ``quota``, or one of ``LOCKED_OUT``.
        until: When it is tried again.
        times: How often in a row it came to this.
    """

    reason: DeliveryReason
    until: datetime
    times: int = 1

    @property
    def lets_replies_through(self) -> bool:
        """Tell whether answers may still go: they cost nothing of the month's messages."""
        return self.reason is DeliveryReason.QUOTA


def read_pauses(session: Session) -> dict[OutboxChannel, Pause]:
    """Return every pause on record, also one that is over but has not been followed by a success."""
    keys = {_KEY + channel.value: channel for channel in OutboxChannel}
    rows = session.scalars(select(Setting).where(Setting.key.in_(keys)))
    return {keys[row.key]: _read(row.value) for row in rows}


def active_pauses(session: Session) -> dict[OutboxChannel, Pause]:
    """Return the channels that stand still now; for the dashboard and the worker."""
    moment = now()
    return {channel: pause for channel, pause in read_pauses(session).items() if pause.until > moment}


def pause_channel(
    session: Session, channel: OutboxChannel, reason: DeliveryReason, retry_after: float | None = None
) -> Pause:
    """Stop a channel and tell the administrators, unless they know; the caller commits.

    A rate limit lasts a minute, then twice as long each time, up to 15 minutes; a refused token 15 minutes,
    as it may be repaired at any time; used-up messages until the first of the next month, Bangkok time.

    Args:
        session: Inside a write transaction.
        channel: Which one.
        reason: Why.
        retry_after: Seconds LINE asked us to wait.
    """
    before = read_pauses(session).get(channel)
    again = before is not None and before.reason is reason
    times = before.times + 1 if before is not None and again else 1
    pause = Pause(reason, _end_of(reason, times, retry_after), times)
    _write(session, channel, pause)
    if not again and reason is not DeliveryReason.RATE_LIMITED:
        _tell_of_pause(session, channel, pause)
    return pause


def lift_pause(session: Session, channel: OutboxChannel) -> bool:
    """Let a channel try again now and return whether it stood still; the caller commits.

    The pause stays on record until a message gets through, so that administrators are not told of the same
    trouble again and again.
    """
    pause = read_pauses(session).get(channel)
    if pause is None or pause.until <= now():
        return False
    _write(session, channel, replace(pause, until=now()))
    return True


def mail_may_go_on(session: Session) -> bool:
    """Tell whether letters stand still although a setting of the mail server was changed since."""
    if OutboxChannel.EMAIL not in active_pauses(session):
        return False
    paused_at = session.scalar(
        select(Setting.updated_at).where(Setting.key == _KEY + OutboxChannel.EMAIL.value)
    )
    changed_at = session.scalar(select(func.max(Setting.updated_at)).where(Setting.key.in_(MAIL_SETTINGS)))
    return paused_at is not None and changed_at is not None and changed_at > paused_at


def forget_pause(session: Session, channel: OutboxChannel) -> None:
    """Take a pause off the record: a message has got through. The caller commits."""
    row = session.get(Setting, _KEY + channel.value)
    if row is not None:
        session.delete(row)


def _write(session: Session, channel: OutboxChannel, pause: Pause) -> None:
    value = {"reason": pause.reason.value, "until": pause.until.isoformat(), "times": pause.times}
    write_setting(session, _KEY + channel.value, value)


def _read(value: Mapping[str, Any]) -> Pause:
    until = datetime.fromisoformat(str(value["until"]))
    return Pause(DeliveryReason(value["reason"]), until, int(value["times"]))


def _end_of(reason: DeliveryReason, times: int, retry_after: float | None) -> datetime:
    if reason is DeliveryReason.QUOTA:
        return _first_of_next_month(now())
    if reason in LOCKED_OUT:
        return now() + _TOKEN_PAUSE
    doubled = min(_FIRST_RATE_PAUSE * (1 << min(times - 1, 10)), _LONGEST_RATE_PAUSE)
    asked = timedelta(seconds=min(retry_after or 0, 3600))
    return now() + max(doubled, asked)


def _first_of_next_month(moment: datetime) -> datetime:
    # LINE counts months at UTC+9; the Bangkok first comes two hours later, never too early.
    local = to_bangkok(moment)
    return bangkok(local.year + local.month // 12, local.month % 12 + 1, 1)


def _tell_of_pause(session: Session, channel: OutboxChannel, pause: Pause) -> None:
    facts = {"channel": channel.value, "reason": pause.reason.value, "until": pause.until.isoformat()}
    notice = MAIL_PAUSE_NOTICE if channel is OutboxChannel.EMAIL else PAUSE_NOTICE
    tell_administrators(session, notice, facts)


def tell_administrators(session: Session, template_key: str, facts: dict[str, Any]) -> None:
    """Ring the bell of everybody who looks after the system; the caller commits."""
    administrators = session.scalars(
        select(StaffUser.id)
        .join(staff_role, staff_role.c.staff_user_id == StaffUser.id)
        .join(Role, Role.id == staff_role.c.role_id)
        .join(RoleGrant, RoleGrant.role_id == Role.id)
        .where(RoleGrant.permission == Permission.SYSTEM_MANAGE.value, StaffUser.is_active, Role.is_active)
        .distinct()
    ).all()
    session.add_all(
        Notification(staff_user_id=staff_user_id, template_key=template_key, facts=facts, created_at=now())
        for staff_user_id in administrators
    )
