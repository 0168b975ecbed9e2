"""Changing settings: checked one by one and together, audited, secrets encrypted; the caller commits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.audit import record
from domain.clock import now
from domain.errors import FieldChecks, StaleRow
from domain.numbering import RUNNING_ON, carry_on, number_year
from domain.permissions import Permission, require
from domain.setting_rules import BY_KEY, RULES, Kind, Section, rules_of
from domain.setting_values import check_together, check_value
from domain.settings import DEFAULTS, read_setting, unset_setting, write_setting
from domain.vault import Vault
from models import AuditAction, Setting

UNTOLD = frozenset({Kind.GEOMETRY, Kind.SECRET, Kind.PICTURE})
"""The audit log says that these changed, not into what."""


def save_settings(
    session: Session,
    actor: Actor,
    values: Mapping[str, Any],
    vault: Vault,
    seen: tuple[Section, str] | None = None,
) -> dict[str, list[Any]]:
    """Store the values that differ and return what changed as ``{key: [old, new]}``.

    A value of None, or one that equals the default, takes the row away; an empty secret leaves it as it is.

    Args:
        session: Inside a write transaction.
        actor: Needs ``setting:update``.
        values: By key; keys that are not named stay.
        vault: Encrypts secrets.
        seen: The screen and its ``seal_of`` when it was shown; None trusts that nobody else changed it.

    Raises:
        NotPermitted: the actor may not.
        StaleRow: somebody else has changed the screen since it was shown.
        KeyError: there is no such setting.
        FieldErrors: what cannot be taken, each with its setting's key.
    """
    require(actor, Permission.SETTING_UPDATE)
    if seen is not None and seal_of(session, seen[0]) != seen[1]:
        raise StaleRow
    check = FieldChecks()
    wanted: dict[str, Any] = {}
    for key, value in values.items():
        with check:
            wanted[key] = check_value(BY_KEY[key], value)
    check.done()
    check_together(all_settings(session) | {key: _held(key, value) for key, value in wanted.items()})
    changes = {}
    for key, value in wanted.items():
        change = _keep(session, key, value, vault)
        if change is not None:
            changes[key] = change
    if "number_reset" in changes:
        _carry_numbers_on(session)
    if changes:
        record(session, actor, AuditAction.UPDATE, object_type="setting", changes=changes)
    return changes


def seal_of(session: Session, section: Section) -> str:
    """Return a short text that changes with any value of a screen: who saves must have seen these."""
    values = [_present(session, rule.key) for rule in rules_of(section)]
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def all_settings(session: Session) -> dict[str, Any]:
    """Return every setting as it holds now, secrets left out."""
    return {rule.key: _present(session, rule.key) for rule in RULES if rule.kind is not Kind.SECRET}


def forget_secret(session: Session, actor: Actor, key: str) -> None:
    """Take a stored secret away; the caller commits.

    Raises:
        NotPermitted: the actor may not.
    """
    require(actor, Permission.SETTING_UPDATE)
    if BY_KEY[key].kind is Kind.SECRET and has_secret(session, key):
        unset_setting(session, key)
        record(session, actor, AuditAction.UPDATE, object_type="setting", changes={key: ["…", None]})


def has_secret(session: Session, key: str) -> bool:
    """Tell whether a secret is stored."""
    return bool(session.scalar(select(Setting.value).where(Setting.key == key)))


def _keep(session: Session, key: str, value: Any, vault: Vault) -> list[Any] | None:
    """Store one checked value; return [old, new] for the audit log, None when nothing changed."""
    kind = BY_KEY[key].kind
    if kind is Kind.SECRET:
        if not value:
            return None
        write_setting(session, key, vault.encrypt(value))
        return ["…", "…"]
    old, new = _present(session, key), _held(key, value)
    if old == new:
        return None
    if value is None:
        unset_setting(session, key)
    else:
        write_setting(session, key, value)
    return ["…", "…"] if kind in UNTOLD else [old, new]


def _present(session: Session, key: str) -> Any:
    try:
        return read_setting(session, key)
    except KeyError:
        return None


def _held(key: str, value: Any) -> Any:
    return DEFAULTS.get(key) if value is None else value


def _carry_numbers_on(session: Session) -> None:
    session.flush()
    never = read_setting(session, "number_reset") == "never"
    year = RUNNING_ON if never else number_year(now(), str(read_setting(session, "number_year")))
    carry_on(session, year)
