"""Which subtypes a story may be about, by the letters it shares with their names: a proposal, never a choice.

Thai is written without spaces, so words are not looked for: three letters in a row are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from domain.lookups import SubcategoryRow
from domain.thai_text import search_form

MOST: Final = 3
ENOUGH: Final = 0.5
"""So much of a name, or of one of its parts, must be found in the story."""

_PARTS: Final = re.compile(r"หรือ|และ|[ ,/()]+| or | and ")
_SHORTEST_PART: Final = 4


def likely_subtypes(story: str, subcategories: Mapping[int, SubcategoryRow]) -> list[SubcategoryRow]:
    """Return the subtypes in use whose names the story resembles, the most alike first; often none."""
    found_in = _threes(search_form(story))
    rows = [row for row in subcategories.values() if row.is_active]
    scored = [(_score(found_in, row), row.sort_key, row.id, row) for row in rows]
    alike = sorted((one for one in scored if one[0]), key=lambda one: (-one[0], one[1], one[2]))
    return [row for *_key, row in alike[:MOST]]


def _score(story: set[str], row: SubcategoryRow) -> int:
    """Return how much of a name's best part, Thai or English, stands in the story; 0 where it is too little.

    Counted, not measured as a share: a long likeness says more than a short word found whole.
    """
    names = [search_form(name) for name in (row.name, row.name_en) if name]
    parts = [_threes(part) for name in names for part in _PARTS.split(name) if len(part) >= _SHORTEST_PART]
    return max((len(part & story) for part in parts if len(part & story) >= ENOUGH * len(part)), default=0)


def _threes(text: str) -> set[str]:
    joined = text.replace(" ", "")
    return {joined[at : at + 3] for at in range(len(joined) - 2)}
