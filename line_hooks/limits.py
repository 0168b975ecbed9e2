"""LINE's measures and how our texts are made to fit: units, graphemes, links, whole messages (line.md §2.6).

Nothing here knows complaints. The fake LINE has a table of its own, written apart from this one, so
that a mistake here is caught there.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

JsonDict = dict[str, Any]

MAX_MESSAGES = 5
MAX_TEXT_UNITS = 5000
MAX_ALT_UNITS = 400
"""LINE documents 1,500 today and 400 in older guides; 400 holds under both."""
MAX_BUBBLE_BYTES = 30_000
MAX_QUICK_REPLIES = 13
MAX_QUICK_LABEL = 20
MAX_FLEX_LABEL = 40
MAX_POSTBACK = 300
MAX_URI = 1000
MAX_IMAGE_URI = 2000

DASH = "–"
ELLIPSIS = "…"

# C0 and C1 controls but the line break, and the bidirectional controls that can turn a text around.
_UNWANTED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ZWJ = "\u200d"
# SARA AM is a letter by category, yet nobody sees it apart from the letter before it.
_JOINS_BACK = frozenset("\u0e33\u0eb3\u200c\u200d")
_BAD_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")


class CardProblem(ValueError):
    """A message cannot be built as asked; the text says where and why."""


class LimitProblem(CardProblem):
    """A message breaks one of LINE's limits."""


class LinkProblem(CardProblem):
    """An address may not stand on a LINE button."""


def clean(text: str) -> str:
    """Return ``text`` without control and direction characters, with plain line breaks, trimmed."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return _SURROGATE.sub("\ufffd", _UNWANTED.sub("", plain)).strip()


def utf16_length(text: str) -> int:
    """Return the length as LINE counts texts: an emoji is 2, a Thai vowel or tone mark 1."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def graphemes(text: str) -> Iterator[str]:
    """Yield what a reader sees as one character each, such as ``ที่`` or a family emoji.

    The rules of Unicode's clusters that matter for Thai, Latin and emoji; the standard library has none.
    """
    cluster = ""
    for char in text:
        if cluster and _joins(cluster, char):
            cluster += char
        else:
            if cluster:
                yield cluster
            cluster = char
    if cluster:
        yield cluster


def _joins(cluster: str, char: str) -> bool:
    if cluster[-1] in "\r\n" or char in "\r\n":
        return False
    if char in _JOINS_BACK or unicodedata.category(char) in {"Mn", "Mc", "Me"}:
        return True
    if "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f":
        return True
    if cluster[-1] == _ZWJ:
        return unicodedata.category(char) == "So"
    return _is_flag_half(char) and _is_flag_half(cluster[-1]) and len(cluster) == 1


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def shorten(text: str, units: int) -> str:
    """Return ``text`` in at most ``units`` UTF-16 units, ending in … where something was cut.

    Never cuts between a letter and its vowel or tone mark, unless one letter alone exceeds the room.
    """
    if utf16_length(text) <= units:
        return text
    kept: list[str] = []
    room = units - len(ELLIPSIS)
    for cluster in graphemes(text):
        room -= utf16_length(cluster)
        if room < 0:
            break
        kept.append(cluster)
    return "".join(kept).rstrip() + ELLIPSIS


def shorten_label(text: str, count: int) -> str:
    """Return ``text`` in at most ``count`` graphemes, as LINE counts labels."""
    # A cluster may carry any number of marks; the units keep a hostile one from growing without end.
    text = shorten(text, count * 4)
    clusters = list(graphemes(text))
    if len(clusters) <= count:
        return text
    return "".join(clusters[: count - 1]).rstrip() + ELLIPSIS


def safe_uri(raw: str, *, allow_http: bool = False) -> str:
    """Return an address as LINE takes it: https, line or tel, percent-encoded, at most 1,000 characters.

    Args:
        raw: The address; Thai in path, query or host is encoded, what is encoded already stays.
        allow_http: Also let plain http through, for a demo on one's own machine.

    Raises:
        LinkProblem: Another scheme, no host, a name and password in it, white space, or too long.
    """
    if not raw or any(char.isspace() or unicodedata.category(char) == "Cc" for char in raw):
        raise LinkProblem(f"not an address: {raw[:80]!r}")
    try:
        parts = urlsplit(raw)
        host = _ascii_host(parts.hostname, parts.port)
    except ValueError:
        raise LinkProblem(f"not an address: {raw[:80]!r}") from None
    web = parts.scheme in {"https", "http"}
    if parts.scheme not in {"https", "line", "tel"} and not (allow_http and web):
        raise LinkProblem(f"{parts.scheme or 'no scheme'} is not allowed in a link, only https, line or tel")
    if web and (not host or "@" in parts.netloc):
        raise LinkProblem(f"a web address needs a plain host: {raw[:80]!r}")
    netloc = host if web else quote(parts.netloc, safe="@:.-_~%")
    rest = [_quoted(part) for part in (parts.path, parts.query, parts.fragment)]
    uri = urlunsplit((parts.scheme, netloc, *rest))
    if len(uri) > MAX_URI:
        raise LinkProblem(f"the address is {len(uri)} characters long, {MAX_URI} are allowed")
    return uri


def _ascii_host(host: str | None, port: int | None) -> str:
    if not host:
        return ""
    name = f"[{host}]" if ":" in host else host.encode("idna").decode("ascii")
    return f"{name}:{port}" if port is not None else name


def _quoted(part: str) -> str:
    return quote(_BAD_PERCENT.sub("%25", part), safe="/%:@!$&'()*+,;=~-._?", errors="replace")


def check_messages(messages: Sequence[JsonDict], *, allow_http: bool = False) -> None:
    """Make sure that LINE will take these messages, before anybody is asked to send them.

    Raises:
        LimitProblem: The first limit that is broken, with the place.
    """
    if not 1 <= len(messages) <= MAX_MESSAGES:
        raise LimitProblem(f"{len(messages)} messages in one sending, 1 to {MAX_MESSAGES} are allowed")
    for number, message in enumerate(messages):
        where = f"messages[{number}]"
        if message.get("type") == "text":
            _within(where, "text", utf16_length(message["text"].strip()), 1, MAX_TEXT_UNITS)
        if message.get("type") == "flex":
            _check_flex(where, message)
        _check_quick_replies(where, message.get("quickReply", {}).get("items", []))
        _check_nodes(where, message, ("https", "http") if allow_http else ("https",))


def _within(where: str, what: str, size: int, least: int, most: int) -> None:
    if not least <= size <= most:
        raise LimitProblem(f"{where}: {what} has {size}, from {least} to {most} are allowed")


def _check_flex(where: str, message: JsonDict) -> None:
    _within(where, "altText", utf16_length(message["altText"].strip()), 1, MAX_ALT_UNITS)
    size = len(json.dumps(message["contents"], ensure_ascii=False).encode())
    _within(where, "contents (bytes)", size, 2, MAX_BUBBLE_BYTES)


def _check_quick_replies(where: str, items: Sequence[JsonDict]) -> None:
    _within(where, "quickReply", len(items), 0, MAX_QUICK_REPLIES)
    for item in items:
        _within(where, "quick reply label", len(list(graphemes(item["action"]["label"]))), 1, MAX_QUICK_LABEL)


def _check_nodes(where: str, message: JsonDict, web: tuple[str, ...]) -> None:
    for node in walk(message.get("contents", {})):
        kind = node.get("type")
        if kind == "text":
            _within(where, "a text component", len(node["text"].strip()), 1, MAX_TEXT_UNITS)
        elif kind == "image":
            _check_address(where, node["url"], web, MAX_IMAGE_URI)
        elif kind == "uri":
            _check_address(where, node["uri"], (*web, "line", "tel"), MAX_URI)
        elif kind == "postback":
            _within(where, "postback data", len(node["data"]), 1, MAX_POSTBACK)
        if kind in {"uri", "postback"}:
            _within(where, "a label", len(list(graphemes(node.get("label", "-")))), 1, MAX_FLEX_LABEL)


def _check_address(where: str, address: str, schemes: tuple[str, ...], most: int) -> None:
    _within(where, "an address", len(address), 1, most)
    if urlsplit(address).scheme not in schemes or not address.isascii():
        raise LimitProblem(f"{where}: {address[:80]!r} is not an encoded address of {', '.join(schemes)}")


def walk(node: object) -> Iterator[JsonDict]:
    """Yield every JSON object inside a message, outermost first."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)
