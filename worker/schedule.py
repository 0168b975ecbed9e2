"""Periodic work: one row per task; whoever moves ``next_run_at`` forward runs it, so exactly one does.

A task that fails, or whose worker dies over it, comes round again at its next turn: every task takes up
whatever is left to do, however long the pause was.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from domain.clock import now
from domain.deliveries import DeliveryReason
from extensions import db, write_transaction
from models import Schedule
from worker import duties, upkeep
from worker.count_check import check_counts
from worker.data_doctor import look_at_data
from worker.leases import error_text
from worker.line_quota import read_quotas

logger = logging.getLogger(__name__)

FIVE_MINUTES: Final = timedelta(minutes=5)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of periodic work; ``run`` opens its own transactions, inside an application context."""

    every: timedelta
    run: Callable[[Flask], object]


TASKS: dict[str, Task] = {
    "duty_sweep": Task(FIVE_MINUTES, duties.sweep),
    "daily_digest": Task(FIVE_MINUTES, duties.daily_digest),
    "case_counts": Task(FIVE_MINUTES, upkeep.fold_counts),
    "audit_seal": Task(HOUR, upkeep.seal_audit),
    "auth_attempts": Task(HOUR, upkeep.sweep_attempts),
    "channels": Task(HOUR, upkeep.look_after_channels),
    "line_quota": Task(HOUR, read_quotas),
    "data_doctor": Task(HOUR, look_at_data),  # It looks once a night, and when somebody has asked.
    "case_counts_check": Task(DAY, check_counts),
    "stale_drafts": Task(DAY, upkeep.drop_drafts),
    "chat_pictures": Task(DAY, upkeep.drop_chat_pictures),
    "stored_litter": Task(DAY, upkeep.drop_litter),
    "sheet_rows": Task(DAY, upkeep.drop_sheet_rows),
    "sent_messages": Task(DAY, upkeep.trim_outbox),
    "webhook_receipts": Task(DAY, upkeep.drop_receipts),
    "database": Task(DAY, upkeep.tidy_database),
    # No sweep for events without their messages: both are written in one transaction.
}


def register_task(name: str, every: timedelta, run: Callable[[Flask], object]) -> None:
    """Add periodic work; call it at import.

    Raises:
        ValueError: the name is taken.
    """
    if TASKS.setdefault(name, Task(every, run)).run is not run:
        raise ValueError(f"there is a task {name!r} already")


def plan_tasks(tasks: Mapping[str, Task] = TASKS) -> None:
    """Write a row for every task that has none, due at once; follow a changed interval."""
    wanted = {name: int(task.every.total_seconds()) for name, task in tasks.items()}
    reading = db.session()
    reading.rollback()
    rows = {row.name: row.every_seconds for row in reading.scalars(select(Schedule))}
    if wanted.items() <= rows.items():
        return
    try:
        with write_transaction() as session:
            _plan(session, wanted)
    except IntegrityError:
        logger.info("another worker has just planned the tasks")


def _plan(session: Session, wanted: Mapping[str, int]) -> None:
    for name, seconds in wanted.items():
        row = session.get(Schedule, name)
        if row is None:
            session.add(Schedule(name=name, every_seconds=seconds, next_run_at=now()))
        else:
            row.every_seconds = seconds


def run_tasks(app: Flask, stopping: Callable[[], bool], tasks: Mapping[str, Task] = TASKS) -> int:
    """Run the tasks whose time has come and return how many; needs an application context."""
    reading = db.session()
    reading.rollback()
    due = reading.scalars(select(Schedule.name).where(Schedule.next_run_at <= now())).all()
    ran = 0
    for name in due:
        if stopping():
            break
        if name in tasks and _take(name):
            _run(app, name, tasks[name])
            ran += 1
    return ran


def _take(name: str) -> bool:
    """Move the task's next turn forward and return whether we were the one who did."""
    with write_transaction() as session:
        seen = session.execute(
            select(Schedule.next_run_at, Schedule.every_seconds).where(
                Schedule.name == name, Schedule.next_run_at <= now()
            )
        ).one_or_none()
        if seen is None:
            return False
        moved = session.execute(
            update(Schedule)
            .where(Schedule.name == name, Schedule.next_run_at == seen.next_run_at)
            .values(next_run_at=now() + timedelta(seconds=seen.every_seconds), last_run_at=now())
            .execution_options(synchronize_session=False)
        )
        return int(moved.rowcount) == 1  # type: ignore[attr-defined]


def _run(app: Flask, name: str, task: Task) -> None:
    error: str | None = None
    try:
        found = task.run(app)
        logger.info("task done", extra={"task": name, "found": found})
    except Exception as fault:
        logger.exception("task failed", extra={"task": name})
        error = error_text(DeliveryReason.HANDLER_FAILED, type(fault).__name__)
    with write_transaction() as session:
        _note(session, name, error)


def _note(session: Session, name: str, error: str | None) -> None:
    session.execute(
        update(Schedule)
        .where(Schedule.name == name)
        .values(last_error=error)
        .execution_options(synchronize_session=False)
    )
