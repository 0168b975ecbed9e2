"""Two people of the demo town whose requests by LINE wait for the centre: an officer and a citizen."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from demo.accounts import demo_line_id
from demo.citizens import NO_LINE_EVERY
from demo.people import PEOPLE
from domain.clock import now
from domain.line_requests import OfficerWish, ask_for_officer
from domain.self_registration import Registration, register_self
from domain.vault import Vault
from models import Department, LineAccount, LineChannel

NEWCOMER: Final = OfficerWish(
    title="นาย",
    first_name="ธนา",
    last_name="ขยันยิ่ง",
    position="ผู้ช่วยนายช่างโยธา",
    phone="0810009001",
)
DEPARTMENT: Final = "engineering"
_NUMBER: Final = 9_000_001  # Beyond the ids of officers and members, which name the others' phones.


def plant_requests(session: Session, vault: Vault) -> None:
    """Let both ask; the caller commits."""
    account = _account(session, LineChannel.STAFF, "ธนา")
    wish = OfficerWish(
        title=NEWCOMER.title,
        first_name=NEWCOMER.first_name,
        last_name=NEWCOMER.last_name,
        position=NEWCOMER.position,
        phone=NEWCOMER.phone,
        department_id=session.scalars(select(Department.id).where(Department.code == DEPARTMENT)).one(),
    )
    ask_for_officer(session, account, wish)
    person = PEOPLE[NO_LINE_EVERY - 1]  # Known to the counter, without LINE; the day is not the one we have.
    registration = Registration(
        title=person.title,
        first_name=person.first_name,
        last_name=person.last_name,
        phone=person.phone,
        birth_date=person.birth_date + timedelta(days=1),
    )
    register_self(session, vault, _account(session, LineChannel.CITIZEN, person.first_name), registration)


def _account(session: Session, channel: LineChannel, name: str) -> LineAccount:
    account = LineAccount(
        channel=channel,
        line_user_id=demo_line_id(channel.value, _NUMBER),
        display_name=name,
        bound_at=now(),
    )
    session.add(account)
    session.flush()
    return account
