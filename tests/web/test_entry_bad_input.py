"""What cannot be taken at the counter: every mistake is named beside its field and nothing typed is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.casework import member_of, plain_subtype
from helpers.entry_page import Counter, Page, jpeg
from helpers.people import officer_named
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from admin_views import complaint_entry, photo_intake
from extensions import write_transaction
from models import Attachment, Channel, Complaint, Member, NumberSeries
from storage import FileStore, StorageFailed

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
LONG = "ก" * 50_000
ZALGO = "ก" + "\u0e49" * 50


@pytest.fixture
def clerk(app: Flask, client: FlaskClient) -> Counter:
    return Counter(app, client, "clerk")


@pytest.fixture
def form(app: Flask, clerk: Counter, session: Session) -> dict[str, Any]:
    """A form that would be saved as it is."""
    with write_transaction() as writing:
        citizen = member_of(writing).id
    kind = plain_subtype(session)
    return {
        **clerk.get().fields(),
        "act": "save",
        "who": "member",
        "member_id": str(citizen),
        "story": "ไฟถนนดับ",
        "channel_id": str(session.scalars(select(Channel.id)).first()),
        "category_id": str(kind.category_id),
        "subcategory_id": str(kind.id),
        "assignee_id": str(officer_named(session, "officer").id),
    }


def newcomer(**changes: str) -> dict[str, str]:
    return {"who": "new", "phone": "0935727903", "first_name": "มาลี", **changes}


def nothing_saved(session: Session) -> bool:
    session.rollback()
    return (
        not session.scalar(select(func.count(Complaint.id)))
        and not session.scalars(select(NumberSeries)).all()
    )


def refused_for(page: Page, field: str) -> str:
    """Return the words beside a field of a refused form; they also stand in the summary on top."""
    assert page.status == 422
    words = page.errors()[field]
    assert words.removeprefix("พบข้อผิดพลาด: ") in page.summary()
    return words


CASES = [
    ("callback_phone", {"who": "shared", "callback_phone": "08123"}, "เบอร์มือถือต้องมี 10 หลัก"),
    ("phone", newcomer(phone="12345"), "ไม่รู้จักเบอร์นี้"),
    ("phone", newcomer(phone="0812345678"), "เบอร์นี้เป็นสมาชิกอยู่แล้ว"),
    ("first_name", newcomer(first_name=" "), "กรุณากรอกช่องนี้"),
    ("birth_date", newcomer(birth_date="29/02/2566"), "ไม่มีวันที่นี้"),
    ("birth_date", newcomer(birth_date="03/03/1957"), "อ่านได้สองแบบ"),
    ("birth_date", newcomer(birth_date="03/03/2699"), "ยังมาไม่ถึง"),
    ("national_id", newcomer(national_id="1100700000000"), "เลขประจำตัวประชาชนไม่ถูกต้อง"),
    ("national_id", newcomer(national_id="123"), "13 หลัก"),
    ("subdistrict_code", newcomer(subdistrict_code="ไม่มีตำบลนี้แน่"), "ไม่พบตำบลนี้"),
    ("postal_code", newcomer(subdistrict_code="ในเมือง ขอนแก่น", postal_code="10200"), "รหัสไปรษณีย์ของตำบลนี้"),
    ("story", {"story": LONG}, "ข้อความยาว 50,000 ตัวอักษร"),
    ("story", {"story": "\u200b \n"}, "กรุณาเล่าว่าเกิดอะไรขึ้น"),
    ("received_at", {"received_at": "31/04/2569 10:00"}, "ไม่มีวันที่นี้"),
    ("received_at", {"received_at": "01/01/2600 10:00"}, "ยังมาไม่ถึง"),
    ("received_at", {"received_at": "เมื่อวาน"}, "อ่านวันที่ไม่ออก"),
    ("latitude", {"latitude": "16.4", "longitude": ""}, "ทั้งละติจูดและลองจิจูด"),
    ("latitude", {"latitude": "102.8364", "longitude": "16.4321"}, "สลับกัน"),
    ("latitude", {"latitude": "0", "longitude": "0"}, "ไม่ใช่สถานที่จริง"),
    ("latitude", {"latitude": "NaN", "longitude": "1e9"}, "อ่านพิกัดไม่ออก"),
    ("channel_id", {"channel_id": ""}, "กรุณาเลือกหนึ่งรายการ"),
    ("channel_id", {"channel_id": "999999999999999999"}, "ไม่มีตัวเลือกนี้แล้ว"),
    ("category_id", {"category_id": ""}, "กรุณาเลือกประเภทเรื่อง"),
    ("subcategory_id", {"subcategory_id": "999999"}, "ไม่มีตัวเลือกนี้แล้ว"),
    ("subcategory_id", {"subcategory_id": ""}, "กรุณาเลือกประเภทย่อย"),
    ("assignee_id", {"assignee_id": "-1"}, "ไม่มีตัวเลือกนี้แล้ว"),
    ("zone_id", {"zone_id": "x"}, "ไม่มีตัวเลือกนี้แล้ว"),
    ("place_text", {"place_text": "ก" * 401}, "เกินที่รับได้ 400"),
]
NAMES = [f"{field}-{index}" for index, (field, _typed, _words) in enumerate(CASES)]


@pytest.mark.parametrize(("field", "typed", "words"), CASES, ids=NAMES)
def test_a_mistake_is_named_beside_its_field_and_on_top(
    clerk: Counter, form: dict[str, Any], session: Session, field: str, typed: dict[str, str], words: str
) -> None:
    page = clerk.send({**form, **typed})

    assert words in refused_for(page, field)
    kept = page.fields()
    for name, value in typed.items():
        if name in kept and not name.endswith("_id"):
            assert kept[name] == value
    assert kept["form_token"] == form["form_token"]
    assert nothing_saved(session)


def test_all_mistakes_are_named_at_once(clerk: Counter, form: dict[str, Any]) -> None:
    page = clerk.send({**form, **newcomer(birth_date="99/99/2500"), "channel_id": "", "story": ""})

    assert set(page.errors()) == {"birth_date", "channel_id", "story"}
    assert "กรุณาแก้ไข" in page.summary()


def test_a_member_who_was_switched_off_is_not_taken(
    app: Flask, clerk: Counter, form: dict[str, Any], session: Session
) -> None:
    with write_transaction() as writing:
        member_of(writing).is_active = False

    by_phone = clerk.send(form, act="find", who="", phone="0812345678")
    by_id = clerk.send(form)

    assert "ปิดใช้งาน" in by_phone.errors()["phone"]
    assert by_id.status == 422
    assert nothing_saved(session)


def test_a_subtype_switched_off_while_the_form_was_open_is_named(
    clerk: Counter, form: dict[str, Any], session: Session
) -> None:
    with write_transaction() as writing:
        plain_subtype(writing).is_active = False

    page = clerk.send(form)

    assert "ไม่มีตัวเลือกนี้แล้ว" in refused_for(page, "subcategory_id")
    assert page.fields()["story"] == "ไฟถนนดับ"


def test_control_characters_bidi_marks_and_stacked_signs_are_calmed(
    clerk: Counter, form: dict[str, Any], session: Session
) -> None:
    answer = clerk.send({**form, "story": f"ไฟ\x00ดับ\u202e {ZALGO}", "road_name": "ถนน\x07ใหม่"})

    session.rollback()
    case = session.scalars(select(Complaint)).one()
    assert answer.status == 303
    assert case.story.startswith("ไฟดับ ก")
    assert len(case.story) <= 12
    assert case.road is not None
    assert case.road.name == "ถนนใหม่"


def test_html_and_templates_in_a_story_stay_text(clerk: Counter, form: dict[str, Any]) -> None:
    hostile = "<script>alert(1)</script> {{7*7}} {% raw %}"
    page = clerk.send({**form, "story": hostile, "channel_id": ""})

    assert "<script>alert(1)</script>" not in page.text
    assert page.says(hostile)


def test_a_form_token_that_is_none_gets_a_fresh_one(clerk: Counter, form: dict[str, Any]) -> None:
    page = clerk.send({**form, "form_token": "x'; DROP TABLE--", "channel_id": ""})

    assert page.status == 422
    assert len(page.fields()["form_token"]) >= 16


def test_an_unknown_way_to_answer_who_counts_as_nobody(clerk: Counter, form: dict[str, Any]) -> None:
    page = clerk.send({**form, "who": "president"})

    assert page.status == 422
    assert "phone" in page.errors()


def test_a_photo_that_is_none_is_named_and_the_others_wait(
    clerk: Counter, form: dict[str, Any], session: Session
) -> None:
    page = clerk.send(form, photos=[(jpeg(), "ดี.jpg"), (b"<html>", "ปลอม.jpg"), (b"", "ว่าง.jpg")])

    assert page.status == 422
    assert page.says("“ปลอม.jpg” ไฟล์นี้ไม่ใช่ภาพหรือเอกสารที่รับได้")
    assert page.says("“ว่าง.jpg” ไฟล์รูปว่างเปล่า")
    assert len(page.fields()["photo_ids"]) == 1
    assert nothing_saved(session)
    assert clerk.send({**page.fields(), "act": "save"}).status == 303
    session.rollback()
    assert session.scalar(select(func.count(Attachment.id)).where(Attachment.complaint_id.is_not(None))) == 1


# When the machine cannot ------------------------------------------------------------------------------------


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, room: Any, code: str) -> Iterator[None]:
    """Let a room's transactions fail as SQLite does."""
    cause = sqlite3.OperationalError("no")
    cause.sqlite_errorname = code

    @contextmanager
    def broken() -> Iterator[None]:
        raise OperationalError("BEGIN IMMEDIATE", {}, cause)
        yield

    with monkeypatch.context() as patch:
        patch.setattr(room, "write_transaction", broken)
        yield


@pytest.mark.parametrize(
    ("code", "words"),
    [("SQLITE_BUSY", "ระบบกำลังทำงานหนัก"), ("SQLITE_FULL", "พื้นที่เก็บข้อมูลเต็ม")],
    ids=["locked", "full"],
)
def test_a_locked_or_full_database_loses_nothing_that_was_typed(
    clerk: Counter, form: dict[str, Any], monkeypatch: Any, session: Session, code: str, words: str
) -> None:
    with failing(monkeypatch, complaint_entry, code):
        page = clerk.send(form)

    assert page.status == 503
    assert page.answer.headers["Retry-After"]
    assert words in page.summary()
    kept = page.fields()
    assert (kept["story"], kept["form_token"]) == (form["story"], form["form_token"])
    assert nothing_saved(session)
    assert clerk.send({**kept, "act": "save"}).status == 303


def test_a_full_disk_for_photos_loses_nothing_that_was_typed(
    clerk: Counter, form: dict[str, Any], monkeypatch: Any, session: Session
) -> None:
    def full(_store: FileStore, _data: bytes, _suffix: str) -> str:
        raise StorageFailed(is_full=True)

    with monkeypatch.context() as patch:
        patch.setattr(FileStore, "put", full)
        page = clerk.send(form, photos=[(jpeg(), "หลุม.jpg")])

    assert page.status == 503
    assert "พื้นที่เก็บข้อมูลเต็ม" in page.summary()
    assert page.fields()["story"] == form["story"]
    assert not session.scalars(select(Attachment)).all()


def test_a_database_that_fails_while_photos_are_held_leaves_no_file(
    app: Flask, clerk: Counter, form: dict[str, Any], monkeypatch: Any
) -> None:
    with failing(monkeypatch, photo_intake, "SQLITE_BUSY"):
        page = clerk.send(form, photos=[(jpeg(), "หลุม.jpg")])

    assert page.status == 503
    assert page.fields()["story"] == form["story"]
    assert app.extensions["files"].keys() == set()


def test_a_refused_newcomer_is_not_registered_either(
    clerk: Counter, form: dict[str, Any], session: Session
) -> None:
    before = session.scalar(select(func.count(Member.id)))
    clerk.send({**form, **newcomer(), "subcategory_id": "999999"})

    session.rollback()
    assert session.scalar(select(func.count(Member.id))) == before
