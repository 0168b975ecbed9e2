"""A file judged row by row: what would be added, changed, left as it is, or refused and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.fernet import InvalidToken
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from domain.errors import DomainError, FieldErrors, InvalidField, NotFound, NotPermitted, add_message
from domain.permissions import Permission, require
from domain.sheets.books import Book, Judged, Verdict
from domain.sheets.calm import no_garbage_hunt
from domain.sheets.cells import CellReader
from domain.sheets.columns import EXAMPLE, Column, Matched, known_headings, match
from domain.sheets.kinds import BOOKS, may_import
from domain.sheets.packing import pack, packable, unpack
from domain.sheets.raw_table import SheetTable, letter_of
from domain.vault import Vault
from models import SheetImport, SheetKind, SheetState

MOST_NAMED: Final = 5
LONGEST_NAME: Final = 200

add_message(
    "sheet_row_twice",
    thai="ซ้ำกับแถว {rows} ในไฟล์เดียวกัน กรุณาเหลือแถวเดียว",
    english="The same stands in row {rows} of this file: leave one of them",
)
add_message(
    "sheet_rows_gone",
    thai="สำเนาแถวของไฟล์นี้ถูกลบตามกำหนดเวลาแล้ว กรุณาอัปโหลดไฟล์ใหม่",
    english="The copy of this file's rows was deleted in due time: please upload the file again",
)
add_message(
    "sheet_only_example",
    thai="ไฟล์มีแต่แถวตัวอย่าง กรุณากรอกข้อมูลตั้งแต่แถวถัดไป แล้วอัปโหลดใหม่",
    english="The file holds only the example row: fill in the rows below it and upload it again",
)


@dataclass(slots=True)
class PlanRow:
    """One row of a file and what would become of it.

    Attributes:
        number: As Excel shows it.
        values: What was read, by column; what is taken in when the time comes.
        verdict: What would become of it.
        errors: Dicts with ``cell`` (such as C7, or empty for the whole row), ``title``, ``th`` and ``en``.
        changes: What differs in plain values, compared again before anything is written.
        told: The same as people may see it.
        raw: The cells as they stood in the file; kept only while rows are refused.
    """

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    verdict: Verdict = Verdict.UNCHANGED
    errors: list[dict[str, str]] = field(default_factory=list)
    changes: dict[str, list[Any]] = field(default_factory=dict)
    told: dict[str, list[Any]] = field(default_factory=dict)
    raw: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """A whole file, judged."""

    kind: SheetKind
    sheet: str
    headings: list[str]
    ignored: list[str]
    letters: dict[str, str]
    rows: list[PlanRow]

    def count(self, verdict: Verdict) -> int:
        """Return how many rows got a verdict."""
        return sum(1 for row in self.rows if row.verdict is verdict)


def headings_of(kind: SheetKind) -> frozenset[str]:
    """Return the folded headings of a kind, by which its sheet is found."""
    return known_headings(BOOKS[kind].columns)


def plan_sheet(session: Session, actor: Actor, vault: Vault, kind: SheetKind, table: SheetTable) -> Plan:
    """Judge every row of a file; the caller rolls the session back, nothing is to be written.

    Raises:
        NotPermitted: the actor may not change such rows by hand.
        DomainError: the headings will not do, or nothing but the example is there.
    """
    _require(actor, kind)
    with no_garbage_hunt():
        return _planned(session, actor, vault, kind, table)


def _planned(session: Session, actor: Actor, vault: Vault, kind: SheetKind, table: SheetTable) -> Plan:
    book = BOOKS[kind]
    if len(table.rows) > book.most_rows:
        raise DomainError("sheet_too_many_rows", row=table.rows[-1][0], rows=book.most_rows)
    matched = match(book.columns, table.headings, table.heading_row)
    rows = _read(session, book.columns, matched, table)
    if not rows:
        raise DomainError("sheet_only_example")
    _name_twins(book, matched, rows)
    with session.no_autoflush:
        opened = book(session, actor, vault, [row.values for row in rows], writes=False)
        for row in rows:
            _judge_all(opened, row, matched.letters)
    if all(row.verdict is not Verdict.REFUSED for row in rows):
        for row in rows:
            row.raw = []
    headings = [" ".join(text.split()) for _column, text in table.headings]
    return Plan(kind, table.sheet, headings, list(matched.ignored), dict(matched.letters), rows)


def _judge_all(book: Book, row: PlanRow, letters: Mapping[str, str]) -> None:
    """Judge a row; one with unreadable cells too, so that its other errors show at once."""
    unread = row.errors
    row.errors = []
    judge_row(book, row, letters)
    if unread:
        places = {error["cell"] for error in unread}
        row.errors = unread + [error for error in row.errors if error["cell"] not in places]
        row.verdict, row.changes, row.told = Verdict.REFUSED, {}, {}


def judge_row(book: Book, row: PlanRow, letters: Mapping[str, str]) -> Judged | None:
    """Judge one row and write down what came of it; None when it is refused."""
    try:
        judged = book.judge(row.values)
    except FieldErrors as problem:
        row.errors += [told_error(book.columns, letters, row.number, error) for error in problem.errors]
    except (NotPermitted, NotFound):
        error = DomainError("sheet_row_beyond", field=book.key)
        row.errors.append(told_error(book.columns, letters, row.number, error))
    except DomainError as error:
        row.errors.append(told_error(book.columns, letters, row.number, error))
    else:
        row.verdict, row.changes, row.told = judged.verdict, judged.changes, judged.told
        return judged
    row.verdict = Verdict.REFUSED
    return None


def told_error(
    columns: Sequence[Column], letters: Mapping[str, str], number: int, error: DomainError
) -> dict[str, str]:
    """Return an error with its cell, in both languages."""
    column = next((one for one in columns if error.field in {one.key, one.field or one.key}), None)
    letter = letters.get(column.key) if column else None
    return {
        "cell": f"{letter}{number}" if letter else "",
        "title": column.title if column else "",
        "th": error.message_in("th"),
        "en": error.message_in("en"),
    }


def store_plan(session: Session, actor: Actor, vault: Vault, plan: Plan, file_name: str) -> SheetImport:
    """Keep a judged file until somebody takes it in; the caller commits."""
    kept = SheetImport(
        kind=plan.kind,
        file_name=file_name[:LONGEST_NAME],
        state=SheetState.CHECKED,
        rows=pack(vault, _packed(plan)),
        added=plan.count(Verdict.ADDED),
        changed=plan.count(Verdict.CHANGED),
        unchanged=plan.count(Verdict.UNCHANGED),
        refused=plan.count(Verdict.REFUSED),
        created_by_id=actor.staff_user_id,
        created_at=now(),
    )
    session.add(kept)
    session.flush()
    return kept


def plan_of(vault: Vault, kept: SheetImport) -> Plan:
    """Return the judged rows of an import.

    Raises:
        DomainError: ``sheet_rows_gone``.
    """
    if kept.rows is None:
        raise DomainError("sheet_rows_gone")
    try:
        stored = unpack(vault, kept.rows)
    except InvalidToken as error:  # A restored database whose key is another one.
        raise DomainError("sheet_rows_gone") from error
    rows = [
        PlanRow(number, values, Verdict(verdict), errors, changes, told, raw)
        for number, values, verdict, errors, changes, told, raw in stored.pop("rows")
    ]
    return Plan(kind=kept.kind, rows=rows, **stored)


def _packed(plan: Plan) -> dict[str, Any]:
    return {
        "sheet": plan.sheet,
        "headings": plan.headings,
        "ignored": plan.ignored,
        "letters": plan.letters,
        "rows": [
            [row.number, row.values, row.verdict, row.errors, row.changes, row.told, row.raw]
            for row in plan.rows
        ],
    }


def _require(actor: Actor, kind: SheetKind) -> None:
    require(actor, Permission.SHEET_IMPORT)
    if not may_import(actor, kind):
        raise NotPermitted


def _read(session: Session, columns: Sequence[Column], matched: Matched, table: SheetTable) -> list[PlanRow]:
    """Read the cells of every row but the example."""
    choices = {column.key: column.choices(session) for column in columns if column.choices}
    reader = CellReader(columns, choices)
    broken = _broken(columns, matched, table)
    rows = []
    for number, cells in table.rows:
        if _is_example(matched, cells):
            continue
        found = {key: cells[place] for key, place in matched.places.items()}
        flagged = broken.get(number, {})
        values, errors = reader.read({key: cell for key, cell in found.items() if key not in flagged})
        row = PlanRow(number, values, raw=[packable(cell) for cell in cells])
        row.errors = [
            told_error(columns, matched.letters, number, error) for error in (*flagged.values(), *errors)
        ]
        rows.append(row)
    return rows


def _is_example(matched: Matched, cells: Sequence[Any]) -> bool:
    return matched.note is not None and str(cells[matched.note] or "").strip().startswith(EXAMPLE)


def _broken(
    columns: Sequence[Column], matched: Matched, table: SheetTable
) -> dict[int, dict[str, InvalidField]]:
    """Return the cells that are formulas or merged, by row and column; unknown columns do not matter."""
    by_letter = {letter: key for key, letter in matched.letters.items()}
    found: dict[int, dict[str, InvalidField]] = {}
    for row, column in (*table.formulas, *table.merged):
        key = by_letter.get(letter_of(column))
        if key is not None:
            found.setdefault(row, {})[key] = InvalidField("sheet_cell_merged", field=key)
    for row, column in table.formulas:
        key = by_letter.get(letter_of(column))
        if key is not None:
            found[row][key] = InvalidField("sheet_cell_formula", field=key)
    return found


def _name_twins(book: type[Book], matched: Matched, rows: Sequence[PlanRow]) -> None:
    """Refuse rows that mean the same thing; each names the others."""
    for name in (book.key, *book.unique):
        first: dict[str, PlanRow] = {}
        places: dict[str, list[PlanRow]] = {}
        for row in rows:
            if row.values.get(name):
                folded = book.folded(name, row.values[name])
                if first.setdefault(folded, row) is not row:
                    places.setdefault(folded, [first[folded]]).append(row)
        for twins in places.values():
            for row in twins:
                error = InvalidField("sheet_row_twice", field=name, rows=_others(twins, row))
                row.errors.append(told_error(book.columns, matched.letters, row.number, error))


def _others(twins: Sequence[PlanRow], row: PlanRow) -> str:
    first = [other.number for other in twins[: MOST_NAMED + 2] if other is not row]
    return named_rows(first, len(twins) - 1)


def named_rows(numbers: Sequence[int], count: int) -> str:
    """Return the first few row numbers in words, and how many there are."""
    more = f" … ({count:,})" if count > MOST_NAMED else ""
    return ", ".join(str(number) for number in numbers[:MOST_NAMED]) + more


add_message(
    "sheet_row_beyond",
    thai="คุณไม่มีสิทธิ์แก้ไขรายการนี้ หรือสิทธิ์ที่แถวนี้ต้องการ",
    english="You may not change this entry, or lack a right this row needs",
)
