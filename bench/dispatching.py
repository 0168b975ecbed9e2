"""Messages from the outbox to a LINE that answers in 50 ms, fifty at once: against what the clock allows."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from bench.line_stub import LATENCY
from bench.measuring import Report
from bench.registering import on_both
from bench.town import bench_town
from domain.clock import now
from extensions import db, write_transaction
from models import DeliveryState, LineAccount, LineChannel, OutboxChannel, OutboxMessage
from worker.loop import drain_once
from worker.senders import AT_ONCE, Postman
from worker.upkeep import tidy_database

MESSAGES = 3000
LEAST_SHARE = 0.7


def run(report: Report) -> None:
    """Send three thousand order cards on each database."""
    report.heading(f"ส่ง LINE {MESSAGES:,} ข้อความ พร้อมกัน {AT_ONCE} · dispatching")
    on_both(report, _on)


def _on(report: Report, name: str, url: str) -> None:
    with bench_town(url) as app, _stub() as line_url:
        settings = app.extensions["settings"]
        keys = {"line_citizen_token": "bench", "line_citizen_secrets": ("bench",)}
        app.extensions["settings"] = replace(settings, line_api_url=line_url, **keys)
        _fill()
        tidy_database(app)  # As in service: the database knows its tables.
        postman = Postman(app)
        start = time.perf_counter()
        drain_once(app, postman, periodic=False)
        seconds = time.perf_counter() - start
        postman.close()
        db.session.rollback()
        sent = db.session.query(OutboxMessage).filter_by(state=DeliveryState.SENT).count()
        counts = _counts(line_url)
    rate, ideal = MESSAGES / seconds, AT_ONCE / LATENCY
    report.line(
        f"{name}: share of {ideal:,.0f}/s",
        f"{rate / ideal:.2f}×  {rate:,.0f}/s",
        f"≥ {LEAST_SHARE}×",
        met=rate >= LEAST_SHARE * ideal,
    )
    once = sent == MESSAGES == counts["pushes"] == counts["keys"]
    report.line(f"{name}: sent once each", f"{sent:,} rows, {counts['pushes']:,} requests", met=once)
    report.line(f"{name}: most at once", str(counts["most"]), f"≤ {AT_ONCE}", met=counts["most"] <= AT_ONCE)


def _fill() -> None:
    """Write a status card for each of many people."""
    facts = {
        "number": "อส. 1/2569",
        "public_code": "2026-1",
        "state_code": "in_progress",
        "state_word": "กำลังแก้ไข",
        "subtype_name": "ขยะตกค้าง",
        "place": "หน้าตลาดเทศบาล",
        "zone": "เขต 3",
        "due_text": "24 พฤศจิกายน 2569",
        "steps": [["ได้รับเรื่องแล้ว", "done"], ["กำลังแก้ไข", "now"]],
    }
    with write_transaction() as session:
        for number in range(MESSAGES):
            person = f"U{number:032x}"
            session.add(LineAccount(channel=LineChannel.CITIZEN, line_user_id=person, bound_at=now()))
            session.add(
                OutboxMessage(
                    channel=OutboxChannel.LINE_CITIZEN,
                    recipient=person,
                    template_key="citizen_started",
                    facts=facts,
                    dedupe_key=str(uuid.uuid4()),
                    retry_key=str(uuid.uuid4()),
                    not_before=now(),
                    created_at=now(),
                )
            )


def _counts(url: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{url}/counts", timeout=10) as answer:  # noqa: S310 - our own stub
        found: dict[str, int] = json.loads(answer.read())
        return found


@contextmanager
def _stub() -> Iterator[str]:
    stub = subprocess.Popen([sys.executable, "-m", "bench.line_stub"], stdout=subprocess.PIPE, text=True)
    try:
        port = stub.stdout.readline().strip() if stub.stdout else ""
        yield f"http://127.0.0.1:{port}"
    finally:
        stub.terminate()
        stub.wait(10)
