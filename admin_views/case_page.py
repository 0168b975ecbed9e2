"""What the case page shows: header, next action, photos, timeline with the fate of messages, the cards."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from admin_views.guard import language
from domain.actor import Actor
from domain.clock import bangkok_date, now
from domain.labels import word
from domain.permissions import Permission, may, scope_complaints
from domain.phones import mask_phone
from domain.sight import sees_person
from domain.sla import days_left
from domain.thai_calendar import thai_date
from domain.workflow import Action, allowed_actions
from models import (
    Attachment,
    AttachmentStage,
    Complaint,
    ComplaintEvent,
    ComplaintStatus,
    DeliveryState,
    EventKind,
    OutboxChannel,
    OutboxMessage,
    StatusKind,
)

NEXT: dict[ComplaintStatus, tuple[Action, ...]] = {
    ComplaintStatus.SUBMITTED: (Action.ACCEPT,),
    ComplaintStatus.ACCEPTED: (Action.DIRECT,),
    ComplaintStatus.DIRECTED: (Action.ACKNOWLEDGE, Action.RECORD_RESULT),
    ComplaintStatus.ACKNOWLEDGED: (Action.START, Action.RECORD_RESULT),
    ComplaintStatus.RESOLVED: (Action.CLOSE,),
}
"""The big button of each state: the first of these the officer may press; elsewhere the result."""

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
    EventKind.NOTE: "note",
    EventKind.EDIT: "edit",
    EventKind.ATTACHMENT_ADDED: "paperclip",
    EventKind.VIEWED_PERSONAL_DATA: "shield-lock",
    EventKind.EXPORTED: "download",
    EventKind.IMPORT: "file-import",
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
    """One thing that happened."""

    icon: str
    what: str
    who: str
    at: datetime
    via: str
    note: str
    status: ComplaintStatus | None
    is_internal: bool
    messages: list[Message] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Promise:
    """How the promised time stands."""

    days: int | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """Everything the page shows besides its forms."""

    complaint: Complaint
    promise: Promise
    actions: list[Action]
    next_action: Action | None
    before: list[Attachment]
    after: list[Attachment]
    copies: list[Attachment]
    timeline: list[Moment]
    complainant: str
    phone: str
    may_reveal: bool
    may_print: bool
    sees_person: bool
    map_url: str
    street_url: str


def find_case(session: Session, actor: Actor, public_code: str) -> Complaint | None:
    """Return the complaint of a code if it lies within the officer's reach, with what its page names."""
    wanted = (
        select(Complaint)
        .where(Complaint.public_code == public_code[:20])
        .options(
            joinedload(Complaint.member),
            joinedload(Complaint.channel),
            joinedload(Complaint.road),
            joinedload(Complaint.zone),
            joinedload(Complaint.community),
            joinedload(Complaint.category),
            joinedload(Complaint.subcategory),
            joinedload(Complaint.department),
            joinedload(Complaint.assignee),
            joinedload(Complaint.created_by),
            selectinload(Complaint.attachments),
            selectinload(Complaint.results),
            selectinload(Complaint.ratings),
        )
    )
    found: Complaint | None = session.scalar(scope_complaints(wanted, actor))
    return found


def case_page(session: Session, actor: Actor, complaint: Complaint) -> CasePage:
    """Gather what the page shows; only reads."""
    actions = [row.action for row in allowed_actions(actor, complaint)]
    by_stage: dict[AttachmentStage, list[Attachment]] = defaultdict(list)
    for attachment in complaint.attachments:
        by_stage[attachment.stage].append(attachment)
    seen = sees_person(actor, complaint)
    member = complaint.member
    reachable = complaint.callback_phone or (member.phone if member and not member.is_shared else None)
    return CasePage(
        complaint=complaint,
        promise=_promise(complaint),
        actions=actions,
        next_action=_next(complaint.status, actions),
        before=by_stage[AttachmentStage.BEFORE],
        after=by_stage[AttachmentStage.AFTER],
        copies=sorted(by_stage[AttachmentStage.COPY], key=lambda row: -(row.copy_version or 0)),
        timeline=_timeline(session, complaint, seen),
        complainant=_complainant(complaint, seen),
        phone=mask_phone(reachable) if reachable else "",
        may_reveal=may(actor, Permission.MEMBER_REVEAL, complaint) and reachable is not None,
        may_print=may(actor, Permission.COMPLAINT_PRINT, complaint),
        sees_person=seen,
        map_url=_google({"api": 1, "query": _point(complaint)}, "search/"),
        street_url=_google({"api": 1, "map_action": "pano", "viewpoint": _point(complaint)}, "@"),
    )


def _next(status: ComplaintStatus, actions: list[Action]) -> Action | None:
    wanted = NEXT.get(status, (Action.RECORD_RESULT,))
    return next((action for action in wanted if action in actions), None)


def _promise(complaint: Complaint) -> Promise:
    if complaint.due_at is None:
        return Promise(None, "")
    due = bangkok_date(complaint.due_at)
    reason = _(
        "%(range)s ครบ %(day)s",
        range=complaint.promised_text or "",
        day=thai_date(due, lang=language()),
    ).strip()
    if complaint.status.kind is StatusKind.OPEN:
        return Promise(days_left(complaint.due_at, now()), reason)
    return Promise(None, reason)


def _complainant(complaint: Complaint, seen: bool) -> str:
    if complaint.member is None:
        return _("ไม่ระบุชื่อ")
    return complaint.member.full_name if seen or complaint.member.is_shared else _("ปกปิดข้อมูล")


def _point(complaint: Complaint) -> str:
    return f"{complaint.latitude},{complaint.longitude}" if complaint.latitude is not None else ""


def _google(arguments: dict[str, object], path: str) -> str:
    return f"https://www.google.com/maps/{path}?{urlencode(arguments)}"


def _timeline(session: Session, complaint: Complaint, seen: bool) -> list[Moment]:
    messages: dict[int | None, list[Message]] = defaultdict(list)
    for row in session.scalars(
        select(OutboxMessage).where(OutboxMessage.complaint_id == complaint.id).order_by(OutboxMessage.id)
    ):
        messages[row.event_id].append(_message(row, seen))
    events = session.scalars(
        select(ComplaintEvent)
        .where(ComplaintEvent.complaint_id == complaint.id)
        .order_by(ComplaintEvent.id.desc())
    )
    return [_moment(event, messages[event.id], seen) for event in events]


def _moment(event: ComplaintEvent, messages: list[Message], seen: bool) -> Moment:
    who = event.actor_name
    if event.actor_kind == "member" and not seen:
        who = _("ผู้ร้อง")
    return Moment(
        icon=ICONS.get(event.kind, "history"),
        what=word(event.kind, language()),
        who=who or _("ระบบ"),
        at=event.at,
        via=_("ผ่าน LINE") if event.via == "line" else "",
        note=event.note or "",
        status=event.to_status if event.to_status is not event.from_status else None,
        is_internal=not event.is_public,
        messages=messages,
    )


def _message(row: OutboxMessage, seen: bool) -> Message:
    is_citizen = row.channel is OutboxChannel.LINE_CITIZEN
    to = _("ผู้ร้อง") if is_citizen and not seen else row.recipient_name
    fate, look = _fate(row.state)
    return Message(to, word(row.channel, language()), fate, look, row.done_at)


def _fate(state: DeliveryState) -> tuple[str, str]:
    if state in WAITS:
        return _("รอส่ง"), "waiting"
    if state is DeliveryState.SENT:
        return _("LINE รับแล้ว"), "done"
    if state is DeliveryState.CANCELLED:
        return _("ไม่ส่ง"), "off"
    return _("ไม่สำเร็จ"), "late"
