"""Sending the complainant the way to his case by LINE once more, on a press of the counter's button."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.errors import DomainError, add_message
from domain.moves import lock_complaint, note_event
from domain.notifications import tell
from domain.permissions import Permission, require
from domain.transition import Audience, Telling
from models import (
    Complaint,
    DeliveryState,
    EventKind,
    LineChannel,
    LineState,
    Member,
    OutboxChannel,
    OutboxMessage,
)

TEMPLATE = "citizen_registered"  # The card with number, promise and the button to the tracking page.
UNDER_WAY = (DeliveryState.READY, DeliveryState.LEASED)


def hears_by_line(member: Member | None) -> bool:
    """Tell whether LINE reaches a citizen; the shared member is nobody."""
    if member is None or member.is_shared:
        return False
    return any(
        account.channel is LineChannel.CITIZEN and account.state is not LineState.BLOCKED
        for account in member.line_accounts
    )


def send_tracking_link(session: Session, actor: Actor, complaint_id: int) -> Complaint:
    """Put the card with the link into the outbox; the worker sends it. The caller commits.

    Raises:
        NotPermitted: without ``complaint:create``.
        NotFound: outside the actor's scope.
        DomainError: ``line_not_bound``, or ``link_under_way`` while an earlier message still waits.
    """
    require(actor, Permission.COMPLAINT_CREATE)
    complaint = lock_complaint(session, actor, complaint_id)
    if not hears_by_line(complaint.member):
        raise DomainError("line_not_bound")
    waits = select(OutboxMessage.id).where(
        OutboxMessage.complaint_id == complaint.id,
        OutboxMessage.channel == OutboxChannel.LINE_CITIZEN,
        OutboxMessage.template_key == TEMPLATE,
        OutboxMessage.state.in_(UNDER_WAY),
    )
    if session.scalar(waits.limit(1)) is not None:
        raise DomainError("link_under_way")
    event = note_event(session, actor, complaint, EventKind.NOTE, note="ส่งลิงก์ติดตามทาง LINE")
    session.flush()
    tell(session, actor, complaint, event, (Telling(Audience.COMPLAINANT, TEMPLATE),))
    return complaint


add_message(
    "line_not_bound",
    thai="ผู้ร้องยังไม่ผูก LINE กรุณาให้สแกน QR หรือคัดลอกข้อความไปส่งแทน",
    english="The complainant is not bound to LINE; let him scan the QR code, or copy the text",
)
add_message(
    "link_under_way",
    thai="ข้อความถึงผู้ร้องกำลังส่งอยู่แล้ว ไม่ต้องกดซ้ำ",
    english="A message to the complainant is already on its way; no need to press again",
)
