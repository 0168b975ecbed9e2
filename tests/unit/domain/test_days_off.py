"""What must hold for a day off before it is saved."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from helpers.casework import field_codes
from helpers.people import actor_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clock import FrozenClock
from domain.days_off import check_holiday
from domain.errors import FieldErrors
from domain.office_hours import calendar_of
from models import Holiday, HolidayKind

sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
DAY = date(2026, 11, 24)  # A Tuesday.


def a_day(**changes: Any) -> Holiday:
    facts: dict[str, Any] = {"holiday_date": DAY, "name": "วันหยุด", "kind": HolidayKind.TOWN}
    return Holiday(**{**facts, **changes})


def check(session: Session, holiday: Holiday) -> None:
    with session.no_autoflush:  # As the screens do: the row is not written yet.
        check_holiday(session, actor_named(session, "admin"), holiday)


def refused(session: Session, holiday: Holiday) -> tuple[dict[str | None, str], str]:
    with pytest.raises(FieldErrors) as caught:
        check(session, holiday)
    return field_codes(caught.value), caught.value.message


@pytest.mark.parametrize(
    ("opens", "closes", "kept"),
    [
        (None, None, (None, None)),
        ("", " ", (None, None)),
        ("08:30", "12:00", ("08:30", "12:00")),
        ("8.30", "๑๒.๐๐", ("08:30", "12:00")),
        ("13:00 น.", "24:00", ("13:00", "24:00")),
    ],
)
@sqlite
def test_a_day_off_may_be_half_a_day(
    session: Session, frozen_noon: FrozenClock, opens: str | None, closes: str | None, kept: tuple[str, str]
) -> None:
    holiday = a_day(opens_at=opens, closes_at=closes)

    check(session, holiday)

    assert (holiday.opens_at, holiday.closes_at) == kept


BAD = {
    "one time": ({"opens_at": "08:30"}, {"closes_at": "holiday_times_pair"}),
    "the other time": ({"closes_at": "12:00"}, {"opens_at": "holiday_times_pair"}),
    "reversed": ({"opens_at": "12:00", "closes_at": "08:30"}, {"closes_at": "holiday_times_reversed"}),
    "no time between": ({"opens_at": "12:00", "closes_at": "12:00"}, {"closes_at": "holiday_times_reversed"}),
    "no times at all": (
        {"opens_at": "เช้า", "closes_at": "25:00"},
        {"opens_at": "holiday_time_unreadable", "closes_at": "holiday_time_unreadable"},
    ),
    "a workday without hours": ({"kind": HolidayKind.WORKDAY}, {"opens_at": "workday_without_times"}),
    "no date": ({"holiday_date": None}, {"holiday_date": "field_required"}),
    "a Buddhist year": ({"holiday_date": date(2569, 4, 13)}, {"holiday_date": "holiday_year_buddhist"}),
    "a Christian year": ({"holiday_date": date(1483, 4, 13)}, {"holiday_date": "holiday_year_christian"}),
    "six years ago": ({"holiday_date": date(2020, 4, 13)}, {"holiday_date": "holiday_year_far"}),
    "six years on": ({"holiday_date": date(2032, 4, 13)}, {"holiday_date": "holiday_year_far"}),
    "several at once": (
        {"holiday_date": date(2032, 4, 13), "opens_at": "x"},
        {"holiday_date": "holiday_year_far", "opens_at": "holiday_time_unreadable"},
    ),
}


@sqlite
@pytest.mark.parametrize("case", BAD.values(), ids=BAD.keys())
def test_what_cannot_be_is_refused_field_by_field(
    session: Session, frozen_noon: FrozenClock, case: tuple[dict[str, Any], dict[str, str]]
) -> None:
    changes, codes = case

    assert refused(session, a_day(**changes))[0] == codes


@sqlite
def test_a_year_of_the_other_calendar_is_told_with_the_one_that_was_meant(
    session: Session, frozen_noon: FrozenClock
) -> None:
    _codes, buddhist = refused(session, a_day(holiday_date=date(2569, 4, 13)))
    _codes, christian = refused(session, a_day(holiday_date=date(1483, 4, 13)))

    assert buddhist == "ปี 3112 ดูเหมือนพิมพ์ พ.ศ. เป็น ค.ศ. ที่ถูกน่าจะเป็น พ.ศ. 2569"
    assert christian == "ปี 2026 ดูเหมือนพิมพ์ ค.ศ. เป็น พ.ศ. ที่ถูกน่าจะเป็น พ.ศ. 2569"


def test_an_old_day_may_be_switched_off_but_not_moved_to_another_old_one(
    session: Session, frozen_noon: FrozenClock
) -> None:
    old = a_day(holiday_date=date(2015, 4, 13))
    session.add(old)
    session.flush()

    old.is_active = False
    check(session, old)
    old.holiday_date = date(2016, 4, 13)

    assert refused(session, old)[0] == {"holiday_date": "holiday_year_far"}


def test_the_calendar_of_the_town_knows_half_days_and_days_worked(session: Session) -> None:
    saturday, sunday = date(2026, 11, 28), date(2026, 11, 29)
    session.add_all(
        [
            a_day(opens_at="08:30", closes_at="12:00"),
            a_day(holiday_date=date(2026, 11, 25)),
            a_day(holiday_date=date(2026, 11, 26), is_active=False),
            a_day(holiday_date=saturday, kind=HolidayKind.WORKDAY, opens_at="09:00", closes_at="15:00"),
            a_day(holiday_date=sunday, kind=HolidayKind.WORKDAY),  # Brought in without times: as usually.
        ]
    )
    session.flush()

    calendar = calendar_of(session)

    assert calendar.hours_of(DAY) == ((510, 720),)
    assert calendar.hours_of(date(2026, 11, 25)) == ()
    assert calendar.hours_of(date(2026, 11, 26)) == ((510, 990),)
    assert calendar.hours_of(saturday) == ((540, 900),)
    assert calendar.hours_of(sunday) == ((510, 990),)


def test_the_calendar_is_read_once_a_transaction_and_again_after_a_change(session: Session) -> None:
    first = calendar_of(session)
    assert calendar_of(session) is first

    session.add(a_day())
    session.flush()
    changed = calendar_of(session)
    assert not changed.is_working_day(DAY)

    session.rollback()
    assert calendar_of(session).is_working_day(DAY)


@sqlite
def test_a_planted_town_knows_where_its_days_off_come_from(session: Session) -> None:
    kinds = {row.holiday_date: row.kind for row in session.scalars(select(Holiday))}

    assert kinds[date(2026, 4, 13)] is HolidayKind.NATIONAL
    assert kinds[date(2026, 12, 7)] is HolidayKind.SUBSTITUTE
    assert kinds[date(2026, 1, 2)] is HolidayKind.CABINET
