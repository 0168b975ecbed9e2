"""Issued papers: archived with hash and version, older versions kept (000-08); copies asked for by the acts.

A paper is rendered and stored outside any transaction; these functions write the rows that name it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from domain.attachments import file_stem
from domain.clock import now
from domain.labels import word
from models import Complaint, DeliveryState, Document, DocumentKind, Job, JobKind, Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPaper:
    """A rendered PDF that lies in the store already.

    Attributes:
        storage_key: Where.
        byte_size: How large.
        sha256: Its hash, hexadecimal.
        page_count: How many pages.
        template_version: Of the template it was made with; 0 is the product's own.
        through_event_id: The last event it shows; None for a paper that shows none.
        facts: What the officer typed for this paper.
    """

    storage_key: str
    byte_size: int
    sha256: str
    page_count: int | None = None
    template_version: int = 0
    through_event_id: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def archive_paper(
    session: Session,
    kind: DocumentKind,
    stored: StoredPaper,
    *,
    complaint: Complaint | None = None,
    receipt: Receipt | None = None,
    made_by_id: int | None = None,
) -> Document:
    """Archive a rendered paper as the next version of its kind; older versions stay (000-08).

    Args:
        session: Inside a write transaction; whoever makes two at once has locked the case or receipt.
        kind: Which paper.
        stored: The PDF in the store.
        complaint: What it is about.
        receipt: Of a receipt.
        made_by_id: Who pressed; None for the worker.
    """
    owner = _of(complaint.id if complaint else None, receipt.id if receipt else None, kind)
    version = (session.scalar(select(func.max(Document.version)).where(*owner)) or 0) + 1
    stem = file_stem(complaint) if complaint else str(receipt).replace("/", "-").replace(" ", "")
    paper = Document(
        public_id=secrets.token_hex(16),
        kind=kind,
        complaint=complaint,
        receipt=receipt,
        version=version,
        template_version=stored.template_version,
        facts=dict(stored.facts),
        through_event_id=stored.through_event_id,
        display_name=f"{stem}-{word(kind)}-{version}.pdf",
        byte_size=stored.byte_size,
        page_count=stored.page_count,
        sha256=stored.sha256,
        storage_key=stored.storage_key,
        made_at=now(),
        made_by_id=made_by_id,
    )
    session.add(paper)
    return paper


def latest_paper(
    session: Session, kind: DocumentKind, *, complaint_id: int | None = None, receipt_id: int | None = None
) -> Document | None:
    """Return the newest version of a paper, or None when none was made yet."""
    return session.scalars(
        select(Document)
        .where(*_of(complaint_id, receipt_id, kind))
        .order_by(Document.version.desc())
        .limit(1)
    ).first()


def papers_of(session: Session, complaint_id: int) -> Sequence[Document]:
    """Return every paper issued about a case, newest first."""
    found = select(Document).where(Document.complaint_id == complaint_id)
    return session.scalars(found.order_by(Document.id.desc())).all()


def _of(complaint_id: int | None, receipt_id: int | None, kind: DocumentKind) -> tuple[Any, ...]:
    return (
        Document.kind == kind,
        Document.complaint_id == complaint_id
        if complaint_id is not None
        else Document.complaint_id.is_(None),
        Document.receipt_id == receipt_id if receipt_id is not None else Document.receipt_id.is_(None),
    )


# Copies of the complaint ------------------------------------------------------------------------------------


def request_copy(session: Session, complaint: Complaint, event_id: int) -> Job:
    """Ask for a PDF copy of the complaint as it is after an event; the worker makes it (000-59)."""
    job = Job(
        kind=JobKind.COMPLAINT_COPY,
        complaint_id=complaint.id,
        arguments={"complaint_id": complaint.id, "event_id": event_id},
        dedupe_key=f"copy:{complaint.id}:{event_id}",
        not_before=now(),
        created_at=now(),
        max_attempts=4,
    )
    session.add(job)
    return job


def add_copy(session: Session, complaint_id: int, stored: StoredPaper) -> Document:
    """Archive a copy of the complaint and mark what asked for it, up to its last event, as made."""
    # Two copies rendered at once must not get one version number.
    locked = select(Complaint).where(Complaint.id == complaint_id).with_for_update()
    complaint = session.scalars(locked).one()
    copy = archive_paper(session, DocumentKind.COMPLAINT_FORM, stored, complaint=complaint)
    through = stored.through_event_id or 0
    made = [job.id for job in _unmade_copies(session, complaint_id) if event_of(job) <= through]
    if made:
        session.execute(update(Job).where(Job.id.in_(made)).values(result_key=stored.storage_key))
    return copy


def copy_is_due(session: Session, complaint_id: int) -> bool:
    """Tell whether a copy was asked for that is not made yet, or none was ever made."""
    if latest_copy(session, complaint_id) is None:
        return True
    return any(job.state is not DeliveryState.CANCELLED for job in _unmade_copies(session, complaint_id))


def latest_copy(session: Session, complaint_id: int) -> Document | None:
    """Return the newest PDF copy of a complaint, or None when none was made yet."""
    return latest_paper(session, DocumentKind.COMPLAINT_FORM, complaint_id=complaint_id)


def event_of(job: Job) -> int:
    """Return the id of the event a copy was asked for."""
    return int(job.arguments.get("event_id", 0))


def _unmade_copies(session: Session, complaint_id: int) -> Sequence[Job]:
    return session.scalars(
        select(Job).where(
            Job.complaint_id == complaint_id, Job.kind == JobKind.COMPLAINT_COPY, Job.result_key.is_(None)
        )
    ).all()
