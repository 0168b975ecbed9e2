"""A case named by its number or code, typed in the chat: ``อส. 56/2569``, ``2026-14``."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy import ColumnElement, select

from domain.line_identity import is_his
from domain.permissions import scope_complaints
from domain.thai_text import to_arabic_digits
from domain.tracking import clean_code
from line_hooks.asking import Asking
from line_hooks.citizen_cases import show_cases, whose
from line_hooks.desk import desk_of
from line_hooks.postback import Postback
from line_hooks.staff_cases import show_case
from models import Complaint

_LONGEST: Final = 40
_NUMBER: Final = re.compile(r"(?P<code>[^\W\d_]{1,12}\.?)\s*(?P<running>\d{1,7})\s*/\s*(?P<year>\d{4})")
_CENTURY: Final = "20"


def named_in(words: str) -> ColumnElement[bool] | None:
    """Return the condition of the case that a text is the number or the code of; None for any other text."""
    typed = to_arabic_digits(words).strip()
    if len(typed) > _LONGEST:
        return None
    found = _NUMBER.fullmatch(typed)
    if found is not None:
        code, running, year = found["code"].rstrip("."), int(found["running"]), found["year"]
        forms = [f"{code}{dot} {running}/{year}" for dot in (".", "")]
        return Complaint.number.in_([*forms, *(form.replace(" ", "", 1) for form in forms)])
    public_code = clean_code(typed)
    # A telephone number reads like a code, but for its year.
    return Complaint.public_code == public_code if public_code.startswith(_CENTURY) else None


def show_named(ask: Asking, words: str) -> str:
    """Show the case a text names, to whom it may be shown; empty where it names none of his."""
    condition = named_in(words)
    if condition is None:
        return ""
    if not ask.for_citizen:
        return _show_officer(ask, condition)
    mine = whose(ask)
    found = ask.session.scalars(select(Complaint).where(condition, is_his(mine))).first() if mine else None
    return show_cases(ask, [found]) if found else ask.say("citizen_not_linked", "follow", "report")


def _show_officer(ask: Asking, condition: ColumnElement[bool]) -> str:
    desk = desk_of(ask)
    if desk is None:
        return ""
    code = ask.session.scalar(scope_complaints(select(Complaint.public_code).where(condition), desk.actor))
    return show_case(ask, Postback("case", code or "0-0"))
