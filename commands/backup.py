"""``manage.py backup`` and ``restore``: one archive of database and uploaded files, verified by its manifest.

The archive is a tar without compression (photos do not shrink): database first, then the files, then the
manifest. It is written under another name and renamed when it is whole and on the disk, so that a killed
backup leaves nothing that looks like one. The keys stay out: whoever finds the archive must not read with it
what they encrypt.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy import make_url

from commands.database import current_revision
from config import PERSONAL_KEY_FILE, POSTGRESQL, SECRET_KEY_FILE, Settings
from domain.clock import now
from domain.faults import fault_point

FOLDER: Final = "backups"
KEPT: Final = 14
ROOM_LEFT: Final = 1 << 30
"""What must stay free beside the backup."""
MANIFEST: Final = "manifest.json"
SQLITE_NAME: Final = "app.db"
DUMP_NAME: Final = "database.dump"
FORMAT: Final = 1
KEYS: Final = (SECRET_KEY_FILE, PERSONAL_KEY_FILE)
DUMP_SECONDS: Final = 3600

_NAME: Final = re.compile(r"u-phee-\d{8}-\d{6}\.tar", re.ASCII)
_UNFINISHED: Final = ".part"
_PORTION: Final = 1 << 20
_SCRATCH: Final = ".backup-"


class BackupFailed(click.ClickException):
    """No backup was made, and none was touched."""


@dataclass(frozen=True, slots=True)
class Made:
    """A finished backup."""

    path: Path
    size: int
    files: int


@click.command("backup")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--with-keys", is_flag=True, help="รวมกุญแจเข้ารหัสไว้ด้วย (ต้องเก็บไฟล์นี้อย่างมิดชิด)")
@with_appcontext
def backup_command(file: Path | None, with_keys: bool) -> None:
    """สำรองฐานข้อมูลและไฟล์แนบเป็นไฟล์เดียว ใช้ได้ขณะระบบทำงาน."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    made = make_backup(app, file, with_keys=with_keys)
    click.echo(f"  ✓ สำรองแล้ว {made.path} ({made.size / 1_000_000:,.1f} MB, {made.files:,} ไฟล์)")
    folder = app.extensions["settings"].data_dir
    if with_keys:
        click.echo("  ! ไฟล์นี้มีกุญแจอยู่ด้วย ใครได้ไปอ่านเลขบัตรประชาชนได้ เก็บให้มิดชิดและอย่าส่งต่อ")
    else:
        click.echo(f"  ! กุญแจไม่อยู่ในไฟล์นี้ คัดลอก {PERSONAL_KEY_FILE} และ {SECRET_KEY_FILE} จาก {folder}")
        click.echo("    ไปเก็บอีกที่หนึ่งแยกกัน: ไม่มีกุญแจ เลขบัตรประชาชนและรหัสติดตามจะอ่านไม่ได้อีก")
    click.echo(f"    ไฟล์ใน {FOLDER}/ อยู่ดิสก์เดียวกับระบบ คัดลอกออกไปเครื่องอื่นด้วย")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("folder", envvar="APP_DATA", type=click.Path(file_okay=False, path_type=Path))
def restore_command(file: Path, folder: Path) -> None:
    """กู้ข้อมูลสำรองลงโฟลเดอร์ข้อมูลที่ว่าง (ไม่ระบุ: APP_DATA)."""
    manifest = restore_backup(file, folder.resolve())
    click.echo(f"  ✓ กู้ข้อมูลของ {manifest['made_at']} ลง {folder} ครบ {len(manifest['files']):,} ไฟล์")
    if manifest["database"] == DUMP_NAME:
        click.echo("    สร้างฐานข้อมูล PostgreSQL ว่าง แล้วสั่ง:")
        click.echo(f"      pg_restore --no-owner -d ชื่อฐานข้อมูล {folder / DUMP_NAME}")
    if not (folder / PERSONAL_KEY_FILE).exists():
        click.echo(f"    คัดลอก {PERSONAL_KEY_FILE} และ {SECRET_KEY_FILE} ที่เก็บแยกไว้มาวางในโฟลเดอร์นี้ก่อนเริ่มระบบ")
    click.echo(f"    แล้วเริ่มระบบด้วย APP_DATA={folder} python3 manage.py run")


# Making one ------------------------------------------------------------------------------------------------


def make_backup(app: Flask, file: Path | None = None, *, with_keys: bool = False) -> Made:
    """Write one consistent archive; by default into ``backups/``, where the newest 14 are kept.

    The database is copied first, the files after it: one added meanwhile is too many, never missing.

    Raises:
        BackupFailed: no room, no pg_dump, or the target exists already.
    """
    settings: Settings = app.extensions["settings"]
    folder = settings.data_dir / FOLDER
    target = file.resolve() if file is not None else folder / f"u-phee-{now():%Y%m%d-%H%M%S}.tar"
    if target.exists():
        raise BackupFailed(f"มีไฟล์ {target} อยู่แล้ว กรุณาใช้ชื่ออื่น")
    if file is None:
        folder.mkdir(mode=0o700, exist_ok=True)
    elif not target.parent.is_dir():
        raise BackupFailed(f"ไม่มีโฟลเดอร์ {target.parent}")
    _drop_unfinished(folder)
    _require_room(settings, target.parent)
    part = target.with_name(target.name + _UNFINISHED)
    try:
        files = _write_archive(settings, part, with_keys=with_keys)
        fault_point("before_file_rename")
        part.replace(target)
    except OSError as problem:
        raise BackupFailed(f"เขียน {target} ไม่ได้ ({problem.strerror or problem})") from problem
    finally:
        part.unlink(missing_ok=True)
    _sync(target.parent)
    if file is None:
        _drop_old(folder)
    return Made(target, target.stat().st_size, files)


def newest_backup(data_dir: Path) -> tuple[Path, datetime] | None:
    """Return the newest backup in ``backups/`` and when it was made; None when there is none."""
    found = _backups(data_dir / FOLDER)
    if not found:
        return None
    made_at = datetime.strptime(found[-1].stem, "u-phee-%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    return found[-1], made_at


def _backups(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("u-phee-*.tar") if _NAME.fullmatch(path.name))


def _write_archive(settings: Settings, part: Path, *, with_keys: bool) -> int:
    """Write everything and then the manifest; return how many files besides it."""
    entries: dict[str, dict[str, Any]] = {}
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as stream, tarfile.open(fileobj=stream, mode="w") as archive:
        with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=part.parent) as scratch:
            copy = _database_copy(settings, Path(scratch))
            entries[copy.name] = _add(archive, copy, copy.name)
            copy.unlink()
        for path, name in _uploads(settings.data_dir):
            with suppress(FileNotFoundError):  # Swept away since it was listed: litter, no row names it.
                entries[name] = _add(archive, path, name)
        for name in KEYS if with_keys else ():
            entries[name] = _add(archive, settings.data_dir / name, name)
        manifest = {
            "format": FORMAT,
            "made_at": now().isoformat(timespec="seconds"),
            "revision": current_revision(),
            "database": copy.name,
            "with_keys": with_keys,
            "files": entries,
        }
        _add_bytes(archive, MANIFEST, json.dumps(manifest, indent=1).encode())
        archive.close()
        stream.flush()
        os.fsync(stream.fileno())
    return len(entries)


def _uploads(data_dir: Path) -> Iterator[tuple[Path, str]]:
    """Yield the stored files; one that goes meanwhile was litter, one half written is nobody's yet."""
    for path in sorted((data_dir / "uploads").rglob("*")):
        if path.is_file() and not path.is_symlink() and path.suffix != ".part":
            yield path, path.relative_to(data_dir).as_posix()


def _database_copy(settings: Settings, scratch: Path) -> Path:
    """Return a consistent copy of the database while others go on writing."""
    if settings.uses_sqlite:
        copy = scratch / SQLITE_NAME
        name = make_url(settings.database_url).database
        source = sqlite3.connect(f"file:{name}?mode=ro", uri=True, timeout=60)
        try:
            source.execute("VACUUM INTO ?", (str(copy),))
        except sqlite3.Error as problem:
            raise BackupFailed(f"อ่านฐานข้อมูลไม่ได้ ({problem}) ตรวจด้วย python3 manage.py doctor") from problem
        finally:
            source.close()
        return copy
    return _postgresql_dump(settings, scratch / DUMP_NAME)


def _postgresql_dump(settings: Settings, target: Path) -> Path:
    program = shutil.which("pg_dump")
    if program is None:
        raise BackupFailed(
            "ไม่พบ pg_dump ในเครื่องนี้ ติดตั้งให้ตรงรุ่นกับเครื่องฐานข้อมูล (เช่น apt install postgresql-client) แล้วสั่งใหม่"
        )
    url = make_url(settings.database_url)
    if url.password:  # In a file of ours: arguments can be read by everybody on the machine.
        passwords = target.with_name("pgpass")
        passwords.touch(0o600)
        passwords.write_text(f"*:*:*:*:{_escaped(str(url.password))}\n", encoding="utf-8")
        url = url.update_query_dict({"passfile": str(passwords)})
    address = url.set(drivername=POSTGRESQL.partition("+")[0], password=None)
    command = [program, "--format=custom", "--no-owner", "--file", str(target)]
    command += ["--dbname", address.render_as_string(hide_password=False)]
    try:
        done = subprocess.run(  # noqa: S603 - the program's own path, the address of our settings
            command, capture_output=True, text=True, timeout=DUMP_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as problem:
        raise BackupFailed("pg_dump ไม่เสร็จภายใน 1 ชั่วโมง ตรวจเครื่องฐานข้อมูล") from problem
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["?"])[-1]
        raise BackupFailed(
            f"pg_dump ทำไม่สำเร็จ: {said}\nถ้ารุ่นไม่ตรงกัน ติดตั้ง postgresql-client รุ่นเดียวกับเครื่องฐานข้อมูล"
        )
    return target


def _escaped(password: str) -> str:
    return password.replace("\\", "\\\\").replace(":", "\\:")


def _add(archive: tarfile.TarFile, path: Path, name: str) -> dict[str, Any]:
    """Add a file and return its size and hash, of exactly the bytes that went in."""
    with path.open("rb") as stream:
        info = tarfile.TarInfo(name)
        info.size, info.mtime, info.mode = os.fstat(stream.fileno()).st_size, int(path.stat().st_mtime), 0o600
        reading = _Hashing(stream)
        archive.addfile(info, reading)  # type: ignore[arg-type]  # it only reads
    return {"size": info.size, "sha256": reading.sha256.hexdigest()}


class _Hashing:
    """A stream that hashes what is read from it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        found: bytes = self._stream.read(size)
        self.sha256.update(found)
        return found


def _add_bytes(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o600
    archive.addfile(info, io.BytesIO(data))


def _require_room(settings: Settings, folder: Path) -> None:
    """Refuse when the disk could fill up: a full disk stops the whole town."""
    needed = sum(path.stat().st_size for path, _name in _uploads(settings.data_dir))
    if settings.uses_sqlite:  # Once as the copy, once in the archive.
        needed += 2 * Path(make_url(settings.database_url).database or "").stat().st_size
    free = shutil.disk_usage(folder).free
    if free < needed + ROOM_LEFT:
        raise BackupFailed(
            f"พื้นที่ว่างไม่พอ: ต้องใช้ {(needed + ROOM_LEFT) / 1e9:,.1f} GB มี {free / 1e9:,.1f} GB "
            f"ลบไฟล์เก่าใน {folder} หรือระบุที่อื่น: python3 manage.py backup /ที่อื่น/ชื่อไฟล์.tar"
        )


def _drop_unfinished(folder: Path) -> None:
    """Remove what killed backups left in our own folder, once no backup can still be writing it."""
    old = time.time() - DUMP_SECONDS
    for path in (*folder.glob(f"u-phee-*.tar{_UNFINISHED}"), *folder.glob(f"{_SCRATCH}*")):
        if path.is_symlink() or path.stat().st_mtime > old:
            continue
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _drop_old(folder: Path) -> None:
    for path in _backups(folder)[:-KEPT]:
        path.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# Taking one back -------------------------------------------------------------------------------------------


def restore_backup(file: Path, folder: Path) -> dict[str, Any]:
    """Unpack a backup into an empty data folder, check every file, and return the manifest.

    Keys and older backups may lie there already. Everything is unpacked and checked beside it first; the
    database comes last, so that a folder a killed restore leaves is not taken for a whole one.

    Raises:
        BackupFailed: the folder is not empty, or the archive is not whole.
    """
    there = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if there - {*KEYS, FOLDER}:
        raise BackupFailed(f"{folder} ไม่ว่าง กู้ข้อมูลได้เฉพาะโฟลเดอร์ว่าง เพื่อไม่ให้ทับข้อมูลที่ใช้อยู่")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=folder.parent) as scratch:
        inside = Path(scratch)
        try:
            manifest = _unpack(file, inside)
            _check_database(inside, manifest)
        except (tarfile.TarError, OSError, ValueError, KeyError, TypeError, sqlite3.Error) as problem:
            raise BackupFailed(f"{file} เสียหายหรือไม่ใช่ไฟล์สำรองของระบบนี้ ({problem}) ใช้ไฟล์อื่น") from problem
        for path in sorted(inside.iterdir(), key=lambda path: path.name == manifest["database"]):
            if path.name not in there:  # A key that lies there already is the town's own.
                path.rename(folder / path.name)
    _sync(folder)
    return manifest


def _unpack(file: Path, inside: Path) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    manifest: dict[str, Any] | None = None
    with tarfile.open(file, "r:") as archive:
        for member in archive:
            source = archive.extractfile(member)
            if not member.isfile() or source is None or not _is_ours(member.name):
                raise ValueError(f"unexpected {member.name[:80]}")
            if member.name == MANIFEST:
                manifest = json.loads(source.read())
                continue
            found[member.name] = _extract(source, inside / member.name)
    if manifest is None or manifest["format"] != FORMAT:
        raise ValueError("no manifest of a format we know")
    if found != manifest["files"]:
        names = found.keys() | manifest["files"].keys()
        wrong = sorted(name for name in names if found.get(name) != manifest["files"].get(name))
        raise ValueError(f"wrong or missing: {', '.join(wrong[:3])}")
    return manifest


def _is_ours(name: str) -> bool:
    """Tell whether a name is one we give: nothing leads out of the folder."""
    if name in {MANIFEST, SQLITE_NAME, DUMP_NAME, *KEYS}:
        return True
    return re.fullmatch(r"uploads/[0-9A-Za-z][0-9A-Za-z._/-]{0,200}", name) is not None and ".." not in name


def _extract(source: Any, target: Path) -> dict[str, Any]:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    sha256, size = hashlib.sha256(), 0
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        while portion := source.read(_PORTION):
            sha256.update(portion)
            size += len(portion)
            stream.write(portion)
        stream.flush()
        os.fsync(stream.fileno())
    return {"size": size, "sha256": sha256.hexdigest()}


def _check_database(inside: Path, manifest: dict[str, Any]) -> None:
    if manifest["database"] != SQLITE_NAME:
        return
    connection = sqlite3.connect(inside / SQLITE_NAME)
    try:
        [said] = connection.execute("PRAGMA integrity_check(1)").fetchone()
        orphan = connection.execute("PRAGMA foreign_key_check").fetchone()
    finally:
        connection.close()
    if said != "ok" or orphan is not None:
        raise ValueError("the database inside is damaged")
