"""The worker as a thread of the one-command server; started by the server, never by an import."""

from __future__ import annotations

import threading

from flask import Flask

from worker.loop import LONGEST_STOP_SECONDS, run_worker


class EmbeddedWorker:
    """A worker that runs beside the server until it is stopped."""

    def __init__(self, app: Flask) -> None:
        """Start the thread."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=run_worker, args=(app, self._stop), name="worker", daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Tell whether the thread lives."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Stop claiming, let what is under way end, and wait for it, at most 16 seconds."""
        self._stop.set()
        self._thread.join(LONGEST_STOP_SECONDS + 1)


def start_embedded_worker(app: Flask) -> EmbeddedWorker:
    """Start a worker for this app; call ``stop`` at the end. Whether to start one is the server's choice."""
    return EmbeddedWorker(app)
