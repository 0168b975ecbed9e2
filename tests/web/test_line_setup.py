"""Connecting LINE on a screen: values go in and never come out, the test's findings are read in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from helpers.people import officer_named
from helpers.setup_line import (
    CITIZEN,
    PUBLIC,
    SECRETS,
    STAFF,
    TOKENS,
    SetupLine,
    line_jobs,
    paste,
    screen_keys,
    setup_line,
)
from helpers.visitor import Desk, text_of

from domain.clock import FrozenClock, now
from domain.line_connections import stored_keys
from domain.line_findings import finding
from domain.line_setup import keep_findings
from domain.setting_changes import has_secret
from domain.settings import write_setting
from extensions import db, write_transaction
from models import LineConnection
from worker.jobs import run_due

PAGE = "/admin/line/"
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def line(app: Flask) -> Iterator[SetupLine]:
    with setup_line(app) as made:
        yield made


@pytest.fixture
def desk(app: Flask, login_as: Callable[..., Any]) -> Desk:
    return Desk(app, login_as, "admin")


def save(desk: Desk, token: str = TOKENS[CITIZEN], secret: str = SECRETS[CITIZEN], **options: Any) -> Any:
    return desk.post(f"{PAGE}citizen/keys", {"citizen-token": token, "citizen-secret": secret}, **options)


def words_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def card(page: str, channel: str = "citizen") -> str:
    found = re.search(rf'<section class="card" id="{channel}".*?</section>', page, re.DOTALL)
    assert found
    return found[0]


def test_the_page_guides_and_shows_our_addresses(desk: Desk, line: SetupLine) -> None:
    page = text_of(desk.get(PAGE))

    assert f'value="{PUBLIC}/line/citizen/webhook"' in page
    assert f'value="{PUBLIC}/line/staff/webhook"' in page
    assert "Webhook redelivery" in page
    assert "<details" in page
    assert 'href="/admin/settings/line"' in page
    assert "ยังไม่เชื่อมต่อ" in card(page)


def test_values_are_kept_tested_and_never_shown_again(app: Flask, desk: Desk, line: SetupLine) -> None:
    answer = save(desk)

    assert answer.status_code == 303
    assert answer.location.endswith("/admin/line/#citizen")
    db.session.rollback()
    keys = stored_keys(db.session(), app.extensions["vault"], CITIZEN)
    assert (keys.token, keys.secrets) == (TOKENS[CITIZEN], (SECRETS[CITIZEN],))
    assert line.asked == []  # Not by the request.
    page = text_of(desk.get(PAGE))
    assert "กำลังทดสอบ" in card(page)
    assert 'hx-trigger="every 2s"' in card(page)
    assert run_due(app) == 1

    page = text_of(desk.get(PAGE))

    assert "token ใช้ได้: เป็นบัญชี “citizen” (@citizen)" in words_of(card(page))
    assert "every 2s" not in page
    for hidden in (TOKENS[CITIZEN], SECRETS[CITIZEN]):
        assert hidden not in page


def test_what_is_broken_comes_first_with_what_mends_it(app: Flask, desk: Desk, line: SetupLine) -> None:
    save(desk, token="sim-revoked")
    run_due(app)

    page = words_of(card(text_of(desk.get(PAGE))))

    assert "ยังมีข้อที่ต้องแก้" in page
    assert "ต้องแก้: LINE ไม่ยอมรับ channel access token (401)" in page
    assert "กด Issue หรือ Reissue" in page


def test_the_button_sets_our_address_by_the_worker(app: Flask, desk: Desk, line: SetupLine) -> None:
    paste(app, CITIZEN)
    desk.post(f"{PAGE}citizen/test")
    run_due(app)
    assert "ให้ LINE ใช้ที่อยู่ของเรา" in text_of(desk.get(PAGE))

    assert desk.post(f"{PAGE}citizen/webhook").status_code == 303
    assert line.endpoints == {}
    run_due(app)

    assert line.endpoints == {TOKENS[CITIZEN]: f"{PUBLIC}/line/citizen/webhook"}
    page = card(text_of(desk.get(PAGE)))
    assert "webhook ตั้งไว้ที่ระบบนี้และเปิดอยู่" in page
    assert 'action="/admin/line/citizen/webhook"' not in page


@on_sqlite
def test_pressed_twice_one_test_is_made(app: Flask, desk: Desk, line: SetupLine) -> None:
    paste(app, CITIZEN)
    for _press in range(2):
        desk.post(f"{PAGE}citizen/test")

    assert len(line_jobs()) == 1


@pytest.mark.parametrize(
    ("token", "secret", "box"),
    [
        ("", "sim-secret", "citizen-token"),
        ("sim-token", "", "citizen-secret"),
        ("โทเคน", "s", "citizen-token"),
    ],
)
def test_bad_values_are_told_beside_their_box(
    app: Flask, desk: Desk, line: SetupLine, token: str, secret: str, box: str
) -> None:
    answer = save(desk, token, secret)

    page = text_of(answer)
    assert answer.status_code == 422
    assert f'id="{box}-error"' in page
    assert f'<a href="#{box}">' in page
    assert line_jobs() == []
    assert (
        db.session.get(LineConnection, CITIZEN) is None or not db.session.get(LineConnection, CITIZEN).token
    )  # type: ignore[union-attr]


def test_a_typed_secret_does_not_come_back_with_an_error(desk: Desk, line: SetupLine) -> None:
    assert "sim-typed" not in text_of(save(desk, token="", secret="sim-typed"))


def test_during_rotation_the_page_says_how_long_the_old_secret_lives(
    app: Flask, desk: Desk, line: SetupLine, frozen_noon: FrozenClock
) -> None:
    save(desk)
    save(desk, token="", secret="sim-newer")
    assert "ใช้ secret เดิมได้ถึง 21 พ.ย. 2569 12:00" in words_of(text_of(desk.get(PAGE)))

    frozen_noon.advance(timedelta(hours=25))

    assert "ใช้ secret เดิมได้ถึง" not in text_of(Desk.get(desk, PAGE))


def test_a_channel_is_disconnected_after_a_question(app: Flask, desk: Desk, line: SetupLine) -> None:
    save(desk)
    run_due(app)
    assert 'data-confirm="เลิกเชื่อมต่อบัญชี LINE ของประชาชนหรือไม่' in text_of(desk.get(PAGE))

    assert desk.post(f"{PAGE}citizen/forget").status_code == 303

    assert "ยังไม่เชื่อมต่อ" in card(text_of(desk.get(PAGE)))
    db.session.rollback()
    assert stored_keys(db.session(), app.extensions["vault"], CITIZEN).token is None


def test_values_of_the_server_are_not_offered_here(app: Flask, desk: Desk) -> None:
    page = card(text_of(desk.get(PAGE)))

    assert "กำหนดไว้ในเครื่องแม่ข่าย" in page
    assert "citizen-token" not in page
    assert "LINE_CITIZEN_TOKEN" in page
    assert save(desk).status_code == 409
    assert desk.post(f"{PAGE}citizen/forget").status_code == 409


def test_an_address_without_https_is_explained(app: Flask, desk: Desk) -> None:
    with screen_keys(app, None, "http://localhost:8543"):
        page = text_of(desk.get(PAGE))

    assert "ที่อยู่ของระบบยังไม่ใช่ https" in page
    assert "PUBLIC_URL" in page


def test_a_worker_that_does_not_run_is_mentioned(
    app: Flask, desk: Desk, line: SetupLine, frozen_noon: FrozenClock
) -> None:
    paste(app, STAFF)
    desk.post(f"{PAGE}staff/test")
    frozen_noon.advance(timedelta(seconds=31))
    assert "งานเบื้องหลังอาจไม่ทำงาน" in card(text_of(desk.get(PAGE)), "staff")

    frozen_noon.advance(timedelta(minutes=5))

    assert "กำลังทดสอบ" not in text_of(desk.get(PAGE))


def test_findings_are_shown_as_text(app: Flask, desk: Desk, line: SetupLine) -> None:
    paste(app, CITIZEN)
    with write_transaction() as session:
        row = session.get_one(LineConnection, CITIZEN)
        row.test_asked_at = now()
        found = [finding("webhook_other", url="https://<b>x</b>.example"), {"code": "of_tomorrow"}]
        keep_findings(session, CITIZEN, row.updated_at, found, is_over=True)

    page = text_of(desk.get(PAGE))

    assert "https://&lt;b&gt;x&lt;/b&gt;.example" in page
    assert "of_tomorrow" in page


@on_sqlite
def test_the_page_speaks_english(app: Flask, desk: Desk, line: SetupLine) -> None:
    save(desk, token="sim-revoked")
    run_due(app)
    desk.get(PAGE)  # What was said while the officer still read Thai.
    with write_transaction() as session:
        officer_named(session, "admin").language = "en"

    page = text_of(desk.get(PAGE))

    assert "LINE does not accept the token (401)" in page
    main = re.sub(
        r"<script.*?</script>|<style.*?</style>", "", page[page.index("<main") : page.index("</main>")]
    )
    assert not re.search("[\u0e01-\u0e5b]", main)


@on_sqlite
def test_only_who_connects_line_enters(app: Flask, login_as: Callable[..., Any], line: SetupLine) -> None:
    central = Desk(app, login_as, "central")
    assert central.get(PAGE).status_code == 403
    for path in ("keys", "forget", "test", "webhook"):
        assert central.post(f"{PAGE}citizen/{path}").status_code == 403


@on_sqlite
def test_nothing_happens_by_a_link_or_without_the_token_of_the_page(desk: Desk, line: SetupLine) -> None:
    for path in ("keys", "forget", "test", "webhook"):
        assert desk.get(f"{PAGE}citizen/{path}").status_code == 405
        assert desk.post(f"{PAGE}citizen/{path}", token=False).status_code == 400
        assert desk.post(f"{PAGE}nobody/{path}").status_code == 404
    assert line_jobs() == []


def test_the_settings_of_line_open_and_its_login_secret_can_be_taken_away(app: Flask, desk: Desk) -> None:
    page = "/admin/settings/line"
    assert "ลบ LINE Login channel secret" not in text_of(desk.get(page))
    with write_transaction() as session:
        write_setting(session, "line_login_secret", app.extensions["vault"].encrypt("sim-login-secret"))

    assert "ลบ LINE Login channel secret" in text_of(desk.get(page))
    assert "sim-login-secret" not in text_of(desk.get(page))
    assert desk.post("/admin/settings/forget/line_login_secret").status_code == 303

    db.session.rollback()
    assert not has_secret(db.session(), "line_login_secret")
    assert desk.post("/admin/settings/forget/line_login_channel_id").status_code == 404
