"""The worker's loop: webhooks, messages, letters, jobs and periodic work, until somebody says stop.

Four lanes run side by side, so that neither a long export nor a large photo nor a mail server that hangs
keeps an answer to a citizen waiting: one for what LINE is waiting for, one for the photos people send there,
one for letters, one for jobs and periodic work. Any number of workers on any number of machines may run
against one PostgreSQL database; leases decide who does what.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Final

from flask import Flask

from domain.deliveries import LOCKED_OUT, active_pauses, lift_pause
from domain.labels import use_state_words
from domain.settings import read_setting
from extensions import db, write_transaction
from models import DeliveryState
from worker import (
    case_export,
    chat_bursts,
    chat_photos,
    copies,
    evidence_packs,
    jobs,
    line_people,
    line_tests,
    outbox,
    paper_batches,
    receipts,
    report_files,
    rich_menus,
    schedule,
)
from worker.mail import MailCarrier
from worker.senders import Carrier, Postman

logger = logging.getLogger(__name__)

BUSY_SECONDS: Final = 1.0
IDLE_SECONDS: Final = 5.0
STAYS_BUSY_SECONDS: Final = 60.0
LONGEST_STOP_SECONDS: Final = 15.0
WAKE: Final = "wake_worker"
"""Under this name ``app.extensions`` holds a function that ends the worker's sleep, where one runs."""

ROOMS: Final = (
    *(case_export, chat_photos, copies, evidence_packs, line_people, line_tests, paper_batches),
    *(report_files, rich_menus),
)
"""Rooms whose import registers their jobs and tasks; a new room adds itself here."""

_MOST_PASSES: Final = 10_000


@dataclass(slots=True)
class Counts:
    """What a drain did."""

    receipts: int = 0
    photos: int = 0
    sent: int = 0
    unsent: int = 0
    postponed: int = 0
    jobs: int = 0
    tasks: int = 0

    @property
    def total(self) -> int:
        """Return how many things were touched."""
        sent = self.sent + self.unsent + self.postponed
        return self.receipts + self.photos + sent + self.jobs + self.tasks


Step = Callable[[], int]


def run_worker(app: Flask, stop: Event) -> None:
    """Work until ``stop`` is set; what is under way then is finished, within 15 seconds.

    Blocks. Sets ``app.extensions["wake_worker"]`` for as long as it runs.
    """
    postman = Postman(app)
    with app.app_context():
        _prepare()
    counts = Counts()
    mail = MailCarrier(app)
    bells = {name: Event() for name in ("line", "photos", "jobs", "mail")}
    steps: dict[str, Step] = {
        "line": lambda: _rings(bells["photos"], lambda: _line_steps(app, postman, stop.is_set, counts)),
        "photos": lambda: _rings(bells["line"], lambda: _photo_steps(app, stop.is_set, counts)),
        "jobs": lambda: _job_steps(app, stop.is_set, counts),
        "mail": lambda: _send_step(app, mail, stop.is_set, counts),
    }
    lanes = [_lane(app, name, step, stop, bells[name]) for name, step in steps.items()]

    def ring() -> None:
        for bell in bells.values():
            bell.set()

    app.extensions[WAKE] = ring
    logger.info("worker started", extra={"channels": sorted(postman.channels)})
    while not stop.wait(BUSY_SECONDS):  # Not for ever: on Windows Ctrl-C does not end an endless wait.
        pass
    app.extensions.pop(WAKE, None)
    ring()
    end = time.monotonic() + LONGEST_STOP_SECONDS
    for lane in lanes:
        lane.join(max(0.0, end - time.monotonic()))
    if not any(lane.is_alive() for lane in lanes):
        postman.close()
    logger.info("worker stopped")


def wake_worker(app: Flask) -> None:
    """End the sleep of the worker in this process, if there is one; others notice within seconds."""
    ring: Callable[[], None] | None = app.extensions.get(WAKE)
    if ring is not None:
        ring()


def drain_once(app: Flask, postman: Postman | None = None, *, periodic: bool = True) -> Counts:
    """Do everything that is due now, in this thread, and return what was done; for tests, demo and cron.

    Args:
        app: The application.
        postman: Carries the messages; by default one of the app's settings, closed at the end.
        periodic: Also run the periodic work whose time has come.
    """
    carrier = postman or Postman(app)
    mail = MailCarrier(app)
    counts = Counts()
    never: Callable[[], bool] = lambda: False  # noqa: E731 - a value, not a rule
    try:
        with app.app_context():
            _speak_as_the_town()
            if periodic:
                schedule.plan_tasks()
                counts.tasks += schedule.run_tasks(app, never)
            for _ in range(_MOST_PASSES):
                if not (
                    _line_steps(app, carrier, never, counts)
                    + _photo_steps(app, never, counts)
                    + _send_step(app, mail, never, counts)
                    + _jobs_step(app, counts)
                ):
                    break
    finally:
        if postman is None:
            carrier.close()
    return counts


def _speak_as_the_town() -> None:
    """Let what this thread writes say states in the town's own words."""
    session = db.session()
    use_state_words(read_setting(session, "state_words"))
    session.rollback()


def _prepare() -> None:
    """Plan the periodic work; try a refused token again, as a restart may have brought a new one."""
    schedule.plan_tasks()
    with write_transaction() as session:
        for channel, pause in active_pauses(session).items():
            if pause.reason in LOCKED_OUT:
                lift_pause(session, channel)


def _line_steps(app: Flask, postman: Postman, stopping: Callable[[], bool], counts: Counts) -> int:
    """Handle webhooks, then send; return how much was done."""
    handled = receipts.handle_due(app, stopping)
    counts.receipts += handled
    return handled + _send_step(app, postman, stopping, counts)


def _photo_steps(app: Flask, stopping: Callable[[], bool], counts: Counts) -> int:
    """Fetch photos people sent, then answer the bursts that are over; return how much was done."""
    fetched = chat_photos.fetch_due(app, stopping)
    counts.photos += fetched
    return fetched + chat_bursts.answer_due(app, stopping)


def _rings(bell: Event, step: Step) -> int:
    """Do a step, and wake the lane that goes on with what it has done."""
    done = step()
    if done:
        bell.set()
    return done


def _send_step(app: Flask, carrier: Carrier, stopping: Callable[[], bool], counts: Counts) -> int:
    """Send what is due; return how many messages were touched."""
    verdicts = outbox.send_due(app, carrier, stopping)
    for verdict in verdicts:
        if verdict.state is DeliveryState.SENT:
            counts.sent += 1
        elif verdict.state is DeliveryState.READY:
            counts.postponed += 1
        else:
            counts.unsent += 1
    return len(verdicts)


def _jobs_step(app: Flask, counts: Counts) -> int:
    """Do one job; return how many were done."""
    done = jobs.run_due(app)
    counts.jobs += done
    return done


def _job_steps(app: Flask, stopping: Callable[[], bool], counts: Counts) -> int:
    """Run the periodic work that is due, then one job; return how much was done."""
    tasks = schedule.run_tasks(app, stopping)
    counts.tasks += tasks
    return tasks + _jobs_step(app, counts)


def _lane(app: Flask, name: str, step: Step, stop: Event, bell: Event) -> threading.Thread:
    """Start a thread that repeats a step; asleep it listens to its bell."""
    thread = threading.Thread(
        target=_repeat, args=(app, name, step, stop, bell), name=f"worker-{name}", daemon=True
    )
    thread.start()
    return thread


def _repeat(app: Flask, name: str, step: Step, stop: Event, bell: Event) -> None:
    busy_until = 0.0
    while not stop.is_set():
        bell.clear()  # Before looking: whatever is written from here on rings again.
        if _do(app, name, step):
            busy_until = time.monotonic() + STAYS_BUSY_SECONDS
        elif not stop.is_set():
            bell.wait(BUSY_SECONDS if time.monotonic() < busy_until else IDLE_SECONDS)


def _do(app: Flask, name: str, step: Step) -> bool:
    """Do one step in a context, and so with a session, of its own; a failure is logged and slept over."""
    try:
        with app.app_context():
            try:
                _speak_as_the_town()
                return step() > 0
            finally:
                db.session.remove()
    except Exception:
        logger.exception("worker lane failed", extra={"lane": name})
        return False
