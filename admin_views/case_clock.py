"""How the promise of one case stands: the day, its colour, when the clock stood still and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_views.guard import language
from domain.clock import bangkok_date, now
from domain.labels import word
from domain.sla import Light, days_left, light
from domain.thai_calendar import thai_date
from domain.workflow import Action
from models import ClockPause, Complaint, ComplaintEvent, StatusKind


@dataclass(frozen=True, slots=True)
class Promise:
    """How the promised time stands; ``pauses`` and ``extended`` are sentences, empty where there was none."""

    days: int | None = None
    reason: str = ""
    light: Light = Light.NONE
    pauses: list[str] = field(default_factory=list)
    extended: str = ""


def case_promise(session: Session, complaint: Complaint, events: Sequence[ComplaintEvent]) -> Promise:
    """Return how a case's promise stands; asks the database only where the clock ever stopped."""
    pauses = _pauses(session, complaint, events)
    if complaint.due_at is None:
        return Promise(pauses=pauses)
    is_stopped = complaint.status.kind is StatusKind.WAITING
    stopped = complaint.clock_stopped_at if is_stopped else None
    runs = complaint.status.kind is StatusKind.OPEN
    day = thai_date(bangkok_date(complaint.due_at), lang=language())
    reason = _("%(range)s ครบ %(day)s", range=complaint.promised_text or "", day=day).strip()
    return Promise(
        days=days_left(complaint.due_at, now()) if runs else None,
        reason=reason,
        light=light(now(), complaint.warn_at, complaint.due_at, stopped=stopped)
        if runs or is_stopped
        else Light.NONE,
        pauses=pauses,
        extended=_extended(complaint, events),
    )


def _pauses(session: Session, complaint: Complaint, events: Sequence[ComplaintEvent]) -> list[str]:
    if not any(one.to_status is not None and one.to_status.kind is StatusKind.WAITING for one in events):
        return []
    rows = session.scalars(
        select(ClockPause).where(ClockPause.complaint_id == complaint.id).order_by(ClockPause.id)
    )
    return [_pause_words(pause) for pause in rows]


def _pause_words(pause: ClockPause) -> str:
    reason = word(pause.reason, language())
    begins = thai_date(pause.started_at, lang=language())
    if pause.ended_at is None:
        return _("หยุดนับตั้งแต่ %(day)s (%(reason)s)", day=begins, reason=reason)
    ends = thai_date(pause.ended_at, lang=language())
    return _("หยุดนับ %(first)s ถึง %(last)s (%(reason)s)", first=begins, last=ends, reason=reason)


def _extended(complaint: Complaint, events: Sequence[ComplaintEvent]) -> str:
    started = complaint.clock_started_at
    given = [
        one
        for one in events
        if one.kind is Action.EXTEND and one.undone_at is None and (started is None or one.at >= started)
    ]
    return _("ขยายเวลาแล้ว %(count)s ครั้ง", count=len(given)) if given else ""
