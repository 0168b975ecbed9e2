"""What is added to a case on its way, and taken out again: seen by who works on it, kept for the record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from helpers.casework import any_photo, bring_to, field_codes, hold, press, register_case, token, told
from helpers.people import actor_named, officer_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import FrozenClock
from domain.complaints import add_evidence
from domain.errors import AlreadyDone, FieldErrors, MissingField, NotFound
from models import Attachment, AttachmentStage, ComplaintStatus, Job, OutboxMessage

S = ComplaintStatus
sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@sqlite
def test_a_photo_of_the_citizen_is_named_kept_and_told_to_the_officer(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)
    citizen, form = Actor.member(case.member_id or 0, "ผู้ร้อง"), token()
    hold(session, citizen, form, AttachmentStage.BEFORE)
    seq, copies = case.state_seq, len(session.scalars(select(Job)).all())

    add_evidence(session, citizen, case.id, photo_token=form, text="หลุมใหญ่ขึ้น")

    assert case.attachments[0].display_name.startswith("ฟ.1-")
    assert told(session, case) == {("line_staff", "staff_evidence")}
    assert case.state_seq == seq
    assert len(session.scalars(select(Job)).all()) == copies + 1
    card = session.scalars(select(OutboxMessage).where(OutboxMessage.template_key == "staff_evidence")).one()
    assert card.recipient_name == officer_named(session, "officer").full_name
    assert card.facts["reason"] == "หลุมใหญ่ขึ้น"


@sqlite
def test_who_adds_it_himself_is_not_told(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)

    press(session, "officer", case, "add_evidence")

    assert told(session, case) == set()


@sqlite
def test_nothing_is_no_evidence(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)

    with pytest.raises(MissingField) as caught:
        press(session, "clerk", case, "add_evidence", text="  ", photo_token=token())

    assert (caught.value.code, caught.value.field) == ("evidence_required", "photos")


@sqlite
def test_the_same_words_are_taken_again_after_a_while(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)
    press(session, "clerk", case, "note")
    with pytest.raises(AlreadyDone):
        press(session, "clerk", case, "note")
    press(session, "officer", case, "note")
    frozen_noon.advance(timedelta(minutes=1))

    press(session, "clerk", case, "note")

    assert [event.kind.value for event in case.events][-3:] == ["note"] * 3


@sqlite
def test_a_note_is_for_colleagues_and_moves_nothing(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.CLOSED)
    session.flush()
    before = (case.state_seq, case.version, case.finished_at)

    press(session, "clerk", case, "note")
    session.flush()

    assert (case.state_seq, case.version, case.finished_at) == before
    assert not case.events[-1].is_public
    assert told(session, case) == set()


@sqlite
def test_an_empty_note_is_not_written(app: Flask, session: Session) -> None:
    with pytest.raises(FieldErrors) as caught:
        press(session, "clerk", bring_to(app, session, S.CLOSED), "note", note="\n")

    assert field_codes(caught.value) == {"note": "note_required"}


def test_a_removed_photo_is_shown_nowhere_and_kept_for_the_record(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    photo = session.get_one(Attachment, any_photo(session, case))
    clerk = actor_named(session, "clerk")

    press(session, "clerk", case, "remove_attachment")
    session.expire(case, ["attachments"])
    with pytest.raises(AlreadyDone) as caught:
        press(session, "central", case, "remove_attachment", attachment_id=photo.id)

    assert case.attachments == []
    assert (photo.removed_by_id, photo.remove_reason) == (clerk.staff_user_id, "เห็นใบหน้าเด็ก")
    assert photo.removed_at is not None
    assert clerk.name in caught.value.message
    assert case.events[-1].facts["attachment_id"] == photo.id


@sqlite
def test_a_file_of_another_case_is_not_there(app: Flask, session: Session) -> None:
    case, other = register_case(app, session), register_case(app, session)

    for attachment_id in (any_photo(session, other), 999_999):
        with pytest.raises(NotFound):
            press(session, "clerk", case, "remove_attachment", attachment_id=attachment_id)


@sqlite
def test_taking_a_file_out_needs_a_reason(app: Flask, session: Session) -> None:
    case = register_case(app, session)

    with pytest.raises(FieldErrors) as caught:
        press(session, "clerk", case, "remove_attachment", reason="")

    assert field_codes(caught.value) == {"reason": "reason_required"}
