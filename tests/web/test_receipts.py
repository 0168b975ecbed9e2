"""Money at the counter: a form with a last look, one receipt per press, its paper, the day's list."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from helpers.cases import new_case, new_member
from helpers.people import actor_named, officer_named
from helpers.visitor import Desk, fields_of, text_of
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clock import FrozenClock
from domain.receipt_books import open_book
from extensions import write_transaction
from models import AuditAction, AuditEntry, Document, Receipt

pytestmark = pytest.mark.usefixtures("frozen_noon")
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
NEW, LIST = "/admin/receipts/new", "/admin/receipts/"


@pytest.fixture
def book(app: Flask) -> int:
    with write_transaction() as session:
        return open_book(
            session,
            actor_named(session, "finance"),
            department_id=officer_named(session, "finance").department_id,
            fiscal_year=2570,
            book_number="7",
            first_number=1,
            last_number=50,
        ).id


@pytest.fixture
def desk(app: Flask, login_as: Callable[..., Any]) -> Desk:
    return Desk(app, login_as, "finance")


def filled(desk: Desk, **more: str) -> dict[str, Any]:
    usual = {
        "payer_name": "นายน้ำ ซื้อปั้น",
        "items-0-words": "ค่าธรรมเนียมเก็บขยะ 😀",
        "items-0-amount": "๑,๒๐๐.๕๐",
    }
    return {**desk.form(NEW), **usual, **more}


def issued(desk: Desk, **more: str) -> str:
    """Issue a receipt as people do, last look included; return its page's address."""
    look = desk.post(NEW, filled(desk, **more))
    assert look.status_code == 200, text_of(look)
    fields = fields_of(text_of(look))
    answer = desk.post(NEW, {**fields, "issue": "1"})
    assert answer.status_code == 303, text_of(answer)
    return str(answer.location)


def test_a_receipt_is_issued_after_a_last_look(desk: Desk, book: int, session: Session) -> None:
    page = filled(desk)
    look = text_of(desk.post(NEW, page))
    assert "หนึ่งพันสองร้อยบาทห้าสิบสตางค์" in look
    assert session.scalars(select(Receipt)).all() == []

    fields = {**fields_of(look), "issue": "1"}
    first, again = desk.post(NEW, fields), desk.post(NEW, fields)

    assert first.location == again.location
    session.rollback()
    receipt = session.scalars(select(Receipt)).one()
    assert (receipt.number, str(receipt.total), receipt.payer_name) == (1, "1200.50", "นายน้ำ ซื้อปั้น")
    assert "7/1" in text_of(desk.get(first.location))


@on_sqlite
def test_what_is_wrong_stands_beside_its_box_and_nothing_is_lost(desk: Desk, book: int) -> None:
    answer = desk.post(NEW, filled(desk, **{"items-0-amount": "ห้าบาท", "case": "ไม่มีเลขนี้"}))

    page = text_of(answer)
    assert answer.status_code == 422
    assert "ห้าบาท" in page
    assert "ไม่พบคำร้องนี้" in page

    page = text_of(desk.post(NEW, filled(desk, **{"items-0-amount": "ห้าบาท"})))
    assert re.search(r'id="items-0-amount-error".*?จำนวนเงินอ่านไม่ได้', page, re.DOTALL)


@on_sqlite
def test_lines_are_added_without_a_script_and_one_may_go_back(desk: Desk, book: int) -> None:
    more = text_of(desk.post(NEW, {**filled(desk), "more": "1"}))
    assert 'name="items-7-words"' in more
    assert "ค่าธรรมเนียมเก็บขยะ 😀" in more

    look = fields_of(text_of(desk.post(NEW, filled(desk))))
    back = text_of(desk.post(NEW, {**look, "back": "1"}))
    assert 'value="นายน้ำ ซื้อปั้น"' in back


@on_sqlite
def test_a_form_opened_from_a_case_knows_who_pays(desk: Desk, book: int) -> None:
    with write_transaction() as writing:
        member = new_member(writing, "บัวลอย", "แซ่ตั้ง")
        code = new_case(writing, officer="finance", subcategory=None, member=member).public_code

    page = text_of(desk.get(f"{NEW}?case={code}"))

    assert 'value="บัวลอย แซ่ตั้ง"' in page
    assert code in page


def test_the_paper_says_what_was_paid_and_later_that_it_is_void(
    desk: Desk, book: int, session: Session, frozen_noon: FrozenClock
) -> None:
    where = issued(desk)
    first = desk.get(f"{where}/paper")
    again = desk.get(f"{where}/paper")
    assert desk.post(f"{where}/cancel", {"reason": "พิมพ์ชื่อผิด"}).status_code == 303

    void = desk.get(f"{where}/paper")

    text = paper_text(first.data)
    assert first.mimetype == "application/pdf"
    assert "หนึ่งพันสองร้อยบาทห้าสิบสตางค์" in text
    assert "นายน้ำ ซื้อปั้น" in text
    assert "1,200.50" in text
    assert "ยกเลิก" not in text
    assert again.data == first.data
    assert "พิมพ์ชื่อผิด" in paper_text(void.data)
    papers = session.scalars(select(Document).order_by(Document.version)).all()
    assert [(paper.version, paper.receipt_id is not None) for paper in papers] == [(1, True), (2, True)]


def paper_text(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


@on_sqlite
def test_the_day_s_money_leaves_with_a_reason_only(desk: Desk, book: int, session: Session) -> None:
    issued(desk)
    void = issued(desk, payer_name='=HYPERLINK("http://x")')
    desk.post(f"{void}/cancel", {"reason": "ซ้ำ"})
    page = text_of(desk.get(LIST))
    assert "1,200.50" in page
    assert "ยกเลิก ไม่นับรวม" in page

    refused = desk.post(f"{LIST}export/xlsx")
    answer = desk.post(f"{LIST}export/xlsx", {"reason": "ส่งเงินประจำวัน"})

    assert refused.status_code == 303
    rows = [
        [cell.value for cell in row]
        for row in load_workbook(io.BytesIO(answer.data)).worksheets[0].iter_rows()
    ]
    assert rows[2][4] == '=HYPERLINK("http://x")'
    assert (rows[1][7], rows[2][7], rows[2][8]) == (1200.5, None, 1200.5)
    assert rows[-1][6:8] == ["รวมทั้งสิ้น", 1200.5]
    note = session.scalars(select(AuditEntry).where(AuditEntry.action == AuditAction.EXPORT)).one()
    assert (note.object_type, note.reason) == ("receipt", "ส่งเงินประจำวัน")


@on_sqlite
def test_without_a_book_the_form_says_what_to_do(desk: Desk) -> None:
    assert "ยังไม่มีเล่มใบเสร็จของปีงบประมาณนี้" in text_of(desk.get(NEW))


def test_books_are_opened_closed_and_opened_again(desk: Desk) -> None:
    form = desk.form("/admin/receipt-books/")
    opened = desk.post("/admin/receipt-books/", {**form, "book_number": "12"})
    twice = desk.post("/admin/receipt-books/", {**form, "book_number": "12"})
    page = text_of(desk.get("/admin/receipt-books/"))
    [path] = re.findall(r'action="(/admin/receipt-books/\d+/close)"', page)

    assert opened.status_code == 303
    assert twice.status_code == 422
    assert "มีเล่มที่นี้ในปีงบประมาณนี้แล้ว" in text_of(twice)
    assert desk.post(path).status_code == 303
    assert "ปิดแล้ว" in text_of(desk.get("/admin/receipt-books/"))
    assert desk.post(path.replace("close", "reopen")).status_code == 303


@on_sqlite
def test_who_has_no_right_sees_nothing(
    app: Flask, login_as: Callable[..., Any], desk: Desk, book: int
) -> None:
    where = issued(desk)
    officer, executive = Desk(app, login_as, "officer"), Desk(app, login_as, "executive")

    assert officer.get(LIST).status_code == 403
    assert officer.get(where).status_code == 403
    assert executive.get(where).status_code == 200
    assert executive.get(NEW).status_code == 403
    assert executive.post(f"{where}/cancel", {"reason": "ลอง"}).status_code == 403
    assert executive.get(f"{LIST}{'0' * 32}").status_code == 404
