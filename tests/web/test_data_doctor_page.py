"""ตรวจสุขภาพข้อมูล: what was found, with links that mend it; looking is the worker's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from helpers.cases import new_case
from helpers.people import officer_named
from helpers.visitor import Desk, text_of
from sqlalchemy import select

from admin_views.data_doctor import DOORS
from domain.data_doctor import CHECKS, keep_findings
from domain.data_doctor_parts import Found, example
from extensions import db, write_transaction
from models import DataFinding, MessageTemplate, Subcategory
from worker.data_doctor import look_at_data

PAGE = "/admin/data-doctor/"
KEYS = {
    "complaint": "2026-1",
    "settings": "clock",
    **dict.fromkeys(("staff_user", "subcategory", "category", "department", "message_template"), "1"),
}


@pytest.fixture
def desk(app: Flask, login_as: Callable[..., Any]) -> Desk:
    return Desk(app, login_as, "admin")


def test_before_the_first_night_it_says_so(app: Flask, desk: Desk) -> None:
    assert "ยังไม่เคยตรวจ" in text_of(desk.get(PAGE))


def test_when_nothing_is_wrong_it_says_so_warmly(app: Flask, desk: Desk) -> None:
    with write_transaction() as session:
        keep_findings(session, {check.code: Found() for check in CHECKS})

    page = text_of(desk.get(PAGE))

    assert "ข้อมูลเรียบร้อยดี" in page
    assert "ขอบคุณที่ดูแลข้อมูล" in page
    assert "เรื่องของปีนี้ที่ไม่มีเขต" in page, "what was looked at is listed"


def test_each_finding_has_count_meaning_and_links_that_open(app: Flask, desk: Desk) -> None:
    with write_transaction() as session:
        case = new_case(session)
        case.zone_id = None
        session.flush()
        code = case.public_code
        officer_named(session, "officer").is_active = False
        subtype = session.scalars(select(Subcategory).order_by(Subcategory.id)).first()
        assert subtype is not None
        subtype.duration_min = subtype.duration_max = None
        template = session.scalars(
            select(MessageTemplate).where(
                MessageTemplate.key == "staff_result", MessageTemplate.language == "th"
            )
        ).one()
        template.is_active = False
    look_at_data(app)

    page = text_of(desk.get(PAGE))

    for address in (
        f"/admin/complaint/{code}",
        f"/admin/subcategory/edit/?id={subtype.id}",
        f"/admin/message-template/edit/?id={template.id}",
        f"/admin/staff-user/edit/?id={officer_named(db.session(), 'officer').id}",
    ):
        assert f'href="{address}"' in page, address
        assert desk.get(address).status_code == 200, address
    assert "เปิดเรื่องแล้วปักหมุดหรือเลือกเขต" in page


@pytest.mark.parametrize("kind", sorted(DOORS))
def test_every_kind_of_example_leads_to_a_page_that_exists(app: Flask, desk: Desk, kind: str) -> None:
    endpoint, argument, _permission = DOORS[kind]
    assert endpoint in app.view_functions
    with write_transaction() as session:
        keep_findings(session, {"no_zone": Found(1, [example(kind, KEYS.get(kind, ""), "ตัวอย่าง<1>")])})

    page = text_of(desk.get(PAGE))

    assert "ตัวอย่าง&lt;1&gt;</a>" in page
    assert bool(argument) is (kind in KEYS)


def test_more_than_twenty_are_counted_and_told(app: Flask, desk: Desk) -> None:
    with write_transaction() as session:
        keep_findings(session, {"no_zone": Found(1234, [example("complaint", "2026-1", "อส. 1/2569")])})

    page = text_of(desk.get(PAGE))

    assert "1,234" in page
    assert "แสดง 1 จาก 1,234 รายการ" in page


def test_looking_again_is_asked_for_and_done_by_the_worker(app: Flask, desk: Desk) -> None:
    look_at_data(app)
    with write_transaction() as session:
        new_case(session).zone_id = None

    answer = desk.post("/admin/data-doctor/look")

    assert answer.status_code == 303
    db.session.rollback()
    assert db.session.get_one(DataFinding, "no_zone").count == 0, "not from the request"
    assert "กำลังตรวจ" in text_of(desk.get(PAGE))
    look_at_data(app)
    page = text_of(desk.get(PAGE))
    assert "กำลังตรวจ" not in page
    assert "เรื่องของปีนี้ที่ไม่มีเขต" in page


def test_the_page_speaks_english_too(app: Flask, desk: Desk) -> None:
    with write_transaction() as session:
        officer_named(session, "admin").language = "en"
        keep_findings(session, {"no_zone": Found(1, [example("complaint", "2026-1", "x")])})

    page = text_of(desk.get(PAGE))

    assert "Cases of this year without a zone" in page
    assert "Look again now" in page


def test_only_who_manages_the_system_may_look(app: Flask, login_as: Callable[..., Any]) -> None:
    head = Desk(app, login_as, "head")

    assert head.get(PAGE).status_code == 403
    assert head.post("/admin/data-doctor/look").status_code == 403


def test_the_menu_leads_there(app: Flask, desk: Desk, login_as: Callable[..., Any]) -> None:
    assert f'href="{PAGE}"' in text_of(desk.get("/admin/outbox-message/"))
