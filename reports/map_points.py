"""Complaints on the map: points while they are few, clusters counted by SQL while they are many.

The grid hangs on the globe, not on the view, so that clusters stay where they are when the map is moved. An
answer stays small whatever the number of cases (performance.md §7).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Float, Integer, case, cast, func, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.complaint_filter import ComplaintFilter, conditions, open_statuses
from domain.permissions import Permission, scope_complaints
from models import Complaint, ComplaintStatus

RAW_POINTS: Final = 500  # About 17 packed bytes each: an answer stays below 10 kB (performance.md §7).
CELLS_ACROSS: Final = 32
MOST_CELLS: Final = 2_000
LOWEST_ZOOM, HIGHEST_ZOOM = 1, 22
TILE_PIXELS: Final = 256
CLUSTER_PIXELS: Final = 64  # Two clusters never stand nearer than this on the screen.


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the map shows: degrees, WGS84, south below north and west below east; and the zoom of web maps."""

    west: float
    south: float
    east: float
    north: float
    zoom: int


class Point(NamedTuple):
    """One complaint with a pin."""

    latitude: float
    longitude: float
    code: str
    number: str
    status: ComplaintStatus
    type_id: int | None


class Cluster(NamedTuple):
    """Several complaints near one another: their middle, how many, how many of them unfinished."""

    latitude: float
    longitude: float
    cases: int
    unfinished: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What the map draws: either points or clusters; ``cases`` counts all of them."""

    points: list[Point]
    clusters: list[Cluster]
    cases: int


def read_bounds(bbox: str, zoom: str) -> Bounds | None:
    """Return the bounds of ``west,south,east,north`` and a zoom; None for anything that is no such view."""
    try:
        west, south, east, north = (float(part) for part in bbox.split(","))
        level = int(float(zoom))
    except (ValueError, OverflowError):
        return None
    inside = -90 <= south < north <= 90 and -360 <= west < east <= 360
    if not inside or not LOWEST_ZOOM <= level <= HIGHEST_ZOOM:
        return None
    return Bounds(west, south, east, north, level)


def shown_on_map(session: Session, actor: Actor, chosen: ComplaintFilter, bounds: Bounds) -> Shown:
    """Return what lies inside the bounds; two statements, one more for a search.

    Args:
        session: For reading.
        actor: Whose map.
        chosen: The filter of the lists.
        bounds: What is looked at.
    """
    wanted = [*_inside(bounds), *conditions(chosen, session)[0]]
    if chosen.state == open_statuses():
        # Says nothing new, but the index of pins knows the state and so spares reading the table.
        wanted.append(Complaint.status.in_(sorted(open_statuses())))
    some = scope_complaints(select(Complaint.id).where(*wanted), actor, Permission.MAP_READ)
    few = some.limit(RAW_POINTS + 1).subquery()
    if (session.scalar(select(func.count()).select_from(few)) or 0) <= RAW_POINTS:
        points = _points(session, actor, wanted)
        return Shown(points, [], len(points))
    clusters = _clusters(session, actor, wanted, bounds)
    return Shown([], clusters, sum(cluster.cases for cluster in clusters))


def _inside(bounds: Bounds) -> list[ColumnElement[bool]]:
    return [
        Complaint.latitude.between(bounds.south, bounds.north),
        Complaint.longitude.between(bounds.west, bounds.east),
    ]


def _points(session: Session, actor: Actor, wanted: list[ColumnElement[bool]]) -> list[Point]:
    statement = scope_complaints(
        select(
            Complaint.latitude,
            Complaint.longitude,
            Complaint.public_code,
            Complaint.number,
            Complaint.status,
            Complaint.subcategory_id,
        ).where(*wanted),
        actor,
        Permission.MAP_READ,
    ).limit(RAW_POINTS)
    return [
        Point(float(latitude or 0), float(longitude or 0), code, number or code, status, type_id)
        for latitude, longitude, code, number, status, type_id in session.execute(statement)
    ]


def _clusters(
    session: Session, actor: Actor, wanted: list[ColumnElement[bool]], bounds: Bounds
) -> list[Cluster]:
    height, width = cell_size(bounds)
    is_open = case((Complaint.status.in_(sorted(open_statuses())), 1), else_=0)
    rows = _cell(session, Complaint.latitude, bounds.south, height)
    columns = _cell(session, Complaint.longitude, bounds.west, width)
    statement = scope_complaints(
        select(
            func.avg(cast(Complaint.latitude, Float)),
            func.avg(cast(Complaint.longitude, Float)),
            func.count(),
            func.sum(is_open),
        )
        .where(*wanted)
        .group_by(rows, columns)
        .order_by(func.count().desc())
        .limit(MOST_CELLS),
        actor,
        Permission.MAP_READ,
    )
    return [Cluster(float(y), float(x), int(n), int(m)) for y, x, n, m in session.execute(statement)]


def cell_size(bounds: Bounds) -> tuple[float, float]:
    """Return height and width of a cell in degrees: as wide as a cluster is drawn, about 32 in a view.

    Nothing in it follows the view step by step, or clusters would swim while the map is moved: a wide window
    doubles the cells, and the shape follows the latitude in whole degrees.
    """
    width = 360 / 2**bounds.zoom / TILE_PIXELS * CLUSTER_PIXELS
    while width * CELLS_ACROSS < bounds.east - bounds.west:
        width *= 2
    return width * math.cos(math.radians(round((bounds.south + bounds.north) / 2))), width


def _cell(session: Session, column: Any, edge: float, size: float) -> ColumnElement[int]:
    """Return the number of the cell a coordinate falls into.

    Counted from a cell's edge below the view, the quotient is never negative: there SQLite's CAST, which
    cuts, equals floor; PostgreSQL's CAST would round.
    """
    origin = math.floor(edge / size) * size
    quotient = (cast(column, Float) - origin) / size
    if session.get_bind().dialect.name == "postgresql":
        quotient = func.floor(quotient)
    return cast(quotient, Integer)


class ZoneCount(NamedTuple):
    """One line of the table beside the map; a zone may be not given."""

    zone_id: int | None
    cases: int
    unfinished: int


def zone_counts(session: Session, actor: Actor, chosen: ComplaintFilter) -> tuple[list[ZoneCount], int]:
    """Return the counts by zone and how many cases have no pin; three statements over indexes."""
    wanted, _match = conditions(chosen, session)

    def by_zone(*more: ColumnElement[bool]) -> dict[int | None, int]:
        statement = select(Complaint.zone_id, func.count()).where(*wanted, *more).group_by(Complaint.zone_id)
        rows = session.execute(scope_complaints(statement, actor, Permission.MAP_READ))
        return {zone_id: int(cases) for zone_id, cases in rows}

    cases, unfinished = by_zone(), by_zone(Complaint.finished_at.is_(None))
    no_pin = select(func.count()).select_from(Complaint).where(*wanted, Complaint.latitude.is_(None))
    lost = session.scalar(scope_complaints(no_pin, actor, Permission.MAP_READ)) or 0
    return [ZoneCount(zone_id, number, unfinished.get(zone_id, 0)) for zone_id, number in cases.items()], lost
