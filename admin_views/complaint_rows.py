"""Rows of the complaint list as they are shown: cut to their places, people only for who may see them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

from flask_babel import gettext as _
from markupsafe import Markup

from admin_views.complaint_filters import shown_name
from admin_views.guard import language
from domain.actor import Actor
from domain.clock import now
from domain.complaint_filter import ROW_KEYS
from domain.labels import word
from domain.lookups import Lookups
from domain.sight import sees_person
from domain.sla import days_left
from domain.thai_dates import thai_date
from models import ComplaintStatus, Disclosure, Figure, StatusKind, Urgency

NAME, ADDRESS, TITLE, STORY, COMMUNITY, OFFICER, DEPARTMENT = 20, 16, 25, 24, 12, 18, 15
CASE_PAGE: Final = "complaint_case.case"
LETTERS: Final = {
    "category": TITLE,
    "subcategory": TITLE,
    "community": COMMUNITY,
    "officer": OFFICER,
    "department": DEPARTMENT,
}
SHORT_WORDS: Final = (("ตำบล", "ต."), ("อำเภอ", "อ."), ("จังหวัด", "จ."))
LOOKS: Final = {
    StatusKind.WAITING: "waiting",
    StatusKind.DONE: "done",
    StatusKind.REJECTED: "off",
    StatusKind.WITHDRAWN: "off",
    StatusKind.MERGED: "merged",
}
_TITLE_OF_PERSON: Final = re.compile("^(?:นางสาว|นาง|นาย)(?=[^ ]+ )")
_SPACES: Final = re.compile(r"\s+")
_JOINED: Final = frozenset(
    "\u0e31\u0e33\u0e34\u0e35\u0e36\u0e37\u0e38\u0e39\u0e3a\u0e47\u0e48\u0e49\u0e4a\u0e4b\u0e4c\u0e4d\u0e4e"
)


class ShownRow(NamedTuple):
    """One row in words; an empty text shows nothing."""

    code: str
    number: str
    title: str
    story: str
    received: str
    name: str
    address: str
    zone: str
    community: str
    officer: str
    department: str
    state: Markup
    urgency: Markup
    days: str
    days_look: str


def shown_rows(rows: Iterable[Any], actor: Actor, lookups: Lookups) -> list[ShownRow]:
    """Return the rows of a page in words.

    Args:
        rows: As ``reports.complaint_list.page_of`` returns them.
        actor: Who looks: a concealed complainant shows only to who may see members.
        lookups: Names of the small tables.
    """
    words = _Words(actor, lookups)
    return [words.shown(row) for row in rows]


def cut(text: str, letters: int) -> str:
    """Return the text on one line, cut to some letters; no mark or leading vowel is torn off.

    A plain and quick one for hundreds of cells a page; ``grapheme_truncate`` is the exact one.
    """
    line = _SPACES.sub(" ", text).strip()
    if len(line) <= letters:
        return line
    end = letters - 1
    while end < len(line) and line[end] in _JOINED:
        end += 1
    return line if end >= len(line) else line[:end].rstrip(" เแโใไ") + "…"


class _Words:
    """Everything that is the same for many rows of a page, said once."""

    def __init__(self, actor: Actor, lookups: Lookups) -> None:
        self._actor, self._lookups, self._now = actor, lookups, now()
        self._language = language()
        self._concealed = word(Disclosure.CONCEALED, self._language)
        self._untyped = _("ยังไม่จัดประเภท")
        self._undated = _("ไม่ทราบวันที่")
        self._still = _("หยุดนับวัน")
        self._states = {
            status: _badge(state_look(status), word(status, self._language)) for status in ComplaintStatus
        }
        self._urgencies = {
            Urgency.NORMAL: Markup(""),
            Urgency.URGENT: _badge("soon", word(Urgency.URGENT, self._language)),
            Urgency.EMERGENCY: _badge("late", word(Urgency.EMERGENCY, self._language)),
        }
        self._names: dict[tuple[str, int], str] = {}
        self._left: dict[int, tuple[str, str]] = {}

    def shown(self, row: Any) -> ShownRow:
        """Return one row in words."""
        name, address = self._person(row)
        title = self._name("subcategory", row.subcategory_id) or self._name("category", row.category_id)
        received = row.received_at
        days, days_look = self._days(row.status, row.due_at, row.warn_at)
        return ShownRow(
            code=row.public_code,
            number=row.number or row.public_code,
            title=title or self._untyped,
            story=cut(row.story_start, STORY),
            received=thai_date(received, lang=self._language) if received else self._undated,
            name=name,
            address=address,
            zone=self._name("zone", row.zone_id),
            community=self._name("community", row.community_id),
            officer=self._name("officer", row.assignee_id),
            department=self._name("department", row.department_id),
            state=self._states[row.status],
            urgency=self._urgencies[row.urgency],
            days=days,
            days_look=days_look,
        )

    def _name(self, key: str, row_id: int | None) -> str:
        if row_id is None:
            return ""
        if (key, row_id) not in self._names:
            self._names[key, row_id] = self._read_name(key, row_id)
        return self._names[key, row_id]

    def _read_name(self, key: str, row_id: int) -> str:
        row = getattr(self._lookups, ROW_KEYS[key]).get(row_id)
        if row is None or getattr(row, "is_unknown", False):
            return ""
        if key == "zone":
            return cut(shown_name("zone", row), COMMUNITY)
        name = row.word(self._language)
        return cut(_TITLE_OF_PERSON.sub("", name) if key == "officer" else name, LETTERS[key])

    def _person(self, row: Any) -> tuple[str, str]:
        if row.first_name is None:
            return "–", ""
        if row.is_shared:
            return cut(row.first_name, NAME), ""
        if not sees_person(self._actor, row):
            return self._concealed, ""
        address = row.address_text or ""
        for long, short in SHORT_WORDS:
            address = address.replace(long, short)
        return cut(f"{row.first_name} {row.last_name or ''}", NAME), cut(address, ADDRESS)

    def _days(self, status: ComplaintStatus, due: datetime | None, warn: datetime | None) -> tuple[str, str]:
        """Return the days left and their look; a waiting case's clock stands still."""
        if status.kind is StatusKind.WAITING:
            return self._still, "muted"
        if status.kind is not StatusKind.OPEN or due is None:
            return "", ""
        days = days_left(due, self._now)
        if days == 0 and due < self._now:
            return _("เกินเวลาวันนี้"), "late"
        if days not in self._left:
            self._left[days] = _days_left(days)
        words, look = self._left[days]
        return words, look or ("soon" if warn is not None and warn <= self._now else "")


def _days_left(days: int) -> tuple[str, str]:
    if days < 0:
        return _("เกิน %(days)s วัน", days=f"{-days:,}"), "late"
    if days == 0:
        return _("ครบกำหนดวันนี้"), "soon"
    return _("เหลือ %(days)s วัน", days=f"{days:,}"), ""


def _badge(look: str, text: str) -> Markup:
    return Markup('<b class="state state-{}">{}</b>').format(look, text)


def state_look(status: ComplaintStatus) -> str:
    """Return a state's look, as ``templates/_badges.html`` and the map draw it (look.md)."""
    if status.kind is StatusKind.OPEN:
        return "new" if status.figure is Figure.EXAMINATION else "progress"
    return LOOKS[status.kind]
