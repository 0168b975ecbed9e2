"""A new officer registers in the chat, the centre decides, and the chat is his desk at once (000-66)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from helpers.chatter import Chatter
from helpers.line import Town, words_of
from helpers.people import actor_named, officer_named
from helpers.visitor import Desk, text_of
from sqlalchemy import select

from domain.accounts import disable_staff_user
from domain.errors import DomainError
from domain.line_decisions import approve_officer, refuse_request, roles_offered
from extensions import db, write_transaction
from models import (
    AuditEntry,
    LineAccount,
    LineRequest,
    LineRequestKind,
    LineRequestState,
    Notification,
    OutboxMessage,
    Role,
    StaffUser,
)

pytestmark = pytest.mark.usefixtures("frozen_noon")
TILE = "ลงทะเบียนเจ้าหน้าที่"
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def new_phone(town: Town, seed: str = "newcomer") -> Chatter:
    """Return somebody who has just added the officers' account."""
    me = Chatter(town, town.fake.state.add_user(seed, seed).user_id, "staff")
    me.adds_us()
    return me


def asked(town: Town, seed: str = "newcomer", name: str = "นายสมชาย ตั้งใจ") -> Chatter:
    """Return somebody whose request waits at the centre."""
    me = new_phone(town, seed)
    me.taps(TILE)
    me.says(name)
    me.says("นายช่างโยธา")
    me.says("สำนักช่าง")
    me.says("0810000199")
    me.taps("ส่งคำขอ")
    return me


def requests() -> list[LineRequest]:
    db.session.rollback()
    return list(db.session.scalars(select(LineRequest).order_by(LineRequest.id)))


def account_of(me: Chatter) -> LineAccount:
    db.session.rollback()
    return db.session.scalars(select(LineAccount).where(LineAccount.line_user_id == me.user_id)).one()


def role_id(code: str) -> int:
    return db.session.scalars(select(Role.id).where(Role.code == code)).one()


def approve(request: LineRequest, username: str = "somchai.t", role: str = "field_officer") -> StaffUser:
    with write_transaction() as session:
        actor = actor_named(session, "central")
        return approve_officer(
            session,
            actor,
            request.id,
            username=username,
            department_id=request.department_id,
            role_id=role_id(role),
        )


def test_an_officer_who_is_new_asks_with_name_position_department_and_phone(town: Town):
    me = new_phone(town)

    assert "ชื่อและนามสกุล" in me.taps(TILE)
    assert "ทั้งชื่อและนามสกุล" in me.says("สมชาย")
    assert "ตำแหน่ง" in me.says("นายสมชาย  ตั้งใจ")
    assert "หน่วยงานไหน" in me.says("นายช่างโยธา")
    assert "เบอร์โทร" in me.taps("สำนักช่าง")
    card = me.says("081 000 0199")
    assert all(part in card for part in ("นายสมชาย ตั้งใจ", "นายช่างโยธา", "สำนักช่าง", "081-000-0199"))
    assert "รอศูนย์อนุมัติ" in me.taps("ส่งคำขอ")

    [request] = requests()
    assert (request.kind, request.state) == (LineRequestKind.OFFICER, LineRequestState.WAITING)
    assert (request.title, request.first_name, request.last_name) == ("นาย", "สมชาย", "ตั้งใจ")
    assert (request.position, request.phone) == ("นายช่างโยธา", "+66810000199")
    assert request.department.name == "สำนักช่าง"
    rung = db.session.scalars(select(Notification.staff_user_id)).all()
    assert officer_named(db.session(), "central").id in rung
    assert officer_named(db.session(), "clerk").id not in rung
    assert account_of(me).staff_user_id is None
    assert set(me.ways) == {"reply"}
    assert me.drafts == []


@on_sqlite
def test_what_is_optional_can_be_skipped_and_what_is_wrong_changed(town: Town):
    me = new_phone(town)
    me.says("register")
    me.says("Miss Anna Bell")
    me.says("ข้าม")
    assert "แตะหนึ่งข้อ" in me.says("กองที่ไม่มี")
    me.taps("สำนักช่าง")
    me.taps("ข้าม")
    me.taps("แก้ชื่อ")
    assert "Anna Belle" in me.says("Miss Anna Belle")
    me.says("ส่ง")

    [request] = requests()
    assert (request.first_name, request.last_name) == ("Anna", "Belle")
    assert request.position is None
    assert request.phone is None


@on_sqlite
def test_who_waits_is_told_so_and_asks_only_once(town: Town):
    me = asked(town)

    assert "รอศูนย์อนุมัติ" in me.taps(TILE)
    assert len(requests()) == 1
    assert "ไปแล้ว" in me.taps("ส่งคำขอ")
    assert len(requests()) == 1


@on_sqlite
def test_who_has_an_account_here_needs_none(town: Town):
    user_id = officer_named(db.session(), "officer").line_accounts[0].line_user_id
    town.fake.state.users[user_id] = town.fake.state.add_user("x", "x")
    me = Chatter(town, user_id, "staff")

    assert "ไม่ต้องลงทะเบียน" in me.says(TILE)
    assert requests() == []


@on_sqlite
def test_stickers_places_and_pages_of_text_are_answered_and_nothing_is_lost(town: Town):
    me = new_phone(town)
    me.taps(TILE)
    assert "ข้อความ" in me.hear(me.event("sticker"))
    assert "ข้อความ" in me.pins()
    assert "อักษร" in me.says("ก" * 5000)
    me.says("นายสมชาย ตั้งใจ")
    assert me.drafts[0].said["first_name"] == "สมชาย"
    assert "ยกเลิกแล้ว" in me.says("ยกเลิก")
    assert requests() == []


def test_the_centre_approves_and_he_works_in_the_chat_at_once(town: Town):
    me = asked(town)
    [request] = requests()

    officer = approve(request)

    town.drain()
    told = words_of(me.messages[-1])
    assert all(part in told for part in ("เริ่มใช้งานได้แล้ว", "นายสมชาย ตั้งใจ", "สำนักช่าง", f"คำขอ {request.id}"))
    db.session.rollback()
    officer = db.session.get_one(StaffUser, officer.id)
    assert (officer.full_name, officer.position) == ("นายสมชาย ตั้งใจ", "นายช่างโยธา")
    assert [role.code for role in officer.roles] == ["field_officer"]
    assert officer.password_hash is None
    assert account_of(me).staff_user_id == officer.id
    assert "สมชาย" in me.says("บัญชีของฉัน")
    [done] = requests()
    assert (done.state, done.decided_by.username) == (LineRequestState.APPROVED, "central")
    noted = db.session.scalars(select(AuditEntry).where(AuditEntry.object_type == "line_request")).all()
    assert [one.actor_name for one in noted] == [actor_named(db.session(), "central").name]


def test_who_is_refused_reads_why_and_may_ask_again(town: Town):
    me = asked(town)
    [request] = requests()
    with write_transaction() as session:
        refuse_request(session, actor_named(session, "central"), request.id, "ไม่พบชื่อในสำนักช่าง")

    town.drain()

    told = words_of(me.messages[-1])
    assert "ไม่พบชื่อในสำนักช่าง" in told
    assert "ยังเปิดใช้งานไม่ได้" in told
    assert account_of(me).staff_user_id is None
    assert "ชื่อและนามสกุล" in me.says("ลงทะเบียน")


def test_of_two_who_decide_the_second_is_told_so(town: Town):
    asked(town)
    [request] = requests()
    approve(request)

    with pytest.raises(DomainError) as refused:
        approve(request, "somchai.two")
    assert refused.value.code == "line_request_decided"


@on_sqlite
def test_who_linked_by_signing_in_meanwhile_gets_no_second_account(town: Town):
    me = asked(town)
    [request] = requests()
    with write_transaction() as session:
        account = session.get_one(LineAccount, request.line_account_id)
        account.staff_user_id = officer_named(session, "officer").id

    with pytest.raises(DomainError) as refused:
        approve(request)
    assert refused.value.code == "line_request_linked"
    assert account_of(me).staff_user.username == "officer"


@on_sqlite
def test_nobody_hands_out_more_than_he_holds(town: Town):
    asked(town)
    [request] = requests()
    offered = {role.code for role in roles_offered(db.session(), actor_named(db.session(), "central"))}

    assert "field_officer" in offered
    assert offered.isdisjoint({"system_admin", "head"})
    with pytest.raises(DomainError) as refused:
        approve(request, role="system_admin")
    assert refused.value.code == "not_permitted"
    assert requests()[0].state is LineRequestState.WAITING


def test_a_departed_officers_phone_is_nobodys_and_may_ask_anew(town: Town):
    me = asked(town)
    officer = approve(requests()[0])
    with write_transaction() as session:
        disable_staff_user(session, actor_named(session, "admin"), session.get_one(StaffUser, officer.id))

    assert account_of(me).staff_user_id is None
    assert "ยังไม่ได้ผูก" in me.says("งานของฉัน")
    assert "ชื่อและนามสกุล" in me.says(TILE)


@on_sqlite
def test_a_flood_of_requests_rings_one_bell_until_it_is_read(town: Town):
    for number in range(3):
        asked(town, f"newcomer{number}", f"นายสมชาย {'กขค'[number]}ตั้งใจ")

    central = officer_named(db.session(), "central").id
    rung = select(Notification.id).where(Notification.staff_user_id == central)
    assert len(db.session.scalars(rung).all()) == 1
    assert len(requests()) == 3


@on_sqlite
def test_who_blocked_us_meanwhile_is_not_written_to(town: Town):
    me = asked(town)
    me.blocks_us()
    before = len(me.messages)

    approve(requests()[0])
    town.drain()

    assert len(me.messages) == before
    stuck = select(OutboxMessage.id).where(OutboxMessage.template_key == "request_officer_approved")
    assert db.session.scalars(stuck).all() == []


# The screen -------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(app: Flask, login_as: Any) -> Callable[[str], Desk]:
    return lambda username: Desk(app, login_as, username)


LIST = "/admin/line/requests/"


def test_the_centre_sees_the_request_and_approves_it_on_its_page(town: Town, desk: Callable[[str], Desk]):
    me = asked(town)
    [request] = requests()
    central = desk("central")
    listed = text_of(central.get(LIST))
    assert "นายสมชาย ตั้งใจ" in listed
    assert "เปิดคำขอทาง LINE" in text_of(central.get("/admin/notification/"))
    shown = text_of(central.get(f"{LIST}{request.id}"))
    assert "081-000-0199" in shown
    assert f'value="line{request.id}"' in shown

    form = {
        "username": "somchai.t",
        "department_id": request.department_id,
        "role_id": role_id("field_officer"),
    }
    assert central.post(f"{LIST}{request.id}/approve", form).status_code == 303

    assert account_of(me).staff_user.username == "somchai.t"
    assert "ไม่มีคำขอรอตัดสิน" in text_of(central.get(LIST))
    assert "อนุมัติแล้ว" in text_of(central.get(f"{LIST}?shown=decided"))
    again = central.post(f"{LIST}{request.id}/approve", {**form, "username": "somchai.two"})
    assert again.status_code == 422


@on_sqlite
def test_a_form_that_cannot_be_taken_is_shown_again(town: Town, desk: Callable[[str], Desk]):
    asked(town)
    [request] = requests()
    central = desk("central")
    form = {
        "username": "somchai.t",
        "department_id": request.department_id,
        "role_id": role_id("field_officer"),
    }

    for typed, said in (
        ({"username": "officer"}, "มีผู้ใช้ชื่อนี้แล้ว"),
        ({"username": "สมชาย"}, "a-z"),
        ({"username": ""}, ""),
        ({"department_id": ""}, ""),
        ({"role_id": "99999"}, ""),
    ):
        shown = central.post(f"{LIST}{request.id}/approve", {**form, **typed})
        assert shown.status_code == 422
        assert said in text_of(shown)
        assert "field-bad" in text_of(shown), typed
    assert requests()[0].state is LineRequestState.WAITING


@on_sqlite
def test_a_refusal_needs_its_reason(town: Town, desk: Callable[[str], Desk]):
    asked(town)
    [request] = requests()
    central = desk("central")

    assert central.post(f"{LIST}{request.id}/refuse", {"reason": " "}).status_code == 422
    assert requests()[0].state is LineRequestState.WAITING
    assert central.post(f"{LIST}{request.id}/refuse", {"reason": "ไม่รู้จัก"}).status_code == 303
    assert requests()[0].reason == "ไม่รู้จัก"


@on_sqlite
def test_who_may_not_decide_sees_no_request(town: Town, desk: Callable[[str], Desk]):
    asked(town)
    [request] = requests()
    clerk = desk("clerk")

    assert clerk.get(LIST).status_code == 403
    assert clerk.get(f"{LIST}{request.id}").status_code == 403
    assert clerk.post(f"{LIST}{request.id}/approve", {}).status_code == 403
    assert desk("central").get(f"{LIST}{request.id + 7}").status_code == 404
