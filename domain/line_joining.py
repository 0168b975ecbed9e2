"""Adding the town's LINE accounts as friends: one page and its one QR code for citizens and officers alike.

Nothing is joined by it: whoever adds an account is a stranger to us until LINE tells of it.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import LineChannel, LineConnection

JOIN_PATH: Final = "/line/join"
_ADD_FRIEND: Final = "https://line.me/R/ti/p/"


def join_address(public_url: str) -> str:
    """Return the address of the page where everybody chooses an account; it is what the poster's QR says."""
    return f"{public_url.rstrip('/')}{JOIN_PATH}"


def add_friend_address(basic_id: str) -> str:
    """Return where LINE adds an account.

    Args:
        basic_id: As LINE tells it, with its ``@``.
    """
    return f"{_ADD_FRIEND}{quote(basic_id, safe='')}"


def basic_ids(session: Session) -> dict[LineChannel, str]:
    """Return the LINE ids of the accounts we know; one that LINE has not told us yet is left out."""
    rows = session.execute(select(LineConnection.channel, LineConnection.basic_id))
    return {channel: basic_id for channel, basic_id in rows if basic_id}
