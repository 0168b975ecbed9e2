"""Two addresses for whatever watches the server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from extensions import db


def test_a_server_that_serves_is_alive_and_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json == {"status": "ok"}


def test_being_alive_asks_nothing_of_the_database(
    client: FlaskClient, sql_count: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    with sql_count() as statements:
        client.get("/healthz")

    assert statements == []


@pytest.mark.parametrize("revision", ["0000", "9999"], ids=["older", "newer"])
def test_a_database_of_another_version_is_not_ready(
    client: FlaskClient, session: Session, revision: str
) -> None:
    session.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    session.commit()

    reply = client.get("/readyz")

    assert reply.status_code == 503
    assert reply.json == {"status": "unavailable", "database": "other version"}


def test_an_empty_database_is_not_ready(client: FlaskClient, session: Session) -> None:
    session.execute(text("DROP TABLE alembic_version"))
    session.commit()

    assert client.get("/readyz").status_code == 503


def test_a_database_that_does_not_answer_is_not_ready(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_more: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(db.session, "execute", refuse)
    reply = client.get("/readyz")

    assert reply.status_code == 503
    assert reply.json == {"status": "unavailable", "database": "no answer"}
    assert client.get("/healthz").status_code == 200
