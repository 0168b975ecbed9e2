"""What a look at the installation finds: one line each, with what mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask import Flask

WELL, LOOK, BROKEN = "✓", "!", "✗"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: how it is, about what, and the command or screen that mends it."""

    mark: str
    words: str
    mend: str = ""


Check = Callable[[Flask], Iterator[Finding]]
