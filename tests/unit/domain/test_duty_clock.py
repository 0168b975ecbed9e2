"""The clock of a case through the acts of its life: promised, stopped, running on, taken back, more time.

Everything begins on Friday 20 November 2569 at noon, three working days are promised: Mon 23, Tue 24, Wed 25.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from helpers.casework import bring_to, plain_subtype, press, submitted_case, who_may
from helpers.people import actor_named
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from domain.clock import FrozenClock, bangkok
from domain.complaints import lapse, undo
from domain.duty_clock import OVERDUE, plan_wake
from domain.errors import AlreadyDone, FieldErrors, InvalidField
from domain.settings import write_setting
from models import (
    ClockPause,
    Complaint,
    ComplaintStatus,
    DurationUnit,
    Holiday,
    PauseReason,
    PlanReason,
    StatusKind,
)

S = ComplaintStatus
sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
NOON, DUE, LATER = bangkok(2026, 11, 20, 12), bangkok(2026, 11, 25, 16, 30), bangkok(2026, 11, 27, 16, 30)
TUESDAY = bangkok(2026, 11, 24, 10)  # By then Monday and Tuesday are lost to a pause since Friday.
COLUMNS = ("due_at", "warn_at", "clock_started_at", "clock_stopped_at", "wake_at", "wake_step")
PROMISE = ("due_at", "warn_at", "promised_amount", "promised_unit", "promised_text", "clock_started_at")

# How a case begins to wait, why, and how it goes on.
WAITS = {
    "the citizen": ("ask_citizen", {}, PauseReason.CITIZEN, "answer"),
    "material": ("put_on_plan", {"plan_reason": PlanReason.MATERIAL}, PauseReason.MATERIAL, "take_off_plan"),
    "equipment": (
        "put_on_plan",
        {"plan_reason": PlanReason.EQUIPMENT},
        PauseReason.MATERIAL,
        "take_off_plan",
    ),
    "the budget": ("put_on_plan", {"plan_reason": PlanReason.BUDGET}, PauseReason.PLAN, "take_off_plan"),
    "another body": ("refer_out", {}, PauseReason.OTHER_AGENCY, "return_from_referral"),
}
waits = pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS.keys())
WAITING = [state for state in S if state.kind is StatusKind.WAITING]


@pytest.fixture(autouse=True)
def _three_days(session: Session, frozen_noon: FrozenClock) -> None:
    kind = plain_subtype(session)
    kind.duration_min, kind.duration_max, kind.duration_unit = 1, 3, DurationUnit.WORKING_DAYS
    session.flush()


def pauses(session: Session, case: Complaint) -> list[ClockPause]:
    session.flush()
    found = select(ClockPause).where(ClockPause.complaint_id == case.id).order_by(ClockPause.id)
    return list(session.scalars(found.execution_options(populate_existing=True)))


def shown(case: Complaint, names: tuple[str, ...] = COLUMNS) -> dict[str, Any]:
    return {name: getattr(case, name) for name in names}


def act(session: Session, case: Complaint, action: str, **changes: Any) -> Complaint:
    return press(session, who_may(action), case, action, **changes)


def take_back(session: Session, case: Complaint, action: str) -> None:
    session.flush()
    undo(session, actor_named(session, who_may(action)), case.id, event_id=case.events[-1].id)
    session.flush()
    session.refresh(case)


# Stopping and running on ------------------------------------------------------------------------------------


@waits
def test_waiting_stops_the_clock_and_going_on_adds_what_was_lost(
    app: Flask, session: Session, frozen_noon: FrozenClock, wait: tuple[str, dict[str, Any], PauseReason, str]
) -> None:
    stop, changes, reason, go_on = wait
    case = bring_to(app, session, S.IN_PROGRESS)
    assert (case.due_at, case.clock_started_at) == (DUE, NOON)

    act(session, case, stop, **changes)
    (pause,) = pauses(session, case)
    assert (pause.reason, pause.started_at, pause.ended_at) == (reason, NOON, None)
    assert pause.started_event_id == case.events[-1].id
    assert (case.clock_stopped_at, case.due_at) == (NOON, DUE)

    frozen_noon.move_to(TUESDAY)
    act(session, case, go_on)
    (pause,) = pauses(session, case)
    assert (pause.started_at, pause.ended_at, pause.ended_event_id) == (NOON, TUESDAY, case.events[-1].id)
    assert (case.clock_stopped_at, case.due_at, case.clock_started_at) == (None, LATER, NOON)
    assert (case.wake_at, case.wake_step) == (case.warn_at, 0)


@waits
def test_undoing_the_wait_leaves_no_trace_of_it_in_the_clock(
    app: Flask, session: Session, wait: tuple[str, dict[str, Any], PauseReason, str]
) -> None:
    stop, changes, _reason, _go_on = wait
    case = bring_to(app, session, S.IN_PROGRESS)
    before = shown(case)

    act(session, case, stop, **changes)
    take_back(session, case, stop)

    assert shown(case) == before
    assert pauses(session, case) == []


@waits
def test_undoing_the_end_of_a_wait_lets_it_wait_on(
    app: Flask, session: Session, frozen_noon: FrozenClock, wait: tuple[str, dict[str, Any], PauseReason, str]
) -> None:
    stop, changes, reason, go_on = wait
    case = bring_to(app, session, S.IN_PROGRESS)
    act(session, case, stop, **changes)
    begun, before = case.events[-1].id, shown(case)

    frozen_noon.move_to(TUESDAY)
    act(session, case, go_on)
    take_back(session, case, go_on)

    (pause,) = pauses(session, case)
    assert (pause.reason, pause.started_at, pause.started_event_id) == (reason, NOON, begun)
    assert (pause.ended_at, pause.ended_event_id) == (None, None)
    assert shown(case) == before

    frozen_noon.move_to(bangkok(2026, 11, 25, 10))
    act(session, case, go_on)
    assert case.due_at == bangkok(2026, 11, 30, 16, 30)
    assert len(pauses(session, case)) == 1


ENDINGS = [
    (S.AWAITING_PLAN, "record_result"),
    (S.REFERRED_OUT, "record_result"),
    *((state, action) for state in WAITING for action in ("withdraw", "merge")),
]


@pytest.mark.parametrize(("state", "action"), ENDINGS, ids=str)
def test_a_case_that_ends_while_it_waits_ends_its_pause(
    app: Flask, session: Session, frozen_noon: FrozenClock, state: ComplaintStatus, action: str
) -> None:
    case = bring_to(app, session, state)
    frozen_noon.move_to(TUESDAY)

    act(session, case, action)

    (pause,) = pauses(session, case)
    assert (pause.ended_at, pause.ended_event_id) == (TUESDAY, case.events[-1].id)
    assert (case.clock_stopped_at, case.due_at) == (None, LATER)
    resolved = case.status is S.RESOLVED
    assert (case.wake_at, case.wake_step) == (TUESDAY + timedelta(days=11) if resolved else None, 0)

    take_back(session, case, action)
    assert (case.clock_stopped_at, case.due_at, case.status) == (NOON, DUE, state)
    assert [one.ended_at for one in pauses(session, case)] == [None]


def test_a_case_that_lapses_ends_its_pause(app: Flask, session: Session, frozen_noon: FrozenClock) -> None:
    case = bring_to(app, session, S.AWAITING_CITIZEN)
    frozen_noon.move_to(TUESDAY)

    lapse(session, actor_named(session, "clerk"), case.id)

    assert [one.ended_at for one in pauses(session, case)] == [TUESDAY]
    assert (case.status, case.clock_stopped_at, case.wake_at) == (S.CLOSED, None, None)


@pytest.mark.parametrize("state", WAITING, ids=str)
def test_another_officer_changes_nothing_of_the_wait(
    app: Flask, session: Session, frozen_noon: FrozenClock, state: ComplaintStatus
) -> None:
    case = bring_to(app, session, state)
    before, held = shown(case), [one.id for one in pauses(session, case)]
    frozen_noon.move_to(TUESDAY)

    act(session, case, "reassign")

    assert shown(case) == before
    assert [(one.id, one.ended_at) for one in pauses(session, case)] == [(held[0], None)]


def test_what_waited_twice_lost_both(app: Flask, session: Session, frozen_noon: FrozenClock) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)
    act(session, case, "ask_citizen")
    frozen_noon.move_to(bangkok(2026, 11, 23, 9))
    act(session, case, "answer")  # Monday is lost: Thu 26.
    act(session, case, "put_on_plan")
    frozen_noon.move_to(bangkok(2026, 11, 25, 20))  # After closing, that is Thursday: Tue, Wed, Thu are lost.
    act(session, case, "take_off_plan")

    assert case.due_at == bangkok(2026, 12, 1, 16, 30)
    assert [one.reason for one in pauses(session, case)] == [PauseReason.CITIZEN, PauseReason.MATERIAL]


def test_what_waited_before_anything_was_promised_is_promised_so_much_later(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = submitted_case(app, session)
    press(session, "clerk", case, "ask_citizen")
    frozen_noon.move_to(TUESDAY)
    press(session, "clerk", case, "answer")
    assert case.due_at is None

    press(session, "clerk", case, "accept")
    press(session, "clerk", case, "direct")

    assert (case.due_at, case.clock_started_at) == (LATER, NOON)


def test_a_promise_broken_before_it_waited_stays_broken_and_nobody_hears_of_it_twice(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)
    frozen_noon.move_to(bangkok(2026, 11, 26, 9))
    act(session, case, "put_on_plan")
    frozen_noon.move_to(bangkok(2026, 12, 2, 9))
    act(session, case, "take_off_plan")

    assert case.due_at == DUE
    assert case.wake_step == OVERDUE
    assert case.wake_at == bangkok(2026, 12, 8, 16, 30)  # Thu 3, Fri 4; Mon 7 is off: Tue 8.


def test_the_clock_of_the_machine_was_set_back_and_the_officer_is_not_held_up(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.AWAITING_PLAN)
    frozen_noon.move_to(bangkok(2026, 11, 19, 9))

    act(session, case, "take_off_plan")

    (pause,) = pauses(session, case)
    assert (pause.started_at, pause.ended_at) == (NOON, NOON)
    assert (case.status, case.due_at, case.clock_stopped_at) == (S.IN_PROGRESS, DUE, None)


def test_a_case_of_another_system_that_works_here_waits_like_any(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)
    case.external_source, case.external_id = "traffy_fondue", "2026-ABC"

    act(session, case, "ask_citizen")
    assert (case.clock_stopped_at, case.wake_at) == (NOON, NOON + timedelta(days=11))

    frozen_noon.move_to(TUESDAY)
    act(session, case, "answer")
    assert case.due_at == LATER


def test_a_case_of_another_system_nobody_took_on_is_ended_by_that_one(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.RESOLVED)
    case.external_source, case.external_id = "traffy_fondue", "2026-ABC"
    case.assignee = case.number = case.number_code = case.number_year = case.number_running = None
    session.flush()

    plan_wake(session, case)

    assert case.wake_at is None


# Opened again, parted again ---------------------------------------------------------------------------------


def test_a_case_opened_again_is_promised_the_same_length_whatever_its_type_says_now(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.AWAITING_PLAN)
    frozen_noon.move_to(TUESDAY)
    act(session, case, "record_result")
    plain_subtype(session).duration_max, plain_subtype(session).duration_unit = 2, DurationUnit.HOURS
    frozen_noon.move_to(bangkok(2026, 11, 30, 9))

    act(session, case, "reopen")

    assert case.due_at == bangkok(2026, 12, 3, 16, 30)  # Tue, Wed, Thu; the old pause is not counted again.
    assert case.clock_started_at == bangkok(2026, 11, 30, 9)
    assert (case.wake_at, case.wake_step) == (case.warn_at, 0)
    assert case.events[-1].facts["was_due"] == LATER.isoformat()


@pytest.mark.parametrize("state", [S.IN_PROGRESS, *WAITING], ids=str)
def test_a_duplicate_parted_again_goes_on_as_it_stood(
    app: Flask, session: Session, frozen_noon: FrozenClock, state: ComplaintStatus
) -> None:
    case = bring_to(app, session, state)
    act(session, case, "merge")
    assert (case.wake_at, case.clock_stopped_at) == (None, None)
    frozen_noon.move_to(TUESDAY)

    act(session, case, "unmerge")

    assert (case.status, case.due_at) == (state, DUE)
    if state is S.IN_PROGRESS:
        assert (case.wake_at, pauses(session, case)) == (case.warn_at, [])
    else:
        first, second = pauses(session, case)
        assert (first.ended_at, second.ended_at, second.started_at) == (NOON, None, TUESDAY)
        assert second.started_event_id == case.events[-1].id
        assert (case.clock_stopped_at, second.reason) == (TUESDAY, first.reason)


# What was promised stays ------------------------------------------------------------------------------------


def change_every_rule(session: Session) -> None:
    kind = plain_subtype(session)
    kind.duration_min, kind.duration_max, kind.duration_unit = None, 30, DurationUnit.DAYS
    write_setting(session, "office_hours", [[["09:00", "12:00"]]] * 5 + [[], []])
    write_setting(session, "warn_percent", 20)
    session.execute(delete(Holiday))
    session.add(Holiday(holiday_date=date(2026, 11, 25), name="วันหยุดของเทศบาล"))
    session.flush()


def test_no_later_rule_moves_a_promise_until_it_waits_or_is_given_more_time(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.DIRECTED)
    promised = shown(case, PROMISE)
    assert promised["promised_text"] == "1–3 วันทำการ"
    change_every_rule(session)
    session.commit()

    for action in ("acknowledge", "start", "note", "ask_more_time", "refuse_more_time", "add_evidence"):
        act(session, case, action)
    session.commit()
    session.refresh(case)
    assert shown(case, PROMISE) == promised

    act(session, case, "extend", days=1)
    assert case.due_at == bangkok(2026, 11, 26, 12)  # The offices of now close at noon.
    assert (case.promised_amount, case.promised_unit) == (3, DurationUnit.WORKING_DAYS)


def test_what_waits_is_moved_by_the_calendar_of_the_day_it_runs_on(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.AWAITING_PLAN)
    session.add(Holiday(holiday_date=date(2026, 11, 23), name="วันหยุดของเทศบาล"))
    session.flush()
    frozen_noon.move_to(TUESDAY)

    act(session, case, "take_off_plan")

    assert case.due_at == bangkok(2026, 11, 26, 16, 30)  # Only Tuesday was lost.


# More time --------------------------------------------------------------------------------------------------


def test_a_promise_is_extended_so_often_and_no_more(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)
    for days in (1, 2):
        frozen_noon.advance(timedelta(minutes=5))
        act(session, case, "extend", days=days)
    assert case.due_at == bangkok(2026, 11, 30, 16, 30)  # Thu 26; Fri 27, Mon 30.

    for action in ("extend", "ask_more_time"):
        with pytest.raises(InvalidField) as caught:
            act(session, case, action, days=1)
        assert caught.value.code == "extended_enough"
        assert "2 ครั้ง" in caught.value.message

    act(session, case, "record_result")
    frozen_noon.advance(timedelta(hours=1))
    act(session, case, "reopen")
    act(session, case, "extend", days=1)  # A new promise counts anew.


def test_an_extension_taken_back_is_not_counted(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    write_setting(session, "most_extensions", 1)
    case = bring_to(app, session, S.IN_PROGRESS)
    before = shown(case)
    act(session, case, "extend", days=1)
    take_back(session, case, "extend")
    assert shown(case) == before

    act(session, case, "extend", days=2)
    with pytest.raises(InvalidField, match="extended_enough"):
        act(session, case, "extend", days=3)


def test_one_extension_is_so_long_and_no_longer(app: Flask, session: Session) -> None:
    write_setting(session, "longest_extension_days", 5)
    case = bring_to(app, session, S.IN_PROGRESS)

    for action in ("ask_more_time", "extend"):
        with pytest.raises(FieldErrors) as caught:
            act(session, case, action, days=6)
        assert caught.value.errors[0].params["max"] == 5
    act(session, case, "extend", days=5)

    assert case.due_at == bangkok(2026, 12, 2, 16, 30)


def test_more_time_for_what_waited_warns_by_the_time_that_was_worked(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.AWAITING_PLAN)
    frozen_noon.move_to(bangkok(2026, 12, 18, 9))
    act(session, case, "take_off_plan")
    act(session, case, "extend", days=1)

    # It waited from the first minute. 7.5 h on Fri 18 and 4 whole days are 39.5 h, 80 % of them 31.6 h: Fri,
    # Mon, Tue, Wed make 31.5 h, and 6 minutes on Thu.
    assert case.due_at == bangkok(2026, 12, 24, 16, 30)
    assert case.warn_at == bangkok(2026, 12, 24, 8, 36)


def test_a_second_press_of_waiting_makes_no_second_pause(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.AWAITING_PLAN)

    with pytest.raises(AlreadyDone):
        act(session, case, "put_on_plan")

    assert len(pauses(session, case)) == 1
