"""Steps of a report in the chat, from the stored webhook to the answer in the outbox, on both databases.

The floor is what the webhook bench measures: taking one event at the door, over HTTP, in the same run. One
worker handles one step after the other.
"""

from __future__ import annotations

import secrets
import tempfile
import time
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from bench.measuring import Report
from bench.registering import on_both
from bench.serving import Call, figure, load, served
from bench.town import bench_town
from bench.webhooks import signed_event
from domain.clock import now
from extensions import db, write_transaction
from line_hooks.postback import encode
from models import ChatDraft, Complaint, DeliveryState, LineAccount, LineChannel, WebhookReceipt
from worker.receipts import handle_due
from worker.upkeep import tidy_database

PEOPLE = 300
MOST_FLOORS = {"first words": 10.0, "a place": 10.0, "handing in": 20.0}
"""By step. A step is read, understood, kept and answered; the door only stores."""
STORY = "ถนนหน้าตลาดเป็นหลุมใหญ่ รถล้มบ่อย"


def run(report: Report) -> None:
    """Let three hundred people report at once: words, a place, the press that hands it in."""
    report.heading(f"แจ้งเรื่องในแชต {PEOPLE} คน ผู้ส่งงานเดียว · chat")
    with (
        tempfile.TemporaryDirectory(prefix="u-phee-bench-", ignore_cleanup_errors=True) as folder,
        served("webhook", folder) as (port, _facts),
    ):
        door = load(port, Call("webhook", "/line/citizen/webhook", {}, signed=signed_event))
    report.line("the webhook's door", figure(door))
    on_both(report, lambda report, name, url: _on(report, name, url, 1 / door.rate))


def _on(report: Report, name: str, url: str, floor: float) -> None:
    with bench_town(url) as app:
        people = _people()
        tidy_database(app)  # As in service: the database knows its tables.
        _handled(app, [_text(people[0], "เมนู")])  # The process has seen the town before it is timed.
        steps = {
            "first words": _handled(app, [_text(person, STORY) for person in people]),
            "a place": _handled(app, [_place(person) for person in people]),
            "handing in": _handled(app, _presses(app)),
        }
        cases = db.session.scalar(select(func.count()).select_from(Complaint))
        failed = db.session.scalar(
            select(func.count()).select_from(WebhookReceipt).where(WebhookReceipt.state != DeliveryState.SENT)
        )
    for step, seconds in steps.items():
        each = seconds / PEOPLE
        most = MOST_FLOORS[step]
        report.line(
            f"{name}: {step}",
            f"{each / floor:.1f}× floor  {each * 1000:.2f} ms each",
            f"≤ {most:g}×",
            met=each / floor <= most,
        )
    is_whole = cases == PEOPLE and not failed
    report.line(f"{name}: cases, events that failed", f"{cases}, {failed}", f"{PEOPLE}, 0", met=is_whole)


def _people() -> list[str]:
    """Plant people who are friends of the citizens' account; return their LINE ids."""
    people = [f"U{number:032x}" for number in range(1, PEOPLE + 1)]
    with write_transaction() as session:
        for person in people:
            session.add(LineAccount(channel=LineChannel.CITIZEN, line_user_id=person, bound_at=now()))
    return people


def _handled(app: Flask, events: list[dict[str, Any]]) -> float:
    """Store events as the webhook does and return the seconds a worker takes for them."""
    with write_transaction() as session:
        for event in events:
            session.add(
                WebhookReceipt(
                    channel=LineChannel.CITIZEN,
                    webhook_event_id=event["webhookEventId"],
                    event_timestamp=now(),
                    body=event,
                    not_before=now(),
                    created_at=now(),
                )
            )
    begin = time.perf_counter()
    while handle_due(app, lambda: False):
        pass
    seconds = time.perf_counter() - begin
    db.session.rollback()
    return seconds


def _presses(app: Flask) -> list[dict[str, Any]]:
    """Return everybody's press on the button that hands the report in."""
    key = app.extensions["vault"].button_key
    drafts = db.session.execute(
        select(LineAccount.line_user_id, ChatDraft.code, ChatDraft.turn).join(
            LineAccount, LineAccount.id == ChatDraft.line_account_id
        )
    ).all()
    db.session.rollback()
    data = {person: encode("t_send", code, key, state_seq=turn) for person, code, turn in drafts}
    return [_event(person, "postback", postback={"data": said}) for person, said in data.items()]


def _text(person: str, text: str) -> dict[str, Any]:
    return _event(person, "message", message={"type": "text", "id": secrets.token_hex(8), "text": text})


def _place(person: str) -> dict[str, Any]:
    place = {"type": "location", "id": secrets.token_hex(8), "latitude": 16.4322, "longitude": 102.8236}
    return _event(person, "message", message=place)


def _event(person: str, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        **more,
        "webhookEventId": secrets.token_hex(13).upper(),
        "deliveryContext": {"isRedelivery": False},
        "timestamp": int(time.time() * 1000),
        "source": {"type": "user", "userId": person},
        "replyToken": secrets.token_hex(16),
        "mode": "active",
    }
