"""Staff, types, communities, days off and roads from Excel: by the rules of their own screens."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from flask import Flask
from helpers.sheets import errors_of, judged, kept, vault_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.account_links import issue_link
from domain.actor import Actor
from domain.errors import DomainError
from domain.labels import word
from domain.lookups import load_lookups
from domain.sheets.applying import apply_sheet
from domain.sheets.books import Verdict
from domain.sheets.kinds import BOOKS, may_import
from domain.sheets.undoing import undo_sheet
from extensions import write_transaction
from models import (
    AuditEntry,
    Category,
    Community,
    Holiday,
    HolidayKind,
    LinkPurpose,
    NumberSeries,
    Road,
    Role,
    SheetKind,
    StaffUser,
    Subcategory,
    Zone,
)


@pytest.fixture
def admin(act_as: Any) -> Actor:
    actor: Actor = act_as("admin")
    return actor


class Office:
    """An administrator with files."""

    def __init__(self, app: Flask, session: Session, actor: Actor) -> None:
        self.app, self.session, self.actor = app, session, actor

    def plan(self, kind: SheetKind, headings: Any, *rows: Any) -> Any:
        return judged(self.app, self.session, self.actor, kind, headings, rows)

    def take_in(self, kind: SheetKind, headings: Any, *rows: Any) -> int:
        import_id = kept(self.app, self.session, self.actor, kind, headings, rows)
        with write_transaction() as session:
            apply_sheet(session, self.actor, vault_of(self.app), import_id)
        self.session.rollback()
        return import_id

    def take_back(self, import_id: int) -> None:
        with write_transaction() as session:
            undo_sheet(session, self.actor, vault_of(self.app), import_id)
        self.session.rollback()


@pytest.fixture
def office(app: Flask, session: Session, admin: Actor) -> Office:
    return Office(app, session, admin)


STAFF = ("ชื่อผู้ใช้", "ชื่อ", "ตำแหน่ง", "โทรศัพท์", "หน่วยงาน", "บทบาท")


def test_every_kind_has_a_book_and_says_what_it_needs() -> None:
    assert set(BOOKS) == set(SheetKind)
    for book in BOOKS.values():
        keys = [column.key for column in book.columns]
        assert len(keys) == len(set(keys))
        assert book.key in keys
        assert set(book.unique) <= set(keys)


def test_kinds_are_open_by_the_rights_of_the_screens(admin: Actor, act_as: Any) -> None:
    assert {kind for kind in SheetKind if may_import(admin, kind)} == set(SheetKind) - {SheetKind.MEMBERS}
    central = act_as("central")
    assert {kind for kind in SheetKind if may_import(central, kind)} == {SheetKind.MEMBERS, SheetKind.ROADS}
    assert not any(may_import(act_as("clerk"), kind) for kind in SheetKind)


def test_officers_come_in_and_go_again(office: Office, session: Session) -> None:
    department, role = session.get_one(StaffUser, 3).department, session.scalars(select(Role)).first()
    assert department
    assert role
    row = ("Somsri.T", "สมศรี", "นายช่าง", 812345678, department.name, f"{role.name}")
    import_id = office.take_in(SheetKind.STAFF, STAFF, row)
    made = session.scalars(select(StaffUser).where(StaffUser.username == "somsri.t")).one()
    assert (made.department_id, made.phone, made.password_hash) == (department.id, "+66812345678", None)
    assert [one.code for one in made.roles] == [role.code]
    again = office.plan(SheetKind.STAFF, STAFF, row)
    assert again.rows[0].verdict is Verdict.UNCHANGED
    office.take_back(import_id)
    assert session.scalar(select(StaffUser).where(StaffUser.username == "somsri.t")) is None


def test_more_officers_than_a_town_has_are_refused(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BOOKS[SheetKind.STAFF], "most_rows", 1)
    with pytest.raises(DomainError) as caught:
        office.plan(SheetKind.STAFF, STAFF[:2], ("user1", "ก"), ("user2", "ข"))
    assert caught.value.code == "sheet_too_many_rows"


def test_an_invited_officer_is_not_taken_back(office: Office, session: Session) -> None:
    import_id = office.take_in(SheetKind.STAFF, STAFF, ("somsri", "สมศรี", None, None, None, None))
    with write_transaction() as writing:
        user = writing.scalars(select(StaffUser).where(StaffUser.username == "somsri")).one()
        issue_link(writing, LinkPurpose.INVITATION, user)
    with pytest.raises(DomainError) as caught:
        office.take_back(import_id)
    assert "แถว 2" in caught.value.message


def test_changed_roles_are_noted_and_put_back(office: Office, session: Session) -> None:
    user = session.scalars(select(StaffUser).where(StaffUser.username == "officer")).one()
    before = sorted(role.code for role in user.roles)
    other = session.scalars(select(Role).where(Role.code.not_in(before))).first()
    assert other
    import_id = office.take_in(
        SheetKind.STAFF, STAFF, ("officer", user.first_name, "ใหม่", None, None, other.code)
    )
    assert [role.code for role in user.roles] == [other.code]
    entry = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.object_type == "staff_user", AuditEntry.object_id == str(user.id))
        .order_by(AuditEntry.id.desc())
    ).first()
    assert entry
    assert entry.changes["roles"] == [before, [other.code]]
    office.take_back(import_id)
    assert sorted(role.code for role in user.roles) == before
    assert user.position != "ใหม่"


def test_the_last_administrator_cannot_be_lost_by_a_file(office: Office, session: Session) -> None:
    session.execute(StaffUser.__table__.update().values(password_hash=None).where(StaffUser.id > 1))
    session.commit()
    admin_name = session.get_one(StaffUser, office.actor.staff_user_id).first_name
    row = ("admin", admin_name, None, None, None, "executive")
    with pytest.raises(DomainError) as caught:
        office.take_in(SheetKind.STAFF, STAFF, row)
    assert caught.value.code in {"last_administrator", "nobody_manages_roles"}
    session.rollback()
    assert "executive" not in {
        role.code for role in session.get_one(StaffUser, office.actor.staff_user_id).roles
    }


def test_types_come_in_with_their_subtypes(office: Office, session: Session) -> None:
    office.take_in(SheetKind.CATEGORIES, ("ตัวย่อ", "ชื่อประเภทหลัก", "หน่วยงาน"), ("ทส.", "ทดสอบ", "สำนักช่าง"))
    made = session.scalars(select(Category).where(Category.code == "ทส.")).one()
    headings = (
        "รหัส",
        "ชื่อประเภทย่อย",
        "ตัวย่อ",
        "ระยะเวลาอย่างเร็ว",
        "ระยะเวลาอย่างช้า",
        "หน่วยเวลา",
        "ต้องมีภาพหลังดำเนินการ",
    )
    office.take_in(SheetKind.SUBCATEGORIES, headings, ("ทส.(1)", "ก", "ทส.", "๑", 3, "วัน", "ใช่"))
    subtype = session.scalars(select(Subcategory).where(Subcategory.code == "ทส.(1)")).one()
    assert (subtype.category_id, subtype.duration_min, subtype.duration_max) == (made.id, 1, 3)
    assert subtype.needs_photo is True
    assert subtype.is_active is True


def test_the_rules_of_the_screens_hold(office: Office) -> None:
    headings = ("รหัส", "ชื่อประเภทย่อย", "ตัวย่อ", "ระยะเวลาอย่างเร็ว", "ระยะเวลาอย่างช้า", "หน่วยเวลา")
    plan = office.plan(
        SheetKind.SUBCATEGORIES,
        headings,
        ("ก1", "ก", "ไม่มี", None, None, None),
        ("ก2", "ก", "อส.", 5, 3, None),
        ("ก3", "ก", "อส.", None, 3, "ปีแสง"),
        ("ก4", "ก", None, None, 3, None),
    )
    assert [text.split(" ")[0] for text in errors_of(plan)] == ["C2", "D3", "F4", "C5"]
    plan = office.plan(SheetKind.CATEGORIES, ("ตัวย่อ", "ชื่อประเภทหลัก", "หน่วยงาน"), ("ก9", "ก", "สำนักช่าง"))
    assert plan.rows[0].errors[0]["cell"] == "A2"


def test_a_type_with_issued_numbers_is_not_taken_back(office: Office) -> None:
    headings = ("ตัวย่อ", "ชื่อประเภทหลัก", "หน่วยงาน")
    import_id = office.take_in(SheetKind.CATEGORIES, headings, ("ทส.", "ทดสอบ", "สำนักช่าง"))
    with write_transaction() as writing:
        writing.add(NumberSeries(code="ทส.", year=2026, last_number=1))
    with pytest.raises(DomainError) as caught:
        office.take_back(import_id)
    assert caught.value.code == "sheet_undo_refused"


def test_communities_come_in_with_their_place_and_go_again(office: Office, session: Session) -> None:
    zone = session.scalars(select(Zone).where(Zone.is_unknown.is_(False))).first()
    assert zone
    headings = ("รหัส", "ชื่อชุมชน", "เขต", "ละติจูด", "ลองจิจูด")
    import_id = office.take_in(
        SheetKind.COMMUNITIES, headings, ("X1", "ชุมชนใหม่", zone.name, 16.4321, "102.8236")
    )
    made = session.scalars(select(Community).where(Community.code == "X1")).one()
    assert (made.zone_id, float(made.latitude or 0), made.name_key) == (zone.id, 16.4321, made.name_key)
    assert (
        office.plan(SheetKind.COMMUNITIES, headings, ("X1", "ชุมชนใหม่", zone.name, "16.432100", 102.8236))
        .rows[0]
        .verdict
        is Verdict.UNCHANGED
    )
    office.take_back(import_id)
    assert session.scalar(select(Community).where(Community.code == "X1")) is None


def test_days_off_come_in_with_half_days(office: Office, session: Session) -> None:
    headings = ("วันที่", "ชื่อวันหยุด", "ชนิดวันหยุด", "เปิดตั้งแต่", "เปิดถึง")
    office.take_in(
        SheetKind.HOLIDAYS,
        headings,
        ("14/12/2569", "หยุดพิเศษ", word(HolidayKind.CABINET), time(8, 30), "12.00"),
        (date(2569, 12, 15), "หยุดของเทศบาล", None, None, None),
    )
    half, whole = session.scalars(
        select(Holiday)
        .where(Holiday.holiday_date.in_([date(2026, 12, 14), date(2026, 12, 15)]))
        .order_by(Holiday.holiday_date)
    ).all()
    assert (half.opens_at, half.closes_at) == ("08:30", "12:00")
    assert (whole.opens_at, whole.is_active) == (None, True)


def test_roads_come_in_once_whatever_the_spaces(office: Office, session: Session) -> None:
    import_id = office.take_in(SheetKind.ROADS, ("ถนน",), ("ถนนทดสอบ  ใหม่",), ("ซอยทดสอบ",))
    names = set(session.scalars(select(Road.name)))
    assert {"ถนนทดสอบ ใหม่", "ซอยทดสอบ"} <= names
    plan = office.plan(SheetKind.ROADS, ("ชื่อถนน/ซอย", "ใช้งาน"), ("ถนนทดสอบ ใหม่", "ไม่ใช่"))
    assert plan.rows[0].told == {"is_active": [True, False]}
    office.take_back(import_id)
    assert not {"ถนนทดสอบ ใหม่", "ซอยทดสอบ"} & set(session.scalars(select(Road.name)))


def test_what_pages_show_knows_the_import_at_once(office: Office, session: Session) -> None:
    before = load_lookups(session).version
    office.take_in(SheetKind.CATEGORIES, ("ตัวย่อ", "ชื่อประเภทหลัก", "หน่วยงาน"), ("ทส.", "ทดสอบ", "สำนักช่าง"))
    assert load_lookups(session).version > before
