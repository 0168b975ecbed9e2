"""The map of the entry form: what the server says of a pin, and the search with and without script."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.entry_page import NEW, Counter, jpeg
from helpers.pages import csrf
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.settings import write_setting
from extensions import write_transaction
from geocoding import Found
from models import Community, Draft, Road, Zone

ROOM = "/admin/complaint"
Login = Callable[[FlaskClient, str], FlaskClient]
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
pytestmark = on_sqlite


@pytest.fixture
def clerk(client: FlaskClient, login_as: Login) -> FlaskClient:
    return login_as(client, "clerk")


@pytest.fixture
def counter(app: Flask, client: FlaskClient) -> Counter:
    return Counter(app, client, "clerk")


def around(client: FlaskClient, lat: str, lon: str = "") -> dict[str, Any]:
    answer = client.get(f"{ROOM}/around.json", query_string={"lat": lat, "lon": lon})
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.data)
    return found


def places(client: FlaskClient, query: str, **more: str) -> dict[str, Any]:
    answer = client.get(f"{ROOM}/places.json", query_string={"q": query, **more})
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.data)
    return found


def turn_on_geocoder(app: Flask, answer: list[Found] | None) -> list[str]:
    asked = []

    class Fake:
        def ask(self, template: str, query: str) -> list[Found] | None:
            asked.append(f"{template} {query}")
            return answer

    app.extensions["geocoder"] = Fake()
    with write_transaction() as session:
        write_setting(session, "geocoder_url", "https://geo.example/?q={query}")
        write_setting(session, "geocoder_label", "แผนที่จังหวัด")
    return asked


# Around a pin ---------------------------------------------------------------------------------------------


def test_a_pin_proposes_zone_and_community_and_leads_to_the_street(
    clerk: FlaskClient, session: Session
) -> None:
    facts = around(clerk, "16.456487", "102.854717")
    assert session.get_one(Zone, facts["zone_id"]).name == "เขต 1"
    assert session.get_one(Community, facts["community_id"]).name == "โนนชัย 1"
    assert facts["links"]["map"] == ("https://www.google.com/maps/search/?api=1&query=16.456487%2C102.854717")
    assert "map_action=pano&viewpoint=16.456487%2C102.854717" in facts["links"]["street"]
    assert not facts["is_unsure"]


def test_near_a_line_the_officer_is_told_how_near(clerk: FlaskClient) -> None:
    facts = around(clerk, "16.43105", "102.8345")
    assert re.search(r"ห่างเส้นแบ่งเขต \d+ ม\. อีกฝั่งคือเขต \d กรุณาดูให้แน่", facts["said"])
    assert facts["is_unsure"]


@pytest.mark.parametrize(
    ("lat", "lon", "words"),
    [
        ("16.4832", "102.83", "หมุดอยู่นอกเขตเทศบาล ห่างเส้นเขต"),
        ("9.5", "101.0", "ไกลถึง"),
    ],
    ids=["next door", "in the sea"],
)
def test_outside_the_unknown_zone_and_community_are_proposed(
    clerk: FlaskClient, session: Session, lat: str, lon: str, words: str
) -> None:
    facts = around(clerk, lat, lon)
    assert words in facts["said"]
    assert session.get_one(Zone, facts["zone_id"]).is_unknown
    assert session.get_one(Community, facts["community_id"]).is_unknown


def test_a_pasted_link_comes_back_as_degrees(clerk: FlaskClient) -> None:
    facts = around(clerk, "https://www.google.com/maps/@16.4321,102.8360,17z")
    assert (facts["latitude"], facts["longitude"]) == ("16.432100", "102.836000")


def test_a_swapped_pair_is_offered_the_right_way_round(clerk: FlaskClient) -> None:
    facts = around(clerk, "102.836", "16.4321")
    assert facts["is_bad"]
    assert facts["instead"] == {"latitude": "16.432100", "longitude": "102.836000"}


@pytest.mark.parametrize("lat", ["", "x", "51.5, -0.1", "https://maps.app.goo.gl/x", "9" * 5000])
def test_what_is_no_pin_is_answered_with_words_or_nothing(clerk: FlaskClient, lat: str) -> None:
    facts = around(clerk, lat)
    assert bool(facts.get("is_bad")) == bool(lat)
    assert bool(facts["said"]) == bool(lat)


@pytest.mark.parametrize("path", ["around.json", "places.json?q=x", "areas.json", "zones.json"])
def test_strangers_learn_nothing(client: FlaskClient, path: str) -> None:
    assert client.get(f"{ROOM}/{path}").status_code in {302, 401}


def test_the_lines_of_the_map_are_edge_zones_and_communities_kept_for_an_hour(clerk: FlaskClient) -> None:
    answer = clerk.get(f"{ROOM}/areas.json")
    kinds = {feature["properties"]["kind"] for feature in json.loads(answer.data)["features"]}
    assert kinds == {"outline", "zone", "community"}
    assert answer.headers["Cache-Control"] == "private, max-age=3600"


# The search -----------------------------------------------------------------------------------------------


def test_a_name_is_answered_with_the_fields_it_fills(clerk: FlaskClient) -> None:
    hit = places(clerk, "โนนชัย")["hits"][0]
    assert (hit["name"], hit["hint"]) == ("โนนชัย 1", "เขต 1")
    assert set(hit["fields"]) == {"latitude", "longitude", "zone_id", "community_id"}


def test_a_road_without_a_pin_says_so_and_fills_the_road(clerk: FlaskClient) -> None:
    hit = places(clerk, "ถนนศรีจันทร์")["hits"][0]
    assert hit["fields"] == {"road_name": "ถนนศรีจันทร์"}
    assert hit["hint"] == "ยังไม่เคยปักหมุดบนถนนนี้"


@pytest.mark.parametrize(
    "query", ["16.4321, 102.836", "๑๖.๔๓๒๑ ๑๐๒.๘๓๖", "https://maps.google.com/?q=16.4321,102.836"]
)
def test_coordinates_and_links_are_a_place_like_any_other(clerk: FlaskClient, query: str) -> None:
    [hit] = places(clerk, query)["hits"]
    assert (hit["kind"], hit["name"]) == ("pin", "16.432100, 102.836000")
    assert "หมุดอยู่ในเขต" in hit["hint"]


def test_a_swapped_pair_in_the_search_becomes_a_hit_the_right_way_round(clerk: FlaskClient) -> None:
    found = places(clerk, "102.836, 16.4321")
    assert [hit["name"] for hit in found["hits"]] == ["16.432100, 102.836000"]
    assert "สลับกัน" in found["said"]


def test_nothing_found_says_so_and_what_to_do(clerk: FlaskClient) -> None:
    found = places(clerk, "ไม่มีที่นี่")
    assert found["hits"] == []
    assert "ปักหมุดบนแผนที่ได้เลย" in found["said"]


# The geocoder ---------------------------------------------------------------------------------------------


def test_without_the_setting_nobody_else_is_asked(app: Flask, clerk: FlaskClient) -> None:
    asked = turn_on_geocoder(app, [])
    with write_transaction() as session:
        write_setting(session, "geocoder_url", "")
    assert places(clerk, "ตลาด", far="1")["far"] == ""
    assert asked == []
    assert "ค้นที่" not in clerk.get(NEW).get_data(as_text=True)


def test_the_geocoder_is_asked_only_when_the_officer_wants_it(app: Flask, clerk: FlaskClient) -> None:
    asked = turn_on_geocoder(app, [Found("ศาลหลักเมือง", 16.4321, 102.836), Found("Court, London", 51.5, -0.1)])
    assert places(clerk, "ศาลหลัก")["far"] == "แผนที่จังหวัด"
    assert asked == []
    [hit] = places(clerk, "ศาลหลัก", far="1")["hits"]
    assert (hit["name"], hit["hint"]) == ("ศาลหลักเมือง", "แผนที่จังหวัด")
    assert asked == ["https://geo.example/?q={query} ศาลหลัก"]


def test_a_geocoder_that_fails_leaves_what_we_know(app: Flask, clerk: FlaskClient) -> None:
    turn_on_geocoder(app, None)
    found = places(clerk, "โนนชัย", far="1")
    assert len(found["hits"]) == 3
    assert "แผนที่จังหวัด ไม่ตอบในขณะนี้" in found["said"]


# Without script -------------------------------------------------------------------------------------------


def after(counter: Counter, fields: dict[str, Any], **changes: Any) -> Any:
    page = counter.send(fields, f"{NEW}/place", **changes)
    assert page.status == 303
    return counter.get(page.answer.headers["Location"].partition("#")[0])


def found_values(text: str) -> list[str]:
    return [value.replace("&amp;", "&") for value in re.findall(r'name="place_found" value="([^"]*)"', text)]


def test_the_search_without_script_is_a_list_of_buttons_and_loses_nothing(counter: Counter) -> None:
    fields = counter.get().fields()
    page = after(counter, fields, story="ไฟดับทั้งซอย", place_query="โนนชัย", photos=[(jpeg(), "one.jpg")])
    kept = page.fields()
    assert kept["story"] == "ไฟดับทั้งซอย"
    assert kept["form_token"] == fields["form_token"]
    assert "photo_ids" in kept
    assert len(found_values(page.text)) == 3


def test_a_button_of_the_list_fills_pin_zone_and_community(counter: Counter, session: Session) -> None:
    page = after(counter, counter.get().fields(), story="ไฟดับ", place_query="โนนชัย 1")
    kept = after(counter, page.fields(), place_found=found_values(page.text)[0]).fields()
    assert (kept["latitude"], kept["longitude"]) == ("16.456487", "102.854717")
    assert session.get_one(Community, int(kept["community_id"])).name == "โนนชัย 1"
    assert kept["story"] == "ไฟดับ"


def test_a_pinned_form_links_to_the_street_without_script(counter: Counter) -> None:
    page = after(counter, counter.get().fields(), place_query="16.4321, 102.836")
    page = after(counter, page.fields(), place_found=found_values(page.text)[0])
    assert "viewpoint=16.432100%2C102.836000" in page.text
    assert page.says("หมุดอยู่ในเขต")


def test_a_button_changes_only_fields_of_the_place(counter: Counter) -> None:
    fields = counter.get().fields()
    kept = after(
        counter, fields, story="เดิม", place_found="story=x&who=shared&latitude=16.4321&longitude=102.836"
    ).fields()
    assert kept["story"] == "เดิม"
    assert kept["who"] == fields["who"]
    assert kept["latitude"] == "16.4321"


def test_nobody_without_the_right_to_register_searches_by_form(
    client: FlaskClient, login_as: Login, session: Session
) -> None:
    client = login_as(client, "executive")
    token = csrf(client, "/admin/account")
    answer = client.post(f"{NEW}/place", data={"place_query": "x", "csrf_token": token})
    assert answer.status_code == 403
    assert session.scalars(select(Draft)).all() == []


def test_a_whole_pair_in_one_box_is_saved_as_a_pin(counter: Counter, session: Session) -> None:
    fields = counter.get().fields()
    page = counter.send(fields, act="save", story="x", latitude="16°25'55.6\"N 102°50'09.6\"E", longitude="")
    assert "latitude" not in page.errors()


def test_a_pin_in_another_country_is_refused_beside_the_box(counter: Counter) -> None:
    page = counter.send(counter.get().fields(), act="save", story="x", latitude="17.97", longitude="107.0")
    assert page.status == 422
    assert "นอกประเทศไทย" in page.errors()["latitude"]


def test_roads_of_the_table_are_searched_in_sqlite_as_typed(clerk: FlaskClient) -> None:
    with write_transaction() as session:
        session.add(Road(name="ซอยวุฒาราม ๓", name_key="x"))
    assert [hit["name"] for hit in places(clerk, "วุฒาราม 3")["hits"]] == ["ซอยวุฒาราม ๓"]


def test_six_places_are_as_fine_as_the_column(clerk: FlaskClient) -> None:
    facts = around(clerk, "16.43210049", "102.83599951")
    assert (Decimal(facts["latitude"]), Decimal(facts["longitude"])) == (
        Decimal("16.4321"),
        Decimal("102.836"),
    )
