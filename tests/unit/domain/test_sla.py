"""When an answer is promised: cases worked by hand on the calendar of Thailand.

Each id says how it was counted. Days off of the table: Songkran Mon 13, Tue 14, Wed 15 Apr 2026; New Year Thu
31 Dec 2026 and Fri 1 Jan 2027; the birthday Sat 5 Dec 2026 with its substitute Mon 7 Dec 2026.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from domain.clock import BANGKOK
from domain.sla import day_of_receipt, days_left, due_at, is_working_day
from models import DurationUnit

HOLIDAYS = frozenset(
    {
        date(2026, 4, 13),
        date(2026, 4, 14),
        date(2026, 4, 15),
        date(2026, 12, 7),
        date(2026, 12, 31),
        date(2027, 1, 1),
    }
)
HOURS, DAYS, WORKING = DurationUnit.HOURS, DurationUnit.DAYS, DurationUnit.WORKING_DAYS


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BANGKOK)


CASES = {
    "Fri 20 Nov noon + 1: Mon 23": ("2026-11-20 12:00", 1, WORKING, "2026-11-23 16:30"),
    "Fri 20 Nov noon + 3: Mon 23, Tue 24, Wed 25": ("2026-11-20 12:00", 3, WORKING, "2026-11-25 16:30"),
    "Mon 16 Nov + 5: Tue Wed Thu Fri, Mon 23": ("2026-11-16 09:00", 5, WORKING, "2026-11-23 16:30"),
    "Mon 00:00 is Monday: + 1 is Tue": ("2026-11-16 00:00", 1, WORKING, "2026-11-17 16:30"),
    "Fri 16:30 is still Friday: + 1 is Mon": ("2026-11-20 16:30", 1, WORKING, "2026-11-23 16:30"),
    "Fri 16:31 counts as Mon 23: + 1 is Tue 24": ("2026-11-20 16:31", 1, WORKING, "2026-11-24 16:30"),
    "Sat 21 Nov counts as Mon 23: + 1 is Tue 24": ("2026-11-21 10:00", 1, WORKING, "2026-11-24 16:30"),
    "Sun 22 Nov counts as Mon 23: + 3 is Thu 26": ("2026-11-22 23:59", 3, WORKING, "2026-11-26 16:30"),
    "Fri 10 Apr + 3 over Songkran: Thu 16, Fri 17, Mon 20": (
        "2026-04-10 09:00",
        3,
        WORKING,
        "2026-04-20 16:30",
    ),
    "Tue 14 Apr is Songkran, counts as Thu 16: + 1 is Fri 17": (
        "2026-04-14 09:00",
        1,
        WORKING,
        "2026-04-17 16:30",
    ),
    "Fri 4 Dec + 1 over a substitute day: Tue 8": ("2026-12-04 09:00", 1, WORKING, "2026-12-08 16:30"),
    "Wed 30 Dec + 1 over New Year: Mon 4 Jan": ("2026-12-30 09:00", 1, WORKING, "2027-01-04 16:30"),
    "Thu 31 Dec counts as Mon 4 Jan: + 1 is Tue 5": ("2026-12-31 23:59", 1, WORKING, "2027-01-05 16:30"),
    "Tue 29 Dec + 3 into the next year: 30, Mon 4, Tue 5": (
        "2026-12-29 12:00",
        3,
        WORKING,
        "2027-01-05 16:30",
    ),
    "Fri 27 Feb + 2 in a short month: Mon 2, Tue 3 Mar": ("2026-02-27 12:00", 2, WORKING, "2026-03-03 16:30"),
    "Wed 28 Feb 2024 + 1 in a leap year: Thu 29": ("2024-02-28 12:00", 1, WORKING, "2024-02-29 16:30"),
    "Fri 20 Nov + 1 day: Sat 21, though closed": ("2026-11-20 12:00", 1, DAYS, "2026-11-21 16:30"),
    "Fri 20 Nov 18:00 + 7 days: Fri 27": ("2026-11-20 18:00", 7, DAYS, "2026-11-27 16:30"),
    "Sat 11 Apr + 3 days through Songkran: Tue 14": ("2026-04-11 09:00", 3, DAYS, "2026-04-14 16:30"),
    "Thu 31 Dec + 1 day: Fri 1 Jan": ("2026-12-31 09:00", 1, DAYS, "2027-01-01 16:30"),
    "Fri 20 Nov 12:00 + 4 hours: 16:00": ("2026-11-20 12:00", 4, HOURS, "2026-11-20 16:00"),
    "Fri 20 Nov 22:15 + 24 hours: Sat 22:15": ("2026-11-20 22:15", 24, HOURS, "2026-11-21 22:15"),
    "Thu 31 Dec 23:30 + 1 hour: next year": ("2026-12-31 23:30", 1, HOURS, "2027-01-01 00:30"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_promise_falls_on(case: tuple[str, int, DurationUnit, str]) -> None:
    received, amount, unit, due = case

    assert due_at(local(received), amount, unit, HOLIDAYS) == local(due)


def test_the_answer_is_in_utc() -> None:
    due = due_at(local("2026-11-20 12:00"), 1, WORKING, HOLIDAYS)

    assert due.tzinfo is UTC
    assert due.isoformat() == "2026-11-23T09:30:00+00:00"


def test_the_bangkok_day_counts_wherever_the_server_stands() -> None:
    # Thursday 18:00 in UTC is Friday 01:00 in Bangkok.
    in_utc = datetime(2026, 11, 19, 18, 0, tzinfo=UTC)
    in_hawaii = in_utc.astimezone(timezone(timedelta(hours=-10)))

    assert due_at(in_utc, 1, WORKING, HOLIDAYS) == local("2026-11-23 16:30")
    assert due_at(in_hawaii, 1, WORKING, HOLIDAYS) == local("2026-11-23 16:30")


@pytest.mark.parametrize("amount", [0, -1])
@pytest.mark.parametrize("unit", list(DurationUnit))
def test_a_promise_of_no_time_is_none(amount: int, unit: DurationUnit) -> None:
    with pytest.raises(ValueError, match="at least one"):
        due_at(local("2026-11-20 12:00"), amount, unit, HOLIDAYS)


@pytest.mark.parametrize("unit", [DAYS, WORKING])
def test_a_promise_of_decades_is_a_mistake(unit: DurationUnit) -> None:
    with pytest.raises(ValueError, match="five years"):
        due_at(local("2026-11-20 12:00"), 10_000, unit, HOLIDAYS)


def test_a_calendar_of_holidays_only_ends_in_an_error_and_not_in_a_loop() -> None:
    always = frozenset(date(2026, 1, 1) + timedelta(days=number) for number in range(3000))

    with pytest.raises(ValueError, match="five years"):
        due_at(local("2026-11-20 12:00"), 1, WORKING, always)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        due_at(datetime(2026, 11, 20, 12, 0), 1, WORKING, HOLIDAYS)  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),
        (date(2026, 11, 22), False),
        (date(2026, 4, 13), False),
        (date(2026, 4, 16), True),
    ],
)
def test_offices_are_closed_on_weekends_and_holidays(day: date, is_open: bool) -> None:
    assert is_working_day(day, HOLIDAYS) is is_open


@pytest.mark.parametrize(
    ("received", "counts_as"),
    [
        ("2026-11-20 08:00", date(2026, 11, 20)),
        ("2026-11-20 20:00", date(2026, 11, 23)),
        ("2026-11-21 08:00", date(2026, 11, 23)),
        ("2026-04-12 08:00", date(2026, 4, 16)),
        ("2026-12-30 17:00", date(2027, 1, 4)),
    ],
)
def test_what_comes_after_hours_counts_from_the_next_opening(received: str, counts_as: date) -> None:
    assert day_of_receipt(local(received), HOLIDAYS) == counts_as


@pytest.mark.parametrize(
    ("moment", "left"),
    [
        ("2026-11-20 00:00", 3),
        ("2026-11-22 23:59", 1),
        ("2026-11-23 08:00", 0),
        ("2026-11-23 20:00", 0),
        ("2026-11-24 00:00", -1),
        ("2026-11-30 12:00", -7),
    ],
)
def test_days_left_are_counted_by_the_bangkok_calendar(moment: str, left: int) -> None:
    assert days_left(local("2026-11-23 16:30"), local(moment)) == left
