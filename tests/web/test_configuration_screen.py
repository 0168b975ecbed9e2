"""The screen of the configuration file: taken away, brought in, looked at first, confirmed."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from helpers.configuration import SECOND_TOWN, first_town, part
from helpers.visitor import Desk, text_of
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from domain.clock import FrozenClock
from domain.configuration.document import write_document
from domain.settings import read_setting, write_setting
from extensions import write_transaction
from models import AuditAction, AuditEntry, Channel, Draft, Setting

HOME = "/admin/configuration/"
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def desk(app: Flask, login_as: Any) -> Callable[[str | None], Desk]:
    return lambda who: Desk(app, login_as, who)


@pytest.fixture
def admin(desk: Callable[[str | None], Desk]) -> Desk:
    return desk("admin")


def sent(desk: Desk, data: bytes | dict[str, Any], name: str = "town.json") -> TestResponse:
    """The answer to an upload."""
    content = data if isinstance(data, bytes) else write_document(data)
    fields = {"file": (io.BytesIO(content), name)}
    return desk.post("/admin/configuration/check", fields, content_type="multipart/form-data")


def preview(desk: Desk, data: bytes | dict[str, Any], query: str = "") -> tuple[str, str]:
    """(address, page) of what an upload would change."""
    answer = sent(desk, data)
    assert answer.status_code == 303, text_of(answer)
    address = answer.headers["Location"]
    return address, text_of(desk.get(address + query))


def hidden(page: str) -> dict[str, str]:
    form = page[page.index('action="/admin/configuration/apply"') :]
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    return {name: value for name, value in found if name != "csrf_token"}


def shown_text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index("<main") :]))


def png(colour: str = "#7A3E12") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(stream, "PNG")
    return stream.getvalue()


def test_the_file_comes_with_its_town_and_the_buddhist_day(admin: Desk, frozen_noon: FrozenClock) -> None:
    answer = admin.post("/admin/configuration/download")

    assert answer.status_code == 200
    assert quote("การตั้งค่า_เทศบาลนครขอนแก่น_2569-11-20.json") in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert json.loads(answer.data)["format"] == "uphee-configuration"


def test_taking_the_file_away_is_in_the_audit_log(admin: Desk, session: Session) -> None:
    admin.post("/admin/configuration/download")

    entry = session.scalars(select(AuditEntry).where(AuditEntry.object_type == "configuration")).one()
    assert (entry.action, entry.staff_user_id is not None) == (AuditAction.EXPORT, True)


def test_a_town_becomes_another_one_after_a_look(admin: Desk, session: Session) -> None:
    _address, page = preview(admin, SECOND_TOWN.read_bytes())
    text = shown_text(page)
    assert "เทศบาลนครขอนแก่น → ใหม่ เทศบาลตำบลหนองน้ำใส" in text
    assert read_setting(session, "municipality_name") == "เทศบาลนครขอนแก่น"

    answer = admin.post("/admin/configuration/apply", hidden(page))

    assert answer.status_code == 303
    result = shown_text(text_of(admin.get(answer.headers["Location"])))
    assert "นำเข้าการตั้งค่าแล้ว" in result
    session.rollback()
    assert read_setting(session, "municipality_name") == "เทศบาลตำบลหนองน้ำใส"
    assert "หนองน้ำใส" in text_of(admin.get(HOME))


@on_sqlite
def test_the_held_file_is_gone_after_the_import(admin: Desk, app: Flask, session: Session) -> None:
    address, page = preview(admin, part(settings={"warn_percent": 61}))
    key = session.scalars(select(Draft).where(Draft.form_name == "configuration")).one().fields["key"]
    assert app.extensions["files"].path(key).exists()

    fields = hidden(page)
    admin.post("/admin/configuration/apply", fields)

    assert not app.extensions["files"].path(key).exists()
    assert admin.get(address).headers["Location"].endswith(HOME)
    again = admin.post("/admin/configuration/apply", fields, follow_redirects=True)
    assert "ไฟล์นี้นำเข้าไปแล้วหรือหมดอายุ" in text_of(again)


@on_sqlite
def test_nobody_sees_or_confirms_anothers_file(admin: Desk, desk: Any, app: Flask, session: Session) -> None:
    address, page = preview(admin, part(settings={"warn_percent": 61}))
    with write_transaction() as writing:
        draft = writing.scalars(select(Draft).where(Draft.form_name == "configuration")).one()
        draft.staff_user_id += 1

    assert admin.get(address).status_code == 303
    admin.post("/admin/configuration/apply", hidden(page))

    assert read_setting(session, "warn_percent") == 80


@on_sqlite
def test_switching_off_is_asked_for_on_the_page(admin: Desk, session: Session) -> None:
    address, page = preview(admin, part(channels=[{"code": "line", "name": "ไลน์ของเรา"}]))
    assert "เพจเฟซบุ๊ก" not in page

    page = text_of(admin.get(f"{address}&off=1"))
    assert "เพจเฟซบุ๊ก" in page
    admin.post("/admin/configuration/apply", hidden(page))

    assert session.scalars(select(Channel.code).where(Channel.is_active)).all() == ["line"]


@on_sqlite
def test_what_stays_on_says_why_before_and_after(admin: Desk) -> None:
    address, _page = preview(admin, part(departments=[{"code": "clerk", "phone": "043 1"}]))
    page = text_of(admin.get(f"{address}&off=1"))
    assert "ยังมีเจ้าหน้าที่อยู่" in page

    answer = admin.post("/admin/configuration/apply", hidden(page))

    assert "ยังมีเจ้าหน้าที่อยู่" in text_of(admin.get(answer.headers["Location"]))


@on_sqlite
def test_what_is_as_it_was_shows_only_on_demand(admin: Desk) -> None:
    address, page = preview(admin, part(channels=[{"code": "line", "name": "ไลน์ของเรา"}, {"code": "phone"}]))
    assert "โทรแจ้ง" not in page

    assert "phone" in shown_text(text_of(admin.get(f"{address}&all=1")))


@on_sqlite
def test_a_file_that_says_what_is_there_offers_nothing(admin: Desk, app: Flask) -> None:
    _address, page = preview(admin, first_town())

    assert "ไม่มีอะไรเปลี่ยน" in page
    assert 'action="/admin/configuration/apply"' not in page


def test_what_changed_meanwhile_is_shown_anew(admin: Desk, session: Session) -> None:
    _address, page = preview(admin, part(settings={"warn_percent": 61}))
    with write_transaction() as writing:
        write_setting(writing, "warn_percent", 70)

    answer = admin.post("/admin/configuration/apply", hidden(page), follow_redirects=True)

    text = shown_text(text_of(answer))
    assert "มีผู้แก้ไขการตั้งค่า ยังไม่ได้นำเข้า" in text
    assert "70 → ใหม่ 61" in text
    session.rollback()
    assert read_setting(session, "warn_percent") == 70
    admin.post("/admin/configuration/apply", hidden(text_of(answer)))
    session.rollback()
    assert read_setting(session, "warn_percent") == 61


@on_sqlite
def test_an_import_without_the_preview_it_answers_is_none(admin: Desk, session: Session) -> None:
    _address, page = preview(admin, part(settings={"warn_percent": 61}))

    admin.post("/admin/configuration/apply", hidden(page) | {"shown": ""})

    assert read_setting(session, "warn_percent") == 80


@on_sqlite
@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"", "กรุณาเลือกไฟล์การตั้งค่า", id="none"),
        pytest.param(b"PK\x03\x04", "ต้องเป็นไฟล์ .json", id="a workbook"),
        pytest.param(b'{"format": "uphee-configuration", "version": 2}', "รุ่นใหม่กว่า (รุ่น 2)", id="newer"),
        pytest.param(b"{}", "ไม่ใช่ไฟล์การตั้งค่าของอยู่พี่", id="another"),
    ],
)
def test_a_file_that_is_none_is_refused_on_the_page(admin: Desk, data: bytes, said: str) -> None:
    answer = sent(admin, data)

    assert answer.status_code == 422
    assert said in text_of(answer)


@on_sqlite
def test_problems_stand_on_the_page_and_offer_no_import(admin: Desk, session: Session) -> None:
    address = sent(admin, part(roads=[{"name": "<script>alert(1)</script>"}, {"nmae": "x"}])).headers[
        "Location"
    ]
    answer = admin.get(address)

    page = text_of(answer)
    assert answer.status_code == 422
    assert "ไม่รู้จักช่อง “nmae”" in page
    assert "<script>alert(1)" not in page
    assert 'action="/admin/configuration/apply"' not in page


@pytest.mark.parametrize("who", ["clerk", "head", None])
@on_sqlite
def test_the_doors_are_closed_to_others(desk: Any, who: str | None) -> None:
    other = desk(who)

    assert other.get(HOME).status_code in {302, 403}
    assert other.client.post("/admin/configuration/download").status_code in {302, 400, 403}
    assert other.get("/admin/configuration/preview?token=abcdefgh").status_code in {302, 403}
    assert other.get("/admin/configuration/result/1").status_code in {302, 403}


@on_sqlite
def test_a_result_that_is_none_is_not_there(admin: Desk) -> None:
    assert admin.get("/admin/configuration/result/99999999999").status_code == 404


def test_the_emblem_travels_with_the_file(admin: Desk, app: Flask, session: Session) -> None:
    document = part(settings={"logo_key": {"base64": base64.b64encode(png()).decode()}})
    _address, page = preview(admin, document)
    admin.post("/admin/configuration/apply", hidden(page))

    session.rollback()
    key = read_setting(session, "logo_key")
    kept = app.extensions["files"].get(key)
    assert kept.startswith(b"\x89PNG")
    session.rollback()
    exported = json.loads(admin.post("/admin/configuration/download").data)
    assert base64.b64decode(exported["settings"]["logo_key"]["base64"]) == kept
    assert "ไม่มีอะไรเปลี่ยน" in preview(admin, exported)[1]
    page = preview(admin, part(settings={"logo_key": None}))[1]
    admin.post("/admin/configuration/apply", hidden(page))
    session.rollback()
    assert session.get(Setting, "logo_key") is None


@on_sqlite
def test_an_emblem_that_is_none_is_refused_and_nothing_changes(admin: Desk, session: Session) -> None:
    bad = {"base64": base64.b64encode(b"no picture at all").decode()}
    _address, page = preview(admin, part(settings={"logo_key": bad, "warn_percent": 61}))

    answer = admin.post("/admin/configuration/apply", hidden(page), follow_redirects=True)

    assert "อ่านภาพนี้ไม่ได้" in text_of(answer)
    session.rollback()
    assert read_setting(session, "warn_percent") == 80
