"""The base of every screen of the back office: its doors, lists, addresses, forms and transactions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from flask_admin import expose
from flask_admin.contrib.sqla.validators import Unique
from helpers.visitor import Desk, text_of
from sqlalchemy import select
from sqlalchemy.orm import Session

import admin_views.saving
from admin_views.base import SecureModelView, SecureView
from domain.drafts import save_draft
from domain.errors import InvalidField
from extensions import write_transaction
from models import (
    AuditAction,
    AuditEntry,
    Category,
    Department,
    Holiday,
    ImportMapping,
    Job,
    Road,
    Subcategory,
    Zone,
)

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
CATEGORY = "/admin/category/"


@pytest.fixture
def desk(app: Flask, login_as: Any) -> Callable[[str | None], Desk]:
    return lambda who: Desk(app, login_as, who)


def admin_screens(app: Flask) -> list[Any]:
    return app.extensions["admin"][0]._views


# Doors ------------------------------------------------------------


@on_sqlite
def test_a_stranger_is_led_to_sign_in_and_back(desk: Any) -> None:
    answer = desk(None).get(f"{CATEGORY}?flt_is_active__eq=1")
    assert answer.status_code == 302
    assert "/admin/sign-in" in answer.location
    assert unquote(answer.location).endswith("next=/admin/category/?flt_is_active__eq=1")


@on_sqlite
@pytest.mark.parametrize("page", ["", "new/", "edit/?id=1", "details/?id=1"])
def test_an_officer_without_the_permission_is_refused_every_page(desk: Any, page: str) -> None:
    assert desk("officer").get(f"/admin/staff-user/{page}").status_code == 403


@on_sqlite
def test_reading_alone_opens_no_form(desk: Any) -> None:
    clerk = desk("clerk")
    assert clerk.get(CATEGORY).status_code == 200
    assert clerk.get(f"{CATEGORY}edit/?id=1").status_code == 403
    assert clerk.post(f"{CATEGORY}edit/?id=1", {"name": "x"}).status_code == 403


@on_sqlite
def test_every_route_of_every_screen_names_its_permission(app: Flask) -> None:
    screens = {view.endpoint: view for view in admin_screens(app)}
    silent = []
    for rule in app.url_map.iter_rules():
        room, _dot, name = rule.endpoint.rpartition(".")
        if room in screens and name != "static":
            view = screens[room]
            shut = name == "delete_view" and not getattr(view, "deletable", True)
            shut = shut or (name in {"create_view", "edit_view"} and getattr(view, "form_columns", 1) == ())
            if view.permission_of(name) is None and not shut:
                silent.append(rule.rule)
    assert not silent


@on_sqlite
def test_every_route_of_every_screen_refuses_a_stranger(app: Flask, desk: Any) -> None:
    stranger, rooms = desk(None), {view.endpoint for view in admin_screens(app)}
    open_doors = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.rpartition(".")[0] in rooms:
            address = re.sub(r"<\w+>", "x", re.sub(r"<int:\w+>", "1", rule.rule))
            verb = stranger.get if "GET" in rule.methods else stranger.post
            answer = verb(address) if verb == stranger.get else verb(address, token=False)
            if answer.status_code not in {302, 400, 401, 403}:
                open_doors.append((address, answer.status_code))
    assert not open_doors


def test_a_method_without_a_permission_cannot_be_exposed() -> None:
    with pytest.raises(TypeError, match="without @needs"):

        class Careless(SecureView):
            @expose("/")
            def index(self) -> str:
                return "open"


def test_a_screen_must_name_the_columns_of_its_form() -> None:
    with pytest.raises(TypeError, match="form_columns"):

        class Careless(SecureModelView):
            table, resource, title = Road, "road", "ถนน"


def test_a_guarded_column_cannot_get_into_a_form() -> None:
    with pytest.raises(TypeError, match="name_key"):

        class Careless(SecureModelView):
            table, resource, title = Road, "road", "ถนน"
            guarded = frozenset({"name_key"})
            form_columns = ("name", "name_key")


def test_a_secret_column_cannot_be_shown() -> None:
    with pytest.raises(TypeError, match="result_key"):

        class Careless(SecureModelView):
            table, resource, title = Job, "delivery", "งาน"
            column_list = ("kind", "result_key")
            form_columns = ()


@on_sqlite
def test_nothing_is_shown_that_was_not_declared(app: Flask) -> None:
    for view in admin_screens(app):
        if isinstance(view, SecureModelView):
            secret = {c.key for c in view.table.__table__.columns if c.info.get("secret")}
            shown = {
                name for name, _label in (*view._list_columns, *view._details_columns, *view._export_columns)
            }
            assert not shown & secret, view.endpoint


@on_sqlite
def test_every_declared_column_reaches_its_form(app: Flask) -> None:
    lost = [
        f"{view.endpoint}.{name}"
        for view in admin_screens(app)
        if isinstance(view, SecureModelView)
        for name in view.form_columns
        if not hasattr(view._create_form_class, name)
    ]
    assert not lost


@on_sqlite
def test_every_list_and_form_speaks_thai(app: Flask) -> None:
    with app.test_request_context("/admin/"):
        silent = [
            f"{view.endpoint}: {label}"
            for view in admin_screens(app)
            if isinstance(view, SecureModelView)
            for _name, label in (*view._list_columns, *view._details_columns, *view._export_columns)
            if str(label).isascii() and str(label) not in {"Line ID", "LINE", "X-Line-Request-Id"}
        ]
    assert not silent


# Lists ------------------------------------------------------------


def test_a_filter_is_addressed_by_column_and_operation(desk: Any, session: Session) -> None:
    with write_transaction() as writing:
        writing.get(Category, 1).is_active = False
    page = text_of(desk("admin").get(f"{CATEGORY}?flt_is_active__eq=0"))
    assert "1 รายการ" in page
    assert session.get(Category, 1).name in page


@on_sqlite
def test_an_unknown_filter_is_answered_with_a_notice(desk: Any) -> None:
    page = text_of(desk("admin").get(f"{CATEGORY}?flt_colour__eq=<b>red"))
    assert "ไม่รู้จักตัวกรอง “flt_colour__eq”" in page
    assert "15 รายการ" in page


@on_sqlite
@pytest.mark.parametrize("value", ["สาม", "9" * 40, "1 OR 1=1", "\x00"])
def test_an_unreadable_filter_value_is_answered_with_a_notice(desk: Any, value: str) -> None:
    answer = desk("admin").get(CATEGORY, query_string={"flt_department__eq": value})
    assert answer.status_code == 200
    assert "อ่านค่า" in text_of(answer)


def test_days_filter_moments_by_the_bangkok_day(desk: Any, frozen_noon: Any) -> None:
    admin = desk("admin")
    admin.post("/admin/road/new/", {"name": "ถนนใหม่เอี่ยม", "is_active": "y"})
    address = "/admin/audit-entry/?flt_object_type__has=road&flt_at__ge={}&flt_at__le={}"
    assert "ถนน" in text_of(admin.get(address.format("20/11/2569", "20/11/2569"))).partition("<tbody>")[2]
    assert "<tbody>" not in text_of(admin.get(address.format("21/11/2569", "21/11/2569")))


@on_sqlite
def test_no_two_filters_of_a_screen_share_an_address(app: Flask) -> None:
    for view in admin_screens(app):
        if isinstance(view, SecureModelView):
            arguments = [flt.argument for flt in view._filters]
            assert len(arguments) == len(set(arguments)), view.endpoint


@on_sqlite
def test_two_conditions_of_one_kind_both_count_and_stay_in_the_address(desk: Any) -> None:
    page = text_of(
        desk("admin").get("/admin/subcategory/?flt_duration_max__ge=3&flt2_duration_max__ge=999&page_size=20")
    )
    assert "ไม่พบรายการที่ตรงเงื่อนไข" in page
    assert "flt2_duration_max__ge" in page


def test_search_finds_inside_thai_words_and_takes_percent_as_a_letter(desk: Any) -> None:
    admin = desk("admin")
    admin.post("/admin/road/new/", {"name": "ซอยลด 50% ประชาสโมสร", "is_active": "y"})
    assert "ซอยลด 50%" in text_of(admin.get("/admin/road/", query_string={"search": "ชาสโม"}))
    assert "ซอยลด 50%" in text_of(admin.get("/admin/road/", query_string={"search": "๕๐%"}))
    found = text_of(admin.get("/admin/road/", query_string={"search": "%"}))
    assert "ซอยลด 50%" in found
    assert "ถนนมิตรภาพ" not in found


@on_sqlite
@pytest.mark.parametrize("search", ["ก" * 50_000, "' OR 1=1 --", "\x00\x07", "_", "a " * 500])
def test_no_search_breaks_the_list(desk: Any, search: str) -> None:
    assert desk("admin").get(CATEGORY, query_string={"search": search}).status_code in {200, 302}


@on_sqlite
@pytest.mark.parametrize("row_id", ["1,2", "abc", "-1", "0", "1.5", "9" * 30, "๑", "1&id=2", " 1", ""])
def test_an_id_that_is_none_is_not_found(desk: Any, row_id: str) -> None:
    admin = desk("admin")
    for page in ("edit", "details"):
        assert admin.get(f"{CATEGORY}{page}/?id={row_id}").status_code in {302, 404}


@on_sqlite
@pytest.mark.parametrize("page", ["-3", "abc", "0", "1.5"])
def test_a_page_number_that_is_none_shows_the_first_page(desk: Any, page: str) -> None:
    answer = desk("admin").get(f"{CATEGORY}?page={page}")
    assert answer.status_code == 200
    assert "15 รายการ" in text_of(answer)


@pytest.mark.parametrize("page", ["7", "99999999999999999999", "9" * 5000])
def test_a_page_past_the_end_leads_to_the_last_one(desk: Any, page: str) -> None:
    admin = desk("admin")
    answer = admin.get(f"/admin/community/?page={page}&page_size=20&sort=code&desc=1")
    if len(page) < 100:
        assert answer.status_code == 302
        assert "page=4" in answer.location
        assert "sort=code" in answer.location
        answer = admin.get(answer.location)
    assert answer.status_code == 200


@on_sqlite
def test_only_offered_page_sizes_are_taken(desk: Any) -> None:
    page = text_of(desk("admin").get("/admin/community/?page_size=100000"))
    assert page.count("data-href") == 50


def test_a_sort_order_is_addressed_by_column(desk: Any, session: Session) -> None:
    codes = list(session.scalars(select(Category.code).order_by(Category.code.desc()).limit(1)))
    page = text_of(desk("admin").get(f"{CATEGORY}?sort=code&desc=1")).partition("<tbody>")[2]
    assert page.index(codes[0]) < 600
    assert desk("admin").get(f"{CATEGORY}?sort=department_id").status_code == 200


@on_sqlite
@pytest.mark.parametrize("argument", ["endpoint", "self", "values", "url"])
def test_a_foreign_argument_does_no_harm(desk: Any, argument: str) -> None:
    assert desk("admin").get(f"{CATEGORY}?{argument}=https://evil.example/").status_code == 200


@on_sqlite
def test_a_list_costs_few_statements_whatever_it_shows(desk: Any, sql_count: Any) -> None:
    admin = desk("admin")
    admin.get("/admin/subcategory/")
    with sql_count() as statements:
        admin.get("/admin/subcategory/?page_size=100")
    reading = [sql for sql in statements if sql.startswith("SELECT")]
    assert len(reading) <= 5, reading  # session, shell, count, rows, choices of the filter
    assert any("count(*)" in sql for sql in reading)


# Forms and transactions ------------------------------------------------------------


def test_a_change_and_its_audit_entry_are_one(desk: Any, session: Session) -> None:
    admin = desk("admin")
    fields = admin.form(f"{CATEGORY}edit/?id=1") | {"name": "ถนนและทางเท้า", "department": "7"}
    assert admin.post(f"{CATEGORY}edit/?id=1", fields).status_code == 302
    assert session.get(Category, 1).name == "ถนนและทางเท้า"
    entry = session.scalars(select(AuditEntry).where(AuditEntry.object_type == "category")).one()
    assert entry.action is AuditAction.UPDATE
    assert entry.changes == {"name": ["งานถนน ทางเท้า และจราจร", "ถนนและทางเท้า"], "department_id": [6, 7]}


def test_without_its_audit_entry_nothing_changes(
    desk: Any, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any, **_facts: Any) -> None:
        raise InvalidField(field="name")

    monkeypatch.setattr(admin_views.saving, "record", refuse)
    admin = desk("admin")
    fields = admin.form(f"{CATEGORY}edit/?id=1") | {"name": "ถนนและทางเท้า"}
    assert admin.post(f"{CATEGORY}edit/?id=1", fields).status_code == 200
    assert session.get(Category, 1).name == "งานถนน ทางเท้า และจราจร"


@on_sqlite
def test_saving_takes_the_write_lock_before_it_reads_the_row_again(desk: Any, sql_count: Any) -> None:
    admin = desk("admin")
    fields = admin.form(f"{CATEGORY}edit/?id=1") | {"name": "ถนนและทางเท้า"}
    with sql_count() as statements:
        admin.post(f"{CATEGORY}edit/?id=1", fields)
    locked = statements.index("BEGIN IMMEDIATE")
    after = statements[locked + 1 :]
    assert after[0].startswith("SELECT category.id")
    assert not any(sql.startswith(("UPDATE", "INSERT")) for sql in statements[:locked])


def test_a_value_that_is_taken_is_said_at_its_field_and_nothing_typed_is_lost(desk: Any) -> None:
    admin = desk("admin")
    typed = {"code": "ช.", "name": "ประเภทใหม่", "department": "6", "sort_order": "5", "is_active": "y"}
    page = text_of(admin.post(f"{CATEGORY}new/", typed))
    assert 'id="code-error"' in page
    assert 'value="ประเภทใหม่"' in page


def test_a_value_taken_by_somebody_at_the_same_moment_is_said_without_sql(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Unique, "__call__", lambda *_args: None)
    typed = {"code": "ช.", "name": "ประเภทใหม่", "department": "6", "sort_order": "5", "is_active": "y"}
    page = text_of(desk("admin").post(f"{CATEGORY}new/", typed))
    assert "มีข้อมูลนี้อยู่แล้ว กรุณาใช้ค่าอื่น" in page
    assert 'id="code-error"' in page
    assert "constraint" not in page.lower()
    assert "insert" not in page.lower()


def test_a_form_without_its_token_changes_nothing(desk: Any, session: Session) -> None:
    admin = desk("admin")
    fields = admin.form(f"{CATEGORY}edit/?id=1") | {"name": "ถูกปลอม"}
    assert admin.post(f"{CATEGORY}edit/?id=1", fields, token=False).status_code == 400
    assert session.get(Category, 1).name == "งานถนน ทางเท้า และจราจร"


def test_fields_that_are_not_in_the_form_are_not_written(desk: Any, session: Session) -> None:
    admin = desk("admin")
    zone_id = session.scalars(select(Zone.id).where(~Zone.is_unknown)).first()
    session.rollback()
    fields = admin.form(f"/admin/zone/edit/?id={zone_id}")
    forged = fields | {"is_unknown": "y", "id": "99", "communities": "1", "name": "เขตหนึ่ง"}
    assert admin.post(f"/admin/zone/edit/?id={zone_id}", forged).status_code == 302
    zone = session.get_one(Zone, zone_id)
    assert (zone.name, zone.is_unknown) == ("เขตหนึ่ง", False)


@on_sqlite
def test_a_choice_that_is_not_offered_is_refused(desk: Any, session: Session) -> None:
    session.get_one(Department, 15).is_active = False
    session.commit()
    admin = desk("admin")
    fields = admin.form(f"{CATEGORY}edit/?id=1") | {"department": "15"}
    assert 'id="department-error"' in text_of(admin.post(f"{CATEGORY}edit/?id=1", fields))


def test_a_row_whose_parent_was_switched_off_can_still_be_corrected(desk: Any, session: Session) -> None:
    with write_transaction() as writing:
        subtype = writing.get_one(Subcategory, 1)
        subtype.category.is_active = False
    admin = desk("admin")
    address = "/admin/subcategory/edit/?id=1"
    assert admin.post(address, admin.form(address) | {"name": "หลุมบนถนน"}).status_code == 302
    session.rollback()
    assert session.get_one(Subcategory, 1).name == "หลุมบนถนน"


@on_sqlite
@pytest.mark.parametrize(
    ("name", "expected"),
    [("ก" * 50_000, 'id="name-error"'), ("   ", 'id="name-error"'), ("", 'id="name-error"')],
    ids=["50,000 letters", "blank", "empty"],
)
def test_a_text_that_cannot_be_taken_is_said_at_its_field(desk: Any, name: str, expected: str) -> None:
    admin = desk("admin")
    fields = admin.form(f"{CATEGORY}edit/?id=1") | {"name": name}
    assert expected in text_of(admin.post(f"{CATEGORY}edit/?id=1", fields))


def test_control_characters_are_dropped_and_markup_stays_text(desk: Any, session: Session) -> None:
    admin = desk("admin")
    admin.post("/admin/road/new/", {"name": "ถนน\x00\x07<script>alert(1)</script>\u202e", "is_active": "y"})
    stored = session.scalars(select(Road.name).where(Road.name.contains("script"))).one()
    assert stored == "ถนน<script>alert(1)</script>"
    page = text_of(admin.get("/admin/road/?search=script"))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


@on_sqlite
@pytest.mark.parametrize("number", ["ห้า", "-1", "99999999999", "1e9", "5.5"])
def test_a_number_that_cannot_be_stored_is_said_at_its_field(desk: Any, number: str) -> None:
    admin = desk("admin")
    fields = admin.form(f"{CATEGORY}edit/?id=1") | {"sort_order": number}
    page = text_of(admin.post(f"{CATEGORY}edit/?id=1", fields))
    assert 'id="sort_order-error"' in page
    assert f'value="{number}"' in page


def test_a_day_is_typed_in_the_buddhist_calendar(desk: Any, session: Session) -> None:
    admin = desk("admin")
    admin.post("/admin/holiday/new/", {"holiday_date": "๓ มี.ค. ๒๕๗๐", "name": "วันทดสอบ", "is_active": "y"})
    holiday = session.scalars(select(Holiday).where(Holiday.name == "วันทดสอบ")).one()
    assert holiday.holiday_date.isoformat() == "2027-03-03"
    assert 'value="03/03/2570"' in text_of(admin.get(f"/admin/holiday/edit/?id={holiday.id}"))
    page = text_of(admin.post("/admin/holiday/new/", {"holiday_date": "31/02/2570", "name": "ก"}))
    assert "เดือนกุมภาพันธ์ 2570 มี 28 วัน" in page
    assert 'value="31/02/2570"' in page


@on_sqlite
def test_nothing_is_deleted_by_a_link(desk: Any) -> None:
    admin = desk("admin")
    assert admin.get("/admin/import-mapping/delete/?id=1").status_code == 405
    assert admin.post(f"{CATEGORY}delete/", {"id": "1"}).status_code == 403


def test_what_may_be_deleted_leaves_its_trace(desk: Any, session: Session) -> None:
    assert session.get(ImportMapping, 1) is not None
    assert desk("admin").post("/admin/import-mapping/delete/", {"id": "1"}).status_code == 302
    session.rollback()
    assert session.get(ImportMapping, 1) is None
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == AuditAction.DELETE)).one()
    assert entry.object_type == "import_mapping"


@on_sqlite
def test_saving_never_leads_to_another_site(desk: Any) -> None:
    admin = desk("admin")
    answer = admin.post("/admin/road/new/?url=https://evil.example/", {"name": "ถนนปลอดภัย", "is_active": "y"})
    assert answer.status_code == 302
    assert "evil" not in answer.location


def test_text_typed_before_the_session_ended_is_back_in_the_form(
    app: Flask, desk: Any, act_as: Any, session: Session
) -> None:
    admin, actor = desk("admin"), act_as("admin")
    with write_transaction() as writing:
        save_draft(writing, actor, "/admin/road/new/", "draft-token-1", {"name": "ถนนที่พิมพ์ค้าง"})
    assert 'value="ถนนที่พิมพ์ค้าง"' in text_of(admin.get("/admin/road/new/?draft=draft-token-1"))
    assert "ถนนที่พิมพ์ค้าง" not in text_of(desk("central").get("/admin/road/new/?draft=draft-token-1"))
    admin.post("/admin/road/new/?draft=draft-token-1", {"name": "ถนนที่พิมพ์ค้าง", "is_active": "y"})
    assert "ถนนที่พิมพ์ค้าง" not in text_of(admin.get("/admin/road/new/?draft=draft-token-1"))
