"""Taking back in the chat: what was not sent yet is forgotten, a photo that was sent leaves its case.

LINE asks this of whoever keeps what people write (line.md §1.5). A story that has become a case stays: it is
what the town works on.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.chat_drafts import keep, who_speaks
from domain.chat_photos import TAKEN_BACK, UNDER_WAY, let_photo_go
from domain.clock import now
from domain.errors import AlreadyDone
from domain.evidence import remove_attachment
from domain.vault import new_token
from models import Attachment, ChatDraft, ChatPhoto, DeliveryState, LineAccount, LineChannel

REASON: Final = "ผู้ส่งยกเลิกข้อความภาพนี้ใน LINE"
"""Why a photo left its case, as the timeline says it."""

_NAMED_BY: Final = {"pin_id": ("latitude", "longitude", "zone", "outside"), "place_id": ("place_text",)}
"""What else goes with the id of a message; any other ``x_id`` names ``x``."""

_LOOKED_OVER: Final = "confirm"


def take_back(session: Session, channel: LineChannel, line_user_id: str, message_id: str) -> bool:
    """Forget a message as far as it was kept, and tell whether anything was; the caller commits.

    Only its sender's things are touched. Files of a photo are removed by the worker's next round.
    """
    account, _draft = who_speaks(session, channel, line_user_id)
    if account is None or not message_id:
        return False
    was_photo = _photo(session, account, message_id)
    drafts = session.scalars(select(ChatDraft).where(ChatDraft.line_account_id == account.id)).all()
    found = [_words(draft, message_id) for draft in drafts]
    return was_photo or any(found)


def _words(draft: ChatDraft, message_id: str) -> bool:
    """Take words or a place out of a draft; buttons shown before are old from here on."""
    gone = _without(draft.said, message_id)
    if not gone:
        return False
    keep(draft, **gone)
    if draft.asked == _LOOKED_OVER:
        draft.asked = ""  # What was shown does not hold any more, so the word "send" shows it anew.
    return True


def _without(said: dict[str, Any], message_id: str) -> dict[str, Any]:
    """Return the changes that take a message out of what a draft knows; empty where it is not in there."""
    changes: dict[str, Any] = {}
    for name, value in said.items():
        if isinstance(value, list):
            left = [one for one in value if not (isinstance(one, dict) and one.get("id") == message_id)]
            if len(left) < len(value):
                changes[name] = left or None
        elif name.endswith("_id") and value == message_id:
            named = _NAMED_BY.get(name, (name.removesuffix("_id"),))
            changes |= dict.fromkeys((name, *named), None)
    return changes


def _photo(session: Session, account: LineAccount, message_id: str) -> bool:
    row = session.scalars(
        select(ChatPhoto).where(
            ChatPhoto.channel == account.channel,
            ChatPhoto.message_id == message_id,
            ChatPhoto.line_account_id == account.id,
        )
    ).one_or_none()
    if row is None or row.refusal == TAKEN_BACK:
        return False
    if row.state in UNDER_WAY:
        let_photo_go(session, row.id)
        row.state, row.done_at = DeliveryState.CANCELLED, now()
        return True
    photo = session.get(Attachment, row.attachment_id) if row.attachment_id else None
    if photo is None:
        return False
    if not _is_sent_twice(session, row):
        _forget(session, row, photo)
    else:
        row.attachment_id = None
    row.refusal = TAKEN_BACK
    return True


def _is_sent_twice(session: Session, row: ChatPhoto) -> bool:
    """Tell whether the same picture came in another message, too, which still stands."""
    twin = (ChatPhoto.attachment_id == row.attachment_id, ChatPhoto.id != row.id)
    return session.scalar(select(ChatPhoto.id).where(*twin).limit(1)) is not None


def _forget(session: Session, row: ChatPhoto, photo: Attachment) -> None:
    if photo.complaint_id is not None:
        try:
            remove_attachment(
                session,
                Actor.system("LINE"),
                photo.complaint_id,
                attachment_id=photo.id,
                reason=REASON,
            )
        except AlreadyDone:
            return  # An officer took it out before.
        return
    draft = session.get(ChatDraft, row.chat_draft_id) if row.chat_draft_id else None
    if draft is not None:
        keep(draft, photos=max(0, int(draft.said.get("photos", 0)) - 1) or None)
    # Out of the draft's reach at once; row and files are removed by the worker, who has the store.
    photo.draft_token = new_token()
    row.chat_draft_id, row.state, row.done_at = None, DeliveryState.READY, None
    row.attempts, row.not_before = 0, now()
