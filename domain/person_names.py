"""A person's name as it is typed in one go, ``นางสาวมาลี ใจดี``: title, given name, family name."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from domain.errors import InvalidField, MissingField, add_message
from domain.thai_text import clean_text

MAX_NAME: Final = 120
_MAX_TYPED: Final = 3 * MAX_NAME

_TITLES: Final = {
    "นางสาว": "นางสาว",
    "น.ส.": "นางสาว",
    "นส.": "นางสาว",
    "นาง": "นาง",
    "นาย": "นาย",
    "เด็กชาย": "เด็กชาย",
    "ด.ช.": "เด็กชาย",
    "เด็กหญิง": "เด็กหญิง",
    "ด.ญ.": "เด็กหญิง",
    "ว่าที่ร้อยตรี": "ว่าที่ร้อยตรี",
    "ว่าที่ ร.ต.": "ว่าที่ร้อยตรี",
    "ดร.": "ดร.",
    "mr.": "Mr.",
    "mr": "Mr.",
    "mrs.": "Mrs.",
    "mrs": "Mrs.",
    "ms.": "Ms.",
    "ms": "Ms.",
    "miss": "Miss",
}
_THAI: Final = tuple(title for title in _TITLES if not title.isascii())
_TITLE: Final = re.compile(
    "(?P<title>"
    + "|".join(re.escape(title) for title in sorted(_THAI, key=len, reverse=True))
    + r"|(?:mr|mrs|ms)\.?(?= )|miss(?= ))\s*(?=\S)",
    re.IGNORECASE,
)
_HAS_LETTER: Final = re.compile(r"[^\W\d_]")
_NUMBERS: Final = re.compile(r"\d{3}")

add_message(
    "name_unreadable",
    thai="อ่านชื่อไม่ได้ กรุณาพิมพ์ชื่อและนามสกุล เช่น นางมาลี ใจดี",
    english="That does not read as a name. Please type given and family name, such as Malee Jaidee.",
)
add_message(
    "family_name_missing",
    thai="กรุณาพิมพ์ทั้งชื่อและนามสกุล เว้นวรรคระหว่างกัน เช่น นางมาลี ใจดี",
    english="Please type given name and family name with a space between, such as Malee Jaidee.",
)


class PersonName(NamedTuple):
    """The parts of a name; a title without its name does not exist."""

    title: str | None
    first_name: str
    last_name: str | None


def split_name(typed: str, *, field: str = "first_name", needs_family_name: bool = False) -> PersonName:
    """Read a name typed in one go; people of one name have no family name.

    Raises:
        MissingField: nothing was typed.
        InvalidField: ``text_too_long``, ``name_unreadable``, or ``family_name_missing`` where it is needed.
    """
    text = clean_text(typed, max_length=_MAX_TYPED, field=field, multiline=False)
    if not text:
        raise MissingField(field=field)
    found = _TITLE.match(text)
    title = _TITLES[found["title"].casefold()] if found else None
    first, _space, last = (text[found.end() :] if found else text).partition(" ")
    if not _HAS_LETTER.search(first) or _NUMBERS.search(text):
        raise InvalidField("name_unreadable", field=field)
    if needs_family_name and not last.strip():
        raise InvalidField("family_name_missing", field=field)
    first = clean_text(first, max_length=MAX_NAME, field=field, multiline=False)
    last = clean_text(last, max_length=MAX_NAME, field=field, multiline=False)
    return PersonName(title, first, last or None)
