"""The configuration as one file: what it holds, that nothing is lost on the way, and how it is taken in."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

import pytest
from flask import Flask
from helpers.configuration import applied, differences, first_town, part, planned, row_of, second_town
from helpers.people import actor_named
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.configuration.document import read_document, write_document
from domain.configuration.exporting import configuration_now, export_configuration
from domain.configuration.plan import ChangeKind, ConfigurationMoved, shown
from domain.errors import NotPermitted
from domain.lookups import current_version
from domain.roles import set_grants
from domain.setting_rules import BY_KEY, Kind
from domain.settings import read_setting, write_setting
from extensions import write_transaction
from models import (
    AuditAction,
    AuditEntry,
    Category,
    Channel,
    Community,
    Department,
    Holiday,
    HolidayKind,
    ImportMapping,
    MessageTemplate,
    NumberSeries,
    Road,
    Role,
    Scope,
    StaffUser,
    Subcategory,
    SubcategoryQuestion,
    Zone,
)

Rows = list[dict[str, Any]]


def one(session: Session, kind: Any, code: str) -> Any:
    session.rollback()
    return session.scalars(select(kind).where(kind.code == code)).one()


# The file -------------------------------------------------------------------------------------------


def test_two_exports_of_one_state_differ_in_their_time_only(app: Flask) -> None:
    first, again = ({**first_town(), "exported_at": ""} for _time in range(2))

    assert hashlib.sha256(write_document(first)).digest() == hashlib.sha256(write_document(again)).digest()


def test_the_file_names_codes_and_no_ids(app: Flask) -> None:
    document = first_town()

    assert row_of(document, "departments", "roads")["parent_code"] == "engineering"
    assert row_of(document, "subcategories", "ฟ.(1)")["category_code"] == "ฟ."
    assert [question["question"] for question in row_of(document, "subcategories", "ฟ.(1)")["questions"]] == [
        "เลขที่เสาไฟ (ดูที่ป้ายบนเสา)",
        "ดับกี่ดวง",
        "อาการ",
    ]
    assert row_of(document, "zones", "1")["boundary"]["type"] in {"Polygon", "MultiPolygon"}
    assert write_document(document).count(b'"id"') == 0


def test_secrets_stay_at_home(app: Flask) -> None:
    with write_transaction() as session:
        write_setting(session, "mail_password", "sealed-and-secret")

    document = first_town()

    secret = [rule.key for rule in BY_KEY.values() if rule.kind is Kind.SECRET]
    assert secret
    assert not set(secret) & document["settings"].keys()
    assert write_document(document).count(b"sealed-and-secret") == 0


def test_nobody_is_in_the_file(app: Flask, session: Session) -> None:
    text = write_document(first_town()).decode()
    officers = session.scalars(select(StaffUser)).all()

    assert officers
    assert [officer.username for officer in officers if officer.full_name in text] == []
    assert text.count("password_hash") == 0


def test_the_file_survives_its_own_way_out_and_in(app: Flask) -> None:
    document = first_town()

    assert differences(read_document(write_document(document)), document) == []


def test_taking_in_what_is_there_changes_nothing(app: Flask) -> None:
    plan = planned(first_town(), off=True)

    assert plan.problems == []
    assert set(plan.counts) == {ChangeKind.UNCHANGED}
    assert not plan.changes_anything


def test_taking_the_file_away_is_noted(app: Flask, session: Session) -> None:
    with write_transaction() as writing:
        export_configuration(writing, actor_named(writing, "admin"))

    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.action, entry.object_type) == (AuditAction.EXPORT, "configuration")


@pytest.mark.parametrize("who", ["clerk", "head", "executive"])
def test_who_may_not_change_settings_neither_takes_nor_brings_the_file(app: Flask, who: str) -> None:
    document = first_town()
    with pytest.raises(NotPermitted), write_transaction() as session:
        export_configuration(session, actor_named(session, who))
    with pytest.raises(NotPermitted):
        planned(document, who=who)
    with pytest.raises(NotPermitted):
        applied(document, who=who)


# A change -------------------------------------------------------------------------------------------


def test_a_preview_says_what_changes_and_writes_nothing(app: Flask, session: Session) -> None:
    document = first_town()
    row_of(document, "categories", "ช.")["name"] = "ถนนหนทาง"
    document["roads"].append({"name": "ซอยใหม่เอี่ยม"})
    document["settings"]["warn_percent"] = 60
    before = current_version(session)
    session.rollback()

    plan = planned(document)

    told = [row for row in plan.rows if row.kind is not ChangeKind.UNCHANGED]
    assert [(row.section, row.kind.value, row.key) for row in told] == [
        ("settings", "changed", "warn_percent"),
        ("categories", "changed", "ช."),
        ("roads", "added", "ซอยใหม่เอี่ยม"),
    ]
    assert (told[0].cells[0].old, told[0].cells[0].new) == (80, 60)
    assert told[1].cells[0].cell == "name"
    assert current_version(session) == before
    assert one(session, Category, "ช.").name == "งานถนน ทางเท้า และจราจร"


def test_what_the_preview_said_is_what_happens(app: Flask, session: Session) -> None:
    document = second_town()
    wanted = planned(document, off=True)

    done = applied(document, off=True, expected=wanted.fingerprint())

    assert done.counts == wanted.counts
    assert done.fingerprint() == wanted.fingerprint()
    again = planned(document, off=True)
    assert set(again.counts) <= {ChangeKind.UNCHANGED, ChangeKind.KEPT}


def test_what_changed_meanwhile_is_not_overrun(app: Flask, session: Session) -> None:
    document = first_town()
    document["settings"]["warn_percent"] = 60
    seen = planned(document).fingerprint()
    with write_transaction() as writing:
        write_setting(writing, "warn_percent", 55)

    with pytest.raises(ConfigurationMoved):
        applied(document, expected=seen)

    assert read_setting(session, "warn_percent") == 55


def test_a_change_elsewhere_does_not_disturb(app: Flask) -> None:
    document = part(settings={"warn_percent": 60})
    seen = planned(document).fingerprint()
    with write_transaction() as writing:
        write_setting(writing, "close_days", 5)

    assert applied(document, expected=seen).counts[ChangeKind.CHANGED] == 1


def test_each_changed_row_and_the_import_are_in_the_audit_log(app: Flask, session: Session) -> None:
    document = part(channels=[{"code": "line", "name": "ไลน์ของเรา"}], settings={"warn_percent": 60})

    plan = applied(document)

    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()[-3:]
    assert [(entry.action, entry.object_type) for entry in entries] == [
        (AuditAction.UPDATE, "setting"),
        (AuditAction.UPDATE, "channel"),
        (AuditAction.IMPORT, "configuration"),
    ]
    assert entries[1].changes == {"name": ["ไลน์ (LINE)", "ไลน์ของเรา"]}
    assert entries[2].changes["changed"] == 2
    assert plan.entry_id == entries[2].id


def test_cells_a_row_does_not_name_stay_as_they_are(app: Flask, session: Session) -> None:
    before = one(session, Subcategory, "ฟ.(1)").duration_max

    applied(part(subcategories=[{"code": "ฟ.(1)", "name": "ไฟดับ"}]))

    row = one(session, Subcategory, "ฟ.(1)")
    assert (row.name, row.duration_max) == ("ไฟดับ", before)
    assert session.scalar(select(func.count()).where(SubcategoryQuestion.subcategory_id == row.id)) == 3


def test_questions_that_stay_keep_their_rows(app: Flask, session: Session) -> None:
    document = first_town()
    subtype = row_of(document, "subcategories", "ฟ.(1)")
    kept = session.scalars(
        select(SubcategoryQuestion.id).where(SubcategoryQuestion.question == "ดับกี่ดวง")
    ).one()
    subtype["questions"] = [
        subtype["questions"][1],
        {"question": "สีเสา", "kind": "choice", "choices": ["ขาว", "เทา"]},
    ]

    applied(part(subcategories=[subtype]))

    session.rollback()
    row = one(session, Subcategory, "ฟ.(1)")
    asked = session.scalars(
        select(SubcategoryQuestion)
        .where(SubcategoryQuestion.subcategory_id == row.id)
        .order_by(SubcategoryQuestion.sort_order)
    ).all()
    assert [question.question for question in asked] == ["ดับกี่ดวง", "สีเสา"]
    assert asked[0].id == kept


def test_grants_become_exactly_those_of_the_file(app: Flask, session: Session) -> None:
    applied(part(roles=[{"code": "executive", "grants": {"complaint:read": "department"}}]))

    role = one(session, Role, "executive")
    assert {grant.permission: grant.scope for grant in role.grants} == {"complaint:read": Scope.DEPARTMENT}


def test_a_row_hangs_below_one_the_file_brings_later(app: Flask, session: Session) -> None:
    new = {"name": "ใหม่", "kind": "unit"}
    departments = [{"code": "low", "parent_code": "high", **new}, {"code": "high", **new}]
    categories = [{"code": "นว.", "name": "งานใหม่", "department_code": "low"}]

    applied(part(categories=categories, departments=departments))

    low = one(session, Department, "low")
    assert low.parent.code == "high"
    assert one(session, Category, "นว.").department_id == low.id


def test_two_departments_may_change_places(app: Flask, session: Session) -> None:
    moved = [{"code": "engineering", "parent_code": "roads"}, {"code": "roads", "parent_code": None}]

    applied(part(departments=moved))

    assert one(session, Department, "engineering").parent.code == "roads"


def test_the_last_of_a_kind_may_hand_over_within_one_file(app: Flask, session: Session) -> None:
    """Alone, the first row would be refused: no intake centre would be left."""
    rows = [
        {"code": "complaint_centre", "is_intake_centre": False},
        {"code": "clerk", "is_intake_centre": True},
    ]

    plan = applied(part(departments=rows))

    assert not plan.counts[ChangeKind.KEPT]
    assert one(session, Department, "clerk").is_intake_centre
    assert not one(session, Department, "complaint_centre").is_intake_centre


# What the file does not name ------------------------------------------------------------------------


def test_rows_without_a_word_stay_where_nobody_asks_for_more(app: Flask, session: Session) -> None:
    applied(part(channels=[{"code": "line", "name": "ไลน์ของเรา"}]))

    assert session.scalar(select(func.count(Channel.id)).where(Channel.is_active)) == 10


def test_rows_without_a_word_go_off_where_that_is_asked_for(app: Flask, session: Session) -> None:
    applied(part(channels=[{"code": "line", "name": "ไลน์ของเรา"}]), off=True)

    assert session.scalars(select(Channel.code).where(Channel.is_active)).all() == ["line"]
    assert session.scalar(select(func.count(Category.id)).where(~Category.is_active)) == 0


def test_what_cannot_go_off_stays_and_the_reason_is_told(app: Flask, session: Session) -> None:
    plan = applied(part(departments=[{"code": "clerk"}]), off=True)

    stays = {row.key: row for row in plan.rows if row.kind is ChangeKind.KEPT}
    assert "ยังมีเจ้าหน้าที่อยู่" in stays["complaint_centre"].reason.message
    assert one(session, Department, "complaint_centre").is_active
    entry = session.get(AuditEntry, plan.entry_id)
    assert ["departments", "complaint_centre"] in [told[:2] for told in entry.changes["stays_on"]]


def test_the_unknown_places_messages_and_national_holidays_never_go_off(app: Flask, session: Session) -> None:
    with write_transaction() as writing:
        writing.add(Holiday(holiday_date=date(2027, 3, 3), name="งานเมืองเก่า", kind=HolidayKind.TOWN))
    empty: Rows = []

    applied(part(communities=empty, zones=empty, holidays=empty, message_templates=empty), off=True)

    assert session.scalars(select(Zone.code).where(Zone.is_active)).all() == ["unknown"]
    assert session.scalars(select(Community.code).where(Community.is_active)).all() == ["unknown"]
    assert session.scalars(select(Holiday.name).where(~Holiday.is_active)).all() == ["งานเมืองเก่า"]
    assert session.scalar(select(func.count(MessageTemplate.id)).where(~MessageTemplate.is_active)) == 0


def test_a_word_of_another_system_that_is_gone_is_skipped_from_then_on(app: Flask, session: Session) -> None:
    kept = {"source": "traffy", "field": "category", "external_label": "ขยะ", "target_code": "อส.(3)"}

    applied(part(import_map=[kept]), off=True)

    targets = select(ImportMapping.external_label).where(ImportMapping.target_code.is_not(None))
    assert session.scalars(targets).all() == ["ขยะ"]


def test_an_old_row_that_would_be_refused_today_can_still_go_off(app: Flask, session: Session) -> None:
    with write_transaction() as writing:
        row = writing.scalars(select(Subcategory).where(Subcategory.code == "ช.(1)")).one()
        row.nearby_radius_m = 99_999

    applied(part(subcategories=[{"code": "ช.(1)", "is_active": False}]))

    assert not one(session, Subcategory, "ช.(1)").is_active


# Numbers, places, pictures --------------------------------------------------------------------------


def test_numbers_that_were_issued_stay(app: Flask, session: Session) -> None:
    with write_transaction() as writing:
        writing.add(NumberSeries(code="ช.", year=2569, last_number=7))

    applied(second_town(), off=True)

    series = session.scalars(select(NumberSeries)).one()
    assert (series.code, series.year, series.last_number) == ("ช.", 2569, 7)
    assert one(session, Category, "ช.").code == "ช."


def test_new_places_can_be_sorted_and_found(app: Flask, session: Session) -> None:
    applied(second_town())

    community = one(session, Community, "nns-02")
    assert community.name_key
    assert str(community.latitude).startswith("15.6")
    assert session.scalars(select(Road.name_key).where(Road.name == "ถนนเลียบหนองน้ำใส")).one()


def test_a_town_brings_its_days_off_of_long_ago(app: Flask, session: Session) -> None:
    applied(part(holidays=[{"holiday_date": "2009-02-09", "name": "วันมาฆบูชา", "kind": "national"}]))

    assert session.scalars(select(Holiday.name).where(Holiday.holiday_date == date(2009, 2, 9))).one()


def test_an_export_after_an_import_says_what_the_file_said(app: Flask, session: Session) -> None:
    document = second_town()
    applied(document, off=True)

    now = json.loads(write_document(configuration_now(session)))

    for section in ("categories", "subcategories", "channels", "zones", "communities"):
        wanted = {row["code"]: row for row in document[section]}
        found = {row["code"]: row for row in now[section] if row["is_active"]}
        assert {code: found[code] for code in wanted} == wanted
    assert {key: now["settings"][key] for key in document["settings"]} == document["settings"]


def test_grants_can_be_read_by_the_seed_of_roles(app: Flask, session: Session) -> None:
    """A role that had its rights taken by hand gets them back from a file of before."""
    before = first_town()
    with write_transaction() as writing:
        role = writing.scalars(select(Role).where(Role.code == "executive")).one()
        set_grants(role, {})

    applied(before)

    assert differences(first_town(), before) == []


def test_values_are_told_as_people_say_them() -> None:
    assert shown("subcategories", "duration_unit", "working_days") == "วันทำการ"
    assert shown("channels", "is_active", False) == "ไม่ใช่"
    assert shown("channels", "is_active", True, "en") == "yes"
    assert shown("settings", "number_year", "fiscal") == "ปีงบประมาณ (1 ต.ค.)"
    assert shown("settings", "office_hours", [[["08:30", "12:00"]], *[[]] * 6], "en").startswith(
        "Monday 08:30–12:00 · Tuesday –"
    )
    assert shown("settings", "state_words", {"closed": {"th": "จบ"}}) == "ปิดเรื่อง → จบ"
    assert "รูปบนแผนที่" in shown("zones", "boundary", {"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]})
    assert shown("communities", "latitude", None) == "–"
