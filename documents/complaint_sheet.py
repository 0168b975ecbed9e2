"""สำเนาคำร้อง: the complaint as an official sheet on A4 (000-08, 000-09, 000-45).

Three steps, so that nothing slow happens inside a transaction: ``sheet_of`` reads plain values, ``page_of``
writes HTML, ``pdf_of`` renders both with the pictures in a sandbox child.

The archived copy carries the complainant's name but neither phone nor ID in full. The open copy of a case
whose complainant wants to stay unknown carries no identity at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from math import ceil
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from documents.drawings import draw_map, qr_png
from documents.pdf import render
from domain.attachments import PHOTO_STAGES
from domain.clock import bangkok_date
from domain.errors import NotFound
from domain.labels import word
from domain.phones import mask_phone
from domain.placing import Outline, zone_outlines
from domain.questions import answers_of
from domain.settings import read_setting
from domain.thai_calendar import thai_date, thai_datetime
from models import (
    ActionResult,
    Attachment,
    AttachmentStage,
    Complaint,
    ComplaintEvent,
    ComplaintKind,
    Disclosure,
    EventKind,
    Setting,
    Urgency,
)
from sandbox import Sandbox
from storage import FileStore

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
MAX_PHOTOS = 20
MAX_LETTERS = 20_000
MAP_PIXELS = (480, 267)
QR_MODULE_PIXELS = 2  # reportlab unpacks and packs a PNG anew: four times fewer pixels, the same picture
WIDEST_BY_HEIGHT = 1.4  # wider photos would leave their half of the page
LETTERS_A_LINE = 88
PAGE_POINTS, FORM_POINTS, LINE_POINTS, PHOTO_POINTS, RESULT_POINTS = 745, 440, 15, 166, 75
CONCEALED = "ผู้ร้องขอปกปิดข้อมูล"


@dataclass(frozen=True, slots=True)
class Signature:
    """A box somebody signs: its title, what stands in it, who and when."""

    title: str
    text: str = ""
    name: str = ""
    position: str = ""
    day: str = ""


@dataclass(frozen=True, slots=True)
class SheetPhoto:
    """A photo of the sheet; ``key`` is where its version for paper lies in the store.

    ``wide`` says that its place is filled from side to side, not from top to bottom.
    """

    key: str
    caption: str
    wide: bool = False


@dataclass(frozen=True, slots=True)
class SheetResult:
    """What was done, for the sheet."""

    day: str
    outcome: str
    paragraphs: list[str]
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Everything the sheet says, as plain values.

    ``through_event_id`` is the last event it shows. ``pin`` is (latitude, longitude).
    """

    town: str
    addressee: str
    office: str
    number: str
    public_code: str
    day: str
    received: str
    subject: str
    complainant: str
    paragraphs: list[str]
    places: list[tuple[str, str]]
    facts: list[tuple[str, str]]
    results: list[SheetResult]
    before: list[SheetPhoto]
    after: list[SheetPhoto]
    photos_left: int
    signatures: list[Signature]
    track_url: str
    through_event_id: int
    pin: tuple[float, float] | None = None
    outlines: list[Outline] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


def sheet_of(session: Session, complaint_id: int, public_url: str, *, with_identity: bool = True) -> Sheet:
    """Read a complaint as the sheet says it now.

    Args:
        session: Only reads.
        complaint_id: The caller has checked the scope.
        public_url: Address of the citizens' pages, without a slash at the end.
        with_identity: False leaves out who brought it, for the open copy of a concealed case.

    Raises:
        NotFound: there is no such complaint.
    """
    complaint = session.get(Complaint, complaint_id)
    if complaint is None:
        raise NotFound("complaint_not_found")
    photos = _photos(session, complaint)
    last_event = session.scalar(
        select(func.max(ComplaintEvent.id)).where(ComplaintEvent.complaint_id == complaint.id)
    )
    received = complaint.received_at or complaint.created_at
    pinned = complaint.latitude is not None and complaint.longitude is not None
    town = str(read_setting(session, "municipality_name"))
    return Sheet(
        town=town,
        addressee=_setting(session, "addressee") or f"นายก{town}",
        office=_setting(session, "address"),
        number=complaint.number or "",
        public_code=complaint.public_code,
        day=thai_date(bangkok_date(received), "long"),
        received=_received(complaint),
        subject=_subject(complaint),
        complainant=_complainant(complaint, with_identity),
        paragraphs=[*_paragraphs(complaint.story[:MAX_LETTERS]), *_answers(session, complaint)],
        places=_places(complaint),
        facts=_facts(complaint),
        results=[_result(row) for row in complaint.results],
        before=photos[AttachmentStage.BEFORE],
        after=photos[AttachmentStage.AFTER],
        photos_left=_photo_count(session, complaint) - sum(len(row) for row in photos.values()),
        signatures=_signatures(session, complaint),
        track_url=f"{public_url}/track?code={complaint.public_code}",
        through_event_id=last_event or 0,
        pin=(float(complaint.latitude or 0), float(complaint.longitude or 0)) if pinned else None,
        outlines=zone_outlines(session) if pinned else [],
        words=_words(complaint),
    )


def page_of(sheet: Sheet) -> str:
    """Write the sheet as HTML; every text passes through autoescape."""
    return (
        _templates()
        .get_template("print/complaint_sheet.html")
        .render(sheet=sheet, likely_pages=likely_pages(sheet))
    )


def likely_pages(sheet: Sheet) -> int:
    """Guess the pages of the sheet, so that it need not be laid out twice; a wrong guess costs only time."""
    texts = [*sheet.paragraphs, *(text for result in sheet.results for text in result.paragraphs)]
    lines = sum(ceil(len(text) / LETTERS_A_LINE) for text in texts)
    photo_rows = ceil(len(sheet.before) / 2) + ceil(len(sheet.after) / 2)
    height = (
        FORM_POINTS + lines * LINE_POINTS + photo_rows * PHOTO_POINTS + len(sheet.results) * RESULT_POINTS
    )
    return ceil(height / PAGE_POINTS)


def pdf_of(sheet: Sheet, files: FileStore, sandbox: Sandbox) -> bytes:
    """Render the sheet with its photos, its map and its QR code.

    Raises:
        SandboxFailed: the child did not finish.
    """
    return render(page_of(sheet), pictures_of(sheet, files, sandbox), sheet.words, sandbox)


def hides_identity(complaint: Complaint) -> bool:
    """Tell whether the open copy must not say who brought the complaint."""
    member = complaint.member
    return complaint.disclosure is Disclosure.CONCEALED and member is not None and not member.is_shared


def pictures_of(sheet: Sheet, files: FileStore, sandbox: Sandbox) -> Mapping[str, bytes]:
    """Return the pictures of a sheet by key: photos, map and QR code; a photo that is gone is left out."""
    pictures = {"qr": qr_png(sheet.track_url, QR_MODULE_PIXELS)}
    if sheet.pin is not None:
        pictures["map"] = draw_map(sheet.outlines, sheet.pin, sandbox, MAP_PIXELS)
    for photo in (*sheet.before, *sheet.after):
        try:
            pictures[photo.key] = files.get(photo.key)
        except FileNotFoundError:  # The sheet stays readable: the caption says which photo is missing.
            continue
    return pictures


def _setting(session: Session, key: str) -> str:
    row = session.get(Setting, key)
    return str(row.value) if row is not None and row.value else ""


def _received(complaint: Complaint) -> str:
    return thai_datetime(complaint.received_at) if complaint.received_at else "ไม่ทราบวันที่"


def _subject(complaint: Complaint) -> str:
    kind = word(complaint.kind)
    about = complaint.subcategory or complaint.category
    if about is None:
        return kind
    return about.name if complaint.kind is ComplaintKind.COMPLAINT else f"{kind}: {about.name}"


def _complainant(complaint: Complaint, with_identity: bool) -> str:
    member = complaint.member
    if member is None:
        return "ผู้แจ้งทาง LINE (ไม่ได้ลงทะเบียน)" if complaint.reporter_account_id else "ไม่ระบุชื่อ"
    if member.is_shared:
        return f"{member.full_name} (ไม่ประสงค์เปิดเผยข้อมูล)"
    if not with_identity:
        return CONCEALED
    received = bangkok_date(complaint.received_at or complaint.created_at)
    parts = [member.full_name]
    if member.birth_date is not None:
        parts.append(f"อายุ {_age(member.birth_date, received)} ปี")
    if member.address_text:
        parts.append(f"ที่อยู่ {member.address_text}")
    parts.append(f"โทรศัพท์ {mask_phone(member.phone)}")
    if complaint.disclosure is Disclosure.CONCEALED:
        parts.append(f"({CONCEALED})")
    return " ".join(parts)


def _age(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _answers(session: Session, complaint: Complaint) -> list[str]:
    """Return what was said to the subtype's own questions, a paragraph each."""
    return [f"{row.question}: {row.answer}" for row in answers_of(session, complaint.id)]


def _paragraphs(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def _places(complaint: Complaint) -> list[tuple[str, str]]:
    rows = [
        ("ถนน/จุดอ้างอิง", complaint.road.name if complaint.road else ""),
        ("สถานที่", complaint.place_text or ""),
        ("ชุมชน", complaint.community.name if complaint.community else ""),
        ("เขต", complaint.zone.name if complaint.zone else ""),
    ]
    if complaint.latitude is not None:
        outside = " (อยู่นอกเขตเทศบาล)" if complaint.is_outside else ""
        rows.append(("พิกัด", f"{complaint.latitude}, {complaint.longitude}{outside}"))
    return [(label, value) for label, value in rows if value]


def _facts(complaint: Complaint) -> list[tuple[str, str]]:
    about = complaint.subcategory or complaint.category
    due = f" ครบกำหนด {thai_date(bangkok_date(complaint.due_at))}" if complaint.due_at else ""
    rows = [
        ("ช่องทางการแจ้ง", complaint.channel.name if complaint.channel else ""),
        ("ประเภท", f"{about.code} {about.name}" if about else ""),
        ("ระยะเวลา", f"{complaint.promised_text or ''}{due}".strip()),
        ("ความเร่งด่วน", word(complaint.urgency) if complaint.urgency is not Urgency.NORMAL else ""),
        ("หน่วยงานรับผิดชอบ", complaint.department.name if complaint.department else ""),
        ("ผู้รับผิดชอบ", complaint.assignee.full_name if complaint.assignee else ""),
        ("สถานะ", word(complaint.status)),
    ]
    return [(label, value) for label, value in rows if value]


def _result(result: ActionResult) -> SheetResult:
    return SheetResult(
        day=thai_date(result.done_date, "long"),
        outcome=word(result.outcome),
        paragraphs=_paragraphs(result.result_text),
        by=result.recorded_by.full_name if result.recorded_by else "",
    )


def _photos(session: Session, complaint: Complaint) -> dict[AttachmentStage, list[SheetPhoto]]:
    """Return at most twenty photos: each stage may fill what the other leaves."""
    rows = session.scalars(select(Attachment).where(*_shown(complaint)).order_by(Attachment.id)).all()
    by_stage = {stage: [row for row in rows if row.stage is stage] for stage in PHOTO_STAGES}
    half = MAX_PHOTOS // 2
    before, after = by_stage[AttachmentStage.BEFORE], by_stage[AttachmentStage.AFTER]
    room_before = max(half, MAX_PHOTOS - len(after))
    kept_before = before[:room_before]
    kept = {
        AttachmentStage.BEFORE: kept_before,
        AttachmentStage.AFTER: after[: MAX_PHOTOS - len(kept_before)],
    }
    return {stage: [_photo(row, index) for index, row in enumerate(kept[stage], 1)] for stage in kept}


def _shown(complaint: Complaint) -> tuple[ColumnElement[bool], ...]:
    """Return which files the sheet shows: those taken out of the case are shown nowhere."""
    return (
        Attachment.complaint_id == complaint.id,
        Attachment.stage.in_(PHOTO_STAGES),
        Attachment.removed_at.is_(None),
    )


def _photo(row: Attachment, index: int) -> SheetPhoto:
    title = "ก่อนดำเนินการ" if row.stage is AttachmentStage.BEFORE else "หลังดำเนินการ"
    pages = f" (เอกสาร {row.page_count} หน้า)" if row.page_count else ""
    taken = f" ถ่าย {thai_datetime(row.taken_at)}" if row.taken_at else ""
    words = f" {row.caption}" if row.caption else ""
    wide = bool(row.width and row.height and row.width > row.height * WIDEST_BY_HEIGHT)
    key = row.print_key or row.preview_key or row.storage_key  # Older photos have none made for paper.
    return SheetPhoto(key, f"ภาพที่ {index} {title}{pages}{taken}{words}", wide)


def _photo_count(session: Session, complaint: Complaint) -> int:
    return session.scalar(select(func.count()).select_from(Attachment).where(*_shown(complaint))) or 0


def _signatures(session: Session, complaint: Complaint) -> list[Signature]:
    clerk = complaint.created_by
    accepted = complaint.accepted_at
    order = session.scalars(
        select(ComplaintEvent)
        .where(ComplaintEvent.complaint_id == complaint.id, ComplaintEvent.kind == EventKind.DIRECT)
        .order_by(ComplaintEvent.id.desc())
        .limit(1)
    ).first()
    ordered = ""
    if complaint.assignee is not None:
        ordered = f"มอบหมาย {complaint.assignee.full_name} ดำเนินการ"
    if order is not None and order.note:
        ordered = f"{ordered} {order.note}".strip()
    return [
        Signature(
            "ผู้รับเรื่อง",
            name=clerk.full_name if clerk else "",
            position=(clerk.position or "") if clerk else "",
            day=thai_date(bangkok_date(accepted)) if accepted else "",
        ),
        Signature("ความเห็น"),
        Signature(
            "คำสั่ง",
            text=ordered,
            day=thai_date(bangkok_date(complaint.directed_at)) if complaint.directed_at else "",
        ),
    ]


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


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
