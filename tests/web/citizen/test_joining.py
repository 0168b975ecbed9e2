"""One address and one QR code: citizens and officers choose which LINE account to add."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.visitor import Desk, text_of
from sqlalchemy import delete
from sqlalchemy.orm import Session

from citizen import joining
from documents.drawings import qr_data_uri
from domain.line_connections import connection_of
from domain.settings import write_setting
from models import LineChannel, Setting

JOIN = "/line/join"
POSTER = "/line/join/poster"
IDS = {LineChannel.CITIZEN: "@khonkaen", LineChannel.STAFF: "@kkstaff"}


def page(client: FlaskClient, address: str = JOIN) -> str:
    reply = client.get(address)
    assert reply.status_code == 200
    return reply.get_data(as_text=True)


def card(shown: str, channel: str) -> str:
    found = re.search(
        rf'<section class="card join" aria-labelledby="join-{channel}".*?</section>', shown, re.S
    )
    assert found
    return found[0]


def tell(session: Session, *channels: LineChannel) -> None:
    """Let LINE have told us who these accounts are."""
    for channel in channels:
        connection_of(session, channel).basic_id = IDS[channel]
    session.commit()


def test_a_stranger_chooses_between_two_accounts(client: FlaskClient, session: Session) -> None:
    tell(session, *IDS)

    shown = page(client)

    assert "เทศบาลนครขอนแก่น" in shown
    assert "<h1>เพิ่มเพื่อน LINE</h1>" in shown
    assert 'href="https://line.me/R/ti/p/%40khonkaen"' in card(shown, "citizen")
    assert 'href="https://line.me/R/ti/p/%40kkstaff"' in card(shown, "staff")
    assert "@kkstaff" in card(shown, "staff")
    assert "ผูกบัญชี" in card(shown, "staff")
    assert "ผูกบัญชี" not in card(shown, "citizen")


def test_beside_each_link_stands_the_code_of_the_same_address(client: FlaskClient, session: Session) -> None:
    tell(session, *IDS)

    shown = page(client)

    for channel, basic_id in IDS.items():
        code = qr_data_uri(f"https://line.me/R/ti/p/%40{basic_id[1:]}")
        assert f'src="{code}"' in card(shown, channel.value)


def test_an_account_nobody_knows_yet_says_so_and_gives_the_telephone(
    client: FlaskClient, session: Session
) -> None:
    tell(session, LineChannel.CITIZEN)

    staff = card(page(client), "staff")

    assert "บัญชี LINE นี้ยังไม่พร้อมใช้" in staff
    assert 'href="tel:+6643000100"' in staff
    assert "line.me" not in staff
    assert "<img" not in staff


def test_a_town_that_has_set_nothing_yet_has_the_page_all_the_same(
    client: FlaskClient, session: Session
) -> None:
    session.execute(delete(Setting))
    session.commit()

    shown = page(client)

    assert shown.count("ยังไม่พร้อมใช้") == 2
    assert "tel:" not in shown
    assert page(client, POSTER)


def test_words_in_place_of_a_number_lead_nowhere(client: FlaskClient, session: Session) -> None:
    write_setting(session, "contact_phone", "ที่ห้องรับเรื่อง")
    session.commit()

    assert "ที่ห้องรับเรื่อง" in card(page(client), "citizen")
    assert 'href="tel:"' not in page(client)


def test_the_page_and_the_poster_speak_english(client: FlaskClient, session: Session) -> None:
    tell(session, *IDS)

    assert "Link my account" in page(client, f"{JOIN}?lang=en")
    poster = page(client, f"{POSTER}?lang=en")
    assert "Khon Kaen City Municipality" in poster
    assert "Officers use the same QR code" in poster


def test_what_line_calls_itself_is_shown_as_text(client: FlaskClient, session: Session) -> None:
    connection_of(session, LineChannel.CITIZEN).basic_id = '@"><script>alert(1)</script>'
    session.commit()

    assert "<script>alert(1)" not in page(client)


def test_outside_the_demo_an_address_cannot_name_somebody(client: FlaskClient, session: Session) -> None:
    tell(session, *IDS)

    assert "sim_user" not in card(page(client, f"{JOIN}?sim_user=U{'0' * 32}"), "citizen")


def test_the_poster_says_our_own_address_whatever_accounts_there_are(app: Flask, client: FlaskClient) -> None:
    before = app.extensions["settings"]
    app.extensions["settings"] = replace(before, public_url="https://complaints.khonkaen.example")
    try:
        shown = page(client, POSTER)
    finally:
        app.extensions["settings"] = before

    assert "<h1>เทศบาลนครขอนแก่น</h1>" in shown
    assert "สแกนเพื่อเพิ่มเพื่อนและติดตามเรื่องทาง LINE" in shown
    assert "เจ้าหน้าที่ใช้ QR เดียวกัน" in shown
    assert "https://complaints.khonkaen.example/line/join<" in shown
    code = qr_data_uri("https://complaints.khonkaen.example/line/join", joining._POSTER_PIXELS)
    assert f'src="{code}"' in shown


def test_the_posters_code_has_a_white_rim_and_is_large_enough_for_paper(client: FlaskClient) -> None:
    from PIL import Image  # noqa: PLC0415 - only this test looks at the picture

    found = re.search(r'src="data:image/png;base64,([^"]+)"', page(client, POSTER))
    assert found
    picture = Image.open(io.BytesIO(base64.b64decode(found[1]))).convert("L")
    rim = 4 * joining._POSTER_PIXELS

    assert picture.width >= 600
    assert picture.crop((0, 0, picture.width, rim)).getextrema() == (255, 255)
    assert picture.getpixel((rim, rim)) == 0


def test_the_front_page_leads_there_once_the_citizens_account_is_known(
    client: FlaskClient, session: Session
) -> None:
    tell(session, LineChannel.STAFF)
    assert JOIN not in page(client, "/")

    tell(session, LineChannel.CITIZEN)

    assert f'href="{JOIN}"' in page(client, "/")


@pytest.mark.parametrize("address", [JOIN, POSTER])
def test_there_is_nothing_to_change_here(client: FlaskClient, address: str) -> None:
    assert client.post(address).status_code in {400, 405}


def test_the_set_up_page_gives_the_address_the_code_and_the_poster(
    app: Flask, login_as: Callable[..., Any], session: Session
) -> None:
    desk = Desk(app, login_as, "admin")
    tell(session, LineChannel.CITIZEN)
    untold = "บัญชีที่ LINE ยังไม่บอก ID"

    shown = text_of(desk.get("/admin/line/"))

    assert 'value="http://localhost/line/join"' in shown
    assert f'src="{qr_data_uri("http://localhost/line/join")}"' in shown
    assert f'href="{POSTER}"' in shown
    assert untold in shown
    tell(session, LineChannel.STAFF)
    assert untold not in text_of(desk.get("/admin/line/"))
