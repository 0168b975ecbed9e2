"""The real server killed without warning at every dangerous moment of saving a complaint.

What the counter sees: the page does not answer, somebody starts the server again, the same form is sent once
more. Then there is one complaint, with one number, one event, one message each, one PDF and whole photos.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from flask import Flask
from helpers.backends import let_go
from helpers.counter import (
    ENTRY,
    assert_each_form_became_one_complaint,
    citizen_with_line,
    entry_fields,
    jpeg,
    tokens_of,
)
from helpers.nursery import KILLED
from helpers.people import new_session_cookie
from helpers.server_nursery import Answer, Server, ServerNursery, server_nursery
from sqlalchemy import select

from app import create_app
from config import Settings
from extensions import db, write_transaction
from models import Complaint
from storage import FileStore

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")

PHOTOS = {"เสาไฟ.jpg": jpeg("#446688")}
MOST_PASSES = 40


@pytest.fixture(scope="module")
def nursery() -> Iterator[ServerNursery]:
    with server_nursery() as made:
        yield made


class Counter:
    """A clerk with a browser in front of a server that may die and be started again."""

    def __init__(self, app: Flask, nursery: ServerNursery, data_dir: Path) -> None:
        self._nursery = nursery
        self._environment = {
            "APP_MODE": "test",
            "APP_DATA": str(data_dir),
            "DATABASE_URL": app.extensions["settings"].database_url,
            "EMBEDDED_WORKER": "0",
            "FAULT": "",
        }
        self.app = create_app(Settings.from_env(self._environment))
        self.store: FileStore = self.app.extensions["files"]
        self._cookie = "=".join(new_session_cookie(self.app, "clerk"))
        with write_transaction() as session:
            self._fields = entry_fields(session, citizen_with_line(session))
        self._tokens: dict[str, str] = {}
        self.sent: list[str] = []

    def start(self, **changes: str) -> Server:
        return self._nursery.start({**self._environment, **changes})

    def open_form(self, server: Server) -> bool:
        """Open a new entry page; False when nobody answered."""
        page = server.ask("GET", ENTRY, headers={"Cookie": self._cookie})
        if page is None:
            return False
        assert page.status == 200
        self._cookie = page.cookie or self._cookie
        self._tokens = tokens_of(page.text)
        self.sent.append(self._tokens["form_token"])
        return True

    def save(self, server: Server) -> Answer | None:
        """Press the button; None when nobody answered."""
        fields: list[tuple[str, Any]] = [*{**self._fields, **self._tokens}.items()]
        fields += [("photos", (name, content, "image/jpeg")) for name, content in PHOTOS.items()]
        body, kind = urllib3.encode_multipart_formdata(fields)
        headers = {"Cookie": self._cookie, "Content-Type": kind}
        return server.ask("POST", ENTRY, body, headers)

    def receipt(self, server: Server, answer: Answer | None) -> str:
        assert answer is not None
        assert answer.status == 303
        page = server.ask("GET", answer.location, headers={"Cookie": self._cookie})
        assert page is not None
        assert page.status == 200
        return page.text

    def rescue(self) -> str:
        """Start the server again, send the form once more, and once again; return the receipt's address."""
        server = self.start()
        assert server.is_up()
        assert self._tokens or self.open_form(server)
        first, again = self.save(server), self.save(server)
        assert first is not None
        assert again is not None
        assert first.location == again.location
        number = self.newest_number()
        assert number in self.receipt(server, first)
        server.kill()
        self._tokens = {}
        return first.location

    def newest_number(self) -> str:
        db.session.rollback()
        newest = select(Complaint.number).order_by(Complaint.id.desc()).limit(1)
        return str(db.session.scalar(newest))

    def close(self) -> None:
        with self.app.app_context():
            let_go()


@pytest.fixture
def counter(app: Flask, nursery: ServerNursery, tmp_path: Path) -> Iterator[Counter]:
    made = Counter(app, nursery, tmp_path)
    yield made
    nursery.kill_all()
    made.close()


def dies_while_saving(counter: Counter, fault: str) -> bool:
    """Start a server that will break, save a complaint there, and tell whether it was killed."""
    server = counter.start(FAULT=fault)
    if server.is_up() and counter.open_form(server):
        answer = counter.save(server)
        if answer is not None:
            counter.receipt(server, answer)
            server.kill()
            return False
    assert server.exit_code() == KILLED
    return True


def test_a_kill_at_every_moment_of_saving_loses_nothing_and_doubles_nothing(counter: Counter) -> None:
    kills = 0
    while dies_while_saving(counter, f"*:{kills + 1}:kill"):
        kills += 1
        assert kills < MOST_PASSES
        counter.rescue()
        assert_each_form_became_one_complaint(db.session(), counter.sent, counter.store, len(PHOTOS))

    # Planting, the photo's two files and its row, then number, event and commit of the complaint.
    assert kills >= 11
    assert_each_form_became_one_complaint(db.session(), counter.sent, counter.store, len(PHOTOS))
