"""A year of official days off comes into the town's table, each ticked by a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import FrozenClock
from domain.errors import InvalidField, NotPermitted
from domain.holiday_filling import add_official_days, proposed_days
from models import Holiday, HolidayKind

NEW_YEAR, SONGKRAN = date(2027, 1, 1), date(2027, 4, 13)


def test_what_the_town_has_is_shown_as_there(session: Session) -> None:
    session.execute(delete(Holiday).where(Holiday.holiday_date == SONGKRAN))

    found = {one.day: one for one in proposed_days(session, 2027)}

    assert found[NEW_YEAR].present
    assert found[SONGKRAN].present is None
    assert found[SONGKRAN].kind is HolidayKind.NATIONAL


def test_ticked_days_are_added_once(
    session: Session, frozen_noon: FrozenClock, act_as: Callable[[str], Actor]
) -> None:
    session.execute(delete(Holiday).where(Holiday.holiday_date >= date(2027, 1, 1)))
    admin = act_as("admin")

    assert add_official_days(session, admin, 2027, [NEW_YEAR, SONGKRAN, SONGKRAN]) == 2
    assert add_official_days(session, admin, 2027, [NEW_YEAR]) == 0
    rows = session.scalars(select(Holiday.holiday_date).where(Holiday.holiday_date >= date(2027, 1, 1)))
    assert sorted(rows) == [NEW_YEAR, SONGKRAN]


def test_a_day_of_another_year_is_refused(session: Session, act_as: Callable[[str], Actor]) -> None:
    with pytest.raises(InvalidField) as caught:
        add_official_days(session, act_as("admin"), 2027, [date(2028, 1, 3)])
    assert caught.value.code == "holiday_other_year"
    assert "2570" in caught.value.message


def test_nobody_without_the_right_adds_days(session: Session, act_as: Callable[[str], Actor]) -> None:
    with pytest.raises(NotPermitted):
        add_official_days(session, act_as("clerk"), 2027, [NEW_YEAR])
