"""ซองจดหมาย and แผ่นป้ายที่อยู่: names and addresses where the post expects them, nothing else.

DL envelopes of 22 x 11 cm with the sender, and A4 sheets of 3 x 8 labels of 70 x 37 mm. A label fills a frame
of its own, so that no long address moves the next one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from documents.batches import (
    MOST_CASES,
    BatchFile,
    BatchKind,
    BatchTools,
    SheetWriter,
    Skipped,
    register_batch,
    skipped_page,
)
from documents.complaint_sheet import Town, town_of
from documents.pdf import render
from documents.print_pages import print_page
from domain.actor import Actor
from domain.labels import word
from domain.permissions import Permission, scope_complaints
from domain.sight import sees_person
from models import Complaint, DocumentKind, Member
from sandbox import Sandbox

COLUMNS, ROWS = 3, 8
LABEL_WIDTH, LABEL_HEIGHT = 70.0, 37.0
TOP: Final = (297 - ROWS * LABEL_HEIGHT) / 2
RIM: Final = 4.0
MOST_LETTERS: Final = 170
SIZES: Final = ((75, "usual"), (110, "small"), (MOST_LETTERS, "tiny"))
"""How many letters a label holds in which type, marks above and below not counted."""

NOBODY: Final = "ไม่มีสมาชิกในเรื่อง"
SHARED: Final = "ไม่ประสงค์เปิดเผยข้อมูล"
CONCEALED: Final = "ปกปิดข้อมูล ท่านไม่มีสิทธิ์ดูผู้ร้องของเรื่องนี้"
HOMELESS: Final = "ยังไม่มีที่อยู่"
TOO_LONG: Final = "ที่อยู่ยาวเกินพื้นที่พิมพ์"


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a letter goes to; ``size`` is the type his label needs."""

    name: str
    address: str
    size: str = "usual"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Whom a sheet names, and which cases it leaves out."""

    town: Town
    addressees: list[Addressee]
    left_out: list[Skipped]


def addresses_of(session: Session, actor: Actor, complaint_ids: Sequence[int]) -> Addresses:
    """Read the addresses of cases, in the order given; a person of several cases is named once.

    Names and addresses are personal: the caller has asked why and logs it.

    Args:
        session: Only reads.
        actor: Whose rights decide: he must be allowed to reveal the person of each case.
        complaint_ids: At most ``MOST_CASES`` count.
    """
    wanted = select(Complaint).where(Complaint.id.in_(complaint_ids[:MOST_CASES]))
    seen = scope_complaints(wanted.options(joinedload(Complaint.member)), actor, Permission.MEMBER_REVEAL)
    cases = {case.id: case for case in session.scalars(seen)}
    found = Addresses(town_of(session), [], [])
    members: set[int] = set()
    for complaint_id in complaint_ids[:MOST_CASES]:
        case = cases.get(complaint_id)
        if case is None:
            continue
        why = _why_not(actor, case)
        if why:
            found.left_out.append(Skipped(str(case), why))
        elif case.member is not None and case.member.id not in members:
            members.add(case.member.id)
            found.addressees.append(_addressee(case.member))
    return found


def address_page(kind: DocumentKind, found: Addresses) -> str:
    """Write envelopes or labels as HTML; every text passes through autoescape."""
    if kind is DocumentKind.ENVELOPE:
        return print_page("print/envelope.html", found=found)
    frames = [
        {"top": TOP + row * LABEL_HEIGHT + RIM, "left": column * LABEL_WIDTH + RIM}
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]
    size = {"width": LABEL_WIDTH - 2 * RIM, "height": LABEL_HEIGHT - 2 * RIM}
    return print_page("print/labels.html", found=found, frames=frames, **size)


def address_pdf(kind: DocumentKind, found: Addresses, sandbox: Sandbox) -> bytes:
    """Render envelopes, a page each, or sheets of labels.

    Raises:
        SandboxFailed: the child did not finish.
    """
    return render(address_page(kind, found), {}, (), sandbox)


def write_addresses(kind: DocumentKind) -> SheetWriter:
    """Return what writes the addresses of the chosen cases, for a batch."""

    def write(session: Session, actor: Actor, complaint_ids: Sequence[int], tools: BatchTools) -> BatchFile:
        found = addresses_of(session, actor, complaint_ids)
        if not found.addressees:  # The list of those left out is the whole file then.
            return BatchFile(skipped_page(word(kind), found.left_out, tools.sandbox), 0)
        pdf = address_pdf(kind, found, tools.sandbox)
        return BatchFile(pdf, len(found.addressees), found.left_out)

    return write


def _why_not(actor: Actor, case: Complaint) -> str:
    member = case.member
    if member is None:
        return NOBODY
    if member.is_shared:
        return SHARED
    if not sees_person(actor, case):
        return CONCEALED
    if not member.address_text.strip():
        return HOMELESS
    return TOO_LONG if _letters(member) > MOST_LETTERS else ""


def _addressee(member: Member) -> Addressee:
    size = next(name for most, name in SIZES if _letters(member) <= most)
    return Addressee(member.full_name, member.address_text, size)


def _letters(member: Member) -> int:
    return sum(1 for letter in member.full_name + member.address_text if unicodedata.category(letter) != "Mn")


for _kind in (DocumentKind.ENVELOPE, DocumentKind.LABELS):
    register_batch(
        BatchKind(
            kind=_kind,
            permission=Permission.MEMBER_REVEAL,
            needs_reason=True,
            write=write_addresses(_kind),
            icon="mail",
        )
    )
