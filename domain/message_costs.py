"""What telling a citizen about a case costs in LINE messages, over the cases finished lately.

A push counts against the month; an answer with a reply token is free, and so is what rides along with
another message. Only what went to citizens by LINE counts, over the whole life of the case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from domain.permissions import scope_complaints
from models import Complaint, DeliveryState, Figure, OutboxChannel, OutboxMessage

TARGET: Final = 3
"""Paid messages a finished case should need at most."""
DAYS: Final = 30
MOST_WORST: Final = 5


class CaseCost(NamedTuple):
    """What one case took: paid pushes, free answers, and messages that rode along."""

    complaint_id: int
    public_code: str
    number: str | None
    pushed: int
    replied: int
    merged: int


@dataclass(frozen=True, slots=True)
class MessageCosts:
    """The finished cases of ``DAYS`` days whose citizens were told by LINE.

    Attributes:
        cases: How many.
        pushed: Messages to them that counted against the month.
        replied: Free answers.
        merged: Messages that rode along.
        within: Cases that took no more than ``TARGET`` paid messages.
        worst: Those with the most paid messages above the target, at most ``MOST_WORST``.
    """

    cases: int
    pushed: int
    replied: int
    merged: int
    within: int
    worst: tuple[CaseCost, ...]

    @property
    def mean(self) -> Decimal | None:
        """Return paid messages per case, one decimal; None without any case."""
        if not self.cases:
            return None
        return (Decimal(self.pushed) / self.cases).quantize(Decimal("0.1"), ROUND_HALF_UP)

    @property
    def is_over(self) -> bool:
        """Tell whether a case took more than it should, on the whole."""
        return self.pushed > TARGET * self.cases


def message_costs(session: Session, actor: Actor) -> MessageCosts:
    """Count over the finished cases the actor may see; one statement."""
    return costs_of([CaseCost(*row) for row in session.execute(costs_statement(actor))])


def costs_of(rows: Sequence[CaseCost]) -> MessageCosts:
    """Sum up what single cases took."""
    above = [row for row in rows if row.pushed > TARGET]
    ranked = sorted(above, key=lambda row: (-row.pushed, row.complaint_id))
    return MessageCosts(
        cases=len(rows),
        pushed=sum(row.pushed for row in rows),
        replied=sum(row.replied for row in rows),
        merged=sum(row.merged for row in rows),
        within=len(rows) - len(above),
        worst=tuple(ranked[:MOST_WORST]),
    )


def costs_statement(actor: Actor) -> Select[Any]:
    """Return the statement that counts case by case, from the cases' own messages."""
    sent = OutboxMessage.state == DeliveryState.SENT
    # A card that may be pushed keeps its reply token when that has grown too old for an answer.
    in_time = or_(OutboxMessage.reply_until.is_(None), OutboxMessage.done_at < OutboxMessage.reply_until)
    replied = and_(sent, OutboxMessage.reply_token.is_not(None), in_time)
    pushed = and_(sent, or_(OutboxMessage.reply_token.is_(None), ~in_time))
    merged = OutboxMessage.state == DeliveryState.MERGED
    keys = (Complaint.id, Complaint.public_code, Complaint.number)
    columns: list[Any] = [
        *keys,
        *(func.sum(case((which, 1), else_=0)) for which in (pushed, replied, merged)),
    ]
    counted: Select[Any] = (
        select(*columns)
        .join(OutboxMessage, OutboxMessage.complaint_id == Complaint.id)
        .where(
            Complaint.figure == Figure.FINISHED,
            Complaint.finished_at >= now() - timedelta(days=DAYS),
            OutboxMessage.channel == OutboxChannel.LINE_CITIZEN,
            OutboxMessage.state.in_((DeliveryState.SENT, DeliveryState.MERGED)),
        )
        .group_by(*keys)
    )
    return scope_complaints(counted, actor)
