"""Every report as a file: rows by rights, columns explained, nothing alive in it; and by schedules."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.cases import made, new_case, new_member, row_of
from helpers.pages import csrf
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

import worker.report_files
from bench.filling import fill
from domain.actor import Actor
from domain.clock import fiscal_year_of, now, today
from domain.complaint_filter import ComplaintFilter
from domain.lookups import load_lookups
from domain.settings import write_setting
from extensions import write_transaction
from models import (
    ActionResult,
    AuditAction,
    AuditEntry,
    ClockPause,
    ComplaintStatus,
    Disclosure,
    Job,
    Notification,
    Outcome,
    PauseReason,
    Rating,
    StaffUser,
)
from reports.registry import REPORTS
from reports.report import Source
from reports.workbook import ABOUT_SHEET
from worker.jobs import run_due

FILES = "/admin/report/files/"
S = ComplaintStatus
Login = Callable[[FlaskClient, str], FlaskClient]
Act = Callable[[str], Actor]
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
YEAR = fiscal_year_of(today())
HOSTILE = '=HYPERLINK("http://x","y")'


def taken(client: FlaskClient, key: str, kind: str = "csv", query: str = "", **fields: str) -> TestResponse:
    data = {"reason": "ประชุมประจำเดือน", **fields, "csrf_token": csrf(client, FILES)}
    return client.post(f"{FILES}{key}/{kind}/{query}", data=data)


def csv_rows(answer: TestResponse) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.headers.get("Location")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def made_rows(session: Session, actor: Actor, key: str, **chosen: Any) -> list[dict[str, Any]]:
    """Return a report's rows by the keys of its columns."""
    report = REPORTS[key]
    wanted = report.narrowed(ComplaintFilter(year=frozenset({YEAR}), **chosen))
    source = Source(session, actor, load_lookups(session), wanted, now())
    keys = [column.key for column in report.columns]
    return [dict(zip(keys, cells, strict=True)) for cells in report.make(source).rows]


def test_every_report_opens_in_every_format(client: FlaskClient, login_as: Login) -> None:
    with write_transaction() as writing:
        fill(writing, 700)
    client = login_as(client, "central")
    for key, report in REPORTS.items():
        said: dict[str, int] = {}
        for kind in report.file_types:
            answer = taken(client, key, kind, f"?from_year={YEAR - 2}&to_year={YEAR}")
            assert answer.status_code == 200, (key, kind)
            said[kind] = _rows_in(answer.data, kind, report.book is not None, len(report.columns))
        assert len(set(said.values())) == 1, (key, said)
        assert said["csv"] > 0, key


def _rows_in(data: bytes, kind: str, has_book: bool, columns: int) -> int:
    if kind == "csv":
        return sum(1 for _row in csv.reader(io.StringIO(data.decode("utf-8-sig")))) - 1
    if kind != "xlsx":
        return len(json.loads(data)["rows" if kind == "json" else "features"])
    book = load_workbook(io.BytesIO(data))
    assert not [c.value for page in book for row in page.iter_rows() for c in row if c.data_type == "f"]
    about = dict(book[ABOUT_SHEET].iter_rows(max_col=2, values_only=True))
    assert {"จัดทำโดย", "จัดทำเมื่อ", "นิยาม"} <= about.keys()
    if has_book:
        assert all(page._charts for page in book.worksheets[:-1])
        return sum(int(page.auto_filter.ref.split(":")[1][1:]) - 4 for page in book.worksheets[:-1])
    page = book.worksheets[0]
    assert page.freeze_panes == "A2"
    assert page.max_column == columns
    return int(about["จำนวนแถว"].replace(",", ""))


def test_a_year_without_cases_is_a_file_with_headings(client: FlaskClient, login_as: Login) -> None:
    client = login_as(client, "central")
    for key, report in REPORTS.items():
        for kind in report.file_types:
            assert taken(client, key, kind, "?from_year=2550").status_code == 200, (key, kind)


@pytest.mark.parametrize(("username", "cases"), [("central", 2), ("clerk", 1), ("head", 1)])
def test_rows_are_those_within_reach(session: Session, act_as: Act, username: str, cases: int) -> None:
    made("ไฟดับ")
    made("น้ำเสีย", department="health", officer="health", subcategory="อส.(1)")
    for key in ("cases", "register"):
        assert len(made_rows(session, act_as(username), key)) == cases
    assert sum(row["all"] for row in made_rows(session, act_as(username), "workload")) == cases


@on_sqlite
def test_who_may_take_no_cases_away_gets_no_report_with_people(client: FlaskClient, login_as: Login) -> None:
    client = login_as(client, "executive")
    page = client.get(FILES).get_data(as_text=True)
    assert "รายงานสรุปเรื่องร้องทุกข์" in page
    assert f"{FILES}cases/" not in page
    assert client.get(f"{FILES}cases/").status_code == 403
    assert taken(client, "cases").status_code == 403
    assert taken(client, "ratings").status_code == 200
    assert client.get(f"{FILES}nothing/").status_code == 404


@on_sqlite
def test_people_are_masked_unless_revealed_with_a_reason(
    client: FlaskClient, login_as: Login, session: Session
) -> None:
    with write_transaction() as writing:
        shy = new_member(writing, "ลับลม 🙂", "คมใน", phone="+66935727903", address_text="99 ซอยลับ")
        new_case(writing, HOSTILE + "\x0b", member=shy, disclosure=Disclosure.CONCEALED)
    client = login_as(client, "central")
    [row] = csv_rows(taken(client, "cases"))
    assert row["ผู้ร้อง"] == row["โทรศัพท์"] == "ปกปิดข้อมูล"
    assert row["รายละเอียด"] == f"'{HOSTILE}"
    [shown] = csv_rows(taken(client, "cases", reveal="1"))
    assert (shown["ผู้ร้อง"], shown["โทรศัพท์"]) == ("ลับลม 🙂 คมใน", "093-572-7903")
    assert taken(client, "cases", reason=" ").status_code == 302
    found = select(AuditEntry).where(AuditEntry.action == AuditAction.EXPORT).order_by(AuditEntry.id)
    masked, revealed = session.scalars(found)
    assert (masked.object_type, masked.changes["personal_data"]) == ("report:cases", False)
    assert (revealed.reason, revealed.changes["personal_data"]) == ("ประชุมประจำเดือน", True)


# What each report says --------------------------------------------------------------------------------------


def test_recurring_is_what_came_back_after_it_was_finished(session: Session, act_as: Act) -> None:
    start = now() - timedelta(days=40)
    here = {"latitude": 16.4321, "longitude": 102.8364}
    with write_transaction() as writing:

        def case(day: int, ended: int | None, **more: Any) -> int:
            found = new_case(writing, received_at=start + timedelta(days=day), status=S.CLOSED, **more)
            found.finished_at = None if ended is None else start + timedelta(days=ended)
            return found.id

        case(0, 2, **here)
        case(1, 4, **here)  # While the first was open: the same occurrence.
        case(9, 10, latitude=16.43212, longitude=102.83642)
        case(14, 15, latitude=16.5, longitude=102.9)  # Elsewhere.
        case(20, 21, **here, subcategory="ฟ.(1)")  # Another trouble.
    [spot] = made_rows(session, act_as("central"), "recurring")
    assert (spot["times"], spot["cases"], spot["gap_days"]) == (2, 3, 5.0)


def test_a_case_awaiting_the_plan_tells_how_long_and_how_often(session: Session, act_as: Act) -> None:
    with write_transaction() as writing:
        waits = new_case(writing, status=S.AWAITING_PLAN)
        waits.clock_stopped_at = now() - timedelta(days=12)
        new_case(writing)
    [row] = made_rows(session, act_as("central"), "awaiting_plan")
    assert (row["days"], row["times"], row["followers"]) == (12, 1, 0)


def test_durations_know_pauses_and_broken_promises(session: Session, act_as: Act) -> None:
    start = now() - timedelta(days=10)
    with write_transaction() as writing:
        late = new_case(writing, received_at=start, status=S.CLOSED, due_at=start + timedelta(days=2))
        late.finished_at = start + timedelta(days=5)
        begins, ends = start + timedelta(days=1), start + timedelta(days=2, hours=12)
        reason = PauseReason.CITIZEN
        writing.add(ClockPause(complaint=late, reason=reason, started_at=begins, ended_at=ends))
        new_case(writing, due_at=now() + timedelta(days=1))
        new_case(writing, due_at=now() - timedelta(days=1))
        new_case(writing, status=S.AWAITING_CITIZEN, due_at=now() - timedelta(days=1))
        new_case(writing, status=S.REJECTED, due_at=now())
        new_case(writing)
    rows = made_rows(session, act_as("central"), "durations")
    assert [row["kept"] for row in rows] == ["เกินกำหนด", "ยังอยู่ในกำหนด", "เกินกำหนด ยังไม่เสร็จ", "หยุดนับเวลา"]
    assert [rows[0][key] for key in ("days", "pauses", "paused_days", "late_days")] == [5.0, 1, 1.5, 3.0]
    [kind] = made_rows(session, act_as("central"), "promises")
    assert (kind["promised"], kind["in_time"], kind["late"]) == (1, 0, 1)


def test_workload_tells_now_from_the_year(session: Session, act_as: Act) -> None:
    with write_transaction() as writing:
        new_case(writing, due_at=now() - timedelta(days=1))
        new_case(writing, status=S.AWAITING_PLAN, received_at=now() - timedelta(days=900))
        new_case(writing, status=S.CLOSED)
        new_case(writing, officer=None, status=S.ACCEPTED)
    officer, nobody = made_rows(session, act_as("central"), "workload")
    assert [officer[key] for key in ("open", "waiting", "overdue", "all", "finished")] == [1, 1, 1, 2, 1]
    assert (nobody["officer"], nobody["open"]) == ("ยังไม่มีผู้รับผิดชอบ", 1)


def test_only_the_latest_rating_of_a_case_counts(session: Session, act_as: Act) -> None:
    with write_transaction() as writing:
        case = new_case(writing, status=S.CLOSED)
        for stars in (2, 5):
            result = ActionResult(
                complaint=case, done_date=today(), result_text="ซ่อม", outcome=Outcome.FIXED, recorded_at=now()
            )
            writing.add(result)
            writing.flush()
            writing.add(Rating(complaint=case, result=result, stars=stars, comment="ดี", rated_at=now()))
    rows = made_rows(session, act_as("clerk"), "ratings")
    assert {row["stars"]: row["is_latest"] for row in rows} == {2: "ไม่ใช่", 5: "ใช่"}
    assert made_rows(session, act_as("health"), "ratings") == []


# Through the worker, and by themselves ----------------------------------------------------------------------


def jobs(session: Session) -> list[Job]:
    session.rollback()
    return list(session.scalars(select(Job).where(Job.kind == "report_file").order_by(Job.id)))


def test_a_long_report_is_written_by_the_worker(
    app: Flask, client: FlaskClient, login_as: Login, session: Session
) -> None:
    with write_transaction() as writing:
        write_setting(writing, "export_job_rows", 2)
    made("ไฟดับ", "ถนนพัง", "น้ำท่วม")
    client = login_as(client, "central")
    assert taken(client, "register", "xlsx").headers["Location"] == "/admin/case-file/"
    assert run_due(app) == 1
    [job] = jobs(session)
    book = load_workbook(io.BytesIO(client.get(f"/admin/case-file/{job.id}").data))
    assert [row[0] for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)] == [1, 2, 3]
    [bell] = session.scalars(select(Notification))
    assert bell.facts["title"] == REPORTS["register"].title.th


def scheduled(client: FlaskClient, **fields: Any) -> TestResponse:
    page = "/admin/report/schedules/new"
    data: dict[str, Any] = {
        "name": "สรุปประจำเดือน",
        "report": "summary",
        "file_type": "xlsx",
        "every": "month",
        "day_of_month": "1",
        "day_of_week": "1",
        "at_hour": "7",
        "csrf_token": csrf(client, page),
    }
    return client.post(page, data=data | fields)


@pytest.fixture
def monthly(client: FlaskClient, login_as: Login, session: Session, frozen_noon: Any) -> Any:
    """The centre has the summary made for an executive and a head every 1st, at noon of 20 November 2569."""
    people = [row_of(session, StaffUser, name).id for name in ("executive", "head")]
    answer = scheduled(login_as(client, "central"), recipient_ids=people)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return frozen_noon


def test_a_schedule_sends_to_each_by_his_own_rights(app: Flask, session: Session, monthly: Any) -> None:
    made("ไฟดับ")
    assert worker.report_files.run_schedules(app) == 0
    monthly.move_to(datetime.fromisoformat("2026-12-01T00:00:00+00:00"))  # 07:00 in Bangkok.
    assert worker.report_files.run_schedules(app) == 2
    assert worker.report_files.run_schedules(app) == 0
    asked = jobs(session)
    assert [job.arguments["args"] for job in asked] == [{"year": "2570"}] * 2
    assert not any(job.arguments["reveals"] for job in asked)
    assert run_due(app) + run_due(app) == 2
    assert all(job.result_key for job in jobs(session))


def test_on_the_first_of_october_the_year_that_ended_is_reported(
    app: Flask, session: Session, monthly: Any
) -> None:
    monthly.move_to(datetime.fromisoformat("2027-10-01T03:00:00+00:00"))  # Down for months: made once.
    assert worker.report_files.run_schedules(app) == 2
    assert {job.arguments["args"]["year"] for job in jobs(session)} == {"2570"}


@on_sqlite
def test_who_has_left_gets_nothing_and_without_its_owner_a_schedule_stops(
    app: Flask, session: Session, monthly: Any
) -> None:
    with write_transaction() as writing:
        row_of(writing, StaffUser, "head").is_active = False
    monthly.move_to(datetime.fromisoformat("2026-12-01T01:00:00+00:00"))
    assert worker.report_files.run_schedules(app) == 1
    with write_transaction() as writing:
        row_of(writing, StaffUser, "central").is_active = False
    monthly.move_to(datetime.fromisoformat("2027-01-01T01:00:00+00:00"))
    assert worker.report_files.run_schedules(app) == 0
    session.rollback()
    [told] = session.scalars(select(Notification))
    assert told.template_key == "report_schedule_stopped"


@on_sqlite
def test_a_head_has_reports_made_for_his_own_people_only(
    client: FlaskClient, login_as: Login, session: Session
) -> None:
    client = login_as(client, "head")
    page = client.get("/admin/report/schedules/new").get_data(as_text=True)
    other = row_of(session, StaffUser, "health").id
    assert f'value="{other}"' not in page.partition("recipient_ids")[2]
    assert scheduled(client, recipient_ids=[other]).status_code == 422
    assert scheduled(client).status_code == 422
    assert login_as(client, "officer").get("/admin/report/schedules/").status_code == 403
