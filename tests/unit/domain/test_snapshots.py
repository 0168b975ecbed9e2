"""What a case held when an act began: every kind of column goes into JSON and comes back as it was."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from helpers.casework import register_case
from sqlalchemy.orm import Session

from domain.clock import now
from domain.snapshots import NEVER_RESTORED, NUMBER_COLUMNS, changes_since, remember, restore, stored_form
from models import (
    Complaint,
    ComplaintKind,
    ComplaintStatus,
    Disclosure,
    Figure,
    Outcome,
    PlanReason,
    Urgency,
)

# One value for each type of column, another than a new case holds.
OTHERS: dict[str, Any] = {
    "kind": ComplaintKind.HELP_REQUEST,
    "urgency": Urgency.EMERGENCY,
    "disclosure": Disclosure.DISCLOSED,
    "outcome": Outcome.PARTLY_FIXED,
    "plan_reason": PlanReason.BUDGET,
    "story": "อีกเรื่องหนึ่ง",
    "latitude": Decimal("16.432100"),
    "longitude": Decimal("102.834000"),
    "is_outside": True,
    "callback_phone": "+66812345678",
    "due_at": now(),
    "closed_at": now(),
    "subcategory_id": None,
    "reopen_count": 2,
}


def values(case: Complaint) -> dict[str, Any]:
    return {key: getattr(case, key) for key in OTHERS}


def test_each_kind_of_column_survives_json(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    session.flush()
    session.refresh(case)
    was = values(case)
    remember(case)
    for key, value in OTHERS.items():
        setattr(case, key, value)
    session.flush()

    stored = json.loads(json.dumps(stored_form(changes_since(case))))
    restore(case, stored)
    session.flush()
    session.refresh(case)

    assert set(stored) == set(OTHERS)
    assert values(case) == was
    assert {key: type(value) for key, value in values(case).items()} == {
        key: type(value) for key, value in was.items()
    }


def test_values_come_back_the_other_way_too(app: Flask, session: Session) -> None:
    """What was empty before may be full now; undo of an undo-like change needs the full values."""
    case = register_case(app, session)
    for key, value in OTHERS.items():
        setattr(case, key, value)
    session.flush()
    session.refresh(case)
    was = values(case)
    remember(case)
    case.outcome = case.plan_reason = case.latitude = case.longitude = case.due_at = None
    case.is_outside = False
    session.flush()

    restore(case, json.loads(json.dumps(stored_form(changes_since(case)))))
    session.flush()
    session.refresh(case)

    assert values(case) == was


def test_number_counters_and_derived_texts_are_never_put_back(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    remember(case)
    kept = {"number": "ฟ. 9/2569", "number_running": 9, "state_seq": 8, "search_text": "x", "version": 7}
    for key, value in kept.items():
        setattr(case, key, value)

    assert kept.keys() <= NEVER_RESTORED | NUMBER_COLUMNS
    assert stored_form(changes_since(case)) == {}


def test_the_status_is_left_to_the_one_way_a_case_moves(app: Flask, session: Session) -> None:
    case = register_case(app, session)

    restore(case, {"status": "accepted", "figure": "progress", "no_such_column": 1})

    assert case.status is ComplaintStatus.DIRECTED
    assert case.figure is Figure.PROGRESS


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_was_never_remembered_has_not_changed(app: Flask, session: Session) -> None:
    assert changes_since(Complaint(story="x")) == {}
