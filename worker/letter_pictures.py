"""Photos before and after, for the card that tells a citizen what was done (000-64).

LINE fetches them from addresses nobody can guess (``domain.chat_pictures``), so they are made just before the
card is written, in a transaction of their own. Without an address LINE can open there are none, and nobody
depends on them: the card says everything in words, and its button opens the case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from domain.attachments import PAPER_TYPE, PHOTO_STAGES
from domain.chat_pictures import picture_of_attachment, shows_photos
from domain.errors import Words
from extensions import write_transaction
from models import (
    Attachment,
    AttachmentStage,
    Complaint,
    LineAccount,
    LineChannel,
    MessageTemplate,
    OutboxChannel,
    OutboxMessage,
)
from worker.addresses import Addresses

RESULT_LAYOUT: Final = "citizen_result_card"
PICTURE_PAGE: Final = "line_pictures.picture"
"""The page that sends a picture to LINE."""
PICTURE_ARGUMENT: Final = "token"

CAPTIONS: Final = {
    AttachmentStage.BEFORE: Words("ก่อน", "Before"),
    AttachmentStage.AFTER: Words("หลัง", "After"),
}

JsonDict = dict[str, str]


@dataclass(frozen=True, slots=True)
class _Card:
    """A card that may show photos: its row, case and language, and whether the complainant reads it."""

    row_id: int
    complaint_id: int
    language: str
    is_own: bool


def pictures_for(session: Session, addresses: Addresses, row_ids: Sequence[int]) -> dict[int, list[JsonDict]]:
    """Return the pictures of each result card among the rows that are written now: address and caption.

    A follower sees what was done only: what another complainant has photographed is not his to see.

    Args:
        session: Nothing is pending on it; where there are photos it is begun anew.
        addresses: Of our pages.
        row_ids: Of the batch.
    """
    if not addresses.page(PICTURE_PAGE, **{PICTURE_ARGUMENT: "-"}):
        return {}
    cards = _result_cards(session, row_ids)
    if not cards or not shows_photos(session):
        return {}
    photos = _photos(session, {card.complaint_id for card in cards})
    wanted = {card.row_id: _of_card(card, photos.get(card.complaint_id, {})) for card in cards}
    tokens = _tokens({photo_id for shown in wanted.values() for photo_id in shown.values()})
    return {
        card.row_id: [
            _fact(card, addresses, stage, tokens[photo_id]) for stage, photo_id in wanted[card.row_id].items()
        ]
        for card in cards
    }


def _result_cards(session: Session, row_ids: Sequence[int]) -> list[_Card]:
    """Return the result cards that go to citizens now and are not written yet."""
    own = or_(
        LineAccount.member_id == Complaint.member_id,
        LineAccount.id == Complaint.reporter_account_id,
    )
    found = session.execute(
        select(OutboxMessage.id, Complaint.id, OutboxMessage.language, own, OutboxMessage.sent_body)
        .join(MessageTemplate, MessageTemplate.key == OutboxMessage.template_key)
        .join(Complaint, Complaint.id == OutboxMessage.complaint_id)
        .join(
            LineAccount,
            (LineAccount.line_user_id == OutboxMessage.recipient)
            & (LineAccount.channel == LineChannel.CITIZEN),
        )
        .where(
            OutboxMessage.id.in_(row_ids),
            OutboxMessage.channel == OutboxChannel.LINE_CITIZEN,
            MessageTemplate.language == "th",
            MessageTemplate.layout == RESULT_LAYOUT,
        )
    ).all()
    return [
        _Card(row_id, case, language, bool(own)) for row_id, case, language, own, body in found if not body
    ]


def _photos(session: Session, complaint_ids: set[int]) -> dict[int, dict[AttachmentStage, int]]:
    """Return by case the first photo of how it was, and the first of its latest result."""
    rows = session.execute(
        select(Attachment.complaint_id, Attachment.stage, Attachment.result_id, Attachment.id)
        .where(
            Attachment.complaint_id.in_(sorted(complaint_ids)),
            Attachment.stage.in_(PHOTO_STAGES),
            Attachment.media_type != PAPER_TYPE,
            Attachment.removed_at.is_(None),
        )
        .order_by(Attachment.id)
    ).all()
    found: dict[int, dict[AttachmentStage, int]] = {}
    results: dict[int, int] = {}
    for case, stage, result_id, photo_id in rows:
        complaint_id = case or 0
        shown = found.setdefault(complaint_id, {})
        is_newer = stage is AttachmentStage.AFTER and (result_id or 0) > results.get(complaint_id, -1)
        if is_newer:
            results[complaint_id] = result_id or 0
        if is_newer or stage not in shown:
            shown[stage] = photo_id
    return found


def _of_card(card: _Card, photos: Mapping[AttachmentStage, int]) -> dict[AttachmentStage, int]:
    """Return what this reader may see, before first."""
    stages = PHOTO_STAGES if card.is_own else (AttachmentStage.AFTER,)
    return {stage: photos[stage] for stage in stages if stage in photos}


def _tokens(photo_ids: set[int]) -> dict[int, str]:
    if not photo_ids:
        return {}
    with write_transaction() as session:
        return {photo_id: picture_of_attachment(session, photo_id) for photo_id in sorted(photo_ids)}


def _fact(card: _Card, addresses: Addresses, stage: AttachmentStage, token: str) -> JsonDict:
    words = CAPTIONS[stage]
    address = addresses.page(PICTURE_PAGE, **{PICTURE_ARGUMENT: token})
    return {"url": address, "caption": words.en if card.language == "en" else words.th}
