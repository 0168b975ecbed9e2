"""One answer to a burst of photos: when the last one is settled, not one for each.

People send an album as so many messages, in any order. The draft notes when the last one came; once none has
come for a moment and all are fetched or refused, its talk goes on, by the reply token of that last one. When
the token is over nothing is said: the next answer counts the photos anyway.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from flask import Flask
from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from domain.chat_photos import UNDER_WAY, Burst, grouped, lock_sender, settle
from domain.clock import now
from domain.settings import hold_settings
from extensions import db, write_transaction
from line_hooks.asking import Asking
from line_hooks.incoming import Tools
from line_hooks.talks import TALKS, Turn, guarded
from models import ChatDraft, ChatPhoto, WebhookReceipt
from worker.receipts import incoming_of, tools_of

QUIET: Final = timedelta(seconds=1.5)
"""No photo has come for so long: the burst is over."""

PATIENCE: Final = timedelta(seconds=25)
"""So long an answer waits for photos LINE does not give us yet; its token lives for 45 seconds."""

_MOST_AT_ONCE: Final = 50


def answer_due(app: Flask, stopping: Callable[[], bool]) -> int:
    """Answer the bursts that are over and return how many were settled; needs an application context."""
    due = _due()
    tools = tools_of(app) if due else None
    settled = 0
    for draft_id, account_id, receipt_id in due:
        if stopping() or tools is None:
            break
        with write_transaction() as session:
            ask = _asking(session, tools, receipt_id)
            if ask is None or ask.draft is None or ask.draft.id != draft_id:
                lock_sender(session, account_id)
                ask = None  # Too late to be answered, or left for something else: only counted.
            draft = session.get(ChatDraft, draft_id, populate_existing=ask is None)
            settled += _settle(session, draft, ask) if draft else 0
    return settled


def _due() -> list[tuple[int, int, int | None]]:
    """Return drafts, with account and last event, whose burst is over; those longest ago first."""
    moment = now()
    session = db.session()
    session.rollback()
    coming = exists().where(ChatPhoto.chat_draft_id == ChatDraft.id, ChatPhoto.state.in_(UNDER_WAY))
    found = session.execute(
        select(ChatDraft.id, ChatDraft.line_account_id, ChatDraft.photos_receipt_id)
        .where(ChatDraft.photos_at <= moment - QUIET)
        .where(or_(~coming, ChatDraft.photos_at <= moment - PATIENCE))
        .order_by(ChatDraft.photos_at)
        .limit(_MOST_AT_ONCE)
    ).all()
    session.rollback()
    return [(draft_id, account_id, receipt_id) for draft_id, account_id, receipt_id in found]


def _asking(session: Session, tools: Tools, receipt_id: int | None) -> Asking | None:
    """Lock the sender and the current draft and return the step to take; None once the token is over."""
    receipt = session.get(WebhookReceipt, receipt_id) if receipt_id else None
    event = incoming_of(receipt) if receipt else None
    if event is None or not event.reply_token or event.answer_until <= now():
        return None
    known = tools.lookups(session)
    hold_settings(session, known.settings)
    return Asking.of(session, event, replace(tools, lookups=lambda _session: known))


def _settle(session: Session, draft: ChatDraft, ask: Asking | None) -> bool:
    """Count a draft's photos and let its talk go on; False where a step of the talk was quicker."""
    if draft.photos_at is None or draft.photos_at > now() - QUIET:
        return False
    may_answer = ask is not None and draft.photos_receipt_id is not None
    burst = settle(session, draft, is_told=may_answer)
    if ask is None or not may_answer:
        return True
    draft.photos_receipt_id = None  # A token is good for one answer.
    session.flush()
    turn = Turn(ask, draft)
    guarded(turn, lambda: TALKS[draft.kind].asks_again(turn, _told(ask, burst)))
    return True


def _told(ask: Asking, burst: Burst) -> str:
    """Return what is said before the talk goes on: how many came, and why others did not."""
    lines = []
    if burst.held:
        lines.append(ask.words("photos_received", photos=burst.held))
    if burst.on_their_way:
        lines.append(ask.words("photos_coming", count=burst.on_their_way))
    for count, why in grouped(burst.refused, ask.language):
        lines.append(ask.words("photos_refused", count=count, why=why))
    return "\n".join(lines)
