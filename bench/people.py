"""Many invented members: the demo town's names, mixed; phones of the invented form 0xx-000-xxxx."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from demo.people import PEOPLE
from domain.clock import now
from domain.thai_text import search_form, sort_key
from models import Member

PREFIXES: Final = (*range(61, 69), *range(80, 99))
CHUNK: Final = 2_000


def fill_members(session: Session, chance: Random, count: int) -> list[tuple[int, str]]:
    """Add invented members and return (id, folded name) of each; the caller commits."""
    taken = set(session.scalars(select(Member.phone)))
    phones = (f"+66{prefix}000{number:04}" for number, prefix in product(range(10_000), PREFIXES))
    names = {name: search_form(name) for person in PEOPLE for name in (person.first_name, person.last_name)}
    first = (session.scalar(select(func.max(Member.id))) or 0) + 1
    moment, made, rows = now(), [], []
    free = (phone for phone in phones if phone not in taken)
    for member_id, phone in zip(range(first, first + count), free, strict=False):
        person, family, home = (chance.choice(PEOPLE) for _ in range(3))
        folded = f"{person.title}{names[person.first_name]} {names[family.last_name]}"
        made.append((member_id, folded))
        rows.append(
            {
                "id": member_id,
                "phone": phone,
                "title": person.title,
                "first_name": person.first_name,
                "last_name": family.last_name,
                "name_key": sort_key(f"{person.first_name} {family.last_name}"),
                "search_text": folded,
                "house_no": home.house_no,
                "road": home.road,
                "postal_code": "40000",
                "address_text": f"{home.house_no} {home.road} ตำบลในเมือง อำเภอเมืองขอนแก่น จังหวัดขอนแก่น 40000",
                "is_shared": False,
                "is_active": True,
                "created_at": moment,
                "version": 1,
            }
        )
    for start in range(0, len(rows), CHUNK):
        session.execute(Member.__table__.insert(), rows[start : start + CHUNK])  # type: ignore[attr-defined]
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            text("SELECT setval(pg_get_serial_sequence('member', 'id'), (SELECT max(id) FROM member))")
        )
    return made
