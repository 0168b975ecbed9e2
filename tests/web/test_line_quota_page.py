"""What is left of the month's messages, as staff read it; and whether LINE reaches people."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from helpers.people import officer_named
from helpers.visitor import Desk, text_of
from sqlalchemy import select

from domain.clock import FrozenClock, now
from domain.deliveries import DeliveryReason, pause_channel
from domain.line_connections import connection_of
from domain.line_quota import line_day
from domain.reachability import Reach, reach_of
from domain.settings import write_setting
from extensions import write_transaction
from models import (
    DeliveryState,
    LineAccount,
    LineChannel,
    LineState,
    LineUsage,
    Member,
    OutboxChannel,
    OutboxMessage,
)

PAGE = "/admin/line/quota/"
CITIZEN = LineChannel.CITIZEN
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def desk(app: Flask, login_as: Callable[..., Any], frozen_noon: FrozenClock) -> Desk:
    return Desk(app, login_as, "admin")


def read_quota(limit: int | None, used: int, *, days_ago: int = 0) -> None:
    with write_transaction() as session:
        row = connection_of(session, CITIZEN)
        row.quota_limit, row.quota_used = limit, used
        row.quota_read_at = now() - timedelta(days=days_ago)


def words_of(page: str) -> str:
    main = page[page.index("<main") : page.index("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def test_before_any_reading_the_page_says_so(desk: Desk) -> None:
    assert "ยังไม่ได้อ่านโควตาจาก LINE" in text_of(desk.get(PAGE))


@pytest.mark.parametrize(
    ("limit", "used", "said"),
    [
        (500, 100, "พอใช้ถึงสิ้นเดือน และจะเหลือราว 350 ข้อความ"),
        (500, 400, "ถ้าใช้เท่านี้ จะหมดราว 25 พ.ย. 2569"),
        (500, 500, "หมดแล้ว ระบบตอบในแชตได้ฟรี"),
        (None, 400, "ไม่จำกัดจำนวนข้อความ ถ้าใช้เท่านี้ สิ้นเดือนจะใช้ราว 600 ข้อความ"),
    ],
)
def test_the_forecast_is_a_sentence(desk: Desk, limit: int | None, used: int, said: str) -> None:
    read_quota(limit, used)

    assert said in words_of(text_of(desk.get(PAGE)))


def test_used_left_and_percent_are_words_beside_the_bar(desk: Desk) -> None:
    read_quota(1500, 1234)

    page = text_of(desk.get(PAGE))

    assert "ใช้ไป 1,234 จาก 1,500 ข้อความ" in page
    assert "ร้อยละ 82 เหลือ 266 ข้อความ" in page
    assert "ใกล้หมด" in page
    assert '<rect class="is-low" width="82"' in page


def test_a_reading_of_last_month_is_not_this_month_s(desk: Desk) -> None:
    read_quota(500, 500, days_ago=25)

    page = text_of(desk.get(PAGE))

    assert "ใช้ไป 0 จาก 500 ข้อความ" in page
    assert "ยังไม่ได้อ่านของเดือนนี้" in page


def test_each_day_is_a_row_that_can_be_read(desk: Desk) -> None:
    with write_transaction() as session:
        for back, pushes in ((1, 12), (2, 7)):
            day = line_day() - timedelta(days=back)
            session.add(LineUsage(channel=CITIZEN, day=day, pushes=pushes, replies=30, merged=4))

    page = text_of(desk.get(PAGE))

    assert re.search(r'<th scope="row">19 พ.ย. 2569</th>.*?<td>12</td><td>30</td><td>4</td>', page)
    assert page.index("19 พ.ย. 2569") < page.index("18 พ.ย. 2569")


@pytest.mark.parametrize(
    ("choice", "said"), [("always", "ตามที่เทศบาลตั้งไว้"), ("auto", "เพราะใช้ไปแล้วร้อยละ 95 (ตั้งไว้ที่ร้อยละ 90)")]
)
def test_why_only_essential_messages_go_is_told(desk: Desk, choice: str, said: str) -> None:
    read_quota(100, 95)
    with write_transaction() as session:
        write_setting(session, "line_saving", choice)

    assert said in text_of(desk.get(PAGE))


def message(session: Any, number: int, state: DeliveryState) -> None:
    session.add(
        OutboxMessage(
            channel=OutboxChannel.LINE_CITIZEN,
            recipient=f"U{number}",
            template_key="citizen_registered",
            dedupe_key=f"{number}",
            retry_key=f"{number}",
            state=state,
            not_before=now(),
            created_at=now(),
        )
    )


def test_what_waits_and_what_is_stuck_leads_to_the_list(desk: Desk) -> None:
    with write_transaction() as session:
        for number, state in enumerate(("ready", "leased", "dead", "failed", "failed", "sent")):
            message(session, number, DeliveryState(state))

    page = text_of(desk.get(PAGE))
    addresses = re.findall(r'href="(/admin/outbox-message/\?[^"]+)">(\d) ข้อความ', page)

    assert [count for _address, count in addresses] == ["2", "3"]
    for address, count in addresses:
        assert text_of(desk.get(address.replace("&amp;", "&"))).count("<tr data-href") == int(count)


def test_a_channel_that_stands_still_says_why(desk: Desk) -> None:
    with write_transaction() as session:
        pause_channel(session, OutboxChannel.LINE_CITIZEN, DeliveryReason.UNAUTHORISED)

    assert "หยุดส่งชั่วคราว: LINE ไม่ยอมรับกุญแจของช่องทางนี้" in text_of(desk.get(PAGE))


def bind(session: Any, state: LineState, channel: LineChannel = CITIZEN, **owner: int) -> LineAccount:
    count = len(session.scalars(select(LineAccount)).all())
    made = LineAccount(channel=channel, line_user_id=f"U{count}", state=state, bound_at=now(), **owner)
    session.add(made)
    session.flush()
    return made


def new_member(session: Any, phone: str) -> Member:
    made = Member(
        first_name="สมปอง",
        last_name="ตัวอย่าง",
        phone=phone,
        name_key=phone,
        search_text=phone,
        created_at=now(),
    )
    session.add(made)
    session.flush()
    return made


def test_reachable_and_blocking_people_are_counted(desk: Desk) -> None:
    with write_transaction() as session:
        before = session.scalars(select(LineAccount)).all()
        assert [one for one in before if one.channel is CITIZEN] == []
        bind(session, LineState.FRIEND, member_id=new_member(session, "0811111111").id)
        bind(session, LineState.UNKNOWN)
        bind(session, LineState.BLOCKED)

    page = words_of(text_of(desk.get(PAGE)))

    assert "ติดต่อได้ 2 บัญชี (ยังไม่ผูก 1)" in page
    assert "ถูกบล็อก 1 บัญชี" in page


@on_sqlite
def test_who_may_not_see_messages_does_not_see_the_quota(app: Flask, login_as: Callable[..., Any]) -> None:
    assert Desk(app, login_as, "officer").get(PAGE).status_code == 403


# Reachable people -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("states", "reach"),
    [
        ((), Reach.UNLINKED),
        ((LineState.BLOCKED,), Reach.BLOCKED),
        ((LineState.UNKNOWN,), Reach.YES),
        ((LineState.BLOCKED, LineState.FRIEND), Reach.YES),
    ],
)
def test_one_account_that_does_not_block_is_enough(states: tuple[LineState, ...], reach: Reach) -> None:
    accounts = [
        LineAccount(id=number, channel=CITIZEN, state=state, bound_at=now(), line_user_id=str(number))
        for number, state in enumerate(states)
    ]

    assert reach_of(accounts, CITIZEN) is reach
    assert reach_of(accounts, LineChannel.STAFF) is Reach.UNLINKED


@pytest.mark.parametrize(("state", "said"), [(None, "ยังไม่ผูก"), ("friend", "ติดต่อได้"), ("blocked", "ถูกบล็อก")])
def test_member_pages_say_whether_line_reaches_him(
    app: Flask, login_as: Callable[..., Any], state: str | None, said: str
) -> None:
    central = Desk(app, login_as, "central")
    with write_transaction() as session:
        member = new_member(session, "0811111111")
        if state:
            bind(session, LineState(state), member_id=member.id)
        address = f"/admin/member/details/?id={member.id}"

    assert said in text_of(central.get(address))
    row = re.search(
        r"<tr[^>]*>(?:(?!</tr>).)*สมปอง.*?</tr>", text_of(central.get("/admin/member/")), re.DOTALL
    )
    assert row
    assert said in row[0]


def test_officer_pages_say_whether_line_reaches_him(desk: Desk) -> None:
    with write_transaction() as session:
        head = officer_named(session, "head")
        for account in list(head.line_accounts):
            session.delete(account)
        session.flush()
        bind(session, LineState.BLOCKED, LineChannel.STAFF, staff_user_id=head.id)
        address = f"/admin/staff-user/details/?id={head.id}"

    assert "ถูกบล็อก" in text_of(desk.get(address))
    assert "ถูกบล็อก" in text_of(desk.get("/admin/staff-user/"))
