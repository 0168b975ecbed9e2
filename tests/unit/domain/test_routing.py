"""Who works on a case: ordered, given to another, forwarded, handed back, referred outside and taken back."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from helpers.casework import (
    bring_to,
    category,
    days_ago,
    field_codes,
    make_ready,
    plain_subtype,
    press,
    register_case,
    submitted_case,
    told,
)
from helpers.people import actor_named, officer_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.complaints import direct
from domain.errors import AlreadyDone, FieldErrors, IllegalTransition, NotFound
from domain.workflow import Action
from models import Complaint, ComplaintStatus, EventKind, NumberSeries, OutboxMessage

S = ComplaintStatus
sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def kinds(case: Complaint) -> list[EventKind]:
    return [event.kind for event in case.events]


# direct -----------------------------------------------------------------------------------------------------


@sqlite
def test_directing_tells_the_officer_and_the_citizen_the_day(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.ACCEPTED)

    press(session, "head", case, "direct", note="ดูหน้างานก่อน")

    assert told(session, case) == {("line_staff", "staff_directed"), ("line_citizen", "citizen_directed")}
    assert case.events[-1].note == "ดูหน้างานก่อน"
    assert [row.assignee.username for row in case.assignments] == ["officer"]


@sqlite
def test_a_promise_once_told_is_not_told_again(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.DIRECTED)
    promised = (case.due_at, case.promised_text)

    press(session, "clerk", case, "direct", assignee_id=officer_named(session, "nirut.b").id)

    assert told(session, case) == {("line_staff", "staff_directed"), ("line_staff", "staff_reassigned")}
    assert (case.due_at, case.promised_text) == promised


@sqlite
def test_another_officer_starts_again_without_acknowledgement(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)

    press(session, "clerk", case, "direct", assignee_id=officer_named(session, "nirut.b").id)

    assert case.status is S.DIRECTED
    assert case.acknowledged_at is None


@sqlite
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


@sqlite
def test_an_order_stays_within_the_department_of_the_type(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.ACCEPTED)

    with pytest.raises(FieldErrors) as caught:
        press(session, "central", case, "direct", assignee_id=officer_named(session, "wilaiwan.h").id)

    assert field_codes(caught.value) == {"assignee_id": "officer_of_other_department"}


@sqlite
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


@sqlite
def test_a_forwarded_case_takes_a_type_of_its_new_department_only(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.ACCEPTED)
    press(session, "clerk", case, "forward")

    with pytest.raises(FieldErrors) as caught:
        press(session, "central", case, "direct")

    assert field_codes(caught.value)["subcategory_id"] == "subcategory_of_other_department"


# reassign ---------------------------------------------------------------------------------------------------


@sqlite
@pytest.mark.parametrize("state", [S.AWAITING_CITIZEN, S.AWAITING_PLAN, S.REFERRED_OUT], ids=str)
def test_a_waiting_case_changes_hands_and_goes_on_waiting(
    app: Flask, session: Session, state: ComplaintStatus
) -> None:
    case = bring_to(app, session, state)

    press(session, "head", case, "reassign")

    assert case.status is state
    assert case.assignee is not None
    assert case.assignee.username == "nirut.b"
    assert case.assignments[-1].note == "ลาป่วย"
    assert told(session, case) == {("line_staff", "staff_taken_over"), ("line_staff", "staff_reassigned")}


@sqlite
def test_giving_a_case_to_whoever_has_it_is_refused(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.AWAITING_PLAN)

    with pytest.raises(FieldErrors) as caught:
        press(session, "head", case, "reassign", assignee_id=case.assignee_id, reason=" ")

    assert field_codes(caught.value) == {"assignee_id": "officer_same", "reason": "reason_required"}


@sqlite
def test_a_case_nobody_has_taken_on_gets_no_officer_while_it_waits(app: Flask, session: Session) -> None:
    case = submitted_case(app, session)
    press(session, "clerk", case, "ask_citizen")

    with pytest.raises(IllegalTransition):
        press(session, "head", case, "reassign")

    assert case.assignee is None


# forward ----------------------------------------------------------------------------------------------------


def test_a_forwarded_case_is_gone_from_where_it_was_and_there_where_it_went(
    app: Flask, session: Session
) -> None:
    case = bring_to(app, session, S.DIRECTED)
    number, officer = case.number, case.assignee

    press(session, "clerk", case, "forward")

    assert (case.status, case.number) == (S.ACCEPTED, number)
    assert (case.category, case.subcategory, case.assignee) == (None, None, None)
    assert told(session, case) == {("line_staff", "staff_forwarded"), ("line_staff", "staff_reassigned")}
    told_officers = select(OutboxMessage.recipient_name).where(
        OutboxMessage.template_key == "staff_reassigned"
    )
    assert officer is not None
    assert session.scalars(told_officers).all() == [officer.full_name]
    for who, action in (("clerk", "reject"), ("head", "forward"), ("officer", "acknowledge")):
        with pytest.raises(NotFound):
            press(session, who, case, action)
    press(session, "health", case, "reject")
    assert case.status is S.REJECTED


@sqlite
def test_a_new_case_forwarded_stays_new_and_the_citizen_hears_of_the_first_department_only(
    app: Flask, session: Session
) -> None:
    case = submitted_case(app, session)
    case.department = None
    session.flush()

    press(session, "central", case, "forward")
    first = told(session, case)
    press(session, "central", case, "forward", department_id=category(session, "ฟ.").department_id)

    assert (case.status, case.number) == (S.SUBMITTED, None)
    assert ("line_citizen", "citizen_forwarded") in first
    assert told(session, case) == {("line_staff", "staff_forwarded")}


@sqlite
def test_a_case_is_not_forwarded_to_where_it_lies(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.ACCEPTED)

    with pytest.raises(FieldErrors) as caught:
        press(session, "central", case, "forward", department_id=case.department_id, reason="")

    assert field_codes(caught.value) == {"department_id": "department_same", "reason": "reason_required"}


@sqlite
def test_a_department_switched_off_takes_no_cases(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.ACCEPTED)
    category(session, "อส.").department.is_active = False
    session.flush()

    with pytest.raises(FieldErrors) as caught:
        press(session, "clerk", case, "forward")

    assert field_codes(caught.value) == {"department_id": "choice_unknown"}


# hand_back --------------------------------------------------------------------------------------------------


@sqlite
def test_what_is_handed_back_lies_at_the_intake_again(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)
    promised = case.due_at

    press(session, "officer", case, "hand_back")

    assert (case.status, case.assignee) == (S.ACCEPTED, None)
    assert (case.directed_at, case.acknowledged_at, case.started_at) == (None, None, None)
    assert case.due_at == promised
    assert told(session, case) == {("line_staff", "staff_handed_back")}


# refer_out, return_from_referral ----------------------------------------------------------------------------


def test_a_submitted_case_is_accepted_in_the_same_go_and_numbered_once(app: Flask, session: Session) -> None:
    case = submitted_case(app, session)

    press(session, "head", case, "refer_out")
    press(session, "head", case, "return_from_referral")
    press(session, "head", case, "refer_out")

    assert case.status is S.REFERRED_OUT
    assert case.number is not None
    assert case.number.startswith("ฟ. 1/")
    assert session.scalars(select(NumberSeries.last_number).where(NumberSeries.code == "ฟ.")).all() == [1]
    assert kinds(case).count(Action.ACCEPT) == 1
    assert [event.from_status for event in case.events[:3]] == [None, S.SUBMITTED, S.ACCEPTED]


@sqlite
def test_the_citizen_hears_once_of_a_new_case_referred_out(app: Flask, session: Session) -> None:
    case = submitted_case(app, session)

    press(session, "clerk", case, "refer_out")

    keys = select(OutboxMessage.template_key, OutboxMessage.facts).where(
        OutboxMessage.complaint_id == case.id
    )
    cards = {row.template_key: row.facts for row in session.execute(keys)}
    assert "citizen_accepted" not in cards
    assert cards["citizen_referred"]["reason"] == "แขวงทางหลวงขอนแก่นที่ 1"
    assert cards["citizen_referred"]["due_text"] == ""


@sqlite
def test_everything_missing_of_a_referral_is_said_at_once(app: Flask, session: Session) -> None:
    case = submitted_case(app, session)

    with pytest.raises(FieldErrors) as caught:
        press(session, "clerk", case, "refer_out", referred_to="", reason="", category_id=None)

    assert field_codes(caught.value) == {
        "referred_to": "body_required",
        "reason": "reason_required",
        "category_id": "category_required",
    }


@sqlite
def test_a_referred_case_comes_back_to_its_officer(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.REFERRED_OUT)

    press(session, "clerk", case, "return_from_referral")

    assert (case.status, case.referred_to) == (S.IN_PROGRESS, None)
    assert case.events[-1].facts == {"body": "แขวงทางหลวงขอนแก่นที่ 1"}
    assert told(session, case) == {("line_citizen", "citizen_returned"), ("line_staff", "staff_resumed")}


@sqlite
@pytest.mark.parametrize(
    ("state", "action"),
    [(S.REFERRED_OUT, "return_from_referral"), (S.AWAITING_PLAN, "take_off_plan")],
    ids=["from outside", "from the plan"],
)
def test_without_an_active_officer_it_comes_back_to_the_intake(
    app: Flask, session: Session, state: ComplaintStatus, action: str
) -> None:
    case = bring_to(app, session, state)
    officer_named(session, "officer").is_active = False
    session.flush()

    press(session, "clerk", case, action)

    assert (case.status, case.assignee) == (S.ACCEPTED, None)


@sqlite
def test_a_second_press_long_after_is_still_no_second_act(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.ACCEPTED)
    make_ready(session, case, "forward")
    press(session, "central", case, "forward")
    case.events[-1].at = days_ago(3)
    session.flush()

    with pytest.raises(AlreadyDone):
        press(session, "central", case, "forward")


@sqlite
def test_cases_registered_side_by_side_do_not_disturb_each_other(app: Flask, session: Session) -> None:
    mine, other = register_case(app, session), register_case(app, session)

    press(session, "clerk", mine, "forward")

    assert (other.status, other.assignee is None) == (S.DIRECTED, False)
