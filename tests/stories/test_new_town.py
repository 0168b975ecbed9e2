"""A new town from nothing: everything through the screens, until its first case is filed and tracked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pyotp
import pytest
from flask import Flask
from helpers.backends import Backend, let_go, test_app
from helpers.browser import DESK
from sqlalchemy import select
from sqlalchemy.orm import Session

from commands.database import upgrade_database
from commands.planting import plant
from commands.user import first_administrator_link
from domain.labels import use_state_words
from extensions import write_transaction
from models import Complaint, ComplaintStatus

pytestmark = pytest.mark.browser

PASSWORD = "blue7kettle&fern"
TOWN = "เทศบาลตำบลดอนทราย"
RECEIPT = re.compile(r"/receipt$")


@pytest.fixture
def app(backend: Backend) -> Iterator[Flask]:
    """A server that was started for the first time: no town, no officer, only what any town can use."""
    application = test_app(backend.data_dir, backend.empty_url("new_town"))
    use_state_words({})
    with application.app_context():
        upgrade_database()
        with write_transaction() as session:
            plant(session, None)
        yield application
        let_go()


def save(page: Any) -> None:
    page.get_by_role("button", name="บันทึก", exact=True).click()
    page.wait_for_load_state()
    assert page.locator(".error-summary").count() == 0, page.locator(".error-summary").inner_text()


def choose(page: Any, name: str, words: str) -> None:
    """Choose by its words; a long list is Tom Select's, whose own select element stays in the form."""
    page.evaluate(
        """([name, words]) => {
          const box = document.querySelector(`select[name=${name}]`);
          const option = [...box.options].find((one) => one.text.includes(words));
          if (!option) throw new Error(`no ${words} among ${[...box.options].map((one) => one.text)}`);
          if (box.tomselect) box.tomselect.addItem(option.value);
          else { option.selected = true; box.dispatchEvent(new Event("change", {bubbles: true})); }
        }""",
        [name, words],
    )


def test_a_new_town_is_set_up_by_screens_alone_and_files_its_first_case(
    app: Flask,
    session: Session,
    live: str,
    open_page: Callable[..., Any],
    look: Callable[[Any], None],
) -> None:
    link = first_administrator_link(app)
    assert link is not None
    admin = open_page(link.removeprefix("http://localhost"), DESK)
    set_up_administrator(admin)
    describe_the_town(admin, live, look)
    shape_the_town(admin, live, look)
    clerk = hire(admin, live, open_page, "somsri.k", "สมศรี", "เจ้าหน้าที่รับเรื่อง", look)
    hire(admin, live, open_page, "manop.c", "มานพ", "เจ้าหน้าที่ผู้รับผิดชอบ", look)

    code, password = file_a_case(clerk, live, look)

    session.rollback()
    case = session.scalars(select(Complaint)).one()
    assert case.status is ComplaintStatus.DIRECTED
    assert re.fullmatch(r"ดท\.-1/25\d\d", case.number or "")
    assert case.promised_text == "1–2 ชั่วโมงทำการ"
    citizen = open_page("/track", DESK)
    citizen.fill("input[name=code]", code)
    citizen.fill("input[name=password]", password)
    citizen.get_by_role("button", name=re.compile("ติดตาม|ดู")).first.click()
    citizen.wait_for_load_state()
    look(citizen)
    seen = citizen.content()
    assert TOWN in seen
    assert "ส่งให้ช่างแล้ว" in seen
    assert "ขอนแก่น" not in seen


def set_up_administrator(page: Any) -> None:
    page.fill("input[name=username]", "mayuree.p")
    page.fill("input[name=first_name]", "มยุรี")
    page.fill("input[name=last_name]", "พันธุ์ดี")
    come_in(page, "mayuree.p")


def come_in(page: Any, username: str) -> None:
    """Set the password on the one-time page, sign in, and set up the phone where the role asks for one."""
    page.fill("input[name=password]", PASSWORD)
    page.fill("input[name=password_again]", PASSWORD)
    page.locator("button.door-go").click()
    page.wait_for_load_state()
    if page.locator("input[name=username]").count():
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", PASSWORD)
        page.get_by_role("button", name="เข้าสู่ระบบ").click()
        page.wait_for_load_state()
    if page.locator("code.secret").count():
        secret = page.locator("code.secret").text_content().replace(" ", "")
        page.fill("input[name=code]", pyotp.TOTP(secret).now())
        page.get_by_role("button", name="ยืนยันและเข้าสู่ระบบ").click()
        page.get_by_role("link", name="เก็บไว้แล้ว ไปต่อ").click()
    page.wait_for_url(lambda url: "/sign-in" not in url and "/link/" not in url)


def describe_the_town(page: Any, live: str, look: Callable[[Any], None]) -> None:
    page.goto(f"{live}/admin/settings/")
    look(page)
    page.locator(".setting-hub a").first.click()
    page.get_by_label("ชื่อเทศบาล", exact=True).fill(TOWN)
    page.get_by_label("โทรศัพท์กลาง").fill("0 4212 3456")
    page.locator("[name=emergency_phones-0-name]").fill("เจ็บป่วยฉุกเฉิน")
    page.locator("[name=emergency_phones-0-phone]").fill("1669")
    look(page)
    save(page)
    for section, boxes in {
        "look": {"colour_primary": "#5b2c83"},
        "numbers": {"number_pattern": "{code}-{running}/{year}"},
        "state_words": {"state_words-directed-citizen_th": "ส่งให้ช่างแล้ว"},
        "clock": {f"office_hours-{day}": "08:30-12:00, 13:00-16:30" for day in range(5)},
        "intake": {"nearby_radius_m": "80"},
        "map": {"map_latitude": "17.412", "map_longitude": "102.787"},
    }.items():
        page.goto(f"{live}/admin/settings/{section}")
        for name, text in boxes.items():
            page.locator(f"[name='{name}']").fill(text)
        look(page)
        save(page)
    for section in ("telling", "mail", "retention", "security"):
        page.goto(f"{live}/admin/settings/{section}")
        look(page)


def shape_the_town(page: Any, live: str, look: Callable[[Any], None]) -> None:
    """A department, a zone with a community, a main type and a subtype of its own."""
    for screen, texts, choices in (
        ("department", {"code": "works", "name": "กองช่างดอนทราย"}, {"kind": "กอง"}),
        ("zone", {"code": "m1", "name": "หมู่ 1"}, {}),
        ("community", {"code": "bandon", "name": "บ้านดอน"}, {"zone": "หมู่ 1"}),
        ("category", {"code": "ดท.", "name": "งานดอนทราย"}, {"department": "กองช่างดอนทราย"}),
        (
            "subcategory",
            {"code": "ดท.(1)", "name": "ท่อน้ำแตก", "duration_min": "1", "duration_max": "2"},
            {"category": "ดท.", "duration_unit": "ชั่วโมงทำการ"},
        ),
        ("holiday", {"holiday_date": "01/08/2570", "name": "งานประจำปีดอนทราย"}, {}),
        ("road", {"name": "ถนนดอนทราย 1"}, {}),
    ):
        page.goto(f"{live}/admin/{screen}/new/")
        for name, text in texts.items():
            page.locator(f"[name={name}]").fill(text)
        for name, words in choices.items():
            choose(page, name, words)
        look(page)
        save(page)
    for address in ("/admin/department/tree", "/admin/role/matrix"):
        page.goto(live + address)
        look(page)


def hire(
    admin: Any,
    live: str,
    open_page: Callable[..., Any],
    username: str,
    name: str,
    role: str,
    look: Callable[[Any], None],
) -> Any:
    """Make an account, hand its link over, and let the officer sign in by it; return his page."""
    admin.goto(f"{live}/admin/staff-user/new/")
    admin.fill("input[name=username]", username)
    admin.fill("input[name=first_name]", name)
    choose(admin, "department", "กองช่างดอนทราย")
    choose(admin, "roles", role)
    save(admin)
    admin.get_by_role("button", name="ออกลิงก์เชิญ").click()
    link = admin.locator("#one-time-link").input_value()
    look(admin)
    officer = open_page(link.partition("/admin/")[1] + link.partition("/admin/")[2], DESK)
    come_in(officer, username)
    return officer


def file_a_case(page: Any, live: str, look: Callable[[Any], None]) -> tuple[str, str]:
    """Enter the first complaint for a new member; return the tracking code and password of the receipt."""
    page.goto(f"{live}/admin/complaint/new")
    page.wait_for_load_state("networkidle")
    page.keyboard.type("0812223333")
    page.keyboard.press("Enter")
    page.wait_for_function("selector => document.activeElement?.matches(selector)", arg="input[name=title]")
    page.fill("input[name=first_name]", "บุญมี")
    page.fill("input[name=last_name]", "ดอนทราย")
    page.fill("textarea[name=story]", "ท่อน้ำแตกหน้าบ้าน น้ำท่วมถนน")
    choose(page, "channel_id", "โทรแจ้ง")
    choose(page, "category_id", "ดท.")
    choose(page, "subcategory_id", "ท่อน้ำแตก")
    choose(page, "assignee_id", "มานพ")
    choose(page, "zone_id", "หมู่ 1")
    choose(page, "community_id", "บ้านดอน")
    look(page)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(RECEIPT)
    look(page)
    text = page.inner_text("main")
    code = re.search(r"\d{4}-\d+", text)
    password = re.search(r"\b[0-9A-HJKMNP-TV-Z]{5}[ -]?[0-9A-HJKMNP-TV-Z]{5}\b", text)
    assert code is not None
    assert password is not None
    assert TOWN in page.content()
    return code[0], password[0]
