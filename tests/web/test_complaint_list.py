"""The list page: what it shows to whom, what it says about its address, and what it costs."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.browser import DESK, PHONE
from helpers.cases import made, new_case, new_member
from sqlalchemy import func, select

from bench.filling import fill
from domain.clock import now, today
from domain.labels import word
from extensions import write_transaction
from models import Community, ComplaintStatus, Disclosure, Member, Urgency

LIST = "/admin/complaint/"
HEAVIEST = 45_000
SHELL_STATEMENTS, LIST_STATEMENTS = 2, 4
ROOT = Path(__file__).resolve().parents[2]
S = ComplaintStatus
Login = Callable[[FlaskClient, str], FlaskClient]
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
HEAVY = (
    "pandas",
    "xhtml2pdf",
    "linebot",
    "openpyxl",
    "python_calamine",
    "xlsxwriter",
    "reportlab",
    "pythainlp",
)


def page_of(client: FlaskClient, url: str = LIST) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code, answer.headers.get("Location"))
    return answer.get_data(as_text=True)


def rows_of(page: str) -> list[str]:
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [row for row in body.split("<tr>") if row.strip()]


def text_of(row: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", row).split())


def test_a_stranger_is_sent_to_the_sign_in_page(client: FlaskClient) -> None:
    made("ไฟดับ")
    answer = client.get(LIST)
    assert answer.status_code == 302
    assert "/admin/sign-in" in answer.headers["Location"]


@on_sqlite
def test_the_list_has_the_manuals_columns_under_its_four_headings(
    client: FlaskClient, login_as: Login
) -> None:
    made("ไฟดับ")
    head = page_of(login_as(client, "central")).partition("<thead>")[2].partition("</thead>")[0]
    groups, columns = (text_of(row) for row in head.split("<tr>")[1:])
    assert groups == "ผู้ร้องทุกข์ เรื่องร้องทุกข์ ผู้รับเรื่อง ผลการดำเนินงาน"
    for name in ("ชื่อ-นามสกุล", "ที่อยู่", "เลขที่", "ชื่อเรื่อง", "รายละเอียด", "วันที่รับเรื่อง", "เขต", "ชุมชน"):
        assert name in columns
    for name in ("ผู้รับผิดชอบ", "หน่วยงาน", "สถานะ", "วันคงเหลือ"):
        assert name in columns


@on_sqlite
def test_a_row_says_everything_of_the_manual_and_leads_to_its_case(
    client: FlaskClient, login_as: Login
) -> None:
    with write_transaction() as session:
        person = new_member(session, "สมชาย", "ใจดี", address_text="12 ถนนกลางเมือง ตำบลในเมือง 40000")
        case = new_case(
            session,
            "ถนนเป็นหลุมใหญ่หน้าตลาด",
            number="ช. 12/2569",
            member=person,
            due_at=now() - timedelta(days=3),
            urgency=Urgency.URGENT,
        )
        code = case.public_code
    client = login_as(client, "central")
    [row] = rows_of(page_of(client))
    said = text_of(row)
    for words in ("สมชาย ใจดี", "12 ถนนกลางเมือง", "ช. 12/2569", "ถนนชำรุด", "ถนนเป็นหลุมใหญ่", "อนุชิต ดงยางคำ"):
        assert words in said
    for words in ("สำนักช่าง", "กำลังดำเนินการ", "เกิน 3 วัน", "เร่งด่วน"):
        assert words in said
    href = re.search(r'href="([^"]+)"', row)
    assert href
    assert href[1] == code
    assert client.get(LIST + code).status_code == 200


@on_sqlite
def test_a_waiting_case_counts_no_days_and_a_finished_one_has_none(
    client: FlaskClient, login_as: Login
) -> None:
    with write_transaction() as session:
        yesterday = now() - timedelta(days=1)
        new_case(session, number="รอ 1/2569", status=S.AWAITING_PLAN, due_at=yesterday)
        new_case(session, number="เสร็จ 1/2569", status=S.CLOSED, due_at=yesterday)
    rows = [text_of(row) for row in rows_of(page_of(login_as(client, "central")))]
    assert all("เกิน" not in row for row in rows)
    assert sum("หยุดนับวัน" in row for row in rows) == 1


# Who sees whom ----------------------------------------------------------------------------------------------


@pytest.fixture
def people(app: Flask) -> None:
    with write_transaction() as session:
        shy = new_member(session, "ลับลม", "คมใน", address_text="99 ซอยลับ")
        new_case(session, number="ช. 1/2569", member=shy, disclosure=Disclosure.CONCEALED, officer="krit.r")
        new_case(session, number="ช. 2/2569", member=shy, disclosure=Disclosure.CONCEALED, officer="officer")
        open_one = new_member(session, "เปิดเผย", "จริงใจ", address_text="1 ถนนใหญ่")
        new_case(
            session, number="ช. 3/2569", member=open_one, disclosure=Disclosure.DISCLOSED, officer="krit.r"
        )
        shared = session.scalars(select(Member).where(Member.is_shared)).one()
        new_case(session, number="ช. 4/2569", member=shared, officer="krit.r")


def shown_people(page: str) -> dict[str, str]:
    found = {}
    for row in rows_of(page):
        number = re.search(r"ช\. \d/2569", row)
        assert number
        found[number[0]] = text_of(row.partition("<td><a")[0])
    return found


@pytest.mark.usefixtures("people")
def test_who_may_see_members_sees_every_complainant(client: FlaskClient, login_as: Login) -> None:
    shown = shown_people(page_of(login_as(client, "central")))
    assert shown["ช. 1/2569"] == shown["ช. 2/2569"] == "ลับลม คมใน 99 ซอยลับ"
    assert shown["ช. 4/2569"] == "พลเมืองดี"


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("username", ["executive", "admin"])
def test_without_that_right_a_concealed_complainant_stays_unknown(
    client: FlaskClient, login_as: Login, username: str
) -> None:
    page = page_of(login_as(client, username))
    assert shown_people(page) == {
        "ช. 1/2569": "ปกปิดข้อมูล",
        "ช. 2/2569": "ปกปิดข้อมูล",
        "ช. 3/2569": "เปิดเผย จริงใจ 1 ถนนใหญ่",
        "ช. 4/2569": "พลเมืองดี",
    }
    assert "ลับลม" not in page
    assert "ซอยลับ" not in page


@on_sqlite
@pytest.mark.usefixtures("people")
def test_a_field_officer_sees_the_concealed_complainants_of_his_own_cases_only(
    client: FlaskClient, login_as: Login
) -> None:
    shown = shown_people(page_of(login_as(client, "officer")))
    assert shown["ช. 1/2569"] == "ปกปิดข้อมูล"
    assert shown["ช. 2/2569"].startswith("ลับลม")


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("username", ["executive", "officer", "central"])
def test_a_concealed_name_finds_nothing_whoever_asks(
    client: FlaskClient, login_as: Login, username: str
) -> None:
    assert rows_of(page_of(login_as(client, username), f"{LIST}?search=ลับลม")) == []


@pytest.mark.parametrize("username", ["clerk", "head", "officer"])
def test_another_departments_cases_are_not_there(client: FlaskClient, login_as: Login, username: str) -> None:
    made("ไฟดับในซอยของเรา")
    [foreign] = made("ไฟดับของสาธารณสุข", department="health", officer="health")
    client = login_as(client, username)
    for query in (
        "",
        "?search=ไฟดับ",
        f"?search={foreign}",
        "?department=health",
        "?officer=health",
        "?state=open",
    ):
        page = page_of(client, LIST + query)
        assert foreign not in page.partition("<tbody>")[2]
        assert len(rows_of(page)) <= 1
        assert "2 เรื่อง" not in page


# The address ------------------------------------------------------------------------------------------------


@on_sqlite
def test_each_condition_is_a_sentence_that_can_be_taken_away(client: FlaskClient, login_as: Login) -> None:
    page = page_of(login_as(client, "central"), f"{LIST}?zone=1,3&state=open")
    chips = page.partition('<ul class="chips"')[2].partition("</ul>")[0]
    assert "เขต: 1, 3" in text_of(chips)
    assert "กลุ่มสถานะ: ยังไม่เสร็จ" in text_of(chips)
    assert 'href="/admin/complaint/?state=open"' in chips
    assert 'href="/admin/complaint/?zone=1,3"' in chips or 'href="/admin/complaint/?zone=1%2C3"' in chips


@on_sqlite
@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("zone=99", "ไม่รู้จัก “99”"),
        ("colour=red", "ไม่รู้จักเงื่อนไข “colour”"),
        ("received_from=3/3/68", "อ่านได้สองแบบ"),
        ("sort=name", "ไม่รู้จักการเรียง “name”"),
        ("received_from=2026-02-02&received_to=2026-01-01", "วันเริ่มต้นอยู่หลังวันสิ้นสุด"),
    ],
)
def test_what_the_address_says_and_nobody_understands_is_named(
    client: FlaskClient, login_as: Login, query: str, says: str
) -> None:
    made("ไฟดับ")
    page = page_of(login_as(client, "central"), f"{LIST}?{query}")
    assert says in page.partition('class="notice notice-warning"')[2]


@on_sqlite
@pytest.mark.parametrize(
    "query",
    [
        "search=<script>alert(1)</script>",
        'zone="><img src=x onerror=alert(1)>',
        "colour=<b>",
        "page=99999999999999999999",
        "page=-1",
        "page=๑",
        "search=%00%ff",
        "search=" + "ก" * 3_000,
        "zone=" + ",".join(map(str, range(500))),
        "status=directed%27%20or%201=1",
        "panel=nothing",
    ],
)
def test_hostile_addresses_get_a_page_and_no_markup_of_theirs(
    client: FlaskClient, login_as: Login, query: str
) -> None:
    made("ไฟดับ")
    answer = login_as(client, "central").get(f"{LIST}?{query}", follow_redirects=True)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "<script>alert" not in page
    assert "<img src=x" not in page


@on_sqlite
def test_a_form_without_script_leads_to_a_plain_address(client: FlaskClient, login_as: Login) -> None:
    query = "search=&zone=1&zone=3&status=&received_from=&page="
    answer = login_as(client, "central").get(f"{LIST}?{query}")
    assert answer.status_code == 302
    assert answer.headers["Location"] in {f"{LIST}?zone=1,3", f"{LIST}?zone=1%2C3"}


@on_sqlite
def test_the_filter_form_works_without_script_and_knows_what_is_chosen(
    client: FlaskClient, login_as: Login
) -> None:
    page = page_of(login_as(client, "central"), f"{LIST}?zone=3&received_from=2025-10-01&panel=filter")
    assert '<option value="3" selected>3</option>' in page
    assert 'name="received_from" value="01/10/2568"' in page
    for key in (
        "status",
        "community",
        "category",
        "subcategory",
        "department",
        "officer",
        "channel",
        "urgency",
    ):
        assert f'name="{key}"' in page
    assert 'name="year"' in page


@on_sqlite
def test_quick_views_and_spans_of_time_are_plain_links(client: FlaskClient, login_as: Login) -> None:
    page = page_of(login_as(client, "central"), f"{LIST}?panel=filter")
    for query in ("officer=me&amp;state=open", "state=open", "due=overdue", "status=awaiting_plan"):
        assert f'href="/admin/complaint/?{query}"' in page
    day = today().isoformat()
    assert f"received_from={day}&amp;received_to={day}" in page


@on_sqlite
def test_my_work_begins_with_what_is_due_first(client: FlaskClient, login_as: Login) -> None:
    with write_transaction() as session:
        later = new_case(session, due_at=now() + timedelta(days=5)).public_code
        sooner = new_case(session, due_at=now() + timedelta(days=1)).public_code
        new_case(session, officer="krit.r")
        new_case(session, status=S.CLOSED)
    rows = rows_of(page_of(login_as(client, "officer"), f"{LIST}?officer=me&state=open"))
    assert [next(code for code in (later, sooner) if code in row) for row in rows] == [sooner, later]


@on_sqlite
def test_the_menu_speaks_the_manuals_words(client: FlaskClient, login_as: Login) -> None:
    page = page_of(login_as(client, "central"))
    menu = text_of(page.partition("<nav")[2].partition("</nav>")[0])
    places = [
        menu.index(words)
        for words in (
            "งานของฉัน",
            "ผลการดำเนินงาน",
            "บันทึกผลการดำเนินงาน",
            "จัดการเรื่องร้องทุกข์",
            "เรื่องรอเข้าแผน",
            "รายงาน",
            "แผนที่",
        )
    ]
    assert places == sorted(places)


@on_sqlite
@pytest.mark.parametrize(
    "path", ["new/", "edit/?id=1", "delete/", "details/?id=1", "action/", "ajax/update/"]
)
def test_no_generic_form_reaches_a_complaint(
    app: Flask, client: FlaskClient, login_as: Login, path: str
) -> None:
    made("ไฟดับ")
    client = login_as(client, "central")
    assert client.get(LIST + path).status_code in {302, 308, 404, 405}
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.startswith("complaint.")}
    assert endpoints <= {"complaint.index_view", "complaint.export", "complaint.static"}


# What it costs ----------------------------------------------------------------------------------------------


def test_a_page_costs_few_statements_whatever_it_shows(
    client: FlaskClient, login_as: Login, sql_count: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    with write_transaction() as session:
        fill(session, 400)
    client = login_as(client, "central")
    page_of(client)
    cost = {}
    for query in (
        "",
        "?search=ถนน",
        "?search=ไฟ",
        "?state=open",
        "?page=3",
        "?page=900",
        "?zone=1,3&panel=filter",
    ):
        with sql_count() as sent:
            page_of(client, LIST + query)
        cost[query] = len([one for one in sent if not one.startswith(("BEGIN", "PRAGMA"))])
    assert max(cost.values()) <= SHELL_STATEMENTS + LIST_STATEMENTS, cost


@on_sqlite
def test_fifty_long_rows_stay_light(client: FlaskClient, login_as: Login) -> None:
    with write_transaction() as session:
        names = ("นางสาว", "กัญญารัตน์เพ็ญประภา", "ศรีสุวรรณวงศ์พานิชกุล")
        person = new_member(
            session,
            names[1],
            names[2],
            title=names[0],
            address_text="123/456 หมู่บ้านริมบึงแก่นนครวิลล์ ถนนกสิกรทุ่งสร้าง ตำบลในเมือง 40000",
        )
        community = session.scalars(select(Community).order_by(func.length(Community.name).desc())).first()
        for number in range(50):
            new_case(
                session,
                "น้ำเน่าเอ่อล้นจากท่อระบายน้ำหน้าบ้านส่งกลิ่นเหม็นมาหลายวันแล้ว " * 20,
                number=f"อส. {number + 10_000}/2569",
                subcategory="ฟ.(4)",
                department="roads",
                officer="krit.r",
                community=community,
                member=person,
                disclosure=Disclosure.DISCLOSED,
                due_at=now() - timedelta(days=number),
                status=list(S)[number % 5],
            )
    answer = login_as(client, "central").get(LIST)
    assert len(rows_of(answer.get_data(as_text=True))) == 50
    assert len(answer.data) <= HEAVIEST


def test_heavy_libraries_are_not_there_after_a_list_page(tmp_path: Path) -> None:
    code = f"""
import sys
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "tests")!r}]
from helpers.backends import settings_for, plant_template
from helpers.people import sign_in_client
from pathlib import Path
from app import create_app
app = create_app(settings_for(Path({str(tmp_path)!r}), "sqlite:///" + {str(tmp_path / "a.db")!r}))
plant_template(app)
client = sign_in_client(app, app.test_client(), "central")
assert client.get("/admin/complaint/").status_code == 200
assert client.get("/admin/map/").status_code == 200
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr[-2_000:]


# In a browser -----------------------------------------------------------------------------------------------


@on_sqlite
@pytest.mark.browser
@pytest.mark.parametrize("size", [DESK, PHONE, {"width": 320, "height": 640}], ids=["desk", "phone", "small"])
@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.usefixtures("app")
def test_the_list_fits_and_axe_finds_nothing(
    open_page: Callable[..., Any], axe: Callable[[Any], list[str]], size: dict[str, int], look: str
) -> None:
    with write_transaction() as session:
        fill(session, 120)
    for query in ("", "?state=open&zone=1,3&panel=filter", "?panel=export", "?zone=99&search=ไม่มีแน่"):
        page = open_page(LIST + query, size, "central", color_scheme=look)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], query
        assert axe(page) == [], query


@on_sqlite
@pytest.mark.browser
@pytest.mark.usefixtures("app")
def test_no_day_breaks_and_no_state_takes_more_than_two_lines(open_page: Callable[..., Any]) -> None:
    made("ถนนเป็นหลุมใหญ่หน้าตลาด")
    page = open_page(LIST, DESK, "central")
    measure = """([column, texts]) => texts.filter((text) => {
        const cell = document.querySelector(`.cases tbody td:nth-child(${column})`);
        const box = cell.querySelector(".state") ?? cell;
        box.textContent = text;
        const words = document.createRange();
        words.selectNodeContents(box);
        const lines = new Set([...words.getClientRects()].map((one) => Math.round(one.top))).size;
        const room = cell.getBoundingClientRect().width - 16;
        return lines > (column === 7 ? 2 : 1) || words.getBoundingClientRect().width > room;
    })"""
    states = [word(state, language) for state in ComplaintStatus for language in ("th", "en")]
    days = ["เกินเวลาวันนี้", "ครบกำหนดวันนี้", "เกิน 1,234 วัน", "Overdue today", "1,234 days over", "Clock stopped"]
    for column, texts in ((7, states), (8, days), (4, ["30 พ.ย. 2569", "30 Sep 2026", "ไม่ทราบวันที่"])):
        assert page.evaluate(measure, [column, texts]) == []


@on_sqlite
@pytest.mark.browser
@pytest.mark.usefixtures("app")
def test_the_whole_row_leads_to_the_case_without_script(open_page: Callable[..., Any]) -> None:
    [code] = made("ถนนเป็นหลุมใหญ่หน้าตลาด")
    page = open_page(LIST, DESK, "central", javascript=False)
    place = page.get_by_text("ถนนเป็นหลุมใหญ่").bounding_box()  # Far from the link's own words.
    page.mouse.click(place["x"] + 40, place["y"] + 5)
    page.wait_for_url(f"**/admin/complaint/{code}")
