"""What a subtype asks besides the story, such as the number of a lamp post; and what was answered.

A question is asked while it is in use; an answer keeps the words it was asked in, so that a later change of
the question cannot turn its meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import audit
from domain.actor import Actor
from domain.errors import FieldChecks, InvalidField, MissingField, add_message
from domain.permissions import Permission, require
from domain.thai_text import clean_text, to_arabic_digits
from models import (
    AuditAction,
    Complaint,
    QuestionAnswer,
    QuestionKind,
    Subcategory,
    SubcategoryQuestion,
)

MAX_ANSWER: Final = 400
MAX_QUESTION: Final = 200
MAX_CHOICE: Final = 80
MOST_QUESTIONS: Final = 10
MOST_CHOICES: Final = 20
YES, NO = "yes", "no"
YES_NO_WORDS: Final = {YES: "ใช่", NO: "ไม่ใช่"}
"""What is stored for the two answers: the words themselves, as of every other answer."""

_NUMBER: Final = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,6})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that was taken, with its question."""

    question: SubcategoryQuestion
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionEntry:
    """A question as somebody wrote it on the subtype's screen; ``id`` None is a new one."""

    id: int | None
    question: str
    question_en: str | None = None
    kind: QuestionKind = QuestionKind.TEXT
    choices: Sequence[str] = ()
    is_required: bool = False
    is_active: bool = True


def questions_of(session: Session, subcategory_id: int | None) -> Sequence[SubcategoryQuestion]:
    """Return what a subtype asks now, in its order."""
    if subcategory_id is None:
        return ()
    return session.scalars(
        select(SubcategoryQuestion)
        .where(SubcategoryQuestion.subcategory_id == subcategory_id, SubcategoryQuestion.is_active)
        .order_by(SubcategoryQuestion.sort_order, SubcategoryQuestion.id)
    ).all()


def every_question_of(session: Session, subcategory_id: int) -> Sequence[SubcategoryQuestion]:
    """Return all questions of a subtype, those switched off too."""
    return session.scalars(
        select(SubcategoryQuestion)
        .where(SubcategoryQuestion.subcategory_id == subcategory_id)
        .order_by(SubcategoryQuestion.sort_order, SubcategoryQuestion.id)
    ).all()


def answer_field(question_id: int) -> str:
    """Return the name of the form field that takes a question's answer."""
    return f"answer_{question_id}"


def check_answers(questions: Iterable[SubcategoryQuestion], answers: Mapping[int, str]) -> list[Answered]:
    """Return the answers to these questions as they are kept; what answers another question is left out.

    Raises:
        FieldErrors: each answer that is missing or does not fit, by ``answer_field``.
    """
    check = FieldChecks()
    found: list[Answered] = []
    for question in questions:
        with check:
            taken = _read(question, answers.get(question.id, ""))
            if taken:
                found.append(Answered(question, taken))
    check.done()
    return found


def keep_answers(session: Session, complaint: Complaint, answers: Iterable[Answered]) -> None:
    """Write the answers of a complaint that has its id; the caller commits."""
    session.add_all(
        QuestionAnswer(
            complaint_id=complaint.id,
            question_id=each.question.id,
            question=each.question.question,
            answer=each.answer,
        )
        for each in answers
    )


def answers_of(session: Session, complaint_id: int) -> Sequence[QuestionAnswer]:
    """Return what was asked and answered at entry, in the order it was asked."""
    return session.scalars(
        select(QuestionAnswer).where(QuestionAnswer.complaint_id == complaint_id).order_by(QuestionAnswer.id)
    ).all()


def write_questions(
    session: Session, actor: Actor, subcategory: Subcategory, entries: Sequence[QuestionEntry]
) -> None:
    """Let a subtype ask these questions, in this order, and no others; the caller commits.

    A question that is left out is deleted; answers already given stay with their words.

    Args:
        session: Inside a write transaction.
        actor: With ``subcategory:update``.
        subcategory: Flushed.
        entries: Every question of the subtype.

    Raises:
        FieldErrors: of the field ``questions``.
    """
    require(actor, Permission.SUBCATEGORY_UPDATE)
    known = {row.id: row for row in every_question_of(session, subcategory.id)}
    before = [_told(row) for row in known.values()]
    _refuse_bad(entries)
    written = []
    for order, entry in enumerate(entries, start=1):
        row = known.pop(entry.id, None) if entry.id is not None else None
        if row is None:
            row = SubcategoryQuestion(subcategory_id=subcategory.id)
            session.add(row)
        _write(row, entry, order)
        written.append(row)
    for gone in known.values():
        session.delete(gone)
    session.flush()
    after = [_told(row) for row in written]
    if after != before:
        audit.record(session, actor, AuditAction.UPDATE, subcategory, changes={"questions": [before, after]})


def _refuse_bad(entries: Sequence[QuestionEntry]) -> None:
    if len(entries) > MOST_QUESTIONS:
        raise InvalidField("too_many_questions", field="questions", max=MOST_QUESTIONS)
    check = FieldChecks()
    for entry in entries:
        with check:
            words = clean_text(entry.question, max_length=MAX_QUESTION, field="questions", multiline=False)
            if not words:
                raise MissingField("question_empty", field="questions")
            _refuse_bad_choices(entry, words)
    check.done()


def _refuse_bad_choices(entry: QuestionEntry, words: str) -> None:
    if entry.kind is not QuestionKind.CHOICE:
        return
    if not 2 <= len(_choices(entry)) <= MOST_CHOICES:
        raise InvalidField("question_choices", field="questions", question=words, max=MOST_CHOICES)


def _choices(entry: QuestionEntry) -> list[str]:
    """Return the choices cleaned, each once."""
    cleaned = (
        clean_text(choice, max_length=MAX_CHOICE, field="questions", multiline=False)
        for choice in entry.choices
    )
    return list(dict.fromkeys(choice for choice in cleaned if choice))


def _write(row: SubcategoryQuestion, entry: QuestionEntry, order: int) -> None:
    row.question = clean_text(entry.question, max_length=MAX_QUESTION, field="questions", multiline=False)
    english = clean_text(entry.question_en, max_length=MAX_QUESTION, field="questions", multiline=False)
    row.question_en = english or None
    row.kind = entry.kind
    row.choices = _choices(entry) if entry.kind is QuestionKind.CHOICE else []
    row.is_required, row.is_active, row.sort_order = entry.is_required, entry.is_active, order


def _told(row: SubcategoryQuestion) -> str:
    """Return a question in one line, for the audit log."""
    marks = [row.kind.value, *row.choices]
    marks += ["required"] if row.is_required else []
    marks += [] if row.is_active else ["off"]
    return f"{row.sort_order}. {row.question} ({', '.join(marks)})"


def _read(question: SubcategoryQuestion, typed: str) -> str:
    """Return an answer as it is kept; empty for none."""
    name = answer_field(question.id)
    text = clean_text(typed, max_length=MAX_ANSWER, field=name, multiline=False)
    if not text:
        if question.is_required:
            raise MissingField("answer_required", field=name, question=question.question)
        return ""
    if question.kind is QuestionKind.NUMBER:
        return _number(text, name)
    if question.kind is QuestionKind.YES_NO:
        return _one_of(YES_NO_WORDS.get(text, text), YES_NO_WORDS.values(), name)
    return _one_of(text, question.choices, name) if question.kind is QuestionKind.CHOICE else text


def _number(text: str, name: str) -> str:
    plain = to_arabic_digits(text).replace(",", "").replace(" ", "")
    if not _NUMBER.fullmatch(plain):
        raise InvalidField("number_unreadable", field=name)
    return plain


def _one_of(text: str, allowed: Iterable[str], name: str) -> str:
    if text not in allowed:
        raise InvalidField("choice_unknown", field=name)
    return text


add_message(
    "answer_required",
    thai="กรุณาตอบ “{question}”",
    english="Please answer “{question}”",
)
add_message(
    "question_empty",
    thai="กรุณาพิมพ์คำถามให้ครบทุกแถว แถวที่ไม่ใช้ให้ลบออก",
    english="Write the question in every row, or take the row out",
)
add_message(
    "question_choices",
    thai="“{question}” ต้องมีตัวเลือกตั้งแต่ 2 ถึง {max} ตัวเลือก บรรทัดละหนึ่งตัวเลือก",
    english="“{question}” needs 2 to {max} choices, one on each line",
)
add_message(
    "too_many_questions",
    thai="ประเภทหนึ่งมีคำถามได้ไม่เกิน {max} ข้อ ถามเท่าที่จำเป็น",
    english="A subtype asks at most {max} questions: as few as possible",
)
