"""Taking back one's own last act: everything is as before, nobody was told, and only while that is true."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from helpers.casework import (
    any_photo,
    bring_to,
    category,
    hold,
    make_ready,
    press,
    register_case,
    result_facts,
    submitted_case,
    token,
    who_may,
)
from helpers.people import actor_named, officer_named
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.attachments import held_photos
from domain.clock import FrozenClock
from domain.complaints import correct_result, rate, record_result, undo
from domain.errors import AlreadyDone, DomainError, IllegalTransition, NotFound, NotPermitted
from domain.notifications import held_until
from domain.settings import write_setting
from domain.snapshots import NEVER_RESTORED, NUMBER_COLUMNS
from domain.undoing import UndoRefused, undoable_event, undone_token
from domain.workflow import TRANSITIONS, Action
from extensions import db, write_transaction
from models import (
    Assignment,
    AttachmentStage,
    AuditEntry,
    Complaint,
    ComplaintStatus,
    DeliveryState,
    Job,
    Notification,
    NumberSeries,
    OutboxMessage,
)
from worker.leases import claim

S = ComplaintStatus
sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
ROWS = [(row.action, source) for row in TRANSITIONS if row.undoable for source in sorted(row.sources)]


def columns(case: Complaint) -> dict[str, Any]:
    """Return what a case holds, without what never goes back."""
    keys = {attribute.key for attribute in inspect(Complaint).column_attrs}
    return {key: getattr(case, key) for key in keys - NEVER_RESTORED - NUMBER_COLUMNS}


def outbox_of(session: Session, event_id: int) -> list[OutboxMessage]:
    session.flush()
    return list(session.scalars(select(OutboxMessage).where(OutboxMessage.event_id == event_id)))


def bells_of(session: Session, case: Complaint) -> list[int]:
    session.flush()
    return list(session.scalars(select(Notification.id).where(Notification.complaint_id == case.id)))


def take_back(session: Session, who: str, case: Complaint) -> Complaint:
    session.flush()
    return undo(session, actor_named(session, who), case.id, event_id=case.events[-1].id)


@sqlite
@pytest.mark.parametrize(("action", "source"), ROWS, ids=lambda value: value.value)
def test_every_act_can_be_taken_back_from_every_state(
    app: Flask, session: Session, action: Action, source: ComplaintStatus
) -> None:
    case = bring_to(app, session, source)
    make_ready(session, case, action)
    session.flush()
    session.refresh(case)
    before, searched, bells = columns(case), case.search_text, bells_of(session, case)
    changes = {"assignee_id": officer_named(session, "nirut.b").id} if action is Action.DIRECT else {}
    press(session, who_may(action), case, action, **changes)
    acted = case.events[-1]

    take_back(session, who_may(action), case)
    if action is Action.REFER_OUT and source is S.SUBMITTED:  # Its acceptance is an act of its own.
        undo(session, actor_named(session, who_may(action)), case.id, event_id=case.events[-3].id)
    session.flush()
    session.refresh(case)

    assert columns(case) == before
    assert searched in case.search_text
    assert {row.state for row in outbox_of(session, acted.id)} <= {DeliveryState.CANCELLED}
    assert bells_of(session, case) == bells
    assert acted.undone_at is not None
    assert case.events[-1].kind is Action.UNDO


# What comes back besides the columns ------------------------------------------------------------------------


def test_an_issued_number_stays_and_a_second_acceptance_uses_it(app: Flask, session: Session) -> None:
    case, other = submitted_case(app, session), submitted_case(app, session)
    press(session, "clerk", case, "accept")
    number = case.number

    take_back(session, "clerk", case)
    undone = (case.status, case.number, case.category, case.due_at)
    press(session, "clerk", other, "accept")
    press(session, "clerk", case, "accept")

    assert undone == (S.SUBMITTED, number, None, None)
    assert case.number == number
    assert other.number != number
    last = select(NumberSeries.last_number).where(NumberSeries.code == category(session, "ฟ.").code)
    assert session.scalars(last).one() == 2


@sqlite
def test_the_photos_of_a_result_wait_for_the_next_try(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)
    officer, form = actor_named(session, "officer"), token()
    hold(session, officer, form, AttachmentStage.AFTER)
    record_result(session, officer, case.id, **result_facts(photo_token=form))
    acted = case.events[-1]

    take_back(session, "officer", case)
    waiting = held_photos(session, officer, undone_token(acted))
    gone = (list(case.results), list(case.attachments))
    record_result(session, officer, case.id, **result_facts(photo_token=undone_token(acted)))

    assert gone == ([], [])
    assert len(waiting) == 1
    assert [photo.result_id for photo in case.attachments] == [case.results[0].id]


@sqlite
def test_a_correction_taken_back_leaves_the_first_words(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.RESOLVED)
    result = case.results[0]
    was = (result.result_text, result.done_date, result.outcome)
    clerk, form = actor_named(session, "clerk"), token()
    hold(session, clerk, form, AttachmentStage.AFTER)
    correct_result(session, clerk, case.id, result_text="อื่น", reason="ผิด", photo_token=form)

    take_back(session, "clerk", case)

    assert (result.result_text, result.done_date, result.outcome) == was
    assert (result.corrected_at, case.attachments) == (None, [])


@sqlite
def test_an_order_taken_back_leaves_no_trace_among_the_assignments(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.ACCEPTED)
    press(session, "clerk", case, "direct")

    take_back(session, "clerk", case)

    assert session.scalars(select(Assignment).where(Assignment.complaint_id == case.id)).all() == []
    assert (case.assignee, case.assignments, case.due_at) == (None, [], None)


@sqlite
def test_a_removed_photo_is_there_again(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    photo_id = any_photo(session, case)
    press(session, "clerk", case, "remove_attachment")

    take_back(session, "clerk", case)

    assert [photo.id for photo in case.attachments] == [photo_id]
    assert case.attachments[0].remove_reason is None


@sqlite
def test_a_copy_not_begun_is_cancelled_and_one_that_was_made_is_made_anew(
    app: Flask, session: Session
) -> None:
    waiting, made = bring_to(app, session, S.IN_PROGRESS), bring_to(app, session, S.IN_PROGRESS)
    for case in (waiting, made):
        press(session, "officer", case, "record_result")
    jobs = select(Job).where(Job.complaint_id == made.id).order_by(Job.id)
    session.scalars(jobs).all()[-1].state = DeliveryState.SENT

    for case in (waiting, made):
        take_back(session, "officer", case)

    newest = {
        case.id: session.scalars(select(Job).where(Job.complaint_id == case.id).order_by(Job.id)).all()[-1]
        for case in (waiting, made)
    }
    assert newest[waiting.id].state is DeliveryState.CANCELLED
    assert newest[made.id].state is DeliveryState.READY
    assert newest[made.id].arguments["event_id"] == made.events[-1].id


@sqlite
def test_taking_back_a_note_makes_no_button_stale(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.DIRECTED)
    press(session, "clerk", case, "note")
    seq = case.state_seq

    take_back(session, "clerk", case)
    press(session, "clerk", case, "start")
    moved = case.state_seq
    take_back(session, "clerk", case)

    assert moved == seq + 1
    assert case.state_seq == moved + 1


@sqlite
def test_the_audit_says_what_went_back(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.SUBMITTED)
    press(session, "clerk", case, "reject")

    take_back(session, "clerk", case)

    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert entry.changes["status"] == ["rejected", "submitted"]


# When it is refused -----------------------------------------------------------------------------------------


@sqlite
def test_after_its_seconds_an_act_stands(app: Flask, session: Session, frozen_noon: FrozenClock) -> None:
    write_setting(session, "undo_hold_seconds", 20)
    case = bring_to(app, session, S.SUBMITTED)
    press(session, "clerk", case, "reject")
    clerk, event = actor_named(session, "clerk"), case.events[-1]
    frozen_noon.advance(timedelta(seconds=20))
    in_time = undoable_event(session, clerk, case)
    frozen_noon.advance(timedelta(microseconds=1))

    with pytest.raises(UndoRefused) as caught:
        undo(session, clerk, case.id, event_id=event.id)

    assert in_time is event
    assert "20" in caught.value.message
    assert undoable_event(session, clerk, case) is None
    assert case.status is S.REJECTED


@sqlite
def test_a_message_on_its_way_cannot_be_called_back(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.SUBMITTED)
    press(session, "clerk", case, "reject")
    outbox_of(session, case.events[-1].id)[0].state = DeliveryState.LEASED

    with pytest.raises(UndoRefused) as caught:
        take_back(session, "clerk", case)

    assert (caught.value.code, case.status) == ("undo_sent", S.REJECTED)


@sqlite
@pytest.mark.parametrize("since", ["a colleague's note", "the citizen's rating"])
def test_nothing_is_taken_back_from_under_a_later_act(app: Flask, session: Session, since: str) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)
    press(session, "officer", case, "record_result")
    event = case.events[-1]
    if since == "a colleague's note":
        press(session, "clerk", case, "note")
    else:
        rate(session, Actor.member(case.member_id or 0, "ผู้ร้อง"), case.id, stars=5)

    with pytest.raises(UndoRefused) as caught:
        undo(session, actor_named(session, "officer"), case.id, event_id=event.id)

    assert caught.value.code == "undo_not_last"


def test_only_its_author_takes_an_act_back_whatever_he_sees_now(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.ACCEPTED)
    press(session, "clerk", case, "forward")
    event = case.events[-1]

    with pytest.raises(NotPermitted) as caught:
        undo(session, actor_named(session, "central"), case.id, event_id=event.id)
    with pytest.raises(NotFound):
        undo(session, actor_named(session, "officer"), case.id, event_id=event.id)
    undo(session, actor_named(session, "clerk"), case.id, event_id=event.id)

    assert caught.value.code == "undo_not_author"
    assert case.department_id == category(session, "ฟ.").department_id


@sqlite
def test_a_registration_is_not_undone(app: Flask, session: Session) -> None:
    with pytest.raises(IllegalTransition) as caught:
        take_back(session, "clerk", register_case(app, session))

    assert caught.value.code == "undo_impossible"


@sqlite
def test_an_act_is_taken_back_once(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.SUBMITTED)
    press(session, "clerk", case, "reject")
    event, clerk = case.events[-1], actor_named(session, "clerk")
    undo(session, clerk, case.id, event_id=event.id)

    with pytest.raises(AlreadyDone):
        undo(session, clerk, case.id, event_id=event.id)

    assert case.status is S.SUBMITTED


@sqlite
def test_an_act_of_another_case_or_of_none_is_not_there(app: Flask, session: Session) -> None:
    case, other = bring_to(app, session, S.RESOLVED), bring_to(app, session, S.DIRECTED)
    press(session, "clerk", other, "note")

    for event_id in (other.events[-1].id, 999_999):
        with pytest.raises(NotFound):
            undo(session, actor_named(session, "clerk"), case.id, event_id=event_id)


@sqlite
def test_what_was_undone_is_as_if_it_had_not_been(app: Flask, session: Session) -> None:
    """A second press after an undo is a first press."""
    case = bring_to(app, session, S.IN_PROGRESS)
    press(session, "officer", case, "ask_citizen")
    take_back(session, "officer", case)
    press(session, "head", case, "put_on_plan")
    take_back(session, "head", case)

    press(session, "officer", case, "ask_citizen")
    press(session, "clerk", case, "answer")

    assert case.status is S.IN_PROGRESS


# Against the worker -----------------------------------------------------------------------------------------


def test_undo_and_a_worker_at_the_same_moment_agree(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    """Either the act stands and its messages go, or it is undone and none does."""
    clerk = actor_named(session, "clerk")
    ends = []
    for _round in range(4):
        case = submitted_case(app, session)
        press(session, "clerk", case, "reject")
        event = case.events[-1]
        assert held_until(session, clerk, event) == frozen_noon() + timedelta(seconds=30)
        case_id, event_id = case.id, event.id
        session.commit()
        frozen_noon.advance(timedelta(seconds=30))  # The last moment of undo is the first of the worker.
        ends.append(_race(app, clerk, case_id, event_id))
        session.expire_all()
        states = {row.state for row in outbox_of(session, event_id)}
        status = session.get_one(Complaint, case_id).status
        fits = {
            "done": (S.SUBMITTED, {DeliveryState.CANCELLED}),
            "undo_sent": (S.REJECTED, {DeliveryState.LEASED}),
        }
        assert (status, states) == fits[ends[-1]]
        session.commit()

    assert len(ends) == 4


def _race(app: Flask, actor: Actor, case_id: int, event_id: int) -> str:
    together, answers = threading.Barrier(2), []

    def take() -> None:
        with app.app_context():
            together.wait()
            try:
                with write_transaction() as own:
                    undo(own, actor, case_id, event_id=event_id)
                answers.append("done")
            except DomainError as error:
                answers.append(error.code)
            finally:
                db.session.remove()

    def lease() -> None:
        with app.app_context():
            together.wait()
            try:
                with write_transaction() as own:
                    claim(own, OutboxMessage, limit=100)
            finally:
                db.session.remove()

    rivals = [threading.Thread(target=take), threading.Thread(target=lease)]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join()
    [answer] = answers
    return answer
