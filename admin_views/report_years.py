"""Which fiscal years a report is about: ``from_year`` to ``to_year`` in the address, else the present one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from flask import request
from flask_babel import gettext as _

from admin_views.complaint_filters import OWN_KEYS, Asked, asked_filter
from admin_views.identity import current_actor, current_lookups
from domain.clock import fiscal_year_of, today
from domain.complaint_filter import FIRST_YEAR, LAST_YEAR
from reports.case_summary import MOST_YEARS

YEARS_OFFERED: Final = 8
FROM, TO = "from_year", "to_year"


def asked_years() -> tuple[Asked, list[int]]:
    """Return the filter of this address with its fiscal years set, and the years; several stand in a row."""
    asked = asked_filter(current_actor(), current_lookups(), OWN_KEYS | {FROM, TO})
    present = fiscal_year_of(today())
    first, last = (_year(asked, name) for name in (FROM, TO))
    first = first or last or max(asked.chosen.year, default=present)
    last = last or first
    if first > last:
        first, last = last, first
    if last - first >= MOST_YEARS:
        asked.problems.append(_("รวมได้ครั้งละไม่เกิน %(most)s ปี จึงแสดงเฉพาะปีหลังสุด", most=MOST_YEARS))
        first = last - MOST_YEARS + 1
    years = list(range(first, last + 1))
    chips = [chip for chip in asked.chips if chip.key != "year"]
    args = {key: words for key, words in asked.args.items() if key != "year"}
    chosen = replace(asked.chosen, year=frozenset(years))
    return replace(asked, chosen=chosen, chips=chips, args=args), years


def _year(asked: Asked, name: str) -> int | None:
    text = request.args.get(name, "")
    if not text:
        return None
    if text.isascii() and text.isdecimal() and len(text) == 4 and FIRST_YEAR <= int(text) <= LAST_YEAR:
        return int(text)
    asked.problems.append(_("อ่านปีงบประมาณ “%(year)s” ไม่ได้ จึงไม่ได้ใช้", year=text[:60]))
    return None


def offered_years(years: Sequence[int]) -> list[int]:
    """Return the years to choose from, newest first, those chosen among them."""
    present = fiscal_year_of(today())
    return sorted({*range(present - YEARS_OFFERED + 1, present + 1), *years}, reverse=True)
