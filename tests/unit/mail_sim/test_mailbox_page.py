"""The demo's mailbox: shows what came, runs nothing of it, and is nowhere in production."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.backends import settings_for
from helpers.bare import bare_app
from helpers.mail import new_letter
from helpers.mail import settings_for as mail_settings

from app import create_app
from mail_message import MailLetter
from mail_sim.pages import mail_sim_blueprint
from mail_sim.server import MailBox, MailServer
from mailer import carry

ROOT = Path(__file__).parents[3]


@pytest.fixture
def box() -> MailBox:
    return MailBox()


@pytest.fixture
def client(box: MailBox) -> FlaskClient:
    app = bare_app(strict=True)
    app.register_blueprint(mail_sim_blueprint(box))
    return app.test_client()


def put(box: MailBox, *letters: MailLetter) -> None:
    with MailServer(box) as server:
        carry(mail_settings(server.port), letters)


def test_an_empty_box_says_what_to_try(client: FlaskClient) -> None:
    assert "ยังไม่มีจดหมาย" in client.get("/mail-sim/").text


def test_the_newest_letter_comes_first(client: FlaskClient, box: MailBox) -> None:
    put(box, new_letter(subject="หนึ่ง", recipient_name="สมชาย"), new_letter(subject="สอง"))

    page = client.get("/mail-sim/").text

    assert page.index("สอง") < page.index("หนึ่ง")
    assert "สมชาย" in page


def test_a_letter_is_shown_as_text_with_its_head(client: FlaskClient, box: MailBox) -> None:
    put(box, new_letter(subject="<b>เรื่อง</b>", text="ดู http://localhost:8543/x\n<script>alert(1)</script>\n"))

    page = client.get("/mail-sim/1").text

    assert "&lt;b&gt;เรื่อง&lt;/b&gt;" in page
    assert "&lt;script&gt;" in page
    assert 'href="http://localhost:8543/x"' in page
    assert "0b6a1f3e-1111-4222-8333-444455556666@khonkaen.example" in page


def test_the_html_of_a_letter_may_only_be_looked_at(client: FlaskClient, box: MailBox) -> None:
    put(box, new_letter(html="<p>สวัสดี</p><script>alert(1)</script>"))

    answer = client.get("/mail-sim/1/html")

    assert "สวัสดี" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox")
    assert "default-src 'none'" in policy
    assert "script" not in policy


@pytest.mark.parametrize("path", ["/mail-sim/7", "/mail-sim/7/html", "/mail-sim/x"])
def test_a_letter_that_is_not_there(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_production_refuses_it_even_when_somebody_mounts_it(tmp_path: Path) -> None:
    app = Flask("bare")
    app.extensions["settings"] = settings_for(tmp_path, "sqlite://", mode="production")

    with pytest.raises(RuntimeError, match="production"):
        app.register_blueprint(mail_sim_blueprint(MailBox()))


@pytest.mark.parametrize("mode", ["production", "test"])
def test_outside_the_demo_it_is_not_there(tmp_path: Path, mode: str) -> None:
    app = create_app(settings_for(tmp_path, f"sqlite:///{tmp_path}/app.db", mode=mode))

    assert "demo_mail" not in app.extensions
    assert [rule.rule for rule in app.url_map.iter_rules() if "mail-sim" in rule.rule] == []


def test_a_real_server_does_not_even_load_it(tmp_path: Path) -> None:
    script = (
        "import sys; from app import create_app; create_app(); "
        "print([name for name in sys.modules if name.startswith(('mail_sim', 'aiosmtpd'))])"
    )
    environment = {
        "APP_MODE": "production",
        "APP_DATA": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "PYTHONUTF8": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
