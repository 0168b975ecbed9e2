"""เล่มใบเสร็จ: opened for a department and a fiscal year, used up number by number, closed.

How far a right over receipts reaches goes by the department of the book.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import Select, false, select
from sqlalchemy.orm import Session, joinedload

from domain import audit
from domain.actor import Actor
from domain.clock import fiscal_year_of, today
from domain.errors import (
    DuplicateEntry,
    FieldChecks,
    InvalidField,
    NotFound,
    NotPermitted,
    add_message,
)
from domain.permissions import Permission, require
from domain.thai_text import clean_text
from models import AuditAction, Department, Receipt, ReceiptBook, Scope

LAST_NUMBER: Final = 999_999
MOST_NUMBERS: Final = 10_000
MAX_BOOK: Final = 20

Narrowed = TypeVar("Narrowed", bound=Select[*tuple[Any, ...]])

add_message(
    "receipt_book_exists",
    thai="หน่วยงานนี้มีเล่มที่นี้ในปีงบประมาณนี้แล้ว",
    english="The department has a book of this number in this fiscal year already",
)
add_message(
    "receipt_book_range",
    thai="เลขที่สุดท้ายต้องไม่น้อยกว่าเลขที่แรก และเล่มหนึ่งมีได้ไม่เกิน {most} เลขที่",
    english="The last number must not lie before the first, and a book holds at most {most} numbers",
)
add_message(
    "receipt_book_year",
    thai="เปิดเล่มได้เฉพาะปีงบประมาณ {earliest} ถึง {latest}",
    english="Books can be opened for the fiscal years {earliest} to {latest}",
)
add_message(
    "receipt_book_gone",
    thai="ไม่พบเล่มใบเสร็จนี้",
    english="This receipt book is not there",
)


def scope_books(statement: Narrowed, actor: Actor, permission: Permission) -> Narrowed:
    """Narrow a select over ``ReceiptBook`` to the departments the right reaches; the only way to scope."""
    scope = actor.scope_of(permission)
    if scope is Scope.ALL:
        return statement
    if scope is not Scope.DEPARTMENT:
        return statement.where(false())
    return statement.where(ReceiptBook.department_id.in_(sorted(actor.department_ids)))


def scope_receipts(statement: Narrowed, actor: Actor, permission: Permission) -> Narrowed:
    """Narrow a select over ``Receipt`` to the books the right reaches."""
    if actor.scope_of(permission) is Scope.ALL:
        return statement
    return statement.where(Receipt.book_id.in_(scope_books(select(ReceiptBook.id), actor, permission)))


def open_book(
    session: Session,
    actor: Actor,
    *,
    department_id: int | None,
    fiscal_year: int | None,
    book_number: str | None,
    first_number: int | None,
    last_number: int | None,
) -> ReceiptBook:
    """Open a book; its numbers are given out from the first on.

    Args:
        session: Inside a write transaction; the caller commits.
        actor: Staff with ``receipt:manage`` over the department.
        department_id: Whose book.
        fiscal_year: Buddhist; this one or its neighbours.
        book_number: As printed on the book's cover.
        first_number: Of the first receipt in it.
        last_number: Of the last one.

    Raises:
        NotPermitted: the actor may not open books.
        FieldErrors: what cannot be taken.
        DuplicateEntry: ``receipt_book_exists``.
    """
    require(actor, Permission.RECEIPT_MANAGE)
    check = FieldChecks()
    with check:
        department = _department(session, actor, department_id)
    with check:
        year = _year(fiscal_year)
    with check:
        name = clean_text(
            book_number, max_length=MAX_BOOK, field="book_number", multiline=False, required=True
        )
    with check:
        first, last = _numbers(first_number, last_number)
    check.done()
    same = select(ReceiptBook.id).where(
        ReceiptBook.department_id == department.id,
        ReceiptBook.fiscal_year == year,
        ReceiptBook.book_number == name,
    )
    if session.scalar(same) is not None:
        raise DuplicateEntry("receipt_book_exists", field="book_number")
    book = ReceiptBook(
        department=department,
        fiscal_year=year,
        book_number=name,
        first_number=first,
        last_number=last,
        next_number=first,
        is_active=True,
    )
    session.add(book)
    session.flush()
    facts = {"department_id": department.id, "book_number": name, "fiscal_year": year}
    numbers = {"first_number": first, "last_number": last}
    audit.record(session, actor, AuditAction.CREATE, book, changes=facts | numbers)
    return book


def switch_book(session: Session, actor: Actor, book_id: int, *, is_active: bool) -> ReceiptBook:
    """Close a book, so that it gives no further number, or take one closed by mistake into use again.

    Raises:
        NotPermitted: the actor may not.
        NotFound: ``receipt_book_gone``, also where it lies beyond his department.
    """
    require(actor, Permission.RECEIPT_MANAGE)
    book = book_within(session, actor, Permission.RECEIPT_MANAGE, book_id, lock=True)
    if book.is_active is not is_active:
        book.is_active = is_active
        audit.record(session, actor, AuditAction.UPDATE, book, changes=audit.column_changes(book))
    return book


def books_within(session: Session, actor: Actor) -> Sequence[ReceiptBook]:
    """Return the books the actor may see, the newest year first."""
    statement = select(ReceiptBook).options(joinedload(ReceiptBook.department))
    ordered = scope_books(statement, actor, Permission.RECEIPT_READ).order_by(
        ReceiptBook.fiscal_year.desc(), ReceiptBook.is_active.desc(), ReceiptBook.id.desc()
    )
    return session.scalars(ordered).all()


def usable_books(session: Session, actor: Actor) -> Sequence[ReceiptBook]:
    """Return the books of this fiscal year the actor may take the next number from."""
    statement = scope_books(select(ReceiptBook), actor, Permission.RECEIPT_ISSUE).where(
        ReceiptBook.is_active,
        ReceiptBook.fiscal_year == fiscal_year_of(today()),
        ReceiptBook.next_number <= ReceiptBook.last_number,
    )
    return session.scalars(
        statement.options(joinedload(ReceiptBook.department)).order_by(
            ReceiptBook.department_id, ReceiptBook.book_number, ReceiptBook.id
        )
    ).all()


def book_within(
    session: Session, actor: Actor, permission: Permission, book_id: int | None, *, lock: bool = False
) -> ReceiptBook:
    """Return a book within the right's reach; locked, nobody else takes a number of it until the commit.

    Raises:
        NotFound: ``receipt_book_gone``.
    """
    statement = scope_books(select(ReceiptBook), actor, permission).where(ReceiptBook.id == book_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    book = session.scalars(statement).one_or_none()
    if book is None:
        raise NotFound("receipt_book_gone")
    return book


def _department(session: Session, actor: Actor, department_id: int | None) -> Department:
    department = session.get(Department, department_id) if department_id is not None else None
    if department is None or not department.is_active:
        raise InvalidField("choice_unknown", field="department_id")
    reach = actor.scope_of(Permission.RECEIPT_MANAGE)
    if reach is not Scope.ALL and (reach is Scope.OWN or department.id not in actor.department_ids):
        raise NotPermitted("not_permitted")
    return department


def _year(fiscal_year: int | None) -> int:
    """Take the present fiscal year and the ones beside it: next year's books are opened beforehand."""
    present = fiscal_year_of(today())
    if fiscal_year is None or abs(fiscal_year - present) > 1:
        raise InvalidField(
            "receipt_book_year", field="fiscal_year", earliest=str(present - 1), latest=str(present + 1)
        )
    return fiscal_year


def _numbers(first: int | None, last: int | None) -> tuple[int, int]:
    if first is None or not 1 <= first <= LAST_NUMBER:
        raise InvalidField("number_out_of_range", field="first_number", min=1, max=LAST_NUMBER)
    if last is None or not first <= last <= min(LAST_NUMBER, first + MOST_NUMBERS - 1):
        raise InvalidField("receipt_book_range", field="last_number", most=f"{MOST_NUMBERS:,}")
    return first, last
