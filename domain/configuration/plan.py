"""What a configuration file would change, and what is wrong with it: plain values, ready to be read."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Enum

from domain.configuration.sections import BY_NAME, SETTINGS, column_of, label_of, words_of
from domain.errors import DomainError, FieldErrors, Words, add_message
from domain.labels import WORDS, word
from domain.setting_rules import BY_KEY, Kind
from domain.setting_values import WEEKDAYS
from models import ComplaintStatus

MOST_PROBLEMS: Final = 200
NOTHING: Final = "–"
MOST_LETTERS: Final = 300

add_message(
    "configuration_refused",
    thai="ไฟล์นี้นำเข้าไม่ได้ พบปัญหา {count} จุด ยังไม่มีค่าใดเปลี่ยน",
    english="The file cannot be taken in: {count} problems. Nothing was changed",
)
add_message(
    "configuration_moved",
    thai="ระหว่างที่ท่านดูอยู่ มีผู้แก้ไขการตั้งค่า ยังไม่ได้นำเข้า กรุณาตรวจรายการใหม่ด้านล่างแล้วยืนยันอีกครั้ง",
    english="The configuration changed meanwhile; nothing was taken in. Check the new list and confirm",
)


class ChangeKind(StrEnum):
    """What becomes of a row."""

    ADDED = "added"
    CHANGED = "changed"
    OFF = "off"
    KEPT = "kept"
    UNCHANGED = "unchanged"

    @property
    def words(self) -> Words:
        """Return what it is called."""
        return _KIND_WORDS[self]


_KIND_WORDS: Final = {
    ChangeKind.ADDED: Words("เพิ่ม", "Added"),
    ChangeKind.CHANGED: Words("แก้ไข", "Changed"),
    ChangeKind.OFF: Words("ปิดใช้งาน", "Switched off"),
    ChangeKind.KEPT: Words("ยังปิดไม่ได้", "Stays on"),
    ChangeKind.UNCHANGED: Words("เหมือนเดิม", "As it was"),
}


@dataclass(frozen=True, slots=True)
class CellChange:
    """One value that changes; ``cell`` is its name in the file, ``words.title`` inside a cell of many."""

    cell: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class RowChange:
    """What becomes of one row; ``reason`` says why a row stays on."""

    section: str
    kind: ChangeKind
    key: str
    name: str = ""
    cells: tuple[CellChange, ...] = ()
    reason: DomainError | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the file something stands; ``row`` counts from 1, 0 is the section as a whole."""

    section: str
    row: int = 0
    key: str = ""
    cell: str | None = None

    def text_in(self, lang: str) -> str:
        """Return the place in words, such as ``ตัวย่อ แถวที่ 3 (ช.) ช่อง department_code``."""
        english = lang == "en"
        parts = [words_of(self.section)[english]] if self.section else []
        if self.row:
            parts.append(f"row {self.row:,}" if english else f"แถวที่ {self.row:,}")
        if self.key:
            parts.append(f"({self.key})")
        if self.cell:
            parts.append(f"field {self.cell}" if english else f"ช่อง {self.cell}")
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Problem:
    """What cannot be taken, and where it stands."""

    place: Place
    error: DomainError

    def text_in(self, lang: str) -> str:
        """Return place and reason in one line."""
        where = self.place.text_in(lang)
        said = self.error.message_in(lang)
        return f"{where}: {said}" if where else said


@dataclass(slots=True)
class Plan:
    """What an import would do, or did."""

    rows: list[RowChange] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unread: int = 0
    entry_id: int | None = None

    def note(self, place: Place, error: DomainError) -> None:
        """Add what is wrong at a place, each error by itself; past the first 200 they are only counted."""
        for one in error.errors if isinstance(error, FieldErrors) else (error,):
            if len(self.problems) >= MOST_PROBLEMS:
                self.unread += 1
                continue
            cell = place.cell or _cell_of(place.section, one.field)
            self.problems.append(Problem(Place(place.section, place.row, place.key, cell), one))

    @property
    def counts(self) -> Counter[ChangeKind]:
        """Return how many rows there are of each kind."""
        return Counter(row.kind for row in self.rows)

    @property
    def changes_anything(self) -> bool:
        """Tell whether an import would change a row."""
        return any(row.kind not in {ChangeKind.UNCHANGED, ChangeKind.KEPT} for row in self.rows)

    def of_section(self, name: str) -> list[RowChange]:
        """Return the rows of a section, in the file's order."""
        return [row for row in self.rows if row.section == name]

    def sections(self) -> list[str]:
        """Return the sections the file names, in their order."""
        named = {row.section for row in self.rows}
        return [name for name in (SETTINGS, *BY_NAME) if name in named]

    def fingerprint(self) -> str:
        """Return what tells this list of changes from another one."""
        lines = [
            [row.section, row.kind, row.key, [[cell.cell, cell.old, cell.new] for cell in row.cells]]
            for row in self.rows
            if row.kind is not ChangeKind.UNCHANGED
        ]
        return hashlib.sha256(json.dumps(lines, sort_keys=True, default=str).encode()).hexdigest()


class ConfigurationRefused(DomainError):
    """The file has problems; nothing of it may be kept."""

    default_code = "configuration_refused"

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        super().__init__(count=len(plan.problems) + plan.unread)


class ConfigurationMoved(DomainError):
    """The import would no longer do what the person was shown."""

    default_code = "configuration_moved"


def _cell_of(section: str, name: str | None) -> str | None:
    """Return the cell of an error's field: the code in the file for the id in the table."""
    if section not in BY_NAME or name is None:
        return name
    references = BY_NAME[section].references.items()
    return next((cell for cell, (column, _target) in references if column == name), name)


def cell_words(section: str, cell: str) -> tuple[str, str]:
    """Return the Thai label of a cell, which the edges translate, and which part of it is meant."""
    name, _dot, part = cell.partition(".")
    if section == SETTINGS:
        return BY_KEY[name].words.th, ""
    return label_of(BY_NAME[section], name), part


def shown(section: str, cell: str, value: Any, lang: str = "th") -> str:
    """Return a value as a person reads it, cut where it is long."""
    is_setting = section == SETTINGS
    text = _shown_setting(cell, value, lang) if is_setting else _shown_cell(section, cell, value, lang)
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"


def _shown_setting(key: str, value: Any, lang: str) -> str:
    rule = BY_KEY[key]
    for code, words in rule.options:
        if value == code:
            return words[lang == "en"]
    if rule.kind is Kind.OFFICE_WEEK and value:
        days = zip(WEEKDAYS, value, strict=True)
        return " · ".join(f"{day[lang == 'en']} {_stretches(stretches)}" for day, stretches in days)
    if rule.kind is Kind.STATE_WORDS and value:
        return " · ".join(_state_words(code, words, lang) for code, words in value.items())
    return _plain(value, lang)


def _stretches(stretches: Iterable[Iterable[str]]) -> str:
    return ", ".join("–".join(stretch) for stretch in stretches) or NOTHING


def _state_words(code: str, words: Mapping[str, str], lang: str) -> str:
    usual = WORDS[ComplaintStatus][ComplaintStatus(code)][lang == "en"]
    return f"{usual} → {', '.join(dict.fromkeys(words.values()))}"


def _shown_cell(section: str, cell: str, value: Any, lang: str) -> str:
    name = cell.partition(".")[0]
    column = column_of(BY_NAME[section], name)
    members: Any = column.type.enum_class if isinstance(getattr(column, "type", None), Enum) else None
    if members and value:
        return word(members(value), lang)
    return _plain(value, lang)


def _plain(value: Any, lang: str) -> str:
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return Words("ใช่" if value else "ไม่ใช่", "yes" if value else "no")[lang == "en"]
    if isinstance(value, dict):
        if "coordinates" in value or "features" in value:
            points = json.dumps(value).count("[") // 2
            return Words(f"รูปบนแผนที่ ราว {points:,} จุด", f"a shape of about {points:,} points")[lang == "en"]
        if "base64" in value:
            return Words("ภาพ", "a picture")[lang == "en"]
        return " · ".join(f"{name}: {_plain(one, lang)}" for name, one in value.items())
    if isinstance(value, list):
        return " · ".join(_entry(one, lang) for one in value)
    return str(value)


def _entry(value: Any, lang: str) -> str:
    if isinstance(value, dict):
        texts = (one for one in value.values() if one and not isinstance(one, bool | list))
        return " ".join(map(str, texts))
    return _plain(value, lang)
