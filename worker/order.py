"""The order of messages to one person on one complaint."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy.orm import aliased

from models import DeliveryState, MessagePriority, OutboxChannel, OutboxMessage
from worker.leases import undone


def has_predecessor(moment: datetime, besides: Iterable[int] = ()) -> ColumnElement[bool]:
    """Tell whether an earlier message on the same case to the same person must go first.

    One that is still held back for undo lets others pass, and so does a routine one by LINE: it goes along.
    One that was due once does not: it has been begun, or carries the reason why it was put off.

    Args:
        moment: Now.
        besides: Rows that do not count, as they go in the same request.
    """
    earlier = aliased(OutboxMessage)
    had_its_turn = or_(
        earlier.not_before <= moment, earlier.first_attempt_at.is_not(None), earlier.last_error.is_not(None)
    )
    goes_along = and_(
        earlier.priority == MessagePriority.ROUTINE,
        earlier.state == DeliveryState.READY,
        earlier.attempts == 0,
        earlier.channel != OutboxChannel.EMAIL,
    )
    return exists().where(*_before(earlier), had_its_turn, ~goes_along, earlier.id.not_in(list(besides)))


def would_overtake(moment: datetime) -> ColumnElement[bool]:
    """Tell whether sending a row now would overtake an earlier one that is due, under way or to be repeated.

    Asked once its company has come aboard: whoever of it another worker has taken meanwhile still counts.
    """
    earlier = aliased(OutboxMessage)
    is_live = or_(earlier.not_before <= moment, earlier.attempts > 0, earlier.state == DeliveryState.LEASED)
    return exists().where(*_before(earlier), is_live)


def _before(earlier: Any) -> tuple[ColumnElement[bool], ...]:
    return (
        earlier.recipient == OutboxMessage.recipient,
        earlier.complaint_id.is_not_distinct_from(OutboxMessage.complaint_id),
        earlier.channel == OutboxMessage.channel,
        earlier.id < OutboxMessage.id,
        earlier.reply_token.is_(None),
        undone(earlier),
    )
