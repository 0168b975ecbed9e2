"""An expired login loses nothing that was typed, and gives it to nobody else."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from helpers.people import actor_named
from helpers.stranger import Phone, Stranger, field_of, phone_of, secret_of, text_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import DEMO_PASSWORD
from domain.clock import FrozenClock
from domain.drafts import take_draft
from models import Draft

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

FORM = "/admin/category/new/"
STORY = "ถนนเป็นหลุมลึก <หน้าบ้าน> “เลขที่ 12” & อื่น ๆ"
TYPED = {"code": "ทด", "name": STORY}
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
FAR_LATER = timedelta(hours=2)


@pytest.fixture
def officer(app: Flask, frozen_noon: FrozenClock) -> Stranger:
    visitor = Stranger(app)
    visitor.sign_in("executive")
    return visitor


def typed_after_the_end(officer: Stranger, clock: FrozenClock, path: str = FORM, **options: Any) -> Any:
    """Send a form whose session ended while it was open."""
    token = officer.token("/admin/account")
    clock.advance(FAR_LATER)
    return officer.send(path, {**TYPED, "csrf_token": token, "password": "geheim"}, **options)


def draft_in(location: str) -> str:
    return parse_qs(urlsplit(location).query)["draft"][0]


def take(session: Session, username: str, location: str) -> dict[str, Any]:
    session.rollback()
    return dict(take_draft(session, actor_named(session, username), draft_in(location)))


def test_the_typed_text_comes_back_after_signing_in(
    officer: Stranger, session: Session, frozen_noon: FrozenClock
) -> None:
    page = typed_after_the_end(officer, frozen_noon)
    assert page.status_code == 401
    assert "ข้อความที่พิมพ์ยังอยู่" in text_of(page)

    answer = officer.sign_in("executive", typed=field_of(page, "typed"), next=field_of(page, "next"))

    assert answer.location.startswith(f"{FORM}?draft=")
    assert take(session, "executive", answer.location) == TYPED
    assert session.scalars(select(Draft)).one().form_name == FORM


def test_nothing_that_was_typed_can_be_read_on_the_page(officer: Stranger, frozen_noon: FrozenClock) -> None:
    page = text_of(typed_after_the_end(officer, frozen_noon))

    assert "หลุม" not in page
    assert "geheim" not in page


def test_a_wrong_password_in_between_loses_nothing(
    officer: Stranger, session: Session, frozen_noon: FrozenClock
) -> None:
    page = typed_after_the_end(officer, frozen_noon)
    again = officer.sign_in("executive", "wrong", typed=field_of(page, "typed"))

    answer = officer.sign_in("executive", typed=field_of(again, "typed"))

    assert take(session, "executive", answer.location) == TYPED


def test_the_second_step_loses_nothing(app: Flask, session: Session, frozen_noon: FrozenClock) -> None:
    phone, codes = phone_of(app, "clerk")
    officer = Stranger(app)
    officer.sign_in("clerk")
    officer.post("/admin/sign-in/code", {"code": codes[0]}, page="/admin/sign-in/code")
    page = typed_after_the_end(officer, frozen_noon)
    second = officer.sign_in("clerk", typed=field_of(page, "typed"), next=field_of(page, "next"))
    wrong = officer.post(
        "/admin/sign-in/code",
        {"code": "000000", "typed": field_of(second, "typed")},
        page="/admin/sign-in/code",
    )

    answer = officer.post(
        "/admin/sign-in/code",
        {"code": phone.code(), "typed": field_of(wrong, "typed")},
        page="/admin/sign-in/code",
    )

    assert take(session, "clerk", answer.location) == TYPED


def test_setting_up_a_phone_in_between_loses_nothing(
    app: Flask, session: Session, frozen_noon: FrozenClock, login_as: Any
) -> None:
    officer = Stranger(app)
    login_as(officer.client, "clerk")
    page = typed_after_the_end(officer, frozen_noon)
    enrol = officer.sign_in("clerk", typed=field_of(page, "typed"))
    form = {
        "sealed": field_of(enrol, "sealed"),
        "typed": field_of(enrol, "typed"),
        "code": Phone(secret_of(enrol)).code(),
    }

    done = officer.post("/admin/sign-in/enrol", form, page="/admin/sign-in/code")

    onward = re.search(rf'href="({FORM}\?draft=[^"]+)"', text_of(done))
    assert onward
    assert take(session, "clerk", onward.group(1)) == TYPED


def test_another_officer_at_the_same_desk_does_not_get_it(
    officer: Stranger, session: Session, frozen_noon: FrozenClock
) -> None:
    page = typed_after_the_end(officer, frozen_noon)

    second = officer.sign_in("head", typed=field_of(page, "typed"))
    form = {
        "sealed": field_of(second, "sealed"),
        "typed": field_of(second, "typed"),
        "code": Phone(secret_of(second)).code(),
    }
    done = officer.post("/admin/sign-in/enrol", form, page="/admin/sign-in/code")

    assert "draft=" not in text_of(done)
    assert session.scalars(select(Draft)).all() == []


@pytest.mark.parametrize("typed", ["x", "gAAAAABo", "\x00", "ก" * 1000])
def test_a_forged_text_is_no_text(officer: Stranger, session: Session, typed: str, app: Flask) -> None:
    answer = Stranger(app).sign_in("executive", typed=typed)

    assert answer.location == "/admin/"
    assert session.scalars(select(Draft)).all() == []


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
)
def test_another_site_cannot_put_words_into_a_form(
    officer: Stranger, frozen_noon: FrozenClock, headers: dict[str, str]
) -> None:
    page = typed_after_the_end(officer, frozen_noon, headers=headers)

    assert page.status_code == 401
    assert field_of(page, "typed") == ""


def test_a_browser_that_was_closed_and_opened_again_loses_nothing(
    officer: Stranger, app: Flask, session: Session
) -> None:
    """Its session cookie is gone, so the CSRF token fits no session any more."""
    token = officer.token("/admin/account")
    reopened = Stranger(app)

    page = reopened.send(FORM, {**TYPED, "csrf_token": token}, headers=SAME_ORIGIN)
    answer = reopened.sign_in("executive", typed=field_of(page, "typed"))

    assert page.status_code == 401
    assert take(session, "executive", answer.location) == TYPED


def test_a_form_from_before_signing_in_again_becomes_a_draft_at_once(
    officer: Stranger, session: Session
) -> None:
    old = officer.token("/admin/account")
    officer.post("/admin/sign-out", page="/admin/account")
    officer.sign_in("executive")

    answer = officer.send(FORM, {**TYPED, "csrf_token": old}, headers=SAME_ORIGIN)

    assert answer.status_code == 303
    assert take(session, "executive", answer.location) == TYPED


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}])
def test_a_stale_token_from_elsewhere_is_refused(officer: Stranger, headers: dict[str, str]) -> None:
    old = officer.token("/admin/account")
    officer.post("/admin/sign-out", page="/admin/account")
    officer.sign_in("executive")

    assert officer.send(FORM, {**TYPED, "csrf_token": old}, headers=headers).status_code == 400


@pytest.mark.parametrize("token", ["", "forged", "ImFiYyI.aaaa.bbbb"])
def test_a_form_this_site_never_gave_out_is_refused(officer: Stranger, app: Flask, token: str) -> None:
    form = {**TYPED, "csrf_token": token}

    for visitor in (officer, Stranger(app)):
        assert visitor.send(FORM, form, headers=SAME_ORIGIN).status_code == 400


def test_an_address_that_cannot_be_opened_leads_back_to_the_page_of_the_form(
    officer: Stranger, session: Session, frozen_noon: FrozenClock
) -> None:
    page = typed_after_the_end(
        officer,
        frozen_noon,
        "/admin/category/delete/",
        headers={"Referer": "http://localhost/admin/category/?page=2&draft=older-draft"},
    )

    answer = officer.sign_in("executive", typed=field_of(page, "typed"))

    assert answer.location.startswith("/admin/category/?page=2&draft=")
    assert take(session, "executive", answer.location) == TYPED


@pytest.mark.parametrize(
    "referer", ["https://evil.example/admin/", "//evil.example/", "", "http://localhost//evil"]
)
def test_a_foreign_referer_leads_to_the_front_page(
    officer: Stranger, frozen_noon: FrozenClock, referer: str
) -> None:
    page = typed_after_the_end(officer, frozen_noon, "/admin/category/delete/", headers={"Referer": referer})

    assert officer.sign_in("executive", typed=field_of(page, "typed")).location.startswith("/admin/?draft=")


def test_the_draft_replaces_an_older_one_in_the_address(officer: Stranger, frozen_noon: FrozenClock) -> None:
    page = typed_after_the_end(officer, frozen_noon, f"{FORM}?draft=older-draft&kind=a")

    location = officer.sign_in("executive", typed=field_of(page, "typed")).location

    assert location.startswith(f"{FORM}?kind=a&draft=")
    assert "older-draft" not in location


def test_files_do_not_travel(officer: Stranger, frozen_noon: FrozenClock, session: Session) -> None:
    token = officer.token("/admin/account")
    frozen_noon.advance(FAR_LATER)
    upload = {**TYPED, "csrf_token": token, "photo": (BytesIO(b"\xff\xd8" * 9000), "a.jpg")}
    page = officer.send(FORM, upload, content_type="multipart/form-data")

    answer = officer.sign_in("executive", typed=field_of(page, "typed"))

    assert len(field_of(page, "typed")) < 4000
    assert take(session, "executive", answer.location) == TYPED


def test_the_longest_story_fits_and_more_is_said_to_be_cut(
    officer: Stranger, frozen_noon: FrozenClock, session: Session
) -> None:
    token = officer.token("/admin/account")
    frozen_noon.advance(FAR_LATER)
    page = officer.send(FORM, {"story": "ก" * 20_000, "note": "ข" * 90_000, "csrf_token": token})

    answer = officer.sign_in("executive", typed=field_of(page, "typed"))

    assert "เก็บไว้ได้เพียงบางส่วน" in text_of(page)
    assert take(session, "executive", answer.location) == {"story": "ก" * 20_000, "note": "ข" * 20_000}


def test_a_fragment_is_replaced_by_the_whole_door(officer: Stranger, frozen_noon: FrozenClock) -> None:
    page = typed_after_the_end(officer, frozen_noon, headers={"HX-Request": "true"})

    assert page.status_code == 401
    assert (page.headers["HX-Retarget"], page.headers["HX-Reswap"]) == ("body", "innerHTML")
    assert field_of(page, "typed")


def test_a_script_only_hears_that_it_must_sign_in(officer: Stranger, frozen_noon: FrozenClock) -> None:
    token = officer.token("/admin/account")
    frozen_noon.advance(FAR_LATER)

    asks = {"X-CSRFToken": token, "Accept": "application/json"}  # As draft.js does.
    answer = officer.client.post("/admin/complaint/new/draft", data={"story": "ถนน"}, headers=asks)

    assert (answer.status_code, answer.json["error"]) == (401, "signed_out")


def test_a_door_left_open_over_night_still_opens(app: Flask, officer: Stranger) -> None:
    stale = officer.token("/admin/account")
    visitor = Stranger(app)
    form = {"username": "executive", "password": DEMO_PASSWORD, "csrf_token": stale, "next": FORM}

    page = visitor.send("/admin/sign-in", form)

    assert page.status_code == 400
    assert (field_of(page, "username"), field_of(page, "next")) == ("executive", FORM)
    assert visitor.sign_in("executive").status_code == 303
