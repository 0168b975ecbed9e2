"""Photos when something breaks: a child killed, a disk full, a stop at any step, one file twice at once."""

from __future__ import annotations

import errno
import io
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path
from typing import IO, Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.casework import token
from helpers.entry_page import Counter, jpeg
from helpers.pages import csrf
from helpers.photos import HOLD, post, rows, send_one
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

import storage
from admin_views import photo_intake
from faults import InjectedFault
from models import Attachment
from sandbox import SandboxFailed

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
FaultAt = Callable[[str, int], AbstractContextManager[None]]
POINTS = ("before_file_rename", "before_commit", "after_commit")
STEPS_OF_ONE = 12


@pytest.fixture
def clerk(app: Flask, client: FlaskClient) -> Counter:
    return Counter(app, client, "clerk")


def turned(desk: Counter, photo: Attachment) -> Any:
    return post(desk, f"/admin/photo/{photo.public_id}/turn", way="left")


def full_at(number: int) -> Callable[[Path, IO[bytes]], None]:
    """Write files until the n-th, for which the disk has no room half-way."""
    passes, plain = count(1), storage._write

    def write(path: Path, source: IO[bytes]) -> None:
        if next(passes) != number:
            return plain(path, source)
        data = source.read()
        path.write_bytes(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "no room")

    return write


def files_of(row: Attachment) -> set[str]:
    return {key for key in (row.storage_key, row.preview_key, row.print_key) if key}


def whole(app: Flask, session: Session) -> bool:
    """Every row has all of its files, and no file is without a row."""
    named: set[str] = set()
    for row in rows(session):
        named |= files_of(row)
    kept: set[str] = app.extensions["files"].keys()
    return kept == named


# Children ---------------------------------------------------------------------------------------------------


def killing(app: Flask, times: int) -> Callable[..., Any]:
    """Kill the child with SIGKILL while it works, so many times."""
    sandbox = app.extensions["sandbox"]
    plain, left = sandbox.run, count(1)

    def run(function: str, *args: Any, **options: Any) -> Any:
        if next(left) > times:
            return plain(function, *args, **options)
        stop = threading.Timer(
            0.3, lambda: [child.process.kill() for child in sandbox._alive - {*sandbox._idle}]
        )
        stop.start()  # The busy child alone: an idle one that was killed would be handed out next.
        try:
            return plain("time:sleep", 30)
        finally:
            stop.join()

    return run


@on_sqlite
def test_a_photo_whose_child_is_killed_is_tried_once_more(
    app: Flask, clerk: Counter, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.extensions["sandbox"], "run", killing(app, times=1))

    assert send_one(clerk, jpeg(), "a.jpg", token()).status == 200
    assert whole(app, session)


@on_sqlite
def test_a_photo_that_kills_every_child_is_refused_and_the_next_one_is_taken(
    app: Flask, clerk: Counter, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(app.extensions["sandbox"], "run", killing(app, times=2))
        page = send_one(clerk, jpeg(), "a.jpg", token())

    assert page.status == 422
    assert "ประมวลผลไฟล์นี้ไม่สำเร็จ" in page.answer.json["error"]
    assert app.extensions["files"].keys() == set()
    assert send_one(clerk, jpeg(), "a.jpg", token()).status == 200


@on_sqlite
@pytest.mark.parametrize("kind", ["timeout", "error"])
def test_a_photo_that_takes_too_long_is_not_tried_again(
    app: Flask, clerk: Counter, monkeypatch: pytest.MonkeyPatch, kind: Any
) -> None:
    tried = []

    def run(*_args: Any, **_options: Any) -> Any:
        tried.append(1)
        raise SandboxFailed(kind)

    monkeypatch.setattr(app.extensions["sandbox"], "run", run)

    assert send_one(clerk, jpeg(), "a.jpg", token()).status == 422
    assert len(tried) == 1


@on_sqlite
def test_in_one_request_the_good_ones_are_kept_beside_the_bad(clerk: Counter, session: Session) -> None:
    mixed = [(b"no picture", "1.jpg"), (jpeg(), "2.jpg"), (b"", "3.jpg"), (jpeg("red"), "4.jpg")]

    page = clerk.send(clerk.get().fields(), act="stay", photos=mixed)

    assert [row.original_name for row in rows(session)] == ["2.jpg", "4.jpg"]
    assert page.says("“1.jpg”")
    assert page.says("“3.jpg”")


# The disk ---------------------------------------------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize("file", [1, 2, 3])
def test_a_full_disk_is_said_and_leaves_nothing_behind(
    app: Flask, clerk: Counter, session: Session, monkeypatch: pytest.MonkeyPatch, upload_dir: Path, file: int
) -> None:
    form = token()
    with monkeypatch.context() as patch:
        patch.setattr("storage._write", full_at(file))
        page = send_one(clerk, jpeg(), "a.jpg", form)

    assert page.status == 503
    assert "พื้นที่" in page.answer.json["error"]
    assert rows(session) == []
    assert [path for path in upload_dir.rglob("*") if path.is_file()] == []
    assert send_one(clerk, jpeg(), "a.jpg", form).status == 200


@on_sqlite
def test_a_turn_on_a_full_disk_leaves_the_photo_as_it_was(
    app: Flask, clerk: Counter, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_one(clerk, jpeg(), "a.jpg", token())
    before = files_of(rows(session)[0])
    with monkeypatch.context() as patch:
        patch.setattr("storage._write", full_at(2))
        page = turned(clerk, rows(session)[0])

    assert page.status_code == 503
    assert files_of(rows(session)[0]) == before == app.extensions["files"].keys()


# A stop at every step ---------------------------------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize("act", ["send", "turn", "release"])
@pytest.mark.parametrize("point", POINTS)
def test_a_fault_at_any_step_leaves_a_photo_whole_or_not_there(
    app: Flask, clerk: Counter, session: Session, fault_at: FaultAt, point: str, act: str
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = True
    fired = 0
    for number in range(1, STEPS_OF_ONE):
        form = token()
        send_one(clerk, jpeg("red"), "first.jpg", form)
        try:
            with fault_at(point, number):
                _do(clerk, rows(session)[-1], act, form)
        except InjectedFault:
            fired += 1
        else:
            break
        for row in rows(session):
            assert files_of(row) <= app.extensions["files"].keys(), f"{point} {number}"
        assert point == "after_commit" or act == "release" or whole(app, session), f"{point} {number}"
    else:
        pytest.fail("the fault fired at every step")

    assert fired >= (0 if act == "release" and point == "before_file_rename" else 1)


@on_sqlite
def test_a_photo_answered_after_a_lost_answer_is_the_same_one(
    clerk: Counter, session: Session, fault_at: FaultAt, app: Flask
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = True
    form = token()
    with fault_at("after_commit", 1), pytest.raises(InjectedFault):
        post(clerk, f"{HOLD}?token={form}", photo=(io.BytesIO(jpeg()), "a.jpg"))

    page = send_one(clerk, jpeg(), "a.jpg", form)

    (row,) = rows(session)
    assert page.answer.json["id"] == row.public_id
    assert clerk.get(page.answer.json["preview"]).status == 200


@on_sqlite
def test_a_database_that_is_held_up_keeps_no_files(
    app: Flask, clerk: Counter, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_up = sqlite3.OperationalError("database is locked")
    held_up.sqlite_errorname = "SQLITE_BUSY"

    def locked(*_args: Any, **_options: Any) -> Any:
        raise OperationalError("insert", {}, held_up)

    with monkeypatch.context() as patch:
        patch.setattr(photo_intake, "hold_photo", locked)
        page = send_one(clerk, jpeg(), "a.jpg", token())

    assert page.status == 503
    assert app.extensions["files"].keys() == set()


# Two at once ------------------------------------------------------------------------------------------------


def test_one_file_sent_twice_at_once_is_kept_once(app: Flask, clerk: Counter, session: Session) -> None:
    form = token()
    answers = _at_once(app, clerk, [(jpeg(), form)] * 4)

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert len(rows(session)) == 1
    assert whole(app, session)


def test_of_photos_sent_at_once_no_more_than_twenty_stay(
    app: Flask, clerk: Counter, session: Session
) -> None:
    form = token()
    for index in range(18):
        send_one(clerk, jpeg(f"#{index * 9:02x}4060"), f"{index}.jpg", form)

    answers = _at_once(app, clerk, [(jpeg(f"#0000{index}0"), form) for index in range(4)])

    assert sorted(answer.status_code for answer in answers) == [200, 200, 422, 422]
    assert len(rows(session)) == 20
    assert whole(app, session)


# Helpers ----------------------------------------------------------------------------------------------------


def _at_once(app: Flask, desk: Counter, sent: list[tuple[bytes, str]]) -> list[Any]:
    csrf_token = csrf(desk.client, "/admin/account")
    cookies = [cookie.decoded_value for cookie in desk.client._cookies.values()]
    assert cookies
    gate = threading.Barrier(len(sent))

    def one(file: tuple[bytes, str]) -> Any:
        gate.wait()
        with app.app_context():
            return desk.client.post(
                f"{HOLD}?token={file[1]}",
                data={"csrf_token": csrf_token, "photo": (io.BytesIO(file[0]), "a.jpg")},
                headers={"Accept": "application/json"},
                content_type="multipart/form-data",
            )

    with ThreadPoolExecutor(len(sent)) as threads:
        return list(threads.map(one, sent))


def _do(desk: Counter, photo: Attachment, act: str, form: str) -> None:
    if act == "send":
        send_one(desk, jpeg("green"), "second.jpg", form)
    elif act == "turn":
        turned(desk, photo)
    else:
        post(desk, f"/admin/photo/{photo.public_id}/release?token={form}")
