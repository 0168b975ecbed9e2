"""Following a complaint by its code and tracking password, as a citizen without an account does (004-07)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import bangkok_date
from domain.errors import InvalidField
from domain.labels import CITIZEN_WORDS, word
from domain.notifications import citizen_steps
from domain.permissions import scope_complaints
from domain.throttle import Limit
from domain.vault import Vault
from models import AttachmentStage, Complaint, EventKind, StatusKind

PURPOSE: Final = "tracking"
LIMITS: Final = {
    "ip": Limit(free=5, window=timedelta(minutes=15)),
    "complaint": Limit(free=10, window=timedelta(hours=1)),
}
_CODE = re.compile(r"[0-9]{4}-[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Tracked:
    """What the holder of code and password may see; no name, no phone, no officer's name.

    Attributes:
        steps: The way in citizens' words as (word, mark); marks done, now, todo.
        history: Moments and words of what happened, oldest first.
        photos: Public ids of the photos, before and after.
        stars: The rating given for the latest result; None when there is none yet.
    """

    complaint_id: int
    number: str
    public_code: str
    subject: str
    place: str
    department: str
    state_word: str
    is_open: bool
    steps: list[tuple[str, str]]
    history: list[tuple[datetime, str]]
    received_at: datetime | None
    due_date: date | None
    promised: str
    result_text: str
    done_date: date | None
    outcome: str
    reason: str
    before: list[str]
    after: list[str]
    may_rate: bool
    stars: int | None
    comment: str


def clean_code(text: str) -> str:
    """Return a typed code in its stored form; an unreadable one becomes a code nobody has."""
    code = text.strip().replace(" ", "").replace("–", "-")[:20]
    return code if _CODE.fullmatch(code) else "-"


def find_tracked(session: Session, vault: Vault, code: str, password: str) -> Complaint:
    """Return the complaint whose code and password were typed.

    The caller has asked the throttle first. A wrong code costs the same work and gives the same answer as
    a wrong password, so that neither tells which codes exist.

    Raises:
        InvalidField: ``tracking_not_found``.
    """
    complaint = session.scalars(
        select(Complaint).where(Complaint.public_code == clean_code(code))
    ).one_or_none()
    fits = vault.matches_tracking(password[:100], complaint.tracking_hash if complaint else None)
    if complaint is None or not fits:
        raise InvalidField("tracking_not_found", field="password")
    return complaint


def tracked_view(session: Session, holder: Actor, language: str) -> Tracked | None:
    """Return what the holder of a complaint may see of it; None when it is gone."""
    complaint = session.scalars(scope_complaints(select(Complaint), holder)).one_or_none()
    if complaint is None:
        return None
    result = complaint.results[-1] if complaint.results else None
    rating = next((row for row in complaint.ratings if result and row.result_id == result.id), None)
    subject = complaint.subcategory or complaint.category
    column = 1 if language == "en" else 0
    photos: dict[AttachmentStage, list[str]] = {stage: [] for stage in AttachmentStage}
    for photo in complaint.attachments:
        photos[photo.stage].append(photo.public_id)
    return Tracked(
        complaint_id=complaint.id,
        number=complaint.number or "",
        public_code=complaint.public_code,
        subject=_named(subject, language) or word(complaint.kind, language),
        place=complaint.place_text or (complaint.road.name if complaint.road else ""),
        department=_named(complaint.department, language),
        state_word=CITIZEN_WORDS[complaint.status][column],
        is_open=complaint.status.kind in {StatusKind.OPEN, StatusKind.WAITING},
        steps=[(text, mark) for text, mark in citizen_steps(complaint, language)],
        history=_history(complaint, language),
        received_at=complaint.received_at,
        due_date=bangkok_date(complaint.due_at) if complaint.due_at else None,
        promised=complaint.promised_text or "",
        result_text=result.result_text if result else "",
        done_date=result.done_date if result else None,
        outcome=word(result.outcome, language) if result else "",
        reason=complaint.reject_reason or "",
        before=photos[AttachmentStage.BEFORE],
        after=photos[AttachmentStage.AFTER],
        may_rate=result is not None and complaint.status.kind is StatusKind.DONE,
        stars=rating.stars if rating else None,
        comment=(rating.comment or "") if rating else "",
    )


def _history(complaint: Complaint, language: str) -> list[tuple[datetime, str]]:
    column = 1 if language == "en" else 0
    told: list[tuple[datetime, str]] = []
    for event in complaint.events:
        if not event.is_public or event.to_status is None or event.kind is EventKind.RATE:
            continue
        text = CITIZEN_WORDS[event.to_status][column]
        if not told or told[-1][1] != text:
            told.append((event.at, text))
    return told


def _named(row: object, language: str) -> str:
    english = getattr(row, "name_en", None) if language == "en" else None
    return english or getattr(row, "name", "") or ""
