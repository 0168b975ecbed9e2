"""ตราเทศบาล and ตราครุฑ: taken in as pictures made anew; who knows their address sees them."""

from __future__ import annotations

from flask import Response, abort, current_app, send_file
from flask_admin import Admin

from admin_views.identity import current_lookups
from domain.errors import Busy, InvalidField, StorageFull, add_message
from photos import reencode_emblem
from sandbox import Refused, SandboxFailed
from storage import StorageFailed

A_DAY = 24 * 3600
PICTURES = ("logo_key", "garuda_key")

add_message(
    "emblem_unreadable",
    thai="อ่านภาพนี้ไม่ได้ กรุณาใช้ไฟล์ PNG หรือ JPEG ขนาดไม่เกิน 15 MB",
    english="This picture cannot be read: use a PNG or JPEG of up to 15 MB",
)


def keep_emblem(data: bytes, field: str) -> str:
    """Make an uploaded emblem anew and store it; return its key.

    Raises:
        InvalidField: ``emblem_unreadable``.
        Busy: the machine has no room to decode it now.
        StorageFull: the disk is full.
    """
    try:
        made = reencode_emblem(data, current_app.extensions["sandbox"])
    except Refused as refusal:
        raise InvalidField("emblem_unreadable", field=field) from refusal
    except SandboxFailed as failure:
        raise Busy from failure
    try:
        key: str = current_app.extensions["files"].put(made, ".png")
    except StorageFailed as failure:
        raise StorageFull from failure
    return key


def send_emblem(version: str) -> Response:
    """Send an emblem; its address changes with it, so browsers may keep it."""
    known = (current_lookups().setting(name) for name in PICTURES)
    key = next((key for key in known if key and emblem_version(key) == version), None)
    if key is None:
        abort(404)
    path = current_app.extensions["files"].path(key)
    if not path.is_file():
        abort(404)
    response = send_file(path, mimetype="image/png", max_age=A_DAY)
    response.headers["Cache-Control"] = f"public, max-age={A_DAY}"
    return response


def emblem_version(key: str) -> str:
    """Return the part of an emblem's address that tells one from the next."""
    return key.rpartition("/")[2].partition(".")[0][:12]


def register(admin: Admin) -> None:
    """Add the emblem's address; it is open to everybody, as the page's head is."""
    admin.app.add_url_rule("/town/emblem/<version>.png", "emblem", send_emblem)
