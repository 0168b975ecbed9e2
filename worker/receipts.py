"""Stored webhooks, one after the other by their own time: the effect and "done" are one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from flask import Flask
from sqlalchemy.orm import Session

from domain.clock import now
from domain.deliveries import DeliveryReason
from domain.faults import fault_point
from domain.lookups import Lookups, current_version, load_lookups
from domain.settings import hold_settings
from domain.vault import Vault
from extensions import db, write_transaction
from line_hooks.handlers import Incoming, Tools, handle
from line_hooks.incoming import NotYet
from models import DeliveryState, WebhookReceipt
from worker.addresses import Addresses
from worker.leases import (
    Lease,
    claim,
    error_text,
    finish,
    finished_row,
    give_back,
    has_work,
    postpone,
    wait_after,
)

logger = logging.getLogger(__name__)

BATCH: Final = 20
LEASE: Final = timedelta(seconds=60)
_SNAPSHOT: Final = "worker_lookups"
_BY_TIME: Final = (WebhookReceipt.event_timestamp, WebhookReceipt.id)


def handle_due(app: Flask, stopping: Callable[[], bool]) -> int:
    """Handle the webhook events that wait and return how many were begun; needs an application context."""
    if not has_work(db.session(), WebhookReceipt):
        return 0
    with write_transaction() as session:
        lease = claim(session, WebhookReceipt, limit=BATCH, lease=LEASE, order=_BY_TIME, counted=True)
    if lease is None:
        return 0
    fault_point("worker_claimed")
    tools = tools_of(app)
    for index, receipt_id in enumerate(lease.ids):
        if stopping():
            with write_transaction() as session:
                give_back(session, WebhookReceipt, lease, lease.ids[index:])
            return index
        _handle_one(lease, receipt_id, tools)
    return len(lease.ids)


def tools_of(app: Flask) -> Tools:
    """Return what the handlers need from outside; inside an application context."""
    vault: Vault = app.extensions["vault"]
    addresses = Addresses(app)
    return Tools(
        button_key=vault.button_key,
        track_url=addresses.tracking(),
        link=addresses.page,
        allows_http=addresses.allows_http,
        vault=vault,
        lookups=lambda session: _fresh_lookups(app, session),
    )


def _fresh_lookups(app: Flask, session: Session) -> Lookups:
    """Return this process's snapshot of the small tables, read again when their stamp has moved."""
    kept: Lookups | None = app.extensions.get(_SNAPSHOT)
    if kept is None or kept.version != current_version(session):
        kept = app.extensions[_SNAPSHOT] = load_lookups(session)
    return kept


def _handle_one(lease: Lease, receipt_id: int, tools: Tools) -> None:
    try:
        with write_transaction() as session:
            # Finished first: if another worker has taken it over, nothing below may happen.
            receipt = finished_row(session, WebhookReceipt, receipt_id, lease.token, DeliveryState.SENT)
            if receipt is None:
                return
            known = tools.lookups(session)
            hold_settings(session, known.settings)  # Read with the town: no statement of their own.
            outcome = handle(session, incoming_of(receipt), replace(tools, lookups=lambda _session: known))
            fault_point("worker_before_finish")
    except NotYet as later:
        _wait(lease, receipt_id, later)
        return
    except Exception as fault:
        logger.exception("webhook event failed", extra={"receipt_id": receipt_id})
        _put_off(lease, receipt_id, fault)
        return
    logger.info("webhook event handled", extra={"receipt_id": receipt_id, "outcome": outcome})


def incoming_of(receipt: WebhookReceipt) -> Incoming:
    """Return a stored event as its handlers see it."""
    return Incoming(
        channel=receipt.channel,
        event_id=receipt.webhook_event_id,
        at=receipt.event_timestamp or receipt.created_at,
        received_at=receipt.created_at,
        body=receipt.body,
        receipt_id=receipt.id,
    )


def _wait(lease: Lease, receipt_id: int, later: NotYet) -> None:
    """Look at an event again in a while; it has not failed, so that costs no attempt."""
    with write_transaction() as session:
        again_at = now() + later.wait
        postpone(session, WebhookReceipt, receipt_id, lease.token, again_at, counts=False, last_error=None)


def _put_off(lease: Lease, receipt_id: int, fault: Exception) -> None:
    """Try again later; give up after as many attempts as the row allows."""
    error = error_text(DeliveryReason.HANDLER_FAILED, type(fault).__name__)
    with write_transaction() as session:
        receipt = session.get(WebhookReceipt, receipt_id)
        if receipt is None:
            return
        if receipt.attempts >= receipt.max_attempts:
            finish(session, WebhookReceipt, receipt_id, lease.token, DeliveryState.DEAD, last_error=error)
        else:
            again_at = now() + wait_after(receipt.attempts)
            postpone(session, WebhookReceipt, receipt_id, lease.token, again_at, last_error=error)
