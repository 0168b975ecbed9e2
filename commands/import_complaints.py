"""``manage.py import-complaints FILE.csv``: complaints of Traffy Fondue, in one streaming pass."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click
from flask import current_app
from flask.cli import with_appcontext

from commands.database import upgrade_database
from commands.planting import plant
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
LONGEST_CELL = 32 * 1024 * 1024  # A monstrous cell is refused as one row; csv alone would give up at 128 KB.
CHUNK = 1024 * 1024
REASONS_SHOWN = 20


class UnfitFile(click.ClickException):
    """The file as a whole cannot be read; nothing of it was taken."""


@click.command("import-complaints")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", default=SOURCE, help="ชื่อระบบต้นทางในตารางแปลงคำนำเข้า")
@click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path), help="ไฟล์ที่เก็บแถวที่รับไม่ได้")
@with_appcontext
def import_command(file: Path, source: str, rejects: Path | None) -> None:
    """นำเข้าคำร้องจากไฟล์ CSV ของ Traffy Fondue (นำเข้าซ้ำได้ ไม่เกิดเรื่องซ้ำ)."""
    upgrade_database()
    with write_transaction() as session:
        plant(session)  # A new data folder has no import map yet; one that has is left as it is.
    folder = current_app.extensions["settings"].data_dir / "imports"
    rejects = rejects or folder / f"{file.stem}.rejects.csv"
    try:
        tally = import_file(file, rejects, source)
    except DomainError as error:
        raise click.ClickException(error.message) from error
    except csv.Error as error:
        raise click.ClickException(
            f"อ่านไฟล์ต่อไม่ได้ ({error}) แถวก่อนหน้านี้นำเข้าแล้ว แก้ไฟล์แล้วสั่งซ้ำได้ จะไม่เกิดเรื่องซ้ำ"
        ) from error
    _print(tally, rejects)


def import_file(file: Path, rejects: Path, source: str = SOURCE) -> Tally:
    """Import a file batch by batch, each in a transaction of its own, and return what became of it.

    Killed half-way, it has taken whole batches; running it again takes the rest and nothing twice. The file
    of rejects holds every refused row of this run with its reason; there is none when nothing was refused.

    Raises:
        UnfitFile: it is not UTF-8, or a column is missing; nothing was taken.
        DomainError: the import map is empty or names a code we do not have; nothing was taken.
    """
    _check_encoding(file)
    heading = _heading(file)
    actor = Actor.system("import-complaints")
    tally = Tally()
    translation = translation_of(db.session(), load_lookups(db.session()), source)
    with _RejectsFile(rejects, heading) as refused_rows:
        for batch in batches(_rows(file)):
            with write_transaction() as session:
                refused = import_batch(session, actor, batch, translation, tally, source)
            refused_rows.add(refused)
            db.session.expunge_all()
    with write_transaction() as session:
        record_import(session, actor, file.name, tally)
    return tally


class _RejectsFile:
    """The refused rows; the file of an earlier run goes, and a new one comes with the first refused row."""

    def __init__(self, path: Path, heading: list[str]) -> None:
        self._path = path
        self._columns = [*heading, REASON_FIELD]
        self._stream: IO[str] | None = None
        self._writer: csv.DictWriter[str] | None = None

    def __enter__(self) -> _RejectsFile:
        self._path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_problem: object) -> None:
        if self._stream is not None:
            self._stream.close()

    def add(self, rows: list[dict[str, str]]) -> None:
        """Append rows with their reasons."""
        if not rows:
            return
        if self._writer is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = self._path.open("w", encoding="utf-8-sig", newline="")
            self._writer = csv.DictWriter(self._stream, self._columns, extrasaction="ignore")
            self._writer.writeheader()
        self._writer.writerows(rows)


def _check_encoding(file: Path) -> None:
    """Read the whole file once: half an import because of one bad byte helps nobody."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 1
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                line = lines + chunk[: error.start].count(b"\n")
                raise UnfitFile(
                    f"ไฟล์ไม่ใช่ UTF-8 (พบตัวอักษรที่อ่านไม่ได้ใกล้บรรทัด {line:,}) "
                    "กรุณาบันทึกไฟล์ใหม่เป็น CSV UTF-8 ยังไม่มีแถวใดถูกนำเข้า"
                ) from error
            lines += chunk.count(b"\n")
    if decoder.getstate()[0]:
        raise UnfitFile("ไฟล์ขาดตอนท้าย กรุณาดาวน์โหลดใหม่ ยังไม่มีแถวใดถูกนำเข้า")


def _heading(file: Path) -> list[str]:
    with _reader(file) as reader:
        heading = [name for name in (reader.fieldnames or []) if name]
    missing = [name for name in NEEDED if name not in heading]
    if missing:
        raise UnfitFile(f"ไฟล์ขาดช่อง: {', '.join(missing)} ยังไม่มีแถวใดถูกนำเข้า")
    return heading


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with _reader(file) as reader:
        for row in reader:
            row.pop(None, None)  # type: ignore[call-overload] - cells beyond the heading
            yield row


@contextmanager
def _reader(file: Path) -> Iterator[csv.DictReader[str]]:
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            yield csv.DictReader(stream, restval="")
    finally:
        csv.field_size_limit(before)


def _print(tally: Tally, rejects: Path) -> None:
    click.echo(f"  รับแล้ว         {tally.taken:>8,}")
    click.echo(f"    นอกเขตเทศบาล   {tally.outside:>6,}")
    click.echo(f"    ไม่ทราบวันที่     {tally.undated:>6,}")
    click.echo(f"  มีอยู่แล้ว        {tally.skipped:>8,}")
    click.echo(f"  รับไม่ได้         {tally.refused:>8,}")
    reasons = sorted(tally.reasons.items(), key=lambda item: -item[1])
    for reason, count in reasons[:REASONS_SHOWN]:
        click.echo(f"    {count:>6,}  {reason}")
    if len(reasons) > REASONS_SHOWN:
        click.echo(f"    และเหตุผลอื่นอีก {len(reasons) - REASONS_SHOWN:,} แบบ")
    if tally.refused:
        click.echo(f"  แถวที่รับไม่ได้พร้อมเหตุผล (ช่อง {REASON_FIELD}): {rejects}")
