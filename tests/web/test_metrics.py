"""Numbers for whoever watches the server, and for nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from domain.clock import now
from extensions import db
from models import DeliveryState, Job, JobKind, OutboxChannel, OutboxMessage, Schedule

TOKEN = "a-token-long-enough-to-guess"


@pytest.fixture
def watched(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """A server whose /metrics was opened."""
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], metrics_token=TOKEN))
    return app


def asked(client: FlaskClient, token: str = TOKEN) -> TestResponse:
    return client.get("/metrics", headers={"Authorization": f"Bearer {token}"})


def figures(client: FlaskClient) -> dict[str, float]:
    lines = asked(client).get_data(as_text=True).splitlines()
    pairs = [line.rsplit(" ", 1) for line in lines if not line.startswith("#")]
    return {name: float(value) for name, value in pairs}


def message(session: Session, number: int, state: DeliveryState, waited: timedelta) -> None:
    session.add(
        OutboxMessage(
            channel=OutboxChannel.LINE_CITIZEN,
            recipient="U1",
            template_key="note",
            dedupe_key=f"key-{number}",
            retry_key="r",
            state=state,
            not_before=now() - waited,
            created_at=now(),
        )
    )


def test_it_is_closed_by_default(client: FlaskClient) -> None:
    assert asked(client).status_code == 404


@pytest.mark.parametrize("token", ["", "another", TOKEN[:-1], "กุญแจ".encode().decode("latin-1")])
@pytest.mark.usefixtures("watched")
def test_nobody_reads_it_without_the_token(client: FlaskClient, token: str) -> None:
    refused = asked(client, token)

    assert refused.status_code == 401
    assert refused.data == b""


@pytest.mark.usefixtures("watched", "frozen_noon")
def test_it_counts_what_waits_and_how_long(client: FlaskClient, session: Session) -> None:
    message(session, 1, DeliveryState.READY, timedelta(seconds=90))
    message(session, 2, DeliveryState.READY, timedelta(seconds=-30))  # Held back: not due yet.
    message(session, 3, DeliveryState.LEASED, timedelta(seconds=40))
    message(session, 4, DeliveryState.SENT, timedelta(days=1))
    session.add(Job(kind=JobKind.COMPLAINT_COPY, dedupe_key="copy", not_before=now(), created_at=now()))
    session.execute(update(Schedule).values(next_run_at=now() + timedelta(hours=1)))
    session.commit()

    assert figures(client) == {
        'uphee_waiting{queue="outbox",state="ready"}': 2,
        'uphee_waiting{queue="outbox",state="leased"}': 1,
        'uphee_waiting{queue="job",state="ready"}': 1,
        'uphee_waiting{queue="job",state="leased"}': 0,
        'uphee_waiting{queue="webhook",state="ready"}': 0,
        'uphee_waiting{queue="webhook",state="leased"}': 0,
        'uphee_oldest_due_seconds{queue="outbox"}': 90,
        'uphee_oldest_due_seconds{queue="job"}': 0,
        'uphee_oldest_due_seconds{queue="webhook"}': 0,
        "uphee_schedule_late_seconds": 0,
    }


@pytest.mark.usefixtures("watched", "frozen_noon")
def test_it_tells_when_nobody_does_the_periodic_work(client: FlaskClient, session: Session) -> None:
    overdue = Schedule(name="late", every_seconds=60, next_run_at=now() - timedelta(hours=4))
    session.add(overdue)
    session.commit()

    assert figures(client)["uphee_schedule_late_seconds"] == 4 * 3600


@pytest.mark.usefixtures("watched")
def test_every_figure_says_what_it_is_in_the_words_prometheus_knows(client: FlaskClient) -> None:
    answer = asked(client)

    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.get_data(as_text=True).split("\n")
    assert [line.split()[3] for line in lines if line.startswith("# TYPE")] == ["gauge"] * 4
    assert lines[-1] == ""


@pytest.mark.usefixtures("watched")
def test_a_database_that_does_not_answer_is_no_server_error(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_more: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(db.session, "execute", refuse)

    assert asked(client).status_code == 503
