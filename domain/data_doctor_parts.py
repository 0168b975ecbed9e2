"""What the checks of the data share: how a finding is kept, a few examples with the whole count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from domain.errors import Words
from models import Complaint

MOST_EXAMPLES: Final = 20

Example = dict[str, str]
"""``kind`` and ``key`` say which row mends it, ``label`` is for a person to read; none is about a citizen."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one check found: how many, and the first of them."""

    count: int = 0
    examples: list[Example] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that cannot be right.

    Attributes:
        code: Its key in the table; never changes.
        words: What it is called.
        means: What follows from it, and what mends it.
        look: Reads only.
    """

    code: str
    words: Words
    means: Words
    look: Callable[[Session], Found]


def example(kind: str, key: object, label: str) -> Example:
    """Return one example."""
    return {"kind": kind, "key": str(key), "label": label}


def cases(session: Session, statement: Select[Any], note: Callable[[Any], str] | None = None) -> Found:
    """Return the complaints of a select, newest first, each by number or tracking code.

    Args:
        session: Reads only.
        statement: Begun by ``case_select``.
        note: What to say of a row beside its number.
    """
    rows = session.execute(
        statement.add_columns(func.count().over().label("altogether"))
        .order_by(Complaint.id.desc())
        .limit(MOST_EXAMPLES)
    ).all()
    return Found(rows[0].altogether if rows else 0, [_case(row, note) for row in rows])


def case_select(*more: Any) -> Select[Any]:
    """Return a select of what names a complaint, and more columns."""
    return select(Complaint.public_code, Complaint.number, *more)


def listed(examples: Sequence[Example]) -> Found:
    """Return a finding of rows that were read one by one."""
    return Found(len(examples), list(examples[:MOST_EXAMPLES]))


def _case(row: Any, note: Callable[[Any], str] | None) -> Example:
    name = row.number or row.public_code
    said = note(row) if note else ""
    return example("complaint", row.public_code, f"{name} · {said}" if said else name)
