"""Attacks on the door: stolen cookies, forged forms, hostile names, evil addresses, guessing machines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

import pytest
from flask import Flask
from helpers.people import officer_named
from helpers.stranger import Stranger, phone_of, text_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import DEMO_PASSWORD
from demo.staff import ACCOUNTS
from domain.accounts import disable_staff_user
from domain.actor import Actor
from domain.clock import FrozenClock
from domain.sign_in import LIMITS
from extensions import write_transaction
from models import UserSession

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

NEW_PASSWORD = "blue7kettle&fern"
WRONG = "wrong-and-long-enough"
EVIL = (
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\n/evil.example",
    " //evil.example",
    "///evil.example",
    "evil.example",
    "/admin/\r\nSet-Cookie: a=b",
    "/" + "x" * 5000,
)


@pytest.fixture
def officer(app: Flask) -> Stranger:
    visitor = Stranger(app)
    visitor.sign_in("executive")
    return visitor


# Stolen cookies ---------------------------------------------------------------------------------------------


def sign_out(officer: Stranger) -> None:
    officer.post("/admin/sign-out", page="/admin/account")


def change_password(officer: Stranger) -> None:
    change = {"current": DEMO_PASSWORD, "password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
    other = Stranger(officer.app)
    other.sign_in("executive")
    other.post("/admin/account/password", change, page="/admin/account")


def close_account(officer: Stranger) -> None:
    with officer.app.app_context(), write_transaction() as session:
        user = officer_named(session, "executive")
        disable_staff_user(session, Actor(kind="system", name="test"), user)


@pytest.mark.parametrize("end", [sign_out, change_password, close_account])
def test_a_copied_cookie_is_dead_after_the_end(officer: Stranger, end: Callable[[Stranger], None]) -> None:
    thief = officer.copy()
    assert thief.is_in

    end(officer)

    assert not thief.is_in
    assert not officer.is_in


def test_the_session_before_signing_in_is_not_the_one_after(app: Flask) -> None:
    visitor = Stranger(app)
    before = visitor.token()
    planted = visitor.copy()

    visitor.sign_in("executive")

    assert visitor.token("/admin/account") != before
    assert not planted.is_in
    with visitor.client.session_transaction() as cookie:
        after = dict(cookie)
    with planted.client.session_transaction() as cookie:
        assert after["csrf_token"] != cookie["csrf_token"]


def test_nothing_planted_in_the_cookie_outlives_signing_in(app: Flask) -> None:
    visitor = Stranger(app)
    with visitor.client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"

    visitor.sign_in("executive")

    with visitor.client.session_transaction() as cookie:
        assert "planted" not in cookie


def test_the_database_does_not_hold_what_the_cookie_holds(officer: Stranger, session: Session) -> None:
    with officer.client.session_transaction() as cookie:
        token = cookie["_user_id"]

    assert token not in session.scalars(select(UserSession)).one().token_hash


def test_a_cookie_signed_by_somebody_else_is_nobody(app: Flask, officer: Stranger) -> None:
    body, _stamp, signature = officer.cookie.rsplit(".", 2)
    forged = Stranger(app)
    forged.client.set_cookie("session", f"{body}.AAAAAA.{signature}")

    assert not forged.is_in


def test_the_cookie_cannot_be_read_by_scripts_nor_sent_from_other_sites(app: Flask) -> None:
    answer = Stranger(app).sign_in("executive")

    for cookie in answer.headers.getlist("Set-Cookie"):
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


def test_the_first_step_cookie_tells_nothing_about_the_account(app: Flask) -> None:
    phone_of(app, "clerk")
    visitor = Stranger(app)
    visitor.sign_in("clerk")

    with visitor.client.session_transaction() as cookie:
        kept = dict(cookie)

    assert set(kept) == {"pending", "csrf_token"}
    assert "clerk" not in str(kept)


# Forged forms -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "/admin/sign-in",
        "/admin/sign-in/code",
        "/admin/sign-in/enrol",
        "/admin/sign-out",
        "/admin/account/password",
        "/admin/account/language",
        "/admin/account/sessions/1/end",
        "/admin/account/sessions/end-others",
        "/admin/account/second-factor",
        "/admin/account/second-factor/confirm",
        "/admin/account/recovery-codes",
        "/admin/complaint/new/draft",
        "/admin/complaint/new/drop-draft",
        "/admin/staff-account/1/link",
        "/admin/staff-account/1/disable",
        "/admin/link/x",
        "/setup",
    ],
)
def test_a_form_without_the_token_does_nothing(officer: Stranger, address: str) -> None:
    assert officer.send(address, {"username": "executive", "password": DEMO_PASSWORD}).status_code == 400
    assert officer.is_in


def test_a_token_of_another_browser_does_not_fit(app: Flask, officer: Stranger) -> None:
    foreign = Stranger(app).token()

    assert officer.send("/admin/sign-out", {"csrf_token": foreign}).status_code == 400
    assert officer.is_in


def test_looking_at_the_exit_signs_nobody_out(officer: Stranger) -> None:
    assert officer.get("/admin/sign-out").status_code == 405
    assert officer.is_in


# Hostile input ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["username", "password", "next", "typed"])
@pytest.mark.parametrize(
    "raw",
    ["%FF%FE", "%00", "%ED%A0%80", "%E0%B8", "%F4%90%80%80", "%C0%AF", "x" * 100_000],
    ids=lambda raw: raw[:12],
)
def test_bytes_that_are_no_text_are_answered_politely(app: Flask, field: str, raw: str) -> None:
    visitor = Stranger(app)
    fields = {"username": "executive", "password": WRONG, "next": "/admin/", "typed": "x"}
    sent = [f"{name}={raw if name == field else quote(value)}" for name, value in fields.items()]
    body = "&".join([*sent, f"csrf_token={visitor.token()}"])

    answer = visitor.client.post(
        "/admin/sign-in", data=body, content_type="application/x-www-form-urlencoded"
    )

    assert answer.status_code in {401, 422}


@pytest.mark.parametrize(
    "name", ["executive' or '1'='1", "%", "_", "*", "executive--", "<script>alert(1)</script>"]
)
def test_a_name_is_never_more_than_a_name(app: Flask, name: str) -> None:
    answer = Stranger(app).sign_in(name)

    assert answer.status_code == 401
    assert "<script>alert" not in text_of(answer)


# Where one is led -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", EVIL, ids=lambda target: repr(target[:24]))
def test_nobody_is_led_off_the_site(app: Flask, target: str) -> None:
    visitor = Stranger(app)

    answer = visitor.sign_in("executive", next=target)

    assert answer.location == "/admin/"
    assert "evil" not in str(answer.headers)
    assert visitor.get(f"/admin/sign-in?next={quote(target)}").location == "/admin/"


def test_a_forged_host_is_not_led_to(app: Flask) -> None:
    visitor = Stranger(app)
    headers = {"Host": "evil.example"}
    form = {"username": "executive", "password": DEMO_PASSWORD, "csrf_token": visitor.token()}

    answers = [
        visitor.get("/admin/account", headers=headers),
        visitor.send("/admin/sign-in", form, headers=headers),
    ]

    assert all("evil" not in (answer.location or "") for answer in answers)


def test_a_link_to_hand_over_bears_the_towns_address_whatever_the_host(
    app: Flask, session: Session, login_as: Callable[..., object]
) -> None:
    admin = Stranger(app)
    login_as(admin.client, "admin")
    account = f"/admin/staff-account/{officer_named(session, 'executive').id}"
    cookie = admin.cookie
    form = {"csrf_token": admin.token(account)}

    page = text_of(
        admin.send(f"{account}/link", form, headers={"Host": "evil.example", "Cookie": f"session={cookie}"})
    )

    assert "evil.example/admin/link" not in page


def test_pages_with_secrets_are_kept_by_nobody(app: Flask) -> None:
    visitor = Stranger(app)
    enrol = visitor.sign_in("clerk")

    for page in (visitor.get("/admin/sign-in"), enrol, visitor.get("/setup?key=x")):
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


# Guessing machines ------------------------------------------------------------------------------------------


def guesses(
    app: Flask, count: int, username: Callable[[int], str], address: Callable[[int], str]
) -> list[int]:
    """Return the answers to so many guesses within one moment, each by a browser that knows nothing."""
    answers = []
    for number in range(count):
        visitor = Stranger(app)
        form = {"username": username(number), "password": "", "csrf_token": visitor.token()}
        form["password"] = f"{WRONG}-{number}"
        answer = visitor.send("/admin/sign-in", form, environ_overrides={"REMOTE_ADDR": address(number)})
        answers.append(answer.status_code)
    return answers


def test_one_address_with_many_accounts_is_slowed_down(app: Flask, frozen_noon: FrozenClock) -> None:
    free = LIMITS["ip"].free

    answers = guesses(
        app, free + 6, lambda number: ACCOUNTS[number % 8].username + str(number), lambda _n: "203.0.113.9"
    )

    assert answers == [401] * free + [429] * 6


def test_many_addresses_with_one_account_are_slowed_down(app: Flask, frozen_noon: FrozenClock) -> None:
    free = LIMITS["account"].free

    answers = guesses(app, free + 6, lambda _n: "executive", lambda number: f"203.0.113.{number}")

    assert answers == [401] * free + [429] * 6


def test_an_unknown_account_is_slowed_down_like_a_known_one(app: Flask, frozen_noon: FrozenClock) -> None:
    free = LIMITS["account"].free

    answers = guesses(app, free + 1, lambda _n: "nobody", lambda number: f"203.0.113.{number}")

    assert answers == [401] * free + [429]


def test_the_owner_at_his_own_desk_still_gets_in(app: Flask, frozen_noon: FrozenClock) -> None:
    owner = Stranger(app)
    owner.sign_in("executive")
    owner.post("/admin/sign-out", page="/admin/account")
    guesses(app, 30, lambda _n: "executive", lambda number: f"203.0.113.{number}")
    assert Stranger(app).sign_in("executive").status_code == 429

    assert owner.sign_in("executive").status_code == 303


def test_the_mark_of_a_known_desk_opens_no_other_account(app: Flask, frozen_noon: FrozenClock) -> None:
    owner = Stranger(app)
    owner.sign_in("executive")
    guesses(app, 5, lambda _n: "clerk", lambda number: f"203.0.113.{number}")
    device = owner.client.get_cookie("device")
    assert device is not None
    thief = Stranger(app)
    thief.client.set_cookie("device", device.value)

    assert thief.sign_in("clerk", WRONG).status_code == 429


@pytest.mark.parametrize("mark", ["", "x", "e30.x", "a.b.c", "W10.AAAA"])
def test_a_forged_mark_of_a_desk_is_worth_nothing(app: Flask, frozen_noon: FrozenClock, mark: str) -> None:
    guesses(app, 5, lambda _n: "executive", lambda number: f"203.0.113.{number}")
    thief = Stranger(app)
    thief.client.set_cookie("device", mark)

    assert thief.sign_in("executive").status_code == 429


def test_codes_cannot_be_guessed_by_machine(app: Flask, frozen_noon: FrozenClock) -> None:
    phone_of(app, "clerk")
    thief = Stranger(app)
    thief.sign_in("clerk")

    answers = [
        thief.post("/admin/sign-in/code", {"code": f"{number:06}"}, page="/admin/sign-in/code").status_code
        for number in range(8)
    ]

    assert answers == [401] * 5 + [429] * 3


def test_beginning_again_does_not_give_new_guesses_at_the_code(app: Flask, frozen_noon: FrozenClock) -> None:
    phone_of(app, "clerk")
    answers = []
    for number in range(7):
        thief = Stranger(app)
        thief.sign_in("clerk")
        page = "/admin/sign-in/code"
        answers.append(thief.post(page, {"code": f"{number:06}"}, page=page).status_code)

    assert answers == [401] * 5 + [429] * 2


def test_over_https_the_cookies_are_bound_to_the_host(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    secure = replace(app.extensions["settings"], public_url="https://town.example")
    monkeypatch.setitem(app.extensions, "settings", secure)

    answer = Stranger(app).sign_in("executive")

    (device,) = [each for each in answer.headers.getlist("Set-Cookie") if "device" in each]
    assert device.startswith("__Host-device=")
    assert "Secure" in device
    assert "Path=/" in device
    assert "Domain" not in device
