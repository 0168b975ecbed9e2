"""``backup`` makes one whole archive or none; ``restore`` takes back what is whole, into nothing else."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from helpers.cases import new_case
from helpers.visitor import _settle_test_session
from sqlalchemy import func, select

from cli import group
from commands import backup
from commands.backup import BackupFailed, backup_command, make_backup, newest_backup, restore_backup
from domain.clock import FrozenClock
from extensions import db, write_transaction
from models import Complaint
from storage import FileStore

ROOT = Path(__file__).parents[3]


@pytest.fixture
def place(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of this test, with two stored photos and the keys; the database stays where it is."""
    folder = tmp_path / "data"
    folder.mkdir()
    settings = app.extensions["settings"]
    monkeypatch.setitem(app.extensions, "settings", replace(settings, data_dir=folder))
    store = FileStore(folder / "uploads")
    for content in (b"photo one", b"photo two" * 10_000):
        store.put(content, ".jpg")
    for name in ("secret.key", "personal-data.key"):
        (folder / name).write_text("ab" * 32)
    if settings.database_url.startswith("postgresql"):
        spec = find_spec("pgserver")
        assert spec is not None
        [home] = spec.submodule_search_locations or [""]
        monkeypatch.setenv("PATH", f"{home}/pginstall/bin{os.pathsep}{os.environ['PATH']}")
    _settle_test_session()
    return folder


def names_in(archive: Path) -> list[str]:
    with tarfile.open(archive) as tar:
        return tar.getnames()


def rows_in(database: Path) -> int:
    connection = sqlite3.connect(database)
    try:
        [count] = connection.execute("SELECT count(*) FROM complaint").fetchone()
    finally:
        connection.close()
    return int(count)


sqlite_only = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


# Making one ------------------------------------------------------------------------------------------------


def test_a_backup_holds_the_database_the_files_and_what_they_must_be(app: Flask, place: Path) -> None:
    made = make_backup(app)

    names = names_in(made.path)
    manifest = json.loads(_read(made.path, "manifest.json"))
    assert names[0] == manifest["database"]
    assert names[-1] == "manifest.json"
    assert sorted(manifest["files"]) == sorted(names[:-1])
    assert len([name for name in names if name.startswith("uploads/")]) == 2
    assert manifest["revision"] == "0006"
    assert not [name for name in names if name.endswith(".key")], "who finds it must not read with it"
    assert made.path.parent == place / "backups"
    if os.name == "posix":
        assert made.path.stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in (place / "backups").iterdir()) == [made.path.name]


def _read(archive: Path, name: str) -> bytes:
    with tarfile.open(archive) as tar:
        found = tar.extractfile(name)
        assert found is not None
        return found.read()


@sqlite_only
def test_what_was_backed_up_comes_back_whole(app: Flask, place: Path, tmp_path: Path) -> None:
    with write_transaction() as session:
        new_case(session)
    before = db.session.scalar(select(func.count()).select_from(Complaint))
    made = make_backup(app)

    manifest = restore_backup(made.path, tmp_path / "new")

    assert rows_in(tmp_path / "new" / "app.db") == before
    assert len(manifest["files"]) == 3
    for stored in (place / "uploads").rglob("*.jpg"):
        back = tmp_path / "new" / stored.relative_to(place)
        assert back.read_bytes() == stored.read_bytes()


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_dump_of_postgresql_can_be_read_by_its_own_tools(app: Flask, place: Path, tmp_path: Path) -> None:
    made = make_backup(app)
    restore_backup(made.path, tmp_path / "new")

    listed = subprocess.run(
        [str(shutil.which("pg_restore")), "--list", tmp_path / "new" / "database.dump"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "TABLE DATA public complaint" in listed.stdout


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_without_pg_dump_it_says_what_to_install(
    app: Flask, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(place))

    with pytest.raises(BackupFailed, match="postgresql-client"):
        make_backup(app)

    assert list((place / "backups").iterdir()) == []


@sqlite_only
def test_a_backup_under_writers_is_of_one_moment(app: Flask, place: Path, tmp_path: Path) -> None:
    """Each transaction writes two cases: an odd number would be a moment in the middle of one."""
    stop, wrote = threading.Event(), threading.Event()

    def write() -> None:
        with app.app_context():
            while not stop.is_set():
                with write_transaction() as session:
                    new_case(session)
                    new_case(session)
                wrote.set()
            db.session.remove()

    even = (db.session.scalar(select(func.count()).select_from(Complaint)) or 0) % 2
    db.session.rollback()
    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert wrote.wait(20)
        archives = [make_backup(app, tmp_path / f"{number}.tar").path for number in range(3)]
    finally:
        stop.set()
        writer.join()

    counts = []
    for number, archive in enumerate(archives):
        restore_backup(archive, tmp_path / f"back{number}")
        counts.append(rows_in(tmp_path / f"back{number}" / "app.db"))
    assert {count % 2 for count in counts} == {even}
    assert counts == sorted(counts)


def test_keys_go_along_only_when_asked_for(app: Flask, place: Path) -> None:
    made = make_backup(app, with_keys=True)

    assert {"secret.key", "personal-data.key"} <= set(names_in(made.path))


def test_the_command_says_where_it_lies_and_what_is_not_in_it(app: Flask, place: Path) -> None:
    said = app.test_cli_runner().invoke(backup_command)

    assert said.exit_code == 0, said.output
    assert "u-phee-" in said.output
    assert "personal-data.key" in said.output


def test_the_newest_fourteen_are_kept(app: Flask, place: Path, frozen_noon: FrozenClock) -> None:
    made = []
    (place / "backups").mkdir()
    (place / "backups" / "mine.tar").touch()
    for _ in range(16):
        made.append(make_backup(app).path)
        frozen_noon.advance(timedelta(hours=1))

    left = sorted(path.name for path in (place / "backups").iterdir())
    assert left == ["mine.tar", *(path.name for path in made[-14:])]
    found = newest_backup(place)
    assert found is not None
    assert found[0] == made[-1]


def test_no_backup_fills_the_disk(app: Flask, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")._replace(free=backup.ROOM_LEFT)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage)

    with pytest.raises(BackupFailed, match="พื้นที่ว่างไม่พอ"):
        make_backup(app)

    assert list((place / "backups").iterdir()) == []


def test_nothing_that_is_there_is_written_over(app: Flask, place: Path, tmp_path: Path) -> None:
    target = tmp_path / "mine.tar"
    target.write_text("mine")

    with pytest.raises(BackupFailed):
        make_backup(app, target)
    with pytest.raises(BackupFailed):
        make_backup(app, tmp_path / "nowhere" / "x.tar")

    assert target.read_text() == "mine"


def test_a_failure_on_the_way_leaves_nothing_behind(
    app: Flask, place: Path, fault_at: Callable[..., Any]
) -> None:
    with fault_at("before_file_rename", 1), pytest.raises(Exception, match="before_file_rename"):
        make_backup(app)

    assert list((place / "backups").iterdir()) == []


@sqlite_only
@pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL")
def test_a_killed_backup_leaves_nothing_that_looks_like_one(app: Flask, place: Path, tmp_path: Path) -> None:
    source = app.extensions["settings"].database_url
    environment = {
        **os.environ,
        "APP_MODE": "test",
        "APP_DATA": str(place),
        "DATABASE_URL": source,
        "FAULT": "before_file_rename:1:kill",
    }

    ended = subprocess.run(
        [sys.executable, "-m", "cli", "backup"], cwd=ROOT, env=environment, capture_output=True, check=False
    )

    assert ended.returncode == -signal.SIGKILL
    left = list((place / "backups").iterdir())
    assert [path.suffix for path in left] == [".part"]
    assert newest_backup(place) is None
    for path in left:  # An hour later nobody can be writing it any more.
        os.utime(path, (0, 0))
    made = make_backup(app)
    assert list((place / "backups").iterdir()) == [made.path]


# Taking one back -------------------------------------------------------------------------------------------


@pytest.fixture
def archive(app: Flask, place: Path, tmp_path: Path) -> Path:
    return make_backup(app, tmp_path / "good.tar").path


@sqlite_only
def test_a_folder_in_use_is_not_written_over(archive: Path, place: Path) -> None:
    with pytest.raises(BackupFailed, match="ไม่ว่าง"):
        restore_backup(archive, place)


@sqlite_only
def test_keys_and_older_backups_may_lie_there_already(archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    (folder / "backups").mkdir(parents=True)
    (folder / "personal-data.key").write_text("cd" * 32)

    restore_backup(archive, folder)

    assert (folder / "app.db").exists()
    assert (folder / "personal-data.key").read_text() == "cd" * 32


def rebuilt(archive: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """Return the archive with other contents."""
    with tarfile.open(archive) as tar:
        entries = {name: _read(archive, name) for name in tar.getnames()}
    change(entries)
    made = archive.with_name("bad.tar")
    with tarfile.open(made, "w") as tar:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return made


def _first_photo(entries: dict[str, bytes]) -> str:
    return next(name for name in entries if name.startswith("uploads/"))


def _changed_photo(entries: dict[str, bytes]) -> None:
    entries[_first_photo(entries)] = b"another"


def _lost_photo(entries: dict[str, bytes]) -> None:
    del entries[_first_photo(entries)]


def _lost_manifest(entries: dict[str, bytes]) -> None:
    del entries["manifest.json"]


def _newer(entries: dict[str, bytes]) -> None:
    entries["manifest.json"] = json.dumps({**json.loads(entries["manifest.json"]), "format": 2}).encode()


def _strange_manifest(entries: dict[str, bytes]) -> None:
    entries["manifest.json"] = b"[]"


def _way_out(entries: dict[str, bytes]) -> None:
    entries["uploads/../../evil"] = b"x"


def _stranger(entries: dict[str, bytes]) -> None:
    entries["config.py"] = b"x"


@sqlite_only
@pytest.mark.parametrize(
    "change",
    [_changed_photo, _lost_photo, _lost_manifest, _newer, _strange_manifest, _way_out, _stranger],
    ids=lambda change: change.__name__,
)
def test_what_is_not_whole_is_not_taken(
    archive: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], None]
) -> None:
    with pytest.raises(BackupFailed, match="เสียหายหรือไม่ใช่"):
        restore_backup(rebuilt(archive, change), tmp_path / "new")

    assert list((tmp_path / "new").iterdir()) == []
    assert not (tmp_path / "evil").exists()


@sqlite_only
def test_a_file_cut_short_or_no_archive_at_all(archive: Path, tmp_path: Path) -> None:
    for content in (archive.read_bytes()[:5000], b"", b"PK\x03\x04"):
        broken = tmp_path / "broken.tar"
        broken.write_bytes(content)
        with pytest.raises(BackupFailed):
            restore_backup(broken, tmp_path / "new")


@sqlite_only
def test_a_link_in_an_archive_is_not_followed(archive: Path, tmp_path: Path) -> None:
    bad = tmp_path / "link.tar"
    with tarfile.open(bad, "w") as tar:
        info = tarfile.TarInfo("uploads/aa")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(info)

    with pytest.raises(BackupFailed):
        restore_backup(bad, tmp_path / "new")


@sqlite_only
def test_the_command_restores_into_the_data_folder_without_starting_the_app(
    archive: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "new"

    ended = CliRunner().invoke(group, ["restore", str(archive)], env={"APP_DATA": str(folder)})

    assert ended.exit_code == 0, ended.output
    assert "personal-data.key" in ended.output
    assert sorted(path.name for path in folder.iterdir()) == ["app.db", "uploads"]
