"""What LINE says of a channel's own set-up: who it is, where its webhook leads, which menu is laid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from line_hooks.client import LineGateway, LinePermanent

_ENDPOINT = "/v2/bot/channel/webhook/endpoint"
LONGEST_URL = 500


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where LINE sends the events of a channel."""

    url: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """How LINE's own test of a webhook went.

    Attributes:
        is_well: We answered 200.
        status: What we answered; None when LINE got no answer.
        reason: LINE's code, such as ``could_not_connect``.
        detail: LINE's words.
    """

    is_well: bool
    status: int | None
    reason: str
    detail: str


def ask_bot(gateway: LineGateway) -> tuple[dict[str, Any], datetime | None]:
    """Return the channel's account, and LINE's clock where the answer told it.

    Raises:
        LineError: One of its children says what to do.
    """
    return gateway.ask_with_date("GET", "/v2/bot/info")


def ask_endpoint(gateway: LineGateway) -> Endpoint | None:
    """Return where the webhook leads; None when none is set.

    Raises:
        LineError: One of its children says what to do.
    """
    try:
        answer = gateway.ask("GET", _ENDPOINT)
    except LinePermanent as problem:
        if problem.status == 404:
            return None
        raise
    url = str(answer.get("endpoint") or "")
    return Endpoint(url, answer.get("active") is True) if url else None


def set_endpoint(gateway: LineGateway, url: str) -> None:
    """Let LINE send the events of this channel to us; it may take a minute.

    Raises:
        LineError: One of its children says what to do.
    """
    gateway.ask("PUT", _ENDPOINT, {"endpoint": url})


def try_webhook(gateway: LineGateway, url: str) -> Trial:
    """Let LINE send an empty event to an address of ours; 60 times an hour at most.

    Raises:
        LineError: One of its children says what to do.
    """
    answer = gateway.ask("POST", "/v2/bot/channel/webhook/test", {"endpoint": url})
    status = answer.get("statusCode")
    return Trial(
        is_well=answer.get("success") is True,
        status=status if isinstance(status, int) and status > 0 else None,
        reason=str(answer.get("reason") or "").lower()[:60],
        detail=str(answer.get("detail") or "")[:200],
    )


def ask_default_menu(gateway: LineGateway) -> str | None:
    """Return the id of the menu everybody sees; None when none is laid.

    Raises:
        LineError: One of its children says what to do.
    """
    try:
        return str(gateway.ask("GET", "/v2/bot/user/all/richmenu").get("richMenuId") or "") or None
    except LinePermanent as problem:
        if problem.status == 404:
            return None
        raise


def webhook_address(public_url: str, channel: str) -> str:
    """Return our address for the events of a channel."""
    return f"{public_url.rstrip('/')}/line/{quote(channel, safe='')}/webhook"
