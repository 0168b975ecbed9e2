"""The pieces a LINE card is made of, in the tokens of the look: header strip, rows, steps, buttons.

Every function returns plain Flex JSON. No text component is ever empty: a dash stands in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from line_hooks.limits import DASH, MAX_FLEX_LABEL, CardProblem, JsonDict, clean, shorten, shorten_label

INK = "#17242B"
MUTED = "#51636D"
PRIMARY = "#0F5E73"
SURFACE = "#FFFFFF"
CONTROL_BORDER = "#7C8F99"

TONES = {
    "new": "#0B57A4",
    "progress": PRIMARY,
    "waiting": "#5B4A9E",
    "done": "#1E6B3A",
    "soon": "#8A5300",
    "late": "#B3261E",
    "muted": MUTED,
}
"""Colours of the header strip; white on each of them has a contrast of at least 6.3 to 1."""

_OPEN, _PROGRESS, _WAITING, _DONE, _NOT_TAKEN, _MERGED = "●", "◐", "⏸\ufe0e", "✓", "✕", "⇉"
_STATES = {
    "submitted": ("new", _OPEN),
    "accepted": ("new", _OPEN),
    "directed": ("new", _OPEN),
    "acknowledged": ("progress", _PROGRESS),
    "in_progress": ("progress", _PROGRESS),
    "awaiting_citizen": ("waiting", _WAITING),
    "awaiting_plan": ("waiting", _WAITING),
    "referred_out": ("waiting", _WAITING),
    "resolved": ("done", _DONE),
    "closed": ("done", _DONE),
    "rejected": ("muted", _NOT_TAKEN),
    "withdrawn": ("muted", _NOT_TAKEN),
    "duplicate": ("muted", _MERGED),
}
_STEP_LOOK = {"done": ("✓", TONES["done"]), "now": ("●", PRIMARY), "todo": ("○", MUTED)}
_HEX = re.compile("#[0-9A-Fa-f]{6}")


def strip_colour(state_code: str, wished: str = "") -> str:
    """Return the header's colour: a tone by name, a town's own ``#RRGGBB``, else the state's tone."""
    if _HEX.fullmatch(wished):
        return wished.upper()
    tone = wished if wished in TONES else _STATES.get(state_code, ("muted", _OPEN))[0]
    return TONES[tone]


def ink_on(colour: str) -> str:
    """Return white, or our dark ink where white on ``colour`` would have a contrast under 4.5 to 1."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return SURFACE if 1.05 / (luminance + 0.05) >= 4.5 else INK


def text(value: str, *, units: int = 200, size: str = "md", color: str = INK, **more: object) -> JsonDict:
    """Return a wrapping text of at most ``units`` UTF-16 units; a dash when there is nothing to say."""
    shown = shorten(clean(value), units) or DASH
    return {"type": "text", "text": shown, "size": size, "color": color, "wrap": True, **more}


def header(state_code: str, state_word: str, number: str, wished_colour: str = "") -> JsonDict:
    """Return the strip in the state's colour, with its shape, its word, and the number below."""
    colour = strip_colour(state_code, wished_colour)
    ink = ink_on(colour)
    shape = _STATES.get(state_code, ("muted", _OPEN))[1]
    return {
        "type": "box",
        "layout": "vertical",
        "backgroundColor": colour,
        "paddingAll": "xl",
        "spacing": "xs",
        "contents": [
            text(f"{shape} {clean(state_word) or DASH}", units=80, size="lg", color=ink, weight="bold"),
            text(number, units=60, color=ink),
        ],
    }


def photo(address: str) -> JsonDict:
    """Return the picture over the text, 20:13."""
    return {"type": "image", "url": address, "size": "full", "aspectRatio": "20:13", "aspectMode": "cover"}


def pictures(shown: Sequence[tuple[str, str]], actions: Sequence[JsonDict] = ()) -> list[JsonDict]:
    """Return up to two pictures side by side with a caption each, a single one across; nothing for none.

    Args:
        shown: Pairs of a safe address and a caption.
        actions: The first one is what a tap on a picture does.
    """
    if not shown:
        return []
    ratio = "1:1" if len(shown) > 1 else "20:13"
    tapped = {"action": actions[0]} if actions else {}
    columns = [
        column(
            [
                {**photo(address), "aspectRatio": ratio, **tapped},
                text(caption, units=40, size="sm", color=MUTED, align="center"),
            ],
            spacing="xs",
        )
        for address, caption in shown[:2]
    ]
    return [{"type": "box", "layout": "horizontal", "spacing": "sm", "contents": columns}]


def column(contents: Sequence[JsonDict], *, spacing: str = "sm", **more: object) -> JsonDict:
    """Return a vertical box."""
    return {"type": "box", "layout": "vertical", "spacing": spacing, "contents": list(contents), **more}


def labelled(label: str, value: str, units: int = 200) -> list[JsonDict]:
    """Return a small label with its value below; nothing when there is no value."""
    if not clean(value):
        return []
    lines = [text(label, units=60, size="sm", color=MUTED)] if clean(label) else []
    return [column([*lines, text(value, units=units)], spacing="none")]


def steps(progress: Iterable[Sequence[str]]) -> list[JsonDict]:
    """Return the way of the complaint as a list: ✓ done, ● now, ○ to come.

    Args:
        progress: Pairs of the citizen's word and a mark ``done``, ``now`` or ``todo``; at most eight count.

    Raises:
        CardProblem: A mark is none of the three.
    """
    lines = [_step(word, mark) for word, mark in list(progress)[:8]]
    return [column(lines)] if lines else []


def _step(word: str, mark: str) -> JsonDict:
    if mark not in _STEP_LOOK:
        raise CardProblem(f"a step is done, now or todo, not {mark!r}")
    sign, colour = _STEP_LOOK[mark]
    emphasis = {"weight": "bold"} if mark == "now" else {}
    return {
        "type": "box",
        "layout": "baseline",
        "spacing": "md",
        "contents": [
            {"type": "text", "text": sign, "size": "md", "color": colour, "flex": 0},
            text(word, units=80, color=MUTED if mark == "todo" else INK, **emphasis),
        ],
    }


def uri_action(label: str, address: str) -> JsonDict:
    """Return the action that opens an address; the address must be safe already."""
    return {"type": "uri", "label": _label(label), "uri": address}


def postback_action(label: str, data: str) -> JsonDict:
    """Return the action that sends ``data`` to us and shows its label in the chat as the person's words."""
    shown = _label(label)
    return {"type": "postback", "label": shown, "data": data, "displayText": shown}


def button(action: JsonDict, *, primary: bool) -> JsonDict:
    """Return a button, filled when it is the one next thing to do."""
    if primary:
        return {"type": "button", "style": "primary", "color": PRIMARY, "height": "md", "action": action}
    return {"type": "button", "style": "link", "color": PRIMARY, "height": "md", "action": action}


def link(action: JsonDict) -> JsonDict:
    """Return a line of text that does what a button would, for a third way that is not a button."""
    return text(action["label"], color=PRIMARY, decoration="underline", action=action)


def rating_row(choices: Sequence[tuple[int, str, str]], ends: tuple[str, str] | None) -> JsonDict:
    """Return the scores side by side as boxes to press.

    Args:
        choices: Score, spoken label and postback data of each box, lowest first.
        ends: What the first and the last score mean, shown below them.
    """
    boxes = [_score(score, label, data) for score, label, data in choices]
    rows: list[JsonDict] = [{"type": "box", "layout": "horizontal", "spacing": "sm", "contents": boxes}]
    if ends is not None:
        sides = [
            text(ends[0], units=40, size="sm", color=MUTED),
            text(ends[1], units=40, size="sm", color=MUTED, align="end"),
        ]
        rows.append({"type": "box", "layout": "horizontal", "contents": sides})
    return column(rows)


def _score(score: int, label: str, data: str) -> JsonDict:
    return {
        "type": "box",
        "layout": "vertical",
        "height": "44px",
        "justifyContent": "center",
        "borderWidth": "1px",
        "borderColor": CONTROL_BORDER,
        "cornerRadius": "8px",
        "action": postback_action(label, data),
        "contents": [text(str(score), size="lg", color=PRIMARY, weight="bold", align="center")],
    }


def separator() -> JsonDict:
    """Return a thin line with room above it."""
    return {"type": "separator", "margin": "md"}


def bubble(
    strip: JsonDict, body: Sequence[JsonDict], buttons: Sequence[JsonDict], hero: JsonDict | None
) -> JsonDict:
    """Return the whole card: strip, picture, text, and the buttons below each other."""
    card: JsonDict = {"type": "bubble", "size": "mega", "header": strip}
    if hero is not None:
        card["hero"] = hero
    card["body"] = column(body, spacing="md", paddingAll="xl")
    if buttons:
        card["footer"] = column(buttons, paddingAll="lg")
    return card


def _label(label: str) -> str:
    return shorten_label(clean(label), MAX_FLEX_LABEL) or DASH
