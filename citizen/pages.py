"""The front page and ``/track``: code and password in, the complaint's way out, a rating back."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext
from sqlalchemy import select

from domain import complaints as verbs
from domain.actor import Actor
from domain.clock import now
from domain.errors import AlreadyDone, DomainError, FieldErrors, InvalidField
from domain.labels import use_state_words
from domain.phones import dialled_phone, readable_phone
from domain.settings import read_setting
from domain.throttle import Throttled, address_key, admit, withdraw
from domain.tracking import LIMITS, LONGEST_CODE, PURPOSE, Tracked, clean_code, find_tracked, tracked_view
from extensions import db, write_transaction
from models import Attachment, AttachmentStage
from request_language import language

citizen = Blueprint("citizen", __name__)


@citizen.before_request
def _speak_as_the_town() -> None:
    use_state_words(read_setting(db.session(), "state_words"))


HELD: Final = "tracked"
HELD_SECONDS: Final = 30 * 60  # Since it was last looked at; many share a phone or sit in an internet shop.
ACTS: Final = {"answer": "text", "add_evidence": "text", "reopen": "reason", "withdraw": "note"}
"""What a visitor may do with the complaint he holds, and what its verb calls his words."""
SHOWN_STAGES: Final = (AttachmentStage.BEFORE, AttachmentStage.AFTER)


@citizen.get("/")
def home() -> str:
    """Show the front page: follow a complaint, the emergency numbers, how to reach the town."""
    emergency = read_setting(db.session(), "emergency_phones")
    name = "name_en" if language() == "en" else "name"
    return render_template(
        "citizen/home.html",
        emergency=[
            (entry.get(name) or entry["name"], dialled_phone(entry["phone"]), readable_phone(entry["phone"]))
            for entry in emergency
        ],
    )


@citizen.get("/track")
def track() -> str | Response:
    """Ask for code and password; a QR brings the code along, never the password."""
    code = request.args.get("code", "")[:LONGEST_CODE]
    return render_template("citizen/track.html", code=code, error=None)


@citizen.post("/track")
def open_tracked() -> Any:
    """Check code and password and lead to the complaint; wrong or too many tries get the same plain words."""
    code, password = request.form.get("code", ""), request.form.get("password", "")
    try:
        with write_transaction() as writing:
            keys = {"ip": address_key(request.remote_addr), "complaint": clean_code(code)}
            attempts = admit(writing, PURPOSE, keys, LIMITS)
        complaint = find_tracked(db.session(), current_app.extensions["vault"], code, password)
    except Throttled as error:
        waits = {"Retry-After": str(error.seconds)}
        return _asked_again(code, error, HTTPStatus.TOO_MANY_REQUESTS, waits)
    except InvalidField as error:
        return _asked_again(code, error, HTTPStatus.UNPROCESSABLE_ENTITY, {})
    complaint_id = complaint.id
    with write_transaction() as writing:
        withdraw(writing, attempts)
    _hold(complaint_id)
    return redirect(url_for("citizen.tracked"), HTTPStatus.SEE_OTHER)


@citizen.get("/track/complaint")
def tracked() -> Any:
    """Show the complaint this visitor proved to hold."""
    view = _held_view()
    if view is None:
        return _ask_first()
    _hold(view.complaint_id)
    return render_template("citizen/tracked.html", complaint=view, error=None)


@citizen.post("/track/rating")
def give_rating() -> Any:
    """Take 1 to 5 stars and a comment for the latest result."""
    holder = _holder()
    if holder is None or holder.complaint_id is None:
        return _ask_first()
    typed = request.form.get("stars", "")
    stars = int(typed) if typed in {"1", "2", "3", "4", "5"} else 0
    comment = request.form.get("comment", "")
    try:
        with write_transaction() as writing:
            verbs.rate(writing, holder, holder.complaint_id, stars=stars, comment=comment)
    except AlreadyDone:
        pass  # The same stars and words again, by a double press: they are kept, and that is all he wants.
    except DomainError as error:
        return _rating_refused(error, stars, comment)
    flash(gettext("ขอบคุณสำหรับคะแนน"), "success")
    return redirect(url_for("citizen.tracked"), HTTPStatus.SEE_OTHER)


@citizen.post("/track/<any(answer, add_evidence, reopen, withdraw):action>")
def act(action: str) -> Any:
    """Answer a question, add something, open the complaint again or withdraw it."""
    holder = _holder()
    if holder is None or holder.complaint_id is None:
        return _ask_first()
    words = request.form.get("words", "")
    facts: dict[str, str] = {ACTS[action]: words}
    if action == "add_evidence":
        facts["photo_token"] = ""
    try:
        with write_transaction() as writing:
            getattr(verbs, action)(writing, holder, holder.complaint_id, **facts)
    except AlreadyDone:
        pass  # A double press: what he wants is done.
    except DomainError as error:
        return _act_refused(error, action, words)
    flash(gettext("ได้รับแล้ว ขอบคุณ"), "success")
    return redirect(url_for("citizen.tracked"), HTTPStatus.SEE_OTHER)


@citizen.post("/track/leave")
def leave() -> Any:
    """Forget the complaint on this device."""
    session.pop(HELD, None)
    return redirect(url_for("citizen.home"), HTTPStatus.SEE_OTHER)


@citizen.get("/track/photo/<public_id>")
def photo(public_id: str) -> Response:
    """Send a photo of the held complaint, small enough for a phone."""
    holder = _holder()
    if holder is None:
        abort(404)
    found = db.session.scalars(
        select(Attachment).where(
            Attachment.public_id == public_id,
            Attachment.complaint_id == holder.complaint_id,
            Attachment.stage.in_(SHOWN_STAGES),
        )
    ).one_or_none()
    if found is None:
        abort(404)
    try:
        data = current_app.extensions["files"].get(found.preview_key or found.storage_key)
    except FileNotFoundError:
        abort(404)
    response = Response(data, mimetype="image/jpeg")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _hold(complaint_id: int) -> None:
    session[HELD] = {"id": complaint_id, "at": now().timestamp()}


def _holder() -> Actor | None:
    held = session.get(HELD)
    if not isinstance(held, dict) or now().timestamp() - float(held.get("at", 0)) > HELD_SECONDS:
        return None
    return Actor.holder(int(held["id"]), gettext("ผู้ร้องทุกข์"))


def _held_view() -> Tracked | None:
    holder = _holder()
    return tracked_view(db.session(), holder, language()) if holder else None


def _ask_first() -> Any:
    """Lead to the door; who was inside before is told why he is not any more."""
    if session.pop(HELD, None) is not None:
        flash(gettext("เปิดหน้านี้ไว้นานเกินไป กรุณาใส่รหัสอีกครั้ง"), "info")
    return redirect(url_for("citizen.track"), HTTPStatus.SEE_OTHER)


def _asked_again(code: str, error: DomainError, status: HTTPStatus, headers: dict[str, str]) -> Any:
    words = error.message_in(language())
    page = render_template("citizen/track.html", code=code[:LONGEST_CODE], error=words)
    return page, status, headers


def _rating_refused(error: DomainError, stars: int, comment: str) -> Any:
    """Show the page again with what was typed and what is wrong with it."""
    view = _held_view()
    if view is None:
        return _ask_first()
    words = error.message_in(language()) if isinstance(error, FieldErrors | InvalidField) else ""
    if view.may_rate:  # Otherwise the rating of then stands, and is shown.
        view = replace(view, stars=stars or view.stars, comment=comment)
    page = render_template(
        "citizen/tracked.html", complaint=view, error=words or gettext("ให้คะแนนตอนนี้ไม่ได้ กรุณาเปิดหน้านี้ใหม่")
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY


def _act_refused(error: DomainError, action: str, words: str) -> Any:
    """Show the page again with what was typed and what is wrong with it."""
    view = _held_view()
    if view is None:
        return _ask_first()
    page = render_template(
        "citizen/tracked.html",
        complaint=view,
        error=None,
        refused={"action": action, "words": words, "message": error.message_in(language())},
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY
