"""Quiet hours by the town's clock, and which messages may wait."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from domain.clock import bangkok
from domain.message_priority import ROUTINE, priority_of, quiet_until, waits_for_company
from domain.settings import write_setting
from domain.tellings import EVERY_TELLING
from models import MessagePriority

SEVEN = bangkok(2026, 11, 21, 7)


def set_hours(session: Session, first: str, last: str) -> None:
    write_setting(session, "line_quiet_from", first)
    write_setting(session, "line_quiet_until", last)


@pytest.mark.parametrize(
    ("moment", "ends"),
    [
        (bangkok(2026, 11, 20, 20, 59, 59), None),
        (bangkok(2026, 11, 20, 21), SEVEN),
        (bangkok(2026, 11, 20, 23, 59), SEVEN),
        (bangkok(2026, 11, 21, 0), SEVEN),
        (bangkok(2026, 11, 21, 6, 59, 59), SEVEN),
        (bangkok(2026, 11, 21, 7), None),
        (bangkok(2026, 11, 21, 12), None),
    ],
)
def test_a_night_is_over_in_the_morning_of_whichever_day(
    session: Session, moment: datetime, ends: datetime | None
):
    set_hours(session, "21:00", "07:00")

    assert quiet_until(session, moment) == ends


def test_quiet_hours_may_lie_within_one_day(session: Session):
    set_hours(session, "12:00", "13:30")

    assert quiet_until(session, bangkok(2026, 11, 20, 12, 10)) == bangkok(2026, 11, 20, 13, 30)
    assert quiet_until(session, bangkok(2026, 11, 20, 13, 30)) is None
    assert quiet_until(session, bangkok(2026, 11, 20, 11, 59)) is None


def test_the_same_time_twice_means_no_quiet_hours(session: Session):
    set_hours(session, "00:00", "00:00")

    assert quiet_until(session, bangkok(2026, 11, 20, 0)) is None


def test_only_routine_messages_wait_for_company_and_only_as_long_as_the_town_likes(session: Session):
    write_setting(session, "line_merge_minutes", 25)

    assert waits_for_company(session, "citizen_started") == timedelta(minutes=25)
    assert waits_for_company(session, "citizen_result") == timedelta(0)


def test_every_routine_message_is_one_there_is_and_what_a_person_must_do_is_never_among_them():
    known = {telling.template_key for telling in EVERY_TELLING}

    assert known >= ROUTINE
    for key in (
        "citizen_question",
        "citizen_result",
        "staff_directed",
        "staff_overdue",
        "staff_new_complaint",
    ):
        assert priority_of(key) is MessagePriority.ESSENTIAL
