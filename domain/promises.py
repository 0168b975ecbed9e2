"""What is promised to the citizen: a range and a day, stored on the complaint and never rewritten."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.labels import duration_text
from domain.sla import due_at
from models import Complaint, Holiday, Subcategory


def promise(session: Session, complaint: Complaint, subcategory: Subcategory) -> bool:
    """Promise the subtype's upper limit from the day of receipt, unless something is promised already.

    Returns:
        Whether a promise was made now: only then is the citizen told a date.
    """
    if complaint.due_at is not None or complaint.received_at is None or subcategory.duration_max is None:
        return False
    holidays = set(session.scalars(select(Holiday.holiday_date).where(Holiday.is_active)))
    complaint.due_at = due_at(
        complaint.received_at, subcategory.duration_max, subcategory.duration_unit, holidays
    )
    complaint.promised_text = duration_text(
        subcategory.duration_min, subcategory.duration_max, subcategory.duration_unit
    )
    return True
