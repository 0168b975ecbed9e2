"""ผลการดำเนินงาน (000-03..05, 002-24): one dashboard for everybody, of what the officer's reports reach.

The page, the PDF and the Excel file are made from one count of the year (``reports.yearly``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import IO, Any, Final

from flask import Response, current_app, flash, redirect, request, send_file, url_for
from flask_admin import expose
from flask_babel import gettext as _
from werkzeug import Response as WerkzeugResponse

from admin_views.complaint_filters import OWN_KEYS, Asked, asked_filter, tidied
from admin_views.export import MIME_TYPES, attachment
from admin_views.guard import SecureView, language, needs
from admin_views.identity import current_actor, current_lookups
from documents import results_sheet
from domain.actor import Actor
from domain.audit import record
from domain.clock import bangkok_date, fiscal_year_of, now, to_bangkok, today
from domain.complaint_filter import ComplaintFilter
from domain.labels import word
from domain.lookups import Lookups
from domain.permissions import Permission
from domain.thai_dates import thai_datetime
from extensions import db, write_transaction
from models import AuditAction
from reports.charts import BarChart, Meter, TrendChart, bar_chart, meter, stacked_chart, trend_chart
from reports.comments import latest_comments
from reports.complaint_list import page_of
from reports.figures import By
from reports.groups import TONES, Group, figure_rows, star_rows
from reports.result_tables import Tile, month_points, tables_of, tiles_of
from reports.results_paper import TITLE, change_words, goal_words, notes_of, paper_facts, whose
from reports.results_workbook import write_results
from reports.yearly import Yearly, yearly_of
from sandbox import SandboxFailed

YEARS_OFFERED: Final = 8
MOST_STACKED: Final = 12
"""Bars of one drawing; the table below has all."""
STACKED: Final = (By.CATEGORY, By.ZONE, By.DEPARTMENT)
MOST_LATE: Final = 5
OBJECT_TYPE: Final = "results"
FULL_SCALE: Final = {"success": 100, "kept": 100, "mean": 5}
PDF_TYPE: Final = "application/pdf"
MOST_IN_MEMORY: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Drawings:
    """What is drawn on the page, by its place."""

    status: BarChart
    stars: BarChart
    trend: TrendChart
    stacked: Mapping[str, BarChart]


class ResultPages(SecureView):
    """The dashboard and its two files, as pages of the reports' room."""

    @expose("/results/")
    @needs(Permission.REPORT_READ)
    def results(self) -> Any:
        """Show the figures of a fiscal year."""
        to_plain_address = tidied()
        if to_plain_address is not None:
            return to_plain_address
        actor, lookups = current_actor(), current_lookups()
        asked, year = _asked(actor, lookups)
        yearly = yearly_of(db.session(), actor, year, lookups, language())
        return self.render(
            "admin/reports/results.html",
            asked=asked,
            offered=_offered(year),
            whose=whose(actor, lookups, language()),
            subtypes=lookups.subcategories,
            comments=latest_comments(db.session(), actor, year),
            list_url=lambda arguments: url_for("complaint.index_view", **arguments),
            **_late_facts(actor),
            **_year_facts(yearly, lookups),
        )

    @expose("/results/pdf", methods=("POST",))
    @needs(Permission.REPORT_EXPORT)
    def results_pdf(self) -> Any:
        """Send the year on one page."""
        actor, lookups = current_actor(), current_lookups()
        asked, year = _asked(actor, lookups)
        if asked.problems:
            return _not_read()
        facts = paper_facts(yearly_of(db.session(), actor, year, lookups), actor, lookups)
        db.session.rollback()  # Rendering takes a while: no transaction stays open meanwhile.
        try:
            pdf = results_sheet.pdf_of(facts, current_app.extensions["sandbox"])
        except SandboxFailed:
            flash(_("ยังทำไฟล์ PDF ไม่ได้ในขณะนี้ กรุณาลองอีกครั้งในอีกสักครู่"), "error")
            return redirect(url_for(".results", year=year))
        _note(actor, year, "pdf")
        return _sent(BytesIO(pdf), year, "pdf", PDF_TYPE)

    @expose("/results/excel", methods=("POST",))
    @needs(Permission.REPORT_EXPORT)
    def results_excel(self) -> Any:
        """Send the numbers of the page as a workbook."""
        actor, lookups = current_actor(), current_lookups()
        asked, year = _asked(actor, lookups)
        if asked.problems:
            return _not_read()
        yearly = yearly_of(db.session(), actor, year, lookups)
        file = tempfile.SpooledTemporaryFile(max_size=MOST_IN_MEMORY)  # noqa: SIM115 - the response closes it
        write_results(
            file,  # type: ignore[arg-type] - it reads and writes bytes, but is no IO by its type
            tiles_of(yearly, lookups, "th"),
            tables_of(yearly, "th"),
            title=f"{TITLE.th} ปีงบประมาณ {year} {lookups.setting('municipality_name')}",
            notes=notes_of(yearly, "th"),
            about=[
                ("ปีงบประมาณ", str(year)),
                ("ขอบเขต", whose(actor, lookups, "th")),
                ("จัดทำโดย", actor.name),
                ("จัดทำเมื่อ", thai_datetime(yearly.found.at, "long")),
            ],
        )
        _note(actor, year, "xlsx")
        file.seek(0)
        return _sent(file, year, "xlsx", MIME_TYPES["xlsx"])


def _asked(actor: Actor, lookups: Lookups) -> tuple[Asked, int]:
    """Return the fiscal year of the address, else the present one; other conditions are named as unused."""
    asked = asked_filter(actor, lookups, OWN_KEYS)
    asked.problems.extend(
        _("หน้านี้ใช้เงื่อนไข “%(key)s” ไม่ได้", key=chip.label) for chip in asked.chips if chip.key != "year"
    )
    return asked, max(asked.chosen.year, default=fiscal_year_of(today()))


def _not_read() -> WerkzeugResponse:
    """Send nobody a file of other numbers than he asked for."""
    flash(_("ยังไม่ได้ส่งออก เพราะมีเงื่อนไขที่อ่านไม่ได้ กรุณาแก้ก่อน"), "error")
    return redirect(f"{url_for('.results')}?{request.query_string.decode()}")


def _days_since(moment: datetime | None) -> int:
    return (today() - bangkok_date(moment)).days if moment else 0


def _year_facts(yearly: Yearly, lookups: Lookups) -> dict[str, Any]:
    """Return what the template says of the year."""
    lang = language()
    tiles = tiles_of(yearly, lookups, lang)
    return {
        "yearly": yearly,
        "year": yearly.year,
        "notes": notes_of(yearly, lang),
        "tiles": tiles,
        "meters": {tile.key: _meter(tile) for tile in tiles if tile.goal and tile.value.number is not None},
        "tables": tables_of(yearly, lang),
        "drawings": _drawings(yearly),
        "tones": [(tone, word(figure, lang)) for figure, tone in TONES.items()],
        "change_words": lambda tile: change_words(tile, lang),
        "goal_words": lambda tile: goal_words(tile, lang),
    }


def _late_facts(actor: Actor) -> dict[str, Any]:
    """Return how many cases are overdue now, and the first few with their days."""
    late = page_of(db.session(), actor, ComplaintFilter(due="overdue"), sort="due", descending=False)
    return {
        "late": late.total,
        "late_first": [(case, _days_since(case.due_at)) for case in late.rows[:MOST_LATE]],
    }


def _offered(year: int) -> list[int]:
    present = fiscal_year_of(today())
    return sorted({*range(present - YEARS_OFFERED + 1, present + 1), year}, reverse=True)


def _drawings(yearly: Yearly) -> Drawings:
    lang = language()
    return Drawings(
        status=bar_chart([row.bar for row in figure_rows(yearly.found, lang)]),
        stars=bar_chart([row.bar for row in star_rows(yearly.found, lang)]),
        trend=trend_chart(month_points(yearly, lang)),
        stacked={by.value: _stacked(yearly.groups[by][:MOST_STACKED]) for by in STACKED},
    )


def _stacked(groups: list[Group]) -> BarChart:
    return stacked_chart(
        [
            (group.label, [(tone, group.results.by_figure[figure]) for figure, tone in TONES.items()])
            for group in groups
        ]
    )


def _meter(tile: Tile) -> Meter:
    return meter(float(tile.value.number or 0), float(tile.goal or 0), FULL_SCALE[tile.key])


def _note(actor: Actor, year: int, kind: str) -> None:
    with write_transaction() as session:
        changes = {"format": kind, "filters": [["ปีงบประมาณ", str(year)]], "personal_data": False}
        record(session, actor, AuditAction.EXPORT, object_type=OBJECT_TYPE, changes=changes)


def _sent(file: IO[bytes], year: int, ending: str, mimetype: str) -> Response:
    stamp = to_bangkok(now())
    name = f"{year}_{stamp.year + 543}-{stamp:%m-%d_%H%M}.{ending}"
    response = send_file(file, mimetype=mimetype)
    response.headers["Content-Disposition"] = attachment(f"{TITLE.th}_{name}", f"{OBJECT_TYPE}_{name}")
    response.headers["Cache-Control"] = "no-store"
    return response
