"""Configuration files: of the first town, of the second one, changed for a test."""

from __future__ import annotations

import copy
import json
from typing import Any

from helpers.people import actor_named

import seed
from domain.configuration.document import Document, Surroundings, read_document
from domain.configuration.exporting import configuration_now
from domain.configuration.importing import apply_import, plan_import
from domain.configuration.plan import Plan
from domain.vault import Vault
from extensions import db, write_transaction
from line_hooks.template_check import check_template

SECOND_TOWN = seed.FOLDER / "nong_nam_sai.json"
AROUND = Surroundings(vault=Vault(b"k" * 32), check_template=check_template)


def second_town() -> Document:
    return read_document(SECOND_TOWN.read_bytes())


def first_town() -> Document:
    """The configuration of the test's database as it is now."""
    found = copy.deepcopy(configuration_now(db.session()))
    db.session.rollback()
    return found


def part(**sections: Any) -> Document:
    """A file with these sections only."""
    return {"format": "uphee-configuration", "version": 1, **sections}


def row_of(document: Document, section: str, code: str) -> dict[str, Any]:
    key = {"roads": "name", "holidays": "holiday_date"}.get(section, "code")
    return next(row for row in document[section] if row[key] == code)


def differences(one: Document, other: Document) -> list[str]:
    """Where two files differ, but for their time; short, as a diff of two such texts takes minutes."""
    found = []
    for name in [*one, *(name for name in other if name not in one)]:
        ours, theirs = one.get(name), other.get(name)
        if name != "exported_at" and json.dumps(ours) != json.dumps(theirs):
            found.append(f"{name}: {str(ours)[:80]} / {str(theirs)[:80]}")
    return found


def planned(document: Document, *, off: bool = False, who: str = "admin") -> Plan:
    with write_transaction() as session:
        actor = actor_named(session, who)
        return plan_import(session, actor, document, AROUND, switch_off_missing=off)


def applied(document: Document, *, off: bool = False, who: str = "admin", **more: Any) -> Plan:
    with write_transaction() as session:
        actor = actor_named(session, who)
        return apply_import(session, actor, document, AROUND, switch_off_missing=off, **more)


def problems(document: Document, **more: Any) -> list[str]:
    return [problem.text_in("th") for problem in planned(document, **more).problems]
