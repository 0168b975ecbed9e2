"""Adding the LINE accounts as people see it: on a phone, at a desk, in the dark, and on paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from helpers.browser import DESK, PHONE
from sqlalchemy.orm import Session

from domain.line_connections import connection_of
from models import LineChannel

NARROW = {"width": 320, "height": 640}
JOIN = "/line/join"
POSTER = "/line/join/poster"
PAPER = 1123  # An A4 sheet in CSS pixels, 297 mm high.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("backend", ["sqlite"], indirect=True),  # Nothing here depends on the database.
]


@pytest.fixture(autouse=True)
def _one_account(app: Flask, session: Session) -> None:
    """Citizens have their account, officers not yet: both looks of a choice."""
    connection_of(session, LineChannel.CITIZEN).basic_id = "@khonkaen"
    session.commit()


def is_too_wide(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE, NARROW], ids=["desk", "phone", "narrow"])
def test_axe_finds_nothing_and_nothing_is_too_wide(
    open_page: Callable[..., Any], axe: Callable[..., list[str]], size: dict[str, int], look: str
) -> None:
    page = open_page(JOIN, size, color_scheme=look)
    origin = page.url.partition(JOIN)[0]
    found: dict[str, list[str]] = {}
    for address in ("/?lang=th", JOIN, POSTER, f"{JOIN}?lang=en", f"{POSTER}?lang=en"):
        page.goto(origin + address)
        found[address] = [*axe(page), *(["too wide"] if is_too_wide(page) else [])]

    assert {address: lines for address, lines in found.items() if lines} == {}


@pytest.mark.parametrize(("size", "shown"), [(DESK, True), (PHONE, False)], ids=["desk", "phone"])
def test_a_code_stands_beside_the_choice_where_another_phone_can_scan_it(
    open_page: Callable[..., Any], size: dict[str, int], shown: bool
) -> None:
    page = open_page(JOIN, size, javascript=False)

    assert page.locator(".join img").is_visible() is shown
    assert page.locator(".join .btn-big").bounding_box()["height"] >= 64


def test_the_set_up_page_is_sound_with_the_card(open_page: Callable[..., Any], axe: Any) -> None:
    for size in (DESK, PHONE):
        page = open_page("/admin/line/", size, "admin")
        assert page.locator("#join img").is_visible()
        assert axe(page) == []
        assert not is_too_wide(page)


def test_the_poster_fills_one_sheet_and_nothing_but_the_poster_is_printed(
    open_page: Callable[..., Any],
) -> None:
    page = open_page(POSTER, DESK)
    assert page.get_by_role("button", name="พิมพ์ A4").is_visible()
    paper = page.pdf(prefer_css_page_size=True)
    page.emulate_media(media="print")

    assert paper.count(b"/Type /Page\n") == 1
    assert not page.locator(".poster-bar").is_visible()
    assert page.locator("main").bounding_box()["height"] < PAPER
    assert page.locator(".poster-qr").bounding_box()["width"] > 400
