"""How a case ends - closed, declined, withdrawn - and how it is opened again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from helpers.casework import bring_to, field_codes, hold, press, token, told
from helpers.people import actor_named, officer_named
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import FrozenClock
from domain.complaints import reject, reopen, withdraw
from domain.errors import FieldErrors
from domain.workflow import UNFINISHED
from models import AttachmentStage, Complaint, ComplaintStatus, Figure

S = ComplaintStatus
sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
WHY = "น้ำยังท่วมอยู่เหมือนเดิม"


def citizen_of(case: Complaint) -> Actor:
    return Actor.member(case.member_id or 0, "ผู้ร้อง")


# reject -----------------------------------------------------------------------------------------------------


@sqlite
def test_declining_needs_a_reason_the_citizen_reads(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.SUBMITTED)

    with pytest.raises(FieldErrors) as caught:
        reject(session, actor_named(session, "clerk"), case.id, reason=" \n ")
    reject(session, actor_named(session, "clerk"), case.id, reason="เป็นของแขวงทางหลวง โทร 1586")

    assert field_codes(caught.value) == {"reason": "reason_required"}
    assert case.reject_reason == "เป็นของแขวงทางหลวง โทร 1586"
    assert told(session, case) == {("line_citizen", "citizen_rejected")}
    assert (case.figure, case.number) == (Figure.REJECTED, None)


# withdraw ---------------------------------------------------------------------------------------------------


@sqlite
def test_a_citizen_withdraws_without_a_word_and_staff_say_how_they_heard(
    app: Flask, session: Session
) -> None:
    own, told_by_phone = bring_to(app, session, S.DIRECTED), bring_to(app, session, S.DIRECTED)
    clerk = actor_named(session, "clerk")

    withdraw(session, citizen_of(own), own.id)
    with pytest.raises(FieldErrors) as caught:
        withdraw(session, clerk, told_by_phone.id, channel_id=None, note=" ")
    press(session, "clerk", told_by_phone, "withdraw")

    assert field_codes(caught.value) == {"channel_id": "choice_required", "note": "note_required"}
    assert (own.status, own.events[-1].note) == (S.WITHDRAWN, None)
    assert told_by_phone.events[-1].facts["channel"]
    assert told(session, own) == {("line_staff", "staff_withdrawn")}


# reopen -----------------------------------------------------------------------------------------------------


def test_a_finished_case_is_opened_with_a_new_promise_and_remembers_the_old(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.CLOSED)
    was = case.due_at
    frozen_noon.advance(timedelta(days=10))

    press(session, "clerk", case, "reopen")

    assert (case.status, case.outcome, case.finished_at, case.closed_at) == (S.IN_PROGRESS, None, None, None)
    assert case.reopen_count == 1
    assert was is not None
    assert case.due_at is not None
    assert case.due_at > was
    assert case.events[-1].facts["was_due"] == was.isoformat()
    assert told(session, case) == {("line_citizen", "citizen_reopened"), ("line_staff", "staff_reopened")}


def test_without_an_active_officer_a_finished_case_is_opened_at_the_intake(
    app: Flask, session: Session
) -> None:
    case = bring_to(app, session, S.RESOLVED)
    officer_named(session, "officer").is_active = False
    session.flush()

    press(session, "clerk", case, "reopen")

    assert (case.status, case.assignee) == (S.ACCEPTED, None)


@sqlite
def test_a_declined_case_is_opened_where_it_stood(app: Flask, session: Session) -> None:
    new, taken = bring_to(app, session, S.SUBMITTED), bring_to(app, session, S.ACCEPTED)
    for case in (new, taken):
        press(session, "clerk", case, "reject")
        press(session, "clerk", case, "reopen")

    assert (new.status, taken.status) == (S.SUBMITTED, S.ACCEPTED)
    assert (new.reject_reason, new.reopen_count) == (None, 0)


@pytest.mark.parametrize("state", sorted(UNFINISHED), ids=str)
@sqlite
def test_a_withdrawn_case_is_opened_in_the_state_before(
    app: Flask, session: Session, state: ComplaintStatus
) -> None:
    case = bring_to(app, session, state)
    press(session, "clerk", case, "withdraw")

    reopen(session, citizen_of(case), case.id, reason=WHY)

    assert case.status is state


@sqlite
def test_a_citizen_opens_a_finished_case_within_the_window_only(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    early, late = bring_to(app, session, S.RESOLVED), bring_to(app, session, S.RESOLVED)
    frozen_noon.advance(timedelta(days=14))
    reopen(session, citizen_of(early), early.id, reason=WHY)
    frozen_noon.advance(timedelta(seconds=1))

    with pytest.raises(FieldErrors) as caught:
        reopen(session, citizen_of(late), late.id, reason=WHY)
    reopen(session, actor_named(session, "clerk"), late.id, reason=WHY)

    assert field_codes(caught.value) == {"reason": "window_passed"}
    assert (early.status, late.status) == (S.IN_PROGRESS, S.IN_PROGRESS)


@sqlite
def test_a_case_withdrawn_long_ago_may_be_opened_by_its_citizen(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.WITHDRAWN)
    frozen_noon.advance(timedelta(days=190))

    reopen(session, citizen_of(case), case.id, reason=WHY)

    assert case.status is S.DIRECTED


@sqlite
def test_opening_again_needs_a_reason(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.RESOLVED)

    with pytest.raises(FieldErrors) as caught:
        press(session, "clerk", case, "reopen", reason="")

    assert field_codes(caught.value) == {"reason": "reason_required"}


@sqlite
def test_a_second_result_stands_beside_the_first(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.RESOLVED)
    press(session, "clerk", case, "reopen")
    officer, form = actor_named(session, "officer"), token()
    hold(session, officer, form, AttachmentStage.AFTER)

    press(session, "officer", case, "record_result", photo_token=form)

    assert len(case.results) == 2
    assert case.attachments[-1].result_id == case.results[-1].id
