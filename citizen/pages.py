"""The front page and ``/track``: code and password in, the complaint's way out, a rating back."""

from __future__ import annotations

from typing import Any

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
from flask_babel import get_locale, gettext
from sqlalchemy import select

from domain.actor import Actor
from domain.clock import now
from domain.complaints import rate
from domain.errors import DomainError, InvalidField
from domain.phones import format_phone
from domain.settings import read_setting
from domain.throttle import Throttled, address_key, admit, withdraw
from domain.tracking import LIMITS, PURPOSE, clean_code, find_tracked, tracked_view
from extensions import db, write_transaction
from models import Attachment, AttachmentStage

citizen = Blueprint("citizen", __name__)

HELD = "tracked"
HELD_SECONDS = 30 * 60
SHOWN_STAGES = (AttachmentStage.BEFORE, AttachmentStage.AFTER)


@citizen.get("/")
def home() -> str:
    """Show the front page: follow a complaint, the emergency numbers, how to reach the town."""
    phone = str(read_setting(db.session(), "contact_phone"))
    emergency = read_setting(db.session(), "emergency_phones")
    name = "name_en" if _language() == "en" else "name"
    return render_template(
        "citizen/home.html",
        contact_phone=phone,
        contact_phone_text=format_phone(phone) if phone else "",
        emergency=[(entry.get(name) or entry["name"], entry["phone"]) for entry in emergency],
    )


@citizen.get("/track")
def track() -> str | Response:
    """Ask for code and password; a QR brings the code along, never the password."""
    return render_template("citizen/track.html", code=request.args.get("code", "")[:20], error=None)


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
        return _asked_again(code, error, 429, {"Retry-After": str(error.seconds)})
    except InvalidField as error:
        return _asked_again(code, error, 422, {})
    complaint_id = complaint.id
    with write_transaction() as writing:
        withdraw(writing, attempts)
    session[HELD] = {"id": complaint_id, "at": now().timestamp()}
    return redirect(url_for("citizen.tracked"), 303)


@citizen.get("/track/complaint")
def tracked() -> Any:
    """Show the complaint this visitor proved to hold."""
    holder = _holder()
    view = tracked_view(db.session(), holder, _language()) if holder else None
    if view is None:
        return redirect(url_for("citizen.track"), 303)
    return render_template("citizen/tracked.html", complaint=view)


@citizen.post("/track/rating")
def give_rating() -> Any:
    """Take 1 to 5 stars and a comment for the latest result."""
    holder = _holder()
    if holder is None or holder.complaint_id is None:
        return redirect(url_for("citizen.track"), 303)
    stars = request.form.get("stars", "")
    try:
        with write_transaction() as writing:
            rate(
                writing,
                holder,
                holder.complaint_id,
                stars=int(stars) if stars.isdecimal() and len(stars) == 1 else 0,
                comment=request.form.get("comment", ""),
            )
        flash(gettext("ขอบคุณสำหรับคะแนน"), "success")
    except DomainError as error:
        flash(error.message_in(_language()), "error")
    return redirect(url_for("citizen.tracked") + "#rating", 303)


@citizen.post("/track/leave")
def leave() -> Any:
    """Forget the complaint on this device."""
    session.pop(HELD, None)
    return redirect(url_for("citizen.home"), 303)


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
    data = current_app.extensions["files"].get(found.preview_key or found.storage_key)
    response = Response(data, mimetype="image/jpeg")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _holder() -> Actor | None:
    held = session.get(HELD)
    if not isinstance(held, dict) or now().timestamp() - float(held.get("at", 0)) > HELD_SECONDS:
        return None
    name = gettext("ผู้ร้องทุกข์")
    return Actor.holder(int(held["id"]), name)


def _asked_again(code: str, error: DomainError, status: int, headers: dict[str, str]) -> Any:
    page = render_template("citizen/track.html", code=code[:20], error=error.message_in(_language()))
    return page, status, headers


def _language() -> str:
    return "en" if str(get_locale()) == "en" else "th"
