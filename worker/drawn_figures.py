"""The pictures of figures: drawn once, kept, and put on the card just before it is sent.

A picture is an addition: whatever goes wrong with it, the card goes out with its numbers.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from flask import Flask

from domain.chat_pictures import find_picture, picture_drawn, picture_of_file
from extensions import write_transaction
from figure_pictures import FigureDrawing, draw_figures, fingerprint
from line_hooks.limits import JsonDict
from line_hooks.pictured import PICTURE_PAGE, wish_in, with_picture
from storage import FileStore
from worker.addresses import Addresses

logger = logging.getLogger(__name__)


def figure_messages(app: Flask, facts: Mapping[str, Any], language: str) -> list[JsonDict]:
    """Return the messages of a stored answer with their picture; without it where none can be had.

    Call it outside any transaction, in a thread that has no application context: it opens one of its own.

    Args:
        app: The application.
        facts: Of the answer (``line_hooks.pictured``).
        language: Of the answer.
    """
    plain: list[JsonDict] = list(facts["messages"])
    try:
        with app.app_context():
            addresses = Addresses(app)
            token = picture_token(app, wish_in(facts))
            address = addresses.page(PICTURE_PAGE, token=token)
        if not address:
            return plain
        return with_picture(facts, address, language, allow_http=addresses.allows_http)
    except Exception:  # An answer that is not given is lost; the numbers are on the card.
        logger.exception("figures go without their picture")
        return plain


def picture_token(app: Flask, drawing: FigureDrawing) -> str:
    """Return the token of a picture's address; it is drawn unless the same one was before.

    Needs an application context and no open transaction.

    Raises:
        FigurePictureFailed: it could not be drawn.
        StorageFailed: it could not be kept.
    """
    known = fingerprint(drawing)
    with write_transaction() as session:
        token = picture_drawn(session, known)
    if token is not None:
        return token
    made = draw_figures(drawing, app.extensions["sandbox"])
    files: FileStore = app.extensions["files"]
    key = files.put(made.data, ".png")
    with write_transaction() as session:
        token = picture_of_file(session, key, known)
        shown = find_picture(session, token)
    if shown is None or shown.storage_key != key:  # Drawn side by side for somebody else: his was first.
        files.delete(key)
    return token
