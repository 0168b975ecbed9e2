"""Issuing papers on screen: the form, its preview, the archive on the case page; many cases at once."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from helpers.casework import bring_to, form_of, register_case, submitted_case
from helpers.entry_page import Counter
from helpers.pages import csrf
from helpers.papers import page_texts, squeezed, text_of
from helpers.people import actor_named
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from documents.batches import MOST_CASES
from domain.editing import edit
from extensions import write_transaction
from models import (
    AuditEntry,
    Complaint,
    ComplaintStatus,
    Disclosure,
    Document,
    DocumentKind,
    DocumentTemplate,
    Emblem,
    Job,
    Notification,
    Numerals,
)
from worker import paper_batches
from worker.jobs import run_due
from worker.loop import ROOMS

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
MEMO = {
    "office": "สำนักช่าง",
    "subject": "รายงาน",
    "addressee": "นายกเทศมนตรี",
    "letter_number": "ขก 52001/9",
    "letter_day": "16/02/2569",
    "text": "ตรวจแล้ว\nเห็นควรซ่อม",
}


@pytest.fixture
def clerk(app: Flask) -> Counter:
    return Counter(app, app.test_client(), "clerk")


def made(app: Flask, state: ComplaintStatus | None = None, **changes: Any) -> Complaint:
    with write_transaction() as session:
        case = bring_to(app, session, state) if state else register_case(app, session, **changes)
        session.expunge_all()
    return case


def send(desk: Counter, case: Complaint, kind: str, fields: dict[str, str]) -> Any:
    url = f"/admin/paper/{case.public_code}/{kind}"
    return desk.client.post(url, data={**fields, "csrf_token": csrf(desk.client, url)})


def papers(session: Session) -> list[Document]:
    session.rollback()
    return list(session.scalars(select(Document).order_by(Document.id)))


def test_the_case_page_leads_to_the_forms_of_what_may_be_issued(app: Flask, clerk: Counter) -> None:
    page = clerk.get(f"/admin/complaint/{made(app).public_code}")
    assert page.says("ออกใบสั่งการ")
    assert page.says("ออกบันทึกข้อความ")
    assert not page.says("ออกหนังสือแจ้งผล"), "there is no result yet"


def test_a_preview_is_a_pdf_and_leaves_nothing(app: Flask, clerk: Counter, session: Session) -> None:
    answer = send(clerk, made(app), "memo", {**MEMO, "preview": "1"})
    assert answer.mimetype == "application/pdf"
    said = text_of(answer.data)
    assert "บันทึกข้อความ" in said
    assert "ขก๕๒๐๐๑/๙" in said
    assert "๑๖กุมภาพันธ์๒๕๖๙" in said
    assert squeezed("เห็นควรซ่อม") in said
    assert papers(session) == []
    assert app.extensions["files"].keys() == set()


def test_an_issued_paper_stands_on_the_case_page_with_its_hash(
    app: Flask, clerk: Counter, session: Session
) -> None:
    case = made(app)
    assert send(clerk, case, "memo", MEMO).status_code == 303
    [paper] = papers(session)
    assert (paper.kind, paper.version, paper.template_version) == (DocumentKind.MEMO, 1, 0)
    page = clerk.get(f"/admin/complaint/{case.public_code}")
    assert page.says(paper.sha256[:12])
    assert not page.says("มีการแก้ไขหลังออกเอกสาร")
    assert clerk.get(f"/admin/paper/file/{paper.public_id}").answer.data.startswith(b"%PDF-")
    send(clerk, case, "memo", MEMO)
    assert len(papers(session)) == 1, "the same words once more are the same paper"
    assert len(app.extensions["files"].keys()) == 1


def test_after_a_correction_the_page_asks_for_a_new_one(app: Flask, clerk: Counter, session: Session) -> None:
    case = made(app)
    send(clerk, case, "memo", MEMO)
    with write_transaction() as writing:
        row = writing.get_one(Complaint, case.id)
        entry = form_of(writing, row, story="เรื่องที่แก้แล้ว")
        edit(writing, actor_named(writing, "central"), row.id, entry=entry, version=row.version)
    assert clerk.get(f"/admin/complaint/{case.public_code}").says("มีการแก้ไขหลังออกเอกสาร")
    send(clerk, case, "memo", MEMO)
    assert not clerk.get(f"/admin/complaint/{case.public_code}").says("มีการแก้ไขหลังออกเอกสาร")
    assert [paper.version for paper in papers(session)] == [1, 2]


def test_what_is_missing_is_said_beside_its_field(app: Flask, clerk: Counter, session: Session) -> None:
    answer = send(clerk, made(app), "slip", {"appointment_time": "25:00", "officer": "ก"})
    assert answer.status_code == 422
    assert "อ่านเวลาไม่ออก" in answer.text
    assert papers(session) == []


def test_an_order_of_a_hidden_complainant_does_not_name_him(app: Flask, clerk: Counter) -> None:
    case = made(app, disclosure=Disclosure.CONCEALED)
    fields = {"letter_day": "16/02/2569", "order": "ซ่อม", "signer_name": "ก", "preview": "1"}
    said = text_of(send(clerk, case, "order", fields).data)
    assert "สมชาย" not in said
    assert "ซ่อม" in said


def test_outside_the_scope_and_without_the_right_there_is_no_form(app: Flask, clerk: Counter) -> None:
    with write_transaction() as session:
        code = submitted_case(app, session).public_code
    assert clerk.get("/admin/paper/2026-999999/memo").status == 404
    answer = clerk.client.get(f"/admin/paper/{code}/order")
    assert answer.status_code == 303, "nobody is responsible yet"
    executive = Counter(app, app.test_client(), "executive")
    assert executive.get(f"/admin/paper/{code}/memo").status == 403


def test_a_template_that_does_not_work_is_said_in_words(app: Flask, clerk: Counter, session: Session) -> None:
    case = made(app)
    with write_transaction() as writing:
        writing.add(
            DocumentTemplate(
                kind=DocumentKind.MEMO,
                version=1,
                title="บันทึก",
                body="{% for a in range(600) %}x{% endfor %}",
                numerals=Numerals.THAI,
                emblem=Emblem.NONE,
                signatures=[],
                created_at=case.created_at,
            )
        )
    answer = send(clerk, case, "memo", MEMO)
    assert answer.status_code == 422
    assert "วนซ้ำได้ไม่เกิน" in answer.text
    assert papers(session) == []


# Many cases at once -----------------------------------------------------------------------------------------


def ask(desk: Counter, kind: str, query: str = "") -> Any:
    page = "/admin/complaint/"
    token = csrf(desk.client, f"{page}?panel=print")
    return desk.client.post(f"/admin/paper/batch/{kind}?{query}", data={"csrf_token": token})


def file_of(app: Flask, session: Session) -> bytes:
    while run_due(app):
        pass
    session.rollback()
    job = session.scalars(select(Job).where(Job.kind == "document_batch")).one()
    assert job.result_key, job.last_error
    return bytes(app.extensions["files"].get(job.result_key))


def test_the_papers_of_a_list_come_as_one_file(app: Flask, clerk: Counter, session: Session) -> None:
    assert paper_batches in ROOMS
    first, second = made(app), made(app)
    assert ask(clerk, "complaint_form").status_code == 303
    pdf = file_of(app, session)
    pages = page_texts(pdf)
    assert len(pages) == 2
    assert squeezed(str(first)) in pages[0]
    assert squeezed(str(second)) in pages[1]
    kinds = [(paper.kind, paper.version) for paper in papers(session)]
    assert kinds == [(DocumentKind.COMPLAINT_FORM, 1)] * 2, "what the worker had made is taken as it is"
    assert session.scalars(select(Notification).where(Notification.template_key == "file_ready")).one()
    entry = session.scalars(select(AuditEntry).where(AuditEntry.object_type == "document")).all()[-1]
    assert (entry.changes["cases"], entry.changes["printed"], entry.changes["skipped"]) == (2, 2, 0)


def test_orders_are_issued_and_who_has_none_is_told_on_the_last_page(
    app: Flask, clerk: Counter, session: Session
) -> None:
    made(app)
    case = made(app)
    with write_transaction() as writing:
        writing.get_one(Complaint, case.id).assignee_id = None
    ask(clerk, "order")
    pages = page_texts(file_of(app, session))
    assert len(pages) == 2
    assert "ใบสั่งการ" in pages[0]
    assert squeezed("ออกใบสั่งการได้เมื่อมีผู้รับผิดชอบแล้ว") in pages[1]
    issued = [paper for paper in papers(session) if paper.kind is DocumentKind.ORDER]
    assert [(paper.version, paper.made_by_id is not None) for paper in issued] == [(1, True)]


def test_slips_without_an_appointment_have_gaps_and_are_not_kept(
    app: Flask, clerk: Counter, session: Session
) -> None:
    made(app)
    before = app.extensions["files"].keys()
    ask(clerk, "slip")
    assert "........" in page_texts(file_of(app, session))[0]
    assert [paper.kind for paper in papers(session) if paper.kind is DocumentKind.SLIP] == []
    added = app.extensions["files"].keys() - before
    assert len(added) == 2, "the batch, and the copy every new complaint gets"


def test_nothing_or_too_much_is_refused_before_any_work(
    app: Flask, clerk: Counter, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(clerk, "order", "search=ไม่มีเรื่องนี้เลย").status_code == 303
    assert ask(clerk, "nonsense").status_code == 404
    assert ask(clerk, "order", "zone=xyz").status_code == 303
    session.rollback()
    assert session.scalars(select(Job).where(Job.kind == "document_batch")).all() == []
    assert MOST_CASES == 500


def test_a_case_that_cannot_be_rendered_stops_nobody_else(
    app: Flask, clerk: Counter, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(app)
    made(app)
    plain, calls = paper_batches.file_case_paper, []

    def once_broken(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == 1:
            raise paper_batches.BrokenCopy("no Thai font inside")
        return plain(*given)

    monkeypatch.setattr(paper_batches, "file_case_paper", once_broken)
    ask(clerk, "order")
    pages = page_texts(file_of(app, session))
    assert len(pages) == 2
    assert squeezed("ทำเอกสารของเรื่องนี้ไม่ได้") in pages[1]
    assert len(PdfReader(io.BytesIO(file_of(app, session))).pages) == 2
