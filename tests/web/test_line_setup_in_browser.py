"""Connecting LINE, its quota and the preview of messages as people see them, at a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from helpers.backends import Backend
from helpers.browser import DESK, PHONE
from helpers.setup_line import CITIZEN, SECRETS, STAFF, TOKENS, SetupLine, paste, setup_line
from sqlalchemy import select

from domain.clock import now
from domain.line_connections import connection_of
from domain.line_quota import line_day
from extensions import write_transaction
from models import DeliveryState, LineUsage, MessageTemplate, OutboxChannel, OutboxMessage
from worker.jobs import run_due

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])


@pytest.fixture
def backend(sqlite_backend: Backend) -> Backend:
    """Nothing here depends on the database."""
    return sqlite_backend


@pytest.fixture
def line(app: Flask) -> Iterator[SetupLine]:
    with setup_line(app) as made:
        yield made


def is_sound(page: Any, axe: Any, size: dict[str, int]) -> None:
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


@SIZES
def test_a_channel_is_connected_and_its_findings_come_by_themselves(
    app: Flask, line: SetupLine, open_page: Any, axe: Any, size: dict[str, int]
) -> None:
    page = open_page("/admin/line/", size, "admin")
    is_sound(page, axe, size)
    page.locator("#citizen-token").fill(TOKENS[CITIZEN])
    page.locator("#citizen-secret").fill(SECRETS[CITIZEN])
    page.locator("#citizen button", has_text="บันทึกและทดสอบ").click()
    page.wait_for_selector("#citizen-results :text('กำลังทดสอบ')")
    is_sound(page, axe, size)
    assert run_due(app) == 1

    page.wait_for_selector("#citizen-results .is-broken")

    assert page.locator("#citizen-results .is-broken").inner_text().count("webhook") == 1
    assert page.input_value("#citizen-token") == ""
    is_sound(page, axe, size)
    page.get_by_role("button", name="ให้ LINE ใช้ที่อยู่ของเรา").click()
    page.wait_for_selector("#citizen-results :text('กำลังทดสอบ')")
    run_due(app)
    page.wait_for_selector("#citizen-results :text('ใช้งานได้ มีข้อที่ควรดู')")


@SIZES
def test_mistakes_and_disconnecting_are_asked_about(
    app: Flask, line: SetupLine, open_page: Any, axe: Any, size: dict[str, int]
) -> None:
    paste(app, STAFF)
    page = open_page("/admin/line/", size, "admin")
    page.locator("#citizen-token").fill("sim-token")
    page.locator("#citizen button", has_text="บันทึกและทดสอบ").click()
    page.wait_for_selector("#citizen-secret-error")
    is_sound(page, axe, size)

    page.locator("#staff button", has_text="เลิกเชื่อมต่อ").click()
    page.locator("dialog button", has_text="เลิกเชื่อมต่อ").click()
    page.wait_for_selector("#staff :text('ยังไม่เชื่อมต่อ')")

    is_sound(page, axe, size)


def test_an_address_is_copied_with_one_press(app: Flask, line: SetupLine, open_page: Any) -> None:
    page = open_page("/admin/line/", DESK, "admin")

    page.locator("#citizen [data-copy-from]").click()

    page.wait_for_selector("#citizen [data-copied]:text('คัดลอกแล้ว')")


@SIZES
@pytest.mark.parametrize(("used", "scheme"), [(120, "light"), (450, "dark"), (500, "light")])
def test_the_quota_reads_well(
    app: Flask, open_page: Any, axe: Any, size: dict[str, int], used: int, scheme: str
) -> None:
    with write_transaction() as session:
        row = connection_of(session, CITIZEN)
        row.quota_limit, row.quota_used, row.quota_read_at = 500, used, now()
        for back in range(10):
            day = line_day() - timedelta(days=back)
            session.add(LineUsage(channel=CITIZEN, day=day, pushes=back * 3, replies=40, merged=back))
    page = open_page("/admin/line/quota/", size, "admin", color_scheme=scheme)

    is_sound(page, axe, size)
    assert f"ใช้ไป {used} จาก 500 ข้อความ" in page.inner_text("main")


@SIZES
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_are_looked_at_before_they_are_kept(
    app: Flask, open_page: Any, axe: Any, size: dict[str, int], scheme: str
) -> None:
    with write_transaction() as session:
        wanted = (MessageTemplate.key == "citizen_result", MessageTemplate.language == "th")
        row_id = session.scalars(select(MessageTemplate.id).where(*wanted)).one()
    page = open_page(f"/admin/message-template/edit/?id={row_id}", size, "admin", color_scheme=scheme)
    is_sound(page, axe, size)
    page.locator("#words-title").fill("ซ่อมไฟให้แล้ว {number}")
    page.get_by_role("button", name="ดูตัวอย่าง").click()
    page.wait_for_selector(".fx-card :text('ซ่อมไฟให้แล้ว อส. 56/2569')")
    assert page.evaluate("document.activeElement.id") == "preview-title"
    is_sound(page, axe, size)

    page.locator("#words-alt").fill("{place}")
    page.get_by_role("button", name="ดูตัวอย่าง").click()

    page.wait_for_selector("#words-alt-error")
    assert page.input_value("#words-title") == "ซ่อมไฟให้แล้ว {number}"
    is_sound(page, axe, size)


@SIZES
def test_stuck_messages_are_chosen_and_sent_again(
    app: Flask, open_page: Any, axe: Any, size: dict[str, int]
) -> None:
    with write_transaction() as session:
        for number in range(3):
            session.add(
                OutboxMessage(
                    channel=OutboxChannel.LINE_CITIZEN,
                    recipient=f"U{number}",
                    recipient_name="สมชาย ใจดี",
                    template_key="citizen_registered",
                    dedupe_key=str(number),
                    retry_key=str(number),
                    state=DeliveryState.DEAD,
                    last_error="refused: 400",
                    not_before=now(),
                    created_at=now(),
                )
            )
    page = open_page("/admin/outbox-message/", size, "admin")
    page.get_by_role("link", name="ค้างหรือไม่สำเร็จ").click()
    page.wait_for_selector("#bulk", state="attached")
    page.locator("input[name=rowid]").first.check()
    is_sound(page, axe, size)

    page.get_by_role("button", name="ส่งซ้ำที่เลือก").click()
    page.locator("dialog button", has_text="ส่งซ้ำ").click()

    page.wait_for_selector("text=สั่งส่งซ้ำแล้ว 1 ข้อความ")
    is_sound(page, axe, size)
