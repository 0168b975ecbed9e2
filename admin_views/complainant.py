"""Who complains, as the counter finds out: by phone, as a new member, or as the shared one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_views.complaint_forms import EntryForm, Who, row_id
from admin_views.identity import current_lookups
from domain.actor import Actor
from domain.clock import now
from domain.errors import InvalidField
from domain.members import find_member_by_phone, kept_member, scope_members, shared_member
from domain.permissions import scope_complaints
from domain.phones import mask_phone
from domain.reachability import Reach, reach_of
from domain.sla import days_left
from domain.tracking_links import hears_by_line
from domain.workflow import UNFINISHED
from models import Complaint, ComplaintStatus, Consent, ConsentPurpose, LineChannel, Member, StatusKind

MOST_CASES = 5


@dataclass(frozen=True, slots=True)
class OpenCase:
    """An unfinished complaint of the same person, within the officer's reach."""

    public_code: str
    number: str
    about: str
    status: ComplaintStatus
    days_left: int | None


@dataclass(frozen=True, slots=True)
class Complainant:
    """What the counter sees of the person in front of it."""

    id: int
    name: str
    phone: str
    is_shared: bool
    has_line: bool
    is_told: bool = True  # How his data are used, in today's words.
    address: str = ""
    cases: list[OpenCase] = field(default_factory=list)
    case_count: int = 0
    blocks_line: bool = False
    is_unseen: bool = False  # He registered himself; nobody has looked at his card.


def complainant_of(session: Session, actor: Actor, form: EntryForm) -> Complainant | None:
    """Return what the counter sees of the member the form names; None asks again."""
    member = member_of(session, actor, form)
    return None if member is None else _described(session, actor, member)


def member_of(session: Session, actor: Actor, form: EntryForm) -> Member | None:
    """Return the member the form names, as far as the officer may see him; else ask again."""
    member: Member | None = None
    if form.who_is is Who.SHARED:
        member = shared_member(session)
    elif form.who_is is Who.MEMBER and form.member_id.data is not None:
        kept = kept_member(session, form.member_id.data)  # He may have been merged while the form was open.
        wanted = select(Member).where(Member.id == (kept.id if kept else None), Member.is_active)
        member = session.scalar(scope_members(wanted, actor))
    if member is None:
        if form.who_is is not Who.NEWCOMER:
            form.who.data = Who.NOBODY.value
        form.member_id.data = None
        return None
    form.member_id.data = member.id
    return member


def look_up(session: Session, actor: Actor, form: EntryForm) -> None:
    """Answer "who" from the typed phone number: a member, the shared one, or somebody new.

    Raises:
        InvalidField: the number cannot be read, or its member is switched off.
    """
    typed = form.phone.typed or ""
    member = find_member_by_phone(session, actor, typed)
    if member is None:
        form.who.data = Who.NEWCOMER.value
        form.member_id.data = None
        return
    if not member.is_active:
        raise InvalidField("member_switched_off", field="phone")
    form.who.data = (Who.SHARED if member.is_shared else Who.MEMBER).value
    form.member_id.data = member.id


def choose_nobody(form: EntryForm) -> None:
    """Ask "who" again."""
    form.who.data = Who.NOBODY.value
    form.member_id.data = None


def choose_shared(form: EntryForm) -> None:
    """Take the member for callers and letters without a name (000-38..40)."""
    form.who.data = Who.SHARED.value


def choose_member(form: EntryForm, member_id: int) -> None:
    """Take a member who has just been registered."""
    form.who.data = Who.MEMBER.value
    form.member_id.data = row_id(member_id)


def _described(session: Session, actor: Actor, member: Member) -> Complainant:
    has_line = hears_by_line(member)
    if member.is_shared:
        return Complainant(member.id, member.full_name, mask_phone(member.phone), True, False)
    cases, count = _open_cases(session, actor, member.id)
    return Complainant(
        member.id,
        member.full_name,
        mask_phone(member.phone),
        False,
        has_line,
        _is_told(session, member),
        address=_place_only(member),
        cases=cases,
        case_count=count,
        blocks_line=reach_of(member.line_accounts, LineChannel.CITIZEN) is Reach.BLOCKED,
        is_unseen=member.self_registered_at is not None,
    )


def _is_told(session: Session, member: Member) -> bool:
    known = select(Consent.id).where(
        Consent.member_id == member.id,
        Consent.purpose == ConsentPurpose.COMPLAINT_NOTICE,
        Consent.wording_version == notice_version(),
    )
    return session.scalar(known.limit(1)) is not None


def notice_version() -> str:
    """Return the version of the words by which people are told how their data are used."""
    return str(current_lookups().setting("notice_version", "1"))


def _place_only(member: Member) -> str:
    """Return the address without the house, which is personal."""
    full, house = member.address_text, member.house_no or ""
    return full.removeprefix(house).strip() if house else full


def _open_cases(session: Session, actor: Actor, member_id: int) -> tuple[list[OpenCase], int]:
    mine = (Complaint.member_id == member_id, Complaint.status.in_(UNFINISHED))
    count = session.scalar(scope_complaints(select(func.count(Complaint.id)).where(*mine), actor)) or 0
    if not count:
        return [], 0
    rows = session.scalars(
        scope_complaints(select(Complaint).where(*mine), actor)
        .order_by(Complaint.listed_at.desc())
        .limit(MOST_CASES)
    )
    moment = now()
    return [_case(row, moment) for row in rows], count


def _case(row: Complaint, moment: datetime) -> OpenCase:
    about = row.subcategory or row.category
    runs = row.status.kind is StatusKind.OPEN
    return OpenCase(
        public_code=row.public_code,
        number=str(row),
        about=about.name if about else _("ยังไม่จัดประเภท"),
        status=row.status,
        days_left=days_left(row.due_at, moment) if row.due_at and runs else None,
    )
