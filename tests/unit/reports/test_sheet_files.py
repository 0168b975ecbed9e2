"""Templates and returned files: other programs open them, and what we wrote we read again."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from domain.labels import word
from domain.sheets.checking import headings_of, plan_sheet
from domain.sheets.columns import NOTE
from domain.sheets.kinds import BOOKS
from models import SheetKind
from reports.sheet_files import EXAMPLE_NOTE, HELP_SHEET, write_errors, write_template
from sheets_child import read_sheet

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def template(session: Session, kind: SheetKind) -> bytes:
    columns = BOOKS[kind].columns
    choices = {column.key: column.choices(session) for column in columns if column.choices}
    target = io.BytesIO()
    write_template(target, word(kind), columns, choices)
    return target.getvalue()


@pytest.mark.parametrize("kind", list(SheetKind))
def test_a_template_explains_itself(app: Flask, session: Session, kind: SheetKind) -> None:
    data = template(session, kind)
    columns = BOOKS[kind].columns
    book = load_workbook(io.BytesIO(data))
    page, described = book.worksheets[0], book[HELP_SHEET]
    wanted = [f"{column.title} *" if column.required else column.title for column in columns]
    assert [cell.value for cell in page[1]] == [*wanted, NOTE]
    assert page.cell(2, len(columns) + 1).value == EXAMPLE_NOTE
    assert [row[0].value for row in described.iter_rows(min_row=2, max_row=len(columns) + 1)] == [
        column.title for column in columns
    ]
    assert all(row[2].value for row in described.iter_rows(min_row=2, max_row=len(columns) + 1))
    assert all(dimension.number_format == "@" for dimension in [page.cell(2, 1)])
    lists = [rule for rule in page.data_validations.dataValidation if rule.type == "list"]
    fixed = [column for column in columns if column.shape in {"flag", "choice"}]
    assert len(lists) == len(fixed)
    assert CalamineWorkbook.from_filelike(io.BytesIO(data)).sheet_names == book.sheetnames


@pytest.mark.parametrize("kind", list(SheetKind))
def test_a_template_sent_back_untouched_says_that_only_the_example_is_there(
    app: Flask, session: Session, act_as: Any, kind: SheetKind
) -> None:
    table = read_sheet(template(session, kind), headings_of(kind))
    actor = act_as("central" if kind is SheetKind.MEMBERS else "admin")
    with pytest.raises(Exception, match="sheet_only_example"):
        plan_sheet(session, actor, app.extensions["vault"], kind, table)


def test_a_returned_file_keeps_the_rows_and_says_what_is_wrong(app: Flask) -> None:
    target = io.BytesIO()
    rows = [(4, ["=1+1", 5, date(2000, 3, 3), None], ["A4 เป็นสูตร", "B4 ผิด"]), (5, ["ข", True, None, 1.5], [])]
    write_errors(target, ["ก", "ข", "ค", "ข้อผิดพลาด"], rows)
    page = load_workbook(io.BytesIO(target.getvalue())).worksheets[0]
    values = [[cell.value for cell in row] for row in page.iter_rows()]
    assert values[0] == ["ก", "ข", "ค", "ข้อผิดพลาด"]
    assert values[1][0] == "=1+1"
    assert page.cell(2, 1).data_type == "s"
    assert values[1][2].date() == date(2000, 3, 3)
    assert values[1][3] == "A4 เป็นสูตร\nB4 ผิด"
    assert values[2][:2] == ["ข", True]
