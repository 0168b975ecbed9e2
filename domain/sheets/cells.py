"""One cell made a plain value: Thai digits, Buddhist years, and what Excel does to phones and codes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from domain.clock import BUDDHIST_OFFSET, today
from domain.errors import InvalidField, MissingField, Words, add_message
from domain.national_id import normalise_national_id
from domain.phones import normalise_phone
from domain.sheets.columns import Column, Shape
from domain.thai_dates import FIRST_BUDDHIST_YEAR, parse_thai_date, thai_date
from domain.thai_text import search_form

REMOVED: Final = ""
"""The value of a cell with a dash: what is stored goes. An empty cell leaves it as it is."""

_DASHES: Final = frozenset({"-", "–", "—", "−"})
_LONGEST_DASH: Final = 9
_YES: Final = frozenset({"ใช่", "ใช้งาน", "เปิด", "เปิดใช้งาน", "จริง", "yes", "y", "true", "1", "✓", "/"})
_NO: Final = frozenset({"ไม่ใช่", "ไม่ใช้งาน", "ปิด", "ปิดใช้งาน", "เท็จ", "no", "n", "false", "0", "✗", "x"})
_CLOCK: Final = re.compile(r"(\d{1,2})[:.](\d{2})(?::00)?(?: ?น\.?)?", re.ASCII)
_WHOLE: Final = re.compile(r"-?\d{1,9}", re.ASCII)
_LOST_MOBILE: Final = re.compile(r"[689]\d{8}", re.ASCII)
_LOST_LANDLINE: Final = re.compile(r"[23457]\d{7}", re.ASCII)
_SHOWN_CHOICES: Final = 12

add_message(
    "sheet_cell_formula",
    thai="เป็นสูตร ระบบไม่คำนวณสูตร กรุณาคัดลอกแล้ววางแบบ “ค่า” (Paste values)",
    english="It is a formula, and formulas are not calculated here: copy it and paste values",
)
add_message(
    "sheet_cell_merged",
    thai="เป็นเซลล์ที่ผสานกัน กรุณายกเลิกการผสานเซลล์ แล้วกรอกให้ครบทุกแถว",
    english="It is a merged cell: unmerge it and fill in every row",
)
add_message(
    "sheet_cell_turned_date",
    thai="Excel เปลี่ยนเป็นวันที่ {date} กรุณาตั้งรูปแบบเซลล์เป็น “ข้อความ” แล้วพิมพ์ใหม่",
    english="Excel made it the date {date}: format the cell as text and type it again",
)
add_message(
    "sheet_cell_number_lost",
    thai="ตัวเลขยาวเกินที่ Excel เก็บได้ ตัวท้ายหายไปแล้ว กรุณาตั้งรูปแบบเซลล์เป็น “ข้อความ” แล้วพิมพ์ใหม่",
    english="The number is longer than Excel keeps; its end is lost: format the cell as text, type it again",
)
add_message(
    "sheet_cell_flag",
    thai="อ่าน “{word}” ไม่ออก กรุณาใส่ ใช่ หรือ ไม่ใช่",
    english="“{word}” cannot be read: write yes or no",
)
add_message(
    "sheet_cell_choice",
    thai="ไม่มี “{word}” ในระบบ ที่ใช้ได้คือ {choices}",
    english="There is no “{word}” here. What may stand: {choices}",
)
add_message(
    "sheet_cell_clock",
    thai="อ่านเวลา “{word}” ไม่ออก กรุณาพิมพ์ ชั่วโมง:นาที เช่น 08:30",
    english="The time “{word}” cannot be read: write hours:minutes, as in 08:30",
)
add_message(
    "sheet_cell_fixed",
    thai="ลบค่านี้ไม่ได้ กรุณาใส่ค่าใหม่ หรือเว้นว่างเพื่อคงค่าเดิม",
    english="This cannot be removed: give a new value, or leave it empty to keep the old one",
)
add_message(
    "sheet_cell_year",
    thai="ปี {year} เป็นไปไม่ได้ กรุณาพิมพ์วันที่ใหม่ เช่น {example}",
    english="The year {year} is impossible: type the date again, as in {example}",
)


class CellReader:
    """Reads the cells of one kind of file; what may be chosen is read once.

    A column stands for itself in errors: the field of each is the column's key.
    """

    def __init__(self, columns: Sequence[Column], choices: Mapping[str, Sequence[tuple[Any, Words]]]) -> None:
        self._choices = choices
        self._today = today()
        self._codes = {key: _codes_of(pairs) for key, pairs in choices.items()}
        self._readers: dict[Shape, Callable[[Any, Column], Any]] = {
            Shape.TEXT: lambda value, column: _text(value, column.key),
            Shape.DEGREES: lambda value, column: _text(value, column.key),
            Shape.PHONE: _phone,
            Shape.NATIONAL_ID: _national_id,
            Shape.DATE: self._day,
            Shape.FLAG: _flag,
            Shape.WHOLE: _whole,
            Shape.CLOCK_TIME: _clock_time,
            Shape.CHOICE: self._choice,
            Shape.CHOICES: self._several,
        }
        self._plans = [(column, self._readers[column.shape]) for column in columns]

    def read(self, cells: Mapping[str, Any]) -> tuple[dict[str, Any], list[InvalidField]]:
        """Return the values of a row by column, and what cannot be read; empty cells have no value."""
        values: dict[str, Any] = {}
        errors: list[InvalidField] = []
        for column, reader in self._plans:
            cell = cells.get(column.key)
            if cell is None or _is_unseen(cell):
                continue
            try:
                values[column.key] = _removal(column) if _is_dash(cell) else reader(cell, column)
            except InvalidField as error:
                errors.append(error)
        return {key: value for key, value in values.items() if value is not None}, errors

    def _day(self, value: Any, column: Column) -> str:
        """Return a day as ISO text; an Excel date with a year from 2400 on was typed in Buddhist years."""
        if isinstance(value, datetime):
            value = value.date()
        if isinstance(value, date):
            return _christian(value, column).isoformat()
        text = _text(value, column.key)
        return parse_thai_date(text, field=column.key, today=self._today).isoformat()

    def _choice(self, value: Any, column: Column) -> Any:
        text = _text(value, column.key)
        return self._code(text, column) if text.strip() else None

    def _several(self, value: Any, column: Column) -> Any:
        parts = [part for part in re.split(r"[,;\n]", _text(value, column.key)) if part.strip()]
        return [self._code(part, column) for part in parts] or None

    def _code(self, text: str, column: Column) -> Any:
        codes = self._codes[column.key]
        folded = search_form(text[:200])
        if folded not in codes:
            raise InvalidField(
                "sheet_cell_choice",
                field=column.key,
                word=" ".join(text.split())[:60],
                choices=_listed(self._choices[column.key]),
            )
        return codes[folded]


def _codes_of(pairs: Sequence[tuple[Any, Words]]) -> dict[str, Any]:
    """Return every spelling of each choice; where two share a name only the code tells them apart."""
    found: dict[str, Any] = {}
    twice: set[str] = set()
    for code, words in pairs:
        for name in {search_form(words.th), search_form(words.en)} - {""}:
            if found.setdefault(name, code) != code:
                twice.add(name)
    for name in twice:
        del found[name]
    return found | {search_form(str(code)): code for code, _words in pairs}


def _listed(pairs: Sequence[tuple[Any, Words]]) -> Words:
    more = len(pairs) - _SHOWN_CHOICES
    shown = pairs[:_SHOWN_CHOICES]
    thai, english = (", ".join(words[language] for _code, words in shown) for language in (0, 1))
    if more <= 0:
        return Words(thai, english)
    return Words(f"{thai} และอีก {more} รายการ (ดูในแผ่น “คำอธิบาย”)", f"{english} and {more} more")


def _is_unseen(value: Any) -> bool:
    """Tell whether a cell holds only what nobody sees, such as zero-width letters of a copied page."""
    return isinstance(value, str) and not value.isprintable() and not search_form(value[:1000])


def _is_dash(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_DASH and value.strip() in _DASHES


def _removal(column: Column) -> str:
    if column.required or column.shape is Shape.FLAG:
        raise InvalidField("sheet_cell_fixed", field=column.key)
    return REMOVED


def _text(value: Any, field: str) -> str:
    """Return a cell as the person typed it; what Excel made of it is refused, never guessed."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "ใช่" if value else "ไม่ใช่"
    if isinstance(value, date):
        raise InvalidField("sheet_cell_turned_date", field=field, date=value)
    if isinstance(value, float) and abs(value) >= 10**15:
        raise InvalidField("sheet_cell_number_lost", field=field)
    return str(value)


def _phone(value: Any, column: Column) -> str:
    """Put back the first 0 that Excel takes from a number; as text it stays as typed."""
    text = _text(value, column.key)
    if isinstance(value, int) and (_LOST_MOBILE.fullmatch(text) or _LOST_LANDLINE.fullmatch(text)):
        text = f"0{text}"
    return normalise_phone(text, field=column.key)


def _national_id(value: Any, column: Column) -> str:
    """Put back a first 0; the check digit proves that it was one."""
    text = _text(value, column.key)
    whole = f"0{text}" if isinstance(value, int) and len(text) == 12 else text
    return normalise_national_id(whole, field=column.key)


def _christian(day: date, column: Column) -> date:
    if day.year < FIRST_BUDDHIST_YEAR:
        return day
    try:
        return day.replace(year=day.year - BUDDHIST_OFFSET)
    except ValueError:  # 29 February of a Christian leap year that is no Buddhist one.
        example = thai_date(date(2000, 2, 28), "digits")
        raise InvalidField("sheet_cell_year", field=column.key, year=day.year, example=example) from None


def _flag(value: Any, column: Column) -> bool:
    if isinstance(value, bool):
        return value
    word = search_form(_text(value, column.key)[:100])
    if word in _YES or word in _NO:
        return word in _YES
    raise InvalidField("sheet_cell_flag", field=column.key, word=word[:40])


def _whole(value: Any, column: Column) -> int:
    text = search_form(_text(value, column.key)[:40]).replace(",", "")
    if not _WHOLE.fullmatch(text):
        raise InvalidField("number_unreadable", field=column.key)
    return int(text)


def _clock_time(value: Any, column: Column) -> str:
    text = search_form(_text(value, column.key)[:40])
    if not text:
        raise MissingField(field=column.key)
    found = _CLOCK.fullmatch(text)
    if not found or int(found[1]) > 24 or int(found[2]) > 59:
        raise InvalidField("sheet_cell_clock", field=column.key, word=text)
    return f"{int(found[1]):02}:{found[2]}"
