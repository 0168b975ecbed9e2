"""Real servers that are born quickly and may be killed.

Each child runs the very verb ``manage.py run``: migration check, planting, waitress.
"""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from helpers.nursery import Nursery, nursery, obey

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

    def __init__(self, children: Nursery, number: int, port: int) -> None:
        self._children = children
        self.number = number
        self.port = port

    def is_up(self) -> bool:
        """Wait until it answers; False when it died before it could."""
        end = time.monotonic() + LONGEST_START
        while time.monotonic() < end:
            if self._children.poll(self.number) is not None:
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
        return self._children.wait(self.number)

    def kill(self) -> None:
        """Kill it without warning and see it buried."""
        self._children.kill(self.number)


class ServerNursery:
    """The nursery's face for servers: each gets a port of its own."""

    def __init__(self, children: Nursery) -> None:
        self._children = children
        self.kill_all = children.kill_all

    def start(self, environment: Mapping[str, str]) -> Server:
        """Start a server on a free port."""
        port = _free_port()
        return Server(self._children, self._children.start({**environment, "PORT": str(port)}), port)


@contextmanager
def server_nursery() -> Iterator[ServerNursery]:
    """Run the nursery of servers for the time of a test module."""
    with nursery(__file__) as children:
        yield ServerNursery(children)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _serve(_environment: dict[str, str]) -> None:
    """Be ``manage.py run``."""
    verbs.main(["run"], prog_name="manage.py")


if __name__ == "__main__":
    import alembic.command  # noqa: F401 - the slow parts, done once, before any server is born
    import waitress  # noqa: F401

    from cli import group as verbs

    obey(_serve)
