"""The map picker under mouse, keys and fingers, at both sizes, with and without its pictures."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from helpers.browser import DESK, PHONE
from helpers.entry_page import NEW

from domain.settings import write_setting
from extensions import write_transaction

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("backend", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("app"),
]
Open = Callable[..., Any]
PIN = ".map-pin"
PASTE = """(box, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text', text);
    box.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
}"""
CENTRE = "Object.values(document.querySelector('map-picker').map.getCenter())"
WORDS = """async (lang) => {
    document.documentElement.lang = lang;
    const load = document.querySelector('script[src*="load.js"]').src;
    const { words } = await import(load.replace(/load\\.js.*/, `map-parts.js?${lang}`));
    return Object.fromEntries(Object.entries(words).map(([name, word]) =>
        [name, typeof word === 'function' ? word('1', '2') : word]));
}"""
AXE = Callable[[Any], list[str]]


def opened(open_page: Open, size: dict[str, int] = DESK, **more: Any) -> Any:
    page = open_page(NEW, size, "clerk", **more)
    page.locator("map-picker").scroll_into_view_if_needed()
    page.locator("map-picker .map-tools button").first.wait_for()
    page.locator("map-picker .map-outline").first.wait_for(state="attached")
    middle(page, "map-picker .map")
    return page


def middle(page: Any, selector: str) -> None:
    """Bring something to the middle of the window, past bars that stick to its edges."""
    page.locator(selector).first.evaluate("e => e.scrollIntoView({block: 'center', behavior: 'instant'})")


def boxes(page: Any) -> tuple[float, float]:
    lat, lon = (page.locator(f"[data-{name}]").input_value() for name in ("lat", "lon"))
    return float(lat), float(lon)


def chosen(page: Any, name: str) -> str:
    text: str = page.locator(f'select[name="{name}"]').evaluate(
        "e => e.value ? e.selectedOptions[0].textContent : ''"
    )
    return text.strip()


def wait_words(page: Any, words: str) -> None:
    page.locator(".map-around").filter(has_text=words).wait_for()


def find(page: Any, query: str) -> None:
    page.fill("#place_query", query)
    page.locator(".place-hits li").first.wait_for()
    page.press("#place_query", "Enter")


def photo(page: Any, latitude: float, longitude: float) -> None:
    page.evaluate(
        "([latitude, longitude]) => document.dispatchEvent(new CustomEvent('photo-place',"
        " {detail: {latitude, longitude, taken_at: '2026-11-20T03:12:00Z'}}))",
        [latitude, longitude],
    )


def test_a_click_drops_the_pin_and_proposes_zone_and_community(open_page: Open) -> None:
    page = opened(open_page)
    page.locator("map-picker .map").click()
    wait_words(page, "หมุดอยู่ใน")
    assert re.fullmatch(r"\d+\.\d{6}", page.locator("[data-lat]").input_value())
    assert chosen(page, "zone_id").startswith("เขต")
    assert chosen(page, "community_id")
    street = page.locator('[data-link="street"]').get_attribute("href")
    assert "viewpoint=" + page.locator("[data-lat]").input_value() in street


def test_names_of_communities_are_shown_only_where_there_is_room(open_page: Open) -> None:
    page = opened(open_page)
    names = page.locator(".map-community-name")
    assert names.count() > 80
    assert not names.first.is_visible()
    find(page, "โนนชัย 1")
    assert names.filter(has_text="โนนชัย 2").is_visible()


def test_dragging_the_pin_moves_the_place(open_page: Open) -> None:
    page = opened(open_page)
    find(page, "โนนชัย 1")
    middle(page, "map-picker .map")
    before = boxes(page)
    box = page.locator(PIN).bounding_box()
    at = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*at)
    page.mouse.down()
    page.mouse.move(at[0] + 60, at[1], steps=4)
    page.mouse.up()
    assert boxes(page)[0] == pytest.approx(before[0], abs=0.00002)
    assert boxes(page)[1] > before[1] + 0.0002


def test_enter_picks_the_first_place_and_it_stays_the_officers_choice(open_page: Open) -> None:
    page = opened(open_page)
    find(page, "ชุมชนโนนชัย")
    assert boxes(page) == (16.456487, 102.854717)
    assert chosen(page, "community_id") == "โนนชัย 1"
    assert chosen(page, "zone_id") == "เขต 1"
    page.fill("[data-lat]", "16.420000")
    page.fill("[data-lon]", "102.836000")
    page.press("[data-lon]", "Tab")
    wait_words(page, "แต่เลือก")
    assert chosen(page, "community_id") == "โนนชัย 1"


def test_what_the_pin_proposed_follows_the_pin(open_page: Open) -> None:
    page = opened(open_page)
    find(page, "16.456487, 102.854717")
    wait_words(page, "เขต 1")
    find(page, "16.41, 102.84")
    wait_words(page, "เขต 3")
    assert chosen(page, "zone_id") == "เขต 3"
    page.get_by_role("button", name="เอาหมุดออก").click()
    assert chosen(page, "zone_id") == "– ดูจากหมุด –" or chosen(page, "zone_id") == ""
    assert chosen(page, "community_id") == ""
    page.get_by_role("button", name="คืนหมุดเดิม").click()
    wait_words(page, "เขต 3")
    assert boxes(page) == (16.41, 102.84)


def test_a_zone_chosen_by_hand_stands_and_the_difference_is_said(open_page: Open) -> None:
    page = opened(open_page)
    page.locator('select[name="zone_id"]').select_option(label="เขต 2")
    find(page, "16.41, 102.84")
    wait_words(page, "แต่เลือกเขต 2ไว้")
    assert chosen(page, "zone_id") == "เขต 2"
    assert chosen(page, "community_id") == ""


def test_arrow_keys_on_the_pin_move_it_by_a_metre_and_with_shift_by_ten(open_page: Open) -> None:
    page = opened(open_page)
    find(page, "16.4321, 102.836")
    page.locator(PIN).focus()
    page.keyboard.press("ArrowUp")
    assert boxes(page) == (16.432109, 102.836)
    page.keyboard.press("Shift+ArrowRight")
    assert boxes(page) == (16.432109, 102.836094)
    assert "16.432109" in page.locator(PIN).get_attribute("aria-label")


def test_others_hear_of_a_moved_pin_as_of_a_typed_one(open_page: Open) -> None:
    page = opened(open_page)
    page.evaluate(
        "window.heard = 0; document.querySelector('[data-lat]').addEventListener('change', () => heard += 1)"
    )
    page.locator("map-picker .map").click()
    assert page.evaluate("heard") == 1
    page.locator(PIN).focus()
    for _ in range(5):
        page.keyboard.press("ArrowUp")
    page.wait_for_function("() => window.heard === 2")


def test_enter_on_the_map_drops_the_pin_in_its_middle(open_page: Open) -> None:
    page = opened(open_page)
    page.locator("map-picker .map").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.matches('.map-pin')")
    assert page.url.endswith(NEW)


def test_full_screen_keeps_the_keys_and_escape_leaves_it(open_page: Open) -> None:
    page = opened(open_page)
    page.get_by_role("button", name="เต็มจอ").click()
    size = page.locator("map-picker").bounding_box()
    assert (size["width"], size["height"]) == (DESK["width"], DESK["height"])
    assert page.locator("#story").evaluate("e => e.closest('[inert]') !== null")
    page.fill("#place_query", "โนนชัย")
    page.locator(".place-hits li").first.wait_for()
    page.keyboard.press("Escape")
    assert page.locator(".place-hits").is_hidden()
    assert page.locator("map-picker.is-full").count() == 1
    page.get_by_role("button", name="ออกจากเต็มจอ").press("Escape")
    assert page.locator("map-picker.is-full").count() == 0
    assert page.locator("[inert]").count() == 0


def test_a_photo_offers_its_place_and_never_moves_the_pin_itself(open_page: Open) -> None:
    page = opened(open_page)
    find(page, "16.4321, 102.836")
    photo(page, 16.4400, 102.8300)
    photo(page, 16.44001, 102.83001)
    photo(page, 0, 0)
    offer = page.locator(".map-photo-offer")
    assert offer.count() == 1
    assert "ภาพถ่ายที่นี่ 20/11/2569" in offer.inner_text()
    assert boxes(page) == (16.4321, 102.836)
    offer.get_by_role("button", name="ปักหมุดตามภาพ").click()
    assert boxes(page) == (16.44, 102.83)
    assert offer.count() == 0


@pytest.mark.parametrize(
    "pasted",
    [
        "16.43, 102.82",
        "๑๖.๔๓ ๑๐๒.๘๒",
        "https://www.google.com/maps/@16.43,102.82,17z",
        "16°25'48\"N 102°49'12\"E",
    ],
)
def test_a_whole_place_pasted_into_one_box_fills_both(open_page: Open, pasted: str) -> None:
    page = opened(open_page)
    page.fill("[data-lon]", "102.9")
    page.locator("[data-lat]").evaluate(PASTE, pasted)
    wait_words(page, "หมุดอยู่")
    assert boxes(page) == (16.43, 102.82)


def test_a_swapped_pair_is_put_right_by_one_press(open_page: Open) -> None:
    page = opened(open_page)
    page.fill("[data-lat]", "102.82, 16.43")
    page.press("[data-lat]", "Tab")
    wait_words(page, "สลับกัน")
    page.locator(".map-around button").click()
    wait_words(page, "หมุดอยู่")
    assert boxes(page) == (16.43, 102.82)


def test_half_a_place_is_no_mistake_while_it_is_typed(open_page: Open) -> None:
    page = opened(open_page)
    page.fill("[data-lat]", "16.43")
    page.press("[data-lat]", "Tab")
    assert page.locator(".map-around").inner_text() == ""
    page.keyboard.type("102.82")
    page.keyboard.press("Enter")
    wait_words(page, "หมุดอยู่")
    assert page.locator(PIN).count() == 1
    assert page.url.endswith(NEW)


def test_my_position_says_how_rough_it_is(open_page: Open) -> None:
    where = {"latitude": 16.4421, "longitude": 102.8351, "accuracy": 850}
    page = opened(open_page, PHONE, geolocation=where, permissions=["geolocation"], has_touch=True)
    page.get_by_role("button", name="ตำแหน่งของฉัน").click()
    page.locator(".map-said").filter(has_text="คลาดได้ 850 ม.").wait_for()
    assert boxes(page) == (16.4421, 102.8351)


def swipe(page: Any, x: float, y: float, down: float) -> None:
    """Draw one finger over the screen and lift it when it has come to rest."""
    talk = page.context.new_cdp_session(page)
    talk.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 13):
        points = [{"x": x, "y": y + down * step / 12}]
        talk.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": points})
    talk.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_one_finger_scrolls_the_page_and_in_full_screen_moves_the_map(open_page: Open) -> None:
    page = opened(open_page, PHONE, has_touch=True, is_mobile=True)
    box = page.locator("map-picker .map").bounding_box()
    top, looks_at = page.evaluate("scrollY"), middle_of_map(page)
    swipe(page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, -120)
    page.wait_for_function("top => scrollY > top + 60", arg=top)
    page.locator(".map-fingers.is-shown").wait_for(state="attached")
    assert middle_of_map(page) == looks_at
    assert page.locator("[data-lat]").input_value() == ""
    page.get_by_role("button", name="เต็มจอ").tap()
    looks_at = middle_of_map(page)
    swipe(page, 195, 300, -120)
    assert middle_of_map(page) != looks_at


def middle_of_map(page: Any) -> tuple[float, float]:
    at = page.evaluate(CENTRE)
    return round(at[0], 6), round(at[1], 6)


def test_a_tap_drops_the_pin(open_page: Open) -> None:
    page = opened(open_page, PHONE, has_touch=True, is_mobile=True)
    page.locator("map-picker .map").tap()
    wait_words(page, "หมุดอยู่")


def test_tiles_that_fail_leave_our_own_lines_and_a_word(open_page: Open, live: str) -> None:
    with write_transaction() as session:
        write_setting(session, "map_tile_url", f"{live}/nothing/{{z}}/{{x}}/{{y}}.png")
    page = opened(open_page)
    page.locator(".map-said").filter(has_text="อ่านภาพแผนที่ไม่ได้").wait_for()
    assert page.locator(".map-zone").count() == 4


def test_without_the_library_the_boxes_and_the_search_still_work(open_page: Open) -> None:
    page = open_page("/admin/", DESK, "clerk")
    page.route("**/leaflet.js*", lambda route: route.abort())
    page.goto(page.url.partition("/admin/")[0] + NEW)
    page.locator("#place_query").scroll_into_view_if_needed()
    page.locator("map-picker .map").wait_for(state="detached")
    find(page, "โนนชัย 1")
    assert boxes(page) == (16.456487, 102.854717)
    wait_words(page, "เขต 1")


def test_without_script_the_list_of_buttons_fills_the_boxes(open_page: Open) -> None:
    page = open_page(NEW, DESK, "clerk", javascript=False)
    page.fill("#story", "ไฟดับ")
    page.fill("#place_query", "โนนชัย")
    page.locator("[data-plain-search]").click()
    page.get_by_role("button", name="โนนชัย 2").click()
    assert boxes(page) == (16.455349, 102.853781)
    assert page.locator("#story").input_value() == "ไฟดับ"
    assert "หมุดอยู่ในเขต 1" in page.locator(".map-around").inner_text()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("look", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(open_page: Open, axe: AXE, size: dict[str, int], look: str) -> None:
    page = opened(open_page, size, color_scheme=look)
    find(page, "โนนชัย 1")
    wait_words(page, "เขต 1")
    photo(page, 16.4558, 102.8535)
    page.fill("#place_query", "โนน")
    page.locator(".place-hits li").first.wait_for()
    assert axe(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="เต็มจอ").click()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_every_word_of_the_picker_is_there_in_both_languages(open_page: Open) -> None:
    page = opened(open_page)
    thai, english = page.evaluate(WORDS, "th"), page.evaluate(WORDS, "en")
    assert set(thai) == set(english)
    assert all(re.search("[ก-๙]", word) for word in thai.values())
    assert not any(re.search("[ก-๙]", word) for word in english.values())
