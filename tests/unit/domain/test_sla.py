"""When an answer is promised: a table of cases worked by hand on the calendar of Thailand.

The table is ``tests/golden/duty_clock.csv``: one case a line, its last column says how it was counted. Its
calendars: ``seed`` has the days off of seed/holidays.csv and offices open 08:30-16:30; ``lunch`` closes at
noon for an hour; ``town`` has five days of its own besides (below).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from domain.clock import BANGKOK
from domain.office_calendar import USUAL_WEEK, ClockError, OfficeCalendar
from domain.sla import (
    Light,
    after_pause,
    days_after,
    days_left,
    due_after_pauses,
    due_at,
    light,
    warn_after_pause,
    warn_at,
)
from models import DurationUnit

ROOT = Path(__file__).resolve().parents[3]
HOURS, DAYS, WORKING = DurationUnit.HOURS, DurationUnit.DAYS, DurationUnit.WORKING_DAYS
OFFICE_HOURS = DurationUnit.OFFICE_HOURS


def rows_of(file: str) -> list[dict[str, str]]:
    with (ROOT / file).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


SEEDED = {date.fromisoformat(row["date"]): () for row in rows_of("seed/holidays.csv")}
MORNING, AFTERNOON, WHOLE = ((510, 720),), ((780, 990),), ((510, 990),)
OWN = {
    date(2026, 11, 20): MORNING,  # Friday, open until noon.
    date(2026, 11, 26): AFTERNOON,  # Thursday, the morning off.
    date(2026, 11, 28): WHOLE,  # A Saturday worked.
    date(2026, 11, 30): (),  # The town's own day off, a Monday.
    date(2026, 12, 11): (),  # A day the cabinet gave, a Friday.
}
CALENDARS = {
    "seed": OfficeCalendar(USUAL_WEEK, SEEDED),
    "lunch": OfficeCalendar((*(((MORNING[0], AFTERNOON[0]),) * 5), (), ()), SEEDED),
    "town": OfficeCalendar(USUAL_WEEK, {**SEEDED, **OWN}),
}
SEED = CALENDARS["seed"]
TABLE = rows_of("tests/golden/duty_clock.csv")
ACT = re.compile(r"stop (?P<stop>\S+ \S+) run (?P<run>\S+ \S+)|extend (?P<days>\d+) at (?P<at>\S+ \S+)")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BANGKOK)


def acts_of(row: dict[str, str]) -> Iterator[re.Match[str]]:
    """Yield what happened to a promise, and make sure that nothing of the line was overread."""
    assert not ACT.sub("", row["acts"]).strip(), row["acts"]
    yield from ACT.finditer(row["acts"])


def promise_of(row: dict[str, str]) -> tuple[datetime, int, DurationUnit, OfficeCalendar]:
    amount, unit = row["promised"].split()
    return local(row["received"]), int(amount), DurationUnit(unit), CALENDARS[row["calendar"]]


def test_the_table_has_sixty_cases_and_none_twice() -> None:
    cases = {(row["calendar"], row["received"], row["promised"], row["acts"]) for row in TABLE}

    assert len(TABLE) == len(cases) >= 60
    assert all(row["working"] for row in TABLE)


@pytest.mark.parametrize("row", TABLE, ids=[f"{row['received']} {row['working']}" for row in TABLE])
def test_the_promise_falls_on(row: dict[str, str]) -> None:
    start, amount, unit, calendar = promise_of(row)

    due = due_at(start, amount, unit, calendar)
    for act in acts_of(row):
        if act["stop"]:
            due = after_pause(due, local(act["stop"]), local(act["run"]), unit, calendar)
        else:
            due = days_after(max(due, local(act["at"])), int(act["days"]), calendar)

    assert due.astimezone(BANGKOK) == local(row["due"])
    assert due.tzinfo is UTC


@pytest.mark.parametrize(
    "row", [row for row in TABLE if "stop" in row["acts"] and "extend" not in row["acts"]]
)
def test_it_falls_on_the_same_when_the_promise_is_made_after_the_case_has_waited(row: dict[str, str]) -> None:
    pauses = [(local(act["stop"]), local(act["run"])) for act in acts_of(row)]

    assert due_after_pauses(*promise_of(row), pauses) == local(row["due"])


def test_the_bangkok_day_counts_wherever_the_server_stands() -> None:
    # Thursday 18:00 in UTC is Friday 01:00 in Bangkok.
    in_utc = datetime(2026, 11, 19, 18, 0, tzinfo=UTC)
    in_hawaii = in_utc.astimezone(timezone(timedelta(hours=-10)))

    assert due_at(in_utc, 1, WORKING, SEED) == local("2026-11-23 16:30")
    assert due_at(in_hawaii, 1, WORKING, SEED) == local("2026-11-23 16:30")


# The moment to warn, worked by hand -------------------------------------------------------------------------

WARNINGS = {
    "3 working days, Mon 09:00: 7.5 h + 3 x 8 h = 31.5 h; 80 % is 25.2 h: Thu 08:30 + 1 h 42 min": (
        ("2026-11-16 09:00", "2026-11-19 16:30", WORKING, ()),
        "2026-11-19 10:12",
    ),
    "24 hours: 19 h 12 min": (("2026-11-20 12:00", "2026-11-21 12:00", HOURS, ()), "2026-11-21 07:12"),
    "10 office hours from Fri 09:30 over Songkran: 8 h are 7 on Fri and 1 on Thu": (
        ("2026-04-10 09:30", "2026-04-16 11:30", OFFICE_HOURS, ()),
        "2026-04-16 09:30",
    ),
    "24 hours with 12 of waiting: 36 h less 12, 19 h 12 min of them, moved on by 12": (
        (
            "2026-11-20 12:00",
            "2026-11-22 00:00",
            HOURS,
            (("2026-11-20 18:00", "2026-11-21 06:00"),),
        ),
        "2026-11-21 19:12",
    ),
    "a pause after the warning does not move it: 24 h less 2 h, 17 h 36 min": (
        ("2026-11-20 12:00", "2026-11-21 12:00", HOURS, (("2026-11-21 08:00", "2026-11-21 10:00"),)),
        "2026-11-21 05:36",
    ),
    "what is due before it began is warned of when it is due": (
        ("2026-11-20 12:00", "2026-11-20 11:00", HOURS, ()),
        "2026-11-20 11:00",
    ),
}


@pytest.mark.parametrize("case", WARNINGS.values(), ids=WARNINGS.keys())
def test_the_warning_falls_on(
    case: tuple[tuple[str, str, DurationUnit, tuple[tuple[str, str], ...]], str],
) -> None:
    (start, due, unit, pauses), expected = case
    waited = [(local(stopped), local(resumed)) for stopped, resumed in pauses]

    assert warn_at(local(start), local(due), unit, SEED, 80, waited) == local(expected)


def test_a_pause_moves_the_warning_by_days_and_keeps_its_time() -> None:
    tuesday, thursday = local("2026-11-17 10:00"), local("2026-11-19 09:00")

    moved = warn_after_pause(local("2026-11-18 14:00"), tuesday, thursday, WORKING, SEED)
    given = warn_after_pause(local("2026-11-17 09:00"), tuesday, thursday, WORKING, SEED)
    hours = warn_after_pause(local("2026-11-18 14:00"), tuesday, thursday, HOURS, SEED)

    assert moved == local("2026-11-20 14:00")  # Wednesday and Thursday are lost.
    assert given == local("2026-11-17 09:00")
    assert hours == local("2026-11-20 13:00")  # 47 hours.


# Colours and days -------------------------------------------------------------------------------------------

WARN, DUE = local("2026-11-18 10:00"), local("2026-11-19 16:30")


@pytest.mark.parametrize(
    ("moment", "stopped", "colour"),
    [
        ("2026-11-18 09:59", None, Light.GREEN),
        ("2026-11-18 10:00", None, Light.AMBER),
        ("2026-11-19 16:30", None, Light.AMBER),
        ("2026-11-19 16:31", None, Light.RED),
        ("2026-11-18 12:00", "2026-11-18 11:00", Light.STOPPED),
        ("2026-12-18 12:00", "2026-11-18 11:00", Light.STOPPED),
        ("2026-12-18 12:00", "2026-11-19 16:31", Light.RED),
    ],
    ids=[
        "before the warning",
        "at the warning",
        "the last minute",
        "a minute late",
        "waiting",
        "waiting for long, though the stored day has passed",
        "late before it waited",
    ],
)
def test_the_colour_of_a_promise(moment: str, stopped: str | None, colour: Light) -> None:
    since = local(stopped) if stopped else None

    assert light(local(moment), WARN, DUE, stopped=since) is colour
    assert light(local(moment), WARN, None, stopped=since) is Light.NONE


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


# When the calendar changed since the promise ----------------------------------------------------------------


@pytest.mark.parametrize("unit", [WORKING, DAYS, OFFICE_HOURS, HOURS])
def test_the_promised_day_was_declared_a_day_off_meanwhile_and_running_on_breaks_nothing(
    unit: DurationUnit,
) -> None:
    calendar = OfficeCalendar(USUAL_WEEK, {date(2026, 11, 20): ()})
    due, stopped, resumed = "2026-11-20 16:30", "2026-11-20 10:00", "2026-11-21 10:00"

    moved = after_pause(local(due), local(stopped), local(resumed), unit, calendar)

    assert moved >= local(resumed)


# What is refused --------------------------------------------------------------------------------------------


def refusal(call: object, *arguments: object) -> str:
    with pytest.raises(ClockError) as caught:
        call(*arguments)  # type: ignore[operator]
    assert "–" not in caught.value.message, "a value is missing in the message"
    return caught.value.code


@pytest.mark.parametrize("unit", list(DurationUnit))
@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (0, "duration_not_positive"),
        (-1, "duration_not_positive"),
        (10**7, "clock_never_ends"),
        (10**30, "clock_never_ends"),
    ],
)
def test_an_amount_must_have_a_measure(unit: DurationUnit, amount: int, code: str) -> None:
    assert refusal(due_at, local("2026-11-20 12:00"), amount, unit, SEED) == code


@pytest.mark.parametrize("unit", list(DurationUnit))
@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (local("1969-01-01 09:00"), "clock_before_epoch"),  # 1 Jan 2512.
        (datetime(1, 1, 1, tzinfo=UTC), "clock_before_epoch"),
        (local("2569-11-20 09:00"), "clock_beyond"),
        (datetime(9999, 12, 31, 23, tzinfo=UTC), "clock_beyond"),
    ],
    ids=["before 2513", "the first moment there is", "a Buddhist year", "the last moment there is"],
)
def test_a_clock_out_of_this_age_is_refused(unit: DurationUnit, moment: datetime, code: str) -> None:
    assert refusal(due_at, moment, 3, unit, SEED) == code


def test_the_first_moment_of_1970_is_taken_and_the_one_before_is_not() -> None:
    first = local("1970-01-01 00:00")

    assert due_at(first, 1, DAYS, SEED) == local("1970-01-02 16:30")
    assert refusal(due_at, first - timedelta(microseconds=1), 1, DAYS, SEED) == "clock_before_epoch"


@pytest.mark.parametrize("unit", list(DurationUnit))
def test_a_moment_without_a_time_zone_is_refused(unit: DurationUnit) -> None:
    with pytest.raises(ValueError, match="time zone"):
        due_at(datetime(2026, 11, 20, 12, 0), 1, unit, SEED)  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize("unit", list(DurationUnit))
def test_a_clock_that_ran_backwards_is_refused(unit: DurationUnit) -> None:
    later, earlier = local("2026-11-20 12:00"), local("2026-11-20 11:59")

    assert refusal(after_pause, later, later, earlier, unit, SEED) == "clock_backwards"
    assert refusal(warn_after_pause, later, later, earlier, unit, SEED) == "clock_backwards"


def test_a_clock_that_stops_before_it_started_is_refused() -> None:
    pause = (local("2026-11-16 08:00"), local("2026-11-17 08:00"))

    code = refusal(due_after_pauses, local("2026-11-16 09:00"), 3, WORKING, SEED, [pause])

    assert code == "clock_not_started"


@pytest.mark.parametrize("days", [0, -3])
def test_more_time_is_a_day_at_least(days: int) -> None:
    assert refusal(days_after, local("2026-11-16 09:00"), days, SEED) == "duration_not_positive"
