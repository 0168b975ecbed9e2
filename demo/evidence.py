"""The assessed year of the demo: its results are told within fifteen days, but for a known handful.

The last full fiscal year is the one an assessor would ask for. Its officers hurried, its messages have gone
out; what was told too late, or not at all, is chosen by ``demo.papers``.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from demo.town import Case, Town
from domain.clock import fiscal_year_of, now
from models import DeliveryState, MessagePriority, OutboxChannel, OutboxMessage

HURRY_DAYS: Final = (3.5, 8.0)
"""So many days after receipt a case of the assessed year is finished, holidays come on top."""
SHORTEST_DAYS: Final = 0.05
SECONDS_TO_SEND: Final = timedelta(seconds=4)


def assessed_year(until: datetime) -> int:
    """Return the fiscal year the demo's assessor asks for: the last full one."""
    return fiscal_year_of(until) - 1


def is_assessed(town: Town, case: Case) -> bool:
    """Tell whether a case is of the assessed year."""
    received = case.row.received_at
    return received is not None and fiscal_year_of(received) == assessed_year(town.until)


def may_wait(town: Town, case: Case) -> bool:
    """Tell whether a case may wait long: in the assessed year somebody must hear why, by LINE."""
    member = case.row.member
    return not is_assessed(town, case) or (member is not None and bool(member.line_accounts))


def hurried(town: Town, case: Case, days: float) -> float:
    """Return how many days work may take: as many as it needs, in the assessed year not for ever."""
    received = case.row.received_at
    if received is None or not is_assessed(town, case):
        return days
    end = received + timedelta(days=town.chance.uniform(*HURRY_DAYS))
    return min(days, max(SHORTEST_DAYS, (end - now()) / timedelta(days=1)))


def send_old_messages(session: Session, since: datetime) -> None:
    """Count what citizens were told by LINE before a moment as sent, what is routine along with the next."""
    found = session.execute(
        select(
            OutboxMessage.id,
            OutboxMessage.recipient,
            OutboxMessage.complaint_id,
            OutboxMessage.priority,
            OutboxMessage.not_before,
        )
        .where(
            OutboxMessage.channel == OutboxChannel.LINE_CITIZEN,
            OutboxMessage.created_at < since,
            OutboxMessage.state == DeliveryState.READY,
        )
        .order_by(OutboxMessage.id)
    )
    waiting: dict[tuple[str, int | None], list[int]] = defaultdict(list)
    sent: dict[int, datetime] = {}
    rode: dict[int, int] = {}
    for row in found:
        whose = (row.recipient, row.complaint_id)
        sent[row.id] = row.not_before + SECONDS_TO_SEND
        if row.priority is MessagePriority.ROUTINE:
            waiting[whose].append(row.id)
        else:
            rode |= dict.fromkeys(waiting.pop(whose, ()), row.id)
    rows = [_settled(row_id, done_at, rode, sent) for row_id, done_at in sent.items()]
    if rows:
        session.execute(update(OutboxMessage), rows)


def _settled(
    row_id: int, done_at: datetime, rode: dict[int, int], sent: dict[int, datetime]
) -> dict[str, Any]:
    carrier = rode.get(row_id)
    if carrier is None:
        state = DeliveryState.SENT
        return {"id": row_id, "state": state, "done_at": done_at, "merged_into_id": None, "attempts": 1}
    state = DeliveryState.MERGED
    return {"id": row_id, "state": state, "done_at": sent[carrier], "merged_into_id": carrier, "attempts": 0}
