"""Rich menus at LINE: the object of a menu, and the questions about menus over a gateway (line.md §3).

LINE takes a picture once for each menu and creates or deletes at most 100 menus an hour: whoever lays menus
lists them first. Everything raises the gateway's ``LineError``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from domain.errors import Words
from domain.rich_menus import HEIGHT, WIDTH, Area, Tile, postback_of
from line_hooks.client import LineGateway, LinePermanent
from line_hooks.limits import JsonDict, LinkProblem, safe_uri, shorten_label

MOST_CHAT_BAR: Final = 14
MOST_LABEL: Final = 20
_NOT_THERE: Final = 404


@dataclass(frozen=True, slots=True)
class LaidMenu:
    """A menu as LINE lists it."""

    id: str
    name: str


def menu_object(
    name: str, chat_bar: Words, tiles: Iterable[tuple[Tile, Area, str]], *, allow_http: bool = False
) -> JsonDict:
    """Return a menu as LINE takes it.

    Args:
        name: Seen in LINE's own tools only.
        chat_bar: What the bar below the chat says.
        tiles: Each with its area and the address it opens; without a usable one it asks us in the chat.
        allow_http: Let plain http addresses through; for a demo on one's own machine only.
    """
    return {
        "size": {"width": WIDTH, "height": HEIGHT},
        "selected": True,
        "name": name,
        "chatBarText": shorten_label(chat_bar.th, MOST_CHAT_BAR),
        "areas": [_area(area, tile_action(tile, url, allow_http=allow_http)) for tile, area, url in tiles],
    }


def _area(area: Area, action: JsonDict) -> JsonDict:
    bounds = {"x": area.x, "y": area.y, "width": area.width, "height": area.height}
    return {"bounds": bounds, "action": action}


def tile_action(tile: Tile, address: str, *, allow_http: bool = False, language: str = "th") -> JsonDict:
    """Return what a tile does: opens the address, or asks us in the chat where there is none to open."""
    label = shorten_label(tile.label.en if language == "en" else tile.label.th, MOST_LABEL)
    try:
        uri = safe_uri(address, allow_http=allow_http) if address else ""
    except LinkProblem:
        uri = ""
    if uri:
        return {"type": "uri", "label": label, "uri": uri}
    return {"type": "postback", "label": label, "data": postback_of(tile.code), "displayText": label}


def list_menus(gateway: LineGateway) -> list[LaidMenu]:
    """Return every menu made through the API, ours and others'."""
    found = gateway.ask("GET", "/v2/bot/richmenu/list").get("richmenus")
    menus = found if isinstance(found, list) else []
    return [
        LaidMenu(str(one["richMenuId"]), str(one.get("name", "")))
        for one in menus
        if isinstance(one, dict) and one.get("richMenuId")
    ]


def create_menu(gateway: LineGateway, menu: JsonDict) -> str:
    """Create a menu and return LINE's id of it; it has no picture yet.

    Raises:
        LineError: LINE did not take it; also for an answer without an id.
    """
    made = gateway.ask("POST", "/v2/bot/richmenu", menu).get("richMenuId")
    if not isinstance(made, str) or not made:
        raise LinePermanent(200, "LINE gave the new menu no id")
    return made


def give_picture(gateway: LineGateway, menu_id: str, picture: bytes, content_type: str) -> None:
    """Give a menu its picture; LINE refuses a second one."""
    path = f"/v2/bot/richmenu/{quote(menu_id, safe='')}/content"
    gateway.ask("POST", path, picture, content_type=content_type, blob=True)


def delete_menu(gateway: LineGateway, menu_id: str) -> None:
    """Delete a menu; one that is gone already is gone."""
    _unless_gone(gateway, "DELETE", f"/v2/bot/richmenu/{quote(menu_id, safe='')}")


def default_menu(gateway: LineGateway) -> str | None:
    """Return the id of the menu everybody sees who has none of his own; None without one."""
    answer = _unless_gone(gateway, "GET", "/v2/bot/user/all/richmenu")
    found = answer.get("richMenuId")
    return found if isinstance(found, str) else None


def set_default(gateway: LineGateway, menu_id: str) -> None:
    """Let everybody see this menu who has none of his own."""
    gateway.ask("POST", f"/v2/bot/user/all/richmenu/{quote(menu_id, safe='')}")


def link_menu(gateway: LineGateway, user_id: str, menu_id: str) -> None:
    """Give one person a menu of his own; for who is no friend LINE does nothing and says so to nobody."""
    gateway.ask("POST", f"/v2/bot/user/{quote(user_id, safe='')}/richmenu/{quote(menu_id, safe='')}")


def unlink_menu(gateway: LineGateway, user_id: str) -> None:
    """Take a person's own menu away; he sees everybody's again."""
    _unless_gone(gateway, "DELETE", f"/v2/bot/user/{quote(user_id, safe='')}/richmenu")


def _unless_gone(gateway: LineGateway, method: str, path: str) -> JsonDict:
    try:
        return gateway.ask(method, path)
    except LinePermanent as problem:
        if problem.status != _NOT_THERE:
            raise
        return {}
