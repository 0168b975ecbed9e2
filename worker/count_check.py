"""Nightly proof that kept counts say what the complaints say; else they are counted anew, and it is logged.

Triggers keep them right (ADR 27), so this finds what should never be: a trigger or row changed by hand.
"""

from __future__ import annotations

import logging
from typing import Final

from flask import Flask
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.case_counting import rebuild
from domain.complaint_filter import ComplaintFilter
from extensions import db, write_transaction
from reports.figures import By, count_cells, live_cells

logger = logging.getLogger(__name__)

PROVEN: Final = (
    (By.MONTH, By.DEPARTMENT, By.CATEGORY, By.ZONE),
    *((By.MONTH, By.DEPARTMENT, part) for part in (By.SUBCATEGORY, By.COMMUNITY, By.CHANNEL)),
)
"""The groups the counts are kept by."""


def check_counts(_app: Flask) -> int:
    """Compare the kept counts with a fresh count; return 1 when they had to be counted anew."""
    # One view of the data for all statements, else a case that comes in between looks like a fault.
    level = "REPEATABLE READ" if db.engine.dialect.name == "postgresql" else "SERIALIZABLE"
    with Session(db.engine.execution_options(isolation_level=level)) as session:
        if not counts_differ(session):
            return 0
    logger.error("the kept counts differed from the complaints and are counted anew")
    with write_transaction() as session:
        rebuild(session)
    return 1


def counts_differ(session: Session) -> bool:
    """Tell whether any kept group differs from the complaints; only reads."""
    everybody, everything = Actor.system("ระบบ"), ComplaintFilter()
    return any(
        count_cells(session, everybody, everything, by) != live_cells(session, everybody, everything, by)
        for by in PROVEN
    )
