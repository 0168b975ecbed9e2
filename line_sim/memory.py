"""The ground of the fake LINE's memory: one lock, one clock, one journal with files beside it."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from line_sim.records import JsonDict, SimChannel

MAX_FILES_BYTES = 64 * 1024 * 1024
"""Photos, files and menu pictures kept beside the journal; the oldest photo goes first."""


@dataclass
class Memory:
    """What every part of the memory stands on.

    Attributes:
        channels: By key.
        journal: File of JSON lines that outlives the process; None keeps all in memory. Pictures stand
            in a folder of the same name with ``.files``.
        clock: Seconds since the epoch; a test may put its own here.
        allow_http: Take http pictures and webhook addresses, for a demo on one's own machine.
        strict: Check every body with the SDK's models; off for a bench that sends thousands a second.
        lock: Held while something is looked up and then changed, so that one retry key sends once.
            Never held while a webhook travels or an answer waits.
        misuse: What our side did that LINE forgives but we must not, for example another body under
            the same retry key.
    """

    channels: dict[str, SimChannel]
    journal: Path | None = None
    clock: Callable[[], float] = time.time
    allow_http: bool = False
    strict: bool = True
    misuse: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        """Take up what the journal holds."""
        self._changed = threading.Condition(self.lock)
        if self.journal is not None and self.journal.exists():
            for record in read_journal(self.journal):
                # A demo must start even on the journal of another version.
                with suppress(AttributeError, KeyError, TypeError):
                    self._remember(record)
            # A last line torn by a kill must not swallow the next one.
            with self.journal.open("a", encoding="utf-8") as file:
                file.write("\n")

    def _keep(self, *records: JsonDict) -> None:
        """Write records to the journal and take them into memory; with the lock held."""
        self._write(*records)
        for record in records:
            self._remember(record)
        self._changed.notify_all()

    def _write(self, *records: JsonDict) -> None:
        if self.journal is not None:
            lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
            with self.journal.open("a", encoding="utf-8") as file:
                file.write(lines)
                file.flush()
                os.fsync(file.fileno())

    def _remember(self, record: JsonDict) -> None:
        """Take a record into memory; one of a kind nobody knows any more is left out."""
        for kind, value in record.items():
            recall = getattr(self, f"_recall_{kind}", None)
            if recall is not None:
                recall(value)

    # Files beside the journal

    @property
    def _files(self) -> Path | None:
        return self.journal.with_name(self.journal.name + ".files") if self.journal is not None else None

    def _store_file(self, name: str, body: bytes) -> None:
        folder = self._files
        if folder is not None:
            folder.mkdir(exist_ok=True)
            (folder / name).write_bytes(body)

    def _stored_file(self, name: str) -> bytes | None:
        folder = self._files
        path = folder / name if folder is not None else None
        return path.read_bytes() if path is not None and path.is_file() else None

    def _drop_file(self, name: str) -> None:
        folder = self._files
        if folder is not None:
            (folder / name).unlink(missing_ok=True)


def read_journal(path: Path) -> Iterator[JsonDict]:
    """Yield the records of a journal, oldest first; a last line torn by a kill is left out."""
    for line in path.read_text(encoding="utf-8").split("\n"):
        try:
            yield json.loads(line)
        except ValueError:
            continue
