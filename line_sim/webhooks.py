"""Webhooks as LINE posts them: signed over the raw bytes, and as unreliable as it asks us to bear."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import urllib3
from urllib3.exceptions import HTTPError, ReadTimeoutError

from line_hooks.signature import HEADER, sign
from line_sim.events import Events, in_group, redelivered, standby, ulid
from line_sim.records import Fault, JsonDict

__all__ = ["Webhooks", "deliver_over_http", "in_group", "redelivered", "standby", "ulid"]

Deliver = Callable[[str, bytes, dict[str, str]], int | None]
"""Posts a body with headers to an address; the HTTP status, None when nobody answered."""

_MOST_LOST = 1000


def attempt_over_http(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str, str]:
    """Post a webhook; return status (0 for no answer), and LINE's reason and detail of its test API."""
    try:
        # LINE itself gives up after two seconds; a machine busy with its first request may need more.
        timeout = urllib3.Timeout(connect=2.0, read=10.0)
        with urllib3.PoolManager(retries=False, timeout=timeout) as pool:
            status = pool.request("POST", url, body=body, headers=headers, redirect=False).status
    except ReadTimeoutError:
        return 0, "REQUEST_TIMEOUT", f"Request timeout: {url}"
    except HTTPError as problem:
        return 0, "COULD_NOT_CONNECT", f"{type(problem).__name__}: {url}"
    return status, "OK" if 200 <= status < 300 else "ERROR_STATUS_CODE", str(status)


def deliver_over_http(url: str, body: bytes, headers: dict[str, str]) -> int | None:
    """Post a webhook to a running app."""
    return attempt_over_http(url, body, headers)[0] or None


@dataclass
class Webhooks(Events):
    """Makes events and sends them.

    Attributes:
        deliver: How a webhook travels; a test of the app may put the app's test client here.
        lost: Events the app did not take with 2xx, by channel; LINE may redeliver them.
    """

    deliver: Deliver = deliver_over_http
    lost: dict[str, list[JsonDict]] = field(default_factory=dict)
    _kept: dict[str, list[list[JsonDict]]] = field(default_factory=dict)
    _batches: dict[str, tuple[int, list[JsonDict]]] = field(default_factory=dict)

    def send(self, channel: str, events: Sequence[JsonDict], *, secret: str | None = None) -> int | None:
        """Post events in one signed webhook; an empty list is LINE's "Verify" button.

        Args:
            channel: Whose webhook.
            events: As made by the methods of ``Events``, in any order, the same one twice if you like.
            secret: Sign with another secret than the channel's own.

        Returns:
            The app's HTTP status; None when it did not answer or a fault lost the webhook; 200 while a
            fault keeps it for later.
        """
        made = list(events)
        if made and channel in self._batches:
            return self._add_to_batch(channel, made)
        fault = self.state.take_hook_fault(channel) if made else None
        if fault is None:
            status = self._post(channel, made, secret)
            self._post_kept(channel)
            return status
        modes: dict[str, Callable[[str, list[JsonDict], Fault], int | None]] = {
            "hook_lose": self._lose,
            "hook_duplicate": self._duplicate,
            "hook_reorder": self._reorder,
            "hook_redeliver": self._redeliver_at_once,
            "hook_delay": self._delay,
            "hook_batch": self._begin_batch,
        }
        return modes[fault.kind](channel, made, fault)

    def redeliver(self, channel: str) -> int | None:
        """Send again, marked, what the app did not take; None when there is nothing or nobody answers."""
        with self.state.lock:
            events = self.lost.pop(channel, [])
        return self._post(channel, [redelivered(event) for event in events]) if events else None

    def flush(self, channel: str) -> int | None:
        """Post at once what faults keep for later; None when there is nothing or nobody answers."""
        with self.state.lock:
            _, events = self._batches.pop(channel, (0, []))
        status = self._post(channel, events) if events else None
        return self._post_kept(channel) or status

    def waiting(self, channel: str) -> int:
        """Return how many events faults keep for later; ``flush`` sends them."""
        with self.state.lock:
            batch = self._batches.get(channel, (0, []))[1]
            return len(batch) + sum(len(events) for events in self._kept.get(channel, []))

    def probe(self, channel: str, url: str) -> tuple[int, str, str]:
        """Post an empty webhook, as LINE's test API does; return status, reason and detail."""
        body, headers = self._signed(channel, [])
        if self.deliver is deliver_over_http:
            return attempt_over_http(url, body, headers)
        status = self.deliver(url, body, headers)
        if status is None:
            return 0, "COULD_NOT_CONNECT", f"nobody answered: {url}"
        return status, "OK" if 200 <= status < 300 else "ERROR_STATUS_CODE", str(status)

    # Travelling

    def _signed(
        self, channel: str, events: list[JsonDict], secret: str | None = None
    ) -> tuple[bytes, dict[str, str]]:
        account = self.state.channels[channel]
        body = json.dumps({"destination": account.bot_user_id, "events": events}, ensure_ascii=False).encode()
        return body, {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "LineBotWebhook/2.0",
            HEADER: sign(secret or account.secret, body),
        }

    def _post(self, channel: str, events: list[JsonDict], secret: str | None = None) -> int | None:
        account = self.state.channels[channel]
        if not account.webhook_active:
            return None
        for event in events:
            if event.get("deliveryContext", {}).get("isRedelivery") and "replyToken" in event:
                self.state.renew_reply_token(event["replyToken"])
        body, headers = self._signed(channel, events, secret)
        status = self.deliver(account.webhook_url, body, headers)
        if status is None or not 200 <= status < 300:
            self._note_lost(channel, events)
        return status

    def _note_lost(self, channel: str, events: list[JsonDict]) -> None:
        with self.state.lock:
            self.lost[channel] = (self.lost.get(channel, []) + events)[-_MOST_LOST:]

    def _post_kept(self, channel: str) -> int | None:
        with self.state.lock:
            kept = self._kept.pop(channel, [])
        statuses = [self._post(channel, events) for events in kept]
        return statuses[-1] if statuses else None

    # Faults

    def _lose(self, channel: str, events: list[JsonDict], _fault: Fault) -> None:
        self._note_lost(channel, events)

    def _duplicate(self, channel: str, events: list[JsonDict], _fault: Fault) -> int | None:
        self._post(channel, events)
        return self._post(channel, events)

    def _reorder(self, channel: str, events: list[JsonDict], _fault: Fault) -> int | None:
        if len(events) > 1:
            return self._post(channel, events[::-1])
        with self.state.lock:
            self._kept.setdefault(channel, []).append(events)
        return 200

    def _redeliver_at_once(self, channel: str, events: list[JsonDict], _fault: Fault) -> int | None:
        self._post(channel, events)
        return self._post(channel, [redelivered(event) for event in events])

    def _delay(self, channel: str, events: list[JsonDict], fault: Fault) -> int | None:
        later = threading.Timer(fault.seconds, self._post, (channel, events))
        later.daemon = True
        later.start()
        return 200

    def _begin_batch(self, channel: str, events: list[JsonDict], fault: Fault) -> int | None:
        with self.state.lock:
            self._batches[channel] = max(1, fault.size), []
        return self._add_to_batch(channel, events)

    def _add_to_batch(self, channel: str, events: list[JsonDict]) -> int | None:
        with self.state.lock:
            size, waiting = self._batches.get(channel, (1, []))
            waiting += events
            if len(waiting) < size:
                return 200
            self._batches.pop(channel, None)
        return self._post(channel, waiting)
