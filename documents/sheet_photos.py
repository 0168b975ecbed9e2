"""The files of a case as its papers show them: photos with captions, and the list of what is attached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from documents.paper_parts import PaperPhoto
from domain.attachments import PHOTO_STAGES
from domain.clock import to_bangkok
from domain.thai_calendar import thai_date
from models import Attachment, AttachmentStage, Complaint

MAX_PHOTOS: Final = 20
WIDEST_BY_HEIGHT: Final = 1.4  # wider photos would leave their half of the page
STAGE_WORDS: Final = {AttachmentStage.BEFORE: "ก่อนดำเนินการ", AttachmentStage.AFTER: "หลังดำเนินการ"}


@dataclass(frozen=True, slots=True)
class ShownFiles:
    """Photos of both stages, how many more there are, and the list of everything attached."""

    before: list[PaperPhoto]
    after: list[PaperPhoto]
    left: int
    attached: list[str]


def files_of(session: Session, complaint: Complaint) -> ShownFiles:
    """Read the files of a case; those taken out of it are shown nowhere.

    At most twenty photos are printed: each stage may fill what the other leaves.
    """
    wanted = select(Attachment).where(
        Attachment.complaint_id == complaint.id,
        Attachment.stage.in_(PHOTO_STAGES),
        Attachment.removed_at.is_(None),
    )
    rows = session.scalars(wanted.order_by(Attachment.id)).all()
    before = [row for row in rows if row.stage is AttachmentStage.BEFORE]
    after = [row for row in rows if row.stage is AttachmentStage.AFTER]
    kept_before = before[: max(MAX_PHOTOS // 2, MAX_PHOTOS - len(after))]
    kept_after = after[: MAX_PHOTOS - len(kept_before)]
    left = len(rows) - len(kept_before) - len(kept_after)
    return ShownFiles(_photos(kept_before), _photos(kept_after), left, _attached(rows))


def paper_time(moment: datetime) -> str:
    """Write a time as official papers do, ``08.30 น.``; the template's numerals come later (003-32)."""
    return f"{to_bangkok(moment):%H.%M} น."


def _photos(rows: Sequence[Attachment]) -> list[PaperPhoto]:
    return [_photo(row, number) for number, row in enumerate(rows, 1)]


def _photo(row: Attachment, number: int) -> PaperPhoto:
    pages = f" (เอกสาร {row.page_count} หน้า)" if row.page_count else ""
    taken = f" ถ่าย {thai_date(row.taken_at)} {paper_time(row.taken_at)}" if row.taken_at else ""
    wide = bool(row.width and row.height and row.width > row.height * WIDEST_BY_HEIGHT)
    key = row.print_key or row.preview_key or row.storage_key  # Older photos have none made for paper.
    caption = f"ภาพที่ {number} {STAGE_WORDS[row.stage]}{pages}{taken}"
    return PaperPhoto(key, caption, wide, said=row.caption or "")


def _attached(rows: Sequence[Attachment]) -> list[str]:
    """List what is attached: photos by their number, papers by their names."""
    lines = []
    for stage in PHOTO_STAGES:
        photos = sum(1 for row in rows if row.stage is stage and not row.page_count)
        if photos:
            lines.append(f"ภาพ{STAGE_WORDS[stage]} {photos} ภาพ")
    papers = [row for row in rows if row.page_count]
    return lines + [f"{row.caption or 'เอกสาร'} {row.page_count} หน้า" for row in papers]
