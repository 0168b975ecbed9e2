"""When the scheduler looks at a case again: noted on the row without touching its version.

An officer who has the edit form open must not be told that somebody changed the case, only because the clock
reminded him of it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from models import Complaint


def keep_wake(session: Session, complaint: Complaint, at: datetime | None, step: int) -> None:
    """Store when to look at a case next and how many steps are done; what else is pending stays pending."""
    set_committed_value(complaint, "wake_at", at)
    set_committed_value(complaint, "wake_step", step)
    with session.no_autoflush:
        put_wake(session, complaint.id, at, step)


def put_wake(session: Session, complaint_id: int, at: datetime | None, step: int | None = None) -> None:
    """Store the same by the case's id; without ``step`` that stays as it was."""
    values = {"wake_at": at} if step is None else {"wake_at": at, "wake_step": step}
    session.execute(
        update(Complaint)
        .where(Complaint.id == complaint_id)
        .values(values)
        .execution_options(synchronize_session=False)
    )
