"""Receipts: numbers without gaps and twins, money to the satang, cancelled and never changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from helpers.cases import new_case, new_member, row_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.errors import AlreadyDone, DomainError, DuplicateEntry, FieldErrors, NotFound, NotPermitted
from domain.receipt_books import books_within, open_book, switch_book, usable_books
from domain.receipt_lists import receipt_within, takings
from domain.receipts import (
    MOST_ITEMS,
    ReceiptEntry,
    cancel_receipt,
    issue_receipt,
)
from extensions import db, write_transaction
from models import AuditAction, AuditEntry, Department, PaymentWay, Receipt, ReceiptBook

pytestmark = pytest.mark.usefixtures("frozen_noon")
ActAs = Callable[[str], Actor]

TODAY, YEAR = date(2026, 11, 20), 2570
PEOPLE, EACH = 6, 6


def new_book(actor: Actor, last: int = 50, **more: Any) -> int:
    with write_transaction() as session:
        wanted = {
            "department_id": actor.department_id,
            "fiscal_year": YEAR,
            "book_number": "1",
            "first_number": 1,
            "last_number": last,
        }
        return open_book(session, actor, **{**wanted, **more}).id


def entry(book_id: int, token: str, **more: Any) -> ReceiptEntry:
    filled = ReceiptEntry(
        form_token=f"form-token-{token:0>8}",
        book_id=book_id,
        paid_on=TODAY,
        payer_name="นางสาวสมศรี ใจดี",
        items=[("ค่าธรรมเนียมเก็บขยะ", "120"), ("", ""), ("ค่าปรับ", "1,000.25")],
    )
    return replace(filled, **more)


def issued(actor: Actor, filled: ReceiptEntry) -> Receipt:
    with write_transaction() as session:
        receipt = issue_receipt(session, actor, filled)
        session.flush()
        session.refresh(receipt)
        return receipt


@pytest.fixture
def cashier(act_as: ActAs) -> Actor:
    return act_as("finance")


def test_a_receipt_takes_the_next_number_of_its_book(session: Session, cashier: Actor) -> None:
    book_id = new_book(cashier, first_number=41)

    numbers = [issued(cashier, entry(book_id, str(turn))).number for turn in range(3)]

    receipt = session.scalars(select(Receipt).where(Receipt.number == 41)).one()
    assert numbers == [41, 42, 43]
    assert receipt.items == [
        {"words": "ค่าธรรมเนียมเก็บขยะ", "amount": "120.00"},
        {"words": "ค่าปรับ", "amount": "1000.25"},
    ]
    assert receipt.total == Decimal("1120.25")
    assert str(receipt) == "1/2570 เลขที่ 41"


def test_a_second_press_of_the_form_returns_the_first_receipt(session: Session, cashier: Actor) -> None:
    book_id = new_book(cashier)

    first, second = (issued(cashier, entry(book_id, "same")).id for _press in range(2))

    assert first == second
    assert session.get_one(ReceiptBook, book_id).next_number == 2


def test_cashiers_who_press_at_once_get_every_number_once(app: Flask, cashier: Actor) -> None:
    book_id = new_book(cashier, last=PEOPLE * EACH)
    problems: list[BaseException] = []
    together = threading.Barrier(PEOPLE)

    def cash_up(seat: int) -> None:
        together.wait()
        for turn in range(EACH):
            with app.app_context():
                try:
                    # Every fifth is given up after its number was taken; every form is sent twice.
                    for _press in range(2):
                        _issue_or_give_up(cashier, entry(book_id, f"{seat}x{turn}"), (seat + turn) % 5 == 0)
                except BaseException as problem:
                    problems.append(problem)

    people = [threading.Thread(target=cash_up, args=(seat,)) for seat in range(PEOPLE)]
    for person in people:
        person.start()
    for person in people:
        person.join()

    assert problems == []
    numbers = sorted(db.session.scalars(select(Receipt.number)))
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) == sum((seat + turn) % 5 != 0 for seat in range(PEOPLE) for turn in range(EACH))


class GaveUp(Exception):
    """A transaction that ends without being saved."""


def _issue_or_give_up(actor: Actor, filled: ReceiptEntry, gives_up: bool) -> None:
    with suppress(GaveUp), write_transaction() as session:
        issue_receipt(session, actor, filled)
        if gives_up:
            raise GaveUp


def test_a_book_that_is_used_up_or_closed_gives_nothing(cashier: Actor) -> None:
    full, closed = new_book(cashier, last=1), new_book(cashier, book_number="2")
    issued(cashier, entry(full, "1"))
    with write_transaction() as session:
        switch_book(session, cashier, closed, is_active=False)

    for book_id in (full, closed):
        with pytest.raises(FieldErrors) as refused:
            issued(cashier, entry(book_id, "2"))
        assert [error.code for error in refused.value.errors] == ["receipt_book_used_up"]
    assert usable_books(db.session(), cashier) == []
    with write_transaction() as session:
        switch_book(session, cashier, closed, is_active=True)
    assert issued(cashier, entry(closed, "3")).number == 1


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"payer_name": " "}, "payer_name", "field_required"),
        ({"payer_name": "ก" * 201}, "payer_name", "text_too_long"),
        ({"paid_on": None}, "paid_on", "field_required"),
        ({"paid_on": date(2026, 11, 21)}, "paid_on", "date_in_future"),
        ({"paid_on": date(2026, 9, 30)}, "paid_on", "receipt_other_year"),
        ({"items": [(" ", "")]}, "items-0-words", "receipt_without_items"),
        ({"items": [("ค่าน้ำ", "0")]}, "items-0-amount", "amount_not_positive"),
        ({"items": [("ค่าน้ำ", "1.005")]}, "items-0-amount", "amount_unreadable"),
        ({"items": [("", "5")]}, "items-0-words", "field_required"),
        ({"items": [("ค่าน้ำ", "1")] * (MOST_ITEMS + 1)}, "items-0-words", "receipt_too_many_items"),
        (
            {"items": [("ที่ดิน", "9999999999.99"), ("ค่าน้ำ", "0.01")]},
            "items-1-amount",
            "receipt_total_too_large",
        ),
        ({"complaint_id": 999_999}, "case", "receipt_case_unknown"),
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_cannot_be_taken_takes_no_number(
    session: Session, cashier: Actor, changed: dict[str, Any], field: str, code: str
) -> None:
    book_id = new_book(cashier)

    with pytest.raises(FieldErrors) as refused:
        issued(cashier, entry(book_id, "1", **changed))

    assert [(error.field, error.code) for error in refused.value.errors] == [(field, code)]
    assert session.get_one(ReceiptBook, book_id).next_number == 1


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_every_bad_box_is_told_at_once(cashier: Actor) -> None:
    book_id = new_book(cashier)

    with pytest.raises(FieldErrors) as refused:
        issued(cashier, entry(book_id, "1", payer_name="", items=[("", "x"), ("ค่าน้ำ", "5")]))

    assert [error.field for error in refused.value.errors] == [
        "payer_name",
        "items-0-words",
        "items-0-amount",
    ]


def test_the_days_of_a_book_run_on_with_its_numbers(cashier: Actor) -> None:
    book_id = new_book(cashier)
    issued(cashier, entry(book_id, "1", paid_on=date(2026, 11, 18)))
    issued(cashier, entry(book_id, "2", paid_on=date(2026, 11, 18)))

    with pytest.raises(FieldErrors) as refused:
        issued(cashier, entry(book_id, "3", paid_on=date(2026, 11, 17)))

    assert refused.value.errors[0].code == "receipt_before_last"
    assert "18 พ.ย. 2569" in refused.value.errors[0].message


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_form_without_a_token_is_refused(cashier: Actor) -> None:
    book_id = new_book(cashier)

    with pytest.raises(DomainError) as refused:
        issued(cashier, replace(entry(book_id, "1"), form_token="x"))

    assert refused.value.code == "receipt_form_broken"


def test_a_cancelled_receipt_stays_and_is_not_added(session: Session, cashier: Actor) -> None:
    book_id = new_book(cashier)
    first = issued(cashier, entry(book_id, "1"))
    issued(cashier, entry(book_id, "2", paid_by=PaymentWay.TRANSFER))
    with write_transaction() as writing:
        cancel_receipt(writing, cashier, first.public_id, " พิมพ์ชื่อผิด ")

    found = takings(db.session(), cashier, TODAY, TODAY)

    assert [(row.number, row.cancel_reason) for row in found.receipts] == [(1, "พิมพ์ชื่อผิด"), (2, None)]
    assert found.totals[PaymentWay.CASH] == 0
    assert found.total == Decimal("1120.25")
    assert found.cancelled == 1
    assert issued(cashier, entry(book_id, "3")).number == 3
    note = session.scalars(
        select(AuditEntry).where(AuditEntry.object_type == "receipt", AuditEntry.action == AuditAction.UPDATE)
    ).one()
    assert note.reason == "พิมพ์ชื่อผิด"
    with write_transaction() as writing, pytest.raises(AlreadyDone):
        cancel_receipt(writing, cashier, first.public_id, "อีกครั้ง")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_receipt_is_cancelled_only_with_a_reason(cashier: Actor) -> None:
    receipt = issued(cashier, entry(new_book(cashier), "1"))

    with write_transaction() as writing, pytest.raises(DomainError) as refused:
        cancel_receipt(writing, cashier, receipt.public_id, " ")

    assert refused.value.code == "receipt_reason_needed"


def test_rights_reach_as_far_as_the_department(act_as: ActAs, cashier: Actor) -> None:
    health = act_as("health")
    book_id = new_book(cashier)
    receipt = issued(cashier, entry(book_id, "1"))
    elsewhere = row_of(db.session(), Department, "engineering").id

    with pytest.raises(NotPermitted):
        new_book(cashier, department_id=elsewhere, book_number="9")
    for act in (
        lambda: issued(health, entry(book_id, "2")),
        lambda: receipt_within(db.session(), health, receipt.public_id),
    ):
        with pytest.raises((NotFound, NotPermitted)):
            act()
    with write_transaction() as writing, pytest.raises((NotFound, NotPermitted)):
        cancel_receipt(writing, health, receipt.public_id, "ลองดู")
    assert takings(db.session(), health, TODAY, TODAY).receipts == []
    assert books_within(db.session(), health) == []
    seen_by_all = act_as("executive")
    assert receipt_within(db.session(), seen_by_all, receipt.public_id).number == 1


def test_a_book_is_opened_once(cashier: Actor) -> None:
    new_book(cashier)

    with pytest.raises(DuplicateEntry):
        new_book(cashier)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"fiscal_year": 2560}, "fiscal_year"),
        ({"book_number": ""}, "book_number"),
        ({"first_number": 0}, "first_number"),
        ({"first_number": 51}, "last_number"),
        ({"last_number": 10_001}, "last_number"),
        ({"department_id": 999_999}, "department_id"),
    ],
)
def test_a_book_that_makes_no_sense_is_refused(cashier: Actor, changed: dict[str, Any], field: str) -> None:
    with pytest.raises(FieldErrors) as refused:
        new_book(cashier, **changed)

    assert [error.field for error in refused.value.errors] == [field]


def test_who_complained_may_be_who_paid(session: Session, cashier: Actor) -> None:
    book_id = new_book(cashier)
    with write_transaction() as writing:
        member = new_member(writing)
        case = new_case(writing, officer="finance", subcategory=None, member=member)
        member_id, case_id = member.id, case.id

    own = issued(cashier, entry(book_id, "1", complaint_id=case_id, by_complainant=True))
    other = issued(cashier, entry(book_id, "2", complaint_id=case_id))

    assert (own.complaint_id, own.member_id) == (case_id, member_id)
    assert (other.complaint_id, other.member_id) == (case_id, None)
