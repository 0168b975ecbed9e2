"""The summary report and the seven figures: page, file and lists say the same numbers."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from helpers.browser import DESK, PHONE
from helpers.cases import made, new_case
from helpers.pages import csrf
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.filling import fill
from domain.actor import Actor
from domain.clock import bangkok, fiscal_year_of, now, today
from domain.complaint_filter import ComplaintFilter
from domain.lookups import load_lookups
from extensions import write_transaction
from models import (
    ActionResult,
    AuditAction,
    AuditEntry,
    Complaint,
    ComplaintStatus,
    Figure,
    Outcome,
    Rating,
    Subcategory,
)
from reports.case_summary import count_cases, frames_of, tables_of
from reports.results import results_of

REPORT, RESULTS = "/admin/report/", "/admin/report/results/"
FILES, SCHEDULES = "/admin/report/files/", "/admin/report/schedules/"
NEW_SCHEDULE = f"{SCHEDULES}new"
S = ComplaintStatus
Login = Callable[[FlaskClient, str], FlaskClient]
Act = Callable[[str], Actor]
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
YEAR = fiscal_year_of(today())
THIS_YEAR = ComplaintFilter(year=frozenset({YEAR}))
IN_2568 = bangkok(2025, 3, 1, 10)
IN_2569 = bangkok(2026, 3, 1, 10)


def page_of(client: FlaskClient, url: str = REPORT) -> str:
    answer = client.get(url, follow_redirects=True)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def tables_on(page: str) -> list[list[list[str]]]:
    """Return every table of numbers on a page as rows of plain cells."""
    tables = re.findall(r'<table class="list summary.*?</table>', page, flags=re.DOTALL)
    return [
        [
            [html.unescape(" ".join(re.sub("<[^>]+>", "", cell).split())) for cell in _cells(row)]
            for row in re.findall(r"<tr>.*?</tr>", table, flags=re.DOTALL)
        ]
        for table in tables
    ]


def _cells(row: str) -> list[str]:
    return re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.DOTALL)


def test_cases_are_counted_by_type_zone_and_figure(session: Session, act_as: Act) -> None:
    with write_transaction() as writing:
        new_case(writing, status=S.DIRECTED, zone="1", received_at=IN_2569)
        new_case(writing, status=S.CLOSED, zone="1", received_at=IN_2569)
        new_case(writing, status=S.CLOSED, zone="3", subcategory="ฟ.(1)", received_at=IN_2569)
        new_case(writing, status=S.REJECTED, zone=None, subcategory=None, received_at=IN_2569)
    counted = count_cases(session, act_as("central"), ComplaintFilter(year=frozenset({2569})))
    tables = {
        table.key: table
        for table in tables_of(frames_of(counted, load_lookups(session)), load_lookups(session))
    }
    by_category = {row.label.split()[0]: row.counts for row in tables["category"].rows}
    assert by_category == {"ช.": (1, 0, 1, 0, 2), "ฟ.": (0, 0, 1, 0, 1), "ไม่ระบุ": (0, 0, 0, 1, 1)}
    assert {row.label: row.counts[-1] for row in tables["zone"].rows} == {"เขต 1": 2, "เขต 3": 1, "ไม่ระบุ": 1}
    assert {table.totals for table in tables.values()} == {(1, 0, 2, 1, 4)}


def test_withdrawn_merged_and_undated_cases_stand_beside_the_tables(session: Session, act_as: Act) -> None:
    with write_transaction() as writing:
        new_case(writing, received_at=IN_2569)
        new_case(writing, status=S.WITHDRAWN, received_at=IN_2569)
        new_case(writing, is_dated=False)
    counted = count_cases(session, act_as("central"), ComplaintFilter(year=frozenset({2569})))
    assert (
        sum(cell.sums["cases"] for cell in counted.cells["zone"] if cell.figure is not Figure.NONE),
        counted.uncounted,
        counted.undated,
    ) == (1, 1, 1)


def test_a_case_belongs_to_the_fiscal_year_of_its_bangkok_day(session: Session, act_as: Act) -> None:
    with write_transaction() as writing:
        new_case(writing, received_at=bangkok(2025, 9, 30, 23, 59))
        new_case(writing, received_at=bangkok(2025, 10, 1, 0, 0))
    counted = count_cases(session, act_as("central"), ComplaintFilter(year=frozenset({2568, 2569})))
    lookups = load_lookups(session)
    tables = tables_of(frames_of(counted, lookups), lookups)
    assert [(row.label, row.counts[-1]) for row in tables[-1].rows] == [("2568", 1), ("2569", 1)]


def test_a_department_is_counted_with_its_parts_and_months_stand_in_order(
    session: Session, act_as: Act
) -> None:
    with write_transaction() as writing:
        for department, month in (("roads", 3), ("engineering", 1), ("lighting", 3)):
            new_case(writing, department=department, received_at=bangkok(2026, month, 31, 23))
    lookups, actor = load_lookups(session), act_as("central")

    def rows(key: str, *departments: str) -> list[tuple[str, int]]:
        ids = {row.id for row in lookups.departments.values() if row.code in departments}
        chosen = ComplaintFilter(year=frozenset({2569}), department=frozenset(ids))
        tables = tables_of(frames_of(count_cases(session, actor, chosen), lookups), lookups)
        return [(row.code, row.counts[-1]) for table in tables if table.key == key for row in table.rows]

    assert rows("department") == [("engineering", 3)]
    assert rows("department", "roads", "lighting") == [("roads", 1), ("lighting", 1)]
    assert rows("month") == [("2569-01", 1), ("2569-03", 2)]


def test_a_year_without_cases_is_an_empty_report(client: FlaskClient, login_as: Login) -> None:
    page = page_of(login_as(client, "central"), f"{REPORT}?from_year=2550")
    assert "ไม่มีเรื่องในปีที่เลือก" in page


@pytest.mark.parametrize("username", ["clerk", "head"])
def test_another_departments_cases_are_in_no_report(
    session: Session, act_as: Act, client: FlaskClient, login_as: Login, username: str
) -> None:
    made("ไฟดับ")
    made("น้ำเสีย", "ขยะ", department="health", officer="health", subcategory="อส.(1)")
    counted = count_cases(session, act_as(username), ComplaintFilter(year=frozenset({YEAR})))
    assert sum(cell.sums["cases"] for cell in counted.cells["zone"]) == 1
    assert results_of(session, act_as(username), THIS_YEAR).all == 1
    assert "งานสาธารณสุข" not in page_of(login_as(client, username)).partition("<main")[2]


@on_sqlite
def test_who_may_not_read_reports_gets_none(client: FlaskClient, login_as: Login) -> None:
    client = login_as(client, "officer")
    assert client.get(REPORT).status_code == 403
    assert client.get(RESULTS).status_code == 403


def test_page_and_excel_show_the_same_numbers(client: FlaskClient, login_as: Login, session: Session) -> None:
    with write_transaction() as writing:
        fill(writing, 600)
    client = login_as(client, "central")
    query = f"?from_year={YEAR - 2}&to_year={YEAR}"
    on_page = tables_on(page_of(client, REPORT + query))
    token = csrf(client, REPORT + query)
    answer = client.post(f"{REPORT}export/{query}", data={"csrf_token": token})
    assert answer.status_code == 200
    book = load_workbook(io.BytesIO(answer.data))
    assert len(on_page) == 8
    for table, sheet in zip(on_page, book.worksheets, strict=False):
        rows = [[cell.value for cell in row[:6]] for row in sheet.iter_rows(min_row=5)]
        shown = [[label, *(int(cell.replace(",", "")) for cell in cells)] for label, *cells in table[1:]]
        assert rows == shown
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
        assert len(sheet._charts) == 1
    session.rollback()
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == AuditAction.EXPORT)).one()
    assert entry.object_type == "report:summary"


@on_sqlite
def test_every_number_opens_a_list_of_just_as_many(client: FlaskClient, login_as: Login) -> None:
    with write_transaction() as writing:
        fill(writing, 250)
        new_case(writing, zone=None, subcategory=None)
    client = login_as(client, "central")
    page = page_of(client, f"{REPORT}?from_year={YEAR - 1}&to_year={YEAR}").partition("<main")[2]
    links = re.findall(r'<td class="number"><a href="([^"]+)">([\d,]+)</a>', page)
    assert len(links) > 40
    wrong = []
    for href, number in links[::7]:
        shown = page_of(client, html.unescape(href))
        total = re.search(r'class="count-of">([\d,]+) เรื่อง', shown)
        if not total or total[1] != number:
            wrong.append((href, number, total and total[1]))
    assert wrong == []


@on_sqlite
@pytest.mark.parametrize(
    ("query", "years", "says"),
    [
        ("", [YEAR], ""),
        ("from_year=2567&to_year=2569", [2567, 2568, 2569], ""),
        ("from_year=2569&to_year=2567", [2567, 2568, 2569], ""),
        ("from_year=2560&to_year=2569", [2565, 2566, 2567, 2568, 2569], "ไม่เกิน 5 ปี"),
        ("from_year=2026", [YEAR], "อ่านปีงบประมาณ “2026” ไม่ได้"),
        ("from_year=๒๕๖๙", [YEAR], "ไม่ได้"),
    ],
)
def test_years_are_chosen_from_to(
    client: FlaskClient, login_as: Login, query: str, years: list[int], says: str
) -> None:
    page = page_of(login_as(client, "central"), f"{REPORT}?{query}")
    heading = re.search("<h1>(.*?)</h1>", page)
    assert heading
    assert [int(year) for year in re.findall(r"\d{4}", heading[1])] == sorted({years[0], years[-1]})
    assert says in page


@on_sqlite
def test_no_name_of_a_type_becomes_a_formula(client: FlaskClient, login_as: Login) -> None:
    with write_transaction() as writing:
        writing.scalars(select(Subcategory)).first().name = '=HYPERLINK("http://x")'  # type: ignore[union-attr]
        subtype = writing.scalars(select(Subcategory)).first()
        assert subtype
        subtype.code = "=1+1"
        new_case(writing, subcategory="=1+1")
    client = login_as(client, "central")
    answer = client.post(f"{REPORT}export/", data={"csrf_token": csrf(client, REPORT)})
    book = load_workbook(io.BytesIO(answer.data))
    assert not [
        c.value for sheet in book.worksheets for row in sheet.iter_rows() for c in row if c.data_type == "f"
    ]


# The seven figures ------------------------------------------------------------------------------------------


def rated(session: Session, case: Complaint, *stars: int) -> None:
    for star in stars:
        result = ActionResult(
            complaint=case, done_date=today(), result_text="ซ่อมแล้ว", outcome=Outcome.FIXED, recorded_at=now()
        )
        session.add(result)
        session.flush()
        session.add(Rating(complaint=case, result=result, stars=star, rated_at=now()))
        case.rated_stars = star


def test_the_seven_figures_follow_their_definitions(session: Session, act_as: Act) -> None:
    with write_transaction() as writing:
        fixed = new_case(writing, status=S.CLOSED, outcome=Outcome.FIXED)
        other = new_case(writing, status=S.RESOLVED, outcome=Outcome.NOT_FOUND)
        new_case(writing, status=S.IN_PROGRESS, outcome=Outcome.FIXED)  # Reopened: no success of now.
        new_case(writing, status=S.SUBMITTED)
        new_case(writing, status=S.REJECTED)
        new_case(writing, status=S.WITHDRAWN)
        new_case(writing, status=S.CLOSED, is_dated=False, outcome=Outcome.FIXED)
        new_case(writing, status=S.CLOSED, received_at=now() - timedelta(days=800), outcome=Outcome.FIXED)
        rated(writing, fixed, 1, 5)
        rated(writing, other, 4)
    found = results_of(session, act_as("central"), THIS_YEAR)
    assert found.all == 5
    assert found.by_figure == {
        Figure.EXAMINATION: 1,
        Figure.PROGRESS: 1,
        Figure.FINISHED: 2,
        Figure.REJECTED: 1,
    }
    assert found.success == Decimal("20.0")
    assert (found.rated, found.mean) == (2, Decimal("4.50"))
    assert found.stars == {1: 0, 2: 0, 3: 0, 4: 1, 5: 1}


def test_nothing_to_divide_by_is_a_dash(client: FlaskClient, login_as: Login) -> None:
    page = page_of(login_as(client, "central"), f"{RESULTS}?year=2550").partition("<main")[2]
    assert page.count("<b>–</b>") == 4  # Success, rating, kept promise and mean time.


@on_sqlite
@pytest.mark.browser
@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("size", "look"), [(DESK, "light"), (PHONE, "dark")], ids=["desk-light", "phone-dark"]
)
def test_reports_fit_and_axe_finds_nothing(
    open_page: Callable[..., Any], axe: Callable[[Any], list[str]], size: dict[str, int], look: str
) -> None:
    with write_transaction() as writing:
        fill(writing, 150)
    for url in (
        f"{REPORT}?from_year={YEAR - 2}&to_year={YEAR}",
        FILES,
        f"{FILES}cases/",
        SCHEDULES,
        NEW_SCHEDULE,
    ):
        page = open_page(url, size, "central", color_scheme=look)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], url
        assert axe(page) == [], url
