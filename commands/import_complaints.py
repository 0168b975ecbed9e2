"""``manage.py import-complaints FILE.csv``: complaints of Traffy Fondue, in one streaming pass."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import click
from flask.cli import with_appcontext

from commands.database import upgrade_database
from domain.actor import Actor
from domain.errors import DomainError
from domain.importing import (
    REASON_FIELD,
    SOURCE,
    Tally,
    batches,
    import_batch,
    record_import,
    translation_of,
)
from domain.lookups import load_lookups
from extensions import db, write_transaction

NEEDED = ("ticket_id", "comment", "categories", "state", "timestamp", "lat", "lon")


@click.command("import-complaints")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", default=SOURCE, help="ชื่อระบบต้นทางในตารางแปลงคำนำเข้า")
@click.option("--rejects", type=click.Path(path_type=Path), help="ไฟล์ที่เก็บแถวที่รับไม่ได้")
@with_appcontext
def import_command(file: Path, source: str, rejects: Path | None) -> None:
    """นำเข้าคำร้องจากไฟล์ CSV ของ Traffy Fondue (นำเข้าซ้ำได้ ไม่เกิดเรื่องซ้ำ)."""
    upgrade_database()
    rejects = rejects or file.with_name(f"{file.stem}.rejects.csv")
    try:
        tally = import_file(file, rejects, source)
    except DomainError as error:
        raise click.ClickException(error.message) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise click.ClickException(f"อ่านไฟล์ไม่ได้: ต้องเป็น CSV แบบ UTF-8 ({error})") from error
    _print(tally, rejects)


def import_file(file: Path, rejects: Path, source: str = SOURCE) -> Tally:
    """Import a file batch by batch, each in a transaction of its own, and return what became of it.

    The rejects file holds every refused row with its reason; it is not left behind when nothing was refused.
    """
    actor = Actor.system("import-complaints")
    tally = Tally()
    translation = translation_of(db.session(), load_lookups(db.session()), source)
    with rejects.open("w", encoding="utf-8-sig", newline="") as stream:
        writer: csv.DictWriter[str] | None = None
        for batch in batches(_rows(file)):
            with write_transaction() as session:
                refused = import_batch(session, actor, batch, translation, tally, source)
            if refused and writer is None:
                writer = csv.DictWriter(stream, [*refused[0]], extrasaction="ignore")
                writer.writeheader()
            if refused and writer is not None:
                writer.writerows(refused)
            db.session.expunge_all()
    with write_transaction() as session:
        record_import(session, actor, file.name, tally)
    if not tally.refused:
        rejects.unlink()
    return tally


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream, restval="")
        missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
        if missing:
            raise click.ClickException(f"ไฟล์ขาดช่อง: {', '.join(missing)}")
        for row in reader:
            row.pop(None, None)  # type: ignore[call-overload] - cells beyond the heading
            yield row


def _print(tally: Tally, rejects: Path) -> None:
    click.echo(f"  รับแล้ว      {tally.taken:>8,}")
    click.echo(f"    นอกเขตเทศบาล {tally.outside:>6,}")
    click.echo(f"    ไม่ทราบวันที่   {tally.undated:>6,}")
    click.echo(f"  มีอยู่แล้ว     {tally.skipped:>8,}")
    click.echo(f"  รับไม่ได้      {tally.refused:>8,}")
    for reason, count in sorted(tally.reasons.items(), key=lambda item: -item[1]):
        click.echo(f"    {count:>6,}  {reason}")
    if tally.refused:
        click.echo(f"  แถวที่รับไม่ได้พร้อมเหตุผล: {rejects} ({REASON_FIELD})")
