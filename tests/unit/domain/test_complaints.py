"""Every act of the table, from every state: the right one, the wrong one, a second press, an old page."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from helpers.casework import bring_to, make_ready, needs_of, press, submitted_case, who_may, who_may_not
from helpers.people import actor_named, officer_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import complaints as verbs
from domain.actor import Actor
from domain.clock import FrozenClock
from domain.complaints import close, rate
from domain.errors import AlreadyDone, IllegalTransition, NotFound, NotPermitted, StaleRow
from domain.workflow import ANYWHERE, TRANSITIONS, Action, transition_for
from models import Complaint, ComplaintStatus, OutboxMessage

# The mass of it runs on one database; that every act can be done, and who may not, on both.
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
S = ComplaintStatus
ACTS = [row for row in TRANSITIONS if row.undoable]
ROWS = [(row.action, source) for row in ACTS for source in sorted(row.sources)]
WRONG_ROWS = [(row.action, state) for row in ACTS for state in sorted(ANYWHERE - row.sources)]
each_row = pytest.mark.parametrize(("action", "source"), ROWS, ids=lambda value: value.value)

# Where an act leads whose row leaves that open; everything else keeps the state.
LEADS_TO: dict[tuple[Action, ComplaintStatus], ComplaintStatus] = {
    (Action.ANSWER, S.AWAITING_CITIZEN): S.IN_PROGRESS,
    (Action.FORWARD, S.DIRECTED): S.ACCEPTED,
    (Action.REOPEN, S.RESOLVED): S.IN_PROGRESS,
    (Action.REOPEN, S.CLOSED): S.IN_PROGRESS,
    (Action.REOPEN, S.REJECTED): S.SUBMITTED,
    (Action.REOPEN, S.WITHDRAWN): S.DIRECTED,
    (Action.UNMERGE, S.DUPLICATE): S.DIRECTED,
}
# They make buttons of before void though the state may stay.
REASSIGNING = {Action.DIRECT, Action.FORWARD, Action.REASSIGN}


def other_officer(session: Session, action: Action) -> dict[str, Any]:
    """An order to the same officer is a second press; to another it is a new order."""
    return {"assignee_id": officer_named(session, "nirut.b").id} if action is Action.DIRECT else {}


def ready(app: Flask, session: Session, action: Action, source: ComplaintStatus) -> Complaint:
    case = bring_to(app, session, source)
    make_ready(session, case, action)
    return case


def standing(case: Complaint) -> tuple[Any, ...]:
    return case.status, case.state_seq, case.assignee_id, case.department_id, len(case.events)


def messages(session: Session) -> list[int]:
    session.flush()
    return list(session.scalars(select(OutboxMessage.id)))


@each_row
def test_the_right_person_carries_it_out(
    app: Flask, session: Session, action: Action, source: ComplaintStatus
) -> None:
    case = ready(app, session, action, source)
    seq = case.state_seq

    press(session, who_may(action), case, action, expected_seq=seq, **other_officer(session, action))

    after = LEADS_TO.get((action, source)) or transition_for(action).target or source
    taken_first = action is Action.REFER_OUT and source is S.SUBMITTED
    event = case.events[-1]
    assert (case.status, case.figure) == (after, after.figure)
    assert case.state_seq == seq + (after is not source or action in REASSIGNING) + taken_first
    assert (event.kind, event.from_status) == (action, S.ACCEPTED if taken_first else source)
    assert (event.to_status, event.is_public) == (after, transition_for(action).is_public)
    assert event.actor_name == officer_named(session, who_may(action)).full_name
    assert event.before is not None


@each_row
def test_somebody_who_only_sees_the_case_may_not(
    app: Flask, session: Session, action: Action, source: ComplaintStatus
) -> None:
    case = ready(app, session, action, source)
    needs, before = needs_of(session, case, action), standing(case)

    with pytest.raises(NotPermitted):
        press(session, who_may_not(action), case, action, **needs)

    assert standing(case) == before


@on_sqlite
@each_row
def test_for_an_officer_of_another_department_the_case_is_not_there(
    app: Flask, session: Session, action: Action, source: ComplaintStatus
) -> None:
    case = ready(app, session, action, source)
    needs, before = needs_of(session, case, action), standing(case)

    with pytest.raises(NotFound) as caught:
        press(session, "health", case, action, **needs)

    assert caught.value.code == "complaint_not_found"
    assert standing(case) == before


@on_sqlite
@each_row
def test_a_button_made_before_the_case_moved_is_stale(
    app: Flask, session: Session, action: Action, source: ComplaintStatus
) -> None:
    case = ready(app, session, action, source)
    changes, before = other_officer(session, action), standing(case)

    with pytest.raises(StaleRow):
        press(session, who_may(action), case, action, expected_seq=case.state_seq - 1, **changes)

    assert standing(case) == before


@on_sqlite
@each_row
def test_a_second_press_names_who_did_it_and_tells_nobody_again(
    app: Flask, session: Session, frozen_noon: FrozenClock, action: Action, source: ComplaintStatus
) -> None:
    case = ready(app, session, action, source)
    needs = {**needs_of(session, case, action), **other_officer(session, action)}
    needs["version" if action is Action.EDIT else "expected_seq"] = (
        case.version if action is Action.EDIT else case.state_seq
    )
    verb, actor = getattr(verbs, action), actor_named(session, who_may(action))
    verb(session, actor, case.id, **needs)
    before, written = standing(case), messages(session)

    with pytest.raises(AlreadyDone) as caught:
        verb(session, actor, case.id, **needs)

    assert actor.name in caught.value.message
    assert (standing(case), messages(session)) == (before, written)


@on_sqlite
@pytest.mark.parametrize(("action", "state"), WRONG_ROWS, ids=lambda value: value.value)
def test_from_any_other_state_it_is_refused_and_changes_nothing(
    app: Flask, session: Session, action: Action, state: ComplaintStatus
) -> None:
    case = bring_to(app, session, state)
    case.assignee = officer_named(session, "officer")
    session.flush()
    before = standing(case)

    with pytest.raises((IllegalTransition, AlreadyDone)):
        press(session, who_may(action), case, action)

    assert standing(case) == before


@on_sqlite
def test_who_may_not_learns_that_before_he_learns_the_state(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.RESOLVED)

    with pytest.raises(NotPermitted):
        press(session, "executive", case, "reject")


@on_sqlite
@pytest.mark.parametrize("action", [row.action for row in ACTS if not row.by_member], ids=str)
def test_a_citizen_cannot_do_what_officers_do(app: Flask, session: Session, action: Action) -> None:
    case = bring_to(app, session, sorted(transition_for(action).sources)[0])
    needs = {"version": case.version} if action is Action.EDIT else {}
    citizen = Actor.member(case.member_id or 0, "ผู้ร้อง")

    with pytest.raises(NotPermitted):
        getattr(verbs, action)(session, citizen, case.id, **{**needs_of(session, case, action), **needs})


@on_sqlite
def test_another_citizen_does_not_find_the_case(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.RESOLVED)

    with pytest.raises(NotFound):
        rate(session, Actor.member(999_999, "คนอื่น"), case.id, stars=1)


@on_sqlite
def test_the_clock_closes_what_nobody_objects_to_and_rates_nothing(app: Flask, session: Session) -> None:
    case, clock = bring_to(app, session, S.RESOLVED), Actor.system("windows")

    with pytest.raises(NotPermitted):
        rate(session, clock, case.id, stars=5)
    close(session, clock, case.id)

    assert case.status is S.CLOSED


@on_sqlite
def test_a_submitted_case_stays_submitted_while_it_is_only_looked_at(app: Flask, session: Session) -> None:
    case = submitted_case(app, session)

    assert (case.status, case.state_seq) == (S.SUBMITTED, 1)
