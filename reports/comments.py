"""The latest words of citizens about their results, without names; within the officer's reports (000-70)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.complaint_filter import ComplaintFilter, narrow
from domain.permissions import Permission, scope_complaints
from models import Complaint, Figure, Rating

MOST_COMMENTS: Final = 5


@dataclass(frozen=True, slots=True)
class Comment:
    """What a citizen said of a result; ``about`` is the id of the case's subtype."""

    stars: int
    words: str
    rated_at: datetime
    public_code: str
    number: str
    about: int | None


def latest_comments(session: Session, actor: Actor, year: int) -> list[Comment]:
    """Return the last few ratings with words of cases received in a fiscal year, the newest first."""
    statement = (
        select(
            Rating.stars,
            Rating.comment,
            Rating.rated_at,
            Complaint.public_code,
            Complaint.number,
            Complaint.subcategory_id,
        )
        .join(Complaint, Complaint.id == Rating.complaint_id)
        .where(Rating.comment.is_not(None), Rating.comment != "", Complaint.figure != Figure.NONE)
        .order_by(Rating.id.desc())  # Given last; by the time the whole year would have to be sorted.
        .limit(MOST_COMMENTS)
    )
    scoped = scope_complaints(statement, actor, Permission.REPORT_READ)
    rows = session.execute(narrow(scoped, ComplaintFilter(year=frozenset({year})), session))
    return [
        Comment(row.stars, row.comment, row.rated_at, row.public_code, row.number or "", row.subcategory_id)
        for row in rows
    ]
