"""The papers of a case besides its form: what stands in them, in whose digits, and what they leave out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from helpers.casework import bring_to, hold, member_of, register_case, token
from helpers.papers import page_of, squeezed, text_of
from helpers.people import actor_named
from sqlalchemy.orm import Session

from documents.case_papers import case_paper
from documents.complaint_sheet import sheet_of
from documents.drawings import qr_png
from documents.paper_files import checked_pdf, file_case_paper
from domain.clock import bangkok, frozen
from domain.paper_issuing import first_facts, read_facts, shown_facts
from domain.settings import write_setting
from models import (
    AttachmentStage,
    Complaint,
    ComplaintStatus,
    Disclosure,
    DocumentKind,
    DocumentTemplate,
    Emblem,
    Numerals,
)
from sandbox import Sandbox
from storage import FileStore

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
URL = "https://town.example"
LETTER = DocumentKind.RESULT_LETTER


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(children=1) as made:
        yield made


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path)


def facts_of(session: Session, case: Complaint, kind: DocumentKind, **typed: str) -> dict[str, str]:
    proposed = first_facts(session, actor_named(session, "clerk"), case, kind)
    return read_facts(kind, shown_facts(kind, proposed) | typed)


def resolved(app: Flask, session: Session) -> Complaint:
    with frozen(bangkok(2026, 11, 20, 8, 30)):
        return bring_to(app, session, ComplaintStatus.RESOLVED)


def printed(
    session: Session, case: Complaint, kind: DocumentKind, files: FileStore, sandbox: Sandbox, **typed: str
) -> str:
    session.flush()
    facts = facts_of(session, case, kind, **typed)
    sheet = sheet_of(session, case.id, URL, kind=kind)
    return text_of(checked_pdf(case_paper(sheet, files, sandbox, facts), sandbox))


def test_a_result_letter_has_every_part_in_its_order(
    app: Flask, session: Session, files: FileStore, sandbox: Sandbox
) -> None:
    write_setting(session, "letter_code", "ขก 52001")
    case = resolved(app, session)
    position = "ปลัดเทศบาล ปฏิบัติราชการแทน\nนายกเทศมนตรี"
    signer = {"signer_name": "นายลงนาม ถูกต้อง", "signer_position": position}
    said = printed(session, case, LETTER, files, sandbox, letter_day="21/11/2569", **signer)
    order = ["ที่ขก๕๒๐๐๑/", "๒๑พฤศจิกายน๒๕๖๙", "เรื่องแจ้งผล", "เรียนนายสมชายใจดี", "อ้างถึง", "กลบหลุม"]
    order += ["ขอแสดงความนับถือ", "(นายลงนามถูกต้อง)", "นายกเทศมนตรี", "โทร."]
    places = [said.find(squeezed(part)) for part in order]
    assert -1 not in places, dict(zip(order, places, strict=True))
    assert places == sorted(places)
    assert "หน้า๑/๑" in said


def test_a_memo_goes_up_the_ladder(app: Flask, session: Session, files: FileStore, sandbox: Sandbox) -> None:
    said = printed(session, resolved(app, session), DocumentKind.MEMO, files, sandbox)
    ladder = ["เจ้าหน้าที่", "หัวหน้าฝ่าย", "ผู้อำนวยการกอง", "ปลัดเทศบาล"]
    places = [said.find(step) for step in ladder]
    assert -1 not in places
    assert places == sorted(places)


def test_an_order_has_official_times_and_leaves_what_people_typed(
    app: Flask, session: Session, files: FileStore, sandbox: Sandbox
) -> None:
    with frozen(bangkok(2026, 11, 20, 8, 30)):
        case = register_case(app, session, story="ซอย 5 ไฟดับ", disclosure=Disclosure.DISCLOSED)
    said = printed(session, case, DocumentKind.ORDER, files, sandbox)
    assert "๐๘.๓๐น." in said
    assert "ซอย5ไฟดับ" in said
    assert squeezed(case.public_code) in said, "what must be typed keeps its digits"


def test_a_slip_is_half_a_page_with_what_was_agreed(
    app: Flask, session: Session, files: FileStore, sandbox: Sandbox
) -> None:
    agreed = {"appointment_day": "20/02/2570", "appointment_time": "9.30", "appointment_place": "ชั้น 1"}
    said = printed(session, register_case(app, session), DocumentKind.SLIP, files, sandbox, **agreed)
    assert "20กุมภาพันธ์2570" in said
    assert "09.30น." in said


def test_the_form_names_work_and_masks_how_to_reach_the_complainant(app: Flask, session: Session) -> None:
    person = member_of(session)
    person.occupation, person.agency, person.email = "ครู", "โรงเรียนบ้านโนน", "somchai@example.com"
    case = register_case(app, session, disclosure=Disclosure.DISCLOSED)
    page = page_of(sheet_of(session, case.id, URL))
    for text in ("ครู", "โรงเรียนบ้านโนน", "so…@example.com", "081-xxx-5678"):
        assert text in page
    assert "somchai" not in page
    hidden = page_of(sheet_of(session, case.id, URL, with_identity=False))
    assert "ครู" not in hidden


def test_what_is_attached_is_listed_and_a_lost_photo_is_marked(app: Flask, session: Session) -> None:
    form, clerk = token(), actor_named(session, "clerk")
    hold(session, clerk, form, AttachmentStage.BEFORE, "lost")
    page = page_of(sheet_of(session, register_case(app, session, form_token=form).id, URL))
    assert "1. ภาพก่อนดำเนินการ 1 ภาพ" in page
    assert "(ไม่พบไฟล์ภาพ)" in page
    assert '<img src="qr"' in page


def own_template(session: Session, body: str, emblem: Emblem = Emblem.NONE) -> None:
    session.add(
        DocumentTemplate(
            kind=DocumentKind.COMPLAINT_FORM,
            version=3,
            title="คำร้องของเรา",
            body=body,
            numerals=Numerals.THAI,
            emblem=emblem,
            signatures=[{"title": "คำสั่ง", "name": "", "position": ""}],
            created_at=bangkok(2026, 11, 1),
        )
    )
    session.flush()


def test_the_towns_own_template_holds_and_is_remembered(
    app: Flask, session: Session, files: FileStore, sandbox: Sandbox
) -> None:
    own_template(session, "<h1>{{ หัวเรื่อง }}</h1><p>{{ เลขที่คำร้อง }} {{ ไม่มีช่องนี้ }}</p>{{ ช่องลงนาม }}")
    case = register_case(app, session)
    sheet = sheet_of(session, case.id, URL)
    paper = case_paper(sheet, files, sandbox)
    assert paper.images == {}, "no picture is read or drawn that nobody shows"
    stored = file_case_paper(sheet, files, sandbox)
    said = text_of(files.get(stored.storage_key))
    assert stored.template_version == 3
    assert "คำร้องของเราฟ.๑/๒๕๖๙....." in said
    assert "มอบหมาย" in said


def test_the_emblem_is_an_upload_or_a_tidy_head_without_it(
    app: Flask, session: Session, files: FileStore, sandbox: Sandbox
) -> None:
    own_template(session, "{{ ตรา }}<p>{{ เลขที่คำร้อง }}</p>{{ รายละเอียด }}", Emblem.GARUDA)
    case = register_case(app, session)
    assert "emblem" not in case_paper(sheet_of(session, case.id, URL), files, sandbox).images
    write_setting(session, "garuda_key", "00/lost.png")
    assert "emblem" not in case_paper(sheet_of(session, case.id, URL), files, sandbox).images
    write_setting(session, "garuda_key", files.put(qr_png("x"), ".png"))
    paper = case_paper(sheet_of(session, case.id, URL), files, sandbox)
    assert "emblem" in paper.images
    assert checked_pdf(paper, sandbox).count(b"/Subtype /Image") >= 1
