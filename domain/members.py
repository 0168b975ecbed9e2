"""Members: citizens who bring complaints, found by their phone number (000-20..29).

Their phone is plain and masked on screen, their national ID encrypted; showing either in full is an act of
its own, with a reason and an entry in the audit log (decisions.md 11).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, select, true, update
from sqlalchemy.orm import Session

from domain import audit
from domain.actor import Actor
from domain.clock import now
from domain.errors import DomainError, MissingField, NotFound, NotPermitted, add_message
from domain.member_writing import AskedDatabase, MemberEntry, member_search_text, told, write_member
from domain.national_id import format_national_id
from domain.permissions import Permission, require, scope_complaints
from domain.phones import digits_for_search, format_phone, normalise_phone
from domain.search import MAX_TERM, complaint_search_text
from domain.thai_text import clean_text, search_form
from domain.vault import Vault
from models import AuditAction, Complaint, Consent, ConsentPurpose, Member, Scope

__all__ = [
    "MemberEntry",
    "Revealed",
    "create_member",
    "find_member_by_phone",
    "kept_member",
    "member_search_text",
    "members_matching",
    "record_notice",
    "refresh_complaints",
    "require_own_row",
    "reveal_member",
    "scope_members",
    "shared_member",
    "update_member",
]

MAX_REASON: Final = 400
MOST_MERGES: Final = 10  # A merge repoints earlier ones; more than one step means two merges at once.

add_message(
    "shared_member_fixed",
    thai="สมาชิกกลาง (พลเมืองดี) ใช้ร่วมกันทุกหน่วยงาน จึงแก้ไขจากหน้านี้ไม่ได้",
    english="The shared member belongs to all departments and cannot be changed here",
)
add_message(
    "shared_member_missing",
    thai="ยังไม่มีสมาชิกกลาง (พลเมืองดี) กรุณาแจ้งผู้ดูแลระบบ",
    english="There is no shared member yet; please tell the administrator",
)


@dataclass(frozen=True, slots=True)
class Revealed:
    """A member's personal data in full, for one look."""

    phone: str
    national_id: str | None
    birth_date: date | None
    email: str | None
    line_id_text: str | None
    house_no: str | None


def scope_members(
    statement: Select[Any], actor: Actor, permission: Permission = Permission.MEMBER_READ
) -> Select[Any]:
    """Narrow any select over ``Member`` to whom the actor may see.

    Whoever sees only own or departmental members sees those who brought the complaints he sees.
    """
    if actor.scope_of(permission) is Scope.ALL:
        return statement
    brought = scope_complaints(select(Complaint.member_id), actor, permission)
    return statement.where(Member.id.in_(brought.where(Complaint.member_id.is_not(None))))


def create_member(session: Session, actor: Actor, vault: Vault, entry: MemberEntry) -> Member:
    """Register a citizen; the caller commits.

    Raises:
        NotPermitted: without ``member:create``.
        FieldErrors: everything that cannot be taken, field by field.
    """
    require(actor, Permission.MEMBER_CREATE)
    member = Member(created_at=now())
    with session.no_autoflush:
        write_member(AskedDatabase(session), vault, member, entry)
        changes = audit.column_changes(member)
    session.add(member)
    session.flush()
    audit.record(session, actor, AuditAction.CREATE, member, changes=told(changes))
    return member


def update_member(session: Session, actor: Actor, vault: Vault, member: Member, entry: MemberEntry) -> None:
    """Correct a member's data; the complaints stay found by the new name. The caller commits.

    Whoever registered himself counts as seen from then on: an officer has looked at every box.

    Raises:
        NotPermitted: without ``member:update``, or beyond its reach.
        DomainError: ``shared_member_fixed``.
        FieldErrors: everything that cannot be taken, field by field.
    """
    require(actor, Permission.MEMBER_UPDATE)
    _require_reach(session, actor, member, Permission.MEMBER_UPDATE)
    require_own_row(member)
    old_name = member.full_name
    with session.no_autoflush:
        write_member(AskedDatabase(session), vault, member, entry)
        if member.self_registered_at is not None:
            member.self_registered_at = None
        changes = audit.column_changes(member)
    session.flush()
    if not changes:
        return
    audit.record(session, actor, AuditAction.UPDATE, member, changes=told(changes))
    if member.full_name != old_name:
        refresh_complaints(session, member)


def find_member_by_phone(session: Session, actor: Actor, text: str) -> Member | None:
    """Return the member whose number this is, typed in any way; None when nobody has it.

    A member switched off is returned too: his number is taken. For one who was merged it is the kept one.

    Raises:
        NotPermitted: without ``member:read``.
        MissingField: Nothing was typed.
        InvalidField: The text is no Thai phone number.
    """
    require(actor, Permission.MEMBER_READ)
    phone = normalise_phone(text, field="phone")
    had = session.execute(select(Member.id, Member.merged_into_id).where(Member.phone == phone)).first()
    if had is None:
        return None
    kept = kept_member(session, had.id) if had.merged_into_id else None
    wanted = Member.id == (kept.id if kept else had.id)
    found: Member | None = session.scalar(scope_members(select(Member).where(wanted), actor))
    return found


def kept_member(session: Session, member_id: int | None) -> Member | None:
    """Return a member, or the one he was merged into; None for nobody."""
    member = session.get(Member, member_id) if member_id is not None else None
    for _step in range(MOST_MERGES):
        if member is None or member.merged_into_id is None:
            break
        member = session.get(Member, member.merged_into_id)
    return member


def members_matching(term: str) -> ColumnElement[bool]:
    """Return the condition that a member fits a search term: a whole phone number, or words of the name."""
    phone = digits_for_search(term)
    if phone is not None:
        return Member.phone == phone
    words = search_form(term[:MAX_TERM]).split()
    return and_(true(), *(Member.search_text.contains(word, autoescape=True) for word in words))


def shared_member(session: Session) -> Member:
    """Return the member for callers and letters without a name (พลเมืองดี, 000-38).

    Raises:
        NotFound: ``shared_member_missing``.
    """
    found = session.scalar(select(Member).where(Member.is_shared, Member.is_active).order_by(Member.id))
    if found is None:
        raise NotFound("shared_member_missing")
    return found


def reveal_member(session: Session, actor: Actor, vault: Vault, member: Member, reason: str) -> Revealed:
    """Return a member's personal data in full and note who looked and why; the caller commits.

    Raises:
        NotPermitted: without ``member:reveal``, or beyond its reach.
        MissingField: No reason.
    """
    require(actor, Permission.MEMBER_REVEAL)
    _require_reach(session, actor, member, Permission.MEMBER_REVEAL)
    why = clean_text(reason, max_length=MAX_REASON, field="reason", multiline=False)
    if not why:
        raise MissingField("reason_required", field="reason")
    audit.record(session, actor, AuditAction.REVEAL, member, reason=why)
    encrypted = member.national_id_encrypted
    return Revealed(
        phone=format_phone(member.phone),
        national_id=format_national_id(vault.decrypt(encrypted)) if encrypted else None,
        birth_date=member.birth_date,
        email=member.email,
        line_id_text=member.line_id_text,
        house_no=member.house_no,
    )


def record_notice(session: Session, actor: Actor, member: Member, wording_version: str) -> Consent:
    """Note that a member was told how his data are used; one row per wording. The caller commits."""
    known = session.scalar(
        select(Consent).where(
            Consent.member_id == member.id,
            Consent.purpose == ConsentPurpose.COMPLAINT_NOTICE,
            Consent.wording_version == wording_version,
        )
    )
    if known is not None:
        return known
    consent = Consent(
        member_id=member.id,
        purpose=ConsentPurpose.COMPLAINT_NOTICE,
        wording_version=wording_version,
        given_at=now(),
        taken_by_id=actor.staff_user_id,
    )
    session.add(consent)
    return consent


def _require_reach(session: Session, actor: Actor, member: Member, permission: Permission) -> None:
    if actor.scope_of(permission) is Scope.ALL:
        return
    reached = scope_members(select(func.count(Member.id)).where(Member.id == member.id), actor, permission)
    if not session.scalar(reached):
        raise NotPermitted


def require_own_row(member: Member) -> None:
    """Raise for the shared member, whom nobody corrects.

    Raises:
        DomainError: ``shared_member_fixed``.
    """
    if member.is_shared:
        raise DomainError("shared_member_fixed")


def refresh_complaints(session: Session, member: Member) -> None:
    """Write the new name into what the complaints are found by, without touching their version."""
    for complaint in session.scalars(select(Complaint).where(Complaint.member_id == member.id)):
        session.execute(
            update(Complaint)
            .where(Complaint.id == complaint.id)
            .values(search_text=complaint_search_text(complaint))
            .execution_options(synchronize_session=False)
        )
