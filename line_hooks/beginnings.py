"""What begins a talk without being asked for: a citizen's first words, photo or place; an officer's photo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from line_hooks.asking import Asking
from line_hooks.report_talk import begin_report
from line_hooks.result_talk import begin_by_photo
from line_hooks.talks import Said, Turn
from models import LineChannel

SHORTEST_STORY: Final = 5
"""Letters, as in ไฟดับ; what is shorter is a slip of the finger, and answered with where to turn."""

GREETINGS: Final = (
    *("สวัสดี", "หวัดดี", "ขอบคุณ", "ขอบใจ", "รับทราบ", "โอเค", "อรุณสวัสดิ์", "ดีครับ", "ดีค่ะ", "ดีคะ", "ดีคับ", "ดีจ้า"),
    *("hello", "thank", "good morning", "good evening"),
)
_LONGEST_GREETING: Final = 24

Begins = Callable[[Asking], Turn | None]


def of_photo(ask: Asking) -> Turn | None:
    """Return the talk a photo begins; None where it begins none."""
    begins = ON_PHOTO.get(ask.event.channel)
    return begins(ask) if begins else None


def of_message(ask: Asking, said: Said) -> Turn | None:
    """Return the talk that words or a place begin; None for greetings, stickers and officers' small talk."""
    if not ask.for_citizen or said.media or not _is_a_story(said):
        return None
    return begin_report(ask)


def _is_a_story(said: Said) -> bool:
    if said.place is not None:
        return True
    words = said.words.strip().casefold()
    is_greeting = len(words) <= _LONGEST_GREETING and words.startswith(GREETINGS)
    return len(words) >= SHORTEST_STORY and not is_greeting


ON_PHOTO: Final[Mapping[LineChannel, Begins]] = {
    LineChannel.CITIZEN: begin_report,
    LineChannel.STAFF: begin_by_photo,
}
"""By channel: what a photo out of the blue begins."""
