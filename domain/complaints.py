"""What can be done with a complaint: one verb per action of workflow.md, each in the caller's transaction.

Every verb locks the complaint, raises ``NotFound`` outside the actor's scope, ``AlreadyDone`` for a second
press, ``IllegalTransition`` and ``NotPermitted`` as ``moves.begin_move`` says, and returns the complaint.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.attachments import claim_photos, held_photos, request_copy
from domain.choices import category_for, chosen, officer_for, subcategory_for
from domain.clock import bangkok_date, now, today
from domain.errors import FieldChecks, InvalidField, MissingField, add_message
from domain.faults import fault_point
from domain.moves import action_words, already_done, begin_move, last_event, move, refuse_stale_press
from domain.permissions import Permission
from domain.promises import promise
from domain.registration import assign, issue_number
from domain.search import complaint_search_text
from domain.settings import read_setting
from domain.thai_text import clean_text
from domain.workflow import Action, Audience, Telling, Transition
from models import (
    ActionResult,
    AttachmentStage,
    Complaint,
    ComplaintStatus,
    Outcome,
    Rating,
    Subcategory,
)

MAX_RESULT = 10_000
MAX_NOTE = 2_000


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
    moment = now()
    complaint.category = category
    complaint.subcategory = subcategory
    complaint.department_id = category.department_id
    complaint.accepted_at = moment
    if subcategory is not None:
        promise(session, complaint, subcategory)
    fault_point("before_number")
    issue_number(session, complaint, category, moment)
    fault_point("after_number")
    complaint.search_text = complaint_search_text(complaint)
    event = move(session, actor, complaint, transition, facts={"number": complaint.number})
    request_copy(session, complaint, event.id)
    return complaint


def direct(
    session: Session,
    actor: Actor,
    complaint_id: int,
    *,
    subcategory_id: int | None,
    assignee_id: int | None,
    note: str = "",
    expected_seq: int | None = None,
) -> Complaint:
    """Order (สั่งการ): set subtype and responsible officer; the officer is told.

    The citizen hears of it only when the promised date was not told before.

    Raises:
        FieldErrors: subtype or officer missing, switched off, or not fitting.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.DIRECT)
    same = complaint.assignee_id == assignee_id and complaint.subcategory_id == subcategory_id
    if complaint.status is ComplaintStatus.DIRECTED and same:
        last = last_event(session, complaint, Action.DIRECT)
        raise already_done(Action.DIRECT, last or last_event(session, complaint, Action.REGISTER))
    refuse_stale_press(complaint, expected_seq)
    check = FieldChecks()
    with check:
        subcategory = chosen(session, Subcategory, subcategory_id, "subcategory_id", "subcategory_required")
        subcategory_for(session, subcategory_id, complaint.category)
    with check:
        assignee = officer_for(session, assignee_id, complaint.category)
        if assignee is None:
            raise MissingField("officer_required", field="assignee_id")
    with check:
        order = clean_text(note, max_length=MAX_NOTE, field="note")
    check.done()
    if assignee is None:  # Unreachable after done(); it tells the type checker so.
        raise MissingField("officer_required", field="assignee_id")
    moment = now()
    promised = promise(session, complaint, subcategory)
    complaint.category = complaint.category or subcategory.category  # An imported case may have none.
    complaint.subcategory = subcategory
    complaint.department_id = assignee.department_id or complaint.department_id
    complaint.directed_at = moment
    complaint.acknowledged_at = None
    assign(session, actor, complaint, assignee, moment, order or None)
    complaint.search_text = complaint_search_text(complaint)
    tells = transition.tells if promised else _without(transition, Audience.COMPLAINANT)
    facts = {"officer": assignee.full_name, "subcategory": subcategory.code}
    move(
        session,
        actor,
        complaint,
        transition,
        note=order or None,
        facts=facts,
        tells=tells,
        reassigned=True,
    )
    return complaint


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
    tells = transition.tells if is_news else _without(transition, Audience.COMPLAINANT)
    move(session, actor, complaint, transition, tells=tells)
    return complaint


def record_result(
    session: Session,
    actor: Actor,
    complaint_id: int,
    *,
    done_date: date | None,
    result_text: str,
    outcome: Outcome | None,
    photo_token: str,
    expected_seq: int | None = None,
) -> Complaint:
    """Record what was done (บันทึกผล): the citizen gets it at once and may rate it (000-63, 64).

    Args:
        session: Inside a write transaction.
        actor: The responsible officer or the intake.
        complaint_id: Which complaint.
        done_date: Bangkok day the work was finished; not before receipt, not in the future.
        result_text: What was done, for the citizen to read.
        outcome: What it amounts to.
        photo_token: Under which the after-photos wait.
        expected_seq: ``state_seq`` of the page it was typed on.

    Raises:
        FieldErrors: everything that cannot be taken, field by field.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.RECORD_RESULT, expected_seq)
    check = FieldChecks()
    with check:
        text = clean_text(result_text, max_length=MAX_RESULT, field="result_text")
        if not text:
            raise MissingField("result_required", field="result_text")
    with check:
        day = _checked_done_date(complaint, done_date)
    with check:
        if outcome is None:
            raise MissingField("outcome_required", field="outcome")
    with check:
        _check_photo(session, actor, complaint, photo_token)
    check.done()
    result = ActionResult(
        complaint=complaint,
        done_date=day,
        result_text=text,
        outcome=outcome,
        recorded_by_id=actor.staff_user_id,
        recorded_at=now(),
    )
    session.add(result)
    session.flush()  # The photos and the rating hang on the result's id.
    claim_photos(session, actor, photo_token, complaint, AttachmentStage.AFTER, result)
    complaint.outcome = outcome
    event = move(session, actor, complaint, transition, note=text, facts={"result_id": result.id})
    request_copy(session, complaint, event.id)
    return complaint


def rate(session: Session, actor: Actor, complaint_id: int, *, stars: int, comment: str = "") -> Complaint:
    """Rate the latest result 1 to 5 (000-64); changeable for 7 days, the same rating again changes nothing.

    Raises:
        FieldErrors: not 1 to 5, a comment too long, or the days are over.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.RATE)
    check = FieldChecks()
    with check:
        if stars not in range(1, 6):
            raise InvalidField("rating_out_of_range", field="stars")
    with check:
        words = clean_text(comment, max_length=MAX_NOTE, field="comment")
    check.done()
    result = complaint.results[-1] if complaint.results else None
    if result is None:
        raise InvalidField("nothing_to_rate", field="stars")
    rating = session.scalars(select(Rating).where(Rating.result_id == result.id)).one_or_none()
    if rating is None:
        rating = Rating(
            complaint=complaint, result=result, stars=stars, comment=words or None, rated_at=now()
        )
        session.add(rating)
    else:
        _change_rating(session, complaint, rating, stars, words)
    move(session, actor, complaint, transition, note=words or None, facts={"stars": stars})
    return complaint


def close(session: Session, actor: Actor, complaint_id: int, *, expected_seq: int | None = None) -> Complaint:
    """Close a resolved complaint (ปิดเรื่อง)."""
    complaint, transition = begin_move(session, actor, complaint_id, Action.CLOSE, expected_seq)
    complaint.closed_at = now()
    move(session, actor, complaint, transition)
    return complaint


def reject(
    session: Session, actor: Actor, complaint_id: int, *, reason: str, expected_seq: int | None = None
) -> Complaint:
    """Decline a complaint with a reason that says who is in charge instead; the citizen reads it.

    Raises:
        FieldErrors: no reason.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.REJECT, expected_seq)
    check = FieldChecks()
    with check:
        text = clean_text(reason, max_length=MAX_NOTE, field="reason")
        if not text:
            raise MissingField("reason_required", field="reason")
    check.done()
    complaint.reject_reason = text
    move(session, actor, complaint, transition, note=text)
    return complaint


def _checked_done_date(complaint: Complaint, done_date: date | None) -> date:
    if done_date is None:
        raise MissingField(field="done_date")
    if done_date > today():
        raise InvalidField("date_in_future", field="done_date", date=done_date, today=today())
    if complaint.received_at is not None and done_date < bangkok_date(complaint.received_at):
        raise InvalidField(
            "done_before_received", field="done_date", received=bangkok_date(complaint.received_at)
        )
    return done_date


def _check_photo(session: Session, actor: Actor, complaint: Complaint, photo_token: str) -> None:
    needs_photo = complaint.subcategory is not None and complaint.subcategory.needs_photo
    if needs_photo and not held_photos(session, actor, photo_token):
        raise MissingField("photo_required", field="photos")


def _change_rating(session: Session, complaint: Complaint, rating: Rating, stars: int, words: str) -> None:
    if rating.stars == stars and (rating.comment or "") == words:
        raise already_done(Action.RATE, last_event(session, complaint, Action.RATE))
    days = int(read_setting(session, "rating_change_days"))
    if now() - rating.rated_at > timedelta(days=days):
        raise InvalidField("window_passed", field="stars", days=days, action=action_words(Action.RATE))
    rating.stars = stars
    rating.comment = words or None


def _without(transition: Transition, audience: Audience) -> tuple[Telling, ...]:
    return tuple(telling for telling in transition.tells if telling.audience is not audience)


add_message(
    "nothing_to_rate",
    thai="เรื่องนี้ยังไม่มีผลการดำเนินการให้ประเมิน",
    english="This complaint has no result to rate yet",
)
