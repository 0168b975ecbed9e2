"""The rows of one section as a file holds them: read, compared with what is there, misfits noted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.configuration.cells import LISTED, PAIRS, read_cell, read_code, unknown_cells, wrong_type
from domain.configuration.document import Document, visible
from domain.configuration.plan import Place, Plan
from domain.configuration.sections import BY_NAME, MOST_ROWS, PARTS, Section, column_of
from domain.errors import DomainError, FieldErrors, InvalidField, MissingField, add_message

Key = tuple[str, ...]
Plain = dict[str, Any]

add_message(
    "configuration_too_many_rows",
    thai="มี {count} แถว รับได้ไม่เกิน {most} แถว",
    english="There are {count} rows; at most {most} are taken",
)
add_message(
    "configuration_row_twice",
    thai="“{name}” ซ้ำกับแถวที่ {first} กรุณาลบให้เหลือแถวเดียว",
    english="“{name}” stands in row {first} already: keep one of them",
)
add_message(
    "configuration_reference_unknown",
    thai="ไม่มี{what} “{code}” ในไฟล์นี้หรือในระบบ",
    english="There is no “{code}” among {what}, in this file or in the system",
)
add_message(
    "configuration_cell_fixed",
    thai="ช่องนี้เปลี่ยนไม่ได้ กรุณาลบช่องนี้ออกจากไฟล์",
    english="This field cannot change: take it out of the file",
)
add_message(
    "configuration_no_such_row",
    thai="ระบบรุ่นนี้ไม่มีข้อความ “{name}” กรุณาลบแถวนี้ออกจากไฟล์",
    english="This version has no message “{name}”: take the row out of the file",
)


@dataclass(slots=True)
class Entry:
    """A row of the file on its way in.

    Attributes:
        place: Where it stands.
        key: What names it.
        values: Its cells, plain.
        row: The row of the table; None while there is none.
        before: The row's cells as they were; None for a new one.
        changed: The cells that are written at once.
        later: The cells that wait until everything else is in.
        audit: What the audit log is told.
    """

    place: Place
    key: Key
    values: Plain
    row: Any = None
    before: Plain | None = None
    changed: Plain = field(default_factory=dict)
    later: Plain = field(default_factory=dict)
    audit: Plain = field(default_factory=dict)


@dataclass(slots=True)
class Reading:
    """The good rows of a section.

    Attributes:
        entries: Those rows.
        named: The keys of all rows, good or not, with their numbers.
        codes: What the file itself offers to the cells that refer to other rows.
        is_whole: Whether the list itself could be read.
    """

    entries: list[Entry] = field(default_factory=list)
    named: dict[Key, int] = field(default_factory=dict)
    codes: dict[str, set[str]] = field(default_factory=dict)
    is_whole: bool = True


def key_of(section: Section, cells: Mapping[str, Any]) -> Key:
    """Return what names a row."""
    return tuple("" if (value := cells.get(name)) is None else str(value) for name in section.key)


def read_rows(
    session: Session,
    section: Section,
    document: Document,
    there: Mapping[Key, tuple[Any, Plain]],
    plan: Plan,
) -> Reading:
    """Return the rows of a section that can be read, and note in the plan what cannot.

    Args:
        session: For the codes there are.
        section: Which.
        document: The file.
        there: The rows of the table with their cells, by key.
        plan: Takes the problems.
    """
    listed = document[section.name]
    error = None
    if not isinstance(listed, list):
        error = wrong_type("", LISTED, listed)
    elif len(listed) > MOST_ROWS:
        count, most = f"{len(listed):,}", f"{MOST_ROWS:,}"
        error = InvalidField("configuration_too_many_rows", count=count, most=most)
    if error is not None:
        plan.note(Place(section.name), error)
        return Reading(is_whole=False)
    codes = {
        cell: codes_in(document, target) | set(session.scalars(select(BY_NAME[target].table.code)))
        for cell, (_column, target) in section.references.items()
    }
    reading = Reading()
    if section.name == "import_map":  # Its targets are subtypes or states, which its own rule tells apart.
        reading.codes["target_code"] = codes_in(document, "subcategories")
    for number, cells in enumerate(listed, start=1):
        if isinstance(cells, dict):
            _read_row(section, number, cells, there, codes, reading, plan)
        else:
            plan.note(Place(section.name, number), wrong_type("", PAIRS, cells))
    return reading


def codes_in(document: Document, name: str) -> set[str]:
    """Return the codes that a section of the file names."""
    listed = document.get(name)
    rows = listed if isinstance(listed, list) else []
    return {code for row in rows if isinstance(row, dict) and isinstance(code := row.get("code"), str)}


def _read_row(
    section: Section,
    number: int,
    cells: dict[str, Any],
    there: Mapping[Key, tuple[Any, Plain]],
    codes: Mapping[str, set[str]],
    reading: Reading,
    plan: Plan,
) -> None:
    named = ", ".join(visible(cells.get(name, "?")) for name in section.key)
    place = Place(section.name, number, f"{'/'.join(section.key)}: {named}")
    errors: list[DomainError] = list(unknown_cells(cells, section.cells))
    values: Plain = {}
    for cell in section.cells:
        if cell in cells:
            try:
                values[cell] = _read_cell(section, cell, cells[cell])
            except (InvalidField, FieldErrors) as refusal:
                errors.append(refusal)
    key = key_of(section, values)
    entry = Entry(place, key, values, *there.get(key, (None, None)))
    if all(name in values for name in section.key):
        errors += _misfits(section, entry, codes, reading.named)
        reading.named.setdefault(key, number)
    elif not errors:
        errors += [MissingField(field=name) for name in section.key if name not in values]
    for error in errors:
        plan.note(place, error)
    if not errors:
        reading.entries.append(entry)


def _read_cell(section: Section, cell: str, value: Any) -> Any:
    column = column_of(section, cell)
    if cell in section.references:
        if value in (None, "") and not column.nullable:
            raise MissingField(field=cell)
        return read_code(cell, value)
    return "" if value == "" and cell in section.may_be_empty else read_cell(cell, column, value)


def _misfits(
    section: Section, entry: Entry, codes: Mapping[str, set[str]], named: Mapping[Key, int]
) -> list[DomainError]:
    """Return what is wrong with a row among the others."""
    found: list[DomainError] = []
    shown = visible(", ".join(entry.key))
    if entry.key in named:
        found.append(InvalidField("configuration_row_twice", name=shown, first=named[entry.key]))
    if entry.row is None and not section.grows:
        found.append(InvalidField("configuration_no_such_row", name=shown))
    elif entry.row is None:
        needed = (cell for cell in section.cells if _is_needed(section, cell) and cell not in entry.values)
        found += [MissingField(field=cell) for cell in needed]
    elif entry.before is not None:
        changed = (
            c for c in sorted(section.fixed) if entry.values.get(c, entry.before[c]) != entry.before[c]
        )
        found += [InvalidField("configuration_cell_fixed", field=cell) for cell in changed]
    for cell, known in codes.items():
        code = entry.values.get(cell)
        if code is not None and code not in known:
            what = BY_NAME[section.references[cell][1]].words
            found.append(
                InvalidField("configuration_reference_unknown", field=cell, what=what, code=visible(code))
            )
    return found


def _is_needed(section: Section, cell: str) -> bool:
    column = column_of(section, cell)
    return cell not in PARTS and not column.nullable and column.default is None
