"""Spots of the same trouble: the grid finds what comparing every case with every spot would find."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

import pytest

from domain.coordinates import distance_metres
from reports.recurrence import Spot, spots_of

START = datetime(2026, 1, 1, tzinfo=UTC)
RADIUS = 60


class Case(NamedTuple):
    id: int
    latitude: float | None
    longitude: float | None
    community_id: int | None
    received_at: datetime
    finished_at: datetime | None


def case(number: int, pin: tuple[float, float] | None, ended: int | None = 1, community: int = 1) -> Case:
    received = START + timedelta(days=number)
    finished = None if ended is None else received + timedelta(days=ended)
    return Case(number, *(pin or (None, None)), community, received, finished)


def by_hand(cases: Sequence[Case]) -> list[list[int]]:
    """Return the ids of each spot, every case compared with every spot's first one."""
    spots: list[tuple[tuple[float, float], list[int]]] = []
    for one in cases:
        pin = (one.latitude, one.longitude)
        near = [(distance_metres(first, pin), place) for place, (first, _ids) in enumerate(spots)]  # type: ignore[arg-type]
        nearest = min(near, default=(RADIUS + 1.0, 0))
        if nearest[0] <= RADIUS:
            spots[nearest[1]][1].append(one.id)
        else:
            spots.append((pin, [one.id]))  # type: ignore[arg-type]
    return [ids for _first, ids in spots]


@pytest.mark.parametrize(
    ("south", "west"), [(16.43, 102.83), (16.4995, 102.83), (-0.001, -0.001), (58.9, 20.0)]
)
def test_the_grid_misses_no_spot(south: float, west: float) -> None:
    chance = Random(7)  # noqa: S311 - invented pins, no secrets
    cases = [
        case(number, (south + chance.random() * 0.004, west + chance.random() * 0.004))
        for number in range(300)
    ]
    assert [[one.id for one in spot.cases] for spot in spots_of(cases, RADIUS)] == by_hand(cases)


def times(spots: list[Spot]) -> list[int]:
    return [spot.times for spot in spots]


def test_without_a_pin_a_community_is_the_spot() -> None:
    assert times(spots_of([case(0, None), case(5, None), case(9, None, community=2)], RADIUS)) == [2, 1]


def test_while_one_is_unfinished_nothing_comes_back() -> None:
    here = (16.43, 102.83)
    cases = [case(0, here, ended=None), case(5, here), case(9, here)]
    assert times(spots_of(cases, RADIUS)) == [1]


def test_all_earlier_ones_must_have_ended() -> None:
    here = (16.43, 102.83)
    cases = [case(0, here, ended=30), case(5, here), case(9, here), case(40, here)]
    assert times(spots_of(cases, RADIUS)) == [2]
