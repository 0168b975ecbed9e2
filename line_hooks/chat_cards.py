"""What an answer is made of: a text with quick replies, a card of lines, a card of telephone numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from domain.phones import dialled_phone, readable_phone
from line_hooks import flex
from line_hooks.limits import (
    DASH,
    MAX_ALT_UNITS,
    MAX_FLEX_LABEL,
    MAX_QUICK_LABEL,
    MAX_QUICK_REPLIES,
    MAX_TEXT_UNITS,
    JsonDict,
    LinkProblem,
    clean,
    safe_uri,
    shorten,
    shorten_label,
)

MOST_BUTTONS: Final = 4
MOST_LINES: Final = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a card.

    Attributes:
        text: What it says.
        address: What it opens; empty for plain text.
        below: A smaller second line.
        is_late: The second line in the colour of what is late.
        action: What a tap on it does instead of opening an address.
    """

    text: str
    address: str = ""
    below: str = ""
    is_late: bool = False
    action: JsonDict | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A small label with what it names below it."""

    label: str
    text: str


CardLine = Line | Fact | str


@dataclass(frozen=True, slots=True)
class Cards:
    """Makes cards.

    Attributes:
        colour: Of the strip: a tone of ``flex.TONES`` or the town's ``#RRGGBB``.
        allows_http: Addresses may be plain http, on one's own machine.
    """

    colour: str
    allows_http: bool = False

    def opens(self, label: str, address: str) -> list[JsonDict]:
        """Return the action that opens an address; nothing for none, or for one no button can bear."""
        try:
            uri = safe_uri(address, allow_http=self.allows_http) if address else ""
        except LinkProblem:
            uri = ""
        return [flex.uri_action(label, uri)] if uri else []

    def card(
        self,
        title: str,
        lines: Sequence[CardLine],
        actions: Sequence[JsonDict] = (),
        *,
        note: str = "",
        tone: str = "",
        alt: str = "",
    ) -> JsonDict:
        """Return a card: a strip with its title, lines, and up to four buttons, the first one filled.

        Args:
            title: In the strip; ``alt`` says the same on a lock screen unless given.
            lines: Plain texts, or lines that open something.
            actions: What can be done, most wanted first.
            note: A small line in the strip, such as a date.
            tone: Another colour for the strip.
            alt: For the lock screen; names no person.
        """
        body = [self._line(line) for line in lines[:MOST_LINES]]
        buttons = [
            flex.button(action, primary=place == 0) for place, action in enumerate(actions[:MOST_BUTTONS])
        ]
        contents = flex.bubble(self._strip(title, note, tone), body or [flex.text("")], buttons, None)
        return card_message(alt or title, contents)

    def phone_card(self, title: str, note: str, phones: Sequence[tuple[str, str]]) -> JsonDict:
        """Return a card of large buttons, each of which dials: pairs of a name and a number."""
        colour = flex.strip_colour("", "late")
        rows = [_dial(name, number, colour) for name, number in phones]
        contents = flex.bubble(self._strip(title, note, "late"), rows, [], None)
        said = ", ".join(f"{name} {readable_phone(number)}" for name, number in phones)
        return card_message(f"{title}: {said}", contents)

    def _strip(self, title: str, note: str, tone: str) -> JsonDict:
        colour = flex.strip_colour("", tone or self.colour)
        ink = flex.ink_on(colour)
        contents = [flex.text(title, units=80, size="lg", color=ink, weight="bold")]
        if note:
            contents.append(flex.text(note, units=120, size="sm", color=ink))
        return flex.column(contents, spacing="xs", backgroundColor=colour, paddingAll="xl")

    def _line(self, line: CardLine) -> JsonDict:
        if isinstance(line, str):
            return flex.text(line, units=400)
        if isinstance(line, Fact):
            [row] = flex.labelled(line.label, line.text or DASH, units=400)
            return row
        actions = [line.action] if line.action else self.opens(line.text, line.address)
        first = flex.link(actions[0]) if actions else flex.text(line.text, units=160)
        if not line.below:
            return first
        colour = flex.TONES["late"] if line.is_late else flex.MUTED
        return flex.column([first, flex.text(line.below, units=200, size="sm", color=colour)], spacing="none")


def _dial(name: str, number: str, colour: str) -> JsonDict:
    """Return one large button; its number stands as people write it."""
    shown = readable_phone(number)
    action = flex.uri_action(f"{name} {shown}", safe_uri(f"tel:{dialled_phone(number)}"))
    return {
        "type": "box",
        "layout": "vertical",
        "paddingAll": "xl",
        "cornerRadius": "12px",
        "borderWidth": "2px",
        "borderColor": colour,
        "action": action,
        "contents": [
            flex.text(shown, units=40, size="3xl", color=colour, weight="bold", align="center"),
            flex.text(name, units=80, align="center"),
        ],
    }


def card_message(alt: str, contents: JsonDict) -> JsonDict:
    """Return a bubble or a carousel as a message; ``alt`` is what a lock screen shows and names nobody."""
    return {"type": "flex", "altText": shorten(clean(alt), MAX_ALT_UNITS) or DASH, "contents": contents}


def text_message(text: str) -> JsonDict:
    """Return a plain text."""
    return {"type": "text", "text": shorten(clean(text), MAX_TEXT_UNITS) or DASH}


def says(label: str, text: str) -> JsonDict:
    """Return the action that writes a text in the chat as the person's own."""
    return {"type": "message", "label": shorten_label(label, MAX_FLEX_LABEL), "text": text}


def with_quick_replies(message: JsonDict, actions: Iterable[JsonDict]) -> JsonDict:
    """Return the message with buttons below the chat; phones show them, LINE on a PC does not."""
    items = [
        {"type": "action", "action": {**action, "label": shorten_label(action["label"], MAX_QUICK_LABEL)}}
        for action in list(actions)[:MAX_QUICK_REPLIES]
    ]
    return {**message, "quickReply": {"items": items}} if items else message
