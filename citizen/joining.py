"""``/line/join``: one address and one QR code to add the town's LINE accounts, for everybody.

Open to all: it says nothing but what the accounts are called. The poster carries the page's own address, not
LINE's, so that a printed one goes on leading to the right accounts when the town changes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Blueprint, current_app, render_template, request, url_for

from config import Settings
from documents.drawings import qr_data_uri
from domain.line_ids import is_line_user_id
from domain.line_joining import JOIN_PATH, add_friend_address, basic_ids, join_address
from extensions import db
from models import LineChannel

line_joining = Blueprint("line_joining", __name__)

_SIMULATOR = "line_sim"
_POSTER_PIXELS = 20  # A module; a hundred dots to the inch when the code fills half of an A4 sheet.


@dataclass(frozen=True, slots=True)
class Choice:
    """An account one can add.

    Attributes:
        key: ``citizen`` or ``staff``.
        basic_id: Its LINE id; empty while LINE has not told it: then there is no address either.
        address: Where it is added.
        qr: The same for whoever reads this on another screen than a phone's.
        register: Where citizens register on the web.
    """

    key: str
    basic_id: str = ""
    address: str = ""
    qr: str = ""
    register: str = ""


@line_joining.get(JOIN_PATH)
def join() -> str:
    """Let people choose whether they come as citizens or as officers."""
    known = basic_ids(db.session())
    return render_template(
        "citizen/join.html", choices=[_choice(channel, known.get(channel, "")) for channel in LineChannel]
    )


@line_joining.get(f"{JOIN_PATH}/poster")
def poster() -> str:
    """Show the sheet to print, with the QR code of the page above."""
    address = join_address(_settings().public_url)
    return render_template(
        "citizen/join_poster.html", poster_address=address, qr=_qr(address, _POSTER_PIXELS)
    )


def _choice(channel: LineChannel, basic_id: str) -> Choice:
    if not basic_id:
        return Choice(channel.value)
    form = "registering.register"
    if _SIMULATOR not in current_app.blueprints:
        address = add_friend_address(basic_id)
        return Choice(channel.value, basic_id, address, _qr(address), url_for(form))
    # The stand-in's accounts do not exist at LINE, and perhaps somebody else's do.
    scanned = f"{_settings().public_url}{_simulated(basic_id)}"
    played = _played_by()
    return Choice(
        channel.value, basic_id, _simulated(basic_id, **played), _qr(scanned), url_for(form, **played)
    )


def _simulated(basic_id: str, **more: Any) -> str:
    return url_for(f"{_SIMULATOR}.add", basic_id=basic_id, **more)


def _played_by() -> dict[str, Any]:
    """Return whose phone of the simulator opened this, as an argument of the next address."""
    asked = request.args.get("sim_user", "")
    return {"sim_user": asked} if is_line_user_id(asked) else {}


@lru_cache(maxsize=8)
def _qr(text: str, module_pixels: int = 5) -> str:
    return qr_data_uri(text, module_pixels)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
