"""What a municipality may set: each setting with kind, limits, default and the sentence that explains it.

The list itself is ``setting_rules.toml`` beside this file; screens, checks and the configuration file are all
read from it. A new setting is one entry there.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from domain.errors import Words
from domain.thai_text import search_form


class Section(StrEnum):
    """A settings screen."""

    TOWN = "town"
    LOOK = "look"
    MAP = "map"
    NUMBERS = "numbers"
    STATE_WORDS = "state_words"
    INTAKE = "intake"
    CLOCK = "clock"
    TELLING = "telling"
    LINE = "line"
    MAIL = "mail"
    PAPERS = "papers"
    GOALS = "goals"
    RETENTION = "retention"
    SECURITY = "security"


class Kind(StrEnum):
    """How a value is typed, checked and stored."""

    TEXT = "text"
    PARAGRAPH = "paragraph"
    PHONE = "phone"
    EMAIL = "email"
    URL = "url"
    COLOUR = "colour"
    NUMBER = "number"
    FLAG = "flag"
    CHOICE = "choice"
    CLOCK_TIME = "clock_time"  # "08:30"
    DEGREES = "degrees"  # "16.432100", WGS84
    PHONE_LIST = "phone_list"  # [{"name", "name_en", "phone"}]
    OFFICE_WEEK = "office_week"  # seven days, Monday first, each [["08:30", "16:30"], …]
    GEOMETRY = "geometry"  # GeoJSON
    NUMBER_PATTERN = "number_pattern"
    PICTURE = "picture"  # the key of a stored file
    SECRET = "secret"  # noqa: S105 - a kind, not a secret; encrypted by the vault, never shown or exported
    STATE_WORDS = "state_words"  # {state: {"th", "en", "citizen_th", "citizen_en"}}, only what differs
    WAYS = "ways"  # {message key: ["line", "bell", "email"]}, only what differs


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRule:
    """One setting.

    Attributes:
        key: Its name in the table and in the configuration file; never changes once released.
        section: The screen it stands on.
        kind: How it is typed and checked.
        words: What it is called.
        help: One sentence: what it does.
        default: What holds without a row; None means "not set".
        required: Whether it may be left empty.
        limits: Smallest and largest number, or the most letters of a text.
        options: Codes with their words, for a choice.
    """

    key: str
    section: Section
    kind: Kind
    words: Words
    help: Words
    default: Any = None
    required: bool = False
    limits: tuple[int, int] = (0, 200)
    options: tuple[tuple[str, Words], ...] = ()


def _read() -> tuple[dict[Section, tuple[Words, Words]], tuple[SettingRule, ...]]:
    screens = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["sections"]
    sections, rules = {}, []
    for name, screen in screens.items():
        section = Section(name)
        sections[section] = (Words(*screen["words"]), Words(*screen["help"]))
        rules += [_rule(section, entry) for entry in screen["settings"]]
    return sections, tuple(rules)


def _rule(section: Section, entry: dict[str, Any]) -> SettingRule:
    return SettingRule(
        key=entry["key"],
        section=section,
        kind=Kind(entry["kind"]),
        words=Words(*entry["words"]),
        help=Words(*entry["help"]),
        default=entry.get("default"),
        required=entry.get("required", False),
        limits=tuple(entry.get("limits", (0, 200))),
        options=tuple((code, Words(thai, english)) for code, thai, english in entry.get("options", ())),
    )


SECTIONS, RULES = _read()
BY_KEY: Final[dict[str, SettingRule]] = {rule.key: rule for rule in RULES}


def find_rules(words: str) -> tuple[SettingRule, ...]:
    """Return the settings whose name or sentence holds every word, in either language."""
    wanted = [search_form(word) for word in words.split()[:6]]
    return tuple(rule for rule in RULES if wanted and all(word in _searched(rule) for word in wanted))


def _searched(rule: SettingRule) -> str:
    return search_form(" ".join((*rule.words, *rule.help, rule.key)))


def rules_of(section: Section) -> tuple[SettingRule, ...]:
    """Return the settings of one screen, in their order."""
    return tuple(rule for rule in RULES if rule.section is section)
