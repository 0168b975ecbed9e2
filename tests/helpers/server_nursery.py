"""Real servers that are born quickly and may be killed: a process that imports once and forks on demand.

Each child runs the very verb ``manage.py run``: migration check, planting, waitress. As a program it reads
one JSON order per line and answers each with one line: ``{"start": environment}`` with the process id,
``{"wait": id}`` with the exit code, ``{"poll": id}`` the same or null while it lives. Needs fork: POSIX only.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
KILLED = -signal.SIGKILL
LONGEST_START = 60.0
LONGEST_ANSWER = 30.0


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    location: str
    cookie: str
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Server:
    """One running server on a loopback port."""

    def __init__(self, nursery: ServerNursery, number: int, port: int) -> None:
        self._nursery = nursery
        self.number = number
        self.port = port

    def is_up(self) -> bool:
        """Wait until it answers; False when it died before it could."""
        end = time.monotonic() + LONGEST_START
        while time.monotonic() < end:
            if self._nursery.poll(self.number) is not None:
                return False
            if self.ask("GET", "/healthz") is not None:
                return True
            time.sleep(0.02)
        raise AssertionError("the server neither started nor died")

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer | None:
        """Send one request; None when nobody answered to the end."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONGEST_ANSWER)
        try:
            connection.request(method, path, body, {"Connection": "close", **(headers or {})})
            answer = connection.getresponse()
            cookie = answer.getheader("Set-Cookie", "").partition(";")[0]
            return Answer(answer.status, answer.getheader("Location", ""), cookie, answer.read())
        except (ConnectionError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def exit_code(self) -> int:
        """Wait for its end and return the exit code, negative for a signal."""
        return self._nursery.wait(self.number)

    def kill(self) -> None:
        """Kill it without warning and see it buried."""
        self._nursery.kill(self.number)


class ServerNursery:
    """The test's side: starts servers, watches them, kills them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._alive: set[int] = set()
        self._buried: dict[int, int] = {}

    def start(self, environment: Mapping[str, str]) -> Server:
        """Start a server on a free port."""
        port = _free_port()
        number = int(self._ask({"start": {**environment, "PORT": str(port)}}))
        self._alive.add(number)
        return Server(self, number, port)

    def poll(self, number: int) -> int | None:
        """Return the exit code of a server, None while it lives."""
        if number not in self._buried:
            self._bury(number, self._ask({"poll": number}))
        return self._buried.get(number)

    def wait(self, number: int) -> int:
        """Wait for a server to end and return its exit code."""
        if number not in self._buried:
            self._bury(number, self._ask({"wait": number}))
        return self._buried[number]

    def kill(self, number: int) -> None:
        """Kill a server that may be dead already."""
        if self.poll(number) is None:
            os.kill(number, signal.SIGKILL)
            self.wait(number)

    def kill_all(self) -> None:
        """Leave nobody behind."""
        for number in list(self._alive):
            self.kill(number)

    def _bury(self, number: int, code: Any) -> None:
        if code is not None:
            self._buried[number] = int(code)
            self._alive.discard(number)

    def _ask(self, order: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextmanager
def server_nursery() -> Iterator[ServerNursery]:
    """Run the nursery for the time of a test module."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    with subprocess.Popen(
        [sys.executable, __file__],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        made = ServerNursery(process)
        try:
            yield made
        finally:
            made.kill_all()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _serve(environment: dict[str, str]) -> None:
    """Be ``manage.py run``."""
    os.environ.update(environment)
    verbs.main(["run"], prog_name="manage.py")


def _obey() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        if "start" in order:
            number = os.fork()
            if number == 0:
                os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Answers are the parent's.
                _serve(order["start"])
                os._exit(0)
            _answer(number)
        else:
            number, status = os.waitpid(
                order.get("wait", order.get("poll")), 0 if "wait" in order else os.WNOHANG
            )
            _answer(os.waitstatus_to_exitcode(status) if number else None)


def _answer(value: int | None) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    import alembic.command  # noqa: F401 - the slow parts, done once, before any server is born
    import waitress  # noqa: F401

    from cli import group as verbs

    _obey()
