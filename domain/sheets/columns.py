"""The columns a file may have: heading, what belongs below it, an example; and how headings are matched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from sqlalchemy.orm import Session

from domain.errors import DomainError, Words, add_message
from domain.sheets.raw_table import fold_heading, letter_of

NOTE: Final = "หมายเหตุ"
"""A column of ours that is never read, but marks the template's example by the word below."""
EXAMPLE: Final = "ตัวอย่าง"
ERRORS: Final = "ข้อผิดพลาด"
"""The column of the file with refused rows; it may stay when the mended file comes back."""

_OURS: Final = frozenset({fold_heading(NOTE), fold_heading(ERRORS)})
Choices = Sequence[tuple[Any, Words]]

add_message(
    "sheet_columns_missing",
    thai="ไม่พบคอลัมน์ {names} ในแถวหัวตาราง (แถว {row}) กรุณาเติมคอลัมน์ หรือใช้แบบฟอร์มที่ดาวน์โหลดจากหน้านี้",
    english="The headings in row {row} lack {names}. Add the column, or use the template from this page",
)
add_message(
    "sheet_heading_twice",
    thai="หัวตาราง “{name}” มีสองคอลัมน์ ({first} และ {second}) กรุณาเหลือคอลัมน์เดียว",
    english="The heading “{name}” stands twice ({first} and {second}). Please leave one",
)


class Shape(StrEnum):
    """What belongs into the cells of a column."""

    TEXT = "text"
    PHONE = "phone"
    NATIONAL_ID = "national_id"
    DATE = "date"
    FLAG = "flag"
    WHOLE = "whole"
    CHOICE = "choice"
    CHOICES = "choices"  # several, with commas between
    CLOCK_TIME = "clock_time"
    DEGREES = "degrees"


SHAPE_WORDS: Final[dict[Shape, str]] = {
    Shape.TEXT: "ข้อความ",
    Shape.PHONE: "เบอร์โทรศัพท์ 9-10 หลัก มีหรือไม่มีขีดก็ได้",
    Shape.NATIONAL_ID: "ตัวเลข 13 หลัก มีหรือไม่มีขีดก็ได้",
    Shape.DATE: "วัน/เดือน/ปี พ.ศ. 4 หลัก เช่น 03/03/2500",
    Shape.FLAG: "ใช่ หรือ ไม่ใช่",
    Shape.WHOLE: "ตัวเลขจำนวนเต็ม",
    Shape.CHOICE: "เลือกจากรายการ",
    Shape.CHOICES: "เลือกได้หลายรายการ คั่นด้วยจุลภาค",
    Shape.CLOCK_TIME: "เวลา เช่น 08:30",
    Shape.DEGREES: "องศาทศนิยม WGS84 เช่น 16.432100",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a kind of file.

    Attributes:
        key: Name of the value, mostly the table's column.
        title: Heading in the template.
        help: One Thai line: what belongs here.
        shape: What the cells hold.
        example: What the template's example row shows.
        required: A new row needs it.
        aliases: Other headings people write.
        choices: Reads what may be chosen, as (code, words).
        field: Name the rules use in errors, where it is another one.
        personal: Never shown in full in the preview.
    """

    key: str
    title: str
    help: str
    shape: Shape = Shape.TEXT
    example: str = ""
    required: bool = False
    aliases: tuple[str, ...] = ()
    choices: Callable[[Session], Choices] | None = None
    field: str = ""
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Matched:
    """Which heading of a file is which column.

    Attributes:
        places: Position among the file's headings of each known column, by key.
        letters: Excel's letters of each known column.
        ignored: Headings nobody knows.
        note: Position of the note that marks the example.
    """

    places: Mapping[str, int]
    letters: Mapping[str, str]
    ignored: tuple[str, ...] = ()
    note: int | None = None
    spots: Mapping[int, int] = field(default_factory=dict)


def known_headings(columns: Sequence[Column]) -> frozenset[str]:
    """Return the folded headings of a kind of file, for finding its sheet."""
    return frozenset(_by_heading(columns))


def match(columns: Sequence[Column], headings: Sequence[tuple[int, str]], heading_row: int) -> Matched:
    """Find the columns in a file's headings, whatever their order.

    Raises:
        DomainError: ``sheet_heading_twice`` or ``sheet_columns_missing``.
    """
    wanted = _by_heading(columns)
    places: dict[str, int] = {}
    letters: dict[str, str] = {}
    ignored: list[str] = []
    note = None
    for place, (number, text) in enumerate(headings):
        folded = fold_heading(text)
        column = wanted.get(folded)
        if column is None:
            note = place if folded == fold_heading(NOTE) else note
            ignored += [] if folded in _OURS else [" ".join(text.split())]
        elif column.key in places:
            first = letters[column.key]
            raise DomainError("sheet_heading_twice", name=column.title, first=first, second=letter_of(number))
        else:
            places[column.key], letters[column.key] = place, letter_of(number)
    missing = [f"“{column.title}”" for column in columns if column.required and column.key not in places]
    if missing:
        raise DomainError("sheet_columns_missing", names=", ".join(missing), row=heading_row)
    spots = {number: place for place, (number, _text) in enumerate(headings)}
    return Matched(places, letters, tuple(ignored), note, spots)


def _by_heading(columns: Sequence[Column]) -> dict[str, Column]:
    return {
        fold_heading(name): column
        for column in columns
        for name in (column.title, column.key, *column.aliases)
    }
