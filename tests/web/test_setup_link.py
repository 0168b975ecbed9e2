"""One-time doors: the first administrator, an invitation, a reset; each opens once and then is gone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from helpers.people import officer_named
from helpers.stranger import Stranger, text_of
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from commands.user import first_administrator_link
from domain.accounts import invite
from domain.actor import Actor
from domain.clock import FrozenClock
from extensions import write_transaction
from models import StaffUser, UserSession

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

NEW_PASSWORD = "blue7kettle&fern"
SETUP = {
    "username": "wanphen.kr",
    "first_name": "วันเพ็ญ",
    "last_name": "เกรียงไกร",
    "password": NEW_PASSWORD,
    "password_again": NEW_PASSWORD,
}
PASSWORDS = {"password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
SHELL = Actor(kind="system", name="test", via="cli")


@pytest.fixture
def visitor(app: Flask) -> Stranger:
    return Stranger(app)


@pytest.fixture
def setup_path(app: Flask, session: Session) -> str:
    """The set-up link of a town without an administrator."""
    session.execute(update(StaffUser).values(password_hash=None))
    session.commit()
    link = first_administrator_link(app)
    assert link is not None
    return link.removeprefix("http://localhost")


def link_for(username: str) -> str:
    with write_transaction() as session:
        return f"/admin/link/{invite(session, SHELL, officer_named(session, username)).token}"


def key_in(path: str) -> str:
    return path.partition("key=")[2]


def test_the_first_administrator_sets_up_the_town(
    visitor: Stranger, setup_path: str, session: Session
) -> None:
    answer = visitor.post("/setup", {**SETUP, "key": key_in(setup_path)}, page=setup_path)
    assert (answer.status_code, answer.location) == (303, "/admin/sign-in")

    page = visitor.sign_in("wanphen.kr", NEW_PASSWORD)

    assert "data:image/svg+xml" in text_of(page)  # An administrator needs a phone too.
    roles = session.scalars(select(StaffUser).where(StaffUser.username == "wanphen.kr")).one().roles
    assert [role.code for role in roles] == ["system_admin"]


def test_the_setup_page_is_gone_once_there_is_an_administrator(visitor: Stranger, setup_path: str) -> None:
    token = visitor.token(setup_path)
    visitor.send("/setup", {**SETUP, "key": key_in(setup_path), "csrf_token": token})

    assert visitor.get(setup_path).status_code == 410
    again = visitor.send(
        "/setup", {**SETUP, "username": "second", "key": key_in(setup_path), "csrf_token": token}
    )
    assert again.status_code == 410


def test_a_town_with_an_administrator_gets_no_setup_link(app: Flask) -> None:
    assert first_administrator_link(app) is None


@pytest.mark.parametrize("key", ["", "guess", "%00", "ไทย"])
def test_a_guessed_key_opens_nothing_and_says_how_to_get_one(
    visitor: Stranger, setup_path: str, key: str
) -> None:
    page = visitor.get(f"/setup?key={key}")

    assert page.status_code == 410
    assert "user setup-link" in text_of(page)


def test_a_setup_link_is_good_for_an_hour(
    frozen_noon: FrozenClock, visitor: Stranger, setup_path: str
) -> None:
    assert visitor.get(setup_path).status_code == 200
    frozen_noon.advance(timedelta(hours=1))

    assert visitor.get(setup_path).status_code == 410


def test_a_newer_setup_link_voids_the_older(app: Flask, visitor: Stranger, setup_path: str) -> None:
    first_administrator_link(app)

    assert visitor.get(setup_path).status_code == 410


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password_again": "different"}, "รหัสผ่านสองช่องไม่ตรงกัน"),
        ({"password": "password1", "password_again": "password1"}, "เดาง่าย"),
        ({"password": "wanphen.kr", "password_again": "wanphen.kr"}, "ชื่อผู้ใช้หรือชื่อหน่วยงาน"),
        ({"username": "?"}, "ชื่อผู้ใช้ต้องเป็น"),
        ({"username": "clerk"}, "มีผู้ใช้ชื่อนี้แล้ว"),
        ({"first_name": ""}, "aria-invalid"),
    ],
)
def test_a_mistake_keeps_what_was_typed_and_the_key(
    visitor: Stranger, setup_path: str, change: dict[str, str], words: str
) -> None:
    page = visitor.post("/setup", {**SETUP, **change, "key": key_in(setup_path)}, page=setup_path)

    assert page.status_code == 422
    assert words in text_of(page)
    assert "เกรียงไกร" in text_of(page)
    assert NEW_PASSWORD not in text_of(page)
    assert visitor.get(setup_path).status_code == 200


def test_an_invited_officer_sets_a_password_and_signs_in(visitor: Stranger, session: Session) -> None:
    officer_named(session, "executive").password_hash = None
    session.commit()
    path = link_for("executive")

    answer = visitor.post(path, PASSWORDS, page=path)

    assert answer.location == "/admin/sign-in"
    assert not visitor.is_in
    assert visitor.sign_in("executive", NEW_PASSWORD).status_code == 303


def test_the_link_names_the_officer_and_its_end(visitor: Stranger) -> None:
    page = text_of(visitor.get(link_for("executive")))

    assert "สิทธิเดช" in page
    assert 'value="executive"' in page


def test_a_used_link_is_gone(visitor: Stranger) -> None:
    path = link_for("executive")
    token = visitor.token(path)
    visitor.send(path, {**PASSWORDS, "csrf_token": token})

    assert visitor.get(path).status_code == 410
    assert visitor.send(path, {**PASSWORDS, "csrf_token": token}).status_code == 410


@pytest.mark.parametrize("token", ["guess", "%00", "a" * 500, "%ED%A0%80"])
def test_a_guessed_link_is_gone_too(visitor: Stranger, token: str) -> None:
    assert visitor.get(f"/admin/link/{token}").status_code in {404, 410}


def test_a_weak_password_does_not_use_the_link_up(visitor: Stranger) -> None:
    path = link_for("executive")

    page = visitor.post(path, {"password": "12345678", "password_again": "12345678"}, page=path)

    assert page.status_code == 422
    assert visitor.post(path, PASSWORDS, page=path).status_code == 303


def test_a_link_of_a_closed_account_is_gone(visitor: Stranger, session: Session) -> None:
    path = link_for("executive")
    officer_named(session, "executive").is_active = False
    session.commit()

    assert visitor.get(path).status_code == 410


def test_a_reset_ends_every_session(app: Flask, visitor: Stranger, session: Session) -> None:
    visitor.sign_in("executive")
    path = link_for("executive")
    Stranger(app).post(path, PASSWORDS, page=path)

    assert not visitor.is_in
    assert all(session.scalars(select(UserSession.ended_at)))


def test_a_reset_does_not_skip_the_phone(app: Flask, visitor: Stranger) -> None:
    path = link_for("clerk")
    visitor.post(path, PASSWORDS, page=path)

    page = visitor.sign_in("clerk", NEW_PASSWORD)

    assert re.search('name="code"', text_of(page))
    assert not visitor.is_in
