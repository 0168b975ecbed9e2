"""Real processes that are born quickly and may be killed: a program that imports once and forks on demand.

The program (``server_nursery.py``, ``worker_nursery.py``) calls ``obey`` with what a child shall be. It reads
one JSON order per line and answers each with one line: ``{"start": environment}`` with the process id,
``{"wait": id}`` with the exit code, negative for a signal, ``{"poll": id}`` the same or null while it lives.
Needs fork: POSIX only.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
KILLED = -9  # Windows, which skips these tests, has no signal of this name.


class Nursery:
    """The test's side: starts children, watches them, kills them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._alive: set[int] = set()
        self._buried: dict[int, int] = {}

    def start(self, environment: Mapping[str, str]) -> int:
        """Start a child and return its process id."""
        number = int(self._ask({"start": dict(environment)}))
        self._buried.pop(number, None)  # The system gives numbers out again.
        self._alive.add(number)
        return number

    def poll(self, number: int) -> int | None:
        """Return the exit code of a child, None while it lives."""
        if number not in self._buried:
            self._bury(number, self._ask({"poll": number}))
        return self._buried.get(number)

    def wait(self, number: int) -> int:
        """Wait for a child to end and return its exit code."""
        if number not in self._buried:
            self._bury(number, self._ask({"wait": number}))
        return self._buried[number]

    def kill(self, number: int) -> None:
        """Kill a child without warning, should it still live, and see it buried."""
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
def nursery(program: str) -> Iterator[Nursery]:
    """Run a nursery's program for the time of a test module."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    with subprocess.Popen(
        [sys.executable, "-P", program],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        made = Nursery(process)
        try:
            yield made
        finally:
            made.kill_all()


def obey(child: Callable[[dict[str, str]], None]) -> None:
    """Be the program: carry out orders until there are no more."""
    for line in sys.stdin:
        order = json.loads(line)
        if "start" in order:
            _answer(_bear(child, order["start"]))
            continue
        waits = 0 if "wait" in order else os.WNOHANG
        number, status = os.waitpid(order.get("wait", order.get("poll")), waits)
        _answer(os.waitstatus_to_exitcode(status) if number else None)


def _bear(child: Callable[[dict[str, str]], None], environment: dict[str, str]) -> int:
    number = os.fork()
    if number == 0:
        os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Answers are the parent's alone.
        os.environ.update(environment)
        child(environment)
        os._exit(0)
    return number


def _answer(value: int | None) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()
