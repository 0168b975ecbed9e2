"""Every message there is, with whom it is for: of the acts, of the clock, of decisions."""

from __future__ import annotations

from typing import Final

from domain import digests, line_decisions, reminders, windows
from domain.errors import Words
from domain.transition import Audience, Telling
from domain.workflow import TRANSITIONS

CLOCK_TELLINGS: Final[tuple[Telling, ...]] = (*reminders.TELLINGS, *windows.TELLINGS, *digests.TELLINGS)
"""What goes out because time has passed, not because somebody acted."""

EVERY_TELLING: Final[tuple[Telling, ...]] = (
    *(telling for row in TRANSITIONS for telling in row.tells),
    *CLOCK_TELLINGS,
    *line_decisions.TELLINGS,
)

AUDIENCE_WORDS: Final = {
    Audience.COMPLAINANT: Words("ผู้ร้องและผู้ติดตามเรื่อง", "complainant and followers"),
    Audience.ASSIGNEE: Words("ผู้รับผิดชอบ", "responsible officer"),
    Audience.FORMER: Words("ผู้รับผิดชอบคนก่อน", "former officer"),
    Audience.INTAKE: Words("หน่วยรับเรื่อง", "intake"),
    Audience.HEADS: Words("หัวหน้า", "heads"),
    Audience.REQUESTER: Words("ผู้ขอลงทะเบียนทาง LINE", "who asked by LINE"),
}


def told_to(template_key: str) -> tuple[Audience, ...]:
    """Return whom a message goes to, each once."""
    found = (telling.audience for telling in EVERY_TELLING if telling.template_key == template_key)
    return tuple(dict.fromkeys(found))
