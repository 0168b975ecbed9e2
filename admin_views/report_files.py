"""รายงานทั้งหมดที่มี: a page that says what each report is for, and one on which its file is made."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final

from flask import Response, abort, current_app, flash, redirect, request, send_file, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin_views.complaint_filters import Asked, filter_form, tidied
from admin_views.export import MIME_TYPES, asked_reason, attachment
from admin_views.guard import SecureView, language, needs
from admin_views.identity import current_actor, current_lookups
from admin_views.report_years import asked_years, offered_years
from domain.audit import record
from domain.case_exports import may_reveal_all
from domain.clock import now, to_bangkok
from domain.errors import InvalidField
from domain.officer_files import request_file
from domain.permissions import Permission
from domain.settings import DEFAULTS
from extensions import db, write_transaction
from models import AuditAction, JobKind
from reports.complaint_list import count_of
from reports.registry import REPORTS
from reports.report import FILTER_KEYS, Report, Source, about_report
from reports.report_files import write_report

IN_MEMORY_BYTES: Final = 1024 * 1024
FORMATS: Final = {
    "xlsx": ("Excel", "file-spreadsheet"),
    "csv": ("CSV", "file-text"),
    "json": ("JSON", "file-text"),
    "geojson": ("GeoJSON", "map-pin"),
}


class ReportFileView(SecureView):
    """Reports as files; nothing here changes a complaint."""

    @expose("/")
    @needs(Permission.REPORT_EXPORT)
    def index_view(self) -> Any:
        """Show every report the officer may have, what it is for and for whom."""
        actor = current_actor()
        reports = [report for report in REPORTS.values() if actor.can(report.permission)]
        return self.render("admin/reports/files.html", reports=reports, lang=1 if language() == "en" else 0)

    @expose("/<key>/")
    @needs(Permission.REPORT_EXPORT)
    def choose(self, key: str) -> Any:
        """Show the years, the conditions, how many cases they find, and the formats."""
        report = _report(key)
        to_plain_address = tidied()
        if to_plain_address is not None:
            return to_plain_address
        actor, lookups = current_actor(), current_lookups()
        asked, years = asked_years()
        return self.render(
            "admin/reports/choose.html",
            report=report,
            asked=asked,
            years=years,
            offered=offered_years(years),
            fields=filter_form(asked, actor, lookups, FILTER_KEYS),
            formats={code: FORMATS[code] for code in report.file_types},
            total=_total(report, asked) if report.has_cases else None,
            most=_most(),
            may_reveal=report.is_personal and may_reveal_all(actor),
            lang=1 if language() == "en" else 0,
        )

    @expose("/<key>/<file_type>/", methods=("POST",))
    @needs(Permission.REPORT_EXPORT)
    def make(self, key: str, file_type: str) -> Any:
        """Send the file, or have the worker write it where it is long or the officer wants to go on."""
        report = _report(key)
        if file_type not in report.file_types:
            abort(404)
        return send_report(report, file_type, is_later=bool(request.form.get("later")))


def _report(key: str) -> Report:
    report = REPORTS.get(key)
    if report is None:
        abort(404)
    if not current_actor().can(report.permission):
        abort(403)
    return report


def _most() -> int:
    return int(current_lookups().setting("export_job_rows", DEFAULTS["export_job_rows"]))


def _total(report: Report, asked: Asked) -> Any:
    chosen = report.narrowed(asked.chosen)
    return count_of(db.session(), current_actor(), chosen, permission=report.permission, cap=_most())


def send_report(report: Report, file_type: str, *, is_later: bool = False) -> Any:
    """Send a report with the conditions of this address, after its entry in the audit log.

    Args:
        report: Which one.
        file_type: One of its formats.
        is_later: Have the worker write it, however short it is.
    """
    asked, years = asked_years()
    here = url_for(
        "report_file.choose", key=report.key, from_year=years[0], to_year=years[-1], **asked.url_args()
    )
    if asked.problems:
        flash(_("ยังไม่ได้ส่งออก เพราะมีเงื่อนไขที่อ่านไม่ได้ กรุณาแก้ก่อน"), "error")
        return redirect(here)
    try:
        reason = asked_reason() if report.is_personal else ""
    except InvalidField as error:
        flash(f"{_('การส่งออกต้องบอกเหตุผล')}: {error.message_in(language())}", "error")
        return redirect(here)
    if is_later or (report.has_cases and _total(report, asked).is_capped):
        return _ask_worker(report, file_type, asked, years, reason)
    return _sent_now(report, file_type, asked, reason)


def _reveals(report: Report) -> bool:
    return report.is_personal and bool(request.form.get("reveal")) and may_reveal_all(current_actor())


def _ask_worker(report: Report, file_type: str, asked: Asked, years: list[int], reason: str) -> Any:
    wanted = {
        "title": report.title.th,
        "report": report.key,
        "args": {**asked.url_args(), "year": ",".join(str(year) for year in years)},
        "filters": [list(pair) for pair in asked.pairs],
        "file_type": file_type,
        "reason": reason,
        "reveals": _reveals(report),
    }
    with write_transaction() as session:
        request_file(session, current_actor(), JobKind.REPORT_FILE, wanted)
    ring: Callable[[], None] | None = current_app.extensions.get("wake_worker")
    if ring is not None:
        ring()
    flash(_("ระบบกำลังทำไฟล์ให้ จะแจ้งที่กระดิ่งเมื่อเสร็จ"), "success")
    return redirect(url_for("case_file.index_view"))


def _sent_now(report: Report, file_type: str, asked: Asked, reason: str) -> Response:
    actor, chosen = current_actor(), report.narrowed(asked.chosen)
    source = Source(db.session(), actor, current_lookups(), chosen, now(), _reveals(report))
    about = about_report(report, source, asked.pairs, reason)
    with ExitStack() as unless_sent:
        file: Any = unless_sent.enter_context(tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES))
        count = write_report(file, report, source, file_type, about)
        facts = {"format": file_type, "rows": count, "filters": [list(pair) for pair in asked.pairs]}
        facts |= {"years": source.years, "personal_data": source.reveals}
        with write_transaction() as session:
            kind = f"report:{report.key}"
            record(session, actor, AuditAction.EXPORT, object_type=kind, changes=facts, reason=reason or None)
        unless_sent.pop_all()  # The response closes the file from here on.
    file.seek(0)
    stamp = to_bangkok(source.at)
    ending = f"{stamp.year + 543}-{stamp:%m-%d_%H%M}.{file_type}"
    response = send_file(file, mimetype=MIME_TYPES[file_type])
    names = f"{report.title.th}_{ending}", f"report_{report.key}_{ending}"
    response.headers["Content-Disposition"] = attachment(*names)
    response.headers["Cache-Control"] = "no-store"
    return response


def register(admin: Admin) -> None:
    """Add the register of reports to the back office."""
    admin.add_view(
        ReportFileView(name=_l("รายงานทั้งหมดที่มี"), endpoint="report_file", url="/admin/report/files")
    )
