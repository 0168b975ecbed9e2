"""Photos and papers on their way in: decoded in a child, stored, held under a form's token.

Nothing a person sent is kept as it came: a file is made new from its pixels before any transaction begins.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePosixPath

from flask import current_app, request
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from admin_views.database_errors import explain
from admin_views.guard import language
from admin_views.identity import current_actor
from documents.photo_keeping import keep_file
from domain.actor import Actor
from domain.attachments import (
    MAX_PHOTOS,
    StoredFile,
    held_photos,
    hold_photo,
    keys_of,
    release_photo,
)
from domain.errors import DomainError, InvalidField, NotFound, StorageFull, UploadRejected
from domain.photo_changes import caption_photo, photo_to_turn, take_turned
from domain.thai_text import clean_text
from domain.vault import new_token
from extensions import db, write_transaction
from models import Attachment, AttachmentStage
from photos import MAX_PHOTO_BYTES, Turn, process_file, turn_photo
from sandbox import Sandbox
from storage import FileStore

log = logging.getLogger(__name__)

AT_ONCE = 2  # Photos decoded side by side for one person; the sandbox has no more seats on small machines.
LONGEST_NAME = 255
TOKEN = re.compile(r"[A-Za-z0-9_-]{16,40}", re.ASCII)
STEP = re.compile(r"photo:(remove|left|right):([0-9a-f]{32})", re.ASCII)
STEP_FIELDS = ("act", "remove_photo")


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file that was not taken, and why, in the reader's words."""

    name: str
    message: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of the photos of a request: public ids of those held, and those refused."""

    ids: list[str]
    refused: list[RefusedFile]


@dataclass(frozen=True, slots=True)
class _Taken:
    """What became of one file: stored, or refused for a reason."""

    name: str
    stored: StoredFile | None
    problem: DomainError | None


def form_token(typed: str | None) -> str:
    """Return the token a form came with, or a fresh one for a new form."""
    return typed if typed and TOKEN.fullmatch(typed) else new_token()


def photo_step() -> tuple[str, str] | None:
    """Return (remove, left or right; public id) when a photo's own button sent the form, else None.

    A view that holds photos shows its form again then, and saves nothing.
    """
    for name in STEP_FIELDS:
        pressed = request.form.get(name, "")
        found = STEP.fullmatch(pressed)
        if found:
            return found[1], found[2]
        if name == "remove_photo" and pressed:
            return "remove", pressed[:32]
    return None


def accept_photos(actor: Actor, files: Iterable[FileStorage], token: str, stage: AttachmentStage) -> Accepted:
    """Decode, store and hold every good file of a request, and say which were refused.

    Call it outside any transaction. A refused file does not stop the others.

    Raises:
        Busy: the database is held up; nothing was kept.
        StorageFull: there is no room for at least one of them; the others are kept.
    """
    sent = [file for file in files if file.filename]
    if not sent:
        return Accepted([], [])
    db.session.rollback()  # Decoding takes seconds: no read transaction stays open meanwhile.
    taken = _take_all(sent[:MAX_PHOTOS]) + [_too_many(file) for file in sent[MAX_PHOTOS:]]
    refused = [each for each in taken if each.problem is not None]
    ids, late = _hold(actor, [each for each in taken if each.stored is not None], token, stage)
    refused += late
    if any(isinstance(each.problem, StorageFull) for each in refused):
        raise StorageFull
    words = language()
    return Accepted(
        ids, [RefusedFile(each.name, each.problem.message_in(words)) for each in refused if each.problem]
    )


def take_photos(token: str, stage: AttachmentStage) -> list[RefusedFile]:
    """Let go of the photos the form no longer lists, hold those it brings, and return what was refused.

    Captions typed beside the photos are kept, and the button of a photo does its work (``photo_step``).

    Raises:
        Busy, StorageFull: see ``accept_photos``.
    """
    actor, step = current_actor(), photo_step()
    kept = set(request.form.getlist("photo_ids"))
    if step and step[0] == "remove":
        kept.discard(step[1])
    refused = []
    for photo in list(held_photos(db.session(), actor, token)):
        if photo.public_id not in kept:
            release(actor, token, photo.public_id)
    refused += _change_held(actor, token, step)
    return refused + accept_photos(actor, request.files.getlist("photos"), token, stage).refused


def turn(actor: Actor, public_id: str, way: Turn) -> Attachment:
    """Turn a photo a quarter; its pictures are made anew in a child, the old files go after the commit.

    Raises:
        NotFound, NotPermitted, InvalidField, StaleRow: see ``domain.photo_changes.take_turned``.
        UploadRejected: the pictures could not be made.
        StorageFull: there is no room for them.
    """
    photo = photo_to_turn(db.session(), actor, public_id)
    key, name = photo.storage_key, photo.original_name or photo.display_name
    db.session.rollback()  # No read transaction stays open while a child works.
    try:
        data = store().get(key)
    except FileNotFoundError:
        raise NotFound("attachment_not_found") from None
    sandbox: Sandbox = current_app.extensions["sandbox"]
    stored = keep_file(name, lambda: turn_photo(data, way, sandbox), store())
    try:
        with write_transaction() as session:
            old = take_turned(session, actor, public_id, key, stored)
    except SQLAlchemyError as error:
        _let_go_unnamed([stored])
        raise explain(error, Attachment.__table__) from error
    except BaseException:
        _let_go_unnamed([stored])
        raise
    let_go(old)
    return photo_to_turn(db.session(), actor, public_id)


def let_go(keys: Iterable[str]) -> None:
    """Remove files that no row names any more; one that cannot be removed is the sweeper's."""
    for key in keys:
        try:
            store().delete(key)
        except OSError:
            log.warning("a file without a row could not be removed", exc_info=True)


def release(actor: Actor, token: str, public_id: str) -> None:
    """Take a photo out of an unsaved form, row and files."""
    with write_transaction() as session:
        keys = release_photo(session, actor, token, public_id)
    let_go(keys)


def store() -> FileStore:
    """Return where files lie."""
    files: FileStore = current_app.extensions["files"]
    return files


def shown_name(filename: str | None) -> str:
    """Return a sent file's own name without folders and control characters; shown, never used as a path."""
    last = PurePosixPath((filename or "")[-1000:].replace("\\", "/")).name
    cleaned = clean_text(last, max_length=1000, field="photos", multiline=False)
    return cleaned[-LONGEST_NAME:] or "photo"


def _change_held(actor: Actor, token: str, step: tuple[str, str] | None) -> list[RefusedFile]:
    """Write the captions a plain form brings and turn the photo whose button was pressed."""
    refused = []
    held = {photo.public_id: photo for photo in held_photos(db.session(), actor, token)}
    names = {public_id: photo.original_name or photo.display_name for public_id, photo in held.items()}
    written = {public_id: photo.caption or "" for public_id, photo in held.items()}
    for public_id, name in names.items():
        typed = request.form.get(f"caption_{public_id}")
        try:
            if typed is not None and typed.strip() != written[public_id]:
                with write_transaction() as session:
                    caption_photo(session, actor, public_id, typed)
            if step and step[0] in {"left", "right"} and step[1] == public_id:
                turn(actor, public_id, "left" if step[0] == "left" else "right")
        except StorageFull:
            raise
        except DomainError as problem:
            refused.append(RefusedFile(name, problem.message_in(language())))
    return refused


def _take_all(files: Sequence[FileStorage]) -> list[_Taken]:
    sandbox, shelf = current_app.extensions["sandbox"], store()
    with ThreadPoolExecutor(min(AT_ONCE, len(files)), thread_name_prefix="photos") as pool:
        return list(pool.map(lambda file: _take(file, sandbox, shelf), files))


def _take(file: FileStorage, sandbox: Sandbox, shelf: FileStore) -> _Taken:
    name = shown_name(file.filename)
    try:
        data = file.stream.read(MAX_PHOTO_BYTES + 1)
        return _Taken(name, keep_file(name, lambda: process_file(data, sandbox), shelf), None)
    except (UploadRejected, StorageFull) as problem:
        return _Taken(name, None, problem)


def _hold(
    actor: Actor, taken: Sequence[_Taken], token: str, stage: AttachmentStage
) -> tuple[list[str], list[_Taken]]:
    """Write the rows in one short transaction; files without a row go, whatever happens."""
    if not taken:
        return [], []
    ids: list[str] = []
    refused: list[_Taken] = []
    files = [each.stored for each in taken if each.stored is not None]
    kept: set[str] = set()
    try:
        with write_transaction() as session:
            for each in taken:
                row = _hold_one(session, actor, token, stage, each, refused)
                if row is not None:
                    ids.append(row.public_id)
                    kept.add(row.storage_key)
    except SQLAlchemyError as error:
        _let_go_unnamed(files)
        raise explain(error, Attachment.__table__) from error
    except BaseException:
        _let_go_unnamed(files)
        raise
    let_go(key for file in files if file.storage_key not in kept for key in keys_of(file))
    return ids, refused


def _let_go_unnamed(files: Sequence[StoredFile]) -> None:
    """Remove files no row names, after a transaction that failed: it may have been committed all the same."""
    keys = [file.storage_key for file in files]
    try:
        wanted = select(Attachment.storage_key).where(Attachment.storage_key.in_(keys))
        named = set(db.session.scalars(wanted))
    except SQLAlchemyError:  # Litter does less harm than a row without its files.
        log.warning("files of a failed transaction stay", exc_info=True)
        return
    let_go(key for file in files if file.storage_key not in named for key in keys_of(file))


def _hold_one(
    session: Session,
    actor: Actor,
    token: str,
    stage: AttachmentStage,
    each: _Taken,
    refused: list[_Taken],
) -> Attachment | None:
    if each.stored is None:
        return None
    try:
        row = hold_photo(session, actor, token, stage, each.stored)
    except InvalidField as problem:
        refused.append(_Taken(each.name, None, problem))
        return None
    session.flush()  # The next one counts it.
    return row


def _too_many(file: FileStorage) -> _Taken:
    problem = InvalidField("too_many_photos", field="photos", max=MAX_PHOTOS)
    return _Taken(shown_name(file.filename), None, problem)
