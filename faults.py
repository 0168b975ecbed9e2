"""Read ``FAULT=point:n:kill|raise`` in test mode and break there; never installed in demo or production."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping

from domain import faults

DEEDS = ("kill", "raise")


class InjectedFault(RuntimeError):
    """What a test asked for."""


def install_from_env(environ: Mapping[str, str]) -> None:
    """Install the fault named in the environment, if any.

    ``FAULT=send:2:kill`` ends the process by SIGKILL at the second pass of the point ``send``; the point
    ``*`` counts every point. Nothing fires after the n-th pass.

    Raises:
        ValueError: the text is of another shape; a test that breaks nothing must not pass unnoticed.
    """
    text = environ.get("FAULT", "")
    if not text:
        return
    point, count, deed = text.split(":")
    if deed not in DEEDS:
        raise ValueError(f"FAULT: {deed!r} is none of {DEEDS}")
    faults.install(counting_hook(point, int(count), deed))


def counting_hook(point: str, count: int, deed: str = "raise") -> faults.Hook:
    """Return a hook that does the deed at the n-th pass of a point, by whichever thread.

    Raises:
        ValueError: the count is not positive.
    """
    if count < 1:
        raise ValueError("FAULT: passes are counted from 1")
    left = count
    lock = threading.Lock()

    def hook(name: str) -> None:
        nonlocal left
        if point not in {name, "*"}:
            return
        with lock:
            left -= 1
            is_the_one = left == 0
        if is_the_one:
            _break(name, deed)

    return hook


def _break(name: str, deed: str) -> None:
    if deed == "kill":
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))  # Windows ends it by any signal.
    raise InjectedFault(name)
