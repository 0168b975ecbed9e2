"""The button that tries the mail settings: no request sends anything, and a page says how it went."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from helpers.mail import MailTown, mail_town, scripted
from helpers.people import officer_named
from helpers.visitor import Desk, text_of
from sqlalchemy import select

from domain.clock import FrozenClock
from domain.deliveries import MAIL_TEST
from extensions import db, write_transaction
from models import OutboxMessage

pytestmark = [
    pytest.mark.usefixtures("frozen_noon"),
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),
]
BUTTON = "/admin/settings/mail/test"


@pytest.fixture
def desk(app: Flask, login_as: Callable[..., Any]) -> Desk:
    return Desk(app, login_as, "admin")


def result(desk: Desk, town: MailTown) -> str:
    """Press the button, let the worker run, and return what the page says."""
    answer = desk.post(BUTTON)
    assert answer.status_code == 303
    town.drain()
    return text_of(desk.get(answer.location))


@pytest.fixture
def with_address(app: Flask) -> None:
    with write_transaction() as session:
        officer_named(session, "admin").email = "admin@khonkaen.example"


def test_the_settings_screen_has_the_button(app: Flask, desk: Desk) -> None:
    assert f'action="{BUTTON}"' in text_of(desk.get("/admin/settings/mail"))


def test_the_letter_is_the_worker_s_and_the_page_waits_for_it(
    app: Flask, desk: Desk, with_address: None
) -> None:
    with mail_town(app) as town:
        answer = desk.post(BUTTON)
        assert town.box.letters == []
        page = text_of(desk.get(answer.location))
        assert "กำลังส่งถึง admin@khonkaen.example" in page
        assert 'hx-trigger="every 2s"' in page
        assert "ดูผลอีกครั้ง" in page
        town.drain()

        page = text_of(desk.get(answer.location))

        assert "ส่งถึงเครื่องส่งแล้ว" in page
        assert "250 OK letter 1" in page
        assert "every 2s" not in page
        assert len(town.box.to("admin@khonkaen.example")) == 1


def test_a_refused_password_is_told_in_words(app: Flask, desk: Desk, with_address: None) -> None:
    with mail_town(app, accounts={"town": "secret"}) as town:
        town.set(mail_user="town", mail_password=app.extensions["vault"].encrypt("geheim"))

        page = result(desk, town)

    assert "เครื่องส่งไม่รับรหัสผ่าน: ตรวจชื่อผู้ใช้และรหัสผ่าน" in page
    assert "geheim" not in page


def test_a_server_out_of_reach_is_told_with_host_and_port(app: Flask, desk: Desk, with_address: None) -> None:
    with scripted([]) as port:
        pass
    with mail_town(app) as town:
        town.set(mail_port=port)

        page = result(desk, town)

    assert f"ติดต่อ 127.0.0.1 พอร์ต {port} ไม่ได้: ตรวจชื่อเครื่อง พอร์ต และไฟร์วอลล์" in page


def test_what_the_server_said_is_shown_as_text(app: Flask, desk: Desk, with_address: None) -> None:
    with mail_town(app, answer=lambda _address: "550 <b>no</b> such user") as town:
        page = result(desk, town)

    assert "เครื่องส่งไม่รับที่อยู่ของท่าน" in page
    assert "550 &lt;b&gt;no&lt;/b&gt; such user" in page


def test_encryption_that_cannot_be_had_is_told(app: Flask, desk: Desk, with_address: None) -> None:
    with mail_town(app) as town:
        town.set(mail_security="starttls")

        assert "เข้ารหัสกับ 127.0.0.1 ไม่ได้" in result(desk, town)


def test_a_worker_that_does_not_run_is_mentioned(
    app: Flask, desk: Desk, with_address: None, frozen_noon: FrozenClock
) -> None:
    with mail_town(app):
        answer = desk.post(BUTTON)
        frozen_noon.advance(timedelta(seconds=31))

        assert "งานเบื้องหลังอาจไม่ทำงาน" in text_of(desk.get(answer.location))


@pytest.mark.parametrize(
    ("has_server", "has_address", "said"),
    [(False, True, "ยังไม่ได้ตั้งเครื่องส่งอีเมล"), (True, False, "บัญชีของท่านยังไม่มีอีเมล")],
)
def test_what_is_missing_is_told_and_nothing_is_written(
    app: Flask, desk: Desk, has_server: bool, has_address: bool, said: str
) -> None:
    with write_transaction() as session:
        officer_named(session, "admin").email = "admin@khonkaen.example" if has_address else None
    with mail_town(app) as town:
        if not has_server:
            town.set(mail_host="")

        page = text_of(desk.post(BUTTON, follow_redirects=True))

    assert said in re.sub(r"<[^>]+>", "", page)
    db.session.rollback()
    assert (
        db.session.scalars(select(OutboxMessage).where(OutboxMessage.template_key == MAIL_TEST)).all() == []
    )


def test_only_who_may_change_settings_may_test_and_see_his_own(
    app: Flask, desk: Desk, login_as: Callable[..., Any], with_address: None
) -> None:
    with mail_town(app) as town:
        other = town.put()
        answer = desk.post(BUTTON)
        assert desk.get(f"{BUTTON}/{other}").status_code == 404
        assert desk.get(f"{BUTTON}/{2**40}").status_code == 404
        head = Desk(app, login_as, "head")
        assert head.post(BUTTON).status_code == 403
        assert head.get(answer.location).status_code == 403
        assert desk.post(BUTTON, token=False).status_code in {400, 401}
        assert desk.get(BUTTON).status_code in {404, 405}
