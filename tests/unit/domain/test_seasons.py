"""Subtypes of a season."""

from __future__ import annotations

import pytest

from domain.errors import InvalidField
from domain.seasons import check_season, in_season
from models import Subcategory


@pytest.mark.parametrize(
    ("first", "last", "month", "expected"),
    [(5, 10, 5, True), (5, 10, 10, True), (5, 10, 11, False), (11, 2, 12, True), (11, 2, 2, True),
     (11, 2, 3, False), (4, 4, 4, True), (None, None, 4, False)],
)  # fmt: skip
def test_a_season_may_run_over_the_new_year(first: int, last: int, month: int, expected: bool) -> None:
    assert in_season(first, last, month) is expected


@pytest.mark.parametrize(
    ("first", "last", "field"), [(5, None, "season_to"), (None, 5, "season_from"), (13, 5, "season_from")]
)
def test_half_a_season_is_refused(first: int | None, last: int | None, field: str) -> None:
    with pytest.raises(InvalidField) as caught:
        check_season(Subcategory(season_from=first, season_to=last))
    assert caught.value.field == field
