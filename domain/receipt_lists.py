"""Receipts to look at: one by one, and what came in day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from domain.actor import Actor
from domain.errors import NotFound
from domain.permissions import Permission
from domain.receipt_books import scope_receipts
from models import PaymentWay, Receipt, ReceiptBook

MOST_LISTED: Final = 2_000


def receipt_within(session: Session, actor: Actor, public_id: str) -> Receipt:
    """Return a receipt the actor may see, with what its page and its paper show.

    Raises:
        NotFound: ``receipt_gone``.
    """
    statement = scope_receipts(select(Receipt), actor, Permission.RECEIPT_READ)
    receipt = session.scalars(statement.where(Receipt.public_id == public_id[:32])).one_or_none()
    if receipt is None:
        raise NotFound("receipt_gone")
    return receipt


@dataclass(frozen=True, slots=True)
class Takings:
    """Receipts of some days and what they come to; cancelled ones are listed and not added.

    Attributes:
        receipts: In the order of their books and numbers.
        totals: Baht by way of payment.
        cancelled: How many of them are cancelled.
        is_cut: More were found than are listed, so that the totals do not hold.
    """

    receipts: Sequence[Receipt]
    totals: dict[PaymentWay, Decimal]
    cancelled: int
    is_cut: bool

    @property
    def total(self) -> Decimal:
        """Return what came in."""
        return sum(self.totals.values(), Decimal(0))


def takings(
    session: Session, actor: Actor, first: date, last: date, *, book_id: int | None = None
) -> Takings:
    """Return the receipts of the days from ``first`` to ``last`` within the actor's reach, with totals."""
    wanted: list[ColumnElement[bool]] = [Receipt.paid_on.between(first, last)]
    if book_id is not None:
        wanted.append(Receipt.book_id == book_id)
    statement = scope_receipts(select(Receipt), actor, Permission.RECEIPT_READ).where(*wanted)
    loaded = statement.options(
        joinedload(Receipt.book).joinedload(ReceiptBook.department), joinedload(Receipt.issued_by)
    )
    ordered = loaded.order_by(Receipt.paid_on, Receipt.book_id, Receipt.number).limit(MOST_LISTED + 1)
    found = session.scalars(ordered).all()
    shown = found[:MOST_LISTED]
    totals = {
        way: sum((row.total for row in shown if row.paid_by is way and row.cancelled_at is None), Decimal(0))
        for way in PaymentWay
    }
    cancelled = sum(1 for row in shown if row.cancelled_at is not None)
    return Takings(shown, totals, cancelled, len(found) > MOST_LISTED)
