"""The program of a sandbox child: read a task, do it, write the answer, until the parent is gone.

Started by `sandbox.py` as `python sandbox_child.py <memory bytes> <CPU seconds per task>`. Imports nothing of
ours but what a task names.
"""

import importlib
import logging
import math
import os
import pickle
import signal
import struct
import sys
import time
import traceback
from pathlib import Path
from typing import Any, BinaryIO

from sandbox import Refused

try:
    import resource
except ModuleNotFoundError:  # Windows
    resource = None  # type: ignore[assignment]

LENGTH = struct.Struct(">Q")


def main() -> None:
    """Serve tasks until the pipe from the parent is closed."""
    memory_bytes, cpu_seconds = int(sys.argv[1]), int(sys.argv[2])
    requests, replies = take_pipes()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair
    logging.disable(logging.CRITICAL)  # libraries quote the text they stumble over
    limit_process(memory_bytes)
    while (request := read_message(requests)) is not None:
        allow_cpu(cpu_seconds)
        answer = perform(request)
        write_message(replies, answer)


def take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep the two pipes for ourselves, so that a library that prints cannot garble an answer."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    return requests, replies


def limit_process(memory_bytes: int) -> None:
    """Limit the address space, and leave no core dump with citizens' data."""
    if resource is None:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    except (ValueError, OSError):  # macOS refuses; the wall clock still counts there
        return


def allow_cpu(seconds: int) -> None:
    """Give the coming task so many seconds of CPU; the kernel ends the process beyond."""
    if resource is not None:
        _soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + seconds, hard))


def perform(request: bytes) -> bytes:
    """Do one task; the answer is a pickled dictionary with kind, value and the CPU seconds used so far."""
    try:
        kind, value = "result", call(request)
        return answer(kind, value)
    except Refused as refusal:
        return answer("refused", (refusal.code, refusal.params))
    except MemoryError:
        return answer("memory", None)
    except Exception as error:
        return answer("error", place_of(error))


def call(request: bytes) -> Any:
    """Import and call what the parent named."""
    function, args = pickle.loads(request)  # noqa: S301 - written by the parent
    module, _colon, name = function.partition(":")
    return getattr(importlib.import_module(module), name)(*args)


def answer(kind: str, value: Any) -> bytes:
    """Pack an answer."""
    return pickle.dumps({"kind": kind, "value": value, "cpu_seconds": time.process_time()}, protocol=5)


def place_of(error: Exception) -> str:
    """Name the exception and where it was raised, without its text."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {places}"


def read_message(pipe: BinaryIO) -> bytes | None:
    """Read one message; None at the end."""
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    size = LENGTH.unpack(head)[0]
    body = pipe.read(size)
    return body if len(body) == size else None


def write_message(pipe: BinaryIO, body: bytes) -> None:
    """Write one message."""
    pipe.write(LENGTH.pack(len(body)))
    pipe.write(body)
    pipe.flush()


if __name__ == "__main__":
    main()
