"""What waits, as numbers Prometheus reads: ``/metrics``, closed until METRICS_TOKEN opens it.

It is not open to everybody, as how much a town leaves lying is nobody's business but its own. Only what an
index answers is counted, so that asking every few seconds costs nothing: the rows still to be done.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from typing import Final

from flask import Blueprint, Response, abort, current_app, request
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from config import Settings
from domain.clock import now
from extensions import db
from models import DeliveryState, Job, LineConnection, OutboxMessage, Schedule, WebhookReceipt
from worker.leases import undone

metrics = Blueprint("metrics", __name__)

Queue = type[OutboxMessage] | type[Job] | type[WebhookReceipt]
QUEUES: Final[dict[str, Queue]] = {"outbox": OutboxMessage, "job": Job, "webhook": WebhookReceipt}
STATES: Final = (DeliveryState.READY, DeliveryState.LEASED)
TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"


@metrics.get("/metrics")
def show() -> Response:
    """Answer in Prometheus' text format; 404 while no token is set, 401 without it, 503 without database."""
    settings: Settings = current_app.extensions["settings"]
    if settings.metrics_token is None:
        abort(404)
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), settings.metrics_token.encode()):
        return Response("", 401, {"WWW-Authenticate": "Bearer"}, content_type=TEXT)
    try:
        lines = list(_lines())
    except SQLAlchemyError:
        return Response("", 503, content_type=TEXT)
    return Response("\n".join([*lines, ""]), content_type=TEXT)


def _lines() -> Iterator[str]:
    moment = now()
    yield from _head("uphee_waiting", "Rows the worker has still to do, by queue and state.")
    for queue, kind in QUEUES.items():
        rows = db.session.execute(select(kind.state, func.count()).where(undone(kind)).group_by(kind.state))
        found = dict(rows.all())
        for state in STATES:
            yield f'uphee_waiting{{queue="{queue}",state="{state}"}} {found.get(state, 0)}'
    yield from _head("uphee_oldest_due_seconds", "How long the row due longest has waited; 0: none is due.")
    for queue, kind in QUEUES.items():
        oldest = db.session.scalar(
            select(func.min(kind.not_before)).where(undone(kind), kind.not_before <= moment)
        )
        waited = (moment - oldest).total_seconds() if oldest else 0
        yield f'uphee_oldest_due_seconds{{queue="{queue}"}} {waited:.0f}'
    yield from _head("uphee_schedule_late_seconds", "How late the most overdue periodic task is.")
    planned = db.session.scalar(select(func.min(Schedule.next_run_at)))
    late = max(0.0, (moment - planned).total_seconds()) if planned else 0
    yield f"uphee_schedule_late_seconds {late:.0f}"
    yield from _head("uphee_line_quota_used", "Messages of the month LINE has counted, at the last reading.")
    readings = db.session.execute(select(LineConnection.channel, LineConnection.quota_used)).all()
    for channel, used in readings:
        yield f'uphee_line_quota_used{{channel="{channel}"}} {used or 0}'


def _head(name: str, words: str) -> tuple[str, str]:
    return f"# HELP {name} {words}", f"# TYPE {name} gauge"
