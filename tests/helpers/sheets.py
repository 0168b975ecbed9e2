"""Excel files for tests, written as people write them, and the way from a file to a judged plan."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import xlsxwriter
from flask import Flask
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.sheets.checking import Plan, headings_of, plan_sheet, store_plan
from domain.sheets.raw_table import SheetTable
from domain.vault import Vault
from extensions import write_transaction
from models import SheetKind
from sheets_child import read_sheet

MEMBER = ("โทรศัพท์", "ชื่อ", "นามสกุล")


def workbook(
    headings: Sequence[str], rows: Sequence[Sequence[Any]], merged: Sequence[str] = (), sheet: str = "ข้อมูล"
) -> bytes:
    """Return a file: a text that begins with = is a formula, days and times are Excel's own."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        page = book.add_worksheet(sheet)
        day, hour = book.add_format({"num_format": "d/m/yyyy"}), book.add_format({"num_format": "hh:mm"})
        for line, cells in enumerate((headings, *rows)):
            for place, cell in enumerate(cells):
                if isinstance(cell, date | datetime):
                    page.write_datetime(line, place, cell, day)
                elif isinstance(cell, time):
                    page.write_datetime(line, place, cell, hour)
                elif cell is not None:
                    page.write(line, place, cell)
        for place in merged:
            page.merge_range(place, "ผสาน")
    return target.getvalue()


def table_of(kind: SheetKind, headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> SheetTable:
    """Return what the child reads of such a file."""
    return read_sheet(workbook(headings, rows), headings_of(kind))


def vault_of(app: Flask) -> Vault:
    keys: Vault = app.extensions["vault"]
    return keys


def judged(
    app: Flask,
    session: Session,
    actor: Actor,
    kind: SheetKind,
    headings: Sequence[str],
    rows: Sequence[Sequence[Any]],
) -> Plan:
    """Judge a file and leave nothing behind."""
    plan = plan_sheet(session, actor, vault_of(app), kind, table_of(kind, headings, rows))
    session.rollback()
    return plan


def kept(
    app: Flask,
    session: Session,
    actor: Actor,
    kind: SheetKind,
    headings: Sequence[str],
    rows: Sequence[Sequence[Any]],
) -> int:
    """Judge a file, keep it and return its id."""
    plan = judged(app, session, actor, kind, headings, rows)
    with write_transaction() as writing:
        return store_plan(writing, actor, vault_of(app), plan, "ทดสอบ.xlsx").id


def errors_of(plan: Plan) -> list[str]:
    """Return every error as "C7 words"."""
    return [f"{error['cell']} {error['th']}" for row in plan.rows for error in row.errors]
