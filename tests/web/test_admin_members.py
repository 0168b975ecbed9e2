"""Members at the counter: registered, corrected, kept private."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from helpers.visitor import Desk, text_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.members import MemberEntry, create_member, update_member
from extensions import write_transaction
from models import AuditAction, AuditEntry, Consent, Member

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
LIST = "/admin/member/"
TYPED = {
    "phone": "093-572-7903",
    "title": "นาย",
    "first_name": "สมชาย",
    "last_name": "ใจดี",
    "birth_date": "03/03/2500",
    "national_id": "1-1007-00000-00-1",
    "email": "somchai@example.com",
    "house_no": "123/4",
    "road": "ศรีจันทร์",
    "subdistrict_code": "ในเมือง",
    "postal_code": "",
    "is_active": "y",
    "notice_given": "y",
}


@pytest.fixture
def desk(app: Flask, login_as: Any) -> Callable[[str | None], Desk]:
    return lambda who: Desk(app, login_as, who)


@pytest.fixture
def member_id(app: Flask, act_as: Any) -> int:
    actor = act_as("central")
    with write_transaction() as writing:
        entry = MemberEntry(
            phone="0935727903",
            first_name="สมชาย",
            last_name="ใจดี",
            national_id="1100700000001",
            email="somchai@example.com",
            house_no="123/4",
        )
        return create_member(writing, actor, app.extensions["vault"], entry).id


def only_member(session: Session) -> Member:
    session.rollback()
    return session.scalars(select(Member).where(~Member.is_shared)).one()


def test_a_citizen_is_registered_with_the_data_of_the_card(app: Flask, desk: Any, session: Session) -> None:
    assert desk("clerk").post(f"{LIST}new/", TYPED).status_code == 302
    member = only_member(session)
    assert member.phone == "+66935727903"
    assert member.birth_date.isoformat() == "1957-03-03"
    assert app.extensions["vault"].decrypt(member.national_id_encrypted) == "1100700000001"
    assert member.national_id_last4 == "0001"
    assert member.address_text == "123/4 ถ.ศรีจันทร์ ต.ในเมือง อ.เมืองขอนแก่น จ.ขอนแก่น 40000"
    told = session.scalars(select(Consent).where(Consent.member_id == member.id)).one()
    assert told.taken_by_id is not None


def test_the_audit_log_holds_no_personal_data(desk: Any, session: Session) -> None:
    desk("clerk").post(f"{LIST}new/", TYPED)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.object_type == "member")).one()
    written = str(entry.changes)
    assert entry.action is AuditAction.CREATE
    for secret in ("93572", "somchai", "1100700000001", "0001'", "123/4", "1957"):
        assert secret not in written


@on_sqlite
def test_every_slip_is_said_at_its_field_and_nothing_typed_is_lost(desk: Any) -> None:
    slips = TYPED | {
        "phone": "12345",
        "birth_date": "31/02/2500",
        "national_id": "1100700000002",
        "email": "somchai",
        "subdistrict_code": "เมือง",
        "postal_code": "99",
    }
    page = text_of(desk("clerk").post(f"{LIST}new/", slips))
    for name in ("phone", "birth_date", "subdistrict_code"):
        assert f'id="{name}-error"' in page
    for value in ("12345", "31/02/2500", "1100700000002", "somchai", "99"):
        assert f'value="{value}"' in page
    later = slips | {"phone": "0935727903", "birth_date": "", "subdistrict_code": ""}
    page = text_of(desk("clerk").post(f"{LIST}new/", later))
    for name in ("national_id", "email", "postal_code"):
        assert f'id="{name}-error"' in page


def test_a_phone_belongs_to_one_member(desk: Any, member_id: int) -> None:
    page = text_of(desk("clerk").post(f"{LIST}new/", TYPED | {"national_id": ""}))
    assert "เบอร์นี้เป็นสมาชิกอยู่แล้ว" in page
    page = text_of(desk("clerk").post(f"{LIST}new/", TYPED | {"phone": "0812345678"}))
    assert "เลขประจำตัวประชาชนนี้เป็นของสมาชิกอีกรายแล้ว" in page


@pytest.mark.parametrize("typed", ["0935727903", "093-572-7903", "๐๙๓๕๗๒๗๙๐๓", "สมชาย", "ใจดี"])
def test_a_member_is_found_by_phone_and_by_name(desk: Any, member_id: int, typed: str) -> None:
    page = text_of(desk("clerk").get(LIST, query_string={"search": typed}))
    assert "สมชาย ใจดี" in page


@on_sqlite
@pytest.mark.parametrize("part", ["0935", "7903", "093572790", "93572", "%", "_"])
def test_a_masked_number_cannot_be_guessed_by_searching_parts_of_it(
    desk: Any, member_id: int, part: str
) -> None:
    assert "สมชาย" not in text_of(desk("clerk").get(LIST, query_string={"search": part}))


@on_sqlite
def test_lists_and_pages_are_masked(desk: Any, member_id: int) -> None:
    clerk = desk("clerk")
    for address in (LIST, f"{LIST}details/?id={member_id}", f"{LIST}edit/?id={member_id}"):
        page = text_of(clerk.get(address))
        assert "093-xxx-7903" in page
        for secret in ("0935727903", "093-572-7903", "+66935727903", "somchai@", "1100700000001", "1-1007"):
            assert secret not in page


def test_personal_data_are_opened_with_a_reason_that_is_kept(
    desk: Any, member_id: int, session: Session
) -> None:
    central, address = desk("central"), f"{LIST}reveal/?id={member_id}"
    assert central.post(address, {"reason": "  "}).status_code == 302
    page = text_of(central.post(address, {"reason": "โทรกลับผู้ร้อง"}))
    assert "093-572-7903" in page
    assert "1-1007-00000-00-1" in page
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == AuditAction.REVEAL)).one()
    assert (entry.reason, entry.object_id) == ("โทรกลับผู้ร้อง", str(member_id))


@on_sqlite
def test_personal_data_are_never_opened_by_a_link_or_beyond_ones_reach(
    desk: Any, member_id: int, session: Session
) -> None:
    address = f"{LIST}reveal/?id={member_id}"
    assert desk("central").get(address).status_code == 405
    assert desk("central").post(address, {"reason": "x"}, token=False).status_code == 400
    assert desk("admin").post(address, {"reason": "อยากรู้"}).status_code == 403
    page = desk("clerk").post(address, {"reason": "อยากรู้"})  # Reveals only those of his department's cases.
    assert page.status_code == 302
    session.rollback()
    assert not list(session.scalars(select(AuditEntry).where(AuditEntry.action == AuditAction.REVEAL)))


@on_sqlite
def test_an_officer_sees_only_the_members_of_his_own_cases(desk: Any, member_id: int) -> None:
    officer = desk("officer")
    assert "สมชาย" not in text_of(officer.get(LIST))
    assert officer.get(f"{LIST}details/?id={member_id}").status_code == 404
    assert officer.get(f"{LIST}edit/?id={member_id}").status_code == 403
    assert officer.post(f"{LIST}reveal/?id={member_id}", {"reason": "x"}).status_code == 404


def test_an_empty_personal_box_keeps_what_is_stored_and_a_dash_removes_it(
    app: Flask, desk: Any, member_id: int, session: Session
) -> None:
    clerk, address = desk("clerk"), f"{LIST}edit/?id={member_id}"
    changed = clerk.form(address) | {"last_name": "ใจงาม", "email": "-", "line_id_text": "somchai57"}
    assert clerk.post(address, changed).status_code == 302
    member = only_member(session)
    assert (member.last_name, member.phone) == ("ใจงาม", "+66935727903")
    assert (member.email, member.line_id_text, member.house_no) == (None, "somchai57", "123/4")
    assert member.national_id_last4 == "0001"
    assert clerk.post(address, clerk.form(address) | {"national_id": "-"}).status_code == 302
    assert only_member(session).national_id_encrypted is None


def test_of_two_officers_the_second_sees_what_the_first_saved(
    app: Flask, desk: Any, member_id: int, session: Session, act_as: Any
) -> None:
    clerk, address = desk("clerk"), f"{LIST}edit/?id={member_id}"
    mine = clerk.form(address) | {"first_name": "สมหมาย"}
    actor = act_as("central")
    with write_transaction() as writing:
        entry = MemberEntry(phone="0935727903", first_name="สมศรี", last_name="ใจดี")
        update_member(writing, actor, app.extensions["vault"], writing.get_one(Member, member_id), entry)
    page = text_of(clerk.post(address, mine))
    assert "มีผู้อื่นแก้ไขข้อมูลนี้ไปก่อน" in page
    assert "สมศรี" in page
    assert 'value="สมหมาย"' in page
    assert only_member(session).first_name == "สมศรี"
    session.rollback()
    assert clerk.post(address, mine | {"row_version": "2"}).status_code == 302
    assert only_member(session).first_name == "สมหมาย"


@on_sqlite
@pytest.mark.parametrize("version", ["", "0", "x", "99"])
def test_a_form_that_does_not_know_the_row_is_not_saved(
    desk: Any, member_id: int, session: Session, version: str
) -> None:
    clerk, address = desk("clerk"), f"{LIST}edit/?id={member_id}"
    forged = clerk.form(address) | {"first_name": "สมหมาย", "row_version": version}
    assert clerk.post(address, forged).status_code == 200
    assert only_member(session).first_name == "สมชาย"


@on_sqlite
def test_columns_nobody_may_type_are_not_written(desk: Any, member_id: int, session: Session) -> None:
    clerk, address = desk("clerk"), f"{LIST}edit/?id={member_id}"
    forged = clerk.form(address) | {
        "is_shared": "y",
        "national_id_last4": "9999",
        "search_text": "x",
        "created_at": "1/1/2500",
        "id": "1",
        "version": "50",
    }
    assert clerk.post(address, forged).status_code == 302
    member = only_member(session)
    assert (member.is_shared, member.national_id_last4, member.id) == (False, "0001", member_id)


@on_sqlite
def test_the_shared_member_is_not_changed_here(desk: Any, session: Session) -> None:
    shared = session.scalars(select(Member.id).where(Member.is_shared)).one()
    central, address = desk("central"), f"{LIST}edit/?id={shared}"
    page = text_of(central.post(address, central.form(address) | {"first_name": "คนอื่น"}))
    assert "พลเมืองดี" in page
    session.rollback()
    assert session.get_one(Member, shared).first_name == "พลเมืองดี"


@on_sqlite
def test_places_are_suggested_the_towns_own_first(desk: Any) -> None:
    found = desk("clerk").get("/admin/addresses/", query_string={"q": "ในเมือง"}).get_json()
    assert found[0] == {"value": "400101", "text": "ต.ในเมือง อ.เมืองขอนแก่น จ.ขอนแก่น 40000"}
    assert len(found) <= 12
    assert desk("clerk").get("/admin/addresses/", query_string={"q": "ก" * 50_000}).get_json() == []
    assert desk("admin").get("/admin/addresses/?q=x").status_code == 403


@on_sqlite
@pytest.mark.parametrize("name", ["first_name", "road", "phone", "birth_date", "subdistrict_code"])
def test_fifty_thousand_letters_are_refused_at_the_field(desk: Any, name: str) -> None:
    page = text_of(desk("clerk").post(f"{LIST}new/", TYPED | {name: "ก" * 50_000}))
    assert f'id="{name}-error"' in page
