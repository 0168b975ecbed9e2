"""``manage.py configuration …``: the whole configuration as one file, out and in, from the machine itself."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from admin_views.configuration import keep_pictures, stored_pictures, surroundings
from commands.database import upgrade_database
from commands.planting import plant
from domain.actor import Actor
from domain.configuration.document import Document, read_document, write_document
from domain.configuration.exporting import export_configuration
from domain.configuration.importing import apply_import, plan_import
from domain.configuration.plan import (
    ChangeKind,
    ConfigurationMoved,
    ConfigurationRefused,
    Plan,
    RowChange,
    cell_words,
    shown,
)
from domain.configuration.sections import words_of
from domain.errors import DomainError
from extensions import db, write_transaction

configuration_group = AppGroup("configuration", help="การตั้งค่าทั้งหมดเป็นไฟล์เดียว: ส่งออก นำเข้า")

NAMED = 20


@configuration_group.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export_command(file: Path) -> None:
    """ส่งออกการตั้งค่าทั้งหมดเป็นไฟล์ (ไม่มีรหัสผ่าน ไม่มีข้อมูลบุคคล)."""
    with write_transaction() as session:
        document = export_configuration(session, _actor(), stored_pictures())
    try:
        file.write_bytes(write_document(document))
    except OSError as error:
        raise click.ClickException(f"เขียนไฟล์ {file} ไม่ได้ ({error.strerror})") from error
    click.echo(f"ส่งออกแล้ว: {file}")


@configuration_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--switch-off-missing", is_flag=True, help="ปิดใช้งานรายการในระบบที่ไม่มีในไฟล์")
@click.option("--yes", is_flag=True, help="นำเข้าโดยไม่ถาม")
def import_command(file: Path, switch_off_missing: bool, yes: bool) -> None:
    """แสดงว่าไฟล์จะเปลี่ยนอะไร แล้วนำเข้าเมื่อยืนยัน."""
    upgrade_database()
    with write_transaction() as session:
        plant(session)  # A new data folder has no message texts yet; one that has is left as it is.
    try:
        document = read_document(file.read_bytes())
        plan = _planned(document, switch_off_missing)
        _print(plan)
        if plan.problems:
            raise ConfigurationRefused(plan)
        if not plan.changes_anything:
            click.echo("ไม่มีอะไรเปลี่ยน ระบบตรงกับไฟล์อยู่แล้ว")
            return
        if not yes:
            click.confirm("นำเข้าตามนี้หรือไม่", abort=True)
        _apply(document, switch_off_missing, plan.fingerprint())
    except ConfigurationMoved as error:
        raise click.ClickException("ระหว่างนั้นมีผู้แก้ไขการตั้งค่า ยังไม่ได้นำเข้า กรุณาสั่งใหม่เพื่อดูรายการล่าสุด") from error
    except DomainError as error:
        raise click.ClickException(error.message) from error
    click.echo("นำเข้าแล้ว")


def _planned(document: Document, switch_off_missing: bool) -> Plan:
    with write_transaction() as session:
        return plan_import(session, _actor(), document, surroundings(), switch_off_missing=switch_off_missing)


def _apply(document: Document, switch_off_missing: bool, expected: str) -> None:
    stored = keep_pictures(document)
    db.session.rollback()
    with write_transaction() as session:
        apply_import(
            session,
            _actor(),
            document,
            surroundings(stored),
            switch_off_missing=switch_off_missing,
            expected=expected,
        )


def _actor() -> Actor:
    return Actor(kind="system", name="manage.py configuration", via="cli")


def _print(plan: Plan) -> None:
    for name in plan.sections():
        rows = [row for row in plan.of_section(name) if row.kind is not ChangeKind.UNCHANGED]
        counts = [f"{kind.words.th} {sum(row.kind is kind for row in rows):,}" for kind in _TOLD]
        click.echo(f"{words_of(name).th}: {' · '.join(counts)}")
        for row in rows[:NAMED]:
            click.echo(f"  {row.kind.words.th:<12} {_line(row)}")
        if len(rows) > NAMED:
            click.echo(f"  และอีก {len(rows) - NAMED:,} รายการ")
    for problem in plan.problems:
        click.echo(f"  ✗ {problem.text_in('th')}", err=True)


_TOLD = tuple(kind for kind in ChangeKind if kind is not ChangeKind.UNCHANGED)


def _line(row: RowChange) -> str:
    named = f"{row.key} {row.name}".strip()
    if row.reason is not None:
        return f"{named}: {row.reason.message}"
    if row.kind is not ChangeKind.CHANGED:
        return named
    changes = (
        f"{' '.join(filter(None, cell_words(row.section, cell.cell)))}: "
        f"{shown(row.section, cell.cell, cell.old)} → {shown(row.section, cell.cell, cell.new)}"
        for cell in row.cells
    )
    return f"{named} ({'; '.join(changes)})"
