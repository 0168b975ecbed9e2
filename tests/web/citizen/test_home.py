"""The front page: follow a complaint, reach the town, call for help."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy import delete
from sqlalchemy.orm import Session

from domain.settings import write_setting
from models import Setting


def page(client: FlaskClient, address: str = "/") -> str:
    reply = client.get(address)
    assert reply.status_code == 200
    return reply.get_data(as_text=True)


def test_the_town_greets_with_its_name_and_one_field(client: FlaskClient) -> None:
    shown = page(client)

    assert "<h1>เทศบาลนครขอนแก่น</h1>" in shown
    assert 'name="code"' in shown
    assert 'name="password"' not in shown


def test_the_code_goes_along_to_the_next_page(client: FlaskClient) -> None:
    assert 'value="2026-14"' in page(client, "/track?code=2026-14")


def test_emergency_numbers_can_be_dialled(client: FlaskClient) -> None:
    shown = page(client)

    for number in ("1669", "191", "199"):
        assert f'href="tel:{number}"' in shown


def test_the_office_number_is_readable_and_dials(client: FlaskClient) -> None:
    shown = page(client)

    assert 'href="tel:+6643000100"' in shown
    assert "0 4300 0100" in shown


def test_the_foot_of_every_page_writes_the_number_as_people_read_it(client: FlaskClient) -> None:
    foot = page(client, "/track").partition("<footer")[2]

    assert 'href="tel:+6643000100"' in foot
    assert "0 4300 0100" in foot
    assert "043000100" not in foot


def test_english_is_one_press_away_and_stays(client: FlaskClient) -> None:
    shown = page(client, "/?lang=en")

    assert "Khon Kaen City Municipality" in shown
    assert "Medical emergency" in shown
    assert '<html lang="en"' in shown
    assert "Track a complaint" in page(client)


def test_a_town_that_has_set_nothing_yet_still_has_a_front_page(
    client: FlaskClient, session: Session
) -> None:
    session.execute(delete(Setting))
    session.commit()

    shown = page(client)

    assert "<h1>เทศบาล</h1>" in shown
    assert "tel:" not in shown


def test_a_number_written_in_the_towns_own_way_is_shown_as_it_is(
    client: FlaskClient, session: Session
) -> None:
    write_setting(session, "contact_phone", "043-000100 ต่อ 5")
    session.commit()

    shown = page(client)

    assert "043-000100 ต่อ 5" in shown
    assert shown.count("tel:+6643000100") == 2


def test_words_in_place_of_a_number_lead_nowhere(client: FlaskClient, session: Session) -> None:
    write_setting(session, "contact_phone", "ที่ห้องรับเรื่อง")
    session.commit()

    shown = page(client)

    assert "ที่ห้องรับเรื่อง" in shown
    assert 'href="tel:"' not in shown


def test_nothing_on_the_page_comes_from_another_machine(client: FlaskClient) -> None:
    shown = page(client)

    assert "http://" not in shown.replace("http://localhost", "")
    assert "https://" not in shown
