"""A LINE message as plain view nodes that a template can draw: the phones of the simulator, the preview.

Every action is numbered in reading order. A press comes back as that number and is looked up in the
message again, so that a phone can press only what it was sent. What cannot be drawn is shown as the text
LINE itself would show: its ``altText``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from line_hooks.flex_classes import bubble_classes, classes_of, fill_of

JsonDict = dict[str, Any]

_BLOCKS = ("header", "hero", "body", "footer")
_PARTS = {"box", "text", "button", "image", "icon", "video", "separator", "filler", "spacer"}
_SCHEMES = {"http", "https", "tel", "line"}
# An address, or a Thai number as people write it: 043-271-261, 0 4327 1261, 093 572 7903.
_LINKS = re.compile(
    r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]|tel:[0-9+-]+|(?<![\d/.,-])0(?:[ \u00a0-]?\d){8,9}(?![\d/-])"
)


@dataclass(slots=True)
class Node:
    """One piece of a message as the template draws it.

    Attributes:
        kind: ``box``, ``text``, ``button``, ``image``, ``separator``, ``carousel``, ``place``, ``sticker``,
            ``icon`` or ``words`` (a run of words inside a text).
        classes: CSS classes.
        text: What it says; a button's label.
        href: Address it opens; empty for none.
        src: Address of its picture.
        press: Number of its action; None for none, and for one that opens an address.
        action: The action itself, as LINE has it; empty for none.
        label: What the press says to a reader of the screen.
        fill: Background ``#RRGGBB`` that no class has.
        children: Parts of a box.
    """

    kind: str
    classes: str
    text: str = ""
    href: str = ""
    src: str = ""
    press: int | None = None
    action: JsonDict = field(default_factory=dict)
    label: str = ""
    fill: str = ""
    children: list[Node] = field(default_factory=list)


def view_of(message: JsonDict) -> Node:
    """Return the node of a whole message without its quick replies; its altText where it cannot be drawn."""
    draw = _MESSAGES.get(message.get("type", ""))
    try:
        if draw is not None:
            return draw(message)
    except (KeyError, TypeError, ValueError, AttributeError):
        pass  # A shape we do not know must not take the page down; below stands what LINE would show.
    said = message.get("altText") or message.get("text") or message.get("type") or "?"
    return _bubble(str(said))


def quick_replies_of(message: JsonDict) -> list[Node]:
    """Return the quick replies of a message as buttons; they are numbered after the message's own actions."""
    first = len(_own_actions(message))
    nodes = []
    for place, item in enumerate(_quick_items(message)):
        node = Node("button", "fx-quick", text=str(item["action"].get("label", "")))
        _attach(node, item["action"], first + place)
        nodes.append(node)
    return nodes


def actions_of(message: JsonDict) -> Sequence[JsonDict]:
    """Return the actions of a message in the order ``view_of`` and ``quick_replies_of`` number them."""
    return [*_own_actions(message), *(item["action"] for item in _quick_items(message))]


def linked(text: str) -> list[Node]:
    """Return a text as runs of words, addresses and telephone numbers among them as links."""
    runs: list[Node] = []
    at = 0
    for found in _LINKS.finditer(text):
        runs.append(Node("words", "", text=text[at : found.start()]))
        said = found[0]
        dialled = "tel:" + re.sub("[ \u00a0-]", "", said.removeprefix("tel:"))
        runs.append(Node("words", "fx-linked", text=said, href=said if said[:4] == "http" else dialled))
        at = found.end()
    runs.append(Node("words", "", text=text[at:]))
    return [run for run in runs if run.text]


def safe_href(address: object) -> str:
    """Return an address a page may open, else nothing: a script must never become a link."""
    text = str(address)
    try:
        return text if urlsplit(text).scheme.lower() in _SCHEMES else ""
    except ValueError:
        return ""


def _own_actions(message: JsonDict) -> list[JsonDict]:
    if message.get("type") != "flex":
        return []
    return [action for card in _cards(message["contents"]) for action in _actions_in(card)]


def _quick_items(message: JsonDict) -> list[JsonDict]:
    items = (message.get("quickReply") or {}).get("items") or []
    return [item for item in items if isinstance(item.get("action"), dict)]


def _cards(container: JsonDict) -> list[JsonDict]:
    return list(container["contents"]) if container.get("type") == "carousel" else [container]


def _actions_in(card: JsonDict) -> Iterator[JsonDict]:
    """Yield a card's actions in reading order; the card's own comes first."""
    if "action" in card:
        yield card["action"]
    for part in [*(card[name] for name in _BLOCKS if card.get(name)), *_parts(card)]:
        yield from _actions_in(part)


def _parts(part: JsonDict) -> list[JsonDict]:
    found = part.get("contents") or []
    return found if isinstance(found, list) else []


def _flex(message: JsonDict) -> Node:
    numbers = _Numbers()
    container = message["contents"]
    cards = [_card(card, numbers) for card in _cards(container)]
    if container["type"] == "carousel":
        return Node("carousel", "fx-carousel", label=message.get("altText", ""), children=cards)
    return cards[0]


@dataclass(slots=True)
class _Numbers:
    """Counts actions as they are met."""

    next: int = 0

    def take(self) -> int:
        number, self.next = self.next, self.next + 1
        return number


def _card(card: JsonDict, numbers: _Numbers) -> Node:
    node = Node("box", bubble_classes(card))
    if "action" in card:
        _attach(node, card["action"], numbers.take())
    styles = card.get("styles") or {}
    for name in _BLOCKS:
        if card.get(name):
            if (styles.get(name) or {}).get("separator"):
                node.children.append(Node("separator", "fx-separator fx-edge"))
            block = _part(card[name], numbers)
            block.fill = block.fill or fill_of(styles.get(name) or {})
            block.classes += f" fx-{name}"
            node.children.append(block)
    return node


def _part(part: JsonDict, numbers: _Numbers) -> Node:
    kind = part["type"]
    if kind not in _PARTS:
        raise ValueError(kind)
    node = Node(kind, classes_of(part), fill=fill_of(part))
    if kind == "text":
        node.children = [_span(one) for one in _parts(part)]
    node.text = str(part.get("text") or "")
    if kind == "button":
        node.text = str(part["action"].get("label", ""))
    if kind in {"image", "icon", "video"}:
        node.kind = "icon" if kind == "icon" else "image"
        node.src = safe_href(part.get("previewUrl") or part["url"])
    if "action" in part:
        _attach(node, part["action"], numbers.take())
    if kind == "box":
        node.children = [_part(child, numbers) for child in part["contents"]]
    return node


def _span(part: JsonDict) -> Node:
    return Node("words", classes_of(part), text=str(part.get("text", "")))


def _attach(node: Node, action: JsonDict, number: int) -> None:
    node.action = action
    node.label = str(action.get("label") or "")
    if action["type"] == "uri":
        node.href = safe_href(action["uri"])
    else:
        node.press = number


def _text(message: JsonDict) -> Node:
    return _bubble(message["text"])


def _bubble(text: str) -> Node:
    return Node("box", "fx-bubble", children=[Node("text", "fx-text fx-said", children=linked(text))])


def _image(message: JsonDict) -> Node:
    src = safe_href(message.get("previewImageUrl") or message["originalContentUrl"])
    return Node("image", "fx-photo", src=src, href=safe_href(message["originalContentUrl"]))


def _video(message: JsonDict) -> Node:
    return Node("image", "fx-photo", src=safe_href(message["previewImageUrl"]), label="video")


def _place(message: JsonDict) -> Node:
    spot = f"{float(message['latitude']):.5f}, {float(message['longitude']):.5f}"
    words = [str(message.get("title") or ""), str(message.get("address") or ""), spot]
    looks = ("fx-place-title", "fx-place-address", "fx-place-spot")
    lines = [Node("words", look, text=word) for look, word in zip(looks, words, strict=True) if word]
    return Node("place", "fx-place", children=lines)


def _sticker(message: JsonDict) -> Node:
    words = message.get("keywords") or [f"{message.get('packageId', '')}/{message.get('stickerId', '')}"]
    return Node("sticker", "fx-sticker", text=str(words[0]))


_MESSAGES = {
    "text": _text,
    "textV2": _text,
    "flex": _flex,
    "image": _image,
    "video": _video,
    "location": _place,
    "sticker": _sticker,
}
