"""Reading what a page holds."""

from __future__ import annotations

import html
import re

from flask.testing import FlaskClient

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def csrf(client: FlaskClient, url: str) -> str:
    """Return the CSRF token a page gives out."""
    found = _TOKEN.search(client.get(url).get_data(as_text=True))
    assert found, f"{url} gives out no CSRF token"
    return html.unescape(found.group(1))
