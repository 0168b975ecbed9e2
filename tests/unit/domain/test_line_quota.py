"""The month's messages: how long they last, and when only essential ones may go."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from domain.clock import FrozenClock, now
from domain.line_connections import connection_of
from domain.line_quota import (
    Forecast,
    channel_forecast,
    forecast,
    is_saving,
    line_day,
    percent_used,
    reading_of,
    usage_of,
)
from domain.settings import write_setting
from extensions import db, write_transaction
from models import LineChannel, LineUsage

TODAY = date(2026, 11, 20)


def every_day(count: int, days: int = 7) -> list[tuple[date, int]]:
    return [(TODAY - timedelta(days=back), count) for back in range(1, days + 1)]


def test_without_counts_of_our_own_the_month_so_far_goes_on() -> None:
    found = forecast(used=200, limit=400, days=[], today=TODAY)

    assert (found.a_day, found.month_end, found.runs_out) == (10.0, 300, None)
    assert (found.left, found.percent, found.level) == (200, 50, "well")


def test_the_last_week_weighs_more_than_the_month() -> None:
    calm, busy = (forecast(200, 400, every_day(count), TODAY) for count in (0, 40))

    assert calm.a_day == pytest.approx(3.0)
    assert busy.a_day == pytest.approx(31.0)
    assert busy.runs_out == date(2026, 11, 26)


def test_days_without_a_line_count_as_nothing_sent() -> None:
    assert forecast(0, 400, [(TODAY - timedelta(days=7), 70)], TODAY).a_day == pytest.approx(7.0)


def test_counts_that_began_yesterday_are_not_spread_over_a_week() -> None:
    assert forecast(0, 400, [(TODAY - timedelta(days=1), 70)], TODAY).a_day == pytest.approx(49.0)


def test_today_is_not_over_and_older_days_are_past() -> None:
    days = [(TODAY, 999), (TODAY - timedelta(days=8), 999), *every_day(7)]

    assert forecast(0, 400, days, TODAY).a_day == pytest.approx(4.9)


@pytest.mark.parametrize(
    ("used", "limit", "percent", "level", "runs_out"),
    [
        (799, 1000, 79, "well", date(2026, 11, 25)),
        (800, 1000, 80, "low", date(2026, 11, 25)),
        (999, 1000, 99, "low", TODAY),
        (1000, 1000, 100, "out", TODAY),
        (1200, 1000, 120, "out", TODAY),
        (0, 0, 100, "out", TODAY),
        (500, None, None, "well", None),
        (0, 500, 0, "well", None),
    ],
)
def test_the_level_and_the_day_the_last_message_goes(
    used: int, limit: int | None, percent: int | None, level: str, runs_out: date | None
) -> None:
    found = forecast(used, limit, [], TODAY)

    assert (found.percent, found.level) == (percent, level)
    assert found.runs_out == runs_out


def test_on_the_last_day_of_the_month_nothing_runs_out_any_more() -> None:
    assert forecast(900, 1000, [], date(2026, 11, 30)).runs_out is None


def test_what_is_left_is_never_below_nothing() -> None:
    assert forecast(12, 10, [], TODAY).left == 0
    assert percent_used(12, None) is None


def test_line_counts_days_two_hours_ahead_of_bangkok() -> None:
    assert line_day(datetime(2026, 11, 30, 14, 59, tzinfo=UTC)) == date(2026, 11, 30)
    assert line_day(datetime(2026, 11, 30, 15, 0, tzinfo=UTC)) == date(2026, 12, 1)


def read_quota(limit: int | None, used: int, ago: timedelta = timedelta(0)) -> None:
    with write_transaction() as session:
        row = connection_of(session, LineChannel.CITIZEN)
        row.quota_limit, row.quota_used, row.quota_read_at = limit, used, now() - ago


def saves() -> bool:
    db.session.rollback()
    return is_saving(db.session(), LineChannel.CITIZEN)


def set_saving(choice: str, percent: int = 90) -> None:
    with write_transaction() as session:
        write_setting(session, "line_saving", choice)
        write_setting(session, "line_saving_percent", percent)


def test_without_a_reading_nothing_is_known_and_nothing_saved(app: Flask, frozen_noon: FrozenClock) -> None:
    assert not saves()
    assert reading_of(db.session(), LineChannel.CITIZEN).read_at is None


@pytest.mark.parametrize(("used", "is_on"), [(899, False), (900, True), (1000, True)])
def test_from_the_town_s_percentage_on_only_essential_messages_go(
    app: Flask, frozen_noon: FrozenClock, used: int, is_on: bool
) -> None:
    read_quota(1000, used)

    assert saves() is is_on


@pytest.mark.parametrize(("choice", "is_on"), [("always", True), ("never", False)])
def test_the_town_may_decide_for_itself(
    app: Flask, frozen_noon: FrozenClock, choice: str, is_on: bool
) -> None:
    read_quota(1000, 0 if is_on else 1000)
    set_saving(choice)

    assert saves() is is_on


def test_a_reading_of_last_month_counts_as_nothing_used(app: Flask, frozen_noon: FrozenClock) -> None:
    read_quota(1000, 1000)
    assert saves()
    frozen_noon.move_to(datetime(2026, 11, 30, 15, 0, tzinfo=UTC))

    assert not saves()
    reading = reading_of(db.session(), LineChannel.CITIZEN)
    assert (reading.used, reading.limit, reading.is_of_this_month) == (0, 1000, False)


def test_an_account_without_a_limit_saves_nothing(app: Flask, frozen_noon: FrozenClock) -> None:
    read_quota(None, 5000)

    assert not saves()


def test_each_channel_has_its_own_days(app: Flask, frozen_noon: FrozenClock) -> None:
    read_quota(1000, 100)
    with write_transaction() as session:
        for channel in LineChannel:
            for back in range(1, 8):
                day = line_day() - timedelta(days=back)
                session.add(LineUsage(channel=channel, day=day, pushes=10, replies=3, merged=1))

    found = channel_forecast(db.session(), LineChannel.CITIZEN)

    assert isinstance(found, Forecast)
    assert found.a_day == pytest.approx(8.5)
    assert [row.day for row in usage_of(db.session(), LineChannel.STAFF, TODAY - timedelta(days=2))] == [
        TODAY - timedelta(days=2),
        TODAY - timedelta(days=1),
    ]
