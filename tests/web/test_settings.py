"""The settings screens: made from one list, closed to others, checked, explained; bad input loses nothing."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from helpers.casework import bring_to
from helpers.counter import jpeg
from helpers.visitor import Desk, text_of
from markupsafe import escape
from sqlalchemy import delete
from sqlalchemy.orm import Session

from domain.setting_rules import SECTIONS, Section, rules_of
from domain.settings import read_setting, write_setting
from extensions import write_transaction
from models import ComplaintStatus, Holiday, Setting

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def desk(app: Flask, login_as: Any) -> Callable[[str | None], Desk]:
    return lambda who: Desk(app, login_as, who)


@pytest.fixture
def admin(desk: Any) -> Desk:
    return desk("admin")


def save(desk: Desk, section: str, **changes: Any) -> Any:
    """Change some boxes of a screen as an administrator would; "" unticks."""
    address = f"/admin/settings/{section}"
    fields = desk.form(address) | changes
    return desk.post(address, fields, content_type="multipart/form-data")


@on_sqlite
@pytest.mark.parametrize("section", list(Section), ids=lambda one: one.value)
def test_every_setting_stands_on_its_screen_with_its_sentence(admin: Desk, section: Section) -> None:
    page = text_of(admin.get(f"/admin/settings/{section.value}"))

    assert SECTIONS[section][1].th in page
    for rule in rules_of(section):
        assert str(escape(rule.help.th)) in page, rule.key
        assert rule.words.th in page


@on_sqlite
def test_the_hub_leads_to_every_screen(admin: Desk) -> None:
    page = text_of(admin.get("/admin/settings/"))

    for section in Section:
        assert f'href="/admin/settings/{section.value}"' in page
    assert 'href="/admin/holiday/"' in page


@on_sqlite
@pytest.mark.parametrize("who", ["clerk", "officer", "head", "executive", "central"])
def test_others_do_not_get_in(desk: Any, who: str) -> None:
    assert desk(who).get("/admin/settings/").status_code == 403
    assert desk(who).post("/admin/settings/town", {"municipality_name": "x"}).status_code == 403
    assert desk(who).post("/admin/settings/forget/mail_password").status_code == 403


@on_sqlite
def test_an_unknown_screen_is_not_there(admin: Desk) -> None:
    assert admin.get("/admin/settings/secrets").status_code == 404
    assert admin.post("/admin/settings/forget/municipality_name").status_code == 404


@on_sqlite
@pytest.mark.parametrize(
    "section", [one for one in Section if one is not Section.TELLING], ids=lambda one: one.value
)
def test_saving_an_untouched_screen_changes_nothing(admin: Desk, session: Session, section: Section) -> None:
    before = {row.key: row.value for row in session.query(Setting)}

    answer = save(admin, section.value)

    assert answer.status_code == 303, text_of(answer)[-3000:]
    assert {row.key: row.value for row in session.query(Setting)} == before


def test_what_is_saved_holds_on_every_page_at_once(admin: Desk, session: Session, client: Any) -> None:
    answer = save(admin, "town", municipality_name="เทศบาลตำบลทดสอบ", contact_phone="02 123 4567")

    assert answer.status_code == 303
    assert "เทศบาลตำบลทดสอบ" in text_of(admin.get("/admin/settings/"))
    assert "เทศบาลตำบลทดสอบ" in text_of(client.get("/"))


@on_sqlite
def test_a_refused_value_stays_in_its_box_beside_the_reason(admin: Desk, session: Session) -> None:
    answer = save(admin, "look", colour_primary="#FFE066")

    page = text_of(answer)
    assert answer.status_code == 422
    assert "สีนี้อ่อนเกินไป" in page
    assert 'value="#FFE066"' in page
    assert read_setting(session, "colour_primary") == "#0F5E73"


@on_sqlite
def test_office_hours_are_typed_as_people_write_them(admin: Desk, session: Session) -> None:
    assert save(admin, "clock", **{"office_hours-5": "๐๙.๐๐–๑๒.๐๐ น."}).status_code == 303
    assert read_setting(session, "office_hours")[5] == [["09:00", "12:00"]]

    page = text_of(save(admin, "clock", **{"office_hours-0": "เช้าถึงเย็น"}))
    assert "อ่านเวลาทำการวันจันทร์ไม่ได้" in page
    assert 'value="เช้าถึงเย็น"' in page
    closed = {f"office_hours-{day}": "" for day in range(7)}
    assert "อย่างน้อยหนึ่งวันในสัปดาห์" in text_of(save(admin, "clock", **closed))


@on_sqlite
def test_a_pattern_without_its_number_is_refused_and_a_good_one_shows_an_example(admin: Desk) -> None:
    assert "ต้องมี {running}" in text_of(save(admin, "numbers", number_pattern="{code}/{year}"))
    assert "{year} มิฉะนั้นเลขปีหน้าจะซ้ำ" in text_of(save(admin, "numbers", number_pattern="{code} {running}"))

    save(admin, "numbers", number_pattern="{code}-{running}/{year}", number_year="fiscal")

    assert "-56/25" in text_of(admin.get("/admin/settings/numbers"))


def test_states_speak_the_towns_words_to_staff_and_citizens(
    app: Flask, admin: Desk, session: Session
) -> None:
    bring_to(app, session, ComplaintStatus.SUBMITTED)
    session.commit()
    save(admin, "state_words", **{"state_words-submitted-th": "เรื่องเข้าใหม่"})

    assert read_setting(session, "state_words") == {"submitted": {"th": "เรื่องเข้าใหม่"}}
    assert "เรื่องเข้าใหม่" in text_of(admin.get("/admin/complaint/"))
    same = save(admin, "state_words", **{"state_words-closed-th": "เรื่องเข้าใหม่"})
    assert "ใช้กับสองสถานะ" in text_of(same)


@on_sqlite
def test_ways_are_ticked_message_by_message(admin: Desk, session: Session) -> None:
    address = "/admin/settings/telling"
    page = text_of(admin.get(address))
    assert 'name="telling_ways-citizen_result" value="line" checked' in page
    assert 'name="telling_ways-citizen_result" value="email"' not in page
    fields: dict[str, Any] = {
        "seen": admin.form(address)["seen"],
        "telling_ways-shown": ["staff_directed", "citizen_result"],
        "telling_ways-staff_directed": ["bell", "email"],
        "telling_ways-citizen_result": ["line"],
    }

    assert admin.post(address, fields).status_code == 303

    assert read_setting(session, "telling_ways") == {"staff_directed": ["bell", "email"]}


@on_sqlite
def test_an_emblem_is_made_anew_shown_to_everybody_and_taken_away(
    admin: Desk, session: Session, client: Any
) -> None:
    picture = (io.BytesIO(jpeg("#884422", (1200, 900))), "ตรา.jpg", "image/jpeg")
    assert save(admin, "look", logo_key=picture).status_code == 303
    home = text_of(client.get("/"))
    address = home.split('src="/town/emblem/')[1].split('"')[0]

    shown = client.get(f"/town/emblem/{address}")

    assert shown.mimetype == "image/png"
    assert shown.data.startswith(b"\x89PNG")
    assert client.get("/town/emblem/000000000000.png").status_code == 404
    bad = save(admin, "look", logo_key=(io.BytesIO(b"no picture"), "x.png", "image/png"))
    assert "อ่านภาพนี้ไม่ได้" in text_of(bad)
    save(admin, "look", **{"logo_key-drop": "1"})
    assert "/town/emblem/" not in text_of(client.get("/"))


@on_sqlite
def test_an_outline_comes_as_a_file(admin: Desk, session: Session) -> None:
    ring = [[102.8, 16.4], [102.9, 16.4], [102.9, 16.5], [102.8, 16.4]]
    good = json.dumps({"type": "Polygon", "coordinates": [ring]}).encode()
    assert save(admin, "map", outline=(io.BytesIO(good), "o.geojson")).status_code == 303
    assert read_setting(session, "outline")["features"][0]["geometry"]["coordinates"] == [ring]
    session.rollback()

    for junk in (b"{", b"[" * 90_000, b'{"type":"Polygon","coordinates":[[[0,0],[1,1],[0,1],[0,0]]]}'):
        page = text_of(save(admin, "map", outline=(io.BytesIO(junk), "o.geojson")))
        assert "อ่านขอบเขตไม่ได้" in page
    assert read_setting(session, "outline")["features"][0]["geometry"]["coordinates"] == [ring]


def test_two_administrators_do_not_overwrite_each_other_unseen(admin: Desk, session: Session) -> None:
    fields = admin.form("/admin/settings/intake") | {"nearby_radius_m": "70"}
    with write_transaction() as writing:
        write_setting(writing, "nearby_radius_m", 55)

    first = admin.post("/admin/settings/intake", fields)

    page = text_of(first)
    assert first.status_code == 409
    assert "มีผู้อื่นบันทึกรายการนี้ไปก่อน" in page
    assert re.search(r"<td>รัศมี[^<]*</td><td>55</td><td>70</td>", page)
    assert page.count("<tr><td>") == 1
    assert read_setting(session, "nearby_radius_m") == 55
    session.rollback()
    fields["seen"] = page.split('name="seen" value="')[1].split('"')[0]
    assert admin.post("/admin/settings/intake", fields).status_code == 303
    assert read_setting(session, "nearby_radius_m") == 70


@on_sqlite
def test_a_screen_says_who_changed_it_last_and_from_what(admin: Desk) -> None:
    assert "setting-history" not in text_of(admin.get("/admin/settings/intake"))
    save(admin, "intake", nearby_radius_m="70")
    save(admin, "mail", mail_password="geheim", mail_host="127.0.0.1", mail_from="a@example.go.th")

    page = text_of(admin.get("/admin/settings/intake"))
    assert re.search(r"รัศมี[^<]*</b>: 100 → 70", page)
    assert "นายภาคิน" in page
    mail = text_of(admin.get("/admin/settings/mail"))
    assert "geheim" not in mail
    assert "รหัสผ่าน</b> <span" in mail


@on_sqlite
def test_a_setting_is_found_by_its_words(admin: Desk) -> None:
    page = text_of(admin.get("/admin/settings/?search=เตือน"))
    assert "/admin/settings/clock#warn_percent" in page
    assert "/admin/settings/town#" not in page
    assert "ลองใช้คำอื่น" in text_of(admin.get("/admin/settings/?search=ไดโนเสาร์"))


@on_sqlite
def test_the_matrix_says_who_can_do_what(admin: Desk, desk: Any) -> None:
    page = text_of(admin.get("/admin/role/matrix"))

    assert "ใครทำอะไรได้" in page
    assert page.count('class="reach') > 100
    assert desk("officer").get("/admin/role/matrix").status_code == 403


@on_sqlite
def test_the_tree_names_heads_and_types_of_each_department(admin: Desk) -> None:
    page = text_of(admin.get("/admin/department/tree"))

    assert "หน่วยรับเรื่องกลาง" in page
    assert "หัวหน้า" in page
    assert "ตัวย่อ" in page


@on_sqlite
def test_a_year_of_days_off_is_filled_by_ticks(admin: Desk, desk: Any, session: Session) -> None:
    with write_transaction() as writing:
        writing.execute(delete(Holiday).where(Holiday.holiday_date >= date(2028, 1, 1)))
    page = text_of(admin.get("/admin/holiday/year?year=2571"))
    ticked = re.findall(r'name="day" value="([\d-]+)"', page)
    assert len(ticked) >= 15

    assert admin.post("/admin/holiday/year", {"year": "2571", "day": ticked}).status_code == 303

    assert "ปีนี้มีครบแล้ว" in text_of(admin.get("/admin/holiday/year?year=2571"))
    wrong = admin.post("/admin/holiday/year", {"year": "2570", "day": ["2028-01-03", "junk"]})
    assert "ไม่ใช่วันหยุดราชการของปี พ.ศ. 2570" in text_of(wrong)
    assert "ระบบรู้จักตั้งแต่" in text_of(admin.get("/admin/holiday/year?year=9999"))
    assert desk("clerk").get("/admin/holiday/year").status_code == 403


@on_sqlite
def test_a_warm_page_asks_for_no_setting(admin: Desk, sql_count: Any) -> None:
    admin.get("/admin/complaint/")

    with sql_count() as statements:
        admin.get("/admin/complaint/")
        admin.get("/admin/settings/")

    assert [one for one in statements if "FROM setting" in one] == []
