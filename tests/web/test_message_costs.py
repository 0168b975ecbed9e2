"""What telling a citizen about a case costs: counted from what was sent, shown to who looks after LINE."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from helpers.browser import DESK, PHONE
from helpers.cases import new_case
from helpers.statements import count_statements
from helpers.visitor import Desk
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from domain.message_costs import TARGET, MessageCosts, message_costs
from extensions import db, write_transaction
from models import Complaint, ComplaintStatus, DeliveryState, OutboxChannel, OutboxMessage

PAGE = "/admin/line/quota/"
S, D = ComplaintStatus, DeliveryState
Act = Callable[[str], Actor]
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def finished_case(session: Session, *, days_ago: int = 1, **more: Any) -> Complaint:
    case = new_case(session, status=S.RESOLVED, **more)
    case.finished_at = now() - timedelta(days=days_ago)
    return case


def tell(session: Session, case: Complaint, times: int = 1, **columns: Any) -> None:
    for _ in range(times):
        values: dict[str, Any] = {
            "channel": OutboxChannel.LINE_CITIZEN,
            "recipient": "U" + "1" * 32,
            "template_key": "citizen_received",
            "state": D.SENT,
            "dedupe_key": str(uuid.uuid4()),
            "retry_key": str(uuid.uuid4()),
            "not_before": now(),
            "created_at": now(),
            "done_at": now(),
        }
        session.add(OutboxMessage(complaint_id=case.id, **{**values, **columns}))
    session.flush()


def costs(act_as: Act, username: str = "admin") -> MessageCosts:
    db.session.rollback()
    return message_costs(db.session(), act_as(username))


def test_pushes_answers_and_company_are_told_apart(app: Flask, act_as: Act) -> None:
    before = timedelta(minutes=1)
    with write_transaction() as session:
        case = finished_case(session)
        tell(session, case, 2)
        tell(session, case, reply_token="free")
        tell(session, case, reply_token="in time", reply_until=now() + before)
        tell(session, case, reply_token="too old, pushed", reply_until=now() - before)
        tell(session, case, state=D.MERGED)
        tell(session, case, state=D.CANCELLED)
        tell(session, case, state=D.DEAD)
        tell(session, case, channel=OutboxChannel.LINE_STAFF)
        tell(session, case, channel=OutboxChannel.EMAIL, recipient="a@town.example")

    found = costs(act_as)

    assert (found.cases, found.pushed, found.replied, found.merged) == (1, 3, 2, 1)
    assert (found.mean, found.within, found.is_over, found.worst) == (Decimal("3.0"), 1, False, ())


def test_only_cases_finished_lately_and_told_by_line_count(app: Flask, act_as: Act) -> None:
    with write_transaction() as session:
        tell(session, finished_case(session, days_ago=31), 9)
        tell(session, new_case(session, status=S.IN_PROGRESS), 9)
        rejected = new_case(session, status=S.REJECTED)
        rejected.finished_at = now()
        tell(session, rejected, 9)
        finished_case(session)

    found = costs(act_as)

    assert (found.cases, found.mean, found.is_over) == (0, None, False)


def test_the_worst_come_first_and_are_those_the_reader_may_see(app: Flask, act_as: Act) -> None:
    with write_transaction() as session:
        for times in (4, 7, 1, 5, 6, 8, 9):
            tell(session, finished_case(session, department="engineering"), times)
        tell(session, finished_case(session, department="health", officer=None), 20)

    everything, bureau = costs(act_as), costs(act_as, "head")

    assert [one.pushed for one in everything.worst] == [20, 9, 8, 7, 6]
    assert (everything.cases, everything.within, everything.is_over) == (8, 1, True)
    assert [one.pushed for one in bureau.worst] == [9, 8, 7, 6, 5]
    assert all(one.pushed > TARGET for one in bureau.worst)


def test_one_statement_counts_all(app: Flask, act_as: Act) -> None:
    actor = act_as("admin")
    db.session.rollback()

    with count_statements(db.engine) as sent:
        message_costs(db.session(), actor)

    assert len([one for one in sent if one.startswith("SELECT")]) == 1


# The page ---------------------------------------------------------------------------------------------------


def section_of(page: str) -> str:
    found = page[page.index('id="costs"') : page.index("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found))


@on_sqlite
def test_the_page_says_the_mean_the_target_and_the_worst(app: Flask, login_as: Callable[..., Any]) -> None:
    desk = Desk(app, login_as, "admin")
    assert "ยังไม่มีเรื่องที่เสร็จและแจ้งประชาชนทาง LINE" in section_of(desk.get(PAGE).get_data(as_text=True))
    with write_transaction() as session:
        worst = finished_case(session)
        tell(session, worst, 6)
        tell(session, finished_case(session), 1)
        code, number = worst.public_code, str(worst)

    page = desk.get(PAGE).get_data(as_text=True)

    said = section_of(page)
    assert "เฉลี่ย 3.5 ข้อความต่อเรื่อง" in said
    assert "เป้าไม่เกิน 3 ข้อความ อยู่ในเป้า 1 จาก 2 เรื่อง" in said
    assert "เกินเป้า" in said
    assert f"{number} 6 0 0" in said
    assert f'/{code}"' in page


@pytest.mark.browser
@on_sqlite
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_reads_well(
    open_page: Callable[..., Any], axe: Callable[[Any], list[str]], size: dict[str, int]
) -> None:
    with write_transaction() as session:
        for times in (4, 6, 1):
            tell(session, finished_case(session), times)

    page = open_page(PAGE, size, "admin")

    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert axe(page) == []
