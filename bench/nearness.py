"""What is near, among 100,000 complaints, against the same SQL through the bare driver.

The floor replays every statement the answer sent, with its parameters, through sqlite3: what is left is the
rules, the distances, and SQLAlchemy.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from bench.filling import fill
from bench.lists import ROWS
from bench.measuring import Report, timed
from bench.town import bench_town
from domain.actor import Actor
from domain.nearness import NearCase, Sought, near_cases
from domain.staff_actor import actor_of_staff
from extensions import db
from models import Attachment, AttachmentStage, Complaint, StaffUser, Subcategory

MOST = 3.0
PLACES = 40
PHOTOS = 20_000
Statement = tuple[str, Any]


def run(report: Report) -> None:
    """Fill a town and ask what is near forty places of it, in each of the ways."""
    report.heading(f"เรื่องใกล้เคียงใน {ROWS:,} เรื่อง · nearness")
    with bench_town() as app:
        session = db.session()
        fill(session, rows=ROWS)
        _hang_photos(session)
        session.commit()
        officer_id = session.scalars(select(StaffUser.id).where(StaffUser.username == "central")).one()
        actor = actor_of_staff(session, officer_id, via="web")
        sought = _places(session)
        file = app.extensions["settings"].data_dir / "app.db"
        ways: dict[str, Callable[[Sought], Sought]] = {
            "subtype within its radius": lambda one: one,
            "main type within 100 m": lambda one: _with(one, subcategory_id=None, radius_m=100),
            "and the same person": lambda one: _with(one, member_id=17),
            "and the same photo": lambda one: _with(one, photo_hashes=("00ff00ff00ff00ff",)),
        }
        for name, way in ways.items():
            ask = partial(_ask, session, actor, way)
            _case(report, file, name, ask, sought)


def _ask(session: Session, actor: Actor, way: Callable[[Sought], Sought], place: Sought) -> list[NearCase]:
    return near_cases(session, actor, way(place))


def _with(sought: Sought, **changes: Any) -> Sought:
    facts = {name: getattr(sought, name) for name in Sought.__dataclass_fields__}
    return Sought(**{**facts, **changes})


def _case(
    report: Report,
    file: Path,
    name: str,
    ask: Callable[[Sought], Any],
    places: list[Sought],
) -> None:
    sent = [_watched(lambda place=place: ask(place)) for place in places]
    bare = _bare(file)
    mine, theirs = cycle(places), cycle(sent)

    def answer() -> None:
        ask(next(mine))

    def floor() -> None:
        for statement, parameters in next(theirs):
            bare.execute(statement, parameters).fetchall()

    report.ratio(name, timed(answer), timed(floor), MOST)
    bare.close()


def _watched(ask: Callable[[], Any]) -> list[Statement]:
    sent: list[Statement] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        sent.append((statement, parameters))

    db.session.rollback()
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return [one for one in sent if not one[0].startswith(("BEGIN", "COMMIT"))]


def _places(session: Session) -> list[Sought]:
    """Return places where something lies: the pins of forty complaints, moved by some metres."""
    rows = session.execute(
        select(Complaint.latitude, Complaint.longitude, Complaint.category_id, Subcategory)
        .join(Subcategory, Subcategory.id == Complaint.subcategory_id)
        .where(Complaint.latitude.is_not(None))
        .order_by(Complaint.id.desc())
        .limit(PLACES)
    )
    aside = Decimal("0.0001")
    return [
        Sought(
            latitude=latitude + aside,
            longitude=longitude,
            subcategory_id=subtype.id,
            category_id=category_id,
            radius_m=subtype.nearby_radius_m,  # As the page does: from the tables it holds in memory.
        )
        for latitude, longitude, category_id, subtype in rows
    ]


def _hang_photos(session: Session) -> None:
    """Give the newest complaints a photo each."""
    dice = random.Random(7)  # noqa: S311 - invented pictures
    rows = session.execute(
        select(Complaint.id, Complaint.created_at).order_by(Complaint.listed_at.desc()).limit(PHOTOS)
    ).all()
    session.execute(
        Attachment.__table__.insert(),  # type: ignore[attr-defined]
        [
            {
                "public_id": f"{row.id:032x}",
                "complaint_id": row.id,
                "stage": AttachmentStage.BEFORE,
                "display_name": "a.jpg",
                "media_type": "image/jpeg",
                "byte_size": 1,
                "sha256": f"{row.id:064x}",
                "storage_key": "aa/a.jpg",
                "photo_hash": f"{dice.getrandbits(64):016x}",
                "uploaded_at": row.created_at,
            }
            for row in rows
        ],
    )


def _bare(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file)
    for pragma in ("cache_size=-65536", "mmap_size=268435456", "temp_store=memory"):
        connection.execute(f"pragma {pragma}")
    return connection
