"""What a refusal of the database means to the person; no SQL and no values ever reach the screen."""

from __future__ import annotations

import logging
import re
import secrets
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError

from domain.errors import (
    Busy,
    DomainError,
    DuplicateEntry,
    FieldErrors,
    InvalidField,
    MissingField,
    StaleRow,
    StorageFull,
    add_message,
)

log = logging.getLogger(__name__)

add_message(
    "row_in_use",
    thai="รายการนี้มีข้อมูลอื่นใช้อยู่ จึงลบหรือเปลี่ยนแบบนี้ไม่ได้ หากเลิกใช้แล้วให้ปิดใช้งานแทน",
    english="Other data still use this row, so it cannot be removed; switch it off instead",
)

UNIQUE = {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "23505"}
FOREIGN = {"SQLITE_CONSTRAINT_FOREIGNKEY", "SQLITE_CONSTRAINT_TRIGGER", "23503", "23001"}
EMPTY = {"SQLITE_CONSTRAINT_NOTNULL", "23502"}
CHECK = {"SQLITE_CONSTRAINT_CHECK", "23514"}
HELD_UP = {"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_BUSY_SNAPSHOT", "40001", "40P01", "55P03", "57014"}
FULL = {"SQLITE_FULL", "53100"}

_SQLITE_COLUMNS = re.compile(r"constraint failed: (.+)$")


def refusal_of(error: DomainError | SQLAlchemyError, table: Any) -> DomainError:
    """Return what a refused act says: a rule's own words, or those for a database error of this table."""
    return error if isinstance(error, DomainError) else explain(error, table)


def explain(error: SQLAlchemyError, table: Any) -> DomainError:
    """Return the domain's error for a database error; one not foreseen is logged under a short id.

    Args:
        error: As SQLAlchemy raised it.
        table: The table that was written.
    """
    if isinstance(error, StaleDataError):
        return StaleRow()
    cause = getattr(error, "orig", None)
    code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or ""
    if isinstance(error, IntegrityError):
        known = _broken_rule(code, cause, table)
        if known is not None:
            return known
    if code in HELD_UP:
        return Busy()
    if code in FULL:
        return StorageFull()
    incident = secrets.token_hex(4)
    # The statement's parameters may hold personal data: only the kind of error goes to the log.
    facts = {"incident": incident, "kind": type(error).__name__, "database_code": code}
    log.error("database error while saving", extra=facts)
    return DomainError("unknown", code=incident)


def _broken_rule(code: str, cause: Any, table: Any) -> DomainError | None:
    if code in UNIQUE:
        errors = [InvalidField("duplicate_entry", field=name) for name in _columns(cause, table)]
        return FieldErrors(errors) if errors else DuplicateEntry()
    if code in EMPTY:
        names = _columns(cause, table)
        return MissingField(field=names[0] if names else None)
    if code in FOREIGN:
        return DomainError("row_in_use")
    return InvalidField() if code in CHECK else None


def _columns(cause: Any, table: Any) -> list[str]:
    """Return the names of the columns a constraint is about."""
    report = getattr(cause, "diag", None)
    if report is None:
        found = _SQLITE_COLUMNS.search(str(cause))
        return [name.rpartition(".")[2].strip() for name in found[1].split(",")] if found else []
    if report.column_name:
        return [report.column_name]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint) and constraint.name == report.constraint_name:
            return [column.name for column in constraint.columns]
    return []
