"""Named points where a test may kill, delay or break the program; in service they cost one comparison."""

from __future__ import annotations

from collections.abc import Callable

Hook = Callable[[str], None]
_hook: Hook | None = None


def fault_point(name: str) -> None:
    """Let a test break in here; does nothing unless a hook is installed."""
    if _hook is not None:
        _hook(name)


def install(hook: Hook | None) -> None:
    """Set or remove the hook; only tests and the test mode of the server do it."""
    global _hook
    _hook = hook
