"""``/line/picture/<token>``: one small picture for a card in the chat, fetched by LINE without signing in.

Nobody can guess an address, none leads to another, and an answer sets no cookie and names nobody.
"""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort, current_app

from domain.chat_pictures import find_picture
from extensions import db

line_pictures = Blueprint("line_pictures", __name__)

PICTURE_PATH: Final = "/line/picture/<token>"
PICTURE_ENDPOINT: Final = "line_pictures.picture"
"""For who makes addresses of it: ``link(PICTURE_ENDPOINT, token=…)``."""

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Robots-Tag": "noindex, nofollow, noimageindex",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, max-age=3600",  # A photo that is taken out shall soon be gone here, too.
}


@line_pictures.get(PICTURE_PATH)
def picture(token: str) -> Response:
    """Send the picture behind an address; 404 when it is over, as for one that never was."""
    shown = find_picture(db.session(), token)
    if shown is None:
        abort(404)
    try:
        data = current_app.extensions["files"].get(shown.storage_key)
    except FileNotFoundError:
        abort(404)
    response = Response(data, mimetype=shown.media_type)
    response.headers.update(_HEADERS)
    return response
