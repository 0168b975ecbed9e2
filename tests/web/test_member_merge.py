"""Joining a member who was registered twice: found, compared, confirmed."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.casework import member_of, register_case
from helpers.entry_page import Counter, Page
from sqlalchemy.orm import Session

from domain.members import shared_member
from extensions import write_transaction
from models import Complaint, Member

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def central(app: Flask, client: FlaskClient) -> Counter:
    return Counter(app, client, "central")


@pytest.fixture
def two(app: Flask) -> tuple[int, int, int]:
    """(who stays, who goes, his case)."""
    with write_transaction() as session:
        keep, gone = member_of(session, "+66811111111", line=False), member_of(session, "+66822222222")
        return keep.id, gone.id, register_case(app, session, member_id=gone.id).id


def address(member_id: int) -> str:
    return f"/admin/member/{member_id}/merge"


def fields(page: Page, **changes: Any) -> dict[str, Any]:
    return {**page.fields('class="form-page"'), **changes}


def test_two_steps_join_them(central: Counter, session: Session, two: tuple[int, int, int]) -> None:
    keep_id, gone_id, case_id = two
    url = address(gone_id)
    page = central.get(url)
    found = central.send(fields(page, act="find", phone="081-111-1111"), url=url)
    assert found.status == 200
    assert found.says("081-xxx-1111")
    assert not found.says("0811111111") or found.fields('class="form-page"')["phone"] == "081-111-1111"

    answer = central.send(fields(found, act="merge", reason="บัตรใบเดียวกัน"), url=url)

    assert answer.status == 303
    assert central.get(answer.answer.location).says("รวมสมาชิกแล้ว ย้ายเรื่อง 1 เรื่อง")
    session.rollback()
    assert session.get_one(Complaint, case_id).member_id == keep_id
    assert session.get_one(Member, gone_id).is_active is False


def test_without_a_reason_nothing_happens(
    central: Counter, session: Session, two: tuple[int, int, int]
) -> None:
    keep_id, gone_id, _case = two
    page = central.get(address(gone_id))

    refused = central.send(fields(page, act="merge", keep_id=str(keep_id)), url=address(gone_id))

    assert refused.status == 422
    assert "reason" in refused.errors()
    session.rollback()
    assert session.get_one(Member, gone_id).is_active


@pytest.mark.parametrize("typed", ["0999999999", "", "ไม่มีเบอร์"])
def test_nobody_found_is_said(central: Counter, two: tuple[int, int, int], typed: str) -> None:
    page = central.get(address(two[1]))

    found = central.send(fields(page, act="find", phone=typed), url=address(two[1]))

    assert found.status == 422
    assert "phone" in found.errors()


def test_the_shared_member_cannot_be_joined(
    central: Counter, session: Session, two: tuple[int, int, int]
) -> None:
    shared_id = shared_member(session).id
    page = central.get(address(two[1]))

    refused = central.send(fields(page, act="merge", keep_id=str(shared_id), reason="x"), url=address(two[1]))

    assert refused.says("สมาชิกกลาง (พลเมืองดี)")


def test_the_details_lead_there_and_tell_what_became_of_it(
    central: Counter, two: tuple[int, int, int]
) -> None:
    details = f"/admin/member/details/?id={two[1]}"
    assert address(two[1]) in central.get(details).text
    page = central.get(address(two[1]))
    central.send(fields(page, act="merge", keep_id=str(two[0]), reason="คนเดียวกัน"), url=address(two[1]))

    after = central.get(details)

    assert after.says("สมาชิกรายนี้รวมกับรายอื่นแล้ว")
    assert address(two[1]) not in after.text


def test_who_may_not_correct_members_gets_no_page(app: Flask, two: tuple[int, int, int]) -> None:
    assert Counter(app, app.test_client(), "officer").get(address(two[1])).status == 403
    assert Counter(app, app.test_client(), "central").get(address(999_999_999_999)).status == 404
