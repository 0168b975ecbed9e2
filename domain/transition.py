"""What one row of the table of transitions says."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from domain.permissions import Permission
from models import ComplaintStatus, EventKind


class Audience(StrEnum):
    """Who is told, found when the act happens; the followers hear what the complainant hears."""

    COMPLAINANT = "complainant"
    ASSIGNEE = "assignee"
    FORMER = "former"
    """The officer who was responsible until this act."""
    INTAKE = "intake"
    HEADS = "heads"
    REQUESTER = "requester"
    """Whoever asked by LINE to be an officer's or a member's; no act on a complaint tells him."""


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
        leads_back: The verb finds the state to go to in the complaint's past.
        by_member: The complainant may do it on an own complaint.
        by_system: The scheduler or an import may do it.
        only_assignee: Only the responsible officer, whatever the scope of others.
        requires: Payload fields that must be there.
        tells: One message each.
        is_public: The citizen sees the event in the timeline.
        button: Staff screens offer it as a button, in table order.
        undoable: Its author may undo it for a moment (decisions.md 6).
    """

    action: EventKind
    sources: frozenset[ComplaintStatus]
    target: ComplaintStatus | None
    permission: Permission | None = None
    leads_back: bool = False
    by_member: bool = False
    by_system: bool = False
    only_assignee: bool = False
    requires: frozenset[str] = field(default_factory=frozenset)
    tells: tuple[Telling, ...] = ()
    is_public: bool = True
    button: bool = False
    undoable: bool = False


def told(**templates: str) -> tuple[Telling, ...]:
    """Return the messages of an act, as ``audience="template_key"`` in the order they are written."""
    return tuple(Telling(Audience(audience), key) for audience, key in templates.items())
