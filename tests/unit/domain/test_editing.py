"""Correcting what was written down: every field, two people at once, and rights that go with a field."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from helpers.casework import (
    bring_to,
    category,
    days_ago,
    field_codes,
    form_of,
    phone_channel,
    press,
    register_case,
    submitted_case,
    subtype,
    told,
)
from helpers.people import actor_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clock import now
from domain.complaints import edit
from domain.errors import AlreadyDone, DomainError, FieldErrors, InvalidField, NotPermitted, StaleRow
from extensions import db, write_transaction
from models import (
    AuditEntry,
    Channel,
    Community,
    Complaint,
    ComplaintKind,
    ComplaintStatus,
    Disclosure,
    Job,
    RoleGrant,
    Urgency,
)

S = ComplaintStatus
sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def corrected(session: Session, case: Complaint, who: str = "clerk", **changes: Any) -> Complaint:
    entry = form_of(session, case, **changes)
    return edit(session, actor_named(session, who), case.id, entry=entry, version=case.version)


def test_every_field_of_the_form_can_be_corrected(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    kept = (case.number, case.due_at, case.promised_text, case.status, case.state_seq, case.assignee_id)
    community = session.scalars(select(Community).where(Community.is_unknown.is_(False))).first()
    other_kind = next(
        row for row in subtype(session, "ฟ.(2)").category.subcategories if row.id != case.subcategory_id
    )
    assert community is not None
    walk_in = session.scalars(select(Channel).where(Channel.id != phone_channel(session))).first()
    assert walk_in is not None

    corrected(
        session,
        case,
        story="ไฟดับทั้งซอยตั้งแต่เมื่อคืน",
        place_text="หน้าวัด",
        road_name="ถนนที่ไม่เคยมี",
        latitude=Decimal("16.432100"),
        longitude=Decimal("102.834000"),
        community_id=community.id,
        zone_id=community.zone_id,
        channel_id=walk_in.id,
        subcategory_id=other_kind.id,
        kind=ComplaintKind.SUGGESTION,
        urgency=Urgency.URGENT,
        disclosure=Disclosure.DISCLOSED,
        callback_phone="+66811111111",
        received_at=days_ago(2),
    )

    assert (case.story, case.place_text) == ("ไฟดับทั้งซอยตั้งแต่เมื่อคืน", "หน้าวัด")
    assert case.road is not None
    assert (case.road.name, case.community) == ("ถนนที่ไม่เคยมี", community)
    assert (case.channel, case.subcategory) == (walk_in, other_kind)
    assert (case.kind, case.urgency) == (ComplaintKind.SUGGESTION, Urgency.URGENT)
    assert case.listed_at == case.received_at
    assert "หน้าวัด" in case.search_text
    assert (
        case.number,
        case.due_at,
        case.promised_text,
        case.status,
        case.state_seq,
        case.assignee_id,
    ) == kept
    assert len(case.events[-1].facts["fields"]) >= 14
    assert told(session, case) == set()


@sqlite
def test_who_changed_what_is_in_the_audit_without_the_telephone_number(app: Flask, session: Session) -> None:
    case = register_case(app, session)

    corrected(session, case, place_text="หน้าวัด", callback_phone="+66811111111")

    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert entry.changes["place_text"] == [None, "หน้าวัด"]
    assert "811111111" not in str(entry.changes)


@sqlite
def test_a_correction_asks_for_a_new_copy(app: Flask, session: Session) -> None:
    case = register_case(app, session)

    corrected(session, case, place_text="หน้าวัด")

    jobs = session.scalars(select(Job.arguments).where(Job.complaint_id == case.id)).all()
    assert [job["event_id"] for job in jobs] == [case.events[0].id, case.events[-1].id]


def test_of_two_who_correct_one_case_the_second_sees_the_first(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    session.commit()
    read_at, case_id = case.version, case.id
    entries = [form_of(session, case, place_text=text) for text in ("หน้าวัด", "หลังวัด")]
    actors = [actor_named(session, who) for who in ("clerk", "central")]
    session.commit()
    together, answers = threading.Barrier(2), []

    def run(place: int) -> None:
        with app.app_context():
            together.wait()
            try:
                with write_transaction() as own:
                    edit(own, actors[place], case_id, entry=entries[place], version=read_at)
                answers.append("done")
            except DomainError as error:
                answers.append(error.code)
            finally:
                db.session.remove()

    rivals = [threading.Thread(target=run, args=(place,)) for place in range(2)]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join()

    assert sorted(answers) == ["done", "edited_meanwhile"]


@sqlite
def test_a_form_from_before_somebody_elses_correction_writes_nothing(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    read_at, mine = case.version, form_of(session, case, story="เรื่องของฉัน", urgency=Urgency.URGENT)
    corrected(session, case, who="central", place_text="หน้าวัด")

    with pytest.raises(StaleRow) as caught:
        edit(session, actor_named(session, "clerk"), case.id, entry=mine, version=read_at)

    assert caught.value.code == "edited_meanwhile"
    assert (case.story != "เรื่องของฉัน", case.place_text) == (True, "หน้าวัด")


@sqlite
def test_a_photo_or_a_note_makes_no_form_old(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    session.flush()
    read_at, mine = case.version, form_of(session, case, place_text="หน้าวัด")
    press(session, "officer", case, "note")
    press(session, "officer", case, "add_evidence")

    edit(session, actor_named(session, "clerk"), case.id, entry=mine, version=read_at)

    assert case.place_text == "หน้าวัด"


@sqlite
def test_a_form_sent_twice_is_one_correction(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    read_at, mine = case.version, form_of(session, case, place_text="หน้าวัด")
    edit(session, actor_named(session, "clerk"), case.id, entry=mine, version=read_at)

    with pytest.raises(AlreadyDone):
        edit(session, actor_named(session, "clerk"), case.id, entry=mine, version=read_at)

    assert [event.kind.value for event in case.events].count("edit") == 1


@sqlite
def test_a_form_that_changes_nothing_is_said_to(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    minute = (case.received_at or now()).replace(second=0, microsecond=0)

    with pytest.raises(InvalidField) as caught:
        corrected(session, case, received_at=minute)

    assert caught.value.code == "nothing_changed"


@sqlite
def test_what_decides_needs_the_right_to_decide(app: Flask, session: Session) -> None:
    """A role that may correct words but neither type nor day of receipt."""
    case = register_case(app, session)
    decides = ("complaint:direct", "complaint:accept")
    for grant in session.scalars(select(RoleGrant).where(RoleGrant.permission.in_(decides))):
        session.delete(grant)
    session.flush()
    session.expire_all()
    other = next(row for row in case.category.subcategories if row.id != case.subcategory_id)

    corrected(session, case, place_text="หน้าวัด")
    for changes in ({"subcategory_id": other.id}, {"received_at": days_ago(3)}):
        with pytest.raises(NotPermitted):
            corrected(session, case, **changes)

    assert case.place_text == "หน้าวัด"


@sqlite
def test_a_type_of_another_department_is_forwarded_and_not_typed(app: Flask, session: Session) -> None:
    case, foreign = register_case(app, session), subtype(session, "อส.(1)")

    with pytest.raises(FieldErrors) as caught:
        corrected(session, case, "central", category_id=foreign.category_id, subcategory_id=foreign.id)

    assert field_codes(caught.value) == {"category_id": "forward_instead"}


@sqlite
def test_a_new_case_of_no_department_may_be_given_any_type(app: Flask, session: Session) -> None:
    case = submitted_case(app, session)
    case.department = None
    session.flush()

    corrected(session, case, "central", category_id=category(session, "อส.").id)

    assert (case.status, case.category) == (S.SUBMITTED, category(session, "อส."))


@sqlite
def test_type_and_subtype_fit_each_other(app: Flask, session: Session) -> None:
    case, other = register_case(app, session), subtype(session, "ช.(1)")

    with pytest.raises(FieldErrors) as caught:
        corrected(session, case, category_id=other.category_id)
    corrected(session, case, category_id=other.category_id, subcategory_id=other.id)

    assert field_codes(caught.value) == {"subcategory_id": "subcategory_of_other_category"}
    assert (case.category_id, case.subcategory_id) == (other.category_id, other.id)


@sqlite
def test_what_was_switched_off_or_is_old_may_stay_while_something_else_is_corrected(
    app: Flask, session: Session
) -> None:
    community = session.scalars(select(Community).where(Community.is_unknown.is_(False))).first()
    assert community is not None
    case = register_case(app, session, community_id=community.id, zone_id=community.zone_id)
    case.received_at = now() - timedelta(days=2_000)
    community.is_active = case.subcategory.is_active = case.channel.is_active = False  # type: ignore[union-attr]
    session.flush()

    corrected(session, case, place_text="หน้าวัด")

    assert (case.place_text, case.community) == ("หน้าวัด", community)


@sqlite
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"story": " "}, {"story": "story_required"}),
        ({"received_at": now() + timedelta(days=800)}, {"received_at": "received_in_future"}),
        ({"channel_id": None}, {"channel_id": "choice_required"}),
        ({"place_text": "ก" * 401}, {"place_text": "text_too_long"}),
    ],
    ids=["no story", "tomorrow and later", "no channel", "a place too long"],
)
def test_what_cannot_be_taken_is_said_field_by_field(
    app: Flask, session: Session, changes: dict[str, Any], expected: dict[str, str]
) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)

    with pytest.raises(FieldErrors) as caught:
        corrected(session, case, **changes)

    assert field_codes(caught.value) == expected
