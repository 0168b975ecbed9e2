"""The language of a request, asked of Flask-Babel once: a page wants it for every date and every word."""

from __future__ import annotations

from flask import g
from flask_babel import get_locale


def language() -> str:
    """Return the language of this request: ``th`` or ``en``."""
    if "language" not in g:
        g.language = "en" if str(get_locale()) == "en" else "th"
    found: str = g.language
    return found
