"""นำเข้าจาก Excel: a template, a file, what it would do row by row, one press; and taking it all back."""

from __future__ import annotations

import io
from functools import cache
from pathlib import PurePath
from typing import Any

from flask import Response, abort, current_app, flash, redirect, request, send_file, url_for
from flask_admin import Admin, expose
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import defer, joinedload

from admin_views.base import SecureView, needs
from admin_views.database_errors import refusal_of
from admin_views.export import attachment
from admin_views.guard import language
from admin_views.identity import current_actor
from admin_views.menu import register_menu_item
from admin_views.sheet_words import row_shown
from domain.clock import now, to_bangkok
from domain.errors import AlreadyDone, DomainError, InvalidField, NotFound, UploadRejected
from domain.labels import word
from domain.permissions import Permission
from domain.settings import read_setting
from domain.sheets.applying import apply_sheet, visible_import
from domain.sheets.books import Verdict
from domain.sheets.checking import Plan, headings_of, plan_of, plan_sheet, store_plan
from domain.sheets.kinds import BOOKS, may_import
from domain.sheets.packing import unpacked
from domain.sheets.undoing import undo_sheet
from domain.thai_text import clean_text
from extensions import db, write_transaction
from models import SheetImport, SheetKind
from reports.sheet_files import write_errors, write_template
from sandbox import Refused, Sandbox, SandboxFailed
from spreadsheets import MOST_ROWS, check_sheet_size, new_reader, read_sheet

ROWS_A_PAGE = 50
IMPORTS_A_PAGE = 20
LAST_PAGE = 100_000
LONGEST_FILE_NAME = 200
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILTERS = (None, *Verdict)


class SheetView(SecureView):
    """นำเข้าจาก Excel."""

    def __init__(self) -> None:
        super().__init__(name=_l("นำเข้าจาก Excel"), endpoint="sheet_import", url="/admin/sheet-import")

    @expose("/")
    @needs(Permission.SHEET_IMPORT)
    def index(self) -> Any:
        """Offer the kinds, take a file, list what came in before."""
        return self._front()

    @expose("/template/<kind>")
    @needs(Permission.SHEET_IMPORT)
    def template(self, kind: str) -> Response:
        """Send the empty file of a kind."""
        wanted = _kind(kind)
        columns = BOOKS[wanted].columns
        session = db.session()
        choices = {column.key: column.choices(session) for column in columns if column.choices}
        target = io.BytesIO()
        title = word(wanted, "th")
        write_template(target, title, columns, choices)
        return _sent(target, f"แบบฟอร์ม_{title}.xlsx", f"template_{wanted.value}.xlsx")

    @expose("/upload", methods=("POST",))
    @needs(Permission.SHEET_IMPORT)
    def upload(self) -> Any:
        """Read a file, judge its rows, keep the result and show it."""
        kind = request.form.get("kind", "")
        try:
            kept_id = _checked(_kind(kind) if kind else None)
        except (DomainError, SQLAlchemyError) as error:
            return self._front(_readable(error), kind, 422)
        return redirect(url_for(".preview", import_id=kept_id), 303)

    @expose("/<int:import_id>")
    @needs(Permission.SHEET_IMPORT)
    def preview(self, import_id: int) -> Any:
        """Show what a file would do, or did, row by row."""
        kept = _kept(import_id)
        session, vault = db.session(), current_app.extensions["vault"]
        try:
            plan = plan_of(vault, kept)
        except DomainError:
            plan = None
        return self.render(
            "admin/sheets/preview.html",
            kept=kept,
            plan=plan,
            columns={column.key: column for column in BOOKS[kept.kind].columns},
            is_own=kept.created_by_id == current_actor().staff_user_id,
            keep_days=read_setting(session, "keep_sheets_days"),
            **(_rows_of(plan) if plan else {}),
        )

    @expose("/<int:import_id>/errors")
    @needs(Permission.SHEET_IMPORT)
    def errors(self, import_id: int) -> Response:
        """Send an officer's own file back, with a column that says what is wrong."""
        kept = _kept(import_id)
        if kept.created_by_id != current_actor().staff_user_id or not kept.refused or kept.rows is None:
            abort(404)
        plan = plan_of(current_app.extensions["vault"], kept)
        place = 1 if language() == "en" else 0
        rows = [
            (
                row.number,
                [unpacked(cell) for cell in row.raw],
                [f"{error['cell']} {error[('th', 'en')[place]]}".strip() for error in row.errors],
            )
            for row in plan.rows
        ]
        target = io.BytesIO()
        write_errors(target, plan.headings, rows)
        return _sent(target, f"แก้ไข_{PurePath(kept.file_name).stem}.xlsx", f"errors_{kept.id}.xlsx")

    @expose("/<int:import_id>/apply", methods=("POST",))
    @needs(Permission.SHEET_IMPORT)
    def apply(self, import_id: int) -> Any:
        """Take a whole file in."""
        return _act(apply_sheet, import_id, _l("นำเข้าเรียบร้อยแล้ว"))

    @expose("/<int:import_id>/undo", methods=("POST",))
    @needs(Permission.SHEET_IMPORT)
    def undo(self, import_id: int) -> Any:
        """Take a whole import back."""
        return _act(undo_sheet, import_id, _l("ย้อนกลับการนำเข้าเรียบร้อยแล้ว"))

    def _front(self, problem: str = "", kind: str = "", status: int = 200) -> Any:
        actor = current_actor()
        kinds = [(one.value, word(one, language())) for one in SheetKind if may_import(actor, one)]
        page = _page()
        mine = SheetImport.kind.in_([SheetKind(code) for code, _words in kinds])
        session = db.session()
        count = session.scalar(select(func.count(SheetImport.id)).where(mine)) or 0
        past = session.scalars(
            select(SheetImport)
            .where(mine)
            .options(defer(SheetImport.rows), defer(SheetImport.undo), joinedload(SheetImport.created_by))
            .order_by(SheetImport.id.desc())
            .offset(page * IMPORTS_A_PAGE)
            .limit(IMPORTS_A_PAGE)
        ).all()
        chosen = kind or request.args.get("kind", "")
        return self.render(
            "admin/sheets/index.html",
            kinds=kinds,
            chosen=chosen if chosen in dict(kinds) else "",
            problem=problem,
            past=past,
            page=page,
            pages=-(-count // IMPORTS_A_PAGE),
            page_url=lambda number: url_for(".index", page=number or None),
            most_rows=MOST_ROWS,
        ), status


def _checked(kind: SheetKind | None) -> int:
    """Read and judge the file of this request; return the id under which its rows are kept.

    Raises:
        DomainError: what is wrong with the file as a whole.
    """
    if kind is None:
        raise InvalidField("sheet_kind_needed", field="kind")
    file = request.files.get("file")
    data = file.read() if file else b""
    name = clean_text(
        ((file.filename if file else "") or "")[-LONGEST_FILE_NAME:],
        max_length=LONGEST_FILE_NAME,
        field="file",
        multiline=False,
    )
    try:
        check_sheet_size(data)
        table = read_sheet(data, headings_of(kind), _reader())
    except Refused as refusal:
        raise UploadRejected(refusal.code, field="file", **refusal.params) from refusal
    except SandboxFailed as failure:
        raise UploadRejected("sheet_broken", field="file") from failure
    vault, session, actor = current_app.extensions["vault"], db.session(), current_actor()
    try:
        plan = plan_sheet(session, actor, vault, kind, table)
    finally:
        session.rollback()  # The rows were filled in to be judged; none of it may be written.
    with write_transaction() as writing:
        return store_plan(writing, actor, vault, plan, name or "Excel.xlsx").id


def _rows_of(plan: Plan) -> dict[str, Any]:
    """Return the page of rows that was asked for."""
    wanted = request.args.get("show", "")
    chosen = Verdict(wanted) if wanted in set(Verdict) else None
    rows = [row for row in plan.rows if chosen is None or row.verdict is chosen]
    pages = max(1, -(-len(rows) // ROWS_A_PAGE))
    page = min(_page(), pages - 1)
    shown = rows[page * ROWS_A_PAGE : (page + 1) * ROWS_A_PAGE]
    return {
        "rows": [row_shown(plan.kind, row) for row in shown],
        "chosen": chosen,
        "counts": [(verdict, plan.count(verdict)) for verdict in Verdict],
        "total": len(plan.rows),
        "page": page,
        "pages": pages,
        "page_url": lambda number: url_for(
            ".preview", import_id=request.view_args["import_id"], show=chosen, page=number or None
        ),
    }


def _act(verb: Any, import_id: int, done: Any) -> Any:
    """Do one act on an import and lead back to it; a refusal changes nothing and is said there."""
    _kept(import_id)
    vault = current_app.extensions["vault"]
    try:
        with write_transaction() as session:
            verb(session, current_actor(), vault, import_id)
    except AlreadyDone as error:
        flash(error.message_in(language()), "info")
    except (DomainError, SQLAlchemyError) as error:
        flash(_readable(error), "error")
    else:
        flash(str(done), "success")
    return redirect(url_for(".preview", import_id=import_id), 303)


def _kept(import_id: int) -> SheetImport:
    try:
        return visible_import(db.session(), current_actor(), min(import_id, 2**31 - 1))
    except NotFound:
        abort(404)


def _kind(text: str) -> SheetKind:
    if text not in set(SheetKind) or not may_import(current_actor(), SheetKind(text)):
        abort(404)
    return SheetKind(text)


def _page() -> int:
    text = request.args.get("page", "")
    return min(int(text), LAST_PAGE) if text.isdecimal() and text.isascii() and len(text) < 7 else 0


def _readable(error: DomainError | SQLAlchemyError) -> str:
    problem = refusal_of(error, SheetImport.__table__)
    return problem.message_in(language())


def _sent(target: io.BytesIO, name: str, plain_name: str) -> Response:
    target.seek(0)
    response = send_file(target, mimetype=XLSX)
    stamp = f"{to_bangkok(now()):%Y%m%d}"
    response.headers["Content-Disposition"] = attachment(name, plain_name.replace(".xlsx", f"_{stamp}.xlsx"))
    response.headers["Cache-Control"] = "no-store"
    return response


@cache
def _reader() -> Sandbox:
    """Return the one place where files are opened; a second officer waits for the first."""
    return new_reader()


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(SheetView())


register_menu_item(
    "settings", "sheet_import.index", _l("นำเข้าจาก Excel"), "file-spreadsheet", Permission.SHEET_IMPORT, 60
)
