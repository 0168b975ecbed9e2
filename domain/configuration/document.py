"""The whole configuration as one document: what the file looks like, how its bytes are read and written.

The document holds plain values keyed by codes, never ids; what may stand in it: ``sections.py``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from domain.actor import Actor
from domain.errors import InvalidField, add_message
from domain.vault import Vault

FORMAT: Final = "uphee-configuration"
VERSION: Final = 1
MAX_BYTES: Final = 20 * 1024 * 1024
MOST_PARTS: Final = 4_000_000  # Brackets and commas: what a file makes of memory, whatever its size.
DEEPEST: Final = 12
HEAD: Final = ("format", "version", "exported_at", "product")

Document = dict[str, Any]

add_message(
    "configuration_no_file",
    thai="กรุณาเลือกไฟล์การตั้งค่า (.json)",
    english="Choose a configuration file (.json)",
)
add_message(
    "configuration_too_large",
    thai="ไฟล์ใหญ่เกินไป ไฟล์การตั้งค่าต้องไม่เกิน {megabytes} MB กรุณาตรวจว่าเลือกถูกไฟล์",
    english="The file is too large: a configuration file has at most {megabytes} MB",
)
add_message(
    "configuration_not_json",
    thai="อ่านไฟล์ไม่ได้ ต้องเป็นไฟล์ .json ที่ส่งออกจากหน้านี้ ({where})",
    english="The file cannot be read: it must be a .json file exported from this page ({where})",
)
add_message(
    "configuration_other_format",
    thai="ไฟล์นี้ไม่ใช่ไฟล์การตั้งค่าของอยู่พี่ กรุณาเลือกไฟล์ที่ส่งออกจากหน้านี้",
    english="This is not a configuration file of U-PHEE: choose one exported from this page",
)
add_message(
    "configuration_newer",
    thai="ไฟล์นี้มาจากโปรแกรมรุ่นใหม่กว่า (รุ่น {found}) ระบบนี้อ่านได้ถึงรุ่น {known} กรุณาอัปเดตระบบก่อน",
    english="This file is of a newer version ({found}); this system reads up to {known}: update it first",
)
add_message(
    "configuration_too_deep",
    thai="ข้อมูลในไฟล์ซ้อนกันลึกเกิน {most} ชั้น ไฟล์การตั้งค่าไม่ซ้อนลึกเช่นนี้ กรุณาส่งออกใหม่",
    english="The file is nested more than {most} levels deep, as no configuration is: export it again",
)
add_message(
    "configuration_name_twice",
    thai="ในไฟล์มีชื่อ “{name}” ซ้ำในวงเล็บเดียวกัน กรุณาลบให้เหลือค่าเดียว",
    english="“{name}” stands twice in the same braces: keep one of them",
)
add_message(
    "configuration_not_a_number",
    thai="ในไฟล์มี {text} ซึ่งไม่ใช่ตัวเลข กรุณาแก้เป็นตัวเลขหรือ null",
    english="The file holds {text}, which is no number: write a number or null",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an edge lends to the rules, which know neither files nor the cards of LINE.

    Attributes:
        vault: Settings are written with it.
        check_template: Raises where the words of a message template cannot stay so.
        pictures: The stored pictures by the key of their setting.
        stored: New storage keys by setting, of pictures of the document that the edge has kept already.
    """

    vault: Vault
    check_template: Callable[[Any, Actor, Any], None]
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    stored: Mapping[str, str] = field(default_factory=dict)


def read_document(data: bytes) -> Document:
    """Return the document of a file; its sections are checked when they are planned.

    Raises:
        InvalidField: too large, no JSON, NaN, nested too deep, another format, a newer version.
    """
    if len(data) > MAX_BYTES or sum(map(data.count, (b"[", b"{", b","))) > MOST_PARTS:
        raise InvalidField("configuration_too_large", field="file", megabytes=MAX_BYTES // 1024 // 1024)
    found = _parsed(data)
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise InvalidField("configuration_other_format", field="file")
    _check_version(found.get("version"))
    _refuse_depth(found)
    return found


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(
            data.decode("utf-8-sig"),
            parse_constant=_no_constant,
            parse_float=_finite,
            object_pairs_hook=_once_each,
        )
    except UnicodeDecodeError as error:
        raise InvalidField("configuration_not_json", field="file", where="UTF-8") from error
    except json.JSONDecodeError as error:
        where = f"บรรทัด/line {error.lineno:,}"
        raise InvalidField("configuration_not_json", field="file", where=where) from error
    except RecursionError as error:
        raise InvalidField("configuration_too_deep", field="file", most=DEEPEST) from error
    except ValueError as error:  # A whole number of thousands of digits.
        raise InvalidField("configuration_not_a_number", field="file", text="999…") from error


def _no_constant(text: str) -> float:
    raise InvalidField("configuration_not_a_number", field="file", text=text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise InvalidField("configuration_not_a_number", field="file", text=text[:20])
    return number


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise InvalidField("configuration_name_twice", field="file", name=visible(double))
    return found


def _check_version(version: Any) -> None:
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise InvalidField("configuration_other_format", field="file")
    if version > VERSION:
        found = min(version, 999_999)
        raise InvalidField("configuration_newer", field="file", found=found, known=VERSION)


def _refuse_depth(document: Document) -> None:
    """Walk level by level: no recursion of ours may end where the file's does not."""
    level: list[Any] = [document]
    for _depth in range(DEEPEST):
        level = [
            part
            for whole in level
            for part in (whole.values() if isinstance(whole, dict) else whole)
            if isinstance(part, dict | list)
        ]
        if not level:
            return
    raise InvalidField("configuration_too_deep", field="file", most=DEEPEST)


def visible(text: object, most: int = 60) -> str:
    """Return what a file calls something, fit to be shown in a message."""
    shown = "".join(letter for letter in str(text)[:most] if letter.isprintable())
    return shown.encode("utf-8", "replace").decode()


def write_document(document: Document) -> bytes:
    """Return the bytes of a document: a row on a line, so that two files can be compared line by line."""
    parts = (f" {_json(name)}: {_part(value)}" for name, value in document.items())
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()


def _part(value: Any) -> str:
    if isinstance(value, dict) and value:
        lines = (f"  {_json(name)}: {_json(one)}" for name, one in value.items())
        return "{\n" + ",\n".join(lines) + "\n }"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(f"  {_json(one)}" for one in value) + "\n ]"
    return _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
