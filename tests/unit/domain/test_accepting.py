"""Taking a case on: its number and promise, the officer who has seen it, the work begun."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from helpers.casework import bring_to, category, field_codes, press, subtype, told
from helpers.people import actor_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clock import FrozenClock, bangkok, frozen, now, today
from domain.complaints import acknowledge, start
from domain.errors import FieldErrors, NotPermitted
from models import ComplaintStatus, Job, OutboxChannel, OutboxMessage

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
S = ComplaintStatus


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


def test_a_subtype_switched_off_meanwhile_is_not_taken(app: Flask, session: Session) -> None:
    case, kind = bring_to(app, session, S.SUBMITTED), subtype(session, "ช.(1)")
    kind.is_active = False
    session.flush()

    with pytest.raises(FieldErrors) as caught:
        press(session, "clerk", case, "accept", category_id=kind.category_id, subcategory_id=kind.id)

    assert field_codes(caught.value) == {"subcategory_id": "choice_unknown"}


def test_a_department_accepts_into_its_own_series_only(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.SUBMITTED)
    foreign = category(session, "อส.")

    with pytest.raises(FieldErrors) as caught:
        press(session, "clerk", case, "accept", category_id=foreign.id)

    assert field_codes(caught.value) == {"category_id": "category_of_other_department"}


def test_the_card_names_the_department_of_the_type_that_was_chosen(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.SUBMITTED)
    assert case.department is not None  # Read before, as a page does.
    foreign = category(session, "อส.")

    press(session, "central", case, "accept", category_id=foreign.id)

    card = session.scalars(select(OutboxMessage).where(OutboxMessage.event_id == case.events[-1].id)).one()
    assert card.facts["department"] == foreign.department.name


def test_a_colleague_is_told_that_the_order_is_another_officers(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.DIRECTED)

    with pytest.raises(NotPermitted) as caught:
        acknowledge(session, actor_named(session, "central"), case.id)

    assert caught.value.code == "not_assignee"


def test_who_holds_no_such_right_at_all_is_told_just_that(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.DIRECTED)

    with pytest.raises(NotPermitted) as caught:
        acknowledge(session, actor_named(session, "executive"), case.id)

    assert caught.value.code == "not_permitted"


def test_the_citizen_hears_of_the_start_only_if_nobody_acknowledged(app: Flask, session: Session) -> None:
    at_once = bring_to(app, session, S.DIRECTED)
    start(session, actor_named(session, "officer"), at_once.id)
    after = bring_to(app, session, S.ACKNOWLEDGED)
    start(session, actor_named(session, "officer"), after.id)

    assert told(session, at_once) == {("line_citizen", "citizen_started")}
    assert told(session, after) == set()


def test_messages_of_staff_wait_so_that_they_can_be_taken_back(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.SUBMITTED)

    press(session, "clerk", case, "accept")

    citizens = select(OutboxMessage).where(OutboxMessage.channel == OutboxChannel.LINE_CITIZEN)
    newest = session.scalars(citizens.order_by(OutboxMessage.id)).all()[-1]
    assert newest.not_before == now() + timedelta(seconds=30)
