"""Taking a case on: accepted with a number, seen by its officer, begun."""

from __future__ import annotations

from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.choices import category_for, subcategory_for
from domain.clock import now
from domain.errors import FieldChecks
from domain.faults import fault_point
from domain.moves import begin_move, move, without
from domain.papers import request_copy
from domain.permissions import Permission
from domain.promises import promise
from domain.registration import issue_number
from domain.search import complaint_search_text
from domain.workflow import Action, Audience, Telling, Transition
from models import Category, Complaint, ComplaintStatus, Subcategory


def accept(
    session: Session,
    actor: Actor,
    complaint_id: int,
    *,
    category_id: int | None,
    subcategory_id: int | None = None,
    expected_seq: int | None = None,
) -> Complaint:
    """Take a submitted complaint on (รับเรื่อง): main type chosen, number issued, citizen told.

    Raises:
        FieldErrors: no main type, one whose numbers the actor may not issue, or a subtype of another one.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.ACCEPT, expected_seq)
    check = FieldChecks()
    with check:
        category = category_for(session, actor, category_id, Permission.COMPLAINT_ACCEPT)
        subcategory = subcategory_for(session, subcategory_id, category)
    check.done()
    take_on(session, actor, complaint, transition, category, subcategory)
    return complaint


def take_on(
    session: Session,
    actor: Actor,
    complaint: Complaint,
    transition: Transition,
    category: Category,
    subcategory: Subcategory | None = None,
    *,
    tells: tuple[Telling, ...] | None = None,
) -> None:
    """Carry out an acceptance whose right and choices were checked: number, promise, event, copy."""
    moment = now()
    complaint.category = category
    complaint.subcategory = subcategory
    complaint.department = category.department
    complaint.accepted_at = moment
    if subcategory is not None:
        promise(session, complaint, subcategory)
    fault_point("before_number")
    if complaint.number is None:  # An accept that was undone, or a case opened again, has its number.
        issue_number(session, complaint, category, moment)
    fault_point("after_number")
    complaint.search_text = complaint_search_text(complaint)
    facts = {"number": complaint.number}
    event = move(session, actor, complaint, transition, facts=facts, tells=tells)
    request_copy(session, complaint, event.id)


def acknowledge(
    session: Session, actor: Actor, complaint_id: int, *, expected_seq: int | None = None
) -> Complaint:
    """Say that the order was seen (รับทราบ); only the responsible officer can (000-68)."""
    complaint, transition = begin_move(session, actor, complaint_id, Action.ACKNOWLEDGE, expected_seq)
    complaint.acknowledged_at = now()
    move(session, actor, complaint, transition)
    return complaint


def start(session: Session, actor: Actor, complaint_id: int, *, expected_seq: int | None = None) -> Complaint:
    """Begin the work; the citizen hears of it only when nobody acknowledged before."""
    complaint, transition = begin_move(session, actor, complaint_id, Action.START, expected_seq)
    complaint.started_at = now()
    is_news = complaint.status is ComplaintStatus.DIRECTED
    tells = transition.tells if is_news else without(transition, Audience.COMPLAINANT)
    move(session, actor, complaint, transition, tells=tells)
    return complaint
