"""A paper before it is printed: what fills its template, its pictures and its foot; and the way to its PDF.

Nothing here knows cases or receipts: whoever issues a paper gives its values. Digits of our own facts follow
the template's numerals; codes, coordinates and what people typed stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.orm import Session

from documents import paper_parts
from documents.drawings import qr_png
from documents.paper_parts import Signature
from documents.paper_templates import PAPER_KINDS, Placeholder, Signer, Template
from documents.pdf import WALL_SECONDS
from documents.template_child import HAS_ALARM, Rows
from domain.thai_calendar import TO_THAI_DIGITS
from models import Emblem, Numerals, Setting
from sandbox import Sandbox, SandboxFailed
from storage import FileStore

EMBLEM: Final = "emblem"
QR_MODULE_PIXELS: Final = (
    2  # reportlab unpacks and packs a PNG anew: four times fewer pixels, the same picture
)
SHORT_WALL_SECONDS: Final = 5.0
EMBLEM_KEYS: Final = {Emblem.TOWN: "logo_key", Emblem.GARUDA: "garuda_key"}
SAMPLE_ADDRESS: Final = "https://town.example/track?code=2026-000123"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """Everything a paper says and shows.

    Attributes:
        template: How it says it.
        texts: What stands in the gaps, by name; a name left out prints a dotted gap, "" prints nothing.
        parts: HTML of ``paper_parts`` by name.
        foot: The line at the foot of each page, before the page number.
        images: The pictures its parts name.
        words: Names no line break may split.
        likely_pages: A good guess saves laying it out twice.
    """

    template: Template
    texts: Mapping[str, str | Rows]
    parts: Mapping[str, str] = field(default_factory=dict)
    foot: str = ""
    images: Mapping[str, bytes] = field(default_factory=dict)
    words: Sequence[str] = ()
    likely_pages: int = 1


def render_paper(paper: Paper, sandbox: Sandbox) -> bytes:
    """Fill the template and make the PDF, in one trip to a child.

    Raises:
        Refused: the template breaks, runs for ever or is not allowed; ``refused_template`` has the words.
        SandboxFailed: the child did not finish.
    """
    arguments = (paper.template.body, filled_texts(paper), dict(paper.parts), sheet_of_paper(paper))
    pictures = (dict(paper.images), tuple(paper.words))
    wall = WALL_SECONDS if HAS_ALARM else SHORT_WALL_SECONDS
    pdf = sandbox.run("documents.template_child:fill_and_render", *arguments, *pictures, wall_seconds=wall)
    if not isinstance(pdf, bytes):
        raise SandboxFailed("crash", "no PDF came back")
    return pdf


def sheet_of_paper(paper: Paper) -> str:
    """Return the page around the body: its size, type and foot."""
    is_thai = paper.template.numerals is Numerals.THAI
    return paper_parts.page(
        sheet=PAPER_KINDS[paper.template.kind].sheet,
        title=paper.template.title,
        foot=paper.foot or paper.template.title,
        likely_pages=paper.likely_pages,
        thai_digits=is_thai,
    )


def filled_texts(paper: Paper) -> dict[str, str | Rows]:
    """Return the texts with the digits the template asks for, under its own title."""
    kind, numerals = PAPER_KINDS[paper.template.kind], paper.template.numerals
    texts: dict[str, str | Rows] = {}
    for name, value in (*paper.texts.items(), ("หัวเรื่อง", paper.template.title)):
        placeholder = kind.placeholder(name)
        is_ours = placeholder is not None and placeholder.digits
        texts[name] = _in_numerals(value, numerals, placeholder) if placeholder and is_ours else value
    return texts


def in_numerals(text: str, numerals: Numerals) -> str:
    """Write the digits of a text as a template asks."""
    return text.translate(TO_THAI_DIGITS) if numerals is Numerals.THAI else text


def _in_numerals(value: str | Rows, numerals: Numerals, gap: Placeholder) -> str | Rows:
    if isinstance(value, str):
        return in_numerals(value, numerals)
    return [
        {name: text if name in gap.typed else in_numerals(text, numerals) for name, text in row.items()}
        for row in value
    ]


# What every paper carries -----------------------------------------------------------------------------------


def emblem_of(session: Session, template: Template, files: FileStore) -> bytes | None:
    """Return the picture at the head; None when none was chosen, uploaded or found: the head does without."""
    key = emblem_key(session, template)
    if not key:
        return None
    try:
        return files.get(key)
    except FileNotFoundError:
        return None


def emblem_key(session: Session, template: Template) -> str:
    """Return where the picture at the head lies in the store; "" when none was chosen or uploaded."""
    row = session.get(Setting, EMBLEM_KEYS.get(template.emblem, ""))
    return str(row.value or "") if row is not None else ""


def emblem_part(template: Template, emblem: bytes | None) -> str:
    """Return the emblem's place in the head, in the size its sheet asks for; "" without one."""
    if emblem is None:
        return ""
    return paper_parts.picture(EMBLEM, f"emblem emblem-{PAPER_KINDS[template.kind].sheet}")


def sign_off(signers: Sequence[Signer], filled: Mapping[str, Signature] | None = None) -> str:
    """Return the boxes of a template, filled where the case knows who signed.

    Args:
        signers: Of the template.
        filled: What is known, by the box's title.
    """
    known = filled or {}
    return paper_parts.boxes([_signature(signer, known.get(signer.title)) for signer in signers])


def _signature(signer: Signer, known: Signature | None) -> Signature:
    if known is None:
        return Signature(signer.title, name=signer.name, position=signer.position)
    return Signature(
        signer.title,
        known.text,
        known.name or signer.name,
        known.position or signer.position,
        known.day,
    )


# A preview --------------------------------------------------------------------------------------------------


def sample_paper(template: Template, emblem: bytes | None = None) -> Paper:
    """Return a paper of invented values, for the preview beside a template that is being written."""
    kind = PAPER_KINDS[template.kind]
    texts: dict[str, str | Rows] = {
        each.name: _sample_rows(each.fields) if each.fields else each.sample
        for each in kind.placeholders
        if not each.is_part
    }
    parts = {each.name: "" for each in kind.placeholders if each.is_part} | _sample_parts(template, emblem)
    images = {"qr": qr_png(SAMPLE_ADDRESS, QR_MODULE_PIXELS)}
    if emblem is not None:
        images[EMBLEM] = emblem
    return Paper(template=template, texts=texts, parts=parts, foot="ตัวอย่าง", images=images)


def _sample_rows(names: Sequence[str]) -> Rows:
    return [dict(zip(names, ("1", "ค่าธรรมเนียมขยะมูลฝอย", "250.00"), strict=True))]


def _sample_parts(template: Template, emblem: bytes | None) -> dict[str, str]:
    photo = [paper_parts.PaperPhoto("", f"ภาพที่ {number}", is_missing=True) for number in ("1", "2")]
    story = paper_parts.paragraphs(["ถนนหน้าตลาดเป็นหลุมลึก รถล้มแล้วสองคัน ขอให้มาซ่อมก่อนมีคนเจ็บ"])
    result = paper_parts.paragraphs(["กลบหลุมและลาดยางใหม่แล้ว ใช้งานได้ตามปกติ"])
    return {
        "ตรา": emblem_part(template, emblem),
        "ช่องลงนาม": sign_off(template.signatures),
        "รายละเอียด": story,
        "ข้อความ": result,
        "ผลล่าสุด": result,
        "ผลการดำเนินงาน": result,
        "ภาพก่อนดำเนินการ": paper_parts.photos(photo),
        "ภาพหลังดำเนินการ": paper_parts.photos(photo),
        "รายการแนบ": paper_parts.attachments(["ภาพก่อนดำเนินการ.jpg"]),
        "ตำแหน่งผู้ลงนาม": paper_parts.lines(["ปลัดเทศบาล ปฏิบัติราชการแทน", "นายกเทศมนตรี"]),
        "คิวอาร์": paper_parts.picture("qr", "qr"),
    }
