"""A clerk shows a QR, the citizen's phone sends its code, and the phone is hers (features 000-26)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from helpers.line_case import Case
from helpers.visitor import Desk
from sqlalchemy import select

from domain.clock import FrozenClock, now
from domain.line_connections import connection_of
from extensions import db, write_transaction
from line_hooks.member_codes import code_in
from models import (
    AccountLink,
    AuditEntry,
    Consent,
    LineAccount,
    LineChannel,
    LineState,
    Member,
    OutboxMessage,
)

_CODE = re.compile(r"ผูก ([0-9A-HJKMNP-TV-Z]{10})")


@pytest.fixture
def suda(case: Case) -> int:
    """Another member, without LINE."""
    with write_transaction() as session:
        member = Member(phone="+66811111111", first_name="สุดา", last_name="ดีงาม", created_at=now())
        session.add(member)
        session.flush()
        return member.id


def offered(app: Flask, login_as: Any, member_id: int) -> str:
    page = Desk(app, login_as, "central").post(f"/admin/member/{member_id}/line")
    assert page.status_code == 200
    found = _CODE.search(page.get_data(as_text=True))
    assert found is not None
    return found[1]


def owner_of(line_user_id: str) -> int | None:
    db.session.rollback()
    wanted = select(LineAccount.member_id).where(LineAccount.line_user_id == line_user_id)
    return db.session.scalars(wanted).one()


def test_the_phone_that_sends_the_code_is_hers(app: Flask, case: Case, login_as: Any, suda: int):
    phone = case.town.fake.state.add_user("suda", "สุดา", ["citizen"]).user_id
    code = offered(app, login_as, suda)

    case.send("citizen", phone, case.town.fake.hooks.text("citizen", phone, f"ผูก {code}"))

    assert owner_of(phone) == suda
    assert "สุดา ดีงาม" in case.replies("citizen", phone)[-1]
    account = db.session.scalars(select(LineAccount).where(LineAccount.member_id == suda)).one()
    assert (account.channel, account.state) == (LineChannel.CITIZEN, LineState.FRIEND)
    assert [one.purpose.value for one in db.session.scalars(select(Consent))] == ["line_updates"]
    told = [one.changes for one in db.session.scalars(select(AuditEntry)) if one.object_id == str(suda)]
    assert {"line_linked": account.id} in told


def test_a_code_is_good_once_and_for_a_quarter_of_an_hour(
    app: Flask, case: Case, login_as: Any, suda: int, frozen_noon: FrozenClock
):
    thief = case.town.fake.state.add_user("thief", "คนอื่น", ["citizen"]).user_id
    hooks = case.town.fake.hooks
    used = offered(app, login_as, suda)
    phone = case.town.fake.state.add_user("suda", "สุดา", ["citizen"]).user_id
    case.send("citizen", phone, hooks.text("citizen", phone, f"ผูก {used}"))

    case.send("citizen", thief, hooks.text("citizen", thief, f"ผูก {used}"))
    old = offered(app, login_as, suda)
    frozen_noon.advance(timedelta(minutes=15, seconds=1))
    case.send("citizen", thief, hooks.text("citizen", thief, f"ผูก {old}"))

    assert [("ใช้ไปแล้วหรือหมดอายุ" in said) for said in case.replies("citizen", thief)] == [True, True]
    db.session.rollback()
    accounts = select(LineAccount).where(LineAccount.line_user_id == thief)
    assert all(one.member_id is None for one in db.session.scalars(accounts))


def test_a_new_code_makes_the_one_before_worthless(app: Flask, case: Case, login_as: Any, suda: int):
    phone = case.town.fake.state.add_user("suda", "สุดา", ["citizen"]).user_id
    first = offered(app, login_as, suda)
    offered(app, login_as, suda)

    case.send("citizen", phone, case.town.fake.hooks.text("citizen", phone, f"ผูก {first}"))

    assert "หมดอายุ" in case.replies("citizen", phone)[-1]


def test_a_phone_that_changes_hands_is_sent_nothing_of_the_member_before(
    app: Flask, case: Case, login_as: Any, suda: int
):
    code = offered(app, login_as, suda)
    waiting = case.town.put(case.malee, "เรื่องของมาลี", hold=timedelta(hours=1))

    case.send("citizen", case.malee, case.town.fake.hooks.text("citizen", case.malee, f"ผูก {code}"))

    assert owner_of(case.malee) == suda
    assert db.session.get_one(OutboxMessage, waiting).last_error == "unlinked"


def test_the_page_says_when_it_is_done_and_the_qr_opens_the_chat(
    app: Flask, case: Case, login_as: Any, suda: int
):
    with write_transaction() as session:
        connection_of(session, LineChannel.CITIZEN).basic_id = "@123abcde"
    clerk = Desk(app, login_as, "central")
    page = clerk.post(f"/admin/member/{suda}/line").get_data(as_text=True)
    code = _CODE.search(page)
    assert code is not None
    assert "data:image/svg+xml" in page
    state = re.search(r'hx-get="([^"]+)"', page)
    assert state is not None
    address = state[1].replace("&amp;", "&")
    assert "รอมือถือของประชาชน" in clerk.get(address).get_data(as_text=True)

    phone = case.town.fake.state.add_user("suda", "สุดา", ["citizen"]).user_id
    case.send("citizen", phone, case.town.fake.hooks.text("citizen", phone, f"ผูก {code[1]}"))

    assert "ผูกแล้ว" in clerk.get(address).get_data(as_text=True)
    piece = clerk.get(address, headers={"HX-Request": "true"}).get_data(as_text=True)
    assert piece.lstrip().startswith('<div id="line-state"')
    assert "<html" in clerk.get(address).get_data(as_text=True), "without script it is a page"
    assert unquote(state[1]).count("since=") == 1


def test_only_who_may_correct_members_gets_a_code(app: Flask, case: Case, login_as: Any, suda: int):
    assert Desk(app, login_as, "executive").post(f"/admin/member/{suda}/line").status_code in {
        403,
        404,
    }
    assert Desk(app, login_as, "central").post("/admin/member/999999/line").status_code == 404
    assert Desk(app, login_as, "central").get(f"/admin/member/{suda}/line").status_code in {404, 405}
    db.session.rollback()
    shared = db.session.scalars(select(Member.id).where(Member.is_shared)).first()
    assert Desk(app, login_as, "central").post(f"/admin/member/{shared}/line").status_code == 404
    assert db.session.scalars(select(AccountLink.id).where(AccountLink.member_id.is_not(None))).all() == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ผูก 4KD2M9XWQ7", "4KD2M9XWQ7"),
        ("ผูก4kd2m9xwq7", "4kd2m9xwq7"),
        ("  link 4KD2-M9XW-Q7 ", "4KD2-M9XW-Q7"),
        ("Link: 4KD2M9XWQ7", "4KD2M9XWQ7"),
        ("ผูกบัญชี", None),
        ("ผูก", None),
        ("ผูก 123", None),
        ("ผูก 4KD2M9XWQ7 ด้วยนะ", None),
        ("ผูก " + "4" * 5000, None),
    ],
)
def test_a_code_is_read_as_people_type_it_and_nothing_else_is(text: str, code: str | None):
    assert code_in(LineChannel.CITIZEN, text) == code
    assert code_in(LineChannel.STAFF, text) is None
