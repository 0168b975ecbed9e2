"""Receipts and the editor of papers as people see them: sound, and the page follows what one types."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from helpers.backends import Backend
from helpers.browser import DESK, PHONE
from helpers.people import actor_named, officer_named

from domain.clock import fiscal_year_of, today
from domain.receipt_books import open_book
from extensions import write_transaction

pytestmark = pytest.mark.browser
LOOKS = [pytest.param(DESK, "light", id="desk-light"), pytest.param(PHONE, "dark", id="phone-dark")]


@pytest.fixture
def backend(sqlite_backend: Backend) -> Backend:
    """Nothing here depends on the database."""
    return sqlite_backend


@pytest.fixture
def book(app: Flask) -> None:
    with write_transaction() as session:
        open_book(
            session,
            actor_named(session, "finance"),
            department_id=officer_named(session, "finance").department_id,
            fiscal_year=fiscal_year_of(today()),
            book_number="1",
            first_number=1,
            last_number=50,
        )


def assert_sound(page: Any, axe: Any, size: dict[str, int]) -> None:
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_a_receipt_from_the_form_to_its_cancelling(
    book: None, open_page: Any, axe: Any, size: dict[str, int], scheme: str
) -> None:
    page = open_page("/admin/receipts/new", size, "finance", color_scheme=scheme)
    page.fill("[name=payer_name]", "นางสาวน้ำใส ปั้นดี")
    page.fill("[name=items-0-words]", "ค่าธรรมเนียมเก็บและขนมูลฝอย ประจำเดือนพฤศจิกายน 2569")
    page.fill("[name=items-0-amount]", "40")
    assert_sound(page, axe, size)

    page.click(".save-bar .btn-primary")
    page.wait_for_selector("text=สี่สิบบาทถ้วน")
    assert_sound(page, axe, size)
    page.click("[name=issue]")
    page.wait_for_selector("text=พิมพ์ใบเสร็จ")
    page.click("text=ยกเลิกใบเสร็จนี้")
    assert_sound(page, axe, size)
    page.fill("[name=reason]", "พิมพ์ชื่อผิด")
    page.click("text=ยืนยันยกเลิก")
    page.wait_for_selector(".notice-danger")
    assert_sound(page, axe, size)

    for address in ("/admin/receipts/", "/admin/receipt-books/"):
        page.goto(page.url.partition("/admin/")[0] + address)
        assert_sound(page, axe, size)


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_the_page_follows_what_is_typed(
    app: Flask, open_page: Any, axe: Any, size: dict[str, int], scheme: str
) -> None:
    page = open_page("/admin/document-templates/slip", size, "admin", color_scheme=scheme)
    page.wait_for_selector("#look img")
    assert_sound(page, axe, size)

    page.locator("[name=body]").press("Control+End")
    page.click("[data-insert='{{ ชุมชน }}']")
    page.keyboard.type("\n<script>")
    fault = page.wait_for_selector("#look [data-line]")

    text = page.input_value("[name=body]")
    assert text.rstrip().endswith("{{ ชุมชน }}\n<script>")
    assert "script" in fault.inner_text()
    assert_sound(page, axe, size)
    fault.click()
    chosen = page.locator("[name=body]").evaluate(
        "box => box.value.slice(box.selectionStart, box.selectionEnd)"
    )
    assert chosen == "<script>"
