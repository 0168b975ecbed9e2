"""Complaints written straight into the tables, for what only reads them: lists, searches, maps, reports."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clock import bangkok_date, now
from domain.complaint_filter import DATE_UNKNOWN
from domain.search import complaint_search_text
from domain.workflow import is_finished
from extensions import write_transaction
from models import (
    Category,
    Complaint,
    ComplaintStatus,
    Department,
    Disclosure,
    Figure,
    Member,
    StaffUser,
    Subcategory,
    Zone,
)

_serial = count(1)


def row_of(session: Session, table: Any, code: str) -> Any:
    """Return the row of a small table by its code (an officer by user name)."""
    column = table.username if table is StaffUser else table.code
    return session.scalars(select(table).where(column == code)).one()


def new_member(session: Session, first_name: str = "สมชาย", last_name: str = "ใจดี", **more: Any) -> Member:
    """Return a new member; the caller commits."""
    number = next(_serial)
    member = Member(
        phone=more.pop("phone", f"+6690000{number:04}"),
        first_name=first_name,
        last_name=last_name,
        created_at=now(),
        **more,
    )
    session.add(member)
    session.flush()
    return member


def new_case(
    session: Session,
    story: str = "ถนนเป็นหลุมใหญ่",
    *,
    status: ComplaintStatus = ComplaintStatus.IN_PROGRESS,
    department: str = "engineering",
    officer: str | None = "officer",
    zone: str | None = "1",
    subcategory: str | None = "ช.(1)",
    received_at: datetime | None = None,
    is_dated: bool = True,
    **more: Any,
) -> Complaint:
    """Return a new complaint with everything a list reads; the caller commits."""
    moment = received_at or now() - timedelta(hours=1)
    subtype = row_of(session, Subcategory, subcategory) if subcategory else None
    case = Complaint(
        public_code=f"{bangkok_date(moment).year}-{900_000 + next(_serial)}",
        story=story,
        status=status,
        figure=status.figure if is_dated else Figure.NONE,
        disclosure=more.pop("disclosure", Disclosure.CONCEALED),
        department_id=row_of(session, Department, department).id,
        assignee_id=row_of(session, StaffUser, officer).id if officer else None,
        zone_id=row_of(session, Zone, zone).id if zone else None,
        subcategory=subtype,
        category=session.get(Category, subtype.category_id) if subtype else None,
        created_at=moment,
        received_at=moment if is_dated else None,
        listed_at=moment if is_dated else DATE_UNKNOWN,
        finished_at=moment if is_finished(status) else None,
        **more,
    )
    session.add(case)
    session.flush()
    case.search_text = complaint_search_text(case)
    session.flush()
    return case


def made(*stories: str, **more: Any) -> list[str]:
    """Write complaints with these stories, each a minute newer than the last, and return their codes."""
    start = now() - timedelta(days=1)
    with write_transaction() as session:
        cases = [
            new_case(session, story, received_at=start + timedelta(minutes=place), **more)
            for place, story in enumerate(stories)
        ]
        return [case.public_code for case in cases]
