"""The duty clock's periodic work: reminders, closings and digests; each in short transactions of its own.

Any number of workers may run it: a case is done under its lock and only while its moment has come, a digest
under the lock of its reader's row. What a killed worker leaves is taken up by the next round.
"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import date
from typing import Final

from flask import Flask
from sqlalchemy.exc import IntegrityError, OperationalError

from domain.digests import digest_day, digest_readers, keep_sent_day, write_digest
from domain.duty_rounds import attend, due_cases, follow_settings, has_changed_days, put_off
from domain.errors import Busy
from domain.faults import fault_point
from domain.lookups import Lookups, load_lookups
from extensions import db, write_transaction

logger = logging.getLogger(__name__)

MOST_CASES: Final = 1000
"""Of one round; what is left comes in the next, five minutes later."""

_NOT_THE_CASES_FAULT: Final = (Busy, OperationalError)


def sweep(_app: Flask) -> int:
    """See to the cases whose moment has come, the oldest first; return for how many something was done."""
    reading = db.session()
    reading.rollback()
    if has_changed_days(reading):
        _follow_settings()
    found = due_cases(reading, MOST_CASES)
    reading.rollback()
    heard: Counter[int] = Counter()
    return sum(_see_to(complaint_id, heard) for complaint_id in found)


def _follow_settings() -> None:
    try:
        with write_transaction() as session:
            follow_settings(session)
    except IntegrityError:  # The very first round, begun by two workers at once.
        logger.info("another worker has just planned the windows")


def _see_to(complaint_id: int, heard: Counter[int]) -> bool:
    """Do one case; one that breaks is put off, so that it stops neither the others nor the next round."""
    try:
        with write_transaction() as session:
            return attend(session, complaint_id, heard)
    except _NOT_THE_CASES_FAULT:
        raise  # The database's: all of them come round again.
    except Exception:
        logger.exception("duty round stumbled over a case", extra={"complaint_id": complaint_id})
    with write_transaction() as session:
        put_off(session, complaint_id)
    return False


def daily_digest(_app: Flask) -> int:
    """Write today's digests once their time has come; return how many were written."""
    reading = db.session()
    reading.rollback()
    day = digest_day(reading)
    if day is None:
        reading.rollback()
        return 0
    lookups, readers = load_lookups(reading), digest_readers(reading)
    reading.rollback()
    written = sum(_write(staff_user_id, day, lookups) for staff_user_id in readers)
    with write_transaction() as session:
        keep_sent_day(session, day)
    return written


def _write(staff_user_id: int, day: date, lookups: Lookups) -> bool:
    """Write one officer's; one that breaks is logged and the others get theirs."""
    try:
        with write_transaction() as session:
            done = write_digest(session, staff_user_id, day, lookups)
            fault_point("digest_written")
            return done
    except _NOT_THE_CASES_FAULT:
        raise
    except Exception:
        logger.exception("digest cannot be written", extra={"staff_user_id": staff_user_id})
        return False
