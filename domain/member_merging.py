"""The same person registered twice becomes one member: everything of the one goes to the other."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from domain import audit
from domain.actor import Actor
from domain.errors import DomainError, FieldChecks, InvalidField, NotFound, add_message
from domain.members import MAX_REASON, scope_members
from domain.permissions import Permission, require
from domain.search import complaint_search_text
from domain.thai_text import required_text
from domain.workflow import UNFINISHED
from models import AuditAction, Complaint, ComplaintFollower, Consent, LineAccount, Member


@dataclass(frozen=True, slots=True)
class Moved:
    """How much went from one member to the other."""

    complaints: int
    followed: int
    line_accounts: int
    consents: int


def merge_members(session: Session, actor: Actor, *, keep_id: int | None, gone_id: int, reason: str) -> Moved:
    """Give everything of one member to another and switch him off; the caller commits.

    Complaints, followed cases, LINE accounts and consents go over; the kept member's own data stay as they
    are, the other row keeps its data for the record. His phone number then leads to the kept member. Numbers,
    states and versions of the complaints stay.

    Args:
        session: Inside a write transaction.
        actor: With ``member:update`` that reaches both.
        keep_id: Who stays; None when nobody was chosen.
        gone_id: Who is switched off.
        reason: Why they are one person, for the audit log.

    Raises:
        NotPermitted: without ``member:update``.
        NotFound: one of them is not there, or out of reach.
        DomainError: ``shared_member_fixed``; the shared member is nobody's double.
        FieldErrors: no reason, nobody chosen, himself, or one who was merged or switched off.
    """
    require(actor, Permission.MEMBER_UPDATE)
    check = FieldChecks()
    with check:
        why = required_text(reason, "reason_required", max_length=MAX_REASON, field="reason", multiline=False)
    with check:
        if keep_id is None:
            raise InvalidField("member_to_keep_required", field="phone")
        if keep_id == gone_id:
            raise InvalidField("member_is_this", field="phone")
    check.done()
    both = {row_id: _lock(session, actor, row_id) for row_id in sorted({int(keep_id or 0), gone_id})}
    keep, gone = both[int(keep_id or 0)], both[gone_id]
    _refuse_unfit(keep, gone)
    moved = _move_everything(session, keep, gone)
    gone.merged_into_id, gone.is_active = keep.id, False
    session.flush()
    _renew_search_texts(session, keep)
    changes = {"merged_into_id": [None, keep.id], "is_active": [True, False]}
    audit.record(session, actor, AuditAction.UPDATE, gone, changes=changes, reason=why)
    audit.record(
        session, actor, AuditAction.UPDATE, keep, changes={"joined_member": [None, gone.id]}, reason=why
    )
    return moved


def _lock(session: Session, actor: Actor, member_id: int) -> Member:
    statement = scope_members(select(Member).where(Member.id == member_id), actor, Permission.MEMBER_UPDATE)
    member: Member | None = session.scalars(
        statement.with_for_update(of=Member).execution_options(populate_existing=True)
    ).one_or_none()
    if member is None:
        raise NotFound("member_not_found")
    return member


def _refuse_unfit(keep: Member, gone: Member) -> None:
    if keep.is_shared or gone.is_shared:
        raise DomainError("shared_member_fixed")
    if gone.merged_into_id is not None:
        raise InvalidField("member_merged_before", field="phone")
    if keep.merged_into_id is not None or not keep.is_active:
        raise InvalidField("member_to_keep_off", field="phone", name=keep.full_name)


def _move_everything(session: Session, keep: Member, gone: Member) -> Moved:
    complaints = _repoint(session, Complaint, keep, gone)
    followed = _move_followed(session, keep, gone)
    accounts = _repoint(session, LineAccount, keep, gone)
    consents = _repoint(session, Consent, keep, gone)
    session.execute(
        update(Member)
        .where(Member.merged_into_id == gone.id)
        .values(merged_into_id=keep.id)
        .execution_options(synchronize_session=False)
    )
    session.expire(keep)
    session.expire(gone)
    return Moved(complaints, followed, accounts, consents)


def _repoint(
    session: Session, table: type[Complaint | LineAccount | Consent], keep: Member, gone: Member
) -> int:
    """Point rows at the kept member, past their version: nobody's open form becomes stale by it."""
    count = session.scalar(select(func.count(table.id)).where(table.member_id == gone.id)) or 0
    session.execute(
        update(table)
        .where(table.member_id == gone.id)
        .values(member_id=keep.id)
        .execution_options(synchronize_session=False)
    )
    return count


def _move_followed(session: Session, keep: Member, gone: Member) -> int:
    """Let the kept member follow what the other followed; nobody follows twice, or a case of his own."""
    known = set(
        session.scalars(select(ComplaintFollower.complaint_id).where(ComplaintFollower.member_id == keep.id))
    )
    mine = select(ComplaintFollower).where(ComplaintFollower.member_id.in_([keep.id, gone.id]))
    moved = 0
    for row in session.scalars(mine.order_by(ComplaintFollower.id)).all():
        is_own = (
            session.scalar(select(Complaint.member_id).where(Complaint.id == row.complaint_id)) == keep.id
        )
        if is_own or (row.member_id == gone.id and row.complaint_id in known):
            session.delete(row)
        elif row.member_id == gone.id:
            row.member_id = keep.id
            moved += 1
    session.flush()
    return moved


def _renew_search_texts(session: Session, keep: Member) -> None:
    """Let unfinished cases be found by the kept member's name."""
    open_ones = select(Complaint).where(Complaint.member_id == keep.id, Complaint.status.in_(UNFINISHED))
    for complaint in session.scalars(open_ones.execution_options(populate_existing=True)):
        session.execute(
            update(Complaint)
            .where(Complaint.id == complaint.id)
            .values(search_text=complaint_search_text(complaint))
            .execution_options(synchronize_session=False)
        )


add_message(
    "member_to_keep_required",
    thai="กรุณาค้นหาสมาชิกที่จะเก็บไว้จากเบอร์โทรศัพท์",
    english="Find the member to keep by phone",
)
add_message(
    "member_is_this",
    thai="เบอร์นี้เป็นของสมาชิกรายนี้เอง กรุณาใช้เบอร์ของอีกราย",
    english="This is the member's own number; give that of the other one",
)
add_message(
    "member_merged_before",
    thai="สมาชิกรายนี้รวมกับรายอื่นไปแล้ว",
    english="This member was merged with another one before",
)
add_message(
    "member_to_keep_off",
    thai="{name} ปิดใช้งานอยู่ จึงรวมเข้าไม่ได้",
    english="{name} is switched off and cannot take in another member",
)
