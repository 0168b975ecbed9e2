"""Files the worker wrote for an officer: how far they are, and taking them away within seven days."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, flash, redirect, send_file, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin_views.export import MIME_TYPES, attachment
from admin_views.guard import SecureView, language, needs
from admin_views.identity import current_actor
from domain.audit import record
from domain.case_exports import KEPT, finished_export, own_exports
from domain.clock import to_bangkok
from domain.errors import NotFound
from domain.permissions import Permission
from extensions import db, write_transaction
from models import AuditAction, DeliveryState
from reports.case_rows import TITLE
from storage import FileStore


class CaseFileView(SecureView):
    """The files an officer asked for."""

    @expose("/")
    @needs(Permission.COMPLAINT_EXPORT)
    def index_view(self) -> str:
        """Show the officer's own files of the last seven days."""
        jobs = own_exports(db.session(), current_actor())
        is_waiting = any(job.state in {DeliveryState.READY, DeliveryState.LEASED} for job in jobs)
        return self.render("admin/complaints/files.html", jobs=jobs, is_waiting=is_waiting, days=KEPT.days)

    @expose("/<int:job_id>")
    @needs(Permission.COMPLAINT_EXPORT)
    def show(self, job_id: int) -> Any:
        """Send a finished file to who asked for it; noted in the audit log."""
        actor = current_actor()
        try:
            job = finished_export(db.session(), actor, job_id)
        except NotFound as error:
            flash(error.message_in(language()), "error")
            return redirect(url_for(".index_view"))
        files: FileStore = current_app.extensions["files"]
        key, file_type, at = str(job.result_key), str(job.arguments["file_type"]), to_bangkok(job.created_at)
        if not files.path(key).is_file():
            flash(_("ไม่พบไฟล์นี้แล้ว กรุณาส่งออกใหม่"), "error")
            return redirect(url_for(".index_view"))
        with write_transaction() as session:
            record(session, actor, AuditAction.EXPORT, object_type="job", object_id=job_id)
        response: Response = send_file(files.path(key), mimetype=MIME_TYPES[file_type])
        ending = f"{at.year + 543}-{at:%m-%d_%H%M}.{file_type}"
        response.headers["Content-Disposition"] = attachment(f"{TITLE}_{ending}", f"complaint_{ending}")
        response.headers["Cache-Control"] = "no-store"
        return response


def register(admin: Admin) -> None:
    """Add the page of files to the back office."""
    admin.add_view(CaseFileView(name=_l("ไฟล์ของฉัน"), endpoint="case_file", url="/admin/case-file"))
