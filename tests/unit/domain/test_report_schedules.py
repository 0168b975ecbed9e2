"""When a report is made by itself: on the Bangkok wall clock, in every month."""

from __future__ import annotations

import pytest

from domain.clock import bangkok, to_bangkok
from domain.report_schedules import next_turn, report_year, turn_words
from models import ScheduleEvery

DAY, WEEK, MONTH = ScheduleEvery.DAY, ScheduleEvery.WEEK, ScheduleEvery.MONTH


@pytest.mark.parametrize(
    ("every", "on_day", "after", "turn"),
    [
        (MONTH, 1, (2026, 11, 20, 12), (2026, 12, 1, 7)),
        (MONTH, 1, (2026, 12, 1, 6), (2026, 12, 1, 7)),
        (MONTH, 1, (2026, 12, 1, 7), (2027, 1, 1, 7)),
        (MONTH, 28, (2027, 1, 31, 23), (2027, 2, 28, 7)),
        (MONTH, 28, (2027, 2, 28, 8), (2027, 3, 28, 7)),
        (MONTH, 2, (2026, 12, 31, 23), (2027, 1, 2, 7)),
        (WEEK, 1, (2026, 11, 20, 12), (2026, 11, 23, 7)),
        (WEEK, 5, (2026, 11, 20, 7), (2026, 11, 27, 7)),
        (WEEK, 7, (2026, 11, 21, 12), (2026, 11, 22, 7)),
        (DAY, 1, (2026, 11, 20, 6), (2026, 11, 20, 7)),
        (DAY, 1, (2026, 12, 31, 7), (2027, 1, 1, 7)),
    ],
)
def test_the_next_turn_lies_after_the_moment(
    every: ScheduleEvery, on_day: int, after: tuple[int, ...], turn: tuple[int, ...]
) -> None:
    assert next_turn(every, on_day, 7, bangkok(*after)) == bangkok(*turn)


def test_midnight_in_bangkok_is_the_day_before_in_utc() -> None:
    turn = next_turn(MONTH, 1, 0, bangkok(2026, 11, 30, 23))
    assert to_bangkok(turn).day == 1
    assert turn == bangkok(2026, 12, 1)


@pytest.mark.parametrize(
    ("turn", "year"), [((2026, 9, 30, 7), 2569), ((2026, 10, 1, 7), 2569), ((2026, 10, 2, 7), 2570)]
)
def test_a_turn_reports_on_the_year_of_the_day_before(turn: tuple[int, ...], year: int) -> None:
    assert report_year(bangkok(*turn)) == year


def test_a_turn_in_words() -> None:
    assert turn_words(MONTH, 1, 7) == "ทุกวันที่ 1 เวลา 07:00\u00a0น."
    assert turn_words(WEEK, 5, 16, "en") == "Every Friday at 16:00"
    assert turn_words(DAY, 1, 0) == "ทุกวัน เวลา 00:00\u00a0น."
