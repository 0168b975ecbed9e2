"""The list of complaints: one filter in the address, one page in few statements, and taking it away.

Entering a complaint and working on it are screens of their own; here nothing is created, changed or deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import abort, flash, redirect, request, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin_views.base import SecureModelView
from admin_views.complaint_filters import Asked, asked_filter, filter_form, presets, tidied
from admin_views.complaint_rows import CASE_PAGE, shown_rows
from admin_views.export import Table, asked_reason, send_table
from admin_views.guard import language
from admin_views.identity import current_actor, current_lookups
from admin_views.menu import register_menu_item
from documents.batches import BATCHES, MOST_CASES
from domain.case_exports import may_reveal_all, request_case_export
from domain.errors import InvalidField
from domain.lookups import Lookups
from domain.permissions import Permission, scope_complaints
from domain.settings import DEFAULTS
from extensions import db, write_transaction
from models import Complaint
from reports.case_rows import HEADINGS, TITLE, file_rows
from reports.complaint_list import COUNT_CAP, PAGE_SIZE, Page, count_of, page_of, stream

SORTS: Final = {
    "-received": ("received", True),
    "received": ("received", False),
    "due": ("due", False),
    "-due": ("due", True),
}
PANELS: Final = ("filter", "export", "print")
DIGITS_OF_PAGE: Final = 6


@dataclass(frozen=True, slots=True)
class View:
    """A view that many people want, one press away."""

    label: Any
    args: Mapping[str, str]
    permission: Permission = Permission.COMPLAINT_READ


VIEWS: Final = (
    View(_l("งานของฉัน"), {"officer": "me", "state": "open"}),
    View(_l("รอสั่งการ"), {"status": "submitted,accepted"}, Permission.COMPLAINT_DIRECT),
    View(_l("ยังไม่เสร็จ"), {"state": "open"}),
    View(_l("เกินกำหนด"), {"due": "overdue"}),
    View(_l("รอเข้าแผน"), {"status": "awaiting_plan"}),
    View(_l("ทั้งหมด"), {}),
)


class ComplaintView(SecureModelView):
    """Complaints (เรื่องร้องทุกข์): found here, opened elsewhere."""

    table, resource, title = Complaint, "complaint", _l("จัดการเรื่องร้องทุกข์")
    form_columns = ()
    guarded = frozenset(column.key for column in Complaint.__table__.columns)

    # No complaint comes, changes or goes through a generic form.
    create_view = edit_view = delete_view = details_view = None

    def scope(self, query: Any) -> Any:
        """Narrow to what the officer may see."""
        return scope_complaints(query, current_actor())

    @expose("/")
    def index_view(self) -> Any:
        """Show one page of what the address asks for."""
        to_plain_address = tidied()
        if to_plain_address is not None:
            return to_plain_address
        actor, lookups = current_actor(), current_lookups()
        asked = asked_filter(actor, lookups)
        sort = _sort(asked)
        page = page_of(
            db.session(),
            actor,
            asked.chosen,
            number=_page_number() - 1,
            sort=SORTS[sort][0],
            descending=SORTS[sort][1],
        )
        return self.render(
            "admin/complaints/list.html",
            rows=shown_rows(page.rows, actor, lookups),
            paging=_paging(page),
            asked=asked,
            sort=sort,
            views=[
                (str(view.label), _view_url(view), dict(view.args) == asked.url_args())
                for view in VIEWS
                if current_actor().can(view.permission)
            ],
            case_head=case_url_parts()[0],
            case_tail=case_url_parts()[1],
            **self._panel(asked, lookups),
        )

    def _panel(self, asked: Asked, lookups: Lookups) -> dict[str, Any]:
        """Return what the opened panel shows; closed ones cost nothing."""
        panel = request.args.get("panel", "")
        if panel == "export" and not self.can_export:
            panel = ""
        batches = [batch for batch in BATCHES.values() if current_actor().can(batch.permission)]
        if panel == "print" and not batches:
            panel = ""
        return {
            "panel": panel if panel in PANELS else "",
            "fields": filter_form(asked, current_actor(), lookups) if panel == "filter" else [],
            "presets": presets() if panel == "filter" else [],
            "may_reveal": panel == "export" and may_reveal_all(current_actor()),
            "batches": batches,
            "most_cases": MOST_CASES,
        }

    @expose("/export/<export_type>/", methods=("POST",))
    def export(self, export_type: str) -> Any:
        """Send exactly what is filtered as a file; a long list is written by the worker."""
        if export_type not in self.export_types:
            abort(404)
        actor, lookups = current_actor(), current_lookups()
        asked = asked_filter(actor, lookups)
        here = url_for(".index_view", **asked.url_args())
        if asked.problems:
            flash(_("ยังไม่ได้ส่งออก เพราะมีเงื่อนไขที่อ่านไม่ได้ กรุณาแก้ก่อน"), "error")
            return redirect(here)
        try:
            reason = asked_reason()
        except InvalidField as error:
            flash(f"{_('การส่งออกต้องบอกเหตุผล')}: {error.message_in(language())}", "error")
            return redirect(here)
        reveals = bool(request.form.get("reveal")) and may_reveal_all(actor)
        most = int(lookups.setting("export_job_rows", DEFAULTS["export_job_rows"]))
        total = count_of(db.session(), actor, asked.chosen, permission=Permission.COMPLAINT_EXPORT, cap=most)
        if total.is_capped:
            with write_transaction() as session:
                request_case_export(
                    session,
                    actor,
                    args=asked.url_args(),
                    filters=asked.pairs,
                    file_type=export_type,
                    reason=reason,
                    reveals=reveals,
                )
            flash(
                _("รายการเกิน %(most)s เรื่อง ระบบกำลังทำไฟล์ให้ จะแจ้งที่กระดิ่งเมื่อเสร็จ", most=f"{most:,}"),
                "success",
            )
            return redirect(url_for("case_file.index_view"))
        table = Table(
            title=TITLE,
            object_type="complaint",
            columns=HEADINGS,
            rows=file_rows(stream(db.session(), actor, asked.chosen), lookups, reveals=reveals),
            filters=asked.pairs,
            reason=reason,
            reveals=reveals,
        )
        return send_table(table, export_type)


def case_url_parts() -> tuple[str, str]:
    """Return what stands before and behind the tracking code in a case page's address; made once a page.

    From this list's own folder the code alone is enough; in fifty rows that counts.
    """
    head, _code, tail = url_for(CASE_PAGE, public_code="__").partition("__")
    return head.removeprefix(url_for("complaint.index_view")), tail


def _sort(asked: Asked) -> str:
    """Return the order asked for; of one's own work what is due first comes first."""
    own = "due" if asked.args.get("officer") == ["me"] else "-received"
    wanted = request.args.get("sort", own)
    if wanted not in SORTS:
        asked.problems.append(_("ไม่รู้จักการเรียง “%(sort)s” จึงเรียงตามปกติ", sort=wanted[:60]))
        return own
    return wanted


def _page_number() -> int:
    text = request.args.get("page", "1")
    readable = text.isascii() and text.isdecimal() and len(text) <= DIGITS_OF_PAGE
    return max(1, int(text)) if readable else 1


def _view_url(view: View) -> str:
    return url_for(".index_view", **view.args)


def _paging(page: Page) -> dict[str, Any]:
    pages = max(1, -(-page.total.rows // PAGE_SIZE))
    number = page.number + 1
    return {
        "number": number,
        "pages": max(pages, number),
        "total": page.total.rows,
        "is_capped": page.total.is_capped,
        "has_next": page.has_next,
        "first": page.number * PAGE_SIZE + 1,
        "last": page.number * PAGE_SIZE + len(page.rows),
        "cap": COUNT_CAP,
    }


def register(admin: Admin) -> None:
    """Add the list to the back office."""
    admin.add_view(ComplaintView())


_READ = Permission.COMPLAINT_READ
_LIST = "complaint.index_view"
register_menu_item("work", _LIST, _l("งานของฉัน"), "checklist", _READ, 10, "my_open", dict(VIEWS[0].args))
register_menu_item(
    *("work", _LIST, _l("รอสั่งการ"), "inbox", Permission.COMPLAINT_DIRECT, 15, "to_order"),
    args=dict(VIEWS[1].args),
)
register_menu_item("work", _LIST, _l("บันทึกผลการดำเนินงาน"), "edit", _READ, 30, args={"state": "open"})
register_menu_item("work", _LIST, _l("จัดการเรื่องร้องทุกข์"), "list-details", _READ, 40)
register_menu_item(
    "work", _LIST, _l("เรื่องรอเข้าแผน"), "hourglass", _READ, 50, args={"status": "awaiting_plan"}
)
