"""What LINE says is used of the month's messages, and who an account is, asked every hour; both are free."""

from __future__ import annotations

import logging
from datetime import datetime

from flask import Flask

from domain.clock import now
from domain.deliveries import QUOTA_NOTICE, tell_administrators
from domain.line_connections import connection_of
from domain.line_quota import WARNS_AT, line_day, percent_used
from domain.line_setup import keep_bot
from extensions import write_transaction
from line_hooks.client import LineError, LineGateway, Quota
from models import LineChannel, OutboxChannel
from worker.letters import LINE_CHANNELS
from worker.senders import Postman

logger = logging.getLogger(__name__)


def read_quotas(app: Flask) -> int:
    """Ask LINE about each channel that is on, keep the answers, and return how many there were."""
    postman = Postman(app)
    try:
        return sum(_read(postman, out, channel) for out, channel in LINE_CHANNELS.items())
    finally:
        postman.close()


def _read(postman: Postman, out: OutboxChannel, channel: LineChannel) -> bool:
    if out not in postman.channels:
        return False
    gateway = postman.gateway(out)
    try:
        quota = gateway.quota()
    except LineError as problem:
        logger.warning("LINE did not tell the quota: %s", problem, extra={"line_channel": channel.value})
        return False
    keep_quota(channel, quota)
    _learn_account(gateway, channel)
    return True


def _learn_account(gateway: LineGateway, channel: LineChannel) -> None:
    """Ask who the account is while nobody knows: people add it by the id that LINE tells."""
    seen = _seen_unnamed(channel)
    if seen is None:
        return
    try:
        bot = gateway.bot_info()
    except LineError as problem:
        logger.warning("LINE did not tell the account: %s", problem, extra={"line_channel": channel.value})
        return
    named = {name: str(bot.get(name) or "") for name in ("userId", "basicId", "displayName")}
    with write_transaction() as session:
        keep_bot(session, channel, seen, named)


def _seen_unnamed(channel: LineChannel) -> datetime | None:
    """Return the mark of the channel's values if its account is unknown; None when it is known."""
    with write_transaction() as session:
        row = connection_of(session, channel)
        return None if row.basic_id else row.updated_at


def keep_quota(channel: LineChannel, quota: Quota) -> None:
    """Write a reading down and warn the administrators, once a month, when few messages are left."""
    with write_transaction() as session:
        row = connection_of(session, channel)
        row.quota_limit, row.quota_used, row.quota_read_at = quota.limit, quota.used, now()
        percent = percent_used(quota.used, quota.limit)
        month = line_day().replace(day=1)
        if percent is None or percent < WARNS_AT or row.quota_warned_on == month:
            return
        row.quota_warned_on = month
        tell_administrators(session, QUOTA_NOTICE, {"channel": channel.value, "percent": percent})
