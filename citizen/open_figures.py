"""``/open/``: what the town publishes: figures, the time promised per subtype, the process; no personal data.

Figures are for everybody only where the setting ``public_figures`` says so; what the town promises and how a
complaint goes always are. What was counted is remembered for minutes, so that many readers cost no more than
one.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, abort, current_app, jsonify, render_template, request, url_for

from citizen.process_drawing import draw_process
from documents.drawings import qr_data_uri
from documents.open_sheets import Head, durations_pdf, process_pdf
from domain.clock import fiscal_year_of, now, today
from domain.labels import use_state_words
from domain.lookups import load_lookups
from domain.process_flow import process_flow
from domain.settings import read_setting
from extensions import db
from reports.csv_table import write_csv
from reports.definitions import BESIDE, SEVEN
from reports.open_data import COLUMNS, ENOUGH, OpenYear, as_numbers, open_records, open_year, open_years
from reports.open_durations import ENOUGH as ENOUGH_TIMES
from reports.open_durations import Durations, durations_of, paper_groups
from request_language import language
from sandbox import SandboxFailed

open_figures = Blueprint("open_figures", __name__, url_prefix="/open")

EXTENSION: Final = "open_figures"
REMEMBERED: Final = timedelta(minutes=5)
POSTER_PIXELS: Final = 20
PAGES: Final = ("figures", "durations", "process")
SHOWN: Final = ("all", "finished", "progress", "examination", "success", "kept", "mean", "mean_days")
"""Definitions printed under the figures."""


@open_figures.before_request
def _speak_as_the_town() -> None:
    use_state_words(read_setting(db.session(), "state_words"))


@open_figures.get("/")
def figures() -> Any:
    """Show a fiscal year's figures by type, zone and month."""
    if not _is_public():
        return render_template("citizen/open_closed.html"), HTTPStatus.NOT_FOUND
    known = {one.key: one for one in (*SEVEN, *BESIDE)}
    return render_template(
        "citizen/open_figures.html",
        view=_year_asked(),
        definitions=[known[key] for key in SHOWN],
        place=_place(),
        enough=ENOUGH,
    )


@open_figures.get("/figures.json")
def figures_json() -> Response:
    """Send the year's figures as JSON, with what they are and who counted them."""
    view = _public_year()
    response = jsonify(
        source=str(read_setting(db.session(), "municipality_name")),
        fiscal_year=view.year,
        counted_at=view.total.found.at.isoformat(),
        reuse="นำไปใช้ต่อได้โดยอ้างอิงแหล่งที่มาและวันที่ · Free to reuse with source and date",
        columns=COLUMNS,
        rows=as_numbers(open_records(view)),
    )
    return _for_minutes(response)


@open_figures.get("/figures.csv")
def figures_csv() -> Response:
    """Send the year's figures as CSV that Excel opens."""
    view = _public_year()
    target = io.BytesIO()
    write_csv(target, list(COLUMNS.values()), [list(row.values()) for row in open_records(view)])
    response = Response(target.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="open-figures-{view.year}.csv"'
    return _for_minutes(response)


@open_figures.get("/durations")
def durations() -> str:
    """Show how long each subtype takes: what is promised, and what was measured."""
    return render_template(
        "citizen/open_durations.html",
        durations=_durations(),
        measured=_is_public(),
        place=_place(),
        enough=ENOUGH_TIMES,
    )


@open_figures.get("/durations.pdf")
def durations_sheet() -> Response:
    """Send the table of time as PDF."""
    head, found, sandbox = _head("durations"), _durations(), current_app.extensions["sandbox"]
    groups, year = paper_groups(found, language()), found.year if _is_public() else None
    return _pdf("durations", lambda: durations_pdf(head, groups, year, sandbox))


@open_figures.get("/process")
def process() -> str:
    """Show how a complaint goes, drawn and in a table."""
    steps = process_flow(db.session())
    drawing = draw_process(steps, language())
    return render_template("citizen/open_process.html", steps=steps, drawing=drawing, place=_place())


@open_figures.get("/process.pdf")
def process_sheet() -> Response:
    """Send the process as PDF."""
    head, steps = _head("process"), process_flow(db.session())
    return _pdf("process", lambda: process_pdf(head, steps, current_app.extensions["sandbox"]))


@open_figures.get(f"/<any({', '.join(PAGES)}):page>/poster")
def poster(page: str) -> str:
    """Show a sheet to print and hang up, with the QR code of a page."""
    if page == "figures" and not _is_public():
        abort(404)
    address = _address(page)
    return render_template(
        "citizen/open_poster.html", page=page, address_words=address, qr=qr_data_uri(address, POSTER_PIXELS)
    )


# What they share --------------------------------------------------------------------------------------------


def _is_public() -> bool:
    return bool(read_setting(db.session(), "public_figures"))


def _place() -> int:
    """Return where this reader's language stands in ``Words``."""
    return 1 if language() == "en" else 0


def _public_year() -> OpenYear:
    if not _is_public():
        abort(404)
    return _year_asked()


def _year_asked() -> OpenYear:
    """Return the figures of the year asked for, else of the present one; of no other year than there is."""
    session, present = db.session(), fiscal_year_of(today())
    years: tuple[int, ...] = _remembered("years", lambda: open_years(session))
    year = next((one for one in years if str(one) == request.args.get("year")), present)
    found: OpenYear = _remembered(f"figures {year}", lambda: open_year(session, load_lookups(session), year))
    return found


def _durations() -> Durations:
    session = db.session()
    found: Durations = _remembered("durations", lambda: durations_of(session, load_lookups(session)))
    return found


def _remembered(name: str, make: Callable[[], Any]) -> Any:
    """Return what was made under a name in the last minutes, else make it."""
    held: dict[str, Any] = current_app.extensions.setdefault(EXTENSION, {})
    known = held.get(name)
    if known is None or known[0] <= now():
        held[name] = known = (now() + REMEMBERED, make())
    return known[1]


def _address(page: str) -> str:
    return f"{current_app.extensions['settings'].public_url}{url_for(f'.{page}')}"


def _head(page: str) -> Head:
    name = "municipality_name_en" if language() == "en" else "municipality_name"
    town = read_setting(db.session(), name) or read_setting(db.session(), "municipality_name")
    return Head(str(town), _address(page), language())


def _pdf(name: str, make: Callable[[], bytes]) -> Response:
    """Send a sheet; while no child can make one, say when to come again."""
    try:
        response = Response(make(), mimetype="application/pdf")
    except SandboxFailed:
        abort(503)
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return _for_minutes(response)


def _for_minutes(response: Response) -> Response:
    response.headers["Cache-Control"] = f"private, max-age={int(REMEMBERED.total_seconds())}"
    return response
