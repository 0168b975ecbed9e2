"""The rows of one section taken in: written, checked as on their screen, noted in audit log and plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.audit import column_changes, record
from domain.configuration.cells import question_entry, stored_value
from domain.configuration.document import Document, Surroundings
from domain.configuration.exporting import plain_rows
from domain.configuration.plan import CellChange, ChangeKind, Plan, RowChange
from domain.configuration.reading import Entry, Key, Plain, Reading, key_of, read_rows
from domain.configuration.sections import BY_NAME, PARTS, Section, column_of
from domain.errors import DomainError, FieldErrors, InvalidField, add_message
from domain.questions import every_question_of, write_questions
from domain.roles import set_grants
from models import AuditAction, MessageTemplate, Role, Scope, Subcategory

LOSSES: Final = ("is_intake_centre", "is_active")
"""A yes that becomes a no waits until everything else is in: another row may have taken over by then."""

REFUSALS: Final = (InvalidField, FieldErrors)

add_message(
    "configuration_unknown_twice",
    thai="มีแถว “ไม่ทราบ” (code: {code}) อยู่แล้ว มีได้แถวเดียว กรุณาใช้ code นั้นในไฟล์",
    english="There is a row for “unknown” already (code: {code}): use that code in the file",
)


class Rows:
    """Brings the rows of one section in; the sections it refers to are in already."""

    def __init__(
        self,
        session: Session,
        actor: Actor,
        section: Section,
        document: Document,
        around: Surroundings,
        plan: Plan,
    ) -> None:
        self._session, self._actor, self._section = session, actor, section
        self._document, self._around, self._plan = document, around, plan
        self._reading = Reading()
        self._ids: dict[str, dict[str, int]] = {}

    def bring(self) -> None:
        """Add and change rows; what is switched off waits for ``switch_off``."""
        section, session = self._section, self._session
        rows = session.scalars(select(section.table)).all()
        cells = plain_rows(session, section, rows)
        there = {key_of(section, plain): (row, plain) for row, plain in zip(rows, cells, strict=True)}
        self._reading = read_rows(session, section, self._document, there, self._plan)
        self._learn_ids()
        written = [entry for entry in self._reading.entries if self._fill(entry)]
        session.flush()
        for entry in written:
            self._note_written(entry)
        self._hang_up([entry for entry in written if any(map(self._hangs_within, entry.changed))])

    def switch_off(self, *, missing: bool) -> None:
        """Switch off what the file says is off, and what it does not name where that is asked for."""
        found = {entry.key: entry.later for entry in self._reading.entries if entry.later}
        rows = {key_of(self._section, _names(self._section, row)): row for row in self._all_rows()}
        if missing and self._section.off and self._reading.is_whole:
            column, value = self._section.off
            gone = (key for key, row in rows.items() if self._is_missing(key, row, column, value))
            found |= {key: {column: value} for key in gone}
        depths = _depths(rows) if "parent_code" in self._section.cells else {}
        for key in sorted(found, key=lambda key: -depths.get(key, 0)):
            self._lose(rows[key], key, found[key])

    # Writing ------------------------------------------------------------------------------------------

    def _fill(self, entry: Entry) -> bool:
        """Write a row that differs and check it; tell whether it is to be flushed."""
        before = entry.before
        changed = {
            cell: value for cell, value in entry.values.items() if before is None or value != before.get(cell)
        }
        if not changed:
            self._tell(ChangeKind.UNCHANGED, entry.key, entry.values)
            return False
        if before is not None:
            entry.later = {cell: False for cell in LOSSES if changed.get(cell) is False}
        entry.changed = {cell: value for cell, value in changed.items() if cell not in entry.later}
        # What a row refers to may have been refused itself, which has a line of its own then.
        return bool(entry.changed) and self._is_placed(entry) and self._write(entry)

    def _write(self, entry: Entry) -> bool:
        session = self._session
        row = self._section.table() if entry.row is None else entry.row
        with session.no_autoflush:
            for cell, value in entry.changed.items():
                if cell not in PARTS and not self._hangs_within(cell):
                    self._put(row, cell, value)
            try:
                self._check(row)
            except REFUSALS as error:
                self._plan.note(entry.place, error)
                entry.later = {}
                if entry.row is not None:
                    session.expire(row)
                return False
            entry.audit = {**column_changes(row)}
            if isinstance(row, Role) and "grants" in entry.changed:
                grants = {name: Scope(scope) for name, scope in entry.changed["grants"].items()}
                entry.audit["grants"] = set_grants(row, grants)
        if entry.row is None:
            session.add(row)
            entry.row = row
        return True

    def _check(self, row: Any) -> None:
        section = self._section
        if "is_unknown" in section.cells and row.id is None and row.is_unknown:
            self._refuse_second_unknown()
        if isinstance(row, MessageTemplate):
            self._around.check_template(self._session, self._actor, row)
        if section.rule is not None:
            section.rule(self._session, self._actor, row)

    def _refuse_second_unknown(self) -> None:
        table = self._section.table
        code = self._session.scalar(select(table.code).where(table.is_unknown))
        if code is not None:
            raise InvalidField("configuration_unknown_twice", field="is_unknown", code=code)

    def _note_written(self, entry: Entry) -> None:
        """Write what hangs on a row, the line of the audit log and the line of the plan."""
        is_new = entry.before is None
        if entry.audit:
            action = AuditAction.CREATE if is_new else AuditAction.UPDATE
            record(self._session, self._actor, action, entry.row, changes=entry.audit)
        if "questions" in entry.changed:
            self._ask(entry)
        kind = ChangeKind.ADDED if is_new else ChangeKind.CHANGED
        self._tell(kind, entry.key, entry.values, entry.changed, entry.before)

    def _ask(self, entry: Entry) -> None:
        known = {one.question: one.id for one in every_question_of(self._session, entry.row.id)}
        wanted = [question_entry(one, known.pop(one["question"], None)) for one in entry.changed["questions"]]
        try:
            write_questions(self._session, self._actor, entry.row, wanted)
        except DomainError as error:
            self._plan.note(entry.place, error)

    def _hang_up(self, entries: list[Entry]) -> None:
        """Hang rows below rows of their own section, once all of them have their ids."""
        self._learn_ids()
        with self._session.no_autoflush:
            for entry in entries:
                for cell in filter(self._hangs_within, entry.changed):
                    self._put(entry.row, cell, entry.changed[cell])
            for entry in entries:
                try:
                    if self._section.rule is not None:
                        self._section.rule(self._session, self._actor, entry.row)
                except REFUSALS as error:
                    self._plan.note(entry.place, error)
            changes = [(entry.row, column_changes(entry.row)) for entry in entries]
        self._session.flush()
        for row, changed in changes:
            if changed:
                record(self._session, self._actor, AuditAction.UPDATE, row, changes=changed)

    def _put(self, row: Any, cell: str, value: Any) -> None:
        if cell in self._section.references:
            column = self._section.references[cell][0]
            setattr(row, column, None if value is None else self._ids[cell].get(value))
        else:
            setattr(row, cell, stored_value(column_of(self._section, cell), value))

    def _learn_ids(self) -> None:
        """Read the ids of the codes that rows of this section refer to."""
        for cell, (_column, target) in self._section.references.items():
            table = BY_NAME[target].table
            rows = self._session.execute(select(table.code, table.id))
            self._ids[cell] = {row.code: row.id for row in rows}

    def _is_placed(self, entry: Entry) -> bool:
        code = entry.values.get("target_code")
        if entry.values.get("field") == "category" and code in self._reading.codes.get("target_code", ()):
            known = select(Subcategory.id).where(Subcategory.code == code)
            return self._session.scalar(known) is not None
        return all(
            entry.changed.get(cell) is None or entry.changed[cell] in self._ids[cell]
            for cell in self._section.references
            if not self._hangs_within(cell)
        )

    def _hangs_within(self, cell: str) -> bool:
        return self._section.references.get(cell, ("", ""))[1] == self._section.name

    # Switching off ------------------------------------------------------------------------------------

    def _all_rows(self) -> list[Any]:
        return list(self._session.scalars(select(self._section.table)))

    def _is_missing(self, key: Key, row: Any, column: str, value: Any) -> bool:
        if key in self._reading.named or self._section.spares(row):
            return False
        return bool(getattr(row, column) != value)

    def _lose(self, row: Any, key: Key, cells: Plain) -> None:
        """Switch a row off; where a rule refuses, it stays on and the plan says why."""
        session = self._session
        before = {cell: getattr(row, cell) for cell in cells}
        named = {"name": getattr(row, "name", "")}
        with session.no_autoflush:
            for cell, value in cells.items():
                setattr(row, cell, value)
            try:
                if self._section.rule is not None:
                    self._section.rule(session, self._actor, row)
            except REFUSALS as error:
                reason = _concerning(error, cells)
                if reason is not None:
                    session.expire(row)
                    self._tell(ChangeKind.KEPT, key, named, reason=reason)
                    return
            changes = column_changes(row)
        session.flush()
        record(session, self._actor, AuditAction.UPDATE, row, changes=changes)
        self._tell(ChangeKind.OFF, key, named, cells, before)

    # Telling ------------------------------------------------------------------------------------------

    def _tell(
        self,
        kind: ChangeKind,
        key: Key,
        values: Mapping[str, Any],
        changed: Plain | None = None,
        before: Plain | None = None,
        reason: DomainError | None = None,
    ) -> None:
        name = str(values.get("name") or (before or {}).get("name") or "")
        shown = " · ".join(part for part in key if part)
        told = _cell_changes(changed or {}, before or {}, is_new=kind is ChangeKind.ADDED)
        row = RowChange(self._section.name, kind, shown, "" if name == shown else name, told, reason)
        self._plan.rows.append(row)


def _names(section: Section, row: Any) -> Plain:
    return {name: getattr(row, name) for name in section.key}


def _concerning(error: DomainError, cells: Plain) -> DomainError | None:
    """Return what is said against switching off; another fault of an old row does not keep it on."""
    errors = error.errors if isinstance(error, FieldErrors) else (error,)
    return next((one for one in errors if one.field in cells), None)


def _depths(rows: Mapping[Key, Any]) -> dict[Key, int]:
    """Return how far below others each row hangs, so that the lowest can go first."""
    above = {row.id: row.parent_id for row in rows.values()}
    found = {}
    for key, row in rows.items():
        depth, at = 0, row.id
        while at is not None and depth <= len(above):
            depth, at = depth + 1, above.get(at)
        found[key] = depth
    return found


def _cell_changes(changed: Plain, before: Plain, *, is_new: bool) -> tuple[CellChange, ...]:
    """Return what changes in a row; grants and the words of a message one by one."""
    found = []
    for cell, new in changed.items():
        old = before.get(cell)
        if cell in {"grants", "words"}:
            olds, news = old or {}, new or {}
            found += [
                CellChange(f"{cell}.{name}", olds.get(name), news.get(name))
                for name in sorted({*olds, *news})
                if olds.get(name) != news.get(name)
            ]
        elif not (is_new and new in (None, "", [], {})):
            found.append(CellChange(cell, old, new))
    return tuple(found)
