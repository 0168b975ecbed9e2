"""A filled town in a folder of its own, for everything the bench does."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import create_app
from commands.database import upgrade_database
from commands.planting import plant
from config import Settings
from demo.accounts import plant_accounts
from domain.clock import now
from domain.vault import new_token, token_hash
from extensions import db, write_transaction
from models import StaffUser, UserSession

TOWN = "khon_kaen"


def bench_settings(folder: Path, database_url: str = "") -> Settings:
    """Return settings for a throw-away town: SQLite as in service (WAL, synchronous=FULL) unless told."""
    return Settings(
        mode="test",
        data_dir=folder,
        database_url=database_url or f"sqlite:///{folder / 'app.db'}",
        embedded_worker=False,
        secret_key="bench-" * 8,
        personal_data_key=b"b" * 32,
    )


@contextmanager
def bench_town(database_url: str = "") -> Iterator[Flask]:
    """Yield the application over a planted, empty town."""
    with tempfile.TemporaryDirectory(prefix="u-phee-bench-", ignore_cleanup_errors=True) as folder:
        app = create_app(bench_settings(Path(folder), database_url))
        with app.app_context():
            upgrade_database()
            with write_transaction() as session:
                plant(session, TOWN)
                plant_accounts(session)
            yield app
            db.session.remove()
            db.engine.dispose()
            app.extensions["sandbox"].close()


def signed_in(app: Flask, username: str) -> FlaskClient:
    """Return a client that is signed in as a demo officer."""
    client = app.test_client()
    token = sign_in_token(username)
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
        cookie["_fresh"] = True
    return client


def sign_in_token(username: str) -> str:
    """Start a session for a demo officer and return its secret."""
    token = new_token()
    with write_transaction() as session:
        officer = session.scalars(select(StaffUser).where(StaffUser.username == username)).one()
        session.add(
            UserSession(
                token_hash=token_hash(token), staff_user_id=officer.id, created_at=now(), seen_at=now()
            )
        )
    return token
