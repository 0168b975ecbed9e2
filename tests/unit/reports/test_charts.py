"""Drawings are true to their numbers: every axis begins at zero, every length is its count."""

from __future__ import annotations

import pytest

from figure_pictures import Bar, ticks_for
from reports.charts import FULL, bar_chart, meter, stacked_chart, trend_chart


def test_a_bar_is_as_long_as_its_number() -> None:
    chart = bar_chart([Bar("หนึ่ง", 50, "new"), Bar("สอง", 100), Bar("ศูนย์", 0)])
    lengths = [sum(part.length for part in bar.parts) for bar in chart.bars]
    assert lengths == [FULL / 2, FULL, 0]
    assert [(tick.number, tick.at) for tick in chart.ticks] == [(0, 0), (50, 500), (100, 1000)]


def test_the_pieces_of_a_stacked_bar_follow_one_another() -> None:
    [bar] = stacked_chart([("เขต 1", [("new", 10), ("progress", 0), ("done", 30)])]).bars
    assert bar.count == 40
    assert [(part.tone, part.start, part.length) for part in bar.parts] == [
        ("new", 0, 250),
        ("done", 250, 750),
    ]


@pytest.mark.parametrize("counts", [[], [0], [1], [7, 3], [999_999, 1]])
def test_no_bar_leaves_its_axis(counts: list[int]) -> None:
    chart = bar_chart([Bar("x", count) for count in counts])
    assert chart.ticks[0].number == 0
    assert all(sum(part.length for part in bar.parts) <= FULL for bar in chart.bars)
    assert chart.is_empty is not any(counts)


def test_columns_of_a_trend_stand_on_zero_and_share_an_axis_with_the_line() -> None:
    chart = trend_chart([("ต.ค. 68", 10, 40), ("พ.ย. 68", None, 20)])
    first, second = chart.columns
    assert first.top + first.height == second.top + second.height == chart.zero
    assert (second.count, second.height) == (None, 0)
    # Ten of this year are a quarter as high as forty of the last.
    assert (chart.zero - first.before_at) == pytest.approx(4 * first.height)
    assert chart.line.split()[0].startswith(f"{first.middle:.1f},")


def test_a_number_makes_way_for_the_point_of_the_year_before() -> None:
    [covered, free] = trend_chart([("ต.ค.", 50, 52), ("พ.ย.", 50, 10)]).columns
    assert covered.number_at < covered.before_at < covered.top
    assert free.number_at == free.top - 9


def test_a_meter_stays_within_its_scale() -> None:
    assert (meter(40, 80, 100).length, meter(40, 80, 100).goal) == (400, 800)
    assert meter(7, 4, 5).length == FULL


def test_an_axis_counts_in_even_steps_from_zero() -> None:
    assert [ticks_for(most) for most in (0, 3, 100, 101)] == [
        [0, 1],
        [0, 1, 2, 3],
        [0, 50, 100],
        [0, 50, 100, 150],
    ]
