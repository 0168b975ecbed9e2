"""How a complaint begins: everything at once, exactly once, and nothing of it when something is wrong."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from helpers.casework import (
    category,
    entry_of,
    hold,
    member_of,
    plain_subtype,
    register_case,
    submitted_case,
    subtype,
    token,
)
from helpers.people import actor_named, officer_named
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.attachments import held_photos
from domain.clock import FrozenClock, bangkok, frozen, now
from domain.errors import FieldErrors, NotPermitted
from domain.members import MemberEntry, shared_member
from domain.registration import MAX_STORY, Entry, register, registered_before, submit
from domain.settings import write_setting
from domain.vault import Vault
from extensions import db, write_transaction
from faults import InjectedFault
from models import (
    AttachmentStage,
    AuditAction,
    AuditEntry,
    Community,
    Complaint,
    ComplaintStatus,
    Consent,
    EventKind,
    Figure,
    FormToken,
    Job,
    Member,
    Notification,
    NumberSeries,
    OutboxChannel,
    OutboxMessage,
    Road,
    Zone,
)

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
S = ComplaintStatus
INSIDE = (Decimal("16.432105"), Decimal("102.836410"))
NEWCOMER = MemberEntry(phone="093-572-7903", first_name="มาลี", last_name="รักเมือง")


def field_codes(error: FieldErrors) -> dict[str | None, str]:
    return {each.field: each.code for each in error.errors}


def refused(app: Flask, session: Session, who: str = "clerk", **changes: Any) -> dict[str | None, str]:
    with pytest.raises(FieldErrors) as caught:
        register_case(app, session, who, **changes)
    return field_codes(caught.value)


def texts_of(session: Session, channel: OutboxChannel) -> list[str]:
    rows = session.scalars(select(OutboxMessage).where(OutboxMessage.channel == channel))
    return [row.template_key for row in rows]


# Everything at once -----------------------------------------------------------------------------------------


def test_saving_gives_number_code_event_messages_bell_and_pdf_job_together(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = register_case(app, session)

    assert case.number == "ฟ. 1/2569"
    assert case.public_code == "2026-1"
    assert (case.status, case.figure) == (S.DIRECTED, Figure.EXAMINATION)
    assert case.accepted_at == case.directed_at == case.received_at == now()
    assert [event.kind for event in case.events] == [EventKind.REGISTER]
    assert texts_of(session, OutboxChannel.LINE_CITIZEN) == ["citizen_registered"]
    assert texts_of(session, OutboxChannel.LINE_STAFF) == ["staff_directed"]
    assert session.scalars(select(Notification.staff_user_id)).all() == [case.assignee_id]
    assert session.scalars(select(Job.complaint_id)).all() == [case.id]
    audited = session.scalars(select(AuditEntry).where(AuditEntry.object_type == "complaint")).all()
    assert [entry.action for entry in audited] == [AuditAction.CREATE]


@on_sqlite
def test_without_an_officer_it_stops_at_accepted_and_the_other_intake_officers_are_told(
    app: Flask, session: Session
) -> None:
    case = register_case(app, session, who="central", assignee_id=None, subcategory_id=None)

    assert case.status is S.ACCEPTED
    assert case.number is not None
    assert case.directed_at is None
    assert "staff_new_complaint" in texts_of(session, OutboxChannel.LINE_STAFF)
    assert officer_named(session, "clerk").id in set(session.scalars(select(Notification.staff_user_id)))


@on_sqlite
def test_the_promise_is_counted_from_the_day_of_receipt(app: Flask, session: Session) -> None:
    with frozen(bangkok(2026, 11, 20, 12)):  # A Friday; 3–7 working days.
        kind = subtype(session, "ช.(1)")
        case = register_case(app, session, category_id=kind.category_id, subcategory_id=kind.id)

    assert case.promised_text == "3–7 วันทำการ"
    assert case.due_at == bangkok(2026, 12, 1, 16, 30)


@on_sqlite
def test_a_newcomer_is_registered_in_the_same_go(app: Flask, session: Session) -> None:
    case = register_case(app, session, member_id=None, newcomer=NEWCOMER, notice="1")

    assert case.member is not None
    assert (case.member.phone, case.member.full_name) == ("+66935727903", "มาลี รักเมือง")
    assert session.scalars(select(Consent.wording_version)).all() == ["1"]


@on_sqlite
def test_the_photos_that_waited_under_the_form_hang_on_the_complaint(app: Flask, session: Session) -> None:
    form, clerk = token(), actor_named(session, "clerk")
    hold(session, clerk, form, AttachmentStage.BEFORE, "a")
    hold(session, clerk, form, AttachmentStage.BEFORE, "b")

    case = register_case(app, session, form_token=form)

    assert not held_photos(session, clerk, form)
    names = [photo.display_name for photo in case.attachments]
    assert names == [f"ฟ.{case.number_running}-2569-before-{index:02d}.jpg" for index in (1, 2)]


@on_sqlite
def test_the_shared_member_gets_no_message_and_keeps_the_callers_number_apart(
    app: Flask, session: Session
) -> None:
    case = register_case(
        app,
        session,
        member_id=shared_member(session).id,
        callback_phone="+66990009999",
        disclosure="concealed",
    )

    assert case.callback_phone == "+66990009999"
    assert "0990009999" not in case.search_text
    assert not texts_of(session, OutboxChannel.LINE_CITIZEN)


@on_sqlite
def test_a_blocked_or_missing_line_account_gets_no_message(app: Flask, session: Session) -> None:
    register_case(app, session, member_id=member_of(session, "+66811112222", line=False).id)

    assert not texts_of(session, OutboxChannel.LINE_CITIZEN)
    assert texts_of(session, OutboxChannel.LINE_STAFF) == ["staff_directed"]


# Exactly once -----------------------------------------------------------------------------------------------


def test_the_same_form_sent_twice_is_one_complaint(app: Flask, session: Session) -> None:
    entry = entry_of(session)
    clerk, vault = actor_named(session, "clerk"), app.extensions["vault"]

    first = register(session, clerk, vault, entry)
    second = register(session, clerk, vault, Entry(**{**_facts(entry), "story": "อย่างอื่น"}))

    assert second is first
    assert second.story != "อย่างอื่น"
    assert session.scalar(select(func.count(Complaint.id))) == 1
    assert session.scalar(select(func.count(OutboxMessage.id))) == 2


@on_sqlite
def test_a_second_press_registers_no_second_newcomer(app: Flask, session: Session) -> None:
    entry = entry_of(session, member_id=None, newcomer=NEWCOMER)
    clerk, vault = actor_named(session, "clerk"), app.extensions["vault"]
    before = session.scalar(select(func.count(Member.id))) or 0

    assert register(session, clerk, vault, entry) is register(session, clerk, vault, entry)

    assert session.scalar(select(func.count(Member.id))) == before + 1


@on_sqlite
def test_an_entry_that_was_refused_leaves_its_form_fresh(app: Flask, session: Session) -> None:
    form, member_id = token(), member_of(session).id
    session.commit()
    with pytest.raises(FieldErrors), write_transaction() as writing:
        register_case(app, writing, form_token=form, story=" ", member_id=member_id)

    assert registered_before(session, form) is None
    with write_transaction() as writing:
        case = register_case(app, writing, form_token=form, member_id=member_id)
        assert case.number_running == 1


@pytest.mark.parametrize("point", ["before_number", "after_number", "before_event", "before_commit"])
def test_a_fault_at_any_point_leaves_no_complaint_and_uses_no_number(
    app: Flask, session: Session, fault_at: Any, point: str
) -> None:
    entry = entry_of(session)
    session.commit()
    vault: Vault = app.extensions["vault"]
    clerk = actor_named(session, "clerk")
    session.rollback()

    with fault_at(point), pytest.raises(InjectedFault), write_transaction() as writing:
        register(writing, clerk, vault, entry)

    for table in (Complaint, NumberSeries, OutboxMessage, FormToken, Job):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0
    with write_transaction() as writing:
        assert register(writing, clerk, vault, entry).number_running == 1


# What cannot be taken ---------------------------------------------------------------------------------------


@on_sqlite
def test_everything_that_is_missing_is_said_at_once(app: Flask, session: Session) -> None:
    empty = Entry(form_token=token(), story=" \n ")
    with pytest.raises(FieldErrors) as caught:
        register(session, actor_named(session, "clerk"), app.extensions["vault"], empty)

    assert field_codes(caught.value) == {
        "story": "story_required",
        "member_id": "complainant_required",
        "channel_id": "choice_required",
        "category_id": "category_required",
    }


@on_sqlite
@pytest.mark.parametrize(
    "field", ["member_id", "channel_id", "category_id", "subcategory_id", "assignee_id", "zone_id"]
)
def test_a_row_that_has_vanished_is_named_by_its_field(app: Flask, session: Session, field: str) -> None:
    assert refused(app, session, **{field: 999_999})[field] == "choice_unknown"


@on_sqlite
def test_a_subtype_switched_off_meanwhile_is_refused(app: Flask, session: Session) -> None:
    kind = plain_subtype(session)
    kind.is_active = False

    found = refused(app, session, category_id=kind.category_id, subcategory_id=kind.id)

    assert found == {"subcategory_id": "choice_unknown"}


@on_sqlite
def test_a_subtype_of_another_main_type_is_refused(app: Flask, session: Session) -> None:
    found = refused(app, session, subcategory_id=subtype(session, "ช.(1)").id)

    assert found == {"subcategory_id": "subcategory_of_other_category"}


@on_sqlite
def test_an_officer_needs_a_subtype(app: Flask, session: Session) -> None:
    assert refused(app, session, subcategory_id=None) == {"subcategory_id": "subcategory_required"}


@on_sqlite
def test_an_officer_of_another_department_is_refused(app: Flask, session: Session) -> None:
    stranger = officer_named(session, "wilaiwan.h")

    assert refused(app, session, assignee_id=stranger.id) == {"assignee_id": "officer_of_other_department"}


@on_sqlite
def test_an_officer_of_a_part_below_the_department_may_be_responsible(app: Flask, session: Session) -> None:
    case = register_case(app, session, assignee_id=officer_named(session, "jakrit.l").id)

    assert case.department is not None
    assert case.department.code == "lighting"


@on_sqlite
def test_an_officer_switched_off_is_named(app: Flask, session: Session) -> None:
    officer_named(session, "officer").is_active = False

    assert refused(app, session) == {"assignee_id": "officer_inactive"}


@on_sqlite
def test_where_the_town_asks_for_it_an_officer_needs_staff_line(app: Flask, session: Session) -> None:
    write_setting(session, "officer_must_have_line", True)
    officer = officer_named(session, "officer")
    officer.line_accounts.clear()
    session.flush()

    assert refused(app, session) == {"assignee_id": "officer_without_line"}


@on_sqlite
def test_a_department_numbers_in_its_own_series_only(app: Flask, session: Session) -> None:
    foreign = category(session, "อส.")

    found = refused(app, session, category_id=foreign.id, subcategory_id=None, assignee_id=None)

    assert found == {"category_id": "category_of_other_department"}


@on_sqlite
def test_the_central_unit_numbers_in_every_series(app: Flask, session: Session) -> None:
    foreign = category(session, "อส.")

    case = register_case(
        app, session, "central", category_id=foreign.id, subcategory_id=None, assignee_id=None
    )

    assert case.number == f"อส. 1/{now().year + 543}"


@on_sqlite
@pytest.mark.parametrize("who", ["officer", "head", "executive", "admin"])
def test_only_the_intake_may_enter_complaints(app: Flask, session: Session, who: str) -> None:
    with pytest.raises(NotPermitted):
        register_case(app, session, who)


@on_sqlite
def test_receipt_lies_neither_in_the_future_nor_years_back(app: Flask, session: Session) -> None:
    later = refused(app, session, received_at=now() + timedelta(minutes=1))
    too_early = refused(app, session, received_at=now() - timedelta(days=800))

    assert later == {"received_at": "received_in_future"}
    assert too_early == {"received_at": "date_too_early"}


@on_sqlite
def test_a_story_of_fifty_thousand_letters_is_refused_with_its_length(app: Flask, session: Session) -> None:
    assert refused(app, session, story="ก" * 50_000) == {"story": "text_too_long"}
    assert register_case(app, session, story="ก" * MAX_STORY).story == "ก" * MAX_STORY


@on_sqlite
def test_control_characters_and_bidi_marks_do_not_reach_the_story(app: Flask, session: Session) -> None:
    case = register_case(app, session, story="ไฟ\x00ดับ\x07\u202e ที่\u200bนี่")

    assert case.story == "ไฟดับ ที่นี่"


# Where it lies ----------------------------------------------------------------------------------------------


@on_sqlite
def test_the_pin_decides_the_zone_when_nobody_chose_one(app: Flask, session: Session) -> None:
    case = register_case(app, session, latitude=INSIDE[0], longitude=INSIDE[1])

    assert case.zone is not None
    assert case.zone.boundary
    assert not case.is_outside


@on_sqlite
def test_a_pin_outside_is_kept_and_marked(app: Flask, session: Session) -> None:
    case = register_case(app, session, latitude=Decimal("13.7563"), longitude=Decimal("100.5018"))

    assert case.is_outside
    assert case.zone_id is None


@on_sqlite
def test_unknown_zone_is_a_choice_that_stands(app: Flask, session: Session) -> None:
    unknown = session.scalars(select(Zone).where(Zone.is_unknown)).one()

    case = register_case(app, session, zone_id=unknown.id, latitude=INSIDE[0], longitude=INSIDE[1])

    assert case.zone is unknown


@on_sqlite
def test_a_community_brings_its_zone_and_refuses_another(app: Flask, session: Session) -> None:
    community = session.scalars(select(Community).where(Community.is_unknown.is_(False))).first()
    assert community is not None
    other = session.scalars(
        select(Zone).where(Zone.id != community.zone_id, Zone.is_unknown.is_(False))
    ).first()
    assert other is not None

    assert register_case(app, session, community_id=community.id).zone_id == community.zone_id
    found = refused(app, session, community_id=community.id, zone_id=other.id)
    assert found == {"community_id": "community_of_other_zone"}


@on_sqlite
def test_a_road_typed_for_the_first_time_is_remembered(app: Flask, session: Session) -> None:
    one = register_case(app, session, road_name="ซอยทดสอบ  9")
    two = register_case(app, session, road_name="ซอยทดสอบ 9")

    assert one.road is two.road
    assert session.scalar(select(func.count(Road.id)).where(Road.name == "ซอยทดสอบ 9")) == 1


# Numbers ----------------------------------------------------------------------------------------------------


@on_sqlite
def test_the_number_belongs_to_the_bangkok_year_of_acceptance(app: Flask, session: Session) -> None:
    with frozen(bangkok(2026, 12, 31, 23, 59, 59)):
        old = register_case(app, session)
    with frozen(bangkok(2027, 1, 1)):
        new = register_case(app, session)

    assert (old.number, new.number) == ("ฟ. 1/2569", "ฟ. 1/2570")
    assert (old.public_code, new.public_code) == ("2026-1", "2027-1")


@on_sqlite
def test_each_main_type_counts_for_itself(app: Flask, session: Session) -> None:
    roads = subtype(session, "ช.(2)")
    numbers = [
        register_case(app, session).number_running,
        register_case(app, session, category_id=roads.category_id, subcategory_id=roads.id).number_running,
        register_case(app, session).number_running,
    ]

    assert numbers == [1, 1, 2]


# A citizen hands one in -------------------------------------------------------------------------------------


def test_a_citizens_complaint_has_a_code_but_no_number_yet(app: Flask, session: Session) -> None:
    case = submitted_case(app, session)

    assert (case.number, case.status) == (None, S.SUBMITTED)
    assert case.public_code
    assert case.category_id is None
    password = app.extensions["vault"].tracking_password(case.public_code, 1)
    assert app.extensions["vault"].matches_tracking(password, case.tracking_hash)


@on_sqlite
def test_a_citizens_second_press_is_one_complaint(app: Flask, session: Session) -> None:
    member = member_of(session)
    entry = entry_of(session, assignee_id=None)
    actor, vault = Actor.member(member.id, member.full_name), app.extensions["vault"]

    assert submit(session, actor, vault, entry) is submit(session, actor, vault, entry)


@on_sqlite
def test_a_citizen_must_tell_a_story(app: Flask, session: Session) -> None:
    with pytest.raises(FieldErrors) as caught:
        submitted_case(app, session, story="\u200b")

    assert field_codes(caught.value) == {"story": "story_required"}


def _facts(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
