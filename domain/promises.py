"""What is promised to the citizen: a range and a day, stored on the complaint and never rewritten."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clock import now
from domain.labels import duration_text
from domain.sla import due_at
from models import Complaint, DurationUnit, Holiday, Subcategory


def promise(session: Session, complaint: Complaint, subcategory: Subcategory) -> bool:
    """Promise the subtype's upper limit from the day of receipt, unless something is promised already.

    Returns:
        Whether a promise was made now: only then is the citizen told a date.
    """
    if complaint.due_at is not None or complaint.received_at is None or subcategory.duration_max is None:
        return False
    complaint.due_at = due_at(
        complaint.received_at, subcategory.duration_max, subcategory.duration_unit, _holidays(session)
    )
    complaint.promised_text = duration_text(
        subcategory.duration_min, subcategory.duration_max, subcategory.duration_unit
    )
    return True


def later_due(session: Session, complaint: Complaint, days: int) -> datetime:
    """Return the day so many working days after the promised one, or after today when that has passed."""
    start = max(complaint.due_at or now(), now())
    return due_at(start, days, DurationUnit.WORKING_DAYS, _holidays(session))


def promise_again(session: Session, complaint: Complaint) -> None:
    """Promise the subtype's time anew from now, for a case that was opened again."""
    subcategory = complaint.subcategory
    if subcategory is None or subcategory.duration_max is None:
        return
    complaint.due_at = due_at(now(), subcategory.duration_max, subcategory.duration_unit, _holidays(session))
    complaint.promised_text = duration_text(
        subcategory.duration_min, subcategory.duration_max, subcategory.duration_unit
    )


def _holidays(session: Session) -> set[date]:
    return set(session.scalars(select(Holiday.holiday_date).where(Holiday.is_active)))
