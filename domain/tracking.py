"""Following a complaint by its code and tracking password, as a citizen without an account does (004-07)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import bangkok_date, now
from domain.endings import is_too_late_to_reopen
from domain.errors import InvalidField
from domain.labels import citizen_word, promised_words, word
from domain.notifications import citizen_steps
from domain.permissions import scope_complaints
from domain.settings import read_setting
from domain.thai_text import search_form
from domain.throttle import Limit
from domain.vault import Vault
from domain.workflow import CITIZEN_STEPS, transition_for
from models import AttachmentStage, Complaint, ComplaintStatus, EventKind, Rating, StatusKind

PURPOSE: Final = "tracking"
HOLDERS_ACTS: Final = (
    EventKind.ANSWER,
    EventKind.ADD_EVIDENCE,
    EventKind.REOPEN,
    EventKind.WITHDRAW,
)
LIMITS: Final = {
    "ip": Limit(free=5, window=timedelta(minutes=15)),
    "complaint": Limit(free=10, window=timedelta(hours=1)),
}
LONGEST_CODE: Final = 40
LONGEST_PASSWORD: Final = 100
_CODE: Final = re.compile(r"([0-9]{4})-?([0-9]{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way: the citizen's word, ``done``, ``now`` or ``todo``, and when it was reached."""

    text: str
    mark: str
    reached_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tracked:
    """What the holder of code and password may see; no name, no phone, no officer's name.

    Attributes:
        is_off: It ended without anything being done: not taken, withdrawn, joined to another.
        history: Moments and words of what happened, oldest first; empty where the steps tell it all.
        reason: Why it was not taken.
        result_text: Of the latest result, while the complaint is done.
        before: Public ids of the photos of the trouble.
        after: Public ids of the photos of the result.
        acts: What the holder may do now besides rating, by the names of the actions.
        question: What the town asks and waits for.
        original: Number and state of the case this one was joined with, in the citizen's words.
        may_rate: The latest result may be rated, or its rating still be changed.
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
    is_off: bool
    steps: list[Step]
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
    acts: list[str]
    question: str
    original: tuple[str, str] | None
    may_rate: bool
    stars: int | None
    comment: str


def clean_code(text: str) -> str:
    """Return a typed code in its stored form; an unreadable one becomes a code nobody has.

    Thai digits, spaces and dashes of any length are read as they were meant; so is a code without its dash,
    which the number keys of many phones do not have.
    """
    found = _CODE.fullmatch(search_form(text[:LONGEST_CODE]).replace(" ", ""))
    return f"{found[1]}-{found[2]}" if found else "-"


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
    fits = vault.matches_tracking(password[:LONGEST_PASSWORD], complaint.tracking_hash if complaint else None)
    if complaint is None or not fits:
        raise InvalidField("tracking_not_found", field="password")
    return complaint


def tracked_view(session: Session, holder: Actor, language: str) -> Tracked | None:
    """Return what the holder of a complaint may see of it; None when it is gone."""
    complaint = session.scalars(scope_complaints(select(Complaint), holder)).one_or_none()
    if complaint is None:
        return None
    status = complaint.status
    is_done = status.kind is StatusKind.DONE
    result = complaint.results[-1] if is_done and complaint.results else None
    rating = next((row for row in complaint.ratings if result and row.result_id == result.id), None)
    subject = complaint.subcategory or complaint.category
    photos = _photos(complaint)
    steps, history = _steps(complaint, language), _history(complaint, language)
    is_told = [step.text for step in steps if step.reached_at] == [words for _at, words in history]
    return Tracked(
        complaint_id=complaint.id,
        number=complaint.number or "",
        public_code=complaint.public_code,
        subject=_named(subject, language) or word(complaint.kind, language),
        place=complaint.place_text or (complaint.road.name if complaint.road else ""),
        department=_named(complaint.department, language),
        state_word=citizen_word(status, language),
        is_open=status.kind in {StatusKind.OPEN, StatusKind.WAITING},
        is_off=status.kind in {StatusKind.REJECTED, StatusKind.WITHDRAWN, StatusKind.MERGED},
        steps=steps,
        history=[] if is_told else history,
        received_at=complaint.received_at,
        due_date=bangkok_date(complaint.due_at) if complaint.due_at else None,
        promised=promised_words(complaint.promised_text, language),
        result_text=result.result_text if result else "",
        done_date=result.done_date if result else None,
        outcome=word(result.outcome, language) if result else "",
        reason=(complaint.reject_reason or "") if status is ComplaintStatus.REJECTED else "",
        before=photos[AttachmentStage.BEFORE],
        after=photos[AttachmentStage.AFTER],
        acts=holders_acts(session, complaint),
        question=_question(complaint),
        original=_original(session, complaint, language),
        may_rate=result is not None and may_still_rate(session, rating),
        stars=rating.stars if rating else None,
        comment=(rating.comment or "") if rating else "",
    )


def holders_acts(session: Session, complaint: Complaint) -> list[str]:
    """Return what the holder may do, as the table of transitions and the reopening days say."""
    acts = [
        row.action.value
        for row in (transition_for(one) for one in HOLDERS_ACTS)
        if row.by_member and complaint.status in row.sources
    ]
    is_late = is_too_late_to_reopen(session, complaint)
    return [act for act in acts if act != EventKind.REOPEN or not is_late]


def _question(complaint: Complaint) -> str:
    if complaint.status is not ComplaintStatus.AWAITING_CITIZEN:
        return ""
    asked = [row for row in complaint.events if row.kind is EventKind.ASK_CITIZEN and row.undone_at is None]
    return (asked[-1].note or "") if asked else ""


def _original(session: Session, complaint: Complaint, language: str) -> tuple[str, str] | None:
    original = session.get(Complaint, complaint.duplicate_of_id) if complaint.duplicate_of_id else None
    return (str(original), citizen_word(original.status, language)) if original else None


def may_still_rate(session: Session, rating: Rating | None) -> bool:
    """Tell whether a result may be rated: it is not yet, or its rating may still be changed."""
    if rating is None:
        return True
    return now() - rating.rated_at <= timedelta(days=int(read_setting(session, "rating_change_days")))


def _photos(complaint: Complaint) -> dict[AttachmentStage, list[str]]:
    photos: dict[AttachmentStage, list[str]] = {stage: [] for stage in AttachmentStage}
    for photo in complaint.attachments:
        if photo.page_count is not None:
            continue  # A scanned paper may name people; the citizen has his own.
        photos[photo.stage].append(photo.public_id)
    return photos


def _steps(complaint: Complaint, language: str) -> list[Step]:
    """Return the way with its days: a step was reached when the complaint last came into its states."""
    told = citizen_steps(complaint, language)
    ways = [states for _key, states in CITIZEN_STEPS]
    if len(told) != len(ways):  # Not taken, withdrawn or joined: received, then this.
        ways = [ways[0], frozenset({complaint.status})]
    return [
        Step(text, mark, None if mark == "todo" else _reached(complaint, states))
        for (text, mark), states in zip(told, ways, strict=True)
    ]


def _reached(complaint: Complaint, states: frozenset[ComplaintStatus]) -> datetime | None:
    reached = None
    for event in complaint.events:
        counts = event.undone_at is None and event.kind is not EventKind.UNDO
        if counts and event.to_status in states and event.from_status not in states:
            reached = event.at
    return reached


def _history(complaint: Complaint, language: str) -> list[tuple[datetime, str]]:
    told: list[tuple[datetime, str]] = []
    for event in complaint.events:
        if not event.is_public or event.undone_at is not None or event.to_status is None:
            continue
        if event.kind is EventKind.RATE:
            continue
        text = citizen_word(event.to_status, language)
        if not told or told[-1][1] != text:
            told.append((event.at, text))
    return told


def _named(row: object, language: str) -> str:
    english = getattr(row, "name_en", None) if language == "en" else None
    return english or getattr(row, "name", "") or ""
