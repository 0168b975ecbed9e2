"""Who changed or viewed what: entries written in the transaction of the act, sealed hourly."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from itertools import islice
from typing import Any

from sqlalchemy import Row, insert, inspect, select, text
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from domain.settings import write_setting
from models import AuditAction, AuditEntry, Setting

MASK = "•••"
_AT_A_TIME = 1000
NEWEST_SEAL = "audit_newest_seal"  # Key of the setting that notes it: id and digest.


def record(
    session: Session,
    actor: Actor,
    action: AuditAction,
    row: object | None = None,
    *,
    object_type: str | None = None,
    object_id: str | int | None = None,
    changes: dict[str, Any] | None = None,
    reason: str | None = None,
) -> AuditEntry:
    """Add an entry to the caller's transaction and return it.

    Args:
        session: The caller's session; the caller commits.
        actor: Who acts.
        action: What was done.
        row: A mapped object it was done to, flushed before; or give ``object_type`` and ``object_id``.
        object_type: Table name when there is no row.
        object_id: Primary key when there is no row.
        changes: Facts or column differences; no secrets, no personal data in clear.
        reason: What the person gave as a reason.
    """
    if row is not None:
        object_type, object_id = _name_of(row)
    entry = AuditEntry(
        **_who(actor),
        action=action,
        object_type=object_type or "-",
        object_id=None if object_id is None else str(object_id),
        changes=changes or {},
        reason=reason,
    )
    session.add(entry)
    return entry


def record_many(
    session: Session,
    actor: Actor,
    object_type: str,
    entries: Iterable[tuple[AuditAction, int, dict[str, Any]]],
) -> None:
    """Write entries for thousands of rows of a table in few statements: act, id and changes of each."""
    who = {**_who(actor), "object_type": object_type}
    table: Any = AuditEntry.__table__
    rows = (
        {**who, "action": action, "object_id": str(row_id), "changes": changes}
        for action, row_id, changes in entries
    )
    while portion := list(islice(rows, _AT_A_TIME)):
        session.execute(insert(table), portion)


def _who(actor: Actor) -> dict[str, Any]:
    return {
        "at": now(),
        "actor_kind": actor.kind,
        "staff_user_id": actor.staff_user_id,
        "actor_name": actor.name,
        "ip_address": actor.ip_address,
    }


def column_changes(row: object) -> dict[str, list[Any]]:
    """Return ``{column: [old, new]}`` of a changed object; secrets and personal data are masked."""
    state = inspect(row)
    changes: dict[str, list[Any]] = {}
    unknown: list[str] = []
    for attribute in state.mapper.column_attrs:
        history = state.attrs[attribute.key].history
        if not history.has_changes():
            continue
        if not history.deleted and state.persistent:
            unknown.append(attribute.key)
        old = history.deleted[0] if history.deleted else None
        new = history.added[0] if history.added else None
        changes[attribute.key] = [old, new]
    for key, value in _stored_values(row, unknown).items():
        changes[key][0] = value
    return {key: _readable(state.mapper.columns[key], *pair) for key, pair in changes.items()}


def readable(row: object, changes: dict[str, tuple[Any, Any]]) -> dict[str, list[Any]]:
    """Return known changes of a row as ``{column: [old, new]}``, masked where they are personal."""
    columns = inspect(row).mapper.columns
    return {key: _readable(columns[key], *pair) for key, pair in changes.items()}


def _stored_values(row: object, keys: list[str]) -> dict[str, Any]:
    """Ask the database for values that were overwritten before anybody had read them."""
    state = inspect(row)
    if not keys or state.session is None:
        return {}
    kind = state.mapper.class_
    statement = select(*(getattr(kind, key) for key in keys)).where(
        *(column == value for column, value in zip(state.mapper.primary_key, state.identity, strict=True))
    )
    with state.session.no_autoflush:
        found = state.session.execute(statement).one_or_none()
    return dict(zip(keys, found, strict=True)) if found else {}


def _readable(column: Any, old: Any, new: Any) -> list[Any]:
    if column.info.get("secret") or column.info.get("personal"):
        return [None if value is None else MASK for value in (old, new)]
    return [plain(old), plain(new)]


def _name_of(row: object) -> tuple[str, str | None]:
    """Return the table and the primary key of a row, which is None before its first flush."""
    mapper = inspect(row).mapper
    values = [value for value in mapper.primary_key_from_instance(row) if value is not None]
    return mapper.local_table.name, ",".join(map(str, values)) or None


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value


def seal(session: Session) -> AuditEntry | None:
    """Append a seal over all entries since the last one; None when there are none. Runs hourly.

    Each seal covers the one before it, so that an entry changed or removed before a seal shows. The newest is
    noted among the settings, too, so that the end of the log cannot be cut off, seals and all, unseen; once
    it was, the note stays as it is.
    """
    if session.get_bind().dialect.name == "postgresql":
        # An entry numbered before the seal but committed after it would make the seal look broken.
        session.execute(text("LOCK TABLE audit_entry IN SHARE ROW EXCLUSIVE MODE"))
    last = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.action == AuditAction.SEAL)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).first()
    running, count, first, through = _Digest(last.seal if last else None), 0, 0, 0
    for entry in _entries_after(session, last.id if last else 0):
        running.add(entry)
        count, first, through = count + 1, first or entry.id, entry.id
    if not count:
        return None
    sealing = record(
        session,
        Actor.system("audit-seal"),
        AuditAction.SEAL,
        object_type="audit_entry",
        object_id=through,
        changes={"from_id": first, "through_id": through, "count": count},
    )
    sealing.seal = running.text()
    session.flush()
    if _lost_seal(session) is None:
        write_setting(session, NEWEST_SEAL, [sealing.id, sealing.seal])
    return sealing


def broken_seals(session: Session) -> list[int]:
    """Return the ids of seals that no longer match the entries before them, or are gone from the log's end.

    Reads the whole log.
    """
    broken: list[int] = []
    running = _Digest(None)
    for entry in _entries_after(session, 0):
        if entry.action is not AuditAction.SEAL:
            running.add(entry)
            continue
        if entry.seal != running.text():
            broken.append(entry.id)
        running = _Digest(entry.seal)
    lost = _lost_seal(session)
    return broken if lost is None or lost in broken else [*broken, lost]


def _lost_seal(session: Session) -> int | None:
    """Return the id of the seal that was noted as the newest, if the log does not hold it any more."""
    noted = session.get(Setting, NEWEST_SEAL, populate_existing=True)
    if noted is None:  # Nothing was sealed yet.
        return None
    seal_id, digest = noted.value
    is_there = session.scalar(select(AuditEntry.seal).where(AuditEntry.id == seal_id)) == digest
    return None if is_there else int(seal_id)


def _entries_after(session: Session, entry_id: int) -> Iterator[Row[Any]]:
    """Yield what the database holds, a few thousand rows at a time, past what this session remembers."""
    session.flush()
    yield from session.execute(
        select(AuditEntry.__table__)
        .where(AuditEntry.id > entry_id)
        .order_by(AuditEntry.id)
        .execution_options(yield_per=2000)
    )


class _Digest:
    """A running digest over entries, begun with the digest of the seal before them."""

    def __init__(self, previous: str | None) -> None:
        self._hash = hashlib.sha256((previous or "").encode())

    def add(self, entry: Row[Any]) -> None:
        line = [
            entry.id,
            entry.at.isoformat(),
            entry.actor_kind,
            entry.staff_user_id,
            # A citizen's name may have to be forgotten (PDPA) without breaking the seals.
            None if entry.actor_kind == "member" else entry.actor_name,
            entry.action.value,
            entry.object_type,
            entry.object_id,
            entry.changes,
            entry.reason,
            entry.ip_address,
        ]
        self._hash.update(json.dumps(line, ensure_ascii=False, sort_keys=True).encode())

    def text(self) -> str:
        return self._hash.hexdigest()
