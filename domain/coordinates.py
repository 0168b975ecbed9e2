"""Places on the earth: WGS84 degrees typed, pinned or sent by a phone; and the shapes they lie in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from typing import Any, Final, NamedTuple

from domain.errors import InvalidField
from domain.thai_text import search_form

Degrees = Decimal | float
GeoJson = Mapping[str, Any]

EARTH_RADIUS_METRES: Final = 6_371_008.8
_SIX_PLACES: Final = Decimal("0.000001")  # about 11 cm; the width of the stored columns
_NUMBER: Final = re.compile(r"[+-]?\d{1,3}(\.\d{0,20})?", re.ASCII)


class Coordinates(NamedTuple):
    """A point in degrees, six decimal places each."""

    latitude: Decimal
    longitude: Decimal


class Bounds(NamedTuple):
    """A rectangle in degrees; it never crosses the 180th meridian here."""

    south: float
    west: float
    north: float
    east: float

    def holds(self, latitude: Degrees, longitude: Degrees) -> bool:
        """Tell whether a point lies in the rectangle or on its edge."""
        return self.south <= latitude <= self.north and self.west <= longitude <= self.east


# The furthest points of the country are 5.61-20.47 N and 97.34-105.64 E; the rest is room for a pin dropped
# at the border.
THAILAND: Final = Bounds(south=5.5, west=97.2, north=20.6, east=105.8)


def parse_coordinates(
    latitude: str | Degrees | None, longitude: str | Degrees | None, *, field: str = "location"
) -> Coordinates | None:
    """Read a place from two boxes, two hidden fields or a LINE location.

    A pair pasted into the first box (``16.4321, 102.8236``) is taken when the second is empty. Thai digits
    are taken. Both empty means no place: None.

    Args:
        latitude: Degrees north.
        longitude: Degrees east.
        field: Name of the form field, for the error.

    Raises:
        InvalidField: ``coordinates_incomplete``, ``coordinates_unreadable``, ``latitude_out_of_range``,
            ``longitude_out_of_range``, ``coordinates_zero``, ``coordinates_swapped`` (with the pair the right
            way round) or ``coordinates_outside_thailand``.
    """
    north, east = _plain(latitude), _plain(longitude)
    if not east and "," in north:
        north, _, east = (part.strip() for part in north.partition(","))
    if not north and not east:
        return None
    if not north or not east:
        raise InvalidField("coordinates_incomplete", field=field)
    place = Coordinates(_degrees(north, field), _degrees(east, field))
    _refuse_strange(place, field)
    return place


def _plain(value: str | Degrees | None) -> str:
    if value is None:
        return ""
    if isinstance(value, float | Decimal):
        return f"{value:.10f}"
    return search_form(str(value)[:100])


def _degrees(text: str, field: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise InvalidField("coordinates_unreadable", field=field)
    return Decimal(text).quantize(_SIX_PLACES)


def _refuse_strange(place: Coordinates, field: str) -> None:
    latitude, longitude = place
    if latitude == longitude == 0:
        raise InvalidField("coordinates_zero", field=field)
    if THAILAND.holds(longitude, latitude):
        raise InvalidField("coordinates_swapped", field=field, latitude=longitude, longitude=latitude)
    if abs(latitude) > 90:
        raise InvalidField("latitude_out_of_range", field=field)
    if abs(longitude) > 180:
        raise InvalidField("longitude_out_of_range", field=field)
    if not THAILAND.holds(latitude, longitude):
        raise InvalidField("coordinates_outside_thailand", field=field)


def point_in_polygon(latitude: Degrees, longitude: Degrees, geometry: GeoJson) -> bool:
    """Tell whether a point lies in a GeoJSON Polygon or MultiPolygon; holes are outside, corners inside.

    Treats degrees as a plane, which is right for shapes the size of a town. A point on an edge counts as
    inside where the numbers show it is on the edge.

    Raises:
        ValueError: The geometry is of another type.
    """
    x, y = float(longitude), float(latitude)
    return any(_in_rings(x, y, rings) for rings in _polygons(geometry))


def distance_metres(one: tuple[Degrees, Degrees], other: tuple[Degrees, Degrees]) -> float:
    """Return the great-circle distance of two (latitude, longitude) pairs, on a sphere (within 0.6 %)."""
    (south, west), (north, east) = (tuple(radians(part) for part in place) for place in (one, other))
    squared = sin((north - south) / 2) ** 2 + cos(south) * cos(north) * sin((east - west) / 2) ** 2
    return 2 * EARTH_RADIUS_METRES * asin(min(1.0, sqrt(squared)))


def bounds(geojson: GeoJson) -> Bounds:
    """Return the rectangle around a geometry, Feature or FeatureCollection of polygons.

    Raises:
        ValueError: There is no polygon in it, or a geometry of another type.
    """
    points = [
        point for geometry in _geometries(geojson) for rings in _polygons(geometry) for point in rings[0]
    ]
    if not points:
        raise ValueError("a GeoJSON without a polygon has no bounds")
    longitudes, latitudes = [point[0] for point in points], [point[1] for point in points]
    return Bounds(min(latitudes), min(longitudes), max(latitudes), max(longitudes))


def _geometries(geojson: GeoJson) -> Iterator[GeoJson]:
    if geojson.get("type") == "FeatureCollection":
        yield from (feature["geometry"] for feature in geojson["features"] if feature["geometry"])
    elif geojson.get("type") == "Feature":
        yield geojson["geometry"]
    else:
        yield geojson


def _polygons(geometry: GeoJson) -> Sequence[Sequence[Sequence[Sequence[float]]]]:
    if geometry.get("type") == "Polygon":
        return [geometry["coordinates"]]
    if geometry.get("type") == "MultiPolygon":
        polygons: Sequence[Sequence[Sequence[Sequence[float]]]] = geometry["coordinates"]
        return polygons
    raise ValueError(f"neither Polygon nor MultiPolygon: {geometry.get('type')}")


def _in_rings(x: float, y: float, rings: Sequence[Sequence[Sequence[float]]]) -> bool:
    if any(_on_ring(x, y, ring) for ring in rings):
        return True
    return _in_ring(x, y, rings[0]) and not any(_in_ring(x, y, hole) for hole in rings[1:])


def _in_ring(x: float, y: float, ring: Sequence[Sequence[float]]) -> bool:
    """Count how often a ray to the east crosses the ring: an odd number means inside."""
    inside = False
    for (x1, y1, *_), (x2, y2, *_) in pairwise([*ring, ring[0]]):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def _on_ring(x: float, y: float, ring: Sequence[Sequence[float]]) -> bool:
    return any(
        (x2 - x1) * (y - y1) == (y2 - y1) * (x - x1)
        and min(x1, x2) <= x <= max(x1, x2)
        and min(y1, y2) <= y <= max(y1, y2)
        for (x1, y1, *_), (x2, y2, *_) in pairwise([*ring, ring[0]])
    )
