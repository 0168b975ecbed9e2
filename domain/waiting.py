"""What a case waits for: an answer of the citizen, or the town's plan."""

from __future__ import annotations

from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.attachments import claim_photos
from domain.clock import now
from domain.errors import FieldChecks, InvalidField, MissingField, add_message
from domain.moves import MAX_NOTE, begin_move, last_event, move, to_officer_or_intake
from domain.notifications import reachable_reporter
from domain.routing import at_the_intake, resume
from domain.thai_text import clean_text, required_text
from domain.workflow import Action
from models import AttachmentStage, Complaint, ComplaintStatus, Outcome, PlanReason

S = ComplaintStatus


def ask_citizen(
    session: Session, actor: Actor, complaint_id: int, *, question: str, expected_seq: int | None = None
) -> Complaint:
    """Ask the complainant for what is missing; the case waits for the answer.

    Raises:
        FieldErrors: no question.
        InvalidField: the complainant is the shared member and left no number to call back.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.ASK_CITIZEN, expected_seq)
    if not can_be_asked(complaint):
        raise InvalidField("complainant_unreachable", field="question")
    check = FieldChecks()
    with check:
        words = required_text(question, "question_required", max_length=MAX_NOTE, field="question")
    check.done()
    move(session, actor, complaint, transition, note=words)
    return complaint


def can_be_asked(complaint: Complaint) -> bool:
    """Tell whether a question can reach the complainant: a member, a number to call back, or his chat."""
    member = complaint.member
    reached = member is not None and not member.is_shared
    return bool(complaint.callback_phone) or reached or reachable_reporter(complaint) is not None


def answer(
    session: Session,
    actor: Actor,
    complaint_id: int,
    *,
    text: str,
    photo_token: str = "",
    expected_seq: int | None = None,
) -> Complaint:
    """Write down the citizen's answer, by himself or by staff who heard it; work goes on where it stood.

    Raises:
        FieldErrors: neither words nor photos.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.ANSWER, expected_seq)
    check = FieldChecks()
    with check:
        words = clean_text(text, max_length=MAX_NOTE, field="text")
    check.done()
    photos = claim_photos(session, actor, photo_token, complaint, AttachmentStage.BEFORE)
    if not words and not photos:
        raise MissingField("reply_required", field="text")
    move(
        session,
        actor,
        complaint,
        transition,
        target=_state_before_question(session, complaint),
        note=words or None,
        facts={"attachment_ids": [photo.id for photo in photos]},
        tells=to_officer_or_intake(transition, complaint),
    )
    return complaint


def _state_before_question(session: Session, complaint: Complaint) -> ComplaintStatus:
    asked = last_event(session, complaint, Action.ASK_CITIZEN)
    before = asked.from_status if asked and asked.from_status else at_the_intake(complaint)
    if before is S.ACKNOWLEDGED:
        return S.IN_PROGRESS
    if before is S.ACCEPTED and complaint.assignee is not None:  # Reassigned while it waited.
        return S.DIRECTED
    return before


def lapse(session: Session, actor: Actor, complaint_id: int, *, expected_seq: int | None = None) -> Complaint:
    """Close a case whose complainant does not answer."""
    complaint, transition = begin_move(session, actor, complaint_id, Action.LAPSE, expected_seq)
    complaint.outcome = Outcome.NO_ANSWER
    complaint.closed_at = now()
    move(session, actor, complaint, transition)
    return complaint


def put_on_plan(
    session: Session,
    actor: Actor,
    complaint_id: int,
    *,
    plan_reason: PlanReason | None,
    note: str,
    expected_seq: int | None = None,
) -> Complaint:
    """Let a case wait for the town's plan (รอเข้าแผน, 000-14): material, equipment or budget is missing.

    Raises:
        FieldErrors: no reason, or no note.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.PUT_ON_PLAN, expected_seq)
    check = FieldChecks()
    with check:
        if plan_reason is None:
            raise MissingField("plan_reason_required", field="plan_reason")
    with check:
        words = required_text(note, "note_required", max_length=MAX_NOTE, field="note")
    check.done()
    complaint.plan_reason = plan_reason
    move(session, actor, complaint, transition, note=words)
    return complaint


def take_off_plan(
    session: Session, actor: Actor, complaint_id: int, *, note: str, expected_seq: int | None = None
) -> Complaint:
    """Take a case off the plan and go on with it.

    Raises:
        FieldErrors: no note.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.TAKE_OFF_PLAN, expected_seq)
    check = FieldChecks()
    with check:
        words = required_text(note, "note_required", max_length=MAX_NOTE, field="note")
    check.done()
    complaint.plan_reason = None
    move(session, actor, complaint, transition, target=resume(complaint), note=words)
    return complaint


add_message(
    "complainant_unreachable",
    thai="ผู้ร้องไม่ได้ให้ช่องทางติดต่อไว้ จึงถามไม่ได้ ใช้บันทึกภายในแทน",
    english="The complainant left no way to be reached; write a note instead",
)
add_message(
    "question_required",
    thai="กรุณาพิมพ์คำถามถึงผู้ร้อง",
    english="Write the question to the complainant",
)
add_message(
    "reply_required",
    thai="กรุณาพิมพ์คำตอบ หรือแนบภาพ",
    english="Write the answer, or attach a photo",
)
add_message(
    "plan_reason_required",
    thai="กรุณาเลือกเหตุที่ต้องรอเข้าแผน",
    english="Choose why the case has to wait for the plan",
)
