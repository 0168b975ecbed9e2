"""What the papers of a complaint say, read as plain values (000-08, 000-09, 000-45).

Three steps, so that nothing slow happens inside a transaction: ``sheet_of`` reads, ``case_papers.case_paper``
fills and draws, ``paper_files`` renders in a sandbox child and stores.

The archived copy carries the complainant's name but neither phone nor ID in full. The open copy of a case
whose complainant wants to stay unknown carries no identity at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from documents.paper_page import emblem_key
from documents.paper_parts import PaperPhoto, PaperResult
from documents.paper_templates import Template, template_of
from documents.sheet_photos import files_of, paper_time
from domain.clock import bangkok_date
from domain.errors import NotFound
from domain.labels import word
from domain.phones import mask_phone, readable_phone
from domain.placing import Outline, zone_outlines
from domain.questions import answers_of
from domain.settings import read_setting
from domain.thai_calendar import thai_date
from models import (
    ActionResult,
    Complaint,
    ComplaintEvent,
    ComplaintKind,
    Disclosure,
    DocumentKind,
    EventKind,
    StaffUser,
    Urgency,
)

MAX_LETTERS: Final = 20_000
CONCEALED: Final = "ผู้ร้องขอปกปิดข้อมูล"
NO_NUMBER: Final = "(ยังไม่ออกเลข)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """The town as its papers name it."""

    name: str
    address: str
    phone: str
    email: str
    web: str
    addressee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Complainant:
    """Who brought the complaint; phone and e-mail are masked, "" is what nobody said."""

    name: str
    age: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""
    occupation: str = ""
    agency: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """An officer as a box to sign in names him, and the day it happened."""

    name: str = ""
    position: str = ""
    day: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Everything the papers of a case say, as plain values.

    ``through_event_id`` is the last event they show. ``pin`` is (latitude, longitude).
    """

    template: Template
    emblem_key: str
    town: Town
    number: str
    public_code: str
    day: str
    time: str
    received: str
    subject: str
    complainant: Complainant
    paragraphs: list[str]
    road: str
    place: str
    community: str
    zone: str
    coordinates: str
    channel: str
    type: str
    promised: str
    due: str
    urgency: str
    department: str
    status: str
    clerk: Officer
    order: Officer
    assignee: Officer
    results: list[PaperResult]
    done_day: str
    before: list[PaperPhoto]
    after: list[PaperPhoto]
    photos_left: int
    attached: list[str]
    track_url: str
    through_event_id: int
    pin: tuple[float, float] | None = None
    outlines: list[Outline] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


def sheet_of(
    session: Session,
    complaint_id: int,
    public_url: str,
    *,
    kind: DocumentKind = DocumentKind.COMPLAINT_FORM,
    with_identity: bool = True,
) -> Sheet:
    """Read a complaint as a paper says it now, with the template that holds.

    Args:
        session: Only reads.
        complaint_id: The caller has checked the scope.
        public_url: Address of the citizens' pages, without a slash at the end.
        kind: Which paper.
        with_identity: False leaves out who brought it, for the open copy of a concealed case.

    Raises:
        NotFound: there is no such complaint.
    """
    complaint = session.get(Complaint, complaint_id)
    if complaint is None:
        raise NotFound("complaint_not_found")
    shown = files_of(session, complaint)
    received = complaint.received_at or complaint.created_at
    pinned = complaint.latitude is not None and complaint.longitude is not None
    about = complaint.subcategory or complaint.category
    template = template_of(session, kind)
    results = [_result(row, number) for number, row in enumerate(complaint.results, 1)]
    return Sheet(
        template=template,
        emblem_key=emblem_key(session, template),
        town=town_of(session),
        number=complaint.number or "",
        public_code=complaint.public_code,
        day=thai_date(bangkok_date(received), "long"),
        time=paper_time(received),
        received=_received(complaint),
        subject=_subject(complaint),
        complainant=_complainant(complaint, with_identity),
        paragraphs=[*_paragraphs(complaint.story[:MAX_LETTERS]), *_answers(session, complaint)],
        road=complaint.road.name if complaint.road else "",
        place=complaint.place_text or "",
        community=complaint.community.name if complaint.community else "",
        zone=complaint.zone.name if complaint.zone else "",
        coordinates=_coordinates(complaint),
        channel=complaint.channel.name if complaint.channel else "",
        type=f"{about.code} {about.name}" if about else "",
        promised=complaint.promised_text or "",
        due=thai_date(bangkok_date(complaint.due_at)) if complaint.due_at else "",
        urgency=word(complaint.urgency) if complaint.urgency is not Urgency.NORMAL else "",
        department=complaint.department.name if complaint.department else "",
        status=word(complaint.status),
        clerk=_officer(complaint.created_by, complaint.accepted_at),
        order=_order(session, complaint),
        assignee=_officer(complaint.assignee, complaint.acknowledged_at),
        results=results,
        done_day=results[-1].day if results else "",
        before=shown.before,
        after=shown.after,
        photos_left=shown.left,
        attached=shown.attached,
        track_url=f"{public_url}/track?code={complaint.public_code}",
        through_event_id=_last_event(session, complaint),
        pin=(float(complaint.latitude or 0), float(complaint.longitude or 0)) if pinned else None,
        outlines=zone_outlines(session) if pinned else [],
        words=_words(complaint),
    )


def town_of(session: Session) -> Town:
    """Read the town as its papers name it."""
    name = str(read_setting(session, "municipality_name"))
    return Town(
        name=name,
        address=_setting(session, "address"),
        phone=readable_phone(_setting(session, "contact_phone")),
        email=_setting(session, "contact_email"),
        web=_setting(session, "web_address"),
        addressee=_setting(session, "addressee") or f"นายก{name}",
    )


def hides_identity(complaint: Complaint) -> bool:
    """Tell whether the open copy must not say who brought the complaint."""
    member = complaint.member
    return complaint.disclosure is Disclosure.CONCEALED and member is not None and not member.is_shared


def _setting(session: Session, key: str) -> str:
    return str(read_setting(session, key) or "")


def _last_event(session: Session, complaint: Complaint) -> int:
    newest = select(func.max(ComplaintEvent.id)).where(ComplaintEvent.complaint_id == complaint.id)
    return session.scalar(newest) or 0


def _received(complaint: Complaint) -> str:
    at = complaint.received_at
    return f"{thai_date(at)} {paper_time(at)}" if at else "ไม่ทราบวันที่"


def _subject(complaint: Complaint) -> str:
    kind = word(complaint.kind)
    about = complaint.subcategory or complaint.category
    if about is None:
        return kind
    return about.name if complaint.kind is ComplaintKind.COMPLAINT else f"{kind}: {about.name}"


def _complainant(complaint: Complaint, with_identity: bool) -> Complainant:
    member = complaint.member
    if member is None:
        unknown = "ผู้แจ้งทาง LINE (ไม่ได้ลงทะเบียน)" if complaint.reporter_account_id else "ไม่ระบุชื่อ"
        return Complainant(name=unknown)
    if member.is_shared:
        return Complainant(name=member.full_name, note="(ไม่ประสงค์เปิดเผยข้อมูล)")
    if not with_identity:
        return Complainant(name=CONCEALED)
    received = bangkok_date(complaint.received_at or complaint.created_at)
    return Complainant(
        name=member.full_name,
        age=str(_age(member.birth_date, received)) if member.birth_date else "",
        address=member.address_text,
        phone=mask_phone(member.phone),
        email=_masked_email(member.email or ""),
        occupation=member.occupation or "",
        agency=member.agency or "",
        note=f"({CONCEALED})" if complaint.disclosure is Disclosure.CONCEALED else "",
    )


def _masked_email(address: str) -> str:
    name, at, host = address.rpartition("@")
    return f"{name[:2]}…{at}{host}" if at else ""


def _age(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _answers(session: Session, complaint: Complaint) -> list[str]:
    """Return what was said to the subtype's own questions, a paragraph each."""
    return [f"{row.question}: {row.answer}" for row in answers_of(session, complaint.id)]


def _paragraphs(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def _coordinates(complaint: Complaint) -> str:
    if complaint.latitude is None:
        return ""
    outside = " (อยู่นอกเขตเทศบาล)" if complaint.is_outside else ""
    return f"{complaint.latitude}, {complaint.longitude}{outside}"


def _result(result: ActionResult, number: int) -> PaperResult:
    return PaperResult(
        round=str(number),
        day=thai_date(result.done_date, "long"),
        outcome=word(result.outcome),
        paragraphs=_paragraphs(result.result_text),
        by=result.recorded_by.full_name if result.recorded_by else "",
    )


# Who signs --------------------------------------------------------------------------------------------------


def _officer(person: StaffUser | None, at: datetime | None) -> Officer:
    return Officer(
        name=person.full_name if person else "",
        position=(person.position or "") if person else "",
        day=thai_date(bangkok_date(at)) if at else "",
    )


def _order(session: Session, complaint: Complaint) -> Officer:
    """Return who ordered what: the last order, and to whom it went."""
    order = session.scalars(
        select(ComplaintEvent)
        .where(ComplaintEvent.complaint_id == complaint.id, ComplaintEvent.kind == EventKind.DIRECT)
        .order_by(ComplaintEvent.id.desc())
        .limit(1)
    ).first()
    assigned = f"มอบหมาย {complaint.assignee.full_name} ดำเนินการ" if complaint.assignee else ""
    note = (order.note or "") if order else ""
    signer = order.staff_user if order else None
    return Officer(
        name=signer.full_name if signer else "",
        position=(signer.position or "") if signer else "",
        day=thai_date(bangkok_date(complaint.directed_at)) if complaint.directed_at else "",
        words=f"{assigned} {note}".strip(),
    )


def _words(complaint: Complaint) -> list[str]:
    """Return names of places and people: no line break splits them."""
    rows: Sequence[object | None] = (
        complaint.road,
        complaint.community,
        complaint.zone,
        complaint.department,
        complaint.subcategory,
    )
    people = (complaint.assignee, complaint.created_by, complaint.member)
    names = [name for row in rows if (name := getattr(row, "name", ""))]
    return names + [part for person in people if person for part in person.full_name.split()]
