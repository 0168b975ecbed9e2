"""What the periodic tasks do: seal, sweep, trim, tidy. Each opens its own short transactions."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Flask
from sqlalchemy import ColumnElement, Select, delete, null, select, text, update
from sqlalchemy.orm import Session

from domain import account_links, chat_drafts, chat_pictures, drafts, throttle, user_sessions
from domain.attachments import drop_stale_drafts
from domain.audit import seal
from domain.case_counting import fold
from domain.clock import now
from domain.deliveries import DeliveryReason, active_pauses, lift_pause
from domain.settings import kept_for
from domain.sheets.undoing import drop_old_rows
from extensions import db, write_transaction
from line_hooks.client import LineError
from models import (
    Attachment,
    ChatPhoto,
    ChatPicture,
    DeliveryState,
    Document,
    Job,
    OutboxChannel,
    OutboxMessage,
    RichMenu,
    Setting,
    WebhookReceipt,
)
from storage import FileStore
from worker.leases import error_text, undone
from worker.mail import MailCarrier
from worker.senders import Postman

logger = logging.getLogger(__name__)

LITTER_AGE: Final = timedelta(days=1)
CHANNEL_OFF_GRACE: Final = timedelta(hours=24)
"""A token may be missing by mistake for an hour; after a day nobody wants the old messages any more."""

_ROWS_AT_A_TIME: Final = 1000
_OVER: Final = (DeliveryState.SENT, DeliveryState.CANCELLED)


def seal_audit(_app: Flask) -> bool:
    """Seal the audit log's new entries; tell whether there were any."""
    with write_transaction() as session:
        return seal(session) is not None


def sweep_attempts(_app: Flask) -> int:
    """Forget sign-in attempts no window reaches, old sessions and expired links; return how many."""
    with write_transaction() as session:
        return sum(sweep(session) for sweep in (throttle.sweep, user_sessions.sweep, account_links.sweep))


def drop_drafts(app: Flask) -> int:
    """Remove drafts and photos of forms nobody saved in ``keep_drafts_days``; return how many files went.

    Those begun in the chat are drafts like any other.
    """
    with write_transaction() as session:
        drafts.sweep(session)
        edge = now() - kept_for(session, "keep_drafts_days")
        chat_drafts.drop_stale_drafts(session, edge)
        keys = drop_stale_drafts(session, edge)
    # After the commit: a file without a row is litter, a row without a file is a broken page.
    files: FileStore = app.extensions["files"]
    for key in keys:
        files.delete(key)
    return len(keys)


def drop_chat_pictures(app: Flask) -> int:
    """Forget pictures of the chat that are over, and which photo came in which message; return how many.

    Nobody can take a message back by then (line.md §1.5), so nobody asks for it any more.
    """
    with write_transaction() as session:
        keys = chat_pictures.drop_expired(session)
    files: FileStore = app.extensions["files"]
    for key in keys:
        files.delete(key)
    old = (ChatPhoto.done_at < _edge("keep_receipts_days"),)
    return len(keys) + _in_portions(
        select(ChatPhoto.id).where(*old),
        lambda session, ids: session.execute(delete(ChatPhoto).where(ChatPhoto.id.in_(ids))),
    )


def drop_litter(app: Flask) -> int:
    """Remove stored files no row names, a day old, as a kill between file and commit leaves; return how many.

    The age is taken from the disk's clock; a form holds its photos by rows, so nothing unsaved is touched.
    """
    files: FileStore = app.extensions["files"]
    old = files.keys(before=(now() - LITTER_AGE).timestamp())
    session = db.session()
    session.rollback()
    named: set[str | None] = set()
    photos = (Attachment.storage_key, Attachment.preview_key, Attachment.print_key)
    for column in (*photos, Job.result_key, ChatPicture.storage_key, Document.storage_key):
        named.update(session.scalars(select(column).where(column.is_not(None))))
    named.update(session.scalars(select(Setting.value).where(Setting.key.in_(["logo_key", "garuda_key"]))))
    named.update(session.scalars(select(RichMenu.picture_key).where(RichMenu.picture_key.is_not(None))))
    session.rollback()
    for key in old - named:
        files.delete(key)
    return len(old - named)


def fold_counts(_app: Flask) -> int:
    """Sum up the changes of the kept counts, so that reading them stays quick; return how many there were."""
    with write_transaction() as session:
        return fold(session)


def trim_outbox(_app: Flask) -> int:
    """Strip messages over for ``keep_messages_days`` to what the case's timeline needs; return how many.

    Kept: the name of the recipient, which message, when and how it ended. Failed and dead ones stay whole,
    as a person may still send them again.
    """
    old = (
        OutboxMessage.state.in_(_OVER),
        OutboxMessage.done_at < _edge("keep_messages_days"),
        OutboxMessage.recipient != "",
    )
    bare = {"recipient": "", "facts": {}, "sent_body": null(), "reply_token": None}
    return _in_portions(
        select(OutboxMessage.id).where(*old),
        lambda session, ids: session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id.in_(ids))
            .values(bare)
            .execution_options(synchronize_session=False)
        ),
    )


def drop_sheet_rows(_app: Flask) -> int:
    """Forget the rows of Excel imports that cannot be taken back any more; return of how many."""
    with write_transaction() as session:
        return drop_old_rows(session)


def drop_receipts(_app: Flask) -> int:
    """Delete webhook events, personal data as they are, after ``keep_receipts_days``; return how many."""
    old = (WebhookReceipt.done_at < _edge("keep_receipts_days"),)
    return _in_portions(
        select(WebhookReceipt.id).where(*old),
        lambda session, ids: session.execute(delete(WebhookReceipt).where(WebhookReceipt.id.in_(ids))),
    )


def look_after_channels(app: Flask) -> int:
    """Cancel what a switched-off channel will not send, lift a quota pause that is over; return how many."""
    postman, mail = Postman(app), MailCarrier(app)
    try:
        lifted = _lift_quota_pauses(postman)
        mail.look_around()
        return lifted + _cancel_unsendable(frozenset(OutboxChannel) - postman.channels - mail.channels)
    finally:
        postman.close()


def tidy_database(_app: Flask) -> None:
    """Let the database look at its tables again, so that it goes on choosing the right indexes."""
    with write_transaction() as session:
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text("PRAGMA analysis_limit=1000"))
            session.execute(text("PRAGMA optimize"))
        else:
            session.execute(text("ANALYZE"))


def _lift_quota_pauses(postman: Postman) -> int:
    """Ask LINE, which costs no message, whether there is room again: somebody may have bought more."""
    session = db.session()
    session.rollback()
    stopped = [
        channel
        for channel, pause in active_pauses(session).items()
        if pause.reason is DeliveryReason.QUOTA and channel in postman.channels
    ]
    session.rollback()
    return sum(_has_room(postman, channel) and _lift(channel) for channel in stopped)


def _has_room(postman: Postman, channel: OutboxChannel) -> bool:
    try:
        quota = postman.gateway(channel).quota()
    except LineError as problem:
        logger.warning("LINE did not tell the quota: %s", problem, extra={"line_channel": channel.value})
        return False
    return quota.limit is None or quota.used < quota.limit


def _lift(channel: OutboxChannel) -> bool:
    with write_transaction() as session:
        return lift_pause(session, channel)


def _cancel_unsendable(off: frozenset[OutboxChannel]) -> int:
    """Say on each waiting message that its channel is off, and end those that have waited for a day."""
    if not off:
        return 0
    waits = (
        undone(OutboxMessage),
        OutboxMessage.state == DeliveryState.READY,
        OutboxMessage.channel.in_(off),
        OutboxMessage.not_before <= now(),
    )
    reason = {"last_error": error_text(DeliveryReason.CHANNEL_OFF)}
    ended = {**reason, "state": DeliveryState.CANCELLED, "done_at": now()}
    with write_transaction() as session:
        too_old = OutboxMessage.not_before <= now() - CHANNEL_OFF_GRACE
        cancelled = _update(session, (*waits, too_old), ended)
        _update(session, waits, reason)
    return cancelled


def _update(session: Session, where: tuple[ColumnElement[bool], ...], values: dict[str, Any]) -> int:
    changed = session.execute(
        update(OutboxMessage).where(*where).values(values).execution_options(synchronize_session=False)
    )
    return int(changed.rowcount)  # type: ignore[attr-defined]


def _edge(key: str) -> datetime:
    """Return the moment before which something is not kept any more."""
    session = db.session()
    edge = now() - kept_for(session, key)
    session.rollback()
    return edge


def _in_portions(rows: Select[Any], change: Any) -> int:
    """Change rows a thousand at a time, each portion in a transaction of its own, and return how many."""
    changed = 0
    while True:
        with write_transaction() as session:
            ids = list(session.scalars(rows.limit(_ROWS_AT_A_TIME)))
            change(session, ids)
        changed += len(ids)
        if len(ids) < _ROWS_AT_A_TIME:
            return changed
