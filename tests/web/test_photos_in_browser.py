"""Photos as people choose them: sent one by one, made lighter, tried again, looked at; desk, phone, dark."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask import Flask, render_template_string
from helpers.backends import Backend
from helpers.browser import DESK, PHONE
from helpers.casework import register_case, token
from helpers.entry_page import jpeg
from helpers.people import actor_named
from helpers.photos import HEIC, paper
from PIL import ExifTags, Image
from sqlalchemy import select

from documents.photo_keeping import stored_file
from domain.attachments import hold_photo
from extensions import db, write_transaction
from models import Attachment, AttachmentStage, Complaint
from photos import process_file

pytestmark = pytest.mark.browser
NEW = "/admin/complaint/new"
GALLERY = """{% extends "admin/base.html" %}{% from "admin/complaint/_gallery.html" import gallery %}
{% block title %}ภาพ{% endblock %}{% block page_title %}<h1>ภาพ</h1><h2>ทั้งหมด</h2>{% endblock %}
{% block body %}{{ gallery(before, after, changes=true) }}{% endblock %}"""


@pytest.fixture
def backend(sqlite_backend: Backend) -> Backend:
    """Nothing here depends on the database."""
    return sqlite_backend


@pytest.fixture
def gallery(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address of a case shows nothing but its photos."""

    def show(public_code: str) -> str:
        shown = list(db.session.scalars(select(Attachment).order_by(Attachment.id)))
        before = [row for row in shown if row.stage is AttachmentStage.BEFORE]
        after = [row for row in shown if row.stage is AttachmentStage.AFTER]
        return render_template_string(GALLERY, before=before, after=after)

    monkeypatch.setitem(app.view_functions, "complaint_case.case", show)


def photo(colour: str = "navy") -> bytes:
    return jpeg(colour, (640, 480))


def phone_photo() -> bytes:
    """12 megapixels of many shades on its side, with a place."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = "N", (16.0, 25.0, 55.2)
    gps[ExifTags.GPS.GPSLongitudeRef], gps[ExifTags.GPS.GPSLongitude] = "E", (102.0, 49.0, 30.0)
    noise = Image.effect_noise((4000, 3000), 40).convert("RGB")
    noise.paste((200, 30, 30), (0, 0, 2000, 3000))
    stream = io.BytesIO()
    noise.save(stream, "JPEG", quality=92, exif=exif)
    return stream.getvalue()


def sent(name: str, content: bytes, kind: str = "image/jpeg") -> dict[str, Any]:
    return {"name": name, "mimeType": kind, "buffer": content}


def choose(page: Any, *files: dict[str, Any]) -> None:
    page.locator("#photos").set_input_files(list(files))


def wait_for_ids(page: Any, count: int) -> None:
    page.locator("input[name=photo_ids]").nth(count - 1).wait_for(state="attached")
    assert page.locator("input[name=photo_ids]").count() == count


def wait_for_pictures(page: Any, within: str) -> None:
    for picture in page.locator(f"{within} img").all():
        assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)")


def rows() -> list[Attachment]:
    db.session.rollback()
    return list(db.session.scalars(select(Attachment).order_by(Attachment.id)))


def plain(page: Any) -> None:
    """Let axe see the whole page."""
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": page.viewport_size["width"], "height": height + 20})


# Choosing ---------------------------------------------------------------------------------------------------


def test_photos_and_papers_are_sent_as_they_are_chosen(open_page: Any) -> None:
    page = open_page(NEW, DESK, "clerk")

    choose(
        page,
        sent("หลุม.jpg", photo()),
        sent("IMG_1.HEIC", HEIC.read_bytes(), "image/heic"),
        sent("หนังสือ.pdf", paper(2), "application/pdf"),
    )
    wait_for_ids(page, 3)

    assert {row.original_name for row in rows()} == {"หลุม.jpg", "IMG_1.HEIC", "หนังสือ.pdf"}
    tiles = page.locator(".photo-list li")
    assert tiles.locator("progress").count() == 0
    assert "เอกสาร 2 หน้า" in tiles.nth(2).inner_text()
    assert "มีพิกัดที่ถ่าย" in tiles.nth(1).inner_text()
    page.wait_for_function(
        "[...document.querySelectorAll('.photo-list img')].every((one) => one.naturalWidth)"
    )


def test_a_phone_photo_is_made_lighter_and_keeps_its_place_and_stands_upright(open_page: Any) -> None:
    original = phone_photo()
    page = open_page(NEW, PHONE, "clerk")
    bodies: list[int] = []
    page.on(
        "request",
        lambda request: "/hold" in request.url and bodies.append(len(request.post_data_buffer or b"")),
    )

    choose(page, sent("a.jpg", original))
    wait_for_ids(page, 1)

    (row,) = rows()
    assert (row.width, row.height) == (1536, 2048)
    assert (str(row.taken_latitude), str(row.taken_longitude)) == ("16.432000", "102.825000")
    assert bodies[0] < len(original) * 0.7


def test_twenty_at_once_all_arrive_in_a_list_and_the_next_is_refused(open_page: Any) -> None:
    page = open_page(NEW, DESK, "clerk")

    choose(page, *[sent(f"{index}.jpg", photo(f"#{index * 9:02x}4060")) for index in range(21)])
    wait_for_ids(page, 20)

    assert len(rows()) == 20
    assert "“20.jpg” เกินจำนวน" in page.locator("[data-photos] [role=alert]").inner_text()


def test_a_lost_network_is_tried_again_by_itself(open_page: Any) -> None:
    page = open_page(NEW, DESK, "clerk")
    tries: list[int] = []

    def cut(route: Any) -> None:
        tries.append(1)
        route.abort("connectionreset") if len(tries) == 1 else route.continue_()

    page.route("**/photo/hold*", cut)
    choose(page, sent("a.jpg", photo()))
    wait_for_ids(page, 1)

    assert len(tries) == 2


def test_one_bad_file_does_not_stop_the_others_and_can_be_sent_again(open_page: Any) -> None:
    page = open_page(NEW, DESK, "clerk")

    choose(page, sent("เสีย.jpg", b"\xff\xd8\xffno picture"), sent("ดี.jpg", photo()))
    wait_for_ids(page, 1)

    bad = page.locator(".photo-list .is-bad")
    bad.wait_for()
    assert "ไฟล์นี้ไม่ใช่ภาพ" in bad.inner_text()
    with page.expect_response("**/photo/hold*") as again:
        bad.get_by_role("button", name="ส่งใหม่ เสีย.jpg").click()
    assert again.value.status == 422


def test_saving_waits_for_what_was_not_sent_until_it_is_sent_or_removed(open_page: Any) -> None:
    page = open_page(NEW, DESK, "clerk")
    choose(page, sent("เสีย.jpg", b"nothing"))
    page.locator(".photo-list .is-bad").wait_for()

    page.locator("[data-save]").click()

    assert "ยังส่งไม่สำเร็จ 1 ไฟล์" in page.locator("[data-photos] [role=alert]").inner_text()
    page.get_by_role("button", name="เอาออก เสีย.jpg").click()
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.locator("[data-save]").click()


def test_the_same_photo_chosen_twice_is_shown_once(open_page: Any) -> None:
    page = open_page(NEW, DESK, "clerk")
    choose(page, sent("a.jpg", photo()))
    wait_for_ids(page, 1)

    choose(page, sent("สำเนา.jpg", photo()))
    page.get_by_text("เป็นภาพเดียวกับที่แนบไว้แล้ว").wait_for()

    assert page.locator(".photo-list li").count() == 1


def test_a_photo_is_turned_captioned_and_removed_without_leaving_the_form(open_page: Any) -> None:
    page = open_page(NEW, DESK, "clerk")
    choose(page, sent("a.jpg", photo()), sent("b.jpg", photo("red")))
    wait_for_ids(page, 2)

    with page.expect_response("**/turn"):
        page.get_by_role("button", name="หมุนขวา a.jpg").click()
    with page.expect_response("**/caption"):
        page.get_by_label("คำบรรยายของ a.jpg").fill("ปากหลุม")
        page.get_by_label("คำบรรยายของ b.jpg").focus()
    with page.expect_response("**/release*"):
        page.get_by_role("button", name="เอาออก b.jpg").click()

    (row,) = rows()
    assert (row.width, row.caption) == (480, "ปากหลุม")


def test_photos_sent_are_still_there_after_the_page_is_opened_again(open_page: Any) -> None:
    page = open_page(NEW, DESK, "clerk")
    choose(page, sent("a.jpg", photo()))
    wait_for_ids(page, 1)
    with page.expect_response("**/draft"):
        page.locator("textarea[name=story]").fill("ถนนเป็นหลุมลึก")

    page.goto(page.url)
    page.get_by_role("link", name="พิมพ์ต่อ").click()
    page.locator("[data-photo-kept='a.jpg']").wait_for()

    with page.expect_response("**/turn"):
        page.get_by_role("button", name="หมุนซ้าย a.jpg").click()
    assert rows()[0].width == 480


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_among_chosen_photos(open_page: Any, axe: Any, size: Any, look: str) -> None:
    page = open_page(NEW, size, "clerk", color_scheme=look)
    choose(
        page, sent("เสีย.jpg", b"nothing"), sent("a.jpg", photo()), sent("b.pdf", paper(), "application/pdf")
    )
    wait_for_ids(page, 2)
    page.locator(".photo-list .is-bad").wait_for()
    plain(page)

    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


# Looking ----------------------------------------------------------------------------------------------------


@pytest.fixture
def case(app: Flask, gallery: None) -> str:
    """A case with two photos before, one after and a paper; returns its code."""
    sandbox, files, form = app.extensions["sandbox"], app.extensions["files"], token()

    def keep(content: bytes, stage: AttachmentStage, name: str) -> None:
        made = process_file(content, sandbox)
        first = (made.pdf, ".pdf") if hasattr(made, "pdf") else (made.full.jpeg, ".jpg")
        keys = [files.put(*part) for part in (first, (made.small.jpeg, ".jpg"), (made.printed.jpeg, ".jpg"))]
        with write_transaction() as session:
            hold_photo(session, actor_named(session, "clerk"), form, stage, stored_file(made, keys, name))

    for colour in ("navy", "maroon"):
        keep(jpeg(colour), AttachmentStage.BEFORE, f"{colour}.jpg")
    keep(paper(2), AttachmentStage.BEFORE, "a.pdf")
    with write_transaction() as session:
        complaint: Complaint = register_case(app, session, form_token=form)
        code = complaint.public_code
    form = token()
    keep(jpeg("green"), AttachmentStage.AFTER, "green.jpg")
    with write_transaction() as session:
        after = session.scalars(select(Attachment).where(Attachment.draft_token == form)).one()
        after.draft_token, after.complaint_id = None, session.scalars(select(Complaint.id)).one()
        after.caption = "ซ่อมแล้ว"
    return code


def title(page: Any) -> str:
    return page.locator(".viewer h2").inner_text()


def test_the_viewer_goes_by_keys_and_gives_the_focus_back(open_page: Any, case: str) -> None:
    page = open_page(f"/admin/complaint/{case}", DESK, "clerk")
    first = page.locator("a[data-view]").first

    first.press("Enter")
    page.locator(".viewer[open]").wait_for()
    assert title(page) == "ก่อนดำเนินการ · 1/3"
    for key, said in (("ArrowRight", "2/3"), ("End", "3/3"), ("ArrowRight", "3/3"), ("Home", "1/3")):
        page.keyboard.press(key)
        assert title(page).endswith(said)
    page.keyboard.press("End")
    assert "ซ่อมแล้ว" in page.locator(".viewer figcaption").inner_text()
    page.keyboard.press("Escape")

    assert page.locator(".viewer[open]").count() == 0
    assert first.evaluate("one => one === document.activeElement")


def test_before_and_after_stand_side_by_side(open_page: Any, case: str) -> None:
    page = open_page(f"/admin/complaint/{case}", DESK, "clerk")
    page.locator("a[data-view]").first.click()

    page.get_by_role("button", name="เทียบก่อน–หลัง").click()

    figures = page.locator(".viewer figure")
    assert figures.count() == 2
    left, right = (figures.nth(place).bounding_box() for place in (0, 1))
    assert left["x"] + left["width"] <= right["x"]
    page.keyboard.press("ArrowRight")
    assert title(page) == "ก่อนและหลังดำเนินการ · 2/2"


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_in_gallery_and_viewer(
    open_page: Any, axe: Any, case: str, size: Any, look: str
) -> None:
    page = open_page(f"/admin/complaint/{case}", size, "clerk", color_scheme=look)
    for summary in page.locator(".photo-edit summary").all():
        summary.click()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]

    page.locator("a[data-view]").first.click()
    wait_for_pictures(page, ".viewer")
    assert axe(page) == []
    page.get_by_role("button", name="เทียบก่อน–หลัง").click()
    assert axe(page) == []


def test_a_photo_of_a_case_is_turned_without_script(open_page: Any, case: str) -> None:
    page = open_page(f"/admin/complaint/{case}", DESK, "clerk", javascript=False)
    page.locator(".photo-edit summary").first.click()

    page.get_by_role("button", name=re.compile("หมุนซ้าย")).first.click()

    assert page.url.endswith(f"/admin/complaint/{case}#photo-{rows()[0].public_id}")
    assert rows()[0].width == 240


def test_a_paper_is_saved_not_opened(open_page: Any, case: str) -> None:
    page = open_page(f"/admin/complaint/{case}", DESK, "clerk")

    with page.expect_download() as saving:
        page.locator("a.paper").click()

    assert re.fullmatch(r".+-before-03\.pdf", saving.value.suggested_filename)
