"""What a person sees when something went wrong: a plain sentence, what to do, and a code for the log.

The pages need no database. The log gets the code, the kind of error and where it happened; never the text of
a database error, whose parameters may hold names and numbers of people.
"""

from __future__ import annotations

import errno
import logging
import secrets
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from flask import Flask, Response, g, jsonify, render_template, request
from flask_babel import gettext as _
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, InterfaceError, OperationalError, SQLAlchemyError
from werkzeug.exceptions import BadRequest, HTTPException, NotFound, default_exceptions

from domain import errors as rules
from request_language import language

log = logging.getLogger("web")

CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # Without 0 O 1 I, which people mix up on the telephone.
CODE_LENGTH = 8
RETRY_SECONDS = 5
HELD_UP = {"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_BUSY_SNAPSHOT", "40001", "40P01", "55P03", "57014"}
FULL = {"SQLITE_FULL", "53100"}
FULL_DISK = {errno.ENOSPC, errno.EDQUOT}
STATUS = {
    rules.NotFound: 404,
    rules.NotPermitted: 403,
    rules.Busy: 503,
    rules.StorageFull: 503,
    rules.StaleRow: 409,
    rules.AlreadyDone: 409,
    rules.IllegalTransition: 409,
    rules.DuplicateEntry: 409,
}


def register_errors(app: Flask) -> None:
    """Answer every error with a page in the reader's words."""
    for status in default_exceptions:
        app.register_error_handler(status, _http_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(rules.DomainError, _rule_error)
    app.register_error_handler(OperationalError, _database_error)
    app.register_error_handler(InterfaceError, _database_error)
    app.register_error_handler(DataError, _unfit_value)
    app.register_error_handler(OverflowError, _unfit_value)
    app.register_error_handler(OSError, _disk_error)
    app.log_exception = _log_exception  # type: ignore[method-assign, assignment]


def reference() -> str:
    """Return this request's code for the log, such as ``K7QM-2X9P``."""
    if "reference" not in g:
        letters = "".join(secrets.choice(CODE_LETTERS) for _place in range(CODE_LENGTH))
        g.reference = f"{letters[:4]}-{letters[4:]}"
    code: str = g.reference
    return code


# One handler a kind -----------------------------------------------------------------------------------------


def _http_error(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400:  # Redirects raised by Flask-Admin and routing are no errors.
        return error
    if error.response is not None:
        return error.response
    title, advice = _words_of(status)
    headers = _kept_headers(error)
    return error_page(status, title, advice, headers)


def _csrf_error(error: CSRFError) -> Response:
    log.warning("csrf refused: %s, reference %s", error.description, reference())
    return error_page(
        400,
        _("ยังไม่ได้บันทึก"),
        _("หน้านี้เปิดค้างไว้หรือเข้าสู่ระบบใหม่จากที่อื่น กรุณากดย้อนกลับ โหลดหน้าใหม่ แล้วส่งอีกครั้ง"),
    )


def _rule_error(error: rules.DomainError) -> Response:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)
    headers = {"Retry-After": str(RETRY_SECONDS)} if isinstance(error, rules.Busy) else {}
    log.info("refused: %s, reference %s", error, reference())
    return error_page(status, _words_of(status)[0], error.message_in(language()), headers)


def _database_error(error: OperationalError | InterfaceError) -> Response:
    g.without_database = True
    code = database_code(error)
    log.error("database: %s %s, reference %s%s", type(error).__name__, code, reference(), _where(error))
    if code in FULL:
        return _storage_full()
    if code in HELD_UP:
        return busy_page()
    return error_page(
        503,
        _("ระบบไม่พร้อมชั่วคราว"),
        _("ติดต่อฐานข้อมูลไม่ได้ ข้อมูลที่บันทึกแล้วไม่หาย กรุณารอสักครู่แล้วลองใหม่ หากยังไม่ได้ให้แจ้งผู้ดูแลระบบ"),
        {"Retry-After": str(RETRY_SECONDS)},
    )


def _unfit_value(error: DataError | OverflowError) -> Response:
    """A number in the address that no row can have: nothing is there."""
    log.info(
        "value does not fit: %s %s, reference %s", type(error).__name__, database_code(error), reference()
    )
    return _http_error(NotFound() if request.method in {"GET", "HEAD"} else BadRequest())  # type: ignore[no-any-return]


def _disk_error(error: OSError) -> Response:
    if error.errno in FULL_DISK:
        log.error("disk full, reference %s%s", reference(), _where(error))
        return _storage_full()
    raise error


def busy_page() -> Response:
    """Return the page for a moment when another writer holds the database."""
    return error_page(
        503,
        _("ระบบกำลังยุ่ง"),
        _("มีผู้ใช้พร้อมกันมาก รายการนี้ยังไม่ได้บันทึก กรุณารอสักครู่ กดย้อนกลับ แล้วส่งอีกครั้ง"),
        {"Retry-After": str(RETRY_SECONDS)},
    )


def _storage_full() -> Response:
    g.without_database = True
    return error_page(
        503,
        _("พื้นที่เก็บข้อมูลเต็ม"),
        _("รายการนี้ยังไม่ได้บันทึก กรุณาแจ้งผู้ดูแลระบบพร้อมรหัสด้านล่าง"),
    )


# The answer -------------------------------------------------------------------------------------------------


def error_page(status: int, title: str, advice: str, headers: dict[str, str] | None = None) -> Response:
    """Return an error as the caller can read it: a page, a fragment for htmx, or JSON.

    Args:
        status: HTTP status.
        title: What happened, in a few words.
        advice: What to do now.
        headers: Such as Retry-After.
    """
    if g.get("without_database") and "_login_user" not in g:
        g._login_user = (
            AnonymousUserMixin()
        )  # Flask-Login puts the user into every page, and would ask for him.
    facts = {"status": status, "title": title, "advice": advice, "reference": reference()}
    if _wants_json():
        response = jsonify(error=f"{title}: {advice}", reference=facts["reference"])
    elif request.headers.get("HX-Request"):
        response = Response(render_template("errors/fragment.html", **facts))
    else:
        response = Response(render_template("errors/page.html", **facts))
    response.status_code = status
    response.headers.update(headers or {})
    return response


def _wants_json() -> bool:
    if request.is_json:
        return True
    accepted = request.accept_mimetypes
    return bool(accepted.best == "application/json" and accepted.quality("text/html") < 1)


def _kept_headers(error: HTTPException) -> dict[str, str]:
    kept = {"Allow", "Retry-After", "WWW-Authenticate"}
    return {name: value for name, value in error.get_headers() if name in kept}


def _words_of(status: int) -> tuple[str, str]:
    words = {
        400: (_("อ่านคำขอนี้ไม่ได้"), _("ที่อยู่หรือแบบฟอร์มไม่ครบถ้วน กรุณากดย้อนกลับแล้วลองใหม่")),
        401: (_("ยังไม่ได้เข้าสู่ระบบ"), _("กรุณาเข้าสู่ระบบแล้วลองใหม่")),
        403: (_("ไม่มีสิทธิ์เปิดหน้านี้"), _("หากต้องใช้ กรุณาแจ้งหัวหน้าหน่วยงานหรือผู้ดูแลระบบให้เพิ่มสิทธิ์")),
        404: (_("ไม่พบหน้านี้"), _("อาจพิมพ์ที่อยู่ผิด ถูกย้าย หรืออยู่นอกหน่วยงานของคุณ")),
        405: (_("เปิดหน้านี้แบบนี้ไม่ได้"), _("กรุณากลับไปที่หน้าเดิมแล้วกดปุ่มในหน้านั้น")),
        409: (_("ทำรายการไม่ได้"), _("ข้อมูลเปลี่ยนไปแล้ว กรุณาเปิดหน้านี้ใหม่")),
        413: (
            _("ไฟล์ใหญ่เกินไป"),
            _("แนบได้ 20 รูป รูปละไม่เกิน 15 MB และรวมกันไม่เกิน 60 MB กรุณากดย้อนกลับแล้วเลือกรูปใหม่"),
        ),
        422: (_("ทำรายการไม่ได้"), _("ข้อมูลบางช่องใช้ไม่ได้ กรุณากดย้อนกลับแล้วแก้ไข")),
        429: (_("ลองบ่อยเกินไป"), _("กรุณารอสักครู่แล้วลองใหม่")),
        503: (_("ระบบไม่พร้อมชั่วคราว"), _("กรุณารอสักครู่แล้วลองใหม่")),
    }
    if status in words:
        return words[status]
    return (
        words[400]
        if status < 500
        else (_("ระบบขัดข้อง"), _("เราบันทึกเหตุนี้ไว้แล้ว กรุณาลองใหม่ หากยังไม่ได้ให้แจ้งผู้ดูแลระบบพร้อมรหัสด้านล่าง"))
    )


# The log ----------------------------------------------------------------------------------------------------


def database_code(error: BaseException) -> str:
    """Return the database's own code for an error: ``SQLITE_BUSY``, ``40001``; empty when it has none."""
    cause = getattr(error, "orig", None)
    return getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or ""


def _log_exception(
    info: tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None],
) -> None:
    """Log an error nobody foresaw; Flask's own log would print the statement with its parameters."""
    error = info[1]
    if error is not None:
        g.without_database = g.get("without_database") or isinstance(error, SQLAlchemyError)
        log.error("%s %s, reference %s%s", request.method, request.path, reference(), _where(error))


def _where(error: BaseException) -> str:
    """Return kinds and places of an error and its causes; its texts only where no database is involved."""
    chain = list(_chain(error))
    quiet = any(isinstance(link, SQLAlchemyError) or hasattr(link, "sqlite_errorcode") for link in chain)
    parts = []
    for link in chain:
        said = "" if quiet else f": {link}"
        parts += [f"\n{type(link).__module__}.{type(link).__qualname__}{said}\n"]
        parts += traceback.format_tb(link.__traceback__)
    return "".join(parts).rstrip()


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
