"""What a LINE button carries: a short, keyed string that names an action on one complaint.

The key proves that we wrote the button, not that the presser may press it: the webhook asks the
domain for permission, assignment and state each time (line.md §9, rows 6 to 8). A button never
carries personal data.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

MAX_LENGTH = 300
"""LINE's limit for ``postback.data``, in characters."""

_PURPOSE = b"uphee:line-postback:1\0"
_DATA = re.compile(
    r"(?P<body>a=(?P<action>[a-z][a-z_]{0,31})&c=(?P<code>[0-9A-Za-z][0-9A-Za-z-]{0,31})"
    r"(?:&s=(?P<seq>0|[1-9][0-9]{0,8}))?(?:&v=(?P<value>0|[1-9][0-9]{0,3}))?)"
    r"&h=(?P<mac>[A-Za-z0-9_-]{22})"
)


@dataclass(frozen=True, slots=True)
class Postback:
    """One press of a button, as it was offered.

    Attributes:
        action: Code of the action, for example ``acknowledge`` or ``rate``.
        public_code: The complaint, for example ``2026-14``.
        state_seq: The complaint's ``state_seq`` when the card was built; None when the action has none.
        value: A small number that goes with the action, for example a rating; None without one.
    """

    action: str
    public_code: str
    state_seq: int | None = None
    value: int | None = None


def encode(
    action: str, public_code: str, key: bytes, *, state_seq: int | None = None, value: int | None = None
) -> str:
    """Return the data for a button, well under 300 characters.

    Raises:
        ValueError: A part does not fit the form, for example a code with a space or a negative number.
    """
    body = f"a={action}&c={public_code}"
    if state_seq is not None:
        body += f"&s={state_seq}"
    if value is not None:
        body += f"&v={value}"
    data = f"{body}&h={_mac(body, key)}"
    # Read back, so that a part cannot smuggle in another part.
    if decode(data, key) != Postback(action, public_code, state_seq, value):
        raise ValueError(f"cannot be written on a button: {body[:80]!r}")
    return data


def decode(data: str | None, key: bytes) -> Postback | None:
    """Return what a button said, or None for anything forged, odd, altered or not ours."""
    found = _DATA.fullmatch(data) if isinstance(data, str) and len(data) <= MAX_LENGTH else None
    if found is None or not hmac.compare_digest(_mac(found["body"], key), found["mac"]):
        return None
    return Postback(
        action=found["action"],
        public_code=found["code"],
        state_seq=None if found["seq"] is None else int(found["seq"]),
        value=None if found["value"] is None else int(found["value"]),
    )


def _mac(body: str, key: bytes) -> str:
    if len(key) < 16:
        raise ValueError("the postback key must have at least 16 bytes")
    digest = hmac.new(key, _PURPOSE + body.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode("ascii")
