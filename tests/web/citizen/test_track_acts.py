"""What a citizen does with his own complaint on the web: answer, add, open again, withdraw."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.casework import bring_to, press
from helpers.entry_page import jpeg
from helpers.pages import csrf
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from domain.clock import now
from extensions import write_transaction
from models import Complaint, ComplaintStatus, EventKind

S = ComplaintStatus
Enter = Callable[[ComplaintStatus], tuple[FlaskClient, int]]
PAGE = "/track/complaint"


@pytest.fixture
def enter(app: Flask, client: FlaskClient) -> Enter:
    """enter(state) opens the page of a case in that state, as its complainant does: code and password."""

    def go_in(state: ComplaintStatus) -> tuple[FlaskClient, int]:
        with write_transaction() as session:
            case = bring_to(app, session, state)
            password = app.extensions["vault"].tracking_password(case.public_code, case.tracking_generation)
            code, case_id = case.public_code, case.id
        fields = {"code": code, "password": password, "csrf_token": csrf(client, "/track")}
        assert client.post("/track", data=fields).status_code == 303
        return client, case_id

    return go_in


def act(client: FlaskClient, action: str, words: str, **more: Any) -> TestResponse:
    data = {"words": words, "csrf_token": csrf(client, PAGE), **more}
    return client.post(f"/track/{action}", data=data, content_type="multipart/form-data")


def read(session: Session, case_id: int) -> Complaint:
    session.rollback()
    return session.get_one(Complaint, case_id, populate_existing=True)


def test_the_question_stands_on_the_page_and_its_answer_brings_the_case_back(
    enter: Enter, session: Session
) -> None:
    citizen, case_id = enter(S.AWAITING_CITIZEN)
    assert "หลุมอยู่หน้าบ้านเลขที่เท่าไร" in citizen.get(PAGE).get_data(as_text=True)

    assert act(citizen, "answer", "เลขที่ 12 ค่ะ").status_code == 303

    case = read(session, case_id)
    assert (case.status, case.events[-1].note) == (S.IN_PROGRESS, "เลขที่ 12 ค่ะ")
    assert "หลุมอยู่หน้าบ้านเลขที่เท่าไร" not in citizen.get(PAGE).get_data(as_text=True)


@pytest.mark.parametrize(
    ("state", "action", "after"),
    [
        (S.DIRECTED, "add_evidence", S.DIRECTED),
        (S.RESOLVED, "reopen", S.IN_PROGRESS),
        (S.REJECTED, "reopen", S.SUBMITTED),
        (S.DIRECTED, "withdraw", S.WITHDRAWN),
    ],
    ids=["add", "reopen", "reopen declined", "withdraw"],
)
def test_what_the_page_offers_can_be_done(
    enter: Enter, session: Session, state: ComplaintStatus, action: str, after: ComplaintStatus
) -> None:
    citizen, case_id = enter(state)
    assert f'action="/track/{action}#' in citizen.get(PAGE).get_data(as_text=True)

    assert act(citizen, action, "ยังมีน้ำขังอยู่ค่ะ").status_code == 303

    case = read(session, case_id)
    assert case.status is after
    assert case.events[-1].actor_kind == "member"


@pytest.mark.parametrize("action", ["answer", "add_evidence", "reopen"])
def test_without_words_nothing_happens_and_the_page_says_so(
    enter: Enter, session: Session, action: str
) -> None:
    state = {"answer": S.AWAITING_CITIZEN, "add_evidence": S.DIRECTED, "reopen": S.RESOLVED}[action]
    citizen, case_id = enter(state)

    reply = act(citizen, action, "   ")

    assert reply.status_code == 422
    assert 'role="alert"' in reply.get_data(as_text=True)
    assert read(session, case_id).status is state


def test_words_too_long_are_kept_on_the_page(enter: Enter, session: Session) -> None:
    citizen, case_id = enter(S.DIRECTED)
    words = "น้ำขัง" * 500

    reply = act(citizen, "add_evidence", words)

    assert reply.status_code == 422
    assert words in html.unescape(reply.get_data(as_text=True))
    assert [event.kind for event in read(session, case_id).events] == [EventKind.REGISTER]


def test_a_double_press_withdraws_once(enter: Enter, session: Session) -> None:
    citizen, case_id = enter(S.DIRECTED)

    act(citizen, "withdraw", "ซ่อมเองแล้ว")
    assert act(citizen, "withdraw", "ซ่อมเองแล้ว").status_code == 303

    assert [event.kind for event in read(session, case_id).events].count(EventKind.WITHDRAW) == 1


def test_after_its_days_a_finished_case_is_not_opened_again_by_the_citizen(
    enter: Enter, session: Session
) -> None:
    citizen, case_id = enter(S.RESOLVED)
    with write_transaction() as writing:
        long_ago = now() - timedelta(days=15)
        writing.execute(update(Complaint).where(Complaint.id == case_id).values(finished_at=long_ago))

    assert 'action="/track/reopen#' not in citizen.get(PAGE).get_data(as_text=True)
    assert act(citizen, "reopen", "ยังไม่เรียบร้อย").status_code == 422
    assert read(session, case_id).status is S.RESOLVED


@pytest.mark.parametrize("action", ["answer", "reopen", "withdraw"])
def test_what_the_state_does_not_allow_is_refused(enter: Enter, session: Session, action: str) -> None:
    citizen, case_id = enter(S.IN_PROGRESS if action != "withdraw" else S.CLOSED)
    before = read(session, case_id).status

    assert act(citizen, action, "ลองดู").status_code == 422
    assert read(session, case_id).status is before


def test_who_holds_nothing_is_led_to_the_door(client: FlaskClient) -> None:
    reply = client.post("/track/withdraw", data={"words": "x", "csrf_token": csrf(client, "/track")})

    assert (reply.status_code, reply.location) == (303, "/track")


def test_an_act_taken_back_never_happened_for_the_citizen(enter: Enter, session: Session) -> None:
    citizen, case_id = enter(S.ACCEPTED)
    with write_transaction() as writing:
        case = press(writing, "clerk", writing.get_one(Complaint, case_id), "reject")
        press(writing, "clerk", case, "undo", event_id=case.events[-1].id)

    page = citizen.get(PAGE).get_data(as_text=True)

    assert "ไม่รับเรื่อง" not in page
    assert "ไม่อยู่ในเขตเทศบาล" not in page


def test_photos_are_added_on_the_web_too_and_a_double_press_adds_them_once(
    enter: Enter, session: Session
) -> None:
    citizen, case_id = enter(S.DIRECTED)

    for _press in range(2):
        reply = act(citizen, "add_evidence", "ภาพเพิ่ม", photos=[(io.BytesIO(jpeg()), "หลุม.jpg")])
        assert reply.status_code == 303

    case = read(session, case_id)
    assert [event.kind for event in case.events].count(EventKind.ADD_EVIDENCE) == 1
    assert len(case.attachments) == 1


def test_a_file_that_is_no_photo_is_refused_and_the_good_ones_wait(enter: Enter, session: Session) -> None:
    citizen, case_id = enter(S.AWAITING_CITIZEN)

    bad = (io.BytesIO(b"not a photo"), "จด.jpg")
    reply = act(citizen, "answer", "ดูภาพ", photos=[(io.BytesIO(jpeg()), "a.jpg"), bad])
    page = html.unescape(reply.get_data(as_text=True))

    assert reply.status_code == 422
    assert "จด.jpg" in page
    assert "แนบไว้แล้ว 1 ภาพ" in page
    [token] = re.findall(r'name="photo_token" value="([^"]+)"', page)
    assert act(citizen, "answer", "ดูภาพ", photo_token=token).status_code == 303
    assert len(read(session, case_id).attachments) == 1
