"""The two doors LINE knocks at: prove, store, commit, 200 — everything else is the worker's.

LINE waits two seconds and may stop sending to a server that is slow, so nothing else happens here. An event
is stored once, however often and in whatever company it comes (line.md §1.2, §1.3).
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy.dialects import postgresql, sqlite

from domain.clock import now
from extensions import csrf, write_transaction
from line_hooks.keys import keys_of
from line_hooks.signature import HEADER, is_genuine
from models import DeliveryState, LineChannel, WebhookReceipt

logger = logging.getLogger(__name__)

JsonDict = dict[str, Any]

MAX_BYTES: Final = 8 * 1024 * 1024
"""LINE documents no limit; a thousand events, each with a text as long as LINE takes, come to less."""

_EVENT_ID: Final = re.compile(r"[0-9A-Za-z_-]{1,80}")
_LATEST_MILLISECONDS: Final = 253_402_300_799_000  # The end of the year 9999.

line_webhook = Blueprint("line_webhook", __name__, url_prefix="/line")
csrf.exempt(line_webhook)  # The signature proves more than a token could.


@line_webhook.post("/citizen/webhook")
def citizen() -> ResponseReturnValue:
    """Take the events of the citizens' channel."""
    return _receive(LineChannel.CITIZEN)


@line_webhook.post("/staff/webhook")
def staff() -> ResponseReturnValue:
    """Take the events of the officers' channel."""
    return _receive(LineChannel.STAFF)


def _receive(channel: LineChannel) -> ResponseReturnValue:
    request.max_content_length = MAX_BYTES
    body = request.get_data(cache=False)
    if not _is_ours(channel, body):
        logger.warning("a webhook without LINE's signature was refused", extra={"line_channel": channel})
        return "", HTTPStatus.UNAUTHORIZED
    events = _events(body)
    if events is None:
        logger.warning("a signed webhook could not be read", extra={"line_channel": channel})
        return "", HTTPStatus.BAD_REQUEST
    if events:
        _store(channel, events)
        _wake()
    return "", HTTPStatus.OK


def _is_ours(channel: LineChannel, body: bytes) -> bool:
    """Prove the signature; a secret pasted a moment ago, perhaps in another process, counts at once."""
    header = request.headers.get(HEADER)
    if header is None:
        return False
    return is_genuine(keys_of(current_app, channel).secrets, body, header) or is_genuine(
        keys_of(current_app, channel, fresh=True).secrets, body, header
    )


def _events(body: bytes) -> list[JsonDict] | None:
    """Return the events, none for LINE's Verify button; None when the body is not a webhook at all."""
    try:
        envelope = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    events = envelope.get("events") if isinstance(envelope, dict) else None
    if not isinstance(events, list):
        return None
    return [event for event in events if isinstance(event, dict)]


def _store(channel: LineChannel, events: Sequence[JsonDict]) -> None:
    """Store every event that is not there yet, all in one transaction."""
    rows = [_row(channel, event) for event in events]
    with write_transaction() as session:
        insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        once = insert(WebhookReceipt).on_conflict_do_nothing(index_elements=["channel", "webhook_event_id"])
        session.execute(once, rows)


def _row(channel: LineChannel, event: JsonDict) -> JsonDict:
    return {
        "channel": channel,
        "webhook_event_id": _id_of(event),
        "event_timestamp": _moment_of(event),
        "body": event,
        "state": DeliveryState.READY,
        "not_before": now(),
        "created_at": now(),
    }


def _id_of(event: JsonDict) -> str:
    """Return LINE's id of the event; where it has none, one that stays the same when it comes again."""
    given = event.get("webhookEventId")
    if isinstance(given, str) and _EVENT_ID.fullmatch(given):
        return given
    lasting = {name: value for name, value in event.items() if name != "deliveryContext"}
    return "sha256-" + hashlib.sha256(json.dumps(lasting, sort_keys=True).encode()).hexdigest()


def _moment_of(event: JsonDict) -> datetime | None:
    given = event.get("timestamp")
    if not isinstance(given, int) or isinstance(given, bool) or not 0 < given < _LATEST_MILLISECONDS:
        return None
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=given)


def _wake() -> None:
    """Tell a worker in this process that there is something to do; others look by themselves."""
    ring: Callable[[], None] | None = current_app.extensions.get("wake_worker")
    if ring is not None:
        ring()
