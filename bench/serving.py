"""Registrations and pages over HTTP on waitress against a bare hello on the same server and client."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.measuring import Report

CONNECTIONS = 50
SECONDS = 4.0
LEAST_SHARE = 0.10
MOST_SPREAD = 5.0
SERVER = Path(__file__).with_name("server.py")


@dataclass(frozen=True, slots=True)
class Call:
    """One kind of request; ``body`` makes each one's own form, ``signed`` a body with its own headers."""

    name: str
    path: str
    headers: dict[str, str]
    body: Callable[[], str] | None = None
    wanted: int = 200
    signed: Callable[[], tuple[str, dict[str, str]]] | None = None

    def fresh(self) -> tuple[bytes | None, dict[str, str]]:
        """Return body and headers of one more request."""
        if self.signed is not None:
            body, headers = self.signed()
            return body.encode(), {**self.headers, **headers}
        return (self.body().encode() if self.body else None), self.headers


def run(report: Report) -> None:
    """Serve hello and the product in turn, fifty connections each."""
    report.heading(f"ผ่าน HTTP {CONNECTIONS} การเชื่อมต่อ · waitress, 8 threads, synchronous=FULL")
    with tempfile.TemporaryDirectory(prefix="u-phee-bench-", ignore_cleanup_errors=True) as folder:
        with served("hello", folder) as (port, _facts):
            hello = load(port, Call("hello", "/", {}))
        with served("product", folder) as (port, facts):
            cookie = {"Cookie": facts["cookie"]}
            calls = [
                _registering(cookie, facts["form"]),
                Call("/track", "/track", {}),
                Call("/admin/complaint/", "/admin/complaint/", cookie),
            ]
            loads = [(call, load(port, call)) for call in calls]
    report.line("hello", figure(hello))
    for call, seen in loads:
        share = seen.rate / hello.rate
        report.line(
            f"{call.name} against hello",
            f"{share:.2f}×  {figure(seen)}",
            f"≥ {LEAST_SHARE}×",
            met=share >= LEAST_SHARE,
        )
        spread = seen.p99 / seen.p50
        report.line(
            f"{call.name} p99 / p50", f"{spread:.1f}", f"≤ {MOST_SPREAD:g}", met=spread <= MOST_SPREAD
        )
        report.line(f"{call.name} errors", str(seen.errors), "0", met=seen.errors == 0)


def _registering(cookie: dict[str, str], fields: dict[str, str]) -> Call:
    """Return the press on บันทึกเรื่อง; every request is a form of its own."""
    headers = {**cookie, "Content-Type": "application/x-www-form-urlencoded"}
    return Call(
        "registering",
        "/admin/complaint/new",
        headers,
        lambda: urlencode({**fields, "form_token": secrets.token_hex(16)}),
        wanted=303,
    )


class Load:
    """What fifty connections saw; times in milliseconds."""

    def __init__(self, spent: list[float], errors: int, seconds: float) -> None:
        ordered = sorted(spent)
        self.rate = len(ordered) / seconds
        self.p50 = statistics.median(ordered)
        self.p99 = ordered[int(len(ordered) * 0.99) - 1]
        self.errors = errors


def figure(seen: Load) -> str:
    """Return rate and times in words."""
    return f"{seen.rate:,.0f}/s, p50 {seen.p50:.0f} ms, p99 {seen.p99:.0f} ms"


def load(port: int, call: Call) -> Load:
    """Send one kind of request over fifty connections for a few seconds."""
    spent: list[float] = []
    errors: list[int] = []
    _connection(port, call, time.perf_counter() + 0.5, [], [])
    end = time.perf_counter() + SECONDS
    threads = [
        threading.Thread(target=_connection, args=(port, call, end, spent, errors))
        for _ in range(CONNECTIONS)
    ]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Load(spent, len(errors), time.perf_counter() - start)


def _connection(port: int, call: Call, end: float, spent: list[float], errors: list[int]) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    while time.perf_counter() < end:
        body, headers = call.fresh()
        begin = time.perf_counter()
        try:
            client.request("POST" if body else "GET", call.path, body=body, headers=headers)
            answer = client.getresponse()
            answer.read()
            if answer.status != call.wanted:
                errors.append(answer.status)
        except (OSError, http.client.HTTPException):
            errors.append(0)
            client.close()
        spent.append((time.perf_counter() - begin) * 1000)
    client.close()


@contextlib.contextmanager
def served(what: str, folder: str) -> Iterator[tuple[int, Any]]:
    """Run one of ``bench.server``'s servers and yield its port and what it told."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(  # noqa: S603 - our own server in a fresh interpreter
        [sys.executable, "-m", "bench.server", what, str(port), folder],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    try:
        line = server.stdout.readline() if server.stdout else ""
        if not line.startswith("ready"):
            raise RuntimeError(f"the bench server did not start: {line!r}")
        _wait_for(port)
        yield port, json.loads(line.removeprefix("ready"))
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the bench server does not answer")
