"""The demo's own LINE: there in demo mode, nowhere else, and never LINE itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from helpers.backends import SqliteBackend, let_go, settings_for
from helpers.casework import register_case
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import Settings
from demo.line import EXTENSION, NOBODY, attach_demo_line, demo_line, introduce
from demo.staff import ACCOUNTS, COLLEAGUES
from extensions import db, write_transaction
from line_sim.pages import line_sim_blueprint
from line_sim.server import FakeLine, make_fake_line
from models import LineAccount, LineState, OutboxMessage
from worker.loop import drain_once

PEOPLE = len(ACCOUNTS) + len(COLLEAGUES)


def bare(settings: Settings) -> Flask:
    app = Flask("bare")
    app.extensions["settings"] = settings
    attach_demo_line(app)
    return app


def settings_in(mode: str, folder: Path, **changes: object) -> Settings:
    none = {"line_citizen_token": None, "line_staff_token": None}
    return replace(settings_for(folder, "sqlite://"), mode=mode, **{**none, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["production", "test"])
def test_outside_the_demo_there_is_none(tmp_path: Path, mode: str) -> None:
    settings = settings_in(mode, tmp_path)

    app = bare(settings)

    assert EXTENSION not in app.extensions
    assert app.extensions["settings"] is settings
    assert [rule.rule for rule in app.url_map.iter_rules() if "line-sim" in rule.rule] == []


def test_production_refuses_the_phones_even_when_somebody_mounts_them(tmp_path: Path) -> None:
    app = Flask("bare")
    app.extensions["settings"] = settings_in("production", tmp_path)

    with pytest.raises(RuntimeError, match="production"):
        app.register_blueprint(line_sim_blueprint(make_fake_line()))


def test_a_demo_with_a_stand_in_of_its_own_is_left_alone(tmp_path: Path) -> None:
    settings = settings_in("demo", tmp_path, line_api_url="http://127.0.0.1:9999")

    assert bare(settings).extensions["settings"] is settings


def test_before_the_stand_in_listens_nothing_could_reach_line_itself(tmp_path: Path) -> None:
    settings: Settings = bare(settings_in("demo", tmp_path)).extensions["settings"]

    assert settings.line_api_url == NOBODY
    assert NOBODY.startswith("http://127.0.0.1:")
    assert settings.line_citizen_token
    assert settings.line_staff_secrets


@pytest.fixture
def demo_app(sqlite_backend: SqliteBackend) -> Flask:
    app = sqlite_backend.fresh()
    app.extensions.pop("lookups", None)
    return app


@pytest.fixture
def fake(tmp_path: Path) -> FakeLine:
    return make_fake_line(journal=tmp_path / "journal.jsonl", allow_http=True)


def test_everybody_with_line_is_known_by_name_and_reachable(demo_app: Flask, fake: FakeLine) -> None:
    with demo_app.app_context():
        blocked = db.session.scalars(select(LineAccount).order_by(LineAccount.id)).first()
        assert blocked is not None
        blocked.state = LineState.BLOCKED
        introduce(fake, db.session())
        names = {
            account.line_user_id: account.staff_user for account in db.session.scalars(select(LineAccount))
        }

        assert len(fake.state.users) == PEOPLE
        for user_id, officer in names.items():
            assert officer is not None
            assert fake.state.users[user_id].display_name == officer.full_name
        assert not fake.state.is_friend("staff", blocked.line_user_id)
        assert sum(fake.state.is_friend("staff", user_id) for user_id in names) == PEOPLE - 1
        let_go()


def test_a_message_of_the_demo_arrives_on_the_phone_and_comes_first(
    demo_app: Flask, fake: FakeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: Settings = demo_app.extensions["settings"]
    monkeypatch.setitem(demo_app.extensions, EXTENSION, fake)
    tokens = {"line_citizen_token": "sim-citizen-token", "line_staff_token": "sim-staff-token"}
    monkeypatch.setitem(demo_app.extensions, "settings", replace(settings, line_api_url=NOBODY, **tokens))
    with demo_app.app_context():
        with write_transaction() as session:
            register_case(demo_app, session)
        told = _officer_told(db.session())
        with demo_line(demo_app, db.session()):
            db.session.remove()
            drain_once(demo_app)
            channel = fake.state.channels["staff"]

            assert fake.state.messages_of("staff", told)
            assert channel.webhook_url == f"{settings.public_url}/line/staff/webhook"
            assert channel.display_name == "เจ้าหน้าที่ เทศบาลนครขอนแก่น"
            staff = [user for user in fake.state.users.values() if "staff" in user.channels]
            assert staff[0].user_id == told
        let_go()


def _officer_told(session: Session) -> str:
    found = select(OutboxMessage.recipient).where(OutboxMessage.template_key == "staff_directed")
    return session.scalars(found).one()
