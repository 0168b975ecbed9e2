"""The face as people use it: by mouse, by keyboard, on a phone, in the dark, and without script."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.backends import Backend
from helpers.browser import DESK, PHONE
from sqlalchemy import func, select

from domain.clock import today
from extensions import db, write_transaction
from models import Holiday, ImportMapping

pytestmark = pytest.mark.browser
NARROW = {"width": 320, "height": 640}
LIST, FORM = "/admin/holiday/", "/admin/holiday/new/"
SCREENS = [LIST, FORM, "/admin/community/?search=%E0%B8%9A%E0%B9%89%E0%B8%B2%E0%B8%99", "/admin/nowhere"]


@pytest.fixture
def backend(sqlite_backend: Backend) -> Backend:
    """Nothing here depends on the database."""
    return sqlite_backend


def count_of(model: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def whole(page: Any) -> None:
    """Make the window as tall as the page: what sticks to its edges then hides nothing from axe."""
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": page.viewport_size["width"], "height": height + 20})


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing(open_page: Any, axe: Any, size: dict[str, int], look: str) -> None:
    page = open_page(LIST, size, "admin", color_scheme=look)
    found = {}
    for screen in SCREENS:
        page.goto(page.url.partition("/admin/")[0] + screen)
        page.set_viewport_size(size)
        whole(page)
        found[screen] = axe(page)
    assert found == {screen: [] for screen in SCREENS}


@pytest.mark.parametrize("size", [PHONE, NARROW], ids=["390", "320"])
def test_a_phone_never_scrolls_sideways(open_page: Any, size: dict[str, int]) -> None:
    page = open_page(LIST, size, "admin")
    for screen in SCREENS:
        page.goto(page.url.partition("/admin/")[0] + screen)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], screen


def test_deleting_asks_first_and_escape_changes_nothing(open_page: Any) -> None:
    with write_transaction() as session:
        session.add(ImportMapping(source="old", field="category", external_label="คำเดิม"))
    before = count_of(ImportMapping)
    page = open_page("/admin/import-mapping/", DESK, "admin")
    page.locator("[data-confirm]").first.click()
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    assert count_of(ImportMapping) == before
    page.locator("[data-confirm]").first.click()
    with page.expect_navigation():
        page.get_by_role("dialog").get_by_role("button", name="ลบ").click()
    assert count_of(ImportMapping) == before - 1


def test_a_button_that_asks_first_waits_for_the_script_that_asks(open_page: Any) -> None:
    with write_transaction() as session:
        session.add(ImportMapping(source="old", field="category", external_label="คำเดิม"))
    before = count_of(ImportMapping)
    page = open_page("/admin/account", DESK, "admin")
    page.route("**/confirm.js*", lambda route: route.abort())
    page.goto(page.url.replace("account", "import-mapping/"))
    page.locator("[data-confirm]").first.click()
    page.wait_for_timeout(200)
    assert page.get_by_role("dialog").count() == 0
    assert count_of(ImportMapping) == before


def test_letters_move_by_their_place_even_on_a_thai_keyboard(open_page: Any) -> None:
    page = open_page(LIST, DESK, "admin")
    page.locator("[data-list][data-ready]").wait_for()
    event = "new KeyboardEvent('keydown', {code: 'KeyJ', key: '่', bubbles: true})"
    for _time in range(2):
        page.evaluate(f"document.body.dispatchEvent({event})")
    assert (
        page.evaluate(
            "[...document.querySelectorAll('tbody tr')].findIndex(row => row.matches('.is-current'))"
        )
        == 1
    )
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "/edit/" in page.url


def test_a_row_opens_wherever_it_is_pressed_and_leads_back_to_the_same_list(open_page: Any) -> None:
    page = open_page(f"{LIST}?sort=name", DESK, "admin")
    page.locator("[data-list][data-ready]").wait_for()
    with page.expect_navigation():
        page.locator("tbody tr").nth(2).locator("td").nth(1).click()
    with page.expect_navigation():
        page.locator(".crumbs a").click()
    assert "sort=name" in page.url
    assert page.locator("tr.is-current").count() == 1


def test_a_day_is_picked_by_keyboard_and_written_in_the_buddhist_year(open_page: Any) -> None:
    page = open_page(FORM, DESK, "admin")
    box = page.locator("th-date input").first
    box.fill("12/02/2569")
    assert page.locator("th-date [role=status]").first.inner_text() == "12 กุมภาพันธ์ 2569"
    page.locator("th-date button").first.click()
    for key in ("ArrowRight", "PageDown", "Enter"):
        page.keyboard.press(key)
    assert box.input_value() == "13/03/2569"


def test_errors_take_the_focus_and_lead_to_their_fields(open_page: Any) -> None:
    page = open_page(FORM, PHONE, "admin")
    page.locator("th-date input").first.fill("31/12/65")
    with page.expect_navigation():
        page.locator(".save-bar .btn-primary").click()
    assert page.title().startswith("พบข้อผิดพลาด")
    assert page.evaluate("document.activeElement.classList.contains('error-summary')")
    page.locator(".error-summary a").first.click()
    assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"
    assert page.locator("th-date input").first.input_value() == "31/12/65"


def test_pressing_save_twice_saves_once(open_page: Any) -> None:
    before = count_of(Holiday)
    page = open_page(FORM, DESK, "admin")
    page.locator("th-date input").first.fill(f"04/11/{today().year + 3 + 543}")
    page.locator("input[name=name]").fill("วันทดลอง")
    with page.expect_navigation():
        page.locator(".save-bar .btn-primary").dblclick()
    assert count_of(Holiday) == before + 1
    assert page.locator(".notice-success").inner_text() == "เพิ่มรายการแล้ว"


def test_search_filter_and_sorting_work_without_script(open_page: Any) -> None:
    page = open_page("/admin/community/", PHONE, "admin", javascript=False)
    page.locator("#list-search").fill("บ้าน")
    page.locator("#list-search").press("Enter")
    assert "search=" in page.url
    page.locator("details.filters > summary").click()
    page.locator("select[name=sort]").select_option(index=1)
    with page.expect_navigation():
        page.locator(".filter-box .btn-primary").click()
    assert "sort=code" in page.url
    assert page.locator(".chip").count() == 1
    assert page.locator("tbody tr").count() >= 1


def test_the_whole_menu_opens_on_a_phone(open_page: Any) -> None:
    page = open_page(LIST, PHONE, "admin")
    assert not page.locator("#menu").is_visible()
    page.locator(".bottom-bar button").click()
    assert page.locator("#menu").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#menu").is_visible()
