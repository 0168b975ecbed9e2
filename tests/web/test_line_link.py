"""The page where an officer links LINE with his account, and the pages where the two are parted again."""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.people import officer_named
from helpers.stranger import Phone, Stranger, phone_of, text_of
from helpers.visitor import Desk
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from domain.actor import Actor
from domain.clock import now
from domain.line_linking import complete_link, is_nonce_good, linked_accounts, offer_link
from models import LineAccount

LoginAs = Callable[[FlaskClient, str], FlaskClient]
ActAs = Callable[[str], Actor]
PAGE = "/admin/line-link/"
TOKEN = "NMZTNuVrPTqlr2IF8Bnymkb7rXfYv5EY"
PHONE = f"U{61:032x}"


@pytest.fixture
def officer(app: Flask, login_as: LoginAs) -> Desk:
    return Desk(app, login_as, "officer")


def linked(session: Session, act_as: ActAs, who: str) -> LineAccount:
    complete_link(session, PHONE, offer_link(session, act_as(who)), now())
    session.commit()
    return session.scalars(select(LineAccount).where(LineAccount.line_user_id == PHONE)).one()


def onward(reply: TestResponse) -> dict[str, str]:
    """Where the browser is sent, without asking the policy of the form's page."""
    assert reply.status_code == 200
    address = reply.headers["Refresh"].removeprefix("0; url=")
    assert html.escape(address) in text_of(reply)
    assert address.startswith("https://access.line.me/dialog/bot/accountLink?")
    return {name: one[0] for name, one in parse_qs(urlsplit(address).query).items()}


def test_a_stranger_signs_in_first_and_comes_back_with_the_token(app: Flask) -> None:
    stranger = Stranger(app)
    first = stranger.get(f"{PAGE}?linkToken={TOKEN}")
    wanted = parse_qs(urlsplit(first.location).query)["next"][0]

    assert first.status_code == 302
    done = stranger.sign_in("executive", next=wanted)

    assert done.location == f"{PAGE}?linkToken={TOKEN}"


def test_who_has_a_second_factor_gives_it_first(app: Flask) -> None:
    phone, _codes = phone_of(app, "officer")
    assert isinstance(phone, Phone)
    stranger = Stranger(app)
    stranger.sign_in("officer", next=f"{PAGE}?linkToken={TOKEN}")

    assert stranger.get(f"{PAGE}?linkToken={TOKEN}").status_code == 302
    page = stranger.get("/admin/sign-in/code")
    assert page.status_code == 200


def test_the_page_names_the_account_and_says_that_it_can_be_undone(officer: Desk, session: Session) -> None:
    shown = text_of(officer.get(f"{PAGE}?linkToken={TOKEN}"))

    assert officer_named(session, "officer").full_name in shown
    assert "เลิกผูกได้ทุกเมื่อ" in shown
    assert f'value="{TOKEN}"' in shown


def test_pressing_the_button_leads_to_line_with_a_nonce_of_one_use(officer: Desk, session: Session) -> None:
    asked = onward(officer.post(PAGE, {"linkToken": TOKEN}))

    assert asked["linkToken"] == TOKEN
    assert 10 <= len(asked["nonce"]) <= 255
    assert complete_link(session, PHONE, asked["nonce"], now()).username == "officer"
    assert not is_nonce_good(session, asked["nonce"])


def test_looking_at_the_page_links_nothing(officer: Desk, session: Session) -> None:
    reply = officer.get(f"{PAGE}?linkToken={TOKEN}")

    assert "Refresh" not in reply.headers
    assert officer.post(PAGE, {"linkToken": TOKEN}, token=False).status_code == 400


@pytest.mark.parametrize(
    "token", ["", "a b", "https://evil.example/?", "x" * 301, "<b>", "a&nonce=mine", "ก", "a%0d%0aX: y"]
)
def test_a_token_of_another_shape_goes_nowhere(officer: Desk, token: str) -> None:
    for reply in (
        officer.get(PAGE, query_string={"linkToken": token}),
        officer.post(PAGE, {"linkToken": token}),
    ):
        assert reply.status_code == 400
        assert "Refresh" not in reply.headers
        assert "เริ่มจากแชต LINE" in text_of(reply)
        assert "evil.example" not in text_of(reply)


def test_nothing_in_the_address_says_where_to_go(officer: Desk) -> None:
    reply = officer.post(f"{PAGE}?next=https://evil.example", {"linkToken": TOKEN, "next": "//evil.example"})

    assert onward(reply)["linkToken"] == TOKEN


def test_the_pages_tell_no_other_site_and_are_kept_nowhere(officer: Desk) -> None:
    for reply in (officer.get(f"{PAGE}?linkToken={TOKEN}"), officer.post(PAGE, {"linkToken": TOKEN})):
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert reply.headers["Cache-Control"] == "no-store"
        assert "form-action 'self';" in reply.headers["Content-Security-Policy"]


def test_neither_token_nor_nonce_is_logged(officer: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    asked = onward(officer.post(PAGE, {"linkToken": TOKEN}))

    said = "\n".join(str(vars(record)) for record in caplog.records)
    assert TOKEN not in said
    assert asked["nonce"] not in said


# Parting ----------------------------------------------------------------------------------------------------


def test_the_own_account_shows_what_is_linked_and_parts_it(
    officer: Desk, session: Session, act_as: ActAs
) -> None:
    row = linked(session, act_as, "officer")
    row.display_name = "พี่ช่าง"
    session.commit()
    shown = text_of(officer.get("/admin/account"))

    assert "พี่ช่าง" in shown
    assert f"{PAGE}{row.id}/unlink" in shown
    assert PHONE not in shown
    done = officer.post(f"{PAGE}{row.id}/unlink")

    assert done.location == "/admin/account"
    assert "เลิกผูก LINE แล้ว" in text_of(officer.get("/admin/account"))
    session.rollback()
    assert row.staff_user_id is None


def test_nobody_parts_a_colleagues_line(
    app: Flask, login_as: LoginAs, session: Session, act_as: ActAs
) -> None:
    row = linked(session, act_as, "officer")
    colleague = Desk(app, login_as, "clerk")
    colleague.post(f"{PAGE}{row.id}/unlink")

    session.rollback()
    assert row.staff_user_id == officer_named(session, "officer").id
    assert colleague.post(f"/admin/staff-account/{row.staff_user_id}/unlink-line/{row.id}").status_code == 403


def test_the_administrator_parts_the_line_of_a_lost_phone(
    app: Flask, login_as: LoginAs, session: Session, act_as: ActAs
) -> None:
    row, user_id = linked(session, act_as, "officer"), officer_named(session, "officer").id
    admin = Desk(app, login_as, "admin")
    address = f"/admin/staff-account/{user_id}/unlink-line/{row.id}"
    assert address in text_of(admin.get(f"/admin/staff-account/{user_id}"))

    other = officer_named(session, "clerk").id
    assert admin.post(f"/admin/staff-account/{other}/unlink-line/{row.id}").status_code == 404
    admin.post(address)

    session.rollback()
    assert row.staff_user_id is None
    assert admin.post(address).status_code == 404


def test_closing_the_account_parts_its_line_and_its_nonces(
    app: Flask, login_as: LoginAs, officer: Desk, session: Session, act_as: ActAs
) -> None:
    linked(session, act_as, "officer")
    user_id = officer_named(session, "officer").id
    nonce = onward(officer.post(PAGE, {"linkToken": TOKEN}))["nonce"]
    Desk(app, login_as, "admin").post(f"/admin/staff-account/{user_id}/disable")

    session.rollback()
    assert linked_accounts(session, user_id) == []
    assert not is_nonce_good(session, nonce)
    assert officer.get(f"{PAGE}?linkToken={TOKEN}").status_code == 302


def test_the_buttons_ask_before_they_part(officer: Desk, session: Session, act_as: ActAs) -> None:
    linked(session, act_as, "officer")

    assert re.search(r"data-confirm=\"เลิกผูก LINE นี้หรือไม่", text_of(officer.get("/admin/account")))
