"""Drafts in the chat: what somebody is telling us, kept between messages until it is sent or given up.

An account has one current draft; beginning another parks it, and what is parked waits some days for its
return. A draft moves its ``turn`` whenever what it says changes: a button of an older turn shows words that
no longer hold.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, joinedload

from domain.clock import now
from domain.vault import new_token
from models import (
    AttachmentStage,
    ChatDraft,
    ChatDraftKind,
    ChatPhoto,
    DeliveryState,
    LineAccount,
    LineChannel,
    StaffUser,
)

MOST_PARKED: Final = 5
_TOLD: Final = ("texts", "latitude", "place_text", "photos", "words", "first_name")
_CODE_BYTES: Final = 6
_UNDER_WAY: Final = (DeliveryState.READY, DeliveryState.LEASED)


def who_speaks(
    session: Session, channel: LineChannel, line_user_id: str
) -> tuple[LineAccount | None, ChatDraft | None]:
    """Return the account of whoever wrote, and its current draft, both locked until the caller commits.

    The account is locked first, so that the draft read after it is the one the step before has left.
    """
    theirs = (LineAccount.channel == channel, LineAccount.line_user_id == line_user_id)
    owner = joinedload(LineAccount.member)
    if channel is LineChannel.STAFF:  # His rights are asked for at every step.
        owner = joinedload(LineAccount.staff_user).joinedload(StaffUser.roles)
    wanted = (
        select(LineAccount)
        .options(owner)
        .where(*theirs)
        .with_for_update(of=LineAccount, key_share=True)
        .execution_options(populate_existing=True)
    )
    account = session.scalars(wanted).unique().one_or_none()
    return account, current_draft(session, account.id) if account is not None else None


def open_draft(
    session: Session,
    account: LineAccount,
    kind: ChatDraftKind,
    *,
    complaint_id: int | None = None,
    state_seq: int | None = None,
    said: dict[str, Any] | None = None,
    is_only: bool = False,
) -> ChatDraft:
    """Begin a draft and return it; one that was current is parked, or dropped when it holds nothing.

    Args:
        session: Inside a write transaction; the caller commits.
        account: Of whoever begins, locked by ``who_speaks``.
        kind: What it is to become.
        complaint_id: Which complaint it is about, where it is about one.
        state_seq: Of that complaint as it is now: the act refuses when it has moved since.
        said: What is known already.
        is_only: ``who_speaks`` found no current draft in this transaction; nobody looks again.
    """
    before = None if is_only else current_draft(session, account.id)
    if before is not None:
        park(session, before)
    moment = now()
    draft = ChatDraft(
        line_account_id=account.id,
        line_account=account,
        kind=kind,
        code=secrets.token_hex(_CODE_BYTES),
        token=new_token(),
        complaint_id=complaint_id,
        state_seq=state_seq,
        asked="",
        said=said or {},
        turn=1,
        created_at=moment,
        touched_at=moment,
    )
    session.add(draft)  # Not flushed yet: what the first step adds goes with the same statement.
    return draft


def current_draft(session: Session, account_id: int) -> ChatDraft | None:
    """Return what an account is in the middle of, as the database has it now."""
    return session.scalars(
        select(ChatDraft)
        .where(ChatDraft.line_account_id == account_id, ChatDraft.parked_at.is_(None))
        .execution_options(populate_existing=True)
    ).one_or_none()


def parked_drafts(session: Session, account_id: int) -> Sequence[ChatDraft]:
    """Return what an account began and left, the latest first."""
    return session.scalars(
        select(ChatDraft)
        .where(ChatDraft.line_account_id == account_id, ChatDraft.parked_at.is_not(None))
        .order_by(ChatDraft.touched_at.desc(), ChatDraft.id.desc())
        .limit(MOST_PARKED)
    ).all()


def keep(draft: ChatDraft, **said: Any) -> None:
    """Add to what a draft knows; ``None`` takes a thing out. Buttons made before are of an older turn."""
    known = {**draft.said, **said}
    draft.said = {name: value for name, value in known.items() if value is not None}
    draft.turn += 1
    draft.touched_at = now()


def is_blank(draft: ChatDraft) -> bool:
    """Tell whether a draft holds nothing its owner has told us."""
    return not any(draft.said.get(name) for name in _TOLD)


def park(session: Session, draft: ChatDraft) -> None:
    """Set a draft aside for its owner's return; the oldest of many, and an empty one, is dropped."""
    if is_blank(draft):
        drop(session, draft)
        return
    draft.parked_at = now()
    session.flush()
    for surplus in parked_drafts_beyond(session, draft.line_account_id):
        drop(session, surplus)


def parked_drafts_beyond(session: Session, account_id: int) -> Sequence[ChatDraft]:
    """Return the parked drafts that are more than one may have."""
    return session.scalars(
        select(ChatDraft)
        .where(ChatDraft.line_account_id == account_id, ChatDraft.parked_at.is_not(None))
        .order_by(ChatDraft.touched_at.desc(), ChatDraft.id.desc())
        .offset(MOST_PARKED)
    ).all()


def resume(session: Session, draft: ChatDraft) -> None:
    """Make a parked draft the current one; what was current is parked in its stead."""
    current = current_draft(session, draft.line_account_id)
    if current is not None and current.id != draft.id:
        park(session, current)
        session.flush()
    draft.parked_at = None
    draft.touched_at = now()
    draft.turn += 1
    session.flush()


def drop(session: Session, draft: ChatDraft) -> None:
    """Forget a draft and the photos that were to come for it; those held already are swept with the forms.

    Photos under way are cancelled, so that none is hung on anything later.
    """
    _settle(session, draft)
    if draft.said.get("photos"):
        session.execute(
            update(ChatPhoto)
            .where(ChatPhoto.chat_draft_id == draft.id, ChatPhoto.state.in_(_UNDER_WAY))
            .values(state=DeliveryState.CANCELLED, done_at=now())
            .execution_options(synchronize_session=False)
        )
    session.delete(draft)
    session.flush()


def finish(
    session: Session, draft: ChatDraft, complaint_id: int | None = None, result_id: int | None = None
) -> None:
    """Forget a draft that has become an act; photos still under way follow it to its complaint.

    Args:
        session: Inside the transaction of the act.
        draft: The draft.
        complaint_id: What the act was about; None for acts without a complaint.
        result_id: The result that late photos belong to.
    """
    _settle(session, draft)
    if complaint_id is not None and draft.said.get("photos"):
        session.execute(
            update(ChatPhoto)
            .where(ChatPhoto.chat_draft_id == draft.id, ChatPhoto.state.in_(_UNDER_WAY))
            .values(complaint_id=complaint_id, result_id=result_id)
            .execution_options(synchronize_session=False)
        )
    session.delete(draft)
    session.flush()


def photos_under_way(session: Session, draft: ChatDraft) -> bool:
    """Tell whether photos of a draft are still being fetched."""
    if not draft.said.get("photos"):
        return False
    waiting = select(ChatPhoto.id).where(ChatPhoto.chat_draft_id == draft.id, ChatPhoto.state.in_(_UNDER_WAY))
    return session.scalar(waiting.limit(1)) is not None


def note_photo(
    session: Session,
    draft: ChatDraft,
    channel: LineChannel,
    message_id: str,
    stage: AttachmentStage,
    receipt_id: int | None,
) -> None:
    """Write down a photo that is to be fetched for a draft, and that its burst has not been answered."""
    _settle(session, draft)
    moment = now()
    session.add(
        ChatPhoto(
            channel=channel,
            message_id=message_id,
            line_account_id=draft.line_account_id,
            chat_draft_id=draft.id,
            token=draft.token,
            stage=stage,
            not_before=moment,
            created_at=moment,
        )
    )
    keep(draft, photos=int(draft.said.get("photos", 0)) + 1)
    draft.photos_at, draft.photos_receipt_id = moment, receipt_id


def _settle(session: Session, draft: ChatDraft) -> None:
    """Let a draft that was begun a moment ago have its id."""
    if draft.id is None:
        session.flush()


def drop_stale_drafts(session: Session, before: datetime) -> int:
    """Forget drafts nobody has touched since a moment; return how many. The caller commits."""
    gone = session.execute(
        delete(ChatDraft).where(ChatDraft.touched_at < before).execution_options(synchronize_session=False)
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]
