"""Gap-free numbers: one upsert inside the caller's transaction, taken as late as possible."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import Insert, func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from domain.clock import bangkok_date, buddhist_year, fiscal_year_of
from models import NumberSeries

PUBLIC_SERIES = "#public"
RUNNING_ON = 0
"""Stands for the year of a series that never starts anew."""
PLACEHOLDER = re.compile(r"\{(code|running|year)\}")


def take_number(session: Session, code: str, year: int) -> int:
    """Return the next number of a series, 1 at first; see ``take_numbers``."""
    return take_numbers(session, code, year, 1)


def take_numbers(session: Session, code: str, year: int, count: int) -> int:
    """Take the next ``count`` numbers (1 or more) of a series and return the last of them.

    The row stays locked until the caller commits; a roll-back gives the number back, so no gap can
    arise (reliability.md §5.3).
    """
    make = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    statement: Insert = (
        make(NumberSeries)
        .values(code=code, year=year, last_number=count)
        .on_conflict_do_update(
            index_elements=["code", "year"],
            set_={"last_number": NumberSeries.last_number + count},
        )
        .returning(NumberSeries.last_number)
    )
    return int(session.execute(statement).scalar_one())


def number_year(moment: datetime, year_kind: str) -> int:
    """Return the Buddhist year a number belongs to: of the calendar, or fiscal where the setting says so.

    Args:
        moment: When the complaint was accepted; its Bangkok day decides (decisions.md 13).
        year_kind: ``calendar`` or ``fiscal``.
    """
    day = bangkok_date(moment)
    return fiscal_year_of(day) if year_kind == "fiscal" else buddhist_year(day)


def format_number(pattern: str, code: str, running: int, year: int) -> str:
    """Return the printed number, e.g. ``อส. 56/2569`` from ``{code} {running}/{year}``.

    Only these three placeholders are filled; any other brace in a municipality's pattern stays as it is.
    """
    values = {"code": code, "running": str(running), "year": str(year)}
    return PLACEHOLDER.sub(lambda found: values[found[1]], pattern)


def take_public_code(session: Session, moment: datetime) -> str:
    """Return the next public code ``<Christian year>-<running>`` (004-05), by the Bangkok day."""
    year = bangkok_date(moment).year
    return f"{year}-{take_number(session, PUBLIC_SERIES, year)}"


def carry_on(session: Session, year: int) -> None:
    """Let each main type's numbers of a year go on after the highest there is, when the reset rule changes.

    Without it a series that was asleep would give out numbers a second time. The caller commits.

    Args:
        session: Inside a write transaction.
        year: The series that counts from now on: a Buddhist year, or ``RUNNING_ON``.
    """
    highest = select(NumberSeries.code, func.max(NumberSeries.last_number)).where(
        NumberSeries.code != PUBLIC_SERIES
    )
    for code, last in session.execute(highest.group_by(NumberSeries.code)).all():
        row = session.scalars(
            select(NumberSeries).where(NumberSeries.code == code, NumberSeries.year == year).with_for_update()
        ).one_or_none()
        if row is None:
            session.add(NumberSeries(code=code, year=year, last_number=last))
        else:
            row.last_number = max(row.last_number, last)
