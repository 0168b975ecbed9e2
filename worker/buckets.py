"""A token bucket: no more than so many requests a second leave this process, in even steps after a burst."""

from __future__ import annotations

import threading
import time
from typing import Final

BURST_SECONDS: Final = 0.25


class Bucket:
    """Lets callers pass at a steady rate; safe to share between threads."""

    def __init__(self, rate: float) -> None:
        """Fill the bucket.

        Args:
            rate: Passes a second; a quarter of it may come at once.
        """
        self._rate = rate
        self._most = max(1.0, rate * BURST_SECONDS)
        self._level = self._most
        self._at = time.monotonic()
        self._lock = threading.Lock()

    def take(self) -> float:
        """Pass as soon as it is one's turn and return the seconds waited."""
        with self._lock:
            moment = time.monotonic()
            self._level = min(self._most, self._level + (moment - self._at) * self._rate)
            self._at = moment
            self._level -= 1.0
            wait = max(0.0, -self._level / self._rate)
        if wait:
            time.sleep(wait)
        return wait
