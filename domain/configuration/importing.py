"""Taking a configuration file in: every row through the check of its screen, all of it or nothing.

A plan is the import itself in a savepoint that is thrown away: what it says is what will happen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.audit import record
from domain.configuration.document import HEAD, Document, Surroundings, visible
from domain.configuration.plan import (
    ChangeKind,
    ConfigurationMoved,
    ConfigurationRefused,
    Place,
    Plan,
    RowChange,
)
from domain.configuration.rows import Rows
from domain.configuration.sections import BY_NAME, MOST_ROWS_TOGETHER, SECTIONS, SETTINGS
from domain.configuration.settings import bring_settings
from domain.errors import DomainError, InvalidField, add_message
from domain.permissions import Permission, require
from domain.roles import require_roles_manageable
from models import AuditAction, Role

KEPT_NAMED = 50

add_message(
    "configuration_section_unknown",
    thai="ไม่รู้จักหมวด “{name}” กรุณาตรวจตัวสะกดหรือลบออก หมวดที่มี: {known}",
    english="There is no section “{name}”: check its spelling or take it out. There are: {known}",
)
add_message(
    "configuration_right_missing",
    thai="ท่านไม่มีสิทธิ์แก้ไขหมวดนี้ ({permission}) กรุณาลบหมวดนี้ออกจากไฟล์ หรือให้ผู้มีสิทธิ์นำเข้า",
    english="You may not change this section ({permission}): take it out, or ask somebody who may",
)


class _OnlyLooked(Exception):
    """Ends the savepoint of a plan."""


def plan_import(
    session: Session,
    actor: Actor,
    document: Document,
    around: Surroundings,
    *,
    switch_off_missing: bool = False,
) -> Plan:
    """Return what an import would change and what is wrong with the file; nothing stays written.

    Args:
        session: Inside a write transaction: the import is tried in a savepoint.
        actor: Needs ``setting:update``, and for each section that changes the right to change it by hand.
        document: From ``read_document``.
        around: What the edge lends.
        switch_off_missing: Switch off the rows that the file's sections do not name.

    Raises:
        NotPermitted: the actor may not.
    """
    require(actor, Permission.SETTING_UPDATE)
    plan = Plan()
    try:
        with session.begin_nested():
            _bring(session, actor, document, around, plan, switch_off_missing)
            raise _OnlyLooked  # noqa: TRY301 - the way out of a savepoint that leaves nothing
    except _OnlyLooked:
        return plan


def apply_import(
    session: Session,
    actor: Actor,
    document: Document,
    around: Surroundings,
    *,
    switch_off_missing: bool = False,
    expected: str | None = None,
) -> Plan:
    """Take a file in and return what changed; the caller commits.

    Args:
        session: Inside a write transaction, which must be rolled back when this raises.
        actor: As of ``plan_import``.
        document: From ``read_document``.
        around: What the edge lends.
        switch_off_missing: As of ``plan_import``.
        expected: ``Plan.fingerprint`` of what the person was shown; None where nobody looked before.

    Raises:
        NotPermitted: the actor may not.
        ConfigurationRefused: the file has problems, all of them in its ``plan``.
        ConfigurationMoved: it would do something else than the person was shown.
    """
    require(actor, Permission.SETTING_UPDATE)
    plan = Plan()
    _bring(session, actor, document, around, plan, switch_off_missing)
    if plan.problems:
        raise ConfigurationRefused(plan)
    if expected is not None and plan.fingerprint() != expected:
        raise ConfigurationMoved
    entry = record(
        session,
        actor,
        AuditAction.IMPORT,
        object_type="configuration",
        changes={
            **{kind.value: count for kind, count in plan.counts.items()},
            "switch_off_missing": switch_off_missing,
            "stays_on": [_told(row) for row in plan.rows if row.kind is ChangeKind.KEPT][:KEPT_NAMED],
        },
    )
    session.flush()
    plan.entry_id = entry.id
    return plan


def _told(row: RowChange) -> list[str]:
    reasons = [row.reason.message_in(lang) for lang in ("th", "en")] if row.reason else ["", ""]
    return [row.section, row.key, row.name, *reasons]


def _bring(
    session: Session,
    actor: Actor,
    document: Document,
    around: Surroundings,
    plan: Plan,
    switch_off_missing: bool,
) -> None:
    were_manageable = _roles_are_manageable(session)
    _refuse_unknown_sections(document, plan)
    count = sum(len(rows) for rows in document.values() if isinstance(rows, list))
    if count > MOST_ROWS_TOGETHER:
        shown = {"count": f"{count:,}", "most": f"{MOST_ROWS_TOGETHER:,}"}
        plan.note(Place(""), InvalidField("configuration_too_many_rows", **shown))
        return
    if SETTINGS in document:
        bring_settings(session, actor, document[SETTINGS], around, plan)
    rooms = [
        Rows(session, actor, section, document, around, plan)
        for section in SECTIONS
        if section.name in document
    ]
    for rows in rooms:
        rows.bring()
    for rows in reversed(rooms):  # What hangs on a row goes before it.
        rows.switch_off(missing=switch_off_missing)
    _require_rights(actor, plan)
    if were_manageable:  # Before there is an administrator nobody can be locked out.
        _require_roles(session, plan)


def _refuse_unknown_sections(document: Mapping[str, Any], plan: Plan) -> None:
    known = (SETTINGS, *BY_NAME)
    for name in document:
        if name not in (*HEAD, *known):
            error = InvalidField("configuration_section_unknown", name=visible(name), known=", ".join(known))
            plan.note(Place(""), error)


def _require_rights(actor: Actor, plan: Plan) -> None:
    """Refuse what the person could not change by hand: a file must not lift anybody above his rights."""
    changed = {row.section for row in plan.rows if row.kind is not ChangeKind.UNCHANGED} - {SETTINGS}
    for name in (section.name for section in SECTIONS if section.name in changed):
        permission = BY_NAME[name].permission
        if not actor.can(permission):
            plan.note(Place(name), DomainError("configuration_right_missing", permission=permission.value))


def _roles_are_manageable(session: Session) -> bool:
    if session.scalar(select(Role.id).limit(1)) is None:
        return False
    try:
        require_roles_manageable(session)
    except DomainError:
        return False
    return True


def _require_roles(session: Session, plan: Plan) -> None:
    """Refuse a file that locks out the last administrator."""
    try:
        require_roles_manageable(session)
    except DomainError as error:
        plan.note(Place("roles"), error)
