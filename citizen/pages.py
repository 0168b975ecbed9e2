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
    url_for,
)
from flask_babel import gettext
from sqlalchemy import select

from citizen.photos import Brought, bring_photos
from citizen.visitors import Holder, forget_identity, hold, holder, let_go, stay
from domain import complaints as verbs
from domain.errors import AlreadyDone, DomainError, FieldErrors, InvalidField
from domain.labels import use_state_words
from domain.line_identity import follower_view, has_login_channel
from domain.line_joining import basic_ids
from domain.phones import dialled_phone, readable_phone
from domain.settings import read_setting
from domain.throttle import Throttled, address_key, admit, withdraw
from domain.tracking import LIMITS, LONGEST_CODE, PURPOSE, Tracked, clean_code, find_tracked, tracked_view
from extensions import db, write_transaction
from models import Attachment, AttachmentStage, LineChannel
from request_language import language

citizen = Blueprint("citizen", __name__)


@citizen.before_request
def _speak_as_the_town() -> None:
    use_state_words(read_setting(db.session(), "state_words"))


ACTS: Final = {"answer": "text", "add_evidence": "text", "reopen": "reason", "withdraw": "note"}
"""What a visitor may do with the complaint he holds, and what its verb calls his words."""
TAKE_PHOTOS: Final = ("answer", "add_evidence")
SHOWN_STAGES: Final = (AttachmentStage.BEFORE, AttachmentStage.AFTER)
FOLLOWERS_STAGES: Final = (AttachmentStage.AFTER,)
"""What another complainant has photographed is not a follower's to see."""


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
        has_line_account=LineChannel.CITIZEN in basic_ids(db.session()),
        has_figures=bool(read_setting(db.session(), "public_figures")),
    )


@citizen.get("/track")
def track() -> str | Response:
    """Ask for code and password; a QR brings the code along, never the password."""
    return door_page(request.args.get("code", ""), None)


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
        return asked_again(code, error, HTTPStatus.TOO_MANY_REQUESTS, waits)
    except InvalidField as error:
        return asked_again(code, error, HTTPStatus.UNPROCESSABLE_ENTITY, {})
    complaint_id = complaint.id
    with write_transaction() as writing:
        withdraw(writing, attempts)
    hold(complaint_id)
    return redirect(url_for("citizen.tracked"), HTTPStatus.SEE_OTHER)


@citizen.get("/track/complaint")
def tracked() -> Any:
    """Show the complaint this visitor proved to hold."""
    visitor = holder()
    view = _held_view(visitor)
    if visitor is None or view is None:
        return _ask_first()
    stay()
    return _tracked_page(visitor, view, error=None)


@citizen.post("/track/rating")
def give_rating() -> Any:
    """Take 1 to 5 stars and a comment for the latest result."""
    visitor = _acting_holder()
    if visitor is None:
        return _ask_first()
    typed = request.form.get("stars", "")
    stars = int(typed) if typed in {"1", "2", "3", "4", "5"} else 0
    comment = request.form.get("comment", "")
    try:
        with write_transaction() as writing:
            verbs.rate(writing, visitor.actor, visitor.complaint_id, stars=stars, comment=comment)
    except AlreadyDone:
        pass  # The same stars and words again, by a double press: they are kept, and that is all he wants.
    except DomainError as error:
        return _rating_refused(visitor, error, stars, comment)
    flash(gettext("ขอบคุณสำหรับคะแนน"), "success")
    return redirect(url_for("citizen.tracked"), HTTPStatus.SEE_OTHER)


@citizen.post("/track/<any(answer, add_evidence, reopen, withdraw):action>")
def act(action: str) -> Any:
    """Answer a question, add something, open the complaint again or withdraw it."""
    visitor = _acting_holder()
    if visitor is None:
        return _ask_first()
    words = request.form.get("words", "")
    facts: dict[str, str] = {ACTS[action]: words}
    brought = bring_photos(visitor.actor, visitor.complaint_id) if action in TAKE_PHOTOS else Brought()
    if brought.refused:
        return _act_refused(visitor, " ".join(brought.refused), action, words, brought)
    if action in TAKE_PHOTOS:
        facts["photo_token"] = brought.token
    if brought.is_repeated and not brought.count and not words.strip():
        return _thanked()
    try:
        with write_transaction() as writing:
            getattr(verbs, action)(writing, visitor.actor, visitor.complaint_id, **facts)
    except AlreadyDone:
        pass  # A double press: what he wants is done.
    except DomainError as error:
        return _act_refused(visitor, error.message_in(language()), action, words, brought)
    return _thanked()


def _thanked() -> Any:
    flash(gettext("ได้รับแล้ว ขอบคุณ"), "success")
    return redirect(url_for("citizen.tracked"), HTTPStatus.SEE_OTHER)


@citizen.post("/track/leave")
def leave() -> Any:
    """Forget the complaint, and whom LINE has named, on this device."""
    let_go()
    forget_identity()
    return redirect(url_for("citizen.home"), HTTPStatus.SEE_OTHER)


@citizen.get("/track/photo/<public_id>")
def photo(public_id: str) -> Response:
    """Send a photo of the held complaint, small enough for a phone."""
    visitor = holder()
    if visitor is None:
        abort(404)
    stages = SHOWN_STAGES if visitor.may_act else FOLLOWERS_STAGES
    found = db.session.scalars(
        select(Attachment).where(
            Attachment.public_id == public_id,
            Attachment.complaint_id == visitor.complaint_id,
            Attachment.stage.in_(stages),
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


def door_page(code: str, error: str | None) -> str:
    """Return the page that asks for code and password, with the way through LINE where the town has one."""
    return render_template(
        "citizen/track.html",
        code=code[:LONGEST_CODE],
        error=error,
        has_line=has_login_channel(db.session()),
    )


def _acting_holder() -> Holder | None:
    """Return who may do something about the held complaint; a follower may not."""
    visitor = holder()
    if visitor is not None and not visitor.may_act:
        abort(403)
    return visitor


def _held_view(visitor: Holder | None) -> Tracked | None:
    view = tracked_view(db.session(), visitor.actor, language()) if visitor else None
    return follower_view(view) if view and visitor and not visitor.may_act else view


def _tracked_page(visitor: Holder, view: Tracked, **more: Any) -> str:
    return render_template("citizen/tracked.html", complaint=view, visitor=visitor, **more)


def _ask_first() -> Any:
    """Lead to the door; who was inside before is told why he is not any more."""
    held = let_go()
    code = held.get("line")
    # Never after a form: the policy of its page (form-action) forbids that it ends at LINE.
    if code and request.method == "GET":  # LINE lets him in again, as a rule without asking anything.
        return redirect(url_for("line_identity.open_case", code=code), HTTPStatus.SEE_OTHER)
    if held:
        flash(gettext("เปิดหน้านี้ไว้นานเกินไป กรุณาใส่รหัสอีกครั้ง"), "info")
    return redirect(url_for("citizen.track", code=code), HTTPStatus.SEE_OTHER)


def asked_again(code: str, error: DomainError, status: HTTPStatus, headers: dict[str, str]) -> Any:
    """Show the door again with what is wrong."""
    return door_page(code, error.message_in(language())), status, headers


def _rating_refused(visitor: Holder, error: DomainError, stars: int, comment: str) -> Any:
    """Show the page again with what was typed and what is wrong with it."""
    view = _held_view(visitor)
    if view is None:
        return _ask_first()
    words = error.message_in(language()) if isinstance(error, FieldErrors | InvalidField) else ""
    if view.may_rate:  # Otherwise the rating of then stands, and is shown.
        view = replace(view, stars=stars or view.stars, comment=comment)
    words = words or gettext("ให้คะแนนตอนนี้ไม่ได้ กรุณาเปิดหน้านี้ใหม่")
    return _tracked_page(visitor, view, error=words), HTTPStatus.UNPROCESSABLE_ENTITY


def _act_refused(visitor: Holder, message: str, action: str, words: str, brought: Brought) -> Any:
    """Show the page again with what was typed, the photos that wait, and what is wrong."""
    view = _held_view(visitor)
    if view is None:
        return _ask_first()
    refused = {"action": action, "words": words, "message": message, "photos": brought}
    return _tracked_page(visitor, view, error=None, refused=refused), HTTPStatus.UNPROCESSABLE_ENTITY
