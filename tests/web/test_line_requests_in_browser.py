"""The screens of requests by LINE as people see them: at a desk, on a phone, in the dark, without script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from helpers.browser import DESK, PHONE

from demo.citizens import plant_citizens
from demo.line_requests import plant_requests
from domain.actor import Actor
from extensions import write_transaction
from models import StaffUser

LIST = "/admin/line/requests/"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("backend", ["sqlite"], indirect=True),  # Nothing here depends on the database.
]


@pytest.fixture(autouse=True)
def _two_wait(app: Flask) -> None:
    """The demo's two requests; they are numbers 1 and 2."""
    vault = app.extensions["vault"]
    with write_transaction() as session:
        plant_citizens(session, vault, Actor.system("test"))
        plant_requests(session, vault)


@pytest.mark.parametrize(("size", "look"), [(DESK, "dark"), (PHONE, "light")], ids=["desk", "phone"])
def test_axe_finds_nothing_and_nothing_is_too_wide(
    open_page: Callable[..., Any], axe: Callable[..., list[str]], size: dict[str, int], look: str
) -> None:
    page = open_page(LIST, size, "central", color_scheme=look)
    origin = page.url.partition(LIST)[0]
    found: dict[str, list[str]] = {}
    for address in (LIST, f"{LIST}?shown=decided", f"{LIST}1", f"{LIST}2", "/line/register?lang=th"):
        page.goto(origin + address)
        wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        found[address] = [*axe(page), *(["too wide"] if wide else [])]

    assert {address: lines for address, lines in found.items() if lines} == {}


def test_the_centre_approves_without_script(open_page: Callable[..., Any], session: Any) -> None:
    page = open_page(LIST, DESK, "central", javascript=False)
    page.get_by_role("link", name="นายธนา ขยันยิ่ง").click()
    page.fill("#username", "thana.k")
    page.get_by_role("button", name="อนุมัติ", exact=True).click()

    assert "อนุมัติแล้ว นายธนา ขยันยิ่ง" in page.inner_text("main")
    session.rollback()
    officer = session.query(StaffUser).filter_by(username="thana.k").one()
    assert [role.code for role in officer.roles] == ["field_officer"]
    assert officer.line_accounts[0].display_name == "ธนา"
