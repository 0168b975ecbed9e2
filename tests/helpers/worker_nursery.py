"""Worker processes that are born quickly and may be killed: a process that imports once and forks on demand.

Run as a program it reads one JSON order per line and answers each with one line: ``{"start": environment}``
with the process id, ``{"wait": id}`` with the exit code, negative for a signal. Needs fork, so POSIX only.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


class Nursery:
    """The test's side: starts workers, waits for them, kills them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._alive: set[int] = set()

    def start(self, environment: Mapping[str, str]) -> int:
        """Start a worker and return its process id."""
        number = int(self._ask({"start": dict(environment)}))
        self._alive.add(number)
        return number

    def wait(self, number: int) -> int:
        """Wait for a worker to end and return its exit code."""
        code = int(self._ask({"wait": number}))
        self._alive.discard(number)
        return code

    def kill(self, number: int) -> None:
        """Kill a worker without warning and see it buried."""
        os.kill(number, signal.SIGKILL)
        self.wait(number)

    def kill_all(self) -> None:
        """Leave nobody behind."""
        for number in list(self._alive):
            self.kill(number)

    def _ask(self, order: dict[str, Any]) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


@contextmanager
def nursery() -> Iterator[Nursery]:
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
        made = Nursery(process)
        try:
            yield made
        finally:
            made.kill_all()


def _work(environment: dict[str, str]) -> None:
    """Be a worker: until nothing is due, or for ever when FOREVER is set."""
    os.environ.update(environment)
    settings = Settings.from_env()
    app = create_app(settings)
    if "FOREVER" in environment:
        run_worker(app, threading.Event())
    postman = Postman(settings, timeout=(2.0, 10.0))
    drain_once(app, postman)
    postman.close()


def _obey() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            _, status = os.waitpid(order["wait"], 0)
            _answer(os.waitstatus_to_exitcode(status))
            continue
        number = os.fork()
        if number == 0:
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # Answers are the parent's alone.
            _work(order["start"])
            os._exit(0)
        _answer(number)


def _answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    from app import create_app  # The slow part, done once, before any worker is born.
    from config import Settings
    from worker.loop import drain_once, run_worker
    from worker.senders import Postman

    _obey()
