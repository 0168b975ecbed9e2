"""Stories in a real browser: every page that is looked at must be clean, and every message really travels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from helpers.browser import DESK, PHONE
from helpers.line import postbacks_of, words_of
from helpers.people import officer_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import DEMO_PASSWORD
from domain.settings import write_setting
from extensions import db, write_transaction
from line_sim.server import FakeLine
from line_sim.state import SimUser
from models import DeliveryState, LineAccount, OutboxMessage
from worker.loop import Counts, drain_once
from worker.senders import Postman

PATIENT = (10.0, 30.0)  # Seconds to connect and to answer: the machine is busy with a browser.
SIZES = {"desk": DESK, "phone": PHONE}


@pytest.fixture(params=list(SIZES))
def size(request: pytest.FixtureRequest) -> dict[str, int]:
    """The story is played at the desk and on a phone."""
    return SIZES[request.param]


@pytest.fixture
def demo_town(app: Flask, fake_line: FakeLine) -> FakeLine:
    """The demo town: one password for everybody, messages leave at once, officers have LINE.

    The settings of before come back with the fake LINE, which has put its own address into them.
    """
    app.extensions["settings"] = replace(app.extensions["settings"], mode="demo")
    with write_transaction() as session:
        write_setting(session, "undo_hold_seconds", 0)
        for account in session.query(LineAccount).all():
            officer = account.staff_user
            if officer is not None:
                fake_line.state.users[account.line_user_id] = SimUser(
                    account.line_user_id, officer.full_name, ("staff",)
                )
                fake_line.state.befriend("staff", account.line_user_id)
    return fake_line


@dataclass
class Phone:
    """Somebody's phone with LINE: what it got, and its buttons."""

    fake: FakeLine
    channel: str
    user_id: str

    @property
    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.fake.state.messages_of(self.channel, self.user_id)
        return found

    @property
    def texts(self) -> list[str]:
        return [words_of(message) for message in self.messages]

    def press(self, action: str, *parts: str) -> None:
        """Press the button of the newest message that does this; LINE signs and posts it."""
        buttons = [data for message in reversed(self.messages) for data in postbacks_of(message)]
        fitting = [data for data in buttons if data.startswith(f"a={action}&")]
        data = next(data for data in fitting if all(part in data for part in parts))
        event = self.fake.hooks.postback(self.channel, self.user_id, data)
        assert self.fake.send_webhook(self.channel, [event]) == 200


@pytest.fixture
def staff_phone(demo_town: FakeLine, session: Session) -> Callable[[str], Phone]:
    """staff_phone("officer") is the phone of a demo officer."""

    def phone_of(username: str) -> Phone:
        account = officer_named(session, username).line_accounts[0]
        return Phone(demo_town, "staff", account.line_user_id)

    return phone_of


@pytest.fixture
def drain(app: Flask, demo_town: FakeLine) -> Callable[[], Counts]:
    """drain() lets a worker do what is due."""

    def drain_all() -> Counts:
        postman = Postman(app, PATIENT)
        try:
            counts = drain_once(app, postman)
        finally:
            postman.close()
        trouble = select(OutboxMessage.last_error).where(OutboxMessage.state != DeliveryState.SENT)
        with app.app_context():
            assert db.session.scalars(trouble).all() == []
            db.session.remove()
        return counts

    return drain_all


@pytest.fixture
def look(axe: Callable[[Any], list[str]]) -> Callable[[Any], None]:
    """look(page) finds nothing that axe minds and nothing that must be scrolled sideways to."""

    def look_at(page: Any) -> None:
        page.wait_for_load_state()
        assert axe(page) == [], page.url
        assert sideways(page) == 0, page.url

    return look_at


def sideways(page: Any) -> int:
    """Return by how many pixels the page is wider than the screen."""
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


def sign_in(page: Any, username: str) -> None:
    """Sign in as people do, on the page that asks for it."""
    page.get_by_label("ชื่อผู้ใช้").fill(username)
    page.get_by_label("รหัสผ่าน", exact=True).fill(DEMO_PASSWORD)
    page.get_by_role("button", name="เข้าสู่ระบบ").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


@pytest.fixture
def downloads(tmp_path: Path) -> Iterator[Callable[[Any, Any], Path]]:
    """downloads(page, button) presses a button that sends a file and returns where the file is."""

    def take(page: Any, button: Any) -> Path:
        with page.expect_download() as coming:
            button.click()
        path = tmp_path / coming.value.suggested_filename
        coming.value.save_as(path)
        return path

    with suppress(FileNotFoundError):
        yield take
