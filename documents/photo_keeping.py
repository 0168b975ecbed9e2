"""A photo or paper made new in a child and put into the store: all of its parts, or none."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TypeVar

from domain.attachments import PAPER_TYPE, StoredFile
from domain.errors import StorageFull, UploadRejected
from photos import Picture, ProcessedPaper, ProcessedPhoto
from sandbox import Refused, SandboxFailed
from storage import FileStore, StorageFailed

log = logging.getLogger(__name__)

Made = TypeVar("Made")


def keep_file(name: str, make: Callable[[], ProcessedPhoto | ProcessedPaper], shelf: FileStore) -> StoredFile:
    """Make a file new and put all of it into the store; nothing stays there unless everything does.

    Slow: never call it inside a transaction.

    Args:
        name: The file's own, which is shown and never used as a path.
        make: Makes it new, in a child; called once more when the child was killed from outside.
        shelf: The store.

    Raises:
        UploadRejected, StorageFull: what the person is told.
    """
    try:
        made = _made(make)
    except Refused as refusal:
        raise UploadRejected(refusal.code, **refusal.params) from refusal
    except SandboxFailed as failure:
        log.warning("a photo broke its child: %s", failure)
        raise UploadRejected("photo_not_processed") from failure
    try:
        return stored_file(made, _written(_files_of(made), shelf), name)
    except StorageFailed as failure:
        log.error("a photo could not be stored: %s", failure)  # noqa: TRY400 - no traceback needed
        raise (StorageFull() if failure.is_full else UploadRejected("photo_not_processed")) from failure


def stored_file(made: ProcessedPhoto | ProcessedPaper, keys: Sequence[str], name: str) -> StoredFile:
    """Describe a processed file whose three parts lie under the keys."""
    storage_key, preview_key, print_key = keys
    if isinstance(made, ProcessedPaper):
        return StoredFile(
            storage_key=storage_key,
            preview_key=preview_key,
            print_key=print_key,
            media_type=PAPER_TYPE,
            byte_size=len(made.pdf),
            sha256=made.sha256,
            width=made.small.width,
            height=made.small.height,
            page_count=made.page_count,
            original_name=name,
        )
    latitude, longitude = made.position or (None, None)
    full: Picture = made.full
    return StoredFile(
        storage_key=storage_key,
        preview_key=preview_key,
        print_key=print_key,
        media_type="image/jpeg",
        byte_size=len(full.jpeg),
        sha256=full.sha256,
        width=full.width,
        height=full.height,
        photo_hash=made.photo_hash,
        original_name=name,
        taken_at=made.taken_at,
        taken_latitude=None if latitude is None else Decimal(f"{latitude:.6f}"),
        taken_longitude=None if longitude is None else Decimal(f"{longitude:.6f}"),
    )


def _written(files: Sequence[tuple[bytes, str]], shelf: FileStore) -> list[str]:
    """Put every file into the store and return their keys; all of them or none."""
    written: list[str] = []
    try:
        for data, suffix in files:
            written.append(shelf.put(data, suffix))
    except BaseException:
        for key in written:
            shelf.delete(key)
        raise
    return written


def _made(make: Callable[[], Made]) -> Made:
    """Make a file new; when its child was killed from outside, once more in another."""
    try:
        return make()
    except SandboxFailed as failure:
        if failure.kind != "crash":
            raise
        return make()


def _files_of(made: ProcessedPhoto | ProcessedPaper) -> list[tuple[bytes, str]]:
    first = (made.pdf, ".pdf") if isinstance(made, ProcessedPaper) else (made.full.jpeg, ".jpg")
    return [first, (made.small.jpeg, ".jpg"), (made.printed.jpeg, ".jpg")]
