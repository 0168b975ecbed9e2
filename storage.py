"""Where re-encoded photos, PDF copies and exports are kept: a local folder behind three verbs."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path


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

        Raises:
            StorageFailed: the disk is full or refuses.
        """
        name = secrets.token_hex(16)
        key = f"{name[:2]}/{name}{suffix}"
        path = self._root / key
        temporary = path.with_suffix(".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
            _sync_folder(path.parent)
        except OSError as error:
            temporary.unlink(missing_ok=True)
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
        """Return where a key's file lies, for sending it without reading it into memory."""
        return self._path(key)

    def keys(self) -> set[str]:
        """Return every stored key; for the sweeper that looks for orphans."""
        if not self._root.exists():
            return set()
        return {
            str(path.relative_to(self._root).as_posix())
            for path in self._root.glob("*/*")
            if path.suffix != ".part"
        }

    def _path(self, key: str) -> Path:
        path = (self._root / key).resolve()
        if not path.is_relative_to(self._root.resolve()):
            raise FileNotFoundError(key)
        return path


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # Windows cannot open a folder; its rename is durable enough for us.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
