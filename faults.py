"""Read ``FAULT=point:n:kill|raise`` in test mode and break there; never installed in demo or production."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping

from domain import faults


class InjectedFault(RuntimeError):
    """What a test asked for."""


def install_from_env(environ: Mapping[str, str]) -> None:
    """Install the fault named in the environment, if any.

    ``FAULT=send:2:kill`` ends the process by SIGKILL at the second pass of the point ``send``; the point
    ``*`` counts every point. Nothing fires after the n-th pass.
    """
    text = environ.get("FAULT", "")
    if not text:
        return
    point, count, deed = text.split(":")
    left = int(count)

    def hook(name: str) -> None:
        nonlocal left
        if point not in {name, "*"}:
            return
        left -= 1
        if left == 0:
            _break(name, deed)

    faults.install(hook)


def _break(name: str, deed: str) -> None:
    if deed == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise InjectedFault(name)
