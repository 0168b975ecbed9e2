"""What a person sees when something goes wrong, and what the log keeps of it."""

from __future__ import annotations

import errno
import logging
import re
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, abort
from helpers.bare import bare_app
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from werkzeug.exceptions import TooManyRequests

from domain import errors as rules

SECRET = "somchai@example.com"
CODE = re.compile(r"[A-Z2-9]{4}-[A-Z2-9]{4}")


class Refusal(Exception):
    """A database's own error, with the code it came with."""

    def __init__(self, text: str, *, sqlite: str | None = None, state: str | None = None) -> None:
        super().__init__(text)
        if sqlite:
            self.sqlite_errorname = sqlite
        self.sqlstate = state


def database_error(kind: type[Any], cause: Exception) -> Exception:
    return kind("UPDATE member SET email = ?", (SECRET,), cause)


@pytest.fixture
def app() -> Flask:
    return bare_app()


@pytest.fixture
def ask(app: Flask) -> Callable[..., Any]:
    """ask(error) has a page raise the error and returns the answer."""

    def raising(error: Exception, *, method: str = "GET", **kwargs: Any) -> Any:
        app.add_url_rule("/page", "page", lambda: _raise(error), methods=["GET", "POST"])
        app.config["WTF_CSRF_ENABLED"] = False
        return app.test_client().open("/page", method=method, **kwargs)

    return raising


def _raise(error: Exception) -> Any:
    raise error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (rules.NotFound(), 404),
        (rules.NotPermitted(), 403),
        (rules.Busy(), 503),
        (rules.StorageFull(), 503),
        (rules.StaleRow(), 409),
        (rules.AlreadyDone(action="รับเรื่อง", who="ศิริพร", at="14:32"), 409),
        (rules.InvalidField("date_unreadable", field="day", example="21/11/2569"), 422),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_a_broken_rule_is_told_in_its_own_words(ask: Any, error: rules.DomainError, status: int) -> None:
    answer = ask(error)
    assert answer.status_code == status
    assert error.message in answer.get_data(as_text=True)


def test_a_moment_of_haste_says_when_to_try_again(ask: Any) -> None:
    assert int(ask(rules.Busy()).headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    "cause",
    [
        Refusal("database is locked", sqlite="SQLITE_BUSY"),
        Refusal("deadlock detected", state="40P01"),
        Refusal("could not serialize", state="40001"),
    ],
    ids=str,
)
def test_a_database_held_up_by_others_is_busy_not_broken(ask: Any, cause: Refusal) -> None:
    answer = ask(database_error(OperationalError, cause))
    assert answer.status_code == 503
    assert "ระบบกำลังยุ่ง" in answer.get_data(as_text=True)
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    "error",
    [
        database_error(OperationalError, Refusal("database or disk is full", sqlite="SQLITE_FULL")),
        database_error(OperationalError, Refusal("disk full", state="53100")),
        OSError(errno.ENOSPC, "No space left on device"),
    ],
    ids=["sqlite", "postgresql", "files"],
)
def test_a_full_disk_is_told_as_such(ask: Any, error: Exception) -> None:
    answer = ask(error)
    assert answer.status_code == 503
    assert "พื้นที่เก็บข้อมูลเต็ม" in answer.get_data(as_text=True)


def test_a_database_that_is_away_is_told_and_nothing_of_the_statement_shows(ask: Any) -> None:
    answer = ask(database_error(OperationalError, Refusal("connection refused")))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 503
    assert "ติดต่อฐานข้อมูลไม่ได้" in page
    assert SECRET not in page
    assert "UPDATE" not in page


def test_another_error_of_the_files_is_not_called_a_full_disk(ask: Any) -> None:
    assert ask(PermissionError(errno.EACCES, "Permission denied")).status_code == 500


@pytest.mark.parametrize(
    "error",
    [
        OverflowError("Python int too large to convert to SQLite INTEGER"),
        database_error(DataError, Refusal("integer out of range", state="22003")),
    ],
    ids=["sqlite", "postgresql"],
)
def test_a_number_no_row_can_have_finds_nothing(ask: Any, error: Exception) -> None:
    assert ask(error).status_code == 404


def test_such_a_number_in_a_form_is_a_bad_request(ask: Any) -> None:
    assert ask(OverflowError(), method="POST").status_code == 400


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "อ่านคำขอนี้ไม่ได้"),
        (403, "ไม่มีสิทธิ์เปิดหน้านี้"),
        (404, "ไม่พบหน้านี้"),
        (405, "เปิดหน้านี้แบบนี้ไม่ได้"),
        (413, "ไฟล์ใหญ่เกินไป"),
        (418, "อ่านคำขอนี้ไม่ได้"),
        (429, "ลองบ่อยเกินไป"),
        (500, "ระบบขัดข้อง"),
        (502, "ระบบขัดข้อง"),
        (503, "ระบบไม่พร้อมชั่วคราว"),
    ],
)
def test_every_http_error_has_its_thai_page_with_a_code(app: Flask, status: int, words: str) -> None:
    app.add_url_rule("/page", "page", lambda: abort(status))
    answer = app.test_client().get("/page")
    page = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert words in page
    assert CODE.search(page)


def test_the_wait_of_too_many_tries_reaches_the_browser(ask: Any) -> None:
    assert ask(TooManyRequests(retry_after=90)).headers["Retry-After"] == "90"


def test_an_unforeseen_error_is_in_the_log_under_the_code_on_the_page(ask: Any, caplog: Any) -> None:
    with caplog.at_level(logging.ERROR):
        page = ask(RuntimeError("the lamp is out")).get_data(as_text=True)
    code = CODE.search(page)
    assert code is not None
    assert code[0] in caplog.text
    assert "the lamp is out" in caplog.text
    assert "the lamp is out" not in page


def test_the_log_never_holds_what_was_written_into_the_database(ask: Any, caplog: Any) -> None:
    cause = sqlite3.IntegrityError(f"UNIQUE constraint failed: {SECRET}")
    with caplog.at_level(logging.DEBUG):
        answer = ask(database_error(IntegrityError, cause))
    assert answer.status_code == 500
    assert "IntegrityError" in caplog.text
    assert SECRET not in caplog.text


def test_the_page_does_not_ask_who_is_signed_in_when_that_is_what_failed(app: Flask) -> None:
    error = database_error(OperationalError, Refusal("connection refused"))
    app.login_manager.user_loader(lambda _token: _raise(error))  # type: ignore[attr-defined]
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = "somebody"
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert CODE.search(answer.get_data(as_text=True))


def test_a_form_left_open_too_long_is_told_what_to_do(app: Flask) -> None:
    app.add_url_rule("/page", "page", lambda: "saved", methods=["POST"])
    answer = app.test_client().post("/page")
    assert answer.status_code == 400
    assert "ยังไม่ได้บันทึก" in answer.get_data(as_text=True)


def test_a_script_gets_json_it_can_show(ask: Any) -> None:
    answer = ask(rules.Busy(), headers={"Accept": "application/json"})
    assert answer.status_code == 503
    assert rules.Busy().message in answer.get_json()["error"]
    assert CODE.fullmatch(answer.get_json()["reference"])


def test_a_panel_gets_a_fragment_not_a_page_inside_a_page(ask: Any) -> None:
    page = ask(rules.NotFound(), headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "<html" not in page
    assert rules.NotFound().message in page


def test_english_readers_get_english(ask: Any) -> None:
    page = ask(rules.NotFound(), query_string={"lang": "en"}).get_data(as_text=True)
    assert '<html lang="en"' in page
    assert rules.NotFound().message_in("en") in page


def test_a_redirect_is_no_error(ask: Any) -> None:
    from werkzeug.routing import RequestRedirect  # noqa: PLC0415 - only here

    answer = ask(RequestRedirect("/elsewhere"))
    assert answer.status_code == 308
    assert answer.headers["Location"] == "/elsewhere"
