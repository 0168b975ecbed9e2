"""Photos people send in the chat: fetched at once, made new in a child, put where they belong.

LINE deletes what people send after a while, so nothing waits for somebody to look. Fetching and decoding run
outside any transaction, a few side by side; what came of a photo is one short transaction under its lease,
so that a photo fetched twice is kept once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from flask import Flask
from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from config import Settings
from documents.photo_keeping import keep_file
from domain.attachments import StoredFile, keys_of
from domain.chat_photos import (
    Wanted,
    keep_photo,
    let_photo_go,
    lock_sender,
    refuse_photo,
    remove_taken_back,
    surplus,
    wanted_photos,
)
from domain.clock import now
from domain.deliveries import DeliveryReason
from domain.errors import DomainError, StorageFull, UploadRejected
from domain.faults import fault_point
from extensions import db, write_transaction
from line_hooks.client import LineError, LineGateway, LinePermanent
from line_hooks.keys import keys_of as channel_keys
from models import ChatPhoto, DeliveryState, LineChannel
from photos import MAX_PHOTO_BYTES, reencode
from sandbox import Sandbox
from storage import FileStore
from worker.leases import claim, error_text, finish, give_back, has_work, postpone, undone
from worker.schedule import register_task

logger = logging.getLogger(__name__)

AT_ONCE: Final = 2
"""Photos fetched and decoded side by side; the sandbox has no more seats on small machines."""

LEASE: Final = timedelta(minutes=3)
"""Longer than one download and one decoding may take at the worst."""

WAITS: Final = tuple(timedelta(seconds=each) for each in (2, 4, 10, 30, 60, 300, 900, 1800, 3600))
"""Between the tries; after the last one the photo is given up."""

GIVEN_UP_AFTER: Final = timedelta(days=1)
"""A photo nobody could fetch for so long, as while a channel has no token, is not waited for any more."""

_GONE: Final = 404
_TAKEN_BACK: Final = 410
_TOO_LARGE: Final = 413
_NAME: Final = "LINE.jpg"


@dataclass(frozen=True, slots=True)
class _Fetched:
    """What came of one photo: its files, a refusal, nothing because it was taken back, or trouble."""

    stored: StoredFile | None = None
    problem: DomainError | None = None
    trouble: str = ""
    retry_after: float = 0.0


def fetch_due(app: Flask, stopping: Callable[[], bool]) -> int:
    """Fetch the photos that wait and return how many were begun; needs an application context."""
    tokens = {channel: channel_keys(app, channel).token for channel in LineChannel}
    only = (ChatPhoto.channel.in_([channel for channel, token in tokens.items() if token]),)
    if not any(tokens.values()) or not has_work(db.session(), ChatPhoto, only):
        return 0
    gateways = _gateways(app, tokens)
    try:
        return _fetch(app, gateways, stopping) if gateways else 0
    finally:
        for gateway in gateways.values():
            gateway.close()


def give_up_old(app: Flask) -> int:
    """End photos that could not be fetched for a day, as while a channel has no token; return how many."""
    too_old = (undone(ChatPhoto), ChatPhoto.created_at < now() - GIVEN_UP_AFTER)
    error = error_text(DeliveryReason.EXPIRED)
    with write_transaction() as session:
        ended = session.execute(
            update(ChatPhoto)
            .where(*too_old)
            .values(state=DeliveryState.DEAD, done_at=now(), last_error=error, refusal="photo_not_fetched")
            .execution_options(synchronize_session=False)
        )
        return int(ended.rowcount)  # type: ignore[attr-defined]


def _fetch(app: Flask, gateways: Mapping[LineChannel, LineGateway], stopping: Callable[[], bool]) -> int:
    only: tuple[ColumnElement[bool], ...] = (ChatPhoto.channel.in_(list(gateways)),)
    with write_transaction() as session:
        lease = claim(session, ChatPhoto, limit=AT_ONCE, lease=LEASE, only=only, counted=True)
        wanted = wanted_photos(session, lease.ids) if lease else []
    if lease is None:
        return 0
    fault_point("worker_claimed")
    if stopping():
        with write_transaction() as session:
            give_back(session, ChatPhoto, lease, lease.ids)
        return 0
    files: FileStore = app.extensions["files"]
    sandbox: Sandbox = app.extensions["sandbox"]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="chat-photos") as pool:
        fetched = pool.map(lambda one: _get(one, gateways[one.channel], sandbox, files), wanted)
        for one, result in zip(wanted, fetched, strict=True):
            _note_down(one, lease.token, result, files)
    return len(lease.ids)


def _gateways(app: Flask, tokens: Mapping[LineChannel, str | None]) -> dict[LineChannel, LineGateway]:
    """Return a line to LINE for each channel that has a usable token."""
    settings: Settings = app.extensions["settings"]
    made = {}
    for channel, token in tokens.items():
        try:
            if token:
                made[channel] = LineGateway(
                    channel.value, token, base_url=settings.line_api_url, at_once=AT_ONCE
                )
        except ValueError:
            logger.exception("photos are not fetched", extra={"line_channel": channel.value})
    return made


def _get(wanted: Wanted, gateway: LineGateway, sandbox: Sandbox, files: FileStore) -> _Fetched:
    """Fetch one photo and make it new; runs in a thread and touches no database."""
    if wanted.is_taken_back:
        return _Fetched()
    if wanted.is_surplus:
        return _Fetched(problem=surplus())
    try:
        data, _type = gateway.content(wanted.message_id, MAX_PHOTO_BYTES)
        stored = keep_file(_NAME, lambda: reencode(data, sandbox), files)
    except LinePermanent as problem:
        return _refused(problem)
    except LineError as problem:
        return _Fetched(trouble=str(problem), retry_after=problem.retry_after or 0.0)
    except StorageFull:
        return _Fetched(trouble="storage_full")  # Somebody may make room while LINE still has it.
    except UploadRejected as problem:
        is_photo = problem.code != "photo_not_image"  # Whose words offer a PDF, which a chat does not take.
        return _Fetched(problem=problem if is_photo else UploadRejected("chat_file_no_photo"))
    except Exception as fault:
        logger.exception("fetching a photo broke", extra={"chat_photo_id": wanted.id})
        return _Fetched(trouble=type(fault).__name__)
    fault_point("worker_photo_stored")
    return _Fetched(stored=stored)


def _refused(problem: LinePermanent) -> _Fetched:
    """Return what a final answer of LINE's means."""
    if problem.status == _TAKEN_BACK:
        return _Fetched()
    if problem.status == _TOO_LARGE:
        megabytes = MAX_PHOTO_BYTES // (1024 * 1024)
        return _Fetched(problem=UploadRejected("photo_too_large", megabytes=megabytes))
    if problem.status == _GONE:
        return _Fetched(problem=UploadRejected("photo_gone_at_line"))
    return _Fetched(problem=UploadRejected("photo_not_fetched"))


def _note_down(wanted: Wanted, token: str, fetched: _Fetched, files: FileStore) -> None:
    """Write what came of a photo; files nobody needs go after the commit."""
    waits = WAITS[wanted.attempts - 1] if fetched.trouble and wanted.attempts <= len(WAITS) else None
    if waits is not None:
        again_at = now() + max(waits, timedelta(seconds=min(fetched.retry_after, 3600)))
        error = error_text(DeliveryReason.UNREACHABLE, fetched.trouble)
        with write_transaction() as session:
            postpone(session, ChatPhoto, wanted.id, token, again_at, last_error=error)
        return
    litter = keys_of(fetched.stored) if fetched.stored else []
    with write_transaction() as session:
        # First of all: a step of the sender's talk goes before this or after it, never in between.
        lock_sender(session, wanted.line_account_id)
        if finish(session, ChatPhoto, wanted.id, token, _end_of(fetched), last_error=None):
            litter = _settled(session, wanted, fetched)
            fault_point("worker_before_finish")
    let_go(files, litter)
    logger.info("photo from the chat", extra={"chat_photo_id": wanted.id, "outcome": _outcome(fetched)})


def _end_of(fetched: _Fetched) -> DeliveryState:
    if fetched.stored is not None:
        return DeliveryState.SENT
    if fetched.trouble:
        return DeliveryState.DEAD
    return DeliveryState.FAILED if fetched.problem else DeliveryState.CANCELLED


def _settled(session: Session, wanted: Wanted, fetched: _Fetched) -> list[str]:
    """Let a photo have its effect; return the keys of files that may go."""
    if wanted.is_taken_back:
        return remove_taken_back(session, wanted.id)
    if fetched.stored is not None:
        return keep_photo(session, wanted.id, fetched.stored)
    if fetched.trouble:
        refuse_photo(session, wanted.id, UploadRejected("photo_not_fetched"))
    elif fetched.problem is not None:
        refuse_photo(session, wanted.id, fetched.problem)
    else:
        let_photo_go(session, wanted.id)
    return []


def _outcome(fetched: _Fetched) -> str:
    if fetched.stored is not None:
        return "kept"
    return fetched.problem.code if fetched.problem else fetched.trouble or "taken_back"


def let_go(files: FileStore, keys: Iterable[str]) -> None:
    """Remove files no row names any more; one that cannot be removed is the sweeper's."""
    for key in keys:
        try:
            files.delete(key)
        except OSError:
            logger.warning("a file without a row could not be removed", exc_info=True)


register_task("chat_photos", timedelta(hours=1), give_up_old)
