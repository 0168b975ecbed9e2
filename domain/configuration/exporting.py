"""The configuration as it is now, as one document: no ids, no secrets, no people."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.audit import record
from domain.clock import now, to_bangkok
from domain.configuration.cells import QUESTION, plain_value
from domain.configuration.document import FORMAT, VERSION, Document
from domain.configuration.sections import BY_NAME, SECTIONS, SETTINGS, Section
from domain.permissions import Permission, require
from domain.setting_changes import all_settings
from domain.setting_rules import BY_KEY, Kind
from models import AuditAction, RoleGrant, SubcategoryQuestion

PRODUCT: Final = "U-PHEE"

Row = dict[str, Any]


def export_configuration(
    session: Session, actor: Actor, pictures: Mapping[str, bytes] | None = None
) -> Document:
    """Return the whole configuration and note in the audit log who took it; the caller commits.

    Args:
        session: Inside a write transaction.
        actor: Needs ``setting:update``.
        pictures: The stored pictures by the key of their setting.

    Raises:
        NotPermitted: the actor may not.
    """
    require(actor, Permission.SETTING_UPDATE)
    document = configuration_now(session, pictures)
    counts = {section.name: len(document[section.name]) for section in SECTIONS}
    record(session, actor, AuditAction.EXPORT, object_type="configuration", changes=counts)
    return document


def configuration_now(session: Session, pictures: Mapping[str, bytes] | None = None) -> Document:
    """Return the whole configuration; the same state gives the same document but for ``exported_at``."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": to_bangkok(now()).isoformat(timespec="seconds"),
        "product": PRODUCT,
        SETTINGS: settings_now(session, pictures or {}),
        **{section.name: rows_now(session, section) for section in SECTIONS},
    }


def settings_now(session: Session, pictures: Mapping[str, bytes]) -> Row:
    """Return every setting that is no secret; a picture as its bytes in base64."""
    found = all_settings(session)
    for key in found:
        if BY_KEY[key].kind is Kind.PICTURE:
            data = pictures.get(key)
            found[key] = None if data is None else {"base64": base64.b64encode(data).decode()}
    return found


def rows_now(session: Session, section: Section) -> list[Row]:
    """Return the rows of a section in their order."""
    rows = session.scalars(select(section.table)).all()
    plain = plain_rows(session, section, rows)
    order = {id(row): tuple(getattr(row, name) for name in section.order) for row in rows}
    pairs = zip(rows, plain, strict=True)
    return [cells for _row, cells in sorted(pairs, key=lambda pair: order[id(pair[0])])]


def plain_rows(session: Session, section: Section, rows: Iterable[Any]) -> list[Row]:
    """Return rows as the file holds them, in the given order."""
    codes = {cell: _codes(session, BY_NAME[name]) for cell, (_column, name) in section.references.items()}
    parts = _parts(session, section)
    found = []
    for row in rows:
        cells: Row = {}
        for cell in section.cells:
            if cell in section.references:
                cells[cell] = codes[cell].get(getattr(row, section.references[cell][0]))
            elif cell in parts:
                cells[cell] = parts[cell].get(row.id, type(parts[cell][None])())
            else:
                cells[cell] = _ordered(plain_value(getattr(row, cell)))
        found.append(cells)
    return found


def _codes(session: Session, target: Section) -> dict[int, str]:
    rows = session.execute(select(target.table.id, target.table.code))
    return {row.id: row.code for row in rows}


def _parts(session: Session, section: Section) -> dict[str, dict[int | None, Any]]:
    """Return what rows hold in rows of their own; under None an empty one."""
    if "grants" in section.cells:
        return {"grants": {None: {}, **_grants(session)}}
    return {"questions": {None: [], **_questions(session)}} if "questions" in section.cells else {}


def _grants(session: Session) -> dict[int | None, dict[str, str]]:
    found: dict[int | None, dict[str, str]] = {}
    for grant in session.scalars(select(RoleGrant).order_by(RoleGrant.permission)):
        found.setdefault(grant.role_id, {})[grant.permission] = grant.scope.value
    return found


def _questions(session: Session) -> dict[int | None, list[Row]]:
    found: dict[int | None, list[Row]] = {}
    ordered = select(SubcategoryQuestion).order_by(SubcategoryQuestion.sort_order, SubcategoryQuestion.id)
    for one in session.scalars(ordered):
        cells = {name: plain_value(getattr(one, name)) for name in QUESTION}
        found.setdefault(one.subcategory_id, []).append(cells)
    return found


def _ordered(value: Any) -> Any:
    """Return the words of a message by their names; a geometry as it is."""
    if isinstance(value, dict) and "coordinates" not in value:
        return dict(sorted(value.items()))
    return value
