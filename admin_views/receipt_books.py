"""เล่มใบเสร็จ: opened before the first payment of a year, closed when it is over."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import SQLAlchemyError

from admin_views.base import SecureView, needs
from admin_views.database_errors import explain
from admin_views.fields import LARGEST_INTEGER
from admin_views.guard import language
from admin_views.identity import current_actor, current_lookups
from admin_views.receipt_forms import BookForm
from domain.clock import fiscal_year_of, today
from domain.errors import DomainError, NotFound
from domain.permissions import Permission
from domain.receipt_books import books_within, open_book, switch_book
from extensions import db, write_transaction
from models import ReceiptBook, Scope

USUAL_NUMBERS = 50


class ReceiptBookView(SecureView):
    """Every book within reach, how far it is used, and a form for the next."""

    def __init__(self) -> None:
        super().__init__(name=_l("เล่มใบเสร็จ"), endpoint="receipt_book", url="/admin/receipt-books")

    @expose("/", methods=("GET", "POST"))
    @needs(Permission.RECEIPT_READ)
    def index(self) -> Any:
        """List the books, or open one."""
        form = _form()
        if request.method == "GET":
            return self._page(form)
        if not current_actor().can(Permission.RECEIPT_MANAGE):
            abort(403)
        if not form.validate():
            return self._page(form, 422)
        try:
            with write_transaction() as session:
                open_book(
                    session,
                    current_actor(),
                    department_id=form.department_id.data,
                    fiscal_year=form.fiscal_year.data,
                    book_number=form.book_number.data,
                    first_number=form.first_number.data,
                    last_number=form.last_number.data,
                )
        except DomainError as error:
            form.place_errors(error)
            return self._page(form, 422)
        except SQLAlchemyError as error:
            form.place_errors(explain(error, ReceiptBook.__table__))
            return self._page(form, 422)
        flash(_("เปิดเล่มที่ %(book)s แล้ว", book=form.book_number.data), "success")
        return redirect(url_for(".index"), 303)

    @expose("/<int:book_id>/<any(close, reopen):turn>", methods=("POST",))
    @needs(Permission.RECEIPT_MANAGE)
    def switch(self, book_id: int, turn: str) -> Any:
        """Close a book, or take it into use again."""
        try:
            with write_transaction() as session:
                switch_book(
                    session, current_actor(), min(book_id, LARGEST_INTEGER), is_active=turn == "reopen"
                )
        except NotFound:
            abort(404)
        flash(_("เปิดใช้เล่มนี้อีกครั้งแล้ว") if turn == "reopen" else _("ปิดเล่มแล้ว"), "success")
        return redirect(url_for(".index"), 303)

    def _page(self, form: BookForm, status: int = 200) -> Any:
        page = self.render(
            "admin/receipts/books.html",
            form=form,
            books=books_within(db.session(), current_actor()),
            may_manage=current_actor().can(Permission.RECEIPT_MANAGE),
            present=fiscal_year_of(today()),
        )
        return page, status


def _form() -> BookForm:
    """Return the form with the departments the officer may open books for, and a usual book in its boxes."""
    actor, lookups = current_actor(), current_lookups()
    usual = {"fiscal_year": fiscal_year_of(today()), "first_number": 1, "last_number": USUAL_NUMBERS}
    form = BookForm(data=usual | {"department_id": actor.department_id})
    is_all = actor.scope_of(Permission.RECEIPT_MANAGE) is Scope.ALL
    form.department_id.choices = [("", "–")] + [
        (str(row.id), row.word(language()))
        for row in lookups.departments.values()
        if row.is_active and (is_all or row.id in actor.department_ids)
    ]
    return form


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(ReceiptBookView())
