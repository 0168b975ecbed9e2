"""Failures that wait for their request or webhook, and how many requests a second LINE takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from line_sim.memory import Memory
from line_sim.records import Fault, FaultKind

HOURLY, SECONDLY = 3600.0, 1.0
DEFAULT_RATES: dict[str, tuple[float, float]] = {
    "push": (2000, SECONDLY),
    "reply": (2000, SECONDLY),
    "multicast": (200, SECONDLY),
    "richmenu_create": (100, HOURLY),
    "richmenu_delete": (100, HOURLY),
    "alias_delete": (100, HOURLY),
    "richmenu_list": (10, SECONDLY),
    "loading": (100, SECONDLY),
    "webhook_endpoint": (1000, 60.0),
    "webhook_test": (60, HOURLY),
    "other": (2000, SECONDLY),
}
"""Requests and the seconds they are for, for each account and endpoint (line.md §2.1)."""


@dataclass
class Faults(Memory):
    """What goes wrong.

    Attributes:
        hang_seconds: How long a hanging answer hangs, unless released before.
        rates: Requests per seconds by endpoint; lower one with ``set_rate``.
        rate_clock: Seconds the buckets fill by; real ones even where a test holds ``clock`` still.
    """

    hang_seconds: float = 15.0
    rates: dict[str, tuple[float, float]] = field(default_factory=lambda: dict(DEFAULT_RATES))
    rate_clock: Callable[[], float] = time.monotonic
    _faults: list[Fault] = field(default_factory=list)
    _buckets: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    _released: threading.Event = field(default_factory=threading.Event)

    def fail(
        self,
        kind: FaultKind,
        times: int = 1,
        *,
        channel: str | None = None,
        path: str = "",
        seconds: float = 0.0,
        size: int = 0,
    ) -> None:
        """Let the next ``times`` requests or webhooks fail.

        Args:
            kind: How; kinds that begin with ``hook_`` are for webhooks.
            times: How often; ``FOREVER`` until cleared.
            channel: Of one account only.
            path: Of requests whose path ends so only.
            seconds: How long, for ``slow`` and ``hook_delay``.
            size: How many events, for ``hook_batch``.
        """
        with self.lock:
            self._faults.append(Fault(kind, times, channel, path, seconds, size))

    def faults(self) -> list[Fault]:
        """Return what waits to go wrong, as copies."""
        with self.lock:
            return [replace(fault) for fault in self._faults]

    def clear_faults(self, channel: str | None = None) -> None:
        """Let nothing go wrong any more, in one account or everywhere; what hangs is let go."""
        with self.lock:
            self._faults = [one for one in self._faults if channel and one.channel != channel]
            released, self._released = self._released, threading.Event()
        released.set()

    def take_fault(self, channel: str | None, path: str) -> FaultKind | None:
        """Return the failure meant for this request, if any, and count it down."""
        found = self.take(channel, path)
        return found.kind if found else None

    def take(self, channel: str | None, path: str) -> Fault | None:
        """Return the whole failure meant for this request, if any, and count it down."""
        if not self._faults:
            return None
        with self.lock:
            for fault in self._faults:
                if not fault.kind.startswith("hook_") and self._is_meant(fault, channel, path):
                    return self._count_down(fault)
        return None

    def take_hook_fault(self, channel: str) -> Fault | None:
        """Return what is to happen to this account's next webhook, if anything, and count it down."""
        with self.lock:
            for fault in self._faults:
                if fault.kind.startswith("hook_") and fault.channel in {None, channel}:
                    return self._count_down(fault)
        return None

    @staticmethod
    def _is_meant(fault: Fault, channel: str | None, path: str) -> bool:
        return fault.channel in {None, channel} and path.endswith(fault.path)

    def _count_down(self, fault: Fault) -> Fault:
        fault.times -= 1
        if fault.times <= 0:
            self._faults.remove(fault)
        return fault

    def hold(self, seconds: float | None = None) -> None:
        """Keep a request waiting until released, at most ``seconds`` or ``hang_seconds``."""
        self._released.wait(self.hang_seconds if seconds is None else seconds)

    def release(self) -> None:
        """Let go of every request that hangs, now and from now on."""
        self._released.set()

    # Rates

    def set_rate(self, endpoints: str | Iterable[str], count: float, seconds: float = 1.0) -> None:
        """Let an endpoint take ``count`` requests in so many seconds; its bucket begins full."""
        with self.lock:
            for endpoint in [endpoints] if isinstance(endpoints, str) else endpoints:
                self.rates[endpoint] = count, seconds
                for place in [place for place in self._buckets if place[1] == endpoint]:
                    del self._buckets[place]

    def may_pass(self, channel: str, endpoint: str) -> bool:
        """Take a drop from the account's bucket for this endpoint; False when it is empty."""
        with self.lock:
            count, seconds = self.rates.get(endpoint, self.rates["other"])
            now = self.rate_clock()
            drops, at = self._buckets.get((channel, endpoint), (count, now))
            drops = min(count, drops + max(0.0, now - at) * count / seconds)
            self._buckets[channel, endpoint] = (drops - 1 if drops >= 1 else drops), now
            return drops >= 1
