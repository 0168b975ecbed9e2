"""The table of transitions as a whole: every state can be reached and left, every row can be carried out."""

from __future__ import annotations

import pytest
from helpers.casework import STORY

from domain.actor import Actor
from domain.errors import MESSAGES, MESSAGES_EN
from domain.labels import WORDS
from domain.permissions import Permission
from domain.workflow import (
    CITIZEN_STEPS,
    TRANSITIONS,
    Action,
    allowed_actions,
    is_finished,
    transition_for,
)
from models import Complaint, ComplaintKind, ComplaintStatus, Figure, Scope, StatusKind

S = ComplaintStatus
# Their own verbs come with the rooms that need them (waiting, merging, withdrawing); nothing leads there yet.
LATER = {S.AWAITING_CITIZEN, S.AWAITING_PLAN, S.REFERRED_OUT, S.WITHDRAWN, S.DUPLICATE}
ENDS = {S.CLOSED, S.REJECTED, S.WITHDRAWN, S.DUPLICATE}


def case_in(status: ComplaintStatus, assignee_id: int | None = 7) -> Complaint:
    return Complaint(
        status=status, story=STORY, kind=ComplaintKind.COMPLAINT, assignee_id=assignee_id, department_id=1
    )


def officer(*permissions: Permission, scope: Scope = Scope.ALL, staff_user_id: int = 7) -> Actor:
    grants = {permission.value: scope for permission in permissions}
    return Actor(kind="staff", name="", staff_user_id=staff_user_id, department_id=1, grants=grants)


def test_every_action_stands_in_the_table_once() -> None:
    actions = [row.action for row in TRANSITIONS]

    assert len(actions) == len(set(actions))
    assert all(transition_for(action).action is action for action in actions)


def test_every_state_can_be_reached_from_a_beginning() -> None:
    reached = {row.target for row in TRANSITIONS if not row.sources and row.target}
    # A registration without an officer stops at accepted; the table names where it usually leads.
    reached.add(S.ACCEPTED)
    grown = True
    while grown:
        step = {row.target for row in TRANSITIONS if row.target and row.sources & reached} - reached
        grown = bool(step)
        reached |= step

    assert reached == set(S) - LATER


def test_no_unfinished_state_is_a_trap() -> None:
    left = {source for row in TRANSITIONS if row.target for source in row.sources}

    assert set(S) - ENDS - {S.AWAITING_CITIZEN} <= left


def test_a_finished_state_has_nothing_left_to_work_on() -> None:
    assert {status for status in S if is_finished(status)} == {
        S.RESOLVED,
        S.CLOSED,
        S.REJECTED,
        S.WITHDRAWN,
        S.DUPLICATE,
    }


@pytest.mark.parametrize("row", TRANSITIONS, ids=lambda row: row.action.value)
def test_somebody_may_carry_out_every_row(row: object) -> None:
    assert row.permission is not None or row.by_member or row.by_system  # type: ignore[attr-defined]


@pytest.mark.parametrize("row", [row for row in TRANSITIONS if row.button], ids=lambda row: row.action.value)
def test_every_button_names_a_permission_and_has_words(row: object) -> None:
    thai, english = WORDS[Action][row.action]  # type: ignore[attr-defined]

    assert row.permission in set(Permission)  # type: ignore[attr-defined]
    assert thai
    assert english


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


def test_a_new_case_offers_to_take_it_or_to_decline_it() -> None:
    clerk = officer(*Permission)

    offered = [row.action for row in allowed_actions(clerk, case_in(S.SUBMITTED))]

    assert offered == [Action.ACCEPT, Action.REJECT]


def test_only_the_responsible_officer_is_offered_to_acknowledge() -> None:
    mine, colleague = officer(*Permission), officer(*Permission, staff_user_id=8)

    assert Action.ACKNOWLEDGE in {row.action for row in allowed_actions(mine, case_in(S.DIRECTED))}
    assert Action.ACKNOWLEDGE not in {row.action for row in allowed_actions(colleague, case_in(S.DIRECTED))}


def test_an_officer_without_permissions_is_offered_nothing() -> None:
    assert not [row for status in S for row in allowed_actions(officer(), case_in(status))]


def test_a_case_beyond_the_reach_of_a_grant_offers_nothing() -> None:
    stranger = officer(*Permission, scope=Scope.OWN, staff_user_id=8)

    assert not list(allowed_actions(stranger, case_in(S.ACCEPTED)))


def test_an_ended_case_offers_nothing() -> None:
    everything = officer(*Permission)

    assert not [row for status in ENDS for row in allowed_actions(everything, case_in(status))]


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
