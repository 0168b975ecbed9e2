"""Browsers an account was signed in with before: their attempts count by themselves.

Without this, whoever guesses from elsewhere could make an officer wait at his own desk (OWASP: "Slow down
online guessing attacks with device cookies"). The cookie proves no identity and opens no door.
"""

from __future__ import annotations

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

from domain.sign_in import fold_username
from domain.throttle import name_key
from domain.vault import new_token

MOST_ACCOUNTS = 6  # A desk shared by more people than this forgets the first.
HALF_A_YEAR = 180 * 24 * 3600


def known_device(username: str) -> str | None:
    """Return the key of this browser for the account, None if it was never signed in with here."""
    found = _devices().get(_account(username))
    return found if isinstance(found, str) else None


def remember_device(response: Response, username: str) -> None:
    """Let the browser keep that this account was signed in with here."""
    devices = _devices()
    device = devices.pop(_account(username), None) or new_token()
    devices = dict(list(devices.items())[-(MOST_ACCOUNTS - 1) :])
    response.set_cookie(
        _name(),
        _serializer().dumps({**devices, _account(username): device}),
        max_age=HALF_A_YEAR,
        httponly=True,
        samesite="Lax",
        secure=current_app.extensions["settings"].serves_https,
    )


def _devices() -> dict[str, str]:
    try:
        devices = _serializer().loads(request.cookies.get(_name(), ""))
    except BadSignature:
        return {}
    return devices if isinstance(devices, dict) else {}


def _account(username: str) -> str:
    return name_key(fold_username(username) or "")[:16]


def _name() -> str:
    return "__Host-device" if current_app.extensions["settings"].serves_https else "device"


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="known-device")
