"""Signing in as people do it: name and password, the phone, the way on."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from helpers.people import officer_named
from helpers.stranger import Phone, Stranger, field_of, phone_of, secret_of, text_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import DEMO_PASSWORD
from demo.staff import ACCOUNTS
from domain.clock import FrozenClock
from models import AuditAction, AuditEntry, AuthAttempt, UserSession

WRONG = "blue7kettle&fern"
CODE = "/admin/sign-in/code"
ENROL = "/admin/sign-in/enrol"


@pytest.fixture
def visitor(app: Flask) -> Stranger:
    return Stranger(app)


@pytest.fixture
def demo_mode(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], mode="demo"))


def without_tokens(page: str) -> str:
    return re.sub(r'(name="csrf_token"[^>]*value|nonce)="[^"]*"', "", page)


def test_the_right_password_opens_the_front_page(visitor: Stranger) -> None:
    answer = visitor.sign_in("executive")

    assert (answer.status_code, answer.location) == (303, "/admin/")
    assert visitor.is_in


def test_a_wrong_password_is_answered_in_plain_words(visitor: Stranger) -> None:
    answer = visitor.sign_in("executive", WRONG)

    assert answer.status_code == 401
    assert "ชื่อผู้ใช้หรือรหัสผ่านไม่ถูกต้อง" in text_of(answer)
    assert field_of(answer, "username") == "executive"
    assert WRONG not in text_of(answer)
    assert not visitor.is_in


@pytest.mark.parametrize("state", ["unknown", "closed", "without a password"])
def test_nobody_learns_whether_an_account_exists(visitor: Stranger, session: Session, state: str) -> None:
    known = without_tokens(text_of(visitor.sign_in("executive", WRONG)))
    if state != "unknown":
        user = officer_named(session, "finance")
        user.username = "nobody"
        user.is_active = state != "closed"
        user.password_hash = None
        session.commit()

    other = without_tokens(text_of(visitor.sign_in("nobody", WRONG)))

    assert other.replace("nobody", "executive") == known


def test_an_unknown_name_costs_the_same_statements_as_a_wrong_password(
    visitor: Stranger, sql_count: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    counts = []
    for username in ("executive", "nobody", "\x00"):
        token = visitor.token()
        with sql_count() as statements:
            form = {"username": username, "password": WRONG, "csrf_token": token}
            assert visitor.send("/admin/sign-in", form).status_code == 401
        counts.append(len(statements))

    assert len(set(counts)) == 1, counts


@pytest.mark.parametrize("form", [{"username": "executive"}, {"password": DEMO_PASSWORD}, {}])
def test_an_empty_field_is_named(visitor: Stranger, form: dict[str, str]) -> None:
    answer = visitor.post("/admin/sign-in", form)

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in text_of(answer)


def test_the_way_on_is_the_page_that_was_asked_for(visitor: Stranger) -> None:
    asked = visitor.get("/admin/category/?page=2")
    page = visitor.get(asked.location)

    answer = visitor.sign_in("executive", next=field_of(page, "next"))

    assert answer.location == "/admin/category/?page=2"


def test_who_is_in_already_is_led_on(visitor: Stranger) -> None:
    visitor.sign_in("executive")

    assert visitor.get("/admin/sign-in?next=/admin/category/").location == "/admin/category/"


def test_who_sees_personal_data_sets_up_a_phone_at_the_first_sign_in(visitor: Stranger) -> None:
    page = visitor.sign_in("clerk", next="/admin/category/")
    assert page.status_code == 200
    assert "data:image/svg+xml" in text_of(page)
    assert not visitor.is_in
    phone = Phone(secret_of(page))
    form = {"sealed": field_of(page, "sealed"), "next": field_of(page, "next"), "code": phone.code()}

    done = visitor.post(ENROL, form, page=CODE)

    assert len(set(re.findall(r"<code>[0-9A-Z]{5}-[0-9A-Z]{5}</code>", text_of(done)))) == 10
    assert 'href="/admin/category/"' in text_of(done)
    assert visitor.is_in


def test_the_picture_stays_after_a_wrong_first_code(visitor: Stranger) -> None:
    page = visitor.sign_in("clerk")

    again = visitor.post(ENROL, {"sealed": field_of(page, "sealed"), "code": "000000"}, page=CODE)

    assert again.status_code == 401
    assert secret_of(again) == secret_of(page)
    assert not visitor.is_in


def test_the_second_step_asks_for_the_phone(app: Flask, visitor: Stranger) -> None:
    phone, _codes = phone_of(app, "clerk")
    page = visitor.sign_in("clerk", next="/admin/category/")
    assert not visitor.is_in

    answer = visitor.post(CODE, {"code": phone.code(), "next": field_of(page, "next")}, page=CODE)

    assert (answer.status_code, answer.location) == (303, "/admin/category/")
    assert visitor.is_in


def test_a_recovery_code_stands_in_for_the_phone(app: Flask, visitor: Stranger) -> None:
    _phone, codes = phone_of(app, "clerk")
    visitor.sign_in("clerk")

    assert visitor.post(CODE, {"code": codes[0]}, page=CODE).status_code == 303
    assert visitor.is_in


@pytest.mark.parametrize("code", ["000000", "", "AAAAA-AAAAA", "\x00"])
def test_a_wrong_code_opens_nothing(app: Flask, visitor: Stranger, code: str) -> None:
    phone_of(app, "clerk")
    visitor.sign_in("clerk")

    assert visitor.post(CODE, {"code": code}, page=CODE).status_code in {401, 422}
    assert not visitor.is_in


def test_the_second_step_alone_opens_nothing(app: Flask, visitor: Stranger) -> None:
    phone, _codes = phone_of(app, "clerk")

    assert visitor.get(CODE).location == "/admin/sign-in"
    assert visitor.post(CODE, {"code": phone.code()}).status_code == 401
    assert not visitor.is_in


def test_a_phone_cannot_be_replaced_by_who_has_only_the_password(app: Flask, visitor: Stranger) -> None:
    first = Stranger(app)
    page = first.sign_in("clerk")
    stolen = Phone(secret_of(page))
    phone_of(app, "clerk")  # The owner was faster.

    answer = first.post(ENROL, {"sealed": field_of(page, "sealed"), "code": stolen.code()}, page=CODE)

    assert answer.status_code == 401
    assert not first.is_in


def test_demo_mode_asks_for_no_phone_and_shows_its_accounts(
    app: Flask, visitor: Stranger, demo_mode: None
) -> None:
    page = text_of(visitor.get("/admin/sign-in"))

    assert re.findall(r'data-username="([^"]+)"', page) == [officer.username for officer in ACCOUNTS]
    assert visitor.sign_in("clerk").status_code == 303
    assert visitor.is_in


def test_a_demo_account_can_be_chosen_without_script(visitor: Stranger, demo_mode: None) -> None:
    assert field_of(visitor.get("/admin/sign-in?username=clerk"), "username") == "clerk"


def test_no_other_mode_shows_an_account_or_a_password(visitor: Stranger) -> None:
    page = text_of(visitor.get("/admin/sign-in"))

    assert "data-username" not in page
    assert DEMO_PASSWORD not in page


def test_who_guesses_must_wait_and_is_told_how_long(visitor: Stranger, frozen_noon: FrozenClock) -> None:
    for _time in range(5):
        assert visitor.sign_in("executive", WRONG).status_code == 401

    answer = visitor.sign_in("executive")

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")
    assert "กรุณารอ" in text_of(answer)


def test_after_the_wait_the_right_password_opens(visitor: Stranger, frozen_noon: FrozenClock) -> None:
    for _time in range(5):
        visitor.sign_in("executive", WRONG)
    frozen_noon.advance(timedelta(seconds=10))

    assert visitor.sign_in("executive").status_code == 303


def test_a_right_password_is_not_counted_as_a_guess(visitor: Stranger, session: Session) -> None:
    visitor.sign_in("executive")

    assert session.scalars(select(AuthAttempt)).all() == []


def test_the_audit_log_tells_the_story(visitor: Stranger, session: Session) -> None:
    visitor.sign_in("executive", WRONG)
    visitor.sign_in("executive")
    visitor.post("/admin/sign-out", page="/admin/account")

    actions = [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]

    assert actions == [AuditAction.SIGN_IN_FAILED, AuditAction.SIGN_IN, AuditAction.SIGN_OUT]


def test_signing_in_again_ends_the_session_before(visitor: Stranger, session: Session) -> None:
    visitor.sign_in("executive")
    before = visitor.copy()
    form = {"username": "executive", "password": DEMO_PASSWORD}
    assert visitor.post("/admin/sign-in", form, page="/admin/account").status_code == 303

    assert visitor.is_in
    assert not before.is_in
    assert len(session.scalars(select(UserSession)).all()) == 2


def test_signing_out_leads_to_the_door(visitor: Stranger) -> None:
    visitor.sign_in("executive")

    answer = visitor.post("/admin/sign-out", page="/admin/account")

    assert answer.location == "/admin/sign-in"
    assert not visitor.is_in


def test_the_door_speaks_english_too(visitor: Stranger) -> None:
    page = visitor.get("/admin/sign-in?lang=en")

    assert '<html lang="en"' in text_of(page)
    assert "The user name or password is wrong" in text_of(visitor.sign_in("executive", WRONG))
