"""Where a complaint lies: the road it names, the zone around its pin, the community beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.coordinates import distance_metres, edge_metres, point_in_polygon
from domain.lookups import CommunityRow, Lookups, ZoneRow
from domain.thai_text import clean_text, sort_key
from models import Community, Road, Zone

PlaceRow = TypeVar("PlaceRow", ZoneRow, CommunityRow)
Outline = tuple[tuple[float, float], ...]

MAX_ROAD = 160
NEAR_METRES = 1_500  # Communities are points here; farther than this the nearest one says nothing.
NEAR_BORDER = 100  # Metres to a zone's line within which a person should look again.
SAME_LINE = 20  # Neighbours drawn apart by less than this share their line.


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What lies around a pin: a proposal, not a decision.

    Attributes:
        zone: The zone around it; outside all of them the row that says "unknown", where there is one.
        community: The nearest one of the zone; without one near, the row that says "unknown".
        community_metres: How far its middle is; None for the unknown one.
        is_outside: It lies in no zone; told only where boundaries are known.
        border_metres: How far the zone's line is, or from outside the nearest zone's.
        beyond: The zone across that line; None where the municipality ends there.
    """

    zone: ZoneRow | None
    community: CommunityRow | None
    community_metres: int | None = None
    is_outside: bool = False
    border_metres: int | None = None
    beyond: ZoneRow | None = None

    @property
    def is_near_border(self) -> bool:
        """Tell whether a person should look again: the pin may belong to the neighbour."""
        return self.border_metres is not None and self.border_metres <= NEAR_BORDER


def find_or_add_road(session: Session, name: str) -> Road | None:
    """Return the road of this name, added when it is new; None for an empty name (decisions.md 16)."""
    cleaned = clean_text(name, max_length=MAX_ROAD, field="road_name", multiline=False)
    if not cleaned:
        return None
    road = session.scalars(select(Road).where(Road.name == cleaned)).one_or_none()
    if road is None:
        road = Road(name=cleaned, name_key=sort_key(cleaned))
        session.add(road)
    return road


def place_of(
    session: Session,
    zone_id: int | None,
    community_id: int | None,
    pin: tuple[Decimal, Decimal] | None,
) -> tuple[int | None, bool]:
    """Return a case's zone and whether its pin lies outside the municipality.

    What a person chose stands; a community brings its zone; otherwise the pin decides.
    """
    chosen = zone_id or _zone_of_community(session, community_id)
    if pin is None:
        return chosen, False
    zones = session.scalars(select(Zone).where(Zone.boundary.is_not(None), Zone.is_active)).all()
    with_boundary = [zone for zone in zones if zone.boundary]
    around = next(
        (zone.id for zone in with_boundary if point_in_polygon(*pin, zone.boundary or {})),
        None,
    )
    return chosen or around, bool(with_boundary) and around is None


def surroundings(lookups: Lookups, latitude: Decimal, longitude: Decimal) -> Surroundings:
    """Return zone and nearest community of a pin, and how sure that is, from the snapshot."""
    zones = [zone for zone in lookups.zones.values() if zone.is_active and zone.boundary]
    if not zones:
        return Surroundings(None, None)
    zone = next((row for row in zones if point_in_polygon(latitude, longitude, row.boundary or {})), None)
    nowhere = _unknown(lookups.communities.values())
    if zone is None:
        distances = [(edge_metres(latitude, longitude, row.boundary or {}), row.id) for row in zones]
        return Surroundings(
            _unknown(lookups.zones.values()), nowhere, is_outside=True, border_metres=round(min(distances)[0])
        )
    border = edge_metres(latitude, longitude, zone.boundary or {})
    beyond = _neighbour(zones, zone, latitude, longitude, border) if border <= NEAR_BORDER else None
    near = _nearest(lookups, zone, latitude, longitude)
    community, metres = near or (nowhere, None)
    return Surroundings(zone, community, metres, border_metres=round(border), beyond=beyond)


def zone_outlines(session: Session) -> list[Outline]:
    """Return the outer edges of all zones, each a row of (longitude, latitude), to be drawn."""
    outlines: list[Outline] = []
    for zone in session.scalars(select(Zone).where(Zone.is_active, Zone.boundary.is_not(None))):
        shape = zone.boundary or {}
        parts = shape.get("coordinates", [])
        polygons = [parts] if shape.get("type") == "Polygon" else parts
        outlines += [
            tuple((float(x), float(y)) for x, y, *_height in polygon[0]) for polygon in polygons if polygon
        ]
    return outlines


def _unknown(rows: Iterable[PlaceRow]) -> PlaceRow | None:
    return next((row for row in rows if row.is_unknown and row.is_active), None)


def _neighbour(
    zones: list[ZoneRow], zone: ZoneRow, latitude: Decimal, longitude: Decimal, border: float
) -> ZoneRow | None:
    """Return the zone across the nearest line; None where that line is the municipality's own edge."""
    others = [
        (
            0.0
            if point_in_polygon(latitude, longitude, row.boundary or {})
            else edge_metres(latitude, longitude, row.boundary or {}),
            row.id,
            row,
        )
        for row in zones
        if row.id != zone.id
    ]
    metres, _, nearest = min(others, default=(border + SAME_LINE + 1, 0, zone))
    return nearest if metres <= border + SAME_LINE else None


def _nearest(
    lookups: Lookups, zone: ZoneRow | None, latitude: Decimal, longitude: Decimal
) -> tuple[CommunityRow, int] | None:
    if zone is None:
        return None
    here = (float(latitude), float(longitude))
    found = [
        (distance_metres(here, (row.latitude, row.longitude)), row.id)
        for row in lookups.communities.values()
        if row.parent_id == zone.id
        and row.is_active
        and row.latitude is not None
        and row.longitude is not None
    ]
    if not found or min(found)[0] > NEAR_METRES:
        return None
    metres, community_id = min(found)
    return lookups.communities[community_id], round(metres)


def _zone_of_community(session: Session, community_id: int | None) -> int | None:
    if community_id is None:
        return None
    community = session.get(Community, community_id)
    return community.zone_id if community and not community.is_unknown else None
