"""A judged file taken in: judged again under the lock, whole or not at all."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import audit
from domain.actor import Actor
from domain.clock import now
from domain.errors import AlreadyDone, DomainError, NotFound, add_message
from domain.sheets.books import Book, Judged, Verdict
from domain.sheets.calm import no_garbage_hunt
from domain.sheets.checking import MOST_NAMED, Plan, PlanRow, judge_row, named_rows, plan_of
from domain.sheets.kinds import BOOKS, may_import
from domain.sheets.packing import pack
from domain.vault import Vault
from models import AuditAction, SheetImport, SheetState

WRITTEN: Final = frozenset({Verdict.ADDED, Verdict.CHANGED})

add_message(
    "sheet_taken_in",
    thai="ไฟล์นี้นำเข้าไปแล้ว ไม่ได้นำเข้าซ้ำ",
    english="This file was taken in already; nothing was done twice",
)
add_message(
    "sheet_taken_back",
    thai="การนำเข้านี้ถูกย้อนกลับไปแล้ว กรุณาอัปโหลดไฟล์ใหม่หากต้องการนำเข้าอีก",
    english="This import was taken back already; upload the file again to take it in",
)
add_message(
    "sheet_has_errors",
    thai="ยังนำเข้าไม่ได้ มีแถวที่ผิด {count:,} แถว กรุณาแก้ในไฟล์ แล้วอัปโหลดใหม่",
    english="{count:,} rows are wrong: mend them in the file and upload it again",
)
add_message(
    "sheet_nothing_new",
    thai="ทุกแถวตรงกับข้อมูลในระบบแล้ว ไม่มีอะไรต้องนำเข้า",
    english="Every row is here already as it stands; there is nothing to take in",
)
add_message(
    "sheet_changed_meanwhile",
    thai="ข้อมูลในระบบเปลี่ยนไปหลังจากตรวจไฟล์ ที่แถว {rows} จึงยังไม่ได้นำเข้า กรุณาอัปโหลดไฟล์ใหม่เพื่อตรวจอีกครั้ง",
    english="The data changed since the check, at row {rows}; nothing was taken in. Upload the file again",
)


def visible_import(session: Session, actor: Actor, import_id: int, *, lock: bool = False) -> SheetImport:
    """Return an import of a kind the actor may bring in himself.

    Raises:
        NotFound: there is none within his rights.
    """
    wanted = select(SheetImport).where(SheetImport.id == import_id)
    wanted = wanted.with_for_update(of=SheetImport) if lock else wanted
    kept = session.scalar(wanted.execution_options(populate_existing=lock))
    if kept is None or not may_import(actor, kept.kind):
        raise NotFound
    return kept


def apply_sheet(session: Session, actor: Actor, vault: Vault, import_id: int) -> SheetImport:
    """Take in a checked file; the caller commits.

    Raises:
        NotFound, NotPermitted: it is not there, or not his.
        AlreadyDone: ``sheet_taken_in`` or ``sheet_taken_back``.
        DomainError: ``sheet_has_errors``, ``sheet_nothing_new``, ``sheet_rows_gone``, or
            ``sheet_changed_meanwhile`` with the rows that are not what the preview showed.
    """
    kept = visible_import(session, actor, import_id, lock=True)
    if kept.state is not SheetState.CHECKED:
        raise AlreadyDone("sheet_taken_in" if kept.state is SheetState.APPLIED else "sheet_taken_back")
    if kept.refused:
        raise DomainError("sheet_has_errors", count=kept.refused)
    if not kept.added and not kept.changed:
        raise DomainError("sheet_nothing_new")
    with session.no_autoflush, no_garbage_hunt():
        plan = plan_of(vault, kept)
        book = BOOKS[kept.kind](session, actor, vault, [row.values for row in plan.rows], writes=True)
        judged = _judge_again(book, plan)
        written = [(row, one) for row, one in judged if one.verdict in WRITTEN]
        book.add([one for _row, one in written if one.is_new])
        session.flush()
        every = [one for _row, one in written]
        book.settle(every)
        book.note(every)
        kept.undo = pack(vault, [_undo_line(book, row, one) for row, one in written])
    kept.state, kept.applied_at = SheetState.APPLIED, now()
    session.flush()
    facts = {"kind": kept.kind.value, "file": kept.file_name, "added": kept.added, "changed": kept.changed}
    audit.record(session, actor, AuditAction.IMPORT, kept, changes=facts)
    return kept


def _judge_again(book: Book, plan: Plan) -> list[tuple[PlanRow, Judged]]:
    """Judge every row as the preview did; what comes out otherwise stops the whole file."""
    judged: list[tuple[PlanRow, Judged]] = []
    different: list[int] = []
    for row in plan.rows:
        now_so = PlanRow(row.number, row.values)
        one = judge_row(book, now_so, plan.letters)
        if one is None or (one.verdict, one.changes) != (row.verdict, row.changes):
            different.append(row.number)
        else:
            judged.append((row, one))
    if different:
        rows = named_rows(different[:MOST_NAMED], len(different))
        raise DomainError("sheet_changed_meanwhile", rows=rows)
    return judged


def _undo_line(book: Book, row: PlanRow, one: Judged) -> list[Any]:
    """Return what taking back needs: row number, id, mark of the row now, what it was, what changed."""
    before = None if one.before is None else {name: audit.plain(value) for name, value in one.before.items()}
    return [row.number, one.row.id, book.mark(one.row), before, one.changes]
