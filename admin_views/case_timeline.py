"""What happened to a case, for the officer: acts, who and why, what changed, and the fate of each message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_views.case_changes import CaseChanges, Change
from admin_views.fates import fate_words
from admin_views.guard import language
from domain.labels import word
from domain.thai_calendar import thai_date
from models import (
    Complaint,
    ComplaintEvent,
    ComplaintStatus,
    DeliveryState,
    EventKind,
    OutboxChannel,
    OutboxMessage,
)

ICONS = {
    EventKind.SUBMIT: "inbox",
    EventKind.REGISTER: "clipboard-list",
    EventKind.ACCEPT: "hash",
    EventKind.DIRECT: "route",
    EventKind.ACKNOWLEDGE: "eye",
    EventKind.START: "tool",
    EventKind.RECORD_RESULT: "circle-check",
    EventKind.RATE: "star",
    EventKind.CLOSE: "lock",
    EventKind.REJECT: "x",
    EventKind.FORWARD: "send",
    EventKind.REASSIGN: "user",
    EventKind.HAND_BACK: "arrow-back-up",
    EventKind.ASK_CITIZEN: "message-2",
    EventKind.ANSWER: "message-2",
    EventKind.LAPSE: "lock",
    EventKind.PUT_ON_PLAN: "hourglass",
    EventKind.TAKE_OFF_PLAN: "hourglass",
    EventKind.REFER_OUT: "send",
    EventKind.RETURN_FROM_REFERRAL: "arrow-back-up",
    EventKind.ASK_MORE_TIME: "hourglass",
    EventKind.EXTEND: "calendar",
    EventKind.REFUSE_MORE_TIME: "x",
    EventKind.CORRECT_RESULT: "edit",
    EventKind.REOPEN: "history",
    EventKind.WITHDRAW: "x",
    EventKind.MERGE: "route",
    EventKind.UNMERGE: "route",
    EventKind.FOLLOW: "bell",
    EventKind.UNFOLLOW: "bell",
    EventKind.ADD_EVIDENCE: "paperclip",
    EventKind.REMOVE_ATTACHMENT: "x",
    EventKind.UNDO: "arrow-back-up",
    EventKind.NOTE: "note",
    EventKind.EDIT: "edit",
    EventKind.ATTACHMENT_ADDED: "paperclip",
    EventKind.VIEWED_PERSONAL_DATA: "shield-lock",
    EventKind.EXPORTED: "download",
    EventKind.IMPORT: "file-import",
    EventKind.REMINDED: "clock",
    EventKind.ESCALATED: "alert-triangle",
}
# What a fact of an event adds to its name; the first one there is said.
FACT_LINES = {
    "department": _l("ไปที่ %(name)s"),
    "officer": _l("ให้ %(name)s"),
    "body": "%(name)s",
    "joined": _l("รวมเรื่อง %(name)s เข้ามา"),
    "original": _l("เรื่องเดิม %(name)s"),
    "channel": _l("แจ้งทาง %(name)s"),
    "name": "%(name)s",
}
WAITS = {DeliveryState.READY, DeliveryState.LEASED}


@dataclass(frozen=True, slots=True)
class Message:
    """An outgoing message and its fate; LINE never tells whether anybody read it."""

    to: str
    channel: str
    fate: str
    look: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened; ``detail`` says to whom, where or how much."""

    icon: str
    what: str
    who: str
    at: datetime
    via: str
    detail: str
    note: str
    status: ComplaintStatus | None
    is_internal: bool
    is_undone: bool
    messages: list[Message] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


def case_events(session: Session, complaint: Complaint) -> Sequence[ComplaintEvent]:
    """Return everything that happened, newest first."""
    return session.scalars(
        select(ComplaintEvent)
        .where(ComplaintEvent.complaint_id == complaint.id)
        .order_by(ComplaintEvent.id.desc())
    ).all()


def case_timeline(
    session: Session, complaint: Complaint, events: Sequence[ComplaintEvent], seen: bool
) -> list[Moment]:
    """Return the events as the page shows them; ``seen``: the officer may know who the complainant is."""
    messages: dict[int | None, list[Message]] = defaultdict(list)
    for row in session.scalars(
        select(OutboxMessage).where(OutboxMessage.complaint_id == complaint.id).order_by(OutboxMessage.id)
    ):
        messages[row.event_id].append(_message(row, seen))
    later = CaseChanges(session, complaint, seen)
    return [_moment(event, messages[event.id], seen, later.made_by(event)) for event in events]


def _moment(event: ComplaintEvent, messages: list[Message], seen: bool, changes: list[Change]) -> Moment:
    who = event.actor_name
    if event.actor_kind == "member" and not seen:
        who = _("ผู้ร้อง")
    return Moment(
        icon=ICONS.get(event.kind, "history"),
        what=word(event.kind, language()),
        who=who or _("ระบบ"),
        at=event.at,
        via=_("ผ่าน LINE") if event.via == "line" else "",
        detail=_detail(event),
        note=event.note or "",
        status=event.to_status if event.to_status is not event.from_status else None,
        is_internal=not event.is_public,
        is_undone=event.undone_at is not None,
        messages=messages,
        changes=changes if event.kind is EventKind.EDIT else [],
    )


def _detail(event: ComplaintEvent) -> str:
    """Return what the event's facts add to its name, in one line."""
    facts = event.facts
    if event.kind in {EventKind.REMINDED, EventKind.ESCALATED}:
        return _reminder(facts)
    for key, line in FACT_LINES.items():
        if facts.get(key):
            return str(line) % {"name": facts[key]}
    if event.kind is EventKind.UNDO:
        return word(EventKind(facts["action"]), language())
    if facts.get("due"):
        days = {key: thai_date(date.fromisoformat(facts[key]), lang=language()) for key in ("was_due", "due")}
        return _("ครบ %(due)s (เดิม %(was_due)s)", **days)
    if facts.get("days"):
        return _("%(days)s วันทำการ", days=facts["days"])
    return ""


def _reminder(facts: Mapping[str, Any]) -> str:
    """Return of what the clock reminded, and whom."""
    if facts.get("until"):
        day = thai_date(date.fromisoformat(facts["until"]), lang=language())
        return _("เตือนผู้ร้อง รอถึง %(day)s", day=day)
    words = {"due_soon": _("ใกล้ครบกำหนด"), "overdue": _("เกินกำหนดแล้ว")}
    return " · ".join(filter(None, (words.get(facts.get("level", ""), ""), facts.get("name", ""))))


def _message(row: OutboxMessage, seen: bool) -> Message:
    is_citizen = row.channel is OutboxChannel.LINE_CITIZEN
    to = _("ผู้ร้อง") if is_citizen and not seen else row.recipient_name
    fate, look = _fate(row)
    return Message(to, word(row.channel, language()), fate, look, row.done_at)


def _fate(row: OutboxMessage) -> tuple[str, str]:
    if row.state in WAITS:
        return _("รอส่ง"), "waiting"
    if row.state is DeliveryState.CANCELLED:
        return _("ไม่ส่ง"), "off"
    if row.state is DeliveryState.MERGED:
        return fate_words(row), "merged"
    is_done = row.state is DeliveryState.SENT
    return (fate_words(row), "done") if is_done else (_("ไม่สำเร็จ"), "late")
