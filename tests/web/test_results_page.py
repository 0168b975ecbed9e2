"""ผลการดำเนินงาน: every number opens a list of just as many, files say the same, everybody sees his own."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from helpers.browser import DESK, PHONE
from helpers.cases import made, new_case
from helpers.pages import csrf
from helpers.people import officer_named
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.filling import fill
from domain.clock import fiscal_year_of, now, today
from extensions import write_transaction
from models import (
    ActionResult,
    AuditAction,
    AuditEntry,
    Complaint,
    ComplaintStatus,
    Outcome,
    Rating,
    Zone,
)

RESULTS = "/admin/report/results/"
Login = Callable[[FlaskClient, str], FlaskClient]
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
YEAR = fiscal_year_of(today())


def page_of(client: FlaskClient, url: str = RESULTS) -> str:
    answer = client.get(url, follow_redirects=True)
    assert answer.status_code == 200
    return answer.get_data(as_text=True).partition("<main")[2]


def listed(client: FlaskClient, href: str) -> int:
    """How many cases the list at an address counts."""
    found = re.search(r'class="count-of">([\d,]+) เรื่อง', page_of(client, href))
    return int(found[1].replace(",", "")) if found else -1


def rated(session: Session, case: Complaint, stars: int, comment: str) -> None:
    result = ActionResult(
        complaint=case, done_date=today(), result_text="ซ่อมแล้ว", outcome=Outcome.FIXED, recorded_at=now()
    )
    session.add(result)
    session.flush()
    session.add(Rating(complaint=case, result=result, stars=stars, comment=comment, rated_at=now()))
    case.rated_stars = stars


def test_numbers_open_lists_of_just_as_many(client: FlaskClient, login_as: Login) -> None:
    with write_transaction() as writing:
        fill(writing, 250)
        new_case(writing, zone=None, subcategory=None)
    client = login_as(client, "central")
    page = page_of(client, f"{RESULTS}?year={YEAR - 1}")
    links = re.findall(r'<td class="number"><a href="([^"]+)">([\d,]+)</a>', page)
    tiles = re.findall(r'<a href="([^"]+)">\s*<span>[^<]+</span>\s*<b>([\d,]+) <small>เรื่อง</small>', page)
    assert len(links) > 60
    assert len(tiles) >= 4
    some = [*tiles, *links[:: len(links) // 18]]
    assert [listed(client, html.unescape(href)) for href, _number in some] == [
        int(number.replace(",", "")) for _href, number in some
    ]


@on_sqlite
def test_the_list_behind_a_share_holds_the_cases_above_its_line(client: FlaskClient, login_as: Login) -> None:
    with write_transaction() as writing:
        fill(writing, 250)
    client = login_as(client, "central")
    page = page_of(client, f"{RESULTS}?year={YEAR - 1}")
    tiles = re.findall(r'<a href="([^"]+)">\s*<span>([^<]+)</span>\s*<b>([\d.]+)', page)
    shown = {title: (html.unescape(href), float(number)) for href, title, number in tiles}
    href, share = shown["ทันกำหนด"]
    kept, broken = listed(client, href), listed(client, href.replace("promise=kept", "promise=broken"))
    assert round(100 * kept / (kept + broken), 1) == share
    href, share = shown["ร้อยละความสำเร็จ"]
    assert round(100 * listed(client, href) / shown["เรื่องทั้งหมด"][1], 1) == share


def test_a_department_sees_its_own_words_and_numbers(client: FlaskClient, login_as: Login) -> None:
    with write_transaction() as writing:
        ours = new_case(writing, status=ComplaintStatus.CLOSED)
        theirs = new_case(
            writing,
            status=ComplaintStatus.CLOSED,
            department="health",
            officer="health",
            subcategory="อส.(1)",
        )
        rated(writing, ours, 5, "ไวมาก <b>ขอบคุณ</b>")
        rated(writing, theirs, 1, "ยังเหม็นอยู่")
    page = page_of(login_as(client, "head"))
    assert "ไวมาก &lt;b&gt;ขอบคุณ" in page
    assert "ยังเหม็นอยู่" not in page
    assert "สำนักสาธารณสุข" not in page
    assert "สมชาย" not in page  # Words without names.


@on_sqlite
def test_an_executive_lands_here_and_sees_everything(client: FlaskClient, login_as: Login) -> None:
    made("ไฟดับ")
    client = login_as(client, "executive")
    answer = client.get("/admin/")
    assert answer.headers["Location"].endswith(RESULTS)
    assert "ทั้งเทศบาล" in page_of(client)


@on_sqlite
def test_without_reports_there_is_no_page_and_no_file(client: FlaskClient, login_as: Login) -> None:
    client = login_as(client, "officer")
    token = csrf(client, "/admin/account")
    assert client.get(RESULTS).status_code == 403
    for kind in ("pdf", "excel"):
        assert client.post(f"{RESULTS}{kind}", data={"csrf_token": token}).status_code == 403


@on_sqlite
def test_files_are_in_the_audit_log_and_hold_no_formula(
    client: FlaskClient, login_as: Login, session: Session
) -> None:
    with write_transaction() as writing:
        zone = writing.scalars(select(Zone).where(Zone.code == "1")).one()
        zone.name = '=HYPERLINK("http://x")😀'
        new_case(writing)
    client = login_as(client, "central")
    token = csrf(client, RESULTS)
    excel = client.post(f"{RESULTS}excel?year={YEAR}", data={"csrf_token": token})
    pdf = client.post(f"{RESULTS}pdf?year={YEAR}", data={"csrf_token": token})
    assert pdf.data.startswith(b"%PDF")
    cells = [c for sheet in load_workbook(io.BytesIO(excel.data)) for row in sheet.iter_rows() for c in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    session.rollback()
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == AuditAction.EXPORT)).all()
    assert [(entry.object_type, entry.changes["format"]) for entry in entries] == [
        ("results", "xlsx"),
        ("results", "pdf"),
    ]


@on_sqlite
def test_a_year_without_cases_and_unknown_conditions_are_said(client: FlaskClient, login_as: Login) -> None:
    client = login_as(client, "central")
    page = page_of(client, f"{RESULTS}?year=2550&zone=1")
    assert "ไม่มีเรื่องในปีที่เลือก" in page
    assert "ใช้เงื่อนไข “เขต” ไม่ได้" in page
    refused = client.post(f"{RESULTS}excel?year=abc", data={"csrf_token": csrf(client, RESULTS)})
    assert refused.status_code == 302


@on_sqlite
def test_the_page_speaks_english(client: FlaskClient, login_as: Login) -> None:
    with write_transaction() as writing:
        officer_named(writing, "central").language = "en"
        fill(writing, 60)
    page = page_of(login_as(client, "central"))
    for words in ("Within the promised time", "Compared with the same days", "Month by month", "of 5"):
        assert words in page
    main = page.partition("</main>")[0]
    headings = re.findall("<(h1|h2|th)[^>]*>([^<]*)<", main)
    assert not [text for tag, text in headings if tag != "th" and re.search("[ก-ฮ]", text)]


@on_sqlite
def test_the_page_costs_the_same_whatever_the_town_holds(
    client: FlaskClient, login_as: Login, sql_count: Callable[[], Any]
) -> None:
    client = login_as(client, "central")
    with write_transaction() as writing:
        fill(writing, 150)
    page_of(client)
    with sql_count() as statements:
        page_of(client)
    assert len(statements) <= 16, statements


@on_sqlite
@pytest.mark.browser
@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(("size", "look"), [(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"])
def test_the_page_fits_and_axe_finds_nothing(
    open_page: Callable[..., Any], axe: Callable[[Any], list[str]], size: dict[str, int], look: str
) -> None:
    with write_transaction() as writing:
        fill(writing, 150)
    page = open_page(f"{RESULTS}?year={YEAR - 1}", size, "executive", color_scheme=look)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert axe(page) == []
