"""What a complaint's columns held when an act began: for the audit, and for undo."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import inspect
from sqlalchemy.orm import Mapper

from models import Complaint

# Counters and derived texts: they follow from the rest and never go back.
NEVER_RESTORED = frozenset({"id", "version", "state_seq", "search_text"})
NUMBER_COLUMNS = frozenset({"number", "number_code", "number_year", "number_running"})

_held: WeakKeyDictionary[Complaint, dict[str, Any]] = WeakKeyDictionary()


def remember(complaint: Complaint) -> None:
    """Keep the values of a complaint that was just read under its lock."""
    _held[complaint] = _values(complaint)


def changes_since(complaint: Complaint) -> dict[str, tuple[Any, Any]]:
    """Return ``{column: (then, now)}`` since ``remember``; empty when nothing was remembered."""
    then = _held.get(complaint, {})
    present = _values(complaint) if then else {}
    return {key: (value, present[key]) for key, value in then.items() if value != present[key]}


def stored_form(changes: dict[str, tuple[Any, Any]]) -> dict[str, Any]:
    """Return the values of then as JSON can hold them; numbers stay with the case (workflow.md)."""
    kept = changes.keys() - NEVER_RESTORED - NUMBER_COLUMNS
    return {key: _plain(changes[key][0]) for key in sorted(kept)}


def restore(complaint: Complaint, stored: dict[str, Any]) -> None:
    """Put stored values back, each as its column wants it; status is left to ``moves.move``."""
    columns = _mapper().columns
    for key, value in stored.items():
        if key != "status" and key in columns:
            setattr(complaint, key, _typed(columns[key].type.python_type, value))


def _values(complaint: Complaint) -> dict[str, Any]:
    return {attribute.key: getattr(complaint, attribute.key) for attribute in _mapper().column_attrs}


def _mapper() -> Mapper[Complaint]:
    return inspect(Complaint)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _typed(kind: type[Any], value: Any) -> Any:
    if value is None or isinstance(value, kind):
        return value
    return datetime.fromisoformat(value) if kind is datetime else kind(value)
