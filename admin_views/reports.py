"""Menu รายงาน: the summary report, every number a link to its list; its file is made by ``report_files``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from flask import url_for
from flask_admin import Admin, expose
from flask_babel import lazy_gettext as _l

from admin_views.complaint_filters import LABELS, Asked, filter_form, tidied
from admin_views.guard import language, needs
from admin_views.identity import current_actor, current_lookups
from admin_views.menu import register_menu_item
from admin_views.report_files import send_report
from admin_views.report_years import asked_years, offered_years
from admin_views.results import ResultPages
from domain.permissions import Permission
from extensions import db
from reports.case_summary import (
    COLUMNS,
    TOTAL,
    SummaryRow,
    count_cases,
    figure_words,
    frames_of,
    notes_of,
    tables_of,
)
from reports.figures import COUNTED
from reports.registry import REPORTS

KEYS: Final = ("department", "channel")
CHARTED: Final = ("category", "zone", "department", "month")
MONTH_LABEL: Final = _l("เดือนที่รับเรื่อง")


class ReportView(ResultPages):
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
        asked, years = asked_years()
        lookups = current_lookups()
        counted = count_cases(db.session(), current_actor(), asked.chosen)
        tables = tables_of(frames_of(counted, lookups), lookups, language())
        return self.render(
            "admin/reports/summary.html",
            asked=asked,
            counted=counted,
            tables=tables,
            charted=CHARTED,
            headings=figure_words(language()),
            columns=COLUMNS,
            labels={table.key: str(LABELS.get(table.key, MONTH_LABEL)) for table in tables},
            notes=notes_of(counted, language()),
            offered=offered_years(years),
            fields=filter_form(asked, current_actor(), lookups, KEYS),
            cell_url=_Links(asked, years),
        )

    @expose("/export/", methods=("POST",))
    @needs(Permission.REPORT_EXPORT)
    def export(self) -> Any:
        """Send the summary as an Excel file: the frames of the page, with charts."""
        return send_report(REPORTS["summary"], "xlsx")


class _Links:
    """Addresses of the lists behind the numbers of a summary."""

    def __init__(self, asked: Asked, years: Sequence[int]) -> None:
        self._base = {**asked.url_args(), "year": ",".join(str(year) for year in years)}
        self._chosen = asked.chosen

    def __call__(self, row: SummaryRow | None, column: str) -> str:
        """Return the list behind one number.

        Args:
            row: Which row; None for the totals of all.
            column: A figure, or the total of all that are counted.
        """
        args = self._base | {"figure": COUNTED if column == TOTAL else column}
        return _list_url(args | (self._of_row(row.arguments) if row else {}))

    def _of_row(self, arguments: Mapping[str, str]) -> dict[str, str]:
        """Return what narrows to a row; a month no further than the days chosen besides."""
        found = dict(arguments)
        chosen: dict[str, date | None] = {
            "received_from": self._chosen.received_from,
            "received_to": self._chosen.received_to,
        }
        for key, pick in (("received_from", max), ("received_to", min)):
            day = chosen[key]
            if day is not None and key in found:
                found[key] = pick(found[key], day.isoformat())
        return found

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


def register(admin: Admin) -> None:
    """Add the reports to the back office."""
    admin.add_view(ReportView())


_READ = Permission.REPORT_READ
register_menu_item("work", "report.results", _l("ผลการดำเนินงาน"), "star", _READ, 20)
_ROOMS = ("report_file", "report_schedule", "case_file", "evidence")
register_menu_item("work", "report.index_view", _l("รายงาน"), "chart-bar", _READ, 60, rooms=_ROOMS)
