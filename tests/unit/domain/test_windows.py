"""A citizen's windows: reminded before his days end, then the case is closed; never before the day named."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from helpers.casework import bring_to, member_of, press, register_case
from helpers.hearing import CITIZEN, bells, told
from helpers.rounds import clock_events, go_round, letters_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import FrozenClock, bangkok, bangkok_date, now
from domain.complaints import rate
from domain.duty_rounds import follow_settings
from domain.members import shared_member
from domain.settings import write_setting
from models import Complaint, ComplaintStatus, EventKind, LineAccount, LineState, OutboxMessage, Outcome

pytestmark = pytest.mark.usefixtures("frozen_noon")
S = ComplaintStatus
DAY = timedelta(days=1)
MONDAY = bangkok(2026, 11, 30, 10)
WINDOWS = {S.AWAITING_CITIZEN: "citizen_answer_reminder", S.RESOLVED: "citizen_closing_soon"}
both = pytest.mark.parametrize("state", list(WINDOWS), ids=str)


@pytest.fixture(autouse=True)
def _monday(frozen_noon: FrozenClock) -> None:
    """Begin on a Monday: fourteen days later offices are open, eleven days later as well."""
    frozen_noon.move_to(MONDAY)


def reminded(app: Flask, session: Session, clock: FrozenClock, state: ComplaintStatus) -> Complaint:
    case = bring_to(app, session, state)
    clock.move_to(MONDAY + 11 * DAY)
    assert go_round(session) == 1
    return case


@both
def test_three_days_before_the_end_the_citizen_is_reminded_and_told_his_last_day(
    app: Flask, session: Session, frozen_noon: FrozenClock, state: ComplaintStatus
) -> None:
    case = bring_to(app, session, state)
    frozen_noon.move_to(MONDAY + 11 * DAY - timedelta(minutes=1))
    assert go_round(session) == 0
    frozen_noon.move_to(MONDAY + 11 * DAY)

    assert go_round(session) == 1

    (event,) = clock_events(session, case)
    assert event.kind is EventKind.REMINDED
    assert (event.is_public, case.status) == (False, state)
    assert event.facts == {"level": state.value, "until": "2026-12-14"}
    assert letters_of(session, event) == {("line_citizen", CITIZEN, WINDOWS[state])}
    assert bells(session, case) & {("officer", WINDOWS[state])} == set()
    message = session.scalars(select(OutboxMessage).where(OutboxMessage.event_id == event.id)).one()
    assert message.facts["due_text"] == "14 ธ.ค. 2569"


def test_who_has_to_answer_reads_the_question_again(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = reminded(app, session, frozen_noon, S.AWAITING_CITIZEN)

    (event,) = clock_events(session, case)
    message = session.scalars(select(OutboxMessage).where(OutboxMessage.event_id == event.id)).one()
    assert message.facts["reason"] == "หลุมอยู่หน้าบ้านเลขที่เท่าไร"


@both
def test_the_whole_day_named_is_the_citizens_and_then_it_ends(
    app: Flask, session: Session, frozen_noon: FrozenClock, state: ComplaintStatus
) -> None:
    case = reminded(app, session, frozen_noon, state)
    for moment in (MONDAY + 14 * DAY, bangkok(2026, 12, 14, 16)):
        frozen_noon.move_to(moment)
        assert go_round(session) == 0
    frozen_noon.move_to(bangkok(2026, 12, 15, 8, 30))

    assert go_round(session) == 1
    assert go_round(session) == 0

    assert (case.status, case.closed_at) == (S.CLOSED, now())
    last = case.events[-1]
    assert (last.actor_kind, last.kind) == ("system", ENDS[state])
    is_lapsed = state is S.AWAITING_CITIZEN
    assert case.outcome is (Outcome.NO_ANSWER if is_lapsed else Outcome.FIXED)
    heard = {("line_citizen", CITIZEN, "citizen_lapsed")} if is_lapsed else set()
    assert letters_of(session, last) == heard
    assert case.wake_at is None


ENDS = {S.AWAITING_CITIZEN: EventKind.LAPSE, S.RESOLVED: EventKind.CLOSE}


@pytest.mark.parametrize(
    ("state", "who", "act"), [(S.AWAITING_CITIZEN, "clerk", "answer"), (S.RESOLVED, "head", "reopen")]
)
def test_who_speaks_in_time_is_not_closed(
    app: Flask, session: Session, frozen_noon: FrozenClock, state: ComplaintStatus, who: str, act: str
) -> None:
    case = reminded(app, session, frozen_noon, state)
    press(session, who, case, act)
    frozen_noon.advance(timedelta(days=30))

    go_round(session)

    assert case.status.kind.value == "open"


def test_a_second_window_has_its_own_reminder_and_days(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = reminded(app, session, frozen_noon, S.RESOLVED)
    press(session, "head", case, "reopen")
    press(session, "officer", case, "record_result")
    frozen_noon.advance(11 * DAY)
    go_round(session)

    until = [event.facts["until"] for event in clock_events(session, case) if "until" in event.facts]
    assert len(until) == 2
    assert date.fromisoformat(until[1]) == bangkok_date(now() + 3 * DAY)


@pytest.mark.parametrize("how", ["no LINE", "blocked", "shared", "switched off"])
@both
def test_who_cannot_be_told_gets_no_reminder_yet_the_case_is_closed_in_its_time(
    app: Flask, session: Session, frozen_noon: FrozenClock, state: ComplaintStatus, how: str
) -> None:
    member = shared_member(session) if how == "shared" else member_of(session, line=how != "no LINE")
    if how == "blocked":
        account = select(LineAccount).where(LineAccount.member_id == member.id)
        session.scalars(account).one().state = LineState.BLOCKED
    if how == "switched off":
        write_setting(session, "telling_ways", {WINDOWS[state]: []})
    case = register_case(app, session, member_id=member.id, callback_phone="0812223333")
    press(session, "officer", case, "ask_citizen" if state is S.AWAITING_CITIZEN else "record_result")
    frozen_noon.move_to(MONDAY + 11 * DAY)
    go_round(session)
    assert clock_events(session, case) == []
    assert not set(WINDOWS.values()) & {key for _name, key in told(session, case)}
    frozen_noon.move_to(MONDAY + 14 * DAY)

    assert go_round(session) == 1

    assert case.status is S.CLOSED


@both
def test_a_town_that_sets_no_days_closes_nothing_by_itself(
    app: Flask, session: Session, frozen_noon: FrozenClock, state: ComplaintStatus
) -> None:
    write_setting(session, "close_days", 0)
    write_setting(session, "answer_days", 0)
    case = bring_to(app, session, state)
    frozen_noon.move_to(MONDAY + timedelta(days=420))

    assert go_round(session) == 0

    assert (case.status, case.wake_at) == (state, None)


@both
def test_days_taken_away_after_the_reminder_do_not_bring_the_end_forward(
    app: Flask, session: Session, frozen_noon: FrozenClock, state: ComplaintStatus
) -> None:
    case = reminded(app, session, frozen_noon, state)
    write_setting(session, "close_days", 5)
    write_setting(session, "answer_days", 5)
    frozen_noon.move_to(bangkok(2026, 12, 14, 16))
    assert go_round(session) == 0
    frozen_noon.move_to(bangkok(2026, 12, 15, 9))

    assert go_round(session) == 1

    assert case.status is S.CLOSED


@both
def test_days_given_after_the_reminder_count_as_well(
    app: Flask, session: Session, frozen_noon: FrozenClock, state: ComplaintStatus
) -> None:
    case = reminded(app, session, frozen_noon, state)
    write_setting(session, "close_days", 28)
    write_setting(session, "answer_days", 28)
    frozen_noon.move_to(MONDAY + 20 * DAY + DAY)
    assert go_round(session) == 0
    assert case.status is state
    frozen_noon.move_to(MONDAY + 28 * DAY)

    assert go_round(session) == 1


@both
def test_days_given_before_the_reminder_move_it(
    app: Flask, session: Session, frozen_noon: FrozenClock, state: ComplaintStatus
) -> None:
    case = bring_to(app, session, state)
    write_setting(session, "close_days", 28)
    write_setting(session, "answer_days", 28)
    frozen_noon.move_to(MONDAY + 11 * DAY)
    assert go_round(session) == 0

    assert case.wake_at == MONDAY + 25 * DAY


@both
def test_a_closing_switched_off_after_the_reminder_does_not_happen(
    app: Flask, session: Session, frozen_noon: FrozenClock, state: ComplaintStatus
) -> None:
    case = reminded(app, session, frozen_noon, state)
    write_setting(session, "close_days", 0)
    write_setting(session, "answer_days", 0)
    frozen_noon.move_to(MONDAY + 60 * DAY)

    assert go_round(session) == 0

    assert (case.status, case.wake_at) == (state, None)


@both
def test_a_reminder_a_worker_was_late_with_still_leaves_the_days_it_names(
    app: Flask, session: Session, frozen_noon: FrozenClock, state: ComplaintStatus
) -> None:
    case = bring_to(app, session, state)
    frozen_noon.move_to(MONDAY + 28 * DAY)
    assert go_round(session) == 1

    (event,) = clock_events(session, case)
    assert date.fromisoformat(event.facts["until"]) == bangkok_date(MONDAY + 31 * DAY)
    assert case.status is state


def test_the_reminder_asks_for_a_rating_only_where_there_is_none(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    plain = bring_to(app, session, S.RESOLVED)
    rated = bring_to(app, session, S.RESOLVED)
    member = member_of(session)
    rate(session, Actor.member(member.id, member.full_name), rated.id, stars=5)
    frozen_noon.move_to(MONDAY + 11 * DAY)
    go_round(session)

    sent = {
        message.complaint_id: message.facts.get("is_rated", False)
        for message in session.scalars(
            select(OutboxMessage).where(OutboxMessage.template_key == "citizen_closing_soon")
        )
    }
    assert sent == {plain.id: False, rated.id: True}


# The town changes its mind ----------------------------------------------------------------------------------


def change_days(session: Session, days: int) -> bool:
    write_setting(session, "close_days", days)
    write_setting(session, "answer_days", days)
    session.flush()
    done = follow_settings(session)
    session.flush()
    session.expire_all()
    return done


@pytest.fixture
def off(session: Session) -> None:
    """A town that closes nothing by itself, and has known so for a while."""
    change_days(session, 0)


@both
def test_a_closing_switched_on_later_finds_the_cases_that_wait_for_it(
    app: Flask, session: Session, off: None, frozen_noon: FrozenClock, state: ComplaintStatus
) -> None:
    case = bring_to(app, session, state)
    assert case.wake_at is None

    assert change_days(session, 14)

    assert (case.wake_at, case.wake_step) == (MONDAY + 11 * DAY, 0)
    assert not follow_settings(session), "once is enough"


def test_a_result_nobody_disputed_for_longer_than_that_is_closed_without_a_word(
    app: Flask, session: Session, off: None, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.RESOLVED)
    frozen_noon.move_to(MONDAY + 28 * DAY)
    change_days(session, 14)

    assert go_round(session) == 1

    assert case.status is S.CLOSED
    assert clock_events(session, case) == []


def test_a_question_nobody_answered_for_longer_than_that_is_asked_once_more_first(
    app: Flask, session: Session, off: None, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.AWAITING_CITIZEN)
    frozen_noon.move_to(MONDAY + 28 * DAY)
    change_days(session, 14)

    assert go_round(session) == 1

    assert case.status is S.AWAITING_CITIZEN
    assert len(clock_events(session, case)) == 1


def test_shorter_days_move_the_reminder_that_was_not_given_yet(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    follow_settings(session)
    case = bring_to(app, session, S.RESOLVED)

    assert change_days(session, 7)

    assert case.wake_at == MONDAY + 4 * DAY


def test_the_first_round_of_all_plans_nothing_anew(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.RESOLVED)
    session.flush()
    version = case.version

    assert not follow_settings(session)

    assert case.version == version
