"""What a report is: documented columns, where its rows come from, and what is said about its file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import IO, Any, Final

from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.complaint_filter import ROW_KEYS, ComplaintFilter
from domain.errors import Words
from domain.lookups import Lookups, Row
from domain.permissions import Permission
from domain.thai_dates import thai_datetime
from reports.cells import Cell
from reports.definitions import NOT_GIVEN

FILTER_KEYS: Final = ("department", "category", "zone", "channel")
FILTER_LABELS: Final = ("หน่วยงาน", "ตัวย่อ", "เขต", "ช่องทาง")


class Kind(StrEnum):
    """What stands in a column."""

    TEXT = "text"
    NUMBER = "number"
    PERCENT = "percent"
    DAY = "day"
    MOMENT = "moment"
    STARS = "stars"
    DEGREES = "degrees"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a report.

    Attributes:
        key: Its name in open formats.
        heading: In Thai, for the file.
        heading_en: The same in English.
        meaning: What stands in it, printed in the file.
        kind: What stands in it.
        width: In letters; texts wrap.
        is_personal: Masked unless the officer may reveal it and said why.
    """

    key: str
    heading: str
    heading_en: str
    meaning: str
    kind: Kind = Kind.TEXT
    width: int = 16
    is_personal: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What a report is made from.

    Attributes:
        session: For reading.
        actor: Whose reach and rights.
        lookups: Names of the small tables.
        chosen: Fiscal years and the other conditions.
        at: The moment the file bears.
        reveals: Show personal data in full.
    """

    session: Session
    actor: Actor
    lookups: Lookups
    chosen: ComplaintFilter
    at: datetime
    reveals: bool = False

    @property
    def years(self) -> list[int]:
        """Return the fiscal years, oldest first."""
        return sorted(self.chosen.year)

    def name(self, rows: str, row_id: int | None) -> str | None:
        """Return the name of a row of a small table; None where the field is empty."""
        found: Mapping[int, Row] = getattr(self.lookups, rows)
        row = found.get(row_id) if row_id else None
        return row.name if row else None


@dataclass(frozen=True, slots=True)
class Made:
    """The rows of a report, read once as its file is written; totals where they mean something."""

    rows: Iterable[Sequence[Cell]]
    totals: Sequence[Cell] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report of the register.

    Attributes:
        key: Stands in addresses, schedules and the audit log; never changes.
        title: Its name.
        about: What it is for.
        readers: Who it is for.
        columns: In their order.
        make: Returns its rows.
        definitions: Sentences printed in the file.
        narrow: Fields of the filter that are always so.
        has_cases: Whether its rows grow with the cases, so that a long one goes through the worker.
        book: Writes a workbook of its own shape instead of one table; returns the number of rows.
        page: Endpoint of the page that shows the same.
    """

    key: str
    title: Words
    about: Words
    readers: Words
    columns: tuple[Column, ...]
    make: Callable[[Source], Made]
    definitions: tuple[str, ...] = ()
    narrow: Mapping[str, Any] = field(default_factory=dict)
    has_cases: bool = True
    book: Callable[[IO[bytes], Report, Source, Sequence[tuple[str, str]]], int] | None = None
    page: str | None = None

    @property
    def is_personal(self) -> bool:
        """Tell whether people stand in it, masked or not."""
        return any(column.is_personal for column in self.columns)

    @property
    def permission(self) -> Permission:
        """Return what an officer must hold, and whose reach decides."""
        return Permission.COMPLAINT_EXPORT if self.is_personal else Permission.REPORT_EXPORT

    @property
    def file_types(self) -> tuple[str, ...]:
        """Return the formats it can be had in."""
        has_pin = any(column.key == "latitude" for column in self.columns)
        return ("xlsx", "csv", "json", "geojson") if has_pin else ("xlsx", "csv", "json")

    def narrowed(self, chosen: ComplaintFilter) -> ComplaintFilter:
        """Return the filter over the cases this report is about."""
        return replace(chosen, **self.narrow)


def about_report(
    report: Report, source: Source, filters: Iterable[tuple[str, str]], reason: str
) -> list[tuple[str, str]]:
    """Return what the file says about itself: filters, who, when, definitions.

    Args:
        report: Which one.
        source: What it is made from.
        filters: (name, words) of each condition beside the years.
        reason: Why it is taken away; empty where nobody asked.
    """
    years = source.years
    span = "" if not years else f"{years[0]}" if len(years) == 1 else f"{years[0]}–{years[-1]}"
    lines = [("รายงาน", report.title.th), ("ปีงบประมาณที่รับเรื่อง", span or "ทุกปี")]
    lines += [(f"ตัวกรอง: {name}", words) for name, words in filters]
    lines += [("จัดทำโดย", source.actor.name), ("จัดทำเมื่อ", thai_datetime(source.at, "long"))]
    if report.is_personal:
        lines.append(("ข้อมูลส่วนบุคคล", "แสดงเต็ม" if source.reveals else "ปกปิด"))
    if reason:
        lines.append(("เหตุผล", reason))
    return [*lines, *(("นิยาม", sentence) for sentence in report.definitions)]


def plain_decimal(value: Any) -> Cell:
    """Return a database's number as a file holds it."""
    return None if value is None else float(value)


def worded_filter(args: Mapping[str, str], lookups: Lookups) -> list[list[str]]:
    """Return a filter of ``FILTER_KEYS`` as [name, words] pairs, for a file nobody sits before a page for."""
    found = []
    for key, label in zip(FILTER_KEYS, FILTER_LABELS, strict=True):
        codes = set(args.get(key, "").split(",")) - {""}
        rows: Mapping[int, Row] = getattr(lookups, ROW_KEYS[key])
        names = [row.name for row in rows.values() if row.code in codes]
        if codes:
            found.append([label, ", ".join(names) or NOT_GIVEN.th])
    return found
