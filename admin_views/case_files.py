"""Files the worker wrote for an officer: how far they are, and taking them away within seven days."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, flash, redirect, send_file, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin_views.export import MIME_TYPES, attachment
from admin_views.guard import SecureView, language, needs_sign_in
from admin_views.identity import current_actor
from domain.audit import record
from domain.clock import to_bangkok
from domain.errors import NotFound, NotPermitted
from domain.officer_files import KEPT, UNDONE, finished_file, own_files, title_of
from extensions import db, write_transaction
from models import AuditAction, Job
from storage import FileStore


class CaseFileView(SecureView):
    """The files an officer asked for, of every kind."""

    @expose("/")
    @needs_sign_in
    def index_view(self) -> str:
        """Show the officer's own files of the last seven days."""
        jobs = own_files(db.session(), current_actor())
        is_waiting = any(job.state in UNDONE for job in jobs)
        return self.render(
            "admin/complaints/files.html", jobs=jobs, title_of=title_of, is_waiting=is_waiting, days=KEPT.days
        )

    @expose("/<int:job_id>")
    @needs_sign_in
    def show(self, job_id: int) -> Any:
        """Send a finished file to who asked for it; noted in the audit log."""
        actor = current_actor()
        try:
            job = finished_file(db.session(), actor, job_id)
        except (NotFound, NotPermitted) as error:
            flash(error.message_in(language()), "error")
            return redirect(url_for(".index_view"))
        files: FileStore = current_app.extensions["files"]
        path = files.path(str(job.result_key))
        if not path.is_file():
            flash(_("ไม่พบไฟล์นี้แล้ว กรุณาส่งออกใหม่"), "error")
            return redirect(url_for(".index_view"))
        names = _names(job)
        file_type = str(job.arguments["file_type"])
        with write_transaction() as session:
            record(session, actor, AuditAction.EXPORT, object_type="job", object_id=job_id)
        response: Response = send_file(path, mimetype=MIME_TYPES[file_type])
        response.headers["Content-Disposition"] = attachment(*names)
        response.headers["Cache-Control"] = "no-store"
        return response


def _names(job: Job) -> tuple[str, str]:
    """Return the file's name in Thai and in plain letters."""
    at = to_bangkok(job.created_at)
    ending = f"{at.year + 543}-{at:%m-%d_%H%M}.{job.arguments['file_type']}"
    return f"{title_of(job.kind, job.arguments)}_{ending}", f"{job.kind.value}_{ending}"


def register(admin: Admin) -> None:
    """Add the page of files to the back office."""
    admin.add_view(CaseFileView(name=_l("ไฟล์ของฉัน"), endpoint="case_file", url="/admin/case-file"))
