"""ทะเบียนคุม on paper: one line a case, landscape A4, the head on every page, numbered on from where one likes.

Beyond ``MOST_ROWS`` the register is an Excel file (reports): a table of thousands of rows is no paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from documents.batches import BatchFile, BatchKind, BatchTools, register_batch
from documents.complaint_sheet import CONCEALED, town_of
from documents.pdf import render
from documents.print_pages import print_page
from domain.actor import Actor
from domain.clock import bangkok_date, now
from domain.labels import word
from domain.permissions import Permission, scope_complaints
from domain.thai_calendar import thai_date, thai_datetime
from domain.thai_text import grapheme_truncate, mask_name
from models import Complaint, Disclosure, DocumentKind
from sandbox import Sandbox

MOST_ROWS: Final = 500
STORY_LETTERS: Final = 110
PLACE_LETTERS: Final = 60
PAGE_POINTS, LINE_POINTS, ROW_POINTS = 474.0, 11.25, 4.5
ROWS_A_TABLE: Final = 8
WIDTHS: Final = {"story": 45, "place": 25, "responsible": 21}  # Letters a line of these columns.
NAMES: Final = (
    *(Complaint.member, Complaint.channel, Complaint.subcategory, Complaint.category, Complaint.zone),
    *(Complaint.community, Complaint.department, Complaint.assignee),
)


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One case of the register."""

    running: int
    number: str
    code: str
    received: str
    channel: str
    complainant: str
    about: str
    story: str
    place: str
    responsible: str
    due: str
    status: str
    ended: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A register as it is printed.

    Attributes:
        town: Whose.
        rows: In the order of receipt.
        filters: What was chosen, in words.
        made: When it was made and by whom.
    """

    town: str
    rows: list[RegisterRow]
    filters: str
    made: str


def register_of(
    session: Session,
    actor: Actor,
    complaint_ids: Sequence[int],
    *,
    filters: Sequence[tuple[str, str]] = (),
    first_number: int = 1,
) -> Register:
    """Read the cases of a register; names stand masked, those who wish to stay unknown without.

    Args:
        session: Only reads.
        actor: Whose rights decide which cases are there.
        complaint_ids: At most ``MOST_ROWS`` count.
        filters: Names and values of what was chosen.
        first_number: Where the running numbers begin, to go on from an earlier register.
    """
    wanted = select(Complaint).where(Complaint.id.in_(complaint_ids[:MOST_ROWS]))
    loaded = wanted.options(*(joinedload(name) for name in NAMES))
    ordered = scope_complaints(loaded, actor, Permission.COMPLAINT_PRINT).order_by(
        Complaint.listed_at, Complaint.id
    )
    rows = [
        _row(complaint, number) for number, complaint in enumerate(session.scalars(ordered), first_number)
    ]
    return Register(
        town=town_of(session).name,
        rows=rows,
        filters=" · ".join(f"{name}: {value}" for name, value in filters),
        made=f"จัดทำ {thai_datetime(now())} โดย {actor.name}",
    )


def register_page(register: Register) -> str:
    """Write the register as HTML; every text passes through autoescape."""
    likely = _likely_pages(register.rows)
    return print_page(
        "print/register.html", register=register, likely_pages=likely, rows_a_table=ROWS_A_TABLE
    )


def register_pdf(register: Register, sandbox: Sandbox) -> bytes:
    """Render the register.

    Raises:
        SandboxFailed: the child did not finish.
    """
    return render(register_page(register), {}, (), sandbox)


def write_register(
    session: Session, actor: Actor, complaint_ids: Sequence[int], tools: BatchTools
) -> BatchFile:
    """Write the register of the chosen cases, for a batch."""
    register = register_of(session, actor, complaint_ids, filters=tools.filters)
    pdf = register_pdf(register, tools.sandbox)
    return BatchFile(pdf, len(register.rows))


def _likely_pages(rows: Sequence[RegisterRow]) -> int:
    """Guess the pages, so that a long table need not be laid out twice; a wrong guess costs only time."""
    pages, used = 1, 0.0
    for row in rows:
        told = 1 + ceil(len(row.story) / WIDTHS["story"])
        place, people = (ceil(len(getattr(row, name)) / WIDTHS[name]) for name in ("place", "responsible"))
        height = max(2, told, place, people) * LINE_POINTS + ROW_POINTS
        if used + height > PAGE_POINTS:  # A row stays whole.
            pages, used = pages + 1, 0.0
        used += height
    return pages


def _row(complaint: Complaint, running: int) -> RegisterRow:
    about = complaint.subcategory or complaint.category
    places = (complaint.place_text, complaint.community and complaint.community.name)
    place = " · ".join(text for text in (*places, complaint.zone and complaint.zone.name) if text)
    people = (complaint.department and complaint.department.name, complaint.assignee)
    return RegisterRow(
        running=running,
        number=complaint.number or "–",
        code=complaint.public_code,
        received=thai_date(bangkok_date(complaint.received_at)) if complaint.received_at else "ไม่ทราบวันที่",
        channel=complaint.channel.name if complaint.channel else "",
        complainant=_complainant(complaint),
        about=f"{about.code} {about.name}" if about else "ยังไม่จัดประเภท",
        story=grapheme_truncate(" ".join(complaint.story.split()), STORY_LETTERS),
        place=grapheme_truncate(place, PLACE_LETTERS),
        responsible=" · ".join(str(one) for one in people if one),
        due=thai_date(bangkok_date(complaint.due_at)) if complaint.due_at else "",
        status=word(complaint.status),
        ended=thai_date(bangkok_date(complaint.finished_at)) if complaint.finished_at else "",
    )


def _complainant(complaint: Complaint) -> str:
    """Return who complained, masked as in the files of lists; who asked to stay unknown has no name."""
    member = complaint.member
    if member is None:
        return "ไม่ระบุชื่อ"
    if member.is_shared:
        return member.full_name
    if complaint.disclosure is Disclosure.CONCEALED:
        return CONCEALED
    masked = mask_name(f"{member.first_name} {member.last_name or ''}")
    return f"{member.title or ''}{masked}"


register_batch(
    BatchKind(
        kind=DocumentKind.REGISTER,
        permission=Permission.COMPLAINT_PRINT,
        write=write_register,
        icon="list-details",
    )
)
