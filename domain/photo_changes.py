"""Small corrections of a photo: its caption, a quarter turn. In a form that is not saved yet, or in a case.

In a saved case each leaves an audit entry; no message, no event: the case says the same as before. Taking a
photo out of a case is a verb of its own (evidence.py).
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.attachments import PAPER_TYPE, StoredFile, keys_of, visible_photo
from domain.audit import column_changes, record
from domain.errors import InvalidField, NotFound, NotPermitted, StaleRow, add_message
from domain.permissions import Permission, may
from domain.thai_text import clean_text
from models import Attachment, AuditAction, Complaint

MAX_CAPTION = 300
CHANGERS = (Permission.COMPLAINT_EVIDENCE, Permission.COMPLAINT_CORRECT)


def may_change(actor: Actor, complaint: Complaint) -> bool:
    """Tell whether the actor may turn and caption the photos of a saved complaint."""
    return any(may(actor, permission, complaint) for permission in CHANGERS)


def photo_to_change(session: Session, actor: Actor, public_id: str) -> Attachment:
    """Return a photo the actor may turn or caption: of an own unsaved form, or of a case within reach.

    Raises:
        NotFound: there is none the actor may see.
        NotPermitted: it may be seen, not changed.
    """
    photo = visible_photo(session, actor, public_id)
    if photo is None:
        raise NotFound("attachment_not_found")
    if photo.complaint_id is not None:
        complaint = session.get(Complaint, photo.complaint_id)
        if complaint is None or not may_change(actor, complaint):
            raise NotPermitted
    return photo


def photo_to_turn(session: Session, actor: Actor, public_id: str) -> Attachment:
    """Return a photo the actor may turn.

    Raises:
        NotFound, NotPermitted: see ``photo_to_change``.
        InvalidField: it is a paper of several pages.
    """
    photo = photo_to_change(session, actor, public_id)
    if photo.media_type == PAPER_TYPE:
        raise InvalidField("paper_not_turned", field="photos")
    return photo


def caption_photo(session: Session, actor: Actor, public_id: str, caption: str) -> Attachment:
    """Write what a photo shows; an empty text takes the caption away.

    Raises:
        NotFound, NotPermitted: see ``photo_to_change``.
        InvalidField: longer than 300 letters.
    """
    words = clean_text(caption, max_length=MAX_CAPTION, field="caption", multiline=False) or None
    photo = photo_to_change(session, actor, public_id)
    if photo.caption != words:
        photo.caption = words
        _note(session, actor, photo)
    return photo


def take_turned(
    session: Session, actor: Actor, public_id: str, turned_from: str, turned: StoredFile
) -> list[str]:
    """Put the turned pictures in the place of a photo's; return the keys whose files may go after the commit.

    Args:
        session: Inside a write transaction.
        actor: Who turned it.
        public_id: Which photo.
        turned_from: Storage key of the picture that was turned.
        turned: The pictures made anew, in the store already.

    Raises:
        NotFound, NotPermitted, InvalidField: see ``photo_to_turn``.
        StaleRow: somebody else turned it meanwhile.
    """
    session.execute(select(Attachment.id).where(Attachment.public_id == public_id).with_for_update())
    photo = photo_to_turn(session, actor, public_id)
    session.refresh(photo)
    if photo.storage_key != turned_from:
        raise StaleRow("photo_turned_meanwhile")
    old = keys_of(photo)
    photo.storage_key, photo.preview_key, photo.print_key = (
        turned.storage_key,
        turned.preview_key,
        turned.print_key,
    )
    photo.byte_size, photo.sha256, photo.photo_hash = turned.byte_size, turned.sha256, turned.photo_hash
    photo.width, photo.height = turned.width, turned.height
    _note(session, actor, photo)
    return old


def _note(session: Session, actor: Actor, photo: Attachment) -> None:
    if photo.complaint_id is None:
        return
    changes = column_changes(photo)
    session.flush()
    record(session, actor, AuditAction.UPDATE, photo, changes=changes)


add_message(
    "paper_not_turned",
    thai="หมุนได้เฉพาะรูปภาพ เอกสาร PDF หมุนไม่ได้",
    english="Only photos can be turned, not PDF papers",
)
add_message(
    "photo_turned_meanwhile",
    thai="มีผู้หมุนภาพนี้ไปแล้ว กรุณาดูภาพล่าสุดก่อนหมุนอีกครั้ง",
    english="Somebody else has turned this photo. Please look at it before turning it again",
)
