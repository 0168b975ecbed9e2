"""Taking lists away: what is filtered and nothing else, masked, noted, inert."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from helpers.visitor import Desk, text_of
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

import admin_views.export
from admin_views.base import SecureModelView
from domain.members import MemberEntry, create_member
from domain.vault import Vault
from extensions import write_transaction
from models import AuditAction, AuditEntry, Road

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
PHONE, NATIONAL_ID = "0935727903", "1100700000001"


@pytest.fixture
def desk(app: Flask, login_as: Any) -> Callable[[str | None], Desk]:
    return lambda who: Desk(app, login_as, who)


@pytest.fixture
def member(app: Flask, act_as: Any) -> int:
    vault: Vault = app.extensions["vault"]
    actor = act_as("central")
    with write_transaction() as writing:
        entry = MemberEntry(
            phone=PHONE,
            first_name="สมชาย",
            last_name="ใจดี",
            national_id=NATIONAL_ID,
            email="somchai@example.com",
        )
        return create_member(writing, actor, vault, entry).id


def sheet_of(answer: Any) -> list[list[Any]]:
    book = load_workbook(io.BytesIO(answer.data))
    return [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]


def csv_of(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def exports(session: Session) -> list[AuditEntry]:
    session.rollback()
    return list(session.scalars(select(AuditEntry).where(AuditEntry.action == AuditAction.EXPORT)))


def test_an_excel_file_holds_exactly_the_filtered_rows_in_their_order(desk: Any, session: Session) -> None:
    answer = desk("admin").post("/admin/subcategory/export/xlsx/?flt_duration_max__ge=15&sort=code&desc=1")
    rows = sheet_of(answer)
    assert rows[0][:2] == ["รหัส", "ชื่อประเภทย่อย"]
    codes = [row[0] for row in rows[1:]]
    assert codes == sorted(codes, reverse=True)
    assert 0 < len(codes) < 60
    entry = exports(session)[0]
    assert entry.object_type == "subcategory"
    assert entry.changes["rows"] == len(codes)
    assert entry.changes["filters"] == [["ระยะเวลาที่แจ้งประชาชน ตั้งแต่", "15"]]


@on_sqlite
def test_paging_does_not_cut_an_export(desk: Any) -> None:
    rows = sheet_of(desk("admin").post("/admin/community/export/xlsx/?page=2&page_size=20"))
    assert len(rows) == 97


@on_sqlite
def test_the_file_says_who_when_and_which_filters(desk: Any, frozen_noon: Any) -> None:
    answer = desk("admin").post("/admin/category/export/xlsx/?flt_is_active__eq=1&search=งาน")
    about = load_workbook(io.BytesIO(answer.data))["เกี่ยวกับไฟล์นี้"]
    told = {row[0].value: row[1].value for row in about.iter_rows()}
    assert told["ตัวกรอง: ใช้งาน เป็น"] == "ใช่"
    assert told["ตัวกรอง: ค้นหา"] == "งาน"
    assert told["จัดทำเมื่อ"].startswith("20 พฤศจิกายน 2569")
    assert told["จัดทำโดย"]


@on_sqlite
def test_the_file_has_a_thai_name_with_the_buddhist_date(desk: Any, frozen_noon: Any) -> None:
    answer = desk("admin").post("/admin/holiday/export/csv/")
    disposition = answer.headers["Content-Disposition"]
    assert 'filename="holiday_2569-11-20_1200.csv"' in disposition
    assert "filename*=UTF-8''%E0%B8%A7%E0%B8%B1%E0%B8%99" in disposition
    assert disposition.endswith("_2569-11-20_1200.csv")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.data.startswith(b"\xef\xbb\xbf")


def test_a_formula_typed_as_a_name_stays_a_text(desk: Any, session: Session) -> None:
    admin = desk("admin")
    admin.post("/admin/road/new/", {"name": '=HYPERLINK("http://evil.example","ถนน")', "is_active": "y"})
    rows = csv_of(admin.post("/admin/road/export/csv/?search=HYPERLINK"))
    assert rows[1][0].startswith("'=HYPERLINK")
    sheet = load_workbook(
        io.BytesIO(admin.post("/admin/road/export/xlsx/?search=HYPERLINK").data)
    ).worksheets[0]
    assert sheet["A2"].data_type != "f"


@on_sqlite
def test_nothing_leaves_by_a_link_without_a_token_or_in_an_unknown_form(desk: Any, session: Session) -> None:
    admin = desk("admin")
    assert admin.get("/admin/category/export/xlsx/").status_code == 405
    assert admin.post("/admin/category/export/xlsx/", token=False).status_code == 400
    assert admin.post("/admin/category/export/exe/").status_code == 404
    assert exports(session) == []


@on_sqlite
def test_who_may_not_read_a_list_may_not_take_it_away(desk: Any, session: Session) -> None:
    assert desk("officer").post("/admin/audit-entry/export/csv/").status_code == 403
    assert exports(session) == []


def test_who_may_not_open_personal_data_takes_them_away_masked(
    desk: Any, member: int, session: Session
) -> None:
    answer = desk("clerk").post("/admin/member/export/csv/?search=สมชาย")
    text = answer.data.decode()
    assert "093-xxx-7903" in text
    assert "somchai" not in text
    assert PHONE not in text
    assert NATIONAL_ID[-4:] not in text
    assert exports(session)[0].changes["personal_data"] is False


def test_personal_data_leave_only_with_a_reason_that_is_kept(
    desk: Any, member: int, session: Session
) -> None:
    central = desk("central")
    answer = central.post("/admin/member/export/csv/?search=สมชาย")
    assert answer.status_code == 302
    assert exports(session) == []
    assert "ต้องบอกเหตุผล" in text_of(central.get("/admin/member/"))
    answer = central.post("/admin/member/export/csv/?search=สมชาย", {"reason": "ตรวจทะเบียน\x00ตามหนังสือ"})
    assert "093-572-7903" in answer.data.decode()
    entry = exports(session)[0]
    assert entry.reason == "ตรวจทะเบียนตามหนังสือ"
    assert entry.changes["personal_data"] is True


@on_sqlite
def test_secrets_are_in_no_export_and_personal_data_only_masked(app: Flask) -> None:
    screens = [view for view in app.extensions["admin"][0]._views if isinstance(view, SecureModelView)]
    assert len(screens) > 10
    for view in screens:
        columns, shown = view.table.__table__.columns, {name for name, _label in view._export_columns}
        assert not shown & {column.key for column in columns if column.info.get("secret")}, view.endpoint
        assert shown & {c.key for c in columns if c.info.get("personal")} <= view.masked_columns, (
            view.endpoint
        )


@on_sqlite
def test_more_rows_than_can_be_taken_away_at_once_are_refused_with_a_hint(
    desk: Any, monkeypatch: pytest.MonkeyPatch, session: Session
) -> None:
    monkeypatch.setattr(admin_views.export, "MOST_ROWS", 10)
    admin = desk("admin")
    assert admin.post("/admin/community/export/xlsx/").status_code == 302
    assert "กรองให้แคบลง" in text_of(admin.get("/admin/community/"))
    assert exports(session) == []


@on_sqlite
def test_rows_are_read_as_they_are_written(app: Flask, desk: Any, sql_count: Any) -> None:
    with write_transaction() as writing:
        writing.add_all(Road(name=f"ถนนสาย {n}", name_key=f"{n:06}") for n in range(3_000))
    rows = csv_of(desk("admin").post("/admin/road/export/csv/?search=ถนนสาย"))
    assert len(rows) == 3_001
