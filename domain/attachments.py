"""Photos and documents of a complaint: rows over files that were re-encoded and stored before."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from domain.errors import InvalidField, add_message
from domain.permissions import scope_complaints
from models import ActionResult, Attachment, AttachmentStage, Complaint, DeliveryState, Job, JobKind

MAX_PHOTOS = 20  # The manuals ask for at least 10 at once (decisions.md 12).
PHOTO_STAGES = (AttachmentStage.BEFORE, AttachmentStage.AFTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file that lies in the store already; ``taken_at`` is aware or None."""

    storage_key: str
    preview_key: str | None
    media_type: str
    byte_size: int
    sha256: str
    width: int | None = None
    height: int | None = None
    original_name: str | None = None
    taken_at: datetime | None = None


def hold_photo(
    session: Session, actor: Actor, token: str, stage: AttachmentStage, stored: StoredFile
) -> Attachment:
    """Keep a photo for a form that is not saved yet, under the form's token.

    A picture the form holds already (a form sent again) is not kept twice: the earlier row comes back, and
    the files just stored may go.

    Raises:
        InvalidField: the form holds the most photos it may hold.
    """
    held = session.scalars(select(Attachment).where(Attachment.draft_token == token)).all()
    same = next((photo for photo in held if photo.sha256 == stored.sha256), None)
    if same is not None:
        return same
    if len(held) >= MAX_PHOTOS:
        raise InvalidField("too_many_photos", field="photos", max=MAX_PHOTOS)
    attachment = Attachment(
        public_id=secrets.token_hex(16),
        draft_token=token,
        stage=stage,
        display_name=(stored.original_name or "photo")[:255],
        original_name=(stored.original_name or "")[:255] or None,
        media_type=stored.media_type,
        byte_size=stored.byte_size,
        sha256=stored.sha256,
        storage_key=stored.storage_key,
        preview_key=stored.preview_key,
        width=stored.width,
        height=stored.height,
        taken_at=stored.taken_at,
        uploaded_by_id=actor.staff_user_id,
        uploaded_at=now(),
    )
    session.add(attachment)
    return attachment


def visible_photo(session: Session, actor: Actor, public_id: str) -> Attachment | None:
    """Return a photo the actor may see: of a complaint within reach, or held by an own unsaved form."""
    photo = session.scalars(
        select(Attachment).where(Attachment.public_id == public_id, Attachment.stage.in_(PHOTO_STAGES))
    ).one_or_none()
    if photo is None:
        return None
    if photo.complaint_id is None:
        is_own = photo.uploaded_by_id is not None and photo.uploaded_by_id == actor.staff_user_id
        return photo if is_own else None
    seen = scope_complaints(select(Complaint.id).where(Complaint.id == photo.complaint_id), actor)
    return photo if session.scalar(seen) is not None else None


def held_photos(session: Session, actor: Actor, token: str) -> Sequence[Attachment]:
    """Return the photos an officer's unsaved form holds."""
    return session.scalars(
        select(Attachment)
        .where(Attachment.draft_token == token, Attachment.uploaded_by_id == actor.staff_user_id)
        .order_by(Attachment.id)
    ).all()


def claim_photos(
    session: Session,
    actor: Actor,
    token: str,
    complaint: Complaint,
    stage: AttachmentStage,
    result: ActionResult | None = None,
) -> int:
    """Hang the photos held under a token on the complaint and return how many.

    They are named after the number, so that a downloaded file tells where it belongs.
    """
    held = held_photos(session, actor, token)
    if not held:
        return 0
    before = session.scalar(
        select(func.count())
        .select_from(Attachment)
        .where(Attachment.complaint_id == complaint.id, Attachment.stage == stage)
    )
    for index, photo in enumerate(held, start=(before or 0) + 1):
        photo.complaint_id = complaint.id
        photo.result_id = result.id if result else None
        photo.stage = stage
        photo.draft_token = None
        photo.display_name = f"{file_stem(complaint)}-{stage.value}-{index:02d}.jpg"
    return len(held)


def file_stem(complaint: Complaint) -> str:
    """Return the complaint's number as the beginning of a file name, e.g. ``อส.56-2569``."""
    return str(complaint).replace(" ", "").replace("/", "-")


def request_copy(session: Session, complaint: Complaint, event_id: int) -> Job:
    """Ask for a PDF copy of the complaint as it is after an event; the worker makes it (000-59)."""
    job = Job(
        kind=JobKind.COMPLAINT_COPY,
        complaint_id=complaint.id,
        arguments={"complaint_id": complaint.id, "event_id": event_id},
        dedupe_key=f"copy:{complaint.id}:{event_id}",
        not_before=now(),
        created_at=now(),
        max_attempts=4,
    )
    session.add(job)
    return job


def add_copy(
    session: Session, complaint_id: int, stored: StoredFile, through_event_id: int | None = None
) -> Attachment:
    """Archive a rendered PDF copy as the next version; older versions stay (000-08).

    Args:
        session: Inside a write transaction.
        complaint_id: Whose copy.
        stored: The PDF in the store.
        through_event_id: The last event the copy shows; every copy asked for up to there is made by it.
    """
    # Two copies rendered at once must not get one version number.
    locked = select(Complaint).where(Complaint.id == complaint_id).with_for_update()
    complaint = session.scalars(locked).one()
    last = session.scalar(
        select(func.max(Attachment.copy_version)).where(
            Attachment.complaint_id == complaint_id, Attachment.stage == AttachmentStage.COPY
        )
    )
    version = (last or 0) + 1
    copy = Attachment(
        public_id=secrets.token_hex(16),
        complaint_id=complaint_id,
        stage=AttachmentStage.COPY,
        display_name=f"{file_stem(complaint)}-สำเนาคำร้อง-{version}.pdf",
        media_type=stored.media_type,
        byte_size=stored.byte_size,
        sha256=stored.sha256,
        storage_key=stored.storage_key,
        copy_version=version,
        uploaded_at=now(),
    )
    session.add(copy)
    made = [
        job.id for job in _unmade_copies(session, complaint_id) if event_of(job) <= (through_event_id or 0)
    ]
    if made:
        session.execute(update(Job).where(Job.id.in_(made)).values(result_key=stored.storage_key))
    return copy


def copy_is_due(session: Session, complaint_id: int) -> bool:
    """Tell whether a copy was asked for that is not made yet, or none was ever made."""
    if latest_copy(session, complaint_id) is None:
        return True
    return any(job.state is not DeliveryState.CANCELLED for job in _unmade_copies(session, complaint_id))


def event_of(job: Job) -> int:
    """Return the id of the event a copy was asked for."""
    return int(job.arguments.get("event_id", 0))


def _unmade_copies(session: Session, complaint_id: int) -> Sequence[Job]:
    return session.scalars(
        select(Job).where(
            Job.complaint_id == complaint_id, Job.kind == JobKind.COMPLAINT_COPY, Job.result_key.is_(None)
        )
    ).all()


def latest_copy(session: Session, complaint_id: int) -> Attachment | None:
    """Return the newest PDF copy, or None when none was made yet."""
    return session.scalars(
        select(Attachment)
        .where(Attachment.complaint_id == complaint_id, Attachment.stage == AttachmentStage.COPY)
        .order_by(Attachment.copy_version.desc())
        .limit(1)
    ).first()


def drop_stale_drafts(session: Session, before: datetime) -> list[str]:
    """Remove photos whose form was never saved; return the keys whose files may go."""
    stale = session.scalars(
        select(Attachment).where(Attachment.draft_token.is_not(None), Attachment.uploaded_at < before)
    ).all()
    keys = [key for photo in stale for key in (photo.storage_key, photo.preview_key) if key]
    for photo in stale:
        session.delete(photo)
    return keys


def release_photo(session: Session, actor: Actor, token: str, public_id: str) -> list[str]:
    """Take a photo out of an unsaved form; return the keys whose files may go."""
    photo = session.scalars(
        select(Attachment).where(
            Attachment.public_id == public_id,
            Attachment.draft_token == token,
            Attachment.uploaded_by_id == actor.staff_user_id,
        )
    ).one_or_none()
    if photo is None:
        return []
    session.delete(photo)
    return [key for key in (photo.storage_key, photo.preview_key) if key]


add_message(
    "too_many_photos",
    thai="แนบได้ไม่เกิน {max} ภาพต่อครั้ง กรุณาลบบางภาพก่อนเพิ่มใหม่",
    english="At most {max} photos at a time. Please remove some before adding more",
)
