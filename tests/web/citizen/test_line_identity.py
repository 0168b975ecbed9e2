"""Pages opened from LINE know who it is: LINE says so, to the server, about this one sign-in."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from helpers.casework import bring_to, hold, member_of, register_case
from helpers.login_line import (
    CHANNEL_ID,
    CODE,
    ID_TOKEN,
    SECRET,
    LoginLine,
    asked_of_line,
    come_back,
    is_ordinary_door,
    line_id,
    page,
    sign_in_with_line,
)
from helpers.pages import csrf
from helpers.people import actor_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.attachments import claim_photos
from domain.clock import FrozenClock, now
from domain.line_identity import ROWS_ON_A_PAGE
from models import AttachmentStage, Complaint, ComplaintFollower, ComplaintStatus, LineAccount, Rating

S = ComplaintStatus
OTHER = "+66899999999"


# The way through LINE ---------------------------------------------------------------------------------------


def test_a_card_opens_the_case_without_code_and_password(
    client: FlaskClient, named_case: Complaint, line: LoginLine
) -> None:
    reply = sign_in_with_line(client, f"/line/open/{named_case.public_code}")

    assert reply.location == f"/line/open/{named_case.public_code}"
    shown = page(client, reply.location)
    assert str(named_case.number) in shown
    assert "เรื่องของฉันทั้งหมด" in shown
    assert [path for path, _fields in line.asked] == ["/oauth2/v2.1/token", "/oauth2/v2.1/verify"]


def test_line_is_asked_with_state_nonce_and_a_challenge_for_our_own_address(
    client: FlaskClient, named_case: Complaint, line: LoginLine
) -> None:
    asked = asked_of_line(client.get(f"/line/open/{named_case.public_code}"))
    come_back(client, asked)

    assert asked["client_id"] == CHANNEL_ID
    assert asked["response_type"] == "code"
    assert asked["scope"] == "openid"
    assert asked["redirect_uri"] == "http://localhost/line/login/callback"
    assert len(asked["state"]) >= 32
    assert len(asked["nonce"]) >= 32
    (_path, token), (_path2, verify) = line.asked
    challenge = base64.urlsafe_b64encode(hashlib.sha256(token["code_verifier"].encode()).digest())
    assert asked["code_challenge_method"] == "S256"
    assert asked["code_challenge"] == challenge.decode().rstrip("=")
    assert (token["code"], token["client_secret"]) == (CODE, SECRET)
    assert token["redirect_uri"] == asked["redirect_uri"]
    assert verify == {"id_token": ID_TOKEN, "client_id": CHANNEL_ID, "nonce": asked["nonce"]}


def test_in_production_the_browser_goes_to_line_itself(
    app: Flask, client: FlaskClient, named_case: Complaint
) -> None:
    app.extensions["settings"] = replace(app.extensions["settings"], line_api_url=None)

    reply = client.get(f"/line/open/{named_case.public_code}?sim_user=U{9:032x}")

    assert reply.location.startswith("https://access.line.me/oauth2/v2.1/authorize?")
    assert "sim_user" not in reply.location


def test_once_named_he_is_not_asked_again_for_half_an_hour(
    client: FlaskClient, named_case: Complaint, frozen_noon: FrozenClock
) -> None:
    sign_in_with_line(client)
    for _look in range(3):
        frozen_noon.advance(timedelta(minutes=29))
        assert client.get(f"/line/open/{named_case.public_code}").location == "/track/complaint"

    frozen_noon.advance(timedelta(minutes=31))
    assert asked_of_line(client.get(f"/line/open/{named_case.public_code}"))


def test_a_visit_ends_after_half_a_day_however_busy(
    client: FlaskClient, named_case: Complaint, frozen_noon: FrozenClock
) -> None:
    sign_in_with_line(client)
    for _look in range(25):
        frozen_noon.advance(timedelta(minutes=29))
        reply = client.get("/line/mine")

    assert asked_of_line(reply)


def test_a_page_that_stood_open_too_long_leads_back_through_line(
    client: FlaskClient, named_case: Complaint, frozen_noon: FrozenClock
) -> None:
    page(client, sign_in_with_line(client, f"/line/open/{named_case.public_code}").location)
    frozen_noon.advance(timedelta(minutes=31))

    assert client.get("/track/complaint").location == f"/line/open/{named_case.public_code}"


def test_a_form_that_comes_too_late_never_ends_at_line(
    client: FlaskClient, named_case: Complaint, frozen_noon: FrozenClock
) -> None:
    page(client, sign_in_with_line(client, f"/line/open/{named_case.public_code}").location)
    token = csrf(client, "/track/complaint")
    frozen_noon.advance(timedelta(minutes=31))

    reply = client.post("/track/rating", data={"stars": "5", "csrf_token": token})

    assert is_ordinary_door(reply)  # Browsers hold form-action against every redirect after a form.


def test_leaving_forgets_the_case_and_who_it_was(client: FlaskClient, named_case: Complaint) -> None:
    page(client, sign_in_with_line(client, f"/line/open/{named_case.public_code}").location)
    client.post("/track/leave", data={"csrf_token": csrf(client, "/track/complaint")})

    assert is_ordinary_door(client.get("/track/complaint"))
    assert asked_of_line(client.get("/line/mine"))


def test_an_officer_at_the_same_browser_stays_signed_in(
    client: FlaskClient, named_case: Complaint, login_as: Any
) -> None:
    login_as(client, "clerk")
    sign_in_with_line(client)

    assert client.get("/admin/account").status_code == 200


# Whose case it is -------------------------------------------------------------------------------------------


def test_the_complainant_rates_the_result(
    client: FlaskClient, named_case: Complaint, session: Session
) -> None:
    page(client, sign_in_with_line(client, f"/line/open/{named_case.public_code}").location)
    fields = {"stars": "4", "comment": "ดี", "csrf_token": csrf(client, "/track/complaint")}

    assert client.post("/track/rating", data=fields).status_code == 303
    session.rollback()
    assert session.scalars(select(Rating)).one().stars == 4


def test_the_complainant_asks_to_have_it_done_again(
    client: FlaskClient, named_case: Complaint, session: Session
) -> None:
    page(client, sign_in_with_line(client, f"/line/open/{named_case.public_code}").location)
    fields = {"words": "ยังไม่เรียบร้อย", "csrf_token": csrf(client, "/track/complaint")}
    client.post("/track/reopen", data=fields)

    session.rollback()
    assert session.get_one(Complaint, named_case.id).status is S.IN_PROGRESS


def test_somebody_elses_case_and_no_case_get_the_same_ordinary_door(
    app: Flask, client: FlaskClient, session: Session, line: LoginLine
) -> None:
    case = register_case(app, session)
    member_of(session, OTHER)
    line.sub = line_id(session, OTHER)
    sign_in_with_line(client)

    foreign = client.get(f"/line/open/{case.public_code}")
    foreign_words = page(client, foreign.location)
    nobodys = client.get("/line/open/2026-999999")
    nobodys_words = page(client, nobodys.location)

    assert is_ordinary_door(foreign)
    assert foreign.location == f"/track?code={case.public_code}"
    assert "ไม่ได้ผูกกับบัญชี LINE ของท่าน" in foreign_words
    assert "ไม่ได้ผูกกับบัญชี LINE ของท่าน" in nobodys_words
    assert nobodys.location == "/track?code=2026-999999"
    assert client.get("/track/complaint").status_code == 303


def test_who_follows_a_case_sees_how_it_goes_and_touches_nothing(
    app: Flask, client: FlaskClient, session: Session, line: LoginLine
) -> None:
    case = bring_to(app, session, S.RESOLVED)
    clerk = actor_named(session, "clerk")
    for stage, mark in ((AttachmentStage.BEFORE, "b"), (AttachmentStage.AFTER, "c")):
        form = f"photos-{mark}-000000"
        hold(session, clerk, form, stage, mark)
        claim_photos(session, clerk, form, case, stage)
    follower = member_of(session, OTHER)
    session.add(ComplaintFollower(complaint=case, member=follower, since=now()))
    line.sub = line_id(session, OTHER)
    shown = page(client, sign_in_with_line(client, f"/line/open/{case.public_code}").location)
    before, after = sorted(case.attachments, key=lambda photo: photo.stage != AttachmentStage.BEFORE)

    assert "เรื่องที่ท่านติดตาม" in shown
    assert "ผลการดำเนินงาน" in shown
    assert 'name="stars"' not in shown
    assert "/track/reopen" not in shown
    assert before.public_id not in shown
    assert after.public_id in shown
    assert client.get(f"/track/photo/{before.public_id}").status_code == 404
    fields = {"stars": "1", "words": "x", "csrf_token": csrf(client, "/track/complaint")}
    assert client.post("/track/rating", data=fields).status_code == 403
    assert client.post("/track/withdraw", data=fields).status_code == 403


def test_a_line_account_taken_from_the_member_opens_nothing_more(
    client: FlaskClient, named_case: Complaint, session: Session
) -> None:
    page(client, sign_in_with_line(client, f"/line/open/{named_case.public_code}").location)
    session.scalars(
        select(LineAccount).where(LineAccount.line_user_id == line_id(session))
    ).one().member = None
    session.commit()

    assert client.get("/track/complaint").status_code == 303
    assert "ยังไม่ได้ผูกกับข้อมูลผู้แจ้งเรื่อง" in page(client, f"/line/open/{named_case.public_code}")


def test_whoever_line_knows_and_we_do_not_is_told_what_to_do(client: FlaskClient, line: LoginLine) -> None:
    line.sub = f"U{77:032x}"

    shown = page(client, sign_in_with_line(client).location)

    assert "ยังไม่ได้ผูกกับข้อมูลผู้แจ้งเรื่อง" in shown
    assert 'name="password"' in shown


def test_the_list_has_own_and_followed_cases_newest_first_on_pages(
    app: Flask, client: FlaskClient, session: Session, line: LoginLine
) -> None:
    cases = [register_case(app, session) for _each in range(ROWS_ON_A_PAGE + 1)]
    followed = register_case(app, session, member_id=member_of(session, OTHER).id)
    register_case(app, session, member_id=member_of(session, "+66877777777").id)
    session.add(ComplaintFollower(complaint=followed, member=member_of(session), since=now()))
    line.sub = line_id(session)

    first = page(client, sign_in_with_line(client).location)
    second = page(client, "/line/mine?page=2")

    assert first.count("/line/open/") == ROWS_ON_A_PAGE
    assert first.index(str(followed.number)) < first.index(str(cases[-1].number))
    assert "ติดตามอยู่" in first
    assert "รอดำเนินการ" in first
    assert str(cases[0].number) in second
    assert second.count("/line/open/") == 2
    assert page(client, "/line/mine?page=โก่ง")


def test_two_phones_of_the_simulator_share_a_browser(
    client: FlaskClient, named_case: Complaint, line: LoginLine
) -> None:
    sign_in_with_line(client)
    other = f"U{9:032x}"

    assert asked_of_line(client.get(f"/line/mine?sim_user={other}"))["sim_user"] == other
    assert client.get(f"/line/mine?sim_user={line.sub}").status_code == 303
