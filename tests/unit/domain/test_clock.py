"""Time is UTC inside, Bangkok and Buddhist outside, and can be set."""

import threading
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import clock
from domain.clock import (
    BANGKOK,
    bangkok,
    bangkok_date,
    bangkok_day_bounds,
    buddhist_year,
    fiscal_year_bounds,
    fiscal_year_of,
    frozen,
    now,
    set_now,
    to_bangkok,
    today,
)

NEW_YEAR_2569 = bangkok(2026, 1, 1)
moments = st.integers(-2_000_000_000_000_000, 7_000_000_000_000_000).map(
    lambda microseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)


def test_now_is_aware_and_utc():
    assert now().utcoffset() == timedelta(0)
    assert now() <= now()


def test_a_frozen_clock_stands_still_until_it_is_moved():
    with frozen(NEW_YEAR_2569) as hands:
        assert now() == NEW_YEAR_2569 == now()
        hands.advance(timedelta(hours=1))
        assert now() == NEW_YEAR_2569 + timedelta(hours=1)
        hands.move_to(NEW_YEAR_2569)
        assert now() == NEW_YEAR_2569


def test_the_clock_before_comes_back_after_a_frozen_one():
    with frozen(NEW_YEAR_2569):
        with frozen(NEW_YEAR_2569 + timedelta(days=1)):
            assert today() == date(2026, 1, 2)
        assert today() == date(2026, 1, 1)
    assert now() > NEW_YEAR_2569


def test_the_clock_before_comes_back_after_a_fault():
    before = clock._provider
    with pytest.raises(RuntimeError), frozen(NEW_YEAR_2569):
        raise RuntimeError
    assert clock._provider is before


def test_a_frozen_clock_holds_for_other_threads():
    seen = []
    with frozen(NEW_YEAR_2569):
        thread = threading.Thread(target=lambda: seen.append(now()))
        thread.start()
        thread.join()
    assert seen == [NEW_YEAR_2569]


def test_another_clock_can_be_set_and_taken_away():
    try:
        set_now(lambda: datetime(2026, 1, 1, tzinfo=BANGKOK))
        assert now() == NEW_YEAR_2569
        assert now().tzinfo is UTC
    finally:
        set_now(None)
    assert now() > NEW_YEAR_2569


@pytest.mark.parametrize("call", [to_bangkok, bangkok_date, clock.FrozenClock, fiscal_year_of, buddhist_year])
def test_a_moment_without_a_zone_is_refused(call):
    with pytest.raises(ValueError, match="time zone"):
        call(datetime(2026, 1, 1))  # noqa: DTZ001 - the fault under test


def test_a_clock_without_a_zone_is_refused():
    try:
        set_now(lambda: datetime(2026, 1, 1))  # noqa: DTZ001 - the fault under test
        with pytest.raises(ValueError, match="time zone"):
            now()
    finally:
        set_now(None)


def test_the_bangkok_day_begins_at_seventeen_utc():
    assert bangkok_date(datetime(2026, 2, 12, 16, 59, 59, 999999, tzinfo=UTC)) == date(2026, 2, 12)
    assert bangkok_date(datetime(2026, 2, 12, 17, 0, tzinfo=UTC)) == date(2026, 2, 13)


def test_a_moment_of_any_zone_is_read_in_bangkok():
    tokyo = timezone(timedelta(hours=9))
    assert to_bangkok(datetime(2026, 1, 1, 1, 0, tzinfo=tokyo)).isoformat() == "2025-12-31T23:00:00+07:00"


def test_the_bounds_of_a_bangkok_day_are_half_open():
    start, end = bangkok_day_bounds(date(2026, 2, 12))
    assert start == datetime(2026, 2, 11, 17, 0, tzinfo=UTC)
    assert end == datetime(2026, 2, 12, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "year"),
    [
        pytest.param(bangkok(2025, 12, 31, 23, 59, 59), 2568, id="last second of the Bangkok year"),
        pytest.param(bangkok(2026, 1, 1), 2569, id="first second, still 2025 in UTC"),
        pytest.param(date(1957, 3, 3), 2500, id="a birthday of 000-24"),
    ],
)
def test_buddhist_year(moment, year):
    assert buddhist_year(moment) == year


@pytest.mark.parametrize(
    ("moment", "year"),
    [
        pytest.param(datetime(2026, 9, 30, 16, 59, 59, 900000, tzinfo=UTC), 2569, id="30 Sep 23:59:59.9"),
        pytest.param(datetime(2026, 9, 30, 17, 0, tzinfo=UTC), 2570, id="1 Oct 00:00:00"),
        pytest.param(date(2025, 10, 1), 2569, id="1 Oct 2568 opens 2569"),
        pytest.param(date(2026, 9, 30), 2569, id="30 Sep 2569 ends 2569"),
        pytest.param(date(2026, 1, 1), 2569, id="new year changes nothing"),
        pytest.param(date(2021, 10, 1), 2565, id="FY 2565 begins (features.md)"),
        pytest.param(date(2022, 9, 30), 2565, id="FY 2565 ends (features.md)"),
    ],
)
def test_fiscal_year(moment, year):
    assert fiscal_year_of(moment) == year


def test_fiscal_year_2565_runs_from_october_2564_to_september_2565():
    assert fiscal_year_bounds(2565) == (bangkok(2021, 10, 1), bangkok(2022, 10, 1))


@settings(max_examples=150, deadline=None)
@given(moments)
def test_every_moment_lies_in_the_bounds_of_its_day_and_its_fiscal_year(moment):
    day_start, day_end = bangkok_day_bounds(bangkok_date(moment))
    assert day_start <= moment < day_end
    year_start, year_end = fiscal_year_bounds(fiscal_year_of(moment))
    assert year_start <= moment < year_end


@settings(max_examples=50, deadline=None)
@given(st.integers(2450, 2700))
def test_fiscal_years_leave_no_gap(year):
    assert fiscal_year_bounds(year)[1] == fiscal_year_bounds(year + 1)[0]
