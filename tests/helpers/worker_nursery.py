"""Workers that are born quickly and may be killed."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager

from helpers.nursery import Nursery, nursery, obey


def worker_nursery() -> AbstractContextManager[Nursery]:
    """Run the nursery of workers for the time of a test module."""
    return nursery(__file__)


def _work(environment: dict[str, str]) -> None:
    """Be a worker: until nothing is due, or for ever when FOREVER is set."""
    settings = Settings.from_env()
    app = create_app(settings)
    if "FOREVER" in environment:
        run_worker(app, threading.Event())
    postman = Postman(app, timeout=(2.0, 10.0))
    drain_once(app, postman)
    postman.close()


if __name__ == "__main__":
    from app import create_app  # The slow part, done once, before any worker is born.
    from config import Settings
    from worker.loop import drain_once, run_worker
    from worker.senders import Postman

    obey(_work)
