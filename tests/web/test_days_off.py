"""The screen of days off: half days, days worked, and years of the other calendar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from helpers.visitor import Desk, text_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clock import FrozenClock
from models import Holiday, HolidayKind

NEW = "/admin/holiday/new/"


@pytest.fixture
def admin(app: Flask, login_as: Callable[..., Any], frozen_noon: FrozenClock) -> Desk:
    return Desk(app, login_as, "admin")


def test_half_a_day_off_is_kept_with_its_hours_and_shown(admin: Desk, session: Session) -> None:
    fields = {"holiday_date": "24/11/2569", "name": "หยุดครึ่งวันบ่าย", "kind": "town", "is_active": "y"}
    admin.post(NEW, {**fields, "opens_at": "๘.๓๐", "closes_at": "12:00"})

    row = session.scalars(select(Holiday).where(Holiday.name == "หยุดครึ่งวันบ่าย")).one()
    assert (row.kind, row.opens_at, row.closes_at) == (HolidayKind.TOWN, "08:30", "12:00")
    page = text_of(admin.get("/admin/holiday/?search=ครึ่งวันบ่าย"))
    assert "08:30" in page
    assert "วันหยุดของเทศบาล" in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"opens_at": "08:30"}, "ใส่เวลาเปิดและเวลาปิดให้ครบ"),
        ({"opens_at": "12:00", "closes_at": "08:30"}, "เวลาเปิด (12:00) ต้องมาก่อนเวลาปิด (08:30)"),
        ({"kind": "workday"}, "ต้องบอกเวลาเปิดและเวลาปิด"),
        ({"holiday_date": "24/11/2585"}, "วันหยุดใส่ได้ตั้งแต่ พ.ศ. 2564 ถึง 2574"),
    ],
    ids=["one time", "reversed", "worked when?", "a year far away"],
)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_cannot_be_is_said_beside_the_field_and_nothing_is_lost(
    admin: Desk, session: Session, changes: dict[str, str], said: str
) -> None:
    fields = {"holiday_date": "24/11/2569", "name": "วันลอง", "kind": "town", "is_active": "y"}

    page = text_of(admin.post(NEW, {**fields, **changes}))

    assert said in page
    assert 'value="วันลอง"' in page
    assert session.scalars(select(Holiday).where(Holiday.name == "วันลอง")).all() == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_form_of_before_that_names_no_kind_makes_a_public_holiday(admin: Desk, session: Session) -> None:
    admin.post(NEW, {"holiday_date": "24/11/2569", "name": "วันลอง", "is_active": "y"})

    assert session.scalars(select(Holiday).where(Holiday.name == "วันลอง")).one().kind is HolidayKind.NATIONAL
