"""A part of the tests for each core: every file in exactly one, about as much in each."""

from __future__ import annotations

import pytest
from helpers.parts import PART, part_asked, split

WEIGHTS = {f"tests/test_{number}.py": (number * 37) % 101 + 1 for number in range(200)}


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_every_file_is_in_exactly_one_part(parts):
    made = split(WEIGHTS, parts)

    assert sorted(name for part in made for name in part) == sorted(WEIGHTS)


def test_the_parts_weigh_about_the_same():
    loads = [sum(WEIGHTS[name] for name in part) for part in split(WEIGHTS, 2)]

    assert max(loads) - min(loads) <= 2


def test_each_run_splits_alike():
    assert split(WEIGHTS, 2) == split(dict(reversed(WEIGHTS.items())), 2)


@pytest.mark.parametrize(("asked", "part"), [("2/3", (2, 3)), ("", None), ("half", None), ("0/2", None)])
def test_a_run_knows_its_part(monkeypatch, asked, part):
    monkeypatch.setenv(PART, asked)

    assert part_asked() == part
