"""The main job played on the simulator's phones in a browser: nothing but fingers and what they show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from helpers.backends import Backend, demo_server
from helpers.browser import DESK, PHONE
from helpers.casework import press, register_case
from helpers.counter import citizen_with_line
from helpers.people import officer_named
from sqlalchemy import select
from sqlalchemy.orm import Session
from stories.conftest import PATIENT

from demo.line import demo_line
from domain.settings import write_setting
from extensions import db, write_transaction
from line_sim.server import FakeLine
from line_sim.state import user_id_for
from models import Complaint, ComplaintStatus, LineAccount, LineState, OutboxMessage, Rating
from worker.loop import drain_once
from worker.senders import Postman

pytestmark = pytest.mark.browser
RESULT = "เปลี่ยนหลอดไฟทั้งสามดวงแล้ว ใช้งานได้ตามปกติ"


@pytest.fixture
def app(backend: Backend) -> Iterator[Flask]:
    with demo_server(backend) as demo:
        yield demo


@pytest.fixture
def fake(app: Flask, live: str) -> Iterator[FakeLine]:
    with write_transaction() as session:
        citizen_with_line(session, "malee")
        write_setting(session, "undo_hold_seconds", 0)
    app.extensions["settings"] = replace(app.extensions["settings"], public_url=live, line_pages_url=live)
    with demo_line(app, db.session()):
        db.session.remove()
        yield app.extensions["demo_line"]


@pytest.fixture
def drain(app: Flask) -> Callable[[], None]:
    def drain_all() -> None:
        postman = Postman(app, PATIENT)
        try:
            drain_once(app, postman)
        finally:
            postman.close()
        db.session.remove()

    return drain_all


@pytest.fixture
def case(app: Flask, fake: FakeLine) -> tuple[str, str]:
    """Malee's complaint, written down at the counter and ordered to the officer: code and number."""
    with write_transaction() as session:
        member_id = session.scalars(
            select(LineAccount.member_id).where(LineAccount.line_user_id == user_id_for("malee"))
        ).one()
        found = register_case(app, session, member_id=member_id)
        code, number = str(found.public_code), str(found.number)
    return code, number


def phones_of(session: Session) -> str:
    """Return the address of the page with the citizen's, the officer's and the executive's phone."""
    staff = [officer_named(session, name).line_accounts[0].line_user_id for name in ("officer", "executive")]
    seats = [f"p=citizen.{user_id_for('malee')}", *(f"p=staff.{user_id}" for user_id in staff)]
    session.rollback()
    return "/line-sim/?" + "&".join(seats)


def do(who: str, action: str, code: str, **facts: Any) -> None:
    with write_transaction() as session:
        found = session.scalars(select(Complaint).where(Complaint.public_code == code)).one()
        press(session, who, found, action, **facts)


def until(drain: Callable[[], None], told: Any) -> None:
    """Let the worker work until a phone shows something: a press is on its way for a moment."""
    for _ in range(40):
        drain()
        if told.count() and told.last.is_visible():
            return
        told.page.wait_for_timeout(250)
    told.last.wait_for()


def status_of(code: str) -> ComplaintStatus:
    db.session.remove()
    return db.session.scalars(select(Complaint.status).where(Complaint.public_code == code)).one()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_main_job_on_the_phones_of_citizen_officer_and_executive(
    open_page: Callable[..., Any],
    axe: Callable[[Any], list[str]],
    size: dict[str, int],
    fake: FakeLine,
    case: tuple[str, str],
    drain: Callable[[], None],
) -> None:
    code, number = case
    drain()
    page = open_page(phones_of(db.session()), size)
    show = _showing(page, size)

    officer = show(2, "นายอนุชิต")
    officer.get_by_text(number).last.wait_for()
    officer.get_by_role("button", name="รับทราบ").last.click()
    until(drain, officer.get_by_text("บันทึกแล้วว่าท่านรับทราบเรื่อง"))
    assert status_of(code) is ComplaintStatus.ACKNOWLEDGED

    do("officer", "record_result", code, result_text=RESULT)
    drain()
    citizen = show(1, "มาลี")
    citizen.get_by_text(RESULT).last.wait_for()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    citizen.get_by_role("button", name="ให้ 5 คะแนน").last.click()
    until(drain, citizen.get_by_text("ขอบคุณที่ให้ 5 คะแนน"))
    db.session.remove()
    assert [rating.stars for rating in db.session.scalars(select(Rating))] == [5]

    open_the_case_without_a_password(page, citizen, code)

    executive = show(3, "นายสิทธิเดช")
    executive.get_by_role("button", name="ภาพรวม").first.click()
    until(drain, executive.get_by_text("เสร็จสิ้น"))
    answers = [one.via for one in fake.state.sendings if one.to == officer_line_id("executive")]
    assert answers == ["reply"], "a question in the chat costs nothing"


def test_who_blocks_the_account_hears_nothing_and_who_comes_back_hears_again(
    open_page: Callable[..., Any], fake: FakeLine, case: tuple[str, str], drain: Callable[[], None]
) -> None:
    code, number = case
    drain()
    page = open_page(phones_of(db.session()))
    citizen = page.locator("#phone-1")
    citizen.get_by_text(number).last.wait_for()
    citizen.locator(".more > summary").click()
    citizen.get_by_role("button", name="บล็อก").click()
    citizen.get_by_text("บัญชีนี้ถูกบล็อกอยู่").wait_for()
    drain()
    assert state_of_malee() is LineState.BLOCKED

    do("officer", "acknowledge", code)
    drain()
    heard = len(fake.state.messages_of("citizen", user_id_for("malee")))
    citizen.get_by_role("button", name="ปลดบล็อก").click()
    until(drain, citizen.get_by_text("ยินดีต้อนรับกลับ"))
    assert state_of_malee() is LineState.FRIEND

    do("officer", "record_result", code, result_text=RESULT)
    drain()
    citizen.get_by_text(RESULT).last.wait_for()
    assert len(fake.state.messages_of("citizen", user_id_for("malee"))) > heard
    db.session.remove()
    waiting = select(OutboxMessage.last_error).where(OutboxMessage.template_key == "citizen_acknowledged")
    assert db.session.scalars(waiting).all() == [], "nothing was written for whom LINE does not reach"


def open_the_case_without_a_password(page: Any, citizen: Any, code: str) -> None:
    """Follow the card's button: LINE says who it is, and the page of the case stands open."""
    with page.context.expect_page() as opened:
        citizen.get_by_role("link", name="ดูผลและภาพ").last.click()
    tracked = opened.value
    tracked.wait_for_url(re.compile("/track/complaint"))
    tracked.get_by_text(RESULT).wait_for()
    assert tracked.get_by_label("รหัสผ่าน 10 ตัว").count() == 0
    assert code in tracked.content()
    tracked.close()


def _showing(page: Any, size: dict[str, int]) -> Callable[[int, str], Any]:
    """Return a way to one phone: on a narrow screen its tab is pressed first."""

    def show(number: int, name: str) -> Any:
        if size is PHONE:
            page.get_by_role("tab", name=re.compile(name)).or_(
                page.get_by_role("link", name=re.compile(name))
            ).first.click()
        return page.locator(f"#phone-{number}")

    return show


def officer_line_id(username: str) -> str:
    found = officer_named(db.session(), username).line_accounts[0].line_user_id
    db.session.remove()
    return found


def state_of_malee() -> LineState:
    db.session.remove()
    wanted = select(LineAccount.state).where(LineAccount.line_user_id == user_id_for("malee"))
    return db.session.scalars(wanted).one()
