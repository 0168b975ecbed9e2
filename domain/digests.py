"""The daily digest: what an officer has to do today, and a head what stands still in his department.

Sent once on a working day from ``digest_time`` until offices close; a worker that was down then sends it
later that day, never the next. Waiting cases alone are no reason to write: they are nobody's work today.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from domain.actor import Actor
from domain.clock import BANGKOK, bangkok_day_bounds, now, to_bangkok
from domain.lookups import Lookups
from domain.message_priority import priority_of
from domain.notifications import reachable
from domain.office_hours import calendar_of, minutes_of
from domain.permissions import Permission
from domain.settings import read_setting, write_setting
from domain.staff_actor import actor_of_staff
from domain.telling_ways import Way, ways_of
from domain.thai_calendar import thai_date
from domain.transition import Audience, Telling
from models import (
    Complaint,
    ComplaintEvent,
    ComplaintStatus,
    EventKind,
    LineChannel,
    Notification,
    OutboxChannel,
    OutboxMessage,
    Scope,
    Setting,
    StaffUser,
    StatusKind,
)

DIGEST: Final = "staff_digest"
TELLINGS: Final = (Telling(Audience.ASSIGNEE, DIGEST), Telling(Audience.HEADS, DIGEST))
MOST_CASES: Final = 5
WEEK: Final = timedelta(days=7)
SENT_DAY: Final = "digest_sent_day"
"""Key of the row of ``Setting`` that holds the last day whose digests are all written."""

S = ComplaintStatus
_OPEN: Final = tuple(status for status in S if status.kind is StatusKind.OPEN)
_WAITING: Final = tuple(status for status in S if status.kind is StatusKind.WAITING)
_ASKS: Final = (S.ACKNOWLEDGED, S.IN_PROGRESS)  # Where more time can be asked for.
_TALK: Final = (EventKind.ASK_MORE_TIME, EventKind.EXTEND, EventKind.REFUSE_MORE_TIME)

# By key of a count: its words, Thai and English, and the list it leads to (``domain.complaint_filter``).
COUNTS: Final[dict[str, tuple[str, str, dict[str, str]]]] = {
    "mine_late": ("ของท่าน เกินกำหนด", "Yours, late", {"due": "overdue"}),
    "mine_today": ("ของท่าน ครบกำหนดวันนี้", "Yours, due today", {"due": "today"}),
    "mine_week": ("ของท่าน ครบใน 7 วัน", "Yours, due within 7 days", {"due": "week"}),
    "mine_waiting": ("ของท่าน รออยู่", "Yours, waiting", {"state": "waiting"}),
    "department_late": ("หน่วยงาน เกินกำหนด", "Department, late", {"due": "overdue"}),
    "department_unassigned": (
        "หน่วยงาน ยังไม่มีผู้รับผิดชอบ",
        "Department, without an officer",
        {"officer": "none", "state": "open"},
    ),
    "department_waiting": ("หน่วยงาน รออยู่", "Department, waiting", {"state": "waiting"}),
    "department_more_time": (
        "หน่วยงาน ขอขยายเวลา",
        "Department, more time asked for",
        {"status": "acknowledged,in_progress"},
    ),
}
_NO_WORK: Final = frozenset({"mine_waiting", "department_waiting"})


@dataclass(frozen=True, slots=True)
class Digest:
    """What one person reads on one day.

    Attributes:
        counts: How many by key of ``COUNTS``, none of them 0.
        cases: The most urgent ones: late or due within the week, oldest promise first.
        department: Code of the head's department; None for who oversees all.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    cases: tuple[Complaint, ...] = ()
    department: str | None = None

    @property
    def is_worth_it(self) -> bool:
        """Tell whether there is anything to do."""
        return bool(self.counts.keys() - _NO_WORK)


def digest_day(session: Session) -> date | None:
    """Return the day whose digests are to be written now; None when there is nothing to write."""
    local = to_bangkok(now())
    day = local.date()
    if read_sent_day(session) == day.isoformat():
        return None
    calendar = calendar_of(session)
    if not calendar.is_working_day(day):
        return None
    begins = _at(day, str(read_setting(session, "digest_time")))
    closing = calendar.closing(day)
    is_over = begins < closing <= local  # A digest set for the evening has the rest of the day.
    return None if local < begins or is_over else day


def read_sent_day(session: Session) -> str | None:
    """Return the last day whose digests are all written, as an ISO date."""
    return session.scalar(select(Setting.value).where(Setting.key == SENT_DAY))


def keep_sent_day(session: Session, day: date) -> None:
    """Note that a day's digests are all written."""
    write_setting(session, SENT_DAY, day.isoformat())


def digest_readers(session: Session) -> list[int]:
    """Return the officers a digest may go to."""
    return list(session.scalars(select(StaffUser.id).where(StaffUser.is_active).order_by(StaffUser.id)))


def write_digest(session: Session, staff_user_id: int, day: date, lookups: Lookups) -> bool:
    """Write one officer's digest of a day by the town's ways, once; tell whether one was written.

    Args:
        session: Inside a write transaction of its own.
        staff_user_id: Whom it is for.
        day: A Bangkok day; it is today.
        lookups: The small tables, for the officer's rights.
    """
    # NO KEY: what refers to the officer may be written meanwhile.
    officer = session.scalars(
        select(StaffUser)
        .where(StaffUser.id == staff_user_id, StaffUser.is_active)
        .with_for_update(of=StaffUser, key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if officer is None or _is_written(session, officer, day):
        return False
    digest = digest_of(session, actor_of_staff(session, officer.id, via="worker", lookups=lookups), lookups)
    if not digest.is_worth_it:
        return False
    return _write(session, officer, digest, day)


def digest_of(session: Session, actor: Actor, lookups: Lookups) -> Digest:
    """Return what an officer would read now."""
    mine = (Complaint.assignee_id == actor.staff_user_id,)
    counts = {f"mine_{key}": number for key, number in _own_counts(session, mine).items()}
    cases = _urgent(session, mine, now() + WEEK, MOST_CASES)
    scope = actor.scope_of(Permission.COMPLAINT_OVERSEE)
    department = None
    if scope in {Scope.DEPARTMENT, Scope.ALL}:
        theirs = _of_department(actor, scope)
        if scope is Scope.DEPARTMENT and actor.department_id is not None:
            department = lookups.departments[actor.department_id].code
        counts |= {f"department_{key}": number for key, number in _head_counts(session, theirs).items()}
        others = _urgent(session, theirs, now(), 2 * MOST_CASES)
        cases = [*cases, *(case for case in others if case not in cases)][:MOST_CASES]
    present = {key: counts[key] for key in COUNTS if counts.get(key)}
    return Digest(present, tuple(cases), department)


def _of_department(actor: Actor, scope: Scope) -> tuple[ColumnElement[bool], ...]:
    """Narrow to what a head oversees."""
    return () if scope is Scope.ALL else (Complaint.department_id.in_(sorted(actor.department_ids)),)


def _own_counts(session: Session, mine: tuple[ColumnElement[bool], ...]) -> dict[str, int]:
    moment = now()
    tomorrow = bangkok_day_bounds(to_bangkok(moment).date())[1]
    is_open = Complaint.status.in_(_OPEN)
    row = session.execute(
        select(
            _how_many(is_open, Complaint.due_at < moment).label("late"),
            _how_many(is_open, Complaint.due_at >= moment, Complaint.due_at < tomorrow).label("today"),
            _how_many(is_open, Complaint.due_at >= tomorrow, Complaint.due_at < moment + WEEK).label("week"),
            _how_many(Complaint.status.in_(_WAITING)).label("waiting"),
        ).where(*mine, Complaint.finished_at.is_(None))
    ).one()
    return dict(row._mapping)


def _head_counts(session: Session, theirs: tuple[ColumnElement[bool], ...]) -> dict[str, int]:
    row = session.execute(
        select(
            _how_many(Complaint.status.in_(_OPEN), Complaint.due_at < now()).label("late"),
            _how_many(Complaint.assignee_id.is_(None)).label("unassigned"),
            _how_many(Complaint.status.in_(_WAITING)).label("waiting"),
            _how_many(Complaint.status.in_(_ASKS), _asks_for_time()).label("more_time"),
        ).where(*theirs, Complaint.finished_at.is_(None))
    ).one()
    return dict(row._mapping)


def _how_many(*conditions: ColumnElement[bool]) -> Any:
    return func.count(Complaint.id).filter(*conditions)


def _asks_for_time() -> ColumnElement[bool]:
    """Tell whether a request for more time waits for its answer, as ``more_time.pending_request`` does."""
    asked, answered = aliased(ComplaintEvent), aliased(ComplaintEvent)
    is_answered = exists().where(
        answered.complaint_id == Complaint.id,
        answered.id > asked.id,
        answered.kind.in_(_TALK),
        answered.undone_at.is_(None),
    )
    return exists().where(
        asked.complaint_id == Complaint.id,
        asked.kind == EventKind.ASK_MORE_TIME,
        asked.undone_at.is_(None),
        asked.staff_user_id == Complaint.assignee_id,
        ~is_answered,
    )


def _urgent(
    session: Session, whose: tuple[ColumnElement[bool], ...], before: datetime, limit: int
) -> list[Complaint]:
    found = (
        select(Complaint)
        .where(
            *whose,
            Complaint.finished_at.is_(None),
            Complaint.status.in_(_OPEN),
            Complaint.due_at < before,
        )
        .order_by(Complaint.due_at, Complaint.id)
        .limit(limit)
    )
    return list(session.scalars(found))


# What is written --------------------------------------------------------------------------------------------


def _is_written(session: Session, officer: StaffUser, day: date) -> bool:
    """Tell whether the officer has this day's digest; called under the lock of his row."""
    bell = exists().where(
        Notification.staff_user_id == officer.id,
        Notification.template_key == DIGEST,
        Notification.created_at >= bangkok_day_bounds(day)[0],
    )
    keys = [_key(day, way, officer) for way in (Way.LINE, Way.EMAIL)]
    message = exists().where(OutboxMessage.dedupe_key.in_(keys))
    return bool(session.scalar(select(bell | message)))


def _write(session: Session, officer: StaffUser, digest: Digest, day: date) -> bool:
    ways = ways_of(session, DIGEST)
    written = False
    if Way.BELL in ways:
        session.add(
            Notification(
                staff_user_id=officer.id,
                template_key=DIGEST,
                facts=_bell_facts(digest),
                created_at=now(),
            )
        )
        written = True
    account = reachable(officer.line_accounts, LineChannel.STAFF)
    if Way.LINE in ways and account is not None:
        facts = digest_facts(digest, day, account.language)
        line = (OutboxChannel.LINE_STAFF, account.line_user_id, account.language)
        _enqueue(session, officer, line, facts, _key(day, Way.LINE, officer))
        written = True
    if Way.EMAIL in ways and officer.email and read_setting(session, "mail_host"):
        facts = digest_facts(digest, day, officer.language)
        mail = (OutboxChannel.EMAIL, officer.email, officer.language)
        _enqueue(session, officer, mail, facts, _key(day, Way.EMAIL, officer))
        written = True
    return written


def _enqueue(
    session: Session, officer: StaffUser, to: tuple[OutboxChannel, str, str], facts: dict[str, Any], key: str
) -> None:
    channel, recipient, language = to
    session.add(
        OutboxMessage(
            channel=channel,
            recipient=recipient,
            recipient_name=officer.full_name,
            template_key=DIGEST,
            language=language,
            facts=facts,
            dedupe_key=key,
            retry_key=str(uuid.uuid4()),
            priority=priority_of(DIGEST),
            not_before=now(),
            expires_at=bangkok_day_bounds(to_bangkok(now()).date())[1],  # Tomorrow has its own.
            created_at=now(),
        )
    )


def _key(day: date, way: Way, officer: StaffUser) -> str:
    return f"digest:{day.isoformat()}:{way.value}:{officer.id}"


def _bell_facts(digest: Digest) -> dict[str, Any]:
    late = digest.counts.get("mine_late", 0), digest.counts.get("department_late", 0)
    return {"late": max(late), "today": digest.counts.get("mine_today", 0)}


def digest_facts(digest: Digest, day: date, language: str) -> dict[str, Any]:
    """Return what the card of a digest says; nothing in it comes from a citizen's own words.

    ``counts`` and ``cases`` carry what the worker makes their addresses from; ``summary`` says the
    same as lines, for letters.
    """
    english = language == "en"
    counts = [
        {"word": COUNTS[key][1 if english else 0], "count": number, "arguments": _arguments(key, digest)}
        for key, number in digest.counts.items()
    ]
    is_late = any(key.endswith("_late") for key in digest.counts)
    cases = [_case_facts(case, language) for case in digest.cases]
    lines = [f"{one['word']}: {one['count']}" for one in counts]
    lines += [" · ".join(filter(None, (one["number"], one["what"], one["due"]))) for one in cases]
    return {
        "number": thai_date(day, lang=language),
        "public_code": "",
        "state_code": "",
        "state_word": "Today's work" if english else "งานของวันนี้",
        "state_colour": "late" if is_late else "progress",
        "counts": counts,
        "cases": cases,
        "summary": "\n".join(lines),
        "list_arguments": counts[0]["arguments"] if counts else {},
    }


def _arguments(key: str, digest: Digest) -> dict[str, str]:
    whose = {"officer": "me"} if key.startswith("mine_") else {}
    if key.startswith("department_") and digest.department is not None:
        whose = {"department": digest.department}
    return {**whose, **COUNTS[key][2]}


def _case_facts(case: Complaint, language: str) -> dict[str, str]:
    kind = case.subcategory or case.category
    english = getattr(kind, "name_en", None) if language == "en" else None
    return {
        "number": str(case),
        "public_code": case.public_code,
        "what": english or (kind.name if kind else ""),
        "due": thai_date(case.due_at, lang=language) if case.due_at else "",
        "is_late": "yes" if case.due_at and case.due_at < now() else "",
    }


def _at(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.min, BANGKOK) + timedelta(minutes=minutes_of(clock))
