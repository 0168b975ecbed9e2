"""The year's results in sentences, and as the plain values of the one-page paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.errors import Words
from domain.lookups import Lookups
from domain.permissions import Permission
from domain.thai_calendar import thai_date, thai_datetime
from domain.thai_text import grapheme_truncate
from figure_pictures import Bar
from models import Scope
from reports.charts import bar_chart
from reports.figures import By
from reports.groups import figure_rows, group_rows, picked, star_rows
from reports.result_tables import HEADINGS, NOTHING, ResultTable, Tile, tables_of, tiles_of
from reports.yearly import Yearly, first_day, year_earlier, yearly_of

TITLE: Final = Words("ผลการดำเนินงาน", "Results")
MOST_ON_PAPER: Final = 7
"""Bars of one drawing, and letters of a label, so that all find room on one page."""
MOST_LETTERS: Final = 34


def whose(actor: Actor, lookups: Lookups, language: str) -> str:
    """Return whose complaints the officer's figures count."""
    if actor.scope_of(Permission.REPORT_READ) is Scope.ALL:
        return picked(Words("ทั้งเทศบาล", "whole town"), language)
    department = lookups.departments.get(actor.department_id or 0)
    return department.word(language) if department else picked(Words("เรื่องของท่าน", "your cases"), language)


def notes_of(yearly: Yearly, language: str) -> list[str]:
    """Return what is counted, when, and what it is compared with; every paper says the same."""
    at = thai_datetime(yearly.found.at, lang=language)
    first = thai_date(year_earlier(first_day(yearly.year)), lang=language)
    last = thai_date(yearly.until_before, lang=language)
    compared = (
        Words(
            f"เทียบกับช่วงเดียวกันของปีก่อน ({first} ถึง {last})",
            f"Compared with the same days a year before ({first} to {last})",
        )
        if yearly.is_running
        else Words(
            f"เทียบกับปีงบประมาณ {yearly.year - 1} ทั้งปี", f"Compared with the whole fiscal year {yearly.year - 1}"
        )
    )
    notes = (
        Words(
            f"นับเรื่องที่รับในปีงบประมาณ {yearly.year} ตามสถานะ ณ {at}",
            f"Received in fiscal year {yearly.year}, as they stand on {at}",
        ),
        compared,
        Words("ตัวเลขของปีก่อนอาจเปลี่ยนเมื่อมีการเปิดเรื่องอีกครั้ง", "Past years may move when cases are opened again"),
    )
    return [picked(note, language) for note in notes]


def change_words(tile: Tile, language: str) -> str:
    """Return how a number moved against last year's; "" where there is nothing to compare with."""
    change = tile.change
    if change is None:
        return ""
    if not change:
        return picked(Words("เท่ากับปีก่อน", "same as last year"), language)
    sign = "+" if change > 0 else "−"
    points = picked(Words(" จุด", " points"), language) if tile.unit == "%" else ""
    said = f"{sign}{abs(change):,}{points}"
    return picked(
        Words(f"{said} จากปีก่อน ({tile.before.shown})", f"{said} from last year ({tile.before.shown})"),
        language,
    )


def goal_words(tile: Tile, language: str) -> str:
    """Return the goal and whether it is reached; "" without one."""
    if tile.goal is None:
        return ""
    goal = f"{tile.goal}%" if tile.unit == "%" else str(tile.goal)
    if tile.reached is None:
        return picked(Words(f"เป้าหมาย {goal}", f"Goal {goal}"), language)
    if tile.reached:
        return picked(Words(f"ถึงเป้าหมาย {goal}", f"Goal {goal} reached"), language)
    return picked(Words(f"ยังไม่ถึงเป้าหมาย {goal}", f"Goal {goal} not reached yet"), language)


# One page ---------------------------------------------------------------------------------------------------


def paper_of(session: Session, actor: Actor, year: int, lookups: Lookups) -> dict[str, Any]:
    """Count a year and return the values of its paper, in Thai; for whoever makes papers without a page."""
    return paper_facts(yearly_of(session, actor, year, lookups), actor, lookups)


def paper_facts(yearly: Yearly, actor: Actor, lookups: Lookups) -> dict[str, Any]:
    """Return what the one-page paper says, as plain values for ``documents.results_sheet``."""
    tiles = tiles_of(yearly, lookups, "th")
    tables = tables_of(yearly, "th")
    return {
        "town": str(lookups.setting("municipality_name")),
        "office": str(lookups.setting("address") or ""),
        "title": f"{TITLE.th} ปีงบประมาณ {yearly.year}",
        "whose": whose(actor, lookups, "th"),
        "notes": notes_of(yearly, "th"),
        "figures": [_figure(tile) for tile in tiles],
        "drawings": [
            _bars("ตามสถานะ", [row.bar for row in figure_rows(yearly.found, "th")]),
            _bars("ตามคะแนน", [row.bar for row in star_rows(yearly.found, "th")]),
            *(_bars(picked(HEADINGS[by][0], "th"), _group_bars(yearly, by)) for by in (By.CATEGORY, By.ZONE)),
        ],
        "tables": [_lines(tables[key]) for key in ("month", "worst_subcategory")],
    }


def _group_bars(yearly: Yearly, by: By) -> list[Bar]:
    return [row.bar for row in group_rows(yearly.groups[by], MOST_ON_PAPER, "th")]


def _bars(title: str, bars: Sequence[Bar]) -> dict[str, Any]:
    """Return bars with their lengths in thousandths of the axis."""
    drawn = bar_chart(bars).bars
    rows = [
        {
            "label": grapheme_truncate(bar.label, MOST_LETTERS),
            "count": f"{bar.count:,}",
            "tone": bar.parts[0].tone if bar.parts else "",
            "length": round(sum(part.length for part in bar.parts)),
        }
        for bar in drawn
    ]
    return {"title": title, "rows": rows}


def _lines(table: ResultTable) -> dict[str, Any]:
    rows = [*table.rows, *([table.total] if table.total else [])]
    return {
        "title": table.title,
        "heads": [table.heading, *table.columns],
        "rows": [
            [grapheme_truncate(row.label, MOST_LETTERS), *(value.shown for value in row.values)]
            for row in rows
        ],
        "note": table.note,
    }


def _figure(tile: Tile) -> dict[str, str]:
    unit = "" if tile.unit == "%" or tile.value.shown == NOTHING else tile.unit
    return {
        "title": tile.title,
        "value": tile.value.shown,
        "unit": unit,
        "meaning": tile.meaning,
        "change": change_words(tile, "th"),
        "goal": goal_words(tile, "th"),
    }
