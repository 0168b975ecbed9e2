"""Forged tokens, replays, an ill LINE, people who turn back: the ordinary door, and nothing leaks."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.casework import member_of, register_case
from helpers.login_line import (
    CHANNEL_ID,
    CODE,
    ID_TOKEN,
    SECRET,
    LoginLine,
    asked_of_line,
    come_back,
    is_ordinary_door,
    page,
    sign_in_with_line,
)
from helpers.pages import csrf
from sqlalchemy.orm import Session

from citizen import visitors
from domain.clock import FrozenClock
from line_hooks import login_api
from models import Complaint

# What goes wrong --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"aud": "1650000001"},
        {"aud": [CHANNEL_ID, "1650000001"]},
        {"exp": 1_500_000_000},
        {"exp": None},
        {"exp": "9999999999"},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": "ข"},
        {"sub": "U123"},
        {"sub": f"U{1:032X}"[:-1] + "G"},
        {"sub": None},
        {"sub": 7},
    ],
    ids=str,
)
def test_a_token_that_is_not_as_it_must_be_names_nobody(
    client: FlaskClient, named_case: Complaint, line: LoginLine, changes: dict[str, Any]
) -> None:
    line.changes = changes

    reply = sign_in_with_line(client, f"/line/open/{named_case.public_code}")

    assert is_ordinary_door(reply)
    assert "LINE ไม่ยืนยันตัวตนครั้งนี้" in page(client, reply.location)
    assert asked_of_line(client.get("/line/mine"))


@pytest.mark.parametrize(("what", "status"), [("token", 400), ("verify", 400), ("verify", 401)])
def test_a_code_or_token_line_refuses_names_nobody(
    client: FlaskClient, named_case: Complaint, line: LoginLine, what: str, status: int
) -> None:
    line.statuses = {what: status}

    assert "LINE ไม่ยืนยันตัวตนครั้งนี้" in page(client, sign_in_with_line(client).location)


@pytest.mark.parametrize("status", [429, 500, 302])
def test_an_ill_line_leaves_the_ordinary_door(
    client: FlaskClient, named_case: Complaint, line: LoginLine, status: int
) -> None:
    line.statuses = {"token": status}

    assert "ติดต่อ LINE ไม่ได้" in page(client, sign_in_with_line(client).location)


def test_a_line_that_does_not_listen_leaves_the_ordinary_door(
    app: Flask, client: FlaskClient, named_case: Complaint
) -> None:
    asked = asked_of_line(client.get(f"/line/open/{named_case.public_code}"))
    app.extensions["settings"] = replace(app.extensions["settings"], line_api_url="http://127.0.0.1:9")

    reply = come_back(client, asked)

    assert reply.location.startswith(f"/track?code={named_case.public_code}")
    assert "ติดต่อ LINE ไม่ได้" in page(client, reply.location)


def test_when_all_places_are_taken_the_next_one_does_not_wait_for_long(
    client: FlaskClient, named_case: Complaint, line: LoginLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_api, "WAIT_SECONDS", 0.01)
    for _place in range(login_api.AT_ONCE):
        assert login_api._places.acquire(timeout=0)
    try:
        assert "ติดต่อ LINE ไม่ได้" in page(client, sign_in_with_line(client).location)
    finally:
        for _place in range(login_api.AT_ONCE):
            login_api._places.release()
    assert not line.asked


def test_a_state_is_good_once(client: FlaskClient, named_case: Complaint, line: LoginLine) -> None:
    asked = asked_of_line(client.get("/line/mine"))
    come_back(client, asked)
    before = len(line.asked)

    reply = come_back(client, asked)

    assert is_ordinary_door(reply)
    assert len(line.asked) == before


def test_a_callback_out_of_the_blue_asks_line_nothing(client: FlaskClient, line: LoginLine) -> None:
    for state in ("", "made-up", "x" * 5000):
        reply = client.get("/line/login/callback", query_string={"code": CODE, "state": state})
        assert is_ordinary_door(reply)
    assert not line.asked


def test_a_state_belongs_to_the_browser_that_began(
    app: Flask, client: FlaskClient, named_case: Complaint, line: LoginLine
) -> None:
    asked = asked_of_line(client.get("/line/mine"))
    other = app.test_client()
    other.get("/line/mine")

    assert is_ordinary_door(come_back(other, asked))
    assert not line.asked


def test_a_sign_in_begun_too_long_ago_has_ended(
    client: FlaskClient, named_case: Complaint, line: LoginLine, frozen_noon: FrozenClock
) -> None:
    asked = asked_of_line(client.get("/line/mine"))
    frozen_noon.advance(timedelta(seconds=visitors.PENDING_SECONDS + 1))

    assert is_ordinary_door(come_back(client, asked))
    assert not line.asked


def test_cards_opened_side_by_side_do_not_disturb_each_other(
    client: FlaskClient, named_case: Complaint
) -> None:
    first = asked_of_line(client.get(f"/line/open/{named_case.public_code}"))
    asked_of_line(client.get("/line/mine"))

    assert come_back(client, first).location == f"/line/open/{named_case.public_code}"


def test_after_auto_login_has_failed_the_door_offers_to_sign_in_by_hand(
    client: FlaskClient, line: LoginLine
) -> None:
    client.get("/line/mine")
    door = client.get("/line/login/callback?code=x&state=not-ours")

    shown = page(client, door.location)

    assert "/line/mine?manual=1" in shown
    assert asked_of_line(client.get("/line/mine?manual=1"))["disable_auto_login"] == "true"


@pytest.mark.parametrize(
    ("error", "words"), [("access_denied", "ไม่ได้เข้าด้วย LINE"), ("server_error", "ไม่สำเร็จ")]
)
def test_who_turns_back_at_line_stands_before_the_ordinary_door(
    client: FlaskClient, named_case: Complaint, line: LoginLine, error: str, words: str
) -> None:
    asked = asked_of_line(client.get(f"/line/open/{named_case.public_code}"))
    reply = client.get(f"/line/login/callback?error={error}&state={asked['state']}")

    shown = page(client, reply.location)

    assert words in shown
    assert f'value="{named_case.public_code}"' in shown
    assert not line.asked


def test_without_line_login_the_ordinary_door_opens_and_says_what_to_do(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    case = register_case(app, session)

    reply = client.get(f"/line/open/{case.public_code}")

    assert reply.location == f"/track?code={case.public_code}"
    shown = page(client, reply.location)
    assert "ใส่รหัสติดตามกับรหัสผ่าน" in shown
    assert "เข้าด้วย LINE" not in shown


def test_who_holds_the_case_by_password_is_not_sent_to_line(
    app: Flask, client: FlaskClient, named_case: Complaint
) -> None:
    password = app.extensions["vault"].tracking_password(
        named_case.public_code, named_case.tracking_generation
    )
    fields = {"code": named_case.public_code, "password": password, "csrf_token": csrf(client, "/track")}
    client.post("/track", data=fields)

    assert client.get(f"/line/open/{named_case.public_code}").location == "/track/complaint"


def test_guessing_codes_at_line_slows_down(
    client: FlaskClient, named_case: Complaint, line: LoginLine
) -> None:
    line.statuses = {"token": 400}
    replies = [sign_in_with_line(client) for _try in range(21)]

    assert [reply.status_code for reply in replies[:20]] == [303] * 20
    assert replies[20].status_code == 429
    assert int(replies[20].headers["Retry-After"]) > 0


def test_a_shared_member_is_nobody(client: FlaskClient, named_case: Complaint, session: Session) -> None:
    member_of(session).is_shared = True
    session.commit()

    assert "ยังไม่ได้ผูก" in page(client, sign_in_with_line(client).location)


# Nothing leaks ----------------------------------------------------------------------------------------------


def test_the_doors_tell_no_other_site_and_are_kept_nowhere(
    client: FlaskClient, named_case: Complaint
) -> None:
    asked = asked_of_line(client.get("/line/mine"))
    replies = [
        client.get(f"/line/open/{named_case.public_code}"),
        come_back(client, asked),
        client.get("/line/mine"),
        client.get("/line/login/callback"),
    ]

    for reply in replies:
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert reply.headers["Cache-Control"] == "no-store"
        assert "default-src 'self'" in reply.headers["Content-Security-Policy"]


def test_no_code_token_or_secret_is_logged(
    app: Flask, client: FlaskClient, named_case: Complaint, line: LoginLine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    asked = asked_of_line(client.get("/line/mine"))
    come_back(client, asked)
    line.statuses = {"verify": 400}
    sign_in_with_line(app.test_client())

    said = "\n".join(str(vars(record)) for record in caplog.records)
    assert "LINE Login was called" in said
    for secret in (CODE, ID_TOKEN, SECRET, asked["state"], asked["nonce"], line.sub, "an-access-token"):
        assert secret not in said


def test_the_cookie_does_not_name_the_person(
    client: FlaskClient, named_case: Complaint, line: LoginLine
) -> None:
    sign_in_with_line(client)
    with client.session_transaction() as kept:
        assert line.sub not in str(dict(kept))


@pytest.mark.parametrize(
    "code", ["https:evil.example", "..%2f..%2fadmin", "%0d%0aSet-Cookie", "x" * 300, "ก"]
)
def test_no_address_leads_away_from_us(client: FlaskClient, named_case: Complaint, code: str) -> None:
    sign_in_with_line(client)
    reply = client.get(f"/line/open/{code}")

    assert reply.status_code in {303, 404}
    if reply.status_code == 303:
        assert reply.location.startswith("/track?code=")
