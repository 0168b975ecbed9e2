"""Who is told what: one message a person, in their words, and a bell for officers with or without LINE."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from helpers.casework import bring_to, member_of, press, register_case, submitted_case
from helpers.people import actor_named, officer_named
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import FrozenClock, now
from domain.complaints import acknowledge, rate
from domain.members import shared_member
from domain.notifications import citizen_steps
from domain.settings import write_setting
from models import (
    Complaint,
    ComplaintStatus,
    Disclosure,
    LineAccount,
    LineChannel,
    LineState,
    MessageTemplate,
    Notification,
    OutboxChannel,
    OutboxMessage,
    Role,
    StaffUser,
)

S = ComplaintStatus


def told(session: Session, case: Complaint) -> list[tuple[str, str]]:
    """Return (recipient, template) of everything in the outbox for a case, oldest first."""
    session.flush()
    rows = session.scalars(
        select(OutboxMessage).where(OutboxMessage.complaint_id == case.id).order_by(OutboxMessage.id)
    )
    return [(row.recipient_name, row.template_key) for row in rows]


def news(session: Session, case: Complaint, before: int) -> set[tuple[str, str]]:
    return set(told(session, case)[before:])


def bells(session: Session, case: Complaint) -> set[tuple[str, str]]:
    session.flush()
    rows = session.execute(
        select(StaffUser.username, Notification.template_key)
        .join(StaffUser, StaffUser.id == Notification.staff_user_id)
        .where(Notification.complaint_id == case.id)
    )
    return {(username, key) for username, key in rows}


def name_of(session: Session, username: str) -> str:
    return officer_named(session, username).full_name


def last_message(session: Session, channel: OutboxChannel) -> OutboxMessage:
    session.flush()
    found = select(OutboxMessage).where(OutboxMessage.channel == channel).order_by(OutboxMessage.id.desc())
    return session.scalars(found.limit(1)).one()


CITIZEN = "นายสมชาย ใจดี"

# workflow.md, column "told": C the complainant, O the officer, I the intake, H the head.
TOLD: dict[str, tuple[ComplaintStatus, str, set[tuple[str, str]]]] = {
    "accept": (S.SUBMITTED, "clerk", {("C", "citizen_accepted")}),
    "direct": (S.ACCEPTED, "clerk", {("O", "staff_directed"), ("C", "citizen_directed")}),
    "acknowledge": (S.DIRECTED, "officer", {("C", "citizen_acknowledged")}),
    "start": (S.DIRECTED, "officer", {("C", "citizen_started")}),
    "start after acknowledging": (S.ACKNOWLEDGED, "officer", set()),
    "record_result": (S.IN_PROGRESS, "officer", {("C", "citizen_result"), ("H", "staff_result")}),
    "close": (S.RESOLVED, "clerk", set()),
    "reject": (S.SUBMITTED, "clerk", {("C", "citizen_rejected")}),
}


@pytest.mark.parametrize("row", list(TOLD), ids=list(TOLD))
def test_each_act_tells_whom_the_table_names(app: Flask, session: Session, row: str) -> None:
    state, who, expected = TOLD[row]
    case = bring_to(app, session, state)
    before = len(told(session, case))
    names = {"C": CITIZEN, "O": name_of(session, "officer"), "H": name_of(session, "head")}

    press(session, who, case, row.split()[0])

    assert news(session, case, before) == {(names[letter], key) for letter, key in expected}


def test_a_citizens_own_complaint_tells_the_citizen_and_the_central_unit(
    app: Flask, session: Session
) -> None:
    case = submitted_case(app, session)

    assert (CITIZEN, "citizen_submitted") in told(session, case)
    assert ("central", "staff_new_complaint") in bells(session, case)


def test_a_registration_tells_the_citizen_and_the_officer(app: Flask, session: Session) -> None:
    case = register_case(app, session)

    assert set(told(session, case)) == {
        (CITIZEN, "citizen_registered"),
        (name_of(session, "officer"), "staff_directed"),
    }


def test_a_rating_tells_the_officer_and_the_head(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.RESOLVED)
    before = len(told(session, case))

    rate(session, Actor.member(case.member_id or 0, CITIZEN), case.id, stars=4, comment="เร็วดี")

    assert news(session, case, before) == {
        (name_of(session, "officer"), "staff_rated"),
        (name_of(session, "head"), "staff_rated"),
    }
    facts = last_message(session, OutboxChannel.LINE_STAFF).facts
    assert (facts["stars"], facts["comment"]) == (4, "เร็วดี")


def test_who_acts_is_not_told_of_it(app: Flask, session: Session) -> None:
    """The head who records a result himself need not read that he did."""
    case = bring_to(app, session, S.IN_PROGRESS)
    head = officer_named(session, "head")
    head.roles.append(session.scalars(select(Role).where(Role.code == "intake_clerk")).one())
    session.flush()

    press(session, "head", case, "record_result")

    assert ("head", "staff_result") not in bells(session, case)


def test_one_person_hears_once_of_one_event(app: Flask, session: Session) -> None:
    """The head is the responsible officer too: one message, though both are told of a rating."""
    head = officer_named(session, "head")
    head.roles.append(session.scalars(select(Role).where(Role.code == "field_officer")).one())
    session.flush()
    case = register_case(app, session, assignee_id=head.id)
    press(session, "head", case, "acknowledge")
    press(session, "head", case, "record_result")
    before = len(told(session, case))

    rate(session, Actor.member(case.member_id or 0, CITIZEN), case.id, stars=5)

    assert [entry for entry in told(session, case)[before:] if entry[0] == head.full_name] == [
        (head.full_name, "staff_rated")
    ]


def test_somebody_with_two_roles_hears_once(app: Flask, session: Session) -> None:
    head = officer_named(session, "head")
    twin = session.scalars(select(Role).where(Role.code == "head")).one()
    copy = Role(code="head2", name="หัวหน้าอีกคน")
    copy.grants = [type(grant)(permission=grant.permission, scope=grant.scope) for grant in twin.grants]
    head.roles.append(copy)
    session.flush()
    case = bring_to(app, session, S.RESOLVED)

    assert [key for name, key in told(session, case) if name == head.full_name] == ["staff_result"]


def test_the_shared_member_is_told_nothing(app: Flask, session: Session) -> None:
    case = register_case(app, session, member_id=shared_member(session).id)

    assert [key for _name, key in told(session, case)] == ["staff_directed"]


def test_a_citizen_without_line_is_told_nothing(app: Flask, session: Session) -> None:
    member = member_of(session, "+66890000001", line=False)
    case = register_case(app, session, member_id=member.id)

    assert [key for _name, key in told(session, case)] == ["staff_directed"]


def test_who_blocked_us_is_told_nothing(app: Flask, session: Session) -> None:
    member = member_of(session)
    member.line_accounts[0].state = LineState.BLOCKED

    case = register_case(app, session)

    assert [key for _name, key in told(session, case)] == ["staff_directed"]


def test_an_officer_without_line_hears_the_bell_alone(app: Flask, session: Session) -> None:
    officer = officer_named(session, "officer")
    session.execute(delete(LineAccount).where(LineAccount.staff_user_id == officer.id))
    session.commit()

    case = register_case(app, session)

    assert [key for _name, key in told(session, case)] == ["citizen_registered"]
    assert ("officer", "staff_directed") in bells(session, case)


def test_of_several_phones_the_one_bound_last_rings(app: Flask, session: Session) -> None:
    member = member_of(session)
    for number, (state, age) in enumerate([(LineState.FRIEND, 1), (LineState.BLOCKED, 0)], start=1):
        session.add(
            LineAccount(
                channel=LineChannel.CITIZEN,
                line_user_id=f"Uf{number:031x}",
                member=member,
                state=state,
                bound_at=now() + timedelta(hours=9 - age),
            )
        )
    session.flush()

    register_case(app, session)

    sent = session.scalars(
        select(OutboxMessage.recipient).where(OutboxMessage.channel == OutboxChannel.LINE_CITIZEN)
    ).all()
    assert sent == [f"Uf{1:031x}"]


def test_a_role_switched_off_is_told_nothing(app: Flask, session: Session) -> None:
    session.scalars(select(Role).where(Role.code == "head")).one().is_active = False
    session.flush()

    case = bring_to(app, session, S.RESOLVED)

    assert "staff_result" not in {key for _who, key in bells(session, case)}


def test_an_officer_switched_off_is_told_nothing(app: Flask, session: Session) -> None:
    officer_named(session, "head").is_active = False
    session.flush()

    case = bring_to(app, session, S.RESOLVED)

    assert ("head", "staff_result") not in bells(session, case)


def test_a_head_hears_of_the_units_below_and_of_no_other_department(app: Flask, session: Session) -> None:
    in_the_unit = register_case(app, session, assignee_id=officer_named(session, "jakrit.l").id)
    press(session, "jakrit.l", in_the_unit, "record_result")

    assert ("head", "staff_result") in bells(session, in_the_unit)
    assert ("nongkran.h", "staff_result") not in bells(session, in_the_unit)


def test_where_a_department_has_no_intake_the_central_unit_hears(app: Flask, session: Session) -> None:
    colleague = officer_named(session, "prasong.c")
    colleague.roles.append(session.scalars(select(Role).where(Role.code == "central_unit")).one())
    session.flush()
    with_clerk = register_case(app, session, who="central", assignee_id=None)
    officer_named(session, "clerk").is_active = False
    session.flush()
    without = register_case(app, session, who="central", assignee_id=None)

    assert bells(session, with_clerk) == {("clerk", "staff_new_complaint")}
    assert bells(session, without) == {("prasong.c", "staff_new_complaint")}


def test_a_concealed_complainant_is_on_no_officers_card(app: Flask, session: Session) -> None:
    register_case(app, session, disclosure=Disclosure.CONCEALED)

    said = str(last_message(session, OutboxChannel.LINE_STAFF).facts)

    assert "สมชาย" not in said
    assert "812345678" not in said


def test_a_citizens_card_names_no_officer_and_tells_no_story(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.ACKNOWLEDGED)

    facts = last_message(session, OutboxChannel.LINE_CITIZEN).facts

    assert facts["officer_name"] == facts["story_short"] == facts["comment"] == ""
    assert case.story not in str(facts)
    assert name_of(session, "officer") not in str(facts)


def test_an_orders_words_go_to_the_officer_and_not_to_the_citizen(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.ACCEPTED)

    press(session, "clerk", case, "direct", note="ระวังสุนัขดุ")

    assert last_message(session, OutboxChannel.LINE_STAFF).facts["comment"] == "ระวังสุนัขดุ"
    assert "ระวังสุนัขดุ" not in str(last_message(session, OutboxChannel.LINE_CITIZEN).facts)


def test_facts_are_in_the_language_of_who_reads_them(app: Flask, session: Session) -> None:
    member_of(session).line_accounts[0].language = "en"
    case = register_case(app, session)

    message = last_message(session, OutboxChannel.LINE_CITIZEN)

    assert message.language == "en"
    assert message.facts["state_word"] == "Waiting to be worked on"
    assert message.facts["kind_word"] == "Complaint"
    assert case.promised_text is not None
    assert "วัน" in case.promised_text
    assert "day" in message.facts["promised_text"]
    assert message.facts["due_text"].endswith(str((case.due_at or now()).year))
    assert message.facts["subtype_name"] == case.subcategory.name_en if case.subcategory else False
    assert last_message(session, OutboxChannel.LINE_STAFF).facts["state_word"] == "สั่งการแล้ว"


@pytest.mark.parametrize(
    ("who", "via", "waits"), [("officer", "web", 30), ("officer", "line", 0)], ids=["web", "LINE"]
)
def test_acts_of_staff_wait_so_that_undo_can_stop_them(
    app: Flask, session: Session, frozen_noon: FrozenClock, who: str, via: str, waits: int
) -> None:
    case = bring_to(app, session, S.DIRECTED)

    acknowledge(session, actor_named(session, who, via=via), case.id)

    held = last_message(session, OutboxChannel.LINE_CITIZEN).not_before
    assert held == frozen_noon() + timedelta(seconds=waits)


def test_the_wait_is_a_setting(app: Flask, session: Session, frozen_noon: FrozenClock) -> None:
    write_setting(session, "undo_hold_seconds", 5)
    case = bring_to(app, session, S.DIRECTED)

    press(session, "officer", case, "acknowledge")

    assert last_message(session, OutboxChannel.LINE_CITIZEN).not_before == frozen_noon() + timedelta(
        seconds=5
    )


def test_registrations_and_citizens_do_not_wait(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    register_case(app, session)
    submitted_case(app, session)

    assert set(session.scalars(select(OutboxMessage.not_before))) == {frozen_noon()}


def test_every_message_has_words_in_both_languages(app: Flask, session: Session) -> None:
    written = set(session.execute(select(MessageTemplate.key, MessageTemplate.language)))
    for row in TOLD:
        state, who, _expected = TOLD[row]
        press(session, who, bring_to(app, session, state), row.split()[0])
    session.flush()

    used = set(session.scalars(select(OutboxMessage.template_key)))
    assert {(key, language) for key in used for language in ("th", "en")} <= {tuple(pair) for pair in written}


STEPS: dict[ComplaintStatus, list[tuple[str, str]]] = {
    S.SUBMITTED: [
        ("ได้รับเรื่องแล้ว", "now"),
        ("รอดำเนินการ", "todo"),
        ("กำลังดำเนินการ", "todo"),
        ("ดำเนินการเสร็จสิ้น", "todo"),
    ],
    S.AWAITING_PLAN: [
        ("ได้รับเรื่องแล้ว", "done"),
        ("รอดำเนินการ", "done"),
        ("รอเข้าแผน", "now"),
        ("ดำเนินการเสร็จสิ้น", "todo"),
    ],
    S.CLOSED: [
        ("ได้รับเรื่องแล้ว", "done"),
        ("รอดำเนินการ", "done"),
        ("กำลังดำเนินการ", "done"),
        ("ปิดเรื่อง", "done"),
    ],
    S.REJECTED: [("ได้รับเรื่องแล้ว", "done"), ("ไม่รับเรื่อง", "now")],
    S.DUPLICATE: [("ได้รับเรื่องแล้ว", "done"), ("รวมกับเรื่องเดิม", "now")],
}


@pytest.mark.parametrize("status", list(STEPS))
def test_the_way_is_told_in_citizens_words(status: ComplaintStatus) -> None:
    case: Any = Complaint(status=status)

    assert [tuple(step) for step in citizen_steps(case, "th")] == STEPS[status]


@pytest.mark.parametrize("status", list(ComplaintStatus))
def test_every_state_has_a_way_with_one_present_step(status: ComplaintStatus) -> None:
    case: Any = Complaint(status=status)

    marks = [mark for _word, mark in citizen_steps(case, "en")]

    assert marks.count("now") == (0 if status in {S.RESOLVED, S.CLOSED} else 1)
    assert marks[0] in {"now", "done"}
