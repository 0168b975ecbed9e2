"""The papers a town may word itself: their gaps, what they cannot do without, and how they look at first.

The gaps have Thai names: who writes a letter writes ``{{ เลขที่คำร้อง }}``. A gap that is a *part* is made by
us and never typed: photos, map, QR code, boxes to sign in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from documents import paper_words as words
from documents.paper_words import Placeholder
from models import DocumentKind, DocumentTemplate, Emblem, Numerals

__all__ = ["PAPER_KINDS", "PaperKind", "Placeholder", "Template", "default_template", "template_of"]

BODIES: Final = Path(__file__).resolve().parent.parent / "templates" / "papers"


@dataclass(frozen=True, slots=True)
class Signer:
    """A box somebody signs; name and position stay empty where the case or the officer fills them."""

    title: str
    name: str = ""
    position: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperKind:
    """What is fixed about a paper.

    Attributes:
        kind: Which.
        title: What stands at its head.
        placeholders: Every gap its template may hold.
        required: The gaps it cannot do without.
        numerals: Which digits the product's own template has.
        emblem: What stands at its head in the product's own template.
        signatures: Whose boxes the product's own template has, in the order of signing.
        sheet: The paper it is printed on and how: a name in ``templates/print/paper_page.html``.
    """

    kind: DocumentKind
    title: str
    placeholders: tuple[Placeholder, ...]
    required: tuple[str, ...]
    numerals: Numerals
    emblem: Emblem
    signatures: tuple[Signer, ...] = ()
    sheet: str = "letter"

    def placeholder(self, name: str) -> Placeholder | None:
        """Return a gap by its name."""
        return next((each for each in self.placeholders if each.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template as it holds now; version 0 is the product's own."""

    kind: DocumentKind
    version: int
    title: str
    body: str
    numerals: Numerals
    emblem: Emblem
    signatures: tuple[Signer, ...]


_CLERK, _OPINION, _ORDER = Signer("ผู้รับเรื่อง"), Signer("ความเห็น"), Signer("คำสั่ง")
_LADDER: Final = (
    Signer("เจ้าหน้าที่"),
    Signer("หัวหน้าฝ่าย/หัวหน้างาน"),
    Signer("ผู้อำนวยการกอง"),
    Signer("ปลัดเทศบาล"),
    Signer("นายกเทศมนตรี"),
)

PAPER_KINDS: Final[dict[DocumentKind, PaperKind]] = {
    paper.kind: paper
    for paper in (
        PaperKind(
            kind=DocumentKind.COMPLAINT_FORM,
            title="แบบคำร้องทุกข์",
            placeholders=(*words.TOWN, *words.CASE, *words.COMPLAINANT, *words.OUTCOME, *words.PICTURES),
            required=("เลขที่คำร้อง", "รายละเอียด"),
            numerals=Numerals.ARABIC,
            emblem=Emblem.NONE,
            signatures=(_CLERK, _OPINION, _ORDER),
            sheet="form",
        ),
        PaperKind(
            kind=DocumentKind.ORDER,
            title="ใบสั่งการ",
            placeholders=(*words.TOWN, *words.CASE, *words.COMPLAINANT, *words.ORDER, *words.PICTURES),
            required=("เลขที่คำร้อง", "รายละเอียด", "คำสั่ง", "ช่องลงนาม"),
            numerals=Numerals.THAI,
            emblem=Emblem.TOWN,
            signatures=(Signer("ผู้สั่งการ"), Signer("ผู้รับคำสั่ง")),
            sheet="form",
        ),
        PaperKind(
            kind=DocumentKind.RESULT_LETTER,
            title="หนังสือแจ้งผล",
            placeholders=(
                *(*words.TOWN, *words.LETTER, *words.CASE),
                *(*words.COMPLAINANT, *words.OUTCOME, *words.PICTURES),
            ),
            required=("เลขที่หนังสือ", "วันที่หนังสือ", "เรียน", "ข้อความ", "ผู้ลงนาม"),
            numerals=Numerals.THAI,
            emblem=Emblem.GARUDA,
            sheet="letter",
        ),
        PaperKind(
            kind=DocumentKind.MEMO,
            title="บันทึกข้อความ",
            placeholders=(
                *(*words.TOWN, *words.LETTER, *words.CASE),
                *(*words.COMPLAINANT, *words.OUTCOME, *words.PICTURES),
            ),
            required=("เลขที่หนังสือ", "วันที่หนังสือ", "เรียน", "ข้อความ", "ช่องลงนาม"),
            numerals=Numerals.THAI,
            emblem=Emblem.GARUDA,
            signatures=_LADDER,
            sheet="memo",
        ),
        PaperKind(
            kind=DocumentKind.SLIP,
            title="ใบนัด",
            placeholders=(*words.TOWN, *words.CASE, *words.COMPLAINANT, *words.APPOINTMENT, *words.PICTURES),
            required=("รหัสติดตาม", "วันนัด"),
            numerals=Numerals.ARABIC,
            emblem=Emblem.TOWN,
            sheet="slip",
        ),
        PaperKind(
            kind=DocumentKind.RECEIPT,
            title="ใบเสร็จรับเงิน",
            placeholders=(*words.TOWN, *words.MONEY),
            required=("เล่มที่", "เลขที่", "วันที่รับเงิน", "ได้รับเงินจาก", "รวมเงิน", "ตัวอักษร", "คำว่ายกเลิก"),
            numerals=Numerals.ARABIC,
            emblem=Emblem.TOWN,
            signatures=(Signer("ผู้รับเงิน"),),
            sheet="receipt",
        ),
    )
}


def template_of(session: Session, kind: DocumentKind) -> Template:
    """Return the template that holds: the town's newest, or the product's own.

    Raises:
        KeyError: the paper has no template: its layout is fixed.
    """
    newest = select(DocumentTemplate).where(DocumentTemplate.kind == kind)
    row = session.scalars(newest.order_by(DocumentTemplate.version.desc()).limit(1)).first()
    return default_template(kind) if row is None else template_in(row)


def template_in(row: DocumentTemplate) -> Template:
    """Read a kept version."""
    return Template(
        kind=row.kind,
        version=row.version,
        title=row.title,
        body=row.body,
        numerals=row.numerals,
        emblem=row.emblem,
        signatures=signers_of(row.signatures),
    )


@cache
def default_template(kind: DocumentKind) -> Template:
    """Return the product's own template of a paper."""
    paper = PAPER_KINDS[kind]
    return Template(
        kind=kind,
        version=0,
        title=paper.title,
        body=(BODIES / f"{kind.value}.html").read_text(encoding="utf-8"),
        numerals=paper.numerals,
        emblem=paper.emblem,
        signatures=paper.signatures,
    )


def signers_of(rows: Sequence[Mapping[str, Any]]) -> tuple[Signer, ...]:
    """Read boxes to sign in as a template keeps them."""
    return tuple(
        Signer(str(row.get("title", "")), str(row.get("name", "")), str(row.get("position", "")))
        for row in rows
    )
