"""What is added to a case on the way, and taken out again with a reason."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.attachments import PHOTO_STAGES, claim_photos, held_photos
from domain.clock import now
from domain.errors import AlreadyDone, FieldChecks, MissingField, NotFound, add_message
from domain.moves import (
    MAX_NOTE,
    action_words,
    begin_move,
    move,
    refuse_twin,
    to_officer_or_intake,
)
from domain.papers import request_copy
from domain.thai_text import clean_text, required_text
from domain.workflow import Action
from models import Attachment, AttachmentStage, Complaint, StaffUser

MAX_REMOVE_REASON = 300


def add_evidence(
    session: Session,
    actor: Actor,
    complaint_id: int,
    *,
    photo_token: str,
    text: str = "",
    expected_seq: int | None = None,
) -> Complaint:
    """Add photos or words to an open case; who works on it is told.

    Raises:
        AlreadyDone: the same words were added a moment ago.
        MissingField: neither photos nor words.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.ADD_EVIDENCE, expected_seq)
    check = FieldChecks()
    with check:
        words = clean_text(text, max_length=MAX_NOTE, field="text")
    check.done()
    if words and not held_photos(session, actor, photo_token):
        refuse_twin(session, actor, complaint, Action.ADD_EVIDENCE, lambda last: last.note == words)
    photos = claim_photos(session, actor, photo_token, complaint, AttachmentStage.BEFORE)
    if not words and not photos:
        raise MissingField("evidence_required", field="photos")
    facts = {"attachment_ids": [photo.id for photo in photos]}
    tells = to_officer_or_intake(transition, complaint)
    event = move(session, actor, complaint, transition, note=words or None, facts=facts, tells=tells)
    request_copy(session, complaint, event.id)
    return complaint


def note(
    session: Session, actor: Actor, complaint_id: int, *, note: str, expected_seq: int | None = None
) -> Complaint:
    """Write something down for colleagues; the citizen never sees it, and no button becomes stale.

    Raises:
        AlreadyDone: the same was written a moment ago.
        FieldErrors: nothing written.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.NOTE, expected_seq)
    check = FieldChecks()
    with check:
        words = required_text(note, "note_required", max_length=MAX_NOTE, field="note")
    check.done()
    refuse_twin(session, actor, complaint, Action.NOTE, lambda last: last.note == words)
    move(session, actor, complaint, transition, note=words)
    return complaint


def remove_attachment(
    session: Session,
    actor: Actor,
    complaint_id: int,
    *,
    attachment_id: int,
    reason: str,
    expected_seq: int | None = None,
) -> Complaint:
    """Take a photo or paper out of a case; the file is kept for the record and shown nowhere.

    Raises:
        NotFound: no such file in this case; archived PDF copies cannot be taken out.
        AlreadyDone: it was taken out before.
        FieldErrors: no reason.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.REMOVE_ATTACHMENT, expected_seq)
    photo = session.scalars(
        select(Attachment).where(
            Attachment.id == attachment_id,
            Attachment.complaint_id == complaint.id,
            Attachment.stage.in_(PHOTO_STAGES),
        )
    ).one_or_none()
    if photo is None:
        raise NotFound("attachment_not_found")
    if photo.removed_at is not None:
        remover = session.get(StaffUser, photo.removed_by_id) if photo.removed_by_id else None
        raise AlreadyDone(
            "already_done",
            action=action_words(Action.REMOVE_ATTACHMENT),
            who=remover.full_name if remover else "–",
            at=photo.removed_at,
        )
    check = FieldChecks()
    with check:
        why = required_text(reason, "reason_required", max_length=MAX_REMOVE_REASON, field="reason")
    check.done()
    photo.removed_at, photo.removed_by_id, photo.remove_reason = now(), actor.staff_user_id, why
    facts = {"attachment_id": photo.id, "name": photo.display_name}
    event = move(session, actor, complaint, transition, note=why, facts=facts)
    request_copy(session, complaint, event.id)
    return complaint


add_message(
    "evidence_required",
    thai="กรุณาแนบภาพ หรือพิมพ์ข้อมูลเพิ่มเติม",
    english="Attach a photo or write what is new",
)
