"""Make the program fail at a named point."""

from __future__ import annotations

from collections.abc import Callable

from faults import counting_hook


def raising_hook(point: str, count: int) -> Callable[[str], None]:
    return counting_hook(point, count, "raise")
