"""How the rows of one kind are judged: found by their key, filled as the screens fill them, and compared.

A book changes mapped rows in memory and never flushes while judging, so the same code serves the preview,
whose session is rolled back, and the import itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from hashlib import blake2b
from operator import attrgetter
from typing import Any, ClassVar, Final, TypeVar

from sqlalchemy import Numeric, inspect
from sqlalchemy.orm import Session

from domain import audit
from domain.actor import Actor
from domain.errors import MissingField
from domain.permissions import Permission, require
from domain.sheets.columns import Column
from domain.thai_text import search_form
from domain.vault import Vault
from models import AuditAction, Base, SheetKind, UtcDateTime

IDS_AT_A_TIME: Final = 500
_MASKED: Final = (None, audit.MASK)
Item = TypeVar("Item")


class Verdict(StrEnum):
    """What would become of a row."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(slots=True)
class Judged:
    """One row, filled in but not flushed.

    Attributes:
        row: The mapped row, new or known.
        is_new: Whether it is to be added.
        changes: What differs in a known row, as {name: [old, new]} in plain values.
        told: The same for the audit log and for people, personal data masked.
        before: All of a known row as it was.
    """

    row: Any
    is_new: bool
    changes: dict[str, list[Any]] = field(default_factory=dict)
    told: dict[str, list[Any]] = field(default_factory=dict)
    before: Mapping[str, Any] | None = None

    @property
    def verdict(self) -> Verdict:
        """Return what would become of the row."""
        if self.is_new:
            return Verdict.ADDED
        return Verdict.CHANGED if self.changes else Verdict.UNCHANGED


class Book(ABC):
    """The rows of one kind, as far as a file names them."""

    kind: ClassVar[SheetKind]
    table: ClassVar[type[Base]]
    columns: ClassVar[tuple[Column, ...]]
    key: ClassVar[str]  # The column by which a row is known.
    unique: ClassVar[tuple[str, ...]] = ()  # Further columns that stand for one row only.
    rights: ClassVar[tuple[Permission, ...]]
    silent: ClassVar[frozenset[str]] = frozenset()  # What follows from other columns, or is no news.
    most_rows: ClassVar[int] = 20_000
    unkept: ClassVar[frozenset[str]] = frozenset({"id"})

    def __init__(
        self, session: Session, actor: Actor, vault: Vault, rows: Sequence[Mapping[str, Any]], *, writes: bool
    ) -> None:
        """Read the rows that are there already; ``writes`` says whether they will be changed."""
        for right in self.rights:
            require(actor, right)
        self.session, self.actor, self.vault, self.writes = session, actor, vault, writes
        self.open([values for values in rows if values.get(self.key)])

    @classmethod
    def folded(cls, column: str, value: Any) -> str:
        """Return the form in which two cells of a unique column mean the same row."""
        return search_form(str(value)[:400])

    @abstractmethod
    def open(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Read what is there of the rows' keys."""

    @abstractmethod
    def judge(self, values: Mapping[str, Any]) -> Judged:
        """Fill in one row as the screens would.

        Raises:
            DomainError: it cannot be taken.
        """

    def add(self, judged: Sequence[Judged]) -> None:
        """Add new rows and flush them, so that each has its id."""
        self.session.add_all([one.row for one in judged])
        self.session.flush()

    def settle(self, judged: Sequence[Judged]) -> None:  # noqa: B027 - most kinds have nothing to settle
        """Do what a change brings with it, after the flush."""

    def note(self, judged: Sequence[Judged]) -> None:
        """Write down each row in the audit log."""
        audit.record_many(
            self.session,
            self.actor,
            self.table.__tablename__,
            (
                (AuditAction.CREATE, one.row.id, self._told_of(one.row))
                if one.is_new
                else (AuditAction.UPDATE, one.row.id, one.told)
                for one in judged
            ),
        )

    def mark(self, row: Any) -> str:
        """Return a short mark of all a row holds; the same mark later means that nobody touched it."""
        read, unsteady = self._reading()
        values = list(read(row))
        for place in unsteady:
            values[place] = _steady(values[place])
        return blake2b(repr(values).encode(), digest_size=12).hexdigest()

    @classmethod
    @cache
    def _reading(cls) -> tuple[Callable[[Any], tuple[Any, ...]], tuple[int, ...]]:
        """Return what reads all that is kept, and where moments and decimal numbers stand in it."""
        types = inspect(cls.table).columns
        unsteady = [isinstance(types[name].type, UtcDateTime | Numeric) for name in cls.kept()]
        return attrgetter(*cls.kept()), tuple(place for place, is_so in enumerate(unsteady) if is_so)

    @classmethod
    @cache
    def compared(cls) -> tuple[str, ...]:
        """Return the attributes whose change is told."""
        return tuple(name for name in cls.kept() if name not in cls.silent)

    def finish(self, row: Any, before: Mapping[str, Any] | None) -> Judged:
        """Compare a filled row with what it was; None: it is new."""
        if before is None:
            return Judged(row, True)
        pairs = {name: (before[name], getattr(row, name)) for name in self.compared()}
        differ = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        changes = {name: [audit.plain(old), audit.plain(new)] for name, (old, new) in differ.items()}
        return Judged(row, False, changes, audit.readable(row, differ) if differ else {}, before)

    def _told_of(self, row: Any) -> dict[str, Any]:
        """Return what the audit log says of a new row: ``audit.readable``, ten thousand times."""
        told: dict[str, Any] = {}
        for name, is_personal in self.personal().items():
            value = getattr(row, name)
            if value is not None:
                told[name] = _MASKED if is_personal else (None, audit.plain(value))
        return told

    @classmethod
    @cache
    def personal(cls) -> Mapping[str, bool]:
        """Return of each attribute that is told whether it is masked."""
        columns = inspect(cls.table).columns
        return {name: bool(columns[name].info.get("personal")) for name in cls.compared()}

    def snapshot(self, row: Any) -> dict[str, Any]:
        """Return all of a row that an import could change, such as before it is filled in."""
        return {name: getattr(row, name) for name in self.kept()}

    @classmethod
    @cache
    def kept(cls) -> tuple[str, ...]:
        """Return the attributes by which taking back knows a row again: no secrets, nothing of its owner."""
        columns = inspect(cls.table).column_attrs
        return tuple(
            prop.key
            for prop in columns
            if not prop.columns[0].info.get("secret") and prop.key not in cls.unkept
        )

    def put_back(self, row: Any, before: Mapping[str, Any], changes: Mapping[str, list[Any]]) -> None:
        """Make a row what it was before the import, if the rules of today allow it.

        Raises:
            DomainError: they do not.
        """
        for name, value in before.items():
            if getattr(row, name) != value:
                setattr(row, name, value)


def _steady(value: Any) -> Any:
    """Return a value as it is written the same before and after the database had it."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def missing(columns: Iterable[Column], values: Mapping[str, Any]) -> list[MissingField]:
    """Return an error for each required column a new row lacks."""
    needed = (column.key for column in columns if column.required)
    return [MissingField(field=key) for key in needed if not values.get(key)]


def portions(items: Iterable[Item], size: int = IDS_AT_A_TIME) -> Iterator[list[Item]]:
    """Yield lists short enough for one statement."""
    every = list(items)
    for start in range(0, len(every), size):
        yield every[start : start + size]
