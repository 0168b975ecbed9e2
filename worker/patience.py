"""Routine messages nobody goes with: in quiet hours they wait for the morning, in lean times for company."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from domain.deliveries import DeliveryReason
from domain.line_quota import is_saving
from models import DeliveryState
from worker.letters import LINE_CHANNELS, Letter
from worker.senders import Verdict

LOOKS_AGAIN: Final = timedelta(minutes=30)
SAVED_LIVES: Final = timedelta(days=2)
"""What has found no company by then is old news; the page of the case has told it all along."""


def judge_patience(
    session: Session, letters: Sequence[Letter], moment: datetime, morning: datetime | None
) -> list[tuple[Letter, Verdict]]:
    """Return those of the letters that must wait, or have waited too long, with what becomes of them.

    Args:
        session: For the settings and the month's messages.
        letters: Routine ones without company.
        moment: Now.
        morning: When the quiet hours end; None outside of them.
    """
    if not letters:
        return []
    if morning is not None:
        return [(letter, _later(DeliveryReason.QUIET_HOURS, morning)) for letter in letters]
    lean = {
        channel: is_saving(session, LINE_CHANNELS[channel]) for channel in {one.channel for one in letters}
    }
    return [(letter, _saved(letter, moment)) for letter in letters if lean[letter.channel]]


def _saved(letter: Letter, moment: datetime) -> Verdict:
    if moment >= letter.written_at + SAVED_LIVES:
        return Verdict(state=DeliveryState.CANCELLED, reason=DeliveryReason.SAVED)
    return _later(DeliveryReason.SAVING, moment + LOOKS_AGAIN)


def _later(reason: DeliveryReason, again_at: datetime) -> Verdict:
    # It was not begun, so there is no attempt to take back.
    return Verdict(state=DeliveryState.READY, reason=reason, again_at=again_at)
