"""One filter for lists, exports, the map and reports; its keys in the address never change.

``status=directed,acknowledged`` · ``state=open`` (not finished: somebody works or waits) ``waiting done
rejected withdrawn merged`` · ``figure=progress`` (columns of 002-24) · ``zone=1,3`` · ``community`` ·
``category`` · ``subcategory`` · ``department`` (with all below) · ``channel`` · ``officer`` (user name or
``me``) · ``urgency`` · ``year=2568,2569`` (fiscal) · ``received_from`` · ``received_to`` (Buddhist or ISO) ·
``date=unknown`` · ``due=overdue|today|week|soon`` · ``place=outside`` · ``outcome`` · ``stars=1,2`` (latest
rating) · ``promise=kept|broken`` (finished ones) · ``history=reopened|confirmed`` · ``search``.

Several values are joined by commas; keys are codes, not row numbers, so that a link keeps its meaning.
``none`` stands for an empty field where a code is expected. Different keys narrow one another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false, or_
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import bangkok_date, bangkok_day_bounds, fiscal_year_bounds, now
from domain.errors import InvalidField, add_message
from domain.lookups import Lookups, Row
from domain.permissions import Narrowed, Permission
from domain.search import Match, matching
from domain.thai_dates import parse_thai_date
from models import Complaint, ComplaintStatus, Figure, Outcome, Scope, StatusKind, Urgency

SOON: Final = timedelta(days=2)
WEEK: Final = timedelta(days=7)
FIRST_YEAR, LAST_YEAR = 2500, 2700
MOST_WORDS: Final = 200
MAX_SEARCH: Final = 200
DATE_UNKNOWN: Final = datetime(1970, 1, 1, tzinfo=UTC)  # ``listed_at`` of a case without a date.
NONE: Final = 0  # No row has this id: it stands for an empty field.
NONE_WORD: Final = "none"

ROW_KEYS: Final = {
    "zone": "zones",
    "community": "communities",
    "category": "categories",
    "subcategory": "subcategories",
    "department": "departments",
    "channel": "channels",
    "officer": "staff",
}
MEMBER_KEYS: Final = {"status": ComplaintStatus, "figure": Figure, "urgency": Urgency, "outcome": Outcome}
WORD_KEYS: Final = {
    "due": frozenset({"overdue", "today", "week", "soon"}),
    "place": frozenset({"outside"}),
    "date": frozenset({"unknown"}),
    "promise": frozenset({"kept", "broken"}),
    "history": frozenset({"reopened", "confirmed"}),
}
STARS: Final = ("1", "2", "3", "4", "5")
DATE_KEYS: Final = ("received_from", "received_to")
KEYS: Final = ("search", *ROW_KEYS, *MEMBER_KEYS, "state", "year", "stars", *DATE_KEYS, *WORD_KEYS)

add_message(
    "filter_unknown_value",
    thai="ไม่รู้จัก “{value}” รายการนี้จึงไม่ได้กรองด้วยข้อนั้น",
    english="“{value}” is not known, so the list is not narrowed by it",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintFilter:
    """What a list shows; an empty field does not narrow. Row fields hold ids, ``NONE`` an empty field.

    ``sees_people`` is no wish but a right: without it a phone number finds no concealed complaint.
    """

    search: str = ""
    status: frozenset[ComplaintStatus] = frozenset()
    state: frozenset[ComplaintStatus] = frozenset()
    figure: frozenset[Figure] = frozenset()
    urgency: frozenset[Urgency] = frozenset()
    outcome: frozenset[Outcome] = frozenset()
    stars: frozenset[int] = frozenset()
    zone: frozenset[int] = frozenset()
    community: frozenset[int] = frozenset()
    category: frozenset[int] = frozenset()
    subcategory: frozenset[int] = frozenset()
    department: frozenset[int] = frozenset()
    channel: frozenset[int] = frozenset()
    officer: frozenset[int] = frozenset()
    year: frozenset[int] = frozenset()
    received_from: date | None = None
    received_to: date | None = None
    date: str = ""
    due: str = ""
    place: str = ""
    promise: str = ""
    history: str = ""
    sees_people: bool = field(default=False, compare=False)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is narrowed."""
        return self == ComplaintFilter()

    def without_search(self) -> ComplaintFilter:
        """Return the same filter without the search term."""
        return replace(self, search="")


@dataclass(frozen=True, slots=True)
class Unread:
    """A value in the address that means nothing, and why."""

    key: str
    value: str
    error: InvalidField


def read_filter(
    args: Mapping[str, Sequence[str]], lookups: Lookups, actor: Actor
) -> tuple[ComplaintFilter, list[Unread]]:
    """Read a filter from the address; what cannot be read is named, never silently dropped.

    Args:
        args: Every value of every key; other keys than ``KEYS`` are none of our business.
        lookups: Turns codes into ids.
        actor: Whom ``me`` means, and whether complainants are his to find.
    """
    read: dict[str, Any] = {}
    unread: list[Unread] = []
    for key in KEYS:
        for word in words_of(key, args.get(key, ())):
            try:
                value = _value(key, word, lookups, actor)
            except InvalidField as error:
                unread.append(Unread(key, word, error))
                continue
            if isinstance(value, frozenset):
                value |= read.get(key, frozenset())
            read[key] = value
    # A list reaches beyond an officer's own cases, so a right over those alone is not enough.
    sees_people = actor.scope_of(Permission.MEMBER_READ) in {Scope.DEPARTMENT, Scope.ALL}
    return ComplaintFilter(**read, sees_people=sees_people), unread


def words_of(key: str, texts: Iterable[str]) -> list[str]:
    """Return the single words of a key's values in the address, each once, no more than make sense."""
    if key == "search":
        return [text.strip()[:MAX_SEARCH] for text in texts if text.strip()][:1]
    words = (word.strip() for text in texts for word in text.split(","))
    return list(dict.fromkeys(word for word in words if word))[:MOST_WORDS]


def _value(key: str, word: str, lookups: Lookups, actor: Actor) -> Any:
    if key in ROW_KEYS:
        return _row_ids(key, word, lookups, actor)
    if key in MEMBER_KEYS:
        return frozenset({_member(key, word)})
    if key == "state":
        return _state(word)
    if key == "year":
        return frozenset({_year(word)})
    if key == "stars":
        return frozenset({_stars(word)})
    if key in DATE_KEYS:
        return parse_thai_date(word, field=key)
    if key in WORD_KEYS and word not in WORD_KEYS[key]:
        raise _unknown(key, word)
    return word


def _unknown(key: str, word: str) -> InvalidField:
    return InvalidField("filter_unknown_value", field=key, value=word[:60])


def _member(key: str, word: str) -> Any:
    kind: Any = MEMBER_KEYS[key]
    if word not in {member.value for member in kind}:
        raise _unknown(key, word)
    return kind(word)


def _state(word: str) -> frozenset[ComplaintStatus]:
    if word == StatusKind.OPEN:
        return open_statuses()
    found = frozenset(status for status in ComplaintStatus if status.kind.value == word)
    if not found:
        raise _unknown("state", word)
    return found


def _year(word: str) -> int:
    if not (word.isascii() and word.isdecimal() and len(word) == 4 and FIRST_YEAR <= int(word) <= LAST_YEAR):
        raise _unknown("year", word)
    return int(word)


def _stars(word: str) -> int:
    if word not in STARS:
        raise _unknown("stars", word)
    return int(word)


def _row_ids(key: str, word: str, lookups: Lookups, actor: Actor) -> frozenset[int]:
    if word == NONE_WORD:
        return frozenset({NONE})
    if key == "officer" and word == "me" and actor.staff_user_id is not None:
        return frozenset({actor.staff_user_id})
    rows: Mapping[int, Row] = getattr(lookups, ROW_KEYS[key])
    found = next((row.id for row in rows.values() if row.code == word), None)
    if found is None:
        raise _unknown(key, word)
    return lookups.department_and_below(found) if key == "department" else frozenset({found})


def narrow(statement: Narrowed, chosen: ComplaintFilter, session: Session) -> Narrowed:
    """Add the filter's conditions to a select over ``Complaint``; scoping is done apart."""
    wanted, _match = conditions(chosen, session)
    return statement.where(*wanted)


def conditions(chosen: ComplaintFilter, session: Session) -> tuple[list[ColumnElement[bool]], Match | None]:
    """Return the filter's conditions, and what the search among them found out about its term.

    Searching on SQLite sends one quick statement of its own, so ask once and use the answer for the page
    and for its count.
    """
    found = [*_row_conditions(chosen), *_time_conditions(chosen)]
    found += [*_status_conditions(chosen), *_mark_conditions(chosen)]
    if chosen.place:
        found.append(Complaint.is_outside.is_(True))
    match = matching(session, chosen.search, sees_people=chosen.sees_people)
    if match is not None:
        found.append(match.condition)
    return found, match


def _status_conditions(chosen: ComplaintFilter) -> list[ColumnElement[bool]]:
    """Narrow to the states all three keys leave.

    Only unfinished cases have no ``finished_at``; saying so opens the small index over them.
    """
    wanted = [values for values in (chosen.status, chosen.state) if values]
    if chosen.due:
        # While a case waits its clock stands still, so it does not run late (workflow.md).
        wanted.append(frozenset(s for s in ComplaintStatus if s.kind is StatusKind.OPEN))
    if not wanted:
        return []
    left = frozenset.intersection(*wanted)
    if not left:
        return [false()]
    if not left <= open_statuses():
        return [_one_of(Complaint.status, left)]
    unfinished: ColumnElement[bool] = Complaint.finished_at.is_(None)
    # An officer's cases have an index by state.
    is_enough = left == open_statuses() and not chosen.officer
    return [unfinished] if is_enough else [unfinished, _one_of(Complaint.status, left)]


def _mark_conditions(chosen: ComplaintFilter) -> list[ColumnElement[bool]]:
    """Return the conditions on what stands on a complaint itself, each as the figures measure it."""
    pairs: tuple[tuple[Any, frozenset[Any]], ...] = (
        (Complaint.urgency, chosen.urgency),
        (Complaint.figure, chosen.figure),
        (Complaint.outcome, chosen.outcome),
        (Complaint.rated_stars, chosen.stars),
    )
    found = [_one_of(column, values) for column, values in pairs if values]
    if chosen.promise:
        found.append(Complaint.figure == Figure.FINISHED)
        kept = Complaint.finished_at <= Complaint.due_at
        # One whose end nobody knows kept no promise either.
        broken = or_(Complaint.finished_at > Complaint.due_at, Complaint.finished_at.is_(None))
        found.append(kept if chosen.promise == "kept" else and_(Complaint.due_at.is_not(None), broken))
    if chosen.history == "reopened":
        found.append(Complaint.reopen_count > 0)
    elif chosen.history == "confirmed":
        found.append(Complaint.confirmed_at.is_not(None))
    return found


def _row_conditions(chosen: ComplaintFilter) -> list[ColumnElement[bool]]:
    found = []
    for ids, column in (
        (chosen.zone, Complaint.zone_id),
        (chosen.community, Complaint.community_id),
        (chosen.category, Complaint.category_id),
        (chosen.subcategory, Complaint.subcategory_id),
        (chosen.department, Complaint.department_id),
        (chosen.channel, Complaint.channel_id),
        (chosen.officer, Complaint.assignee_id),
    ):
        if NONE in ids:
            given = ids - {NONE}
            found.append(or_(column.is_(None), _one_of(column, given)) if given else column.is_(None))
        elif ids:
            found.append(_one_of(column, ids))
    return found


def _one_of(column: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    ordered = sorted(values)
    condition: ColumnElement[bool] = column == ordered[0] if len(ordered) == 1 else column.in_(ordered)
    return condition


def _time_conditions(chosen: ComplaintFilter) -> list[ColumnElement[bool]]:
    # listed_at is received_at where the date is known; it carries the indexes.
    found: list[ColumnElement[bool]] = []
    if chosen.year:
        spans = [
            and_(Complaint.listed_at >= start, Complaint.listed_at < end)
            for start, end in year_spans(chosen.year)
        ]
        found.append(or_(*spans))
    if chosen.received_from is not None:
        found.append(Complaint.listed_at >= bangkok_day_bounds(chosen.received_from)[0])
    if chosen.received_to is not None:
        found.append(Complaint.listed_at < bangkok_day_bounds(chosen.received_to)[1])
        found.append(Complaint.listed_at > DATE_UNKNOWN)
    if chosen.date:
        found += [Complaint.listed_at == DATE_UNKNOWN, Complaint.received_at.is_(None)]
    if chosen.due:
        found.append(_due(chosen.due, now()))
    return found


def _due(word: str, moment: datetime) -> ColumnElement[bool]:
    """Return the condition of a due word; ``week`` begins tomorrow, where ``today`` ends."""
    tomorrow = bangkok_day_bounds(bangkok_date(moment))[1]
    if word == "overdue":
        return Complaint.due_at < moment
    if word == "today":
        return and_(Complaint.due_at >= moment, Complaint.due_at < tomorrow)
    if word == "week":
        return and_(Complaint.due_at >= tomorrow, Complaint.due_at < moment + WEEK)
    return Complaint.due_at.between(moment, moment + SOON)


def year_spans(years: Iterable[int]) -> list[tuple[datetime, datetime]]:
    """Return the half-open spans of some fiscal years; years in a row make one span."""
    spans: list[tuple[datetime, datetime]] = []
    for year in sorted(years):
        start, end = fiscal_year_bounds(year)
        if spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def open_statuses() -> frozenset[ComplaintStatus]:
    """Return the states in which somebody still has to work or wait."""
    return frozenset(s for s in ComplaintStatus if s.kind in {StatusKind.OPEN, StatusKind.WAITING})
