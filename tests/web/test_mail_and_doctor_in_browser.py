"""The screens of mail test and data doctor as people see them; the test page goes on by itself."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from helpers.backends import Backend
from helpers.browser import DESK, PHONE
from helpers.mail import mail_town
from helpers.people import officer_named

from domain.data_doctor import CHECKS, keep_findings
from domain.data_doctor_parts import Found, example
from extensions import write_transaction

pytestmark = pytest.mark.browser
LONG = "ถนนเป็นหลุมหน้าตลาดเทศบาลนครขอนแก่นสำนักช่างงานรับเรื่องร้องทุกข์" * 2


@pytest.fixture
def backend(sqlite_backend: Backend) -> Backend:
    """Nothing here depends on the database."""
    return sqlite_backend


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_findings_fold_open_and_are_sound(app: Flask, open_page: Any, axe: Any, size: dict[str, int]) -> None:
    with write_transaction() as session:
        many = Found(
            1234, [example("complaint", f"2026-{n}", LONG if n == 3 else f"อส. {n}/2569") for n in range(20)]
        )
        keep_findings(
            session, {check.code: many if number < 3 else Found() for number, check in enumerate(CHECKS)}
        )
    page = open_page("/admin/data-doctor/", size, "admin")
    assert axe(page) == []

    page.locator("details.finding > summary").first.click()

    assert page.locator("details.finding[open] li").count() == 20
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_test_letter_is_followed_without_a_press(
    app: Flask, open_page: Any, axe: Any, size: dict[str, int]
) -> None:
    with write_transaction() as session:
        officer_named(session, "admin").email = "admin@khonkaen.example"
    with mail_town(app) as town:
        page = open_page("/admin/settings/mail", size, "admin")
        page.get_by_role("button", name="ส่งจดหมายทดสอบ").click()
        page.wait_for_selector("text=กำลังส่งถึง")
        assert axe(page) == []
        town.drain()

        page.wait_for_selector("text=ส่งถึงเครื่องส่งแล้ว")

        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
