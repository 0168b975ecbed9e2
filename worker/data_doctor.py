"""The nightly look at the data, by the worker."""

from __future__ import annotations

from flask import Flask

from domain.data_doctor import is_due, keep_findings, look_over
from extensions import db, write_transaction


def look_at_data(_app: Flask) -> int:
    """Look when it is time, and return how many things were found.

    The reading takes seconds and holds nobody up; only the findings are written in a transaction.
    """
    session = db.session()
    session.rollback()
    try:
        if not is_due(session):
            return 0
        findings = look_over(session)
    finally:
        session.rollback()
    with write_transaction() as writing:
        keep_findings(writing, findings)
    return sum(found.count for found in findings.values())
