"""Types, channels, departments, places, messages: what a municipality changes without a developer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from helpers.visitor import Desk, text_of
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from admin_views.database_errors import explain
from domain.clock import now
from extensions import write_transaction
from models import (
    Category,
    Channel,
    Community,
    Complaint,
    ComplaintStatus,
    Department,
    Figure,
    LookupStamp,
    MessageTemplate,
    NumberSeries,
    StaffUser,
    Subcategory,
    Zone,
)

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def desk(app: Flask, login_as: Any) -> Callable[[str | None], Desk]:
    return lambda who: Desk(app, login_as, who)


def edited(desk: Desk, screen: str, row_id: int, **changes: str) -> Any:
    """Change a few fields of a row as an officer would; a value of "" unticks a box."""
    address = f"/admin/{screen}/edit/?id={row_id}"
    fields = desk.form(address) | changes
    return desk.post(address, {name: value for name, value in fields.items() if value != ""})


def id_of(session: Session, kind: Any, code: str) -> int:
    found = session.scalars(select(kind.id).where(kind.code == code)).one()
    session.rollback()
    return found


# Types -----------------------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize("code", ["อส2", "อส๒", "อ/ส", " ", "อส.5"])
def test_a_main_types_code_must_leave_room_for_the_number(desk: Any, code: str) -> None:
    typed = {"code": code, "name": "ทดสอบ", "department": "6", "is_active": "y"}
    assert 'id="code-error"' in text_of(desk("admin").post("/admin/category/new/", typed))


def test_a_code_under_which_numbers_were_issued_stays(desk: Any, session: Session) -> None:
    category = id_of(session, Category, "ช.")
    with write_transaction() as writing:
        writing.add(NumberSeries(code="ช.", year=2569, last_number=3))
    page = text_of(edited(desk("admin"), "category", category, code="ชง."))
    assert "ตัวย่อนี้ออกเลขที่ไปแล้ว" in page
    other = id_of(session, Category, "ท.")
    assert edited(desk("admin"), "category", other, code="ทร.").status_code == 302


def test_switching_a_type_off_says_how_many_complaints_keep_it(desk: Any, session: Session) -> None:
    with write_transaction() as writing:
        writing.add(complaint(category_id=1))
    admin = desk("admin")
    assert edited(admin, "category", 1, is_active="").status_code == 302
    assert "มีเรื่องที่ยังไม่เสร็จ 1 เรื่อง" in text_of(admin.get("/admin/category/"))
    assert session.get_one(Category, 1).is_active is False


@on_sqlite
@pytest.mark.parametrize(
    ("low", "high", "field"),
    [
        ("5", "3", "duration_min"),
        ("0", "3", "duration_min"),
        ("3", "", "duration_max"),
        ("1", "1000", "duration_max"),
    ],
)
def test_a_promised_range_must_be_one(desk: Any, low: str, high: str, field: str) -> None:
    page = text_of(edited(desk("admin"), "subcategory", 1, duration_min=low, duration_max=high or " "))
    assert f'id="{field}-error"' in page


@on_sqlite
def test_a_promise_is_shown_as_it_is_told(desk: Any, session: Session) -> None:
    assert edited(desk("admin"), "subcategory", 1, duration_min="2", duration_max="4").status_code == 302
    assert "2–4 วันทำการ" in text_of(desk("admin").get("/admin/subcategory/?search=หลุม"))


def test_every_saved_row_makes_the_caches_look_again(desk: Any, session: Session) -> None:
    before = session.scalars(select(LookupStamp.version)).one()
    session.rollback()
    assert edited(desk("admin"), "channel", 1, name="ไลน์เทศบาล").status_code == 302
    assert session.scalars(select(LookupStamp.version)).one() > before


@on_sqlite
def test_one_channel_always_stays(desk: Any, session: Session) -> None:
    with write_transaction() as writing:
        for channel in writing.scalars(select(Channel).where(Channel.id != 1)):
            channel.is_active = False
    assert "อย่างน้อยหนึ่งช่องทาง" in text_of(edited(desk("admin"), "channel", 1, is_active=""))


# Departments -----------------------------------------------------------------------


def test_a_department_cannot_stand_below_itself(desk: Any, session: Session) -> None:
    clerk, centre = id_of(session, Department, "clerk"), id_of(session, Department, "complaint_centre")
    page = text_of(edited(desk("admin"), "department", clerk, parent=str(centre)))
    assert "หน่วยงานจะสังกัดตัวเอง" in page
    page = text_of(edited(desk("admin"), "department", clerk, parent=str(clerk)))
    assert "หน่วยงานจะสังกัดตัวเอง" in page


def test_a_department_with_work_is_not_switched_off(desk: Any, session: Session) -> None:
    admin, works = desk("admin"), id_of(session, Department, "engineering")
    assert "ยังมีหน่วยงานย่อยอยู่" in text_of(edited(admin, "department", works, is_active=""))
    with write_transaction() as writing:
        empty = Department(code="empty", name="กองว่าง")
        writing.add(empty)
        writing.flush()
        empty_id = empty.id
        writing.add(complaint(department_id=empty_id))
    assert "ยังมีเรื่องที่ยังไม่เสร็จอยู่ 1 รายการ" in text_of(edited(admin, "department", empty_id, is_active=""))
    with write_transaction() as writing:
        writing.scalars(select(Complaint)).one().department_id = works
    assert edited(admin, "department", empty_id, is_active="").status_code == 302


@on_sqlite
def test_the_intake_centre_is_never_the_last_one_to_go(desk: Any, session: Session) -> None:
    centre = id_of(session, Department, "complaint_centre")
    with write_transaction() as writing:
        for officer in writing.scalars(select(StaffUser).where(StaffUser.department_id == centre)):
            officer.is_active = officer.username in {"admin"}
    page = text_of(edited(desk("admin"), "department", centre, is_intake_centre=""))
    assert "ต้องมีหน่วยรับเรื่องกลาง" in page


# Places ----------------------------------------------------------------------------


@on_sqlite
def test_the_rows_for_unknown_places_stay_in_use(desk: Any, session: Session) -> None:
    zone = session.scalars(select(Zone.id).where(Zone.is_unknown)).one()
    community = session.scalars(select(Community.id).where(Community.is_unknown)).one()
    session.rollback()
    for screen, row_id in (("zone", zone), ("community", community)):
        assert "ต้องใช้งานอยู่เสมอ" in text_of(edited(desk("admin"), screen, row_id, is_active=""))


@on_sqlite
@pytest.mark.parametrize(
    ("latitude", "longitude", "words"),
    [
        ("16.43", " ", "กรุณากรอกทั้งละติจูดและลองจิจูด"),
        ("102.83", "16.43", "สลับกัน"),
        ("0", "0", "พิกัด 0, 0"),
        ("51.5", "0.1", "นอกประเทศไทย"),
        ("สิบหก", "102.83", "อ่านตัวเลขไม่ออก"),
    ],
)
def test_a_place_that_cannot_be_is_refused(desk: Any, latitude: str, longitude: str, words: str) -> None:
    page = text_of(edited(desk("admin"), "community", 5, latitude=latitude, longitude=longitude))
    assert words in page


def test_thai_digits_are_read_and_the_name_is_sorted_anew(desk: Any, session: Session) -> None:
    admin = desk("admin")
    changes = {"latitude": "๑๖.๔๓๒๑", "longitude": "๑๐๒.๘๓๖๐", "name": "ชุมชนแก่นนคร"}
    assert edited(admin, "community", 5, **changes).status_code == 302
    community = session.get_one(Community, 5)
    assert (str(community.latitude), str(community.longitude)) == ("16.432100", "102.836000")
    assert community.name_key.startswith("ชุมชนก")


def test_a_zones_boundary_is_typed_as_geojson(desk: Any, session: Session) -> None:
    zone = session.scalars(select(Zone.id).where(~Zone.is_unknown)).first()
    session.rollback()
    admin, ring = desk("admin"), "[[102.8,16.4],[102.9,16.4],[102.9,16.5],[102.8,16.4]]"
    good = f'{{"type":"Feature","geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}'
    assert edited(admin, "zone", zone, boundary=good).status_code == 302
    assert session.get_one(Zone, zone).boundary["coordinates"][0][1] == [102.9, 16.4]
    session.rollback()
    for bad in ("{", "[]", '{"type":"Point","coordinates":[1,2]}', good.replace("16.", "61."), '{"type":{}}'):
        page = text_of(edited(admin, "zone", zone, boundary=bad))
        assert "อ่านขอบเขตไม่ได้" in page, bad


# Messages and imports --------------------------------------------------------------


def template_id(session: Session) -> int:
    wanted = (MessageTemplate.key == "citizen_registered", MessageTemplate.language == "th")
    found = session.scalars(select(MessageTemplate.id).where(*wanted)).one()
    session.rollback()
    return found


def test_the_words_of_a_message_are_changed_and_its_kind_is_not(desk: Any, session: Session) -> None:
    admin, row_id = desk("admin"), template_id(session)
    changes = {"words-title": "เทศบาลได้รับเรื่องแล้ว", "key": "x", "layout": "plain_text"}
    assert edited(admin, "message-template", row_id, **changes).status_code == 302
    template = session.get_one(MessageTemplate, row_id)
    assert template.words["title"] == "เทศบาลได้รับเรื่องแล้ว"
    assert (template.key, template.layout) == ("citizen_registered", "citizen_status_card")
    assert "words-forged" not in template.words


@on_sqlite
@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("words-body", "เรื่อง {colour}", "{colour} ที่ไม่มีในระบบ"),
        ("words-body", "เรื่อง {number", "วงเล็บปีกกาเกินมา"),
        ("words-title", " ", "เว้นว่างไม่ได้"),
        ("words-alt", "เรื่องที่ {place}", "หน้าจอล็อก"),
        ("words-body", "ก" * 50_000, "เกินที่รับได้"),
    ],
)
def test_words_that_line_could_not_send_are_refused(
    desk: Any, session: Session, name: str, text: str, words: str
) -> None:
    page = text_of(edited(desk("admin"), "message-template", template_id(session), **{name: text}))
    assert 'id="words-error"' in page
    assert words in page


@on_sqlite
def test_messages_are_not_added_by_hand(desk: Any) -> None:
    answer = desk("admin").post("/admin/message-template/new/", {"key": "x"})
    assert answer.status_code in {302, 403}


@on_sqlite
@pytest.mark.parametrize(
    ("field", "target", "status"),
    [
        ("category", "ช.(1)", 302),
        ("category", "xx", 200),
        ("state", "closed", 302),
        ("state", "x", 200),
        ("x", "", 200),
    ],
)
def test_an_imported_word_leads_to_a_code_there_is(desk: Any, field: str, target: str, status: int) -> None:
    typed = {"source": "other", "field": field, "external_label": "คำหนึ่ง", "target_code": target}
    assert desk("admin").post("/admin/import-mapping/new/", typed).status_code == status


# What the database refuses ---------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        (lambda: Category(code="ช.", name="ก", department_id=1), "duplicate_entry", "code"),
        (lambda: Category(code="ใหม่", department_id=1), "field_required", "name"),
        (lambda: Category(code="ใหม่", name="ก", department_id=9999), "row_in_use", None),
        (
            lambda: Subcategory(code="ใหม่", name="ก", category_id=1, duration_min=5, duration_max=1),
            "field_invalid",
            None,
        ),
    ],
    ids=["twice", "empty", "foreign", "check"],
)
def test_a_broken_constraint_is_told_in_words(
    session: Session, row: Any, code: str, field: str | None
) -> None:
    made = row()
    session.add(made)
    with pytest.raises(IntegrityError) as caught:
        session.flush()
    session.rollback()
    told = explain(caught.value, made.__table__)
    told = getattr(told, "errors", [told])[0]
    assert (told.code, told.field) == (code, field)


def complaint(**facts: Any) -> Complaint:
    return Complaint(
        **facts,
        public_code="2026-900001",
        status=ComplaintStatus.IN_PROGRESS,
        figure=Figure.PROGRESS,
        story="ไฟดับ",
        channel_id=1,
        member_id=1,
        created_at=now(),
        listed_at=now(),
        received_at=now(),
    )
