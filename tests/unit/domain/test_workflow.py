"""The table of transitions as a whole: every state can be reached and left, every row can be carried out."""

from __future__ import annotations

import pytest
from helpers.casework import STORY

from domain import complaints
from domain.actor import Actor
from domain.errors import MESSAGES, MESSAGES_EN
from domain.labels import WORDS
from domain.permissions import Permission
from domain.registration import register, submit
from domain.workflow import (
    CITIZEN_STEPS,
    TRANSITIONS,
    Action,
    Transition,
    allowed_actions,
    is_finished,
    transition_for,
)
from models import Complaint, ComplaintKind, ComplaintStatus, Figure, Scope, StatusKind

S = ComplaintStatus
A = Action
ENDS = {S.RESOLVED, S.CLOSED, S.REJECTED, S.WITHDRAWN, S.DUPLICATE}
# What is offered wherever a case stands: a word for colleagues.
ALWAYS = {A.NOTE}
BEGINNINGS = {A.SUBMIT: submit, A.REGISTER: register}


def each(*rows: Transition) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows or TRANSITIONS, ids=lambda row: row.action.value)


def case_in(status: ComplaintStatus, assignee_id: int | None = 7) -> Complaint:
    return Complaint(
        status=status, story=STORY, kind=ComplaintKind.COMPLAINT, assignee_id=assignee_id, department_id=1
    )


def officer(*permissions: Permission, scope: Scope = Scope.ALL, staff_user_id: int = 7) -> Actor:
    grants = {permission.value: scope for permission in permissions}
    return Actor(kind="staff", name="", staff_user_id=staff_user_id, department_id=1, grants=grants)


def offered(actor: Actor, status: ComplaintStatus) -> set[Action]:
    return {row.action for row in allowed_actions(actor, case_in(status))}


def test_every_action_stands_in_the_table_once() -> None:
    actions = [row.action for row in TRANSITIONS]

    assert len(actions) == len(set(actions))
    assert all(transition_for(action).action is action for action in actions)


@each(*(row for row in TRANSITIONS if row.action is not A.IMPORT))
def test_every_row_has_its_verb(row: Transition) -> None:
    verb = BEGINNINGS.get(row.action) or getattr(complaints, row.action.value)

    assert verb.__doc__


def test_every_state_can_be_reached_from_a_beginning() -> None:
    reached = {row.target for row in TRANSITIONS if not row.sources and row.target}
    # A registration without an officer stops at accepted; the table names where it usually leads.
    reached.add(S.ACCEPTED)
    grown = True
    while grown:
        step = {row.target for row in TRANSITIONS if row.target and row.sources & reached} - reached
        grown = bool(step)
        reached |= step

    assert reached == set(S)


def test_no_state_is_a_trap() -> None:
    left = {source for row in TRANSITIONS if row.target or row.leads_back for source in row.sources}

    assert left == set(S)


def test_every_unfinished_state_leads_to_an_end_in_one_act() -> None:
    ending = {source for row in TRANSITIONS if row.target in ENDS for source in row.sources}

    assert set(S) - ENDS <= ending


def test_a_finished_state_has_nothing_left_to_work_on() -> None:
    assert {status for status in S if is_finished(status)} == ENDS


@each(*(row for row in TRANSITIONS if row.action is not A.UNDO))
def test_somebody_may_carry_out_every_row(row: Transition) -> None:
    assert row.permission is not None or row.by_member or row.by_system


def test_undo_belongs_to_the_author_whatever_he_may_otherwise() -> None:
    undo = transition_for(A.UNDO)

    assert (undo.permission, undo.by_member, undo.by_system, undo.undoable) == (None, False, False, False)


def test_what_staff_do_to_a_case_that_is_there_can_be_undone() -> None:
    lasting = {row.action for row in TRANSITIONS if row.sources and not row.undoable}

    assert lasting == {A.RATE, A.UNDO, A.FOLLOW, A.UNFOLLOW}


@each(*(row for row in TRANSITIONS if row.button))
def test_every_button_names_a_permission_and_has_words(row: Transition) -> None:
    thai, english = WORDS[Action][row.action]

    assert row.permission in set(Permission)
    assert thai
    assert english


@each(*(row for row in TRANSITIONS if row.leads_back))
def test_a_row_that_leads_back_names_no_state_to_go_to(row: Transition) -> None:
    assert row.target is None
    assert row.sources


def test_every_state_belongs_to_a_kind_and_a_figure() -> None:
    not_counted = {status for status in S if status.figure is Figure.NONE}

    assert not_counted == {S.WITHDRAWN, S.DUPLICATE}
    assert all(status.figure is Figure.FINISHED for status in S if status.kind is StatusKind.DONE)


def test_the_citizen_reads_every_state_that_is_under_way_or_done_as_one_step() -> None:
    steps = [status for _key, states in CITIZEN_STEPS for status in states]

    assert len(steps) == len(set(steps))
    assert set(steps) == {
        status for status in S if status.kind in {StatusKind.OPEN, StatusKind.WAITING, StatusKind.DONE}
    }


def test_a_new_case_is_taken_asked_about_passed_on_or_ended() -> None:
    taken = {A.ACCEPT, A.ASK_CITIZEN, A.FORWARD, A.REFER_OUT, A.ADD_EVIDENCE, A.NOTE}

    assert offered(officer(*Permission), S.SUBMITTED) == {*taken, A.MERGE, A.REJECT, A.WITHDRAW}


def test_only_the_responsible_officer_is_offered_what_is_his_alone() -> None:
    mine, colleague = officer(*Permission), officer(*Permission, staff_user_id=8)

    assert offered(mine, S.DIRECTED) - offered(colleague, S.DIRECTED) == {A.ACKNOWLEDGE, A.HAND_BACK}
    assert offered(mine, S.IN_PROGRESS) - offered(colleague, S.IN_PROGRESS) == {A.HAND_BACK, A.ASK_MORE_TIME}


def test_an_officer_without_permissions_is_offered_nothing() -> None:
    assert not [row for status in S for row in allowed_actions(officer(), case_in(status))]


def test_a_case_beyond_the_reach_of_a_grant_offers_nothing() -> None:
    stranger = officer(*Permission, scope=Scope.OWN, staff_user_id=8)

    assert not offered(stranger, S.ACCEPTED)


@pytest.mark.parametrize(
    ("status", "ways"),
    [
        (S.RESOLVED, {A.CORRECT_RESULT, A.CLOSE, A.REOPEN}),
        (S.CLOSED, {A.CORRECT_RESULT, A.REOPEN}),
        (S.REJECTED, {A.REOPEN}),
        (S.WITHDRAWN, {A.REOPEN}),
        (S.DUPLICATE, {A.UNMERGE}),
    ],
    ids=lambda value: value.value if isinstance(value, S) else "",
)
def test_an_ended_case_offers_only_the_way_back(status: ComplaintStatus, ways: set[Action]) -> None:
    assert offered(officer(*Permission), status) - ALWAYS == ways


def test_the_errors_of_the_rules_have_words_in_both_languages() -> None:
    codes = {
        "already_done",
        "illegal_transition",
        "not_assignee",
        "stale_button",
        "category_of_other_department",
        "officer_without_line",
        "complainant_required",
    }

    assert codes <= set(MESSAGES)
    assert codes <= set(MESSAGES_EN)
