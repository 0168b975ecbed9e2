"""By which ways a message goes out: LINE, bell, e-mail; the town ticks them, message by message."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

from domain.settings import read_setting


class Way(StrEnum):
    """One way to tell somebody."""

    LINE = "line"
    BELL = "bell"
    EMAIL = "email"


STAFF_WAYS: Final = (Way.LINE, Way.BELL, Way.EMAIL)
CITIZEN_WAYS: Final = (Way.LINE,)
_USUAL: Final = frozenset({Way.LINE, Way.BELL})
_WITH_MAIL: Final = frozenset(STAFF_WAYS)
BY_MAIL_TOO: Final = frozenset({"staff_overdue", "staff_escalated", "staff_digest"})
"""What is sent by e-mail as well unless the town says otherwise: late work must not hang on one way."""


def ways_of(session: Session, template_key: str) -> frozenset[Way]:
    """Return the ways a message goes out by: the town's own choice, else the usual ones."""
    chosen = read_setting(session, "telling_ways").get(template_key)
    return usual_ways(template_key) if chosen is None else frozenset(Way(code) for code in chosen)


def usual_ways(template_key: str) -> frozenset[Way]:
    """Return the ways of a message the town has not touched."""
    return _WITH_MAIL if template_key in BY_MAIL_TOO else _USUAL


def ways_offered(template_key: str) -> tuple[Way, ...]:
    """Return the ways a message could go out by; none for a message the product does not know."""
    if template_key.startswith("citizen_"):
        return CITIZEN_WAYS
    return STAFF_WAYS if template_key.startswith("staff_") else ()
