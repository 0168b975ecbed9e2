"""Sending again what did not go out: only a person may, since LINE may have had it already."""

from __future__ import annotations

import uuid
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from domain import audit
from domain.actor import Actor
from domain.clock import now
from domain.errors import DomainError, NotPermitted, add_message
from domain.permissions import Permission, require, scope_complaints
from models import AuditAction, Complaint, DeliveryState, Job, OutboxMessage, Scope

AGAIN: Final = {DeliveryState.DEAD, DeliveryState.FAILED}
_KEY_LENGTH: Final = 160

add_message(
    "resend_not_stuck",
    thai="รายการนี้ไม่ได้ค้างอยู่แล้ว อาจมีผู้อื่นสั่งส่งซ้ำไปก่อน",
    english="This is not stuck any more; somebody may have sent it again already",
)


def scope_deliveries(
    statement: Select[Any],
    kind: type[OutboxMessage | Job],
    actor: Actor,
    permission: Permission = Permission.DELIVERY_READ,
) -> Select[Any]:
    """Narrow a select over messages or jobs to those of the complaints the actor may see."""
    if actor.scope_of(permission) is Scope.ALL:
        return statement
    return statement.where(kind.complaint_id.in_(scope_complaints(select(Complaint.id), actor, permission)))


def resend_message(session: Session, actor: Actor, message: OutboxMessage) -> OutboxMessage:
    """Write a stuck message a second time, under a new key, and close the first; the caller commits.

    Raises:
        NotPermitted: without ``delivery:resend``, or beyond its reach.
        DomainError: ``resend_not_stuck``.
    """
    _require_stuck(session, actor, message)
    again = OutboxMessage(
        channel=message.channel,
        recipient=message.recipient,
        recipient_name=message.recipient_name,
        complaint_id=message.complaint_id,
        event_id=message.event_id,
        template_key=message.template_key,
        language=message.language,
        facts=message.facts,
        dedupe_key=f"again:{message.id}:{message.dedupe_key}"[:_KEY_LENGTH],
        retry_key=str(uuid.uuid4()),
        not_before=now(),
        created_at=now(),
    )
    message.state = DeliveryState.CANCELLED
    message.done_at = now()
    session.add(again)
    session.flush()
    audit.record(
        session,
        actor,
        AuditAction.RESEND,
        message,
        changes={"again_id": again.id, "last_error": (message.last_error or "").partition(":")[0]},
    )
    return again


def rerun_job(session: Session, actor: Actor, job: Job) -> Job:
    """Let a stuck job be done once more; the caller commits.

    Raises:
        NotPermitted: without ``delivery:resend``, or beyond its reach.
        DomainError: ``resend_not_stuck``.
    """
    _require_stuck(session, actor, job)
    why = (job.last_error or "").partition(":")[0]
    job.state = DeliveryState.READY
    job.attempts = job.progress = 0
    job.not_before = now()
    job.first_attempt_at = job.leased_until = job.lease_token = job.last_error = job.done_at = None
    audit.record(session, actor, AuditAction.RESEND, job, changes={"last_error": why})
    return job


def _require_stuck(session: Session, actor: Actor, row: OutboxMessage | Job) -> None:
    require(actor, Permission.DELIVERY_RESEND)
    kind = type(row)
    reached = select(kind.id).where(kind.id == row.id)
    if session.scalar(scope_deliveries(reached, kind, actor, Permission.DELIVERY_RESEND)) is None:
        raise NotPermitted
    if row.state not in AGAIN:
        raise DomainError("resend_not_stuck")
