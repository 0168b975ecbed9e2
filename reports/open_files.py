"""Open formats beside Excel, written as rows come: JSON with documented columns, GeoJSON of pins."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

from domain.clock import to_bangkok
from reports.cells import Cell, legal
from reports.report import Column


def write_json(
    target: IO[bytes],
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell]],
    about: Sequence[tuple[str, str]],
) -> int:
    """Write rows as objects under what the file says about itself and its columns; return their number."""
    said = [{"name": name, "value": value} for name, value in about]
    described = [
        {"key": one.key, "heading": one.heading, "heading_en": one.heading_en, "meaning": one.meaning}
        for one in columns
    ]
    head = f'{{"about": {_dumped(said)},\n"columns": {_dumped(described)},\n"rows": ['
    return _write_list(target, head, "]}\n", (_object(columns, cells) for cells in rows))


def write_geojson(
    target: IO[bytes],
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell]],
    about: Sequence[tuple[str, str]],
) -> int:
    """Write rows as features of WGS84; one without a pin has no geometry, so that none is missing."""
    said = [{"name": name, "value": value} for name, value in about]
    head = f'{{"type": "FeatureCollection",\n"about": {_dumped(said)},\n"features": ['
    return _write_list(target, head, "]}\n", (_feature(_object(columns, cells)) for cells in rows))


def _write_list(target: IO[bytes], head: str, tail: str, objects: Iterator[dict[str, Any]]) -> int:
    target.write(head.encode())
    count = 0
    for count, one in enumerate(objects, 1):
        target.write(("," if count > 1 else "").encode() + b"\n" + _dumped(one).encode())
    target.write(f"\n{tail}".encode())
    return count


def _object(columns: Sequence[Column], cells: Sequence[Cell]) -> dict[str, Any]:
    return {column.key: _plain(cell) for column, cell in zip(columns, cells, strict=True)}


def _feature(properties: dict[str, Any]) -> dict[str, Any]:
    latitude, longitude = properties.pop("latitude"), properties.pop("longitude")
    pin = None if latitude is None else {"type": "Point", "coordinates": [longitude, latitude]}
    return {"type": "Feature", "geometry": pin, "properties": properties}


def _plain(cell: Cell) -> Any:
    """Return a cell as JSON holds it: moments on the Bangkok wall clock with their offset."""
    if isinstance(cell, datetime):
        return to_bangkok(cell).isoformat(timespec="seconds")
    if isinstance(cell, Decimal):
        return float(cell)
    if isinstance(cell, str):
        return legal(cell)
    return cell.isoformat() if isinstance(cell, date) else cell


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
