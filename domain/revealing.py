"""Opening a complainant's data in full: one look, with a reason, in the timeline and in the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from domain import audit
from domain.actor import Actor
from domain.errors import MissingField, NotPermitted
from domain.members import MAX_REASON, reveal_member
from domain.moves import lock_complaint, note_event
from domain.permissions import Permission, require
from domain.phones import format_phone
from domain.thai_text import clean_text
from domain.vault import Vault
from models import AuditAction, EventKind


@dataclass(frozen=True, slots=True)
class RevealedComplainant:
    """Who brought a complaint, in full, for one look."""

    name: str
    phone: str = ""
    callback_phone: str = ""
    national_id: str | None = None
    birth_date: date | None = None
    address: str = ""


def reveal_complainant(
    session: Session, actor: Actor, vault: Vault, complaint_id: int, reason: str
) -> RevealedComplainant:
    """Return who brought a complaint and note who looked and why; the caller commits.

    Raises:
        NotFound: outside the actor's scope.
        NotPermitted: ``member:reveal`` is missing or does not reach this complaint.
        MissingField: no reason.
    """
    complaint = lock_complaint(session, actor, complaint_id)
    require(actor, Permission.MEMBER_REVEAL, complaint)
    why = clean_text(reason, max_length=MAX_REASON, field="reason", multiline=False)
    if not why:
        raise MissingField("reason_required", field="reason")
    member = complaint.member
    reporter = complaint.reporter_account if member is None else None
    if member is None and reporter is None and complaint.callback_phone is None:
        raise NotPermitted
    note_event(session, actor, complaint, EventKind.VIEWED_PERSONAL_DATA, note=why)
    callback = format_phone(complaint.callback_phone) if complaint.callback_phone else ""
    if member is None or member.is_shared:
        # The shared member is nobody: what was opened is the caller's own number.
        audit.record(session, actor, AuditAction.REVEAL, complaint, reason=why)
        name = (reporter.display_name or "" if reporter else "") if member is None else member.full_name
        return RevealedComplainant(name=name, callback_phone=callback)
    shown = reveal_member(session, actor, vault, member, why)
    return RevealedComplainant(
        name=member.full_name,
        phone=shown.phone,
        callback_phone=callback,
        national_id=shown.national_id,
        birth_date=shown.birth_date,
        address=member.address_text,
    )
