"""The verbs, row by row of the table: the right person, the wrong one, the wrong state, the second press."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from helpers.casework import (
    bring_to,
    category,
    hold,
    plain_subtype,
    press,
    register_case,
    result_facts,
    submitted_case,
    subtype,
    token,
)
from helpers.people import actor_named, officer_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import FrozenClock, bangkok, bangkok_date, frozen, now, today
from domain.complaints import acknowledge, close, direct, rate, record_result, reject, start
from domain.errors import (
    AlreadyDone,
    FieldErrors,
    IllegalTransition,
    NotFound,
    NotPermitted,
    StaleRow,
)
from domain.workflow import TRANSITIONS, Action, transition_for
from models import (
    AttachmentStage,
    Complaint,
    ComplaintStatus,
    Figure,
    Job,
    OutboxChannel,
    OutboxMessage,
    Outcome,
)

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
S = ComplaintStatus
BUTTONS = [row for row in TRANSITIONS if row.button]
ROWS = [(row.action, source) for row in BUTTONS for source in sorted(row.sources)]
WRONG_ROWS = [(row.action, state) for row in BUTTONS for state in sorted(set(S) - row.sources)]

# Who of the demo town may press, and who sees the case but may not.
RIGHT = {
    Action.ACCEPT: "clerk",
    Action.DIRECT: "clerk",
    Action.ACKNOWLEDGE: "officer",
    Action.START: "officer",
    Action.RECORD_RESULT: "officer",
    Action.CLOSE: "clerk",
    Action.REJECT: "clerk",
}
WRONG = {
    Action.ACCEPT: "head",
    Action.DIRECT: "executive",
    Action.ACKNOWLEDGE: "clerk",
    Action.START: "head",
    Action.RECORD_RESULT: "head",
    Action.CLOSE: "head",
    Action.REJECT: "executive",
}


def field_codes(error: FieldErrors) -> dict[str | None, str]:
    return {each.field: each.code for each in error.errors}


def another_officer(session: Session) -> dict[str, Any]:
    """An order to the same officer is a second press; to another it is a new order."""
    return {"assignee_id": officer_named(session, "nirut.b").id}


def told(session: Session, case: Complaint) -> set[tuple[str, str]]:
    """Return who was told by the last event, with which template."""
    rows = session.scalars(select(OutboxMessage).where(OutboxMessage.event_id == case.events[-1].id))
    return {(row.channel.value, row.template_key) for row in rows}


@pytest.mark.parametrize(("action", "source"), ROWS, ids=lambda value: value.value)
def test_the_right_person_carries_it_out(
    app: Flask, session: Session, action: Action, source: ComplaintStatus
) -> None:
    case = bring_to(app, session, source)
    seq = case.state_seq
    changes = another_officer(session) if action is Action.DIRECT else {}

    press(session, RIGHT[action], case, action.value, expected_seq=seq, **changes)

    assert case.status is (transition_for(action).target or source)
    assert case.figure is case.status.figure
    assert case.state_seq == seq + 1
    event = case.events[-1]
    assert (event.kind, event.from_status, event.to_status) == (action, source, case.status)
    assert event.actor_name == officer_named(session, RIGHT[action]).full_name
    assert event.is_public is transition_for(action).is_public


@pytest.mark.parametrize(("action", "source"), ROWS, ids=lambda value: value.value)
def test_somebody_who_only_sees_the_case_may_not(
    app: Flask, session: Session, action: Action, source: ComplaintStatus
) -> None:
    case = bring_to(app, session, source)
    events = len(case.events)

    with pytest.raises(NotPermitted):
        press(session, WRONG[action], case, action.value)

    assert case.status is source
    assert len(case.events) == events


@pytest.mark.parametrize("row", BUTTONS, ids=lambda row: row.action.value)
def test_for_an_officer_of_another_department_the_case_is_not_there(
    app: Flask, session: Session, row: Any
) -> None:
    case = bring_to(app, session, sorted(row.sources)[0])

    with pytest.raises(NotFound):
        press(session, "health", case, row.action.value)


@pytest.mark.parametrize(("action", "state"), WRONG_ROWS, ids=lambda value: value.value)
def test_from_any_other_state_it_is_refused_and_changes_nothing(
    app: Flask, session: Session, action: Action, state: ComplaintStatus
) -> None:
    case = bring_to(app, session, state)
    case.assignee = officer_named(session, "officer")
    session.flush()
    before = (case.status, case.state_seq, len(case.events))

    with pytest.raises((IllegalTransition, AlreadyDone)):
        press(session, RIGHT[action], case, action.value)

    assert (case.status, case.state_seq, len(case.events)) == before


@pytest.mark.parametrize("row", BUTTONS, ids=lambda row: row.action.value)
def test_a_second_press_names_who_did_it_and_tells_nobody_again(
    app: Flask, session: Session, row: Any
) -> None:
    case = bring_to(app, session, sorted(row.sources)[0])
    seq = case.state_seq
    press(session, RIGHT[row.action], case, row.action.value, expected_seq=seq)
    messages = session.scalars(select(OutboxMessage.id)).all()

    with pytest.raises(AlreadyDone) as caught:
        press(session, RIGHT[row.action], case, row.action.value, expected_seq=seq)

    assert officer_named(session, RIGHT[row.action]).full_name in caught.value.message
    assert session.scalars(select(OutboxMessage.id)).all() == messages


@pytest.mark.parametrize("row", BUTTONS, ids=lambda row: row.action.value)
def test_a_button_made_before_the_case_moved_is_stale(app: Flask, session: Session, row: Any) -> None:
    case = bring_to(app, session, sorted(row.sources)[0])
    changes = another_officer(session) if row.action is Action.DIRECT else {}

    with pytest.raises(StaleRow):
        press(session, RIGHT[row.action], case, row.action.value, expected_seq=case.state_seq - 1, **changes)


def test_who_may_not_learns_that_before_he_learns_the_state(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.RESOLVED)

    with pytest.raises(NotPermitted):
        press(session, "executive", case, "reject")


# accept -----------------------------------------------------------------------------------------------------


def test_accepting_issues_the_number_and_tells_the_citizen(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.SUBMITTED)

    press(session, "clerk", case, "accept")

    assert case.number == f"ฟ. 1/{today().year + 543}"
    assert case.accepted_at is not None
    assert told(session, case) == {("line_citizen", "citizen_accepted")}
    assert session.scalars(select(Job.complaint_id)).all() == [case.id]


def test_accepting_with_a_subtype_promises_a_day(app: Flask, session: Session) -> None:
    with frozen(bangkok(2026, 11, 20, 12)):
        case = bring_to(app, session, S.SUBMITTED)
        kind = subtype(session, "ช.(1)")
        press(session, "clerk", case, "accept", category_id=kind.category_id, subcategory_id=kind.id)

    assert case.promised_text == "3–7 วันทำการ"
    assert case.due_at == bangkok(2026, 12, 1, 16, 30)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"category_id": None}, {"category_id": "category_required"}),
        ({"category_id": 999_999}, {"category_id": "choice_unknown"}),
        ({"subcategory_id": 999_999}, {"subcategory_id": "choice_unknown"}),
    ],
    ids=["no type", "a type that is gone", "a subtype that is gone"],
)
def test_accepting_needs_a_main_type_that_is_there(
    app: Flask, session: Session, changes: dict[str, Any], expected: dict[str, str]
) -> None:
    case = bring_to(app, session, S.SUBMITTED)

    with pytest.raises(FieldErrors) as caught:
        press(session, "clerk", case, "accept", **changes)

    assert field_codes(caught.value).items() >= expected.items()
    assert case.number is None


def test_a_department_accepts_into_its_own_series_only(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.SUBMITTED)
    foreign = category(session, "อส.")

    with pytest.raises(FieldErrors) as caught:
        press(session, "clerk", case, "accept", category_id=foreign.id)

    assert field_codes(caught.value) == {"category_id": "category_of_other_department"}


# direct -----------------------------------------------------------------------------------------------------


def test_directing_tells_the_officer_and_the_citizen_the_day(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.ACCEPTED)

    press(session, "head", case, "direct", note="ดูหน้างานก่อน")

    assert told(session, case) == {
        ("line_staff", "staff_directed"),
        ("line_citizen", "citizen_directed"),
    }
    assert case.events[-1].note == "ดูหน้างานก่อน"
    assert [row.assignee.username for row in case.assignments] == ["officer"]


def test_a_promise_once_told_is_not_told_again(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.DIRECTED)
    promised = (case.due_at, case.promised_text)

    press(session, "clerk", case, "direct", assignee_id=officer_named(session, "nirut.b").id)

    assert told(session, case) == {("line_staff", "staff_directed")}
    assert (case.due_at, case.promised_text) == promised


def test_another_officer_starts_again_without_acknowledgement(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)

    press(session, "clerk", case, "direct", assignee_id=officer_named(session, "nirut.b").id)

    assert case.status is S.DIRECTED
    assert case.acknowledged_at is None


def test_an_order_to_another_officer_voids_the_buttons_of_the_first(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.DIRECTED)
    seq = case.state_seq

    press(session, "clerk", case, "direct", assignee_id=officer_named(session, "nirut.b").id)

    assert case.state_seq == seq + 1


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"subcategory_id": None, "assignee_id": None},
            {"subcategory_id": "subcategory_required", "assignee_id": "officer_required"},
        ),
        ({"assignee_id": 999_999}, {"assignee_id": "choice_unknown"}),
        ({"note": "ก" * 2_001}, {"note": "text_too_long"}),
    ],
    ids=["nothing chosen", "an officer who is gone", "a note too long"],
)
def test_directing_needs_subtype_and_officer(
    app: Flask, session: Session, changes: dict[str, Any], expected: dict[str, str]
) -> None:
    case = bring_to(app, session, S.ACCEPTED)

    with pytest.raises(FieldErrors) as caught:
        press(session, "clerk", case, "direct", **changes)

    assert field_codes(caught.value) == expected


def test_an_order_stays_within_the_department_of_the_type(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.ACCEPTED)

    with pytest.raises(FieldErrors) as caught:
        press(session, "central", case, "direct", assignee_id=officer_named(session, "wilaiwan.h").id)

    assert field_codes(caught.value) == {"assignee_id": "officer_of_other_department"}


# acknowledge, start -----------------------------------------------------------------------------------------


def test_a_colleague_with_the_same_role_cannot_acknowledge(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.DIRECTED)
    # He would not even see it; with a wider reach he still may not.
    colleague = actor_named(session, "central")

    with pytest.raises(NotPermitted):
        acknowledge(session, colleague, case.id)


def test_the_citizen_hears_of_the_start_only_if_nobody_acknowledged(app: Flask, session: Session) -> None:
    at_once = bring_to(app, session, S.DIRECTED)
    start(session, actor_named(session, "officer"), at_once.id)
    after = bring_to(app, session, S.ACKNOWLEDGED)
    start(session, actor_named(session, "officer"), after.id)

    assert told(session, at_once) == {("line_citizen", "citizen_started")}
    assert told(session, after) == set()


# record_result ----------------------------------------------------------------------------------------------


def test_a_result_reaches_the_citizen_and_the_head_at_once(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)
    form, officer = token(), actor_named(session, "officer")
    hold(session, officer, form, AttachmentStage.AFTER)

    record_result(session, officer, case.id, **result_facts(photo_token=form))

    assert told(session, case) == {("line_citizen", "citizen_result"), ("line_staff", "staff_result")}
    assert (case.outcome, case.figure) == (Outcome.FIXED, Figure.FINISHED)
    assert case.finished_at is not None
    photo = case.attachments[0]
    assert (photo.stage, photo.result_id) == (AttachmentStage.AFTER, case.results[0].id)
    assert len(session.scalars(select(Job).where(Job.complaint_id == case.id)).all()) == 2


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"done_date": None, "result_text": " ", "outcome": None},
            {"done_date": "field_required", "result_text": "result_required", "outcome": "outcome_required"},
        ),
        ({"done_date": bangkok_date(now()) + timedelta(days=1)}, {"done_date": "date_in_future"}),
        ({"done_date": bangkok_date(now()) - timedelta(days=1)}, {"done_date": "done_before_received"}),
        ({"result_text": "ก" * 10_001}, {"result_text": "text_too_long"}),
    ],
    ids=["nothing", "tomorrow", "before receipt", "too long"],
)
def test_a_result_must_be_whole_and_in_time(
    app: Flask, session: Session, changes: dict[str, Any], expected: dict[str, str]
) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)

    with pytest.raises(FieldErrors) as caught:
        press(session, "officer", case, "record_result", **changes)

    assert field_codes(caught.value) == expected
    assert not case.results


def test_where_the_subtype_asks_for_a_photo_a_result_without_one_is_refused(
    app: Flask, session: Session
) -> None:
    kind = subtype(session, "ช.(1)")
    case = register_case(app, session, category_id=kind.category_id, subcategory_id=kind.id)
    form, officer = token(), actor_named(session, "officer")

    with pytest.raises(FieldErrors) as caught:
        record_result(session, officer, case.id, **result_facts(photo_token=form))
    hold(session, officer, form, AttachmentStage.AFTER)
    record_result(session, officer, case.id, **result_facts(photo_token=form))

    assert field_codes(caught.value) == {"photos": "photo_required"}
    assert case.status is S.RESOLVED


# reject, rate -----------------------------------------------------------------------------------------------


def test_declining_needs_a_reason_the_citizen_reads(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.SUBMITTED)

    with pytest.raises(FieldErrors) as caught:
        reject(session, actor_named(session, "clerk"), case.id, reason=" \n ")
    reject(session, actor_named(session, "clerk"), case.id, reason="เป็นของแขวงทางหลวง โทร 1586")

    assert field_codes(caught.value) == {"reason": "reason_required"}
    assert case.reject_reason == "เป็นของแขวงทางหลวง โทร 1586"
    assert told(session, case) == {("line_citizen", "citizen_rejected")}
    assert (case.figure, case.number) == (Figure.REJECTED, None)


def test_rating_moves_no_button_and_may_be_changed_for_seven_days(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.RESOLVED)
    citizen, seq = Actor.member(case.member_id or 0, "ผู้ร้อง"), case.state_seq

    rate(session, citizen, case.id, stars=3)
    with pytest.raises(AlreadyDone):
        rate(session, citizen, case.id, stars=3)
    rate(session, citizen, case.id, stars=5, comment="เร็วมาก")
    frozen_noon.advance(timedelta(days=8))
    with pytest.raises(FieldErrors if False else Exception) as caught:
        rate(session, citizen, case.id, stars=1)

    assert caught.value.code == "window_passed"  # type: ignore[attr-defined]
    assert [rating.stars for rating in case.ratings] == [5]
    assert case.state_seq == seq


def test_another_citizen_does_not_find_the_case(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.RESOLVED)

    with pytest.raises(NotFound):
        rate(session, Actor.member(999_999, "คนอื่น"), case.id, stars=1)


def test_a_citizen_cannot_do_what_officers_do(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.RESOLVED)

    with pytest.raises(NotPermitted):
        close(session, Actor.member(case.member_id or 0, "ผู้ร้อง"), case.id)


def test_messages_of_staff_wait_so_that_they_can_be_taken_back(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.SUBMITTED)

    press(session, "clerk", case, "accept")

    row = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.channel == OutboxChannel.LINE_CITIZEN)
        .order_by(OutboxMessage.id)
    ).all()[-1]
    assert row.not_before == now() + timedelta(seconds=30)


def test_an_imported_case_without_a_type_takes_the_subtypes(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.ACCEPTED)
    case.category = None
    session.flush()
    kind = plain_subtype(session)

    direct(
        session,
        actor_named(session, "clerk"),
        case.id,
        subcategory_id=kind.id,
        assignee_id=officer_named(session, "officer").id,
    )

    assert case.category_id == kind.category_id


def test_a_submitted_case_stays_submitted_while_it_is_only_looked_at(app: Flask, session: Session) -> None:
    case = submitted_case(app, session)

    assert (case.status, case.state_seq) == (S.SUBMITTED, 1)
