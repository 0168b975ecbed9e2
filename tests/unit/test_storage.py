"""Files are kept under keys of our own, whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from domain import faults
from storage import FileStore, StorageFailed

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "uploads")


def names_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_what_is_put_comes_back_under_its_key(files: FileStore) -> None:
    key = files.put(b"photo", ".jpg")

    assert files.get(key) == b"photo"
    assert files.path(key).read_bytes() == b"photo"
    assert files.keys() == {key}


def test_the_same_bytes_get_a_key_each(files: FileStore) -> None:
    assert files.put(b"photo", ".jpg") != files.put(b"photo", ".jpg")


def test_bytes_are_not_translated(files: FileStore) -> None:
    every_byte = bytes(range(256)) + b"\r\n\n\r"

    assert files.get(files.put(every_byte, ".pdf")) == every_byte


def test_a_deleted_file_is_gone_and_may_be_deleted_again(files: FileStore) -> None:
    key = files.put(b"photo", ".jpg")

    files.delete(key)
    files.delete(key)

    assert files.keys() == set()
    with pytest.raises(FileNotFoundError):
        files.get(key)


def test_an_empty_store_has_no_keys(files: FileStore) -> None:
    assert files.keys() == set()


@pytest.mark.parametrize(
    "key",
    [
        "",
        ".",
        "../secret.key",
        "/etc/passwd",
        "ab/../../secret.key",
        "ab/" + "0" * 32,
        "ab/" + "0" * 32 + ".jpg/..",
        "AB/" + "0" * 32 + ".jpg",
        "ab/" + "0" * 32 + ".jpg\n",
        "ab/" + "0" * 31 + "\0.jpg",
        "ab\\" + "0" * 32 + ".jpg",
        "๑๒/" + "0" * 32 + ".jpg",
    ],
)
def test_nothing_but_our_own_keys_becomes_a_path(files: FileStore, tmp_path: Path, key: str) -> None:
    (tmp_path / "secret.key").write_text("secret")

    for use in (files.get, files.path, files.delete):
        with pytest.raises(FileNotFoundError):
            use(key)
    assert (tmp_path / "secret.key").exists()


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such file modes")
def test_nobody_else_on_the_machine_reads_the_files(files: FileStore) -> None:
    path = files.path(files.put(b"photo", ".jpg"))

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("number", "is_full"), [(errno.ENOSPC, True), (errno.EDQUOT, True), (errno.EIO, False)]
)
def test_a_disk_that_refuses_leaves_nothing_and_says_whether_it_is_full(
    files: FileStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, is_full: bool
) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StorageFailed) as failed:
        files.put(b"photo", ".jpg")

    assert failed.value.is_full is is_full
    assert names_in(tmp_path) == []


def test_a_store_works_again_after_the_disk_was_full(
    files: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", refuse)
        with pytest.raises(StorageFailed):
            files.put(b"photo", ".jpg")

    assert files.get(files.put(b"photo", ".jpg")) == b"photo"


def test_a_folder_that_cannot_be_made_is_a_failed_write(tmp_path: Path) -> None:
    (tmp_path / "uploads").write_text("a file where the folder should be")

    with pytest.raises(StorageFailed):
        FileStore(tmp_path / "uploads").put(b"photo", ".jpg")


def test_an_unfinished_file_is_no_key(files: FileStore, tmp_path: Path) -> None:
    key = files.put(b"photo", ".jpg")
    (tmp_path / "uploads" / key).with_suffix(".part").write_bytes(b"half a ph")

    assert files.keys() == {key}


def test_a_kill_before_the_rename_leaves_no_file_under_a_key(tmp_path: Path) -> None:
    script = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from domain import faults\n"
        "from storage import FileStore\n"
        "faults.install(lambda name: os.kill(os.getpid(), signal.SIGTERM) if 'rename' in name else None)\n"
        f"FileStore(Path({str(tmp_path)!r})).put(b'photo', '.jpg')\n"
    )

    killed = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False, timeout=60)

    assert killed.returncode != 0
    assert FileStore(tmp_path).keys() == set()
    assert [name.endswith(".part") for name in names_in(tmp_path)] == [True]


def test_a_fault_while_writing_is_not_taken_for_a_full_disk(files: FileStore) -> None:
    def stop(_name: str) -> None:
        raise RuntimeError("asked for")

    faults.install(stop)
    try:
        with pytest.raises(RuntimeError):
            files.put(b"photo", ".jpg")
    finally:
        faults.install(None)

    assert files.keys() == set()
