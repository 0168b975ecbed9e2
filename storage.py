"""Where re-encoded photos, PDF copies and exports are kept: a local folder behind a few verbs."""

from __future__ import annotations

import errno
import io
import os
import re
import secrets
import shutil
from pathlib import Path
from typing import IO, Final

from domain.faults import fault_point

_KEY: Final = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}\.[a-z0-9]{1,8}", re.ASCII)
_UNFINISHED: Final = ".part"


class StorageFailed(Exception):
    """The file could not be written; ``is_full`` tells whether the disk has no room."""

    def __init__(self, is_full: bool) -> None:
        super().__init__("no space" if is_full else "write failed")
        self.is_full = is_full


class FileStore:
    """Keep bytes under keys of our own making; a name a person gave never becomes a path."""

    def __init__(self, root: Path) -> None:
        """Use the folder; it is made when the first file is put."""
        self._root = root

    def put(self, data: bytes, suffix: str) -> str:
        """Write the bytes durably and return their new key.

        The file appears under its key whole or not at all: temporary file, fsync, rename, folder fsync.

        Args:
            data: What to keep.
            suffix: Of our own choosing, such as ``.jpg``.

        Raises:
            StorageFailed: the disk is full or refuses.
        """
        return self.put_stream(io.BytesIO(data), suffix)

    def put_stream(self, source: IO[bytes], suffix: str) -> str:
        """Do the same with what can be read to its end, in memory that does not grow with it."""
        name = secrets.token_hex(16)
        key = f"{name[:2]}/{name}{suffix}"
        path = self._path(key)
        try:
            self._make_folder(path.parent)
            _write(path.with_suffix(_UNFINISHED), source)
            fault_point("before_file_rename")
            path.with_suffix(_UNFINISHED).replace(path)
            _sync_folder(path.parent)
        except OSError as error:
            for leftover in (path.with_suffix(_UNFINISHED), path):
                _remove_quietly(leftover)
            raise StorageFailed(error.errno in {errno.ENOSPC, errno.EDQUOT}) from error
        return key

    def get(self, key: str) -> bytes:
        """Return the bytes of a key.

        Raises:
            FileNotFoundError: there is no such file.
        """
        return self._path(key).read_bytes()

    def delete(self, key: str) -> None:
        """Remove a file; nothing happens when it is gone already."""
        self._path(key).unlink(missing_ok=True)

    def path(self, key: str) -> Path:
        """Return where a key's file lies, for sending it without reading it into memory.

        Raises:
            FileNotFoundError: it is no key of ours.
        """
        return self._path(key)

    def keys(self, before: float | None = None) -> set[str]:
        """Return every stored key, for the sweeper that looks for orphans.

        Args:
            before: Only files written before this moment, in seconds since the epoch; unfinished ones of then
                count, too, as nobody finishes them any more.
        """
        found = set()
        for path in self._root.glob("*/*"):
            key = path.relative_to(self._root).as_posix()
            if not _KEY.fullmatch(key):
                continue
            if key.endswith(_UNFINISHED) if before is None else _written_at(path) >= before:
                continue
            found.add(key)
        return found

    def _make_folder(self, folder: Path) -> None:
        if folder.exists():
            return
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.mkdir(exist_ok=True, mode=0o700)
        _sync_folder(self._root)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise FileNotFoundError(errno.ENOENT, "not a key of ours", key)
        return self._root / key


def _written_at(path: Path) -> float:
    """Return when a file was written; one that went meanwhile counts as new."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _write(path: Path, source: IO[bytes]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        shutil.copyfileobj(source, stream)
        stream.flush()
        os.fsync(stream.fileno())


def _remove_quietly(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # The disk that refused the file may refuse this too; the sweeper comes by later.
        return


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # Windows cannot open a folder; its rename is durable enough for us.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
