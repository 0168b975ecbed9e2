"""Webhooks as LINE posts them: real event shapes, signed over the raw bytes, sent to the app's address."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError

from line_hooks.signature import HEADER, sign
from line_sim.state import Content, LineState

JsonDict = dict[str, Any]
Deliver = Callable[[str, bytes, dict[str, str]], int | None]
"""Posts a body with headers to an address; the HTTP status, None when nobody answered."""

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def deliver_over_http(url: str, body: bytes, headers: dict[str, str]) -> int | None:
    """Post a webhook to a running app."""
    try:
        # LINE itself gives up after two seconds; a machine busy with its first request may need more.
        timeout = urllib3.Timeout(connect=2.0, read=10.0)
        with urllib3.PoolManager(retries=False, timeout=timeout) as pool:
            return pool.request("POST", url, body=body, headers=headers, redirect=False).status
    except HTTPError:
        return None


@dataclass
class Webhooks:
    """Makes events and sends them.

    Attributes:
        state: The fake LINE's memory: reply tokens and friendship follow the events.
        deliver: How a webhook travels; a test of the app may put the app's test client here.
    """

    state: LineState
    deliver: Deliver = deliver_over_http

    def send(self, channel: str, events: Sequence[JsonDict], *, secret: str | None = None) -> int | None:
        """Post events in one signed webhook; an empty list is LINE's "Verify" button.

        Args:
            channel: Whose webhook.
            events: As made by the methods below, in any order, the same one twice if you like.
            secret: Sign with another secret than the channel's own.

        Returns:
            The app's HTTP status; None when it did not answer.
        """
        account = self.state.channels[channel]
        body = json.dumps(
            {"destination": account.bot_user_id, "events": list(events)}, ensure_ascii=False
        ).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "LineBotWebhook/2.0",
            HEADER: sign(secret or account.secret, body),
        }
        return self.deliver(account.webhook_url, body, headers)

    def follow(self, channel: str, user_id: str, *, is_unblocked: bool = False) -> JsonDict:
        """Return the event of somebody adding or unblocking the account; messages reach the phone again."""
        self.state.befriend(channel, user_id)
        return self._event(channel, user_id, "follow", {"follow": {"isUnblocked": is_unblocked}})

    def unfollow(self, channel: str, user_id: str) -> JsonDict:
        """Return the event of somebody blocking the account; it brings no reply token."""
        self.state.block(channel, user_id)
        return self._event(channel, user_id, "unfollow", {}, may_reply=False)

    def text(self, channel: str, user_id: str, text: str) -> JsonDict:
        """Return the event of somebody writing a text."""
        self.state.say(channel, user_id, text)
        message = {**self._message("text"), "quoteToken": secrets.token_urlsafe(32), "text": text}
        return self._event(channel, user_id, "message", {"message": message})

    def image(self, channel: str, user_id: str, body: bytes, content_type: str = "image/jpeg") -> JsonDict:
        """Return the event of somebody sending a photo, which can then be fetched by its message id."""
        message = {
            **self._message("image"),
            "quoteToken": secrets.token_urlsafe(32),
            "contentProvider": {"type": "line"},
        }
        self.state.contents[message["id"]] = Content(body, content_type)
        return self._event(channel, user_id, "message", {"message": message})

    def location(
        self, channel: str, user_id: str, latitude: float, longitude: float, address: str = ""
    ) -> JsonDict:
        """Return the event of somebody sending a place; LINE leaves the address out where it has none."""
        place = {"latitude": latitude, "longitude": longitude, **({"address": address} if address else {})}
        return self._event(channel, user_id, "message", {"message": {**self._message("location"), **place}})

    def postback(self, channel: str, user_id: str, data: str, display_text: str = "") -> JsonDict:
        """Return the event of somebody pressing a button."""
        if display_text:
            self.state.say(channel, user_id, display_text)
        return self._event(channel, user_id, "postback", {"postback": {"data": data}})

    def _message(self, kind: str) -> JsonDict:
        number = str(5 * 10**17 + secrets.randbelow(10**17))
        return {"type": kind, "id": number, "markAsReadToken": secrets.token_urlsafe(32)}

    def _event(
        self, channel: str, user_id: str, kind: str, more: JsonDict, *, may_reply: bool = True
    ) -> JsonDict:
        now = self.state.clock()
        event = {
            "type": kind,
            **more,
            "webhookEventId": ulid(now),
            "deliveryContext": {"isRedelivery": False},
            "timestamp": int(now * 1000),
            "source": {"type": "user", "userId": user_id},
            "mode": "active",
        }
        if may_reply:
            event["replyToken"] = self.state.issue_reply_token(channel, user_id)
        return event


def redelivered(event: JsonDict) -> JsonDict:
    """Return the event as LINE sends it again: the same in all but the mark."""
    return {**event, "deliveryContext": {"isRedelivery": True}}


def ulid(seconds: float) -> str:
    """Return a ULID of this moment: 48 bits of milliseconds, 80 random ones, 26 characters."""
    number = (int(seconds * 1000) << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))
