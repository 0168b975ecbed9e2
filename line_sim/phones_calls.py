"""The last requests our side made of the fake LINE, and what each cost: for whoever trains or tests.

Watched from outside, around the WSGI application, so that the fake itself need not know it is looked at.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from wsgiref.types import StartResponse, WSGIEnvironment

from line_sim.server import FakeLine

KEPT: Final = 30
_FREE = re.compile(r"/message/reply$")
_COUNTED = re.compile(r"/message/(push|multicast|broadcast|narrowcast)$")
_PERSON = re.compile(r"U[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    Attributes:
        number: Of all requests so far, from 1.
        at: Seconds since the epoch, by the fake's clock.
        channel: Key of the account whose token it brought; empty for none.
        status: Of the answer; 0 where the connection was cut.
        retry_key: The first letters of the retry key.
        cost: ``free`` for a reply, ``paid`` for a push that was taken, ``again`` for one that was
            taken before, ``none`` for everything else.
    """

    number: int
    at: float
    channel: str
    method: str
    path: str
    status: int
    retry_key: str
    cost: str


@dataclass
class CallLog:
    """The last requests, newest first."""

    fake: FakeLine
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=KEPT))
    count: int = 0

    def watch(self) -> None:
        """Note every request from now on."""
        app: Any = self.fake.wsgi_app
        inside: Callable[..., Iterable[bytes]] = app.wsgi_app

        def watched(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            status = 0

            def start(line: str, *more: Any) -> Any:
                nonlocal status
                status = int(line[:3])
                return start_response(line, *more)

            try:
                return inside(environ, start)
            finally:
                self._note(environ, status)

        app.wsgi_app = watched

    def _note(self, environ: WSGIEnvironment, status: int) -> None:
        state = self.fake.state
        token = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")[2]
        path = str(environ.get("PATH_INFO", ""))
        channel = next((one.key for one in state.channels.values() if token and one.token == token), "")
        with state.lock:
            self.count += 1
            self.calls.appendleft(
                Call(
                    number=self.count,
                    at=state.clock(),
                    channel=channel,
                    method=str(environ.get("REQUEST_METHOD", "")),
                    path=_short(path),
                    status=status,
                    retry_key=str(environ.get("HTTP_X_LINE_RETRY_KEY", ""))[:8],
                    cost=_cost(path, status),
                )
            )


def _short(path: str) -> str:
    return _PERSON.sub(lambda found: found[0][:6] + "…", path.removeprefix("/v2/bot"))[:60]


def _cost(path: str, status: int) -> str:
    if _FREE.search(path) and status == 200:
        return "free"
    if _COUNTED.search(path) and status in {200, 202}:
        return "paid"
    return "again" if status == 409 else "none"


def quota_line(fake: FakeLine, channel: str) -> tuple[int, int | None]:
    """Return how many messages of an account count this month, and how many it may send; None is no limit."""
    account = fake.state.channels[channel]
    return fake.state.used(account), account.quota_limit


def parse_int(text: str, least: int, most: int) -> int | None:
    """Return a whole number typed into a form; None for anything else."""
    plain = text.strip()
    if not (plain.isascii() and plain.isdigit()) or len(plain) > 9:
        return None
    number = int(plain)
    return number if least <= number <= most else None
