"""The Line ID a citizen tells at the counter: what people type, and what can be searched for in LINE."""

from __future__ import annotations

import re
from typing import Final

from domain.errors import InvalidField, add_message
from domain.thai_text import search_form

_LONGEST_TYPED: Final = 200
_LINK: Final = re.compile(r"(?:https?://)?(?:www\.)?line\.me/(?:r/)?ti/p/~?")
_WORDS: Final = re.compile(r"(?:line|ไลน์)? ?(?:id|ไอดี)? ?[:=] ?|(?:line|ไลน์)(?: ?(?:id|ไอดี))? |(?:id|ไอดี) ")
_ID: Final = re.compile(r"[a-z0-9._-]{2,60}", re.ASCII)

_USER_ID: Final = re.compile(r"U[0-9a-f]{32}", re.ASCII)

add_message(
    "line_id_unreadable",
    thai="Line ID มีเฉพาะอักษร a–z ตัวเลข จุด ขีด และขีดล่าง เช่น somchai_57 ถ้าเป็นชื่อที่แสดง ให้เว้นช่องนี้ไว้",
    english="A Line ID has only a–z, digits, dots, dashes and underscores; leave out a display name",
)


def read_line_id(text: str | None, *, field: str) -> str | None:
    """Return a Line ID as LINE searches for it; None for nothing or a lone dash.

    ``Line: @Somchai 57`` is ``somchai57``: LINE knows no capitals and no spaces, people put an @ before it as
    on other services, and a link to add a friend holds it after ``~``.

    Raises:
        InvalidField: ``line_id_unreadable``.
    """
    plain = search_form((text or "")[:_LONGEST_TYPED]).strip(" -–")
    plain = _LINK.sub("", plain, count=1)
    plain = _WORDS.sub("", plain, count=1) if _WORDS.match(plain) else plain
    bare = plain.replace(" ", "").lstrip("@")
    if not bare:
        return None
    if not _ID.fullmatch(bare):
        raise InvalidField("line_id_unreadable", field=field)
    return bare


def is_line_user_id(text: str) -> bool:
    """Tell whether a text has the form in which LINE names a person to us."""
    return _USER_ID.fullmatch(text) is not None
