"""The state machine as one table: who may do what from where, what it needs, and who is told.

Written from workflow.md. Buttons, permissions, required fields, messages, docs/workflow.md and tests
come from ``TRANSITIONS``; change it in an ADR and in code together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from domain.actor import Actor
from domain.permissions import Permission, may
from models import Complaint, ComplaintStatus, EventKind, StatusKind

S = ComplaintStatus
Action = EventKind


class Audience(StrEnum):
    """Who is told; the recipients are found when the act happens."""

    COMPLAINANT = "complainant"
    ASSIGNEE = "assignee"
    INTAKE = "intake"
    HEADS = "heads"


@dataclass(frozen=True, slots=True)
class Telling:
    """One message of an act: to whom, in the words of which template."""

    audience: Audience
    template_key: str


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table.

    Attributes:
        action: What happens; also the kind of the event it leaves.
        sources: States it starts from; empty for acts that make a complaint.
        target: State it leads to; None keeps the state.
        permission: What staff need; None where only the complainant or the system acts.
        by_member: The complainant may do it on an own complaint.
        by_system: The scheduler or an import may do it.
        only_assignee: Only the responsible officer, whatever the scope of others.
        requires: Payload fields that must be there.
        tells: One message each.
        is_public: The citizen sees the event in the timeline.
        button: Staff screens offer it as a button, in table order.
    """

    action: Action
    sources: frozenset[ComplaintStatus]
    target: ComplaintStatus | None
    permission: Permission | None = None
    by_member: bool = False
    by_system: bool = False
    only_assignee: bool = False
    requires: frozenset[str] = field(default_factory=frozenset)
    tells: tuple[Telling, ...] = ()
    is_public: bool = True
    button: bool = False


def _tell(audience: Audience, template_key: str) -> Telling:
    return Telling(audience, template_key)


TRANSITIONS: tuple[Transition, ...] = (
    Transition(
        Action.SUBMIT,
        frozenset(),
        S.SUBMITTED,
        by_member=True,
        by_system=True,
        requires=frozenset({"kind", "story"}),
        tells=(
            _tell(Audience.COMPLAINANT, "citizen_submitted"),
            _tell(Audience.INTAKE, "staff_new_complaint"),
        ),
    ),
    Transition(
        Action.IMPORT,
        frozenset(),
        None,
        permission=Permission.COMPLAINT_IMPORT,
        by_system=True,
        requires=frozenset({"external_source", "external_id"}),
        is_public=False,
    ),
    Transition(
        Action.REGISTER,
        frozenset(),
        S.DIRECTED,
        permission=Permission.COMPLAINT_CREATE,
        requires=frozenset({"member_id", "channel_id", "story", "category_id"}),
        tells=(
            _tell(Audience.COMPLAINANT, "citizen_registered"),
            _tell(Audience.ASSIGNEE, "staff_directed"),
        ),
    ),
    Transition(
        Action.ACCEPT,
        frozenset({S.SUBMITTED}),
        S.ACCEPTED,
        permission=Permission.COMPLAINT_ACCEPT,
        requires=frozenset({"category_id"}),
        tells=(_tell(Audience.COMPLAINANT, "citizen_accepted"),),
        button=True,
    ),
    Transition(
        Action.DIRECT,
        frozenset({S.ACCEPTED, S.DIRECTED, S.ACKNOWLEDGED, S.IN_PROGRESS}),
        S.DIRECTED,
        permission=Permission.COMPLAINT_DIRECT,
        requires=frozenset({"subcategory_id", "assignee_id"}),
        tells=(
            _tell(Audience.ASSIGNEE, "staff_directed"),
            _tell(Audience.COMPLAINANT, "citizen_directed"),
        ),
        button=True,
    ),
    Transition(
        Action.ACKNOWLEDGE,
        frozenset({S.DIRECTED}),
        S.ACKNOWLEDGED,
        permission=Permission.COMPLAINT_ACKNOWLEDGE,
        only_assignee=True,
        tells=(_tell(Audience.COMPLAINANT, "citizen_acknowledged"),),
        button=True,
    ),
    Transition(
        Action.START,
        frozenset({S.DIRECTED, S.ACKNOWLEDGED}),
        S.IN_PROGRESS,
        permission=Permission.COMPLAINT_START,
        tells=(_tell(Audience.COMPLAINANT, "citizen_started"),),
        button=True,
    ),
    Transition(
        Action.RECORD_RESULT,
        frozenset({S.DIRECTED, S.ACKNOWLEDGED, S.IN_PROGRESS, S.AWAITING_PLAN, S.REFERRED_OUT}),
        S.RESOLVED,
        permission=Permission.COMPLAINT_RECORD_RESULT,
        requires=frozenset({"done_date", "result_text", "outcome"}),
        tells=(
            _tell(Audience.COMPLAINANT, "citizen_result"),
            _tell(Audience.HEADS, "staff_result"),
        ),
        button=True,
    ),
    Transition(
        Action.RATE,
        frozenset({S.RESOLVED, S.CLOSED}),
        None,
        by_member=True,
        requires=frozenset({"stars"}),
        tells=(
            _tell(Audience.ASSIGNEE, "staff_rated"),
            _tell(Audience.HEADS, "staff_rated"),
        ),
    ),
    Transition(
        Action.CLOSE,
        frozenset({S.RESOLVED}),
        S.CLOSED,
        permission=Permission.COMPLAINT_CLOSE,
        by_system=True,
        button=True,
    ),
    Transition(
        Action.REJECT,
        frozenset({S.SUBMITTED, S.ACCEPTED}),
        S.REJECTED,
        permission=Permission.COMPLAINT_REJECT,
        requires=frozenset({"reason"}),
        tells=(_tell(Audience.COMPLAINANT, "citizen_rejected"),),
        button=True,
    ),
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
    ("done", frozenset({S.RESOLVED, S.CLOSED})),
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
    return status.kind not in {StatusKind.OPEN, StatusKind.WAITING}
