"""What holds of every promise: laws of the duty clock over calendars drawn with one seed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.clock import BANGKOK, to_bangkok
from domain.office_calendar import USUAL_DAY, USUAL_WEEK, OfficeCalendar
from domain.sla import (
    DAY_UNITS,
    OFFICE_UNITS,
    after_pause,
    days_after,
    days_lost,
    due_at,
    warn_after_pause,
    warn_at,
)
from models import DurationUnit

FIRST, LAST = datetime(2025, 11, 1), datetime(2027, 3, 1)  # noqa: DTZ001 - made Bangkok time below
ONE_DAY = timedelta(days=1)
EXAMPLES = settings(max_examples=60, deadline=None, derandomize=True, database=None)

# Minutes, half minutes and the very edges: what an office notices.
moments = st.one_of(
    st.datetimes(FIRST, LAST).map(lambda at: at.replace(microsecond=0, tzinfo=BANGKOK)),
    st.builds(
        lambda day, minute: datetime(2026, 1, 1, tzinfo=BANGKOK) + timedelta(days=day, minutes=minute),
        st.integers(0, 400),
        st.sampled_from([0, 509, 510, 511, 719, 720, 721, 780, 989, 990, 991, 1439]),
    ),
)
hours = st.one_of(
    st.sampled_from([(), USUAL_DAY, ((510, 720), (780, 990)), ((510, 720),), ((780, 990),), ((0, 1440),)]),
    st.sets(st.integers(0, 1440), min_size=2, max_size=6).map(
        lambda times: tuple(zip(sorted(times)[::2], sorted(times)[1::2], strict=False))
    ),
)
weeks = st.one_of(st.sampled_from([USUAL_WEEK, (((0, 1440),),) * 7]), st.tuples(*[hours] * 7).filter(any))
days = st.dates(date(2025, 11, 1), date(2027, 6, 1))
calendars = st.builds(OfficeCalendar, weeks, st.dictionaries(days, hours, max_size=25))
units = st.sampled_from(list(DurationUnit))
amounts = st.integers(1, 45)


def law(**drawn: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a test hold for what is drawn; the same draws each run, so that nobody fails by chance."""
    return lambda test: EXAMPLES(given(**drawn)(test))


def in_order(*, count: int) -> st.SearchStrategy[list[datetime]]:
    return st.lists(moments, min_size=count, max_size=count).map(sorted)


# Promises ---------------------------------------------------------------------------------------------------


@law(calendar=calendars, pair=in_order(count=2), amount=amounts, unit=units)
def test_who_comes_later_is_not_promised_earlier(
    calendar: OfficeCalendar, pair: list[datetime], amount: int, unit: DurationUnit
) -> None:
    first, second = pair

    assert due_at(first, amount, unit, calendar) <= due_at(second, amount, unit, calendar)


@law(calendar=calendars, start=moments, amount=amounts, more=amounts, unit=units)
def test_more_is_never_earlier(
    calendar: OfficeCalendar, start: datetime, amount: int, more: int, unit: DurationUnit
) -> None:
    due = due_at(start, amount, unit, calendar)

    assert start < due <= due_at(start, amount + more, unit, calendar)


@law(calendar=calendars, start=moments, amount=amounts, unit=units)
def test_the_day_is_what_a_loop_that_walks_day_by_day_finds(
    calendar: OfficeCalendar, start: datetime, amount: int, unit: DurationUnit
) -> None:
    assume(unit in DAY_UNITS)
    day = to_bangkok(start).date()
    if unit is DurationUnit.WORKING_DAYS:
        day = _received(calendar, start)
    left = amount
    while left:
        day += ONE_DAY
        left -= unit is DurationUnit.DAYS or bool(calendar.hours_of(day))

    assert to_bangkok(due_at(start, amount, unit, calendar)).date() == day


def _received(calendar: OfficeCalendar, start: datetime) -> date:
    local = to_bangkok(start)
    day, minute = local.date(), (local - local.replace(hour=0, minute=0, second=0)) / timedelta(minutes=1)
    closes = min(calendar.hours_of(day)[-1][1], 1439) if calendar.hours_of(day) else 0
    if minute > closes:
        day += ONE_DAY
    while not calendar.hours_of(day):
        day += ONE_DAY
    return day


@law(calendar=calendars, start=moments, minutes=st.integers(1, 900))
def test_office_minutes_are_what_a_loop_that_walks_minute_by_minute_finds(
    calendar: OfficeCalendar, start: datetime, minutes: int
) -> None:
    start = start.replace(second=0)
    moment, left = start, minutes
    for _step in range(60 * 24 * 40):
        if not left:
            break
        minute = moment.hour * 60 + moment.minute
        left -= any(begins <= minute < ends for begins, ends in calendar.hours_of(moment.date()))
        moment += timedelta(minutes=1)
    assume(not left)

    assert due_at(start, minutes, DurationUnit.OFFICE_MINUTES, calendar) == moment


@law(calendar=calendars, start=moments, amount=amounts, unit=units, percent=st.integers(0, 100))
def test_a_warning_comes_in_time(
    calendar: OfficeCalendar, start: datetime, amount: int, unit: DurationUnit, percent: int
) -> None:
    due = due_at(start, amount, unit, calendar)
    warn = warn_at(start, due, unit, calendar, percent)

    assert start <= warn <= due
    assert warn <= warn_at(start, due, unit, calendar, min(100, percent + 10))


@law(calendar=calendars, moment=moments, amount=amounts)
def test_more_time_ends_on_a_later_day(calendar: OfficeCalendar, moment: datetime, amount: int) -> None:
    due = days_after(moment, amount, calendar)

    assert moment < due
    assert due <= due_at(moment, amount, DurationUnit.WORKING_DAYS, calendar)


# Pauses -----------------------------------------------------------------------------------------------------


@law(calendar=calendars, start=moments, amount=amounts, pause=in_order(count=2), unit=units)
def test_a_pause_never_makes_a_promise_earlier_nor_breaks_it(
    calendar: OfficeCalendar, start: datetime, amount: int, pause: list[datetime], unit: DurationUnit
) -> None:
    due, (stopped, resumed) = due_at(start, amount, unit, calendar), pause
    moved = after_pause(due, stopped, resumed, unit, calendar)

    assert moved >= due
    assert days_lost(stopped, resumed, unit, calendar) >= 0
    if due < stopped:
        assert moved == due
    if due > stopped:
        assert moved >= resumed


@law(calendar=calendars, start=moments, amount=amounts, three=in_order(count=3), unit=units)
def test_two_pauses_without_a_gap_are_one(
    calendar: OfficeCalendar, start: datetime, amount: int, three: list[datetime], unit: DurationUnit
) -> None:
    due, (stopped, between, resumed) = due_at(start, amount, unit, calendar), three

    first = after_pause(due, stopped, between, unit, calendar)
    twice = after_pause(first, between, resumed, unit, calendar)

    assert twice == after_pause(due, stopped, resumed, unit, calendar)


@law(calendar=calendars, start=moments, amount=amounts, pause=in_order(count=2), unit=units)
def test_a_longer_pause_never_gives_less(
    calendar: OfficeCalendar, start: datetime, amount: int, pause: list[datetime], unit: DurationUnit
) -> None:
    due, (stopped, resumed) = due_at(start, amount, unit, calendar), pause

    shorter = after_pause(due, stopped, resumed, unit, calendar)
    longer = after_pause(due, stopped, resumed + timedelta(hours=7), unit, calendar)

    assert shorter <= longer


@law(calendar=calendars, start=moments, amount=amounts, moment=moments, unit=units)
def test_a_pause_of_no_time_takes_none(
    calendar: OfficeCalendar, start: datetime, amount: int, moment: datetime, unit: DurationUnit
) -> None:
    due = due_at(start, amount, unit, calendar)

    assert after_pause(due, moment, moment, unit, calendar) == due


@law(calendar=calendars, start=moments, amount=amounts, pause=in_order(count=2), unit=units)
def test_a_warning_moves_with_the_promise_and_never_back(
    calendar: OfficeCalendar, start: datetime, amount: int, pause: list[datetime], unit: DurationUnit
) -> None:
    due, (stopped, resumed) = due_at(start, amount, unit, calendar), pause
    assume(start <= stopped)
    warn = warn_at(start, due, unit, calendar, 80)

    moved = warn_after_pause(warn, stopped, resumed, unit, calendar)
    later = after_pause(due, stopped, resumed, unit, calendar)
    counted = warn_at(start, later, unit, calendar, 80, [(stopped, resumed)])

    assert warn <= moved
    assert start <= counted <= later
    if warn <= stopped:
        assert moved == warn


# Office time ------------------------------------------------------------------------------------------------


@law(calendar=calendars, three=in_order(count=3))
def test_office_time_adds_up(calendar: OfficeCalendar, three: list[datetime]) -> None:
    first, between, last = three
    whole = calendar.office_time(first, last)

    assert calendar.office_time(first, between) + calendar.office_time(between, last) == whole
    assert timedelta(0) <= whole <= last - first
    assert calendar.office_time(last, first) == timedelta(0)


@law(calendar=calendars, start=moments, minutes=st.integers(0, 20_000))
def test_office_time_spent_is_office_time_passed(
    calendar: OfficeCalendar, start: datetime, minutes: int
) -> None:
    stretch = timedelta(minutes=minutes)
    end = calendar.advance(start, stretch)

    assert calendar.office_time(start, end) == stretch
    assert calendar.advance(start, calendar.office_time(start, end)) == end


@law(calendar=calendars, moment=moments)
def test_the_next_opening_of_an_opening_is_itself(calendar: OfficeCalendar, moment: datetime) -> None:
    opening = calendar.next_opening(moment)

    assert opening >= moment
    assert calendar.next_opening(opening) == opening
    assert calendar.office_time(moment, opening) == timedelta(0)
    assert calendar.office_time(opening, opening + timedelta(minutes=1)) == timedelta(minutes=1)


@law(calendar=calendars, pair=in_order(count=2))
def test_working_days_between_are_those_a_loop_counts(calendar: OfficeCalendar, pair: list[datetime]) -> None:
    first, last = (to_bangkok(moment).date() for moment in pair)
    counted = sum(
        bool(calendar.hours_of(first + timedelta(days=step))) for step in range(1, (last - first).days + 1)
    )

    assert calendar.working_days_between(first, last) == counted
    assert calendar.working_days_between(last, first) == (0 if first != last else counted)
    if counted:
        assert calendar.nth_working_day(first, counted) <= last


def test_the_units_are_all_known() -> None:
    assert set(DurationUnit) == DAY_UNITS | OFFICE_UNITS | {DurationUnit.MINUTES, DurationUnit.HOURS}
