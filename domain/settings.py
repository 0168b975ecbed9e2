"""The settings a municipality keeps as rows, with what holds where a row is missing.

Settings without a default here (names, colours, the map) are those of the town's own file in ``seed/``; their
readers say what they do without them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from domain.clock import now
from models import Setting

DEFAULTS: dict[str, Any] = {
    "municipality_name": "เทศบาล",
    "municipality_name_en": "Municipality",
    "contact_phone": "",
    "emergency_phones": [],
    "number_pattern": "{code} {running}/{year}",
    "number_year": "calendar",  # or "fiscal" (decisions.md 13)
    "undo_hold_seconds": 30,  # Acts of staff wait in the outbox (decisions.md 6).
    "rating_change_days": 7,
    "reopen_days": 14,
    "export_job_rows": 20_000,
    "session_idle_minutes": 30,
    "session_longest_hours": 12,
    "officer_must_have_line": False,
    "nearby_radius_m": 100,  # Where the subtype has no radius of its own.
}


def read_setting(session: Session, key: str) -> Any:
    """Return a setting's value, or its default.

    Raises:
        KeyError: neither a row nor a default exists.
    """
    row = session.get(Setting, key)
    return DEFAULTS[key] if row is None else row.value


def write_setting(session: Session, key: str, value: Any) -> None:
    """Store a setting's value; the caller commits."""
    row = session.get(Setting, key)
    if row is None:
        session.add(Setting(key=key, value=value, updated_at=now()))
    else:
        row.value = value
        row.updated_at = now()
