"""Where the buttons of a card lead: addresses of our own pages, only of those that exist.

The worker answers no request, so the addresses are built from PUBLIC_URL and the app's own routes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.routing import BuildError

from config import Settings
from domain.line_identity import has_login_channel
from extensions import db


class Page(NamedTuple):
    """A page a card may open: its endpoint, and what the endpoint calls the complaint."""

    endpoint: str
    argument: str


PAGES: Final = {
    "admin_url": Page("complaint_case.case", "public_code"),
    "result_url": Page("complaint_case.record_result", "public_code"),
    "track_url": Page("citizen.track", "code"),
}
"""By name of the fact; the argument is the complaint's tracking code."""

LINE_PAGES: Final = {"track_url": Page("line_identity.open_case", "code")}
"""What a card opens instead where the town has LINE Login: LINE says who it is, no password is asked."""

TRACKING_DOOR: Final = "citizen.track"
"""The page where anybody follows a complaint by its code."""

CASE_LIST: Final = "complaint.index_view"
"""The officers' list of complaints; its arguments are those of ``domain.complaint_filter``."""

_MAP: Final = "https://www.google.com/maps/search/?api=1&query="


class Addresses:
    """Builds absolute addresses; an endpoint the app does not have gives an empty one."""

    def __init__(self, app: Flask) -> None:
        """Bind the app's routes to PUBLIC_URL."""
        settings: Settings = app.extensions["settings"]
        parts = urlsplit(settings.public_url)
        self._routes = app.url_map.bind(
            parts.netloc, script_name=parts.path or "/", url_scheme=parts.scheme or "http"
        )
        # A phone cannot open http://localhost; LINE would refuse or the citizen would see an error.
        self.allows_http = settings.mode != "production"
        self._is_usable = settings.serves_https or self.allows_http
        self._opens_by_line: bool | None = None

    def of_case(self, complaint_id: int | None, public_code: str) -> dict[str, str]:
        """Return the addresses of a complaint's pages by name of the fact, empty where there is no page."""
        if complaint_id is None:
            return {}
        pages = PAGES | self._line_pages()
        return {
            name: self._address(page.endpoint, **{page.argument: public_code}) for name, page in pages.items()
        }

    def of_digest(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Return a digest's counts and cases with the addresses of their lists and pages."""
        page = PAGES["admin_url"]
        return {
            "counts": [
                {**one, "url": self._address(CASE_LIST, **one["arguments"])} for one in facts["counts"]
            ],
            "cases": [
                {**one, "url": self._address(page.endpoint, **{page.argument: one["public_code"]})}
                for one in facts["cases"]
            ],
            "list_url": self._address(CASE_LIST, **facts["list_arguments"]),
        }

    def tracking(self) -> str:
        """Return the address where anybody follows a complaint; empty where there is no such page."""
        return self._address(TRACKING_DOOR)

    def page(self, endpoint: str, **arguments: Any) -> str:
        """Return the address of any of our pages; empty where there is no such page, or none to be opened."""
        return self._address(endpoint, **arguments)

    def _line_pages(self) -> dict[str, Page]:
        """Return the pages that differ for who comes from LINE; none without LINE Login."""
        if self._opens_by_line is None:
            door = LINE_PAGES["track_url"].endpoint
            has_door = any(rule.endpoint == door for rule in self._routes.map.iter_rules())
            self._opens_by_line = has_door and has_login_channel(db.session())
        return LINE_PAGES if self._opens_by_line else {}

    def _address(self, endpoint: str, **arguments: Any) -> str:
        if not self._is_usable:
            return ""
        try:
            return self._routes.build(endpoint, arguments, force_external=True)
        except BuildError:
            return ""


def map_address(latitude: str, longitude: str) -> str:
    """Return a plain link to the place (decisions.md 16); empty without coordinates."""
    return f"{_MAP}{latitude},{longitude}" if latitude and longitude else ""
