"""Configuration files that cannot be taken: refused in words that say where, and nothing is written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from helpers.configuration import AROUND, applied, differences, first_town, part, problems
from helpers.people import actor_named
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.configuration.document import MAX_BYTES, read_document
from domain.configuration.importing import plan_import
from domain.configuration.plan import ConfigurationRefused
from domain.configuration.sections import SECTIONS
from domain.errors import InvalidField
from domain.setting_rules import BY_KEY
from extensions import write_transaction
from models import StaffUser

HEAD = '"format": "uphee-configuration", "version": 1'
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
BOX = [[[101.0, 15.0], [101.1, 15.0], [101.1, 15.1], [101.0, 15.0]]]
ABROAD = [[[2.0, 48.0], [2.1, 48.0], [2.1, 48.1], [2.0, 48.0]]]


# The file as a whole --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"", "configuration_not_json", id="empty"),
        pytest.param(b"not json", "configuration_not_json", id="no JSON"),
        pytest.param(b'{"format": ', "configuration_not_json", id="cut off"),
        pytest.param(b"\xff\xfe\x00", "configuration_not_json", id="no UTF-8"),
        pytest.param(b"PK\x03\x04" + b"\x00" * 40, "configuration_not_json", id="a workbook"),
        pytest.param(b"[]", "configuration_other_format", id="a list"),
        pytest.param(b"{}", "configuration_other_format", id="another document"),
        pytest.param(
            b'{"type": "FeatureCollection", "features": []}', "configuration_other_format", id="a map"
        ),
        pytest.param(b'{"format": "uphee-configuration"}', "configuration_other_format", id="no version"),
        pytest.param(
            b'{"format": "uphee-configuration", "version": true}',
            "configuration_other_format",
            id="no number",
        ),
        pytest.param(
            b'{"format": "uphee-configuration", "version": 2}', "configuration_newer", id="a newer version"
        ),
        pytest.param(
            f'{{{HEAD}, "settings": {{"warn_percent": NaN}}}}'.encode(),
            "configuration_not_a_number",
            id="NaN",
        ),
        pytest.param(
            f'{{{HEAD}, "settings": {{"warn_percent": 1e999}}}}'.encode(),
            "configuration_not_a_number",
            id="infinite",
        ),
        pytest.param(
            f'{{{HEAD}, "settings": {{"warn_percent": {"9" * 5000}}}}}'.encode(),
            "configuration_not_a_number",
            id="thousands of digits",
        ),
        pytest.param(f"{{{HEAD}, {HEAD}}}".encode(), "configuration_name_twice", id="a name twice"),
        pytest.param(
            f'{{{HEAD}, "settings": {"[" * 50}{"]" * 50}}}'.encode(), "configuration_too_deep", id="nested"
        ),
        pytest.param(
            f'{{{HEAD}, "settings": {"[" * 100_000}{"]" * 100_000}}}'.encode(),
            "configuration_too_deep",
            id="nested beyond reading",
        ),
        pytest.param(b" " * (MAX_BYTES + 1), "configuration_too_large", id="too large"),
        pytest.param(b"[" * 4_000_001, "configuration_too_large", id="a bomb of brackets"),
    ],
)
def test_a_file_that_is_none_is_refused_by_its_fault(data: bytes, code: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        read_document(data)
    assert refusal.value.code == code


def test_a_newer_file_says_to_update_first() -> None:
    with pytest.raises(InvalidField) as refusal:
        read_document(b'{"format": "uphee-configuration", "version": 2}')
    assert "ไฟล์นี้มาจากโปรแกรมรุ่นใหม่กว่า (รุ่น 2)" in refusal.value.message
    assert "กรุณาอัปเดตระบบก่อน" in refusal.value.message


def test_a_mark_that_windows_writes_is_no_fault() -> None:
    assert read_document(b"\xef\xbb\xbf" + f"{{{HEAD}}}".encode())["version"] == 1


# Rows -----------------------------------------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize(
    ("sections", "said"),
    [
        pytest.param({"เซกชัน": []}, "ไม่รู้จักหมวด “เซกชัน”", id="unknown section"),
        pytest.param({"roads": {}}, "ถนน/ซอย: ค่านี้ต้องเป็นรายการ", id="no list"),
        pytest.param({"roads": ["x"]}, "ถนน/ซอย แถวที่ 1: ค่านี้ต้องเป็นวงเล็บปีกกา", id="no row"),
        pytest.param({"settings": []}, "ค่าตั้งต้น", id="settings are no list"),
        pytest.param({"settings": {"colour": "#000000"}}, "ไม่รู้จักช่อง “colour”", id="unknown setting"),
        pytest.param({"settings": {"colour_primary": "#F3E9B2"}}, "สีนี้อ่อนเกินไป", id="a faint colour"),
        pytest.param({"settings": {"number_pattern": "{code}"}}, "{running}", id="no running number"),
        pytest.param({"settings": {"telling_ways": {"staff_directed": [[]]}}}, "telling_ways", id="no way"),
        pytest.param({"settings": {"mail_password": "x"}}, "เป็นความลับ นำเข้าจากไฟล์ไม่ได้", id="a secret"),
        pytest.param({"settings": {"logo_key": "../../etc/passwd"}}, "base64", id="a picture by its path"),
        pytest.param({"settings": {"logo_key": {"base64": "***"}}}, "base64", id="no base64"),
        pytest.param({"categories": [{"name": "x"}]}, "แถวที่ 1 (code: ?) ช่อง code", id="no code"),
        pytest.param({"categories": [{"code": "ก."}]}, "ช่อง name: ", id="a new row without a name"),
        pytest.param({"categories": [{"code": "ช.", "colour": 1}]}, "ไม่รู้จักช่อง “colour”", id="unknown cell"),
        pytest.param({"categories": [{"code": 5, "name": "x"}]}, "ช่อง code: ค่านี้ต้องเป็นข้อความ", id="a number"),
        pytest.param(
            {"categories": [{"code": "ก.", "name": "x", "department_code": "X"}]},
            "ตัวย่อ แถวที่ 1 (code: ก.) ช่อง department_code: ไม่มีหน่วยงาน “X” ในไฟล์นี้หรือในระบบ",
            id="a department that is nowhere",
        ),
        pytest.param(
            {"categories": [{"code": "ก1", "name": "x", "department_code": "clerk"}]},
            "ตัวย่อต้องไม่มี / และไม่ลงท้ายด้วยตัวเลข",
            id="a code that ends in a digit",
        ),
        pytest.param(
            {"channels": [{"code": "line"}, {"code": "phone"}, {"code": "line"}]},
            "แถวที่ 3 (code: line): “line” ซ้ำกับแถวที่ 1",
            id="a code twice",
        ),
        pytest.param(
            {"channels": [{"code": "line", "is_active": 1}]}, "true หรือ false", id="one is not true"
        ),
        pytest.param(
            {"channels": [{"code": "line", "sort_order": True}]}, "จำนวนเต็ม", id="true is no number"
        ),
        pytest.param({"channels": [{"code": "line", "sort_order": 10**12}]}, "ช่อง sort_order", id="huge"),
        pytest.param(
            {"channels": [{"code": "line", "channel_group": "fax"}]}, "ไม่รู้จัก “fax”", id="unknown group"
        ),
        pytest.param(
            {"subcategories": [{"code": "ช.(1)", "duration_min": 9, "duration_max": 3}]},
            "ระยะเวลาอย่างเร็วต้องไม่เกินอย่างช้า",
            id="a reversed range",
        ),
        pytest.param({"subcategories": [{"code": "ช.(1)", "season_from": 13}]}, "season_from", id="month 13"),
        pytest.param(
            {"subcategories": [{"code": "ช.(1)", "questions": [{"question": "ใด", "kind": "choice"}]}]},
            "ต้องมีตัวเลือก",
            id="a choice without choices",
        ),
        pytest.param(
            {"subcategories": [{"code": "ช.(1)", "questions": [{"question": 5}]}]},
            "questions.question",
            id="q",
        ),
        pytest.param(
            {"roles": [{"code": "head", "grants": {"fly:all": "all"}}]}, "fly:all", id="unknown right"
        ),
        pytest.param({"roles": [{"code": "head", "grants": ["x"]}]}, "วงเล็บปีกกา", id="grants as a list"),
        pytest.param({"roles": [{"code": "Köp", "name": "x"}]}, "รหัสบทบาทใช้ a-z", id="a role's code"),
        pytest.param(
            {"zones": [{"code": "1", "boundary": {"type": "Polygon", "coordinates": ABROAD}}]},
            "เขต แถวที่ 1 (code: 1) ช่อง boundary: อ่านขอบเขตไม่ได้",
            id="a zone in France",
        ),
        pytest.param(
            {"zones": [{"code": "1", "boundary": {"type": "Polygon", "coordinates": [[["a", "b"]]]}}]},
            "อ่านขอบเขตไม่ได้",
            id="letters for degrees",
        ),
        pytest.param(
            {"zones": [{"code": "1", "boundary": {"type": "Point", "coordinates": [101.0, 15.0]}}]},
            "อ่านขอบเขตไม่ได้",
            id="a point",
        ),
        pytest.param({"zones": [{"code": "1", "is_unknown": True}]}, "เปลี่ยนไม่ได้", id="a zone turned unknown"),
        pytest.param(
            {"zones": [{"code": "x", "name": "x", "is_unknown": True}]},
            "(code: unknown)",
            id="two unknown ones",
        ),
        pytest.param(
            {"communities": [{"code": "unknown", "latitude": 48.0, "longitude": 2.0}]},
            "ชุมชน แถวที่ 1",
            id="a community in France",
        ),
        pytest.param(
            {"communities": [{"code": "unknown", "latitude": "เหนือ"}]}, "พิกัด เช่น", id="north is no degree"
        ),
        pytest.param(
            {"holidays": [{"holiday_date": "2569-04-13", "name": "x"}]}, "ต้องเป็น ค.ศ. คือ 2026", id="Buddhist"
        ),
        pytest.param(
            {"holidays": [{"holiday_date": "2099-01-01", "name": "x"}]}, "อยู่ไกลเกินไป", id="far ahead"
        ),
        pytest.param({"holidays": [{"holiday_date": "13/4/26", "name": "x"}]}, "2026-04-13", id="no day"),
        pytest.param(
            {"holidays": [{"holiday_date": "2026-11-30", "name": "x", "opens_at": "08:30"}]},
            "ให้ครบทั้งสองช่อง",
            id="half a pair of times",
        ),
        pytest.param(
            {"holidays": [{"holiday_date": "2026-11-30", "name": "x", "opens_at": "8:70"}]},
            "08:30",
            id="no time",
        ),
        pytest.param(
            {"message_templates": [{"key": "citizen_yodel", "language": "th", "words": {}}]},
            "ไม่มีข้อความ “citizen_yodel, th”",
            id="a message the product does not have",
        ),
        pytest.param(
            {
                "message_templates": [
                    {"key": "citizen_submitted", "language": "th", "words": {"title": "{x}"}}
                ]
            },
            "{x}",
            id="an unknown placeholder",
        ),
        pytest.param(
            {
                "import_map": [
                    {"source": "t", "field": "category", "external_label": "x", "target_code": "ไม่มี"}
                ]
            },
            "ไม่มีรหัส “ไม่มี”",
            id="a target that is nowhere",
        ),
        pytest.param(
            {"departments": [{"code": "engineering", "parent_code": "roads"}]},
            "หน่วยงานจะสังกัดตัวเองหรือหน่วยงานย่อยของตัวเองไม่ได้",
            id="a loop of departments",
        ),
        pytest.param(
            {"departments": [{"code": "clerk", "parent_code": "clerk"}]}, "สังกัดตัวเอง", id="below itself"
        ),
        pytest.param({"roads": [{"name": "ถ" * 500}]}, "ช่อง name", id="too long"),
        pytest.param({"roads": [{"name": f"ถนน {n}"} for n in range(5001)]}, "5,001 แถว", id="too many rows"),
    ],
)
def test_a_fault_is_named_with_its_place_and_nothing_is_written(
    app: Flask, sections: dict[str, Any], said: str
) -> None:
    before, document = first_town(), part(**sections)

    assert said in " / ".join(problems(document))

    with pytest.raises(ConfigurationRefused):
        applied(document)
    assert differences(first_town(), before) == []


@on_sqlite
def test_a_file_that_would_hold_everybody_up_is_refused(app: Flask) -> None:
    rows = [{"name": f"ถนน {number}"} for number in range(4_000)]
    document = part(roads=rows, zones=rows, channels=rows)

    assert problems(document) == ["มี 12,000 แถว รับได้ไม่เกิน 10,000 แถว"]


@on_sqlite
def test_all_faults_are_told_at_once_and_follow_ups_are_not(app: Flask) -> None:
    """The subtype of a main type that is refused is no second fault."""
    document = part(
        settings={"colour_primary": "#FFFFFF", "warn_percent": "x"},
        categories=[{"code": "ก1", "name": "x", "department_code": "clerk"}],
        subcategories=[{"code": "กก", "name": "x", "category_code": "ก1"}],
        channels=[{"code": "line", "is_active": 0}],
    )

    assert len(problems(document)) == 4


@on_sqlite
def test_thousands_of_faults_are_counted_and_not_all_told(app: Flask) -> None:
    document = part(roads=[{"name": 5} for _row in range(3000)])

    with pytest.raises(ConfigurationRefused) as refusal:
        applied(document)

    assert len(refusal.value.plan.problems) == 200
    assert refusal.value.params["count"] == 3000


# Rights ---------------------------------------------------------------------------------------------


def test_a_file_cannot_lock_the_last_administrator_out(app: Flask, session: Session) -> None:
    roles = [{"code": "system_admin", "grants": {"setting:update": "all"}}]
    before = first_town()

    assert any("จะไม่เหลือผู้ดูแล" in text for text in problems(part(roles=roles)))
    assert any("จะไม่เหลือผู้ดูแล" in text for text in problems(part(roles=[]), off=True))
    with pytest.raises(ConfigurationRefused):
        applied(part(roles=roles))

    assert differences(first_town(), before) == []


@on_sqlite
def test_a_file_lifts_nobody_above_his_rights(app: Flask, session: Session) -> None:
    """Who may change settings but no roles cannot give himself rights by a file."""
    with write_transaction() as writing:
        actor = Actor(kind="staff", name="x", staff_user_id=1, grants={"setting:update": "all"})
        document = part(settings={"warn_percent": 61}, roles=[{"code": "executive", "grants": {}}])
        plan = plan_import(writing, actor, document, AROUND)

    assert ["บทบาท" in problem.text_in("th") for problem in plan.problems] == [True]
    assert "role:manage" in plan.problems[0].text_in("en")


@on_sqlite
def test_rights_are_only_asked_for_what_changes(app: Flask, session: Session) -> None:
    document = first_town()
    document["settings"]["warn_percent"] = 61
    with write_transaction() as writing:
        actor = Actor(kind="staff", name="x", staff_user_id=1, grants={"setting:update": "all"})
        assert plan_import(writing, actor, document, AROUND).problems == []


@on_sqlite
def test_where_there_is_no_administrator_yet_nobody_is_locked_out(app: Flask, session: Session) -> None:
    with write_transaction() as writing:
        for officer in writing.scalars(select(StaffUser)):
            officer.roles = []

    with write_transaction() as writing:
        plan = plan_import(
            writing, Actor.system("test"), part(roles=[{"code": "executive", "name": "x"}]), AROUND
        )
    assert plan.problems == []


# Anything -------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=6,
)
SHAPED = st.sampled_from(
    [
        {"staff_directed": [[]]},
        {"staff_directed": [{}]},
        {"submitted": {"th": ["x"]}},
        {"submitted": {"th": 5, "en": {}}},
        [[["08:30", "16:30"]]] * 7,
        [[["08:30"]]] * 7,
        [[[830, 1630]]] * 7,
        [{"name": [], "phone": {}}],
        [{"name": "x", "phone": 191}],
        {"type": "FeatureCollection", "features": [None]},
        {"type": "FeatureCollection", "features": [{"geometry": {"type": "Polygon", "coordinates": 5}}]},
        {"type": "Polygon", "coordinates": [[["a", "b"]]]},
        {"base64": 5},
    ]
)
CELLS = sorted({cell for section in SECTIONS for cell in section.cells})
LISTS = [section.name for section in SECTIONS]
ROWS = st.lists(st.dictionaries(st.sampled_from(CELLS), JSON, max_size=6), max_size=3)


@on_sqlite
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sections=st.dictionaries(st.sampled_from(LISTS), ROWS | JSON, max_size=3))
def test_whatever_stands_in_a_file_it_is_planned_or_refused(app: Flask, sections: dict[str, Any]) -> None:
    document = read_document(json.dumps(part(**sections)).encode())
    with write_transaction() as session:
        plan = plan_import(session, actor_named(session, "admin"), document, AROUND, switch_off_missing=True)

    assert all(problem.text_in("th") and problem.text_in("en") for problem in plan.problems)


@on_sqlite
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cell=st.sampled_from(CELLS), value=JSON, section=st.sampled_from(LISTS), row=st.integers(0, 5))
def test_one_bad_cell_in_a_good_file_never_breaks_it(
    app: Flask, cell: str, value: Any, section: str, row: int
) -> None:
    document = first_town()
    rows = document[section]
    rows[row % len(rows)][cell] = value
    with write_transaction() as session:
        plan = plan_import(session, actor_named(session, "admin"), document, AROUND)

    assert isinstance(plan.fingerprint(), str)


@on_sqlite
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.dictionaries(st.sampled_from(sorted(BY_KEY)), JSON | SHAPED, max_size=3))
def test_whatever_a_setting_is_given_it_is_planned_or_refused(app: Flask, values: dict[str, Any]) -> None:
    with write_transaction() as session:
        plan = plan_import(session, actor_named(session, "admin"), part(settings=values), AROUND)

    assert all(problem.text_in("th") for problem in plan.problems)
