"""Sending again what did not go out: only a person may, since LINE may have had it already.

While LINE remembers the retry key of the first try (24 hours), the same key is used again: what LINE has had
is then not sent a second time. Later a new key is needed, and where nobody knows whether the first one
arrived, the person says why it is to go once more.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from domain import audit
from domain.actor import Actor
from domain.clock import now
from domain.deliveries import DeliveryReason
from domain.errors import DomainError, MissingField, NotPermitted, add_message
from domain.permissions import Permission, require, scope_complaints
from domain.thai_text import clean_text
from models import AuditAction, Complaint, DeliveryState, Job, OutboxChannel, OutboxMessage, Scope

AGAIN: Final = {DeliveryState.DEAD, DeliveryState.FAILED}
KEY_LIVES: Final = timedelta(hours=23)
"""How long a retry key is used again: LINE forgets it after 24 hours, and the message may wait a while."""
MAX_REASON: Final = 400
_KEY_LENGTH: Final = 160
_UNSURE: Final = frozenset({DeliveryReason.UNCERTAIN.value, DeliveryReason.CRASHED.value})
_LINE: Final = frozenset({OutboxChannel.LINE_CITIZEN, OutboxChannel.LINE_STAFF})

add_message(
    "resend_reason_missing",
    thai="ข้อความนี้อาจถึงผู้รับแล้ว กรุณาบอกเหตุผลที่ต้องส่งซ้ำ",
    english="This message may have arrived already: say why it is to be sent again",
)

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


def keeps_key(message: OutboxMessage) -> bool:
    """Tell whether LINE still knows the first try's key, so that sending again cannot arrive twice."""
    first = message.first_attempt_at
    return message.channel in _LINE and first is not None and now() - first < KEY_LIVES


def may_arrive_twice(message: OutboxMessage) -> bool:
    """Tell whether sending again needs a reason: nobody knows whether the first one arrived."""
    if message.first_attempt_at is None or keeps_key(message):
        return False
    return (message.last_error or "").partition(":")[0] in _UNSURE


def resend_message(session: Session, actor: Actor, message: OutboxMessage, reason: str = "") -> OutboxMessage:
    """Write a stuck message a second time and close the first; the caller commits.

    Args:
        session: Inside a write transaction.
        actor: Who wants it.
        message: The stuck one, locked.
        reason: Why; needed where it may arrive twice.

    Raises:
        NotPermitted: without ``delivery:resend``, or beyond its reach.
        DomainError: ``resend_not_stuck``; InvalidField: ``resend_reason_missing`` or a reason too long.
    """
    _require_stuck(session, actor, message)
    why = clean_text(reason, max_length=MAX_REASON, field="reason")
    if may_arrive_twice(message) and not why:
        raise MissingField("resend_reason_missing", field="reason")
    is_same = keeps_key(message)
    again = OutboxMessage(
        channel=message.channel,
        recipient=message.recipient,
        recipient_name=message.recipient_name,
        complaint_id=message.complaint_id,
        event_id=message.event_id,
        template_key=message.template_key,
        language=message.language,
        facts=message.facts,
        priority=message.priority,
        dedupe_key=f"again:{message.id}:{message.dedupe_key}"[:_KEY_LENGTH],
        retry_key=message.retry_key if is_same else str(uuid.uuid4()),
        # With the key goes its age: the worker gives up before LINE forgets it.
        first_attempt_at=message.first_attempt_at if is_same else None,
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
        reason=why or None,
    )
    return again


def resend_many(
    session: Session, actor: Actor, message_ids: Sequence[int], reason: str = ""
) -> tuple[int, list[DomainError]]:
    """Send several stuck messages again, oldest first; return how many, and why others were not.

    Raises:
        NotPermitted: without ``delivery:resend``.
    """
    require(actor, Permission.DELIVERY_RESEND)
    wanted = select(OutboxMessage).where(OutboxMessage.id.in_(message_ids)).order_by(OutboxMessage.id)
    reached = scope_deliveries(wanted, OutboxMessage, actor, Permission.DELIVERY_RESEND)
    problems: list[DomainError] = []
    count = 0
    for message in session.scalars(reached.with_for_update(of=OutboxMessage)).all():
        try:
            resend_message(session, actor, message, reason)
            count += 1
        except DomainError as problem:  # Raised before anything of this message was changed.
            problems.append(problem)
    return count, problems


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
