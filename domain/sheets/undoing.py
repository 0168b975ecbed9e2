"""A whole import taken back: what it added goes, what it changed is put back; all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Final

from cryptography.fernet import InvalidToken
from sqlalchemy import Date, Numeric, delete, inspect, select, update
from sqlalchemy import null as sql_null
from sqlalchemy.orm import InstrumentedAttribute, Session

from domain import audit
from domain.actor import Actor
from domain.clock import now
from domain.errors import AlreadyDone, DomainError, Words, add_message
from domain.settings import read_setting
from domain.sheets.applying import visible_import
from domain.sheets.books import Book, Judged, portions
from domain.sheets.checking import MOST_NAMED, named_rows
from domain.sheets.kinds import BOOKS
from domain.sheets.packing import unpack
from domain.vault import Vault
from models import (
    AuditAction,
    AuditEntry,
    Base,
    Category,
    ImportMapping,
    NumberSeries,
    SheetImport,
    SheetState,
    StaffUser,
    Subcategory,
    UtcDateTime,
)
from tables.staff import staff_role

GONE: Final = Words("ไม่อยู่ในระบบแล้ว", "is not here any more")
TOUCHED: Final = Words("มีผู้แก้ไขหลังนำเข้า", "was changed since")
USED: Final = Words("มีข้อมูลอื่นใช้อยู่แล้ว", "is in use by now")
FORBIDDEN: Final = Words("กติกาปัจจุบันไม่ให้คืนค่าเดิม", "may not become what it was, by the rules of today")

add_message(
    "sheet_not_taken_in",
    thai="ไฟล์นี้ยังไม่ได้นำเข้า จึงไม่มีอะไรให้ย้อนกลับ",
    english="This file was not taken in, so there is nothing to take back",
)
add_message(
    "sheet_undo_gone",
    thai="ย้อนกลับไม่ได้แล้ว เพราะพ้น {days:,} วันหลังนำเข้า (ตั้งได้ที่ ตั้งค่า › การเก็บข้อมูล)",
    english="It cannot be taken back: more than {days:,} days have passed (see Settings › Retention)",
)
add_message(
    "sheet_undo_refused",
    thai="ย้อนกลับไม่ได้ และไม่ได้เปลี่ยนอะไร เพราะ {reasons}",
    english="It cannot be taken back, and nothing was changed: {reasons}",
)


@dataclass(slots=True)
class _Line:
    """One row that was taken in."""

    number: int
    row_id: int
    mark: str
    before: dict[str, Any] | None
    changes: dict[str, list[Any]]


def undo_sheet(session: Session, actor: Actor, vault: Vault, import_id: int) -> SheetImport:
    """Take an import back; the caller commits.

    Raises:
        NotFound, NotPermitted: it is not there, or not his.
        AlreadyDone: ``sheet_taken_back``.
        DomainError: ``sheet_not_taken_in``, ``sheet_undo_gone``, or ``sheet_undo_refused`` with the rows that
            were changed or are in use, and why.
    """
    kept = visible_import(session, actor, import_id, lock=True)
    if kept.state is SheetState.UNDONE:
        raise AlreadyDone("sheet_taken_back")
    if kept.state is SheetState.CHECKED:
        raise DomainError("sheet_not_taken_in")
    lines = _lines(session, vault, kept.undo)
    kind = BOOKS[kept.kind]
    with session.no_autoflush:
        rows = _rows(session, kind.table, lines)
        keys = [{kind.key: audit.plain(getattr(row, kind.key))} for row in rows.values()]
        book = kind(session, actor, vault, keys, writes=True)
        _refuse(_untrue(session, book, lines, rows))
        judged = _put_back(book, lines, rows)
        session.flush()
    _delete(session, actor, book, [line for line in lines if line.before is None], rows)
    book.settle(judged)
    for one in judged:
        audit.record(session, actor, AuditAction.UPDATE, one.row, changes=one.told)
    kept.state, kept.undone_at = SheetState.UNDONE, now()
    session.flush()
    facts = {"kind": kept.kind.value, "file": kept.file_name, "undone": len(lines)}
    audit.record(session, actor, AuditAction.IMPORT, kept, changes=facts)
    return kept


def drop_old_rows(session: Session) -> int:
    """Forget the rows of files whose days are over, taken in or not; return how many. The caller commits."""
    until = now() - timedelta(days=read_setting(session, "keep_sheets_days"))
    old = (SheetImport.rows.is_not(sql_null()) | SheetImport.undo.is_not(sql_null())) & (
        (SheetImport.applied_at < until)
        | (SheetImport.applied_at.is_(None) & (SheetImport.created_at < until))
    )
    ids = list(session.scalars(select(SheetImport.id).where(old)))
    if ids:
        session.execute(
            update(SheetImport)
            .where(SheetImport.id.in_(ids))
            .values(rows=sql_null(), undo=sql_null())
            .execution_options(synchronize_session=False)
        )
    return len(ids)


def _lines(session: Session, vault: Vault, stored: list[Any] | None) -> list[_Line]:
    """Return what was taken in; gone after its days, or with the key it was sealed by."""
    try:
        if stored is not None:
            return [_Line(*line) for line in unpack(vault, stored)]
    except InvalidToken:
        pass
    raise DomainError("sheet_undo_gone", days=read_setting(session, "keep_sheets_days"))


def _rows(session: Session, table: Any, lines: list[_Line]) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for some in portions([line.row_id for line in lines]):
        wanted = select(table).where(table.id.in_(some)).with_for_update(of=table)
        found.update((row.id, row) for row in session.scalars(wanted))
    return found


def _untrue(
    session: Session, book: Book, lines: list[_Line], rows: Mapping[int, Any]
) -> dict[Words, list[int]]:
    """Return the row numbers that are not what the import left, by reason."""
    used = _used(session, book.table, [line.row_id for line in lines if line.before is None])
    found: dict[Words, list[int]] = {}
    for line in lines:
        row = rows.get(line.row_id)
        reason = _why_not(book, line, row, is_used=line.row_id in used)
        if reason is not None:
            found.setdefault(reason, []).append(line.number)
    return found


def _why_not(book: Book, line: _Line, row: Any, *, is_used: bool) -> Words | None:
    if row is None:
        return GONE
    if book.mark(row) != line.mark:
        return TOUCHED
    roles = line.changes.get("roles")
    if roles is not None and sorted(role.code for role in row.roles) != roles[1]:
        return TOUCHED
    return USED if is_used else None


def _refuse(reasons: Mapping[Words, list[int]]) -> None:
    if not reasons:
        return
    parts = [(named_rows(rows[:MOST_NAMED], len(rows)), why) for why, rows in reasons.items()]
    thai = " · ".join(f"แถว {rows} {why.th}" for rows, why in parts)
    english = " · ".join(f"row {rows} {why.en}" for rows, why in parts)
    raise DomainError("sheet_undo_refused", reasons=Words(thai, english))


def _put_back(book: Book, lines: list[_Line], rows: Mapping[int, Any]) -> list[Judged]:
    """Fill the changed rows with what they were; what the rules refuse stops it all."""
    judged: list[Judged] = []
    refused: list[int] = []
    for line in lines:
        if line.before is None:
            continue
        row = rows[line.row_id]
        now_so = book.snapshot(row)
        try:
            book.put_back(row, _thawed(book.table, line.before), line.changes)
        except DomainError:
            refused.append(line.number)
            continue
        one = book.finish(row, now_so)
        one.told |= {"roles": line.changes["roles"][::-1]} if "roles" in line.changes else {}
        judged.append(one)
    _refuse({FORBIDDEN: refused} if refused else {})
    return judged


def _delete(session: Session, actor: Actor, book: Book, lines: list[_Line], rows: Mapping[int, Any]) -> None:
    table: Any = book.table
    entries = ((AuditAction.DELETE, line.row_id, {"name": [str(rows[line.row_id]), None]}) for line in lines)
    audit.record_many(session, actor, table.__tablename__, entries)
    for some in portions([line.row_id for line in lines]):
        if table is StaffUser:
            session.execute(delete(staff_role).where(staff_role.c.staff_user_id.in_(some)))
        session.execute(delete(table).where(table.id.in_(some)).execution_options(synchronize_session=False))
    for line in lines:
        session.expunge(rows[line.row_id])


def _used(session: Session, table: type[Base], ids: list[int]) -> set[int]:
    """Return which of these rows anything else points at, by id or by code."""
    used: set[int] = set()
    for column in (*_pointers(table), *([AuditEntry.staff_user_id] if table is StaffUser else [])):
        for some in portions(ids):
            used.update(session.scalars(select(column).where(column.in_(some)).distinct()))
    for some in portions(ids):
        used.update(_used_by_code(session, table, some))
    if table is StaffUser:
        for some in portions(ids):
            signed = select(StaffUser.id).where(StaffUser.id.in_(some), StaffUser.password_hash.is_not(None))
            used.update(session.scalars(signed))
    return used


def _pointers(table: type[Base]) -> Iterable[Any]:
    """Return every column that refers to a table's id; a person's roles are part of the person."""
    target = table.__table__.c.id
    return [
        key.parent
        for other in Base.metadata.sorted_tables
        if other is not staff_role
        for key in other.foreign_keys
        if key.column is target
    ]


def _used_by_code(session: Session, table: type[Base], ids: list[int]) -> Iterable[int]:
    """Return the types whose code heads issued numbers, or stands in the import map."""
    codes: dict[type[Base], tuple[Any, InstrumentedAttribute[Any]]] = {
        Category: (Category, NumberSeries.code),
        Subcategory: (Subcategory, ImportMapping.target_code),
    }
    if table not in codes:
        return []
    kind, code = codes[table]
    return session.scalars(select(kind.id).where(kind.id.in_(ids), kind.code.in_(select(code))))


def _thawed(table: type[Base], plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as a row holds them."""
    types = _types(table)
    return {name: _as(types[name], value) for name, value in plain.items()}


@cache
def _types(table: type[Base]) -> dict[str, Any]:
    return {prop.key: prop.columns[0].type for prop in inspect(table).column_attrs}


def _as(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, Numeric):
        return Decimal(value)
    return kind.enum_class(value) if getattr(kind, "enum_class", None) else value
