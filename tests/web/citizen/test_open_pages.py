"""``/open/``: what the town publishes, for everybody, without anything about anybody."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.cases import new_case, new_member
from pypdf import PdfReader

from citizen.open_figures import EXTENSION
from domain.clock import bangkok, fiscal_year_of, now, today
from domain.settings import write_setting
from extensions import write_transaction
from models import ComplaintStatus, Outcome

PAGES = ("/open/", "/open/durations", "/open/process")
RECEIVED = bangkok(2026, 3, 2, 10)
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

pytestmark = pytest.mark.usefixtures("frozen_noon", "afresh")


@pytest.fixture
def afresh(app: Flask) -> Iterator[None]:
    """Nothing is remembered of another test's town."""
    app.extensions.pop(EXTENSION, None)
    yield
    app.extensions.pop(EXTENSION, None)


@pytest.fixture
def five_cases(app: Flask) -> None:
    with write_transaction() as session:
        member = new_member(session, "กานดา", "ไม่ควรเห็น")
        for days in (1, 2, 3, 4, 5):
            case = new_case(
                session, "บ้านของกานดา", status=ComplaintStatus.RESOLVED, received_at=RECEIVED, member=member
            )
            case.finished_at = RECEIVED + timedelta(days=days)
            case.due_at = RECEIVED + timedelta(days=4)
            case.outcome, case.rated_stars = Outcome.FIXED, days


def page(client: FlaskClient, address: str, status: int = 200) -> str:
    reply = client.get(address)
    assert reply.status_code == status
    return reply.get_data(as_text=True)


def close_figures() -> None:
    with write_transaction() as session:
        write_setting(session, "public_figures", value=False)


@pytest.mark.usefixtures("five_cases")
def test_the_figures_stand_with_their_definitions_and_without_people(client: FlaskClient) -> None:
    shown = page(client, "/open/?year=2569")

    assert "<dd>5</dd>" in shown
    assert "<dd>100.0%</dd>" in shown
    assert "<dd>80.0%</dd>" in shown
    assert "<dd>3.00</dd>" in shown
    assert "ไม่นับเรื่องที่ถอน เรื่องซ้ำ" in shown
    files = [f"/open/figures.{kind}?year=2569" for kind in ("csv", "json")]
    for address in (*PAGES, "/open/?year=2569", *files):
        assert "กานดา" not in page(client, address)


def test_a_year_without_a_case_and_years_that_are_none(client: FlaskClient) -> None:
    present = fiscal_year_of(today())
    for asked in ("", "?year=2500", "?year=ปีนี้", "?year=99999999999999999999"):
        shown = page(client, f"/open/{asked}")
        assert str(present) in shown
        assert "ยังไม่มีเรื่องในปีงบประมาณนี้" in shown


@pytest.mark.usefixtures("five_cases")
def test_csv_and_json_say_what_the_page_says(client: FlaskClient) -> None:
    text = page(client, "/open/figures.csv?year=2569")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    data = client.get("/open/figures.json?year=2569").get_json()

    assert text.startswith("\ufeff")
    assert (rows[0]["เรื่องทั้งหมด"], rows[0]["คะแนนเฉลี่ย"]) == ("5", "3.00")
    assert (data["fiscal_year"], data["source"]) == (2569, "เทศบาลนครขอนแก่น")
    assert (data["rows"][0]["all"], data["rows"][0]["mean_rating"]) == (5, 3.0)
    assert len(data["rows"]) == len(rows)


@on_sqlite
@pytest.mark.usefixtures("five_cases")
def test_a_town_that_publishes_no_figures_says_so(client: FlaskClient) -> None:
    assert "/open/" in page(client, "/").replace("/open/durations", "").replace("/open/process", "")
    close_figures()

    assert "ยังไม่เปิดเผยสถิติ" in page(client, "/open/", 404)
    for address in ("/open/figures.csv", "/open/figures.json", "/open/figures/poster"):
        page(client, address, 404)
    durations = page(client, "/open/durations")
    assert "3–7 วันทำการ" in durations
    assert "ใช้จริง" not in durations
    assert 'href="/open/"' not in page(client, "/")


@on_sqlite
@pytest.mark.usefixtures("five_cases")
def test_what_was_promised_stands_beside_what_was_measured(client: FlaskClient) -> None:
    shown = page(client, "/open/durations")

    assert "3–7 วันทำการ" in shown
    assert '<td class="number">3.0</td><td class="number">80.0%</td>' in shown
    assert "3–7 working days" in page(client, "/open/durations?lang=en")


@on_sqlite
def test_figures_are_counted_once_in_some_minutes(client: FlaskClient, app: Flask) -> None:
    assert "ยังไม่มีเรื่อง" in page(client, "/open/")
    with write_transaction() as session:
        new_case(session, received_at=now())

    assert "ยังไม่มีเรื่อง" in page(client, "/open/")
    app.extensions[EXTENSION].clear()
    assert "ยังไม่มีเรื่อง" not in page(client, "/open/")


@on_sqlite
@pytest.mark.parametrize("language", ["th", "en"])
def test_the_sheets_are_whole_and_read_back(client: FlaskClient, language: str) -> None:
    texts = {}
    for name in ("durations", "process"):
        reply = client.get(f"/open/{name}.pdf?lang={language}")
        assert reply.mimetype == "application/pdf"
        pages = PdfReader(io.BytesIO(reply.data)).pages
        texts[name] = "\n".join(one.extract_text() for one in pages)
        assert len(pages) <= (2 if name == "durations" else 1)

    assert ("3–7 วันทำการ" if language == "th" else "3–7 working days") in texts["durations"]
    assert ("ดำเนินการเสร็จสิ้น" if language == "th" else "Finished") in texts["process"]


@on_sqlite
def test_posters_carry_the_address_of_their_page(client: FlaskClient) -> None:
    for name in ("figures", "durations", "process"):
        shown = page(client, f"/open/{name}/poster")
        assert f"/open/{'' if name == 'figures' else name}</p>" in shown
        assert "data:image/png;base64," in shown
    page(client, "/open/nothing/poster", 404)
