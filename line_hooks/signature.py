"""Prove that a webhook comes from LINE: HMAC-SHA256 over the raw bytes of the body (line.md §1.1)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable

HEADER = "x-line-signature"


def sign(secret: str, body: bytes) -> str:
    """Return the signature LINE would put on ``body``: Base64 of HMAC-SHA256 with the channel secret."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode("ascii")


def is_genuine(secrets: Iterable[str], body: bytes, header: str | None) -> bool:
    """Tell whether ``header`` is the signature of ``body`` under any of the channel's secrets.

    Args:
        secrets: The secrets in force, two of them while one is being replaced. An empty one never matches.
        body: The request body exactly as it arrived; parsing and dumping it again breaks the signature.
        header: The value of ``x-line-signature``; None when the header is missing.
    """
    given = (header or "").encode("utf-8", "replace")
    # Every secret is tried, so the time taken does not tell which one matched.
    matches = [hmac.compare_digest(sign(secret, body).encode("ascii"), given) for secret in secrets if secret]
    return any(matches)
