"""What a correction changed: each field by its Thai label, as it read before and after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from admin_views.guard import language
from admin_views.identity import current_lookups
from domain.labels import WORDS, word
from domain.phones import mask_phone
from domain.thai_calendar import thai_datetime
from models import Channel, Complaint, ComplaintEvent, Road

_SHOWN = (
    *("story", "kind", "urgency", "disclosure", "channel_id", "received_at", "callback_phone"),
    *("place_text", "road_id", "latitude", "longitude", "zone_id", "community_id"),
    *("category_id", "subcategory_id"),
)
_CATALOGUES = {
    "zone_id": "zones",
    "community_id": "communities",
    "category_id": "categories",
    "subcategory_id": "subcategories",
}
_ROWS: dict[str, type[Any]] = {"channel_id": Channel, "road_id": Road}


@dataclass(frozen=True, slots=True)
class Change:
    """A field that was corrected: its name, and how it read before and after."""

    label: str
    before: str
    after: str


class CaseChanges:
    """Reads corrections back in time: feed it the events newest first.

    An event keeps only what a column held before it; what it held after is what the next event found, or
    what the column holds today.
    """

    def __init__(self, session: Session, complaint: Complaint, seen: bool) -> None:
        """Begin at the case as it is; ``seen``: the officer may see personal data masked, else not at all."""
        self._session, self._complaint, self._seen = session, complaint, seen
        self._after: dict[str, Any] = {}

    def made_by(self, event: ComplaintEvent) -> list[Change]:
        """Return what an event changed, in the order of the form."""
        before = event.before or {}
        found = [
            Change(self._label(key), self.words(key, before[key]), self.words(key, self._value_after(key)))
            for key in _SHOWN
            if key in before
        ]
        if event.undone_at is None:
            self._after.update(before)
        return found

    def words(self, key: str, value: Any) -> str:
        """Return a stored value as the officer reads it; – for nothing."""
        if value is None or value == "":
            return "–"
        if key == "callback_phone":
            return mask_phone(str(value)) if self._seen else _("ปกปิดข้อมูล")
        if key in _CATALOGUES:
            row = getattr(current_lookups(), _CATALOGUES[key]).get(value)
            return row.word(language()) if row else "–"
        if key in _ROWS:
            row = self._session.get(_ROWS[key], value)
            return str(row or "–")
        return _plain_words(_column_type(key), value)

    def _label(self, key: str) -> str:
        return str(inspect(Complaint).columns[key].info["label"])

    def _value_after(self, key: str) -> Any:
        return self._after[key] if key in self._after else getattr(self._complaint, key)


def _column_type(key: str) -> type[Any]:
    enum_class = getattr(inspect(Complaint).columns[key].type, "enum_class", None)
    return enum_class or inspect(Complaint).columns[key].type.python_type


def _plain_words(kind: type[Any], value: Any) -> str:
    if issubclass(kind, StrEnum) and kind in WORDS:
        return word(kind(value), language())
    if issubclass(kind, datetime):
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return thai_datetime(moment, lang=language())
    return str(value)
