"""Figures group by group with the names of the groups: rows of a table, bars of a drawing, lines of a card.

The page, its files and the chat take their rows from here, so that a bar and a table cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from domain.complaint_filter import NONE_WORD, ROW_KEYS
from domain.errors import Words
from domain.labels import word
from domain.lookups import Lookups, Row
from figure_pictures import Bar
from models import Figure
from reports.definitions import NOT_GIVEN
from reports.figures import FIGURES, By
from reports.results import STARS, Results

OTHERS: Final = Words("อื่น ๆ", "Others")
TONES: Final = {
    Figure.EXAMINATION: "new",
    Figure.PROGRESS: "progress",
    Figure.FINISHED: "done",
    Figure.REJECTED: "muted",
}
"""Of bars, by figure."""


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of one group.

    Attributes:
        row_id: Of its row; 0 where the field is empty.
        name: What it is called.
        label: The same in a table: types stand with their abbreviation.
        arguments: Of the list behind its numbers; None where no list shows just these.
        results: Its figures.
    """

    row_id: int
    name: str
    label: str
    arguments: Mapping[str, str] | None
    results: Results


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One bar with its list.

    Attributes:
        label: What is counted.
        count: How many.
        arguments: Of the list; None for a sum of several rows.
        tone: Of the bar (``figures_child.TONES``); the town's colour without one.
        unfinished: How many of them are not finished yet.
    """

    label: str
    count: int
    arguments: Mapping[str, str] | None = None
    tone: str = ""
    unfinished: int = 0

    @property
    def bar(self) -> Bar:
        """Return the row as drawings show it."""
        return Bar(self.label, self.count, self.tone)


def picked(words: Words, language: str) -> str:
    """Return the words in the language."""
    return words.en if language == "en" else words.th


def groups_of(
    found: Mapping[tuple[int, ...], Results], by: By, lookups: Lookups, language: str
) -> list[Group]:
    """Name the groups of ``reports.results.results_by`` over one key, the most cases first.

    Args:
        found: By the row's id.
        by: What they are grouped by; not months.
        lookups: Names and codes.
        language: Of the names.
    """
    rows: Mapping[int, Row] = getattr(lookups, ROW_KEYS[by.value])
    ranked = sorted(found.items(), key=lambda item: (-item[1].all, item[0][0] == 0, item[0]))
    return [_group(key[0], by, rows, results, language) for key, results in ranked]


def _group(row_id: int, by: By, rows: Mapping[int, Row], results: Results, language: str) -> Group:
    row = rows.get(row_id)
    if row is None:
        name = picked(NOT_GIVEN, language)
        return Group(row_id, name, name, {by.value: NONE_WORD}, results)
    name = row.word(language)
    label = f"{row.code} {name}" if by in {By.CATEGORY, By.SUBCATEGORY} else name
    return Group(row_id, name, label, {by.value: row.code}, results)


def bureau_of(row_id: int | None, departments: Mapping[int, Row]) -> int | None:
    """Return the highest part of the town above a part of it, below the town itself.

    The list of a department shows everything below it, so only so its number is that of the list.
    """
    lone = lone_root(departments)
    row = departments.get(row_id or 0)
    for _ in departments:  # A ring of departments has an end, too.
        above = departments.get(row.parent_id or 0) if row else None
        if above is None or above.id == lone:
            break
        row = above
    return row.id if row else row_id


def lone_root(departments: Mapping[int, Row]) -> int | None:
    """Return the town itself where it stands above all its parts."""
    roots = [row.id for row in departments.values() if row.parent_id is None]
    return roots[0] if len(roots) == 1 else None


# Rows of drawings -------------------------------------------------------------------------------------------


def figure_rows(results: Results, language: str) -> list[FigureRow]:
    """Return the four figures that make up all."""
    return [
        FigureRow(word(one, language), results.by_figure[one], {"figure": one.value}, TONES[one])
        for one in FIGURES
    ]


def star_rows(results: Results, language: str) -> list[FigureRow]:
    """Return the ratings, the best first."""
    name = picked(Words("ดาว", "stars"), language)
    return [
        FigureRow(f"{stars} {name}", results.stars[stars], {"stars": str(stars)}) for stars in reversed(STARS)
    ]


def group_rows(groups: Sequence[Group], most: int, language: str) -> list[FigureRow]:
    """Return the groups as bars; those that find no room are summed up in the last one."""
    kept = groups if len(groups) <= most else groups[: most - 1]
    rest = groups[len(kept) :]
    rows = [
        FigureRow(one.name, one.results.all, one.arguments, unfinished=_unfinished([one])) for one in kept
    ]
    if rest:
        label = f"{picked(OTHERS, language)} ({len(rest)})"
        count = sum(one.results.all for one in rest)
        rows.append(FigureRow(label, count, tone="muted", unfinished=_unfinished(rest)))
    return rows


def _unfinished(groups: Iterable[Group]) -> int:
    return sum(one.results.examination + one.results.progress for one in groups)
