"""Life in LINE, played on phones in a browser: from the QR code on the wall to five stars.

An officer registers and is let in, a citizen reports in the chat, both talk through the case, the head gives
more time, the result comes with pictures, is found wanting, and is mended. Nobody goes back to an office.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask
from helpers.backends import Backend, demo_server
from helpers.browser import DESK, PHONE
from helpers.casework import category, plain_subtype, press
from helpers.handset import Handset
from helpers.line import words_of
from helpers.people import officer_named
from sqlalchemy import select
from stories.conftest import PATIENT

from demo.line import demo_line
from domain.settings import write_setting
from extensions import db, write_transaction
from line_sim.server import FakeLine
from models import (
    Attachment,
    AttachmentStage,
    Complaint,
    ComplaintEvent,
    ComplaintStatus,
    LineRequest,
    OutboxMessage,
    Rating,
    StaffUser,
    WebhookReceipt,
)
from models import DeliveryState as D
from worker.loop import drain_once
from worker.senders import Postman

pytestmark = pytest.mark.browser
DARK = "ไฟทางหน้าวัดดับมาสามคืนแล้ว"
S = ComplaintStatus
MOST_PAID = 6
"""Taken on and ordered, read, a question, more time, and two results; all else is a free reply."""
IMPATIENT = """const every = window.setInterval;
window.setInterval = (act, pause, ...more) => every(act, pause === 1000 ? 150 : pause, ...more);"""
"""The phones ask for news oftener than once a second: the story is long."""


@pytest.fixture
def app(backend: Backend) -> Iterator[Flask]:
    with demo_server(backend) as demo:
        yield demo


@pytest.fixture
def fake(app: Flask, live: str) -> Iterator[FakeLine]:
    app.extensions["settings"] = replace(app.extensions["settings"], public_url=live, line_pages_url=live)
    with write_transaction() as session:
        write_setting(session, "undo_hold_seconds", 0)
    with demo_line(app, db.session()):
        db.session.remove()
        yield app.extensions["demo_line"]


@pytest.fixture
def drain(app: Flask, fake: FakeLine) -> Iterator[Callable[[], None]]:
    postman = Postman(app, PATIENT)

    def drain_all() -> None:
        drain_once(app, postman)
        db.session.remove()

    yield drain_all
    postman.close()


@dataclass
class Cast:
    """Who plays, each with a phone on one page."""

    page: Any
    citizen: Handset
    officer: Handset
    head: Handset


@pytest.fixture
def cast(
    fake: FakeLine,
    open_page: Callable[..., Any],
    drain: Callable[[], None],
    request: pytest.FixtureRequest,
) -> Cast:
    size = request.param
    mali = fake.state.new_person("มะลิ").user_id
    ek = fake.state.new_person("ช่างเอก").user_id
    head = officer_named(db.session(), "head").line_accounts[0].line_user_id
    db.session.remove()
    drain()  # The menus are laid before anybody looks.
    page = open_page("/line-sim/", size)
    page.add_init_script(IMPATIENT)
    page.goto(page.url + f"?p=citizen.{mali}&p=staff.{ek}&p=staff.{head}")
    phones = [Handset(page, number, drain, is_alone=size is PHONE) for number in (1, 2, 3)]
    return Cast(page, *phones)


def the_case() -> Complaint:
    db.session.remove()
    return db.session.scalars(select(Complaint).order_by(Complaint.id.desc()).limit(1)).one()


def do(who: str, action: str, **facts: Any) -> None:
    with write_transaction() as session:
        found = session.get_one(Complaint, the_case().id)
        press(session, who, found, action, **facts)
    db.session.remove()


def told_to(fake: FakeLine, username: str) -> str:
    """Return everything on an officer's phone."""
    user_id = officer_named(db.session(), username).line_accounts[0].line_user_id
    db.session.remove()
    return "\n".join(words_of(message) for message in fake.state.messages_of("staff", user_id))


@pytest.mark.parametrize("cast", [DESK, PHONE], ids=["desk", "phone"], indirect=True)
def test_from_the_qr_code_to_five_stars(
    cast: Cast,
    fake: FakeLine,
    open_page: Callable[..., Any],
    axe: Callable[[Any], list[str]],
) -> None:
    citizen, officer, head = cast.citizen, cast.officer, cast.head

    join(officer, "เพิ่มเพื่อน: บัญชีเจ้าหน้าที่", "แชตนี้สำหรับเจ้าหน้าที่")
    ask_to_be_an_officer(officer)
    let_in(open_page, officer)

    join(citizen, "เพิ่มเพื่อน: บัญชีประชาชน", "ยินดีต้อนรับ")
    report(citizen)
    code = the_case().public_code
    told = told_to(fake, "central")
    assert code in told, "the intake is told at once"
    assert axe(cast.page) == []
    direct_to_the_newcomer()
    citizen.sees("มีผู้ดูแลเรื่องของท่านแล้ว")

    officer.sees(DARK)
    officer.taps("รับทราบ")
    officer.sees("บันทึกแล้วว่าท่านรับทราบเรื่อง")
    ask_and_answer(officer, citizen)
    ask_for_time_and_get_it(officer, head, citizen)

    finish(officer, "เปลี่ยนหลอดไฟแล้วหนึ่งดวง")
    see_before_and_after(citizen, "เปลี่ยนหลอดไฟแล้วหนึ่งดวง")
    assert axe(cast.page) == []
    find_it_wanting(citizen)
    officer.sees("อีกสองดวงยังดับ")
    assert the_case().status is S.IN_PROGRESS

    finish(officer, "เปลี่ยนครบสามดวง ใช้งานได้ตามปกติ")
    see_before_and_after(citizen, "เปลี่ยนครบสามดวง")
    citizen.taps("ให้ 5 คะแนน")
    citizen.sees("ขอบคุณที่ให้ 5 คะแนน")
    assert cast.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    everything_is_written_down_and_nothing_failed()
    paid = [one for one in fake.state.sendings if (one.channel, one.via) == ("citizen", "push")]
    assert len(paid) <= MOST_PAID, "what somebody does in the chat is answered for nothing"


def join(phone: Handset, who: str, welcome: str) -> None:
    """Scan the one QR code of the town, say who one is, and add that account."""
    page = phone.scans("ป้ายของเทศบาล")
    page.get_by_role("link", name=who).click()
    page.wait_for_url(re.compile("/line-sim/"))
    page.close()
    phone.sees(welcome)


def ask_to_be_an_officer(officer: Handset) -> None:
    officer.taps("ลงทะเบียนเจ้าหน้าที่")
    officer.sees("ชื่อ")
    officer.says("นายเอก ช่างทอง")
    officer.sees("ตำแหน่ง")
    officer.says("นายช่างไฟฟ้า")
    officer.sees("อยู่หน่วยงานไหน")
    department = category(db.session(), "ฟ.").department.name
    db.session.remove()
    officer.says(department)
    officer.sees("เบอร์")
    officer.says("0812345678")
    officer.sees("ตรวจแล้วส่งให้ศูนย์")
    officer.taps("ส่งคำขอ")
    officer.sees("อนุมัติ")


def let_in(open_page: Callable[..., Any], officer: Handset) -> None:
    """Let the centre look at the request and say yes; the phone is told and may work at once."""
    page = open_page("/admin/line/requests/", username="central")
    page.get_by_role("link", name="นายเอก ช่างทอง").click()
    page.get_by_role("button", name="อนุมัติ", exact=True).click()
    page.get_by_text("อนุมัติแล้ว").wait_for()
    page.close()
    officer.sees("เริ่มใช้งานได้แล้ว")
    db.session.remove()
    assert db.session.scalars(select(LineRequest.staff_user_id)).one() is not None


def report(citizen: Handset) -> None:
    """Report with words, a place and a photo; what is missing is asked for."""
    citizen.says(DARK)
    citizen.sees("อยู่ตรงไหน")
    citizen.points_at("ชุมชน")
    citizen.sees("ตรวจแล้วกดส่ง")
    citizen.photographs("ไฟทาง")
    citizen.sees("ได้รับ 1 ภาพแล้ว")
    citizen.taps("ส่งเรื่อง")
    citizen.sees("ได้รับเรื่องของท่านแล้ว")


def direct_to_the_newcomer() -> None:
    """Let the centre accept it and order it to the officer of an hour ago."""
    session = db.session()
    electric, kind = category(session, "ฟ.").id, plain_subtype(session).id
    newcomer = session.scalars(select(StaffUser.id).where(StaffUser.first_name == "เอก")).one()
    db.session.remove()
    do("central", "accept", category_id=electric)
    do("central", "direct", subcategory_id=kind, assignee_id=newcomer)


def ask_and_answer(officer: Handset, citizen: Handset) -> None:
    officer.taps("ถามผู้ร้อง")
    officer.sees("อยากถามอะไรผู้ร้อง")
    officer.says("เสาต้นไหน มีเลขหรือไม่")
    officer.taps("ส่ง")
    citizen.sees("เสาต้นไหน มีเลขหรือไม่")
    assert the_case().status is S.AWAITING_CITIZEN
    citizen.taps("ตอบคำถาม")
    citizen.sees("พิมพ์คำตอบ")
    citizen.says("เสาเลข 14 หน้าประตูวัด")
    citizen.taps("ส่ง")
    officer.sees("เสาเลข 14 หน้าประตูวัด")


def ask_for_time_and_get_it(officer: Handset, head: Handset, citizen: Handset) -> None:
    officer.taps("ดูเรื่อง")
    officer.taps("ขอขยายเวลา")
    officer.sees("กี่วันทำการ")
    officer.taps("3 วันทำการ")
    officer.sees("เพราะอะไร")
    officer.says("รอหลอดไฟรุ่นใหม่")
    head.sees("รอหลอดไฟรุ่นใหม่")
    head.taps("ให้ตามที่ขอ")
    head.sees("ผู้ร้องจะได้อ่าน")
    head.taps("ใช้เหตุผลของผู้ขอ")
    citizen.sees("รอหลอดไฟรุ่นใหม่")
    officer.sees("ได้เวลาเพิ่มแล้ว")


def finish(officer: Handset, words: str) -> None:
    """Report the result: a photo, a few words, one look, sent."""
    officer.taps("รายงานผล")
    officer.photographs("ไฟทาง")
    officer.sees("ได้รับ 1 ภาพแล้ว")
    officer.says(words)
    officer.sees("ตรวจแล้วกดส่งผล")
    officer.taps("ส่งผล")
    officer.sees("ไม่ต้องกลับไปรายงานหัวหน้า")


def see_before_and_after(citizen: Handset, words: str) -> None:
    """Read the result with its two pictures, which LINE fetched from us."""
    line = citizen.sees(words).locator("xpath=ancestor::li")
    pictures = line.locator("img[src*='/line/picture/']")
    assert pictures.count() == 2
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        citizen.page.wait_for_function("one => one.naturalWidth > 50", arg=picture.element_handle())
    assert line.get_by_text("ก่อน", exact=True).count() == 1
    assert line.get_by_text("หลัง", exact=True).count() == 1


def find_it_wanting(citizen: Handset) -> None:
    """Give two stars and a comment, and open the case again."""
    citizen.taps("ให้ 2 คะแนน")
    citizen.sees("ขอบคุณที่ให้ 2 คะแนน")
    citizen.taps("เขียนความเห็น")
    citizen.sees("พิมพ์ความเห็น")
    citizen.says("ยังมืดอยู่")
    citizen.sees("ความเห็น")
    citizen.taps("ยังไม่เรียบร้อย")
    citizen.sees("ยังเหลือปัญหาอะไร")
    citizen.says("อีกสองดวงยังดับ")


def everything_is_written_down_and_nothing_failed() -> None:
    case = the_case()
    acts = select(ComplaintEvent.kind).where(ComplaintEvent.complaint_id == case.id)
    done = [kind.value for kind in db.session.scalars(acts.order_by(ComplaintEvent.id))]
    assert done == [
        *("submit", "accept", "direct", "acknowledge", "ask_citizen", "answer", "ask_more_time", "extend"),
        *("record_result", "rate", "rate", "reopen", "record_result", "rate"),
    ]
    ratings = db.session.scalars(select(Rating).order_by(Rating.id)).all()
    assert [(one.stars, one.comment) for one in ratings] == [(2, "ยังมืดอยู่"), (5, None)]
    shown = select(Attachment.stage).where(Attachment.complaint_id == case.id)
    photos = db.session.scalars(shown.order_by(Attachment.id)).all()
    assert photos == [AttachmentStage.BEFORE, AttachmentStage.AFTER, AttachmentStage.AFTER]
    failed = select(WebhookReceipt.last_error).where(WebhookReceipt.state != D.SENT)
    assert db.session.scalars(failed).all() == []
    unsent = select(OutboxMessage.last_error).where(OutboxMessage.state.in_([D.DEAD, D.READY]))
    assert db.session.scalars(unsent).all() == []
