"""The rules of members: who they are, how they are found, who may look."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.addresses import (
    AddressParts,
    address_line,
    check_postal_code,
    find_subdistricts,
    read_subdistrict,
    subdistrict,
)
from domain.clock import now
from domain.errors import DomainError, FieldErrors, InvalidField, MissingField, NotFound, NotPermitted
from domain.members import (
    MemberEntry,
    create_member,
    find_member_by_phone,
    record_notice,
    reveal_member,
    scope_members,
    shared_member,
    update_member,
)
from domain.search import complaint_search_text
from domain.vault import Vault
from models import AuditEntry, Complaint, ComplaintStatus, Consent, Disclosure, Figure, Member, Scope

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
ENTRY = MemberEntry(
    phone="093-572-7903",
    first_name="สมชาย",
    last_name="ใจดี",
    birth_date=date(1957, 3, 3),
    national_id="1-1007-00000-00-1",
    subdistrict_code="400101",
)


@pytest.fixture
def vault(app: Flask) -> Vault:
    keys: Vault = app.extensions["vault"]
    return keys


@pytest.fixture
def central(act_as: Any) -> Actor:
    actor: Actor = act_as("central")
    return actor


def codes_of(error: DomainError) -> dict[str | None, str]:
    assert isinstance(error, FieldErrors)
    return {each.field: each.code for each in error.errors}


def complaint_of(member: Member, **facts: Any) -> Complaint:
    return Complaint(
        **facts,
        public_code="2026-900001",
        status=ComplaintStatus.IN_PROGRESS,
        figure=Figure.PROGRESS,
        story="ไฟดับ",
        channel_id=1,
        member=member,
        created_at=now(),
        listed_at=now(),
        received_at=now(),
    )


def test_a_member_is_stored_ready_to_be_found_and_sorted(
    session: Session, central: Actor, vault: Vault
) -> None:
    member = create_member(session, central, vault, ENTRY)
    assert member.phone == "+66935727903"
    assert member.search_text == "สมชาย ใจดี"
    assert member.name_key < "ห"
    assert member.postal_code == "40000"
    assert member.address_text == "ต.ในเมือง อ.เมืองขอนแก่น จ.ขอนแก่น 40000"
    assert member.national_id_hmac == vault.lookup_hash("1100700000001")
    assert "1100700000001" not in (member.national_id_encrypted or "")


@on_sqlite
def test_all_slips_are_told_at_once(session: Session, central: Actor, vault: Vault) -> None:
    slips = MemberEntry(
        phone="1",
        first_name=" ",
        birth_date=date(2100, 1, 1),
        national_id="123",
        email="x",
        postal_code="1",
        house_no="1" * 61,
    )
    with pytest.raises(FieldErrors) as caught:
        create_member(session, central, vault, slips)
    assert codes_of(caught.value) == {
        "phone": "phone_unknown",
        "first_name": "field_required",
        "birth_date": "date_in_future",
        "national_id": "national_id_length",
        "email": "email_invalid",
        "postal_code": "postal_code_invalid",
        "house_no": "text_too_long",
    }


@on_sqlite
def test_nobody_is_older_than_a_long_life(session: Session, central: Actor, vault: Vault) -> None:
    with pytest.raises(FieldErrors) as caught:
        create_member(session, central, vault, replace(ENTRY, birth_date=date(1850, 1, 1)))
    assert codes_of(caught.value) == {"birth_date": "date_too_early"}


def test_phone_and_national_id_belong_to_one_member(session: Session, central: Actor, vault: Vault) -> None:
    create_member(session, central, vault, ENTRY)
    with pytest.raises(FieldErrors) as caught:
        create_member(session, central, vault, ENTRY)
    assert codes_of(caught.value) == {"phone": "phone_taken", "national_id": "national_id_taken"}


@pytest.mark.parametrize("typed", ["0935727903", "+66 93 572 7903", "๐๙๓ ๕๗๒ ๗๙๐๓"])
def test_a_member_is_found_by_the_exact_number_however_typed(
    session: Session, central: Actor, vault: Vault, typed: str
) -> None:
    member = create_member(session, central, vault, ENTRY)
    assert find_member_by_phone(session, central, typed) is member
    assert find_member_by_phone(session, central, "0935727904") is None


@on_sqlite
def test_finding_asks_for_a_whole_number_and_the_right(session: Session, central: Actor, act_as: Any) -> None:
    with pytest.raises(InvalidField):
        find_member_by_phone(session, central, "0935")
    with pytest.raises(MissingField):
        find_member_by_phone(session, central, " ")
    with pytest.raises(NotPermitted):
        find_member_by_phone(session, act_as("admin"), "0935727903")


@on_sqlite
def test_registering_and_correcting_ask_for_the_right(
    session: Session, central: Actor, vault: Vault, act_as: Any
) -> None:
    member = create_member(session, central, vault, ENTRY)
    for username in ("officer", "head", "admin"):
        with pytest.raises(NotPermitted):
            create_member(session, act_as(username), vault, replace(ENTRY, phone="0812345678"))
        with pytest.raises(NotPermitted):
            update_member(session, act_as(username), vault, member, ENTRY)


def test_correcting_without_a_national_id_keeps_it_and_an_empty_one_removes_it(
    session: Session, central: Actor, vault: Vault
) -> None:
    member = create_member(session, central, vault, ENTRY)
    update_member(session, central, vault, member, replace(ENTRY, national_id=None, last_name=None))
    assert (member.national_id_last4, member.last_name) == ("0001", None)
    update_member(session, central, vault, member, replace(ENTRY, national_id=""))
    assert (member.national_id_last4, member.national_id_hmac, member.national_id_encrypted) == (None,) * 3


@on_sqlite
def test_correcting_nothing_leaves_no_entry(session: Session, central: Actor, vault: Vault) -> None:
    member = create_member(session, central, vault, ENTRY)
    update_member(session, central, vault, member, ENTRY)
    assert len(session.scalars(select(AuditEntry)).all()) == 1


def test_complaints_are_found_by_a_corrected_name(session: Session, central: Actor, vault: Vault) -> None:
    member = create_member(session, central, vault, ENTRY)
    complaint = complaint_of(member, disclosure=Disclosure.DISCLOSED)
    session.add(complaint)
    session.flush()
    complaint.search_text = complaint_search_text(complaint)
    session.flush()
    version = complaint.version
    update_member(session, central, vault, member, replace(ENTRY, last_name="ใจงาม"))
    session.expire_all()
    assert "ใจงาม" in complaint.search_text
    assert complaint.version == version


@on_sqlite
def test_the_shared_member_is_known_and_cannot_be_changed(
    session: Session, central: Actor, vault: Vault
) -> None:
    shared = shared_member(session)
    assert shared.first_name == "พลเมืองดี"
    with pytest.raises(DomainError, match="shared_member_fixed"):
        update_member(session, central, vault, shared, ENTRY)
    shared.is_active = False
    with pytest.raises(NotFound, match="shared_member_missing"):
        shared_member(session)


def test_who_sees_only_own_or_departmental_cases_sees_their_members(
    session: Session, central: Actor, vault: Vault, act_as: Any
) -> None:
    member = create_member(session, central, vault, ENTRY)
    officer, head, health = act_as("officer"), act_as("head"), act_as("health")
    assert health.scope_of("member:read") is Scope.ALL

    def seen_by(actor: Actor) -> set[int]:
        return set(session.scalars(scope_members(select(Member.id), actor)))

    assert member.id not in seen_by(officer) | seen_by(head)
    session.add(complaint_of(member, department_id=head.department_id, assignee_id=officer.staff_user_id))
    session.flush()
    assert seen_by(officer) == seen_by(head) == {member.id}
    assert seen_by(Actor(kind="anonymous", name="")) == set()


def test_looking_in_full_is_noted_and_reaches_no_further_than_the_cases(
    session: Session, central: Actor, vault: Vault, act_as: Any
) -> None:
    member = create_member(session, central, vault, ENTRY)
    shown = reveal_member(session, central, vault, member, " โทรกลับ ")
    assert (shown.phone, shown.national_id) == ("093-572-7903", "1-1007-00000-00-1")
    assert session.scalars(select(AuditEntry.reason).order_by(AuditEntry.id.desc())).first() == "โทรกลับ"
    with pytest.raises(MissingField):
        reveal_member(session, central, vault, member, "\u200b ")
    for username in ("clerk", "officer", "admin"):
        with pytest.raises(NotPermitted):
            reveal_member(session, act_as(username), vault, member, "อยากรู้")


@on_sqlite
def test_a_notice_is_noted_once_for_each_wording(session: Session, central: Actor, vault: Vault) -> None:
    member = create_member(session, central, vault, ENTRY)
    for wording in ("1", "1", "2"):
        record_notice(session, central, member, wording)
        session.flush()
    told = session.scalars(select(Consent.wording_version).where(Consent.member_id == member.id)).all()
    assert sorted(told) == ["1", "2"]


# Addresses -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "near", "code"),
    [
        ("400101", None, "400101"),
        ("ต.ในเมือง อ.เมืองขอนแก่น จ.ขอนแก่น", None, "400101"),
        ("ในเมือง", "400101", "400101"),
        ("ตำบลในเมือง อำเภอบ้านไผ่", "400101", "401002"),
        ("แขวงพระบรมมหาราชวัง เขตพระนคร กรุงเทพมหานคร", None, "100101"),
        ("บ้านเป็ด", None, "400115"),
    ],
)
def test_a_subdistrict_is_read_as_people_write_it(typed: str, near: str | None, code: str) -> None:
    assert read_subdistrict(typed, field="subdistrict", near=near) == code


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("ในเมือง", "subdistrict_several"),
        ("ไม่มีตำบลนี้", "subdistrict_unknown"),
        ("ก" * 50_000, "subdistrict_unknown"),
    ],
)
def test_a_name_that_fits_none_or_several_places_is_refused(typed: str, code: str) -> None:
    with pytest.raises(InvalidField) as caught:
        read_subdistrict(typed, field="subdistrict")
    assert caught.value.code == code


def test_suggestions_begin_with_the_towns_own() -> None:
    found = find_subdistricts("ในเมือง", limit=5, near="400101")
    assert found[0].code == "400101"
    assert len(found) == 5
    assert {place.code[:4] for place in find_subdistricts("40000", limit=50)} == {"4001"}
    assert find_subdistricts("  ") == []


def test_a_postal_code_must_belong_to_its_subdistrict() -> None:
    place = subdistrict("400101")
    assert check_postal_code("", place, field="postal_code") == "40000"
    assert check_postal_code("๔๐๐๐๐", place, field="postal_code") == "40000"
    assert check_postal_code("10200", None, field="postal_code") == "10200"
    with pytest.raises(InvalidField) as caught:
        check_postal_code("10200", place, field="postal_code")
    assert "40000" in caught.value.message


def test_an_address_is_written_in_one_line_without_saying_anything_twice() -> None:
    parts = AddressParts("123/4", "5", "ซอยสุขใจ", "ศรีจันทร์", "400101", "40000")
    assert address_line(parts) == "123/4 หมู่ 5 ซอยสุขใจ ถ.ศรีจันทร์ ต.ในเมือง อ.เมืองขอนแก่น จ.ขอนแก่น 40000"
    assert (
        address_line(AddressParts(subdistrict_code="100101")) == "แขวงพระบรมมหาราชวัง เขตพระนคร กรุงเทพมหานคร"
    )
    assert address_line(AddressParts()) == ""
