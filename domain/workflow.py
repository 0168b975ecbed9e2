"""The state machine as one table: who may do what from where, what it needs, and who is told.

Written from workflow.md. Buttons, permissions, required fields, messages, docs/workflow.md and tests
come from ``TRANSITIONS``; change it in an ADR and in code together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.actor import Actor
from domain.permissions import Permission, may
from domain.transition import Audience as Audience
from domain.transition import Telling as Telling
from domain.transition import Transition as Transition
from domain.transition import told
from models import Complaint, ComplaintStatus, EventKind, StatusKind

S = ComplaintStatus
P = Permission
Action = EventKind

UNFINISHED = frozenset(status for status in S if status.kind in {StatusKind.OPEN, StatusKind.WAITING})
DONE = frozenset({S.RESOLVED, S.CLOSED})
WORKED_ON = frozenset({S.ACCEPTED, S.DIRECTED, S.ACKNOWLEDGED, S.IN_PROGRESS})
ANYWHERE = frozenset(S)


def _begins(action: Action, target: ComplaintStatus | None, needs: str, **more: Any) -> Transition:
    """Return the row of an act that makes a complaint."""
    return Transition(action, frozenset(), target, requires=frozenset(needs.split()), **more)


def _button(
    action: Action,
    sources: set[ComplaintStatus] | frozenset[ComplaintStatus],
    target: ComplaintStatus | None,
    permission: Permission,
    needs: str = "",
    **more: Any,
) -> Transition:
    """Return the row of an act that staff screens offer and its author may undo."""
    required = frozenset(needs.split())
    more = {"button": True, "undoable": True, **more}
    return Transition(action, frozenset(sources), target, permission, requires=required, **more)


TRANSITIONS: tuple[Transition, ...] = (
    _begins(
        Action.SUBMIT,
        S.SUBMITTED,
        "kind story",
        by_member=True,
        by_system=True,
        tells=told(complainant="citizen_submitted", intake="staff_new_complaint"),
    ),
    _begins(
        Action.IMPORT,
        None,
        "external_source external_id",
        permission=P.COMPLAINT_IMPORT,
        by_system=True,
        is_public=False,
    ),
    _begins(
        Action.REGISTER,
        S.DIRECTED,
        "member_id channel_id story category_id",
        permission=P.COMPLAINT_CREATE,
        tells=told(complainant="citizen_registered", assignee="staff_directed"),
    ),
    _button(
        Action.ACCEPT,
        {S.SUBMITTED},
        S.ACCEPTED,
        P.COMPLAINT_ACCEPT,
        "category_id",
        tells=told(complainant="citizen_accepted"),
    ),
    _button(
        Action.DIRECT,
        WORKED_ON,
        S.DIRECTED,
        P.COMPLAINT_DIRECT,
        "subcategory_id assignee_id",
        tells=told(assignee="staff_directed", former="staff_reassigned", complainant="citizen_directed"),
    ),
    _button(
        Action.ACKNOWLEDGE,
        {S.DIRECTED},
        S.ACKNOWLEDGED,
        P.COMPLAINT_ACKNOWLEDGE,
        only_assignee=True,
        tells=told(complainant="citizen_acknowledged"),
    ),
    _button(
        Action.START,
        {S.DIRECTED, S.ACKNOWLEDGED},
        S.IN_PROGRESS,
        P.COMPLAINT_START,
        tells=told(complainant="citizen_started"),
    ),
    _button(
        Action.RECORD_RESULT,
        {S.DIRECTED, S.ACKNOWLEDGED, S.IN_PROGRESS, S.AWAITING_PLAN, S.REFERRED_OUT},
        S.RESOLVED,
        P.COMPLAINT_RECORD_RESULT,
        "done_date result_text outcome",
        tells=told(complainant="citizen_result", heads="staff_result"),
    ),
    _button(
        Action.ANSWER,
        {S.AWAITING_CITIZEN},
        None,
        P.COMPLAINT_ANSWER,
        "text",
        leads_back=True,
        by_member=True,
        tells=told(assignee="staff_answered", intake="staff_answered"),
    ),
    _button(
        Action.TAKE_OFF_PLAN,
        {S.AWAITING_PLAN},
        S.IN_PROGRESS,
        P.COMPLAINT_PLAN,
        "note",
        tells=told(complainant="citizen_off_plan", assignee="staff_resumed"),
    ),
    _button(
        Action.RETURN_FROM_REFERRAL,
        {S.REFERRED_OUT},
        S.IN_PROGRESS,
        P.COMPLAINT_REFER,
        "note",
        tells=told(complainant="citizen_returned", assignee="staff_resumed"),
    ),
    _button(
        Action.ASK_CITIZEN,
        {S.SUBMITTED, *WORKED_ON},
        S.AWAITING_CITIZEN,
        P.COMPLAINT_ASK,
        "question",
        tells=told(complainant="citizen_question"),
    ),
    _button(
        Action.FORWARD,
        {S.SUBMITTED, S.ACCEPTED, S.DIRECTED},
        None,
        P.COMPLAINT_FORWARD,
        "department_id reason",
        leads_back=True,
        tells=told(intake="staff_forwarded", former="staff_reassigned", complainant="citizen_forwarded"),
    ),
    _button(
        Action.PUT_ON_PLAN,
        WORKED_ON,
        S.AWAITING_PLAN,
        P.COMPLAINT_PLAN,
        "plan_reason note",
        tells=told(complainant="citizen_on_plan"),
    ),
    _button(
        Action.REFER_OUT,
        {S.SUBMITTED, *WORKED_ON},
        S.REFERRED_OUT,
        P.COMPLAINT_REFER,
        "referred_to reason",
        tells=told(complainant="citizen_referred"),
    ),
    _button(
        Action.REASSIGN,
        {S.AWAITING_CITIZEN, S.AWAITING_PLAN, S.REFERRED_OUT},
        None,
        P.COMPLAINT_DIRECT,
        "assignee_id reason",
        is_public=False,
        # Not the order's card: while it waits there is nothing to acknowledge.
        tells=told(assignee="staff_taken_over", former="staff_reassigned"),
    ),
    _button(
        Action.HAND_BACK,
        {S.DIRECTED, S.ACKNOWLEDGED, S.IN_PROGRESS},
        S.ACCEPTED,
        P.COMPLAINT_HAND_BACK,
        "reason",
        only_assignee=True,
        is_public=False,
        tells=told(intake="staff_handed_back"),
    ),
    _button(
        Action.ASK_MORE_TIME,
        {S.ACKNOWLEDGED, S.IN_PROGRESS},
        None,
        P.COMPLAINT_ASK_TIME,
        "days reason",
        only_assignee=True,
        is_public=False,
        tells=told(heads="staff_more_time"),
    ),
    _button(
        Action.EXTEND,
        {S.ACKNOWLEDGED, S.IN_PROGRESS},
        None,
        P.COMPLAINT_EXTEND,
        "days reason",
        tells=told(complainant="citizen_extended", assignee="staff_extended"),
    ),
    _button(
        Action.REFUSE_MORE_TIME,
        {S.ACKNOWLEDGED, S.IN_PROGRESS},
        None,
        P.COMPLAINT_EXTEND,
        "reason",
        is_public=False,
        tells=told(assignee="staff_time_refused"),
    ),
    _button(
        Action.CORRECT_RESULT,
        DONE,
        None,
        P.COMPLAINT_CORRECT,
        "result_text reason",
        tells=told(complainant="citizen_corrected"),
    ),
    Transition(
        Action.RATE,
        DONE,
        None,
        by_member=True,
        requires=frozenset({"stars"}),
        tells=told(assignee="staff_rated", heads="staff_rated"),
    ),
    _button(Action.CLOSE, {S.RESOLVED}, S.CLOSED, P.COMPLAINT_CLOSE, by_system=True),
    _button(
        Action.REOPEN,
        {*DONE, S.REJECTED, S.WITHDRAWN},
        None,
        P.COMPLAINT_REOPEN,
        "reason",
        leads_back=True,
        by_member=True,
        tells=told(assignee="staff_reopened", intake="staff_reopened", complainant="citizen_reopened"),
    ),
    _button(
        Action.MERGE,
        UNFINISHED,
        S.DUPLICATE,
        P.COMPLAINT_MERGE,
        "original_id",
        tells=told(complainant="citizen_merged"),
    ),
    _button(
        Action.UNMERGE,
        {S.DUPLICATE},
        None,
        P.COMPLAINT_MERGE,
        "reason",
        leads_back=True,
        tells=told(complainant="citizen_unmerged"),
    ),
    _button(
        Action.REJECT,
        {S.SUBMITTED, S.ACCEPTED},
        S.REJECTED,
        P.COMPLAINT_REJECT,
        "reason",
        tells=told(complainant="citizen_rejected"),
    ),
    _button(
        Action.WITHDRAW,
        UNFINISHED,
        S.WITHDRAWN,
        P.COMPLAINT_WITHDRAW,
        "channel_id note",
        by_member=True,
        tells=told(intake="staff_withdrawn", assignee="staff_withdrawn"),
    ),
    _button(
        Action.LAPSE,
        {S.AWAITING_CITIZEN},
        S.CLOSED,
        P.COMPLAINT_CLOSE,
        by_system=True,
        tells=told(complainant="citizen_lapsed"),
    ),
    _button(
        Action.ADD_EVIDENCE,
        UNFINISHED,
        None,
        P.COMPLAINT_EVIDENCE,
        by_member=True,
        tells=told(assignee="staff_evidence", intake="staff_evidence"),
    ),
    _button(Action.NOTE, ANYWHERE, None, P.COMPLAINT_NOTE, "note", is_public=False),
    _button(
        Action.REMOVE_ATTACHMENT,
        ANYWHERE,
        None,
        P.COMPLAINT_REMOVE_ATTACHMENT,
        "attachment_id reason",
        is_public=False,
        button=False,
        by_system=True,  # Its sender has taken the photo back in LINE.
    ),
    _button(Action.EDIT, ANYWHERE, None, P.COMPLAINT_UPDATE, "version", is_public=False, button=False),
    Transition(Action.UNDO, ANYWHERE, None, leads_back=True, is_public=False),
    Transition(Action.FOLLOW, UNFINISHED | DONE, None, P.COMPLAINT_CREATE, by_member=True, is_public=False),
    Transition(Action.UNFOLLOW, UNFINISHED | DONE, None, P.COMPLAINT_CREATE, by_member=True, is_public=False),
)

_BY_ACTION: dict[Action, Transition] = {row.action: row for row in TRANSITIONS}

# What a citizen reads as one step of the way, in order (workflow.md, column "citizens read").
CITIZEN_STEPS: tuple[tuple[str, frozenset[ComplaintStatus]], ...] = (
    ("received", frozenset({S.SUBMITTED})),
    ("waiting", frozenset({S.ACCEPTED, S.DIRECTED})),
    (
        "working",
        frozenset({S.ACKNOWLEDGED, S.IN_PROGRESS, S.AWAITING_CITIZEN, S.AWAITING_PLAN, S.REFERRED_OUT}),
    ),
    ("done", DONE),
)


def transition_for(action: Action) -> Transition:
    """Return the row of an action.

    Raises:
        KeyError: the action is not in the table.
    """
    return _BY_ACTION[action]


def allowed_actions(actor: Actor, complaint: Complaint) -> Iterator[Transition]:
    """Yield what this officer may do with this complaint now, in table order."""
    for row in TRANSITIONS:
        if not row.button or complaint.status not in row.sources or row.permission is None:
            continue
        if row.only_assignee and complaint.assignee_id != actor.staff_user_id:
            continue
        if may(actor, row.permission, complaint):
            yield row


def is_finished(status: ComplaintStatus) -> bool:
    """Tell whether nobody has to work on a complaint in this state any more."""
    return status not in UNFINISHED
