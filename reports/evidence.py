"""Proof for the assessor (LPA/ITA): case by case of a fiscal year, when the complainant was told the result.

Counted are the complaints of "all" (``reports.definitions``) but those another system was in charge of. Proof
is a message to the complainant that LINE has taken, or a result letter issued. What counts as a result and
what only says why a case waits comes from the table of transitions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from domain.actor import Actor
from domain.clock import bangkok_date, fiscal_year_bounds, now
from domain.permissions import Permission, scope_complaints
from domain.settings import read_setting
from domain.transition import Audience
from domain.workflow import TRANSITIONS, UNFINISHED
from models import (
    Attachment,
    AttachmentStage,
    Complaint,
    ComplaintEvent,
    ComplaintStatus,
    DeliveryState,
    Document,
    DocumentKind,
    Figure,
    LineAccount,
    Member,
    OutboxChannel,
    OutboxMessage,
    StatusKind,
    Subcategory,
)
from reports.evidence_words import Mend, Verdict
from reports.results import percent

LETTER: Final = "result_letter"
WAIT_LETTER: Final = "wait_letter"
"""Stand where a message's template key would: told by letter, once there was a result or before."""


def _tellings_into(*kinds: StatusKind) -> frozenset[str]:
    """Return what a complainant is told by the acts that lead into states of some kinds."""
    rows = (row for row in TRANSITIONS if row.target is not None and row.target.kind in kinds)
    tells = (telling for row in rows for telling in row.tells)
    return frozenset(one.template_key for one in tells if one.audience is Audience.COMPLAINANT)


RESULTS: Final = _tellings_into(StatusKind.DONE, StatusKind.REJECTED)
WAITS: Final = _tellings_into(StatusKind.WAITING)
ACT_OF: Final = {telling.template_key: row.action for row in TRANSITIONS for telling in row.tells}
"""By message: the act it tells of."""
ENDINGS: Final = frozenset(
    row.action
    for row in TRANSITIONS
    if row.target is not None and row.target.kind in {StatusKind.DONE, StatusKind.REJECTED}
)


class Told(NamedTuple):
    """One thing the complainant was told: when, and by which message."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One case of the year as the assessor reads it.

    Attributes:
        recorded_at: When a result was first written down.
        first: The first thing the complainant was told at all.
        result: The first result he was told.
        days: Calendar days from receipt until then.
        mends: What should be put right.
    """

    id: int
    public_code: str
    number: str
    subcategory_id: int | None
    department_id: int | None
    status: ComplaintStatus
    received_day: date
    recorded_at: datetime | None
    first: Told | None
    result: Told | None
    days: int | None
    verdict: Verdict
    mends: tuple[Mend, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A year's proofs.

    Attributes:
        year: Fiscal, Buddhist.
        within: Days within which the result must be told.
        at: The moment of reading.
        proofs: In the order of receipt.
        imported: Cases of "all" that another system was in charge of.
    """

    year: int
    within: int
    at: datetime
    proofs: tuple[Proof, ...]
    imported: int

    def of(self, verdict: Verdict) -> list[Proof]:
        """Return the cases of one verdict."""
        return [proof for proof in self.proofs if proof.verdict is verdict]

    def to_mend(self, mend: Mend) -> list[Proof]:
        """Return the cases with one thing to put right."""
        return [proof for proof in self.proofs if mend in proof.mends]

    @property
    def counts(self) -> Mapping[Verdict, int]:
        """Return how many cases have each verdict."""
        return Counter(proof.verdict for proof in self.proofs)

    @property
    def misses(self) -> int:
        """Return how many were told too late or not at all."""
        return self.counts[Verdict.LATE] + self.counts[Verdict.NOT_TOLD]

    @property
    def share(self) -> Decimal | None:
        """Return told in time ÷ (told in time + misses) in per cent."""
        return percent(self.counts[Verdict.IN_TIME], self.counts[Verdict.IN_TIME] + self.misses)


@dataclass(slots=True)
class _Case:
    """What is gathered about a case before it is judged."""

    row: Any
    told: list[Told] = field(default_factory=list)
    result_at: datetime | None = None
    has_after_photo: bool = False

    def first(self, keys: frozenset[str] | None = None) -> Told | None:
        """Return the first telling, or the first of some messages."""
        return min((one for one in self.told if keys is None or one.by in keys), default=None)


def evidence_of(session: Session, actor: Actor, year: int) -> Evidence:
    """Read the proofs of a fiscal year within the actor's right to take reports away.

    Args:
        session: Only reads.
        actor: Whose reach.
        year: Fiscal, Buddhist.
    """
    at = now()
    within = int(read_setting(session, "evidence_days"))
    rows = session.execute(_cases(actor, year).order_by(Complaint.received_at, Complaint.id)).all()
    cases = {row.id: _Case(row) for row in rows if row.external_source is None}
    wanted = _cases(actor, year).with_only_columns(Complaint.id).where(Complaint.external_source.is_(None))
    _add_messages(session, cases, wanted)
    _add_endings(session, cases, wanted)
    _add_letters(session, cases, wanted)
    _add_photos(session, cases, wanted)
    proofs = tuple(_proof(case, within, at) for case in cases.values())
    return Evidence(year, within, at, proofs, len(rows) - len(cases))


def _cases(actor: Actor, year: int) -> Select[Any]:
    start, end = fiscal_year_bounds(year)
    columns: tuple[Any, ...] = (
        *(Complaint.id, Complaint.public_code, Complaint.number, Complaint.status, Complaint.department_id),
        *(Complaint.subcategory_id, Complaint.member_id, Complaint.reporter_account_id, Complaint.zone_id),
        *(Complaint.received_at, Complaint.finished_at, Complaint.due_at, Complaint.rated_stars),
        Complaint.external_source,
        Member.is_shared,
        Subcategory.needs_photo,
    )
    found: Select[Any] = (
        select(*columns)
        .outerjoin(Member, Member.id == Complaint.member_id)
        .outerjoin(Subcategory, Subcategory.id == Complaint.subcategory_id)
        .where(Complaint.received_at >= start, Complaint.received_at < end, Complaint.figure != Figure.NONE)
    )
    return scope_complaints(found, actor, Permission.REPORT_EXPORT)


def _add_messages(session: Session, cases: Mapping[int, _Case], wanted: Select[Any]) -> None:
    """Add what LINE has taken for the complainant himself; a follower's copy proves nothing."""
    carrier = aliased(OutboxMessage)
    sent = OutboxMessage.state == DeliveryState.SENT
    rode = and_(OutboxMessage.state == DeliveryState.MERGED, carrier.state == DeliveryState.SENT)
    found = (
        select(
            OutboxMessage.complaint_id,
            OutboxMessage.template_key,
            OutboxMessage.dedupe_key,
            func.coalesce(carrier.done_at, OutboxMessage.done_at, type_=OutboxMessage.done_at.type),
        )
        .outerjoin(carrier, carrier.id == OutboxMessage.merged_into_id)
        .outerjoin(ComplaintEvent, ComplaintEvent.id == OutboxMessage.event_id)
        .where(
            OutboxMessage.complaint_id.in_(wanted),
            OutboxMessage.channel == OutboxChannel.LINE_CITIZEN,
            ComplaintEvent.undone_at.is_(None),
            or_(sent, rode),
        )
    )
    owners = {row.id: row.member_id for row in session.execute(select(LineAccount.id, LineAccount.member_id))}
    for complaint_id, key, dedupe_key, done_at in session.execute(found):
        case = cases[int(complaint_id or 0)]
        if done_at is not None and _is_to_complainant(dedupe_key, case.row, owners):
            case.told.append(Told(done_at, key))


def _is_to_complainant(dedupe_key: str, row: Any, owners: Mapping[int, int | None]) -> bool:
    """Tell by the account a message's key ends with; what went to an account that is gone counts."""
    ending = dedupe_key.rpartition(":")[2]
    account = int(ending) if ending.isdecimal() else 0
    if account not in owners or account == row.reporter_account_id:
        return True
    return owners[account] == int(row.member_id or 0)


def _add_letters(session: Session, cases: Mapping[int, _Case], wanted: Select[Any]) -> None:
    found = select(Document.complaint_id, Document.made_at).where(
        Document.complaint_id.in_(wanted), Document.kind == DocumentKind.RESULT_LETTER
    )
    for complaint_id, made_at in session.execute(found):
        case = cases[int(complaint_id or 0)]
        is_result = case.result_at is not None and made_at >= case.result_at
        case.told.append(Told(made_at, LETTER if is_result else WAIT_LETTER))


def _add_endings(session: Session, cases: Mapping[int, _Case], wanted: Select[Any]) -> None:
    found = (
        select(ComplaintEvent.complaint_id, func.min(ComplaintEvent.at, type_=ComplaintEvent.at.type))
        .where(
            ComplaintEvent.complaint_id.in_(wanted),
            ComplaintEvent.kind.in_(ENDINGS),
            ComplaintEvent.undone_at.is_(None),
        )
        .group_by(ComplaintEvent.complaint_id)
    )
    for complaint_id, at in session.execute(found):
        cases[complaint_id].result_at = at


def _add_photos(session: Session, cases: Mapping[int, _Case], wanted: Select[Any]) -> None:
    shown = exists().where(
        Attachment.complaint_id == Complaint.id,
        Attachment.stage == AttachmentStage.AFTER,
        Attachment.removed_at.is_(None),
    )
    for complaint_id in session.scalars(wanted.where(shown)):
        cases[complaint_id].has_after_photo = True


# Judging ----------------------------------------------------------------------------------------------------


def _proof(case: _Case, within: int, at: datetime) -> Proof:
    row = case.row
    received = bangkok_date(row.received_at)
    result = case.first(RESULTS | {LETTER})
    days = (bangkok_date(result.at) - received).days if result else None
    verdict = _verdict(case, days, within, (bangkok_date(at) - received).days)
    return Proof(
        id=row.id,
        public_code=row.public_code,
        number=row.number or "",
        subcategory_id=row.subcategory_id,
        department_id=row.department_id,
        status=row.status,
        received_day=received,
        recorded_at=case.result_at,
        first=case.first(),
        result=result,
        days=days,
        verdict=verdict,
        mends=tuple(mend for mend, is_wanting in WANTING.items() if is_wanting(case, verdict, at)),
    )


def _verdict(case: _Case, days: int | None, within: int, age: int) -> Verdict:
    if days is not None and days <= within:
        return Verdict.IN_TIME
    if _is_nobody(case.row):
        return Verdict.NOBODY
    if _was_told_to_wait(case, within):
        return Verdict.WAITS
    if days is not None:
        return Verdict.LATE
    return Verdict.NOT_DUE if age <= within else Verdict.NOT_TOLD


def _is_nobody(row: Any) -> bool:
    """Tell whether nobody can be told: the shared member, or no member and no account."""
    return bool(row.is_shared) or (row.member_id is None and row.reporter_account_id is None)


def _was_told_to_wait(case: _Case, within: int) -> bool:
    told = case.first(WAITS | {WAIT_LETTER})
    return told is not None and (bangkok_date(told.at) - bangkok_date(case.row.received_at)).days <= within


def _lacks_photo(case: _Case, _verdict: Verdict, _at: datetime) -> bool:
    is_done = case.row.status.kind is StatusKind.DONE
    return is_done and bool(case.row.needs_photo) and not case.has_after_photo


def _was_not_asked(case: _Case, _verdict: Verdict, _at: datetime) -> bool:
    """Tell whether a finished case's complainant, reached by no message, has never been asked to rate it."""
    row = case.row
    is_open = row.status.kind is not StatusKind.DONE or row.rated_stars is not None
    return not is_open and not _is_nobody(row) and case.first(RESULTS) is None


def _broke_promise(case: _Case, _verdict: Verdict, at: datetime) -> bool:
    row = case.row
    if row.due_at is None or row.status.kind in {StatusKind.WAITING, StatusKind.REJECTED}:
        return False
    return bool((at if row.status in UNFINISHED else row.finished_at or at) > row.due_at)


WANTING: Final[Mapping[Mend, Callable[[_Case, Verdict, datetime], bool]]] = {
    Mend.NOT_TOLD: lambda _case, verdict, _at: verdict is Verdict.NOT_TOLD,
    Mend.TOLD_LATE: lambda _case, verdict, _at: verdict is Verdict.LATE,
    Mend.NO_AFTER_PHOTO: _lacks_photo,
    Mend.NOT_ASKED: _was_not_asked,
    Mend.PROMISE_BROKEN: _broke_promise,
    Mend.NO_ZONE: lambda case, _verdict, _at: case.row.zone_id is None,
}
"""By what may be wanting: how to tell, in the order of weight."""
