"""How a complaint begins: written down by staff, handed in by a citizen. One transaction each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.attachments import claim_photos
from domain.choices import category_for, chosen, officer_for, optional, subcategory_for
from domain.clock import now
from domain.entries import MAX_PLACE as MAX_PLACE
from domain.entries import MAX_STORY as MAX_STORY
from domain.entries import Entry as Entry
from domain.entries import Texts
from domain.entries import check_place as check_place
from domain.entries import check_received as check_received
from domain.entries import check_texts as check_texts
from domain.errors import FieldChecks, InvalidField, MissingField, StaleRow, add_message
from domain.faults import fault_point
from domain.members import create_member, kept_member, record_notice
from domain.moves import move
from domain.numbering import RUNNING_ON, format_number, number_year, take_number, take_public_code
from domain.papers import request_copy
from domain.permissions import Permission, require, scope_complaints
from domain.placing import find_or_add_road, place_of
from domain.promises import promise
from domain.questions import Answered, check_answers, keep_answers, questions_of
from domain.search import complaint_search_text
from domain.settings import read_setting
from domain.vault import Vault
from domain.workflow import Action, Audience, Telling, transition_for
from models import (
    Assignment,
    AttachmentStage,
    Category,
    Channel,
    Community,
    Complaint,
    ComplaintStatus,
    Figure,
    FormToken,
    Member,
    StaffUser,
    Subcategory,
    Zone,
)

PURPOSE = "register"


def registered_before(session: Session, form_token: str) -> Complaint | None:
    """Return the complaint an earlier press of the same form made, or None."""
    used = session.scalars(select(FormToken).where(FormToken.token == form_token)).one_or_none()
    return session.get(Complaint, used.complaint_id) if used and used.complaint_id else None


def register(session: Session, actor: Actor, vault: Vault, entry: Entry) -> Complaint:
    """Write down a complaint for a citizen: number, event, messages and PDF job at once (000-59..61).

    With an officer it is directed, without one it stops at accepted and the intake of its department is
    told. A second press of the same form returns the same complaint and changes nothing.

    Args:
        session: Inside a write transaction; the caller commits.
        actor: Staff with ``complaint:create``; of a department, for its own main types only.
        vault: Makes the tracking password.
        entry: What was written down.

    Raises:
        NotPermitted: the actor may not enter complaints, or not register the newcomer.
        FieldErrors: everything that cannot be taken, field by field.
    """
    require(actor, Permission.COMPLAINT_CREATE)
    moment = now()
    earlier = _claim_form(session, entry.form_token, moment)
    if earlier is not None:
        return earlier
    parts = _check(session, actor, vault, entry)
    complaint = _new_complaint(session, vault, entry, parts.texts, moment)
    complaint.member = parts.member
    complaint.category, complaint.subcategory = parts.category, parts.subcategory
    complaint.created_by_id = actor.staff_user_id
    complaint.parent_id = parts.parent.id if parts.parent else None
    complaint.department = parts.category.department
    complaint.accepted_at = moment
    if parts.subcategory is not None:
        promise(session, complaint, parts.subcategory)
    if parts.assignee is not None:
        complaint.directed_at = moment
    fault_point("before_number")
    issue_number(session, complaint, parts.category, moment)
    fault_point("after_number")
    if entry.notice and not parts.member.is_shared:
        record_notice(session, actor, parts.member, entry.notice)
    if parts.assignee is not None:
        complaint.department = parts.assignee.department or complaint.department
        assign(session, actor, complaint, parts.assignee, moment)
    complaint.search_text = complaint_search_text(complaint)
    fault_point("before_event")
    event = move(
        session,
        actor,
        complaint,
        transition_for(Action.REGISTER),
        target=ComplaintStatus.DIRECTED if parts.assignee else ComplaintStatus.ACCEPTED,
        facts=_facts(complaint, parts),
        tells=_tellings(parts.assignee),
    )
    keep_answers(session, complaint, parts.answers)
    request_copy(session, complaint, event.id)
    _finish_entry(session, actor, complaint, entry)
    return complaint


def submit(session: Session, actor: Actor, vault: Vault, entry: Entry) -> Complaint:
    """Hand in a complaint as a citizen: public code and tracking password, no number yet.

    A subtype the citizen chose is a proposal: it leads the case to its department, whose intake is told, and
    whoever accepts the case decides.

    Raises:
        FieldErrors: everything that cannot be taken, field by field.
    """
    moment = now()
    earlier = _claim_form(session, entry.form_token, moment)
    if earlier is not None:
        return earlier
    parts = _check_submitted(session, entry)
    complaint = _new_complaint(session, vault, entry, parts.texts, moment)
    complaint.member = session.get(Member, entry.member_id) if entry.member_id else None
    complaint.reporter_account_id = entry.reporter_account_id
    if parts.subcategory is not None:
        complaint.subcategory, complaint.category = parts.subcategory, parts.subcategory.category
        complaint.department = parts.subcategory.category.department
    if entry.notice and complaint.member is not None and not complaint.member.is_shared:
        record_notice(session, actor, complaint.member, entry.notice)
    complaint.search_text = complaint_search_text(complaint)
    facts = {"notice": entry.notice} if entry.notice else None
    move(session, actor, complaint, transition_for(Action.SUBMIT), facts=facts)
    keep_answers(session, complaint, parts.answers)
    _finish_entry(session, actor, complaint, entry)
    return complaint


@dataclass(frozen=True, slots=True)
class _Submitted:
    texts: Texts
    subcategory: Subcategory | None
    answers: list[Answered]


def _check_submitted(session: Session, entry: Entry) -> _Submitted:
    check = FieldChecks()
    answers: list[Answered] = []
    with check:
        texts = check_texts(entry)
    with check:
        check_place(session, entry)
    with check:
        wished = entry.proposed_subcategory_id
        subcategory = optional(session, Subcategory, wished, "subcategory_id")
        if subcategory is not None:
            answers = check_answers(questions_of(session, subcategory.id), entry.answers)
    check.done()
    return _Submitted(texts, subcategory, answers)


@dataclass(frozen=True, slots=True)
class _Parts:
    texts: Texts
    member: Member
    category: Category
    subcategory: Subcategory | None
    assignee: StaffUser | None
    answers: list[Answered]
    parent: Complaint | None


def _claim_form(session: Session, token: str, moment: datetime) -> Complaint | None:
    """Mark a form as used, or return the complaint its first press made.

    The mark is the first thing written, so that a twin waits here until the first press has committed and
    then finds its complaint.
    """
    make = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    mark = make(FormToken).values(token=token, purpose=PURPOSE, used_at=moment)
    untouched = mark.on_conflict_do_nothing(index_elements=["token"]).returning(FormToken.id)
    if session.execute(untouched).scalar() is not None:
        return None
    earlier = registered_before(session, token)
    if earlier is None:
        raise StaleRow
    return earlier


def _check(session: Session, actor: Actor, vault: Vault, entry: Entry) -> _Parts:
    check = FieldChecks()
    with check:
        texts = check_texts(entry)
    with check:
        member = _complainant(session, actor, vault, entry)
    with check:
        chosen(session, Channel, entry.channel_id, "channel_id")
    category: Category | None = None
    answers: list[Answered] = []
    with check:
        category = category_for(session, actor, entry.category_id, Permission.COMPLAINT_CREATE)
    with check:
        subcategory = subcategory_for(session, entry.subcategory_id, category)
        if subcategory is not None:
            answers = check_answers(questions_of(session, subcategory.id), entry.answers)
    with check:
        assignee = officer_for(session, entry.assignee_id, category)
        if assignee is not None and entry.subcategory_id is None:
            raise MissingField("subcategory_required", field="subcategory_id")
    with check:
        check_place(session, entry)
    with check:
        check_received(entry)
    with check:
        parent = _parent(session, actor, entry.parent_id)
    check.done()
    if category is None:  # Unreachable after done(); it tells the type checker so.
        raise MissingField("category_required", field="category_id")
    return _Parts(texts, member, category, subcategory, assignee, answers, parent)


def _complainant(session: Session, actor: Actor, vault: Vault, entry: Entry) -> Member:
    if entry.newcomer is not None:
        return create_member(session, actor, vault, entry.newcomer)
    kept = kept_member(session, entry.member_id)  # He may have been merged while the form was open.
    return chosen(session, Member, kept.id if kept else entry.member_id, "member_id", "complainant_required")


def _parent(session: Session, actor: Actor, parent_id: int | None) -> Complaint | None:
    """Return the earlier case a new one belongs to; the officer must see it.

    Raises:
        InvalidField: ``parent_not_found``.
    """
    if parent_id is None:
        return None
    parent: Complaint | None = session.scalar(
        scope_complaints(select(Complaint).where(Complaint.id == parent_id), actor)
    )
    if parent is None:
        raise InvalidField("parent_not_found", field="parent_id")
    return parent


def _facts(complaint: Complaint, parts: _Parts) -> dict[str, Any]:
    """Return what the event remembers of the beginning."""
    facts: dict[str, Any] = {"number": complaint.number}
    if parts.parent is not None:
        facts |= {"parent": str(parts.parent), "parent_id": parts.parent.id}
    return facts


def _tellings(assignee: StaffUser | None) -> tuple[Telling, ...]:
    tells = transition_for(Action.REGISTER).tells
    if assignee is not None:
        return tells
    complainant = tuple(telling for telling in tells if telling.audience is Audience.COMPLAINANT)
    return (*complainant, Telling(Audience.INTAKE, "staff_new_complaint"))


def _new_complaint(session: Session, vault: Vault, entry: Entry, texts: Texts, moment: datetime) -> Complaint:
    public_code = take_public_code(session, moment)
    received = entry.received_at or moment
    pin = None
    if entry.latitude is not None and entry.longitude is not None:
        pin = (entry.latitude, entry.longitude)
    zone_id, is_outside = place_of(session, entry.zone_id, entry.community_id, pin)
    return Complaint(
        public_code=public_code,
        tracking_hash=vault.tracking_hash(vault.tracking_password(public_code, 1)),
        tracking_generation=1,
        kind=entry.kind,
        urgency=entry.urgency,
        disclosure=entry.disclosure,
        status=ComplaintStatus.SUBMITTED,  # move() leads on from here.
        figure=Figure.EXAMINATION,
        story=texts.story,
        place_text=texts.place or None,
        latitude=pin[0] if pin else None,
        longitude=pin[1] if pin else None,
        is_outside=is_outside,
        callback_phone=entry.callback_phone,
        channel_id=entry.channel_id,
        road=find_or_add_road(session, texts.road),
        zone=session.get(Zone, zone_id) if zone_id else None,
        community=session.get(Community, entry.community_id) if entry.community_id else None,
        created_at=moment,
        received_at=received,
        listed_at=received,
        state_seq=0,
        reopen_count=0,
    )


def _finish_entry(session: Session, actor: Actor, complaint: Complaint, entry: Entry) -> None:
    """Hang the form's token and its photos on the complaint, which has its id by now."""
    session.execute(
        update(FormToken)
        .where(FormToken.token == entry.form_token)
        .values(complaint_id=complaint.id)
        .execution_options(synchronize_session=False)
    )
    claim_photos(session, actor, entry.form_token, complaint, AttachmentStage.BEFORE)


def issue_number(session: Session, complaint: Complaint, category: Category, moment: datetime) -> None:
    """Give the complaint the next number of its main type and year; it never changes (decisions.md 13)."""
    year = number_year(moment, str(read_setting(session, "number_year")))
    series = year if read_setting(session, "number_reset") == "yearly" else RUNNING_ON
    running = take_number(session, category.code, series)
    pattern = str(read_setting(session, "number_pattern"))
    complaint.number_code = category.code
    complaint.number_year = series
    complaint.number_running = running
    complaint.number = format_number(pattern, category.code, running, year)


def assign(
    session: Session,
    actor: Actor,
    complaint: Complaint,
    assignee: StaffUser,
    moment: datetime,
    note: str | None = None,
) -> Assignment:
    """Make an officer responsible and return the row that remembers since when and by whom."""
    complaint.assignee = assignee
    assignment = Assignment(
        complaint=complaint,
        assignee=assignee,
        department_id=assignee.department_id,
        assigned_by_id=actor.staff_user_id,
        assigned_at=moment,
        note=note,
    )
    session.add(assignment)
    return assignment


add_message(
    "complainant_required",
    thai="กรุณาค้นหาผู้ร้องจากเบอร์โทรศัพท์ เพิ่มสมาชิกใหม่ หรือเลือกพลเมืองดี",
    english="Find the complainant by phone, add a new member, or choose the shared member",
)
add_message(
    "member_switched_off",
    thai="สมาชิกเบอร์นี้ปิดใช้งานอยู่ กรุณาเปิดใช้งานที่เมนูสมาชิกก่อน",
    english="The member with this number is switched off; switch it on under Members first",
)
add_message(
    "parent_not_found",
    thai="ไม่พบเรื่องเดิมที่จะเชื่อมด้วย อาจอยู่นอกหน่วยงานของคุณ กรุณาตรวจอีกครั้ง",
    english="The earlier case is not there, or lies outside your department; please look again",
)
