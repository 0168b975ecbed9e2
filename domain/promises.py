"""What is promised to the citizen: a range and a day, stored on the complaint and never rewritten."""

from __future__ import annotations

from sqlalchemy.orm import Session

from domain.clock import now
from domain.duty_clock import promise_time
from domain.labels import duration_text
from models import Complaint, Subcategory


def promise(session: Session, complaint: Complaint, subcategory: Subcategory) -> bool:
    """Promise the subtype's upper limit from the moment of receipt, unless something is promised already.

    Returns:
        Whether a promise was made now: only then is the citizen told a date.

    Raises:
        ClockError: the town's calendar cannot count it.
    """
    if complaint.due_at is not None or complaint.received_at is None or subcategory.duration_max is None:
        return False
    unit = subcategory.duration_unit
    complaint.promised_text = duration_text(subcategory.duration_min, subcategory.duration_max, unit)
    promise_time(session, complaint, complaint.received_at, subcategory.duration_max, unit)
    return True


def promise_again(session: Session, complaint: Complaint) -> None:
    """Promise the same length anew from now, for a case that was opened again (workflow.md, Clock)."""
    if complaint.promised_amount is not None and complaint.promised_unit is not None:
        promise_time(session, complaint, now(), complaint.promised_amount, complaint.promised_unit)
        return
    subcategory = complaint.subcategory
    if subcategory is None or subcategory.duration_max is None:
        return
    unit = subcategory.duration_unit
    complaint.promised_text = duration_text(subcategory.duration_min, subcategory.duration_max, unit)
    promise_time(session, complaint, now(), subcategory.duration_max, unit)
