"""The papers of a complaint: what a case and its officer say, put into the gaps of the template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from math import ceil
from typing import Final

from documents import paper_parts
from documents.complaint_sheet import NO_NUMBER, Complainant, Officer, Sheet
from documents.drawings import draw_map, qr_png
from documents.paper_page import (
    EMBLEM,
    QR_MODULE_PIXELS,
    Paper,
    emblem_part,
    in_numerals,
    sign_off,
)
from documents.paper_parts import PaperPhoto, Signature
from documents.template_child import Rows
from documents.template_markup import read_template
from domain.thai_calendar import thai_date
from models import DocumentKind, Numerals
from sandbox import Sandbox
from storage import FileStore

MAP_PIXELS: Final = (480, 267)
LETTERS_A_LINE: Final = 88
PAGE_POINTS, LINE_POINTS, PHOTO_POINTS, RESULT_POINTS = 745, 15, 166, 75
HEAD_POINTS: Final = {
    DocumentKind.COMPLAINT_FORM: 440,
    DocumentKind.ORDER: 420,
    DocumentKind.RESULT_LETTER: 470,
    DocumentKind.MEMO: 500,
}
TELLS_CONTACT: Final = frozenset({DocumentKind.COMPLAINT_FORM, DocumentKind.SLIP})
PICTURE_PARTS: Final = ("ภาพก่อนดำเนินการ", "ภาพหลังดำเนินการ")


def case_paper(
    sheet: Sheet, files: FileStore, sandbox: Sandbox, typed: Mapping[str, str] | None = None
) -> Paper:
    """Put a case into a paper: texts, our own parts, and only the pictures its template shows.

    Args:
        sheet: What the case says, with the template.
        files: Where photos and emblem lie.
        sandbox: Draws the map.
        typed: What the officer typed for this paper, as ``domain.paper_issuing`` keeps it.

    Raises:
        SandboxFailed: the map could not be drawn.
    """
    used = gaps_used(sheet.template.body)
    images = _pictures(sheet, used, files, sandbox)
    sheet = replace(sheet, before=_found(sheet.before, images), after=_found(sheet.after, images))
    facts = typed or {}
    return Paper(
        template=sheet.template,
        texts=_case_texts(sheet) | _typed_texts(sheet, facts),
        parts=_parts(sheet, facts, images),
        foot=_foot(sheet),
        images=images,
        words=sheet.words,
        likely_pages=likely_pages(sheet, facts),
    )


@lru_cache(maxsize=64)
def gaps_used(body: str) -> frozenset[str]:
    """Return the gaps a template names."""
    return frozenset(read_template(body).words)


def likely_pages(sheet: Sheet, typed: Mapping[str, str] | None = None) -> int:
    """Guess the pages of a paper, so that it need not be laid out twice; a wrong guess costs only time."""
    used = gaps_used(sheet.template.body)
    texts = list(sheet.paragraphs) if "รายละเอียด" in used else []
    texts += _lines((typed or {}).get("text", ""))
    height = HEAD_POINTS.get(sheet.template.kind, 0)
    if "ผลการดำเนินงาน" in used:
        texts += [text for result in sheet.results for text in result.paragraphs]
        height += len(sheet.results) * RESULT_POINTS
    height += sum(ceil(len(text) / LETTERS_A_LINE) for text in texts) * LINE_POINTS
    for name, photos in zip(PICTURE_PARTS, (sheet.before, sheet.after), strict=True):
        height += ceil(len(photos) / 2) * PHOTO_POINTS if name in used else 0
    return max(1, ceil(height / PAGE_POINTS))


# Texts ------------------------------------------------------------------------------------------------------


def _case_texts(sheet: Sheet) -> dict[str, str | Rows]:
    person, town, last = sheet.complainant, sheet.town, sheet.results[-1:]
    return {
        "เทศบาล": town.name,
        "ที่อยู่เทศบาล": town.address,
        "โทรศัพท์เทศบาล": town.phone,
        "อีเมลเทศบาล": town.email,
        "เว็บไซต์เทศบาล": town.web,
        "นายก": town.addressee,
        "เลขที่คำร้อง": sheet.number or NO_NUMBER,
        "รหัสติดตาม": sheet.public_code,
        "ชื่อเรื่อง": sheet.subject,
        "วันที่รับเรื่อง": sheet.day,
        "เวลารับเรื่อง": sheet.time,
        "วันเวลารับเรื่อง": sheet.received,
        "ถนน": sheet.road,
        "สถานที่": sheet.place,
        "ชุมชน": sheet.community,
        "เขต": sheet.zone,
        "พิกัด": sheet.coordinates,
        "ช่องทาง": sheet.channel,
        "ประเภท": sheet.type,
        "ระยะเวลา": sheet.promised,
        "กำหนดเสร็จ": sheet.due,
        "ความเร่งด่วน": sheet.urgency,
        "หน่วยงานรับผิดชอบ": sheet.department,
        "ผู้รับผิดชอบ": sheet.assignee.name,
        "สถานะ": sheet.status,
        "ผู้ร้อง": _complainant_line(person, sheet.template.numerals),
        "ชื่อผู้ร้อง": person.name,
        "ที่อยู่ผู้ร้อง": person.address,
        "อาชีพ": person.occupation,
        "หน่วยงานผู้ร้อง": person.agency,
        "โทรศัพท์ผู้ร้อง": person.phone,
        "อีเมลผู้ร้อง": person.email,
        "วันที่แล้วเสร็จ": sheet.done_day,
        "ผลลัพธ์": last[0].outcome if last else "",
        "ผู้บันทึกผล": last[0].by if last else "",
        "ภาพที่เหลือ": f"มีอีก {sheet.photos_left} ภาพในระบบ" if sheet.photos_left else "",
        "คำสั่ง": sheet.order.words,
        "วันที่สั่งการ": sheet.order.day,
        "ผู้สั่งการ": sheet.order.name,
    }


def _complainant_line(person: Complainant, numerals: Numerals) -> str:
    """Write who complains in one line; the house number stays as it was typed."""
    parts = (
        ("", person.name),
        ("อายุ ", f"{in_numerals(person.age, numerals)} ปี" if person.age else ""),
        ("ที่อยู่ ", person.address),
        ("โทรศัพท์ ", in_numerals(person.phone, numerals)),
        ("อีเมล ", person.email),
        ("", person.note),
    )
    return " ".join(f"{title}{text}" for title, text in parts if text)


def _typed_texts(sheet: Sheet, facts: Mapping[str, str]) -> dict[str, str | Rows]:
    """Return what the officer typed, by the gaps' names; what he left empty stays a gap or the case's own."""
    named = {
        "เลขที่หนังสือ": facts.get("letter_number", ""),
        "วันที่หนังสือ": _day(facts, "letter_day"),
        "ส่วนราชการ": facts.get("office", ""),
        "เรื่อง": facts.get("subject", ""),
        "เรียน": facts.get("addressee", ""),
        "ผู้ลงนาม": facts.get("signer_name", ""),
        "เจ้าของเรื่อง": facts.get("owner", ""),
        "โทรเจ้าของเรื่อง": facts.get("owner_phone", ""),
        "คำสั่ง": facts.get("order", ""),
        "ผู้สั่งการ": facts.get("signer_name", ""),
        "วันที่สั่งการ": _day(facts, "letter_day"),
        "วันนัด": _day(facts, "appointment_day"),
        "เวลานัด": f"{facts['appointment_time'].replace(':', '.')} น."
        if facts.get("appointment_time")
        else "",
        "สถานที่นัด": facts.get("appointment_place", ""),
        "ผู้นัด": facts.get("officer", ""),
    }
    filled: dict[str, str | Rows] = {name: text for name, text in named.items() if text}
    # These may be empty on purpose: then their lines are not printed at all.
    filled["อ้างถึง"] = facts.get("reference", "")
    filled["สิ่งที่ส่งมาด้วย"] = facts.get("enclosures", "")
    filled["สิ่งที่ต้องนำมา"] = facts.get("bring", "")
    return filled


def _day(facts: Mapping[str, str], key: str) -> str:
    return thai_date(date.fromisoformat(facts[key]), "long") if facts.get(key) else ""


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def _foot(sheet: Sheet) -> str:
    """Return the line below each page: how to reach the town where the paper itself does not say so."""
    numerals, town = sheet.template.numerals, sheet.town
    code = in_numerals(sheet.number, numerals) or sheet.public_code
    if sheet.template.kind not in TELLS_CONTACT:
        return f"{town.name} · {code}"
    phone = in_numerals(f"โทร. {town.phone}", numerals) if town.phone else ""
    reach = [in_numerals(town.address, numerals), phone, town.email, town.web]
    return " · ".join([town.name, *(text for text in reach if text), code])


# Parts and pictures -----------------------------------------------------------------------------------------


def _parts(sheet: Sheet, facts: Mapping[str, str], images: Mapping[str, bytes]) -> dict[str, str]:
    numerals = sheet.template.numerals
    results = [
        replace(row, round=in_numerals(row.round, numerals), day=in_numerals(row.day, numerals))
        for row in sheet.results
    ]
    return {
        "ตรา": emblem_part(sheet.template, images.get(EMBLEM)),
        "ช่องลงนาม": sign_off(sheet.template.signatures, _signed(sheet, facts)),
        "รายละเอียด": paper_parts.paragraphs(sheet.paragraphs),
        "ผลการดำเนินงาน": paper_parts.results(results),
        "ผลล่าสุด": paper_parts.paragraphs(results[-1].paragraphs if results else []),
        "ข้อความ": paper_parts.paragraphs(_lines(facts.get("text", ""))),
        "ตำแหน่งผู้ลงนาม": paper_parts.lines(_lines(facts.get("signer_position", ""))),
        "ภาพก่อนดำเนินการ": paper_parts.photos(_numbered(sheet.before, numerals)),
        "ภาพหลังดำเนินการ": paper_parts.photos(_numbered(sheet.after, numerals)),
        "รายการแนบ": paper_parts.attachments([in_numerals(line, numerals) for line in sheet.attached]),
        "แผนที่": paper_parts.picture("map", "map") if "map" in images else "",
        "คิวอาร์": paper_parts.picture("qr", "qr") if "qr" in images else "",
    }


def _signed(sheet: Sheet, facts: Mapping[str, str]) -> dict[str, Signature]:
    """Return what is known of who signs, by the titles our own templates give the boxes."""
    orderer = Officer(
        name=facts.get("signer_name") or sheet.order.name,
        position=facts.get("signer_position") or sheet.order.position,
        day=thai_date(date.fromisoformat(facts["letter_day"]))
        if facts.get("letter_day")
        else sheet.order.day,
    )
    order = Officer(words=sheet.order.words, day=sheet.order.day)
    assignee = replace(sheet.assignee, day="")
    known = {
        "ผู้รับเรื่อง": sheet.clerk,
        "คำสั่ง": order,
        "ผู้สั่งการ": orderer,
        "ผู้รับคำสั่ง": assignee,
        "เจ้าหน้าที่": assignee,
    }
    return {title: _signature(title, who, sheet.template.numerals) for title, who in known.items()}


def _signature(title: str, who: Officer, numerals: Numerals) -> Signature:
    return Signature(title, who.words, who.name, who.position, in_numerals(who.day, numerals))


def _numbered(photos: Sequence[PaperPhoto], numerals: Numerals) -> list[PaperPhoto]:
    return [replace(photo, caption=in_numerals(photo.caption, numerals)) for photo in photos]


def _found(photos: Sequence[PaperPhoto], images: Mapping[str, bytes]) -> list[PaperPhoto]:
    """Mark the photos whose file is gone: the paper says so in their place."""
    return [replace(photo, is_missing=photo.key not in images) for photo in photos]


def _pictures(sheet: Sheet, used: frozenset[str], files: FileStore, sandbox: Sandbox) -> dict[str, bytes]:
    """Return the pictures a paper shows by key; what is gone from the store is left out."""
    pictures = {}
    if "คิวอาร์" in used:
        pictures["qr"] = qr_png(sheet.track_url, QR_MODULE_PIXELS)
    if "แผนที่" in used and sheet.pin is not None:
        pictures["map"] = draw_map(sheet.outlines, sheet.pin, sandbox, MAP_PIXELS)
    wanted = {EMBLEM: sheet.emblem_key} if "ตรา" in used and sheet.emblem_key else {}
    for name, photos in zip(PICTURE_PARTS, (sheet.before, sheet.after), strict=True):
        wanted |= {photo.key: photo.key for photo in photos if name in used}
    for name, key in wanted.items():
        try:
            pictures[name] = files.get(key)
        except FileNotFoundError:
            continue
    return pictures
