"""The citizens' pages as people use them: on a phone, in the dark, in English, and without script."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from helpers.browser import DESK, PHONE
from helpers.casework import bring_to
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Complaint, ComplaintStatus, Rating

S = ComplaintStatus
NARROW = {"width": 320, "height": 640}
pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("backend", ["sqlite"], indirect=True),  # Nothing here depends on the database.
]


def enter(app: Flask, page: Any, case: Complaint) -> None:
    """Go in as a citizen does: type code and password, press the button."""
    page.goto(f"{page.url.partition('/track')[0]}/track?code={case.public_code}")
    password = app.extensions["vault"].tracking_password(case.public_code, case.tracking_generation)
    page.fill("#password", password.lower())
    page.click("main button[type=submit]")
    page.wait_for_url("**/track/complaint")


def is_too_wide(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


def cases_of(app: Flask, session: Session) -> list[Complaint]:
    cases = [bring_to(app, session, state) for state in (S.IN_PROGRESS, S.RESOLVED, S.REJECTED)]
    session.commit()
    return cases


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE, NARROW], ids=["desk", "phone", "narrow"])
def test_axe_finds_nothing_and_nothing_is_too_wide(
    app: Flask, session: Session, open_page: Any, axe: Any, size: dict[str, int], look: str
) -> None:
    cases = cases_of(app, session)
    page = open_page("/track", size, color_scheme=look)
    origin = page.url.partition("/track")[0]
    found: dict[str, list[str]] = {}
    for address in ("/", "/?lang=en", "/track?lang=th"):
        page.goto(origin + address)
        found[address] = [*axe(page), *(["too wide"] if is_too_wide(page) else [])]
    for case in cases:
        enter(app, page, case)
        found[case.status] = [*axe(page), *(["too wide"] if is_too_wide(page) else [])]

    assert {address: lines for address, lines in found.items() if lines} == {}


def test_the_front_page_brings_the_code_along(open_page: Any) -> None:
    page = open_page("/", PHONE)
    page.fill("#code", "2026 14")
    page.press("#code", "Enter")
    page.wait_for_url("**/track?code=*")

    assert page.input_value("#code") == "2026 14"


def test_a_wrong_password_is_told_and_the_message_has_the_focus(
    app: Flask, session: Session, open_page: Any, axe: Any
) -> None:
    case = cases_of(app, session)[0]
    page = open_page(f"/track?code={case.public_code}", PHONE)
    page.fill("#password", "0000000000")
    page.click("main button[type=submit]")

    page.wait_for_selector("[role=alert]")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert page.input_value("#code") == case.public_code
    assert page.input_value("#password") == ""
    assert axe(page) == []


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_a_citizen_rates_the_result_by_keyboard(
    app: Flask, session: Session, open_page: Any, javascript: bool
) -> None:
    case = cases_of(app, session)[1]
    page = open_page("/track", PHONE, javascript=javascript)
    enter(app, page, case)

    page.focus("input[name=stars]")
    for _press in range(3):
        page.keyboard.press("ArrowRight")
    page.fill("#comment", "ซ่อมเร็วดี")
    page.click("main form:has([name=stars]) button")
    page.wait_for_selector(".notice-success")

    session.rollback()
    rating = session.scalars(select(Rating)).one()
    assert (rating.stars, rating.comment) == (4, "ซ่อมเร็วดี")


def test_the_present_step_is_told_to_readers_of_the_screen(
    app: Flask, session: Session, open_page: Any
) -> None:
    page = open_page("/track", PHONE)
    enter(app, page, cases_of(app, session)[0])

    assert "กำลังดำเนินการ" in page.inner_text("[aria-current=step]")
    assert page.locator("ol.steps li").count() == 4
