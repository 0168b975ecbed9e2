"""Would LINE take this body? The SDK's own models first, then the limits that stand only in its pages.

The limits are written here a second time on purpose, apart from ``line_hooks.limits``: a fake that
shares the product's table would share its mistakes. Source: line.md §2.6.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

JsonDict = dict[str, Any]
Finding = tuple[str, str]
"""Property and message, as LINE lists them in ``details``."""

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}(?:[0-9A-Fa-f]{2})?")
_SIZE = re.compile(r"xxs|xs|sm|md|lg|xl|xxl|3xl|4xl|5xl|full|\d+(?:\.\d+)?(?:px|%)")
_QUICK_ONLY = {"camera", "cameraRoll", "location"}
_BASELINE_PARTS = {"text", "icon", "filler", "span"}
_COLOUR_KEYS = ("color", "backgroundColor", "borderColor")


def check_body(kind: str, body: object, *, allow_http: bool = False) -> list[Finding]:
    """Return what is wrong with the body of a ``push`` or ``reply``; empty when LINE would take it."""
    shape = _check_shape(kind, body)
    if shape or not isinstance(body, dict):
        return shape
    findings: list[Finding] = []
    for number, message in enumerate(body["messages"]):
        findings += _check_message(f"messages[{number}]", message, allow_http)
    return findings


def _check_shape(kind: str, body: object) -> list[Finding]:
    # Imported here: it takes most of a second, and an app that only shows the phones never needs it.
    from linebot.v3.messaging import PushMessageRequest, ReplyMessageRequest

    model = PushMessageRequest if kind == "push" else ReplyMessageRequest
    if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
        return [("messages", "May not be empty")]
    for number, message in enumerate(body["messages"]):
        if not isinstance(message, dict):
            return [(f"messages[{number}]", "must be an object")]
    try:
        model.from_dict(body)
    except (ValueError, TypeError, AttributeError, KeyError) as problem:
        errors: Callable[[], list[JsonDict]] | None = getattr(problem, "errors", None)
        if errors is None:
            return [("messages", str(problem).split(" from {")[0][:200])]
        return [(".".join(map(str, one["loc"])), one["msg"]) for one in errors()]
    return []


def _check_message(where: str, message: JsonDict, allow_http: bool) -> Iterator[Finding]:
    kind = message["type"]
    if kind == "text":
        yield from _length(f"{where}.text", _units(message["text"]), 1, 5000)
        if not message["text"].strip():
            yield f"{where}.text", "May not be empty"
    elif kind == "flex":
        yield from _length(f"{where}.altText", _units(message["altText"].strip()), 1, 1500)
        yield from _check_container(f"{where}.contents", message["contents"], allow_http)
    elif kind in {"image", "video"}:
        for name in ("originalContentUrl", "previewImageUrl"):
            yield from _check_address(f"{where}.{name}", message[name], _web(allow_http), 2000)
    elif kind == "location":
        for name in ("title", "address"):
            yield from _length(f"{where}.{name}", _graphemes(message[name]), 1, 100)
    yield from _check_quick_replies(f"{where}.quickReply", message.get("quickReply") or {})


def _check_container(where: str, container: JsonDict, allow_http: bool) -> Iterator[Finding]:
    size = len(json.dumps(container, ensure_ascii=False).encode())
    if container["type"] == "carousel":
        yield from _length(where, len(container["contents"]), 1, 12)
        yield from _length(f"{where} (bytes)", size, 1, 50 * 1024)
        for number, bubble in enumerate(container["contents"]):
            yield from _check_container(f"{where}.contents[{number}]", bubble, allow_http)
        return
    yield from _length(f"{where} (bytes)", size, 1, 30 * 1024)
    for part in ("header", "hero", "body", "footer"):
        if container.get(part):
            yield from _check_component(f"{where}.{part}", container[part], allow_http)


def _check_component(where: str, node: JsonDict, allow_http: bool) -> Iterator[Finding]:
    kind = node["type"]
    yield from _check_style(where, node)
    if kind == "text" and not node.get("contents"):
        if not (node.get("text") or "").strip():
            yield f"{where}.text", "must be non-empty text"
    elif kind in {"image", "icon"}:
        yield from _check_address(f"{where}.url", node["url"], _web(allow_http), 2000)
    elif kind == "button" and not node["action"].get("label"):
        yield f"{where}.action.label", "must be specified"
    elif kind == "box":
        yield from _check_box(where, node, allow_http)
    if node.get("action"):
        yield from _check_action(f"{where}.action", node["action"], 40, quick=False)


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


def _check_quick_replies(where: str, quick: JsonDict) -> Iterator[Finding]:
    items = quick.get("items", []) or []
    yield from _length(f"{where}.items", len(items), 0, 13)
    for number, item in enumerate(items):
        place = f"{where}.items[{number}].action"
        if not item["action"].get("label"):
            yield f"{place}.label", "must be specified"
        yield from _check_action(place, item["action"], 20, quick=True)


def _check_action(where: str, action: JsonDict, label_limit: int, *, quick: bool) -> Iterator[Finding]:
    kind = action["type"]
    if kind in _QUICK_ONLY and not quick:
        yield where, "can be used in quick replies only"
    if "label" in action:
        yield from _length(f"{where}.label", _graphemes(action["label"] or ""), 1, label_limit)
    if kind == "uri":
        yield from _check_address(f"{where}.uri", action["uri"], {"http", "https", "line", "tel"}, 1000)
    elif kind == "postback":
        yield from _length(f"{where}.data", len(action["data"] or ""), 1, 300)
        for name in ("displayText", "fillInText"):
            if name in action:
                yield from _length(f"{where}.{name}", _graphemes(action[name]), 1, 300)
    elif kind == "message":
        yield from _length(f"{where}.text", _graphemes(action["text"] or ""), 1, 300)


def _check_address(where: str, address: str, schemes: set[str], most: int) -> Iterator[Finding]:
    yield from _length(where, len(address), 1, most)
    if urlsplit(address).scheme not in schemes:
        yield where, f"invalid uri scheme, allowed: {', '.join(sorted(schemes))}"
    elif not address.isascii() or " " in address:
        yield where, "invalid uri: percent-encode it as UTF-8"


def _web(allow_http: bool) -> set[str]:
    return {"https", "http"} if allow_http else {"https"}


def _length(where: str, size: int, least: int, most: int) -> Iterator[Finding]:
    if size < least:
        yield where, "May not be empty"
    elif size > most:
        yield where, f"Length must be between {least} and {most}"


def _units(text: str) -> int:
    return len(text.encode("utf-16-be", "surrogatepass")) // 2


def _graphemes(text: str) -> int:
    """Count letters with their marks as one; near enough to LINE's clusters to hold a limit."""
    return sum(1 for c in text if unicodedata.category(c)[0] != "M" and c not in "\u0e33\u200d")
