"""Which keys a channel has: those of the environment win over those pasted on the set-up screen."""

from __future__ import annotations

import time
from typing import Final

from flask import Flask

from config import Settings
from domain.line_connections import ChannelKeys, stored_keys
from domain.vault import Vault
from extensions import db
from models import LineChannel

_EXTENSION: Final = "line_keys"
_FRESH_SECONDS: Final = 5.0


def environment_keys(settings: Settings, channel: LineChannel) -> ChannelKeys | None:
    """Return the keys the environment names; None when it names none: then the screen's count."""
    if channel is LineChannel.CITIZEN:
        token, secrets = settings.line_citizen_token, settings.line_citizen_secrets
    else:
        token, secrets = settings.line_staff_token, settings.line_staff_secrets
    return ChannelKeys(token, secrets) if token and secrets else None


def keys_of(app: Flask, channel: LineChannel, *, fresh: bool = False) -> ChannelKeys:
    """Return a channel's keys, at most five seconds old; needs an application context.

    Args:
        app: The application.
        channel: Which one.
        fresh: Look at the database now.
    """
    given = environment_keys(app.extensions["settings"], channel)
    if given is not None:
        return given
    kept: dict[LineChannel, tuple[float, ChannelKeys]] = app.extensions.setdefault(_EXTENSION, {})
    known = kept.get(channel)
    if known is not None and not fresh and time.monotonic() - known[0] < _FRESH_SECONDS:
        return known[1]
    vault: Vault = app.extensions["vault"]
    keys = stored_keys(db.session(), vault, channel)
    db.session().rollback()
    kept[channel] = (time.monotonic(), keys)
    return keys
