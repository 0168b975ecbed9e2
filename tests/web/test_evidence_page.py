"""ชุดหลักฐานการประเมิน: counts and misses on the page, and one ZIP that holds what it says."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.cases import new_case, new_member
from helpers.pages import csrf
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import select

from domain.clock import bangkok
from domain.evidence_pack import request_pack
from extensions import db, write_transaction
from models import AuditEntry, Complaint, ComplaintStatus, Job, JobKind, Notification
from worker.evidence_packs import (
    ABOUT_FILES,
    MANIFEST_NAME,
    MEND_NAME,
    PROOF_NAME,
    READ_FIRST,
    REGISTER_NAME,
    SUMMARY_NAME,
)
from worker.jobs import run_due

PAGE = "/admin/evidence/"
RECEIVED = bangkok(2026, 3, 2, 10)
Login = Callable[[FlaskClient, str], FlaskClient]
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

pytestmark = pytest.mark.usefixtures("frozen_noon")


@pytest.fixture
def miss(app: Flask) -> str:
    """The code of a case finished after two days whose complainant was never told."""
    with write_transaction() as session:
        member = new_member(session, "=HYPERLINK(1)", "😀ใจดี")
        case = new_case(session, "=1+1", status=ComplaintStatus.RESOLVED, received_at=RECEIVED, member=member)
        case.finished_at = RECEIVED + timedelta(days=2)
        case.number = "ช. 7/2569"
        return case.public_code


def shown(client: FlaskClient, address: str = f"{PAGE}?year=2569") -> str:
    reply = client.get(address)
    assert reply.status_code == 200
    return reply.get_data(as_text=True)


def pack_of(client: FlaskClient, app: Flask, year: int = 2569) -> zipfile.ZipFile:
    reply = client.post(f"{PAGE}pack", data={"year": year, "csrf_token": csrf(client, PAGE)})
    assert reply.headers["Location"] == "/admin/case-file/"
    while run_due(app):
        pass
    db.session.rollback()
    job = db.session.scalars(select(Job).where(Job.kind == JobKind.EVIDENCE_PACK)).one()
    sent = client.get(f"/admin/case-file/{job.id}")
    assert sent.mimetype == "application/zip"
    return zipfile.ZipFile(io.BytesIO(sent.data))


def rows_of(pack: zipfile.ZipFile, name: str) -> list[tuple[object, ...]]:
    book = load_workbook(io.BytesIO(pack.read(name)), read_only=True)
    return list(book[book.sheetnames[0]].iter_rows(values_only=True))


def test_the_page_shows_the_miss_and_where_it_is_mended(
    client: FlaskClient, login_as: Login, miss: str
) -> None:
    text = shown(login_as(client, "central"))

    assert "ยังไม่ได้แจ้งผล" in text
    assert f'href="/admin/complaint/{miss}"' in text
    assert "จัดทำชุดหลักฐาน (ZIP)" in text
    assert "ยังไม่มีเรื่องในปีงบประมาณนี้" in shown(client, f"{PAGE}?year=2565")


@on_sqlite
def test_a_department_sees_its_own_and_makes_no_pack(client: FlaskClient, login_as: Login, miss: str) -> None:
    assert miss in shown(login_as(client, "clerk"))
    health = app_client(client)
    text = shown(login_as(health, "health"))

    assert miss not in text
    assert "(ZIP)" not in text
    token = csrf(health, "/admin/case-file/")
    health.post(f"{PAGE}pack", data={"year": 2569, "csrf_token": token})
    assert db.session.scalars(select(Job.id).where(Job.kind == JobKind.EVIDENCE_PACK)).all() == []
    assert login_as(app_client(client), "officer").get(PAGE).status_code == 403


def app_client(client: FlaskClient) -> FlaskClient:
    return client.application.test_client()


def test_the_pack_holds_what_it_says_and_its_misses(
    client: FlaskClient, app: Flask, login_as: Login, miss: str
) -> None:
    pack = pack_of(login_as(client, "central"), app)

    assert pack.testzip() is None
    assert set(pack.namelist()) == {READ_FIRST, *ABOUT_FILES}
    said = pack.read(READ_FIRST).decode("utf-8-sig")
    assert "- ยังไม่ได้แจ้งผล 1 เรื่อง" in said
    assert "ร้อยละที่แจ้งทันกำหนด 0.0%" in said
    register, proof, mend = (rows_of(pack, name) for name in (REGISTER_NAME, PROOF_NAME, MEND_NAME))
    assert any("ช. 7/2569" in row for row in register)
    assert not any("ใจดี" in str(cell) for row in register for cell in row)
    assert [row[2] for row in proof[1:]] == [miss]
    assert (mend[1][2], mend[1][-2]) == (miss, "ยังไม่ได้แจ้งผล")
    summary = PdfReader(io.BytesIO(pack.read(SUMMARY_NAME))).pages[0].extract_text()
    assert "ผลการดำเนินงาน ปีงบประมาณ 2569" in summary
    for line in pack.read(MANIFEST_NAME).decode("utf-8-sig").split("\r\n")[:-1]:
        digest, name = line.split("  ", 1)
        assert digest == hashlib.sha256(pack.read(name)).hexdigest()


@on_sqlite
def test_who_took_it_is_known_and_the_bell_rings(client: FlaskClient, app: Flask, login_as: Login) -> None:
    pack_of(login_as(client, "central"), app, 2568)

    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.object_type == "evidence_pack")).one()
    assert (entry.changes["year"], entry.changes["cases"]) == (2568, 0)
    bells = db.session.scalars(select(Notification).where(Notification.template_key == "file_ready")).all()
    assert [bell.facts["title"] for bell in bells] == ["ชุดหลักฐานการประเมิน ปีงบประมาณ 2568"]


@on_sqlite
def test_a_coming_year_and_nonsense_are_refused(client: FlaskClient, app: Flask, login_as: Login) -> None:
    login_as(client, "central")
    for year in ("2571", "๒๕๖๙", "", "-1", "99999"):
        token = csrf(client, PAGE)
        reply = client.post(f"{PAGE}pack", data={"year": year, "csrf_token": token}, follow_redirects=True)
        assert "กรุณาเลือกปีอื่น" in reply.get_data(as_text=True)
    assert db.session.scalars(select(Job.id).where(Job.kind == JobKind.EVIDENCE_PACK)).all() == []


@on_sqlite
def test_rights_lost_meanwhile_leave_no_pack(app: Flask, act_as: Callable[[str], object]) -> None:
    with write_transaction() as session:
        job = request_pack(session, act_as("central"), 2569)  # type: ignore[arg-type]
        job.requested_by_id = act_as("clerk").staff_user_id  # type: ignore[attr-defined]
    run_due(app)
    db.session.rollback()

    kept = db.session.scalars(select(Job.result_key).where(Job.kind == JobKind.EVIDENCE_PACK)).one()
    assert kept is None
    assert db.session.scalars(select(Complaint.id)).all() == []
