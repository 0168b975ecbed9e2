"""Photos and papers one by one: held as they are chosen, turned, captioned, shown within scope."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from flask import Response, abort, flash, jsonify, redirect, request, send_file, url_for
from flask_admin import Admin, expose
from sqlalchemy.exc import SQLAlchemyError

from admin_views.base import SecureView, needs
from admin_views.database_errors import refusal_of
from admin_views.guard import language
from admin_views.identity import current_actor
from admin_views.photo_intake import (
    TOKEN,
    RefusedFile,
    accept_photos,
    form_token,
    photo_step,
    release,
    shown_name,
    store,
    take_photos,
    turn,
)
from domain.actor import Actor
from domain.attachments import PAPER_TYPE, held_photos, visible_photo
from domain.clock import to_bangkok
from domain.errors import Busy, DomainError, NotFound, NotPermitted, StaleRow, StorageFull, UploadRejected
from domain.permissions import Permission
from domain.photo_changes import caption_photo
from extensions import db, write_transaction
from models import Attachment, AttachmentStage, Complaint

__all__ = ["RefusedFile", "accept_photos", "form_token", "photo_step", "shown_name", "take_photos"]

STATUS = {Busy: 503, StorageFull: 503, NotPermitted: 403, NotFound: 404, StaleRow: 409}
HOLDERS = (
    Permission.COMPLAINT_CREATE,
    Permission.COMPLAINT_RECORD_RESULT,
    Permission.COMPLAINT_EVIDENCE,
    Permission.COMPLAINT_CORRECT,
    Permission.COMPLAINT_ANSWER,
)
FILE_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
}


class PhotoView(SecureView):
    """Photos one by one: shown within scope, held as they are chosen."""

    def __init__(self) -> None:
        self._default_view = "photo"
        super().__init__(name="photo", endpoint="photo", url="/admin/photo")

    @expose("/<public_id>")
    @needs(Permission.COMPLAINT_READ)
    def photo(self, public_id: str) -> Response:
        """Send a photo in full size; a paper is only ever saved, never opened on our own address."""
        row = self._visible(public_id)
        return self._send(row.storage_key, row, row.media_type)

    @expose("/<public_id>/small")
    @needs(Permission.COMPLAINT_READ)
    def small(self, public_id: str) -> Response:
        """Send a photo, or a paper's first page, as it stands in lists."""
        row = self._visible(public_id)
        if row.preview_key is None and row.media_type == PAPER_TYPE:
            abort(404)
        return self._send(row.preview_key or row.storage_key, row, "image/jpeg")

    @expose("/hold", methods=("POST",))
    @needs(Permission.COMPLAINT_READ)
    def hold(self) -> Any:
        """Hold a photo for a form that is still being filled; the page sends each as it is chosen."""
        actor, token = self._writer(), self._token()
        stage = AttachmentStage.AFTER if request.args.get("stage") == "after" else AttachmentStage.BEFORE
        try:
            accepted = accept_photos(actor, request.files.getlist("photo")[:1], token, stage)
        except DomainError as error:
            return _problem(error)
        if accepted.ids:
            held = held_photos(db.session(), actor, token)
            return jsonify(_facts(next(row for row in held if row.public_id == accepted.ids[0])))
        words = accepted.refused[0].message if accepted.refused else UploadRejected().message_in(language())
        return jsonify(error=words), 422

    @expose("/<public_id>/release", methods=("POST",))
    @needs(Permission.COMPLAINT_READ)
    def let_go(self, public_id: str) -> Any:
        """Take a photo out of a form that is still being filled."""
        actor, token = self._writer(), self._token()
        try:
            release(actor, token, public_id[:32])
        except (DomainError, SQLAlchemyError) as error:
            return _problem(error)
        return jsonify(released=True)

    @expose("/<public_id>/turn", methods=("POST",))
    @needs(Permission.COMPLAINT_READ)
    def turn(self, public_id: str) -> Any:
        """Turn a photo a quarter to the left or right."""
        way = request.form.get("way")
        if way not in {"left", "right"}:
            abort(400)
        return _changed(public_id, lambda: turn(current_actor(), public_id[:32], way))

    @expose("/<public_id>/caption", methods=("POST",))
    @needs(Permission.COMPLAINT_READ)
    def caption(self, public_id: str) -> Any:
        """Write what a photo shows."""

        def write() -> Attachment:
            with write_transaction() as session:
                return caption_photo(
                    session, current_actor(), public_id[:32], request.form.get("caption", "")
                )

        return _changed(public_id, write)

    def _writer(self) -> Actor:
        actor = current_actor()
        if not any(actor.can(right) for right in HOLDERS):
            abort(403)
        return actor

    def _token(self) -> str:
        token = request.args.get("token", "")
        if not TOKEN.fullmatch(token):
            abort(400)
        return token

    def _visible(self, public_id: str) -> Attachment:
        row = visible_photo(db.session(), current_actor(), public_id[:32])
        if row is None:
            abort(404)
        return row

    def _send(self, key: str, row: Attachment, media_type: str) -> Response:
        try:
            # A browser that leaves in the middle must not keep a file open until the next collection.
            content = store().path(key) if media_type == PAPER_TYPE else BytesIO(store().get(key))
            response = send_file(
                content,
                mimetype=media_type,
                as_attachment=media_type == PAPER_TYPE,
                download_name=row.display_name,
                etag=False,
            )
        except FileNotFoundError:
            abort(404)
        response.headers.update(FILE_HEADERS)
        return response


def _facts(photo: Attachment) -> dict[str, Any]:
    """Return what the page's script needs of a photo."""
    hint = None
    if photo.taken_latitude is not None or photo.taken_at is not None:
        hint = {
            "latitude": None if photo.taken_latitude is None else float(photo.taken_latitude),
            "longitude": None if photo.taken_longitude is None else float(photo.taken_longitude),
            "taken_at": None if photo.taken_at is None else to_bangkok(photo.taken_at).isoformat(),
        }
    return {
        "id": photo.public_id,
        "name": photo.original_name or photo.display_name,
        "pages": photo.page_count,
        "caption": photo.caption or "",
        "preview": url_for("photo.small", public_id=photo.public_id, v=photo.sha256[:8]),
        "full": url_for("photo.photo", public_id=photo.public_id, v=photo.sha256[:8]),
        "hint": hint,
    }


def _changed(public_id: str, change: Callable[[], Attachment]) -> Any:
    """Do a small change and answer a script in JSON, a plain form with the page of its case."""
    is_script = request.accept_mimetypes.best == "application/json"
    try:
        photo = change()
    except (DomainError, SQLAlchemyError) as error:
        if is_script:
            return _problem(error)
        flash(_readable(error).message_in(language()), "warning")
        photo = visible_photo(db.session(), current_actor(), public_id[:32]) or abort(404)
    if is_script:
        return jsonify(_facts(photo))
    complaint = db.session.get(Complaint, photo.complaint_id) if photo.complaint_id else None
    if complaint is None:
        abort(404)
    case = url_for(
        "complaint_case.case", public_code=complaint.public_code, _anchor=f"photo-{photo.public_id}"
    )
    return redirect(case, 303)


def _problem(error: DomainError | SQLAlchemyError) -> Any:
    problem = _readable(error)
    status = next((code for kind, code in STATUS.items() if isinstance(problem, kind)), 422)
    return jsonify(error=problem.message_in(language())), status


def _readable(error: DomainError | SQLAlchemyError) -> DomainError:
    return refusal_of(error, Attachment.__table__)


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(PhotoView())
