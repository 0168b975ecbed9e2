"""Pages for who comes from LINE, as people see them: on a phone, in the dark, and without script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.browser import DESK, PHONE
from helpers.casework import register_case
from helpers.login_line import sign_in_with_line
from sqlalchemy.orm import Session

from models import Complaint

NARROW = {"width": 320, "height": 640}
LINKING = "/admin/line-link/?linkToken=NMZTNuVrPTqlr2IF8Bnymkb7rXfYv5EY"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("backend", ["sqlite"], indirect=True),  # Nothing here depends on the database.
]


@pytest.fixture
def named(app: Flask, client: FlaskClient, session: Session, named_case: Complaint) -> dict[str, str]:
    """The cookie of a browser that has come back from LINE; its person has two cases."""
    register_case(app, session)
    session.commit()
    sign_in_with_line(client)
    cookie = client.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    return {"name": app.config["SESSION_COOKIE_NAME"], "value": cookie.value}


def is_too_wide(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE, NARROW], ids=["desk", "phone", "narrow"])
def test_axe_finds_nothing_and_nothing_is_too_wide(
    open_page: Callable[..., Any],
    axe: Callable[..., list[str]],
    named: dict[str, str],
    named_case: Complaint,
    size: dict[str, int],
    look: str,
) -> None:
    page = open_page("/track", size, color_scheme=look)
    origin = page.url.partition("/track")[0]
    page.context.add_cookies([{**named, "url": origin}])
    found: dict[str, list[str]] = {}
    for address in (
        "/track?lang=th",
        "/line/mine",
        f"/line/open/{named_case.public_code}",
        "/line/open/2026-999999",
        "/line/mine?lang=en",
    ):
        page.goto(origin + address)
        found[address] = [*axe(page), *(["too wide"] if is_too_wide(page) else [])]

    assert {address: lines for address, lines in found.items() if lines} == {}


def test_from_the_list_to_the_case_and_back_by_keyboard(
    open_page: Callable[..., Any], named: dict[str, str], named_case: Complaint
) -> None:
    page = open_page("/track", PHONE, javascript=False)
    origin = page.url.partition("/track")[0]
    page.context.add_cookies([{**named, "url": origin}])
    page.goto(f"{origin}/line/mine")
    page.focus(f"a[href$='/line/open/{named_case.public_code}']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/track/complaint")

    assert page.locator("h1").count() == 1
    page.click("text=เรื่องของฉันทั้งหมด")
    page.wait_for_url("**/line/mine")


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_an_officer_reads_what_linking_means_on_any_screen(
    open_page: Callable[..., Any], axe: Callable[..., list[str]], size: dict[str, int], look: str
) -> None:
    page = open_page(LINKING, size, username="officer", color_scheme=look)

    assert axe(page) == []
    assert not is_too_wide(page)
    page.goto(f"{page.url.partition('/admin')[0]}/admin/account")
    assert axe(page) == []
    assert not is_too_wide(page)
