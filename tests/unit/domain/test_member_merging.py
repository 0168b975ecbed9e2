"""The same person registered twice becomes one, and nothing of his is lost."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from helpers.casework import member_of, register_case
from helpers.people import actor_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.complaints import acknowledge, follow
from domain.errors import DomainError, FieldErrors, NotFound, NotPermitted
from domain.member_merging import Moved, merge_members
from domain.members import find_member_by_phone, record_notice, shared_member
from extensions import write_transaction
from models import AuditEntry, Complaint, ComplaintFollower, ComplaintStatus, Disclosure, Member

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
KEPT, GONE = "+66811111111", "+66822222222"


@pytest.fixture
def two(app: Flask) -> tuple[int, int]:
    """Mali twice: (who stays, who goes)."""
    with write_transaction() as session:
        keep, gone = member_of(session, KEPT, line=False), member_of(session, GONE)
        keep.first_name, gone.first_name = "มาลีใหม่", "มาลีเก่า"
        return keep.id, gone.id


def merged(who: str = "central", reason: str = "บัตรใบเดียวกัน", **changes: Any) -> Moved:
    with write_transaction() as session:
        return merge_members(session, actor_named(session, who), reason=reason, **changes)


def codes(error: FieldErrors) -> dict[str | None, str]:
    return {each.field: each.code for each in error.errors}


def test_everything_goes_to_the_member_who_stays(app: Flask, session: Session, two: tuple[int, int]) -> None:
    keep_id, gone_id = two
    with write_transaction() as writing:
        clerk = actor_named(writing, "clerk")
        case = register_case(app, writing, member_id=gone_id, disclosure=Disclosure.DISCLOSED)
        others = register_case(app, writing)
        follow(writing, clerk, others.id, member_id=gone_id)
        record_notice(writing, clerk, writing.get_one(Member, gone_id), "1")
        case_id, version, others_id = case.id, case.version, others.id

    assert merged(keep_id=keep_id, gone_id=gone_id) == Moved(1, 1, 1, 1)

    session.rollback()
    case, gone, keep = (
        session.get_one(Complaint, case_id),
        session.get_one(Member, gone_id),
        session.get_one(Member, keep_id),
    )
    assert (case.member_id, case.version) == (keep_id, version)
    assert "มาลีใหม่" in case.search_text
    assert (gone.is_active, gone.merged_into_id) == (False, keep_id)
    assert [account.member_id for account in keep.line_accounts] == [keep_id]
    followers = session.execute(select(ComplaintFollower.complaint_id, ComplaintFollower.member_id)).all()
    assert [tuple(row) for row in followers] == [(others_id, keep_id)]
    reasons = session.scalars(select(AuditEntry.reason).where(AuditEntry.object_type == "member")).all()
    assert reasons == ["บัตรใบเดียวกัน"] * 2


def test_the_old_number_leads_to_the_member_who_stays(session: Session, two: tuple[int, int]) -> None:
    keep_id, gone_id = two
    merged(keep_id=keep_id, gone_id=gone_id)

    found = find_member_by_phone(session, actor_named(session, "clerk"), "082-222-2222")

    assert found is not None
    assert found.id == keep_id


def test_an_entry_begun_for_the_one_who_goes_is_saved_for_the_other(
    app: Flask, session: Session, two: tuple[int, int]
) -> None:
    keep_id, gone_id = two
    merged(keep_id=keep_id, gone_id=gone_id)

    with write_transaction() as writing:
        case = register_case(app, writing, member_id=gone_id)

        assert case.member_id == keep_id


def test_nobody_follows_twice_or_a_case_of_his_own(
    app: Flask, session: Session, two: tuple[int, int]
) -> None:
    keep_id, gone_id = two
    with write_transaction() as writing:
        clerk = actor_named(writing, "clerk")
        both, own = register_case(app, writing), register_case(app, writing, member_id=gone_id)
        for member_id in two:
            follow(writing, clerk, both.id, member_id=member_id)
        follow(writing, clerk, own.id, member_id=keep_id)
        both_id = both.id

    merged(keep_id=keep_id, gone_id=gone_id)

    session.rollback()
    rows = session.execute(select(ComplaintFollower.complaint_id, ComplaintFollower.member_id)).all()
    assert [tuple(row) for row in rows] == [(both_id, keep_id)]


@on_sqlite
def test_who_was_merged_earlier_follows_along(app: Flask, session: Session, two: tuple[int, int]) -> None:
    keep_id, gone_id = two
    with write_transaction() as writing:
        first_id = member_of(writing, "+66833333333").id
    merged(keep_id=gone_id, gone_id=first_id)

    merged(keep_id=keep_id, gone_id=gone_id)

    session.rollback()
    assert session.get_one(Member, first_id).merged_into_id == keep_id


@on_sqlite
def test_a_case_goes_on_while_its_complainant_is_merged(
    app: Flask, session: Session, two: tuple[int, int]
) -> None:
    keep_id, gone_id = two
    with write_transaction() as writing:
        case_id = register_case(app, writing, member_id=gone_id).id
    merged(keep_id=keep_id, gone_id=gone_id)

    with write_transaction() as writing:
        acknowledge(writing, actor_named(writing, "officer"), case_id)

    session.rollback()
    assert session.get_one(Complaint, case_id).status is ComplaintStatus.ACKNOWLEDGED


@on_sqlite
def test_the_shared_member_is_nobodys_double(app: Flask, session: Session, two: tuple[int, int]) -> None:
    shared_id = shared_member(session).id

    for pair in ({"keep_id": shared_id, "gone_id": two[1]}, {"keep_id": two[0], "gone_id": shared_id}):
        with pytest.raises(DomainError) as caught:
            merged(**pair)
        assert caught.value.code == "shared_member_fixed"


@on_sqlite
def test_what_makes_no_sense_is_named(app: Flask, session: Session, two: tuple[int, int]) -> None:
    keep_id, gone_id = two
    cases = [
        ({"keep_id": None, "gone_id": gone_id, "reason": " "}, {"phone", "reason"}),
        ({"keep_id": gone_id, "gone_id": gone_id}, {"phone"}),
    ]
    for changes, fields in cases:
        with pytest.raises(FieldErrors) as caught:
            merged(**changes)
        assert set(codes(caught.value)) == fields
    merged(keep_id=keep_id, gone_id=gone_id)
    for changes in ({"keep_id": keep_id, "gone_id": gone_id}, {"keep_id": gone_id, "gone_id": keep_id}):
        with pytest.raises(DomainError):
            merged(**changes)


@on_sqlite
def test_only_who_may_correct_members_may_merge_them(two: tuple[int, int]) -> None:
    with pytest.raises(NotPermitted):
        merged("officer", keep_id=two[0], gone_id=two[1])
    with pytest.raises(NotFound):
        merged(keep_id=two[0], gone_id=999_999)
