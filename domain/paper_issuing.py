"""Issuing an official paper of a case: what the officer types, when it may be issued, and writing it down.

The PDF is made outside any transaction (``documents.paper_files``); ``issue_paper`` writes the row that names
it. An order, memo or slip of a complainant who wants to stay unknown never names him: it goes through many
hands. Form and result letter do, and only those who may see him open them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.audit import record
from domain.clock import bangkok_date, today
from domain.errors import DomainError, FieldChecks, InvalidField, NotPermitted, add_message
from domain.labels import word
from domain.papers import StoredPaper, archive_paper, latest_paper
from domain.permissions import Permission, require
from domain.phones import readable_phone
from domain.settings import read_setting
from domain.sight import sees_person
from domain.thai_calendar import thai_date
from domain.thai_dates import parse_thai_date
from domain.thai_text import clean_text, to_arabic_digits
from models import (
    AttachmentStage,
    AuditAction,
    Complaint,
    ComplaintEvent,
    ComplaintStatus,
    Disclosure,
    Document,
    DocumentKind,
    EventKind,
    StaffUser,
)

LINE, TEXT = 200, 6_000
ISSUED: Final = (DocumentKind.ORDER, DocumentKind.RESULT_LETTER, DocumentKind.MEMO, DocumentKind.SLIP)
"""The papers an officer issues by hand; the complaint form is archived by itself."""
NAMES_PERSON: Final = frozenset({DocumentKind.COMPLAINT_FORM, DocumentKind.RESULT_LETTER})
TELLABLE: Final = frozenset(
    {
        *(ComplaintStatus.RESOLVED, ComplaintStatus.CLOSED, ComplaintStatus.REJECTED),
        *(ComplaintStatus.AWAITING_PLAN, ComplaintStatus.REFERRED_OUT),
    }
)
"""States in which there is something to tell by letter."""
CORRECTIONS: Final = frozenset({EventKind.EDIT, EventKind.CORRECT_RESULT, EventKind.UNDO})
_TIME: Final = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)(?: ?น\.?)?", re.ASCII)


class Asked(StrEnum):
    """What kind of thing is typed."""

    LINE = "line"
    TEXT = "text"
    DAY = "day"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class PaperField:
    """Something an officer types for a paper; its name is the key in ``Document.facts``."""

    name: str
    asked: Asked = Asked.LINE
    required: bool = False
    most: int = LINE


_SIGNER: Final = (PaperField("signer_name", required=True), PaperField("signer_position", Asked.TEXT))
_LETTER: Final = (
    PaperField("letter_number", most=60),
    PaperField("letter_day", Asked.DAY),
    PaperField("office", required=True),
    PaperField("subject", required=True),
    PaperField("addressee", required=True),
)
FIELDS: Final[dict[DocumentKind, tuple[PaperField, ...]]] = {
    DocumentKind.ORDER: (
        PaperField("letter_day", Asked.DAY, required=True),
        PaperField("order", Asked.TEXT, required=True, most=TEXT),
        *_SIGNER,
    ),
    DocumentKind.RESULT_LETTER: (
        *_LETTER,
        PaperField("reference"),
        PaperField("enclosures"),
        PaperField("text", Asked.TEXT, required=True, most=TEXT),
        *_SIGNER,
        PaperField("owner"),
        PaperField("owner_phone", most=60),
    ),
    DocumentKind.MEMO: (
        *_LETTER,
        PaperField("text", Asked.TEXT, required=True, most=TEXT),
        PaperField("owner_phone", most=60),
    ),
    DocumentKind.SLIP: (
        PaperField("appointment_day", Asked.DAY, required=True),
        PaperField("appointment_time", Asked.TIME, required=True),
        PaperField("appointment_place", required=True),
        PaperField("bring"),
        PaperField("officer", required=True),
    ),
}
"""What is typed for each issued paper, in the order of its form."""


def read_facts(kind: DocumentKind, typed: Mapping[str, str]) -> dict[str, str]:
    """Read what was typed for a paper: texts cleaned, days as ISO, times as ``09:30``; nothing empty is kept.

    Raises:
        FieldErrors: every field that cannot be taken.
    """
    check, facts = FieldChecks(), {}
    for field in FIELDS.get(kind, ()):
        with check:
            value = _read(field, typed.get(field.name, ""))
            if value:
                facts[field.name] = value
    check.done()
    return facts


def _read(field: PaperField, text: str) -> str:
    if field.asked is Asked.DAY:
        if not text.strip() and not field.required:
            return ""
        return parse_thai_date(text, field=field.name).isoformat()
    if field.asked is Asked.TIME:
        return _read_time(field, text)
    multiline = field.asked is Asked.TEXT
    return clean_text(
        text, max_length=field.most, field=field.name, multiline=multiline, required=field.required
    )


def _read_time(field: PaperField, text: str) -> str:
    plain = clean_text(text, max_length=20, field=field.name, multiline=False, required=field.required)
    found = _TIME.fullmatch(to_arabic_digits(plain))
    if plain and found is None:
        raise InvalidField("paper_time_unreadable", field=field.name)
    return f"{int(found[1]):02}:{found[2]}" if found else ""


# When it may be issued --------------------------------------------------------------------------------------


def require_issue(actor: Actor, complaint: Complaint, kind: DocumentKind) -> None:
    """Make sure that the actor may issue this paper of this case now.

    Raises:
        NotPermitted: he may not issue papers of it, or not this one: it names whom he may not see.
        DomainError: the case is not so far.
    """
    require(actor, Permission.DOCUMENT_ISSUE, complaint)
    if kind not in FIELDS:
        raise NotPermitted
    if kind in NAMES_PERSON and not sees_person(actor, complaint):
        raise NotPermitted("not_permitted_personal_data")
    if kind is DocumentKind.ORDER and complaint.assignee_id is None:
        raise DomainError("paper_needs_assignee")
    if kind is DocumentKind.RESULT_LETTER and complaint.status not in TELLABLE:
        raise DomainError("paper_needs_result")


def can_issue(actor: Actor, complaint: Complaint, kind: DocumentKind) -> bool:
    """Tell whether ``require_issue`` would let the actor through."""
    try:
        require_issue(actor, complaint, kind)
    except DomainError:
        return False
    return True


def may_open(actor: Actor, complaint: Complaint, kind: DocumentKind) -> bool:
    """Tell whether the actor may read an archived paper of a case he sees."""
    member = complaint.member
    is_hidden = complaint.disclosure is Disclosure.CONCEALED and member is not None and not member.is_shared
    return not (kind in NAMES_PERSON and is_hidden) or sees_person(actor, complaint)


def shows_person(complaint: Complaint, kind: DocumentKind) -> bool:
    """Tell whether a paper names who complains."""
    return kind in NAMES_PERSON or complaint.disclosure is Disclosure.DISCLOSED


def issue_paper(
    session: Session, actor: Actor, complaint_id: int, kind: DocumentKind, stored: StoredPaper
) -> Document:
    """Archive a rendered paper as issued by the actor; the same one issued twice is one paper.

    Args:
        session: Inside a write transaction; the caller commits.
        actor: With ``document:issue`` for the case.
        complaint_id: Of a case within his reach.
        kind: Which paper.
        stored: The PDF in the store; drop it when the paper that comes back is another.

    Raises:
        NotPermitted, DomainError: as in ``require_issue``.
    """
    locked = select(Complaint).where(Complaint.id == complaint_id).with_for_update()
    complaint = session.scalars(locked).one()
    require_issue(actor, complaint, kind)
    last = latest_paper(session, kind, complaint_id=complaint_id)
    if last is not None and _is_same(last, stored):
        return last
    paper = archive_paper(session, kind, stored, complaint=complaint, made_by_id=actor.staff_user_id)
    session.flush()
    changes = {"kind": kind.value, "version": paper.version, "sha256": paper.sha256}
    record(session, actor, AuditAction.CREATE, paper, changes=changes | {"complaint": str(complaint)})
    return paper


def _is_same(paper: Document, stored: StoredPaper) -> bool:
    return (
        paper.facts == dict(stored.facts)
        and paper.through_event_id == stored.through_event_id
        and paper.template_version == stored.template_version
    )


def corrected_since(session: Session, complaint_id: int) -> int:
    """Return the last event that corrected what papers say, 0 for none: older papers are out of date."""
    newest = select(func.max(ComplaintEvent.id)).where(
        ComplaintEvent.complaint_id == complaint_id, ComplaintEvent.kind.in_(CORRECTIONS)
    )
    return session.scalar(newest) or 0


# What stands in the form at first ---------------------------------------------------------------------------


def first_facts(session: Session, actor: Actor, complaint: Complaint, kind: DocumentKind) -> dict[str, str]:
    """Return what the form holds before anybody types: the last version's, or what the case gives."""
    last = latest_paper(session, kind, complaint_id=complaint.id)
    if last is not None:
        return {name: str(value) for name, value in last.facts.items()}
    officer = session.get(StaffUser, actor.staff_user_id) if actor.staff_user_id else None
    proposed = _letter_facts(session, actor, complaint, kind) | _slip_facts(session, officer)
    if kind is DocumentKind.ORDER:
        proposed |= _order_facts(session, complaint)
    elif kind is DocumentKind.RESULT_LETTER:
        proposed |= {"text": _result_words(session, complaint), "enclosures": _enclosures(complaint)}
    elif kind is DocumentKind.MEMO:
        proposed["text"] = _latest_result(complaint)
    return {field.name: proposed.get(field.name, "") for field in FIELDS[kind]}


def _letter_facts(session: Session, actor: Actor, complaint: Complaint, kind: DocumentKind) -> dict[str, str]:
    town, about = str(read_setting(session, "municipality_name")), _about(complaint)
    department = complaint.department.name if complaint.department else ""
    code = str(read_setting(session, "letter_code"))
    is_letter = kind is DocumentKind.RESULT_LETTER
    person = complaint.member.full_name if complaint.member and sees_person(actor, complaint) else ""
    received = bangkok_date(complaint.received_at or complaint.created_at)
    return {
        "letter_number": f"{code}/" if code else "",
        "letter_day": today().isoformat(),
        "office": f"{department} {town}".strip(),
        "subject": f"แจ้งผลการดำเนินการเรื่องร้องทุกข์ {about}" if is_letter else f"รายงานเรื่องร้องทุกข์ {about}",
        "addressee": person if is_letter else str(read_setting(session, "addressee") or f"นายก{town}"),
        "reference": f"คำร้องทุกข์ เลขที่ {complaint} ลงวันที่ {thai_date(received, 'long')}",
        "signer_name": str(read_setting(session, "signer_name")),
        "signer_position": str(read_setting(session, "signer_position")),
        "owner": department,
        "owner_phone": readable_phone(str(read_setting(session, "contact_phone"))),
    }


def _slip_facts(session: Session, officer: StaffUser | None) -> dict[str, str]:
    return {
        "appointment_place": str(read_setting(session, "address")),
        "officer": officer.full_name if officer else "",
    }


def _order_facts(session: Session, complaint: Complaint) -> dict[str, str]:
    order = session.scalars(
        select(ComplaintEvent)
        .where(ComplaintEvent.complaint_id == complaint.id, ComplaintEvent.kind == EventKind.DIRECT)
        .order_by(ComplaintEvent.id.desc())
        .limit(1)
    ).first()
    signer = order.staff_user if order else complaint.created_by  # Registered and ordered in one.
    note = (order.note or "") if order else ""
    assigned = f"มอบหมาย {complaint.assignee.full_name} ดำเนินการ" if complaint.assignee else ""
    day = bangkok_date(complaint.directed_at) if complaint.directed_at else today()
    facts = {"order": f"{assigned} {note}".strip(), "letter_day": day.isoformat()}
    if signer is not None:
        facts |= {"signer_name": signer.full_name, "signer_position": signer.position or ""}
    return facts


def _result_words(session: Session, complaint: Complaint) -> str:
    town = read_setting(session, "municipality_name")
    begin = f"ตามที่ท่านได้แจ้งเรื่องร้องทุกข์ เรื่อง {_about(complaint)} ตามคำร้องที่อ้างถึง นั้น"
    return f"{begin}\n{town} ขอแจ้งผลการดำเนินการ ดังนี้ {_latest_result(complaint)}\nจึงเรียนมาเพื่อโปรดทราบ"


def _latest_result(complaint: Complaint) -> str:
    """Return what there is to tell: the result, or why there is none."""
    if complaint.results:
        return complaint.results[-1].result_text
    if complaint.reject_reason:
        return complaint.reject_reason
    waiting = {
        ComplaintStatus.AWAITING_PLAN: "เรื่องนี้อยู่ระหว่างรอเข้าแผนงานและงบประมาณ",
        ComplaintStatus.REFERRED_OUT: f"ได้ส่งเรื่องต่อให้ {complaint.referred_to or 'หน่วยงานที่เกี่ยวข้อง'} แล้ว",
    }
    return waiting.get(complaint.status, f"สถานะปัจจุบัน: {word(complaint.status)}")


def _enclosures(complaint: Complaint) -> str:
    after = sum(1 for photo in complaint.attachments if photo.stage is AttachmentStage.AFTER)
    return f"ภาพหลังดำเนินการ จำนวน {after} ภาพ" if after else ""


def _about(complaint: Complaint) -> str:
    about = complaint.subcategory or complaint.category
    return about.name if about else word(complaint.kind)


def shown_facts(kind: DocumentKind, facts: Mapping[str, str]) -> dict[str, str]:
    """Return kept facts as they stand in the boxes of the form: days in the Thai calendar."""
    days = {field.name for field in FIELDS.get(kind, ()) if field.asked is Asked.DAY}
    return {
        name: thai_date(date.fromisoformat(value), "digits") if name in days and value else value
        for name, value in facts.items()
    }


add_message(
    "paper_needs_assignee",
    thai="ออกใบสั่งการได้เมื่อมีผู้รับผิดชอบแล้ว กรุณาสั่งการก่อน",
    english="An order can be issued once somebody is responsible; please assign the case first",
)
add_message(
    "paper_needs_result",
    thai="ออกหนังสือแจ้งผลได้เมื่อมีผลแล้ว กรุณาบันทึกผลก่อน",
    english="A result letter can be issued once there is a result; please record it first",
)
add_message(
    "paper_time_unreadable",
    thai="อ่านเวลาไม่ออก กรุณาพิมพ์แบบ 09:30",
    english="This time cannot be read; please type it like 09:30",
)
