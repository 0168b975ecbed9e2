"""Whether LINE reaches a person: what staff may know before they count on a message."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from domain.notifications import reachable
from models import LineAccount, LineChannel


class Reach(StrEnum):
    """How far a message to somebody gets."""

    YES = "yes"
    BLOCKED = "blocked"
    UNLINKED = "unlinked"


REACH_WORDS: Final[dict[Reach, tuple[str, str]]] = {
    Reach.YES: ("ติดต่อได้", "Reachable"),
    Reach.BLOCKED: ("ถูกบล็อก", "Blocked"),
    Reach.UNLINKED: ("ยังไม่ผูก", "Not linked"),
}


def reach_of(accounts: Iterable[LineAccount], channel: LineChannel) -> Reach:
    """Return whether LINE reaches a person on a channel: by any account that does not block us."""
    mine = [one for one in accounts if one.channel is channel]
    if not mine:
        return Reach.UNLINKED
    return Reach.BLOCKED if reachable(mine, channel) is None else Reach.YES


def reach_words(reach: Reach, language: str = "th") -> str:
    """Return how far it is, for a person."""
    return REACH_WORDS[reach][1 if language == "en" else 0]
