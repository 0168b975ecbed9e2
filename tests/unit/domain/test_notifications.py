"""Who is told what: one message a person, in their words, and a bell for officers with or without LINE."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from helpers.casework import (
    bring_to,
    member_of,
    press,
    register_case,
    submitted_case,
)
from helpers.hearing import CITIZEN, LETTERS, TOLD, bells, last_message, name_of, news, ready_for, told
from helpers.people import actor_named, officer_named
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import FrozenClock, now
from domain.complaints import acknowledge, follow, rate
from domain.members import shared_member
from domain.settings import write_setting
from domain.workflow import TRANSITIONS
from line_sim.checks import check_body
from line_sim.state import user_id_for
from models import (
    ComplaintStatus,
    LineAccount,
    LineChannel,
    LineState,
    OutboxChannel,
    OutboxMessage,
    Role,
)
from worker.letters import write_letters

S = ComplaintStatus


def test_every_act_of_staff_on_a_case_says_here_whom_it_tells() -> None:
    acts = {row.action.value for row in TRANSITIONS if row.undoable}

    assert {name.split()[0] for name in TOLD} == acts


@pytest.mark.parametrize("row", list(TOLD), ids=list(TOLD))
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_each_act_tells_whom_the_table_names(app: Flask, session: Session, row: str) -> None:
    _state, who, expected = TOLD[row]
    case = ready_for(app, session, row)
    before = len(told(session, case))
    names = {letter: name_of(session, username) for letter, username in LETTERS.items()}

    press(session, who, case, row.split()[0])

    assert news(session, case, before) == {({"C": CITIZEN, **names}[letter], key) for letter, key in expected}


@pytest.mark.parametrize("row", [row for row in TOLD if TOLD[row][2]], ids=str)
@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_each_message_becomes_a_card_that_line_takes(
    app: Flask, session: Session, row: str, language: str
) -> None:
    _state, who, expected = TOLD[row]
    case = ready_for(app, session, row)
    for account in session.scalars(select(LineAccount)):
        account.language = language
    session.flush()

    press(session, who, case, row.split()[0])
    session.commit()
    newest = select(OutboxMessage).where(OutboxMessage.event_id == case.events[-1].id)
    rows = session.scalars(newest.order_by(OutboxMessage.id)).all()
    letters = write_letters(session, app, [message.id for message in rows])

    assert {message.template_key for message in rows} == {key for _letter, key in expected}
    for letter in letters:
        assert letter.body, letter.detail
        push = {"to": user_id_for("malee"), "messages": letter.body}
        assert check_body("push", push, allow_http=True) == []


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


def test_who_follows_a_case_hears_what_its_complainant_hears(app: Flask, session: Session) -> None:
    case, neighbour = register_case(app, session), member_of(session, "+66890000009")
    neighbour.first_name = "สมหญิง"
    follow(session, actor_named(session, "clerk"), case.id, member_id=neighbour.id)
    before = len(told(session, case))

    press(session, "officer", case, "acknowledge")

    assert news(session, case, before) == {
        (CITIZEN, "citizen_acknowledged"),
        ("นายสมหญิง ใจดี", "citizen_acknowledged"),
    }


def test_an_officer_is_told_that_a_case_is_his_no_more(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)
    before = len(told(session, case))

    press(session, "clerk", case, "direct", assignee_id=officer_named(session, "nirut.b").id)

    assert news(session, case, before) == {
        (name_of(session, "nirut.b"), "staff_directed"),
        (name_of(session, "officer"), "staff_reassigned"),
    }
    card = last_message(session, OutboxChannel.LINE_STAFF).facts
    assert (card["officer_name"], card["reason"]) == (name_of(session, "nirut.b"), "")


def test_the_same_officer_with_another_subtype_is_ordered_and_not_released(
    app: Flask, session: Session
) -> None:
    case = bring_to(app, session, S.DIRECTED)
    other = next(row for row in case.category.subcategories if row.id != case.subcategory_id)
    before = len(told(session, case))

    press(session, "clerk", case, "direct", subcategory_id=other.id)

    assert news(session, case, before) == {(name_of(session, "officer"), "staff_directed")}


def test_who_gives_his_own_case_away_needs_no_telling(app: Flask, session: Session) -> None:
    head = officer_named(session, "head")
    head.roles.append(session.scalars(select(Role).where(Role.code == "field_officer")).one())
    session.flush()
    case = register_case(app, session, assignee_id=head.id)

    press(session, "head", case, "direct")

    assert ("head", "staff_reassigned") not in bells(session, case)
    assert ("officer", "staff_directed") in bells(session, case)


def test_who_orders_himself_gets_the_card_with_the_buttons(app: Flask, session: Session) -> None:
    head = officer_named(session, "head")
    head.roles.append(session.scalars(select(Role).where(Role.code == "field_officer")).one())
    session.flush()
    case = bring_to(app, session, S.ACCEPTED)

    press(session, "head", case, "direct", assignee_id=head.id)

    assert ("head", "staff_directed") in bells(session, case)


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
