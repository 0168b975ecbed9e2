"""The results of a year as tiles and tables of plain values: what the page, the PDF and the Excel file show.

A value is rounded once, in ``reports.results``; here it only gets its words and the list behind it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from domain.clock import buddhist_year
from domain.errors import Words
from domain.lookups import Lookups
from domain.thai_calendar import thai_month
from reports.definitions import BESIDE, CASES, SEVEN, Definition
from reports.figures import COUNTED, By
from reports.groups import FigureRow, Group, figure_rows, picked, star_rows
from reports.results import Results
from reports.yearly import LEAST_PROMISED, Month, Yearly, broken_of, broken_share, worst_of

NOTHING: Final = "–"
TOTAL: Final = Words("รวม", "Total")


class Kind(StrEnum):
    """How a value is written."""

    COUNT = "count"
    PERCENT = "percent"
    STARS = "stars"
    DAYS = "days"


KINDS: Final = {"success": Kind.PERCENT, "kept": Kind.PERCENT, "mean": Kind.STARS, "mean_days": Kind.DAYS}
LISTS: Final[Mapping[str, Mapping[str, str]]] = {
    "all": {"figure": COUNTED},
    "finished": {"figure": "finished"},
    "progress": {"figure": "progress"},
    "examination": {"figure": "examination"},
    "success": {"figure": "finished", "outcome": "fixed"},
    "mean": {"figure": COUNTED, "stars": "1,2,3,4,5"},
    "rated": {"figure": COUNTED, "stars": "1,2,3,4,5"},
    "kept": {"promise": "kept"},
    "mean_days": {"figure": "finished"},
    "confirmed": {"figure": "finished", "history": "confirmed"},
    "reopened": {"figure": COUNTED, "history": "reopened"},
}
"""By figure: arguments of the list behind it; behind a share stand the cases above its line."""

GOALS: Final = {"success": "goal_success", "kept": "goal_kept", "mean": "goal_rating"}
"""By figure: the setting that holds its goal."""

_BY_KEY: Final = {definition.key: definition for definition in (*SEVEN, *BESIDE)}
_SHOWN: Final = tuple(
    _BY_KEY[key] for key in ("all", "finished", "progress", "examination", "success", "kept", "mean", "rated")
)
"""Columns of the tables by group."""

HEADINGS: Final = {
    By.CATEGORY: (Words("แยกตามประเภท", "By type"), Words("ประเภท", "Type")),
    By.ZONE: (Words("แยกตามเขต", "By zone"), Words("เขต", "Zone")),
    By.COMMUNITY: (Words("แยกตามชุมชน", "By community"), Words("ชุมชน", "Community")),
    By.DEPARTMENT: (Words("แยกตามหน่วยงาน", "By department"), Words("หน่วยงาน", "Department")),
}
_WORST: Final = {
    By.SUBCATEGORY: (
        Words("ประเภทย่อยที่ผิดกำหนดมากที่สุด", "Subtypes that broke most promises"),
        Words("ประเภทย่อย", "Subtype"),
    ),
    By.COMMUNITY: (
        Words("ชุมชนที่ผิดกำหนดมากที่สุด", "Communities with most broken promises"),
        Words("ชุมชน", "Community"),
    ),
}
_DRAWN: Final = {
    "status": (Words("สถานะของเรื่อง", "States of the cases"), Words("สถานะ", "State"), "all"),
    "stars": (Words("ความพึงพอใจของประชาชน", "How citizens rated"), Words("ระดับ", "Level"), "rated"),
}
"""By drawing: its title, the heading of its rows, and the figure that is their sum."""


@dataclass(frozen=True, slots=True)
class Value:
    """One number: what it is, how it is written, and its list where it has one."""

    number: int | Decimal | None
    kind: Kind = Kind.COUNT
    arguments: Mapping[str, str] | None = None

    @property
    def shown(self) -> str:
        """Return the number in words of figures; a dash where there is none."""
        if self.number is None:
            return NOTHING
        return f"{self.number:,}%" if self.kind is Kind.PERCENT else f"{self.number:,}"


@dataclass(frozen=True, slots=True)
class Tile:
    """One large number.

    Attributes:
        key: Of its definition.
        title: What it is called.
        meaning: What is counted.
        unit: What stands behind the number.
        value: This year's.
        before: Of the same days a year before.
        goal: What the town wants to reach; None where it set nothing.
    """

    key: str
    title: str
    meaning: str
    unit: str
    value: Value
    before: Value
    goal: int | None = None

    @property
    def change(self) -> int | Decimal | None:
        """Return this year's number less last year's; None where one is missing."""
        if self.value.number is None or self.before.number is None:
            return None
        return self.value.number - self.before.number

    @property
    def reached(self) -> bool | None:
        """Tell whether the goal is reached; None without a goal or a number."""
        return None if self.goal is None or self.value.number is None else self.value.number >= self.goal


@dataclass(frozen=True, slots=True)
class TableRow:
    """A line: its words and its numbers."""

    label: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class ResultTable:
    """A table: what it is called, its columns, its lines, and the sum below them if it has one."""

    key: str
    title: str
    heading: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    total: TableRow | None = None
    note: str = ""


# Tiles ------------------------------------------------------------------------------------------------------


def tiles_of(yearly: Yearly, lookups: Lookups, language: str) -> list[Tile]:
    """Return the seven figures and what stands beside them, with last year's and the goals."""
    return [_tile(definition, yearly, lookups, language) for definition in (*SEVEN, *BESIDE)]


def _tile(definition: Definition, yearly: Yearly, lookups: Lookups, language: str) -> Tile:
    key = definition.key
    goal = lookups.setting(GOALS[key]) if key in GOALS else None
    return Tile(
        key=key,
        title=picked(definition.title, language),
        meaning=picked(definition.meaning, language),
        unit=picked(definition.unit, language),
        value=_value(key, yearly.found, {"year": str(yearly.year)}),
        before=_value(key, yearly.before, None),
        goal=int(goal) if goal else None,
    )


def _value(key: str, results: Results, arguments: Mapping[str, str] | None) -> Value:
    """Return one figure; nothing to show has no list."""
    number: int | Decimal | None = getattr(results, key)
    has_list = arguments is not None and number
    return Value(
        number, KINDS.get(key, Kind.COUNT), {**(arguments or {}), **LISTS[key]} if has_list else None
    )


# Tables -----------------------------------------------------------------------------------------------------


def tables_of(yearly: Yearly, language: str) -> dict[str, ResultTable]:
    """Return every table of the page by key, in its order."""
    tables = [
        _bars_table("status", figure_rows(yearly.found, language), yearly, language),
        _months_table(yearly, language),
        *(_group_table(by, yearly, language) for by in HEADINGS),
        *(_worst_table(by, yearly, language) for by in _WORST),
        _bars_table("stars", star_rows(yearly.found, language), yearly, language),
    ]
    return {table.key: table for table in tables}


def _months_table(yearly: Yearly, language: str) -> ResultTable:
    """Return what came in month by month beside the year before, and what became of it."""
    keys = ("finished", "kept", "mean")
    columns = (
        f"{picked(_BY_KEY['all'].title, language)} {yearly.year}",
        str(yearly.year - 1),
        *(picked(_BY_KEY[key].title, language) for key in keys),
    )
    year = {"year": str(yearly.year)}
    before = Value(sum(month.before.all for month in yearly.months))
    rest = tuple(_value(key, yearly.found, year) for key in keys)
    return ResultTable(
        key=By.MONTH.value,
        title=picked(Words("แนวโน้มรายเดือน", "Month by month"), language),
        heading=picked(Words("เดือน", "Month"), language),
        columns=columns,
        rows=tuple(_month_row(month, keys, language) for month in yearly.months),
        total=TableRow(picked(TOTAL, language), (_value("all", yearly.found, year), before, *rest)),
    )


def month_points(yearly: Yearly, language: str) -> list[tuple[str, int | None, int]]:
    """Return the months as they are drawn: words, this year's number, last year's."""
    return [
        (_month_label(month.first, language), month.results.all if month.results else None, month.before.all)
        for month in yearly.months
    ]


def _month_label(first: date, language: str) -> str:
    """Return ต.ค. 68 or Oct 25."""
    year = first.year if language == "en" else buddhist_year(first)
    return f"{thai_month(first.month, style='short', lang=language)} {year % 100:02d}"


def _month_row(month: Month, keys: Sequence[str], language: str) -> TableRow:
    label, before = _month_label(month.first, language), Value(month.before.all)
    if month.results is None:
        return TableRow(label, (Value(None), before, *(Value(None) for _ in keys)))
    days = {"received_from": month.first.isoformat(), "received_to": month.last.isoformat()}
    results = month.results
    shown = tuple(_value(key, results, days) for key in keys)
    return TableRow(label, (_value("all", results, days), before, *shown))


def _group_table(by: By, yearly: Yearly, language: str) -> ResultTable:
    title, heading = HEADINGS[by]
    year = {"year": str(yearly.year)}
    return ResultTable(
        key=by.value,
        title=picked(title, language),
        heading=picked(heading, language),
        columns=tuple(picked(one.title, language) for one in _SHOWN),
        rows=tuple(
            TableRow(
                group.label, tuple(_value(one.key, group.results, _narrowed(group, year)) for one in _SHOWN)
            )
            for group in yearly.groups[by]
        ),
        total=TableRow(picked(TOTAL, language), tuple(_value(one.key, yearly.found, year) for one in _SHOWN)),
    )


def _narrowed(group: Group, year: Mapping[str, str]) -> Mapping[str, str] | None:
    return None if group.arguments is None else {**year, **group.arguments}


def _worst_table(by: By, yearly: Yearly, language: str) -> ResultTable:
    title, heading = _WORST[by]
    rows = []
    for group in worst_of(yearly.groups[by]):
        late = {"year": str(yearly.year), **(group.arguments or {}), "promise": "broken"}
        share = Value(broken_share(group.results), Kind.PERCENT)
        rows.append(
            TableRow(
                group.label,
                (share, Value(broken_of(group.results), arguments=late), Value(group.results.promised)),
            )
        )
    note = Words(
        f"เรื่องเสร็จเกินกำหนด ÷ เรื่องเสร็จที่มีกำหนด นับเฉพาะที่มีเรื่องเสร็จอย่างน้อย {LEAST_PROMISED} เรื่อง",
        f"Finished late ÷ finished with a promise; only where at least {LEAST_PROMISED} cases were finished",
    )
    columns = (
        Words("ผิดกำหนด", "Broken"),
        Words("เสร็จเกินกำหนด", "Finished late"),
        Words("เสร็จที่มีกำหนด", "Finished with a promise"),
    )
    return ResultTable(
        key=f"worst_{by.value}",
        title=picked(title, language),
        heading=picked(heading, language),
        columns=tuple(picked(one, language) for one in columns),
        rows=tuple(rows),
        note=picked(note, language),
    )


def _bars_table(key: str, bars: Sequence[FigureRow], yearly: Yearly, language: str) -> ResultTable:
    """Return the rows of a drawing as a table, the sum of its figure below them."""
    title, heading, total = _DRAWN[key]
    base = {"year": str(yearly.year), "figure": COUNTED}
    return ResultTable(
        key=key,
        title=picked(title, language),
        heading=picked(heading, language),
        columns=(picked(CASES, language),),
        rows=tuple(
            TableRow(
                bar.label,
                (Value(bar.count, arguments={**base, **(bar.arguments or {})} if bar.count else None),),
            )
            for bar in bars
        ),
        total=TableRow(picked(TOTAL, language), (_value(total, yearly.found, {"year": str(yearly.year)}),)),
    )
