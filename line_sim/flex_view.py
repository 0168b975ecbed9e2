"""Flex JSON as plain view nodes for the phones page: CSS classes instead of styles, numbered actions.

A page under a strict content policy can carry no style of its own, so colours and sizes become one of a
limited set of classes. Actions are numbered in reading order; a press comes back as that number and is
looked up in the message again, so that a phone can press only what it was sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from line_hooks import flex

JsonDict = dict[str, Any]

_COLOURS = {
    flex.INK: "ink",
    flex.SURFACE: "white",
    **{colour: name for name, colour in flex.TONES.items()},
}
_SIZES = {"xs": "sm", "sm": "sm", "md": "md", "lg": "lg", "xl": "lg", "xxl": "lg"}
_PADDINGS = {"xs": "sm", "sm": "sm", "md": "md", "lg": "lg", "xl": "lg"}
_GAPS = {"none": "none", "xs": "xs", "sm": "sm", "md": "md"}


@dataclass(slots=True)
class Node:
    """One piece of a message as the template draws it.

    Attributes:
        kind: ``box``, ``text``, ``button``, ``image`` or ``separator``.
        classes: CSS classes.
        text: What it says; a button's label.
        href: Address it opens; empty for none.
        press: Number of its postback; None for none.
        label: What the press says to a reader of the screen.
        children: Parts of a box.
    """

    kind: str
    classes: str
    text: str = ""
    href: str = ""
    press: int | None = None
    label: str = ""
    children: list[Node] = field(default_factory=list)


def view_of(message: JsonDict) -> Node:
    """Return the node of a whole message: a bubble of text, or a card."""
    actions: list[JsonDict] = []
    if message["type"] == "flex":
        card = message["contents"]
        parts = [card[name] for name in ("header", "hero", "body", "footer") if name in card]
        return Node("box", "sim-card", children=[_node(part, actions) for part in parts])
    bubble = Node("box", "sim-bubble", children=[Node("text", "fx-text", text=message.get("text", ""))])
    for item in message.get("quickReply", {}).get("items", []):
        bubble.children.append(_button("fx-quick", item["action"], actions))
    return bubble


def actions_of(message: JsonDict) -> Sequence[JsonDict]:
    """Return the actions of a message in the order ``view_of`` numbers them."""
    if message["type"] == "flex":
        card = message["contents"]
        return [found for name in ("header", "hero", "body", "footer") for found in _actions(card.get(name))]
    return [item["action"] for item in message.get("quickReply", {}).get("items", [])]


def _actions(node: JsonDict | None) -> list[JsonDict]:
    if node is None:
        return []
    own = [node["action"]] if "action" in node else []
    return own + [found for child in node.get("contents", []) for found in _actions(child)]


def _node(part: JsonDict, actions: list[JsonDict]) -> Node:
    kind = part["type"]
    if kind == "button":
        return _button(f"fx-button fx-{part.get('style', 'link')}", part["action"], actions)
    node = Node(kind, _classes(part), text=part.get("text", ""))
    if "action" in part:
        _attach(node, part["action"], actions)
    if kind == "image":
        node.href = part["url"]
    node.children = [_node(child, actions) for child in part.get("contents", [])]
    return node


def _button(classes: str, action: JsonDict, actions: list[JsonDict]) -> Node:
    node = Node("button", classes, text=action.get("label", ""))
    _attach(node, action, actions)
    return node


def _attach(node: Node, action: JsonDict, actions: list[JsonDict]) -> None:
    if action["type"] == "postback":
        node.press = len(actions)
    elif action["type"] == "uri":
        node.href = action["uri"]
    node.label = action.get("label", "")
    actions.append(action)


def _classes(part: JsonDict) -> str:
    names = [f"fx-{part['type']}"]
    if part["type"] == "box":
        names += _box_classes(part)
    elif part["type"] == "text":
        names += _text_classes(part)
    return " ".join(names)


def _box_classes(part: JsonDict) -> list[str]:
    names = [f"fx-{part['layout']}", f"fx-gap-{_GAPS.get(part.get('spacing', 'none'), 'md')}"]
    if "backgroundColor" in part:
        names.append(f"fx-bg-{_COLOURS.get(part['backgroundColor'], 'town')}")
    if "paddingAll" in part:
        names.append(f"fx-pad-{_PADDINGS.get(part['paddingAll'], 'md')}")
    if "borderWidth" in part:
        names.append("fx-outlined")
    return names


def _text_classes(part: JsonDict) -> list[str]:
    size = _SIZES.get(part.get("size", "md"), "md")
    names = [f"fx-{size}", f"fx-c-{_COLOURS.get(part.get('color', ''), 'ink')}"]
    if part.get("weight") == "bold":
        names.append("fx-bold")
    if part.get("flex") == 0:
        names.append("fx-fixed")
    if "align" in part:
        names.append(f"fx-{part['align']}")
    return names
