"""Taking the list away: exactly what is filtered, masked, with a reason, noted; long lists by the worker."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.cases import made, new_case, new_member
from helpers.pages import csrf
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

import worker.case_export
import worker.officer_files
from domain.clock import FrozenClock
from domain.officer_files import KEPT, READY_KEY
from domain.settings import write_setting
from extensions import write_transaction
from models import AuditAction, AuditEntry, DeliveryState, Disclosure, Job, JobKind, Notification, StaffUser
from worker.jobs import run_due

LIST, FILES = "/admin/complaint/", "/admin/case-file/"
Login = Callable[[FlaskClient, str], FlaskClient]
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
HOSTILE = '=HYPERLINK("http://x","y")'


def taken(client: FlaskClient, query: str = "", kind: str = "csv", **fields: str) -> TestResponse:
    data = {"reason": "ประชุมประจำเดือน", **fields, "csrf_token": csrf(client, f"{LIST}?panel=export")}
    return client.post(f"{LIST}export/{kind}/{query}", data=data)


def csv_rows(answer: TestResponse) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.headers.get("Location")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def xlsx_cells(data: bytes) -> list[tuple[Any, ...]]:
    sheet = load_workbook(io.BytesIO(data)).worksheets[0]
    return [tuple(cell.value for cell in row) for row in sheet.iter_rows()]


def entries(session: Session) -> list[AuditEntry]:
    session.rollback()
    found = select(AuditEntry).where(AuditEntry.action == AuditAction.EXPORT).order_by(AuditEntry.id)
    return list(session.scalars(found))


@pytest.fixture
def short_limit(app: Flask) -> None:
    """Lists of more than two complaints go through the worker."""
    with write_transaction() as session:
        write_setting(session, "export_job_rows", 2)


def test_the_file_holds_exactly_what_is_filtered(client: FlaskClient, login_as: Login) -> None:
    first, _other, last = made("ไฟดับซอยหนึ่ง", "ถนนพัง", "ไฟดับซอยสอง")
    rows = csv_rows(taken(login_as(client, "central"), "?search=ไฟดับ"))
    assert [row["รหัสติดตาม"] for row in rows] == [last, first]


def test_excel_and_csv_say_the_same(client: FlaskClient, login_as: Login) -> None:
    made("ไฟดับ", "ถนนพัง")
    client = login_as(client, "central")
    heading, *cells = xlsx_cells(taken(client, kind="xlsx").data)
    rows = csv_rows(taken(client))
    assert list(heading) == list(rows[0])
    place = heading.index("รายละเอียด")
    assert [row[place] for row in cells] == [row["รายละเอียด"] for row in rows] == ["ถนนพัง", "ไฟดับ"]


@pytest.mark.parametrize("username", ["clerk", "head"])
def test_another_departments_cases_are_in_no_file(
    client: FlaskClient, login_as: Login, username: str
) -> None:
    [own] = made("ไฟดับ")
    made("ไฟดับ", department="health", officer="health")
    client = login_as(client, username)
    for query in ("", "?department=health,engineering", "?search=ไฟดับ"):
        assert [row["รหัสติดตาม"] for row in csv_rows(taken(client, query))] == [own]


@on_sqlite
@pytest.mark.parametrize("username", ["officer", "executive", "admin"])
def test_who_may_not_take_away_gets_nothing(client: FlaskClient, login_as: Login, username: str) -> None:
    made("ไฟดับ")
    client = login_as(client, username)
    token = csrf(client, "/admin/account")
    answer = client.post(f"{LIST}export/csv/", data={"reason": "อยากได้", "csrf_token": token})
    assert answer.status_code == 403
    assert "ส่งออก" not in client.get(LIST).get_data(as_text=True).partition("<main")[2]


@on_sqlite
def test_a_file_is_never_got_by_reading_an_address(client: FlaskClient, login_as: Login) -> None:
    assert login_as(client, "central").get(f"{LIST}export/csv/").status_code in {404, 405}


@on_sqlite
def test_without_a_token_nothing_is_sent(client: FlaskClient, login_as: Login) -> None:
    answer = login_as(client, "central").post(f"{LIST}export/csv/", data={"reason": "ประชุม"})
    assert "text/csv" not in answer.headers["Content-Type"]


@on_sqlite
@pytest.mark.parametrize("reason", ["", "   ", "\u200b"])
def test_without_a_reason_nothing_leaves(
    client: FlaskClient, login_as: Login, session: Session, reason: str
) -> None:
    made("ไฟดับ")
    client = login_as(client, "central")
    answer = taken(client, "?state=open&panel=export", reason=reason)
    assert answer.status_code == 302
    assert "state=open" in answer.headers["Location"]
    assert "ต้องบอกเหตุผล" in client.get(answer.headers["Location"]).get_data(as_text=True)
    assert entries(session) == []


@on_sqlite
def test_a_condition_nobody_understands_stops_the_file_instead_of_widening_it(
    client: FlaskClient, login_as: Login, session: Session
) -> None:
    made("ไฟดับ")
    assert taken(login_as(client, "central"), "?zone=99").status_code == 302
    assert entries(session) == []


@on_sqlite
@pytest.mark.parametrize("text", [HOSTILE, "+1", "-1", "@SUM(A1)", "\t=1", "＝1", " =1"])
def test_no_word_of_a_citizen_becomes_a_formula(client: FlaskClient, login_as: Login, text: str) -> None:
    with write_transaction() as session:
        new_case(
            session,
            text,
            place_text=text,
            member=new_member(session, text, text),
            disclosure=Disclosure.DISCLOSED,
        )
    client = login_as(client, "central")
    for row in csv_rows(taken(client, reveal="1")):
        assert not [cell for cell in row.values() if cell.lstrip(" \t").startswith(("=", "+", "@", "＝"))]
    data = taken(client, kind="xlsx", reveal="1").data
    for row in load_workbook(io.BytesIO(data)).worksheets[0].iter_rows():
        assert not [cell.value for cell in row if cell.data_type == "f"]


@pytest.fixture
def people(app: Flask) -> None:
    with write_transaction() as session:
        shy = new_member(session, "ลับลม", "คมใน", phone="+66935727903", address_text="99 ซอยลับ")
        new_case(session, "เรื่องลับ", member=shy, disclosure=Disclosure.CONCEALED)
        plain = new_member(session, "เปิดเผย", "จริงใจ", phone="+66811112222", address_text="1 ถนนใหญ่")
        new_case(session, "เรื่องเปิด", member=plain, disclosure=Disclosure.DISCLOSED)


@on_sqlite
@pytest.mark.usefixtures("people")
def test_a_plain_file_masks_people_and_hides_who_asked_for_it(client: FlaskClient, login_as: Login) -> None:
    answer = taken(login_as(client, "central"))
    rows = {row["รายละเอียด"]: row for row in csv_rows(answer)}
    assert rows["เรื่องลับ"]["ชื่อ-นามสกุล"] == rows["เรื่องลับ"]["โทรศัพท์"] == "ปกปิดข้อมูล"
    assert rows["เรื่องเปิด"]["ชื่อ-นามสกุล"] == "เปิxxx จxxx"
    assert rows["เรื่องเปิด"]["โทรศัพท์"] == "081-xxx-2222"
    for word in ("ลับลม", "ซอยลับ", "7903", "ถนนใหญ่"):
        assert word not in answer.get_data(as_text=True)


@on_sqlite
@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("username", ["central", "clerk"])
def test_who_may_reveal_them_all_can_say_so(
    client: FlaskClient, login_as: Login, session: Session, username: str
) -> None:
    rows = {row["รายละเอียด"]: row for row in csv_rows(taken(login_as(client, username), reveal="1"))}
    assert rows["เรื่องลับ"]["ชื่อ-นามสกุล"] == "ลับลม คมใน"
    assert rows["เรื่องลับ"]["โทรศัพท์"] == "093-572-7903"
    assert entries(session)[-1].changes["personal_data"] is True


@pytest.mark.usefixtures("people")
def test_the_audit_log_knows_who_took_what_and_why(
    client: FlaskClient, login_as: Login, session: Session
) -> None:
    taken(login_as(client, "central"), "?state=open&zone=1")
    [entry] = entries(session)
    assert entry.object_type == "complaint"
    assert entry.reason == "ประชุมประจำเดือน"
    assert entry.actor_name.startswith("นางสาวดารินทร์")
    assert entry.changes["rows"] == 2
    assert entry.changes["filters"] == [["กลุ่มสถานะ", "ยังไม่เสร็จ"], ["เขต", "1"]]
    assert entry.changes["personal_data"] is False


# Long lists -------------------------------------------------------------------------------------------------


def asked_for_a_long_file(client: FlaskClient, query: str = "", kind: str = "xlsx") -> TestResponse:
    answer = taken(client, query, kind=kind)
    assert answer.status_code == 302
    assert answer.headers["Location"] == FILES
    return answer


def only_job(session: Session) -> Job:
    session.rollback()
    return session.scalars(select(Job).where(Job.kind == JobKind.CASE_EXPORT)).one()


@pytest.mark.usefixtures("short_limit")
def test_a_long_list_is_written_by_the_worker_and_announced(
    app: Flask, client: FlaskClient, login_as: Login, session: Session
) -> None:
    codes = made("ไฟดับ", "ถนนพัง", "น้ำท่วม")
    client = login_as(client, "central")
    asked_for_a_long_file(client)
    assert "กำลังทำไฟล์" in client.get(FILES).get_data(as_text=True)
    assert run_due(app) == 1
    job = only_job(session)
    assert (job.state, job.progress) == (DeliveryState.SENT, 100)
    bell = session.scalars(select(Notification).where(Notification.template_key == READY_KEY)).one()
    assert bell.facts == {"job_id": job.id, "title": "เรื่องร้องทุกข์"}
    answer = client.get(f"{FILES}{job.id}")
    _heading, *cells = xlsx_cells(answer.data)
    assert {row[1] for row in cells} == set(codes)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "filename*=UTF-8''" in answer.headers["Content-Disposition"]
    assert [entry.object_type for entry in entries(session)] == ["complaint", "job"]


@on_sqlite
@pytest.mark.usefixtures("short_limit")
def test_a_file_asked_for_twice_is_written_once(
    client: FlaskClient, login_as: Login, session: Session
) -> None:
    made(*"กขค")
    client = login_as(client, "central")
    asked_for_a_long_file(client)
    asked_for_a_long_file(client)
    assert only_job(session).state is DeliveryState.READY


@on_sqlite
@pytest.mark.usefixtures("short_limit")
def test_a_long_file_holds_what_its_officer_may_see_when_it_is_written(
    app: Flask, client: FlaskClient, login_as: Login, session: Session
) -> None:
    own = made("ไฟดับ", "ถนนพัง", "น้ำท่วม")
    made("น้ำเสีย", department="health", officer="health")
    client = login_as(client, "clerk")
    asked_for_a_long_file(client, kind="csv")
    run_due(app)
    rows = csv_rows(client.get(f"{FILES}{only_job(session).id}"))
    assert {row["รหัสติดตาม"] for row in rows} == set(own)


@on_sqlite
@pytest.mark.usefixtures("short_limit")
def test_an_officer_who_was_switched_off_meanwhile_gets_no_file(
    app: Flask, client: FlaskClient, login_as: Login, session: Session
) -> None:
    made(*"กขค")
    asked_for_a_long_file(login_as(client, "clerk"))
    with write_transaction() as writing:
        writing.scalars(select(StaffUser).where(StaffUser.username == "clerk")).one().is_active = False
    run_due(app)
    job = only_job(session)
    assert job.result_key is None
    assert "NotPermitted" in (job.last_error or "")
    assert entries(session) == []


@on_sqlite
@pytest.mark.usefixtures("short_limit")
@pytest.mark.parametrize("username", ["health", "finance", "head"])
def test_nobody_else_gets_the_file(
    app: Flask, client: FlaskClient, login_as: Login, session: Session, username: str
) -> None:
    made(*"กขค")
    asked_for_a_long_file(login_as(client, "central"))
    run_due(app)
    other = login_as(app.test_client(), username)
    answer = other.get(f"{FILES}{only_job(session).id}")
    assert answer.status_code == 302
    assert "ไม่พบเอกสารนี้" in other.get(FILES).get_data(as_text=True)


@on_sqlite
@pytest.mark.usefixtures("short_limit")
def test_after_a_week_the_file_is_gone(
    app: Flask, client: FlaskClient, login_as: Login, session: Session, frozen_noon: FrozenClock
) -> None:
    made(*"กขค")
    client = login_as(client, "central")
    asked_for_a_long_file(client)
    run_due(app)
    job_id, key = only_job(session).id, str(only_job(session).result_key)
    frozen_noon.advance(KEPT - timedelta(minutes=1))
    assert worker.officer_files.drop_expired(app) == 0
    frozen_noon.advance(timedelta(minutes=2))
    client = login_as(app.test_client(), "central")
    assert client.get(f"{FILES}{job_id}").status_code == 302
    assert worker.officer_files.drop_expired(app) == 1
    assert not app.extensions["files"].path(key).exists()


@on_sqlite
@pytest.mark.usefixtures("short_limit")
def test_progress_is_told_without_ending_the_reading(
    app: Flask, client: FlaskClient, login_as: Login, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker.officer_files, "ITEMS_A_STEP", 1)
    codes = made(*"กขคงจ")
    client = login_as(client, "central")
    asked_for_a_long_file(client, kind="csv")
    run_due(app)
    rows = csv_rows(client.get(f"{FILES}{only_job(session).id}"))
    assert [row["รหัสติดตาม"] for row in rows] == codes[::-1]
