"""Signing in and linking as people live it: with the stand-in of LINE, its pages and its webhooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import urllib3
from flask.testing import FlaskClient
from helpers.line import Town, links_of, new_member, officer_line_id, registered, words_of
from helpers.login_line import set_up_login
from helpers.people import officer_named
from helpers.visitor import Desk
from sqlalchemy.orm import Session

from domain.line_linking import is_nonce_good, linked_officer
from extensions import db, write_transaction
from line_hooks.client import LineGateway
from line_hooks.link_events import link_messages
from line_sim.state import user_id_for
from models import Complaint

LoginAs = Callable[[FlaskClient, str], FlaskClient]


@dataclass
class Row:
    facts: dict[str, Any]
    language: str = "th"


def visit(address: str, **who: str) -> urllib3.BaseHTTPResponse:
    """Open a page of the stand-in for LINE, as one of its people; follow nothing."""
    joint = "&" if urlsplit(address).query else "?"
    more = "&".join(f"{name}={value}" for name, value in who.items())
    return urllib3.PoolManager(retries=False).request("GET", f"{address}{joint}{more}", redirect=False)


def through_line(client: FlaskClient, address: str, user_id: str) -> str:
    """Sign in with LINE and return where one ends up."""
    back = visit(client.get(address).location, sim_user=user_id).headers["Location"]
    reply = client.get(f"{urlsplit(back).path}?{urlsplit(back).query}")
    return str(reply.location)


def malees_case(town: Town) -> Complaint:
    set_up_login(town.app, db.session())
    with write_transaction() as session:
        return registered(town, session, new_member(session, town))


# A citizen --------------------------------------------------------------------------------------------------


def test_the_card_in_the_chat_opens_the_case(town: Town, client: FlaskClient) -> None:
    case = malees_case(town)
    town.drain()
    card = town.fake.state.messages_of("citizen", user_id_for("malee"))[-1]
    address = next(link for link in links_of(card) if link.startswith("http://localhost/line/"))

    assert address == f"http://localhost/line/open/{case.public_code}"
    path = urlsplit(address).path
    assert through_line(client, path, user_id_for("malee")) == path
    shown = client.get(path, follow_redirects=True).get_data(as_text=True)
    assert str(case.number) in shown


def test_without_line_login_the_card_leads_to_the_ordinary_door(town: Town) -> None:
    with write_transaction() as session:
        case = registered(town, session, new_member(session, town))
    town.drain()
    card = town.fake.state.messages_of("citizen", user_id_for("malee"))[-1]

    assert f"http://localhost/track?code={case.public_code}" in links_of(card)


def test_another_phone_gets_the_ordinary_door(town: Town, client: FlaskClient) -> None:
    case = malees_case(town)
    town.fake.state.add_user("somchai", "somchai", ["citizen"])
    path = f"/line/open/{case.public_code}"
    through_line(client, path, user_id_for("somchai"))

    assert client.get(path).location == f"/track?code={case.public_code}"


def test_who_refuses_at_line_is_led_back(town: Town, client: FlaskClient) -> None:
    case = malees_case(town)
    asked = client.get(f"/line/open/{case.public_code}").location
    back = urlsplit(visit(asked, sim_deny="1").headers["Location"])

    assert client.get(f"{back.path}?{back.query}").location.startswith(f"/track?code={case.public_code}")


def test_a_code_is_good_once_and_only_with_its_verifier(town: Town, client: FlaskClient) -> None:
    malees_case(town)
    back = urlsplit(
        visit(client.get("/line/mine").location, sim_user=user_id_for("malee")).headers["Location"]
    )
    code = parse_qs(back.query)["code"][0]
    thief = town.app.test_client()
    state = parse_qs(urlsplit(thief.get("/line/mine").location).query)["state"][0]

    stolen = thief.get(f"/line/login/callback?code={code}&state={state}")

    assert stolen.location.startswith("/track")
    assert "/line/mine" not in client.get(f"{back.path}?{back.query}").location  # Spent by the thief.


# An officer -------------------------------------------------------------------------------------------------


def link_button(town: Town, user_id: str) -> str:
    """Return the way to link that the chat gives a person; only path and token."""
    settings = town.app.extensions["settings"]
    gateway = LineGateway("staff", settings.line_staff_token or "staff-token", base_url=town.url)
    row = Row({"link_for": user_id, "link_door": "http://localhost/admin/line-link/"})
    (card,) = link_messages(gateway, row)
    address = urlsplit(next(link for link in links_of(card)))
    return f"{address.path}?{address.query}"


def press(desk: Desk, button: str) -> str:
    """Open the page, press the button there and return where LINE is asked."""
    assert desk.get(button).status_code == 200
    token = parse_qs(urlsplit(button).query)["linkToken"][0]
    reply = desk.post("/admin/line-link/", {"linkToken": token})
    return reply.headers["Refresh"].removeprefix("0; url=")


def test_an_officer_links_his_phone_and_is_welcomed(town: Town, login_as: LoginAs, session: Session) -> None:
    phone = town.fake.state.add_user("new phone", "โทรศัพท์ใหม่", ["staff"]).user_id
    desk = Desk(town.app, login_as, "officer")

    onward = press(desk, link_button(town, phone))
    assert visit(onward, sim_user=phone).status == 200
    town.drain()

    assert linked_officer(session, phone) is officer_named(session, "officer")
    welcome = town.fake.state.messages_of("staff", phone)[-1]
    assert officer_named(session, "officer").full_name in words_of(welcome)
    again = visit(onward, sim_user=phone)
    assert again.status == 400


def test_a_button_that_was_forwarded_links_nobody(town: Town, login_as: LoginAs, session: Session) -> None:
    """An attacker sends a colleague his own button: LINE sees that the phones differ."""
    attacker = town.fake.state.add_user("attacker", "ผู้ไม่หวังดี", ["staff"]).user_id
    victims_phone = officer_line_id(session, town, "head")
    session.commit()
    desk = Desk(town.app, login_as, "head")

    onward = press(desk, link_button(town, attacker))
    nonce = parse_qs(urlsplit(onward).query)["nonce"][0]
    assert visit(onward, sim_user=victims_phone).status == 400
    town.drain()

    db.session.rollback()
    assert linked_officer(db.session(), attacker) is None
    assert linked_officer(db.session(), victims_phone) is officer_named(db.session(), "head")
    assert not is_nonce_good(db.session(), nonce)


def test_a_swapped_nonce_names_its_own_officer_and_the_chat_says_whom(
    town: Town, login_as: LoginAs, session: Session
) -> None:
    phone = town.fake.state.add_user("new phone", "โทรศัพท์ใหม่", ["staff"]).user_id
    of_officer = press(Desk(town.app, login_as, "officer"), link_button(town, phone))
    of_clerk = press(Desk(town.app, login_as, "clerk"), link_button(town, phone))
    nonce = parse_qs(urlsplit(of_clerk).query)["nonce"][0]
    token = parse_qs(urlsplit(of_officer).query)["linkToken"][0]

    visit(f"{town.url}/dialog/bot/accountLink?linkToken={token}&nonce={nonce}", sim_user=phone)
    town.drain()

    db.session.rollback()
    assert linked_officer(db.session(), phone) is officer_named(db.session(), "clerk")
    clerk = officer_named(db.session(), "clerk").full_name
    assert clerk in words_of(town.fake.state.messages_of("staff", phone)[-1])


def test_work_for_the_officer_no_longer_reaches_a_parted_phone(town: Town, login_as: LoginAs) -> None:
    phone = town.fake.state.add_user("new phone", "โทรศัพท์ใหม่", ["staff"]).user_id
    onward = press(Desk(town.app, login_as, "officer"), link_button(town, phone))
    visit(onward, sim_user=phone)
    town.drain()
    assert town.fake.send_webhook("staff", [town.fake.hooks.text("staff", phone, "ยืนยันเลิกผูก")]) == 200
    town.drain()

    db.session.rollback()
    assert linked_officer(db.session(), phone) is None
    assert "เลิกผูกกับบัญชีของ" in words_of(town.fake.state.messages_of("staff", phone)[-1])
