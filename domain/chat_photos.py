"""Photos from the chat: where one belongs when it has been fetched, what is said of it, and taking it back.

Whoever changes anything of a person's drafts or photos holds the lock on the LINE account first, as a step of
a talk does (``chat_drafts.who_speaks``): so a photo never falls between a draft and the act it becomes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.attachments import MAX_PHOTOS, StoredFile, claim_photos, hold_photo, keys_of
from domain.chat_drafts import keep
from domain.clock import now
from domain.errors import DomainError, InvalidField, UploadRejected, add_message
from domain.moves import lock_complaint, note_event
from domain.papers import request_copy
from models import (
    ActionResult,
    Attachment,
    ChatDraft,
    ChatPhoto,
    Complaint,
    ComplaintEvent,
    DeliveryState,
    EventKind,
    Job,
    JobKind,
    LineAccount,
    LineChannel,
)

TAKEN_BACK: Final = "photo_taken_back"
"""In ``ChatPhoto.refusal``: its sender took it back, so what is kept of it goes."""

UNDER_WAY: Final = (DeliveryState.READY, DeliveryState.LEASED)
_WE: Final = "LINE"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A photo that was claimed, as plain values for work outside any transaction.

    Attributes:
        id: Of the row.
        channel: Whose account it was sent to.
        message_id: LINE's id of the message.
        line_account_id: Of the sender, who is locked before anything is changed.
        is_taken_back: There is nothing to fetch, only to remove.
        is_surplus: Its draft holds as many as it may.
        attempts: This one counted.
        created_at: When it was noted.
    """

    id: int
    channel: LineChannel
    message_id: str
    line_account_id: int
    is_taken_back: bool
    is_surplus: bool
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Burst:
    """What came of the photos of a draft.

    Attributes:
        held: How many the draft holds.
        on_their_way: How many are still being fetched.
        refused: Why each of the others was not taken.
    """

    held: int
    on_their_way: int
    refused: tuple[DomainError, ...]


def wanted_photos(session: Session, ids: Sequence[int]) -> list[Wanted]:
    """Return the claimed photos in the order given."""
    rows = {row.id: row for row in session.scalars(select(ChatPhoto).where(ChatPhoto.id.in_(ids)))}
    kept = _kept_by_token(session, {row.token for row in rows.values()})
    return [
        Wanted(
            id=row.id,
            channel=row.channel,
            message_id=row.message_id,
            line_account_id=row.line_account_id,
            is_taken_back=row.refusal == TAKEN_BACK,
            is_surplus=kept[row.token] >= MAX_PHOTOS,
            attempts=row.attempts,
            created_at=row.created_at,
        )
        for row in (rows[photo_id] for photo_id in ids if photo_id in rows)
    ]


def lock_sender(session: Session, line_account_id: int) -> LineAccount | None:
    """Return the sender's account, locked until the caller commits: no step of a talk runs meanwhile."""
    mine = select(LineAccount).where(LineAccount.id == line_account_id)
    return session.scalars(mine.with_for_update(key_share=True)).one_or_none()


def keep_photo(session: Session, photo_id: int, stored: StoredFile) -> list[str]:
    """Put a fetched photo where it belongs: into its draft, or into the case the draft has become.

    Args:
        session: Inside a write transaction that has locked the sender.
        photo_id: Of the row, which is done with this.
        stored: Its files in the store.

    Returns:
        Keys whose files nobody needs, to be removed after the commit: of a photo that is there already, of
        one too many, and of one whose draft was given up.
    """
    row = session.get_one(ChatPhoto, photo_id, populate_existing=True)
    if row.chat_draft_id is None and row.complaint_id is None:
        row.state = DeliveryState.CANCELLED
        return keys_of(stored)
    if _kept_by_token(session, {row.token})[row.token] >= MAX_PHOTOS:
        refuse_photo(session, photo_id, surplus())
        return keys_of(stored)
    account = session.get_one(LineAccount, row.line_account_id)
    actor = Actor(
        "staff" if account.staff_user_id else "member", _WE, staff_user_id=account.staff_user_id, via="line"
    )
    twin = _same_in_case(session, row, stored)
    photo = twin or hold_photo(session, actor, row.token, row.stage, stored)
    session.flush()
    row.attachment_id = photo.id
    if twin is None and row.complaint_id is not None:
        _hang(session, actor, row)
    return [] if photo.storage_key == stored.storage_key else keys_of(stored)


def refuse_photo(session: Session, photo_id: int, problem: DomainError) -> None:
    """Note why a photo cannot be taken; its draft counts one less and tells with the next answer.

    Args:
        session: Inside a write transaction that has locked the sender.
        photo_id: Of the row.
        problem: What is said; its parameters are plain numbers or texts.
    """
    row = session.get_one(ChatPhoto, photo_id, populate_existing=True)
    row.refusal = problem.code
    draft = _draft_of(session, row)
    if draft is None:
        return
    told = [*draft.said.get("photos_refused", []), {"code": problem.code, "params": problem.params}]
    keep(draft, photos_refused=told)
    _count_one_less(draft)
    draft.photos_at = draft.photos_at or now()  # Said even where the burst had its answer already.


def let_photo_go(session: Session, photo_id: int) -> None:
    """Count a photo out that its sender took back before we had it; nothing is said of it."""
    row = session.get_one(ChatPhoto, photo_id, populate_existing=True)
    row.refusal = TAKEN_BACK
    draft = _draft_of(session, row)
    if draft is not None:
        _count_one_less(draft)


def remove_taken_back(session: Session, photo_id: int) -> list[str]:
    """Delete what is kept of a photo taken back before it was sent; return the keys whose files may go."""
    row = session.get_one(ChatPhoto, photo_id, populate_existing=True)
    photo = session.get(Attachment, row.attachment_id) if row.attachment_id else None
    if photo is None or photo.complaint_id is not None:
        return []
    keys = keys_of(photo)
    row.attachment_id = None
    session.delete(photo)
    session.flush()
    return keys


def settle(session: Session, draft: ChatDraft, *, is_told: bool) -> Burst:
    """Close the books on a draft's photos and return what came of them; the count of the draft is made true.

    Args:
        session: Inside a write transaction that has locked the sender.
        draft: Of the burst, read again under the lock.
        is_told: The person hears of it now; otherwise what was refused waits for the next answer to photos.
    """
    held_here = select(func.count()).select_from(Attachment).where(Attachment.draft_token == draft.token)
    under_way = select(func.count()).where(
        ChatPhoto.chat_draft_id == draft.id, ChatPhoto.state.in_(UNDER_WAY)
    )
    held, coming = session.execute(select(held_here.scalar_subquery(), under_way.scalar_subquery())).one()
    refused = tuple(_problem(one) for one in draft.said.get("photos_refused", []))
    draft.photos_at = None
    if draft.said.get("photos", 0) != held + coming:
        keep(draft, photos=held + coming or None)
    if refused and is_told:
        keep(draft, photos_refused=None)
    return Burst(held, coming, refused)


def surplus() -> InvalidField:
    """Return what is said of a photo beyond the most a draft may hold."""
    return InvalidField("too_many_photos", field="photos", max=MAX_PHOTOS)


def grouped(refused: Sequence[DomainError], language: str) -> list[tuple[int, str]]:
    """Return why photos were not taken, in the reader's words: how many, and the reason, each once."""
    return [(count, why) for why, count in Counter(one.message_in(language) for one in refused).items()]


def _kept_by_token(session: Session, tokens: set[str]) -> Counter[str]:
    """Return how many different photos were kept under each token so far, whatever became of them since."""
    kept = (
        select(ChatPhoto.token, func.count(ChatPhoto.attachment_id.distinct()))
        .where(ChatPhoto.token.in_(sorted(tokens)), ChatPhoto.attachment_id.is_not(None))
        .group_by(ChatPhoto.token)
    )
    return Counter({token: int(count) for token, count in session.execute(kept)})


def _draft_of(session: Session, row: ChatPhoto) -> ChatDraft | None:
    return session.get(ChatDraft, row.chat_draft_id, populate_existing=True) if row.chat_draft_id else None


def _count_one_less(draft: ChatDraft) -> None:
    keep(draft, photos=max(0, int(draft.said.get("photos", 0)) - 1) or None)


def _problem(told: dict[str, Any]) -> DomainError:
    return UploadRejected(str(told["code"]), **told["params"])


def _same_in_case(session: Session, row: ChatPhoto, stored: StoredFile) -> Attachment | None:
    """Return the same picture where the case has it already."""
    if row.complaint_id is None:
        return None
    same = (
        Attachment.complaint_id == row.complaint_id,
        Attachment.sha256 == stored.sha256,
        Attachment.stage == row.stage,
        Attachment.removed_at.is_(None),
    )
    return session.scalars(select(Attachment).where(*same).limit(1)).first()


# After the act ----------------------------------------------------------------------------------------------


def _hang(session: Session, actor: Actor, row: ChatPhoto) -> None:
    """Hang a late photo on its case and have the copy made anew; the timeline tells colleagues."""
    complaint = lock_complaint(session, Actor.system(_WE), row.complaint_id or 0)
    result = session.get(ActionResult, row.result_id) if row.result_id else None
    photos = claim_photos(session, actor, row.token, complaint, row.stage, result)
    _tell_colleagues(session, complaint, [photo.id for photo in photos])


def _tell_colleagues(session: Session, complaint: Complaint, attachment_ids: list[int]) -> None:
    """Write the photos into the timeline: of a burst once, as long as its copy has not been begun."""
    last = session.scalars(
        select(ComplaintEvent)
        .where(ComplaintEvent.complaint_id == complaint.id)
        .order_by(ComplaintEvent.id.desc())
        .limit(1)
    ).first()
    if last is not None and last.kind is EventKind.ATTACHMENT_ADDED and _copy_waits(session, last):
        last.facts = {**last.facts, "attachment_ids": [*last.facts["attachment_ids"], *attachment_ids]}
        return
    facts = {"attachment_ids": attachment_ids}
    event = note_event(session, Actor.system(_WE), complaint, EventKind.ATTACHMENT_ADDED, facts=facts)
    session.flush()
    request_copy(session, complaint, event.id)


def _copy_waits(session: Session, event: ComplaintEvent) -> bool:
    key = f"copy:{event.complaint_id}:{event.id}"
    waits = (Job.kind == JobKind.COMPLAINT_COPY, Job.dedupe_key == key, Job.state == DeliveryState.READY)
    return session.scalar(select(Job.id).where(*waits).with_for_update()) is not None


add_message(
    "chat_file_no_photo",
    thai="ไฟล์นี้ไม่ใช่ภาพ กรุณาถ่ายภาพแล้วส่งใหม่",
    english="This is not a picture. Please take a photo and send it again",
)
add_message(
    "photo_gone_at_line",
    thai="LINE ไม่มีภาพนี้แล้ว กรุณาส่งใหม่",
    english="LINE no longer has this photo. Please send it again",
)
add_message(
    "photo_not_fetched",
    thai="ดึงภาพจาก LINE ไม่สำเร็จ กรุณาส่งใหม่",
    english="This photo could not be fetched from LINE. Please send it again",
)
