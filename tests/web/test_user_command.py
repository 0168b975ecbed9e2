"""``manage.py user …``: accounts from the machine itself, by one-time links, never by a password."""

from __future__ import annotations

import contextvars
import re

import pytest
from click.testing import Result
from flask import Flask
from helpers.people import officer_named
from helpers.stranger import Stranger, phone_of
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from commands.user import user_group
from models import AuditEntry, StaffUser

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

NEW_PASSWORD = "blue7kettle&fern"
PASSWORDS = {"password": NEW_PASSWORD, "password_again": NEW_PASSWORD}


def run(app: Flask, *arguments: str) -> Result:
    runner = app.test_cli_runner()
    return contextvars.Context().run(runner.invoke, user_group, list(arguments))


def link_in(result: Result) -> str:
    found = re.search(r"http://localhost(/\S+)", result.output)
    assert found, result.output
    return found.group(1)


def add(app: Flask, username: str = "wanphen.kr", role: str = "executive") -> Result:
    return run(app, "add", username, "--first-name", "วันเพ็ญ", "--department", "clerk", "--role", role)


def test_a_new_officer_gets_a_link_to_set_a_password(app: Flask, session: Session) -> None:
    added = add(app)
    assert added.exit_code == 0, added.output
    path = link_in(added)

    Stranger(app).post(path, PASSWORDS, page=path)

    user = officer_named(session, "wanphen.kr")
    assert (user.first_name, user.department.code if user.department else None) == ("วันเพ็ญ", "clerk")
    assert Stranger(app).sign_in("wanphen.kr", NEW_PASSWORD).status_code == 303


@pytest.mark.parametrize(
    ("username", "role", "words"),
    [
        ("clerk", "executive", "มีผู้ใช้ชื่อนี้แล้ว"),
        ("?", "executive", "ชื่อผู้ใช้ต้องเป็น"),
        ("newcomer", "king", "ไม่รู้จักรหัส king"),
    ],
)
def test_a_mistake_is_said_and_adds_nobody(
    app: Flask, session: Session, username: str, role: str, words: str
) -> None:
    before = len(session.scalars(select(StaffUser)).all())

    refused = add(app, username, role)

    assert refused.exit_code == 1
    assert words in refused.output
    assert len(session.scalars(select(StaffUser)).all()) == before


def test_a_forgotten_password_is_reset_by_a_link(app: Flask) -> None:
    path = link_in(run(app, "reset", "executive"))

    Stranger(app).post(path, PASSWORDS, page=path)

    assert Stranger(app).sign_in("executive", NEW_PASSWORD).status_code == 303


def test_a_lost_phone_is_taken_away_with_the_reset(app: Flask, session: Session) -> None:
    phone_of(app, "clerk")

    run(app, "reset", "clerk", "--second-factor")

    session.expire_all()
    assert officer_named(session, "clerk").totp_secret_encrypted is None


def test_an_account_is_closed_and_opened(app: Flask) -> None:
    visitor = Stranger(app)
    visitor.sign_in("executive")

    run(app, "disable", "executive")
    assert not visitor.is_in
    assert Stranger(app).sign_in("executive").status_code == 401

    run(app, "enable", "executive")
    assert Stranger(app).sign_in("executive").status_code == 303


def test_the_last_administrator_stays(app: Flask) -> None:
    refused = run(app, "disable", "admin")

    assert refused.exit_code == 1
    assert "ไม่เหลือผู้ดูแลระบบ" in refused.output


@pytest.mark.parametrize("verb", ["reset", "disable", "enable"])
def test_an_unknown_name_is_said(app: Flask, verb: str) -> None:
    refused = run(app, verb, "nobody")

    assert refused.exit_code == 1
    assert "ไม่มีผู้ใช้ชื่อ nobody" in refused.output


def test_the_list_shows_who_is_there_and_in_what_state(app: Flask, session: Session) -> None:
    officer_named(session, "finance").is_active = False
    session.commit()

    lines = {line.split()[0]: line for line in run(app, "list").output.splitlines()}

    assert "system_admin" in lines["admin"]
    assert "ปิด" in lines["finance"]
    assert "รอตั้งรหัส" in lines["krit.r"]
    assert "argon2" not in str(lines)


def test_a_setup_link_is_given_only_while_nobody_administers(app: Flask, session: Session) -> None:
    refused = run(app, "setup-link")
    assert refused.exit_code == 1
    session.execute(update(StaffUser).values(password_hash=None))
    session.commit()

    path = link_in(run(app, "setup-link"))

    assert Stranger(app).get(path).status_code == 200


def test_the_audit_log_names_the_command(app: Flask, session: Session) -> None:
    run(app, "reset", "executive")

    entry = session.scalars(select(AuditEntry)).one()

    assert (entry.actor_kind, entry.actor_name, entry.changes) == (
        "system",
        "manage.py user",
        {"link": "reset"},
    )
