"""The picture of a menu under the chat: what is to be drawn, and drawing it in a sandbox child."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sandbox import Sandbox, SandboxFailed

MOST_BYTES = 1_000_000
"""LINE takes one megabyte; whether it counts 1,000 or 1,024 it does not say."""

WALL_SECONDS = 40.0

_HERE = Path(__file__).parent
_ICONS = _HERE / "static" / "vendor" / "icons.svg"
_SYMBOL = '<symbol id="{name}" '


@dataclass(frozen=True)
class DrawnTile:
    """One tile: where it stands, in pixels, and what it shows.

    `icon` is the inside of a symbol of icons.svg. `tone` is "", "primary" or "late".
    """

    x: int
    y: int
    width: int
    height: int
    label: str
    hint: str
    icon: str
    tone: str


@dataclass(frozen=True)
class MenuDrawing:
    """A whole menu. `colour` is the town's, dark enough for white on it; `emblem` a PNG or empty."""

    width: int
    height: int
    strip: int
    town: str
    colour: str
    tiles: tuple[DrawnTile, ...]
    emblem: bytes


@dataclass(frozen=True)
class MenuPicture:
    """A finished picture within LINE's measures."""

    data: bytes
    content_type: str


class MenuPictureFailed(Exception):
    """Say that a menu's picture could not be made; the words are for the administrator."""


def draw_menu(drawing: MenuDrawing, sandbox: Sandbox) -> MenuPicture:
    """Draw a menu in a child. Raises MenuPictureFailed when none comes back, or one too large for LINE."""
    try:
        made = sandbox.run("menus_child:draw", drawing, wall_seconds=WALL_SECONDS)
    except SandboxFailed as problem:
        raise MenuPictureFailed(f"วาดภาพเมนูไม่สำเร็จ ({problem})") from problem
    if not isinstance(made, MenuPicture) or not made.data:
        raise MenuPictureFailed("วาดภาพเมนูไม่สำเร็จ (ไม่ได้ภาพกลับมา)")
    if len(made.data) > MOST_BYTES:
        raise MenuPictureFailed(f"ภาพเมนูใหญ่ {len(made.data) // 1000} กิโลไบต์ LINE รับไม่เกิน 1 เมกะไบต์")
    return made


def icon_shapes(name: str) -> str:
    """Return the inside of an icon's symbol. Raises MenuPictureFailed when the icon is not served."""
    sprite = _sprite(_ICONS.stat().st_mtime_ns) if _ICONS.exists() else ""
    start = sprite.find(_SYMBOL.format(name=name))
    if start < 0:
        raise MenuPictureFailed(f"ไม่พบไอคอน {name} ใน static/vendor/icons.svg ให้รัน python3 manage.py อีกครั้ง")
    inside = sprite.index(">", start) + 1
    return sprite[inside : sprite.index("</symbol>", inside)]


def fingerprint(drawing: MenuDrawing) -> str:
    """Return what tells one picture from another without drawing either: the wish and the way of drawing."""
    told = hashlib.sha256(_way_of_drawing())
    told.update(repr(drawing).encode())
    return told.hexdigest()


@lru_cache(maxsize=1)
def _sprite(_changed_at: int) -> str:
    return _ICONS.read_text("utf-8")


@lru_cache(maxsize=1)
def _way_of_drawing() -> bytes:
    return (_HERE / "menus_child.py").read_bytes()
