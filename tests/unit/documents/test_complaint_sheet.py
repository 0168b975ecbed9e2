"""The official sheet: what it says, whom it does not name, and that the PDF really holds it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from helpers.casework import bring_to, entry_of, hold, member_of, register_case, submitted_case, token
from helpers.papers import page_of, page_texts, squeezed, text_of
from helpers.people import actor_named
from PIL import Image
from pypdf import PdfReader
from sqlalchemy.orm import Session

from documents.case_papers import case_paper, likely_pages
from documents.complaint_sheet import Sheet, hides_identity, sheet_of
from documents.paper_files import BrokenCopy, check_pdf, checked_pdf, file_case_paper
from domain.clock import bangkok, frozen
from domain.errors import NotFound
from domain.members import shared_member
from models import AttachmentStage, Complaint, ComplaintKind, ComplaintStatus, Disclosure
from sandbox import Sandbox
from storage import FileStore

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
URL = "https://town.example"
CENTIMETRE = 72 / 2.54
PIN = {"latitude": Decimal("16.432105"), "longitude": Decimal("102.836410")}
HARD_WORDS = "ที่นี่น้ำขัง ซื้อปั้นกุ้ง ฝุ่น ญี่ปุ่น ฐานที่ตั้ง กตัญญู ฎีกา ป้าย เก๊ก ป๋า"
HOSTILE = "{{7*7}} {% raw %} <img src=file:///etc/passwd> <pdf:pagenumber> </td></table> @import"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(children=1) as made:
        yield made


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path)


def sheet(session: Session, case: Complaint, **options: Any) -> Sheet:
    session.flush()
    session.refresh(case)
    return sheet_of(session, case.id, URL, **options)


def made(page: Sheet, files: FileStore, sandbox: Sandbox) -> bytes:
    return checked_pdf(case_paper(page, files, sandbox), sandbox)


def picture(colour: str, size: tuple[int, int] = (800, 600)) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, "JPEG")
    return stream.getvalue()


# What it says -----------------------------------------------------------------------------------------------


def test_the_sheet_says_what_the_manual_asks_for(app: Flask, session: Session) -> None:
    with frozen(bangkok(2026, 11, 20, 12)):
        case = register_case(app, session, road_name="ถนนศรีจันทร์", place_text="หน้าตลาด", **PIN)
    page = sheet(session, case)

    assert page.number == "ฟ. 1/2569"
    assert page.town.name == "เทศบาลนครขอนแก่น"
    assert page.town.addressee == "นายกเทศมนตรีนครขอนแก่น"
    assert page.day == "20 พฤศจิกายน 2569"
    assert page.time == "12.00 น."
    assert page.coordinates == "16.432105, 102.836410"
    assert (page.road, page.place) == ("ถนนศรีจันทร์", "หน้าตลาด")
    assert page.channel == "โทรแจ้ง"
    assert page.type.startswith("ฟ.(")
    assert page.due
    assert case.created_by is not None
    assert page.clerk.name == case.created_by.full_name
    assert page.track_url == f"{URL}/track?code={case.public_code}"
    assert page.through_event_id == case.events[-1].id


def test_a_disclosed_complainant_is_named_with_a_masked_phone(app: Flask, session: Session) -> None:
    case = register_case(app, session, disclosure=Disclosure.DISCLOSED)

    said = page_of(sheet(session, case))

    assert "นายสมชาย ใจดี" in said
    assert "081-xxx-5678" in said
    assert "081-234-5678" not in said


def test_the_archived_copy_of_a_concealed_case_says_so_beside_the_name(app: Flask, session: Session) -> None:
    case = register_case(app, session, disclosure=Disclosure.CONCEALED)

    said = page_of(sheet(session, case))

    assert "นายสมชาย ใจดี" in said
    assert "ผู้ร้องขอปกปิดข้อมูล" in said


def test_the_open_copy_of_a_concealed_case_names_nobody(app: Flask, session: Session) -> None:
    case = register_case(app, session, disclosure=Disclosure.CONCEALED)

    page = page_of(sheet(session, case, with_identity=False))

    assert hides_identity(case)
    assert "ผู้ร้องขอปกปิดข้อมูล" in page
    for secret in ("สมชาย", "ใจดี", "5678", "ซ.สุขใจ"):
        assert secret not in page


def test_the_callers_number_of_the_shared_member_is_never_printed(app: Flask, session: Session) -> None:
    case = register_case(app, session, member_id=shared_member(session).id, callback_phone="+66990009999")

    page = page_of(sheet(session, case))

    assert "พลเมืองดี" in page
    assert "0009999" not in page.replace("-", "")
    assert not hides_identity(case)


def test_the_national_id_never_reaches_the_sheet(app: Flask, session: Session) -> None:
    member = member_of(session)
    member.national_id_last4 = "0001"
    member.national_id_encrypted = app.extensions["vault"].encrypt("1100700000001")

    page = page_of(sheet(session, register_case(app, session, disclosure=Disclosure.DISCLOSED)))

    assert "0000001" not in page.replace("-", "")


def test_a_case_without_a_number_says_so(app: Flask, session: Session) -> None:
    assert "(ยังไม่ออกเลข)" in page_of(sheet(session, submitted_case(app, session)))


def test_the_result_and_its_photos_stand_on_the_sheet(app: Flask, session: Session) -> None:
    case = bring_to(app, session, ComplaintStatus.RESOLVED)

    page = sheet(session, case)

    assert [result.outcome for result in page.results] == ["แก้ไขแล้ว"]
    assert "กลบหลุมและเทยางมะตอยแล้ว" in page_of(page)


def test_at_most_twenty_photos_and_the_rest_is_counted(app: Flask, session: Session) -> None:
    form, clerk = token(), actor_named(session, "clerk")
    for index in range(20):
        hold(session, clerk, form, AttachmentStage.BEFORE, f"b{index}")
    case = register_case(app, session, form_token=form)
    more, officer = token(), actor_named(session, "officer")
    for index in range(5):
        hold(session, officer, more, AttachmentStage.AFTER, f"a{index}")
    for photo in session.query(type(case.attachments[0])).filter_by(draft_token=more):
        photo.complaint_id, photo.draft_token = case.id, None

    page = sheet(session, case)

    assert (len(page.before), len(page.after), page.photos_left) == (15, 5, 5)


def test_a_complaint_that_is_gone_has_no_sheet(app: Flask, session: Session) -> None:
    with pytest.raises(NotFound):
        sheet_of(session, 999_999, URL)


# What the PDF holds -----------------------------------------------------------------------------------------


def test_the_pdf_holds_every_word_the_thai_font_and_the_pictures(
    app: Flask, session: Session, sandbox: Sandbox, files: FileStore
) -> None:
    form, clerk = token(), actor_named(session, "clerk")
    hold(session, clerk, form, AttachmentStage.BEFORE, "a")
    case = register_case(app, session, form_token=form, story=f"{HARD_WORDS}\n{HOSTILE}", **PIN)
    case.attachments[0].preview_key = files.put(picture("navy"), ".jpg")

    pdf = made(sheet(session, case), files, sandbox)

    said = text_of(pdf)
    assert squeezed(HARD_WORDS) in said
    assert squeezed(HOSTILE) in said
    assert "16.432105,102.836410" in said
    assert "ติดตามเรื่อง" in said
    assert "หน้า1/" in said
    reader = PdfReader(io.BytesIO(pdf))
    check_pdf(pdf)
    assert _embedded(reader) == {"Sarabun-Regular", "Sarabun-Bold"}
    assert sum(len(page.images) for page in reader.pages) >= 3  # QR, map and photo
    assert reader.pages[0].mediabox.width == pytest.approx(595, abs=1)


def with_photos(
    app: Flask, session: Session, files: FileStore, count: int, story: str = f"{HARD_WORDS} " * 5
) -> Sheet:
    form, clerk = token(), actor_named(session, "clerk")
    for index in range(count):
        hold(session, clerk, form, AttachmentStage.BEFORE, f"photo{index}")
    where = {"road_name": "ถนนศรีจันทร์", "place_text": "หน้าตลาดสด", **PIN}
    case = register_case(app, session, form_token=form, story=story, **where)
    for index, photo in enumerate(case.attachments):
        photo.preview_key = files.put(picture(f"#{index * 20:02x}0080"), ".jpg")
    return sheet(session, case)


def test_a_complaint_with_two_photos_fits_one_page(
    app: Flask, session: Session, sandbox: Sandbox, files: FileStore
) -> None:
    page = with_photos(app, session, files, 2)

    pdf = made(page, files, sandbox)

    reader = PdfReader(io.BytesIO(pdf))
    assert len(reader.pages) == 1
    assert len(reader.pages[0].images) == 4  # map, QR code and two photos
    said = text_of(pdf)
    assert squeezed(HARD_WORDS * 5) in said
    assert "หน้า1/1" in said
    for text in ("แบบคำร้องทุกข์", page.town.name, page.town.addressee, "16.432105,102.836410", "คำสั่ง", "ลงชื่อ"):
        assert squeezed(text) in said
    assert _embedded(reader) == {"Sarabun-Regular", "Sarabun-Bold"}


def test_a_long_story_goes_on_over_numbered_pages(
    app: Flask, session: Session, sandbox: Sandbox, files: FileStore
) -> None:
    pages = page_texts(made(with_photos(app, session, files, 2, f"{HARD_WORDS}\n" * 90), files, sandbox))

    assert len(pages) > 2
    for number, text in enumerate(pages, 1):
        assert f"หน้า{number}/{len(pages)}" in text


@pytest.mark.parametrize("photos", [0, 2, 6, 12])
def test_the_pages_are_guessed_right_so_that_the_sheet_is_laid_out_once(
    app: Flask, session: Session, sandbox: Sandbox, files: FileStore, photos: int
) -> None:
    page = with_photos(app, session, files, photos)

    assert likely_pages(page) == len(page_texts(made(page, files, sandbox)))


@pytest.mark.parametrize(("width", "height"), [(1600, 900), (1200, 1600), (2048, 500)])
def test_a_photo_of_any_shape_stays_in_its_half_of_the_page(
    app: Flask, session: Session, sandbox: Sandbox, files: FileStore, width: int, height: int
) -> None:
    form, clerk = token(), actor_named(session, "clerk")
    hold(session, clerk, form, AttachmentStage.BEFORE, "a")
    case = register_case(app, session, form_token=form)
    case.attachments[0].width, case.attachments[0].height = width, height
    case.attachments[0].preview_key = files.put(picture("navy", (width // 4, height // 4)), ".jpg")

    pdf = made(sheet(session, case), files, sandbox)

    drawn = max(_drawn_sizes(PdfReader(io.BytesIO(pdf))))
    assert drawn[0] <= 8 * CENTIMETRE
    assert drawn[1] <= 5.2 * CENTIMETRE
    assert drawn[0] / drawn[1] == pytest.approx(width / height, rel=0.01)


def test_twenty_thousand_letters_and_a_missing_photo_still_make_a_sheet(
    app: Flask, session: Session, sandbox: Sandbox, files: FileStore
) -> None:
    form, clerk = token(), actor_named(session, "clerk")
    hold(session, clerk, form, AttachmentStage.BEFORE, "lost")
    case = register_case(app, session, form_token=form, story="ขยะ" * 6_666)

    pdf = made(sheet(session, case), files, sandbox)

    assert text_of(pdf).count("ขยะ") >= 6_666
    assert "ภาพที่1ก่อนดำเนินการ" in text_of(pdf)


def test_a_finished_copy_lies_in_the_store_with_its_hash(
    app: Flask, session: Session, sandbox: Sandbox, files: FileStore
) -> None:
    stored = file_case_paper(sheet(session, register_case(app, session)), files, sandbox)

    content = files.get(stored.storage_key)
    assert len(content) == stored.byte_size
    assert stored.page_count == 1
    assert stored.template_version == 0
    assert content.startswith(b"%PDF-")


@pytest.mark.parametrize(
    "damage",
    [
        lambda pdf: b"<html>",
        lambda pdf: pdf[: len(pdf) // 2],
        lambda pdf: pdf.replace(b"+Sarabun", b"+Helvet0"),
    ],
    ids=["no PDF", "half a file", "without the Thai font"],
)
def test_a_broken_copy_is_never_archived(
    app: Flask, session: Session, sandbox: Sandbox, files: FileStore, damage: Any, monkeypatch: Any
) -> None:
    page = sheet(session, register_case(app, session))
    whole = made(page, files, sandbox)
    monkeypatch.setattr("documents.paper_files.render_paper", lambda *_: damage(whole))

    with pytest.raises(BrokenCopy):
        file_case_paper(page, files, sandbox)

    assert files.keys() == set()


def test_reading_the_sheet_writes_nothing(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    session.commit()

    sheet_of(session, case.id, URL)

    assert not session.dirty
    assert not session.new


def test_a_suggestion_names_its_kind_in_the_subject(app: Flask, session: Session) -> None:
    entry = entry_of(session)
    case = register_case(app, session, kind=ComplaintKind.SUGGESTION, subcategory_id=entry.subcategory_id)

    assert sheet(session, case).subject.startswith("ข้อเสนอแนะ: ")


def _embedded(reader: PdfReader) -> set[str]:
    found = set()
    for page in reader.pages:
        for each in page["/Resources"]["/Font"].values():  # type: ignore[index]
            font = each.get_object()
            descriptor = font.get("/FontDescriptor")
            if descriptor is not None and "/FontFile2" in descriptor.get_object():
                found.add(str(font["/BaseFont"]).partition("+")[2])
    return found


def _drawn_sizes(reader: PdfReader) -> list[tuple[float, float]]:
    """Width and height of the pictures on the pages, in points."""
    number = rb"([\d.]+)"
    placed = re.compile(number + rb" 0 0 " + number + rb" [\d.]+ [\d.]+ cm\s+/FormXob")
    streams = [page.get_contents() for page in reader.pages]
    found = [placed.findall(stream.get_data()) for stream in streams if stream is not None]
    return [(float(width), float(height)) for page in found for width, height in page]
