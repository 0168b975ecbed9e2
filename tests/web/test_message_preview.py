"""A message as on a phone, drawn from words that need not be kept yet."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from helpers.visitor import Desk, text_of
from sqlalchemy import select

from admin_views.message_preview import preview_of
from domain.message_priority import ROUTINE
from domain.settings import write_setting
from extensions import db, write_transaction
from line_hooks.messages import LAYOUTS
from models import MessageTemplate

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
BASE = "/admin/message-template"


@pytest.fixture
def desk(app: Flask, login_as: Callable[..., Any]) -> Desk:
    return Desk(app, login_as, "admin")


def template(key: str = "citizen_result", language: str = "th") -> MessageTemplate:
    db.session.rollback()
    wanted = select(MessageTemplate).where(MessageTemplate.key == key, MessageTemplate.language == language)
    return db.session.scalars(wanted).one()


def preview(desk: Desk, row: MessageTemplate, **words: str) -> str:
    row_id, fields = row.id, desk.form(f"{BASE}/edit/?id={row.id}")
    return text_of(desk.post(f"{BASE}/preview/?id={row_id}", {**fields, **words}))


def phone(page: str) -> str:
    return page[page.index('<section class="preview"') :].partition("</section>")[0]


def test_form_and_page_show_the_phone_beside_the_words(desk: Desk) -> None:
    row_id = template().id
    for address in (f"{BASE}/edit/?id={row_id}", f"{BASE}/details/?id={row_id}"):
        shown = phone(text_of(desk.get(address)))
        assert "fx-card" in shown
        assert "อส. 56/2569" in shown
        assert "บนหน้าจอล็อก" in shown


def test_typed_words_are_drawn_and_not_kept(desk: Desk) -> None:
    page = preview(desk, template(), **{"words-title": "ซ่อมไฟให้แล้วครับ {number}"})

    assert "ซ่อมไฟให้แล้วครับ อส. 56/2569" in phone(page)
    assert 'value="ซ่อมไฟให้แล้วครับ {number}"' in page
    assert template().words["title"] != "ซ่อมไฟให้แล้วครับ {number}"


def test_the_telephone_stands_as_people_write_it(desk: Desk) -> None:
    with write_transaction() as session:
        write_setting(session, "contact_phone", "043000100")

    page = preview(desk, template(), **{"words-body": "โทร {contact_phone}"})

    assert "โทร 0 4300 0100" in phone(page)


def test_after_looking_saving_still_saves(desk: Desk) -> None:
    row = template()
    page = preview(desk, row, **{"words-title": "ซ่อมแล้ว"})
    action = re.search(r'<form method="post" action="([^"]+)" novalidate class="form-page"', page)

    assert action
    assert action[1].replace("&amp;", "&").startswith(f"{BASE}/edit/?id={row.id}")


@pytest.mark.parametrize(
    ("box", "typed", "said"),
    [
        ("body", "เรื่อง {colour}", "{colour} ที่ไม่มีในระบบ"),
        ("title", "", "เว้นว่างไม่ได้"),
        ("alt", "เรื่องที่ {place}", "หน้าจอล็อก"),
        ("title", "ก" * 3000, "เกินที่รับได้"),
    ],
)
def test_what_is_wrong_stands_beside_its_box_in_preview_and_save(
    desk: Desk, box: str, typed: str, said: str
) -> None:
    row = template()
    row_id, fields = row.id, desk.form(f"{BASE}/edit/?id={row.id}")
    fields[f"words-{box}"] = typed
    for verb in ("preview", "edit"):
        page = text_of(desk.post(f"{BASE}/{verb}/?id={row_id}", fields))
        error = re.search(rf'id="words-{box}-error">([^<]+)<', page)
        assert error, verb
        assert said in error[1]
        assert 'aria-invalid="true"' in page


def test_words_that_cannot_be_drawn_say_so_on_the_phone(desk: Desk) -> None:
    assert "ยังวาดไม่ได้" in phone(preview(desk, template(), **{"words-body": "{"}))


def test_what_is_typed_is_shown_as_text(desk: Desk) -> None:
    shown = phone(preview(desk, template(), **{"words-body": "<script>alert(1)</script>"}))

    assert "&lt;script&gt;alert(1)" in shown
    assert "<script" not in shown


def test_the_sample_speaks_the_language_of_the_row(desk: Desk) -> None:
    row_id = template(language="en").id
    shown = phone(text_of(desk.get(f"{BASE}/details/?id={row_id}")))

    assert "Street light out" in shown
    assert 'lang="en"' in shown


def test_the_page_says_whether_the_message_may_wait(desk: Desk) -> None:
    routine = next(iter(sorted(ROUTINE)))
    for key, said in ((routine, "ข้อความทั่วไป:"), ("citizen_result", "ข้อความสำคัญ:")):
        assert said in text_of(desk.get(f"{BASE}/details/?id={template(key).id}"))


def test_every_message_of_the_product_can_be_drawn(app: Flask) -> None:
    rows = db.session.scalars(select(MessageTemplate)).all()
    assert {row.layout for row in rows} <= set(LAYOUTS)
    with app.test_request_context("/"):
        for row in rows:
            drawn = preview_of(row, row.words)
            assert drawn.cards, f"{row.key} {row.language}"
            assert drawn.lock_screen
            assert not drawn.why_not


@on_sqlite
def test_who_may_not_read_templates_previews_none(app: Flask, login_as: Callable[..., Any]) -> None:
    row_id = template().id
    assert Desk(app, login_as, "officer").post(f"{BASE}/preview/?id={row_id}").status_code == 403


@on_sqlite
@pytest.mark.parametrize("row_id", ["0", "999999", "x", str(2**40)])
def test_a_template_that_is_not_there_is_not_found(desk: Desk, row_id: str) -> None:
    assert desk.post(f"{BASE}/preview/?id={row_id}").status_code == 404
