"""Sessions: a row on the server decides; it ends by itself, at the exit, and whenever somebody says so."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, request_tearing_down
from helpers.people import officer_named
from helpers.stranger import Phone, Stranger, field_of, secret_of, text_of
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from admin_views import identity
from config import DEMO_PASSWORD
from domain.clock import FrozenClock
from domain.permissions import Permission
from domain.settings import write_setting
from models import Role, RoleGrant, Scope, UserSession

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

COUNT = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def visitor(app: Flask) -> Stranger:
    return Stranger(app)


@pytest.fixture
def officer(visitor: Stranger, frozen_noon: FrozenClock) -> Stranger:
    visitor.sign_in("executive")
    return visitor


def seen_at(session: Session) -> Any:
    session.rollback()
    return session.scalars(select(UserSession.seen_at)).one()


def test_a_session_ends_after_half_an_hour_without_a_sign_of_life(
    officer: Stranger, frozen_noon: FrozenClock
) -> None:
    frozen_noon.advance(timedelta(minutes=29, seconds=59))
    assert officer.is_in
    frozen_noon.advance(timedelta(minutes=30))

    assert not officer.is_in


def test_a_session_ends_after_twelve_hours_however_busy(officer: Stranger, frozen_noon: FrozenClock) -> None:
    for _quarter in range(12 * 4 - 1):
        frozen_noon.advance(timedelta(minutes=15))
        assert officer.is_in
    frozen_noon.advance(timedelta(minutes=15))

    assert not officer.is_in


def test_the_municipality_sets_how_long_sessions_live(
    officer: Stranger, session: Session, frozen_noon: FrozenClock
) -> None:
    write_setting(session, "session_idle_minutes", 10)
    session.commit()
    frozen_noon.advance(timedelta(minutes=9))
    assert officer.is_in
    frozen_noon.advance(timedelta(minutes=10))

    assert not officer.is_in


def test_a_setting_that_would_lock_everybody_out_is_not_obeyed(officer: Stranger, session: Session) -> None:
    write_setting(session, "session_idle_minutes", 0)
    session.commit()

    assert officer.is_in


def test_a_sign_of_life_is_written_every_five_minutes(
    officer: Stranger, session: Session, frozen_noon: FrozenClock
) -> None:
    began = seen_at(session)
    frozen_noon.advance(timedelta(minutes=4))
    officer.get("/admin/account")
    assert seen_at(session) == began

    frozen_noon.advance(timedelta(minutes=1))
    officer.get("/admin/account")

    assert seen_at(session) == began + timedelta(minutes=5)


def test_reading_writes_nothing_in_between(
    officer: Stranger, frozen_noon: FrozenClock, sql_count: COUNT
) -> None:
    frozen_noon.advance(timedelta(minutes=4))
    with sql_count() as statements:
        officer.get("/admin/account")

    assert not [
        each for each in statements if each.lstrip().upper().startswith(("UPDATE", "INSERT", "DELETE"))
    ]


def test_the_sign_of_life_is_written_after_the_answer(
    officer: Stranger, frozen_noon: FrozenClock, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    touch = identity.touch
    monkeypatch.setattr(identity, "touch", lambda *given: order.append("touched") or touch(*given))
    frozen_noon.advance(timedelta(minutes=6))

    with request_tearing_down.connected_to(lambda _app, **_more: order.append("answered"), app):
        officer.get("/admin/account")

    assert order == ["answered", "touched"]


def test_a_sign_of_life_that_cannot_be_written_disturbs_nobody(
    officer: Stranger,
    frozen_noon: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def busy(*_given: object) -> None:
        raise OperationalError("update", {}, Exception("database is locked"))

    monkeypatch.setattr(identity, "touch", busy)
    frozen_noon.advance(timedelta(minutes=6))

    assert officer.get("/admin/account").status_code == 200
    assert "sign of life" in caplog.text


def test_knowing_who_is_there_costs_one_statement(officer: Stranger, app: Flask, sql_count: COUNT) -> None:
    officer.get("/admin/account")
    token = _token_of(officer)
    with app.test_request_context(), sql_count() as statements:
        assert identity.load_signed_in(token) is not None

    assert len([each for each in statements if each != "BEGIN"]) == 1


def _token_of(officer: Stranger) -> str:
    with officer.client.session_transaction() as cookie:
        token: str = cookie["_user_id"]
    return token


def test_a_style_sheet_asks_the_database_for_nobody(officer: Stranger, sql_count: COUNT) -> None:
    with sql_count() as statements:
        assert officer.get("/static/src/tokens.css").status_code == 200

    assert not [each for each in statements if "user_session" in each]


def test_a_role_that_is_taken_away_is_gone_at_the_next_click(officer: Stranger, session: Session) -> None:
    assert officer.get("/admin/category/").status_code == 200
    officer_named(session, "executive").roles = []
    session.commit()

    assert officer.get("/admin/category/").status_code == 403


def test_a_role_that_is_switched_off_gives_nothing(officer: Stranger, session: Session) -> None:
    session.scalars(select(Role).where(Role.code == "executive")).one().is_active = False
    session.commit()

    assert officer.get("/admin/category/").status_code == 403


def test_who_must_change_his_password_can_do_nothing_else_first(officer: Stranger, session: Session) -> None:
    officer_named(session, "executive").must_change_password = True
    session.commit()

    answer = officer.get("/admin/category/")

    assert (answer.status_code, answer.location) == (303, "/admin/account")
    page = text_of(officer.get("/admin/account"))
    assert 'action="/admin/account/password"' in page
    assert 'action="/admin/account/second-factor"' not in page


def test_who_must_change_his_password_has_no_rights_anywhere(
    officer: Stranger, session: Session, app: Flask
) -> None:
    officer_named(session, "executive").must_change_password = True
    session.commit()

    with app.test_request_context():
        signed_in = identity.load_signed_in(_token_of(officer))

    assert signed_in is not None
    assert dict(signed_in.actor.grants) == {}


@pytest.fixture
def production(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """In test mode alone a role does not stop a session: helpers sign officers in without the door."""
    settings = replace(app.extensions["settings"], mode="production")
    monkeypatch.setitem(app.extensions, "settings", settings)


def let_manage_staff(session: Session, username: str) -> None:
    """Give the officer's role a right that asks for a second factor, as the screen of roles does."""
    role = officer_named(session, username).roles[0]
    role.grants.append(RoleGrant(permission=Permission.STAFF_MANAGE, scope=Scope.ALL))
    session.commit()


@pytest.mark.usefixtures("production")
def test_a_role_that_comes_to_ask_for_a_second_factor_asks_at_the_next_page(
    officer: Stranger, session: Session
) -> None:
    assert officer.get("/admin/category/").status_code == 200
    let_manage_staff(session, "executive")

    answer = officer.get("/admin/category/")

    assert (answer.status_code, answer.location) == (303, "/admin/account")
    page = text_of(officer.get("/admin/account"))
    assert "กรุณาตั้งด้วยโทรศัพท์" in page
    assert 'action="/admin/account/second-factor"' in page
    assert (
        officer.post("/admin/account/sessions/end-others", page="/admin/account").location == "/admin/account"
    )


@pytest.mark.usefixtures("production")
def test_until_then_he_has_no_rights_and_with_a_phone_he_has_them_again(
    officer: Stranger, session: Session, app: Flask
) -> None:
    let_manage_staff(session, "executive")

    with app.test_request_context():
        before = identity.load_signed_in(_token_of(officer))
    page = officer.post("/admin/account/second-factor", {"current": DEMO_PASSWORD}, page="/admin/account")
    form = {"sealed": field_of(page, "sealed"), "code": Phone(secret_of(page)).code()}
    officer.post("/admin/account/second-factor/confirm", form, page="/admin/account")

    assert before is not None
    assert dict(before.actor.grants) == {}
    assert officer.get("/admin/staff-user/").status_code == 200


@pytest.mark.usefixtures("production")
def test_a_role_that_asks_for_none_stops_nobody(officer: Stranger) -> None:
    assert officer.get("/admin/category/").status_code == 200


def test_the_demo_asks_for_no_phone(
    officer: Stranger, session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_manage_staff(session, "executive")
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], mode="demo"))

    assert officer.get("/admin/category/").status_code == 200


@pytest.mark.parametrize("token", ["", "x", "\x00", 7, None, ["a"]])
def test_a_cookie_with_anything_else_in_it_is_nobody(app: Flask, token: Any) -> None:
    stranger = Stranger(app)
    with stranger.client.session_transaction() as cookie:
        cookie["_user_id"] = token

    assert stranger.get("/admin/account").status_code == 302


def test_the_page_follows_the_officers_language(officer: Stranger) -> None:
    officer.post("/admin/account/language", {"language": "en"}, page="/admin/account")

    assert '<html lang="en"' in text_of(officer.get("/admin/account"))


@pytest.mark.parametrize("address", ["not an address", "x" * 300, "203.0.113.9, 10.0.0.1", "\x00"])
def test_an_address_that_is_none_breaks_nothing(app: Flask, address: str) -> None:
    visitor = Stranger(app)

    answer = visitor.post(
        "/admin/sign-in",
        {"username": "executive", "password": "wrong"},
        environ_overrides={"REMOTE_ADDR": address},
    )

    assert answer.status_code == 401
