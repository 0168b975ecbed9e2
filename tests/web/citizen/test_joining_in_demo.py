"""In the demo the same page adds the simulator's accounts, on the phone it was opened with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.backends import Backend, demo_server
from sqlalchemy.orm import Session

from demo.line import demo_line
from documents.drawings import qr_data_uri
from domain.line_joining import basic_ids
from extensions import db
from line_sim.server import FakeLine
from line_sim.state import SimUser
from worker.line_quota import read_quotas

JOIN = "/line/join"


@pytest.fixture
def app(backend: Backend) -> Iterator[Flask]:
    with demo_server(backend) as demo:
        yield demo


@pytest.fixture
def fake(app: Flask) -> Iterator[FakeLine]:
    """The demo as it stands a moment after its start: its worker has read the quotas."""
    with demo_line(app, db.session()):
        db.session.remove()
        fake: FakeLine = app.extensions["demo_line"]
        fake.hooks.deliver = lambda _url, _body, _headers: 200
        assert read_quotas(app) == 2
        db.session.rollback()
        yield fake


@pytest.fixture
def newcomer(fake: FakeLine) -> SimUser:
    return fake.state.new_person("มาใหม่")


def links(page: str) -> list[str]:
    return re.findall(r'class="btn btn-primary btn-big" href="([^"]+)"', page)


def test_the_accounts_are_known_without_anybodys_test(fake: FakeLine, session: Session) -> None:
    assert sorted(basic_ids(session).values()) == ["@sim-citizen", "@sim-staff"]


def test_a_browser_no_phone_has_opened_is_led_to_the_phones(client: FlaskClient, fake: FakeLine) -> None:
    found = links(client.get(JOIN).text)

    assert found == ["/line-sim/add/@sim-citizen", "/line-sim/add/@sim-staff"]
    assert [client.get(address).location for address in found] == ["/line-sim/", "/line-sim/"]


def test_the_codes_lead_to_the_simulator_and_never_to_line(client: FlaskClient, fake: FakeLine) -> None:
    shown = client.get(JOIN).text

    assert "line.me" not in shown
    assert qr_data_uri("http://localhost/line-sim/add/@sim-staff") in shown


def test_scanned_on_a_phone_the_poster_leads_to_the_choice_and_it_adds_the_account(
    client: FlaskClient, fake: FakeLine, newcomer: SimUser
) -> None:
    phone = f"citizen.{newcomer.user_id}"
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(f"/line-sim/?p={phone}").text)
    assert token
    form = {"phone": phone, "code": f"http://localhost{JOIN}", "csrf_token": token[1]}
    scanned = client.post(f"/line-sim/scan?p={phone}", data=form)
    opened = client.get(scanned.location)
    assert opened.location == f"http://localhost{JOIN}?sim_user={newcomer.user_id}"

    citizens, officers = links(client.get(opened.location).text)

    assert officers.endswith(f"/@sim-staff?sim_user={newcomer.user_id}")
    assert not fake.state.is_friend("citizen", newcomer.user_id)
    added = client.get(citizens)
    assert added.location == f"/line-sim/?p=citizen.{newcomer.user_id}"
    assert fake.state.is_friend("citizen", newcomer.user_id)
    assert not fake.state.is_friend("staff", newcomer.user_id)


def test_the_phone_that_opened_a_page_last_is_the_one_that_adds(
    client: FlaskClient, fake: FakeLine, newcomer: SimUser
) -> None:
    client.set_cookie("line_sim_user", newcomer.user_id)

    added = client.get(links(client.get(JOIN).text)[1])

    assert added.location == f"/line-sim/?p=staff.{newcomer.user_id}"
    assert fake.state.is_friend("staff", newcomer.user_id)
    assert fake.state.friend_state("citizen", newcomer.user_id) == "none"


def test_an_account_nobody_has_is_told(client: FlaskClient, fake: FakeLine, newcomer: SimUser) -> None:
    client.set_cookie("line_sim_user", newcomer.user_id)

    assert "answer=nocode" in client.get(f"/line-sim/add/{quote('@stranger')}").location
