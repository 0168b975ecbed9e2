"""What everybody may see: a fiscal year's figures by one thing at a time, counts of cases and nothing else.

The rule for small groups: counts stand as they are, as a count names nobody; a share or a mean stands only
from ``ENOUGH`` cases; and no two groupings are ever crossed, so that nobody is singled out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.complaint_filter import ComplaintFilter
from domain.errors import Words
from domain.lookups import Lookups, Row
from domain.thai_calendar import thai_month
from models import Figure
from reports.definitions import NOT_GIVEN
from reports.figures import By, fiscal_year_of_month, years_of
from reports.results import Results, empty_results, results_by

ENOUGH: Final = 3
EVERYBODY: Final = Actor.system("หน้าสถิติสาธารณะ")
GROUPS: Final = {
    By.CATEGORY: Words("ประเภทเรื่อง", "Type"),
    By.ZONE: Words("เขต", "Zone"),
    By.MONTH: Words("เดือนที่รับเรื่อง", "Month of receipt"),
}
ALL: Final = Words("รวม", "All")
COLUMNS: Final = {
    "fiscal_year": "ปีงบประมาณ",
    "group": "แบ่งตาม",
    "code": "รหัส",
    "name": "รายการ",
    "all": "เรื่องทั้งหมด",
    "finished": "เสร็จสิ้น",
    "progress": "ระหว่างดำเนินการ",
    "examination": "ระหว่างตรวจสอบ",
    "rejected": "ไม่รับเรื่อง",
    "success_percent": "ร้อยละความสำเร็จ",
    "kept_percent": "ทันกำหนด (ร้อยละ)",
    "rated": "เรื่องที่ได้รับคะแนน",
    "mean_rating": "คะแนนเฉลี่ย",
}
"""Columns of the file, by their English names in JSON."""


@dataclass(frozen=True, slots=True)
class OpenRow:
    """One group's figures as the public sees them; a share of few cases is None."""

    code: str
    name: Words
    found: Results

    @property
    def success(self) -> Decimal | None:
        """Return the share fixed, of enough cases."""
        return self.found.success if self.found.all >= ENOUGH else None

    @property
    def kept(self) -> Decimal | None:
        """Return the share finished in time, of enough cases."""
        return self.found.kept if self.found.promised >= ENOUGH else None

    @property
    def days(self) -> Decimal | None:
        """Return the mean days to the end, of enough cases."""
        return self.found.mean_days if self.found.finished >= ENOUGH else None

    @property
    def mean(self) -> Decimal | None:
        """Return the mean rating, of enough cases."""
        return self.found.mean if self.found.rated >= ENOUGH else None


@dataclass(frozen=True, slots=True)
class OpenTable:
    """A year's figures by one thing."""

    by: By
    heading: Words
    rows: tuple[OpenRow, ...]


@dataclass(frozen=True, slots=True)
class OpenYear:
    """The public figures of a fiscal year.

    Attributes:
        years: Those with any case, newest first.
    """

    year: int
    years: tuple[int, ...]
    total: OpenRow
    tables: tuple[OpenTable, ...]


def open_years(session: Session) -> tuple[int, ...]:
    """Return the fiscal years there are cases of, newest first."""
    months = results_by(session, EVERYBODY, ComplaintFilter(), (By.MONTH,))
    return tuple(sorted({fiscal_year_of_month(month) for (month,) in months if month}, reverse=True))


def open_year(session: Session, lookups: Lookups, year: int) -> OpenYear:
    """Count what the public may see of a fiscal year."""
    chosen = years_of(ComplaintFilter(), [year])
    counted = results_by(session, EVERYBODY, chosen, ())
    total = OpenRow("", ALL, counted.get((), empty_results()))
    tables = tuple(
        OpenTable(by, heading, _rows(by, results_by(session, EVERYBODY, chosen, (by,)), lookups))
        for by, heading in GROUPS.items()
    )
    return OpenYear(year, open_years(session), total, tables)


def _rows(by: By, counted: Mapping[tuple[int, ...], Results], lookups: Lookups) -> tuple[OpenRow, ...]:
    found = {key: results for (key,), results in counted.items()}
    if by is By.MONTH:
        return tuple(OpenRow(_month_code(key), _month_words(key), found[key]) for key in sorted(found))
    names: Mapping[int, Row] = lookups.categories if by is By.CATEGORY else lookups.zones
    known = [OpenRow(row.code, _words_of(row), found[key]) for key, row in names.items() if key in found]
    nameless = [OpenRow("", NOT_GIVEN, found[key]) for key in found if key not in names]
    return tuple(known + nameless)


def _words_of(row: Row) -> Words:
    return Words(row.word("th"), row.word("en"))


def _month_code(month: int) -> str:
    return f"{month // 100}-{month % 100:02}"


def _month_words(month: int) -> Words:
    year, of_year = divmod(month, 100)
    return Words(f"{thai_month(of_year)} {year + 543}", f"{thai_month(of_year, lang='en')} {year}")


# Taking it away ---------------------------------------------------------------------------------------------


def open_records(view: OpenYear) -> list[dict[str, Any]]:
    """Return every row of the page by the names of ``COLUMNS``, totals first; names in Thai."""
    first = _record(view.year, Words("ทั้งหมด", "All"), view.total)
    return [first, *(_record(view.year, table.heading, row) for table in view.tables for row in table.rows)]


def _record(year: int, group: Words, row: OpenRow) -> dict[str, Any]:
    found = row.found
    values: Sequence[Any] = (
        *(year, group.th, row.code, row.name.th),
        *(found.all, found.finished, found.progress, found.examination),
        found.by_figure[Figure.REJECTED],
        *(row.success, row.kept, found.rated, row.mean),
    )
    return dict(zip(COLUMNS, values, strict=True))


def as_numbers(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the records with plain numbers, for JSON."""
    return [
        {key: float(value) if isinstance(value, Decimal) else value for key, value in record.items()}
        for record in records
    ]
