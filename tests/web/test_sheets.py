"""The room where Excel comes in, as an officer sees it."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.entry_page import Counter, Page
from helpers.sheets import MEMBER, workbook
from openpyxl import load_workbook
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import AuditEntry, Member, SheetImport, SheetState, StaffUser

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
HOME = "/admin/sheet-import/"
ROWS = (("0812345671", "สมหมาย", "หนึ่ง"), ("0812345672", "สมใจ", "สอง"))


@pytest.fixture
def central(app: Flask, client: FlaskClient) -> Counter:
    return Counter(app, client, "central")


def send(officer: Counter, data: bytes, name: str = "รายชื่อ.xlsx", kind: str = "members") -> Page:
    fields = officer.get(HOME).fields("enctype=")
    fields["kind"] = kind
    fields["file"] = (io.BytesIO(data), name)
    return Page(officer.client.post(f"{HOME}upload", data=fields, content_type="multipart/form-data"))


def upload(officer: Counter, headings: Any = MEMBER, rows: Any = ROWS) -> tuple[str, Page]:
    """Return the address of the preview and the preview."""
    answer = send(officer, workbook(headings, rows))
    assert answer.status == 303, answer.text
    return answer.answer.location, officer.get(answer.answer.location)


def press(officer: Counter, address: str, act: str) -> Page:
    page = officer.get(address)
    form = re.search(rf'action="({re.escape(address)}/{act})"', page.text)
    assert form, f"no button for {act}"
    answer = officer.send(page.fields(form[0]), url=form[1])
    assert answer.status == 303
    return officer.get(answer.answer.location)


def people(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count(Member.id))) or 0


def test_from_a_file_to_members_and_back(central: Counter, session: Session) -> None:
    before = people(session)
    address, page = upload(central)
    assert page.says("นำเข้าทั้งหมด เพิ่ม 2 แก้ไข 0 แถว")
    assert page.says("081-xxx-5671")
    assert not page.says("0812345671")
    assert people(session) == before
    done = press(central, address, "apply")
    assert done.says("นำเข้าเรียบร้อยแล้ว")
    assert people(session) == before + 2
    assert central.get(HOME).says("รายชื่อ.xlsx")
    back = press(central, address, "undo")
    assert back.says("ย้อนกลับการนำเข้าเรียบร้อยแล้ว")
    assert people(session) == before


def test_pressing_twice_takes_in_once(central: Counter, session: Session) -> None:
    address, page = upload(central)
    fields = page.fields(f'action="{address}/apply"')
    before = people(session)
    assert central.send(fields, url=f"{address}/apply").status == 303
    assert central.send(fields, url=f"{address}/apply").status == 303
    assert central.get(address).says("ไม่ได้นำเข้าซ้ำ")
    assert people(session) == before + 2


def test_wrong_rows_are_shown_filtered_and_given_back(central: Counter, session: Session) -> None:
    address, page = upload(central, rows=(*ROWS, ("08", "สั้น", None), ("=A1", "สูตร", None)))
    assert page.says("มี 2 แถวที่ผิด")
    assert not page.says("นำเข้าทั้งหมด")
    wrong = central.get(f"{address}?show=refused")
    assert wrong.says("A4 โทรศัพท์")
    assert wrong.says("A5 โทรศัพท์")
    assert not wrong.says("สมหมาย")
    file = load_workbook(io.BytesIO(central.client.get(f"{address}/errors").data)).worksheets[0]
    last = [row[-1].value for row in file.iter_rows()]
    assert last[:3] == ["ข้อผิดพลาด", None, None]
    assert last[3].startswith("A4 ")
    session.rollback()
    assert session.scalars(select(SheetImport)).one().state is SheetState.CHECKED


def test_the_mended_file_comes_back_with_its_column_of_errors(central: Counter) -> None:
    _address, page = upload(central, (*MEMBER, "ข้อผิดพลาด"), [("0812345671", "ก", "ข", "A2 เดิม")])
    assert page.says("นำเข้าทั้งหมด")
    assert not page.says("คอลัมน์ที่ไม่ได้อ่าน")


def test_pages_of_fifty(central: Counter) -> None:
    rows = [(f"08{number:08d}", f"คน{number}", None) for number in range(1, 121)]
    address, page = upload(central, rows=rows)
    assert page.says("แถว 51")
    assert not page.says("แถว 52")
    assert central.get(f"{address}?page=2").says("แถว 121")
    assert central.get(f"{address}?page=99&show=nonsense").says("แถว 121")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "กรุณาเลือกไฟล์ Excel ก่อน"),
        (b"a,b\n1,2", "ไม่ใช่ Excel (.xlsx)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Excel รุ่นเก่า (.xls)"),
        (workbook(("สี", "กลิ่น"), [("แดง", "หอม")]), "ไม่พบหัวตาราง"),
        (workbook(("ชื่อ", "นามสกุล"), [("ก", "ข")]), "“โทรศัพท์”"),
    ],
)
def test_a_file_that_will_not_do_is_refused_beside_its_box(central: Counter, data: bytes, words: str) -> None:
    page = send(central, data)
    assert page.status == 422
    assert 'aria-describedby="file-hint file-error"' in page.text
    assert page.says(words)
    assert 'value="members" selected' in page.text


def test_what_kind_it_is_must_be_said(central: Counter) -> None:
    page = send(central, workbook(MEMBER, ROWS), kind="")
    assert page.status == 422
    assert page.says("กรุณาเลือกก่อนว่าไฟล์นี้เป็นข้อมูลอะไร")


def test_only_kinds_one_may_change_by_hand_are_offered(app: Flask, central: Counter) -> None:
    offered = central.get(HOME)
    assert offered.says('value="members"')
    assert not offered.says('value="staff"')
    assert central.get(f"{HOME}template/staff").status == 404
    assert send(central, workbook(MEMBER, ROWS), kind="staff").status == 404
    address, _page = upload(central)
    admin = Counter(app, app.test_client(), "admin")
    assert admin.get(HOME).says('value="staff"')
    assert not admin.get(HOME).says("รายชื่อ.xlsx")
    for part in ("", "/errors"):
        assert admin.get(f"{address}{part}").status == 404
    clerk = Counter(app, app.test_client(), "clerk")
    assert clerk.get(HOME).status == 403


def test_templates_are_files(central: Counter) -> None:
    answer = central.client.get(f"{HOME}template/members")
    assert answer.mimetype.endswith("spreadsheetml.sheet")
    assert "template_members" in answer.headers["Content-Disposition"]
    assert load_workbook(io.BytesIO(answer.data)).worksheets[0].cell(1, 1).value == "โทรศัพท์ *"


def test_another_officers_own_file_is_not_given_out(app: Flask, central: Counter, session: Session) -> None:
    address, _page = upload(central, rows=[("08", "ก", None)])
    row = session.scalars(select(SheetImport)).one()
    row.created_by_id = 1
    session.commit()
    assert central.get(f"{address}/errors").status == 404
    assert not central.get(address).says("ดาวน์โหลดไฟล์พร้อมข้อผิดพลาด")


def test_the_page_reads_in_english_too(central: Counter, session: Session) -> None:
    address, _page = upload(central, rows=[("08", "ก", None)])
    session.execute(update(StaffUser).values(language="en"))
    session.commit()
    page = central.get(address)
    assert page.says("Row 2")
    assert page.says("1 rows are wrong")
    assert page.says("A2 Telephone")


def test_reading_leaves_no_row_behind(central: Counter, session: Session) -> None:
    before = session.scalar(select(func.count(AuditEntry.id)))
    send(central, workbook(("ชื่อ", "นามสกุล"), [("ก", "ข")]))
    session.rollback()
    assert session.scalar(select(func.count(SheetImport.id))) == 0
    assert session.scalar(select(func.count(AuditEntry.id))) == before
