"""Search inside Thai words: trigrams on both databases, a capped newest-first scan for one or two letters.

Measured on a million rows (performance.md §2): an index answers a rare word at once but a common one only
after it has gathered all its rows, while reading the list from its newest row on finds fifty of a common word
after a few hundred. So SQLite is first asked how many rows the trigrams find, up to a cap; PostgreSQL's
planner weighs the same by its statistics.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, select, text
from sqlalchemy.orm import Session

from domain.phones import digits_for_search
from domain.thai_text import search_form
from models import Complaint, Disclosure, Member

MAX_TERM: Final = 100
MOST_WORDS: Final = 6
TRIGRAM: Final = 3
SCAN_CAP: Final = 50_000  # Newest rows looked at for a term too short for trigrams.
COMMON: Final = 10_000  # More rows than this: reading from the newest row on is quicker than the index.
_NUMBER: Final = re.compile(r"\d/\d", re.ASCII)
_PUBLIC_CODE: Final = re.compile(r"\d{4}-\d{1,9}", re.ASCII)

# Small partial indexes beside the search; migrations/env.py leaves their names out of its comparison.
PARTIAL_INDEXES = (
    """
    CREATE INDEX IF NOT EXISTS ix_complaint_search_phone ON complaint (callback_phone)
    WHERE callback_phone IS NOT NULL
    """,
    # The daily lists: what is not finished, newest first, without reading the table.
    """
    CREATE INDEX IF NOT EXISTS ix_complaint_search_open
    ON complaint (listed_at, id, status, due_at, department_id, assignee_id)
    WHERE finished_at IS NULL
    """,
)

# An external-content FTS5 table over complaint.search_text. Kept by triggers, which a batch ALTER of the
# table drops: migrations run SQLITE_STATEMENTS again after every such change.
SQLITE_STATEMENTS = (
    "DROP TRIGGER IF EXISTS complaint_search_insert",
    "DROP TRIGGER IF EXISTS complaint_search_delete",
    "DROP TRIGGER IF EXISTS complaint_search_update",
    "DROP TABLE IF EXISTS complaint_search",
    """
    CREATE VIRTUAL TABLE complaint_search
    USING fts5(search_text, content='complaint', content_rowid='id', tokenize='trigram')
    """,
    """
    CREATE TRIGGER complaint_search_insert AFTER INSERT ON complaint BEGIN
      INSERT INTO complaint_search(rowid, search_text) VALUES (new.id, new.search_text);
    END
    """,
    """
    CREATE TRIGGER complaint_search_delete AFTER DELETE ON complaint BEGIN
      INSERT INTO complaint_search(complaint_search, rowid, search_text)
      VALUES ('delete', old.id, old.search_text);
    END
    """,
    """
    CREATE TRIGGER complaint_search_update AFTER UPDATE OF search_text ON complaint
    WHEN old.search_text IS NOT new.search_text BEGIN
      INSERT INTO complaint_search(complaint_search, rowid, search_text)
      VALUES ('delete', old.id, old.search_text);
      INSERT INTO complaint_search(rowid, search_text) VALUES (new.id, new.search_text);
    END
    """,
    "INSERT INTO complaint_search(complaint_search) VALUES ('rebuild')",
    *PARTIAL_INDEXES,
)
POSTGRESQL_STATEMENTS = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX IF NOT EXISTS ix_complaint_search ON complaint USING gin (search_text gin_trgm_ops)",
    *PARTIAL_INDEXES,
)


def complaint_search_text(complaint: Complaint) -> str:
    """Return what a complaint is found by: number, code, story, place, type, and the complainant's name.

    A concealed complainant's name is left out, so that searching cannot reveal it.
    """
    member = complaint.member
    parts = [
        complaint.number,
        complaint.public_code,
        complaint.external_id,
        complaint.story,
        complaint.place_text,
        complaint.road.name if complaint.road else None,
        complaint.subcategory.name if complaint.subcategory else None,
        complaint.community.name if complaint.community else None,
        member.full_name if member and not member.is_shared and complaint.disclosure == "disclosed" else None,
    ]
    return search_form("\n".join(part for part in parts if part))


class Match(NamedTuple):
    """The condition that a complaint fits a search term.

    Attributes:
        condition: For a select over ``Complaint``.
        is_common: Counting exactly would cost more than it is worth.
        more_than: That many rows surely fit, before any other narrowing.
    """

    condition: ColumnElement[bool]
    is_common: bool = False
    more_than: int = 0


def matching(session: Session, term: str, *, sees_people: bool = False) -> Match | None:
    """Return the condition that a complaint contains every word of the term; None for an empty term.

    A tracking code finds its complaint, a telephone number the complaints of whoever has it. A number such
    as ``อส. 56/2569`` is looked for as it stands. Words of one or two letters are looked for in the newest
    ``SCAN_CAP`` complaints only.

    Args:
        session: For reading; one quick statement may be sent.
        term: As it was typed.
        sees_people: Whether a number may also find complaints whose complainants are concealed.
    """
    folded = search_form(term)[:MAX_TERM].strip()
    if not folded:
        return None
    phone = digits_for_search(term)
    if phone is not None:
        return Match(_of_phone(phone, sees_people))
    if _PUBLIC_CODE.fullmatch(folded):
        return Match(Complaint.public_code == folded)
    words = [folded] if _NUMBER.search(folded) else folded.split()[:MOST_WORDS]
    contained = and_(*(Complaint.search_text.like(_like(word), escape="\\") for word in words))
    long_words = [word for word in words if len(word) >= TRIGRAM]
    if not long_words:
        return Match(and_(contained, *_newest(session)), is_common=True)
    if session.get_bind().dialect.name == "postgresql":
        return Match(contained)
    found = _indexed(long_words)
    hits = select(func.count()).select_from(found.limit(COMMON + 1).subquery())
    if (session.scalar(hits) or 0) > COMMON:
        return Match(contained, is_common=True, more_than=COMMON)
    by_index = Complaint.id.in_(found)
    return Match(by_index if len(long_words) == len(words) else and_(by_index, contained))


def _indexed(words: list[str]) -> Select[Any]:
    """Return a select of the ids whose trigrams hold every word."""
    quoted = " AND ".join('"' + word.replace('"', '""') + '"' for word in words)
    rows: Select[Any] = select(literal_column("rowid").label("id")).select_from(text("complaint_search"))
    return rows.where(text("complaint_search MATCH :search_term").bindparams(search_term=quoted))


def _of_phone(phone: str, sees_people: bool) -> ColumnElement[bool]:
    called = select(Complaint.id).where(Complaint.callback_phone == phone)
    brought = select(Complaint.id).join(Member).where(Member.phone == phone)
    # Each half has its index; an OR over both would read the whole table.
    found = Complaint.id.in_(called.union_all(brought))
    return found if sees_people else and_(found, Complaint.disclosure == Disclosure.DISCLOSED)


def _newest(session: Session) -> list[ColumnElement[bool]]:
    """Return the bound of the newest rows; asked for by itself, so that PostgreSQL plans with its value."""
    newest_first = select(Complaint.listed_at).order_by(Complaint.listed_at.desc(), Complaint.id.desc())
    bound = session.scalar(newest_first.offset(SCAN_CAP - 1).limit(1))
    return [] if bound is None else [Complaint.listed_at >= bound]


def _like(folded: str) -> str:
    escaped = folded.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
