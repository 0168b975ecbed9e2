"""The demo writes its letters to itself, at each start anew, and to nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from helpers.backends import settings_for
from helpers.people import officer_named

from demo.mail import DOMAIN, EXTENSION, attach_demo_mail, demo_mail
from demo.staff import ACCOUNTS
from domain.settings import read_setting, write_setting
from extensions import db, write_transaction
from mail_sim.server import MailBox
from worker.mail import read_mail_settings

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def box(app: Flask, monkeypatch: pytest.MonkeyPatch) -> MailBox:
    made = MailBox()
    monkeypatch.setitem(app.extensions, EXTENSION, made)
    return made


def test_at_each_start_the_settings_lead_to_the_mailbox(app: Flask, box: MailBox) -> None:
    ports = []
    for _ in range(2):
        with demo_mail(app):
            db.session.rollback()
            found = read_mail_settings(db.session(), app.extensions["vault"])
            assert found is not None
            assert (found.host, found.security, found.user) == ("127.0.0.1", "none", "")
            ports.append(found.port)
            db.session.rollback()
    assert all(ports)


def test_a_demo_that_somebody_pointed_elsewhere_comes_back(app: Flask, box: MailBox) -> None:
    with write_transaction() as session:
        write_setting(session, "mail_host", "smtp.example.go.th")
    with demo_mail(app):
        assert read_setting(db.session(), "mail_host") == "127.0.0.1"
        db.session.rollback()


def test_the_demo_officers_have_invented_addresses(app: Flask, box: MailBox) -> None:
    with write_transaction() as session:
        officer_named(session, "head").email = "mine@home.example"
    with demo_mail(app):
        for account in ACCOUNTS:
            wanted = "mine@home.example" if account.username == "head" else f"{account.username}@{DOMAIN}"
            assert officer_named(db.session(), account.username).email == wanted
        db.session.rollback()


def test_outside_the_demo_nothing_is_attached_and_nothing_changed(tmp_path: Path, app: Flask) -> None:
    bare = Flask("bare")
    bare.extensions["settings"] = settings_for(tmp_path, "sqlite://")
    attach_demo_mail(bare)
    assert EXTENSION not in bare.extensions
    with demo_mail(app):
        assert read_setting(db.session(), "mail_host") == ""
