"""``/track`` through the browser: the door, the throttle, the page behind it, the rating."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.casework import bring_to, hold, register_case, token
from helpers.pages import csrf
from helpers.people import actor_named, officer_named
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from domain.clock import FrozenClock
from models import Attachment, AttachmentStage, AuthAttempt, Complaint, ComplaintStatus, Rating

S = ComplaintStatus
JPEG = b"\xff\xd8\xff\xe0 not much of a picture"


def password_of(app: Flask, case: Complaint) -> str:
    password: str = app.extensions["vault"].tracking_password(case.public_code, case.tracking_generation)
    return password


def knock(client: FlaskClient, code: str, password: str, ip: str = "203.0.113.9") -> TestResponse:
    fields = {"code": code, "password": password, "csrf_token": csrf(client, "/track")}
    return client.post("/track", data=fields, environ_base={"REMOTE_ADDR": ip})


@pytest.fixture
def enter(app: Flask, client: FlaskClient) -> Callable[[Complaint], FlaskClient]:
    def go_in(case: Complaint) -> FlaskClient:
        assert knock(client, case.public_code, password_of(app, case)).status_code == 303
        return client

    return go_in


def rate(client: FlaskClient, **fields: str) -> TestResponse:
    return client.post("/track/rating", data={**fields, "csrf_token": csrf(client, "/track/complaint")})


def plain(reply: TestResponse) -> str:
    """A page without what differs from one request to the next."""
    text = reply.get_data(as_text=True)
    text = re.sub(r'(name="csrf_token" value|nonce|name="code" value)="[^"]*"', r'\1=""', text)
    return re.sub(r"[A-Z0-9]{4}-[A-Z0-9]{4}", "", text)


def test_code_and_password_lead_to_the_complaint(app: Flask, client: FlaskClient, session: Session) -> None:
    case = register_case(app, session)

    reply = knock(client, case.public_code, password_of(app, case))

    assert reply.status_code == 303
    assert reply.location == "/track/complaint"
    shown = client.get("/track/complaint").get_data(as_text=True)
    assert str(case.number) in shown
    assert "รอดำเนินการ" in shown


def test_a_wrong_code_and_a_wrong_password_get_the_same_answer(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    case = register_case(app, session)

    wrong_password = knock(client, case.public_code, "0000000000")
    wrong_code = knock(client, "2026-999999", password_of(app, case))
    no_code = knock(client, "?", password_of(app, case))

    assert wrong_password.status_code == wrong_code.status_code == no_code.status_code == 422
    assert plain(wrong_password) == plain(wrong_code) == plain(no_code)
    assert "ไม่ถูกต้อง" in wrong_password.get_data(as_text=True)


def test_what_was_typed_stays_but_not_the_password(app: Flask, client: FlaskClient, session: Session) -> None:
    case = register_case(app, session)

    shown = knock(client, case.public_code, "SECRET9999").get_data(as_text=True)

    assert f'value="{case.public_code}"' in shown
    assert "SECRET9999" not in shown


def test_guesses_from_one_address_must_wait(
    app: Flask, client: FlaskClient, session: Session, frozen_noon: FrozenClock
) -> None:
    case = register_case(app, session)
    for number in range(5):
        assert knock(client, f"2026-{number + 900}", "0000000000").status_code == 422

    refused = knock(client, case.public_code, password_of(app, case))

    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "10"
    frozen_noon.advance(timedelta(seconds=10))
    assert knock(client, case.public_code, password_of(app, case)).status_code == 303


def test_guesses_at_one_complaint_from_many_addresses_must_wait(
    app: Flask, client: FlaskClient, session: Session, frozen_noon: FrozenClock
) -> None:
    case = register_case(app, session)
    for number in range(10):
        knock(client, case.public_code, "0000000000", ip=f"198.51.100.{number}")

    refused = knock(client, case.public_code, password_of(app, case), ip="203.0.113.77")

    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


def test_right_answers_slow_nobody_down(app: Flask, client: FlaskClient, session: Session) -> None:
    case = register_case(app, session)

    for _time in range(12):
        assert knock(client, case.public_code, password_of(app, case)).status_code == 303

    assert session.scalar(select(func.count()).select_from(AuthAttempt)) == 0


def test_without_the_forms_token_nothing_is_tried(client: FlaskClient, session: Session) -> None:
    reply = client.post("/track", data={"code": "2026-1", "password": "0000000000"})

    assert reply.status_code == 400
    assert session.scalar(select(func.count()).select_from(AuthAttempt)) == 0


@pytest.mark.parametrize("text", ["\x00", "\ud800", "\u202e", "x" * 50_000, "'; DROP TABLE complaint --"])
def test_anything_can_be_typed(client: FlaskClient, text: str) -> None:
    typed = text.encode("utf-8", "surrogatepass")
    fields = {"code": typed, "password": typed, "csrf_token": csrf(client, "/track")}

    assert client.post("/track", data=fields).status_code == 422


def test_a_stranger_is_led_to_the_door(client: FlaskClient) -> None:
    for address in ("/track/complaint", "/track/photo/" + "0" * 32):
        assert client.get(address).status_code in {303, 404}
    assert client.get("/track/complaint").location == "/track"


def test_after_half_an_hour_the_door_is_shut_and_says_why(
    app: Flask,
    session: Session,
    frozen_noon: FrozenClock,
    enter: Callable[[Complaint], FlaskClient],
) -> None:
    client = enter(register_case(app, session))
    frozen_noon.advance(timedelta(minutes=29))
    assert client.get("/track/complaint").status_code == 200
    frozen_noon.advance(timedelta(minutes=29))
    assert client.get("/track/complaint").status_code == 200  # Looking at it keeps it open.

    frozen_noon.advance(timedelta(minutes=31))
    reply = client.get("/track/complaint", follow_redirects=True)

    assert reply.request.path == "/track"
    assert "นานเกินไป" in reply.get_data(as_text=True)


def test_leaving_shuts_the_door(
    app: Flask, session: Session, enter: Callable[[Complaint], FlaskClient]
) -> None:
    client = enter(register_case(app, session))

    client.post("/track/leave", data={"csrf_token": csrf(client, "/track/complaint")})

    assert client.get("/track/complaint").location == "/track"


def test_the_page_names_nobody_and_tells_no_story(
    app: Flask, session: Session, enter: Callable[[Complaint], FlaskClient]
) -> None:
    case = bring_to(app, session, S.RESOLVED)
    other = register_case(app, session, story="เรื่องของคนอื่นทั้งหมด")
    names = [officer_named(session, name).first_name for name in ("officer", "clerk", "head")]
    client = enter(case)

    shown = client.get("/track/complaint").get_data(as_text=True)

    for secret in (*names, "สมชาย", "ใจดี", "812345678", "ถนนเป็นหลุมหน้าโรงเรียน", "เรื่องของคนอื่น"):
        assert secret not in shown
    assert str(other.number) not in shown


def test_the_page_is_kept_by_no_browser_and_no_proxy(
    app: Flask, session: Session, enter: Callable[[Complaint], FlaskClient]
) -> None:
    client = enter(register_case(app, session))

    assert client.get("/track/complaint").headers["Cache-Control"] == "no-store"


def _photo_of(app: Flask, session: Session, case: Complaint) -> str:
    officer, form = actor_named(session, "officer"), token()
    hold(session, officer, form, AttachmentStage.BEFORE)
    photo = session.scalars(select(Attachment).where(Attachment.draft_token == form)).one()
    key = app.extensions["files"].put(JPEG, ".jpg")
    photo.draft_token, photo.complaint_id = None, case.id
    photo.storage_key = photo.preview_key = key
    session.commit()
    return photo.public_id


def test_the_holder_sees_the_photos_of_the_complaint_and_no_others(
    app: Flask, session: Session, enter: Callable[[Complaint], FlaskClient]
) -> None:
    mine, other = register_case(app, session), register_case(app, session)
    own_photo, foreign_photo = _photo_of(app, session, mine), _photo_of(app, session, other)
    client = enter(mine)

    reply = client.get(f"/track/photo/{own_photo}")

    assert (reply.status_code, reply.mimetype, reply.data) == (200, "image/jpeg", JPEG)
    assert reply.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert client.get(f"/track/photo/{foreign_photo}").status_code == 404
    assert client.get("/track/photo/none").status_code == 404
    assert app.test_client().get(f"/track/photo/{own_photo}").status_code == 404


def test_a_photo_whose_file_is_gone_is_not_found(
    app: Flask, session: Session, enter: Callable[[Complaint], FlaskClient]
) -> None:
    case = register_case(app, session)
    public_id = _photo_of(app, session, case)
    for key in sorted(app.extensions["files"].keys()):
        app.extensions["files"].delete(key)

    assert enter(case).get(f"/track/photo/{public_id}").status_code == 404


def test_a_finished_complaint_can_be_rated_and_the_rating_changed(
    app: Flask, session: Session, enter: Callable[[Complaint], FlaskClient]
) -> None:
    client = enter(bring_to(app, session, S.RESOLVED))

    assert rate(client, stars="4", comment="เร็วดี").status_code == 303
    assert rate(client, stars="4", comment="เร็วดี").status_code == 303
    assert rate(client, stars="5", comment="เร็วมาก").status_code == 303

    kept = session.scalars(select(Rating)).one()
    assert (kept.stars, kept.comment) == (5, "เร็วมาก")
    assert "ขอบคุณ" in client.get("/track/complaint").get_data(as_text=True)


def test_after_seven_days_the_rating_stands(
    app: Flask,
    session: Session,
    frozen_noon: FrozenClock,
    enter: Callable[[Complaint], FlaskClient],
) -> None:
    case = bring_to(app, session, S.RESOLVED)
    client = enter(case)
    rate(client, stars="4", comment="ดี")
    frozen_noon.advance(timedelta(days=7, minutes=1))
    enter(case)

    refused = rate(client, stars="1", comment="แย่")

    assert refused.status_code == 422
    assert "7 วัน" in refused.get_data(as_text=True)
    assert session.scalars(select(Rating)).one().stars == 4


@pytest.mark.parametrize("stars", ["", "0", "6", "๕", "²", "-1", "4.5", "9" * 5000])
def test_a_rating_out_of_range_is_refused_and_the_words_stay(
    app: Flask, session: Session, enter: Callable[[Complaint], FlaskClient], stars: str
) -> None:
    client = enter(bring_to(app, session, S.RESOLVED))

    refused = rate(client, stars=stars, comment="คำที่พิมพ์ไว้")

    assert refused.status_code == 422
    shown = refused.get_data(as_text=True)
    assert "กรุณาให้คะแนน 1 ถึง 5" in shown
    assert "คำที่พิมพ์ไว้" in shown
    assert session.scalars(select(Rating)).all() == []


def test_a_comment_too_long_is_refused_and_not_lost(
    app: Flask, session: Session, enter: Callable[[Complaint], FlaskClient]
) -> None:
    client = enter(bring_to(app, session, S.RESOLVED))

    refused = rate(client, stars="3", comment="ก" * 2001)

    assert refused.status_code == 422
    shown = refused.get_data(as_text=True)
    assert "ก" * 2001 in shown
    assert 'value="3" checked' in shown


def test_what_is_not_finished_cannot_be_rated(
    app: Flask, session: Session, enter: Callable[[Complaint], FlaskClient]
) -> None:
    client = enter(bring_to(app, session, S.IN_PROGRESS))

    assert 'name="stars"' not in client.get("/track/complaint").get_data(as_text=True)
    assert rate(client, stars="5").status_code == 422
    assert session.scalars(select(Rating)).all() == []


def test_every_page_speaks_english(
    app: Flask, session: Session, enter: Callable[[Complaint], FlaskClient]
) -> None:
    client = enter(bring_to(app, session, S.RESOLVED))

    shown = client.get("/track/complaint?lang=en").get_data(as_text=True)
    asked = client.get("/track").get_data(as_text=True)
    refused = rate(client, stars="9").get_data(as_text=True)

    assert "Finished" in shown
    assert "How satisfied are you" in shown
    assert "Password of 10 letters" in asked
    assert "1 to 5" in refused


@pytest.mark.parametrize("state", [S.REJECTED, S.WITHDRAWN, S.DUPLICATE])
def test_what_was_not_dealt_with_does_not_look_done(
    app: Flask, session: Session, enter: Callable[[Complaint], FlaskClient], state: ComplaintStatus
) -> None:
    shown = enter(bring_to(app, session, state)).get("/track/complaint").get_data(as_text=True)

    assert 'class="step step-now step-off"' in shown
    assert 'class="notice"' not in shown
    assert shown.count('class="notice notice-off"') == (state in {S.REJECTED, S.DUPLICATE})


def test_a_finished_complaint_looks_done(
    app: Flask, session: Session, enter: Callable[[Complaint], FlaskClient]
) -> None:
    shown = enter(bring_to(app, session, S.RESOLVED)).get("/track/complaint").get_data(as_text=True)

    assert 'class="notice"' in shown
    assert "-off" not in shown.partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize(
    "state", [S.SUBMITTED, S.ACCEPTED, S.AWAITING_PLAN, S.REJECTED, S.DUPLICATE, S.CLOSED]
)
def test_every_state_has_a_page(
    app: Flask, session: Session, enter: Callable[[Complaint], FlaskClient], state: ComplaintStatus
) -> None:
    assert enter(bring_to(app, session, state)).get("/track/complaint").status_code == 200
