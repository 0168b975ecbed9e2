"""The nightly look at the data: what cannot be right, how much of it, and where it is mended.

The checks only read, outside any write transaction; what they found replaces the last findings in one short
one. Findings name cases by number, officers by user name, and no citizen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now, to_bangkok
from domain.data_doctor_cases import CASE_CHECKS
from domain.data_doctor_parts import Check, Example, Found
from domain.data_doctor_town import TOWN_CHECKS
from domain.permissions import Permission, require
from domain.settings import write_setting
from models import DataFinding, Schedule, Setting

CHECKS: Final[tuple[Check, ...]] = (*CASE_CHECKS, *TOWN_CHECKS)
TASK: Final = "data_doctor"
"""Name of the periodic task."""
HOUR: Final = 2
"""Of the night, Bangkok time, when nobody works."""
_ASKED: Final = "data_doctor_asked"


@dataclass(frozen=True, slots=True)
class Line:
    """One check with what the last look found."""

    check: Check
    count: int
    examples: list[Example]


@dataclass(frozen=True, slots=True)
class Report:
    """What the page shows.

    Attributes:
        checked_at: When it was looked last; None before the first time.
        is_under_way: Somebody has asked for a look that has not been done yet.
        troubles: Checks that found something, in the order of ``CHECKS``.
        well: Checks that found nothing.
    """

    checked_at: datetime | None
    is_under_way: bool
    troubles: list[Line]
    well: list[Line]


def look_over(session: Session) -> dict[str, Found]:
    """Run every check and return what each found; reads only, never inside a write transaction."""
    return {check.code: check.look(session) for check in CHECKS}


def keep_findings(session: Session, findings: dict[str, Found]) -> None:
    """Replace the last findings; the caller commits."""
    moment = now()
    session.execute(delete(DataFinding))
    session.add_all(
        DataFinding(code=code, count=found.count, examples=found.examples, checked_at=moment)
        for code, found in findings.items()
    )


def is_due(session: Session) -> bool:
    """Tell whether it is time to look: once a night after two o'clock, or when somebody has asked."""
    checked_at: datetime | None = session.scalar(select(func.max(DataFinding.checked_at)))
    asked_at = _asked_at(session)
    if checked_at is None or (asked_at is not None and asked_at > checked_at):
        return True
    tonight = to_bangkok(now()).replace(hour=HOUR, minute=0, second=0, microsecond=0)
    if now() < tonight:
        tonight -= timedelta(days=1)
    return checked_at < tonight


def ask_for_look(session: Session, actor: Actor) -> None:
    """Let the worker look at once; the caller commits.

    Raises:
        NotPermitted: without ``system:manage``.
    """
    require(actor, Permission.SYSTEM_MANAGE)
    write_setting(session, _ASKED, now().isoformat())
    session.execute(
        update(Schedule)
        .where(Schedule.name == TASK)
        .values(next_run_at=now())
        .execution_options(synchronize_session=False)
    )


def report(session: Session, actor: Actor) -> Report:
    """Return what the last look found.

    Raises:
        NotPermitted: without ``system:manage``.
    """
    require(actor, Permission.SYSTEM_MANAGE)
    rows = {row.code: row for row in session.scalars(select(DataFinding))}
    known = [check for check in CHECKS if check.code in rows]
    lines = [Line(check, rows[check.code].count, rows[check.code].examples) for check in known]
    checked_at = max((row.checked_at for row in rows.values()), default=None)
    asked_at = _asked_at(session)
    return Report(
        checked_at,
        asked_at is not None and (checked_at is None or asked_at > checked_at),
        [line for line in lines if line.count],
        [line for line in lines if not line.count],
    )


def _asked_at(session: Session) -> datetime | None:
    row = session.get(Setting, _ASKED)
    return None if row is None else datetime.fromisoformat(str(row.value))
