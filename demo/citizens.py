"""The demo town's citizens as members, five in six with LINE."""

from __future__ import annotations

from sqlalchemy.orm import Session

from demo.accounts import demo_line_id
from demo.people import PEOPLE, Person
from domain.actor import Actor
from domain.clock import now
from domain.members import MemberEntry, create_member, record_notice
from domain.vault import Vault
from models import LineAccount, LineChannel, Member

NOTICE = "demo-1"
NO_LINE_EVERY = 6


def plant_citizens(session: Session, vault: Vault, actor: Actor) -> list[Member]:
    """Register the invented citizens; the caller commits."""
    members = []
    for index, person in enumerate(PEOPLE, start=1):
        member = create_member(session, actor, vault, _entry(person))
        record_notice(session, actor, member, NOTICE)
        if index % NO_LINE_EVERY:
            session.add(
                LineAccount(
                    channel=LineChannel.CITIZEN,
                    line_user_id=demo_line_id("citizen", member.id),
                    member=member,
                    bound_at=now(),
                )
            )
        members.append(member)
    return members


def _entry(person: Person) -> MemberEntry:
    return MemberEntry(
        phone=person.phone,
        title=person.title,
        first_name=person.first_name,
        last_name=person.last_name,
        birth_date=person.birth_date,
        house_no=person.house_no,
        road=person.road,
        subdistrict_code="400101",
        postal_code="40000",
    )
