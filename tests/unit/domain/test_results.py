"""What was done: recorded with its photos, corrected with a reason, rated by the citizen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from helpers.casework import (
    bring_to,
    field_codes,
    hold,
    press,
    register_case,
    result_facts,
    subtype,
    token,
    told,
)
from helpers.people import actor_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import FrozenClock, bangkok_date, now
from domain.complaints import correct_result, rate, record_result
from domain.errors import AlreadyDone, FieldErrors, InvalidField
from models import AttachmentStage, Complaint, ComplaintStatus, Figure, Job, OutboxMessage, Outcome

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
S = ComplaintStatus


def citizen_of(case: Complaint) -> Actor:
    return Actor.member(case.member_id or 0, "ผู้ร้อง")


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


@pytest.mark.parametrize("state", [S.AWAITING_PLAN, S.REFERRED_OUT], ids=str)
def test_a_result_ends_whatever_the_case_waited_for(
    app: Flask, session: Session, state: ComplaintStatus
) -> None:
    case = bring_to(app, session, state)

    press(session, "clerk", case, "record_result", outcome=Outcome.DONE_BY_OTHERS)

    assert (case.status, case.plan_reason, case.referred_to) == (S.RESOLVED, None, None)


# correct_result ---------------------------------------------------------------------------------------------


def test_a_corrected_text_is_told_and_the_old_one_kept(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.RESOLVED)
    was = case.results[0].result_text

    press(session, "clerk", case, "correct_result", outcome=Outcome.PARTLY_FIXED)

    result = case.results[0]
    assert (result.result_text, result.outcome) == ("กลบหลุมแล้ว ยังไม่ได้เทยาง", Outcome.PARTLY_FIXED)
    assert (case.status, case.outcome, len(case.results)) == (S.RESOLVED, Outcome.PARTLY_FIXED, 1)
    assert result.corrected_at is not None
    event = case.events[-1]
    assert (event.note, event.facts["was"]["result_text"]) == ("พิมพ์ผิด", was)
    assert told(session, case) == {("line_citizen", "citizen_corrected")}
    card = session.scalars(select(OutboxMessage).where(OutboxMessage.event_id == event.id)).one()
    assert (card.facts["result_text"], card.facts["reason"]) == (result.result_text, "")


def test_only_new_words_are_told_to_the_citizen(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.CLOSED)
    clerk, form = actor_named(session, "clerk"), token()
    hold(session, clerk, form, AttachmentStage.AFTER)

    correct_result(
        session,
        clerk,
        case.id,
        result_text=case.results[0].result_text,
        reason="ลืมแนบภาพ",
        photo_token=form,
    )

    assert [photo.stage for photo in case.attachments] == [AttachmentStage.AFTER]
    assert told(session, case) == set()


def test_a_correction_that_corrects_nothing_is_refused(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.RESOLVED)

    with pytest.raises(InvalidField) as caught:
        press(session, "clerk", case, "correct_result", result_text=case.results[0].result_text)

    assert caught.value.code == "nothing_changed"


def test_a_correction_needs_words_a_reason_and_a_day_that_can_be(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.RESOLVED)
    tomorrow = bangkok_date(now()) + timedelta(days=1)

    with pytest.raises(FieldErrors) as caught:
        press(session, "clerk", case, "correct_result", result_text="", reason=" ", done_date=tomorrow)

    assert field_codes(caught.value) == {
        "result_text": "result_required",
        "reason": "reason_required",
        "done_date": "date_in_future",
    }


# rate -------------------------------------------------------------------------------------------------------


def test_rating_moves_no_button_and_may_be_changed_for_seven_days(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.RESOLVED)
    citizen, seq = citizen_of(case), case.state_seq

    rate(session, citizen, case.id, stars=3)
    with pytest.raises(AlreadyDone):
        rate(session, citizen, case.id, stars=3)
    rate(session, citizen, case.id, stars=5, comment="เร็วมาก")
    frozen_noon.advance(timedelta(days=8))
    with pytest.raises(InvalidField) as caught:
        rate(session, citizen, case.id, stars=1)

    assert caught.value.code == "window_passed"
    assert [rating.stars for rating in case.ratings] == [5]
    assert case.state_seq == seq


@pytest.mark.parametrize("stars", [0, 6, -1])
def test_a_rating_lies_between_one_and_five(app: Flask, session: Session, stars: int) -> None:
    case = bring_to(app, session, S.RESOLVED)

    with pytest.raises(FieldErrors) as caught:
        rate(session, citizen_of(case), case.id, stars=stars)

    assert field_codes(caught.value) == {"stars": "rating_out_of_range"}


def test_each_result_is_rated_by_itself(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.RESOLVED)
    rate(session, citizen_of(case), case.id, stars=2)
    press(session, "clerk", case, "reopen")
    press(session, "officer", case, "record_result")

    rate(session, citizen_of(case), case.id, stars=5)

    assert [(row.result_id, row.stars) for row in case.ratings] == [
        (case.results[0].id, 2),
        (case.results[1].id, 5),
    ]


def test_a_case_closed_without_a_result_has_nothing_to_rate(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.AWAITING_CITIZEN)
    press(session, "clerk", case, "lapse")

    with pytest.raises(InvalidField) as caught:
        rate(session, citizen_of(case), case.id, stars=5)

    assert caught.value.code == "nothing_to_rate"
