"""The phones under a thumb: tapped, typed on, scanned with, in a real browser, at a desk and on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from helpers.browser import DESK, PHONE
from helpers.phones import PNG, Caught, catch, house_of, menu_with, new_fake, seat, send, text_with, user

from line_hooks.messages import build
from line_sim.server import FakeLine

pytestmark = pytest.mark.browser
MINE = {"type": "postback", "label": "งานของฉัน", "data": "mine", "displayText": "งานของฉัน"}
CALL = {"type": "uri", "label": "เหตุฉุกเฉิน", "uri": "tel:1669"}
DAY = {"type": "datetimepicker", "label": "เลือกวัน", "data": "d", "mode": "date", "min": "2026-11-01"}
WORDS = {"title": "เรื่องของท่าน", "body": "กำลังดำเนินการ", "alt": "{number}", "button_view": "ดูเรื่อง"}
FACTS = {
    "number": "อส. 56/2569",
    "public_code": "2026-14",
    "state_code": "in_progress",
    "state_word": "กำลังดำเนินการ",
    "place": "หน้าตลาดเทศบาลนครขอนแก่นถนนกลางเมืองเขตเทศบาล" * 2,
    "track_url": "https://town.example/track",
}


@pytest.fixture
def fake() -> FakeLine:
    fake = new_fake()
    card = build("citizen_status_card", WORDS, FACTS)[0]
    carousel = {"type": "carousel", "contents": [card["contents"]] * 3}
    send(fake, "citizen", "มาลี", card, {"type": "flex", "altText": "สามเรื่อง", "contents": carousel})
    send(fake, "staff", "สมชาย", {"type": "text", "text": "สวัสดี"})
    menu_with(fake, "citizen", MINE, CALL, DAY)
    return fake


@pytest.fixture
def caught(fake: FakeLine) -> Caught:
    return catch(fake)


@pytest.fixture
def app(fake: FakeLine) -> Flask:
    """Nothing here needs a database."""
    return house_of(fake)


@pytest.fixture
def phone(open_page: Any, caught: Caught) -> Any:
    """Show the citizen's phone beside the officers'."""
    return open_page("/line-sim/").locator("#phone-1")


def type_in(phone: Any, text: str) -> None:
    phone.get_by_role("button", name="แสดงแป้นพิมพ์").click()
    phone.get_by_role("textbox", name="ข้อความ", exact=True).fill(text)
    phone.get_by_role("button", name="ส่ง", exact=True).click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_phones_are_sound_folded_and_unfolded(
    open_page: Any, axe: Any, fake: FakeLine, size: dict[str, int], scheme: str
) -> None:
    send(fake, "citizen", "มาลี", text_with(MINE, DAY, {"type": "location", "label": "ตำแหน่ง"}))
    page = open_page("/line-sim/", size, color_scheme=scheme, reduced_motion="reduce")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]

    page.locator(".desk > summary").click()
    page.locator("#phone-1 .more > summary").click()
    assert axe(page) == []
    page.keyboard.press("Escape")
    for panel in ("plus", "photos", "place", "scan"):
        page.evaluate("name => document.querySelector(`#s1-${name}`).classList.add('is-open')", panel)
        assert axe(page) == [], panel
        page.evaluate("name => document.querySelector(`#s1-${name}`).classList.remove('is-open')", panel)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_a_tile_is_tapped_and_its_words_stand_in_the_chat(phone: Any, caught: Caught) -> None:
    phone.get_by_role("button", name="งานของฉัน").click()

    phone.locator(".is-mine", has_text="งานของฉัน").wait_for()
    assert caught.events[0]["postback"]["data"] == "mine"


def test_the_menu_can_be_tapped_by_keyboard_and_folded(phone: Any, caught: Caught) -> None:
    phone.get_by_role("button", name="งานของฉัน").focus()
    phone.page.keyboard.press("Enter")
    phone.locator(".is-mine", has_text="งานของฉัน").wait_for()

    phone.locator(".menu > summary").click()

    assert not phone.locator(".menu-picture").is_visible()


def test_a_call_is_shown_and_not_made(phone: Any) -> None:
    phone.get_by_role("link", name="เหตุฉุกเฉิน").click()

    note = phone.get_by_role("dialog", name="ข้อความจากเครื่อง")
    assert "กำลังโทรออก" in note.inner_text()
    assert "1669" in note.inner_text()
    note.get_by_role("link", name="วางสาย").click()
    assert not note.is_visible()


def test_a_day_is_picked_from_the_menu(phone: Any, caught: Caught) -> None:
    phone.get_by_role("link", name="เลือกวัน").click()
    phone.get_by_label("เลือกวัน").locator("input[type=date]").fill("2026-11-24")
    phone.get_by_role("button", name="ตกลง").click()

    phone.get_by_role("dialog", name="เลือกวัน").wait_for(state="hidden")
    assert caught.events[0]["postback"]["params"] == {"date": "2026-11-24"}


def test_quick_replies_vanish_after_a_tap(open_page: Any, fake: FakeLine, caught: Caught) -> None:
    send(fake, "citizen", "มาลี", text_with({**MINE, "label": "ไม่มีแล้ว"}))
    phone = open_page("/line-sim/").locator("#phone-1")

    phone.get_by_role("button", name="ไม่มีแล้ว").click()

    phone.locator(".chips").wait_for(state="detached")
    assert len(caught.events) == 1


def test_a_drawn_photo_and_photos_of_ones_own_are_sent(phone: Any, caught: Caught, tmp_path: Path) -> None:
    phone.get_by_role("button", name="แสดงแป้นพิมพ์").click()
    phone.get_by_role("link", name="ส่งรูปภาพ").click()
    phone.get_by_label("ถนนเป็นหลุม").check()
    phone.get_by_role("button", name="ส่งรูป", exact=True).click()
    phone.locator(".is-mine img.fx-photo").wait_for()

    files = [tmp_path / f"{number}.png" for number in range(2)]
    for file in files:
        file.write_bytes(PNG)
    phone.get_by_role("link", name="ส่งรูปภาพ").click()
    phone.locator("input[name=photo]").set_input_files(files)
    phone.get_by_role("button", name="ส่งรูป", exact=True).click()

    phone.locator(".is-mine img.fx-photo").nth(2).wait_for()
    assert ["imageSet" in event["message"] for event in caught.events] == [False, True, True]


def test_a_scanned_code_turns_the_phone_to_the_other_account(
    phone: Any, fake: FakeLine, caught: Caught
) -> None:
    phone.locator(".more > summary").click()
    phone.get_by_role("link", name="สแกน QR").first.click()
    phone.get_by_role("button", name="เพิ่มเพื่อน: บัญชีเจ้าหน้าที่").click()

    phone.locator(".bar", has_text="@sim-staff").wait_for()
    assert fake.state.is_friend("staff", user(fake, "มาลี"))
    assert f"staff.{user(fake, 'มาลี')}" in phone.page.url


def test_blocking_and_coming_back(phone: Any, fake: FakeLine, caught: Caught) -> None:
    phone.locator(".more > summary").click()
    phone.get_by_role("button", name="บล็อกบัญชีนี้").click()
    phone.get_by_role("button", name="ปลดบล็อก").wait_for()
    assert not phone.locator(".menu").is_visible()

    phone.get_by_role("button", name="ปลดบล็อก").click()

    phone.locator(".menu").wait_for()
    assert [event["type"] for event in caught.events] == ["unfollow", "follow"]


def test_a_message_is_taken_back(phone: Any, caught: Caught) -> None:
    type_in(phone, "พิมพ์ผิด")
    phone.locator(".is-mine", has_text="พิมพ์ผิด").wait_for()

    phone.get_by_label("ตัวเลือกของข้อความ").click()
    phone.get_by_role("button", name="ยกเลิกข้อความ").click()

    phone.locator(".talk-note", has_text="ยกเลิกข้อความแล้ว").wait_for()
    assert [event["type"] for event in caught.events] == ["message", "unsend"]


def test_news_arrives_by_itself_and_is_counted_on_a_phone_nobody_looks_at(phone: Any, fake: FakeLine) -> None:
    phone.hover()
    page = phone.page
    typed = page.locator("#phone-2 input[name=text]")
    typed.fill("ยังพิมพ์ไม่เสร็จ")
    phone.hover()
    phone.locator("[data-part=chat]").focus()
    send(fake, "staff", "สมชาย", {"type": "text", "text": "งานใหม่"}, {"type": "text", "text": "อีกงาน"})

    page.locator("#phone-2 .is-theirs", has_text="อีกงาน").wait_for()

    assert page.locator("#phone-2 .owner .badge").inner_text() == "2"
    assert typed.input_value() == "ยังพิมพ์ไม่เสร็จ"
    page.locator("#phone-2").hover()
    page.locator("#phone-2 .owner .badge").wait_for(state="hidden")


def test_on_a_narrow_screen_tabs_turn_to_the_other_phone(open_page: Any, fake: FakeLine) -> None:
    page = open_page("/line-sim/", PHONE)
    assert page.locator(".phone:visible").count() == 1
    page.get_by_role("link", name="สมชาย").click()

    assert page.locator("#phone-2").is_visible()
    assert not page.locator("#phone-1").is_visible()
    assert "show=2" in page.url
    page.reload()
    assert page.locator("#phone-2").is_visible()


def test_a_newcomer_starts_without_the_account(open_page: Any, fake: FakeLine, caught: Caught) -> None:
    page = open_page(f"/line-sim/?p={seat(fake, 'citizen', 'สมศักดิ์')}")
    page.locator(".add > summary").click()
    page.get_by_label("ผู้ใช้ใหม่").fill("Ann Lee")
    page.get_by_role("button", name="เพิ่มผู้ใช้ใหม่").click()
    new = page.locator("#phone-2", has_text="Ann Lee")
    new.get_by_role("button", name="เพิ่มเพื่อน").click()

    new.locator(".menu").wait_for()
    assert caught.events[0]["type"] == "follow"


def test_without_the_script_every_form_still_works(open_page: Any, fake: FakeLine, caught: Caught) -> None:
    page = open_page("/line-sim/", javascript=False)
    phone = page.locator("#phone-1")
    phone.get_by_role("textbox", name="ข้อความ", exact=True).fill("ไฟดับค่ะ")
    phone.get_by_role("button", name="ส่ง", exact=True).click()
    assert phone.locator(".is-mine", has_text="ไฟดับค่ะ").count() == 1

    phone.get_by_role("button", name="งานของฉัน").click()
    phone.locator(".compose").get_by_role("link", name="ส่งรูปภาพ").click()
    phone.get_by_label("ขยะตกค้าง").check()
    phone.get_by_role("button", name="ส่งรูป", exact=True).click()

    assert phone.locator(".is-mine img.fx-photo").count() == 1
    assert [event["type"] for event in caught.events] == ["message", "postback", "message"]
