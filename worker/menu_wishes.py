"""Which menus should stand at LINE now: their tiles, addresses and pictures, and a name that says so."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask
from sqlalchemy.orm import Session

from domain.rich_menus import (
    CHAT_BARS,
    HEIGHT,
    KINDS,
    PAGES,
    STRIP,
    WIDTH,
    Area,
    Tile,
    address_of,
    areas_of,
    menu_name,
    tiles_of,
)
from domain.settings import read_setting
from domain.town_colour import palette_of
from line_hooks.menu_api import menu_object
from menu_pictures import DrawnTile, MenuDrawing, fingerprint, icon_shapes
from models import LineChannel, RichMenuKind
from storage import FileStore
from worker.addresses import Addresses

logger = logging.getLogger(__name__)

OUR_COLOUR: Final = "#0F5E73"


@dataclass(frozen=True, slots=True)
class WantedMenu:
    """A menu as it should be.

    Attributes:
        kind: Whose it is.
        content_hash: The same for the same tiles, addresses and picture.
        body: LINE's object of it, under its name.
        drawing: What its picture shows.
    """

    kind: RichMenuKind
    content_hash: str
    body: dict[str, Any]
    drawing: MenuDrawing

    @property
    def name(self) -> str:
        """Return what it is called at LINE."""
        return menu_name(self.kind, self.content_hash)


def wanted_menus(app: Flask, session: Session, channel: LineChannel) -> list[WantedMenu]:
    """Return the menus a channel should have, the default first.

    Raises:
        MenuPictureFailed: An icon is not among those we serve.
    """
    addresses, emblem = Addresses(app), _emblem(app, session)
    return [_wanted(session, addresses, emblem, kind) for kind in KINDS[channel]]


def _wanted(session: Session, addresses: Addresses, emblem: bytes, kind: RichMenuKind) -> WantedMenu:
    tiles = list(zip(tiles_of(session, kind), areas_of(kind), strict=True))
    opening = [(tile, area, _address(session, addresses, tile)) for tile, area in tiles]
    body = menu_object("", CHAT_BARS[kind], opening, allow_http=addresses.allows_http)
    drawing = MenuDrawing(
        width=WIDTH,
        height=HEIGHT,
        strip=STRIP,
        town=str(read_setting(session, "municipality_name")),
        colour=_colour(session),
        tiles=tuple(_drawn(tile, area) for tile, area in tiles),
        emblem=emblem,
    )
    said = json.dumps(body, ensure_ascii=False, sort_keys=True) + fingerprint(drawing)
    content_hash = hashlib.sha256(said.encode()).hexdigest()
    return WantedMenu(kind, content_hash, {**body, "name": menu_name(kind, content_hash)}, drawing)


def _address(session: Session, addresses: Addresses, tile: Tile) -> str:
    if tile.page:
        endpoint, arguments = PAGES[tile.page]
        return addresses.page(endpoint, **arguments)
    return address_of(session, tile)


def _drawn(tile: Tile, area: Area) -> DrawnTile:
    return DrawnTile(
        area.x,
        area.y,
        area.width,
        area.height,
        tile.label.th,
        tile.hint.th,
        icon_shapes(tile.icon),
        tile.tone,
    )


def _colour(session: Session) -> str:
    """Return the town's colour where white can be read on it, else ours."""
    palette = palette_of(str(read_setting(session, "colour_primary")))
    return palette.primary if palette else OUR_COLOUR


def _emblem(app: Flask, session: Session) -> bytes:
    key = _stored_setting(session, "logo_key")
    if not key:
        return b""
    files: FileStore = app.extensions["files"]
    try:
        return files.get(key)
    except OSError:
        logger.warning("the emblem is not among the files; the menus do without")
        return b""


def _stored_setting(session: Session, key: str) -> str | None:
    try:
        found = read_setting(session, key)
    except KeyError:
        return None
    return str(found) if found else None
