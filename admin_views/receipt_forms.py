"""The forms of money taken in: a receipt with its lines, a book, the days of a list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from wtforms import BooleanField, FieldList, Form, FormField, HiddenField, StringField

from admin_views.complaint_forms import EnumRadio, RowField, StepForm
from admin_views.fields import CleanTextField, ThaiDateField, WholeNumberField
from admin_views.guard import language
from domain.actor import Actor
from domain.errors import DomainError, FieldErrors, InvalidField
from domain.permissions import scope_complaints
from domain.receipt_books import LAST_NUMBER, MAX_BOOK
from domain.receipts import MAX_ADDRESS, MAX_NOTE, MAX_PAYER, MAX_REASON, MOST_ITEMS, ReceiptEntry
from domain.thai_text import to_arabic_digits
from models import Complaint, PaymentWay, ReceiptBook

FIRST_ITEMS = 3
MORE_ITEMS = 5
_ITEM = re.compile(r"items-(\d{1,2})-(words|amount)", re.ASCII)


class ItemForm(Form):
    """One line of a receipt; the rules read it."""

    words = StringField(_l("รายการ"), render_kw={"maxlength": 200, "autocomplete": "off"})
    amount = StringField(
        _l("จำนวนเงิน (บาท)"), render_kw={"inputmode": "decimal", "autocomplete": "off", "maxlength": 20}
    )


class ReceiptForm(StepForm):
    """ออกใบเสร็จ: which book, who pays, what for, how."""

    form_token = HiddenField()
    book_id = RowField(_l("เล่มใบเสร็จ"), required="choice_required")
    paid_on = ThaiDateField(_l("วันที่รับเงิน"), required=True)
    payer_name = CleanTextField(
        _l("ได้รับเงินจาก"), max_length=MAX_PAYER, required=True, render_kw={"autocomplete": "off"}
    )
    payer_address = CleanTextField(_l("ที่อยู่"), max_length=MAX_ADDRESS, render_kw={"autocomplete": "off"})
    items = FieldList(FormField(ItemForm), label=_l("รายการ"), max_entries=MOST_ITEMS)
    paid_by = EnumRadio(_l("ชำระโดย"), members=PaymentWay, default=PaymentWay.CASH)
    note = CleanTextField(
        _l("หมายเหตุ"),
        max_length=MAX_NOTE,
        description=_l("เช่น เลขที่เช็ค หรือเวลาโอน"),
        render_kw={"autocomplete": "off"},
    )
    case = CleanTextField(
        _l("คำร้องที่เกี่ยวข้อง"),
        max_length=40,
        description=_l("เลขที่คำร้องหรือรหัสติดตาม ถ้าเงินนี้เกี่ยวกับคำร้อง"),
        render_kw={"autocomplete": "off", "class": "short"},
    )
    by_complainant = BooleanField(_l("ผู้จ่ายเงินเป็นผู้ร้องของเรื่องนี้"))

    def offer(self, books: Sequence[ReceiptBook]) -> None:
        """Fill the drop-down of books; the only one there is needs no choosing."""
        self.book_id.choices = [(str(book.id), book_words(book)) for book in books]
        if len(books) > 1:
            self.book_id.choices.insert(0, ("", "–"))

    def add_lines(self, count: int) -> None:
        """Show so many more empty lines, up to what a receipt holds."""
        for _time in range(min(count, MOST_ITEMS - len(self.items.entries))):
            self.items.append_entry()

    def entry(self, session: Session, actor: Actor) -> ReceiptEntry:
        """Return what was written down.

        Raises:
            InvalidField: the case it names is not within reach.
        """
        return ReceiptEntry(
            form_token=self.form_token.data or "",
            book_id=self.book_id.data,
            paid_on=self.paid_on.data,
            payer_name=self.payer_name.data,
            payer_address=self.payer_address.data,
            items=[(line.words.data or "", line.amount.data or "") for line in self.items],
            paid_by=self.paid_by.data or PaymentWay.CASH,
            note=self.note.data,
            complaint_id=_case_id(session, actor, self.case.data or ""),
            by_complainant=bool(self.by_complainant.data),
        )

    def place_errors(self, error: DomainError) -> None:
        """Put a rule's words beside their boxes, those of the lines too."""
        for part in error.errors if isinstance(error, FieldErrors) else (error,):
            line = _ITEM.fullmatch(part.field or "")
            if line is None or int(line[1]) >= len(self.items.entries):
                super().place_errors(part)
                continue
            place, name = int(line[1]), line[2]
            said = _("รายการที่ %(number)s", number=place + 1)
            box = self.items.entries[place][name]
            box.errors = [*box.errors, f"{said}: {part.message_in(language())}"]


class BookForm(StepForm):
    """เปิดเล่มใบเสร็จ."""

    department_id = RowField(_l("หน่วยงาน"), required="choice_required")
    fiscal_year = WholeNumberField(_l("ปีงบประมาณ"), required=True, low=2400, high=2699)
    book_number = CleanTextField(
        _l("เล่มที่"), max_length=MAX_BOOK, required=True, render_kw={"autocomplete": "off", "class": "short"}
    )
    first_number = WholeNumberField(_l("ตั้งแต่เลขที่"), required=True, low=1, high=LAST_NUMBER)
    last_number = WholeNumberField(_l("ถึงเลขที่"), required=True, low=1, high=LAST_NUMBER)


class DaysForm(StepForm):
    """Which days of which book are listed; read from the address."""

    first = ThaiDateField(_l("ตั้งแต่วันที่"))
    last = ThaiDateField(_l("ถึงวันที่"))
    book = RowField(_l("เล่มใบเสร็จ"))

    def days(self, present: date) -> tuple[date, date]:
        """Return the first and the last day; today where nothing readable was asked for."""
        first = self.first.data or self.last.data or present
        last = self.last.data or first
        return min(first, last), max(first, last)


class CancelForm(StepForm):
    """Why a receipt is cancelled."""

    reason = CleanTextField(
        _l("เหตุผลที่ยกเลิก"), max_length=MAX_REASON, required=True, render_kw={"autocomplete": "off"}
    )


def book_words(book: ReceiptBook) -> str:
    """Return a book as a drop-down says it."""
    return _(
        "เล่มที่ %(book)s ปี %(year)s · %(department)s · เลขที่ถัดไป %(next)s",
        book=book.book_number,
        year=book.fiscal_year,
        department=book.department.short_name or book.department.name,
        next=book.next_number,
    )


def case_named(session: Session, actor: Actor, typed: str) -> Complaint | None:
    """Return the case of "อส. 56/2569", "อส.56/2569" or a tracking code, if it is within reach."""
    wanted = to_arabic_digits(typed).strip()
    spaced = wanted.replace(".", ". ").replace("  ", " ")
    named = or_(Complaint.number.in_({wanted, spaced}), Complaint.public_code == wanted)
    return session.scalars(scope_complaints(select(Complaint).where(named), actor)).first()


def _case_id(session: Session, actor: Actor, typed: str) -> int | None:
    if not typed.strip():
        return None
    found = case_named(session, actor, typed)
    if found is None:
        raise InvalidField("receipt_case_unknown", field="case")
    return found.id
