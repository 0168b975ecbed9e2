"""Which messages somebody must hear of now, and which may wait for company: a push costs the town money.

Essential is whatever changes what a person may count on or has to do. A routine message waits a few minutes
for others to the same person, sleeps through quiet hours, and goes with the next answer in the chat for free.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

from sqlalchemy.orm import Session

from domain.clock import to_bangkok
from domain.settings import read_setting
from models import MessagePriority

ROUTINE: Final = frozenset(
    {
        *("citizen_directed", "citizen_acknowledged", "citizen_started", "citizen_forwarded"),
        *("citizen_off_plan", "citizen_returned", "citizen_unmerged"),
        *("staff_rated", "staff_result", "staff_evidence", "staff_digest"),
    }
)
"""Template keys of the messages that may wait; every other one is essential."""


def priority_of(template_key: str) -> MessagePriority:
    """Return whether a message is essential."""
    return MessagePriority.ROUTINE if template_key in ROUTINE else MessagePriority.ESSENTIAL


def waits_for_company(session: Session, template_key: str) -> timedelta:
    """Return how long a message waits for others that can go with it."""
    if priority_of(template_key) is MessagePriority.ESSENTIAL:
        return timedelta(0)
    return timedelta(minutes=int(read_setting(session, "line_merge_minutes")))


def quiet_until(session: Session, moment: datetime) -> datetime | None:
    """Return when the quiet hours around a moment end; None when there are none, or it is none of them."""
    first, last = (_time(read_setting(session, f"line_quiet_{end}")) for end in ("from", "until"))
    if first is None or last is None or first == last:
        return None
    local = to_bangkok(moment)
    at = local.time().replace(tzinfo=None)
    over_midnight = first > last
    is_quiet = (at >= first or at < last) if over_midnight else first <= at < last
    if not is_quiet:
        return None
    ends = local.replace(hour=last.hour, minute=last.minute, second=0, microsecond=0)
    return ends + timedelta(days=1) if over_midnight and at >= first else ends


def _time(typed: object) -> time | None:
    return time.fromisoformat(str(typed)) if typed else None
