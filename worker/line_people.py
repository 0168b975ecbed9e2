"""Asking LINE for the names of those who added us: a few each round, each once, outside any transaction."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Flask
from sqlalchemy import select

from config import Settings
from domain.clock import now
from extensions import db, write_transaction
from line_hooks.client import LineError, LineGateway, LinePermanent
from line_hooks.keys import keys_of
from line_hooks.limits import clean, shorten
from models import LineAccount, LineChannel, LineState
from worker.schedule import register_task

logger = logging.getLogger(__name__)

EVERY: Final = timedelta(minutes=5)
MOST_A_ROUND: Final = 50
LANGUAGES: Final = ("th", "en")
_LONGEST_NAME: Final = 120


def fetch_profiles(app: Flask) -> int:
    """Ask for the profiles of friends whose name we do not know yet; return of how many it was settled."""
    return sum(_of_channel(app, channel) for channel in LineChannel)


def _of_channel(app: Flask, channel: LineChannel) -> int:
    settings: Settings = app.extensions["settings"]
    token = keys_of(app, channel).token
    waiting = _waiting(channel) if token else []
    if not token or not waiting:
        return 0
    try:
        gateway = LineGateway(channel.value, token, base_url=settings.line_api_url)
    except ValueError:
        return 0  # The set-up page says what is wrong with the token.
    settled = 0
    try:
        for account_id, user_id, changed_at in waiting:
            _keep(account_id, changed_at, _ask(gateway, user_id))
            settled += 1
    except LineError as problem:
        logger.warning("LINE did not tell a profile: %s", problem, extra={"line_channel": channel.value})
    finally:
        gateway.close()
    return settled


def _waiting(channel: LineChannel) -> list[tuple[int, str, datetime | None]]:
    session = db.session()
    session.rollback()
    found = session.execute(
        select(LineAccount.id, LineAccount.line_user_id, LineAccount.state_changed_at)
        .where(
            LineAccount.channel == channel,
            LineAccount.state == LineState.FRIEND,
            LineAccount.profile_at.is_(None),
        )
        .order_by(LineAccount.id)
        .limit(MOST_A_ROUND)
    ).all()
    session.rollback()
    return [(account_id, user_id, changed_at) for account_id, user_id, changed_at in found]


def _ask(gateway: LineGateway, user_id: str) -> dict[str, Any] | None:
    """Return the profile; None where LINE shows us none: blocked, gone, or no friend (line.md §2.3)."""
    try:
        return gateway.profile(user_id)
    except LinePermanent as problem:
        logger.warning("LINE refused a profile: %s", problem)
        return {}


def _keep(account_id: int, changed_at: datetime | None, profile: dict[str, Any] | None) -> None:
    with write_transaction() as session:
        account = session.get(LineAccount, account_id, populate_existing=True)
        if account is None:
            return
        account.profile_at = now()
        if profile is None:
            # A block or a return that came meanwhile knows better.
            if account.state_changed_at == changed_at:
                account.state = LineState.UNKNOWN
            return
        name = profile.get("displayName")
        account.display_name = shorten(clean(str(name)), _LONGEST_NAME) if name else None
        language = str(profile.get("language", "")).partition("-")[0]
        if language in LANGUAGES:
            account.language = language


register_task("line_profiles", EVERY, fetch_profiles)
