"""ใบเสร็จรับเงิน: what came in day by day, issuing with a last look, one receipt with its paper (001-09)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import SQLAlchemyError

from admin_views.base import SecureView, needs
from admin_views.database_errors import refusal_of
from admin_views.export import MIME_TYPES, Table, asked_reason, send_table
from admin_views.guard import language
from admin_views.identity import current_actor
from admin_views.menu import register_menu_item
from admin_views.photo_intake import form_token
from admin_views.receipt_forms import (
    FIRST_ITEMS,
    MORE_ITEMS,
    CancelForm,
    DaysForm,
    ReceiptForm,
    book_words,
    case_named,
)
from admin_views.receipt_papers import open_receipt_paper
from domain.clock import today
from domain.errors import DomainError, InvalidField, NotFound
from domain.labels import word
from domain.money import baht_words, format_amount
from domain.permissions import Permission
from domain.receipt_books import books_within, usable_books
from domain.receipt_lists import MOST_LISTED, Takings, receipt_within, takings
from domain.receipts import cancel_receipt, check_receipt, issue_receipt, receipt_of_form
from domain.sight import sees_person
from domain.thai_dates import thai_date
from extensions import db, write_transaction
from models import PaymentWay, Receipt
from reports.cells import Cell

TITLE = "รายการรับเงิน"
COLUMNS = (
    *("วันที่รับเงิน", "หน่วยงาน", "เล่มที่", "เลขที่", "ได้รับเงินจาก", "รายการ", "ชำระโดย", "จำนวนเงิน (บาท)"),
    *("ยกเลิก (บาท)", "ผู้รับเงิน", "หมายเหตุ"),
)


class ReceiptView(SecureView):
    """Money taken in. Nothing here changes a receipt: it is issued, looked at, cancelled."""

    def __init__(self) -> None:
        super().__init__(name=_l("ใบเสร็จรับเงิน"), endpoint="money_receipt", url="/admin/receipts")

    @expose("/")
    @needs(Permission.RECEIPT_READ)
    def index(self) -> str:
        """List the receipts of some days, with what they come to."""
        form, found = self._asked()
        return self.render(
            "admin/receipts/list.html",
            form=form,
            found=found,
            days=form.days(today()),
            most=MOST_LISTED,
            ways=[(word(way, language()), found.totals[way]) for way in PaymentWay],
            money=format_amount,
        )

    @expose("/export/<export_type>", methods=("POST",))
    @needs(Permission.RECEIPT_READ)
    def export(self, export_type: str) -> Any:
        """Send the list as a file; it names people, so it asks why."""
        if export_type not in MIME_TYPES:
            abort(404)
        form, found = self._asked()
        here = f"{url_for('.index')}?{request.query_string.decode()}"
        try:
            reason = asked_reason()
        except InvalidField as error:
            flash(f"{_('การส่งออกต้องบอกเหตุผล')}: {error.message_in(language())}", "error")
            return redirect(here, 303)
        if found.is_cut:
            flash(_("รายการเกิน %(most)s ใบ กรุณาเลือกช่วงวันให้สั้นลง", most=f"{MOST_LISTED:,}"), "error")
            return redirect(here, 303)
        first, last = form.days(today())
        table = Table(
            title=TITLE,
            object_type="receipt",
            columns=COLUMNS,
            rows=_file_rows(found),
            filters=[("วันที่", f"{thai_date(first)} – {thai_date(last)}")],
            reason=reason,
            reveals=True,
        )
        return send_table(table, export_type)

    @expose("/new", methods=("GET", "POST"))
    @needs(Permission.RECEIPT_ISSUE)
    def new(self) -> Any:
        """Take down a payment; a last look comes before the number is taken."""
        form = self._new_form()
        if request.method == "GET":
            return self._form_page(form)
        earlier = receipt_of_form(db.session(), form.form_token.data or "")
        if earlier is not None:
            return redirect(url_for(".show", public_id=earlier.public_id), 303)
        if "more" in request.form:
            form.add_lines(MORE_ITEMS)
            return self._form_page(form)
        if "back" in request.form:
            return self._form_page(form)
        if not form.validate():
            return self._form_page(form, 422)
        return self._issue(form) if "issue" in request.form else self._last_look(form)

    @expose("/<public_id>")
    @needs(Permission.RECEIPT_READ)
    def show(self, public_id: str) -> Any:
        """Show one receipt."""
        return self._receipt_page(_receipt(public_id))

    @expose("/<public_id>/paper")
    @needs(Permission.RECEIPT_READ)
    def paper(self, public_id: str) -> Any:
        """Open the receipt as PDF, as it stands now."""
        receipt = _receipt(public_id)
        try:
            return open_receipt_paper(receipt)
        except DomainError as error:
            flash(error.message_in(language()), "error")
            return redirect(url_for(".show", public_id=public_id))

    @expose("/<public_id>/cancel", methods=("POST",))
    @needs(Permission.RECEIPT_CANCEL)
    def cancel(self, public_id: str) -> Any:
        """Cancel a receipt, with a reason."""
        receipt, form = _receipt(public_id), CancelForm()
        if not form.validate():
            return self._receipt_page(receipt, form, 422)
        try:
            with write_transaction() as session:
                cancel_receipt(session, current_actor(), public_id, form.reason.data)
        except (DomainError, SQLAlchemyError) as error:
            form.place_errors(refusal_of(error, Receipt.__table__))
            return self._receipt_page(_receipt(public_id), form, 422)
        flash(_("ยกเลิกใบเสร็จแล้ว เลขที่นี้ไม่นำกลับมาใช้อีก"), "success")
        return redirect(url_for(".show", public_id=public_id), 303)

    def _asked(self) -> tuple[DaysForm, Takings]:
        form = DaysForm(formdata=request.args)
        session, actor = db.session(), current_actor()
        form.book.choices = [("", _("ทุกเล่ม"))] + [
            (str(book.id), book_words(book)) for book in books_within(session, actor)
        ]
        form.validate()
        first, last = form.first.data, form.last.data = form.days(today())
        return form, takings(session, actor, first, last, book_id=form.book.data)

    def _new_form(self) -> ReceiptForm:
        session, actor = db.session(), current_actor()
        form = ReceiptForm()
        form.form_token.data = form_token(form.form_token.data)
        form.offer(usable_books(session, actor))
        if request.method == "GET":
            form.paid_on.data = today()
            self._fill_from_case(form)
            form.add_lines(FIRST_ITEMS)
        return form

    def _fill_from_case(self, form: ReceiptForm) -> None:
        """Take over number and name of the case the form was opened from, as far as he may see them."""
        session, actor = db.session(), current_actor()
        typed = request.args.get("case", "")[:40]
        case = case_named(session, actor, typed) if typed else None
        if case is None:
            return
        form.case.data = str(case)
        if case.member is not None and not case.member.is_shared and sees_person(actor, case):
            form.payer_name.data, form.by_complainant.data = case.member.full_name, True

    def _last_look(self, form: ReceiptForm) -> Any:
        session, actor = db.session(), current_actor()
        try:
            checked = check_receipt(session, actor, form.entry(session, actor))
        except DomainError as error:
            form.place_errors(error)
            return self._form_page(form, 422)
        return self.render(
            "admin/receipts/check.html",
            form=form,
            checked=checked,
            way=word(form.paid_by.data or PaymentWay.CASH, language()),
            **_sums(checked.items, checked.total),
        )

    def _issue(self, form: ReceiptForm) -> Any:
        actor = current_actor()
        try:
            with write_transaction() as session:
                receipt = issue_receipt(session, actor, form.entry(session, actor))
                public_id, number = receipt.public_id, str(receipt)
        except (DomainError, SQLAlchemyError) as error:
            form.place_errors(refusal_of(error, Receipt.__table__))
            return self._form_page(form, 422)
        flash(_("ออกใบเสร็จเล่มที่ %(number)s แล้ว", number=number), "success")
        return redirect(url_for(".show", public_id=public_id), 303)

    def _form_page(self, form: ReceiptForm, status: int = 200) -> Any:
        if not form.items.entries:
            form.add_lines(FIRST_ITEMS)
        return self.render("admin/receipts/new.html", form=form, has_books=bool(form.book_id.choices)), status

    def _receipt_page(self, receipt: Receipt, form: CancelForm | None = None, status: int = 200) -> Any:
        page = self.render(
            "admin/receipts/show.html",
            receipt=receipt,
            cancel=form or CancelForm(formdata=None),
            way=word(receipt.paid_by, language()),
            **_sums(receipt.items, receipt.total),
        )
        return page, status


def _receipt(public_id: str) -> Receipt:
    try:
        return receipt_within(db.session(), current_actor(), public_id)
    except NotFound:
        abort(404)


def _sums(items: Sequence[Mapping[str, str]], total: Decimal) -> dict[str, Any]:
    """Return the lines of a receipt with its total, in figures and in words."""
    return {
        "lines": [(item["words"], format_amount(Decimal(item["amount"]))) for item in items],
        "total": format_amount(total),
        "words": baht_words(total),
    }


def _file_rows(found: Takings) -> Iterator[Sequence[Cell]]:
    """Yield the receipts and, below them, the sums by way of payment."""
    for row in found.receipts:
        is_cancelled = row.cancelled_at is not None
        yield [
            row.paid_on,
            row.book.department.name,
            row.book.book_number,
            row.number,
            row.payer_name,
            " · ".join(item["words"] for item in row.items),
            word(row.paid_by, language()),
            None if is_cancelled else row.total,
            row.total if is_cancelled else None,
            row.issued_by.full_name,
            f"ยกเลิก: {row.cancel_reason}" if is_cancelled else row.note,
        ]
    sums = [(word(way, language()), total) for way, total in found.totals.items()]
    for words, total in [*sums, ("รวมทั้งสิ้น", found.total)]:
        yield [*[None] * 6, words, total, *[None] * 3]


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(ReceiptView())


register_menu_item("work", "money_receipt.index", _l("ใบเสร็จรับเงิน"), "receipt", Permission.RECEIPT_READ, 65)
