"""What can be done with a case, pressed in a browser: it happens once, and a refusal loses nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from helpers.casework import bring_to, category, plain_subtype, press, register_case, subtype
from helpers.entry_page import Counter, Page, jpeg
from helpers.people import officer_named
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from admin_views import complaint_case
from domain.clock import today
from domain.thai_calendar import thai_date
from extensions import write_transaction
from models import AttachmentStage, Complaint, ComplaintStatus, OutboxMessage

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
S = ComplaintStatus
AT_ONCE = {"acknowledge", "start", "close"}
NOTE = "ดูหน้างานก่อนแล้วโทรแจ้งผู้ร้อง"


class Case:
    """A case and an officer in front of its page."""

    def __init__(self, app: Flask, state: ComplaintStatus, who: str, **changes: Any) -> None:
        with write_transaction() as session:
            made = register_case(app, session, **changes) if changes else bring_to(app, session, state)
            self.id, self.url = made.id, f"/admin/complaint/{made.public_code}"
        self.app, self.desk = app, Counter(app, app.test_client(), who)

    def fields(self, action: str) -> dict[str, Any]:
        """Return the fields of an action's form on the page."""
        address = self.url if action in AT_ONCE else f"{self.url}?do={action}"
        return self.desk.get(address).fields(f'action="{self.url}/{action}"')

    def press(self, action: str, fields: dict[str, Any] | None = None, **changes: Any) -> Page:
        sent = self.fields(action) if fields is None else fields
        return self.desk.send(sent, url=f"{self.url}/{action}", **changes)

    def result(self, **changes: Any) -> dict[str, Any]:
        page = self.desk.get(f"{self.url}/result")
        return {**page.fields(), "result_text": "ซ่อมแล้ว", **changes}

    def read(self, session: Session) -> Complaint:
        session.rollback()
        return session.get_one(Complaint, self.id, populate_existing=True)

    def meanwhile(self, who: str, action: str, **changes: Any) -> None:
        """Let somebody else do something while the page is open."""
        with write_transaction() as session:
            press(session, who, session.get_one(Complaint, self.id), action, **changes)


@contextmanager
def busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    cause = sqlite3.OperationalError("locked")
    cause.sqlite_errorname = "SQLITE_BUSY"

    @contextmanager
    def broken() -> Iterator[None]:
        raise OperationalError("BEGIN IMMEDIATE", {}, cause)
        yield

    with monkeypatch.context() as patch:
        patch.setattr(complaint_case, "write_transaction", broken)
        yield


# Each button ------------------------------------------------------------------------------------------------


def test_accepting_issues_the_number_and_goes_back_to_the_case(app: Flask, session: Session) -> None:
    case = Case(app, S.SUBMITTED, "clerk")

    answer = case.press("accept", category_id=str(category(session, "ฟ.").id))

    assert (answer.status, answer.answer.location) == (303, case.url)
    assert case.read(session).number == f"ฟ. 1/{today().year + 543}"
    assert case.desk.get(case.url).says("รับเรื่องแล้ว")


def test_directing_offers_the_subtypes_and_officers_that_fit(app: Flask, session: Session) -> None:
    case = Case(app, S.ACCEPTED, "clerk")
    page = case.desk.get(f"{case.url}?do=direct")
    officers = set(page.options("assignee_id"))
    assert str(officer_named(session, "officer").id) in officers
    assert str(officer_named(session, "wilaiwan.h").id) not in officers

    case.press(
        "direct",
        subcategory_id=str(plain_subtype(session).id),
        assignee_id=str(officer_named(session, "officer").id),
        note=NOTE,
    )

    done = case.read(session)
    assert (done.status, done.assignee_id) == (S.DIRECTED, officer_named(session, "officer").id)
    assert done.events[-1].note == NOTE


@pytest.mark.parametrize(
    ("state", "who", "action", "after"),
    [
        (S.DIRECTED, "officer", "acknowledge", S.ACKNOWLEDGED),
        (S.ACKNOWLEDGED, "officer", "start", S.IN_PROGRESS),
        (S.RESOLVED, "clerk", "close", S.CLOSED),
    ],
    ids=["acknowledge", "start", "close"],
)
def test_a_simple_button_is_one_press(
    app: Flask, session: Session, state: ComplaintStatus, who: str, action: str, after: ComplaintStatus
) -> None:
    case = Case(app, state, who)

    assert case.press(action).status == 303
    assert case.read(session).status is after


def test_declining_keeps_the_reason_the_citizen_reads(app: Flask, session: Session) -> None:
    case = Case(app, S.SUBMITTED, "clerk")

    case.press("reject", reason="เป็นของแขวงทางหลวง โทร 1586")

    assert case.read(session).reject_reason == "เป็นของแขวงทางหลวง โทร 1586"


def test_a_result_is_recorded_on_a_page_of_its_own_with_photos(app: Flask, session: Session) -> None:
    case = Case(app, S.IN_PROGRESS, "officer")
    form = case.result()
    assert form["done_date"] == thai_date(today(), "digits")
    assert form["outcome"] == "fixed"

    answer = case.press("result", form, photos=[(jpeg(), "หลัง.jpg")])

    done = case.read(session)
    assert (answer.status, done.status) == (303, S.RESOLVED)
    assert done.results[0].result_text == "ซ่อมแล้ว"
    assert [photo.stage for photo in done.attachments] == [AttachmentStage.AFTER]
    assert case.desk.get(case.url).says("ซ่อมแล้ว")


# Pressed twice, too late, by the wrong person ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "who", "action"),
    [
        (S.DIRECTED, "officer", "acknowledge"),
        (S.ACKNOWLEDGED, "officer", "start"),
        (S.RESOLVED, "clerk", "close"),
    ],
    ids=["acknowledge", "start", "close"],
)
def test_a_double_click_does_it_once_and_says_who_did(
    app: Flask, session: Session, state: ComplaintStatus, who: str, action: str
) -> None:
    case = Case(app, state, who)
    fields = case.fields(action)
    case.press(action, fields)
    events, messages = len(case.read(session).events), session.scalars(select(OutboxMessage.id)).all()

    again = case.press(action, fields)

    assert again.status == 303
    assert "ทำไปแล้ว" in case.desk.get(case.url).text
    assert len(case.read(session).events) == events
    assert session.scalars(select(OutboxMessage.id)).all() == messages


def test_a_double_click_on_the_result_records_it_once(app: Flask, session: Session) -> None:
    case = Case(app, S.IN_PROGRESS, "officer")
    form = case.result()
    case.press("result", form)

    again = case.press("result", form)

    assert again.status == 409
    assert again.says("ทำไปแล้ว")
    assert again.says("ซ่อมแล้ว")
    assert len(case.read(session).results) == 1


def test_an_order_typed_on_a_page_that_grew_old_is_kept_and_can_be_sent_again(
    app: Flask, session: Session
) -> None:
    case = Case(app, S.ACCEPTED, "clerk")
    form = {
        **case.fields("direct"),
        "subcategory_id": str(plain_subtype(session).id),
        "assignee_id": str(officer_named(session, "nirut.b").id),
        "note": NOTE,
    }
    case.meanwhile("head", "direct")

    page = case.press("direct", form)

    assert page.status == 409
    assert page.says("มีการเปลี่ยนแปลงหลังจากส่งปุ่มนี้")
    kept = page.fields(f'action="{case.url}/direct"')
    assert (kept["note"], kept["assignee_id"]) == (NOTE, form["assignee_id"])
    assert case.press("direct", kept).status == 303
    assert case.read(session).assignee_id == officer_named(session, "nirut.b").id


def test_a_reason_typed_for_a_case_that_moved_on_is_shown_for_copying(app: Flask, session: Session) -> None:
    case = Case(app, S.ACCEPTED, "clerk")
    form = {**case.fields("reject"), "reason": "ไม่อยู่ในอำนาจหน้าที่ ติดต่อ อบต."}
    case.meanwhile("clerk", "direct")

    page = case.press("reject", form)

    assert page.status == 409
    assert page.says("ข้อความที่คุณพิมพ์ไว้")
    assert page.says("ไม่อยู่ในอำนาจหน้าที่ ติดต่อ อบต.")
    assert case.read(session).status is S.DIRECTED


def test_a_colleague_who_sees_the_case_may_not_acknowledge_for_the_officer(
    app: Flask, session: Session
) -> None:
    case = Case(app, S.DIRECTED, "clerk")
    csrf = case.desk.get(case.url).text.split('name="csrf_token" value="')[1].split('"')[0]

    case.press("acknowledge", {"csrf_token": csrf})

    assert case.read(session).status is S.DIRECTED
    assert case.desk.get(case.url).status == 200


def test_who_holds_no_such_permission_is_turned_away(app: Flask, session: Session) -> None:
    case = Case(app, S.SUBMITTED, "head")
    csrf = case.desk.get(case.url).text.split('name="csrf_token" value="')[1].split('"')[0]

    assert case.press("accept", {"csrf_token": csrf, "category_id": "1"}).status == 403
    assert case.read(session).status is S.SUBMITTED


# Bad input --------------------------------------------------------------------------------------------------


def test_accepting_without_a_type_opens_the_form_again_with_the_words(app: Flask, session: Session) -> None:
    case = Case(app, S.SUBMITTED, "clerk")

    page = case.press("accept", category_id="", subcategory_id="")

    assert page.status == 422
    assert "กรุณาเลือกประเภทเรื่อง" in page.errors()["category_id"]
    assert f'action="{case.url}/accept"' in page.text
    assert case.read(session).number is None


def test_directing_to_somebody_elses_officer_keeps_the_note(app: Flask, session: Session) -> None:
    case = Case(app, S.ACCEPTED, "clerk")

    page = case.press(
        "direct",
        subcategory_id=str(plain_subtype(session).id),
        assignee_id=str(officer_named(session, "wilaiwan.h").id),
        note=NOTE,
    )

    assert page.status == 422
    assert "ไม่ได้อยู่ในหน่วยงาน" in page.errors()["assignee_id"]
    assert page.fields(f'action="{case.url}/direct"')["note"] == NOTE


BAD_RESULTS = [
    ("done_date", {"done_date": ""}, "กรุณากรอกช่องนี้"),
    ("done_date", {"done_date": "31/02/2569"}, "ไม่มีวันที่นี้"),
    ("done_date", {"done_date": "01/01/2600"}, "ยังมาไม่ถึง"),
    ("done_date", {"done_date": "01/01/2560"}, "ต้องไม่ก่อนวันรับเรื่อง"),
    ("result_text", {"result_text": " \n"}, "กรุณากรอกช่องนี้"),
    ("result_text", {"result_text": "ก" * 10_001}, "เกินที่รับได้ 10,000"),
]


@pytest.mark.parametrize(
    ("field", "typed", "words"), BAD_RESULTS, ids=[f"{f}-{i}" for i, (f, _, _) in enumerate(BAD_RESULTS)]
)
def test_a_result_that_cannot_be_taken_is_kept_with_its_photos(
    app: Flask, session: Session, field: str, typed: dict[str, str], words: str
) -> None:
    case = Case(app, S.IN_PROGRESS, "officer")

    page = case.press("result", case.result(**typed), photos=[(jpeg(), "หลัง.jpg")])

    assert page.status == 422
    assert words in page.errors()[field]
    kept = page.fields()
    assert len(kept["photo_ids"]) == 1
    assert kept[field].strip() == typed[field].strip()
    assert case.read(session).status is S.IN_PROGRESS


def test_where_a_photo_is_needed_the_result_waits_for_one(app: Flask, session: Session) -> None:
    kind = subtype(session, "ช.(1)")
    case = Case(app, S.DIRECTED, "officer", category_id=kind.category_id, subcategory_id=kind.id)

    page = case.press("result", case.result())
    assert page.status == 422
    assert "ต้องมีรูปหลังดำเนินการ" in page.summary()

    assert case.press("result", page.fields(), photos=[(jpeg(), "หลัง.jpg")]).status == 303
    assert case.read(session).status is S.RESOLVED


def test_a_bad_photo_does_not_lose_the_result(app: Flask, session: Session) -> None:
    case = Case(app, S.IN_PROGRESS, "officer")

    page = case.press("result", case.result(), photos=[(b"<html>", "ปลอม.jpg"), (jpeg(), "ดี.jpg")])

    assert page.status == 422
    assert page.says("“ปลอม.jpg”")
    assert page.fields()["result_text"] == "ซ่อมแล้ว"
    assert len(page.fields()["photo_ids"]) == 1


def test_a_photo_can_be_taken_out_of_the_result_again(app: Flask) -> None:
    case = Case(app, S.IN_PROGRESS, "officer")
    page = case.press("result", case.result(done_date=""), photos=[(jpeg(), "หลัง.jpg")])
    photo = page.fields()["photo_ids"][0]

    page = case.press("result", page.fields(), remove_photo=photo)

    assert page.status == 200
    assert "photo_ids" not in page.fields()
    assert page.fields()["result_text"] == "ซ่อมแล้ว"


def test_a_locked_database_loses_neither_order_nor_result(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, work = Case(app, S.ACCEPTED, "clerk"), Case(app, S.IN_PROGRESS, "officer")
    form = {
        **order.fields("direct"),
        "subcategory_id": str(plain_subtype(session).id),
        "assignee_id": str(officer_named(session, "officer").id),
        "note": NOTE,
    }
    result = work.result()

    with busy(monkeypatch):
        ordered, recorded = order.press("direct", form), work.press("result", result)

    assert (ordered.status, recorded.status) == (503, 503)
    assert ordered.answer.headers["Retry-After"]
    assert ordered.fields(f'action="{order.url}/direct"')["note"] == NOTE
    assert recorded.fields()["result_text"] == "ซ่อมแล้ว"
    assert work.press("result", recorded.fields()).status == 303


def test_extra_fields_change_nothing(app: Flask, session: Session) -> None:
    case = Case(app, S.DIRECTED, "officer")

    case.press("acknowledge", status="closed", number="ฟ. 9/2569", department_id="1", assignee_id="1")

    done = case.read(session)
    assert (done.status, done.number_running) == (S.ACKNOWLEDGED, 1)
    assert done.assignee_id == officer_named(session, "officer").id
