"""The panel of faults: what a trainer may let go wrong, in words, and what is waiting to go wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from line_sim.phones_calls import parse_int
from line_sim.server import FakeLine
from line_sim.state import FOREVER, FaultKind

REVOKED: Final = "revoked"
QUOTA: Final = "quota"
SLOW_SECONDS: Final = 5.0
MOST_TIMES: Final = 50

KINDS: Final[dict[str, FaultKind]] = {
    "down": "500",
    "slow": "slow",
    "cut": "lost_response",
    "rate": "429_rate",
    "month": "429_month",
    "duplicate": "hook_redeliver",
    "reorder": "hook_reorder",
}
"""Faults of the panel by their words' name; the two that are no fault of a request are apart."""
CHOICES: Final = (*KINDS, REVOKED)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A fault that waits; ``times`` is None until it is cleared."""

    name: str
    channel: str
    times: int | None


def waiting(fake: FakeLine) -> list[Waiting]:
    """Return what waits to go wrong, in the order it was asked for."""
    names = {kind: name for name, kind in KINDS.items()}
    found = [
        Waiting(
            names.get(fault.kind, fault.kind),
            fault.channel or "",
            None if fault.times > MOST_TIMES else fault.times,
        )
        for fault in fake.state.faults()
    ]
    accounts = fake.state.channels.values()
    return found + [Waiting(REVOKED, account.key, None) for account in accounts if account.revoked]


def set_fault(fake: FakeLine, name: str, channel: str, times: str) -> bool:
    """Let something go wrong; False for a fault or a number there is not.

    Args:
        fake: The LINE it happens to.
        name: One of ``CHOICES``.
        channel: Key of an account; empty for all.
        times: How often, ``1`` to ``50``; empty until cleared.
    """
    count = parse_int(times, 1, MOST_TIMES) if times else FOREVER
    if channel and channel not in fake.state.channels:
        return False
    if name == REVOKED:
        for key in [channel] if channel else list(fake.state.channels):
            fake.state.revoke(key)
        return True
    if name not in KINDS or count is None:
        return False
    fake.state.fail(KINDS[name], count, channel=channel or None, seconds=SLOW_SECONDS)
    return True


def set_quota(fake: FakeLine, channel: str, left: str) -> bool:
    """Let an account have so many messages left this month; an empty text is no limit."""
    account = fake.state.channels.get(channel)
    count = parse_int(left, 0, 10**6) if left.strip() else None
    if account is None or (left.strip() and count is None):
        return False
    account.quota_limit = None if count is None else fake.state.used(account) + count
    return True


def clear(fake: FakeLine) -> None:
    """Let everything go well again; tokens that were taken back count again, quotas have no limit."""
    fake.state.clear_faults()
    for account in fake.state.channels.values():
        account.quota_limit = None
        fake.state.restore(account.key)
