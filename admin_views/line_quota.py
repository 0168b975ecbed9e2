"""โควตา LINE: what is left of the month's messages, until when it lasts, what waits and what is stuck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_views.base import SecureView, needs
from admin_views.guard import language
from admin_views.identity import current_actor
from admin_views.line_setup import NAMES
from admin_views.menu import register_menu_item
from domain.deliveries import REASON_WORDS, Pause, active_pauses
from domain.line_quota import Forecast, Reading, channel_forecast, is_saving, line_day, reading_of, usage_of
from domain.message_costs import DAYS, TARGET, message_costs
from domain.permissions import Permission
from domain.resending import AGAIN, scope_deliveries
from domain.settings import read_setting
from domain.thai_calendar import thai_date
from extensions import db
from models import (
    DeliveryState,
    LineAccount,
    LineChannel,
    LineState,
    LineUsage,
    OutboxChannel,
    OutboxMessage,
)

SHOWN_DAYS = 14
CHANNELS = {
    LineChannel.CITIZEN: OutboxChannel.LINE_CITIZEN,
    LineChannel.STAFF: OutboxChannel.LINE_STAFF,
}
WAITING = (DeliveryState.READY, DeliveryState.LEASED)


@dataclass(frozen=True, slots=True)
class Account:
    """One channel as the page shows it.

    Attributes:
        channel: Which one.
        outbox: The same, as the outbox calls it.
        name: What the page calls it.
        reading: What LINE said last.
        month: The forecast.
        says: The forecast as a sentence.
        saving: Why only essential messages go; empty while all do.
        pause: Why nothing goes; empty while it does.
        waits: Messages that wait.
        stuck: Messages a person must look at.
        people: How many are reachable, blocking us, not asked yet, and belong to nobody.
        days: What we sent, the latest day first.
        most: The busiest of these days, never less than one.
    """

    channel: LineChannel
    outbox: OutboxChannel
    name: str
    reading: Reading
    month: Forecast
    says: str
    saving: str
    pause: str
    waits: int
    stuck: int
    people: dict[str, int]
    days: list[LineUsage]
    most: int


class LineQuotaView(SecureView):
    """Reads what the worker has noted; asks LINE nothing."""

    def __init__(self) -> None:
        super().__init__(name=_l("โควตา LINE"), endpoint="line_quota", url="/admin/line/quota")

    @expose("/")
    @needs(Permission.DELIVERY_READ)
    def index(self) -> str:
        """Show both channels."""
        session = db.session()
        return self.render(
            "admin/line/quota.html",
            accounts=[_account(session, channel) for channel in LineChannel],
            costs=message_costs(session, current_actor()),
            target=TARGET,
            cost_days=DAYS,
            may_connect=current_actor().can(Permission.LINE_MANAGE),
            may_set=current_actor().can(Permission.SETTING_READ),
        )


def _account(session: Session, channel: LineChannel) -> Account:
    outbox, month, reading = (
        CHANNELS[channel],
        channel_forecast(session, channel),
        reading_of(session, channel),
    )
    days = usage_of(session, channel, line_day() - timedelta(days=SHOWN_DAYS - 1))
    counts = _messages(session, outbox)
    return Account(
        channel=channel,
        outbox=outbox,
        name=str(NAMES[channel]),
        reading=reading,
        month=month,
        says=_forecast_words(month, reading.read_at),
        saving=_saving_words(session, channel, month),
        pause=_pause_words(active_pauses(session).get(outbox)),
        waits=sum(counts.get(state, 0) for state in WAITING),
        stuck=sum(counts.get(state, 0) for state in AGAIN),
        people=_people(session, channel),
        days=list(reversed(days)),
        most=max(1, *(row.pushes + row.replies for row in days)) if days else 1,
    )


def _messages(session: Session, channel: OutboxChannel) -> dict[DeliveryState, int]:
    """Return how many messages within reach are in a state that is not the end."""
    counted = (
        select(OutboxMessage.state, func.count())
        .where(OutboxMessage.channel == channel, OutboxMessage.state.in_((*WAITING, *AGAIN)))
        .group_by(OutboxMessage.state)
    )
    rows: Sequence[Any] = session.execute(scope_deliveries(counted, OutboxMessage, current_actor())).all()
    return dict(rows)


def _people(session: Session, channel: LineChannel) -> dict[str, int]:
    owned = LineAccount.member_id if channel is LineChannel.CITIZEN else LineAccount.staff_user_id
    rows = session.execute(
        select(LineAccount.state, owned.is_(None), func.count())
        .where(LineAccount.channel == channel)
        .group_by(LineAccount.state, owned.is_(None))
    ).all()
    return {
        "friends": sum(count for state, _unlinked, count in rows if state is not LineState.BLOCKED),
        "blocked": sum(count for state, _unlinked, count in rows if state is LineState.BLOCKED),
        "unlinked": sum(
            count for state, unlinked, count in rows if unlinked and state is not LineState.BLOCKED
        ),
    }


def _forecast_words(month: Forecast, read_at: datetime | None) -> str:
    if read_at is None:
        return _("ยังไม่ได้อ่านโควตาจาก LINE ระบบอ่านเองเป็นระยะเมื่อเชื่อมต่อแล้ว")
    if month.limit is None:
        return _(
            "บัญชีนี้ไม่จำกัดจำนวนข้อความ ถ้าใช้เท่านี้ สิ้นเดือนจะใช้ราว %(count)s ข้อความ", count=_many(month.month_end)
        )
    if month.level == "out":
        return _("หมดแล้ว ระบบตอบในแชตได้ฟรี ข้อความอื่นรอจนขึ้นเดือนใหม่หรือเพิ่มแพ็กเกจ")
    if month.runs_out is not None:
        return _("ถ้าใช้เท่านี้ จะหมดราว %(day)s", day=_day(month.runs_out))
    return _(
        "ถ้าใช้เท่านี้ พอใช้ถึงสิ้นเดือน และจะเหลือราว %(count)s ข้อความ",
        count=_many(max(0, month.limit - month.month_end)),
    )


def _saving_words(session: Session, channel: LineChannel, month: Forecast) -> str:
    if not is_saving(session, channel):
        return ""
    if read_setting(session, "line_saving") == "always":
        return _("ส่งเฉพาะข้อความสำคัญ ตามที่เทศบาลตั้งไว้")
    percent = int(read_setting(session, "line_saving_percent"))
    return _(
        "ส่งเฉพาะข้อความสำคัญ เพราะใช้ไปแล้วร้อยละ %(used)s (ตั้งไว้ที่ร้อยละ %(percent)s)",
        used=month.percent,
        percent=percent,
    )


def _pause_words(pause: Pause | None) -> str:
    return "" if pause is None else REASON_WORDS[pause.reason][1 if language() == "en" else 0]


def _many(count: int) -> str:
    return f"{count:,}"


def _day(day: date) -> str:
    return thai_date(day, lang=language())


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(LineQuotaView())


register_menu_item("system", "line_quota.index", _l("โควตา LINE"), "chart-bar", Permission.DELIVERY_READ, 12)
