"""The questions of a subtype, edited in rows on its own screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from helpers.casework import subtype
from helpers.visitor import Desk, text_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.questions import every_question_of
from models import AuditEntry, SubcategoryQuestion

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def admin(app: Flask, login_as: Any) -> Desk:
    return Desk(app, login_as, "admin")


@pytest.fixture
def lamp(session: Session) -> str:
    """Where the subtype of street lights is edited."""
    return f"/admin/subcategory/edit/?id={subtype(session, 'ฟ.(1)').id}"


@pytest.fixture
def asked(session: Session) -> Callable[[], list[tuple[str, str, list[str], bool]]]:
    """asked() lists what the subtype asks now."""

    def list_them() -> list[tuple[str, str, list[str], bool]]:
        session.rollback()
        rows = every_question_of(session, subtype(session, "ฟ.(1)").id)
        return [(row.question, row.kind.value, list(row.choices), row.is_required) for row in rows]

    return list_them


def test_the_rows_show_what_is_asked(admin: Desk, lamp: str) -> None:
    page = text_of(admin.get(lamp))
    fields = admin.form(lamp)

    assert "&lt;div" not in page
    assert fields["questions-0-question"].startswith("เลขที่เสาไฟ")
    assert fields["questions-2-choices"] == "ดับสนิท\nกะพริบ\nติดทั้งวัน"


def test_saving_unchanged_changes_nothing(admin: Desk, lamp: str, asked: Any, session: Session) -> None:
    before = asked()

    assert admin.post(lamp, admin.form(lamp)).status_code == 302

    assert asked() == before
    assert not session.scalars(select(AuditEntry).where(AuditEntry.object_type == "subcategory")).all()


def test_a_row_is_changed_one_is_taken_out_and_one_is_added(admin: Desk, lamp: str, asked: Any) -> None:
    fields = admin.form(lamp) | {
        "questions-0-is_required": "y",
        "del-questions-1": "on",
        "questions-3-question": "สีของไฟ",
        "questions-3-kind": "choice",
        "questions-3-choices": "ขาว\r\nส้ม\r\n",
        "questions-3-is_active": "y",
    }

    assert admin.post(lamp, fields).status_code == 302

    assert [row[0] for row in asked()] == ["เลขที่เสาไฟ (ดูที่ป้ายบนเสา)", "อาการ", "สีของไฟ"]
    assert asked()[0][3] is True
    assert asked()[2] == ("สีของไฟ", "choice", ["ขาว", "ส้ม"], False)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"questions-0-question": " "}, "กรุณาพิมพ์คำถามให้ครบทุกแถว"),
        ({"questions-2-choices": "ดับสนิท"}, "ต้องมีตัวเลือกตั้งแต่ 2"),
        ({"questions-0-question": "ก" * 201}, "เกินที่รับได้ 200"),
    ],
)
def test_a_question_nobody_could_answer_is_named_and_nothing_is_lost(
    admin: Desk, lamp: str, asked: Any, changes: dict[str, str], words: str
) -> None:
    before = asked()

    page = text_of(admin.post(lamp, admin.form(lamp) | changes | {"name": "ชื่อใหม่"}))

    assert words in page
    assert 'value="ชื่อใหม่"' in page
    assert asked() == before


def test_a_new_subtype_may_bring_its_questions(admin: Desk, session: Session) -> None:
    address = "/admin/subcategory/new/"
    fields = admin.form(address) | {
        "code": "ฟ.(9)",
        "name": "ไฟประดับ",
        "category": str(subtype(session, "ฟ.(1)").category_id),
        "questions-0-question": "งานใด",
        "questions-0-kind": "text",
        "questions-0-is_active": "y",
    }

    assert admin.post(address, fields).status_code == 302

    session.rollback()
    made = subtype(session, "ฟ.(9)")
    assert [row.question for row in every_question_of(session, made.id)] == ["งานใด"]


def test_another_subtypes_question_cannot_be_named_by_its_id(
    admin: Desk, lamp: str, session: Session
) -> None:
    foreign = every_question_of(session, subtype(session, "อส.(3)").id)[0].id
    fields = admin.form(lamp) | {"questions-0-id": str(foreign), "questions-0-question": "ของฉัน"}

    admin.post(lamp, fields)

    session.rollback()
    assert session.get_one(SubcategoryQuestion, foreign).question != "ของฉัน"
