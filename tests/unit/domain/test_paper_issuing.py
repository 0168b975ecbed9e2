"""Issuing papers: what is typed, when it may be, what is written down, and when it is out of date."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from helpers.casework import bring_to, form_of, press, register_case, submitted_case
from helpers.people import actor_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.editing import edit
from domain.errors import DomainError, FieldErrors, NotPermitted
from domain.paper_issuing import (
    FIELDS,
    ISSUED,
    can_issue,
    corrected_since,
    first_facts,
    issue_paper,
    may_open,
    read_facts,
    require_issue,
    shown_facts,
    shows_person,
)
from domain.papers import StoredPaper
from domain.settings import write_setting
from models import AuditEntry, Complaint, ComplaintStatus, Disclosure, Document, DocumentKind

SLIP = {
    "appointment_day": "๒๐/๒/๒๕๖๙",
    "appointment_time": "๙.๓๐ น.",
    "appointment_place": "ชั้น 1",
    "officer": "ก",
}
LETTER = DocumentKind.RESULT_LETTER


def stored(key: str = "aa/1.pdf", **facts: str) -> StoredPaper:
    return StoredPaper(
        storage_key=key, byte_size=3, sha256=key * 8, page_count=1, through_event_id=5, facts=facts
    )


def test_what_is_typed_is_kept_as_facts() -> None:
    facts = read_facts(DocumentKind.SLIP, {**SLIP, "bring": "  ", "other": "x"})
    assert facts == {
        "appointment_day": "2026-02-20",
        "appointment_time": "09:30",
        "appointment_place": "ชั้น 1",
        "officer": "ก",
    }
    assert shown_facts(DocumentKind.SLIP, facts)["appointment_day"] == "20/02/2569"


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [
        ("appointment_day", "", "field_required"),
        ("appointment_day", "ไม่รู้", "date_unreadable"),
        ("appointment_time", "25:00", "paper_time_unreadable"),
        ("appointment_time", "", "field_required"),
        ("officer", "ก" * 300, "text_too_long"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field(field: str, typed: str, code: str) -> None:
    with pytest.raises(FieldErrors) as refused:
        read_facts(DocumentKind.SLIP, {**SLIP, field: typed})
    assert [(error.field, error.code) for error in refused.value.errors] == [(field, code)]


def test_all_fields_that_are_missing_are_said_at_once() -> None:
    with pytest.raises(FieldErrors) as refused:
        read_facts(LETTER, {})
    wanted = {field.name for field in FIELDS[LETTER] if field.required}
    assert {error.field for error in refused.value.errors} == wanted


def test_who_may_issue_what_and_when(app: Flask, session: Session) -> None:
    clerk, officer = actor_named(session, "clerk"), actor_named(session, "officer")
    case = submitted_case(app, session)
    with pytest.raises(DomainError) as refused:
        require_issue(clerk, case, DocumentKind.ORDER)
    assert refused.value.code == "paper_needs_assignee"
    assert not can_issue(clerk, case, LETTER)
    with pytest.raises(NotPermitted):
        require_issue(clerk, case, DocumentKind.COMPLAINT_FORM)
    with pytest.raises(NotPermitted):
        require_issue(officer, submitted_case(app, session), DocumentKind.MEMO)

    done = bring_to(app, session, ComplaintStatus.RESOLVED)
    assert all(can_issue(clerk, done, kind) for kind in ISSUED)


def test_papers_that_go_through_many_hands_name_nobody_who_wants_to_stay_unknown(
    app: Flask, session: Session
) -> None:
    hidden = register_case(app, session, disclosure=Disclosure.CONCEALED)
    shown = register_case(app, session, disclosure=Disclosure.DISCLOSED)
    assert [shows_person(hidden, kind) for kind in ISSUED] == [False, True, False, False]
    assert all(shows_person(shown, kind) for kind in ISSUED)
    executive = actor_named(session, "executive")
    assert not may_open(executive, hidden, LETTER)
    assert may_open(executive, hidden, DocumentKind.ORDER)


def test_the_form_begins_with_what_the_case_gives(app: Flask, session: Session) -> None:
    write_setting(session, "letter_code", "ขก 52001")
    write_setting(session, "signer_name", "นายตัวอย่าง ลงนาม")
    case, clerk = bring_to(app, session, ComplaintStatus.RESOLVED), actor_named(session, "clerk")
    letter = first_facts(session, clerk, case, LETTER)
    assert letter["letter_number"] == "ขก 52001/"
    assert letter["addressee"] == "นายสมชาย ใจดี"
    assert letter["signer_name"] == "นายตัวอย่าง ลงนาม"
    assert str(case) in letter["reference"]
    assert "กลบหลุมและเทยางมะตอยแล้ว" in letter["text"]
    assert read_facts(LETTER, shown_facts(LETTER, letter))
    order = first_facts(session, clerk, case, DocumentKind.ORDER)
    assert case.assignee is not None
    assert case.assignee.full_name in order["order"]
    assert order["signer_name"]
    slip = first_facts(session, clerk, case, DocumentKind.SLIP)
    assert slip["officer"] == clerk.name


def issued(session: Session, case: Complaint, paper: StoredPaper) -> Document:
    return issue_paper(session, actor_named(session, "clerk"), case.id, DocumentKind.MEMO, paper)


def test_an_issued_paper_is_archived_with_its_audit_entry(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    paper = issued(session, case, stored(text="ก"))
    assert (paper.version, paper.facts, paper.made_by_id) == (
        1,
        {"text": "ก"},
        actor_named(session, "clerk").staff_user_id,
    )
    assert issued(session, case, stored("bb/2.pdf", text="ก")) is paper, "a double click is one paper"
    assert issued(session, case, stored("cc/3.pdf", text="ข")).version == 2
    entries = session.scalars(select(AuditEntry).where(AuditEntry.object_type == "document")).all()
    assert [entry.changes["version"] for entry in entries] == [1, 2]
    again: dict[str, Any] = first_facts(session, actor_named(session, "clerk"), case, DocumentKind.MEMO)
    assert again == {"text": "ข"}


def test_a_corrected_text_makes_older_papers_out_of_date(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    assert corrected_since(session, case.id) == 0
    entry = form_of(session, case, story="เรื่องที่แก้แล้ว")
    edit(session, actor_named(session, "central"), case.id, entry=entry, version=case.version)
    assert corrected_since(session, case.id) == max(event.id for event in case.events)
    press(session, "clerk", case, "note")
    assert corrected_since(session, case.id) < max(event.id for event in case.events)
