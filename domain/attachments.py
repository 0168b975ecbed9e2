"""Photos and documents of a complaint: rows over files that were re-encoded and stored before."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from domain.errors import InvalidField, add_message
from domain.permissions import scope_complaints
from models import (
    ActionResult,
    Attachment,
    AttachmentStage,
    Complaint,
    StaffUser,
)

MAX_PHOTOS = 20  # The manuals ask for at least 10 at once (decisions.md 12).
PHOTO_STAGES = (AttachmentStage.BEFORE, AttachmentStage.AFTER)
PAPER_TYPE = "application/pdf"
SUFFIXES = {PAPER_TYPE: "pdf", "image/jpeg": "jpg"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file that lies in the store already; ``taken_at`` is aware or None.

    ``taken_latitude`` and ``taken_longitude`` are the camera's, a hint for the pin and no more.
    """

    storage_key: str
    preview_key: str | None
    media_type: str
    byte_size: int
    sha256: str
    print_key: str | None = None
    width: int | None = None
    height: int | None = None
    page_count: int | None = None
    photo_hash: str | None = None
    original_name: str | None = None
    taken_at: datetime | None = None
    taken_latitude: Decimal | None = None
    taken_longitude: Decimal | None = None


def keys_of(file: StoredFile | Attachment) -> list[str]:
    """Return the keys of everything the store keeps of a file."""
    return [key for key in (file.storage_key, file.preview_key, file.print_key) if key]


def hold_photo(
    session: Session, actor: Actor, token: str, stage: AttachmentStage, stored: StoredFile
) -> Attachment:
    """Keep a photo for a form that is not saved yet, under the form's token.

    A picture the form holds already (a form sent again) is not kept twice: the earlier row comes back, and
    the files just stored may go.

    Raises:
        InvalidField: the form holds the most photos it may hold.
    """
    if actor.staff_user_id is not None:
        # Two uploads of one form wait for each other; FOR NO KEY UPDATE leaves alone who refers to him.
        own_row = select(StaffUser.id).where(StaffUser.id == actor.staff_user_id)
        session.execute(own_row.with_for_update(key_share=True))
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
        print_key=stored.print_key,
        width=stored.width,
        height=stored.height,
        page_count=stored.page_count,
        photo_hash=stored.photo_hash,
        taken_at=stored.taken_at,
        taken_latitude=stored.taken_latitude,
        taken_longitude=stored.taken_longitude,
        uploaded_by_id=actor.staff_user_id,
        uploaded_at=now(),
    )
    session.add(attachment)
    return attachment


def visible_photo(session: Session, actor: Actor, public_id: str) -> Attachment | None:
    """Return a photo or paper the actor may see: of a complaint within reach, or held by an own unsaved form.

    One that was taken out of its case is shown to nobody.
    """
    photo = session.scalars(
        select(Attachment).where(
            Attachment.public_id == public_id,
            Attachment.stage.in_(PHOTO_STAGES),
            Attachment.removed_at.is_(None),
        )
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
) -> Sequence[Attachment]:
    """Hang the photos held under a token on the complaint and return them.

    They are named after the number, so that a downloaded file tells where it belongs.
    """
    held = held_photos(session, actor, token) if token else ()
    if not held:
        return held
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
        photo.display_name = f"{file_stem(complaint)}-{stage.value}-{index:02d}.{SUFFIXES[photo.media_type]}"
    return held


def file_stem(complaint: Complaint) -> str:
    """Return the complaint's number as the beginning of a file name, e.g. ``อส.56-2569``."""
    return str(complaint).replace(" ", "").replace("/", "-")


def drop_stale_drafts(session: Session, before: datetime) -> list[str]:
    """Remove photos whose form was never saved; return the keys whose files may go."""
    stale = session.scalars(
        select(Attachment).where(Attachment.draft_token.is_not(None), Attachment.uploaded_at < before)
    ).all()
    keys = [key for photo in stale for key in keys_of(photo)]
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
    keys = keys_of(photo)
    session.delete(photo)
    return keys


add_message(
    "too_many_photos",
    thai="แนบได้ไม่เกิน {max} ภาพต่อครั้ง กรุณาลบบางภาพก่อนเพิ่มใหม่",
    english="At most {max} photos at a time. Please remove some before adding more",
)
add_message(
    "photo_not_processed",
    thai="ประมวลผลไฟล์นี้ไม่สำเร็จ กรุณาส่งใหม่อีกครั้ง หรือเลือกไฟล์อื่น",
    english="This file could not be processed. Please send it again, or choose another",
)
add_message(
    "paper_locked",
    thai="เอกสาร PDF นี้ใส่รหัสผ่านไว้ กรุณาปลดรหัสแล้วส่งใหม่ หรือถ่ายรูปเอกสารแทน",
    english="This PDF is locked with a password. Please unlock it, or take a photo of the paper instead",
)
add_message(
    "paper_broken",
    thai="เปิดเอกสาร PDF นี้ไม่ได้ ไฟล์อาจเสียหรือส่งมาไม่ครบ กรุณาส่งใหม่",
    english="This PDF cannot be opened. It may be damaged or incomplete. Please send it again",
)
add_message(
    "paper_without_pages",
    thai="เอกสาร PDF นี้ไม่มีหน้าเอกสาร กรุณาเลือกไฟล์อื่น",
    english="This PDF has no pages. Please choose another file",
)
add_message(
    "paper_too_many_pages",
    thai="เอกสาร PDF ยาวเกิน {pages} หน้า กรุณาแบ่งเป็นหลายไฟล์",
    english="This PDF has more than {pages} pages. Please split it",
)
add_message(
    "paper_too_heavy",
    thai="เอกสาร PDF นี้ซับซ้อนหรือใหญ่เกินไป กรุณาสแกนใหม่ให้เล็กลง หรือถ่ายรูปแทน",
    english="This PDF is too large or too complex. Please scan it smaller, or take photos instead",
)
