"""The settings a municipality keeps as rows, with what holds where a row is missing.

What there is to set: ``domain.setting_rules``. Within one transaction the rows are read once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import event, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session, SessionTransaction

from domain.clock import now
from domain.setting_rules import RULES
from models import Setting

DEFAULTS: Final[dict[str, Any]] = {rule.key: rule.default for rule in RULES if rule.default is not None}
BULKY: Final = frozenset({"outline"})
"""Read alone and only when asked for: polygons must not ride along with each small value."""

_HELD: Final = "settings"


def read_setting(session: Session, key: str) -> Any:
    """Return a setting's value, or its default.

    Raises:
        KeyError: neither a row nor a default exists.
    """
    if key in BULKY:
        row = session.get(Setting, key)
        return DEFAULTS[key] if row is None else row.value
    held: Mapping[str, Any] | None = session.info.get(_HELD)
    if held is None:
        rows = session.execute(select(Setting.key, Setting.value).where(Setting.key.not_in(BULKY)))
        held = session.info[_HELD] = {row.key: row.value for row in rows}
    return held[key] if key in held else DEFAULTS[key]


def hold_settings(session: Session, rows: Mapping[str, Any]) -> None:
    """Let rows that were read a moment ago answer for the rest of the transaction, as if read in it."""
    session.info[_HELD] = rows


def kept_for(session: Session, key: str) -> timedelta:
    """Return how long something is kept, from one of the settings of section ``retention``."""
    return timedelta(days=int(read_setting(session, key)))


def write_setting(session: Session, key: str, value: Any) -> None:
    """Store a setting's value; the caller commits. Of two who write a new row at once the later one holds."""
    row = session.get(Setting, key)
    if row is None:
        make = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
        fresh = make(Setting).values(key=key, value=value, updated_at=now())
        kept = {"value": fresh.excluded.value, "updated_at": fresh.excluded.updated_at}
        session.execute(fresh.on_conflict_do_update(index_elements=["key"], set_=kept))
    else:
        row.value = value
        row.updated_at = now()
    session.info.pop(_HELD, None)


def unset_setting(session: Session, key: str) -> None:
    """Take a setting's row away, so that its default holds; the caller commits."""
    row = session.get(Setting, key)
    if row is not None:
        session.delete(row)
    session.info.pop(_HELD, None)


@event.listens_for(Session, "after_flush")
def _forget_changed(session: Session, _context: object) -> None:
    if any(isinstance(row, Setting) for row in (*session.new, *session.dirty, *session.deleted)):
        session.info.pop(_HELD, None)


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None or transaction.nested:  # A flush ends one of its own inside.
        session.info.pop(_HELD, None)
