"""Would LINE take this rich menu, and this picture for it (line.md §3)? A picture's header is read."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from line_sim.action_checks import Finding, JsonDict, check_action, graphemes, length
from line_sim.checks import check_model

MAX_PICTURE_BYTES = 1024 * 1024
MAX_AREAS = 20
_KINDS = {"postback", "message", "uri", "datetimepicker", "richmenuswitch", "clipboard"}
_MUST = ("size", "selected", "name", "chatBarText", "areas")


def check_menu(body: JsonDict) -> list[Finding]:
    """Return what is wrong with a rich menu; empty when LINE would take it."""
    missing = [(name, "must be specified") for name in _MUST if body.get(name) is None]
    findings = missing or check_model("RichMenuRequest", body)
    return findings or [*_check_face(body), *_check_areas(body)]


def _check_face(body: JsonDict) -> Iterator[Finding]:
    yield from length("name", graphemes(body["name"]), 1, 300)
    yield from length("chatBarText", graphemes(body["chatBarText"]), 1, 14)
    width, height = body["size"].get("width") or 0, body["size"].get("height") or 0
    if not is_allowed_size(width, height):
        yield "size", "width 800 to 2500, height 250 or more, width / height 1.45 or more"


def _check_areas(body: JsonDict) -> Iterator[Finding]:
    areas = body["areas"]
    if len(areas) > MAX_AREAS:
        yield "areas", f"Size must be between 0 and {MAX_AREAS}"
    for number, area in enumerate(areas):
        where = f"areas[{number}]"
        bounds, action = area.get("bounds"), area.get("action")
        if not bounds or not action:
            yield where, "bounds and action must be specified"
            continue
        if not _is_inside(bounds, body["size"]):
            yield f"{where}.bounds", "must be inside the rich menu"
        if action["type"] not in _KINDS:
            yield f"{where}.action.type", "cannot be used in rich menus"
        yield from check_action(f"{where}.action", action, 20, place="menu")


def _is_inside(bounds: JsonDict, size: JsonDict) -> bool:
    x, y, width, height = (bounds.get(name) or 0 for name in ("x", "y", "width", "height"))
    has_room = width > 0 and height > 0
    return has_room and x + width <= (size.get("width") or 0) and y + height <= (size.get("height") or 0)


def is_allowed_size(width: int, height: int) -> bool:
    """Tell whether a menu or a picture of it may have this size, in pixels."""
    return 800 <= width <= 2500 and height >= 250 and width / height >= 1.45


def refusal_of_picture(picture: bytes, content_type: str, size: JsonDict) -> tuple[int, str] | None:
    """Return LINE's status and words for a picture it does not take; None for one it does."""
    if content_type not in {"image/png", "image/jpeg"}:
        return 415, "Unsupported Media Type"
    measured = size_of_picture(picture)
    if measured is None or measured[0] != content_type:
        return 400, "The image format is not allowed for richmenu"
    too_large = len(picture) > MAX_PICTURE_BYTES
    if too_large or measured[1:] != (size["width"], size["height"]) or not is_allowed_size(*measured[1:]):
        return 400, "The image size is not allowed for richmenu"
    return None


def size_of_picture(picture: bytes) -> tuple[str, int, int] | None:
    """Return type, width and height as the header of a PNG or JPEG says; None for anything else."""
    if picture[:8] == b"\x89PNG\r\n\x1a\n" and picture[12:16] == b"IHDR" and len(picture) >= 24:
        width, height = struct.unpack(">II", picture[16:24])
        return "image/png", width, height
    return _size_of_jpeg(picture) if picture[:2] == b"\xff\xd8" else None


def _size_of_jpeg(picture: bytes) -> tuple[str, int, int] | None:
    place = 2
    while place + 9 <= len(picture) and picture[place] == 0xFF:
        marker = picture[place + 1]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", picture[place + 5 : place + 9])
            return "image/jpeg", width, height
        place += 2 + int.from_bytes(picture[place + 2 : place + 4], "big")
    return None
