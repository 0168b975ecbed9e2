"""Many invented complaints at once, for plans and speed: no rules run, nobody is told, nothing is audited.

The rows look like three fiscal years of a town: new ones open, old ones closed, some waiting, few without a
date. Stories are those of ``demo.stories``, varied; the same seed gives the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any, Final

from sqlalchemy import Table, func, select, text
from sqlalchemy.orm import Session

from bench.people import fill_members
from demo.stories import REQUESTS, STORIES
from domain.case_counting import statements as counting_statements
from domain.clock import bangkok_date, buddhist_year, now
from domain.complaint_filter import DATE_UNKNOWN
from domain.lookups import Lookups, load_lookups
from domain.numbering import PUBLIC_SERIES, format_number
from domain.office_calendar import OfficeCalendar
from domain.office_hours import calendar_of
from domain.results import CONFIRMED_FROM
from domain.search import POSTGRESQL_STATEMENTS, SQLITE_STATEMENTS
from domain.settings import read_setting
from domain.sla import due_at
from domain.thai_text import search_form
from models import (
    ActionResult,
    Complaint,
    ComplaintStatus,
    Disclosure,
    Figure,
    NumberSeries,
    Outcome,
    Rating,
    StatusKind,
    Urgency,
)

CHUNK: Final = 2_000
YEARS: Final = 3
ROWS_PER_MEMBER: Final = 5
SOURCE: Final = "bench"
LANES: Final = 400
S = ComplaintStatus
# Chances in per mille by age in days: what has become of a complaint that old.
AGES: Final[tuple[tuple[int, dict[ComplaintStatus, int]], ...]] = (
    (
        2,
        {
            S.SUBMITTED: 300,
            S.ACCEPTED: 200,
            S.DIRECTED: 250,
            S.ACKNOWLEDGED: 150,
            S.IN_PROGRESS: 60,
            S.RESOLVED: 40,
        },
    ),
    (
        10,
        {
            S.SUBMITTED: 20,
            S.ACCEPTED: 60,
            S.DIRECTED: 120,
            S.ACKNOWLEDGED: 130,
            S.IN_PROGRESS: 240,
            S.AWAITING_CITIZEN: 30,
            S.RESOLVED: 360,
            S.REJECTED: 30,
            S.WITHDRAWN: 10,
        },
    ),
    (
        60,
        {
            S.IN_PROGRESS: 90,
            S.AWAITING_PLAN: 40,
            S.REFERRED_OUT: 20,
            S.RESOLVED: 150,
            S.CLOSED: 630,
            S.REJECTED: 40,
            S.WITHDRAWN: 20,
            S.DUPLICATE: 10,
        },
    ),
    (
        100_000,
        {
            S.IN_PROGRESS: 8,
            S.AWAITING_PLAN: 12,
            S.RESOLVED: 10,
            S.CLOSED: 900,
            S.REJECTED: 40,
            S.WITHDRAWN: 20,
            S.DUPLICATE: 10,
        },
    ),
)
OUTCOMES: Final = (
    (Outcome.FIXED, 82),
    (Outcome.PARTLY_FIXED, 8),
    (Outcome.NOT_FOUND, 5),
    (Outcome.NOT_FIXABLE, 3),
    (Outcome.DONE_BY_OTHERS, 2),
)
RATED: Final = 0.35
STARS: Final = (5, 5, 5, 4, 4, 4, 4, 3, 3, 2, 1)


def fill(session: Session, rows: int = 100_000, seed: int = 7, *, known: Lookups | None = None) -> None:
    """Add invented complaints with their members, results and ratings, rebuild the search, analyse.

    The town must be planted. SQLAlchemy Core writes in chunks; the caller commits.

    Args:
        session: Inside a write transaction.
        rows: How many complaints.
        seed: The same seed, clock and town give the same rows.
        known: Look-ups already read.
    """
    chance = Random(seed)  # noqa: S311 - invented rows, no secrets
    lookups = known or load_lookups(session)
    members = fill_members(session, chance, rows // ROWS_PER_MEMBER + 20)
    calendar = calendar_of(session)
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    _without_upkeep(session, is_sqlite)
    made = _Maker(session, chance, lookups, members, calendar)
    _insert_all(session, made.complaints(rows))
    made.write_series()
    _give_back_sequences(session, is_sqlite)
    for statement in SQLITE_STATEMENTS if is_sqlite else POSTGRESQL_STATEMENTS:
        session.execute(text(statement))
    for statement in counting_statements("sqlite" if is_sqlite else "postgresql"):
        session.execute(text(statement))
    session.execute(text("ANALYZE"))


@dataclass(frozen=True, slots=True)
class Told:
    """One story with its folded forms, so that folding happens once and not for every row."""

    subcategory_id: int
    category_id: int
    story: str
    place: str
    folded: str
    folded_place: str
    folded_type: str


class _Maker:
    """Makes the rows, oldest first, and keeps the number series."""

    def __init__(
        self,
        session: Session,
        chance: Random,
        lookups: Lookups,
        members: Sequence[tuple[int, str]],
        calendar: OfficeCalendar,
    ) -> None:
        self._session, self._chance, self._lookups = session, chance, lookups
        self._members, self._calendar = members, calendar
        self._told = _stories(lookups)
        self._officers = _officers(lookups)
        self._places = [row for row in lookups.communities.values() if not row.is_unknown]
        self._channels = list(lookups.channels)
        self._series = {(s.code, s.year): s.last_number for s in session.scalars(select(NumberSeries))}
        self._pattern = str(read_setting(session, "number_pattern"))
        self._next_id = (session.scalar(select(func.max(Complaint.id))) or 0) + 1
        self._next_result = (session.scalar(select(func.max(ActionResult.id))) or 0) + 1
        self._last_done: int | None = None
        self._folded = lru_cache(search_form)
        self._now = now()

    def complaints(self, rows: int) -> Iterator[tuple[Table, dict[str, Any]]]:
        """Yield (table, row) pairs: each complaint, then what hangs on it."""
        seconds = YEARS * 365 * 86_400
        moments = sorted(self._chance.randrange(seconds) for _ in range(rows))
        for moment in moments:
            received = self._now - timedelta(seconds=seconds - moment)
            row = self._complaint(received)
            yield Complaint.__table__, row  # type: ignore[misc]
            if row["outcome"] is not None:
                yield from self._result(row)

    def write_series(self) -> None:
        """Bring the number series up to what was given out."""
        self._session.query(NumberSeries).delete()
        self._session.add_all(
            NumberSeries(code=code, year=year, last_number=last)
            for (code, year), last in self._series.items()
        )
        self._session.flush()

    def _complaint(self, received: datetime) -> dict[str, Any]:
        chance, told = self._chance, self._chance.choice(self._told)
        member_id, folded_name = chance.choice(self._members)
        community = chance.choice(self._places) if chance.random() < 0.92 else None
        is_dated = chance.random() >= 0.004
        status = self._status((self._now - received).days)
        lane = chance.randrange(1, LANES)
        home = f"(บ้านเลขที่ {lane}/{chance.randrange(1, 99)})"
        is_shown = chance.random() < 0.3
        row: dict[str, Any] = {
            "id": self._next_id,
            "public_code": self._public_code(bangkok_date(received).year),
            "kind": "complaint",
            "status": status,
            "figure": status.figure if is_dated else Figure.NONE,
            "urgency": chance.choices(list(Urgency), (90, 8, 2))[0],
            "disclosure": Disclosure.DISCLOSED if is_shown else Disclosure.CONCEALED,
            "story": f"{told.story} {home}",
            "place_text": f"{told.place} ซอย {lane}",
            "is_outside": chance.random() < 0.01,
            "member_id": member_id,
            "channel_id": chance.choice(self._channels),
            "zone_id": community.parent_id if community else None,
            "community_id": community.id if community else None,
            "created_at": received,
            "received_at": received if is_dated else None,
            "listed_at": received if is_dated else DATE_UNKNOWN,
            "tracking_generation": 1,
            "reopen_count": 0,
            "state_seq": 1,
            "version": 1,
            "external_source": None if is_dated else SOURCE,
            "external_id": None if is_dated else str(self._next_id),
            "duplicate_of_id": self._last_done if status is S.DUPLICATE else None,
        }
        row |= self._pin(community) | self._work(row, told, status, received)
        parts = (
            *(row["number"], row["public_code"], row["external_id"], told.folded, home, told.folded_place),
            f"ซอย {lane}",
            told.folded_type if row["subcategory_id"] else None,
            self._folded(community.name) if community else None,
            folded_name if is_shown else None,
        )
        row["search_text"] = " ".join(part for part in parts if part)
        self._next_id += 1
        return row

    def _public_code(self, year: int) -> str:
        return f"{year}-{self._take(PUBLIC_SERIES, year)}"

    def _status(self, age: int) -> ComplaintStatus:
        chances = next(chances for days, chances in AGES if age < days)
        status = self._chance.choices(list(chances), list(chances.values()))[0]
        return S.CLOSED if status is S.DUPLICATE and self._last_done is None else status

    def _pin(self, community: Any) -> dict[str, Any]:
        if community is None or community.latitude is None or self._chance.random() < 0.3:
            return {"latitude": None, "longitude": None}
        return {
            "latitude": round(community.latitude + self._chance.gauss(0, 0.0025), 6),
            "longitude": round(community.longitude + self._chance.gauss(0, 0.0025), 6),
        }

    def _work(
        self, row: dict[str, Any], told: Told, status: ComplaintStatus, received: datetime
    ) -> dict[str, Any]:
        """Return who works on it, its number and its moments."""
        chance = self._chance
        category = self._lookups.categories[told.category_id]
        subtype = self._lookups.subcategories[told.subcategory_id]
        is_new = status is S.SUBMITTED
        is_ordered = status not in {S.SUBMITTED, S.ACCEPTED, S.REJECTED}
        officer = chance.choice(self._officers[told.category_id]) if is_ordered else None
        is_over = status.kind not in {StatusKind.OPEN, StatusKind.WAITING}
        ended = (
            min(received + timedelta(hours=chance.expovariate(1 / 100) + 2), self._now) if is_over else None
        )
        self._last_done = row["id"] if status.kind is StatusKind.DONE else self._last_done
        high = subtype.duration_max or 7
        is_rated = status.kind is StatusKind.DONE and chance.random() < RATED
        stars = chance.choice(STARS) if is_rated else None
        return {
            "number": None if is_new else self._number(category.code, received),
            "number_code": None if is_new else category.code,
            "number_year": None if is_new else buddhist_year(received),
            "category_id": None if is_new else category.id,
            "subcategory_id": subtype.id if is_ordered else None,
            "department_id": officer[1] if officer else category.parent_id,
            "assignee_id": officer[0] if officer else None,
            "accepted_at": None if is_new else received,
            "directed_at": received if is_ordered else None,
            "due_at": due_at(received, high, subtype.duration_unit, self._calendar) if is_ordered else None,
            "finished_at": ended,
            "closed_at": ended if status is S.CLOSED else None,
            "outcome": _chosen(chance, OUTCOMES) if status.kind is StatusKind.DONE else None,
            "rated_stars": stars,
            "confirmed_at": ended if stars and stars >= CONFIRMED_FROM else None,
        }

    def _result(self, row: dict[str, Any]) -> Iterator[tuple[Table, dict[str, Any]]]:
        ended = row["finished_at"]
        yield (
            ActionResult.__table__,  # type: ignore[misc]
            {
                "id": self._next_result,
                "complaint_id": row["id"],
                "done_date": bangkok_date(ended),
                "result_text": "ดำเนินการเรียบร้อยแล้ว",
                "outcome": row["outcome"],
                "recorded_by_id": row["assignee_id"],
                "recorded_at": ended,
            },
        )
        if row["rated_stars"]:
            yield (
                Rating.__table__,  # type: ignore[misc]
                {
                    "complaint_id": row["id"],
                    "result_id": self._next_result,
                    "stars": row["rated_stars"],
                    "rated_at": ended,
                },
            )
        self._next_result += 1

    def _number(self, code: str, moment: datetime) -> str:
        year = buddhist_year(moment)
        return format_number(self._pattern, code, self._take(code, year), year)

    def _take(self, code: str, year: int) -> int:
        self._series[code, year] = self._series.get((code, year), 0) + 1
        return self._series[code, year]


def _chosen(chance: Random, weighted: Sequence[tuple[Any, int]]) -> Any:
    return chance.choices([value for value, _ in weighted], [weight for _, weight in weighted])[0]


def _stories(lookups: Lookups) -> list[Told]:
    by_code = {row.code: row for row in lookups.subcategories.values()}
    found = []
    for code, stories in STORIES.items():
        subtype = by_code[code]
        for told in stories:
            for request in ("", *REQUESTS[code]):
                story = f"{told.story} {request}".strip()
                folded = (search_form(text) for text in (story, told.place, subtype.name))
                found.append(Told(subtype.id, subtype.parent_id or 0, story, told.place, *folded))
    return found


def _officers(lookups: Lookups) -> dict[int, list[tuple[int, int]]]:
    """Return (officer, department) pairs per category: of its department and below, else of anybody."""
    everybody = [(s.id, s.parent_id) for s in lookups.staff.values() if s.parent_id is not None]
    found = {}
    for category in lookups.categories.values():
        below = lookups.department_and_below(category.parent_id)
        found[category.id] = [pair for pair in everybody if pair[1] in below] or everybody
    return found


def _insert_all(session: Session, pairs: Iterator[tuple[Table, dict[str, Any]]]) -> None:
    """Write rows in chunks, complaints before results before ratings."""
    waiting: dict[str, tuple[Table, list[dict[str, Any]]]] = {}
    for table, row in pairs:
        waiting.setdefault(table.name, (table, []))[1].append(row)
        if len(waiting[table.name][1]) >= CHUNK:
            _flush(session, waiting)
    _flush(session, waiting)


def _flush(session: Session, waiting: dict[str, tuple[Table, list[dict[str, Any]]]]) -> None:
    for name in ("complaint", "action_result", "rating"):
        if name in waiting:
            table, rows = waiting.pop(name)
            session.execute(table.insert(), rows)


def _without_upkeep(session: Session, is_sqlite: bool) -> None:
    """Take search index and counting away while rows come in; both are rebuilt at once at the end."""
    for name in ("insert", "delete", "update"):
        table = "" if is_sqlite else " ON complaint"
        session.execute(text(f"DROP TRIGGER IF EXISTS complaint_count_{name}{table}"))
    if not is_sqlite:
        session.execute(text("DROP INDEX IF EXISTS ix_complaint_search"))
        return
    for statement in SQLITE_STATEMENTS:
        if statement.startswith("DROP"):
            session.execute(text(statement))


def _give_back_sequences(session: Session, is_sqlite: bool) -> None:
    """Tell PostgreSQL which ids were taken; SQLite looks for itself."""
    if is_sqlite:
        return
    for table in ("complaint", "action_result"):
        session.execute(
            text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")  # noqa: S608
        )
