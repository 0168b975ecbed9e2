"""A town of the first version comes up to date: its roles learn the new acts, its own changes stay."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic import command
from flask import Flask
from helpers.backends import Backend, let_go, test_app
from sqlalchemy import text

from commands import database
from commands.database import upgrade_database
from extensions import db


@pytest.fixture
def first_town(backend: Backend) -> Iterator[Flask]:
    """A database of revision 0001 with one role of the product and one the town made."""
    app = test_app(backend.data_dir, backend.empty_url("first_town"))
    with app.app_context():
        command.upgrade(database._config(), "0001")
        for number, code in ((1, "field_officer"), (2, "our_own_role")):
            db.session.execute(
                text("INSERT INTO role (id, code, name, is_active) VALUES (:id, :code, :code, true)"),
                {"id": number, "code": code},
            )
        db.session.commit()
        yield app
        let_go()


def grants(role: int) -> dict[str, str]:
    rows = db.session.execute(
        text("SELECT permission, scope FROM role_grant WHERE role_id = :role"), {"role": role}
    )
    return {row.permission: row.scope for row in rows}


def test_the_products_roles_learn_the_new_acts(first_town: Flask) -> None:
    upgrade_database()

    assert grants(1) == {
        "complaint:ask": "own",
        "complaint:ask_time": "own",
        "complaint:evidence": "own",
        "complaint:hand_back": "own",
        "document:issue": "own",
    }


def test_a_role_of_the_towns_own_is_left_alone(first_town: Flask) -> None:
    upgrade_database()

    assert grants(2) == {}
