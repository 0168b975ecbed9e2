"""Who changed or viewed what: entries written in the transaction of the act, sealed hourly."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from models import AuditAction, AuditEntry

MASK = "•••"


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
        row: A mapped object it was done to; or give ``object_type`` and ``object_id``.
        object_type: Table name when there is no row.
        object_id: Primary key when there is no row.
        changes: Facts or column differences; no secrets, no personal data in clear.
        reason: What the person gave as a reason.
    """
    if row is not None:
        object_type = inspect(row).mapper.local_table.name
        object_id = getattr(row, "id", None) or getattr(row, "key", None)
    entry = AuditEntry(
        at=now(),
        actor_kind=actor.kind,
        staff_user_id=actor.staff_user_id,
        actor_name=actor.name,
        action=action,
        object_type=object_type or "-",
        object_id=None if object_id is None else str(object_id),
        changes=changes or {},
        reason=reason,
        ip_address=actor.ip_address,
    )
    session.add(entry)
    return entry


def column_changes(row: object) -> dict[str, list[Any]]:
    """Return ``{column: [old, new]}`` of a changed object; secrets and personal data are masked."""
    state = inspect(row)
    changes: dict[str, list[Any]] = {}
    for attribute in state.mapper.column_attrs:
        history = state.attrs[attribute.key].history
        if not history.has_changes():
            continue
        info = attribute.columns[0].info
        old = history.deleted[0] if history.deleted else None
        new = history.added[0] if history.added else None
        if info.get("secret") or info.get("personal"):
            old, new = (None if value is None else MASK for value in (old, new))
        changes[attribute.key] = [plain(old), plain(new)]
    return changes


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
    """Append a seal over all entries since the last one; None when there are none.

    Each seal covers the one before it, so that removing or changing any entry shows. Runs hourly.
    """
    last = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.action == AuditAction.SEAL)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).first()
    since = last.id if last else 0
    entries = session.scalars(select(AuditEntry).where(AuditEntry.id > since).order_by(AuditEntry.id)).all()
    if not entries:
        return None
    digest = _digest(last.seal if last else "", entries)
    sealing = record(
        session,
        Actor.system("audit-seal"),
        AuditAction.SEAL,
        object_type="audit_entry",
        object_id=entries[-1].id,
        changes={"from_id": entries[0].id, "through_id": entries[-1].id, "count": len(entries)},
    )
    sealing.seal = digest
    return sealing


def broken_seals(session: Session) -> list[int]:
    """Return the ids of seals that no longer match the entries before them."""
    broken: list[int] = []
    previous, pending = "", []
    for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id)):
        if entry.action is not AuditAction.SEAL:
            pending.append(entry)
            continue
        if entry.seal != _digest(previous, pending):
            broken.append(entry.id)
        previous, pending = entry.seal or "", []
    return broken


def _digest(previous: str | None, entries: Any) -> str:
    running = hashlib.sha256((previous or "").encode())
    for entry in entries:
        line = [
            entry.id,
            entry.at.isoformat(),
            entry.actor_kind,
            entry.staff_user_id,
            entry.action.value,
            entry.object_type,
            entry.object_id,
            entry.changes,
            entry.reason,
        ]
        running.update(json.dumps(line, ensure_ascii=False, sort_keys=True).encode())
    return running.hexdigest()
