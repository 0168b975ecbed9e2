"""The values of the two LINE channels a town pastes on a screen: kept encrypted, never shown again.

A new channel secret ends the old one at LINE at once, but events signed with the old one may still be under
way or come again: it is accepted for a day more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cryptography.fernet import InvalidToken
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from domain import audit
from domain.actor import Actor
from domain.clock import now
from domain.deliveries import lift_pause
from domain.errors import FieldErrors, InvalidField, add_message
from domain.permissions import Permission, require
from domain.vault import Vault
from models import AuditAction, LineChannel, LineConnection, OutboxChannel

OUT: Final = {
    LineChannel.CITIZEN: OutboxChannel.LINE_CITIZEN,
    LineChannel.STAFF: OutboxChannel.LINE_STAFF,
}
"""The way out of each channel."""
PREVIOUS_LIVES: Final = timedelta(hours=24)
_LONGEST: Final = {"token": 700, "secret": 200}

add_message(
    "line_value_malformed",
    thai="ค่านี้มีอักขระที่ LINE ไม่ใช้ กรุณาคัดลอกจาก LINE Developers ใหม่ทั้งบรรทัด",
    english="This value has characters LINE never uses: copy the whole line from LINE Developers again",
)
add_message(
    "line_half_a_channel",
    thai="ต้องมีทั้ง channel access token และ channel secret",
    english="Both the channel access token and the channel secret are needed",
)


@dataclass(frozen=True, slots=True)
class ChannelKeys:
    """What a channel is reached and recognised by.

    Attributes:
        token: Channel access token; None when the channel is off.
        secrets: Channel secrets in force, the newest first.
    """

    token: str | None = None
    secrets: tuple[str, ...] = ()


def connection_of(session: Session, channel: LineChannel) -> LineConnection:
    """Return the channel's row, made now when it has none; two who make it at once get the same one."""
    row = session.get(LineConnection, channel)
    if row is None:
        insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        fresh = insert(LineConnection).values(channel=channel, findings=[], updated_at=now())
        session.execute(fresh.on_conflict_do_nothing(index_elements=["channel"]))
        row = session.get_one(LineConnection, channel)
    return row


def stored_keys(session: Session, vault: Vault, channel: LineChannel) -> ChannelKeys:
    """Return the channel's keys; none of them when the key they were kept under is gone."""
    row = session.get(LineConnection, channel)
    if row is None:
        return ChannelKeys()
    previous = row.previous_secret if row.previous_until and row.previous_until > now() else None
    secrets = [_open(vault, row.secret), _open(vault, previous)]
    return ChannelKeys(_open(vault, row.token), tuple(one for one in secrets if one))


def keep_keys(
    session: Session, actor: Actor, vault: Vault, channel: LineChannel, *, token: str, secret: str
) -> LineConnection:
    """Keep the values of a channel; an empty one leaves what there is. The caller commits.

    Raises:
        NotPermitted: without ``line:manage``.
        FieldErrors: ``line_value_malformed``, ``line_half_a_channel``.
    """
    require(actor, Permission.LINE_MANAGE)
    given = {"token": "".join(token.split()), "secret": "".join(secret.split())}
    row = connection_of(session, channel)
    _check(row, given)
    changed = [name for name, value in given.items() if value and value != _open(vault, getattr(row, name))]
    if "secret" in changed and row.secret:
        row.previous_secret, row.previous_until = row.secret, now() + PREVIOUS_LIVES
    for name in changed:
        setattr(row, name, vault.encrypt(given[name]))
    if "token" in changed:  # Perhaps of another account: who it is shows at the next test.
        row.bot_user_id = row.basic_id = row.display_name = None
    if changed:
        row.findings, row.tested_at, row.updated_at = [], None, now()
        session.flush()
        lift_pause(session, OUT[channel])  # It may have stood still because of the values before.
        audit.record(session, actor, AuditAction.UPDATE, row, changes={"changed": ", ".join(changed)})
    return row


def forget_keys(session: Session, actor: Actor, channel: LineChannel) -> None:
    """Disconnect a channel: its values are gone, what waits for it is cancelled by the worker in time.

    Raises:
        NotPermitted: without ``line:manage``.
    """
    require(actor, Permission.LINE_MANAGE)
    row = connection_of(session, channel)
    row.token = row.secret = row.previous_secret = row.previous_until = None
    row.bot_user_id = row.basic_id = row.display_name = row.tested_at = None
    row.findings, row.updated_at = [], now()
    session.flush()
    audit.record(session, actor, AuditAction.UPDATE, row, changes={"changed": "disconnected"})


def _check(row: LineConnection, given: dict[str, str]) -> None:
    wrong = [
        InvalidField("line_value_malformed", field=name)
        for name, value in given.items()
        if len(value) > _LONGEST[name] or not (value.isascii() and value.isprintable())
    ]
    wrong += [
        InvalidField("line_half_a_channel", field=name)
        for name, value in given.items()
        if not value and not getattr(row, name)
    ]
    if wrong:
        raise FieldErrors(wrong)


def _open(vault: Vault, kept: str | None) -> str | None:
    try:
        return vault.decrypt(kept) if kept else None
    except InvalidToken:
        return None
