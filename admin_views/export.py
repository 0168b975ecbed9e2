"""Taking lists away as Excel or CSV: exactly what is filtered, streamed, masked, and in the audit log.

``send_table`` is the one way to send rows as a file; the CRUD screens and the complaint list both use it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from flask import Response, flash, redirect, request, send_file
from flask_babel import gettext as _
from sqlalchemy.orm import lazyload

from admin_views.formatters import yes_no
from admin_views.guard import language
from admin_views.identity import current_actor
from domain.audit import record
from domain.clock import now, to_bangkok
from domain.errors import InvalidField
from domain.labels import word
from domain.thai_dates import thai_datetime
from domain.thai_text import clean_text
from extensions import write_transaction
from models import AuditAction
from reports.cells import Cell
from reports.csv_table import write_csv
from reports.workbook import write_table

MIME_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "geojson": "application/geo+json",
    "pdf": "application/pdf",
    "zip": "application/zip",
}
MOST_ROWS = 50_000
ROWS_AT_ONCE = 500
IN_MEMORY_BYTES = 1024 * 1024
LONGEST_REASON = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows to be taken away, and what is to be said about them.

    Attributes:
        title: Thai name of the list; becomes the file's name.
        object_type: Table name for the audit log; also the ASCII part of the file's name.
        columns: Headings.
        rows: Cells in the order of the headings; read once, as the file is written.
        filters: (name, value) pairs as the person chose them.
        reason: Why personal data are taken away; None where there are none.
        reveals: Whether personal data stand in the rows in full.
    """

    title: str
    object_type: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    filters: Sequence[tuple[str, str]] = ()
    reason: str | None = None
    reveals: bool = False


def send_table(table: Table, export_type: str) -> Response:
    """Write the file, note it in the audit log, then send it: nothing leaves without its entry.

    Args:
        table: What to write.
        export_type: ``xlsx`` or ``csv``.
    """
    actor, at = current_actor(), now()
    with ExitStack() as unless_sent:
        file = unless_sent.enter_context(tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES))
        count = _write(table, export_type, file, actor.name, at)
        _note(table, export_type, count)
        unless_sent.pop_all()  # The response closes the file from here on.
    file.seek(0)
    response = send_file(file, mimetype=MIME_TYPES[export_type])  # type: ignore[arg-type]
    stamp = to_bangkok(at)
    ending = f"{stamp.year + 543}-{stamp:%m-%d_%H%M}.{export_type}"
    names = f"{table.title}_{ending}", f"{table.object_type}_{ending}"
    response.headers["Content-Disposition"] = attachment(*names)
    response.headers["Cache-Control"] = "no-store"
    return response


def _write(table: Table, export_type: str, file: Any, who: str, at: datetime) -> int:
    if export_type == "csv":
        return write_csv(file, table.columns, table.rows)
    return write_table(file, table.columns, table.rows, _about(table, who, at))


def _note(table: Table, export_type: str, count: int) -> None:
    facts = {"format": export_type, "rows": count, "filters": [list(pair) for pair in table.filters]}
    with write_transaction() as session:
        record(
            session,
            current_actor(),
            AuditAction.EXPORT,
            object_type=table.object_type,
            changes=facts | {"personal_data": table.reveals},
            reason=table.reason,
        )


def attachment(name: str, plain_name: str) -> str:
    """Return a Content-Disposition with a Thai file name (RFC 5987) and an ASCII one for old programs."""
    return f"attachment; filename=\"{plain_name}\"; filename*=UTF-8''{quote(name.replace('/', '-'), safe='')}"


def asked_reason() -> str:
    """Return the reason typed into the form of this request.

    Raises:
        MissingField: None was given.
        InvalidField: It is too long.
    """
    return clean_text(
        request.form.get("reason"), max_length=LONGEST_REASON, field="reason", multiline=False, required=True
    )


def plain_cell(value: Any) -> Cell:
    """Return a value as a file holds it: words for codes, names for rows, dates as they are."""
    if isinstance(value, StrEnum):
        return word(value, language())
    if isinstance(value, bool):
        return yes_no(value)
    if value is None or isinstance(value, str | int | float | Decimal | date | datetime):
        return value
    return ", ".join(str(part) for part in value) if isinstance(value, list) else str(value)


def export_list(view: Any, export_type: str) -> Any:
    """Send what the list of a CRUD screen shows with this address, without its paging."""
    revealed = view._revealed_columns()
    try:
        reason = asked_reason() if revealed else None
    except InvalidField as error:
        needed = _("การส่งออกข้อมูลส่วนบุคคลต้องบอกเหตุผล")
        flash(f"{needed}: {error.message_in(language())}", "error")
        return redirect(view._get_list_url(view._get_list_extra_args()))
    args = view._get_list_extra_args()
    column = view._get_column_by_idx(args.sort)
    _count, query = view.get_list(
        None, column and column[0], args.sort_desc, args.search, args.filters, execute=False, page_size=0
    )
    beyond = (
        query.order_by(None).options(lazyload("*")).with_entities(view.table.id).offset(MOST_ROWS).limit(1)
    )
    if beyond.scalar() is not None:
        flash(_("ส่งออกได้ครั้งละไม่เกิน %(most)s แถว กรุณากรองให้แคบลง", most=f"{MOST_ROWS:,}"), "error")
        return redirect(view._get_list_url(args))
    names = [name for name, _label in view._export_columns]
    table = Table(
        title=str(view.title),
        object_type=view.table.__tablename__,
        columns=[str(label) for _name, label in view._export_columns],
        rows=_rows(view, query, names, set(revealed)),
        filters=_chosen(view, args),
        reason=reason,
        reveals=bool(revealed),
    )
    return send_table(table, export_type)


def _rows(view: Any, query: Any, names: Sequence[str], revealed: set[str]) -> Iterator[list[Cell]]:
    for row in query.yield_per(ROWS_AT_ONCE):
        yield [_cell(view, row, name, revealed) for name in names]


def _cell(view: Any, row: Any, name: str, revealed: set[str]) -> Cell:
    if name in view.masked_columns and name not in revealed:
        return str(view.column_formatters[name](view, None, row, name))
    own = view.column_formatters_export.get(name)
    return plain_cell(own(view, None, row, name) if own else view._get_field_value(row, name))


def _chosen(view: Any, args: Any) -> list[tuple[str, str]]:
    chosen = [(_("ค้นหา"), args.search)] if args.search else []
    for index, name, value in args.filters or ():
        flt = view._filters[index]
        words = {str(code): str(text) for code, text in flt.get_options(view) or ()}
        chosen.append((f"{name} {flt.operation()}", words.get(value, value)))
    return chosen


def _about(table: Table, who: str, at: datetime) -> list[tuple[str, str]]:
    """Return what the second sheet says; in Thai, as the file goes to other officers."""
    filters = [(f"ตัวกรอง: {name}", value) for name, value in table.filters] or [("ตัวกรอง", "ไม่ได้กรอง")]
    reason = [("เหตุผล", table.reason)] if table.reason else []
    return [
        ("รายการ", table.title),
        *filters,
        ("จัดทำโดย", who),
        ("จัดทำเมื่อ", thai_datetime(at, "long")),
        ("ข้อมูลส่วนบุคคล", "แสดงเต็ม" if table.reveals else "ปกปิด"),
        *reason,
    ]
