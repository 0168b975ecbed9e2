"""The rich menus of the accounts: which there are, which one a person sees, and their aliases."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from line_sim.chats import Chats
from line_sim.records import JsonDict, SimRichMenu

MAX_MENUS = 1000
DEFAULT_SHOWN_SECONDS = 60.0
"""A new default menu shows when the chat is opened again, or after up to a minute (line.md §3)."""


@dataclass
class Menus(Chats):
    """Rich menus.

    Attributes:
        rich_menus: By id, in the order of creation, those of all accounts.
        aliases: Menu ids by account and alias.
    """

    rich_menus: dict[str, SimRichMenu] = field(default_factory=dict)
    aliases: dict[tuple[str, str], str] = field(default_factory=dict)
    _defaults: dict[str, str] = field(default_factory=dict)
    _linked: dict[tuple[str, str], str] = field(default_factory=dict)
    _shown_default: dict[tuple[str, str], tuple[str | None, float]] = field(default_factory=dict)

    def add_menu(self, channel: str, body: JsonDict) -> SimRichMenu:
        """Create a menu; it has no picture yet."""
        with self.lock:
            menu_id = "richmenu-" + secrets.token_hex(16)
            self._keep({"menu": {"id": menu_id, "channel": channel, "body": body}})
            return self.rich_menus[menu_id]

    def menus_of(self, channel: str) -> list[SimRichMenu]:
        """Return the menus of an account, oldest first."""
        with self.lock:
            return [menu for menu in self.rich_menus.values() if menu.channel == channel]

    def menu(self, channel: str, menu_id: str) -> SimRichMenu | None:
        """Return a menu of this account."""
        with self.lock:
            found = self.rich_menus.get(menu_id)
            return found if found is not None and found.channel == channel else None

    def give_picture(self, menu_id: str, picture: bytes, content_type: str) -> None:
        """Give a menu its picture; LINE takes none a second time, so ask before."""
        with self.lock:
            self._store_file(menu_id, picture)
            menu = self.rich_menus[menu_id]
            menu.picture, menu.content_type = picture, content_type
            self._write({"menu_picture": {"id": menu_id, "content_type": content_type}})

    def drop_menu(self, menu_id: str) -> None:
        """Delete a menu: nobody sees it any more, neither as default nor by link."""
        with self.lock:
            self._keep({"menu_gone": {"id": menu_id}})

    def set_default_menu(self, channel: str, menu_id: str | None) -> None:
        """Set the account's default menu; None takes it away."""
        with self.lock:
            self._keep({"menu_default": {"channel": channel, "id": menu_id}})

    def link_menu(self, channel: str, user_id: str, menu_id: str | None) -> None:
        """Give one person a menu of their own; None takes it away.

        Whoever is no friend stays without: LINE answers 200 and does nothing.
        """
        with self.lock:
            if menu_id is None or self.is_friend(channel, user_id):
                self._keep({"menu_link": {"channel": channel, "user_id": user_id, "id": menu_id}})

    def set_alias(self, channel: str, alias: str, menu_id: str | None) -> None:
        """Name a menu; None forgets the name."""
        with self.lock:
            self._keep({"menu_alias": {"channel": channel, "alias": alias, "id": menu_id}})

    def default_menu(self, channel: str) -> str | None:
        """Return the id of the account's default menu."""
        with self.lock:
            return self._defaults.get(channel)

    def linked_menu(self, channel: str, user_id: str) -> str | None:
        """Return the id of the menu that was linked to this person alone."""
        with self.lock:
            return self._linked.get((channel, user_id))

    def menu_of(self, channel: str, user_id: str) -> SimRichMenu | None:
        """Return the menu this person's phone shows now: their own before the default, with a picture only.

        A phone whose chat is open goes on showing the default it was opened with, for a minute.
        """
        with self.lock:
            if not self.is_friend(channel, user_id):
                return None
            menu_id = self._linked.get((channel, user_id)) or self._default_shown(channel, user_id)
            menu = self.menu(channel, menu_id or "")
            return menu if menu is not None and menu.picture is not None else None

    def open_chat(self, channel: str, user_id: str) -> None:
        """Note that the person opens the chat: the phone looks up which menu is the default."""
        with self.lock:
            self._shown_default[channel, user_id] = self._defaults.get(channel), self.clock()

    def _default_shown(self, channel: str, user_id: str) -> str | None:
        shown = self._shown_default.get((channel, user_id))
        if shown is None:
            return self._defaults.get(channel)
        menu_id, at = shown
        if self.clock() - at < DEFAULT_SHOWN_SECONDS and (menu_id is None or menu_id in self.rich_menus):
            return menu_id
        self.open_chat(channel, user_id)
        return self._defaults.get(channel)

    # Taking up

    def _recall_menu(self, stored: JsonDict) -> None:
        self.rich_menus[stored["id"]] = SimRichMenu(stored["id"], stored["channel"], stored["body"])

    def _recall_menu_picture(self, stored: JsonDict) -> None:
        menu = self.rich_menus.get(stored["id"])
        if menu is not None:
            menu.picture, menu.content_type = self._stored_file(menu.id), stored["content_type"]

    def _recall_menu_gone(self, stored: JsonDict) -> None:
        menu_id = stored["id"]
        self.rich_menus.pop(menu_id, None)
        self._drop_file(menu_id)
        self._defaults = {key: value for key, value in self._defaults.items() if value != menu_id}
        self._linked = {key: value for key, value in self._linked.items() if value != menu_id}
        self.aliases = {key: value for key, value in self.aliases.items() if value != menu_id}

    def _recall_menu_default(self, stored: JsonDict) -> None:
        self._defaults.pop(stored["channel"], None)
        if stored["id"] is not None:
            self._defaults[stored["channel"]] = stored["id"]

    def _recall_menu_link(self, stored: JsonDict) -> None:
        self._linked.pop((stored["channel"], stored["user_id"]), None)
        if stored["id"] is not None:
            self._linked[stored["channel"], stored["user_id"]] = stored["id"]

    def _recall_menu_alias(self, stored: JsonDict) -> None:
        self.aliases.pop((stored["channel"], stored["alias"]), None)
        if stored["id"] is not None:
            self.aliases[stored["channel"], stored["alias"]] = stored["id"]
