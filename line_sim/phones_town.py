"""What the phones borrow from the town: its emblem, places to send, addresses behind QR codes, photos.

Everything here may be missing, as in a test without a town: then the phones have less to offer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import current_app, request, url_for
from werkzeug.routing import BuildError

from admin_views.emblem import emblem_version
from admin_views.identity import current_lookups
from domain.line_joining import add_friend_address
from domain.lookups import Lookups
from line_sim.server import FakeLine

MOST_PLACES: Final = 6
ALBUM: Final = 20
"""So many photos are sent at once by one button: more than fit a case."""
SPOILT: Final = b"not a photo, whatever its name says"
"""What somebody sends as a photo that nobody can open."""
FILM: Final = bytes.fromhex("0000001866747970") + b"mp42\0\0\0\0mp42isom"
"""The head of a film; nothing of ours ever looks further."""
PAPER: Final = b"%PDF-1.4\n%%EOF\n"
VOICE: Final = bytes.fromhex("0000001866747970") + b"M4A \0\0\0\0M4A mp42"
SCENES: Final = {"road": 7, "rubbish": 21, "lamp": 11}
"""Photos a presenter can send without having one: the scene, and the street it stands in."""
STAGES: Final = {"citizen": "before", "staff": "after"}
"""An officer sends what the mended place looks like."""


CODES: Final = {
    "join": "line_joining.join",
    "home": "citizen.home",
    "track": "citizen.track",
    "mine": "line_identity.mine",
}
"""Pages of ours that stand behind printed QR codes."""
IDENTITY: Final = "sim_user"
"""Says whose phone opened a page; LINE would know by itself (``line_sim.api_login``)."""


@dataclass(frozen=True, slots=True)
class Place:
    """A named place somebody can send."""

    title: str
    address: str
    latitude: float
    longitude: float


AT_SEA: Final = Place("กลางอ่าวไทย", "นอกเขตเทศบาล", 9.5, 101.2)
"""For whoever wants to see what becomes of a pin that went astray."""


def lookups() -> Lookups | None:
    """Return the town's snapshot; None where there is no database."""
    return current_lookups() if "sqlalchemy" in current_app.extensions else None


def emblem() -> str:
    """Return the address of the town's emblem; empty where it has none."""
    known = lookups()
    key = str(known.setting("logo_key", "") or "") if known else ""
    return url_for("emblem", version=emblem_version(key)) if key else ""


def home() -> str:
    """Return the address this server gives out as its own; empty where it has none."""
    return _setting("public_url").rstrip("/")


def places() -> list[Place]:
    """Return some of the town's communities, one of each zone first, and a place that is none."""
    known = lookups()
    if known is None:
        return []
    found: dict[int, Place] = {}
    rest: list[Place] = []
    for row in known.communities.values():
        if row.latitude is None or row.longitude is None or not row.is_active:
            continue
        zone = known.zones.get(row.parent_id or 0)
        place = Place(f"ชุมชน{row.name}", zone.name if zone else "", row.latitude, row.longitude)
        if row.parent_id is not None and row.parent_id not in found:
            found[row.parent_id] = place
        else:
            rest.append(place)
    return [*[*found.values(), *rest][:MOST_PLACES], AT_SEA]


def codes(fake: FakeLine) -> list[tuple[str, str]]:
    """Return what a QR code of ours may lead to: a name and an address; the name is a key of the page."""
    base = request.host_url.rstrip("/")
    found = [
        (f"add_{account.key}", add_friend_address(account.basic_id))
        for account in fake.state.channels.values()
    ]
    for name, endpoint in CODES.items():
        try:
            found.append((name, base + url_for(endpoint)))
        except BuildError:
            continue
    return found


def where_to(address: str, user_id: str) -> str:
    """Return what an address opens on a phone: LINE's own pages are the fake's, and know whose it is.

    Args:
        address: As the message has it.
        user_id: Whose phone it is.
    """
    parts = urlsplit(address)
    if parts.netloc == "access.line.me":
        return _named(_base_of_line() + urlunsplit(("", "", *parts[2:])), user_id)
    is_ours = parts.netloc in {request.host, urlsplit(_setting("public_url")).netloc}
    return _named(address, user_id) if is_ours and parts.path.startswith("/line/") else address


def _named(address: str, user_id: str) -> str:
    parts = urlsplit(address)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != IDENTITY]
    query = urlencode([*kept, (IDENTITY, user_id)])
    return urlunsplit((*parts[:3], query, parts[4]))


def _base_of_line() -> str:
    """Return where LINE's own pages stand: in this app when it has them, else where the fake listens."""
    return "" if "line_sim_login" in current_app.blueprints else _setting("line_api_url").rstrip("/")


def _setting(name: str) -> str:
    return str(getattr(current_app.extensions.get("settings"), name, "") or "")


def sample_photos(scenes: Sequence[str], stage: str, *, album: bool, spoilt: bool) -> list[bytes]:
    """Return the drawn photos somebody chose to send.

    Args:
        scenes: Of ``SCENES``; others are left out.
        stage: ``before`` or ``after``.
        album: A whole album instead, each photo another street.
        spoilt: And one nobody can open.
    """
    known = [(scene, 0) for scene in dict.fromkeys(scenes) if scene in SCENES]
    if album:
        names = list(SCENES)
        known = [(names[number % len(names)], number) for number in range(ALBUM)]
    photos = [sample_photo(scene, stage, street) for scene, street in known]
    return [*photos, SPOILT] if spoilt else photos


@lru_cache(maxsize=2 * ALBUM)
def sample_photo(scene: str, stage: str, street: int = 0) -> bytes:
    """Return a drawn photo of a street as JPEG, marked as invented; drawn once.

    Raises:
        KeyError: There is no such scene or stage.
    """
    # The demo's drawings, and Pillow with them: only a page that shows phones ever draws.
    import fontpkg_sarabun

    from demo.pictures import FONT_NAME, draw_scene

    if stage not in STAGES.values():
        raise KeyError(stage)
    font = Path(fontpkg_sarabun.__file__).parent / "files" / FONT_NAME
    return draw_scene(scene, stage, SCENES[scene] + street, str(font))
