"""Correcting a case: every field, with what two people typed at the same time shown side by side."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from helpers.casework import bring_to, press
from helpers.entry_page import Counter, Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from extensions import write_transaction
from models import Community, Complaint, ComplaintStatus, EventKind, Urgency

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
S = ComplaintStatus
NEW_STORY = "ถนนทรุดหน้าโรงเรียน รถล้มไปสองคันแล้ว"


class Editor:
    """An officer with the form of one case open."""

    def __init__(self, app: Flask, who: str = "clerk", state: ComplaintStatus = S.DIRECTED) -> None:
        with write_transaction() as session:
            case = bring_to(app, session, state)
            self.id, self.code = case.id, case.public_code
        self.url = f"/admin/complaint/{self.code}/edit"
        self.desk = Counter(app, app.test_client(), who)
        page = self.desk.get(self.url)
        self.typed = page.fields('id="edit"') if page.status == 200 else {}

    def save(self, **changes: Any) -> Page:
        return self.desk.send({**self.typed, **changes}, url=self.url)

    def case(self, session: Session) -> Complaint:
        session.rollback()
        return session.get_one(Complaint, self.id, populate_existing=True)


def test_what_was_written_stands_in_the_form(app: Flask, session: Session) -> None:
    editor = Editor(app)
    case = editor.case(session)

    assert editor.typed["story"] == case.story
    assert editor.typed["subcategory_id"] == str(case.subcategory_id)
    assert editor.typed["urgency"] == "normal"


def test_a_correction_is_saved_and_told_in_the_timeline(app: Flask, session: Session) -> None:
    editor = Editor(app)
    community = session.scalars(select(Community).where(Community.is_unknown.is_(False))).first()
    assert community is not None

    answer = editor.save(
        story=NEW_STORY,
        urgency="urgent",
        community_id=str(community.id),
        zone_id=str(community.zone_id),
        reason="ผู้ร้องโทรมาแก้",
    )

    assert answer.status == 303, answer.summary()
    case = editor.case(session)
    assert (case.story, case.urgency, case.community_id) == (NEW_STORY, Urgency.URGENT, community.id)
    assert case.events[-1].kind is EventKind.EDIT
    page = editor.desk.get(f"/admin/complaint/{editor.code}")
    assert page.says("ถนนเป็นหลุมหน้าโรงเรียน")
    assert page.says(NEW_STORY)
    assert page.says("ผู้ร้องโทรมาแก้")
    assert page.says("เร่งด่วน")


def test_state_number_and_promise_stay(app: Flask, session: Session) -> None:
    editor = Editor(app)
    before = editor.case(session)
    kept = (before.status, before.number, before.due_at, before.state_seq)

    editor.save(story=NEW_STORY)

    after = editor.case(session)
    assert (after.status, after.number, after.due_at, after.state_seq) == kept


def test_nothing_changed_is_said(app: Flask, session: Session) -> None:
    page = Editor(app).save()

    assert page.status == 422
    assert "ยังไม่ได้แก้ไขอะไร" in page.summary()


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"story": " "}, "story", "กรุณาเล่า"),
        ({"story": "ก" * 20_001}, "story", "เกินที่รับได้"),
        ({"latitude": "16.4"}, "latitude", "ทั้งละติจูดและลองจิจูด"),
        ({"latitude": "0", "longitude": "0"}, "latitude", "ไม่ใช่สถานที่จริง"),
        ({"latitude": "10.0", "longitude": "92.0"}, "latitude", "นอกประเทศไทย"),
        ({"zone_id": "99999"}, "zone_id", "ไม่มีตัวเลือกนี้แล้ว"),
        ({"received_at": "31/02/2569 10:00"}, "received_at", "ไม่มีวันที่นี้"),
    ],
    ids=["empty", "too long", "half a pin", "nowhere", "in the sea", "no such zone", "no such day"],
)
def test_bad_input_is_said_beside_its_field_and_what_was_typed_stays(
    app: Flask, session: Session, changes: dict[str, str], field: str, words: str
) -> None:
    editor = Editor(app)
    page = editor.save(**{"story": NEW_STORY, **changes})

    assert page.status == 422
    assert words in page.errors()[field]
    if "story" not in changes:
        assert page.says(NEW_STORY)
    assert editor.case(session).story != NEW_STORY


def test_two_people_see_both_versions_and_the_second_decides(app: Flask, session: Session) -> None:
    editor = Editor(app)
    with write_transaction() as writing:
        case = writing.get_one(Complaint, editor.id)
        press(writing, "central", case, "edit")

    collided = editor.save(story=NEW_STORY)

    assert collided.status == 409
    assert "สองฉบับที่ต่างกัน" in collided.text
    assert collided.says("หน้าตลาดสด")
    assert collided.says(NEW_STORY)
    assert editor.case(session).story != NEW_STORY

    editor.typed = collided.fields('id="edit"')
    assert editor.save(place_text="หน้าตลาดสด").status == 303
    saved = editor.case(session)
    assert (saved.story, saved.place_text) == (NEW_STORY, "หน้าตลาดสด")


def test_an_acknowledgement_meanwhile_is_no_collision_of_words(app: Flask, session: Session) -> None:
    editor = Editor(app)
    with write_transaction() as writing:
        press(writing, "officer", writing.get_one(Complaint, editor.id), "acknowledge")

    collided = editor.save(story=NEW_STORY)

    assert collided.status == 409
    editor.typed = collided.fields('id="edit"')
    assert editor.save().status == 303
    assert editor.case(session).status is S.ACKNOWLEDGED


def test_a_callers_number_stays_hidden_and_stays(app: Flask, session: Session) -> None:
    editor = Editor(app)
    with write_transaction() as writing:
        writing.get_one(Complaint, editor.id).callback_phone = "+66935727903"
    page = editor.desk.get(editor.url)
    editor.typed = page.fields('id="edit"')

    assert "572" not in page.text
    editor.save(story=NEW_STORY)

    assert editor.case(session).callback_phone == "+66935727903"


@pytest.mark.parametrize("who", ["officer", "head", "executive", "health"])
def test_who_may_not_correct_does_not_get_the_form(app: Flask, who: str) -> None:
    editor = Editor(app)

    assert Counter(app, app.test_client(), who).get(editor.url).status in {403, 404}


@pytest.mark.parametrize("state", [S.SUBMITTED, S.ACCEPTED], ids=["submitted", "accepted"])
def test_a_case_without_a_main_type_can_be_corrected(
    app: Flask, session: Session, state: ComplaintStatus
) -> None:
    editor = Editor(app, state=state)
    with write_transaction() as writing:
        case = writing.get_one(Complaint, editor.id)
        case.category = case.subcategory = case.channel = None
    editor.typed = editor.desk.get(editor.url).fields('id="edit"')

    answer = editor.save(story=NEW_STORY)

    assert answer.status == 303, answer.summary()
    saved = editor.case(session)
    assert (saved.story, saved.category_id) == (NEW_STORY, None)


def test_what_was_switched_off_since_stays_with_the_case(app: Flask, session: Session) -> None:
    editor = Editor(app)
    with write_transaction() as writing:
        case = writing.get_one(Complaint, editor.id)
        community = writing.scalars(select(Community).where(Community.is_unknown.is_(False))).first()
        assert community is not None
        case.community, case.zone = community, community.zone
        community.is_active = community.zone.is_active = False
        assert case.channel is not None
        assert case.subcategory is not None
        case.channel.is_active = case.subcategory.is_active = False
    before = editor.case(session)
    kept = (before.zone_id, before.community_id, before.channel_id, before.subcategory_id)
    editor.typed = editor.desk.get(editor.url).fields('id="edit"')

    answer = editor.save(story=NEW_STORY)

    assert answer.status == 303, answer.summary()
    after = editor.case(session)
    assert after.story == NEW_STORY
    assert (after.zone_id, after.community_id, after.channel_id, after.subcategory_id) == kept
