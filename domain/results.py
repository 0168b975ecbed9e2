"""What was done about a case: recorded, corrected, rated by the citizen."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.attachments import claim_photos, held_photos
from domain.clock import bangkok_date, now, today
from domain.errors import FieldChecks, InvalidField, MissingField, add_message
from domain.moves import (
    MAX_NOTE,
    action_words,
    already_done,
    begin_move,
    last_event,
    move,
    refuse_twin,
)
from domain.papers import request_copy
from domain.settings import read_setting
from domain.thai_text import clean_text, required_text
from domain.workflow import Action
from models import ActionResult, AttachmentStage, Complaint, Outcome, Rating

MAX_RESULT = 10_000
CONFIRMED_FROM = 3
"""Stars from which on the complainant has confirmed the result."""


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
    photos = claim_photos(session, actor, photo_token, complaint, AttachmentStage.AFTER, result)
    complaint.outcome = outcome
    complaint.plan_reason = complaint.referred_to = None
    facts = {"result_id": result.id, "attachment_ids": [photo.id for photo in photos]}
    event = move(session, actor, complaint, transition, note=text, facts=facts)
    request_copy(session, complaint, event.id)
    return complaint


def correct_result(
    session: Session,
    actor: Actor,
    complaint_id: int,
    *,
    result_text: str,
    reason: str,
    done_date: date | None = None,
    outcome: Outcome | None = None,
    photo_token: str = "",
    expected_seq: int | None = None,
) -> Complaint:
    """Correct the latest result or add photos to it (000-65); the citizen hears of it if the text changed.

    Date and outcome stay as they are when None is given.

    Raises:
        AlreadyDone: the same was corrected a moment ago.
        FieldErrors: no text, no reason or a date that cannot be.
        InvalidField: there is no result, or nothing that differs.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.CORRECT_RESULT, expected_seq)
    result = complaint.results[-1] if complaint.results else None
    if result is None:
        raise InvalidField("nothing_to_correct", field="result_text")
    check = FieldChecks()
    with check:
        text = required_text(result_text, "result_required", max_length=MAX_RESULT, field="result_text")
    with check:
        day = _checked_done_date(complaint, done_date or result.done_date)
    with check:
        why = required_text(reason, "reason_required", max_length=MAX_NOTE, field="reason")
    check.done()
    if not held_photos(session, actor, photo_token):
        refuse_twin(
            session,
            actor,
            complaint,
            Action.CORRECT_RESULT,
            lambda last: last.note == why and text == result.result_text,
        )
    photos = claim_photos(session, actor, photo_token, complaint, AttachmentStage.AFTER, result)
    was = {
        "result_text": result.result_text,
        "done_date": result.done_date.isoformat(),
        "outcome": result.outcome.value,
    }
    is_new_text = text != result.result_text
    wanted = outcome or result.outcome
    if not photos and not is_new_text and (day, wanted) == (result.done_date, result.outcome):
        raise InvalidField("nothing_changed", field="result_text")
    result.result_text, result.done_date, result.outcome = text, day, wanted
    result.corrected_at = now()
    complaint.outcome = wanted
    facts = {"result_id": result.id, "was": was, "attachment_ids": [photo.id for photo in photos]}
    tells = transition.tells if is_new_text else ()
    event = move(session, actor, complaint, transition, note=why, facts=facts, tells=tells)
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
    complaint.rated_stars = stars
    complaint.confirmed_at = rating.rated_at if stars >= CONFIRMED_FROM else None
    move(session, actor, complaint, transition, note=words or None, facts={"stars": stars})
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


def needs_photo(session: Session, complaint: Complaint) -> bool:
    """Tell whether the result must show a photo: by the town's rule, else as the subtype says."""
    rule = str(read_setting(session, "photo_rule"))
    if rule != "by_subtype":
        return rule == "always"
    return complaint.subcategory is not None and complaint.subcategory.needs_photo


def _check_photo(session: Session, actor: Actor, complaint: Complaint, photo_token: str) -> None:
    if needs_photo(session, complaint) and not held_photos(session, actor, photo_token):
        raise MissingField("photo_required", field="photos")


def _change_rating(session: Session, complaint: Complaint, rating: Rating, stars: int, words: str) -> None:
    if rating.stars == stars and (rating.comment or "") == words:
        raise already_done(Action.RATE, last_event(session, complaint, Action.RATE))
    days = int(read_setting(session, "rating_change_days"))
    if now() - rating.rated_at > timedelta(days=days):
        raise InvalidField("window_passed", field="stars", days=days, action=action_words(Action.RATE))
    rating.stars = stars
    rating.comment = words or None


add_message(
    "nothing_to_rate",
    thai="เรื่องนี้ยังไม่มีผลการดำเนินการให้ประเมิน",
    english="This complaint has no result to rate yet",
)
add_message(
    "nothing_to_correct",
    thai="เรื่องนี้ยังไม่มีผลการดำเนินการให้แก้ไข",
    english="This complaint has no result to correct",
)
add_message(
    "nothing_changed",
    thai="ยังไม่ได้แก้ไขอะไร กรุณาแก้ข้อความหรือเพิ่มภาพก่อนบันทึก",
    english="Nothing was changed; change the text or add a photo first",
)
