"""Run risky work (strangers' pictures, PDF pages) in child processes that can be killed.

A child is a plain interpreter running `sandbox_child.py`. It never imports the application, never forks a
threaded server, gets none of its secrets in the environment, and ends by itself when the parent is gone.
"""

import io
import os
import pickle
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import weakref
from dataclasses import is_dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal

FailureKind = Literal["timeout", "memory", "crash", "error"]

MEBIBYTE = 1024 * 1024
CHILD_SCRIPT = Path(__file__).with_name("sandbox_child.py")
LENGTH = struct.Struct(">Q")
LARGEST_REPLY = 256 * MEBIBYTE
KEPT_ENVIRONMENT = frozenset(
    {"PATH", "PYTHONPATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "HOME", "TMPDIR"}
    | {"TEMP", "TMP", "SYSTEMROOT", "WINDIR", "USERPROFILE"}
)
VALUE_TYPES = (date, datetime, timedelta, timezone)
CPU_LIMIT_SIGNAL = getattr(signal, "SIGXCPU", None)


class Refused(Exception):
    """Say that the input itself cannot be accepted; the one exception a child passes on as it is.

    `code` is a message id, `params` fill its gaps.
    """

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class SandboxFailed(Exception):
    """Say that a child did not finish its work.

    `kind` is "timeout" (clock or CPU), "memory", "crash" (the process died) or "error" (an exception).
    `detail` names the exception and its place, never its text: that may quote a citizen.
    """

    def __init__(self, kind: FailureKind, detail: str = "") -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind
        self.detail = detail


class Sandbox:
    """A pool of killable children, started when first needed and used again. Threads may share it."""

    def __init__(
        self,
        max_tasks: int = 200,
        max_cpu_seconds: int = 15,
        memory_bytes: int = 512 * MEBIBYTE,
        wall_seconds: float = 30,
        children: int | None = None,
    ) -> None:
        """Prepare an empty pool.

        A child is replaced after `max_tasks` tasks or `max_cpu_seconds` of CPU; no single task may use more
        CPU than that either. `memory_bytes` limits its address space. `children` defaults to one per core.
        Windows has neither CPU nor memory limits: only `wall_seconds` counts there.
        """
        self.max_tasks = max_tasks
        self.max_cpu_seconds = max_cpu_seconds
        self.memory_bytes = memory_bytes
        self.wall_seconds = wall_seconds
        self._seats = threading.BoundedSemaphore(children or _usable_cores())
        self._lock = threading.Lock()
        self._idle: list[_Child] = []
        self._alive: set[_Child] = set()
        self._closed = False
        self._finalizer = weakref.finalize(self, _end_all, self._alive, self._lock)

    def run(self, function: str, *args: Any, wall_seconds: float | None = None) -> Any:
        """Call `module:function` in a child and return what it returns.

        Arguments and result are picklable plain values or dataclasses. Waits for a free child first; the wall
        clock starts when the child has the task. Raises Refused or SandboxFailed.
        """
        request = pickle.dumps((function, args), protocol=5)
        with self._seats:
            child = self._take()
            try:
                reply = child.exchange(request, wall_seconds or self.wall_seconds)
            except BaseException:
                self._discard(child)
                raise
            self._put_back(child)
        return _result_of(reply)

    def close(self) -> None:
        """End every child, busy ones too. A closed sandbox cannot be used again."""
        with self._lock:
            self._closed = True
            self._idle.clear()
        self._finalizer()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self.close()

    def _take(self) -> "_Child":
        """Hand out the child used last (its libraries are loaded), or a new one."""
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.process.poll() is None:
                    return child
                self._alive.discard(child)
                child.end()
        try:
            child = _Child(self.memory_bytes, self.max_cpu_seconds)
        except OSError as error:
            raise SandboxFailed("crash", f"no child could be started: {type(error).__name__}") from error
        with self._lock:
            self._alive.add(child)
            closed = self._closed
        if closed:
            self._discard(child)
            raise SandboxFailed("crash", "the sandbox is closed")
        return child

    def _put_back(self, child: "_Child") -> None:
        worn = child.spoilt or child.tasks >= self.max_tasks or child.cpu_seconds >= self.max_cpu_seconds
        with self._lock:
            if not worn and not self._closed:
                self._idle.append(child)
                return
        self._discard(child)

    def _discard(self, child: "_Child") -> None:
        with self._lock:
            self._alive.discard(child)
        child.end()


class _Child:
    """One child process and its two pipes. Used by one thread at a time."""

    def __init__(self, memory_bytes: int, max_cpu_seconds: int) -> None:
        limits = [str(memory_bytes), str(max_cpu_seconds)]
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and script
            [sys.executable, "-W", "ignore", str(CHILD_SCRIPT), *limits],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=tempfile.gettempdir(),
            env={name: value for name, value in os.environ.items() if name.upper() in KEPT_ENVIRONMENT},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self.tasks = 0
        self.cpu_seconds = 0.0
        self.spoilt = False

    def exchange(self, request: bytes, wall_seconds: float) -> dict[str, Any]:
        """Send one request and read its reply, or kill the process and raise SandboxFailed."""
        watchdog = _Watchdog(self.process, wall_seconds)
        try:
            self._send(request)
            body = self._receive()
        except (OSError, EOFError) as error:
            watchdog.stop()
            raise self._death(timed_out=watchdog.fired) from error
        watchdog.stop()
        reply = _load_reply(body)
        self.tasks += 1
        self.cpu_seconds = reply["cpu_seconds"]
        self.spoilt = watchdog.fired or reply["kind"] == "memory"
        return reply

    def end(self) -> None:
        """Kill the process, wait for it so that no zombie stays, and close the pipes."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:  # what could not be written to a dead child is lost anyway
                continue

    def _send(self, request: bytes) -> None:
        stdin = self.process.stdin
        if stdin is None:
            raise EOFError
        stdin.write(LENGTH.pack(len(request)))
        stdin.write(request)
        stdin.flush()

    def _receive(self) -> bytes:
        size = LENGTH.unpack(self._read_exactly(LENGTH.size))[0]
        if size > LARGEST_REPLY:
            raise EOFError
        return self._read_exactly(size)

    def _read_exactly(self, size: int) -> bytes:
        data = self.process.stdout.read(size) if self.process.stdout else b""
        if len(data) != size:
            raise EOFError
        return data

    def _death(self, *, timed_out: bool) -> SandboxFailed:
        if timed_out:
            return SandboxFailed("timeout", "wall clock")
        try:
            status = self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return SandboxFailed("crash", "it closed its pipe")
        if CPU_LIMIT_SIGNAL is not None and status == -CPU_LIMIT_SIGNAL:
            return SandboxFailed("timeout", "CPU limit")
        return SandboxFailed("crash", f"exit status {status}")


class _Watchdog:
    """Kill a process when its time is up; says afterwards whether it did."""

    def __init__(self, process: "subprocess.Popen[bytes]", seconds: float) -> None:
        self.fired = False
        self._process = process
        self._stopped = False
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._fire)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
        self._timer.cancel()

    def _fire(self) -> None:
        with self._lock:
            if not self._stopped:
                self.fired = True
                self._process.kill()


class _PlainValues(pickle.Unpickler):
    """Read plain values, dates and known dataclasses: a child bent by its input runs no code here."""

    def find_class(self, module: str, name: str) -> Any:
        found = getattr(sys.modules.get(module), name, None)
        if isinstance(found, type) and (found in VALUE_TYPES or is_dataclass(found)):
            return found
        raise pickle.UnpicklingError(f"{module}.{name}")


def _load_reply(data: bytes) -> dict[str, Any]:
    """Read a reply. Anything that is none counts as a broken child."""
    try:
        reply = _PlainValues(io.BytesIO(data)).load()
        return {name: reply[name] for name in ("kind", "value", "cpu_seconds")}
    except Exception as error:
        raise SandboxFailed("crash", f"unreadable answer: {type(error).__name__}") from error


def _result_of(reply: dict[str, Any]) -> Any:
    value = reply["value"]
    if reply["kind"] == "result":
        return value
    if reply["kind"] == "refused":
        code, params = value
        raise Refused(code, **params)
    if reply["kind"] == "memory":
        raise SandboxFailed("memory")
    raise SandboxFailed("error", value)


def _end_all(alive: "set[_Child]", lock: threading.Lock) -> None:
    """End the children of a sandbox that was closed, forgotten, or outlived by its process."""
    with lock:
        children = list(alive)
        alive.clear()
    for child in children:
        child.end()


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
