"""What can come in from Excel, each kind with its book."""

from __future__ import annotations

from typing import Final

from domain.actor import Actor
from domain.permissions import Permission
from domain.sheets import refusals  # noqa: F401 - the words of what is wrong with a whole file
from domain.sheets.books import Book
from domain.sheets.catalogue import CategoryBook, CommunityBook, HolidayBook, RoadBook, SubcategoryBook
from domain.sheets.members import MemberBook
from domain.sheets.staff import StaffBook
from models import SheetKind

BOOKS: Final[dict[SheetKind, type[Book]]] = {
    book.kind: book
    for book in (
        MemberBook,
        StaffBook,
        CategoryBook,
        SubcategoryBook,
        CommunityBook,
        HolidayBook,
        RoadBook,
    )
}


def may_import(actor: Actor, kind: SheetKind) -> bool:
    """Tell whether the actor may bring in rows of a kind: only what he may also change by hand."""
    return actor.can(Permission.SHEET_IMPORT) and all(actor.can(right) for right in BOOKS[kind].rights)
