"""The one way a complaint moves: lock, already done?, right, state, needs; then event, messages, audit.

A verb calls ``begin_move``, changes what the action is about, and calls ``move``. Status is assigned
nowhere else. Everything happens in the caller's transaction; the caller commits.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.audit import readable, record
from domain.clock import now
from domain.duty_clock import follow_state, moved_due, tie
from domain.errors import AlreadyDone, IllegalTransition, NotFound, NotPermitted, StaleRow, Words
from domain.faults import fault_point
from domain.labels import WORDS, word
from domain.notifications import tell
from domain.permissions import require, scope_complaints
from domain.snapshots import changes_since, remember, stored_form
from domain.workflow import Action, Audience, Telling, Transition, is_finished, transition_for
from models import AuditAction, Complaint, ComplaintEvent, ComplaintStatus, EventKind, Figure

MAX_NOTE = 2_000
DOUBLE_CLICK = timedelta(minutes=1)  # A page that answers slowly is pressed again.
# Copies, counters and texts that other columns or the event already tell.
NOT_AUDITED = frozenset(
    {"search_text", "state_seq", "version", "listed_at", "figure", "story", "wake_at", "wake_step", "warn_at"}
    | {"rated_stars", "confirmed_at"}
)


def lock_complaint(session: Session, actor: Actor, complaint_id: int) -> Complaint:
    """Return the complaint, locked until the caller commits.

    Raises:
        NotFound: it does not exist or lies outside the actor's scope; he cannot tell which.
    """
    statement = scope_complaints(select(Complaint).where(Complaint.id == complaint_id), actor)
    complaint: Complaint | None = session.scalars(
        statement.with_for_update(of=Complaint).execution_options(populate_existing=True)
    ).one_or_none()
    if complaint is None:
        raise NotFound("complaint_not_found")
    remember(complaint)
    return complaint


def begin_move(
    session: Session, actor: Actor, complaint_id: int, action: Action, expected_seq: int | None = None
) -> tuple[Complaint, Transition]:
    """Lock the complaint and make sure the action fits actor, state and assignment.

    Args:
        session: Inside a write transaction.
        actor: Who presses.
        complaint_id: Which complaint.
        action: What is pressed.
        expected_seq: ``state_seq`` the pressed button was made for; None from a fresh page.

    Raises:
        NotFound: outside the actor's scope.
        AlreadyDone: a second press; nothing changes.
        NotPermitted: the actor may not do this.
        IllegalTransition: the state does not allow it.
        StaleRow: state or assignment moved since the button was made.
    """
    transition = transition_for(action)
    complaint = lock_complaint(session, actor, complaint_id)
    fits = complaint.status in transition.sources
    if not fits:
        _refuse_second_press(session, complaint, transition)
    _require_right(actor, complaint, transition)
    if not fits:
        state = Words(word(complaint.status), word(complaint.status, "en"))
        raise IllegalTransition("illegal_transition", state=state, action=action_words(action))
    refuse_stale_press(complaint, expected_seq)
    return complaint, transition


def refuse_stale_press(complaint: Complaint, expected_seq: int | None) -> None:
    """Raise when state or assignment moved since the pressed button was made; None is a fresh page.

    Raises:
        StaleRow: with the message ``stale_button``.
    """
    if expected_seq is not None and expected_seq != complaint.state_seq:
        raise StaleRow("stale_button")


def move(
    session: Session,
    actor: Actor,
    complaint: Complaint,
    transition: Transition,
    *,
    target: ComplaintStatus | None = None,
    note: str | None = None,
    facts: dict[str, Any] | None = None,
    tells: tuple[Telling, ...] | None = None,
    reassigned: bool = False,
    is_public: bool | None = None,
) -> ComplaintEvent:
    """Carry out the transition and return its event; the only place that assigns ``status``.

    Args:
        session: Inside a write transaction.
        actor: Who acts.
        complaint: Locked, with the action's own changes made.
        transition: The row of the table.
        target: Where it leads when the row leaves that open (an import, a registration without officer).
        note: What the person wrote.
        facts: What the event remembers besides.
        tells: Messages, when fewer than the row says.
        reassigned: Another officer or another order: buttons made before are void, whatever the state.
        is_public: Whether the citizen sees it, when the row's own answer does not fit.
    """
    before = complaint.status
    after = target or transition.target or before
    is_new = not inspect(complaint).persistent
    complaint.status = after
    complaint.figure = Figure.NONE if complaint.received_at is None else after.figure
    if after is not before or reassigned or not transition.sources:
        complaint.state_seq = (complaint.state_seq or 0) + 1
    if not is_finished(after):
        complaint.finished_at = complaint.confirmed_at = None
    elif complaint.finished_at is None:
        complaint.finished_at = now()
    follows = transition.action is not Action.UNDO  # Undo brings the clock's columns back as they were.
    pause = follow_state(session, complaint, None if is_new else before) if follows else None
    if not is_new:
        session.flush()  # Related rows are written, so that the columns tell what has changed.
    changes = changes_since(complaint)
    fault_point("move_flushed")
    event = ComplaintEvent(
        complaint=complaint,
        kind=transition.action,
        at=now(),
        from_status=before if transition.sources else None,
        to_status=after,
        actor_kind=actor.kind,
        staff_user_id=actor.staff_user_id,
        actor_name=actor.name,
        via=actor.via,
        note=note,
        facts=(facts or {}) | moved_due(pause, changes),
        is_public=transition.is_public if is_public is None else is_public,
        before=stored_form(changes) if transition.undoable and actor.kind == "staff" else None,
    )
    session.add(event)
    session.flush()  # The event's id goes into the messages' dedupe keys.
    tie(pause, event)
    fault_point("move_before_telling")
    tell(session, actor, complaint, event, transition.tells if tells is None else tells)
    action = AuditAction.UPDATE if transition.sources else AuditAction.CREATE
    kept = {key: pair for key, pair in changes.items() if key not in NOT_AUDITED}
    audited = _name(complaint) if is_new else readable(complaint, kept)
    record(session, actor, action, complaint, changes=audited)
    if not is_new:
        remember(complaint)  # A second act of this transaction changes what this one left.
    fault_point("move_done")
    return event


def _name(complaint: Complaint) -> dict[str, Any]:
    """Return what the audit keeps of a new complaint: its name only, the row says the rest."""
    names = {"public_code": complaint.public_code, "number": complaint.number}
    return {key: [None, value] for key, value in names.items() if value}


def note_event(
    session: Session,
    actor: Actor,
    complaint: Complaint,
    kind: EventKind,
    *,
    note: str | None = None,
    facts: dict[str, Any] | None = None,
) -> ComplaintEvent:
    """Write something into the timeline that moves nothing and that the citizen does not see."""
    event = ComplaintEvent(
        complaint=complaint,
        kind=kind,
        at=now(),
        from_status=complaint.status,
        to_status=complaint.status,
        actor_kind=actor.kind,
        staff_user_id=actor.staff_user_id,
        actor_name=actor.name,
        via=actor.via,
        note=note,
        facts=facts or {},
        is_public=False,
    )
    session.add(event)
    return event


def _require_right(actor: Actor, complaint: Complaint, transition: Transition) -> None:
    if actor.kind == "member":
        if not transition.by_member:
            raise NotPermitted("not_permitted_action", action=action_words(transition.action))
        return
    if actor.kind == "system":
        if not transition.by_system:
            raise NotPermitted("not_permitted_action", action=action_words(transition.action))
        return
    if transition.permission is None:
        raise NotPermitted("not_permitted_action", action=action_words(transition.action))
    is_another = transition.only_assignee and complaint.assignee_id != actor.staff_user_id
    if is_another and actor.can(transition.permission):  # Says more than that his reach ends here.
        raise NotPermitted("not_assignee")
    require(actor, transition.permission, complaint)


def _refuse_second_press(session: Session, complaint: Complaint, transition: Transition) -> None:
    last = last_event(session, complaint, transition.action)
    # An original remembers by a merge event what was joined to it; that one has moved nothing.
    has_moved = last is not None and last.from_status is not last.to_status
    if has_moved and last is not None and last.to_status is complaint.status:
        raise already_done(transition.action, last)


def refuse_twin(
    session: Session,
    actor: Actor,
    complaint: Complaint,
    action: Action,
    is_same: Callable[[ComplaintEvent], bool],
) -> None:
    """Take a double click for one, where the state does not tell a second press from a first.

    Raises:
        AlreadyDone: the actor's latest act of this kind was the same, a moment ago.
    """
    last = last_event(session, complaint, action)
    if last is None or (last.actor_kind, last.staff_user_id) != (actor.kind, actor.staff_user_id):
        return
    if now() - last.at < DOUBLE_CLICK and is_same(last):
        raise already_done(action, last)


def last_event(session: Session, complaint: Complaint, action: Action) -> ComplaintEvent | None:
    """Return the complaint's latest event of a kind that was not undone."""
    return session.scalars(
        select(ComplaintEvent)
        .where(
            ComplaintEvent.complaint_id == complaint.id,
            ComplaintEvent.kind == action,
            ComplaintEvent.undone_at.is_(None),
        )
        .order_by(ComplaintEvent.id.desc())
        .limit(1)
    ).first()


def already_done(action: Action, last: ComplaintEvent | None) -> AlreadyDone:
    """Return the error of a second press: by whom and when it was done."""
    who = last.actor_name if last else ""
    at = last.at if last else now()
    return AlreadyDone("already_done", action=action_words(action), who=who or "–", at=at)


def without(transition: Transition, *audiences: Audience) -> tuple[Telling, ...]:
    """Return the row's messages but those to these audiences."""
    return tuple(telling for telling in transition.tells if telling.audience not in audiences)


def to_officer_or_intake(transition: Transition, complaint: Complaint) -> tuple[Telling, ...]:
    """Return the row's messages to the responsible officer, or to the intake where nobody is responsible."""
    active = complaint.assignee is not None and complaint.assignee.is_active
    return without(transition, Audience.INTAKE if active else Audience.ASSIGNEE)


def action_words(action: Action) -> Words:
    """Return an action's name in both languages, for messages."""
    return Words(*WORDS[Action][action])
