"""A report from the chat becomes a complaint: one transaction, one answer, nothing done twice."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select

from domain import chat_drafts
from domain.actor import Actor
from domain.clock import now
from domain.entries import Entry
from domain.registration import submit
from domain.settings import read_setting
from line_hooks import talks
from line_hooks.asking import Asking
from line_hooks.chat_cards import text_message
from line_hooks.incoming import NotYet, answer_by_card
from line_hooks.talks import Turn
from models import Channel, ChannelGroup, Disclosure

PHOTOS_WAIT: Final = timedelta(seconds=2)
PHOTOS_PATIENCE: Final = timedelta(seconds=20)
"""So long a press waits for photos that are still on their way; then they follow the complaint."""


def send_report(turn: Turn, story: str, actor: Actor) -> str:
    """Hand the report in and answer with its first card; the draft is gone afterwards.

    Raises:
        NotYet: photos are still being fetched.
        FieldErrors: what the rules cannot take; the draft stays.
    """
    wait_for_photos(turn)
    return talks.carry_out(turn, lambda: _hand_in(turn, story, actor))


def wait_for_photos(turn: Turn) -> None:
    """Let the press be handled again in a moment while photos of the draft are under way.

    Raises:
        NotYet: they may still come in time.
    """
    is_patient = now() - turn.ask.event.received_at < PHOTOS_PATIENCE
    if is_patient and chat_drafts.photos_under_way(turn.ask.session, turn.draft):
        raise NotYet(PHOTOS_WAIT)


def _hand_in(turn: Turn, story: str, actor: Actor) -> str:
    ask = turn.ask
    if ask.tools.vault is None or ask.account is None:
        raise RuntimeError("a report needs a vault and an account")
    complaint = submit(ask.session, actor, ask.tools.vault, _entry(turn, story, actor))
    chat_drafts.finish(ask.session, turn.draft, complaint.id)
    ask.session.flush()
    if not answer_by_card(ask.session, ask.event, complaint.id):
        talks.done(turn, "reported", [text_message(ask.words("reported", number=str(complaint)))])
    return "reported"


def _entry(turn: Turn, story: str, actor: Actor) -> Entry:
    said: dict[str, Any] = turn.draft.said
    session = turn.ask.session
    return Entry(
        form_token=turn.draft.token,
        story=story,
        member_id=actor.member_id,
        reporter_account_id=turn.draft.line_account_id,
        notice=str(read_setting(session, "notice_version")),
        channel_id=_line_channel(turn.ask),
        proposed_subcategory_id=said.get("subcategory_id"),
        answers={int(key): answer for key, answer in (said.get("answers") or {}).items() if answer},
        place_text=said.get("place_text", ""),
        latitude=Decimal(said["latitude"]) if said.get("latitude") else None,
        longitude=Decimal(said["longitude"]) if said.get("longitude") else None,
        callback_phone=said.get("phone"),
        disclosure=Disclosure(said.get("disclosure", Disclosure.CONCEALED.value)),
    )


def _line_channel(ask: Asking) -> int | None:
    """Return the town's channel for LINE, the first in use."""
    rows = select(Channel.id).where(Channel.channel_group == ChannelGroup.LINE, Channel.is_active)
    return ask.session.scalar(rows.order_by(Channel.sort_order, Channel.id).limit(1))
