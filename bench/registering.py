"""Registering from eight threads at once: no error, no gap."""

from __future__ import annotations

import statistics
import threading
import time

from flask import Flask
from sqlalchemy import select

from bench.measuring import Report
from bench.town import bench_town
from domain.registration import Entry, register
from domain.staff_actor import actor_of_staff
from extensions import db, write_transaction
from models import Channel, Complaint, Member, StaffUser, Subcategory

THREADS = 8
EACH = 50


def run(report: Report) -> None:
    """Let eight clerks register fifty complaints each and look at the numbers."""
    report.heading(f"บันทึกเรื่องพร้อมกัน {THREADS} คน คนละ {EACH} เรื่อง · registering, synchronous=FULL")
    with bench_town() as app:
        spent: list[float] = []
        errors: list[str] = []
        start = time.perf_counter()
        clerks = [
            threading.Thread(target=_clerk, args=(app, number, spent, errors)) for number in range(THREADS)
        ]
        for clerk in clerks:
            clerk.start()
        for clerk in clerks:
            clerk.join()
        seconds = time.perf_counter() - start
        numbers = sorted(db.session.scalars(select(Complaint.number_running)))
        wanted = THREADS * EACH
        ordered = sorted(spent)
        report.line("errors", str(len(errors)), "0", met=not errors)
        report.line(
            "numbers 1…n without a gap",
            str(len(numbers)),
            str(wanted),
            met=numbers == [*range(1, wanted + 1)],
        )
        p50, p99 = statistics.median(ordered), ordered[int(len(ordered) * 0.99) - 1]
        report.line("rate", f"{wanted / seconds:.0f}/s, p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms")


def _clerk(app: Flask, number: int, spent: list[float], errors: list[str]) -> None:
    with app.app_context():
        session = db.session()
        officer = session.scalars(select(StaffUser).where(StaffUser.username == "clerk")).one()
        actor = actor_of_staff(session, officer.id, via="web")
        subcategory = session.scalars(select(Subcategory).where(Subcategory.code == "ช.(1)")).one()
        channel_id = session.scalars(select(Channel.id)).first()
        member_id = session.scalars(select(Member.id)).first()
        entry = {
            "story": "ถนนเป็นหลุมหน้าตลาด ขอให้ซ่อม",
            "member_id": member_id,
            "channel_id": channel_id,
            "category_id": subcategory.category_id,
            "subcategory_id": subcategory.id,
            "assignee_id": officer.id,
        }
        vault = app.extensions["vault"]
        for index in range(EACH):
            begin = time.perf_counter()
            try:
                with write_transaction() as writing:
                    register(writing, actor, vault, Entry(form_token=f"{number}-{index}", **entry))
            except Exception as error:
                errors.append(repr(error))
            spent.append(time.perf_counter() - begin)
