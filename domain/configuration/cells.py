"""One cell of a configuration file: read from JSON, compared, written into its column."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import JSON, Boolean, Date, Enum, Integer, Numeric

from domain.catalogue import read_boundary
from domain.configuration.document import visible
from domain.errors import InvalidField, MissingField, Words, add_message
from domain.questions import MAX_QUESTION, QuestionEntry
from domain.roles import read_grants
from domain.thai_text import clean_text, to_arabic_digits
from models import QuestionKind

MAX_WORDS: Final = 2_000  # A text of a message, as on its screen.
MAX_CODE: Final = 60
MONTHS: Final = (1, 12)
ORDERS: Final = (-1_000_000, 1_000_000)
YEARS: Final = (1950, 2150)
LIMITS: Final = {"season_from": MONTHS, "season_to": MONTHS}
QUESTION: Final = ("question", "question_en", "kind", "choices", "is_required", "is_active")
TIMES: Final = frozenset({"opens_at", "closes_at"})

_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00", re.ASCII)
_SIX_PLACES: Final = Decimal("0.000001")

TEXT: Final = Words("ข้อความในเครื่องหมายคำพูด", "text in quotes")
FLAG: Final = Words("true หรือ false", "true or false")
WHOLE: Final = Words("จำนวนเต็ม", "a whole number")
DEGREES: Final = Words('พิกัด เช่น "16.432100" หรือ null', 'degrees such as "16.432100", or null')
DAY: Final = Words('วันที่ ค.ศ. เช่น "2026-04-13"', 'a day such as "2026-04-13"')
TIME: Final = Words('เวลา เช่น "08:30" หรือ null', 'a time such as "08:30", or null')
PAIRS: Final = Words("วงเล็บปีกกา { } ของชื่อกับข้อความ", "braces { } of names with texts")
LISTED: Final = Words("รายการในวงเล็บเหลี่ยม [ ]", "a list in brackets [ ]")

add_message(
    "configuration_wrong_type",
    thai="ค่านี้ต้องเป็น{wanted} แต่ในไฟล์เป็น {found}",
    english="This must be {wanted}; the file has {found}",
)
add_message(
    "configuration_word_unknown",
    thai="ไม่รู้จัก “{found}” ใช้ได้เฉพาะ {known}",
    english="“{found}” is not known; it may be {known}",
)
add_message(
    "configuration_year_buddhist",
    thai="ปี {year} ดูเป็น พ.ศ. ในไฟล์ต้องเป็น ค.ศ. คือ {christian}",
    english="{year} looks like a Buddhist year; the file takes the Christian one, {christian}",
)
add_message(
    "configuration_cell_unknown",
    thai="ไม่รู้จักช่อง “{name}” กรุณาตรวจตัวสะกดหรือลบออก ช่องที่มี: {known}",
    english="There is no field “{name}”: check its spelling or take it out. There are: {known}",
)


def wrong_type(cell: str, wanted: Words, value: Any) -> InvalidField:
    """Return the error of a value of another kind than the cell's."""
    found = visible(json.dumps(value, ensure_ascii=False))
    return InvalidField("configuration_wrong_type", field=cell, wanted=wanted, found=found)


def unknown_cells(found: Mapping[str, Any], known: tuple[str, ...]) -> list[InvalidField]:
    """Return an error for each name that is none of the known ones."""
    return [
        InvalidField(
            "configuration_cell_unknown", field=visible(name), name=visible(name), known=", ".join(known)
        )
        for name in found
        if name not in known
    ]


def read_cell(cell: str, column: Any, value: Any) -> Any:
    """Return a cell's plain value as an export would write it.

    Args:
        cell: Its name.
        column: The column behind it; None for grants and questions.
        value: From the file.

    Raises:
        InvalidField: it cannot stand there.
        FieldErrors: several things in one cell cannot.
    """
    if column is None:
        return _grants(cell, value) if cell == "grants" else _questions(cell, value)
    kind = column.type
    if isinstance(kind, JSON):
        return _boundary(cell, value) if cell == "boundary" else _words(cell, value)
    if value is None or value == "":
        if column.nullable:
            return None
        raise MissingField(field=cell)
    return _of_kind(cell, column, kind, value)


def read_code(cell: str, value: Any) -> str | None:
    """Return the code of another row; None for none.

    Raises:
        InvalidField: it is no text, or too long for a code.
    """
    if value is None:
        return None
    text = _exactly(cell, str, TEXT, value)
    return clean_text(text, max_length=MAX_CODE, field=cell, multiline=False) or None


def _of_kind(cell: str, column: Any, kind: Any, value: Any) -> Any:
    if isinstance(kind, Boolean):
        return _exactly(cell, bool, FLAG, value)
    if isinstance(kind, Integer):
        return _whole(cell, value)
    if isinstance(kind, Numeric):
        return _degrees(cell, value)
    if isinstance(kind, Date):
        return _day(cell, value)
    members: Any = kind.enum_class if isinstance(kind, Enum) else None
    if members:
        return _member(cell, members, value)
    return _text(cell, column, value)


def _exactly(cell: str, kind: type, wanted: Words, value: Any) -> Any:
    if not isinstance(value, kind):
        raise wrong_type(cell, wanted, value)
    return value


def _text(cell: str, column: Any, value: Any) -> str | None:
    wanted = TIME if cell in TIMES else TEXT
    text = clean_text(
        _exactly(cell, str, wanted, value),
        max_length=getattr(column.type, "length", None) or MAX_WORDS,
        field=cell,
        multiline=cell == "description",
        required=not column.nullable,
    )
    if cell in TIMES and not _TIME.fullmatch(text):
        raise wrong_type(cell, TIME, value)
    return text or None


def _whole(cell: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_type(cell, WHOLE, value)
    low, high = LIMITS.get(cell, ORDERS)
    if not low <= value <= high:
        raise InvalidField("number_out_of_range", field=cell, min=low, max=high)
    return value


def _degrees(cell: str, value: Any) -> str:
    text = to_arabic_digits(value).strip() if isinstance(value, str) else repr(value)
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise wrong_type(cell, DEGREES, value) from error
    if not number.is_finite() or abs(number) > 180:
        raise wrong_type(cell, DEGREES, value)
    return f"{number.quantize(_SIX_PLACES):f}"


def _day(cell: str, value: Any) -> str:
    try:
        found = date.fromisoformat(to_arabic_digits(_exactly(cell, str, DAY, value)).strip())
    except ValueError as error:
        raise wrong_type(cell, DAY, value) from error
    if found.year > 2400:
        raise InvalidField(
            "configuration_year_buddhist", field=cell, year=str(found.year), christian=str(found.year - 543)
        )
    if not YEARS[0] <= found.year <= YEARS[1]:
        raise wrong_type(cell, DAY, value)
    return found.isoformat()


def _member(cell: str, members: type[StrEnum], value: Any) -> str:
    text = _exactly(cell, str, TEXT, value)
    if text not in set(members):
        raise InvalidField(
            "configuration_word_unknown", field=cell, found=visible(text), known=", ".join(members)
        )
    return str(text)


def _boundary(cell: str, value: Any) -> Any:
    if value is None:
        return None
    if not isinstance(value, dict) or not _only_numbers(value.get("coordinates")):
        raise InvalidField("boundary_unreadable", field=cell)
    return read_boundary(json.dumps(value), field=cell)


def _only_numbers(coordinates: Any) -> bool:
    """Tell whether the ends of all lists are pairs (or triples) of numbers."""
    if not isinstance(coordinates, list) or not coordinates:
        return False
    if all(isinstance(part, list) for part in coordinates):
        return all(_only_numbers(part) for part in coordinates)
    numbers = all(isinstance(part, int | float) and not isinstance(part, bool) for part in coordinates)
    return numbers and len(coordinates) in {2, 3}


def _words(cell: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise wrong_type(cell, PAIRS, value)
    texts = {}
    for name, text in sorted(value.items()):
        whole = _exactly(f"{cell}.{visible(name)}", str, TEXT, text)
        texts[name] = clean_text(whole, max_length=MAX_WORDS, field=f"{cell}.{visible(name)}")
    return {name: text for name, text in texts.items() if text}


def _grants(cell: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(scope, str) for scope in value.values()):
        raise wrong_type(cell, PAIRS, value)
    return {name: scope.value for name, scope in sorted(read_grants(value).items())}


def _questions(cell: str, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise wrong_type(cell, LISTED, value)
    return [_question(cell, one) for one in value]


def _question(cell: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise wrong_type(cell, PAIRS, value)
    for error in unknown_cells(value, QUESTION):
        raise error
    choices = value.get("choices", [])
    if not isinstance(choices, list) or not all(isinstance(choice, str) for choice in choices):
        raise wrong_type(f"{cell}.choices", LISTED, choices)
    english = value.get("question_en")
    text = _exactly(f"{cell}.question", str, TEXT, value.get("question"))
    return {
        "question": clean_text(text, max_length=MAX_QUESTION, field=cell, multiline=False),
        "question_en": _exactly(f"{cell}.question_en", str, TEXT, english) or None if english else None,
        "kind": _member(f"{cell}.kind", QuestionKind, value.get("kind", QuestionKind.TEXT.value)),
        "choices": choices,
        "is_required": _exactly(f"{cell}.is_required", bool, FLAG, value.get("is_required", False)),
        "is_active": _exactly(f"{cell}.is_active", bool, FLAG, value.get("is_active", True)),
    }


def question_entry(plain: Mapping[str, Any], row_id: int | None) -> QuestionEntry:
    """Return a question of the file as the verb that writes it takes it."""
    return QuestionEntry(id=row_id, **{**plain, "kind": QuestionKind(plain["kind"])})


def plain_value(value: Any) -> Any:
    """Return a column's value as a file holds it."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Decimal):
        return f"{value.quantize(_SIX_PLACES):f}"
    if isinstance(value, date):
        return value.isoformat()
    return value


def stored_value(column: Any, plain: Any) -> Any:
    """Return a plain value as its column takes it."""
    if plain is None:
        return None
    if isinstance(column.type, Enum) and column.type.enum_class:
        return column.type.enum_class(plain)
    if isinstance(column.type, Numeric):
        return Decimal(plain)
    return date.fromisoformat(plain) if isinstance(column.type, Date) else plain
