"""One queue of writers in front of SQLite: first the threads of a process, then its processes.

SQLite's own busy handler sleeps longer the longer it waits, so that some wait very long while others pass
(reliability.md §5.3, performance.md §3). Without this file-lock queue nothing would be wrong, only slower;
where the system knows no such locks, threads alone queue up.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOOK_AGAIN_SECONDS = 0.001
_threads = threading.Lock()


class QueueTooLong(Exception):
    """Others wrote for longer than one may wait."""


@contextmanager
def queue_of_writers(database: str | None, patience: float) -> Iterator[None]:
    """Hold the right to write to an SQLite file for the block.

    Args:
        database: Path of the database; None or ``:memory:`` has no other processes.
        patience: Seconds to wait, for threads and processes together.

    Raises:
        QueueTooLong: it was not one's turn in that time.
    """
    until = time.monotonic() + patience
    if not _threads.acquire(timeout=patience):
        raise QueueTooLong
    try:
        with _turn_of_process(database, until):
            yield
    finally:
        _threads.release()


@contextmanager
def _turn_of_process(database: str | None, until: float) -> Iterator[None]:
    if fcntl is None or not database or database == ":memory:":
        yield
        return
    door = _opened(Path(f"{database}-queue"))
    if door is None:
        yield
        return
    try:
        while not _locked(door):
            if time.monotonic() > until:
                raise QueueTooLong
            time.sleep(LOOK_AGAIN_SECONDS)
        yield
    finally:
        os.close(door)  # Lets go of the lock, as the end of the process would.


def _opened(path: Path) -> int | None:
    """Open the lock's file; None where the folder takes no new file, as on a full disk."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    except OSError:
        return None


def _locked(door: Any) -> bool:
    try:
        fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
