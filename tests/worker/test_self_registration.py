"""A citizen registers himself, in the chat or on the web; nobody learns who is known (000-25, 000-27)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from helpers.casework import member_of
from helpers.chatter import Chatter, citizen
from helpers.line import Town, words_of
from helpers.login_line import login_line, sign_in_with_line
from helpers.pages import csrf
from helpers.people import actor_named
from helpers.visitor import Desk, text_of
from sqlalchemy import select

from domain.clock import FrozenClock
from domain.line_connections import connection_of
from domain.line_decisions import approve_member, refuse_request
from domain.members import MemberEntry, update_member
from extensions import db, write_transaction
from models import (
    AuditEntry,
    Complaint,
    Consent,
    LineAccount,
    LineChannel,
    LineRequest,
    LineRequestKind,
    LineRequestState,
    Member,
    Notification,
)

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
NEW, KNOWN = "081-000-0777", "081-234-5678"
BORN = date(1957, 3, 3)
HOLE = "ถนนหน้าตลาดเป็นหลุมใหญ่ รถล้มบ่อย"


@pytest.fixture(autouse=True)
def _noon(frozen_noon: FrozenClock) -> None:
    """The clock stands still."""


def known(*, born: date | None = BORN, line: bool = False) -> int:
    """Let the counter know somebody by his number; return his id."""
    with write_transaction() as session:
        member = member_of(session, line=line)
        member.birth_date = born
        session.flush()
        return member.id


def registers(me: Chatter, phone: str = NEW, born: str = "3/3/2500", name: str = "นายสมชาย ใจดี") -> str:
    """Go through the talk and return the last answer."""
    me.says("ลงทะเบียน")
    me.says(name)
    me.says(phone)
    me.says(born)
    return me.taps("ลงทะเบียน")


def account_of(me: Chatter) -> LineAccount:
    db.session.rollback()
    return db.session.scalars(select(LineAccount).where(LineAccount.line_user_id == me.user_id)).one()


def requests() -> list[LineRequest]:
    db.session.rollback()
    return list(db.session.scalars(select(LineRequest).order_by(LineRequest.id)))


def test_somebody_new_registers_with_name_phone_and_birth_date(town: Town):
    me = citizen(town)

    assert "ชื่อและนามสกุล" in me.says("ลงทะเบียน")
    assert "อ่านชื่อไม่ได้" in me.says("0810000777")
    assert "เบอร์โทรศัพท์" in me.says("น.ส.มาลี ใจดี")
    assert "วันเกิด" in me.says(NEW)
    assert "พ.ศ." in me.says("3/3/57")
    card = me.says("3 มี.ค. 2500")
    assert all(part in card for part in ("นางสาวมาลี ใจดี", NEW, "3 มี.ค. 2500", "ถือว่ารับทราบ"))
    assert "ลงทะเบียนแล้ว" in me.taps("ลงทะเบียน")

    member = account_of(me).member
    assert (member.title, member.first_name, member.last_name) == ("นางสาว", "มาลี", "ใจดี")
    assert (member.phone, member.birth_date) == ("+66810000777", BORN)
    assert member.self_registered_at is not None
    assert db.session.scalars(select(Consent.wording_version).where(Consent.member_id == member.id)).all()
    assert requests() == []
    assert me.drafts == []
    assert set(me.ways) == {"reply"}
    assert "ลงทะเบียนไว้แล้ว" in me.says("ลงทะเบียน")
    created = select(AuditEntry.changes).where(AuditEntry.object_type == "member")
    assert "810000777" not in str(db.session.scalars(created).all())


def test_what_he_reported_before_becomes_his(town: Town):
    me = citizen(town)
    me.says(HOLE)
    me.says("หน้าตลาด")
    me.taps("เปิดเผยชื่อ")
    me.taps("ส่งเรื่อง")

    registers(me)

    member = account_of(me).member
    [case] = db.session.scalars(select(Complaint)).all()
    assert case.member_id == member.id
    assert "ใจดี" in case.search_text


def test_who_knows_number_and_birth_date_is_tied_to_what_we_know(town: Town):
    member_id = known()
    me = citizen(town)

    answer = registers(me, KNOWN, name="สมชาย ใจดี")

    assert "เคยแจ้งไว้" in answer
    assert account_of(me).member_id == member_id
    assert account_of(me).member.self_registered_at is None
    assert requests() == []


@pytest.mark.parametrize(
    ("born", "line", "typed"),
    [
        (date(1960, 1, 1), False, "3/3/2500"),
        (None, False, "3/3/2500"),
        (BORN, False, "ข้าม"),
        (BORN, True, "3/3/2500"),
    ],
    ids=["another day", "no day known", "no day given", "has a LINE that works"],
)
@on_sqlite
def test_a_known_number_without_proof_looks_like_a_new_one(
    town: Town, born: date | None, line: bool, typed: str
):
    member_id = known(born=born, line=line)
    stranger, newcomer = citizen(town, "stranger"), citizen(town, "newcomer")

    def story(me: Chatter, phone: str) -> list[str]:
        said = [registers(me, phone, typed), me.says("ลงทะเบียน"), me.says("ติดตาม")]
        return [re.sub("[0-9-]{9,}", "", one) for one in said]

    assert story(stranger, KNOWN) == story(newcomer, NEW)
    [request] = requests()
    assert (request.kind, request.phone) == (LineRequestKind.MEMBER, "+66812345678")
    assert account_of(stranger).member_id is None
    assert db.session.get_one(Member, member_id).self_registered_at is None
    rung = db.session.scalars(select(Notification.template_key)).all()
    assert set(rung) == {"line_request_member"}


def test_the_centre_ties_whom_it_has_asked(town: Town):
    member_id = known(born=None)
    me = citizen(town)
    registers(me, KNOWN)
    [request] = requests()

    with write_transaction() as session:
        approve_member(session, actor_named(session, "central"), request.id)
    town.drain()

    assert "ผูก LINE กับข้อมูลของท่านแล้ว" in words_of(me.messages[-1])
    assert account_of(me).member_id == member_id
    [request] = requests()
    assert (request.state, request.member_id) == (LineRequestState.APPROVED, member_id)


@on_sqlite
def test_who_is_refused_may_register_anew(town: Town):
    known(born=None)
    me = citizen(town)
    registers(me, KNOWN)
    with write_transaction() as session:
        refuse_request(session, actor_named(session, "central"), requests()[0].id, "โทรไปแล้วไม่ใช่ท่าน")
    town.drain()

    assert "โทรไปแล้วไม่ใช่ท่าน" in words_of(me.messages[-1])
    assert "ชื่อและนามสกุล" in me.says("ลงทะเบียน")


@on_sqlite
def test_guessing_a_birth_date_is_slowed_down_for_the_number_known_or_not(town: Town):
    known(born=date(1960, 1, 1))

    def tries(phone: str) -> list[str]:
        return [registers(citizen(town, f"{phone}{number}"), phone) for number in range(4)]

    for answers in (tries(KNOWN), tries(NEW)):
        assert all("ลงทะเบียนแล้ว" in one for one in answers[:3])
        assert "รอ" in answers[3]
    assert len(requests()) == 3 + 2  # The first of the new number made a member.


# The officers' screens --------------------------------------------------------------------------------------


@pytest.fixture
def central(app: Flask, login_as: Any) -> Desk:
    return Desk(app, login_as, "central")


@on_sqlite
def test_the_centres_page_names_the_member_and_keeps_what_is_personal(
    town: Town, central: Desk, app: Flask, login_as: Callable[..., Any]
):
    known(born=date(1960, 1, 1))
    me = citizen(town)
    registers(me, KNOWN)
    [request] = requests()
    address = f"/admin/line/requests/{request.id}"

    shown = text_of(central.get(address))

    assert "วันเกิดไม่ตรงกับที่บันทึกไว้" in shown
    assert "นายสมชาย ใจดี" in shown
    assert KNOWN not in shown
    assert "2500" not in shown
    admin = Desk(app, login_as, "admin")  # May decide on officers, and sees no members.
    assert admin.get(address).status_code == 404
    assert admin.get("/admin/line/requests/").status_code == 200
    assert central.post(f"{address}/approve").status_code == 303
    assert account_of(me).member.phone == "+66812345678"


def test_who_registered_himself_carries_a_mark_until_an_officer_saves_him(town: Town, central: Desk):
    me = citizen(town)
    registers(me)
    member_id = account_of(me).member_id
    page = f"/admin/member/details/?id={member_id}"
    assert "ยังไม่ตรวจบัตร" in text_of(central.get(page))
    found = central.post("/admin/complaint/new", {"act": "find", "phone": NEW, "form_token": "x" * 20})
    assert "ยังไม่ตรวจบัตร" in text_of(found)

    with write_transaction() as session:
        member = session.get_one(Member, member_id)
        entry = MemberEntry(phone=member.phone, first_name=member.first_name, last_name=member.last_name)
        update_member(session, actor_named(session, "central"), town.app.extensions["vault"], member, entry)

    assert "ยังไม่ตรวจบัตร" not in text_of(central.get(page))


# The web ----------------------------------------------------------------------------------------------------

TYPED = {"title": "นาง", "first_name": "มาลี", "last_name": "ใจดี", "phone": NEW, "birth_date": "3/3/2500"}
FORM = "/line/register"


def test_the_four_screens_on_the_web(app: Flask):
    with login_line(app, db.session()) as line:
        client = app.test_client()
        connection_of(db.session(), LineChannel.CITIZEN).basic_id = "@khonkaen"
        db.session.commit()
        assert f'href="{FORM}"' in text_of(client.get("/line/join"))
        back = sign_in_with_line(client, FORM)
        assert back.location == FORM
        form = client.get(FORM)
        assert "ลงทะเบียนครั้งเดียว" in text_of(form)
        token = csrf(client, FORM)

        wrong = client.post(FORM, data={**TYPED, "phone": "12", "first_name": "", "csrf_token": token})
        assert wrong.status_code == 422
        assert 'value="ใจดี"' in text_of(wrong)
        assert text_of(wrong).count("field-bad") == 2
        looked = client.post(FORM, data={**TYPED, "csrf_token": token})
        assert "นางมาลี ใจดี" in text_of(looked)
        edited = client.post(FORM, data={**TYPED, "edit": "1", "csrf_token": token})
        assert 'value="มาลี"' in text_of(edited)
        sent = client.post(f"{FORM}/confirm", data={**TYPED, "csrf_token": token})
        assert sent.location == f"{FORM}/done"
        assert "ลงทะเบียนแล้ว" in text_of(client.get(sent.location))
        again = client.post(f"{FORM}/confirm", data={**TYPED, "csrf_token": token})
        assert again.location == f"{FORM}/done"
        assert "ลงทะเบียนแล้ว" in text_of(client.get(FORM))

        account = db.session.scalars(select(LineAccount).where(LineAccount.line_user_id == line.sub)).one()
        assert account.member.phone == "+66810000777"
        assert len(db.session.scalars(select(Member).where(Member.phone == "+66810000777")).all()) == 1


@on_sqlite
def test_on_the_web_a_known_number_looks_like_a_new_one(app: Flask):
    known(born=date(1960, 1, 1))
    seen = []
    with login_line(app, db.session()) as line:
        for number, phone in enumerate((KNOWN, NEW), 1):
            line.sub = f"U{number:032x}"
            client = app.test_client()
            sign_in_with_line(client, FORM)
            token = csrf(client, FORM)
            client.post(f"{FORM}/confirm", data={**TYPED, "phone": phone, "csrf_token": token})
            pages = [text_of(client.get(address)) for address in (f"{FORM}/done", FORM, "/line/mine")]
            seen.append([re.sub(r'(nonce|value|content)="[^"]*"', "", one) for one in pages])
    assert seen[0] == seen[1]


@on_sqlite
def test_without_line_login_or_without_ones_leave_the_chat_is_the_way(app: Flask):
    client = app.test_client()
    assert "พิมพ์คำว่า ลงทะเบียน" in text_of(client.get(FORM))
    with login_line(app, db.session()):
        asked = client.get(FORM)
        state = re.search("state=([^&]+)", asked.location)
        assert state
        turned = client.get(f"/line/login/callback?error=access_denied&state={state[1]}")
        assert turned.location == "/line/join"
        assert "ในแชต" in text_of(client.get(turned.location))
        assert client.post(f"{FORM}/confirm", data={}).status_code in {302, 303, 400}
