"""Who changed a screen of settings last, from what to what, as the audit log has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.setting_rules import BY_KEY, Kind, Section, SettingRule, rules_of
from models import AuditEntry

LOOKED_THROUGH: Final = 200
"""Newest entries looked through: what is older is in the audit log itself."""
SHOWN: Final = 8
_PLAIN: Final = frozenset({Kind.TEXT, Kind.PARAGRAPH, Kind.PHONE, Kind.EMAIL, Kind.URL, Kind.COLOUR}) | {
    *(Kind.NUMBER, Kind.CLOCK_TIME, Kind.DEGREES, Kind.NUMBER_PATTERN, Kind.FLAG, Kind.CHOICE)
}


@dataclass(frozen=True, slots=True)
class PastChange:
    """One setting's change; ``old`` and ``new`` are None where a value is too long to read in a line."""

    rule: SettingRule
    at: datetime
    who: str
    old: Any
    new: Any
    is_plain: bool


def past_changes(session: Session, section: Section) -> list[PastChange]:
    """Return the latest changes of a screen's settings, newest first."""
    keys = {rule.key for rule in rules_of(section)}
    entries = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.object_type == "setting")
        .order_by(AuditEntry.id.desc())
        .limit(LOOKED_THROUGH)
    )
    found = [
        _change(key, entry, pair)
        for entry in entries
        for key, pair in entry.changes.items()
        if key in keys and isinstance(pair, list) and len(pair) == 2
    ]
    return found[:SHOWN]


def _change(key: str, entry: AuditEntry, pair: list[Any]) -> PastChange:
    rule = BY_KEY[key]
    is_plain = rule.kind in _PLAIN
    old, new = pair if is_plain else (None, None)
    return PastChange(rule, entry.at, entry.actor_name, old, new, is_plain)
