"""What a case waits for: the citizen's answer, the town's plan; and where work goes on afterwards."""

from __future__ import annotations

import pytest
from flask import Flask
from helpers.casework import (
    bring_to,
    field_codes,
    hold,
    member_of,
    press,
    register_case,
    submitted_case,
    token,
    told,
)
from helpers.people import actor_named, officer_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.complaints import answer
from domain.errors import DomainError, FieldErrors, InvalidField, MissingField
from domain.members import shared_member
from models import AttachmentStage, Complaint, ComplaintStatus, Figure, OutboxMessage, Outcome, PlanReason

S = ComplaintStatus
sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def citizen_of(case: Complaint) -> Actor:
    return Actor.member(case.member_id or 0, "ผู้ร้อง")


# ask_citizen, answer ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (S.SUBMITTED, S.SUBMITTED),
        (S.ACCEPTED, S.ACCEPTED),
        (S.DIRECTED, S.DIRECTED),
        (S.ACKNOWLEDGED, S.IN_PROGRESS),
        (S.IN_PROGRESS, S.IN_PROGRESS),
    ],
    ids=str,
)
def test_an_answer_leads_back_to_where_the_question_was_asked(
    app: Flask, session: Session, before: ComplaintStatus, after: ComplaintStatus
) -> None:
    case = bring_to(app, session, before)
    press(session, "clerk", case, "ask_citizen")

    answer(session, citizen_of(case), case.id, text="หน้าบ้านเลขที่ 12")

    assert case.status is after
    assert case.events[-1].note == "หน้าบ้านเลขที่ 12"


@sqlite
def test_the_question_reaches_the_citizen_and_the_answer_the_officer(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)
    press(session, "officer", case, "ask_citizen")
    asked = told(session, case)
    card = session.scalars(
        select(OutboxMessage).where(OutboxMessage.template_key == "citizen_question")
    ).one()

    answer(session, citizen_of(case), case.id, text="เลขที่ 12")

    assert asked == {("line_citizen", "citizen_question")}
    assert (card.facts["reason"], card.facts["due_text"]) == ("หลุมอยู่หน้าบ้านเลขที่เท่าไร", "")
    assert told(session, case) == {("line_staff", "staff_answered")}
    assert session.scalars(
        select(OutboxMessage.recipient_name).where(OutboxMessage.template_key == "staff_answered")
    ).all() == [officer_named(session, "officer").full_name]


@sqlite
@pytest.mark.parametrize("why", ["nobody is responsible", "the officer has left"])
def test_where_no_officer_can_hear_it_the_intake_hears_the_answer(
    app: Flask, session: Session, why: str
) -> None:
    case = bring_to(app, session, S.ACCEPTED if why.startswith("nobody") else S.IN_PROGRESS)
    press(session, "clerk", case, "ask_citizen")
    officer_named(session, "officer").is_active = False
    session.flush()

    answer(session, citizen_of(case), case.id, text="เลขที่ 12")

    names = select(OutboxMessage.recipient_name).where(OutboxMessage.template_key == "staff_answered")
    assert session.scalars(names).all() == [officer_named(session, "clerk").full_name]


@sqlite
def test_a_case_given_to_an_officer_while_it_waited_goes_on_as_his_order(
    app: Flask, session: Session
) -> None:
    case = bring_to(app, session, S.ACCEPTED)
    press(session, "clerk", case, "ask_citizen")
    press(session, "head", case, "reassign")

    press(session, "clerk", case, "answer")

    assert case.status is S.DIRECTED


@sqlite
def test_a_photo_answers_as_well_as_words(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.AWAITING_CITIZEN)
    clerk, form = actor_named(session, "clerk"), token()
    with pytest.raises(MissingField) as caught:
        answer(session, clerk, case.id, text=" \n", photo_token=form)
    hold(session, clerk, form, AttachmentStage.BEFORE)

    answer(session, clerk, case.id, text="", photo_token=form)

    assert caught.value.code == "reply_required"
    assert case.events[-1].facts["attachment_ids"] == [photo.id for photo in case.attachments]
    assert case.attachments[0].stage is AttachmentStage.BEFORE


@sqlite
def test_an_empty_question_is_not_asked(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.DIRECTED)

    with pytest.raises(FieldErrors) as caught:
        press(session, "clerk", case, "ask_citizen", question=" ")

    assert field_codes(caught.value) == {"question": "question_required"}


@sqlite
def test_nobody_asks_where_no_question_can_arrive(app: Flask, session: Session) -> None:
    nameless = register_case(app, session, member_id=shared_member(session).id)
    caller = register_case(app, session, member_id=shared_member(session).id, callback_phone="+66812345678")
    without_line = register_case(app, session, member_id=member_of(session, "+66890000001", line=False).id)

    with pytest.raises(InvalidField) as caught:
        press(session, "clerk", nameless, "ask_citizen")
    for case in (caller, without_line):
        press(session, "clerk", case, "ask_citizen")

    assert caught.value.code == "complainant_unreachable"
    assert nameless.status is S.DIRECTED
    assert {caller.status, without_line.status} == {S.AWAITING_CITIZEN}


# lapse ------------------------------------------------------------------------------------------------------


@sqlite
def test_a_case_without_an_answer_is_closed_and_says_why(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.AWAITING_CITIZEN)

    press(session, "clerk", case, "lapse")

    assert (case.status, case.outcome, case.figure) == (S.CLOSED, Outcome.NO_ANSWER, Figure.FINISHED)
    assert case.closed_at is not None
    assert told(session, case) == {("line_citizen", "citizen_lapsed")}


@sqlite
def test_a_new_case_that_lapsed_is_new_again_when_it_is_opened(app: Flask, session: Session) -> None:
    """It never had a number, so it must not stand among those that were taken on."""
    case = submitted_case(app, session)
    press(session, "clerk", case, "ask_citizen")
    press(session, "clerk", case, "lapse")

    press(session, "clerk", case, "reopen")

    assert (case.status, case.number, case.outcome) == (S.SUBMITTED, None, None)


@sqlite
def test_a_lapsed_case_has_no_result_to_correct(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.AWAITING_CITIZEN)
    press(session, "clerk", case, "lapse")

    with pytest.raises(DomainError) as caught:
        press(session, "clerk", case, "correct_result")

    assert caught.value.code == "nothing_to_correct"


# put_on_plan, take_off_plan ---------------------------------------------------------------------------------


@sqlite
def test_a_citizen_reads_what_the_plan_waits_for_and_not_the_note(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)

    press(session, "head", case, "put_on_plan", plan_reason=PlanReason.BUDGET)

    card = session.scalars(select(OutboxMessage).where(OutboxMessage.template_key == "citizen_on_plan")).one()
    assert (case.plan_reason, case.figure) == (PlanReason.BUDGET, Figure.PROGRESS)
    assert card.facts["reason"] == "รองบประมาณ"
    assert "รอเสาไฟ" not in str(card.facts)


@sqlite
def test_a_plan_needs_its_reason_and_a_note(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)

    with pytest.raises(FieldErrors) as caught:
        press(session, "head", case, "put_on_plan", plan_reason=None, note="")

    assert field_codes(caught.value) == {"plan_reason": "plan_reason_required", "note": "note_required"}


@sqlite
def test_off_the_plan_work_goes_on_and_everybody_hears(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.AWAITING_PLAN)

    press(session, "head", case, "take_off_plan")

    assert (case.status, case.plan_reason) == (S.IN_PROGRESS, None)
    assert told(session, case) == {("line_citizen", "citizen_off_plan"), ("line_staff", "staff_resumed")}
