"""When offices are open: the edges of days, weeks and years, and calendars that cannot be."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from domain.clock import BANGKOK
from domain.office_calendar import USUAL_DAY, USUAL_WEEK, ClockError, Hours, OfficeCalendar

USUAL = OfficeCalendar()
NIGHT = OfficeCalendar((((0, 1440),),) * 7)
FRIDAY, SATURDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 23)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BANGKOK)


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-11-20 08:29", "2026-11-20 08:30"),
        ("2026-11-20 08:30", "2026-11-20 08:30"),
        ("2026-11-20 16:29:59", "2026-11-20 16:29:59"),
        ("2026-11-20 16:30", "2026-11-23 08:30"),
        ("2026-11-21 00:00", "2026-11-23 08:30"),
        ("2026-12-31 16:30", "2027-01-01 08:30"),
    ],
)
def test_offices_open_next(moment: str, opening: str) -> None:
    assert USUAL.next_opening(local(moment)) == local(opening)


@pytest.mark.parametrize(
    ("begins", "ends", "minutes"),
    [
        ("2026-11-20 16:00", "2026-11-23 09:00", 60),
        ("2026-11-21 00:00", "2026-11-22 23:59", 0),
        ("2026-11-20 00:00", "2026-11-21 00:00", 480),
        ("2026-12-31 16:00", "2027-01-01 09:00", 60),
        ("2026-11-23 09:00", "2026-11-20 16:00", 0),
    ],
)
def test_office_time_between(begins: str, ends: str, minutes: int) -> None:
    assert USUAL.office_time(local(begins), local(ends)) == timedelta(minutes=minutes)


def test_a_year_of_office_time_and_several() -> None:
    # 2026 has 261 weekdays, 2027 too; 2028 has 260.
    days = USUAL.office_time(local("2026-01-01 00:00"), local("2029-01-01 00:00")) / timedelta(hours=8)

    assert days == 261 + 261 + 260


def test_closing_is_that_of_the_day_or_of_an_ordinary_one() -> None:
    halves = OfficeCalendar(
        (*((USUAL_DAY,) * 4), ((510, 720),), (), ()), {MONDAY: (), date(2026, 12, 11): ()}
    )

    assert halves.closing(FRIDAY) == local("2026-11-20 12:00")
    assert halves.closing(FRIDAY + timedelta(days=14)) == local("2026-12-04 12:00")
    assert halves.closing(MONDAY) == local("2026-11-23 16:30")  # Off, but a Monday.
    assert halves.closing(date(2026, 12, 11)) == local("2026-12-11 12:00")  # Off, but a Friday.
    assert halves.closing(SATURDAY) == local("2026-11-21 16:30")


def test_where_offices_never_close_a_day_ends_on_its_own_date() -> None:
    assert NIGHT.closing(FRIDAY) == local("2026-11-20 23:59")
    assert NIGHT.day_of_receipt(local("2026-11-20 23:59")) == FRIDAY
    assert NIGHT.office_time(local("2026-11-20 00:00"), local("2026-11-22 00:00")) == timedelta(days=2)


def test_no_day_is_the_zeroth_and_none_is_counted_backwards() -> None:
    assert USUAL.nth_working_day(SATURDAY, 0) == SATURDAY
    with pytest.raises(ValueError, match="forwards"):
        USUAL.nth_working_day(SATURDAY, -1)


WRONG: dict[str, tuple[Hours, ...]] = {
    "no week": (),
    "six days": USUAL_WEEK[:6],
    "never open": ((),) * 7,
    "reversed": ((((990, 510),), *USUAL_WEEK[1:])),
    "of no length": ((((510, 510),), *USUAL_WEEK[1:])),
    "overlapping": ((((510, 720), (700, 990)), *USUAL_WEEK[1:])),
    "out of order": ((((780, 990), (510, 720)), *USUAL_WEEK[1:])),
    "beyond midnight": ((((510, 1441),), *USUAL_WEEK[1:])),
    "before midnight": ((((-1, 990),), *USUAL_WEEK[1:])),
}


@pytest.mark.parametrize("week", WRONG.values(), ids=WRONG.keys())
def test_a_week_that_cannot_be_is_refused(week: tuple[Hours, ...]) -> None:
    with pytest.raises(ClockError) as caught:
        OfficeCalendar(week)

    assert caught.value.code == "office_days_wrong"


def test_a_day_off_with_reversed_hours_is_refused() -> None:
    with pytest.raises(ClockError, match="office_days_wrong"):
        OfficeCalendar(exceptions={FRIDAY: ((990, 510),)})


def test_days_off_for_ever_end_in_words_and_not_in_a_loop() -> None:
    never = OfficeCalendar(exceptions={date(2020, 1, 1) + timedelta(days=n): () for n in range(366 * 20)})
    moment = local("2026-11-20 12:00")

    for call in (
        lambda: never.nth_working_day(FRIDAY, 1),
        lambda: never.day_of_receipt(moment),
        lambda: never.next_opening(moment),
        lambda: never.advance(moment, timedelta(minutes=1)),
        lambda: USUAL.advance(moment, timedelta(days=5000)),
    ):
        with pytest.raises(ClockError, match="clock_never_ends"):
            call()
    assert never.office_time(moment, moment + timedelta(days=900)) == timedelta(0)


def test_moments_of_another_age_and_without_a_zone_are_refused() -> None:
    naive = datetime(2026, 11, 20, 12, 0)  # noqa: DTZ001 - that is the point

    with pytest.raises(ClockError, match="clock_before_epoch"):
        USUAL.next_opening(datetime(1969, 12, 31, 16, 59, tzinfo=UTC))
    with pytest.raises(ClockError, match="clock_beyond"):
        USUAL.office_time(local("2026-01-01 00:00"), local("9999-01-01 00:00"))
    with pytest.raises(ValueError, match="time zone"):
        USUAL.day_of_receipt(naive)
