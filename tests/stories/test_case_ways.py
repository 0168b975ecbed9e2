"""The ways a case can go, in the browser at both sizes: asked, undone, sent away, joined, corrected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from helpers.casework import bring_to, category, press, register_case
from sqlalchemy.orm import Session

from extensions import write_transaction
from models import Complaint, ComplaintStatus

pytestmark = pytest.mark.browser
S = ComplaintStatus
Look = Callable[[Any], None]


@pytest.fixture
def case(app: Flask) -> tuple[int, str]:
    """A case of the engineers that is worked on: id and address."""
    with write_transaction() as session:
        made = bring_to(app, session, S.IN_PROGRESS)
        return made.id, f"/admin/complaint/{made.public_code}"


def status(session: Session, case_id: int) -> ComplaintStatus:
    session.rollback()
    return session.get_one(Complaint, case_id, populate_existing=True).status


def choose(page: Any, action: str) -> None:
    """Open an act's form, from the buttons in sight or from those behind อื่น ๆ."""
    link = page.locator(f"[data-act={action}]")
    if not link.is_visible():
        page.click("details.more summary")
    link.click()
    page.wait_for_selector(f"#act form[action$='/{action}']")


def send(page: Any) -> None:
    page.locator("#act .btn-row button[type=submit]").click()
    page.wait_for_selector(".notice-success")


def test_a_question_goes_to_the_citizen_and_the_answer_brings_the_case_back(
    open_page: Callable[..., Any],
    size: dict[str, int],
    session: Session,
    case: tuple[int, str],
    look: Look,
) -> None:
    case_id, address = case
    page = open_page(address, size, username="clerk")
    look(page)

    choose(page, "ask_citizen")
    look(page)
    page.fill("#act [name=question]", "เสาต้นที่เท่าไรนับจากปากซอย")
    send(page)
    assert status(session, case_id) is S.AWAITING_CITIZEN
    assert page.get_by_text("เสาต้นที่เท่าไรนับจากปากซอย").first.is_visible()
    look(page)

    choose(page, "answer")
    page.fill("#act [name=text]", "ต้นที่สามค่ะ")
    send(page)
    assert status(session, case_id) is S.IN_PROGRESS


def test_a_slip_is_undone_within_its_seconds(
    open_page: Callable[..., Any],
    size: dict[str, int],
    session: Session,
    case: tuple[int, str],
    look: Look,
) -> None:
    case_id, address = case
    page = open_page(address, size, username="clerk")

    choose(page, "withdraw")
    page.select_option("#act [name=channel_id]", index=1)
    page.fill("#act [name=note]", "พิมพ์ผิดเรื่อง")
    send(page)
    assert status(session, case_id) is S.WITHDRAWN
    look(page)

    page.click("form[data-undo] button")
    page.wait_for_selector(".is-undone")
    assert status(session, case_id) is S.IN_PROGRESS
    look(page)


def test_a_case_forwarded_away_says_so_and_can_be_called_back(
    app: Flask, open_page: Callable[..., Any], size: dict[str, int], session: Session, look: Look
) -> None:
    with write_transaction() as writing:
        made = bring_to(app, writing, S.DIRECTED)
        case_id, address = made.id, f"/admin/complaint/{made.public_code}"
        health = category(writing, "อส.").department_id
    page = open_page(address, size, username="clerk")

    choose(page, "forward")
    page.select_option("#act [name=department_id]", str(health))
    page.fill("#act [name=reason]", "เป็นเรื่องขยะ")
    page.locator("#act .btn-row button[type=submit]").click()
    page.wait_for_selector("form[action$='/undo']")
    assert page.get_by_text("อยู่นอกหน่วยงานของคุณแล้ว").is_visible()
    look(page)

    page.click("form[action$='/undo'] button")
    page.wait_for_selector(".actions")
    assert status(session, case_id) is S.DIRECTED


def test_a_duplicate_is_joined_by_the_number_of_its_original(
    app: Flask,
    open_page: Callable[..., Any],
    size: dict[str, int],
    session: Session,
    case: tuple[int, str],
    look: Look,
) -> None:
    case_id, address = case
    with write_transaction() as writing:
        number = str(register_case(app, writing).number)
    page = open_page(address, size, username="clerk")

    choose(page, "merge")
    look(page)
    page.fill("#act [name=original]", number.replace(" ", ""))
    send(page)

    assert status(session, case_id) is S.DUPLICATE
    page.get_by_role("link", name=number).first.click()
    page.wait_for_selector(".case-ties")
    look(page)


def test_what_two_people_corrected_at_once_stands_side_by_side(
    open_page: Callable[..., Any],
    size: dict[str, int],
    session: Session,
    case: tuple[int, str],
    look: Look,
) -> None:
    case_id, address = case
    page = open_page(f"{address}/edit", size, username="clerk")
    look(page)
    with write_transaction() as writing:
        press(writing, "central", writing.get_one(Complaint, case_id), "edit")

    page.fill("[name=story]", "ถนนทรุดหน้าโรงเรียน")
    page.click(".save-bar button[type=submit]")
    page.wait_for_selector(".versions")
    look(page)
    page.click(".save-bar button[type=submit]")
    page.wait_for_selector(".timeline")

    session.rollback()
    assert session.get_one(Complaint, case_id, populate_existing=True).story == "ถนนทรุดหน้าโรงเรียน"


def test_without_script_the_same_form_comes_with_the_page(
    open_page: Callable[..., Any], session: Session, case: tuple[int, str]
) -> None:
    case_id, address = case
    page = open_page(address, username="clerk", javascript=False)

    page.click("details.more summary")
    page.click("[data-act=put_on_plan]")
    page.check("#act [name=plan_reason][value=budget]")
    page.fill("#act [name=note]", "แผนปี 2570")
    page.locator("#act .btn-row button[type=submit]").click()

    assert status(session, case_id) is S.AWAITING_PLAN
