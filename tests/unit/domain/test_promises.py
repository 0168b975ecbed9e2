"""A promise is made once, from the day of receipt, and never rewritten."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from helpers.casework import plain_subtype
from sqlalchemy.orm import Session

from domain.clock import bangkok
from domain.promises import promise
from models import Complaint, DurationUnit, Holiday, Subcategory

FRIDAY = bangkok(2026, 11, 20, 12)


def case_of(received_at: datetime | None = FRIDAY) -> Complaint:
    return Complaint(received_at=received_at)


@pytest.fixture
def subtype(session: Session) -> Subcategory:
    found = plain_subtype(session)
    found.duration_min, found.duration_max = 1, 3
    found.duration_unit = DurationUnit.WORKING_DAYS
    session.flush()
    return found


def test_the_upper_limit_is_promised_from_the_day_of_receipt(session: Session, subtype: Subcategory) -> None:
    case = case_of()

    assert promise(session, case, subtype)
    assert case.due_at == bangkok(2026, 11, 25, 16, 30)
    assert case.promised_text == "1–3 วันทำการ"


def test_what_was_promised_is_never_rewritten(session: Session, subtype: Subcategory) -> None:
    case = case_of()
    promise(session, case, subtype)
    before = (case.due_at, case.promised_text)
    subtype.duration_max = 30

    assert not promise(session, case, subtype)
    assert (case.due_at, case.promised_text) == before


def test_a_subtype_without_a_limit_promises_nothing(session: Session, subtype: Subcategory) -> None:
    subtype.duration_max = None
    case = case_of()

    assert not promise(session, case, subtype)
    assert (case.due_at, case.promised_text) == (None, None)


def test_a_complaint_of_unknown_date_gets_no_promise(session: Session, subtype: Subcategory) -> None:
    case = case_of(received_at=None)

    assert not promise(session, case, subtype)
    assert case.due_at is None


@pytest.mark.parametrize(("is_active", "day"), [(True, 26), (False, 25)])
def test_only_holidays_in_use_are_left_out(
    session: Session, subtype: Subcategory, is_active: bool, day: int
) -> None:
    session.add(Holiday(holiday_date=date(2026, 11, 24), name="วันหยุดพิเศษ", is_active=is_active))
    session.flush()
    case = case_of()

    promise(session, case, subtype)

    assert case.due_at == bangkok(2026, 11, day, 16, 30)
