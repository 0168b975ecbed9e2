"""The counter by keyboard alone at a desk, and by touch on a phone: nobody needs a mouse, nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from helpers.browser import DESK, PHONE
from helpers.casework import member_of, register_case, subtype
from helpers.counter import PHONE as CITIZENS_PHONE
from helpers.counter import PIN, STORY, citizen_with_line
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.questions import questions_of
from extensions import write_transaction
from models import Complaint, ComplaintFollower, ComplaintStatus, QuestionAnswer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("backend", ["sqlite"], indirect=True),
]
NEW = "/admin/complaint/new"
RECEIPT = re.compile(r"/receipt$")
WHERE = """() => {
  const at = document.activeElement;
  return at.name || at.closest(".ts-wrapper")?.previousElementSibling?.name || "";
}"""


@pytest.fixture
def citizen(app: Flask) -> int:
    """Whom the town knows by phone, and by LINE."""
    with write_transaction() as session:
        return citizen_with_line(session).id


@pytest.fixture
def neighbour(app: Flask) -> int:
    """Somebody else told of the same street light an hour ago."""
    with write_transaction() as session:
        lamp = subtype(session, "ฟ.(1)")
        member = member_of(session, "+66899999999", line=False)
        pin = {"latitude": PIN[0], "longitude": PIN[1]}
        return register_case(app, session, member_id=member.id, subcategory_id=lamp.id, **pin).id


def focused(page: Any) -> str:
    name: str = page.evaluate("document.activeElement.name ?? ''")
    return name


def wait_for_focus(page: Any, selector: str) -> None:
    page.wait_for_function("selector => document.activeElement?.matches(selector)", arg=selector)


def choose_by_typing(page: Any, words: str) -> None:
    """Type a part of a choice's words into the box that has the focus, and take it."""
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def newest(session: Session) -> Complaint:
    session.rollback()
    return session.scalars(select(Complaint).order_by(Complaint.id.desc())).first()


def test_a_clerk_enters_a_case_by_keyboard_alone(
    open_page: Callable[..., Any], session: Session, citizen: int, look: Callable[[Any], None]
) -> None:
    page = open_page(NEW, DESK, username="clerk")
    page.wait_for_load_state("networkidle")
    assert focused(page) == "phone"

    page.keyboard.type(CITIZENS_PHONE)
    page.keyboard.press("Enter")
    wait_for_focus(page, "textarea[name=story]")
    assert "นางมาลี ใจดี" in page.locator("[data-said-found]").inner_text()
    page.keyboard.type(STORY)
    page.keyboard.press("Tab")
    assert focused(page) == "channel_id"
    page.keyboard.press("ArrowDown")

    page.keyboard.press("Alt+3")
    assert focused(page) == "road_name"
    page.keyboard.type("ถนนศรีจันทร์")

    page.keyboard.press("Shift+Tab")  # The way back is as open as the way on.
    page.keyboard.press("Alt+4")
    choose_by_typing(page, "ถนนชำรุด")
    page.keyboard.press("Alt+5")
    page.keyboard.press("ArrowDown")  # A short list is the browser's own: its first officer.
    look(page)
    page.keyboard.press("Control+Enter")

    page.wait_for_url(RECEIPT)
    wait_for_focus(page, "[data-new]")
    look(page)
    case = newest(session)
    assert case.status is ComplaintStatus.DIRECTED
    assert (case.member_id, case.story) == (citizen, STORY)
    assert case.subcategory is not None
    assert case.subcategory.code == "ช.(1)"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/new$"))
    assert focused(page) == "phone"


def test_tab_goes_down_the_page_without_a_trap(open_page: Callable[..., Any], citizen: int) -> None:
    page = open_page(NEW, DESK, username="clerk")
    page.wait_for_load_state("networkidle")
    seen: list[str] = []
    for _press in range(60):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(WHERE))
        if page.evaluate("document.activeElement.hasAttribute('data-save')"):
            break

    order = [name for name in dict.fromkeys(seen) if name]
    wanted = ["story", "channel_id", "received_at", "road_name", "latitude", "category_id", "subcategory_id"]
    assert [name for name in order if name in wanted] == wanted
    assert page.evaluate("document.activeElement.hasAttribute('data-save')")


def test_a_new_member_by_keyboard_with_card_data_and_address(
    open_page: Callable[..., Any], session: Session, look: Callable[[Any], None]
) -> None:
    page = open_page(NEW, DESK, username="clerk")
    page.wait_for_load_state("networkidle")
    page.keyboard.type("0812223333")
    page.keyboard.press("Enter")
    wait_for_focus(page, "input[name=title]")
    for text in ("นาง", "มาลี", "รักเมือง", "03/03/2500"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")  # Past the calendar's button.
    page.keyboard.type("1100700000001")
    page.keyboard.press("Tab")
    assert page.locator("input[name=national_id]").input_value() == "1-1007-00000-00-1"
    page.locator("input[name=line_id_text]").press_sequentially("@mali57")
    town = page.locator("input[name=subdistrict_code]")
    town.press_sequentially("ในเมือง")
    page.wait_for_function(
        "() => document.querySelector('input[name=subdistrict_code]').list?.options.length > 1"
    )
    town.fill(page.evaluate("document.querySelector('input[name=subdistrict_code]').list.options[0].value"))
    assert page.locator("input[name=postal_code]").input_value() == "40000"
    look(page)
    page.locator("textarea[name=story]").fill("ขอถังขยะเพิ่ม")
    page.locator("select[name=channel_id]").press("ArrowDown")
    page.keyboard.press("Control+Enter")

    page.wait_for_url(RECEIPT)
    member = newest(session).member
    assert member is not None
    assert (member.full_name, member.line_id_text) == ("นางมาลี รักเมือง", "mali57")
    assert member.subdistrict_code == "400101"


def test_by_touch_on_a_phone_the_neighbours_case_is_followed_instead(
    open_page: Callable[..., Any], session: Session, citizen: int, neighbour: int, look: Callable[[Any], None]
) -> None:
    page = open_page(NEW, PHONE, username="clerk", has_touch=True)
    page.wait_for_load_state("networkidle")
    page.get_by_label("เบอร์โทรศัพท์ผู้ร้อง").fill(CITIZENS_PHONE)
    page.get_by_role("button", name="ค้นหา", exact=True).tap()
    page.locator("#who").get_by_text("ติดต่อทาง LINE ได้").wait_for()
    page.get_by_label("เรื่องและสิ่งที่ขอให้ทำ").fill(STORY)
    page.get_by_label("ละติจูด").fill(PIN[0])
    page.get_by_label("ลองจิจูด").fill(PIN[1])
    tap_choice(page, "category_id", "ฟ.")
    tap_choice(page, "subcategory_id", "ฟ.(1)")
    page.get_by_label("เลขที่เสาไฟ").fill("ศจ.12/4")
    look(page)
    page.locator("[data-save]").tap()
    page.get_by_text("ยังไม่ได้บันทึก เรื่องนี้ซ้ำกับเรื่องที่มีอยู่หรือไม่").wait_for()
    look(page)
    buttons = page.locator(".ask-first button")
    assert all(buttons.nth(place).bounding_box()["height"] >= 24 for place in range(buttons.count()))
    page.locator(".ask-first").get_by_role("button", name="ให้ผู้ร้องติดตามเรื่องเดิม").tap()

    page.get_by_text("ไม่มีการออกเลขใหม่").wait_for()
    session.rollback()
    assert session.scalars(select(Complaint.id)).all() == [neighbour]
    assert session.scalars(select(ComplaintFollower.member_id)).all() == [citizen]


def test_what_is_near_appears_beside_the_form_and_can_be_told_apart(
    open_page: Callable[..., Any], session: Session, citizen: int, neighbour: int, look: Callable[[Any], None]
) -> None:
    lamp = subtype(session, "ฟ.(1)")
    post = questions_of(session, lamp.id)[0].id
    page = open_page(NEW, DESK, username="clerk")
    page.wait_for_load_state("networkidle")
    page.keyboard.type(CITIZENS_PHONE)
    page.keyboard.press("Enter")
    wait_for_focus(page, "textarea[name=story]")
    page.keyboard.type(STORY)
    page.locator("select[name=category_id]").select_option(str(lamp.category_id))
    tap_choice(page, "subcategory_id", "ฟ.(1)")
    page.get_by_label("ละติจูด").fill(PIN[0])
    page.get_by_label("ลองจิจูด").fill(PIN[1])
    page.keyboard.press("Tab")
    page.locator("#near").get_by_text("ห่าง 0 ม.").wait_for()
    page.locator(f"input[name=answer_{post}]").fill("ศจ.12/4")
    look(page)
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="ไม่ใช่เรื่องเดียวกัน บันทึกต่อ").press("Enter")

    page.wait_for_url(RECEIPT)
    assert newest(session).id != neighbour
    assert session.scalars(select(QuestionAnswer.answer)).all() == ["ศจ.12/4"]


def test_the_question_who_is_answered_once_however_often_it_is_turned(
    open_page: Callable[..., Any], session: Session, look: Callable[[Any], None]
) -> None:
    page = open_page(NEW, DESK, username="clerk")
    page.wait_for_load_state("networkidle")
    page.keyboard.type("0999999999")
    page.keyboard.press("Enter")
    page.locator("#who [value=save_member]").wait_for()
    page.locator("#who [value=change]").click()
    page.locator("#who [value=shared]").click()
    page.locator("#shared-warning").wait_for()
    story = page.get_by_label("เรื่องและสิ่งที่ขอให้ทำ")
    story.fill("โทรกลับ ๐๘๑ ๙๙๙ ๐๐๐๐ ไฟดับ")
    look(page)
    page.locator("[data-move-number]").click()

    assert page.locator("[name=who]").count() == 1
    assert story.input_value() == "โทรกลับ (เบอร์เก็บไว้ในช่องติดต่อกลับ) ไฟดับ"
    assert page.get_by_label("เบอร์ติดต่อกลับ").input_value() == "081 999 0000"


@pytest.mark.parametrize(("paper", "millimetres"), [("a5", 148), ("roll", 80)])
def test_the_slip_fits_one_page_of_its_paper_and_names_no_officer(
    app: Flask, open_page: Callable[..., Any], citizen: int, paper: str, millimetres: int
) -> None:
    with write_transaction() as session:
        case = register_case(app, session, member_id=citizen)
        code, number = case.public_code, str(case.number)
        officer = case.assignee.full_name if case.assignee else ""
    page = open_page(f"/admin/complaint/{code}/receipt", DESK, username="clerk")
    page.wait_for_load_state("networkidle")
    page.evaluate("paper => (document.documentElement.dataset.paper = paper)", paper)
    sheet = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True)))

    assert len(sheet.pages) == 1
    assert round(float(sheet.pages[0].mediabox.width) / 72 * 25.4) == millimetres
    text = sheet.pages[0].extract_text()
    assert code in text
    assert number.partition(" ")[2] in text
    assert officer.partition(" ")[2] not in text


def tap_choice(page: Any, name: str, words: str) -> None:
    """Choose what begins with some words in a drop-down, plain or with a box to type in."""
    options = page.locator(f'select[name="{name}"] option')
    value = next(
        options.nth(place).get_attribute("value")
        for place in range(options.count())
        if (options.nth(place).text_content() or "").startswith(words)
    )
    select_box = page.locator(f'select[name="{name}"]')
    if "tomselected" not in (select_box.get_attribute("class") or ""):
        select_box.select_option(value)
        return
    page.locator(f'select[name="{name}"] + .ts-wrapper .ts-control').click()
    page.locator(f'select[name="{name}"] + .ts-wrapper [data-value="{value}"][data-selectable]').click()
