"""The case page: what it shows, what it hides, its papers; outside the scope it is not there."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.casework import bring_to, hold, member_of, register_case, token
from helpers.entry_page import Counter
from helpers.people import actor_named
from PIL import Image
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin_views import case_copies
from domain.clock import bangkok, frozen
from domain.members import shared_member
from extensions import write_transaction
from models import (
    AttachmentStage,
    AuditAction,
    AuditEntry,
    Complaint,
    ComplaintEvent,
    ComplaintStatus,
    DeliveryState,
    Disclosure,
    Document,
    EventKind,
    OutboxMessage,
)
from sandbox import SandboxFailed

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
S = ComplaintStatus
REVEALED = "081-234-5678"


def desk(app: Flask, who: str = "clerk") -> Counter:
    return Counter(app, app.test_client(), who)


def make(app: Flask, **changes: Any) -> str:
    """Save a case of the engineers and return its address."""
    with write_transaction() as session:
        return f"/admin/complaint/{register_case(app, session, **changes).public_code}"


def make_in(app: Flask, state: ComplaintStatus) -> str:
    with write_transaction() as session:
        return f"/admin/complaint/{bring_to(app, session, state).public_code}"


def fields_for(page_url: str, who: Counter, **changes: str) -> dict[str, str]:
    token_of_page = who.get(page_url).text.split('name="csrf_token" value="')[1].split('"')[0]
    return {"csrf_token": token_of_page, **changes}


# What it shows ----------------------------------------------------------------------------------------------


def test_the_page_shows_number_state_promise_story_and_place(app: Flask) -> None:
    with frozen(bangkok(2026, 11, 20, 12)):
        url = make(
            app,
            story="ไฟดับ\nขอให้มาซ่อม",
            road_name="ถนนศรีจันทร์",
            latitude=Decimal("16.432105"),
            longitude=Decimal("102.836410"),
        )
        page = desk(app).get(url)

    for words in ("ฟ. 1/2569", "สั่งการแล้ว", "ครบ", "เหลือ", "ขอให้มาซ่อม", "ถนนศรีจันทร์", "16.432105, 102.836410"):
        assert page.says(words), words
    assert "https://www.google.com/maps/search/?api=1&amp;query=16.432105%2C102.836410" in page.text
    assert "map_action=pano" in page.text


def test_a_hostile_story_stays_text(app: Flask) -> None:
    page = desk(app).get(make(app, story="<script>alert(1)</script> {{7*7}}"))

    assert "<script>alert(1)</script>" not in page.text
    assert page.says("<script>alert(1)</script> {{7*7}}")


def test_the_timeline_tells_the_fate_of_messages_and_never_that_they_were_read(
    app: Flask, session: Session
) -> None:
    url = make(app)
    assert desk(app).get(url).text.count("รอส่ง") == 2

    with write_transaction() as writing:
        first, second = writing.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
        first.state, second.state = DeliveryState.SENT, DeliveryState.DEAD
    page = desk(app).get(url)

    assert page.says("LINE รับแล้ว")
    assert page.says("ไม่สำเร็จ")
    assert not page.says("อ่านแล้ว")


NEXT = [
    (S.SUBMITTED, "clerk", "?do=accept#act"),
    (S.ACCEPTED, "clerk", "?do=direct#act"),
    (S.DIRECTED, "officer", "/acknowledge"),
    (S.ACKNOWLEDGED, "officer", "/start"),
    (S.IN_PROGRESS, "officer", "/result"),
    (S.AWAITING_CITIZEN, "clerk", "?do=answer#act"),
    (S.AWAITING_PLAN, "clerk", "?do=take_off_plan#act"),
    (S.REFERRED_OUT, "clerk", "?do=return_from_referral#act"),
    (S.RESOLVED, "clerk", "/close"),
]


@pytest.mark.parametrize(("state", "who", "action"), NEXT, ids=[state.value for state, _, _ in NEXT])
def test_the_next_thing_to_do_is_the_one_big_button(
    app: Flask, state: ComplaintStatus, who: str, action: str
) -> None:
    url = make_in(app, state)
    page = desk(app, who).get(url)
    bar = page.text.split('class="actions"')[1].split("</section>")[0]
    before_big, after = bar.split("btn-primary", 1)

    assert before_big.count("<form") + before_big.count("<a ") <= 1
    assert "btn-primary" not in after
    assert f"{url}{action}" in before_big + after.split("</a>")[0]


def test_who_may_only_read_is_offered_nothing_to_do(app: Flask) -> None:
    page = desk(app, "executive").get(make(app))

    assert page.status == 200
    assert 'class="actions"' not in page.text


def test_the_page_takes_few_statements(app: Flask, sql_count: Any) -> None:
    url, clerk = make(app), desk(app)
    clerk.get(url)

    with sql_count() as statements:
        clerk.get(url)

    assert len(statements) <= 18, "\n".join(statements)


@pytest.mark.parametrize("state", [S.SUBMITTED, S.ACCEPTED, S.DIRECTED], ids=lambda state: state.value)
def test_no_two_things_on_the_page_have_one_id(app: Flask, state: ComplaintStatus) -> None:
    page = desk(app).get(make_in(app, state))

    ids = re.findall(r'\sid="([^"]+)"', page.text)
    assert sorted(ids) == sorted(set(ids))


# Who complains ----------------------------------------------------------------------------------------------


def test_the_phone_is_masked_until_it_is_opened_with_a_reason(app: Flask, session: Session) -> None:
    url, clerk = make(app), desk(app)
    closed = clerk.get(url)
    assert closed.says("081-xxx-5678")
    assert REVEALED not in closed.text

    opened = clerk.send(fields_for(url, clerk, reason="โทรนัดเข้าพื้นที่"), url=f"{url}/reveal")

    assert opened.status == 200
    assert opened.says(REVEALED)
    session.rollback()
    event = session.scalars(
        select(ComplaintEvent).where(ComplaintEvent.kind == EventKind.VIEWED_PERSONAL_DATA)
    ).one()
    assert (event.note, event.is_public) == ("โทรนัดเข้าพื้นที่", False)
    audit = session.scalars(select(AuditEntry).where(AuditEntry.action == AuditAction.REVEAL)).one()
    assert audit.reason == "โทรนัดเข้าพื้นที่"
    assert REVEALED not in clerk.get(url).text


def test_without_a_reason_nothing_is_opened(app: Flask, session: Session) -> None:
    url, clerk = make(app), desk(app)

    page = clerk.send(fields_for(url, clerk, reason="  "), url=f"{url}/reveal")

    assert page.status == 422
    assert "reveal-reason" in page.errors()
    assert REVEALED not in page.text
    assert not session.scalars(select(AuditEntry).where(AuditEntry.action == AuditAction.REVEAL)).all()


def test_the_number_of_an_unknown_caller_is_masked_too(app: Flask, session: Session) -> None:
    url = make(app, member_id=shared_member(session).id, callback_phone="+66990009999")
    clerk = desk(app)

    assert clerk.get(url).says("099-xxx-9999")
    opened = clerk.send(fields_for(url, clerk, reason="โทรกลับ"), url=f"{url}/reveal")
    assert opened.says("099-000-9999")


def test_who_may_not_see_members_reads_no_name_of_a_concealed_complainant(app: Flask) -> None:
    url = make(app, disclosure=Disclosure.CONCEALED)
    page = desk(app, "executive").get(url)

    assert not page.says("สมชาย")
    assert page.says("ปกปิดข้อมูล")


def test_who_may_not_open_personal_data_has_no_door_to_it(app: Flask) -> None:
    url, executive = make(app), desk(app, "executive")
    token_of_his = executive.get("/admin/account").text.split('name="csrf_token" value="')[1].split('"')[0]

    answer = executive.send({"csrf_token": token_of_his, "reason": "อยากรู้"}, url=f"{url}/reveal")

    assert answer.status == 403


# Outside the scope ------------------------------------------------------------------------------------------

ROUTES = [
    ("GET", ""),
    ("GET", "/receipt"),
    ("GET", "/result"),
    ("GET", "/copy"),
    ("GET", "/map.jpg"),
    ("POST", "/accept"),
    ("POST", "/direct"),
    ("POST", "/acknowledge"),
    ("POST", "/start"),
    ("POST", "/close"),
    ("POST", "/reject"),
    ("POST", "/result"),
    ("POST", "/reveal"),
]


@pytest.mark.parametrize(("method", "tail"), ROUTES, ids=[f"{m} {t or '/'}" for m, t in ROUTES])
def test_for_another_department_the_case_is_not_there_on_any_address(
    app: Flask, session: Session, method: str, tail: str
) -> None:
    url, health = make_in(app, S.DIRECTED), desk(app, "health")
    before = session.scalars(select(Complaint.version)).one()
    token_of_hers = health.get("/admin/account").text.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"csrf_token": token_of_hers, "reason": "x", "category_id": "1", "result_text": "x"}

    answer = health.get(url + tail) if method == "GET" else health.send(form, url=url + tail)

    assert answer.status == 404
    session.rollback()
    assert session.scalars(select(Complaint.version)).one() == before


@pytest.mark.parametrize("code", ["2026-999", "x", "0", "2026-1'--", "ก" * 50, "%00"])
def test_a_code_that_is_none_is_not_there(app: Flask, code: str) -> None:
    make(app)

    assert desk(app).get(f"/admin/complaint/{code}").status == 404


@pytest.mark.parametrize(
    "tail", ["/accept", "/direct", "/acknowledge", "/start", "/close", "/reject", "/reveal"]
)
def test_what_changes_something_is_no_get_and_needs_a_csrf_token(app: Flask, tail: str) -> None:
    url, clerk = make(app), desk(app)

    assert clerk.get(url + tail).status == 405
    assert clerk.send({"reason": "x"}, url=url + tail).status == 400


def test_reading_a_case_writes_nothing(app: Flask, session: Session) -> None:
    url = make(app)
    before = session.scalars(select(AuditEntry.id)).all()

    desk(app).get(url)

    session.rollback()
    assert session.scalars(select(AuditEntry.id)).all() == before


# Papers and pictures ----------------------------------------------------------------------------------------


def test_the_copy_is_made_at_the_first_request_and_kept(app: Flask, session: Session) -> None:
    url, clerk = make(app, disclosure=Disclosure.DISCLOSED), desk(app)

    first = clerk.get(f"{url}/copy").answer
    second = clerk.get(f"{url}/copy").answer

    assert first.mimetype == "application/pdf"
    assert first.data == second.data
    session.rollback()
    [paper] = session.scalars(select(Document)).all()
    assert paper.version == 1
    assert clerk.get(url).says("ฉบับที่ 1")
    assert clerk.get(f"/admin/paper/file/{paper.public_id}").answer.data == first.data
    assert clerk.get("/admin/paper/file/none").status == 404


def test_the_copy_comes_with_a_thai_name_and_tight_headers(app: Flask) -> None:
    url = make(app)

    answer = desk(app).get(f"{url}/copy?download=1").answer

    assert "filename*=UTF-8''" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_who_may_not_see_the_complainant_gets_a_copy_without_identity(app: Flask, session: Session) -> None:
    url, executive = make(app, disclosure=Disclosure.CONCEALED), desk(app, "executive")
    archived = desk(app).get(f"{url}/copy").answer

    open_copy = executive.get(f"{url}/copy").answer

    assert open_copy.status_code == 200
    assert open_copy.data != archived.data
    paper = session.scalars(select(Document)).one()
    assert executive.get(f"/admin/paper/file/{paper.public_id}").status == 404
    assert not executive.get(url).says(paper.sha256[:12])


def test_a_copy_that_cannot_be_made_is_an_answer_in_words(app: Flask, monkeypatch: Any) -> None:
    def broken(*_: Any) -> Any:
        raise SandboxFailed("timeout")

    monkeypatch.setattr(case_copies, "file_case_paper", broken)
    page = desk(app).get(f"{make(app)}/copy")

    assert page.status == 503
    assert page.says("ยังทำสำเนาไม่ได้ในตอนนี้")


def test_the_small_map_is_drawn_where_there_is_a_pin(app: Flask) -> None:
    pinned = make(app, latitude=Decimal("16.432105"), longitude=Decimal("102.836410"))
    clerk = desk(app)

    answer = clerk.get(f"{pinned}/map.jpg").answer

    assert Image.open(io.BytesIO(answer.data)).format == "JPEG"
    assert clerk.get(f"{make(app)}/map.jpg").status == 404


def test_before_and_after_photos_stand_on_the_page(app: Flask) -> None:
    with write_transaction() as session:
        form = token()
        hold(session, actor_named(session, "clerk"), form, AttachmentStage.BEFORE)
        case = register_case(app, session, form_token=form)
        photo, url = case.attachments[0].public_id, f"/admin/complaint/{case.public_code}"

    assert f"/admin/photo/{photo}/small" in desk(app).get(url).text


def test_the_receipt_can_be_opened_again_with_the_same_password(app: Flask, client: FlaskClient) -> None:
    url = make(app)
    code = url.rpartition("/")[2]

    page = desk(app).get(f"{url}/receipt")

    assert page.says(app.extensions["vault"].tracking_password(code, 1))


def test_a_new_generation_of_the_password_is_the_one_on_the_receipt(app: Flask) -> None:
    url = make(app)
    code = url.rpartition("/")[2]
    with write_transaction() as session:
        member_of(session)
        session.execute(update(Complaint).values(tracking_generation=2))

    page = desk(app).get(f"{url}/receipt")

    assert page.says(app.extensions["vault"].tracking_password(code, 2))
