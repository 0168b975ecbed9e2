"""The slip: what the complainant is told, printed, or sent by LINE."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.casework import member_of, register_case
from helpers.entry_page import Counter, Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.members import shared_member
from extensions import write_transaction
from models import ComplaintEvent, DeliveryState, EventKind, OutboxChannel, OutboxMessage

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def clerk(app: Flask, client: FlaskClient) -> Counter:
    return Counter(app, client, "clerk")


@pytest.fixture
def code(app: Flask) -> str:
    """A case of a citizen whom LINE reaches, told of it already."""
    with write_transaction() as session:
        code = register_case(app, session).public_code
        for message in session.scalars(select(OutboxMessage)):
            message.state = DeliveryState.SENT
        return code


def address(code: str, page: str = "receipt") -> str:
    return f"/admin/complaint/{code}/{page}"


def press_send(clerk: Counter, code: str) -> Page:
    token = clerk.get(address(code)).fields('action="' + address(code, "send-link"))["csrf_token"]
    return clerk.send({"csrf_token": token}, url=address(code, "send-link"))


def messages(session: Session) -> list[OutboxMessage]:
    session.rollback()
    wanted = select(OutboxMessage).where(OutboxMessage.channel == OutboxChannel.LINE_CITIZEN)
    return list(session.scalars(wanted.order_by(OutboxMessage.id)))


def test_the_link_is_put_into_the_outbox_once_more(clerk: Counter, code: str, session: Session) -> None:
    answer = press_send(clerk, code)

    assert clerk.get(answer.answer.location).says("ส่งลิงก์ติดตามทาง LINE แล้ว")
    first, second = messages(session)
    assert (second.template_key, second.recipient) == ("citizen_registered", first.recipient)
    assert second.facts["public_code"] == code
    event = session.get_one(ComplaintEvent, second.event_id)
    assert (event.kind, event.is_public) == (EventKind.NOTE, False)


@on_sqlite
def test_pressing_again_before_it_has_left_sends_nothing_more(
    clerk: Counter, code: str, session: Session
) -> None:
    press_send(clerk, code)

    again = press_send(clerk, code)

    assert clerk.get(again.answer.location).says("กำลังส่งอยู่แล้ว")
    assert len(messages(session)) == 2


@on_sqlite
def test_without_line_there_is_a_code_to_scan_and_a_text_to_copy(
    app: Flask, clerk: Counter, session: Session
) -> None:
    with write_transaction() as writing:
        member_id = member_of(writing, "+66877777777", line=False).id
        code = register_case(app, writing, member_id=member_id).public_code
    page = clerk.get(address(code))
    password = app.extensions["vault"].tracking_password(code, 1)

    assert page.says("ผู้ร้องยังไม่ผูก LINE")
    assert page.says(f"รหัสติดตาม {code} รหัสผ่าน {password}")
    assert "send-link" not in page.text


@on_sqlite
def test_nothing_is_sent_to_the_shared_member_even_by_a_made_up_press(
    app: Flask, clerk: Counter, code: str, session: Session
) -> None:
    token = clerk.get(address(code)).fields('action="' + address(code, "send-link"))["csrf_token"]
    with write_transaction() as writing:
        shared = register_case(app, writing, member_id=shared_member(writing).id).public_code

    answer = clerk.send({"csrf_token": token}, url=address(shared, "send-link"))

    assert clerk.get(answer.answer.location).says("ผู้ร้องยังไม่ผูก LINE")
    assert len(messages(session)) == 1


@on_sqlite
def test_another_department_cannot_send_it(app: Flask, clerk: Counter, code: str, session: Session) -> None:
    stranger = Counter(app, app.test_client(), "health")
    token = stranger.get("/admin/complaint/new").fields()["csrf_token"]

    assert stranger.send({"csrf_token": token}, url=address(code, "send-link")).status in {403, 404}
    assert len(messages(session)) == 1


@on_sqlite
def test_the_paper_names_no_officer(app: Flask, clerk: Counter, code: str) -> None:
    page = clerk.get(address(code))

    assert '<li class="on-paper">สำนักช่าง รับไปดำเนินการ</li>' in page.text
    assert page.says("ใบรับเรื่องร้องทุกข์")
