"""What a subtype asks: in order, read by kind, kept in the words it was asked in."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from helpers.casework import register_case, subtype
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import FieldErrors, InvalidField, NotPermitted
from domain.questions import (
    QuestionEntry,
    answers_of,
    check_answers,
    every_question_of,
    questions_of,
    write_questions,
)
from extensions import write_transaction
from models import AuditEntry, QuestionKind, SubcategoryQuestion

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
KIND = QuestionKind


def asked(number: int, kind: KIND = KIND.TEXT, **more: Any) -> SubcategoryQuestion:
    return SubcategoryQuestion(id=number, question=f"คำถาม {number}", kind=kind, choices=[], **more)


def codes(error: FieldErrors) -> dict[str | None, str]:
    return {each.field: each.code for each in error.errors}


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        (KIND.TEXT, "  ก.12\u200b ", "ก.12"),
        (KIND.NUMBER, "๑,๒๐๐", "1200"),
        (KIND.NUMBER, "2.5", "2.5"),
        (KIND.YES_NO, "yes", "ใช่"),
        (KIND.YES_NO, "no", "ไม่ใช่"),
        (KIND.CHOICE, "กะพริบ", "กะพริบ"),
    ],
)
def test_an_answer_is_read_by_its_kind(kind: KIND, typed: str, kept: str) -> None:
    question = asked(1, kind)
    question.choices = ["ดับสนิท", "กะพริบ"]

    assert [each.answer for each in check_answers([question], {1: typed})] == [kept]


@pytest.mark.parametrize(
    ("kind", "typed", "code"),
    [
        (KIND.TEXT, "ก" * 401, "text_too_long"),
        (KIND.NUMBER, "สามดวง", "number_unreadable"),
        (KIND.NUMBER, "1e9", "number_unreadable"),
        (KIND.YES_NO, "อาจจะ", "choice_unknown"),
        (KIND.CHOICE, "<script>", "choice_unknown"),
    ],
)
def test_what_does_not_fit_is_named_beside_its_question(kind: KIND, typed: str, code: str) -> None:
    with pytest.raises(FieldErrors) as caught:
        check_answers([asked(7, kind)], {7: typed})

    assert codes(caught.value) == {"answer_7": code}


def test_all_missing_answers_are_named_at_once_and_others_stay_free() -> None:
    questions = [asked(1, is_required=True), asked(2), asked(3, is_required=True)]

    with pytest.raises(FieldErrors) as caught:
        check_answers(questions, {1: " ", 99: "ของประเภทอื่น"})

    assert codes(caught.value) == {"answer_1": "answer_required", "answer_3": "answer_required"}


def test_an_answer_to_another_subtypes_question_is_left_out() -> None:
    assert check_answers([asked(1)], {99: "ของประเภทอื่น"}) == []


def test_answers_are_kept_with_the_words_of_the_question(app: Flask, session: Session, act_as: Any) -> None:
    with write_transaction() as writing:
        lamp = subtype(writing, "ฟ.(1)")
        post, lamps, _how = questions_of(writing, lamp.id)
        case_id = register_case(
            app, writing, subcategory_id=lamp.id, answers={post.id: "ศจ.12/4", lamps.id: "๓"}
        ).id
        words = post.question
    with write_transaction() as writing:
        write_questions(writing, act_as("admin"), subtype(writing, "ฟ.(1)"), [])

    kept = [(row.question, row.answer, row.question_id) for row in answers_of(session, case_id)]
    assert kept == [(words, "ศจ.12/4", None), ("ดับกี่ดวง", "3", None)]


@on_sqlite
def test_a_case_without_a_needed_answer_is_not_registered(app: Flask, session: Session) -> None:
    with write_transaction() as writing:
        question = questions_of(writing, subtype(writing, "ฟ.(1)").id)[0]
        question.is_required = True
        field = f"answer_{question.id}"
    with pytest.raises(FieldErrors) as caught, write_transaction() as writing:
        register_case(app, writing, subcategory_id=subtype(writing, "ฟ.(1)").id, channel_id=None)

    assert codes(caught.value) == {"channel_id": "choice_required", field: "answer_required"}


@on_sqlite
def test_a_question_switched_off_is_not_asked(session: Session) -> None:
    lamp = subtype(session, "ฟ.(1)")
    every_question_of(session, lamp.id)[0].is_active = False
    session.flush()

    assert len(questions_of(session, lamp.id)) == len(every_question_of(session, lamp.id)) - 1


def test_questions_are_added_changed_ordered_and_taken_out_with_one_trace(
    session: Session, act_as: Any
) -> None:
    with write_transaction() as writing:
        lamp = subtype(writing, "ฟ.(1)")
        post, lamps, _how = every_question_of(writing, lamp.id)
        entries = [
            QuestionEntry(id=lamps.id, question="ดับกี่ดวง", kind=KIND.NUMBER, is_required=True),
            QuestionEntry(id=None, question="สีของไฟ", kind=KIND.CHOICE, choices=["ขาว", " ขาว", "ส้ม", ""]),
            QuestionEntry(id=post.id, question="เลขเสา", is_active=False),
        ]
        write_questions(writing, act_as("admin"), lamp, entries)
        lamp_id = lamp.id

    session.rollback()
    rows = every_question_of(session, lamp_id)
    assert [(row.question, row.choices, row.is_required) for row in rows] == [
        ("ดับกี่ดวง", [], True),
        ("สีของไฟ", ["ขาว", "ส้ม"], False),
        ("เลขเสา", [], False),
    ]
    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.object_type == "subcategory"))
    assert entry.changes["questions"][1][0] == "1. ดับกี่ดวง (number, required)"


@on_sqlite
@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (QuestionEntry(id=None, question=" "), "question_empty"),
        (QuestionEntry(id=None, question="สี", kind=KIND.CHOICE, choices=["ขาว"]), "question_choices"),
        (QuestionEntry(id=None, question="ก" * 201), "text_too_long"),
    ],
)
def test_a_question_nobody_could_answer_is_refused(
    session: Session, act_as: Any, entry: QuestionEntry, code: str
) -> None:
    with pytest.raises(FieldErrors) as caught:
        write_questions(session, act_as("admin"), subtype(session, "ฟ.(1)"), [entry])

    assert codes(caught.value) == {"questions": code}


@on_sqlite
def test_too_many_questions_are_refused(session: Session, act_as: Any) -> None:
    entries = [QuestionEntry(id=None, question=f"ข้อ {number}") for number in range(11)]

    with pytest.raises(InvalidField, match="too_many_questions"):
        write_questions(session, act_as("admin"), subtype(session, "ฟ.(1)"), entries)


@on_sqlite
def test_the_question_of_another_subtype_cannot_be_taken_over(session: Session, act_as: Any) -> None:
    foreign = every_question_of(session, subtype(session, "อส.(3)").id)[0]
    lamp = subtype(session, "ฟ.(1)")

    write_questions(session, act_as("admin"), lamp, [QuestionEntry(id=foreign.id, question="ของฉัน")])

    assert foreign.question != "ของฉัน"
    assert [row.question for row in every_question_of(session, lamp.id)] == ["ของฉัน"]


@on_sqlite
def test_who_may_not_change_subtypes_may_not_change_their_questions(session: Session, act_as: Any) -> None:
    with pytest.raises(NotPermitted):
        write_questions(session, act_as("officer"), subtype(session, "ฟ.(1)"), [])
