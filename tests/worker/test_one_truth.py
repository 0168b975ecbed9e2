"""One truth: page, Excel, PDF and LINE card say the same numbers, and pandas finds them in the raw export.

The years are lived by the demo's verbs and filled up by the bench, so every state, outcome and rating occurs.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.line import Town, officer_line_id, words_of
from helpers.pages import csrf
from helpers.papers import page_texts
from openpyxl import load_workbook

from bench.filling import fill
from demo.complaints import DemoTown
from domain.actor import Actor
from domain.attachments import StoredFile
from domain.clock import now
from domain.complaint_filter import ComplaintFilter
from domain.lookups import load_lookups
from extensions import db, write_transaction
from line_hooks.postback import encode
from reports.registry import REPORTS
from reports.report import Source
from reports.report_files import write_report
from reports.results_workbook import SHEETS

pytestmark = pytest.mark.usefixtures("frozen_noon")
Login = Callable[[FlaskClient, str], FlaskClient]
Act = Callable[[str], Actor]
RESULTS = "/admin/report/results/"
YEARS = (2570, 2569)
CELL = re.compile(r"<t[hd][^>]*>(.*?)</t[hd]>", re.DOTALL)
FIGURE_OF = {
    "เรื่องใหม่": "examination",
    "รับเรื่องแล้ว": "examination",
    "สั่งการแล้ว": "examination",
    "ผู้รับผิดชอบรับทราบ": "progress",
    "กำลังดำเนินการ": "progress",
    "รอข้อมูลจากผู้ร้อง": "progress",
    "รอเข้าแผน": "progress",
    "ส่งต่อหน่วยงานภายนอก": "progress",
    "ดำเนินการแล้วเสร็จ": "finished",
    "ปิดเรื่อง": "finished",
    "ไม่รับเรื่อง": "rejected",
}
"""Columns of the seven figures by the words of a state (workflow.md); other states count nowhere."""


class PaperPictures:
    """Pictures whose files nobody opens."""

    def of(self, scene: str, stage: str, number: int) -> StoredFile:
        return StoredFile(
            storage_key=f"{number:02x}/{'0' * 32}.jpg",
            preview_key=None,
            media_type="image/jpeg",
            byte_size=1,
            sha256=f"{scene}-{stage}-{number}",
            original_name=f"{scene}-{stage}.jpg",
        )


@pytest.fixture
def lived(app: Flask) -> None:
    """A town with some years behind it."""
    with write_transaction() as session:
        DemoTown(session, app.extensions["vault"], PaperPictures()).plant(now(), how_many=25)  # type: ignore[arg-type]
        fill(session, 350)


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", text)).split())


def tiles_on(page: str) -> dict[str, str]:
    found = re.findall(r"<span>([^<]+)</span>\s*<b>(.*?)</b>", page, flags=re.DOTALL)
    return {title: plain(value).split()[0] for title, value in found}


def table_on(page: str, key: str) -> list[list[str]]:
    table = re.search(rf'id="table-{key}">(.*?)</table>', page, flags=re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", table[1], flags=re.DOTALL) if table else []
    return [[plain(cell) for cell in CELL.findall(row)] for row in rows]


def said(cell: Any) -> str:
    """A cell of the workbook as its format shows it."""
    value = cell.value
    if not isinstance(value, int | float):
        return str(value)
    if cell.number_format == '0.0"%"':
        return f"{value:,.1f}%"
    places = {"0.00": 2, "#,##0.0": 1}.get(cell.number_format, 0)
    return f"{value:,.{places}f}"


def sheet_rows(sheet: Any, width: int) -> list[list[str]]:
    return [[said(cell) for cell in row[:width]] for row in sheet.iter_rows(min_row=4)]


def card(town: Town, username: str, choice: str) -> str:
    """What the officer's phone shows for a choice of figures."""
    with write_transaction() as session:
        who = officer_line_id(session, town, username)
    data = encode("figures", choice, town.app.extensions["vault"].button_key)
    assert town.fake.send_webhook("staff", [town.fake.hooks.postback("staff", who, data)]) == 200
    town.drain()
    return words_of(town.fake.state.messages_of("staff", who)[-1]).replace("\u00a0", " ")


@pytest.mark.usefixtures("lived")
@pytest.mark.parametrize("username", ["central", "head"])
def test_page_excel_pdf_and_line_card_are_equal(
    client: FlaskClient, login_as: Login, town: Town, username: str
) -> None:
    client = login_as(client, username)
    token = csrf(client, RESULTS)
    for year in YEARS:
        page = client.get(f"{RESULTS}?year={year}").get_data(as_text=True).partition("<main")[2]
        tiles = tiles_on(page)
        assert len(tiles) == 11
        book = load_workbook(
            io.BytesIO(client.post(f"{RESULTS}excel?year={year}", data={"csrf_token": token}).data)
        )
        assert {row[0]: row[1] for row in sheet_rows(book["ตัวเลขหลัก"], 2)[1:]} == tiles
        for key, name in SHEETS.items():
            rows = table_on(page, key)
            assert rows or key.startswith("worst")  # A table of nothing is not on the page.
            assert sheet_rows(book[name], len(rows[0]) if rows else 0)[1:] == rows[1:]
        [paper] = page_texts(client.post(f"{RESULTS}pdf?year={year}", data={"csrf_token": token}).data)
        for title, value in tiles.items():
            assert re.search(re.escape(title.replace(" ", "")) + r"(\([^)]*\))?" + re.escape(value), paper), (
                title
            )
        figures = card(town, username, f"f{year}-a-a")
        for title in ("เรื่องทั้งหมด", "เสร็จสิ้น", "ระหว่างดำเนินการ", "ระหว่างตรวจสอบ"):
            assert f"{title}: {tiles[title]}" in figures
        assert f"แก้ไขได้: {tiles['ร้อยละความสำเร็จ']}" in figures
        assert f"คะแนนเฉลี่ย: {tiles['คะแนนเฉลี่ย']} / 5 จาก {tiles['เรื่องที่ได้รับคะแนน']} เรื่อง" in figures
        zones = card(town, username, f"z{year}-a-a")
        for label, count, *_rest in table_on(page, "zone")[1:-1]:
            assert f"{label}: {count}" in zones


@pytest.mark.usefixtures("lived")
@pytest.mark.parametrize("username", ["central", "head"])
def test_pandas_finds_the_seven_figures_in_the_raw_export(
    client: FlaskClient, login_as: Login, act_as: Act, username: str
) -> None:
    file = io.BytesIO()
    source = Source(db.session(), act_as(username), load_lookups(db.session), ComplaintFilter(), now())
    write_report(file, REPORTS["cases"], source, "csv", [])
    frame = pd.read_csv(io.BytesIO(file.getvalue()), dtype={"ปีงบประมาณ": str})
    frame["counts"] = frame["สถานะ"].map(FIGURE_OF)
    assert set(FIGURE_OF.values()) <= set(frame["counts"].dropna())
    client = login_as(client, username)
    for year in YEARS:
        page = client.get(f"{RESULTS}?year={year}").get_data(as_text=True).partition("<main")[2]
        shown = tiles_on(page)
        assert independent(frame[frame["ปีงบประมาณ"] == str(year)]) == {
            title: shown[title] for title in list(shown)[:7]
        }


def independent(year: pd.DataFrame) -> dict[str, str]:
    """Compute the seven figures of workflow.md from rows, knowing nothing of ours."""
    counted = year[year["counts"].notna()]
    finished = counted[counted["counts"] == "finished"]
    stars = counted["คะแนน"].dropna()
    return {
        "เรื่องทั้งหมด": f"{len(counted):,}",
        "เสร็จสิ้น": f"{len(finished):,}",
        "ระหว่างดำเนินการ": f"{(counted['counts'] == 'progress').sum():,}",
        "ระหว่างตรวจสอบ": f"{(counted['counts'] == 'examination').sum():,}",
        "ร้อยละความสำเร็จ": f"{half_up(100 * (finished['ผลลัพธ์'] == 'แก้ไขแล้ว').sum(), len(counted), 1)}%",
        "คะแนนเฉลี่ย": half_up(int(stars.sum()), len(stars), 2),
        "เรื่องที่ได้รับคะแนน": f"{len(stars):,}",
    }


def half_up(part: int, whole: int, places: int) -> str:
    """Divide and round halves up, in whole numbers alone."""
    scale = 10**places
    units = (2 * int(part) * scale + whole) // (2 * whole)
    return f"{units // scale}.{units % scale:0{places}}"
