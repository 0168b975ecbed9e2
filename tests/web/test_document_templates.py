"""The editor of papers: a page beside the words, faults with their line, versions to go back to."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from helpers.entry_page import jpeg
from helpers.visitor import Desk, text_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import DocumentTemplate

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
ROOM = "/admin/document-templates/"


@pytest.fixture
def desk(app: Flask, login_as: Callable[..., Any]) -> Desk:
    return Desk(app, login_as, "admin")


@on_sqlite
@pytest.mark.parametrize("kind", ["complaint_form", "order", "result_letter", "memo", "slip", "receipt"])
def test_the_product_s_own_templates_are_drawn(desk: Desk, kind: str) -> None:
    fields = desk.form(ROOM + kind)

    drawn = text_of(desk.post(f"{ROOM}{kind}/preview", fields))

    assert 'src="data:image/png;base64,' in drawn
    assert "notice-danger" not in drawn


@on_sqlite
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("{{ เลขทื่ }}", "น่าจะเป็น “เลขที่”"),
        ("<script>", "ใช้แท็ก script ไม่ได้"),
        ("{% for ก in รายการ %}", "คำสั่งเขียนไม่ครบ"),
        ('<td colspan="100000000">', "colspan"),
    ],
)
def test_a_fault_is_told_with_its_line(desk: Desk, typed: str, words: str) -> None:
    fields = desk.form(f"{ROOM}receipt")
    line = fields["body"].count("\n") + 2

    answer = desk.post(f"{ROOM}receipt/preview", {**fields, "body": f"{fields['body']}\n{typed}"})

    page = html.unescape(text_of(answer))
    assert words in page
    assert re.search(rf'data-line="{line}"|บรรทัดที่ {line}', page)


@on_sqlite
def test_an_endless_template_ends_in_words(desk: Desk, session: Session) -> None:
    fields = desk.form(f"{ROOM}slip")
    loop = "{% for ก in range(500) %}{% for ข in range(500) %}{{ รหัสติดตาม }}{% endfor %}{% endfor %}"

    typed = {**fields, "body": fields["body"] + loop}
    page = text_of(desk.post(f"{ROOM}slip/preview", typed))
    saved = desk.post(f"{ROOM}slip", typed)

    assert "แม่แบบนี้ให้เอกสารยาวเกินไป" in page or "แม่แบบนี้ทำงานไม่จบ" in page
    assert saved.status_code == 422
    assert session.scalars(select(DocumentTemplate)).all() == []


def test_a_template_is_saved_and_given_back(desk: Desk, session: Session) -> None:
    fields = desk.form(f"{ROOM}slip")
    body = fields["body"] + "\n<p>ขอบคุณ & สวัสดี</p>"

    saved = desk.post(f"{ROOM}slip", {**fields, "body": body, "numerals": "thai"})
    late = desk.post(f"{ROOM}slip", {**fields, "body": body + "<p>x</p>"})
    again = desk.form(f"{ROOM}slip")
    restored = desk.post(f"{ROOM}slip/restore/0")

    assert saved.status_code == restored.status_code == 303
    assert late.status_code == 422
    assert again["body"] == body
    assert again["numerals"] == "thai"
    rows = session.scalars(select(DocumentTemplate).order_by(DocumentTemplate.version)).all()
    assert [row.body == body for row in rows] == [True, False]
    assert "ของเทศบาล รุ่นที่ 2" in text_of(desk.get(ROOM))


@on_sqlite
def test_without_a_script_a_button_draws_and_nothing_typed_is_lost(desk: Desk, session: Session) -> None:
    fields = desk.form(f"{ROOM}slip")

    page = text_of(desk.post(f"{ROOM}slip", {**fields, "title": "ใบนัดใหม่", "preview": "1"}))

    assert 'src="data:image/png;base64,' in page
    assert 'value="ใบนัดใหม่"' in page
    assert session.scalars(select(DocumentTemplate)).all() == []


@on_sqlite
def test_a_broken_template_is_not_saved(desk: Desk, session: Session) -> None:
    fields = desk.form(f"{ROOM}receipt")

    answer = desk.post(f"{ROOM}receipt", {**fields, "body": "<p>ว่าง</p>"})

    assert answer.status_code == 422
    assert "เอกสารนี้ขาดช่อง “รวมเงิน” ไม่ได้" in html.unescape(text_of(answer))
    assert session.scalars(select(DocumentTemplate)).all() == []


@on_sqlite
def test_readers_read_and_others_stay_outside(app: Flask, login_as: Callable[..., Any]) -> None:
    head, officer = Desk(app, login_as, "head"), Desk(app, login_as, "officer")

    page = text_of(head.get(f"{ROOM}slip"))

    assert "บัญชีนี้ดูได้อย่างเดียว" in page
    assert head.post(f"{ROOM}slip", {"title": "x"}).status_code == 403
    assert head.post(f"{ROOM}slip/restore/0").status_code == 403
    assert officer.get(ROOM).status_code == 403
    assert head.get(f"{ROOM}nothing").status_code == 404


@on_sqlite
def test_the_garuda_is_an_upload_of_the_town(desk: Desk) -> None:
    memo, settings = f"{ROOM}memo", "/admin/settings/papers"
    bare = text_of(desk.post(f"{memo}/preview", desk.form(memo)))
    picture = (io.BytesIO(jpeg("#aa2211", (600, 600))), "ครุฑ.jpg", "image/jpeg")

    saved = desk.post(settings, {**desk.form(settings), "garuda_key": picture})

    page = text_of(desk.get(settings))
    [address] = re.findall(r'<img src="(/town/emblem/[0-9a-z]+\.png)"', page)
    assert saved.status_code == 303
    assert desk.get(address).mimetype == "image/png"
    assert text_of(desk.post(f"{memo}/preview", desk.form(memo))) != bare
    desk.post(settings, {**desk.form(settings), "garuda_key-drop": "1"})
    assert "/town/emblem/" not in text_of(desk.get(settings))
