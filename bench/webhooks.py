"""LINE's webhook over HTTP on waitress against a bare hello on the same server and client, fifty at once."""

from __future__ import annotations

import json
import secrets
import tempfile
import time

from bench.measuring import Report
from bench.serving import CONNECTIONS, LEAST_SHARE, MOST_SPREAD, Call, figure, load, served
from line_hooks.signature import HEADER, sign

SECRET = "bench-secret"  # noqa: S105 - of the bench's own server
PERSON = f"U{1:032x}"


def run(report: Report) -> None:
    """Post one signed text event a request, each a new one."""
    report.heading(f"webhook ของ LINE ผ่าน HTTP {CONNECTIONS} การเชื่อมต่อ · webhooks")
    with tempfile.TemporaryDirectory(prefix="u-phee-bench-", ignore_cleanup_errors=True) as folder:
        with served("hello", folder) as (port, _facts):
            hello = load(port, Call("hello", "/", {}))
        with served("webhook", folder) as (port, facts):
            events = load(port, Call("webhook", "/line/citizen/webhook", {}, signed=signed_event))
            heavy = facts["heavy"]
    report.line("hello", figure(hello))
    share = events.rate / hello.rate
    report.line(
        "webhook against hello",
        f"{share:.2f}×  {figure(events)}",
        f"≥ {LEAST_SHARE}×",
        met=share >= LEAST_SHARE,
    )
    spread = events.p99 / events.p50
    report.line("webhook p99 / p50", f"{spread:.1f}", f"≤ {MOST_SPREAD:g}", met=spread <= MOST_SPREAD)
    report.line("webhook errors", str(events.errors), "0", met=events.errors == 0)
    report.line("SDK modules in the server", str(heavy), "0", met=heavy == 0)


def signed_event() -> tuple[str, dict[str, str]]:
    """Return the body of a fresh event and its headers."""
    moment = int(time.time() * 1000)
    event = {
        "type": "message",
        "message": {"type": "text", "id": str(moment), "quoteToken": "q" * 43, "text": "ถนนเป็นหลุมหน้าตลาด"},
        "webhookEventId": secrets.token_hex(13).upper(),
        "deliveryContext": {"isRedelivery": False},
        "timestamp": moment,
        "source": {"type": "user", "userId": PERSON},
        "replyToken": secrets.token_hex(16),
        "mode": "active",
    }
    body = json.dumps({"destination": PERSON, "events": [event]}, ensure_ascii=False)
    headers = {"Content-Type": "application/json; charset=utf-8", HEADER: sign(SECRET, body.encode())}
    return body, headers
