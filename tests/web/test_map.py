"""The map: what lies inside the view and within the officer's reach, small however much that is."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.browser import DESK, PHONE
from helpers.cases import new_case
from sqlalchemy.orm import Session

from bench.filling import fill
from domain.actor import Actor
from domain.complaint_filter import ComplaintFilter
from extensions import write_transaction
from models import ComplaintStatus
from reports import map_points
from reports.map_points import read_bounds, shown_on_map

MAP = "/admin/map/"
TOWN = "bbox=102.7,16.3,102.95,16.55&zoom=13"
GZIP_MOST = 10_000
Login = Callable[[FlaskClient, str], FlaskClient]
Act = Callable[[str], Actor]
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def pinned(latitude: str, longitude: str, **more: Any) -> str:
    with write_transaction() as session:
        case = new_case(session, latitude=Decimal(latitude), longitude=Decimal(longitude), **more)
        return case.public_code


def answer_of(client: FlaskClient, query: str = TOWN) -> dict[str, Any]:
    answer = client.get(f"{MAP}points?{query}")
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.data)
    return found


def codes(found: dict[str, Any]) -> set[str]:
    return {feature["properties"]["code"] for feature in found["features"]}


def test_points_inside_the_view_are_there_and_no_others(client: FlaskClient, login_as: Login) -> None:
    inside = pinned("16.432105", "102.836410")
    pinned("17.0", "102.8")
    with write_transaction() as session:
        new_case(session)
    found = answer_of(login_as(client, "central"))
    assert codes(found) == {inside}
    [feature] = found["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [102.83641, 16.4321]}
    assert found["states"][feature["properties"]["state"]] == ["progress", "กำลังดำเนินการ"]
    assert found["types"][str(feature["properties"]["type"])] == "ถนนชำรุด เป็นหลุมเป็นบ่อ"


@pytest.mark.parametrize("username", ["clerk", "officer", "head"])
def test_another_departments_cases_are_on_no_map(client: FlaskClient, login_as: Login, username: str) -> None:
    own = pinned("16.43", "102.83")
    pinned("16.43", "102.83", department="health", officer="health")
    client = login_as(client, username)
    assert codes(answer_of(client)) == {own}
    assert codes(answer_of(client, f"{TOWN}&department=health,engineering")) == {own}
    assert "1 เรื่อง" in client.get(MAP).get_data(as_text=True)


@pytest.mark.parametrize("username", ["clerk", "central"])
def test_clusters_count_only_what_the_officer_may_see(
    client: FlaskClient, login_as: Login, monkeypatch: pytest.MonkeyPatch, username: str
) -> None:
    monkeypatch.setattr(map_points, "RAW_POINTS", 1)
    for place in range(3):
        pinned(f"16.43000{place}", "102.83")
        pinned(f"16.43000{place}", "102.83", department="health", officer="health")
    expected = {"clerk": 3, "central": 6}[username]
    found = answer_of(login_as(client, username))
    assert found["cases"] == sum(f["properties"]["cases"] for f in found["features"]) == expected


def test_the_map_takes_the_filter_of_the_lists(client: FlaskClient, login_as: Login) -> None:
    wanted = pinned("16.43", "102.83", zone="1")
    pinned("16.43", "102.83", zone="2")
    pinned("16.43", "102.83", zone="1", status=ComplaintStatus.CLOSED)
    found = answer_of(login_as(client, "central"), f"{TOWN}&zone=1&state=open")
    assert codes(found) == {wanted}


def test_near_points_become_one_cluster_at_the_same_place_on_both_databases(
    session: Session, act_as: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_points, "RAW_POINTS", 1)
    for latitude, longitude in (
        ("16.430001", "102.830001"),
        ("16.430003", "102.830003"),
        ("16.49", "102.89"),
    ):
        pinned(latitude, longitude)
    bounds = read_bounds("102.7,16.3,102.95,16.55", "13")
    assert bounds
    shown = shown_on_map(session, act_as("central"), ComplaintFilter(), bounds)
    assert [(cluster.cases, round(cluster.latitude, 6)) for cluster in shown.clusters] == [
        (2, 16.430002),
        (1, 16.49),
    ]


def test_clusters_do_not_move_when_the_view_does(
    session: Session, act_as: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_points, "RAW_POINTS", 1)
    with write_transaction() as writing:
        fill(writing, 300)
    views = ("102.80,16.40,102.88,16.48", "102.803,16.397,102.883,16.477")
    seen = []
    for view in views:
        bounds = read_bounds(view, "15")
        assert bounds
        shown = shown_on_map(session, act_as("central"), ComplaintFilter(), bounds)
        inner = [c for c in shown.clusters if 16.41 < c.latitude < 16.46 and 102.815 < c.longitude < 102.865]
        seen.append({(round(c.latitude, 6), round(c.longitude, 6), c.cases) for c in inner})
    assert len(seen[0]) > 5
    assert seen[0] == seen[1]


def test_clusters_hold_every_pinned_case_of_the_view(
    session: Session, act_as: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    with write_transaction() as writing:
        fill(writing, 400)
    bounds = read_bounds("102.7,16.3,102.95,16.55", "13")
    assert bounds
    points = shown_on_map(session, act_as("central"), ComplaintFilter(), bounds)
    monkeypatch.setattr(map_points, "RAW_POINTS", 10)
    clusters = shown_on_map(session, act_as("central"), ComplaintFilter(), bounds)
    assert points.cases == len(points.points) == clusters.cases
    assert not clusters.points


@on_sqlite
def test_an_answer_of_clusters_stays_small(
    client: FlaskClient, login_as: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_points, "RAW_POINTS", 100)
    with write_transaction() as session:
        fill(session, 3_000)
    client = login_as(client, "central")
    for zoom, bbox in (
        (13, "102.7,16.3,102.95,16.55"),
        (15, "102.81,16.41,102.85,16.45"),
        (1, "-180,-80,180,80"),
    ):
        answer = client.get(f"{MAP}points?bbox={bbox}&zoom={zoom}", headers={"Accept-Encoding": "gzip"})
        assert len(answer.data) <= GZIP_MOST, zoom


@on_sqlite
def test_an_answer_is_packed_for_who_can_unpack_it(client: FlaskClient, login_as: Login) -> None:
    client = login_as(client, "central")
    packed = client.get(f"{MAP}areas", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == client.get(f"{MAP}areas").data


@on_sqlite
@pytest.mark.parametrize(
    "query",
    [
        "",
        "bbox=&zoom=13",
        "bbox=1,2,3&zoom=13",
        "bbox=a,b,c,d&zoom=13",
        "bbox=103,17,102,16&zoom=13",
        "bbox=nan,nan,nan,nan&zoom=13",
        "bbox=-inf,-inf,inf,inf&zoom=13",
        "bbox=102,-91,103,95&zoom=13",
        "bbox=102,16,103,17&zoom=99",
        "bbox=102,16,103,17&zoom=1e400",
        "bbox=102,16,103,17&zoom=",
        "bbox=102,16,103,17",
    ],
)
def test_a_view_that_is_none_is_refused_with_words(client: FlaskClient, login_as: Login, query: str) -> None:
    answer = login_as(client, "central").get(f"{MAP}points?{query}")
    assert answer.status_code == 400
    assert "อ่านขอบเขตของแผนที่ไม่ได้" in answer.get_data(as_text=True)


@on_sqlite
def test_strangers_get_no_map(client: FlaskClient) -> None:
    for path in ("", f"points?{TOWN}", "areas"):
        assert client.get(MAP + path).status_code in {302, 401}


@on_sqlite
def test_areas_are_the_edge_the_zones_and_the_communities(client: FlaskClient, login_as: Login) -> None:
    areas = json.loads(login_as(client, "central").get(f"{MAP}areas").data)
    kinds = [feature["properties"]["kind"] for feature in areas["features"]]
    assert (kinds.count("outline"), kinds.count("zone")) == (1, 4)
    assert kinds.count("community") > 80


def test_the_table_says_the_same_without_script(client: FlaskClient, login_as: Login) -> None:
    pinned("16.43", "102.83", zone="1")
    with write_transaction() as session:
        new_case(session, zone="1", status=ComplaintStatus.CLOSED)
        new_case(session, zone=None)
    page = login_as(client, "central").get(MAP).get_data(as_text=True)
    table = page.partition('<table class="list summary zones">')[2].partition("</table>")[0]
    rows = [re.sub("<[^>]+>", " ", row).split() for row in table.split("<tr>")[2:]]
    assert rows == [["1", "2", "1"], ["ไม่ระบุเขต", "1", "1"]]
    assert "2 เรื่องไม่มีหมุด" in page


@on_sqlite
@pytest.mark.browser
@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("look", ["light", "dark"])
def test_the_map_is_drawn_within_the_policy_and_axe_finds_nothing(
    open_page: Callable[..., Any], axe: Callable[[Any], list[str]], size: dict[str, int], look: str
) -> None:
    pinned("16.4321", "102.8360", number="ช. 1/2569")
    pinned("16.4421", "102.8460", number="ช. 2/2569")
    page = open_page(MAP, size, "central", color_scheme=look)
    page.wait_for_selector(".map-case.leaflet-marker-icon")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert axe(page) == []


@on_sqlite
@pytest.mark.browser
def test_a_point_opens_its_case_and_the_address_keeps_the_view(
    app: Flask, open_page: Callable[..., Any]
) -> None:
    code = pinned("16.4321", "102.8360", number="ช. 1/2569")
    page = open_page(f"{MAP}?at=16.4321,102.836,17", DESK, "central")
    page.locator(".map-case.leaflet-marker-icon").focus()
    page.keyboard.press("Enter")
    popup = page.locator(".leaflet-popup-content")
    assert "ถนนชำรุด" in popup.inner_text()
    page.locator(".leaflet-control-zoom-in").click()
    page.wait_for_url(re.compile("%2C18"))
    popup.get_by_role("link", name="ช. 1/2569").click()
    page.wait_for_url(f"**/admin/complaint/{code}")
