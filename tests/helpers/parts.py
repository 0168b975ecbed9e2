"""A part of the tests for each core: ``TEST_PART=2/2`` runs the second half, split by files.

Every part has databases, servers and browsers of its own, as two runs side by side have. Each splits alike:
files in order of their weight, each to the part that has the least.
"""

from __future__ import annotations

import os
import re
from collections import Counter

import pytest

PART = "TEST_PART"
BROWSER_WEIGHT = 8
"""A test in a browser takes about as long as so many others."""


def part_asked() -> tuple[int, int] | None:
    """Return which part of how many this run is; None for all of it."""
    asked = re.fullmatch(r"([1-9])/([1-9])", os.environ.get(PART, ""))
    return (int(asked[1]), int(asked[2])) if asked else None


def split(weights: dict[str, int], parts: int) -> list[set[str]]:
    """Return the files of each part."""
    files: list[set[str]] = [set() for _ in range(parts)]
    loads = [0] * parts
    for name in sorted(weights, key=lambda one: (-weights[one], one)):
        lightest = loads.index(min(loads))
        files[lightest].add(name)
        loads[lightest] += weights[name]
    return files


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what another part runs."""
    asked = part_asked()
    if asked is None:
        return
    number, parts = asked
    weights: Counter[str] = Counter()
    for item in items:
        weights[_file(item)] += BROWSER_WEIGHT if item.get_closest_marker("browser") else 1
    mine = split(weights, parts)[number - 1]
    config.hook.pytest_deselected(items=[item for item in items if _file(item) not in mine])
    items[:] = [item for item in items if _file(item) in mine]


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]
