"""Cards with a picture drawn by us: the handler says what it shows, the worker draws it just before sending.

The numbers stand on the card as words, so a card without its picture says the same.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

from domain.clock import today
from domain.thai_calendar import thai_date
from figure_pictures import WIDTH, FigureDrawing, drawing_of, height_of, told
from line_hooks import flex
from line_hooks.asking import Asking
from line_hooks.chat_cards import with_quick_replies
from line_hooks.incoming import reply
from line_hooks.limits import JsonDict, check_messages, safe_uri

PICTURE: Final = "picture"
"""Fact of an answer whose card gets a picture before it is sent: what it shows."""

PICTURE_PAGE: Final = "line_pictures.picture"
"""Endpoint under which LINE fetches a picture."""

_ANY_TOKEN: Final = "x" * 43


def show_pictured(ask: Asking, code: str, card: JsonDict, quick: list[JsonDict], shows: FigureDrawing) -> str:
    """Answer with a card and quick replies; the picture comes above its numbers where LINE can fetch one."""
    message = with_quick_replies(card, quick)
    can_be_fetched = bool(ask.tools.link(PICTURE_PAGE, token=_ANY_TOKEN))
    wish = {PICTURE: told(shows)} if can_be_fetched else None
    reply(ask.session, ask.event, [message], language=ask.language, more=wish)
    return code


def picture_note(ask: Asking) -> str:
    """Return what is counted and the day: with the minute no picture would be the same twice."""
    day = thai_date(today(), lang=ask.language)
    return ask.pick(f"จำนวนเรื่อง · ข้อมูล ณ {day}", f"Number of cases · as of {day}")


def wish_in(facts: Mapping[str, Any]) -> FigureDrawing:
    """Return what the picture of a stored answer shows.

    Raises:
        TypeError: it was stored by another version of us.
        KeyError: likewise.
    """
    return drawing_of(facts[PICTURE])


def with_picture(
    facts: Mapping[str, Any], address: str, language: str, *, allow_http: bool = False
) -> list[JsonDict]:
    """Return the messages of a stored answer, the first card with its picture; a tap opens it large.

    Raises:
        CardProblem: LINE would not take them so.
    """
    messages = copy.deepcopy(list(facts["messages"]))
    uri = safe_uri(address, allow_http=allow_http)
    label = "Enlarge" if language == "en" else "ดูภาพใหญ่"
    messages[0]["contents"]["hero"] = {
        "type": "image",
        "url": uri,
        "size": "full",
        "aspectRatio": f"{WIDTH}:{height_of(wish_in(facts))}",
        "aspectMode": "fit",
        "action": flex.uri_action(label, uri),
    }
    check_messages(messages, allow_http=allow_http)
    return messages
