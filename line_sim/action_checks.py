"""Would LINE take this action: labels, data, addresses, dates (line.md §2.6)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

JsonDict = dict[str, Any]
Finding = tuple[str, str]
"""Property and message, as LINE lists them in ``details``."""

_QUICK_ONLY = {"camera", "cameraRoll", "location"}
_PICKER_FORMS = {"date": "%Y-%m-%d", "time": "%H:%M", "datetime": "%Y-%m-%dT%H:%M"}
_INPUT_OPTIONS = {"closeRichMenu", "openRichMenu", "openKeyboard", "openVoice"}
_ALIAS = re.compile(r"[a-z0-9_-]{1,32}")


def check_action(where: str, action: JsonDict, label_limit: int, *, place: str) -> Iterator[Finding]:
    """Find what is wrong with an action.

    Args:
        where: Its property.
        action: As given; its shape has been checked by the SDK's models.
        label_limit: Of its label, in letters as a reader counts them.
        place: ``quick``, ``menu`` or ``message``: some actions belong to one of them only.
    """
    kind = action["type"]
    if kind in _QUICK_ONLY and place != "quick":
        yield where, "can be used in quick replies only"
    if kind == "richmenuswitch" and place != "menu":
        yield where, "can be used in rich menus only"
    if "label" in action:
        yield from length(f"{where}.label", graphemes(action["label"] or ""), 1, label_limit)
    check = _KINDS.get(kind)
    if check is not None:
        yield from check(where, action)


def _uri(where: str, action: JsonDict) -> Iterator[Finding]:
    address = action.get("uri") or ""
    yield from check_address(f"{where}.uri", address, {"http", "https", "line", "tel"}, 1000)
    desktop = (action.get("altUri") or {}).get("desktop")
    if desktop is not None:
        yield from check_address(f"{where}.altUri.desktop", desktop, {"http", "https"}, 1000)


def _postback(where: str, action: JsonDict) -> Iterator[Finding]:
    yield from length(f"{where}.data", len(action.get("data") or ""), 1, 300)
    for name in ("displayText", "fillInText"):
        if name in action:
            yield from length(f"{where}.{name}", graphemes(action[name]), 1, 300)
    option = action.get("inputOption")
    if option is not None and option not in _INPUT_OPTIONS:
        yield f"{where}.inputOption", "invalid property"
    if "fillInText" in action and option != "openKeyboard":
        yield f"{where}.fillInText", "can be used with inputOption openKeyboard only"


def _message(where: str, action: JsonDict) -> Iterator[Finding]:
    yield from length(f"{where}.text", graphemes(action.get("text") or ""), 1, 300)


def _clipboard(where: str, action: JsonDict) -> Iterator[Finding]:
    yield from length(f"{where}.clipboardText", graphemes(action["clipboardText"]), 1, 1000)


def _switch(where: str, action: JsonDict) -> Iterator[Finding]:
    if not _ALIAS.fullmatch(action.get("richMenuAliasId") or ""):
        yield f"{where}.richMenuAliasId", "invalid property"
    yield from length(f"{where}.data", len(action.get("data") or ""), 1, 300)


def _picker(where: str, action: JsonDict) -> Iterator[Finding]:
    yield from length(f"{where}.data", len(action.get("data") or ""), 1, 300)
    form = _PICKER_FORMS.get(action.get("mode") or "")
    if form is None:
        yield f"{where}.mode", "invalid property"
        return
    read: dict[str, datetime] = {}
    for name in ("initial", "min", "max"):
        if action.get(name) is None:
            continue
        try:
            # Only compared with one another; the picker itself knows no zone.
            read[name] = datetime.strptime(action[name].replace("t", "T"), form)  # noqa: DTZ007 - LINE's picker knows no zone
        except ValueError:
            yield f"{where}.{name}", "invalid property"
    if "min" in read and "max" in read and read["min"] >= read["max"]:
        yield f"{where}.max", "must be later than min"


_KINDS = {
    "uri": _uri,
    "postback": _postback,
    "message": _message,
    "clipboard": _clipboard,
    "richmenuswitch": _switch,
    "datetimepicker": _picker,
}


def check_address(where: str, address: str, schemes: set[str], most: int) -> Iterator[Finding]:
    """Find what is wrong with an address."""
    yield from length(where, len(address), 1, most)
    if urlsplit(address).scheme not in schemes:
        yield where, f"invalid uri scheme, allowed: {', '.join(sorted(schemes))}"
    elif not address.isascii() or " " in address:
        yield where, "invalid uri: percent-encode it as UTF-8"


def web(allow_http: bool) -> set[str]:
    """Return the schemes of pictures."""
    return {"https", "http"} if allow_http else {"https"}


def length(where: str, size: int, least: int, most: int) -> Iterator[Finding]:
    """Find a size that is out of its limits."""
    if size < least:
        yield where, "May not be empty"
    elif size > most:
        yield where, f"Length must be between {least} and {most}"


def units(text: str) -> int:
    """Count UTF-16 units, as LINE does in texts: an emoji is 2."""
    return len(text.encode("utf-16-be", "surrogatepass")) // 2


def graphemes(text: str) -> int:
    """Count letters with their marks as one; near enough to LINE's clusters to hold a limit."""
    return sum(1 for c in text if unicodedata.category(c)[0] != "M" and c not in "\u0e33\u200d")
