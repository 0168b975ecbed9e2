"""Would LINE take this body? The SDK's own models first, then the limits that stand only in its pages.

The limits are written here a second time on purpose, apart from ``line_hooks.limits``: a fake that
shares the product's table would share its mistakes. Source: line.md §2.6.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from line_sim.action_checks import (
    Finding,
    JsonDict,
    check_action,
    check_address,
    graphemes,
    length,
    units,
    web,
)

__all__ = ["Finding", "check_body", "check_model"]

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}(?:[0-9A-Fa-f]{2})?")
_SIZE = re.compile(r"xxs|xs|sm|md|lg|xl|xxl|3xl|4xl|5xl|full|\d+(?:\.\d+)?(?:px|%)")
_UNIT = re.compile(r"[A-Za-z0-9_]{1,30}")
_BASELINE_PARTS = {"text", "icon", "filler", "span"}
_COLOUR_KEYS = ("color", "backgroundColor", "borderColor")
_MODELS = {
    "push": "PushMessageRequest",
    "reply": "ReplyMessageRequest",
    "multicast": "MulticastRequest",
    "validate": "ValidateMessageRequest",
}


def check_body(kind: str, body: object, *, allow_http: bool = False, strict: bool = True) -> list[Finding]:
    """Return what is wrong with a body; empty when LINE would take it.

    Args:
        kind: ``push``, ``reply``, ``multicast`` or ``validate``.
        body: As parsed from JSON.
        allow_http: Take pictures over http.
        strict: Look beyond the first level; without it thousands a second are possible.
    """
    shape = _check_messages(body)
    if shape or not isinstance(body, dict) or not strict:
        return shape
    findings = check_model(_MODELS[kind], body) or list(_check_options(body))
    if findings:
        return findings
    for number, message in enumerate(body["messages"]):
        findings += _check_message(f"messages[{number}]", message, allow_http)
    return findings


def check_model(name: str, body: JsonDict) -> list[Finding]:
    """Return what the SDK's model of a request finds wrong."""
    # Imported here: it takes most of a second, and an app that only shows the phones never needs it.
    from linebot.v3 import messaging

    try:
        getattr(messaging, name).from_dict(body)
    except (ValueError, TypeError, AttributeError, KeyError) as problem:
        errors: Callable[[], list[JsonDict]] | None = getattr(problem, "errors", None)
        if errors is None:
            return [("body", str(problem).split(" from {")[0][:200])]
        return [(".".join(map(str, one["loc"])), one["msg"]) for one in errors()]
    return []


def _check_messages(body: object) -> list[Finding]:
    messages = body.get("messages") if isinstance(body, dict) else None
    if not isinstance(messages, list) or not messages:
        return [("messages", "May not be empty")]
    if len(messages) > 5:
        return [("messages", "Size must be between 1 and 5")]
    wrong = [number for number, message in enumerate(messages) if not isinstance(message, dict)]
    return [(f"messages[{number}]", "must be an object") for number in wrong]


def _check_options(body: JsonDict) -> Iterator[Finding]:
    named = body.get("customAggregationUnits") or []
    if len(named) > 1 or not all(isinstance(one, str) and _UNIT.fullmatch(one) for one in named):
        yield "customAggregationUnits", "invalid property"


def _check_message(where: str, message: JsonDict, allow_http: bool) -> Iterator[Finding]:
    check = _MESSAGES.get(message["type"])
    if check is not None:
        yield from check(where, message, allow_http)
    yield from _check_sender(f"{where}.sender", message.get("sender") or {}, allow_http)
    yield from _check_quick_replies(f"{where}.quickReply", message.get("quickReply") or {})


def _text(where: str, message: JsonDict, _allow_http: bool) -> Iterator[Finding]:
    yield from length(f"{where}.text", units(message["text"]), 1, 5000)
    if not message["text"].strip():
        yield f"{where}.text", "May not be empty"


def _flex(where: str, message: JsonDict, allow_http: bool) -> Iterator[Finding]:
    yield from _alt_text(where, message)
    yield from _check_container(f"{where}.contents", message["contents"], allow_http)


def _media(where: str, message: JsonDict, allow_http: bool) -> Iterator[Finding]:
    for name in ("originalContentUrl", "previewImageUrl"):
        if name in message:
            yield from check_address(f"{where}.{name}", message[name], web(allow_http), 2000)


def _location(where: str, message: JsonDict, _allow_http: bool) -> Iterator[Finding]:
    for name in ("title", "address"):
        yield from length(f"{where}.{name}", graphemes(message[name]), 1, 100)
    if not (-90 <= message["latitude"] <= 90 and -180 <= message["longitude"] <= 180):
        yield where, "invalid property"


def _template(where: str, message: JsonDict, allow_http: bool) -> Iterator[Finding]:
    yield from _alt_text(where, message)
    template = message["template"]
    columns = template.get("columns") or [template]
    yield from length(f"{where}.template.columns", len(columns), 1, 10)
    for number, column in enumerate(columns):
        place = f"{where}.template.columns[{number}]" if "columns" in template else f"{where}.template"
        yield from _column(place, column, template["type"], allow_http)


def _column(where: str, column: JsonDict, kind: str, allow_http: bool) -> Iterator[Finding]:
    if kind == "image_carousel":
        yield from check_address(f"{where}.imageUrl", column["imageUrl"], web(allow_http), 2000)
        yield from check_action(f"{where}.action", column["action"], 12, place="message")
        return
    most = {"confirm": 240, "buttons": 160, "carousel": 120}.get(kind, 120)
    if column.get("title") or column.get("thumbnailImageUrl"):
        most = 60
    yield from length(f"{where}.text", graphemes(column["text"]), 1, most)
    yield from length(f"{where}.title", graphemes(column.get("title") or "-"), 1, 40)
    for number, action in enumerate(column["actions"]):
        yield from check_action(f"{where}.actions[{number}]", action, 20, place="message")


def _alt_text(where: str, message: JsonDict) -> Iterator[Finding]:
    yield from length(f"{where}.altText", units(message["altText"].strip()), 1, 1500)


_MESSAGES: dict[str, Callable[[str, JsonDict, bool], Iterator[Finding]]] = {
    "text": _text,
    "textV2": _text,
    "flex": _flex,
    "image": _media,
    "video": _media,
    "audio": _media,
    "location": _location,
    "template": _template,
}


def _check_sender(where: str, sender: JsonDict, allow_http: bool) -> Iterator[Finding]:
    if sender.get("name"):
        yield from length(f"{where}.name", graphemes(sender["name"]), 1, 20)
        if "line" in sender["name"].lower():
            yield f"{where}.name", "may not contain LINE"
    if sender.get("iconUrl"):
        yield from check_address(f"{where}.iconUrl", sender["iconUrl"], web(allow_http), 2000)


def _check_quick_replies(where: str, quick: JsonDict) -> Iterator[Finding]:
    items: list[Any] = quick.get("items", []) or []
    yield from length(f"{where}.items", len(items), 0, 13)
    for number, item in enumerate(items):
        place = f"{where}.items[{number}]"
        if not item["action"].get("label"):
            yield f"{place}.action.label", "must be specified"
        if item.get("imageUrl"):
            yield from check_address(f"{place}.imageUrl", item["imageUrl"], {"https"}, 2000)
        yield from check_action(f"{place}.action", item["action"], 20, place="quick")


# Flex


def _check_container(where: str, container: JsonDict, allow_http: bool) -> Iterator[Finding]:
    size = len(json.dumps(container, ensure_ascii=False).encode())
    if container["type"] == "carousel":
        yield from length(where, len(container["contents"]), 1, 12)
        yield from length(f"{where} (bytes)", size, 1, 50 * 1024)
        for number, bubble in enumerate(container["contents"]):
            yield from _check_container(f"{where}.contents[{number}]", bubble, allow_http)
        return
    yield from length(f"{where} (bytes)", size, 1, 30 * 1024)
    for part in ("header", "hero", "body", "footer"):
        if container.get(part):
            yield from _check_component(f"{where}.{part}", container[part], allow_http)
    if container.get("action"):
        yield from check_action(f"{where}.action", container["action"], 40, place="message")


def _check_component(where: str, node: JsonDict, allow_http: bool) -> Iterator[Finding]:
    kind = node["type"]
    yield from _check_style(where, node)
    if kind == "text" and not node.get("contents"):
        if not (node.get("text") or "").strip():
            yield f"{where}.text", "must be non-empty text"
    elif kind in {"image", "icon"}:
        yield from check_address(f"{where}.url", node["url"], web(allow_http), 2000)
    elif kind == "button" and not node["action"].get("label"):
        yield f"{where}.action.label", "must be specified"
    elif kind == "box":
        yield from _check_box(where, node, allow_http)
    if node.get("action"):
        yield from check_action(f"{where}.action", node["action"], 40, place="message")


def _check_box(where: str, node: JsonDict, allow_http: bool) -> Iterator[Finding]:
    if node["layout"] not in {"vertical", "horizontal", "baseline"}:
        yield f"{where}.layout", "invalid property"
    for number, child in enumerate(node["contents"]):
        place = f"{where}.contents[{number}]"
        if node["layout"] == "baseline" and child["type"] not in _BASELINE_PARTS:
            yield place, "cannot be placed in a baseline box"
        yield from _check_component(place, child, allow_http)


def _check_style(where: str, node: JsonDict) -> Iterator[Finding]:
    for name in _COLOUR_KEYS:
        if name in node and not _COLOUR.fullmatch(node[name]):
            yield f"{where}.{name}", "invalid property"
    if node["type"] in {"text", "icon", "image"} and "size" in node and not _SIZE.fullmatch(node["size"]):
        yield f"{where}.size", "invalid property"
    if node["type"] == "button":
        if node.get("style", "link") not in {"primary", "secondary", "link"}:
            yield f"{where}.style", "invalid property"
        if node.get("height", "md") not in {"sm", "md"}:
            yield f"{where}.height", "invalid property"
