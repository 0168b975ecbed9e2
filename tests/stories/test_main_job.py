"""The whole purpose, as people do it: from the counter to the citizen's phone and back to the head's desk."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from helpers.browser import PHONE
from helpers.counter import PHONE as CITIZENS_PHONE
from helpers.counter import PIN, STORY, citizen_with_line, engineering_type, entry_fields, jpeg
from helpers.people import actor_named, officer_named
from pypdf import PdfReader
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from stories.conftest import Phone, sign_in

from domain.clock import to_bangkok, today
from domain.members import shared_member
from domain.registration import Entry, register
from domain.thai_dates import thai_date
from extensions import write_transaction
from line_sim.server import FakeLine
from line_sim.state import user_id_for
from models import Attachment, AttachmentStage, Complaint, ComplaintStatus, Rating

pytestmark = pytest.mark.browser

BEFORE = [
    {"name": "เสาไฟ.jpg", "mimeType": "image/jpeg", "buffer": jpeg("#334455")},
    {"name": "ถนนมืด.jpg", "mimeType": "image/jpeg", "buffer": jpeg("#111122", (240, 320))},
]
AFTER = {"name": "ซ่อมแล้ว.jpg", "mimeType": "image/jpeg", "buffer": jpeg("#ddeeaa")}
RESULT = "เปลี่ยนหลอดไฟทั้งสามดวงแล้ว ใช้งานได้ตามปกติ"
LIST = "/admin/complaint/"


@pytest.fixture
def citizen(demo_town: FakeLine, session: Session) -> Phone:
    """A citizen whom the town knows by phone number and by LINE."""
    demo_town.state.add_user("malee", "มาลี", ["citizen"])
    with write_transaction() as writing:
        citizen_with_line(writing, "malee")
    return Phone(demo_town, "citizen", user_id_for("malee"))


@pytest.fixture
def others(app: Flask, demo_town: FakeLine) -> None:
    """Complaints that look alike: another officer's, another place's, another story's."""
    vault = app.extensions["vault"]
    with write_transaction() as writing:
        actor = actor_named(writing, "central")
        member = shared_member(writing)
        fields = entry_fields(writing, member)
        colleague = officer_named(writing, "jakrit.l").id
        for number, (officer, pin, story) in enumerate(
            (
                (colleague, PIN, STORY),
                (int(fields["assignee_id"]), (None, None), STORY),
                (int(fields["assignee_id"]), PIN, "ขอให้ตัดกิ่งไม้ที่พาดสายไฟ"),
            )
        ):
            entry = Entry(
                form_token=f"another-complaint-{number:02d}",
                story=story,
                member_id=member.id,
                channel_id=int(fields["channel_id"]),
                category_id=int(fields["category_id"]),
                subcategory_id=int(fields["subcategory_id"]),
                assignee_id=officer,
                latitude=pin[0],
                longitude=pin[1],
            )
            register(writing, actor, vault, entry)


def newest(session: Session) -> Complaint:
    session.rollback()
    return session.scalars(select(Complaint).order_by(Complaint.id.desc())).first()


def test_a_complaint_goes_from_the_counter_to_the_citizens_phone_and_into_the_heads_file(
    open_page: Callable[..., Any],
    size: dict[str, int],
    session: Session,
    others: None,
    citizen: Phone,
    staff_phone: Callable[[str], Phone],
    drain: Callable[[], Any],
    look: Callable[[Any], None],
    downloads: Callable[[Any, Any], Path],
) -> None:
    drain()
    officer = staff_phone("officer")
    heard_before = len(officer.messages)

    clerk = open_page(LIST, size)
    look(clerk)
    sign_in(clerk, "clerk")
    look(clerk)
    code, password = write_it_down(clerk, session, look)
    complaint = newest(session)
    assert complaint.public_code == code
    number = str(complaint.number)

    drain()
    assert number in officer.texts[-1]
    assert len(officer.messages) == heard_before + 1
    assert [number in text for text in citizen.texts] == [True]
    assert_copy_opens(clerk, code, number)

    officer.press("acknowledge", f"c={code}&")
    drain()
    assert newest(session).status is ComplaintStatus.ACKNOWLEDGED
    assert len(citizen.messages) == 2

    record_the_result(clerk, code, look)
    drain()
    assert newest(session).status is ComplaintStatus.RESOLVED
    assert len(citizen.messages) == 3
    assert RESULT in citizen.texts[-1]
    read_on_the_web(open_page, code, password, look)

    citizen.press("rate", f"c={code}&", "&v=5&")
    drain()
    session.rollback()
    assert [rating.stars for rating in session.scalars(select(Rating))] == [5]

    take_away(open_page("/admin/sign-in", size), number, session, look, downloads)


def write_it_down(page: Any, session: Session, look: Callable[[Any], None]) -> tuple[str, str]:
    """Enter the complaint at the counter; return tracking code and password as they stand on the slip."""
    page.get_by_role("link", name="เพิ่มคำร้องทุกข์").first.click()
    page.get_by_label("เบอร์โทรศัพท์ผู้ร้อง").fill(CITIZENS_PHONE)
    page.get_by_role("button", name="ค้นหา", exact=True).click()
    page.locator("#who").get_by_text("ติดต่อทาง LINE ได้").wait_for()
    page.get_by_label("เรื่องและสิ่งที่ขอให้ทำ").fill(STORY)
    page.get_by_label("ช่องทางการแจ้ง").select_option(index=1)
    page.locator("input[type=file]").set_input_files(BEFORE)
    page.get_by_text("ส่งแล้ว").nth(1).wait_for()
    put_the_pin_by_hand(page)
    page.get_by_label("ละติจูด").fill(PIN[0])
    page.get_by_label("ลองจิจูด").fill(PIN[1])
    page.get_by_label("ลองจิจูด").press("Tab")
    subcategory = engineering_type(session)
    choose(page, "category_id", str(subcategory.category_id))
    choose(page, "subcategory_id", str(subcategory.id))
    choose(page, "assignee_id", str(officer_named(session, "officer").id))
    look(page)
    save = page.locator("[data-save]")
    assert "ส่ง LINE 2 คน" in save.inner_text()
    before = session.scalar(select(func.count()).select_from(Complaint))
    save.dblclick(no_wait_after=True)
    page.get_by_role("button", name="ไม่ใช่เรื่องเดียวกัน บันทึกต่อ").dblclick(no_wait_after=True)
    page.wait_for_url(re.compile(r"/receipt$"))
    look(page)
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Complaint)) == before + 1
    code, password = page.locator(".code").all_inner_texts()
    assert re.fullmatch(r"\d{4}-\d+", code)
    assert len(password) == 10
    assert str(newest(session).number) in page.locator(".big").inner_text()
    kept = select(Attachment).where(Attachment.stage == AttachmentStage.BEFORE)
    assert len(session.scalars(kept).all()) == len(BEFORE)
    return code, password


def put_the_pin_by_hand(page: Any) -> None:
    """Click the map; both boxes then hold degrees."""
    page.locator("map-picker .map").scroll_into_view_if_needed()
    page.locator("map-picker .map-tools button").first.wait_for()
    page.locator("map-picker .map").click(position={"x": 150, "y": 120})
    assert re.fullmatch(r"\d+\.\d{6}", page.get_by_label("ละติจูด").input_value())


def choose(page: Any, name: str, value: str) -> None:
    """Choose in a drop-down; long ones have a box to type in, which is pressed as people do."""
    select_box = page.locator(f'select[name="{name}"]')
    if "tomselected" not in (select_box.get_attribute("class") or ""):
        select_box.select_option(value)
        return
    page.locator(f'select[name="{name}"] + .ts-wrapper .ts-control').click()
    page.locator(f'select[name="{name}"] + .ts-wrapper [data-value="{value}"][data-selectable]').click()
    page.keyboard.press("Escape")  # A list of several choices stays open.


def assert_copy_opens(page: Any, code: str, number: str) -> None:
    answer = page.request.get(f"{page.url.partition('/admin/')[0]}/admin/complaint/{code}/copy")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/pdf"
    text = PdfReader(BytesIO(answer.body())).pages[0].extract_text()
    assert number.partition(" ")[2] in text


def record_the_result(page: Any, code: str, look: Callable[[Any], None]) -> None:
    page.get_by_role("link", name="ดูเรื่อง").click()
    page.get_by_text("ผู้รับผิดชอบรับทราบ").first.wait_for()
    look(page)
    acts = page.get_by_role("region", name="สิ่งที่ทำได้")
    acts.get_by_role("link", name="บันทึกผล").click()
    page.get_by_role("textbox", name="วันที่ดำเนินงานแล้วเสร็จ").fill(thai_date(today(), "digits"))
    page.get_by_role("textbox", name="ผลการดำเนินงาน").fill(RESULT)
    page.locator("input[type=file]").set_input_files(AFTER)
    page.get_by_text("ส่งแล้ว").wait_for()
    look(page)
    page.get_by_role("button", name="บันทึกผลและแจ้งผู้ร้อง").click()
    page.wait_for_url(re.compile(rf"/admin/complaint/{code}$"))
    page.get_by_text(RESULT).first.wait_for()
    look(page)


def read_on_the_web(
    open_page: Callable[..., Any], code: str, password: str, look: Callable[[Any], None]
) -> None:
    """Follow the QR of the slip on a phone and read the result."""
    page = open_page(f"/track?code={code}", PHONE)
    look(page)
    page.get_by_label("รหัสผ่าน 10 ตัว").fill(password.lower())
    page.get_by_role("button", name="ดูเรื่องของฉัน").click()
    page.get_by_text(RESULT).wait_for()
    assert page.locator(".photo-grid img").count() == len(BEFORE) + 1
    look(page)


def take_away(
    page: Any,
    number: str,
    session: Session,
    look: Callable[[Any], None],
    downloads: Callable[[Any, Any], Path],
) -> None:
    """Narrow the list to one case as its head, and take exactly that case away."""
    complaint = newest(session)
    sign_in(page, "head")
    page.goto(page.url.partition("/admin/")[0] + LIST)
    assert page.locator("tbody tr").count() > 1
    look(page)
    page.get_by_role("link", name="ตัวกรอง", exact=True).click()
    choose(page, "officer", "officer")
    choose(page, "zone", complaint.zone.code)
    choose(page, "status", "resolved")
    look(page)
    page.get_by_role("button", name="แสดงผล").click()
    page.wait_for_url(re.compile("status=resolved"))
    page.get_by_label("ค้นหาในรายการนี้").fill("ตลาดดับ")
    page.get_by_label("ค้นหาในรายการนี้").press("Enter")
    page.wait_for_url(re.compile("search="))
    for part in ("officer=officer", f"zone={complaint.zone.code}", "status=resolved"):
        assert part in page.url
    assert page.locator("tbody tr").count() == 1
    assert number in page.locator("tbody tr").inner_text()
    look(page)

    page.get_by_role("link", name="ส่งออก").click()
    page.get_by_label("เหตุผลที่ส่งออก").fill("รายงานประจำเดือน")
    look(page)
    workbook = openpyxl.load_workbook(downloads(page, page.get_by_role("button", name="Excel")))
    rows = [list(row) for row in workbook.worksheets[0].iter_rows(values_only=True)]
    at = next(index for index, row in enumerate(rows) if "เลขที่" in row)
    assert len(rows) == at + 2
    found = dict(zip(rows[at], rows[at + 1], strict=True))
    assert found["เลขที่"] == number
    received = found["วันที่รับเรื่อง"]
    assert isinstance(received, datetime)
    local = to_bangkok(complaint.received_at)
    assert (received.date(), received.hour, received.minute) == (local.date(), local.hour, local.minute)

    page.get_by_label("เหตุผลที่ส่งออก").fill("รายงานประจำเดือน")
    path = downloads(page, page.get_by_role("button", name="CSV"))
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.reader(file))
    head = next(index for index, row in enumerate(table) if "เลขที่" in row)
    assert [dict(zip(table[head], row, strict=True))["เลขที่"] for row in table[head + 1 :]] == [number]
