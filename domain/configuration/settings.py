"""The settings of a configuration file: each checked as on its screen, secrets refused."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.configuration.cells import PAIRS, unknown_cells, wrong_type
from domain.configuration.document import Document, Surroundings, visible
from domain.configuration.plan import CellChange, ChangeKind, Place, Plan, RowChange
from domain.configuration.sections import SETTINGS
from domain.errors import FieldErrors, InvalidField, Words, add_message
from domain.setting_changes import all_settings, save_settings
from domain.setting_rules import BY_KEY, RULES, Kind

MAX_PICTURE_BYTES: Final = 5 * 1024 * 1024
PICTURE: Final = Words('{"base64": "…"} ไม่เกิน 5 MB หรือ null', '{"base64": "…"} of at most 5 MB, or null')
WAYS: Final = Words('{"ข้อความ": ["bell", …]}', '{"message": ["bell", …]}')
PICTURES: Final = tuple(rule.key for rule in RULES if rule.kind is Kind.PICTURE)

add_message(
    "configuration_secret",
    thai="ค่านี้เป็นความลับ นำเข้าจากไฟล์ไม่ได้ กรุณาลบออกจากไฟล์ แล้วพิมพ์ที่หน้าตั้งค่า",
    english="This is a secret, which no file may carry: take it out and type it on its settings screen",
)


def pictures_of(document: Document) -> dict[str, bytes]:
    """Return the readable pictures of a file by setting; the edge makes them anew and keeps them."""
    values = document.get(SETTINGS)
    found = {}
    for key in PICTURES:
        data = _picture(values.get(key)) if isinstance(values, dict) else None
        if data:
            found[key] = data
    return found


def bring_settings(session: Session, actor: Actor, values: Any, around: Surroundings, plan: Plan) -> None:
    """Store the settings that differ, and note what changed and what cannot be taken."""
    if not isinstance(values, dict):
        plan.note(Place(SETTINGS), wrong_type("", PAIRS, values))
        return
    wanted = _readable(values, around, plan)
    before = all_settings(session)
    changes = _saved(session, actor, wanted, around, plan)
    after = all_settings(session)
    for key in (rule.key for rule in RULES if rule.key in wanted):
        words = BY_KEY[key].words.th
        if key in changes:
            cell = CellChange(key, *_told(key, before.get(key), after.get(key)))
            plan.rows.append(RowChange(SETTINGS, ChangeKind.CHANGED, key, words, (cell,)))
        else:
            plan.rows.append(RowChange(SETTINGS, ChangeKind.UNCHANGED, key, words))


def _readable(values: dict[str, Any], around: Surroundings, plan: Plan) -> dict[str, Any]:
    """Return the values that go to the checks, and note those that cannot even be read."""
    for error in unknown_cells(values, tuple(BY_KEY)):
        plan.note(Place(SETTINGS), error)
    wanted: dict[str, Any] = {}
    for key in (rule.key for rule in RULES if rule.key in values):
        try:
            wanted |= _one(key, values[key], around)
        except InvalidField as error:
            plan.note(Place(SETTINGS), error)
    return wanted


def _one(key: str, value: Any, around: Surroundings) -> dict[str, Any]:
    """Return a value under its key; nothing for a picture that is ours already."""
    kind = BY_KEY[key].kind
    if kind is Kind.SECRET:
        raise InvalidField("configuration_secret", field=key)
    if kind is Kind.WAYS and not _lists_of_texts(value):
        raise wrong_type(key, WAYS, value)
    if kind is not Kind.PICTURE:
        return {key: value}
    data = None if value is None else _picture(value)
    if value is not None and data is None:
        raise wrong_type(key, PICTURE, visible(str(value)))
    if data == around.pictures.get(key):
        return {}
    return {key: None if data is None else around.stored.get(key, f"new:{len(data)}")}


def _saved(
    session: Session, actor: Actor, wanted: dict[str, Any], around: Surroundings, plan: Plan
) -> dict[str, Any]:
    """Save what can be saved; what cannot is noted and left out of the next try."""
    while wanted:
        try:
            return save_settings(session, actor, wanted, around.vault)
        except FieldErrors as error:
            plan.note(Place(SETTINGS), error)
            refused = [one.field for one in error.errors if one.field in wanted]
            if not refused:  # A setting of the system does not fit one of the file.
                return {}
            for key in refused:
                wanted.pop(str(key), None)
    return {}


def _told(key: str, old: Any, new: Any) -> tuple[Any, Any]:
    """Return what is told of a value: of a picture only whether there is one."""
    if BY_KEY[key].kind is not Kind.PICTURE:
        return old, new
    return ({"base64": ""} if old else None), ({"base64": ""} if new else None)


def _lists_of_texts(value: Any) -> bool:
    lists = value.values() if isinstance(value, dict) else [value]
    return all(isinstance(one, list) and all(isinstance(text, str) for text in one) for one in lists)


def _picture(value: Any) -> bytes | None:
    """Return the bytes of a picture; None where there are none to be read."""
    text = value.get("base64") if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(text, str) or not text or len(text) > MAX_PICTURE_BYTES * 4 // 3 + 4:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
