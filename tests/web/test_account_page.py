"""The officer's own account, and what an administrator does to another's."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.people import officer_named
from helpers.stranger import Phone, Stranger, field_of, phone_of, secret_of, text_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_views.account import agent_words
from config import DEMO_PASSWORD
from models import AuditEntry, UserSession

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

ACCOUNT = "/admin/account"
NEW_PASSWORD = "blue7kettle&fern"
CHANGE = {"current": DEMO_PASSWORD, "password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
TOKEN = "form-token-0001"

LoginAs = Callable[[FlaskClient, str], FlaskClient]


@pytest.fixture
def officer(app: Flask) -> Stranger:
    visitor = Stranger(app)
    visitor.sign_in("executive")
    return visitor


@pytest.fixture
def admin(app: Flask, login_as: LoginAs) -> Stranger:
    visitor = Stranger(app)
    login_as(visitor.client, "admin")
    return visitor


def rows(session: Session, kind: type[Any]) -> list[Any]:
    session.rollback()
    return list(session.scalars(select(kind)))


# Password ---------------------------------------------------------------------------------------------------


def test_changing_the_password_keeps_this_session_and_ends_the_others(app: Flask, officer: Stranger) -> None:
    elsewhere = Stranger(app)
    elsewhere.sign_in("executive")

    answer = officer.post(f"{ACCOUNT}/password", CHANGE, page=ACCOUNT)

    assert answer.location == ACCOUNT
    assert officer.is_in
    assert not elsewhere.is_in
    assert Stranger(app).sign_in("executive", NEW_PASSWORD).status_code == 303


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"current": "wrong"}, "รหัสผ่านปัจจุบันไม่ถูกต้อง"),
        ({"password_again": "different"}, "รหัสผ่านสองช่องไม่ตรงกัน"),
        ({"password": "12345678", "password_again": "12345678"}, "เดาง่าย"),
        ({"password": "executive1", "password_again": "executive1"}, "ชื่อผู้ใช้หรือชื่อหน่วยงาน"),
        ({"password": "short", "password_again": "short"}, "อย่างน้อย 8"),
        ({"current": ""}, "aria-invalid"),
    ],
)
def test_a_password_that_cannot_be_taken_is_said_beside_its_field(
    officer: Stranger, app: Flask, change: dict[str, str], words: str
) -> None:
    page = officer.post(f"{ACCOUNT}/password", {**CHANGE, **change}, page=ACCOUNT)

    assert page.status_code == 422
    assert words in text_of(page)
    assert Stranger(app).sign_in("executive").status_code == 303


def test_guessing_the_present_password_in_an_open_session_is_slowed_down(officer: Stranger) -> None:
    for _time in range(5):
        officer.post(f"{ACCOUNT}/password", {**CHANGE, "current": "wrong"}, page=ACCOUNT)

    assert officer.post(f"{ACCOUNT}/password", CHANGE, page=ACCOUNT).status_code == 429


# Second factor ----------------------------------------------------------------------------------------------


def test_an_officer_sets_up_a_phone_of_his_own_will(app: Flask, officer: Stranger) -> None:
    page = officer.post(f"{ACCOUNT}/second-factor", {"current": DEMO_PASSWORD}, page=ACCOUNT)
    phone = Phone(secret_of(page))
    form = {"sealed": field_of(page, "sealed"), "code": phone.code()}

    done = officer.post(f"{ACCOUNT}/second-factor/confirm", form, page=ACCOUNT)

    assert len(re.findall(r"<code>[0-9A-Z]{5}-[0-9A-Z]{5}</code>", text_of(done))) == 10
    assert 'name="code"' in text_of(Stranger(app).sign_in("executive"))


def test_a_phone_is_not_replaced_without_the_password(officer: Stranger) -> None:
    page = officer.post(f"{ACCOUNT}/second-factor", {"current": "wrong"}, page=ACCOUNT)

    assert page.status_code == 422
    assert "data:image/svg+xml" not in text_of(page)


def test_a_seal_of_another_officer_is_refused(app: Flask, officer: Stranger, session: Session) -> None:
    foreign = Stranger(app).sign_in("clerk")
    form = {"sealed": field_of(foreign, "sealed"), "code": Phone(secret_of(foreign)).code()}

    assert officer.post(f"{ACCOUNT}/second-factor/confirm", form, page=ACCOUNT).location == ACCOUNT
    assert officer_named(session, "executive").totp_secret_encrypted is None


def test_new_recovery_codes_replace_the_old(app: Flask, officer: Stranger) -> None:
    _phone, old = phone_of(app, "executive")

    page = text_of(officer.post(f"{ACCOUNT}/recovery-codes", {"current": DEMO_PASSWORD}, page=ACCOUNT))

    new = re.findall(r"<code>([0-9A-Z]{5}-[0-9A-Z]{5})</code>", page)
    assert len(new) == 10
    assert not set(new) & set(old)


# Sessions and language --------------------------------------------------------------------------------------


def test_an_officer_sees_his_devices_and_ends_one(app: Flask, officer: Stranger, session: Session) -> None:
    phone = Stranger(app)
    agent = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"}
    form = {"username": "executive", "password": DEMO_PASSWORD, "csrf_token": phone.token()}
    phone.send("/admin/sign-in", form, headers=agent)
    page = text_of(officer.get(ACCOUNT))
    assert "Safari · iPhone" in page
    (end,) = re.findall(r'action="(/admin/account/sessions/\d+/end)"', page)

    officer.post(end, page=ACCOUNT)

    assert not phone.is_in
    assert officer.is_in


def test_another_officers_session_cannot_be_ended(app: Flask, officer: Stranger, session: Session) -> None:
    other = Stranger(app)
    other.sign_in("executive")
    victim = rows(session, UserSession)[-1]
    victim.staff_user_id = officer_named(session, "head").id
    session.commit()

    officer.post(f"{ACCOUNT}/sessions/{victim.id}/end", page=ACCOUNT)

    assert other.is_in


def test_all_other_devices_end_at_once(app: Flask, officer: Stranger) -> None:
    others = [Stranger(app) for _number in range(2)]
    for other in others:
        other.sign_in("executive")

    officer.post(f"{ACCOUNT}/sessions/end-others", page=ACCOUNT)

    assert [other.is_in for other in others] == [False, False]
    assert officer.is_in


def test_a_language_that_does_not_exist_is_refused(officer: Stranger, session: Session) -> None:
    officer.post(f"{ACCOUNT}/language", {"language": "xx"}, page=ACCOUNT)

    assert officer_named(session, "executive").language == "th"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/129.0 Safari/537.36", "Chrome · Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/129.0 Safari/537.36 Edg/129.0", "Edge · Windows"),
        ("Mozilla/5.0 (Linux; Android 14) SamsungBrowser/26.0 Chrome/122.0", "Samsung Internet · Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14) Gecko Firefox/131.0", "Firefox · macOS"),
        ("curl/8.4.0", "curl"),
    ],
)
def test_a_device_is_named_in_words_people_know(app: Flask, agent: str, words: str) -> None:
    assert agent_words(agent) == words


# The administrator's page of an account ---------------------------------------------------------------------


def account_of(session: Session, username: str) -> str:
    return f"/admin/staff-account/{officer_named(session, username).id}"


def test_an_administrator_hands_over_a_link_that_is_shown_once(
    app: Flask, admin: Stranger, session: Session
) -> None:
    account = account_of(session, "executive")

    page = text_of(admin.post(f"{account}/link", page=account))

    (path,) = re.findall(r'value="http://localhost(/admin/link/[\w-]+)"', page)
    assert path not in text_of(admin.get(account))
    form = {"password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
    assert Stranger(app).post(path, form, page=path).status_code == 303


def test_closing_an_account_puts_its_officer_out_at_once(
    admin: Stranger, officer: Stranger, session: Session, app: Flask
) -> None:
    account = account_of(session, "executive")

    admin.post(f"{account}/disable", page=account)

    assert not officer.is_in
    assert Stranger(app).sign_in("executive").status_code == 401
    admin.post(f"{account}/enable", page=account)
    assert Stranger(app).sign_in("executive").status_code == 303


def test_an_administrator_cannot_close_the_last_administrator(admin: Stranger, session: Session) -> None:
    account = account_of(session, "admin")

    admin.post(f"{account}/disable", page=account)

    assert "ไม่เหลือผู้ดูแลระบบ" in text_of(admin.get(account))
    assert admin.is_in


def test_an_administrator_ends_sessions_and_resets_a_lost_phone(
    app: Flask, admin: Stranger, session: Session, login_as: LoginAs
) -> None:
    phone_of(app, "clerk")
    clerk = Stranger(app)
    login_as(clerk.client, "clerk")
    account = account_of(session, "clerk")

    admin.post(f"{account}/end-sessions", page=account)
    assert not clerk.is_in
    admin.post(f"{account}/reset-second-factor", page=account)

    assert "data:image/svg+xml" in text_of(clerk.sign_in("clerk"))  # A new phone is set up.


@pytest.mark.parametrize("act", ["", "/link", "/disable", "/enable", "/end-sessions", "/reset-second-factor"])
def test_nobody_else_manages_accounts(officer: Stranger, session: Session, act: str) -> None:
    address = account_of(session, "clerk") + act
    answer = officer.post(address, page=ACCOUNT) if act else officer.get(address)

    assert answer.status_code == 403


@pytest.mark.parametrize("act", ["", "/link", "/disable", "/enable", "/end-sessions", "/reset-second-factor"])
def test_an_account_that_is_not_there_is_not_found(admin: Stranger, act: str) -> None:
    address = f"/admin/staff-account/999999{act}"
    answer = admin.post(address, page=ACCOUNT) if act else admin.get(address)

    assert answer.status_code == 404


def test_the_audit_log_knows_what_an_administrator_did(admin: Stranger, session: Session) -> None:
    account = account_of(session, "executive")
    (line,) = officer_named(session, "executive").line_accounts
    for act in ("link", "end-sessions", "disable", "enable"):
        admin.post(f"{account}/{act}", page=account)

    entries = [entry for entry in rows(session, AuditEntry) if entry.object_type == "staff_user"]

    assert [entry.changes for entry in entries] == [
        {"link": "reset"},
        {"sessions_ended": 0},
        {"is_active": [True, False]},
        {"line_unlinked": line.id},
        {"is_active": [False, True]},
    ]
    assert {entry.staff_user_id for entry in entries} == {officer_named(session, "admin").id}
