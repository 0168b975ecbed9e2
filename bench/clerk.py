"""One clerk of ``bench.registering``: a process of its own that registers again and again."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from sqlalchemy import select

from app import create_app
from bench.town import bench_settings
from domain.registration import Entry, register
from domain.staff_actor import actor_of_staff
from extensions import db, write_transaction
from models import Channel, Member, StaffUser, Subcategory


def main(folder: str, url: str, number: str, each: str) -> None:
    """Register so many complaints and print errors and milliseconds as JSON."""
    app = create_app(bench_settings(Path(folder), url))
    spent: list[float] = []
    errors: list[str] = []
    with app.app_context():
        session = db.session()
        officer = session.scalars(select(StaffUser).where(StaffUser.username == "clerk")).one()
        subcategory = session.scalars(select(Subcategory).where(Subcategory.code == "ช.(1)")).one()
        actor = actor_of_staff(session, officer.id, via="web")
        entry = {
            "story": "ถนนเป็นหลุมหน้าตลาด ขอให้ซ่อม",
            "member_id": session.scalars(select(Member.id)).first(),
            "channel_id": session.scalars(select(Channel.id)).first(),
            "category_id": subcategory.category_id,
            "subcategory_id": subcategory.id,
            "assignee_id": officer.id,
        }
        session.rollback()
        for index in range(int(each)):
            begin = time.perf_counter()
            try:
                with write_transaction() as writing:
                    token = f"{number}-{index}"
                    register(writing, actor, app.extensions["vault"], Entry(form_token=token, **entry))
            except Exception as error:
                errors.append(repr(error)[:200])
            spent.append((time.perf_counter() - begin) * 1000)
    sys.stdout.write(json.dumps({"errors": errors, "spent": spent}))


if __name__ == "__main__":
    main(*sys.argv[1:5])
