"""A report as a file: Excel with documented columns, CSV, JSON, GeoJSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import IO, Final

from reports.cells import Cell
from reports.csv_table import write_csv
from reports.open_files import write_geojson, write_json
from reports.report import Column, Report, Source
from reports.workbook import Look, write_table

NUMBER_FORMATS: Final = {
    "number": "#,##0",
    "percent": "0.0",
    "stars": "0.00",
    "degrees": "0.000000",
}
Rows = Iterable[Sequence[Cell]]
Watch = Callable[[Rows], Rows]


def write_report(
    target: IO[bytes],
    report: Report,
    source: Source,
    file_type: str,
    about: Sequence[tuple[str, str]],
    watch: Watch = iter,
) -> int:
    """Write a report and return the number of its rows, totals left out.

    Args:
        target: A binary file open for writing.
        report: Which one.
        source: What it is made from.
        file_type: One of ``report.file_types``.
        about: Pairs of name and value for what the file says about itself.
        watch: Sees the rows go by, to tell how far they are.

    Raises:
        TooManyRows: more than a sheet of Excel holds.
    """
    if file_type == "xlsx" and report.book is not None:
        return report.book(target, report, source, about)
    made = report.make(source)
    rows = watch(made.rows)
    if file_type == "xlsx":
        return write_table(
            target,
            [column.heading for column in report.columns],
            rows,
            about,
            look=look_of(report.columns, report.title.th, made.totals),
        )
    if file_type == "csv":
        return write_csv(target, [column.heading for column in report.columns], rows)
    write = write_geojson if file_type == "geojson" else write_json
    return write(target, report.columns, rows, about)


def look_of(columns: Sequence[Column], title: str, totals: Sequence[Cell] | None = None) -> Look:
    """Return how a table of these columns looks in Excel."""
    return Look(
        widths=[column.width for column in columns],
        number_formats=[NUMBER_FORMATS.get(column.kind.value, "General") for column in columns],
        meanings=[(column.heading, column.heading_en, column.meaning) for column in columns],
        totals=totals,
        title=title,
    )
