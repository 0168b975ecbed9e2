"""Which figures an officer looks at in the chat, as his buttons carry it: view, year, zone, type."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from domain.complaint_filter import FIRST_YEAR, LAST_YEAR, NONE_WORD, ComplaintFilter
from domain.errors import Words
from domain.lookups import Lookups, Row
from line_hooks import flex
from line_hooks.asking import Asking
from line_hooks.limits import JsonDict
from line_hooks.postback import encode

SHOW: Final = "figures"
PICKS: Final = {"year": "figures_year", "zone": "figures_zone", "category": "figures_type"}
"""Names of the actions on buttons that offer a choice, by what is chosen."""

_ALL: Final = "a"
_CODE: Final = re.compile(rf"([a-z])([0-9]{{4}})-({_ALL}|[0-9]{{1,9}})-({_ALL}|[0-9]{{1,9}})", re.ASCII)


class View(StrEnum):
    """What the bars stand for; the letter stands on buttons."""

    FIGURES = "f"
    ZONES = "z"
    TYPES = "t"
    YEARS = "y"
    STARS = "s"


VIEW_WORDS: Final = {
    View.FIGURES: Words("ตามสถานะ", "By state"),
    View.ZONES: Words("ตามเขต", "By zone"),
    View.TYPES: Words("ตามประเภท", "By type"),
    View.YEARS: Words("ตามปี", "By year"),
    View.STARS: Words("ความพึงพอใจ", "Satisfaction"),
}
PICK_WORDS: Final = {
    "year": Words("เลือกปี", "Choose a year"),
    "zone": Words("เลือกเขต", "Choose a zone"),
    "category": Words("เลือกประเภท", "Choose a type"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What is looked at.

    Attributes:
        view: What the bars stand for.
        year: The fiscal year; where years are compared, the last of them.
        zone: Id of the only zone; 0 for cases without one, None for all.
        category: The same of main types.
    """

    view: View
    year: int
    zone: int | None = None
    category: int | None = None

    @property
    def code(self) -> str:
        """Return the choice as a button carries it."""
        zone = _ALL if self.zone is None else self.zone
        category = _ALL if self.category is None else self.category
        return f"{self.view}{self.year}-{zone}-{category}"

    @property
    def is_narrowed(self) -> bool:
        """Tell whether only one zone or type is looked at."""
        return self.zone is not None or self.category is not None

    def narrows(self) -> ComplaintFilter:
        """Return the filter of zone and type; the year is another matter."""
        return ComplaintFilter(
            zone=frozenset() if self.zone is None else frozenset({self.zone}),
            category=frozenset() if self.category is None else frozenset({self.category}),
        )

    def arguments(self, lookups: Lookups) -> dict[str, str]:
        """Return zone and type as the address of a list says them."""
        chosen = {"zone": (self.zone, lookups.zones), "category": (self.category, lookups.categories)}
        return {
            key: rows[row_id].code if row_id else NONE_WORD
            for key, (row_id, rows) in chosen.items()
            if row_id is not None
        }

    def names(self, lookups: Lookups, ask: Asking) -> list[str]:
        """Return the words of zone and type."""
        chosen: list[tuple[int | None, Row | None]] = [
            (self.zone, lookups.zones.get(self.zone or 0)),
            (self.category, lookups.categories.get(self.category or 0)),
        ]
        return [
            row.word(ask.language) if row else ask.pick("ไม่ระบุ", "Not given")
            for row_id, row in chosen
            if row_id is not None
        ]

    def button(self, ask: Asking, label: Words, action: str = SHOW, page: int | None = None) -> JsonDict:
        """Return a button that shows this choice, or offers to change a part of it."""
        return flex.postback_action(
            ask.pick(*label), encode(action, self.code, ask.tools.button_key, value=page)
        )

    def seen(self, view: View) -> Choice:
        """Return the same in another view, without what that view tells apart."""
        if view is View.ZONES:
            return replace(self, view=view, zone=None)
        return replace(self, view=view, category=None if view is View.TYPES else self.category)


def choice_of(code: str, lookups: Lookups) -> Choice | None:
    """Return what a button of ours carries; None for a row, a year or a view that is not there."""
    found = _CODE.fullmatch(code)
    if found is None or found[1] not in set(View) or not FIRST_YEAR <= int(found[2]) <= LAST_YEAR:
        return None
    zone, category = (None if part == _ALL else int(part) for part in found.groups()[2:])
    if (zone and zone not in lookups.zones) or (category and category not in lookups.categories):
        return None
    return Choice(View(found[1]), int(found[2]), zone, category)
