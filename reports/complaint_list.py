"""The complaint list: one page, its capped count, and the stream behind an export; always scoped.

Rows are tuples, names of small tables come from the look-ups: a page costs two statements whatever it
shows, a searched one three. The ids come first, out of an index alone, then the fifty rows are joined
(performance.md §2).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.complaint_filter import ComplaintFilter, conditions
from domain.permissions import Permission, scope_complaints
from domain.search import Match
from models import Complaint, Member, Scope

PAGE_SIZE: Final = 50
LAST_PAGE: Final = 100_000
COUNT_CAP: Final = 10_000
COUNT_SCAN: Final = 10_000  # Newest rows looked through when a common word is counted.
STORY_LETTERS: Final = 90
STREAM_ROWS: Final = 1_000
SORTS: Final = ("received", "due")

COLUMNS: Final = (
    Complaint.id,
    Complaint.public_code,
    Complaint.number,
    Complaint.status,
    Complaint.urgency,
    Complaint.disclosure,
    Complaint.received_at,
    Complaint.due_at,
    Complaint.warn_at,
    Complaint.finished_at,
    Complaint.subcategory_id,
    Complaint.category_id,
    Complaint.zone_id,
    Complaint.community_id,
    Complaint.department_id,
    Complaint.assignee_id,
    Complaint.place_text,
    Complaint.is_outside,
    Member.title,
    Member.first_name,
    Member.last_name,
    Member.address_text,
    Member.is_shared,
)
EXPORT_COLUMNS: Final = (
    *COLUMNS,
    Complaint.kind,
    Complaint.channel_id,
    Complaint.story,
    Complaint.latitude,
    Complaint.longitude,
    Complaint.outcome,
    Complaint.callback_phone,
    Member.phone,
)


class Total(NamedTuple):
    """How many rows there are; ``is_capped`` says that there are more."""

    rows: int
    is_capped: bool


class Page(NamedTuple):
    """One page of the list, counted from 0: the last one where the wanted one lies behind it."""

    rows: list[Any]
    number: int
    total: Total
    has_next: bool


def id_statement(
    session: Session, actor: Actor, chosen: ComplaintFilter, sort: str = "received", descending: bool = True
) -> Select[Any]:
    """Return the scoped, filtered, ordered select of complaint ids."""
    wanted, _match = conditions(chosen, session)
    return _ids(actor, wanted, sort, descending)


def _ids(actor: Actor, wanted: Sequence[ColumnElement[bool]], sort: str, descending: bool) -> Select[Any]:
    return scope_complaints(select(Complaint.id).where(*wanted), actor).order_by(*_order(sort, descending))


def _order(sort: str, descending: bool) -> list[ColumnElement[Any]]:
    """Return the order; no due day counts as the latest: both databases find that in an index."""
    if sort == "due":
        if descending:
            return [Complaint.due_at.desc().nulls_first(), Complaint.id.desc()]
        return [Complaint.due_at.asc().nulls_last(), Complaint.id.asc()]
    columns = (Complaint.listed_at, Complaint.id)
    return [column.desc() if descending else column.asc() for column in columns]


def page_statement(
    ids: Select[Any], sort: str = "received", descending: bool = True
) -> Select[*tuple[Any, ...]]:
    """Return the select of a page's rows for a select of its ids."""
    page = ids.subquery("page")
    return (
        select(*COLUMNS, func.substr(Complaint.story, 1, STORY_LETTERS).label("story_start"))
        .join(page, page.c.id == Complaint.id)
        .outerjoin(Member, Member.id == Complaint.member_id)
        .order_by(*_order(sort, descending))
    )


def page_of(
    session: Session,
    actor: Actor,
    chosen: ComplaintFilter,
    *,
    number: int = 0,
    sort: str = "received",
    descending: bool = True,
) -> Page:
    """Return one page; two statements, one more for a search or when the page lies behind the end.

    Args:
        session: For reading.
        actor: Whose scope.
        chosen: The filter.
        number: Which page, from 0.
        sort: One of ``SORTS``.
        descending: Newest or latest first.
    """
    wanted, match = conditions(chosen, session)
    ids = _ids(actor, wanted, sort, descending)
    number = min(max(number, 0), LAST_PAGE)
    rows = _rows(session, ids, number, sort, descending)
    if len(rows) <= PAGE_SIZE and (rows or not number):
        return Page(rows, number, Total(number * PAGE_SIZE + len(rows), is_capped=False), has_next=False)
    if rows:
        total = _count(session, actor, wanted, match, Permission.COMPLAINT_READ, COUNT_CAP)
    else:
        exact = session.scalar(select(func.count()).select_from(ids.order_by(None).subquery())) or 0
        number, total = max(0, (exact - 1) // PAGE_SIZE), Total(exact, is_capped=False)
        rows = _rows(session, ids, number, sort, descending)
    return Page(rows[:PAGE_SIZE], number, total, len(rows) > PAGE_SIZE)


def _rows(session: Session, ids: Select[Any], number: int, sort: str, descending: bool) -> list[Any]:
    one_more = ids.limit(PAGE_SIZE + 1).offset(number * PAGE_SIZE)
    return list(session.execute(page_statement(one_more, sort, descending)))


def count_of(
    session: Session,
    actor: Actor,
    chosen: ComplaintFilter,
    *,
    permission: Permission = Permission.COMPLAINT_READ,
    cap: int = COUNT_CAP,
) -> Total:
    """Return how many complaints the filter finds, counting no further than one past the cap.

    Args:
        session: For reading.
        actor: Whose scope.
        chosen: The filter.
        permission: Whose reach decides.
        cap: Where counting ends.
    """
    wanted, match = conditions(chosen, session)
    return _count(session, actor, wanted, match, permission, cap)


def _count(
    session: Session,
    actor: Actor,
    wanted: Sequence[ColumnElement[bool]],
    match: Match | None,
    permission: Permission,
    cap: int,
) -> Total:
    if match is not None and match.is_common and cap == COUNT_CAP:
        if match.more_than >= cap and len(wanted) == 1 and actor.scope_of(permission) is Scope.ALL:
            return Total(cap, is_capped=True)
        return _count_common(session, actor, wanted[:-1], match, permission)
    found = scope_complaints(select(Complaint.id).where(*wanted), actor, permission).limit(cap + 1).subquery()
    rows = session.scalar(select(func.count()).select_from(found)) or 0
    return Total(min(rows, cap), rows > cap)


def _count_common(
    session: Session,
    actor: Actor,
    others: Sequence[ColumnElement[bool]],
    match: Match,
    permission: Permission,
) -> Total:
    """Count a common word among the newest rows that fit otherwise: a list needs to know no more."""
    newest = (
        scope_complaints(
            select(case((match.condition, 1), else_=0).label("hit")).where(*others), actor, permission
        )
        .order_by(*_order("received", descending=True))
        .limit(COUNT_SCAN)
        .subquery()
    )
    row = session.execute(select(func.count(), func.coalesce(func.sum(newest.c.hit), 0))).one()
    looked_at, hits = row
    return Total(min(int(hits), COUNT_CAP), looked_at >= COUNT_SCAN or hits > COUNT_CAP)


def stream(session: Session, actor: Actor, chosen: ComplaintFilter) -> Iterator[Any]:
    """Yield every row the actor may take away, with the whole story, newest first, a chunk at a time."""
    wanted, _match = conditions(chosen, session)
    statement = scope_complaints(
        select(*EXPORT_COLUMNS).outerjoin(Member, Member.id == Complaint.member_id).where(*wanted),
        actor,
        Permission.COMPLAINT_EXPORT,
    ).order_by(*_order("received", descending=True))
    yield from session.execute(statement.execution_options(yield_per=STREAM_ROWS))
