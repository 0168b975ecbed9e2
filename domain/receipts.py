"""ใบเสร็จรับเงิน: money taken in, under the next number of a book; never changed, only cancelled (001-09).

The number is taken in the receipt's own transaction while the book is locked, so that no number is left out
and none is given twice, whoever presses at once.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import audit
from domain.actor import Actor
from domain.clock import fiscal_year_of, now, today
from domain.errors import AlreadyDone, DomainError, FieldChecks, InvalidField, NotFound, add_message
from domain.faults import fault_point
from domain.money import MOST_BAHT, read_amount
from domain.permissions import Permission, require, scope_complaints
from domain.receipt_books import book_within, scope_receipts
from domain.thai_text import clean_text, required_text
from models import AuditAction, Complaint, PaymentWay, Receipt, ReceiptBook

MOST_ITEMS: Final = 20
MAX_WORDS: Final = 200
MAX_PAYER: Final = 200
MAX_ADDRESS: Final = 400
MAX_NOTE: Final = 300
MAX_REASON: Final = 300
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,40}", re.ASCII)

add_message(
    "receipt_book_used_up",
    thai="เล่มนี้ใช้ครบทุกเลขที่แล้ว หรือปิดใช้แล้ว กรุณาเลือกเล่มอื่น",
    english="This book is used up or closed. Please choose another one",
)
add_message(
    "receipt_without_items",
    thai="กรุณากรอกอย่างน้อยหนึ่งรายการ",
    english="Please fill in at least one line",
)
add_message(
    "receipt_too_many_items",
    thai="ใบเสร็จหนึ่งใบมีได้ไม่เกิน {most} รายการ",
    english="A receipt holds at most {most} lines",
)
add_message(
    "receipt_total_too_large",
    thai="ยอดรวมเกินกว่าที่ระบบรับได้",
    english="The total is more than the system can hold",
)
add_message(
    "receipt_other_year",
    thai="วันที่รับเงินอยู่นอกปีงบประมาณ {year} ของเล่มนี้ กรุณาใช้เล่มของปีนั้น",
    english="The day lies outside the fiscal year {year} of this book. Please use a book of that year",
)
add_message(
    "receipt_before_last",
    thai="เล่มนี้ออกใบเสร็จของวันที่ {last} ไปแล้ว วันที่รับเงินต้องไม่ก่อนหน้านั้น",
    english="This book holds a receipt of {last} already; the day of payment must not lie before it",
)
add_message(
    "receipt_gone",
    thai="ไม่พบใบเสร็จนี้",
    english="This receipt is not there",
)
add_message(
    "receipt_cancelled_before",
    thai="ใบเสร็จนี้ยกเลิกไปแล้วเมื่อ {at}",
    english="This receipt was cancelled on {at}",
)
add_message(
    "receipt_reason_needed",
    thai="กรุณาบอกเหตุผลที่ยกเลิก",
    english="Please say why it is cancelled",
)
add_message(
    "receipt_case_unknown",
    thai="ไม่พบคำร้องนี้ หรืออยู่นอกความดูแลของท่าน",
    english="There is no such complaint within your reach",
)
add_message(
    "receipt_form_broken",
    thai="แบบฟอร์มนี้หมดอายุ กรุณาเปิดหน้าออกใบเสร็จใหม่",
    english="This form has expired. Please open it again",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptEntry:
    """What the cashier wrote down, not yet checked.

    Attributes:
        form_token: Of the form; a second press of it changes nothing.
        book_id: Whose next number it gets.
        paid_on: Bangkok day the money came in.
        payer_name: From whom.
        payer_address: Where he lives, if it is to stand on the paper.
        items: What for and how much, as typed; lines with nothing in them are left out.
        paid_by: How.
        note: Number of the cheque, the transfer and the like.
        complaint_id: The case it belongs to.
        by_complainant: Who complained is who paid.
    """

    form_token: str
    book_id: int | None
    paid_on: date | None
    payer_name: str | None
    payer_address: str | None = None
    items: Sequence[tuple[str, str]] = ()
    paid_by: PaymentWay = PaymentWay.CASH
    note: str | None = None
    complaint_id: int | None = None
    by_complainant: bool = False


@dataclass(slots=True)
class CheckedReceipt:
    """A receipt as it will be written: cleaned, added up, under the number that comes next."""

    book: ReceiptBook
    number: int
    payer_name: str = ""
    payer_address: str = ""
    note: str = ""
    items: list[dict[str, str]] = field(default_factory=list)
    total: Decimal = Decimal(0)
    complaint: Complaint | None = None


def receipt_of_form(session: Session, form_token: str) -> Receipt | None:
    """Return the receipt an earlier press of the same form made, or None."""
    return session.scalars(select(Receipt).where(Receipt.form_token == form_token)).one_or_none()


def issue_receipt(session: Session, actor: Actor, entry: ReceiptEntry) -> Receipt:
    """Write a receipt under the next number of its book; a second press of the form returns the first one.

    Args:
        session: Inside a write transaction; the caller commits.
        actor: Staff with ``receipt:issue`` over the book's department.
        entry: What was written down.

    Raises:
        NotPermitted: the actor may not issue receipts.
        NotFound: ``receipt_book_gone``.
        FieldErrors: everything that cannot be taken, field by field.
        DomainError: ``receipt_form_broken``.
    """
    require(actor, Permission.RECEIPT_ISSUE)
    locked = book_within(session, actor, Permission.RECEIPT_ISSUE, entry.book_id, lock=True)
    earlier = receipt_of_form(session, entry.form_token)
    if earlier is not None:
        return earlier
    checked = check_receipt(session, actor, entry)
    locked.next_number = checked.number + 1
    fault_point("after_number")
    receipt = Receipt(
        public_id=secrets.token_hex(16),
        form_token=entry.form_token,
        book=checked.book,
        number=checked.number,
        paid_on=entry.paid_on,
        payer_name=checked.payer_name,
        payer_address=checked.payer_address,
        complaint=checked.complaint,
        member_id=_payer(entry, checked.complaint),
        items=checked.items,
        total=checked.total,
        paid_by=entry.paid_by,
        note=checked.note,
        issued_at=now(),
        issued_by_id=actor.staff_user_id,
    )
    session.add(receipt)
    session.flush()
    facts = {"book_id": locked.id, "number": receipt.number, "total": str(receipt.total)}
    audit.record(session, actor, AuditAction.CREATE, receipt, changes=facts)
    return receipt


def cancel_receipt(session: Session, actor: Actor, public_id: str, reason: str | None) -> Receipt:
    """Cancel a receipt; number and row stay, and the paper says so from then on.

    Raises:
        NotPermitted: the actor may not cancel receipts.
        NotFound: ``receipt_gone``.
        AlreadyDone: ``receipt_cancelled_before``.
        MissingField: without a reason.
    """
    require(actor, Permission.RECEIPT_CANCEL)
    said = required_text(
        reason, "receipt_reason_needed", max_length=MAX_REASON, field="reason", multiline=False
    )
    statement = scope_receipts(select(Receipt), actor, Permission.RECEIPT_CANCEL)
    locked = statement.where(Receipt.public_id == public_id).with_for_update()
    receipt = session.scalars(locked.execution_options(populate_existing=True)).one_or_none()
    if receipt is None:
        raise NotFound("receipt_gone")
    if receipt.cancelled_at is not None:
        raise AlreadyDone("receipt_cancelled_before", at=receipt.cancelled_at)
    receipt.cancelled_at = now()
    receipt.cancelled_by_id = actor.staff_user_id
    receipt.cancel_reason = said
    changes = audit.column_changes(receipt)
    audit.record(session, actor, AuditAction.UPDATE, receipt, changes=changes, reason=said)
    return receipt


def check_receipt(session: Session, actor: Actor, entry: ReceiptEntry) -> CheckedReceipt:
    """Return what ``issue_receipt`` would write now, for a last look; the number may still go to another.

    Raises:
        NotPermitted, NotFound, FieldErrors, DomainError: as ``issue_receipt``.
    """
    require(actor, Permission.RECEIPT_ISSUE)
    if not TOKEN.fullmatch(entry.form_token):
        raise DomainError("receipt_form_broken")
    book = book_within(session, actor, Permission.RECEIPT_ISSUE, entry.book_id)
    check, checked = FieldChecks(), CheckedReceipt(book, book.next_number)
    with check:
        if not book.is_active or book.next_number > book.last_number:
            raise InvalidField("receipt_book_used_up", field="book_id")
    with check:
        _check_day(session, book, entry.paid_on)
    with check:
        checked.payer_name = clean_text(
            entry.payer_name, max_length=MAX_PAYER, field="payer_name", multiline=False, required=True
        )
    with check:
        checked.payer_address = clean_text(
            entry.payer_address, max_length=MAX_ADDRESS, field="payer_address", multiline=False
        )
    with check:
        checked.note = clean_text(entry.note, max_length=MAX_NOTE, field="note", multiline=False)
    with check:
        checked.items, checked.total = _items(entry.items)
    with check:
        checked.complaint = _complaint(session, actor, entry.complaint_id)
    check.done()
    return checked


def _check_day(session: Session, book: ReceiptBook, paid_on: date | None) -> None:
    """Take a day of the book's fiscal year, not to come, and not before what the book holds already."""
    if paid_on is None:
        raise InvalidField("field_required", field="paid_on")
    if paid_on > today():
        raise InvalidField("date_in_future", field="paid_on", date=paid_on, today=today())
    if fiscal_year_of(paid_on) != book.fiscal_year:
        raise InvalidField("receipt_other_year", field="paid_on", year=str(book.fiscal_year))
    newest = select(Receipt.paid_on).where(Receipt.book_id == book.id).order_by(Receipt.number.desc())
    last = session.scalar(newest.limit(1))
    if last is not None and paid_on < last:
        raise InvalidField("receipt_before_last", field="paid_on", last=last)


def _items(typed: Sequence[tuple[str, str]]) -> tuple[list[dict[str, str]], Decimal]:
    """Return the lines as they are stored and their sum; each box has its own error."""
    lines = [
        (place, words, amount)
        for place, (words, amount) in enumerate(typed)
        if words.strip() or amount.strip()
    ]
    if not lines:
        raise InvalidField("receipt_without_items", field="items-0-words")
    if len(lines) > MOST_ITEMS:
        raise InvalidField("receipt_too_many_items", field="items-0-words", most=MOST_ITEMS)
    check, items, total = FieldChecks(), [], Decimal(0)
    for place, words, amount in lines:
        with check:
            said, baht = _line(place, words, amount)
            items.append({"words": said, "amount": str(baht)})
            total += baht
    check.done()
    if total > MOST_BAHT:
        raise InvalidField("receipt_total_too_large", field=f"items-{lines[-1][0]}-amount")
    return items, total


def _line(place: int, words: str, amount: str) -> tuple[str, Decimal]:
    check, name = FieldChecks(), f"items-{place}"
    with check:
        said = clean_text(words, max_length=MAX_WORDS, field=f"{name}-words", multiline=False, required=True)
    with check:
        baht = read_amount(amount, field=f"{name}-amount")
    check.done()
    return said, baht


def _complaint(session: Session, actor: Actor, complaint_id: int | None) -> Complaint | None:
    if complaint_id is None:
        return None
    found = session.scalars(
        scope_complaints(select(Complaint).where(Complaint.id == complaint_id), actor)
    ).one_or_none()
    if found is None:
        raise InvalidField("receipt_case_unknown", field="case")
    return found


def _payer(entry: ReceiptEntry, complaint: Complaint | None) -> int | None:
    """Return the member who paid: who complained, if the cashier says so and he is somebody."""
    member = complaint.member if complaint is not None and entry.by_complainant else None
    return member.id if member is not None and not member.is_shared else None
