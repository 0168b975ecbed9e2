"""Photos on their way in and out: decoded in a child, stored, held under a form's token, served within scope.

Nothing a person sent is kept as it came: a photo is made new from its pixels before any transaction begins.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from flask import Response, abort, current_app, jsonify, request, send_file
from flask_admin import Admin, expose
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from admin_views.base import SecureView, needs
from admin_views.database_errors import explain
from admin_views.guard import language
from admin_views.identity import current_actor
from domain.actor import Actor
from domain.attachments import (
    MAX_PHOTOS,
    StoredFile,
    held_photos,
    hold_photo,
    release_photo,
    visible_photo,
)
from domain.errors import DomainError, InvalidField, StorageFull, UploadRejected
from domain.permissions import Permission
from domain.thai_text import clean_text
from domain.vault import new_token
from extensions import db, write_transaction
from models import Attachment, AttachmentStage
from photos import MAX_PHOTO_BYTES, reencode
from sandbox import Refused, Sandbox, SandboxFailed
from storage import FileStore, StorageFailed

log = logging.getLogger(__name__)

AT_ONCE = 2  # Photos decoded side by side for one person; the sandbox has no more seats on small machines.
LONGEST_NAME = 255
TOKEN = re.compile(r"[A-Za-z0-9_-]{16,40}", re.ASCII)
FILE_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
}


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


def accept_photos(actor: Actor, files: Iterable[FileStorage], token: str, stage: AttachmentStage) -> Accepted:
    """Decode, store and hold every good photo of a request, and say which were refused.

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

    Raises:
        Busy, StorageFull: see ``accept_photos``.
    """
    actor = current_actor()
    kept = set(request.form.getlist("photo_ids")) - {request.form.get("remove_photo")}
    for photo in list(held_photos(db.session(), actor, token)):
        if photo.public_id not in kept:
            release(actor, token, photo.public_id)
    return accept_photos(actor, request.files.getlist("photos"), token, stage).refused


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


def _take_all(files: Sequence[FileStorage]) -> list[_Taken]:
    sandbox, shelf = current_app.extensions["sandbox"], store()
    with ThreadPoolExecutor(min(AT_ONCE, len(files)), thread_name_prefix="photos") as pool:
        return list(pool.map(lambda file: _take(file, sandbox, shelf), files))


def _take(file: FileStorage, sandbox: Sandbox, shelf: FileStore) -> _Taken:
    name = shown_name(file.filename)
    try:
        photo = reencode(file.stream.read(MAX_PHOTO_BYTES + 1), sandbox)
    except Refused as refusal:
        return _Taken(name, None, UploadRejected(refusal.code, **refusal.params))
    except SandboxFailed as failure:
        log.warning("a photo broke its child: %s", failure)
        return _Taken(name, None, UploadRejected())
    written: list[str] = []
    try:
        for picture in (photo.full, photo.small):
            written.append(shelf.put(picture.jpeg, ".jpg"))  # noqa: PERF401 - the first must be known
    except StorageFailed as failure:
        log.error("a photo could not be stored: %s", failure)  # noqa: TRY400 - no traceback needed
        for key in written:
            shelf.delete(key)
        return _Taken(name, None, StorageFull() if failure.is_full else UploadRejected())
    stored = StoredFile(
        storage_key=written[0],
        preview_key=written[1],
        media_type="image/jpeg",
        byte_size=len(photo.full.jpeg),
        sha256=photo.full.sha256,
        width=photo.full.width,
        height=photo.full.height,
        original_name=name,
        taken_at=photo.taken_at,
    )
    return _Taken(name, stored, None)


def _hold(
    actor: Actor, taken: Sequence[_Taken], token: str, stage: AttachmentStage
) -> tuple[list[str], list[_Taken]]:
    """Write the rows in one short transaction; files without a row go, whatever happens."""
    if not taken:
        return [], []
    ids: list[str] = []
    refused: list[_Taken] = []
    spare: list[_Taken] = list(taken)
    try:
        with write_transaction() as session:
            for each in taken:
                row = _hold_one(session, actor, token, stage, each, refused)
                if row is None:
                    continue
                ids.append(row.public_id)
                if each.stored is not None and row.storage_key == each.stored.storage_key:
                    spare.remove(each)
    except SQLAlchemyError as error:
        spare = list(taken)
        raise explain(error, Attachment.__table__) from error
    except BaseException:
        spare = list(taken)
        raise
    finally:
        let_go(key for each in spare for key in _keys(each.stored))
    return ids, refused


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


def _keys(stored: StoredFile | None) -> list[str]:
    return [key for key in (stored.storage_key, stored.preview_key) if key] if stored else []


def _too_many(file: FileStorage) -> _Taken:
    problem = InvalidField("too_many_photos", field="photos", max=MAX_PHOTOS)
    return _Taken(shown_name(file.filename), None, problem)


def shown_name(filename: str | None) -> str:
    """Return a sent file's own name without folders and control characters; shown, never used as a path."""
    last = PurePosixPath((filename or "")[-1000:].replace("\\", "/")).name
    cleaned = clean_text(last, max_length=1000, field="photos", multiline=False)
    return cleaned[-LONGEST_NAME:] or "photo"


class PhotoView(SecureView):
    """Photos one by one: shown within scope, held as they are chosen."""

    def __init__(self) -> None:
        self._default_view = "photo"
        super().__init__(name="photo", endpoint="photo", url="/admin/photo")

    @expose("/<public_id>")
    @needs(Permission.COMPLAINT_READ)
    def photo(self, public_id: str) -> Response:
        """Send a photo in full size."""
        row = self._visible(public_id)
        return self._send(row.storage_key, row)

    @expose("/<public_id>/small")
    @needs(Permission.COMPLAINT_READ)
    def small(self, public_id: str) -> Response:
        """Send a photo as it stands in lists."""
        row = self._visible(public_id)
        return self._send(row.preview_key or row.storage_key, row)

    @expose("/hold", methods=("POST",))
    @needs(Permission.COMPLAINT_READ)
    def hold(self) -> Any:
        """Hold a photo for a form that is still being filled; the page sends each as it is chosen."""
        actor, token = self._writer(), self._token()
        stage = AttachmentStage.AFTER if request.args.get("stage") == "after" else AttachmentStage.BEFORE
        try:
            accepted = accept_photos(actor, request.files.getlist("photo")[:1], token, stage)
        except DomainError as error:
            return jsonify(error=error.message_in(language())), 503
        if accepted.ids:
            return jsonify(id=accepted.ids[0])
        words = accepted.refused[0].message if accepted.refused else UploadRejected().message_in(language())
        return jsonify(error=words), 422

    def _writer(self) -> Actor:
        actor = current_actor()
        if not any(
            actor.can(right) for right in (Permission.COMPLAINT_CREATE, Permission.COMPLAINT_RECORD_RESULT)
        ):
            abort(403)
        return actor

    def _token(self) -> str:
        token = request.args.get("token", "")
        if not TOKEN.fullmatch(token):
            abort(400)
        return token

    def _visible(self, public_id: str) -> Attachment:
        row = visible_photo(db.session(), current_actor(), public_id[:32])
        if row is None:
            abort(404)
        return row

    def _send(self, key: str, row: Attachment) -> Response:
        try:
            path = store().path(key)
            response = send_file(path, mimetype=row.media_type, download_name=row.display_name, etag=False)
        except FileNotFoundError:
            abort(404)
        response.headers.update(FILE_HEADERS)
        return response


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(PhotoView())
