"""Timing as ratios: a floor and the thing itself in the same run, so that a busy machine spoils both."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of one call."""

    p50: float
    p95: float
    best: float
    calls: int


def timed(call: Callable[[], object], *, seconds: float = 1.5, most: int = 80) -> Timing:
    """Call again and again for a while, after two warm calls, and return the spread."""
    call()
    call()
    spent: list[float] = []
    end = time.perf_counter() + seconds
    while len(spent) < most and (time.perf_counter() < end or len(spent) < 5):
        start = time.perf_counter()
        call()
        spent.append((time.perf_counter() - start) * 1000)
    ordered = sorted(spent)
    return Timing(statistics.median(ordered), ordered[int(len(ordered) * 0.95) - 1], ordered[0], len(ordered))


class Report:
    """Prints lines and remembers whether any goal was missed."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def heading(self, text: str) -> None:
        """Print a heading."""
        sys.stdout.write(f"\n{text}\n")
        sys.stdout.flush()

    def line(self, name: str, figure: str, goal: str = "", *, met: bool | None = None) -> None:
        """Print one figure beside its goal."""
        mark = {True: "✓", False: "✗", None: " "}[met]
        sys.stdout.write(f"  {mark} {name:<44} {figure:<44} {goal}\n")
        sys.stdout.flush()
        if met is False:
            self.missed.append(name)

    def ratio(self, name: str, mine: Timing, floor: Timing, most: float) -> None:
        """Print a time as a multiple of its floor; the goal is an upper bound."""
        times = mine.p50 / floor.p50
        figure = f"{times:5.1f}× floor  ({mine.p50:.2f} / {floor.p50:.2f} ms, p95 {mine.p95:.2f})"
        self.line(name, figure, f"≤ {most:g}×", met=times <= most)
