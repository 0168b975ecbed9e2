"""The job that prints the papers of many cases as one file: archived ones as they are, the others made now.

A case that cannot be printed is told on the last page; it stops nobody else's paper. What is made here is
issued: it stands in the archive of its case as if it had been issued by hand.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from documents.batches import (
    BATCHES,
    MOST_CASES,
    BatchKind,
    BatchTools,
    Skipped,
    merge_papers,
    skipped_page,
)
from documents.complaint_sheet import Sheet, sheet_of
from documents.paper_files import BrokenCopy, file_case_paper
from domain.actor import Actor
from domain.complaint_filter import narrow, read_filter
from domain.errors import DomainError, FieldErrors, NotPermitted, add_message
from domain.lookups import load_lookups
from domain.paper_issuing import (
    corrected_since,
    first_facts,
    issue_paper,
    may_open,
    read_facts,
    require_issue,
    shown_facts,
    shows_person,
)
from domain.papers import StoredPaper, add_copy, copy_is_due, latest_paper
from domain.permissions import require, scope_complaints
from domain.staff_actor import actor_of_staff
from extensions import db, write_transaction
from models import Complaint, Document, DocumentKind, JobKind
from sandbox import Refused, SandboxFailed
from storage import FileStore
from worker.jobs import ClaimedJob, Store, register_job
from worker.officer_files import keep_file, tell_progress, told

log = logging.getLogger(__name__)

AT_A_TIME: Final = 20
RENDERERS: Final = 2

add_message(
    "paper_batch_hidden",
    thai="ผู้ร้องขอปกปิดข้อมูล กรุณาเปิดพิมพ์ทีละเรื่อง",
    english="The complainant asked not to be named; please print this case by itself",
)
add_message(
    "paper_needs_words",
    thai="ยังขาดสิ่งที่ต้องพิมพ์เอง เช่น ผู้ลงนาม กรุณาเปิดเรื่องแล้วออกเอกสาร",
    english="Words only a person knows are missing, such as who signs; please open the case and issue it",
)
add_message(
    "paper_not_made",
    thai="ทำเอกสารของเรื่องนี้ไม่ได้ กรุณาเปิดเรื่องแล้วลองออกเอกสารเอง",
    english="This paper could not be made; please open the case and issue it there",
)


@dataclass(slots=True)
class _Batch:
    """One run: for whom, of what, and what came of it; ``loose`` are papers nobody archived."""

    app: Flask
    job_id: int
    actor: Actor
    kind: DocumentKind
    folder: Path
    filters: Sequence[tuple[str, str]] = ()
    papers: list[Path] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)

    @property
    def files(self) -> FileStore:
        """Return the store."""
        files: FileStore = self.app.extensions["files"]
        return files


@dataclass(frozen=True, slots=True)
class _Due:
    """A case whose paper has to be made."""

    complaint_id: int
    number: str
    sheet: Sheet
    facts: dict[str, str]


def print_batch(app: Flask, job: ClaimedJob) -> Store:
    """Print the papers and return what announces the file; the rights are those the officer has now.

    Raises:
        NotPermitted: the officer is gone or may issue nothing any more.
        DomainError: a condition means nothing any more; the batch is not made larger instead.
        SandboxFailed, StorageFailed: the job is tried again later.
    """
    kind = BATCHES[DocumentKind(job.arguments["kind"])]
    with Session(db.engine) as reading, tempfile.TemporaryDirectory() as folder:
        actor, ids = _wanted(reading, job, kind)
        filters = [(name, words) for name, words in job.arguments["filters"]]
        batch = _Batch(app, job.id, actor, kind.kind, Path(folder), filters)
        target = batch.folder / "batch.pdf"
        try:
            printed = _printed(reading, batch, kind, ids)
            _put_together(batch, str(job.arguments["title"]), target)
            key, _size = keep_file(app, "pdf", lambda file: _copy(target, file))
        finally:
            for loose in batch.loose:
                batch.files.delete(loose)
    facts = {"kind": kind.kind.value, "cases": len(ids), "printed": printed, "skipped": len(batch.skipped)}
    reason = job.arguments.get("reason") or None
    return told(job, actor, key, object_type="document", facts=facts, reason=reason)


def _printed(reading: Session, batch: _Batch, kind: BatchKind, ids: Sequence[int]) -> int:
    """Print every case or the sheet over all of them; return how many are on paper."""
    return _print_sheet(reading, batch, kind, ids) if kind.write else _print_each(reading, batch, ids)


def _wanted(reading: Session, job: ClaimedJob, kind: BatchKind) -> tuple[Actor, list[int]]:
    """Return for whom the batch is, and the cases of its filter within his reach, oldest first."""
    if job.requested_by_id is None:
        raise NotPermitted
    lookups = load_lookups(reading)
    actor = actor_of_staff(reading, job.requested_by_id, "worker", lookups=lookups)
    require(actor, kind.permission)
    args = {key: [text] for key, text in job.arguments["args"].items()}
    chosen, unread = read_filter(args, lookups, actor)
    if unread:
        raise unread[0].error
    found = scope_complaints(narrow(select(Complaint.id), chosen, reading), actor, kind.permission)
    ids = list(reading.scalars(found.order_by(Complaint.listed_at, Complaint.id).limit(MOST_CASES)))
    reading.rollback()
    return actor, ids


def _copy(source: Path, target: IO[bytes]) -> int:
    return target.write(source.read_bytes())


# Papers of one case each ------------------------------------------------------------------------------------


def _print_each(reading: Session, batch: _Batch, ids: Sequence[int]) -> int:
    with ThreadPoolExecutor(RENDERERS) as pool:
        for start in range(0, len(ids), AT_A_TIME):
            portion = [
                _planned(reading, batch, complaint_id) for complaint_id in ids[start : start + AT_A_TIME]
            ]
            reading.rollback()  # Rendering takes a while: no transaction stays open meanwhile.
            batch.papers += _made(batch, pool, portion)
            tell_progress(batch.job_id, (start + len(portion)) * 95 // len(ids))
    return len(batch.papers)


def _planned(reading: Session, batch: _Batch, complaint_id: int) -> Path | _Due | Skipped:
    """Return the archived paper of a case, what has to be made, or why there is nothing."""
    complaint = reading.get_one(Complaint, complaint_id)
    try:
        current = _archived(reading, batch, complaint)
        if current is not None:
            return batch.files.path(current.storage_key)
        return _due(reading, batch, complaint)
    except DomainError as error:
        return Skipped(str(complaint), error.message)


def _archived(reading: Session, batch: _Batch, complaint: Complaint) -> Document | None:
    """Return the paper of a case that still says what holds, None when it has to be made.

    Raises:
        DomainError: it names whom the officer may not see.
    """
    if not may_open(batch.actor, complaint, batch.kind):
        raise DomainError("paper_batch_hidden")
    paper = latest_paper(reading, batch.kind, complaint_id=complaint.id)
    if paper is None or not batch.files.path(paper.storage_key).is_file():
        return None
    if batch.kind is DocumentKind.COMPLAINT_FORM:
        return None if copy_is_due(reading, complaint.id) else paper
    return paper if (paper.through_event_id or 0) >= corrected_since(reading, complaint.id) else None


def _due(reading: Session, batch: _Batch, complaint: Complaint) -> _Due:
    kind, facts = batch.kind, _facts(reading, batch, complaint)
    sheet = sheet_of(
        reading,
        complaint.id,
        batch.app.extensions["settings"].public_url,
        kind=kind,
        with_identity=shows_person(complaint, kind),
    )
    return _Due(complaint.id, str(complaint), sheet, facts)


def _facts(reading: Session, batch: _Batch, complaint: Complaint) -> dict[str, str]:
    """Return what stands in a paper nobody typed anything for.

    Raises:
        DomainError: it may not be issued now, or cannot do without what only a person knows.
    """
    kind = batch.kind
    if kind is DocumentKind.COMPLAINT_FORM:
        return {}
    require_issue(batch.actor, complaint, kind)
    if kind is DocumentKind.SLIP:  # Without an appointment its gaps are filled by hand.
        last = latest_paper(reading, kind, complaint_id=complaint.id)
        return dict(last.facts) if last is not None else {}
    proposed = first_facts(reading, batch.actor, complaint, kind)
    try:
        return read_facts(kind, shown_facts(kind, proposed))
    except FieldErrors as error:
        raise DomainError("paper_needs_words") from error


def _made(batch: _Batch, pool: ThreadPoolExecutor, plans: Sequence[Path | _Due | Skipped]) -> Iterator[Path]:
    """Render what is due, two at a time, and yield the papers in the order of the cases."""
    sandbox = batch.app.extensions["sandbox"]
    rendering: list[tuple[Path | _Due | Skipped, Future[StoredPaper] | None]] = [
        (plan, pool.submit(file_case_paper, plan.sheet, batch.files, sandbox, plan.facts))
        if isinstance(plan, _Due)
        else (plan, None)
        for plan in plans
    ]
    for plan, future in rendering:
        if isinstance(plan, Path):
            yield plan
        elif isinstance(plan, Skipped):
            batch.skipped.append(plan)
        elif future is not None:
            yield from _kept(batch, plan, future)


def _kept(batch: _Batch, plan: _Due, future: Future[StoredPaper]) -> Iterable[Path]:
    """Archive a rendered paper and return where it lies; one that failed is told on the last page."""
    try:
        key = _archive(batch, plan, future.result())
    except (Refused, SandboxFailed, BrokenCopy, DomainError) as error:
        log.warning("a paper of a batch could not be made: %s", error, extra={"job_id": batch.job_id})
        known = error if isinstance(error, DomainError) else DomainError("paper_not_made")
        batch.skipped.append(Skipped(plan.number, known.message))
        return []
    return [batch.files.path(key)]


def _archive(batch: _Batch, plan: _Due, stored: StoredPaper) -> str:
    """Write the row of a paper and return its key; a slip with open gaps is printed and not kept."""
    if batch.kind is DocumentKind.SLIP and not plan.facts:
        batch.loose.append(stored.storage_key)
        return stored.storage_key
    with write_transaction() as session:
        if batch.kind is DocumentKind.COMPLAINT_FORM:
            return add_copy(session, plan.complaint_id, stored).storage_key
        kept = issue_paper(session, batch.actor, plan.complaint_id, batch.kind, stored).storage_key
    if kept != stored.storage_key:  # Somebody issued the very same meanwhile.
        batch.files.delete(stored.storage_key)
    return kept


# Sheets over many cases -------------------------------------------------------------------------------------


def _print_sheet(reading: Session, batch: _Batch, kind: BatchKind, ids: Sequence[int]) -> int:
    if kind.write is None:
        return 0
    extensions, total = batch.app.extensions, max(1, len(ids))
    tools = BatchTools(
        files=batch.files,
        sandbox=extensions["sandbox"],
        public_url=extensions["settings"].public_url,
        filters=batch.filters,
        tell=lambda done: tell_progress(batch.job_id, min(95, done * 95 // total)),
    )
    made = kind.write(reading, batch.actor, ids, tools)
    path = batch.folder / "sheet.pdf"
    path.write_bytes(made.pdf)
    batch.papers.append(path)
    batch.skipped += made.skipped
    return made.printed


def _put_together(batch: _Batch, title: str, target: Path) -> None:
    sandbox = batch.app.extensions["sandbox"]
    parts = list(batch.papers)
    if batch.skipped or not parts:
        last = batch.folder / "skipped.pdf"
        last.write_bytes(skipped_page(title, batch.skipped, sandbox))
        parts.append(last)
    merge_papers(parts, target, sandbox)


register_job(JobKind.DOCUMENT_BATCH, print_batch)
