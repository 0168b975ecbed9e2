"""Menus ผลการดำเนินงาน and รายงาน: seven figures and a summary report, every number a link to its list."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from flask import Response, flash, redirect, request, send_file, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin_views.complaint_filters import LABELS, OWN_KEYS, Asked, asked_filter, filter_form, tidied
from admin_views.export import MIME_TYPES, attachment
from admin_views.guard import SecureView, language, needs
from admin_views.identity import current_actor, current_lookups
from admin_views.menu import register_menu_item
from domain.audit import record
from domain.clock import fiscal_year_of, now, to_bangkok, today
from domain.complaint_filter import FIRST_YEAR, LAST_YEAR
from domain.permissions import Permission
from domain.settings import DEFAULTS
from domain.thai_dates import thai_datetime
from extensions import db, write_transaction
from models import AuditAction, Figure
from reports.case_summary import (
    COLUMNS,
    COUNTED,
    MOST_YEARS,
    TOTAL,
    Counted,
    SummaryTable,
    count_cases,
    figure_words,
    frames_of,
    tables_of,
)
from reports.results import results_of
from reports.summary_workbook import write_summary

YEARS_OFFERED: Final = 8
FROM, TO = "from_year", "to_year"
KEYS: Final = ("department", "channel")
CHARTED: Final = ("category", "zone")
TITLE: Final = "รายงานสรุปเรื่องร้องทุกข์"
OBJECT_TYPE: Final = "case_summary"
MOST_IN_MEMORY: Final = 1024 * 1024


class ReportView(SecureView):
    """Reports over complaints; nothing here changes anything."""

    def __init__(self) -> None:
        super().__init__(name=_l("รายงาน"), endpoint="report", url="/admin/report")

    @expose("/")
    @needs(Permission.REPORT_READ)
    def index_view(self) -> Any:
        """Show the summary of a fiscal year, or of several in a row."""
        to_plain_address = tidied()
        if to_plain_address is not None:
            return to_plain_address
        asked, years = _asked()
        counted = count_cases(db.session(), current_actor(), replace(asked.chosen, year=frozenset(years)))
        tables = tables_of(frames_of(counted), current_lookups(), language())
        return self.render(
            "admin/reports/summary.html",
            asked=asked,
            counted=counted,
            tables=tables,
            charted=CHARTED,
            headings=figure_words(language()),
            columns=COLUMNS,
            labels={table.key: str(LABELS[table.key]) for table in tables},
            notes=_notes(counted),
            offered=_offered(years),
            fields=filter_form(asked, current_actor(), current_lookups(), KEYS),
            cell_url=_Links(asked, years),
        )

    @expose("/export/", methods=("POST",))
    @needs(Permission.REPORT_EXPORT)
    def export(self) -> Any:
        """Send the summary as an Excel file: the frames of the page, with charts."""
        actor = current_actor()
        asked, years = _asked()
        if asked.problems:
            flash(_("ยังไม่ได้ส่งออก เพราะมีเงื่อนไขที่อ่านไม่ได้ กรุณาแก้ก่อน"), "error")
            return redirect(f"{url_for('.index_view')}?{request.query_string.decode()}")
        counted = count_cases(db.session(), actor, replace(asked.chosen, year=frozenset(years)))
        tables = tables_of(frames_of(counted), current_lookups())
        filters = [("ปีงบประมาณ", _span(years)), *asked.pairs]
        file = tempfile.SpooledTemporaryFile(max_size=MOST_IN_MEMORY)  # noqa: SIM115 - the response closes it
        write_summary(
            file,  # type: ignore[arg-type]
            tables,
            title=f"{TITLE} ปีงบประมาณ {_span(years)} {_town()}",
            notes=_notes(counted),
            about=[*filters, ("จัดทำโดย", actor.name), ("จัดทำเมื่อ", thai_datetime(counted.at, "long"))],
        )
        facts = {"format": "xlsx", "rows": sum(len(table.rows) for table in tables)}
        with write_transaction() as session:
            changes = facts | {"filters": [list(pair) for pair in filters], "personal_data": False}
            record(session, actor, AuditAction.EXPORT, object_type=OBJECT_TYPE, changes=changes)
        return _sent(file)

    @expose("/results/")
    @needs(Permission.REPORT_READ)
    def results(self) -> Any:
        """Show the seven figures of a fiscal year and how citizens rated."""
        to_plain_address = tidied()
        if to_plain_address is not None:
            return to_plain_address
        asked = asked_filter(current_actor(), current_lookups(), OWN_KEYS)
        asked.problems.extend(
            _("หน้านี้ใช้เงื่อนไข “%(key)s” ไม่ได้", key=chip.label) for chip in asked.chips if chip.key != "year"
        )
        year = max(asked.chosen.year, default=fiscal_year_of(today()))
        found = results_of(db.session(), current_actor(), [year])
        return self.render(
            "admin/reports/results.html",
            asked=asked,
            found=found,
            year=year,
            offered=_offered([year]),
            list_url=lambda figures: _list_url({"year": str(year), "figure": figures}),
            counted=COUNTED,
            figures=Figure,
        )


class _Links:
    """Addresses of the lists behind the numbers of a summary."""

    def __init__(self, asked: Asked, years: Sequence[int]) -> None:
        self._base = {**asked.url_args(), "year": ",".join(str(year) for year in years)}

    def __call__(self, table: SummaryTable | None, code: str, column: str) -> str:
        """Return the list behind one number.

        Args:
            table: Whose row; None for the totals of all.
            code: The row.
            column: A figure, or the total of all that are counted.
        """
        args = self._base | {"figure": COUNTED if column == TOTAL else column}
        return _list_url(args | ({table.key: code} if table else {}))

    def of(self, figure: str) -> str:
        """Return the list of one figure."""
        return _list_url(self._base | {"figure": figure})

    def undated(self) -> str:
        """Return the list of cases whose date nobody knows."""
        return _list_url(
            {key: text for key, text in self._base.items() if key != "year"} | {"date": "unknown"}
        )


def _list_url(args: Mapping[str, str]) -> str:
    return url_for("complaint.index_view", **args)


def _asked() -> tuple[Asked, list[int]]:
    """Return the filter and the fiscal years: ``from_year`` to ``to_year``, else the present one."""
    asked = asked_filter(current_actor(), current_lookups(), OWN_KEYS | {FROM, TO})
    present = fiscal_year_of(today())
    first, last = (_year(asked, name) for name in (FROM, TO))
    first = first or last or max(asked.chosen.year, default=present)
    last = last or first
    if first > last:
        first, last = last, first
    if last - first >= MOST_YEARS:
        asked.problems.append(_("รวมได้ครั้งละไม่เกิน %(most)s ปี จึงแสดงเฉพาะปีหลังสุด", most=MOST_YEARS))
        first = last - MOST_YEARS + 1
    chips = [chip for chip in asked.chips if chip.key != "year"]
    args = {key: words for key, words in asked.args.items() if key != "year"}
    return replace(asked, chips=chips, args=args), list(range(first, last + 1))


def _year(asked: Asked, name: str) -> int | None:
    text = request.args.get(name, "")
    if not text:
        return None
    if text.isascii() and text.isdecimal() and len(text) == 4 and FIRST_YEAR <= int(text) <= LAST_YEAR:
        return int(text)
    asked.problems.append(_("อ่านปีงบประมาณ “%(year)s” ไม่ได้ จึงไม่ได้ใช้", year=text[:60]))
    return None


def _offered(years: Sequence[int]) -> list[int]:
    present = fiscal_year_of(today())
    return sorted({*range(present - YEARS_OFFERED + 1, present + 1), *years}, reverse=True)


def _span(years: Sequence[int]) -> str:
    return str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}"


def _notes(counted: Counted) -> list[str]:
    """Return what the numbers mean and when they were counted; page and file say the same."""
    words = figure_words(language())
    notes = [
        _("%(all)s = %(parts)s", all=words[-1], parts=" + ".join(words[:-1])),
        _("นับเรื่องที่รับในปีงบประมาณ ตามสถานะ ณ %(at)s", at=thai_datetime(counted.at, lang=language())),
    ]
    if counted.uncounted:
        notes.append(_("ไม่นับเรื่องที่ถอนและเรื่องซ้ำ %(count)s เรื่อง", count=f"{counted.uncounted:,}"))
    if counted.undated:
        notes.append(_("ไม่รวมเรื่องที่ไม่ทราบวันที่รับ %(count)s เรื่อง", count=f"{counted.undated:,}"))
    return notes


def _town() -> str:
    return str(current_lookups().setting("municipality_name", DEFAULTS["municipality_name"]))


def _sent(file: Any) -> Response:
    file.seek(0)
    stamp = to_bangkok(now())
    ending = f"{stamp.year + 543}-{stamp:%m-%d_%H%M}.xlsx"
    response = send_file(file, mimetype=MIME_TYPES["xlsx"])
    response.headers["Content-Disposition"] = attachment(f"{TITLE}_{ending}", f"{OBJECT_TYPE}_{ending}")
    response.headers["Cache-Control"] = "no-store"
    return response


def register(admin: Admin) -> None:
    """Add the reports to the back office."""
    admin.add_view(ReportView())


_READ = Permission.REPORT_READ
register_menu_item("work", "report.results", _l("ผลการดำเนินงาน"), "star", _READ, 20)
register_menu_item("work", "report.index_view", _l("รายงาน"), "chart-bar", _READ, 60)
