"""Geometry of what is drawn on a page: bars, stacked bars, columns with a line. No words, no colours, no web.

``templates/_charts.html`` draws it as SVG; colours are classes of the style sheet. Every axis begins at zero
and every length is its number. The rows are those of the pictures in the chat (``figure_pictures.Bar``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from figure_pictures import Bar, ticks_for

FULL: Final = 1000
"""Length of the whole axis."""
WIDE: Final = 960
HIGH: Final = 300
LEFT: Final = 56
TOP: Final = 36
BOTTOM: Final = 40
COLUMN_SHARE: Final = 0.56
"""Of a month's room."""
NUMBER_ROOM: Final = 26
"""Above a column, for its number."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar: where it begins, how long it is, in thousandths of the axis."""

    tone: str
    count: int
    start: float
    length: float


@dataclass(frozen=True, slots=True)
class DrawnBar:
    """One bar with its words and its number."""

    label: str
    count: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A number of an axis and where it stands."""

    number: int
    at: float


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars over one axis from zero."""

    bars: tuple[DrawnBar, ...]
    ticks: tuple[Tick, ...]

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to draw."""
        return not any(bar.count for bar in self.bars)


def bar_chart(bars: Sequence[Bar]) -> BarChart:
    """Draw the rows of a picture as bars, each in its tone."""
    return stacked_chart([(bar.label, [(bar.tone, bar.count)]) for bar in bars])


def stacked_chart(rows: Sequence[tuple[str, Sequence[tuple[str, int]]]]) -> BarChart:
    """Draw bars of several pieces.

    Args:
        rows: Words and pieces, each piece with its tone and its number.
    """
    sums = [sum(count for _tone, count in parts) for _label, parts in rows]
    ticks = ticks_for(max(sums, default=0))
    scale = FULL / ticks[-1]
    drawn = tuple(
        DrawnBar(label, total, _parts(parts, scale)) for (label, parts), total in zip(rows, sums, strict=True)
    )
    return BarChart(drawn, tuple(Tick(tick, tick * scale) for tick in ticks))


def _parts(parts: Sequence[tuple[str, int]], scale: float) -> tuple[Part, ...]:
    found, start = [], 0
    for tone, count in parts:
        if count:
            found.append(Part(tone, count, start * scale, count * scale))
        start += count
    return tuple(found)


# Columns with a line ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """One month: its column of this year, its point of the year before; ``count`` is None before it comes.

    The number stands on the column, or above the point where that lies in its way.
    """

    label: str
    middle: float
    left: float
    width: float
    top: float
    height: float
    count: int | None
    before: int
    before_at: float

    @property
    def number_at(self) -> float:
        """Return where the number stands."""
        in_the_way = self.top - NUMBER_ROOM <= self.before_at <= self.top + 4
        return (self.before_at if in_the_way else self.top) - 9


@dataclass(frozen=True, slots=True)
class TrendChart:
    """This year's columns and last year's line over one axis from zero; in units of the view box."""

    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]
    line: str
    left: float = LEFT
    right: float = WIDE
    zero: float = HIGH - BOTTOM
    width: float = WIDE
    height: float = HIGH


def trend_chart(rows: Sequence[tuple[str, int | None, int]]) -> TrendChart:
    """Draw months: words, this year's number (None for one to come), last year's number."""
    most = max((max(count or 0, before) for _label, count, before in rows), default=0)
    ticks = ticks_for(most)
    zero, scale = HIGH - BOTTOM, (HIGH - BOTTOM - TOP) / ticks[-1]
    room = (WIDE - LEFT) / max(len(rows), 1)
    columns = tuple(
        Column(
            label=label,
            middle=LEFT + room * (place + 0.5),
            left=LEFT + room * (place + 0.5 - COLUMN_SHARE / 2),
            width=room * COLUMN_SHARE,
            top=zero - (count or 0) * scale,
            height=(count or 0) * scale,
            count=count,
            before=before,
            before_at=zero - before * scale,
        )
        for place, (label, count, before) in enumerate(rows)
    )
    line = " ".join(f"{column.middle:.1f},{column.before_at:.1f}" for column in columns)
    return TrendChart(columns, tuple(Tick(tick, zero - tick * scale) for tick in ticks), line)


# A number and its goal --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Meter:
    """A number on its way from zero to the most it can be, and where the goal stands; in thousandths."""

    length: float
    goal: float


def meter(number: float, goal: float, most: float) -> Meter:
    """Draw a number beside its goal."""
    return Meter(*(min(max(value, 0), most) / most * FULL for value in (number, goal)))
