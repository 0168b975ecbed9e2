"""Photos a citizen adds to an own case on the web: made new and held before the act begins."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import Final

from flask import current_app, request
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from documents.photo_keeping import keep_file
from domain.actor import Actor
from domain.attachments import MAX_PHOTOS, StoredFile, held_photos, hold_photo, keys_of
from domain.errors import DomainError, InvalidField
from domain.vault import new_token
from extensions import db, write_transaction
from models import Attachment, AttachmentStage
from photos import MAX_PHOTO_BYTES, process_file
from request_language import language

TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{32,40}", re.ASCII)
_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Brought:
    """What a form brought.

    Attributes:
        token: Under which its photos wait; it travels with the form when that has to be shown again.
        count: How many wait.
        refused: What was wrong with the others, each with its file's name.
        is_repeated: Some are in the case already: the form was sent twice.
    """

    token: str = ""
    count: int = 0
    refused: list[str] = field(default_factory=list)
    is_repeated: bool = False


def bring_photos(actor: Actor, complaint_id: int) -> Brought:
    """Make the photos of this request new and hold them; call it outside any transaction.

    A picture the case has already is left out: a double press adds nothing twice.
    """
    typed = request.form.get("photo_token", "")
    token = typed if TOKEN.fullmatch(typed) else new_token()
    files = [file for file in request.files.getlist("photos") if file.filename]
    refused: list[str] = []
    db.session.rollback()  # Decoding takes seconds: no read transaction stays open meanwhile.
    kept = [one for one in (_kept(file, refused) for file in files[:MAX_PHOTOS]) if one is not None]
    if len(files) > MAX_PHOTOS:
        refused.append(InvalidField("too_many_photos", max=MAX_PHOTOS).message_in(language()))
    known = _known(complaint_id)
    fresh = [one for one in kept if one.sha256 not in known]
    _forget([one for one in kept if one.sha256 in known])
    _hold(actor, token, fresh, refused)
    count = len(held_photos(db.session(), actor, token))
    return Brought(token, count, refused, is_repeated=len(fresh) < len(kept))


def _known(complaint_id: int) -> frozenset[str]:
    """Return the digests of what hangs on a case."""
    found = select(Attachment.sha256).where(Attachment.complaint_id == complaint_id)
    return frozenset(db.session.scalars(found))


def _forget(stored: Iterable[StoredFile]) -> None:
    for one in stored:
        for key in keys_of(one):
            current_app.extensions["files"].delete(key)


def _kept(file: FileStorage, refused: list[str]) -> StoredFile | None:
    name = PurePosixPath((file.filename or "").replace("\\", "/")).name[-_LONGEST_NAME:]
    data = file.stream.read(MAX_PHOTO_BYTES + 1)
    make = partial(process_file, data, current_app.extensions["sandbox"])
    try:
        return keep_file(name, make, current_app.extensions["files"])
    except DomainError as problem:
        refused.append(f"{name}: {problem.message_in(language())}")
        return None


def _hold(actor: Actor, token: str, kept: Iterable[StoredFile], refused: list[str]) -> None:
    """Write the rows of stored files; the files of a row that may not be go again."""
    for stored in kept:
        try:
            with write_transaction() as session:
                held = hold_photo(session, actor, token, AttachmentStage.BEFORE, stored)
                is_twin = held.storage_key != stored.storage_key
        except DomainError as problem:
            refused.append(problem.message_in(language()))
            is_twin = True
        if is_twin:
            _forget([stored])
