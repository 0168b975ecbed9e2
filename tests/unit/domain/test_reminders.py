"""Reminders of a running promise: whom the clock tells, when, and that it tells nobody twice."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from flask import Flask
from helpers.casework import bring_to, category, press, register_case
from helpers.hearing import name_of
from helpers.people import actor_named, officer_named
from helpers.rounds import clock_events, go_round, letters_of, rung
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import FrozenClock, bangkok, now
from domain.complaints import undo
from domain.duty_clock import MOST_ESCALATIONS, OVERDUE, plan_wake
from domain.moves import last_event
from domain.office_hours import calendar_of
from domain.reminders import MOST_AT_ONCE
from domain.settings import write_setting
from domain.tracking import tracked_view
from domain.undoing import undoable_event
from domain.workflow import Action
from models import Complaint, ComplaintStatus, EventKind, Notification, OutboxMessage

pytestmark = pytest.mark.usefixtures("frozen_noon")
S = ComplaintStatus
MINUTE = timedelta(minutes=1)
SYSTEM = "ระบบ"


@pytest.fixture
def case(app: Flask, session: Session) -> Complaint:
    """A case in work, promised in some working days."""
    return bring_to(app, session, S.IN_PROGRESS)


def go_to(clock: FrozenClock, moment: datetime | None) -> None:
    assert moment is not None
    clock.move_to(moment)


def test_before_the_end_only_the_officer_is_warned(
    session: Session, case: Complaint, frozen_noon: FrozenClock
) -> None:
    go_to(frozen_noon, case.warn_at)

    assert go_round(session) == 1

    (event,) = clock_events(session, case)
    assert (event.kind, event.actor_name, event.is_public) == (EventKind.REMINDED, SYSTEM, False)
    assert event.facts == {"step": 1, "level": "due_soon", "name": name_of(session, "officer")}
    assert letters_of(session, event) == {("line_staff", name_of(session, "officer"), "staff_due_soon")}
    assert rung(session, event) == {("officer", "staff_due_soon")}
    assert (case.status, case.wake_step, case.wake_at) == (S.IN_PROGRESS, 1, case.due_at)


def test_a_round_a_minute_later_says_nothing_again(
    session: Session, case: Complaint, frozen_noon: FrozenClock
) -> None:
    go_to(frozen_noon, case.warn_at)
    go_round(session)
    frozen_noon.advance(MINUTE)

    assert go_round(session) == 0

    assert len(clock_events(session, case)) == 1


def test_on_the_promised_day_the_head_hears_of_it_too(
    session: Session, case: Complaint, frozen_noon: FrozenClock
) -> None:
    go_to(frozen_noon, case.warn_at)
    go_round(session)
    frozen_noon.move_to(next_opening(session, case.due_at))

    go_round(session)

    event = clock_events(session, case)[-1]
    names = {name_of(session, who) for who in ("officer", "head")}
    assert letters_of(session, event) == {("line_staff", name, "staff_overdue") for name in names}
    assert rung(session, event) == {("officer", "staff_overdue"), ("head", "staff_overdue")}
    assert set(event.facts["name"].split(", ")) == names


def next_opening(session: Session, moment: datetime | None) -> datetime:
    assert moment is not None
    return calendar_of(session).next_opening(moment)


def test_late_work_goes_by_e_mail_as_well_where_the_town_has_a_server(
    session: Session, case: Complaint, frozen_noon: FrozenClock
) -> None:
    write_setting(session, "mail_host", "127.0.0.1")
    officer_named(session, "head").email = "head@example.go.th"
    frozen_noon.move_to(next_opening(session, case.due_at))

    go_round(session)

    (event,) = clock_events(session, case)
    assert ("email", name_of(session, "head"), "staff_overdue") in letters_of(session, event)


def test_then_it_goes_up_one_level_at_a_time_and_at_the_top_it_ends(
    session: Session, case: Complaint, frozen_noon: FrozenClock
) -> None:
    frozen_noon.move_to(next_opening(session, case.due_at))
    go_round(session)
    frozen_noon.move_to(next_opening(session, case.wake_at))

    assert go_round(session) == 1

    event = clock_events(session, case)[-1]
    assert event.kind is EventKind.ESCALATED
    # Nobody of the planted town oversees all, so the centre stands at the top.
    assert letters_of(session, event) == {("line_staff", name_of(session, "central"), "staff_escalated")}
    assert case.wake_at is None
    assert case.wake_step == OVERDUE + 1 <= OVERDUE + MOST_ESCALATIONS


def test_where_a_section_has_a_head_of_its_own_the_bureau_is_the_level_above(
    session: Session, case: Complaint, frozen_noon: FrozenClock
) -> None:
    lamps = officer_named(session, "jakrit.l")
    lamps.roles = [*lamps.roles, *officer_named(session, "head").roles]
    case.department = lamps.department
    frozen_noon.move_to(next_opening(session, case.due_at))
    go_round(session)
    first = clock_events(session, case)[-1]
    frozen_noon.move_to(next_opening(session, case.wake_at))
    go_round(session)
    second = clock_events(session, case)[-1]
    frozen_noon.move_to(next_opening(session, case.wake_at))
    go_round(session)
    third = clock_events(session, case)[-1]

    told = [{who for who, _key in rung(session, event)} for event in (first, second, third)]
    assert told == [{"officer", "jakrit.l"}, {"head"}, {"central"}]
    assert case.wake_at is None


def test_a_department_without_a_head_is_reported_to_the_centre_only_later(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    money = category(session, "ค.")
    kind = next(row for row in money.subcategories if row.duration_max)
    changes = {"category_id": money.id, "subcategory_id": kind.id}
    officer = officer_named(session, "onuma.t")
    case = register_case(app, session, "finance", assignee_id=officer.id, **changes)
    frozen_noon.move_to(next_opening(session, case.due_at))

    go_round(session)

    (event,) = clock_events(session, case)
    assert {who for who, _key in rung(session, event)} == {"onuma.t"}


def test_where_nobody_is_responsible_the_intake_is_warned(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = register_case(app, session, assignee_id=None)
    go_to(frozen_noon, case.warn_at)

    go_round(session)

    (event,) = clock_events(session, case)
    assert rung(session, event) == {("clerk", "staff_due_soon")}


def test_an_officer_who_has_left_is_not_told_but_the_intake_is(
    session: Session, case: Complaint, frozen_noon: FrozenClock
) -> None:
    officer_named(session, "officer").is_active = False
    go_to(frozen_noon, case.warn_at)

    go_round(session)

    (event,) = clock_events(session, case)
    assert rung(session, event) == {("clerk", "staff_due_soon")}


def test_nobody_is_told_at_night_and_a_case_finished_meanwhile_never(
    session: Session, case: Complaint, frozen_noon: FrozenClock
) -> None:
    night = bangkok(2026, 11, 20, 22)
    case.warn_at = night
    plan_wake(session, case)
    frozen_noon.move_to(night)

    assert go_round(session) == 0

    assert clock_events(session, case) == []
    assert case.wake_at == bangkok(2026, 11, 23, 8, 30)  # Monday.
    frozen_noon.move_to(bangkok(2026, 11, 21, 9))
    press(session, "officer", case, "record_result")
    frozen_noon.move_to(bangkok(2026, 11, 23, 8, 30))
    assert go_round(session) == 0
    assert clock_events(session, case) == []


@pytest.mark.parametrize("state", [S.AWAITING_PLAN, S.REFERRED_OUT, S.AWAITING_CITIZEN, S.RESOLVED])
def test_a_case_that_waits_or_is_done_reminds_no_officer(
    app: Flask, session: Session, frozen_noon: FrozenClock, state: ComplaintStatus
) -> None:
    case = bring_to(app, session, state)
    frozen_noon.move_to(next_opening(session, case.due_at))

    go_round(session)

    told = select(Notification.template_key).where(Notification.complaint_id == case.id)
    assert not {"staff_due_soon", "staff_overdue"} & set(session.scalars(told))


def test_what_a_pause_kept_waiting_is_reminded_of_by_its_new_day(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.AWAITING_PLAN)
    old_due = case.due_at
    assert old_due is not None
    frozen_noon.move_to(next_opening(session, old_due + timedelta(days=30)))
    go_round(session)
    press(session, "head", case, "take_off_plan")
    assert case.due_at is not None
    assert case.due_at > old_due

    go_round(session)
    assert clock_events(session, case) == []
    frozen_noon.move_to(next_opening(session, case.due_at))
    go_round(session)

    assert [event.facts["level"] for event in clock_events(session, case)] == ["overdue"]


def test_a_worker_that_was_down_for_weeks_tells_the_last_step_and_goes_on_from_there(
    session: Session, case: Complaint, frozen_noon: FrozenClock
) -> None:
    frozen_noon.advance(timedelta(days=60))
    frozen_noon.move_to(next_opening(session, now()))

    assert go_round(session) == 1
    assert go_round(session) == 0

    (event,) = clock_events(session, case)
    assert rung(session, event) == {("officer", "staff_overdue"), ("head", "staff_overdue")}
    assert case.wake_at is not None
    assert case.wake_at > now() + timedelta(days=2), "the centre hears of it after its own three days"


def test_more_than_five_reminders_of_one_round_reach_an_officer_by_the_bell_alone(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    cases = [register_case(app, session) for _ in range(MOST_AT_ONCE + 2)]
    go_to(frozen_noon, cases[0].warn_at)

    assert go_round(session, Counter()) == len(cases)

    by_line = session.scalars(select(OutboxMessage).where(OutboxMessage.template_key == "staff_due_soon"))
    bells = session.scalars(select(Notification).where(Notification.template_key == "staff_due_soon"))
    assert len(by_line.all()) == MOST_AT_ONCE
    assert len(bells.all()) == len(cases)


def test_a_reminder_in_between_does_not_stop_an_officer_from_taking_his_act_back(
    session: Session, case: Complaint, frozen_noon: FrozenClock
) -> None:
    go_to(frozen_noon, case.warn_at)
    press(session, "clerk", case, "note")
    frozen_noon.advance(timedelta(seconds=5))
    go_round(session)
    clerk = actor_named(session, "clerk")
    done = undoable_event(session, clerk, case)
    assert done is not None
    assert done.kind is Action.NOTE

    undo(session, clerk, case.id, event_id=done.id)

    frozen_noon.advance(MINUTE)
    assert go_round(session) == 0, "a reminder is not taken back with the act beside it"
    assert [event.undone_at for event in clock_events(session, case)] == [None]


def test_taking_back_a_wait_brings_the_reminder_back_that_was_near(
    session: Session, case: Complaint, frozen_noon: FrozenClock
) -> None:
    assert case.warn_at is not None
    frozen_noon.move_to(case.warn_at - timedelta(seconds=10))
    press(session, "head", case, "put_on_plan")
    frozen_noon.advance(timedelta(seconds=15))
    assert go_round(session) == 0
    act = last_event(session, case, Action.PUT_ON_PLAN)
    assert act is not None

    undo(session, actor_named(session, "head"), case.id, event_id=act.id)

    assert go_round(session) == 1
    assert [event.facts["level"] for event in clock_events(session, case)] == ["due_soon"]


def test_a_form_that_is_open_while_the_clock_reminds_can_still_be_saved(
    session: Session, case: Complaint, frozen_noon: FrozenClock
) -> None:
    session.flush()
    version, seq = case.version, case.state_seq
    go_to(frozen_noon, case.warn_at)

    assert go_round(session) == 1

    assert (case.version, case.state_seq) == (version, seq)


def test_the_citizen_does_not_see_that_an_officer_was_reminded(
    app: Flask, session: Session, case: Complaint, frozen_noon: FrozenClock
) -> None:
    go_to(frozen_noon, case.warn_at)
    go_round(session)

    seen = tracked_view(session, Actor.holder(case.id, "ผู้ถือรหัส"), "th")
    assert seen is not None
    assert clock_events(session, case)
    shown = [words for _at, words in seen.history]
    assert not any("เตือน" in words for words in [*shown, *(step.text for step in seen.steps)])


def test_more_time_begins_the_reminders_anew(
    session: Session, case: Complaint, frozen_noon: FrozenClock
) -> None:
    frozen_noon.move_to(next_opening(session, case.due_at))
    go_round(session)
    press(session, "head", case, "extend", days=5, reason="รออะไหล่")
    assert go_round(session) == 0
    frozen_noon.move_to(next_opening(session, case.due_at))

    go_round(session)

    levels = [event.facts["level"] for event in clock_events(session, case)]
    assert levels[0] == levels[-1] == "overdue"
    assert len(levels) == 2


def test_a_town_that_reports_nothing_upwards_stops_at_the_promised_day(
    session: Session, case: Complaint, frozen_noon: FrozenClock
) -> None:
    write_setting(session, "escalate_days", 0)
    frozen_noon.move_to(next_opening(session, case.due_at))
    go_round(session)

    assert case.wake_at is None


def test_a_message_the_town_has_switched_off_leaves_only_the_event(
    session: Session, case: Complaint, frozen_noon: FrozenClock
) -> None:
    write_setting(session, "telling_ways", {"staff_due_soon": []})
    go_to(frozen_noon, case.warn_at)

    go_round(session)

    (event,) = clock_events(session, case)
    assert letters_of(session, event) == set()
    assert rung(session, event) == set()
